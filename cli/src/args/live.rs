//! The options of the commands for live endpoints: `check`, `serve` and `echo`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as Arguments, ValueEnum};
use wsclose::model::faults::Fault;
use wsclose::protocol::code::Profile;

use crate::args::fault;

/// How to connect to a server.
#[derive(Debug, Arguments)]
pub struct ConnectArgs {
    /// Trust the certificates of this PEM file instead of the usual certificate authorities
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Trust every certificate
    #[arg(long, conflicts_with = "ca")]
    pub insecure: bool,
    /// Add a header field to the opening handshake (repeatable); reports redact its value
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    pub headers: Vec<(String, String)>,
    /// Offer a subprotocol (repeatable)
    #[arg(long = "subprotocol", value_name = "NAME")]
    pub subprotocols: Vec<String>,
    /// Test a host other than this machine (only with consent of its owner)
    #[arg(long)]
    pub allow_remote: bool,
}

/// Which rules and cases to run, and how to judge them.
#[derive(Debug, Arguments)]
pub struct RunArgs {
    /// Judge only rules whose id or RFC section matches; `*` stands for any characters (repeatable)
    #[arg(long, value_name = "RULE|SECTION|GLOB")]
    pub only: Vec<String>,
    /// Leave out rules whose id or RFC section matches (repeatable)
    #[arg(long, value_name = "RULE|SECTION|GLOB")]
    pub skip: Vec<String>,
    /// Run only cases whose name matches; `*` stands for any characters (repeatable)
    #[arg(long = "case", value_name = "NAME|GLOB")]
    pub cases: Vec<String>,
    /// Play these scripts, or those of a folder, in place of the built-in cases (repeatable)
    ///
    /// The script of a file has to be playable to the endpoint; those of a folder are left out with a note if they are not.
    #[arg(long = "script", value_name = "FILE|DIR", conflicts_with = "codes")]
    pub scripts: Vec<PathBuf>,
    /// Run the cases whose name matches, and print their timelines, whatever the verdicts are (repeatable)
    #[arg(long, value_name = "NAME|GLOB")]
    pub show: Vec<String>,
    /// Write the cases as scripts to this folder, with the names of the cases
    #[arg(long, value_name = "DIR")]
    pub save_cases: Option<PathBuf>,
    /// Which close codes to send: a selection, or all 65,536
    #[arg(long, value_enum, default_value_t = CodeSweep::Some, value_name = "WHICH")]
    pub codes: CodeSweep,
    /// Add cases that combine the parameters of a scenario
    ///
    /// For a server, nearly every triple of values occurs. For a client, every pair occurs.
    /// Parameters are what comes before the Close, its code, its reason, its header, its segments and what comes after.
    #[arg(long, conflicts_with = "scripts")]
    pub thorough: bool,
    /// Add the cases in which the endpoint closes first
    ///
    /// The endpoint must close with CODE and REASON when it receives the text `close:CODE:REASON`.
    #[arg(long)]
    pub close_command: bool,
    /// Fail for violations of levels should and lenient too
    #[arg(long)]
    pub strict: bool,
    /// Which close codes are valid: rfc6455, iana, beast or ws-rs
    #[arg(long, default_value_t = Profile::default(), value_name = "PROFILE")]
    pub profile: Profile,
    /// TOML file of accepted violations
    ///
    /// Listed violations do not fail the run; stale entries exit with 4.
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Also generate and run scripts for TIME, such as `60s` or `5m`
    ///
    /// New violations are minimized and reported as extra cases.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub fuzz: Option<Duration>,
    /// Random seed of generated scripts (printed in the report)
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// Duration of a tick, the unit of waits in scripts, such as `50ms` or `2s`
    ///
    /// This is for the first run of each case; re-runs wait at least as long. [default: at least 50ms, and more for an
    /// endpoint that answers a plain Close slowly]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub tick: Option<Duration>,
    /// Print the rules and cases without running them
    #[arg(long)]
    pub list: bool,
}

/// Which close codes the endpoint receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CodeSweep {
    /// Both sides of every boundary between classes of codes, and a sample of the others.
    Some,
    /// All 65,536 codes.
    All,
}

/// What to print of a run.
#[derive(Debug, Arguments)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Print a line for every rule, and the whole evidence of every violation
    #[arg(long, short)]
    pub verbose: bool,
    /// Print the verdict alone
    #[arg(long, short, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Color the report
    ///
    /// By default, it is colored in a terminal, unless the environment variable NO_COLOR is set.
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
}

/// When a report is colored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// In a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The report files. Each is written atomically, and replaces a file that exists.
#[derive(Debug, Arguments)]
#[command(next_help_heading = "Reports")]
pub struct ReportArgs {
    /// Write a JSON report (described in live/schema/check.schema.json)
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write a JUnit XML report with a test case for each rule
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write a Markdown report
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    /// Write a self-contained HTML report
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write a SARIF 2.1.0 report for code scanning
    #[arg(long, value_name = "FILE")]
    pub sarif: Option<PathBuf>,
    /// The file of the repository at which code scanning shows the findings of --sarif
    ///
    /// By default, that is the first file that the command of --exec or the like names, or else the baseline, or else
    /// README.md.
    #[arg(long, value_name = "PATH", requires = "sarif")]
    pub sarif_file: Option<String>,
    /// Write an index.json like that of the Autobahn test suite, and check.json with the details
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
  wsclose check ws://127.0.0.1:9001/ --script my-cases --show 'my-*'

The server should echo messages; one that does not can still be tested. If it closes when it receives
`close:CODE:REASON`, pass --close-command to add the cases in which the server closes first.

A script for --script is a text such as those of --save-cases. Its role is `server`.

With --server-reports-close, a line of the server such as `closed 1000 \"bye\" clean /?wsclose=7` is judged too: code,
reason, whether the closure was clean, and the path of the request. `none` stands for a code or reason that the
library does not report.

A baseline for --baseline is TOML: [[known]] tables, each with a rule and a reason.

Exit codes:
  0  the server conforms
  1  violation: a rule of level must, interop or robust (with --strict also should and lenient) is
     violated, and the violation recurs when its case is re-run alone with longer timeouts
  2  usage error, or nothing matched
  3  could not test, or not completely
  4  the baseline has stale entries")]
pub struct Check {
    /// URL of the server: ws://HOST:PORT/PATH or wss://HOST:PORT/PATH; with --exec, `{port}` stands for a free port
    ///
    /// --list and --save-cases work without a URL.
    #[arg(value_name = "URL", required_unless_present_any = ["list", "save_cases"])]
    pub url: Option<String>,
    /// How to connect.
    #[command(flatten)]
    pub connect_args: ConnectArgs,
    /// What to test, and how to judge it.
    #[command(flatten)]
    pub run_args: RunArgs,
    /// Start the server with this command and end it after the run; `{port}` stands for a free port
    #[arg(long, value_name = "CMD")]
    pub exec: Option<String>,
    /// Name of the server in reports [default: the URL as it is given here]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Judge the close status that the server prints, with --exec
    ///
    /// The server prints a line `closed CODE "REASON" clean|unclean|unknown ID` on its standard output after each
    /// connection. ID is the id of the connection, which is in the URL of its request: in place of `{id}`, or else as the
    /// parameter `wsclose`.
    #[arg(long, requires = "exec")]
    pub server_reports_close: bool,
    /// Time limit of the run, in seconds [default: 120; with --codes all: 600]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub timeout: Option<u64>,
    /// Number of connections at a time
    ///
    /// [default: 24, and up to 128 for a server that reacts slowly]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// What to print.
    #[command(flatten)]
    pub output: OutputArgs,
    /// Which reports to write.
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

Without --exec or --exec-stdin, a client connects on its own, with the paths of the fuzzing server of the Autobahn
test suite. It requests /getCaseCount, echoes on /runCase?case=N&agent=NAME until it is closed, for every N, and
requests /updateReports?agent=NAME, which writes the reports and ends the run. /getCaseInfo?case=N and
/getCaseStatus?case=N&agent=NAME exist too. The highest case numbers re-run unconfirmed violations.

With --exec, a client is started for every connection of every case. It should echo until it is closed. With
--client-reports-close, its last line `closed CODE \"REASON\" clean|unclean|unknown` is judged too (`none` for a code or
reason that its library does not report).

With --exec-stdin, a client that is slow to start is started once. It reads URLs from standard input, one a line. It
should echo on each connection until it is closed, and print the `closed` line, after which it gets the next URL. An
exit with an error counts as a crash.

A client must connect within ten seconds.

Exit codes: as for check.")]
pub struct Serve {
    /// Address to listen on [default: 127.0.0.1:9001; with --exec or --exec-stdin: a free port for each client]
    ///
    /// With --exec or --exec-stdin, a fixed port serves one client at a time.
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// What to test, and how to judge it.
    #[command(flatten)]
    pub run_args: RunArgs,
    /// Start a client with this command for every connection; `{url}` stands for the URL to connect to
    #[arg(long, value_name = "CMD", group = "started")]
    pub exec: Option<String>,
    /// Start a client with this command, which reads URLs from standard input, one a line
    #[arg(long, value_name = "CMD", group = "started")]
    pub exec_stdin: Option<String>,
    /// Number of clients at a time, with --exec or --exec-stdin
    ///
    /// [default: 4, and up to 16 for a client that reacts slowly]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// Judge the close status that the client prints, with --exec or --exec-stdin
    #[arg(long, requires = "started")]
    pub client_reports_close: bool,
    /// Start a client that connects on its own with this command; `{url}` stands for ws://HOST:PORT
    ///
    /// The run ends when the client exits.
    #[arg(long, value_name = "CMD", conflicts_with = "started")]
    pub exec_loop: Option<String>,
    /// Name of the client in reports; without --exec or --exec-stdin, also the only client to serve
    #[arg(long, value_name = "NAME")]
    pub agent: Option<String>,
    /// Keep running after /updateReports, which then writes the reports each time
    #[arg(long, conflicts_with = "started")]
    pub keep_running: bool,
    /// Time limit of the run, in seconds [default: 600; with --codes all: 3600; with --keep-running: none]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub timeout: Option<u64>,
    /// Listen on an address that other machines can reach
    #[arg(long)]
    pub allow_remote: bool,
    /// What to print.
    #[command(flatten)]
    pub output: OutputArgs,
    /// Which reports to write.
    #[command(flatten)]
    pub reports: ReportArgs,
}

/// `echo`.
#[derive(Debug, Arguments)]
#[command(after_help = "\
Examples:
  wsclose echo --listen 127.0.0.1:9001
  wsclose echo --connect ws://127.0.0.1:9001/chat
  wsclose echo --listen 127.0.0.1:9001 --fault never-answers

The model echoes every message, and closes with CODE and REASON when it receives the text `close:CODE:REASON`. A
server runs until it is ended. If the path of a request has the parameter `wsclose`, it prints how that connection
closed: `closed CODE \"REASON\" clean PATH`. A client exits with its connection, and prints how the connection closed:
`closed CODE \"REASON\" clean` or `closed CODE \"REASON\" unclean`.

With --fault, the endpoint makes one mistake on purpose, to measure what a tool for tests finds. It resets TCP, hangs or
crashes if its fault says so.")]
pub struct Echo {
    /// Address to listen on; port 0 picks a free port, which is printed
    #[arg(long, value_name = "ADDR", required_unless_present_any = ["connect", "list_faults"],
          conflicts_with = "connect")]
    pub listen: Option<SocketAddr>,
    /// Serve TLS with this certificate, a PEM file
    #[arg(long, value_name = "FILE", requires = "key", requires = "listen")]
    pub cert: Option<PathBuf>,
    /// The key of the certificate, a PEM file
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,
    /// Connect to this URL instead; `-` reads URLs from standard input, one a line
    #[arg(long, value_name = "URL")]
    pub connect: Option<String>,
    /// Make this mistake, one of --list-faults
    #[arg(long, value_name = "NAME", value_parser = fault::parse)]
    pub fault: Option<Fault>,
    /// List the names for --fault, each with the rule that it violates, and exit
    #[arg(long)]
    pub list_faults: bool,
    /// Which close codes are valid: rfc6455, iana, beast or ws-rs
    #[arg(long, default_value_t = Profile::default(), value_name = "PROFILE")]
    pub profile: Profile,
    /// Listen on an address that other machines can reach, or connect to another machine
    #[arg(long)]
    pub allow_remote: bool,
}

fn header(text: &str) -> Result<(String, String), String> {
    let error = || format!("expected a header field such as `Cookie: a=b`, found `{text}`");
    let (name, value) = text.split_once(':').ok_or_else(error)?;
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let is_printable = |c: char| c == ' ' || c.is_ascii_graphic();
    if name.is_empty() || !name.chars().all(is_token) || !value.chars().all(is_printable) {
        return Err(error());
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

fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => (text.strip_suffix('s').unwrap_or(text), 1.0),
    };
    let is_number = number.chars().all(|c| c.is_ascii_digit() || c == '.');
    let seconds = number.parse::<f64>().ok().filter(|_| is_number).map(|number| number * unit);
    seconds
        .filter(|seconds| (0.001..=60.0).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| format!("expected a duration from 1ms to 60s, such as `50ms` or `2s`, found `{text}`"))
}
