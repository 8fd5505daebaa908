//! The options of the commands that talk to live endpoints: `check`, `serve` and `echo`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as Arguments, ValueEnum};
use wsclose::protocol::code::Profile;

/// Where a live endpoint is, and how to get there.
#[derive(Debug, Arguments)]
pub struct ConnectArgs {
    /// Trust the certificates of this PEM file, instead of the usual ones
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Trust any certificate
    #[arg(long, conflicts_with = "ca")]
    pub insecure: bool,
    /// Send this header field with the opening handshake (repeat for more)
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    pub headers: Vec<(String, String)>,
    /// Offer this subprotocol (repeat for more)
    #[arg(long = "subprotocol", value_name = "NAME")]
    pub subprotocols: Vec<String>,
    /// Test a host that is not this machine: only with its owner's consent
    #[arg(long)]
    pub allow_remote: bool,
}

/// Which rules and cases, and how a run is judged.
#[derive(Debug, Arguments)]
pub struct RunArgs {
    /// Only rules whose id or section matches, `*` for anything (repeat for more)
    #[arg(long, value_name = "RULE|SECTION|GLOB")]
    pub only: Vec<String>,
    /// No rules whose id or section matches (repeat for more)
    #[arg(long, value_name = "RULE|SECTION|GLOB")]
    pub skip: Vec<String>,
    /// Only cases whose name matches, `*` for anything (repeat for more)
    #[arg(long = "case", value_name = "NAME|GLOB")]
    pub cases: Vec<String>,
    /// Receive the codes at the edges, or all 65,536
    #[arg(long, value_enum, default_value_t = CodeSweep::Some, value_name = "WHICH")]
    pub codes: CodeSweep,
    /// The endpoint closes with CODE and REASON when it is sent the text `close:CODE:REASON`
    #[arg(long)]
    pub close_command: bool,
    /// Fail for breaches of level should and lenient too
    #[arg(long)]
    pub strict: bool,
    /// Read codes as this profile does: rfc6455, iana, beast or ws-rs
    #[arg(long, default_value_t = Profile::default(), value_name = "PROFILE")]
    pub profile: Profile,
    /// Breaches listed in this file, each with a reason, do not fail; entries that no longer occur do
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Make scripts and play them for so long, `60s` or `5m`, beside the cases: what breaks a rule that no case broke is
    /// made as short as can be and reported like a case
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub fuzz: Option<Duration>,
    /// Seed whatever is drawn; printed, so that a run can be repeated
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// Show the rules and cases, and test nothing
    #[arg(long)]
    pub list: bool,
}

/// Which codes are received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CodeSweep {
    /// Both sides of every edge, and some between.
    Some,
    /// All 65,536.
    All,
}

/// What is written beside the terminal: whole files, or none. A file that is there already is overwritten only
/// if `check` or `serve` wrote it.
#[derive(Debug, Arguments)]
#[command(next_help_heading = "Reports")]
pub struct ReportArgs {
    /// Everything as data; cli/schema/check.schema.json describes it
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// JUnit XML, a test case for each rule
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Markdown
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    /// One page of HTML that needs nothing else
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// SARIF 2.1.0, for code scanning
    #[arg(long, value_name = "FILE")]
    pub sarif: Option<PathBuf>,
    /// An index.json as the Autobahn test suite writes it, and check.json with the details
    #[arg(long, value_name = "DIR")]
    pub autobahn_index: Option<PathBuf>,
}

/// `check`.
#[derive(Debug, Arguments)]
#[command(after_help = "\
Examples:
  wsclose check ws://127.0.0.1:9001/
  wsclose check --exec 'node server.js {port}' ws://127.0.0.1:{port}/ --strict
  wsclose check wss://localhost:9001/chat --ca ca.pem --only '7.4*' --skip close-echoes-code
  wsclose check ws://127.0.0.1:9001/ --json run.json --html run.html --baseline baseline.toml

A baseline for --baseline is TOML: [[known]] tables, each with a rule and a reason.

The endpoint need only echo, and not even that. Exit codes: 0 conforms; 1 a breach of level must,
interop or robust (with --strict also should and lenient), seen again when its case was played alone;
2 usage, or nothing matched; 3 could not test; 4 the baseline lists what no longer occurs.")]
pub struct Check {
    /// Where the server is: ws://HOST:PORT/PATH or wss://…; with --exec `{port}` stands for a free port
    #[arg(value_name = "URL")]
    pub url: String,
    /// How to get there.
    #[command(flatten)]
    pub connect_args: ConnectArgs,
    /// What to test, and how to judge.
    #[command(flatten)]
    pub run_args: RunArgs,
    /// Start the server with this command, in which `{port}` stands for a free port, and end it afterwards
    #[arg(long, value_name = "CMD")]
    pub exec: Option<String>,
    /// Give up after so many seconds. Default: 120, or 600 with --codes all
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub timeout: Option<u64>,
    /// So many connections at a time
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: u16,
    /// What to write.
    #[command(flatten)]
    pub reports: ReportArgs,
}

/// `serve`.
#[derive(Debug, Arguments)]
#[command(after_help = "\
Examples:
  wsclose serve
  wsclose serve --exec-loop 'node test/autobahn.js' --json run.json
  wsclose serve --exec 'node client.js {url}' --close-command --strict
  wsclose serve --exec-stdin 'wsclose echo --connect -' --close-command --client-reports-close

Without --exec or --exec-stdin, a client comes by itself, as it would to the fuzzing server of the Autobahn test suite: it asks
/getCaseCount, echoes on /runCase?case=N&agent=NAME until it is closed, for every N, and goes to
/updateReports?agent=NAME, upon which the reports are written and the run is over. /getCaseInfo?case=N and
/getCaseStatus?case=N&agent=NAME are there too. The last numbers play again what was in doubt.

With --exec, a client is started for every connection of every case, and echoes until it is closed. One whose last
line is `closed CODE \"REASON\" clean|unclean|unknown` (--client-reports-close; `none` for a code or reason that it was not
told) is also held to what its application has to learn.

With --exec-stdin, a client that is slow to start is started once: it reads URLs from its standard input, a line each, echoes
on one until it is closed, and prints that `closed` line, upon which it is given the next. One that ends with an error
has crashed. A client has ten seconds to connect.

Exit codes: as for check.")]
pub struct Serve {
    /// Listen here. Default: 127.0.0.1:9001; with --exec or --exec-stdin a free port for each client, and a port that is
    /// given here is for one client at a time
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// What to test, and how to judge.
    #[command(flatten)]
    pub run_args: RunArgs,
    /// Start a client with this command for every connection; `{url}` stands for where it is to connect
    #[arg(long, value_name = "CMD", group = "started")]
    pub exec: Option<String>,
    /// Start a client with this command, which reads on its standard input where it is to connect, a URL a line
    #[arg(long, value_name = "CMD", group = "started")]
    pub exec_stdin: Option<String>,
    /// With --exec or --exec-stdin, as many clients at a time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: u16,
    /// With --exec or --exec-stdin: the client prints how each connection closed, and that is judged, too
    #[arg(long, requires = "started")]
    pub client_reports_close: bool,
    /// Start the client, that comes for all cases, with this command, in which `{url}` stands for ws://HOST:PORT; when
    /// it ends, so does the run
    #[arg(long, value_name = "CMD", conflicts_with = "started")]
    pub exec_loop: Option<String>,
    /// The name of the client: in reports with --exec or --exec-stdin, and else the only one that is served
    #[arg(long, value_name = "NAME")]
    pub agent: Option<String>,
    /// Go on after /updateReports, which then writes the reports each time, until the run is ended or times out
    #[arg(long, conflicts_with = "started")]
    pub keep_running: bool,
    /// Give up after so many seconds. Default: 600, or 3600 with --codes all; with --keep-running, never
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub timeout: Option<u64>,
    /// Listen on an address that is not this machine's alone
    #[arg(long)]
    pub allow_remote: bool,
    /// What to write.
    #[command(flatten)]
    pub reports: ReportArgs,
}

/// `echo`.
#[derive(Debug, Arguments)]
#[command(after_help = "\
Examples:
  wsclose echo --listen 127.0.0.1:9001
  wsclose echo --connect ws://127.0.0.1:9001/chat

Echoes every message, and closes with CODE and REASON on the text `close:CODE:REASON`. A server runs until it is
ended. A client ends with its connection, and a line says how that closed: `closed CODE \"REASON\" clean` or
`… unclean`.")]
pub struct Echo {
    /// Listen here; port 0 picks a free one, which is printed
    #[arg(long, value_name = "ADDR", required_unless_present = "connect", conflicts_with = "connect")]
    pub listen: Option<SocketAddr>,
    /// Connect to this URL instead; `-` reads URLs from standard input, a line each, and connects to one after another
    #[arg(long, value_name = "URL")]
    pub connect: Option<String>,
    /// Read codes as this profile does: rfc6455, iana, beast or ws-rs
    #[arg(long, default_value_t = Profile::default(), value_name = "PROFILE")]
    pub profile: Profile,
    /// Listen on an address, or connect to one, that is not this machine's alone
    #[arg(long)]
    pub allow_remote: bool,
}

fn header(text: &str) -> Result<(String, String), String> {
    let wrong = || format!("expected a header field such as `Cookie: a=b`, found `{text}`");
    let (name, value) = text.split_once(':').ok_or_else(wrong)?;
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let printable = |c: char| c == ' ' || c.is_ascii_graphic();
    if name.is_empty() || !name.chars().all(token) || !value.chars().all(printable) {
        return Err(wrong());
    }
    Ok((name.to_owned(), value.trim().to_owned()))
}

fn time(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix('m') {
        Some(minutes) => (minutes, 60),
        None => (text.strip_suffix('s').unwrap_or(text), 1),
    };
    let seconds =
        number.parse::<u32>().ok().filter(|number| *number > 0).map(|number| u64::from(number) * unit);
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| format!("expected a time such as `60s` or `5m`, found `{text}`"))
}
