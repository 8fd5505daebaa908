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
#[command(next_help_heading = "Connection")]
pub struct ConnectArgs {
    /// Trust the certificates of this PEM file, in place of the usual authorities
    ///
    /// A certificate of the file is trusted as an authority, and as the certificate of the server itself.
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Trust every certificate
    #[arg(long, conflicts_with = "ca")]
    pub insecure: bool,
    /// Add a header field to the opening handshake (repeatable)
    ///
    /// Reports have its name, and REDACTED in place of its value.
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    pub headers: Vec<(String, String)>,
    /// Offer a subprotocol (repeatable)
    #[arg(long = "subprotocol", value_name = "NAME")]
    pub subprotocols: Vec<String>,
    /// Test another machine (only with the consent of its owner)
    #[arg(long)]
    pub allow_remote: bool,
}

/// Which rules and cases to run, and how to judge them.
#[derive(Debug, Arguments)]
#[command(next_help_heading = "Cases")]
pub struct RunArgs {
    /// Judge only rules whose id or RFC section matches (repeatable)
    ///
    /// In all patterns, `*` stands for any characters, as in `7.4*`.
    #[arg(long, value_name = "RULE|SECTION|GLOB", help_heading = VERDICTS)]
    pub only: Vec<String>,
    /// Leave out rules whose id or RFC section matches (repeatable)
    #[arg(long, value_name = "RULE|SECTION|GLOB", help_heading = VERDICTS)]
    pub skip: Vec<String>,
    /// Run only cases whose name matches (repeatable)
    #[arg(long = "case", value_name = "NAME|GLOB")]
    pub cases: Vec<String>,
    /// Run these scripts in place of the built-in cases (repeatable)
    ///
    /// A file must have a script for the role of the endpoint. In a folder, the scripts for the other role are left out with
    /// a note.
    #[arg(long = "script", value_name = "FILE|DIR", conflicts_with = "codes")]
    pub scripts: Vec<PathBuf>,
    /// Run the cases whose name matches, and print their timelines (repeatable)
    #[arg(long, value_name = "NAME|GLOB")]
    pub show: Vec<String>,
    /// Write each case as a script to this folder
    #[arg(long, value_name = "DIR")]
    pub save_cases: Option<PathBuf>,
    /// Which close codes to send
    #[arg(long, value_enum, default_value_t = CodeSweep::Some, value_name = "WHICH")]
    pub codes: CodeSweep,
    /// Add cases that combine more parameters of a scenario
    ///
    /// Parameters are what comes before the Close, its code, its reason, its header, its segments and what comes after. For
    /// a server, any two values meet in a case, and nearly any three with this option. For a client, any two values do with
    /// this option.
    #[arg(long, conflicts_with = "scripts")]
    pub thorough: bool,
    /// Add the cases in which the endpoint closes first
    ///
    /// The endpoint must close with CODE and REASON when it receives the text `close:CODE:REASON`.
    #[arg(long)]
    pub close_command: bool,
    /// Also fail for violations of level should and lenient
    #[arg(long, help_heading = VERDICTS)]
    pub strict: bool,
    /// Which close codes are valid: rfc6455, iana, beast or ws-rs
    #[arg(long, default_value_t = Profile::default(), value_name = "PROFILE", help_heading = VERDICTS)]
    pub profile: Profile,
    /// TOML file of accepted violations
    ///
    /// It has [[known]] tables, each with a rule and a reason. A violation that it lists does not fail the run. An entry whose
    /// violation no longer occurs is stale. --write-baseline writes such a file.
    #[arg(long, value_name = "FILE", help_heading = VERDICTS)]
    pub baseline: Option<PathBuf>,
    /// Write the violations that fail the run to this file, as a baseline
    ///
    /// If the file exists, it is the baseline of the run too: its entries are kept, and stale ones are removed. A new entry
    /// has the evidence, and the reason `to be filled in`. Violations that are flaky or unconfirmed are named and not
    /// written. The exit code is then 0, or 3 if something could not be tested.
    #[arg(long, value_name = "FILE", conflicts_with = "baseline", help_heading = VERDICTS)]
    pub write_baseline: Option<PathBuf>,
    /// Also generate and run scripts for TIME, such as `60s` or `5m`
    ///
    /// New violations are minimized and reported as further cases.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub fuzz: Option<Duration>,
    /// Random seed of generated scripts, which the report prints
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// Duration of a tick, the unit of waits in scripts, such as `50ms` or `2s`
    ///
    /// It applies to the first run of each case; re-runs wait at least as long.
    ///
    /// [default: at least 50ms; more for an endpoint that answers a plain Close slowly]
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = SPEED)]
    pub tick: Option<Duration>,
    /// Print the rules and cases without running them
    #[arg(long)]
    pub list: bool,
}

/// The headings of options in the help.
const VERDICTS: &str = "Verdicts";
const SPEED: &str = "Speed";

/// Which close codes the endpoint receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CodeSweep {
    /// Both sides of each boundary between the classes that `wsclose codes` lists, and a sample.
    Some,
    /// All 65,536 codes.
    All,
}

/// What to print of a run.
#[derive(Debug, Arguments)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Print a line for every rule, and all evidence of each violation
    #[arg(long, short)]
    pub verbose: bool,
    /// Print the verdict alone
    #[arg(long, short, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Color the report
    ///
    /// NO_COLOR is a variable of the environment.
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
    /// Write a JSON report; live/schema/check.schema.json describes it
    ///
    /// For this option and the next four, `-` stands for standard output. The text report then goes to standard error.
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
    /// The source file to which SARIF attaches the findings
    ///
    /// By default, that is the first file that the command of --exec or the like names, or else the baseline, or else
    /// README.md.
    #[arg(long, value_name = "PATH", requires = "sarif")]
    pub sarif_file: Option<String>,
    /// Write what crossed the wire as a pcapng file, which Wireshark and `wsclose judge` read
    ///
    /// The packets are synthesised: they have the octets and times of the run, without TLS. Each connection requests
    /// `/?case=NAME`. `-` is standard output, as for the other reports.
    #[arg(long, value_name = "FILE")]
    pub pcap: Option<PathBuf>,
    /// Write an index.json like that of the Autobahn test suite, and check.json
    #[arg(long, value_name = "DIR")]
    pub autobahn_index: Option<PathBuf>,
}

/// `check`.
#[derive(Debug, Arguments)]
#[command(after_help = "\
Examples:
  wsclose check ws://127.0.0.1:9001/
  wsclose check ws://127.0.0.1:{port}/ --exec 'node server.js {port}'
  wsclose check wss://localhost:9001/chat --ca ca.pem --only '7.4*'
  wsclose check ws://127.0.0.1:9001/ --json run.json --html run.html
  wsclose check ws://127.0.0.1:9001/ --script my-cases --show 'my-*'

The server should echo messages. One that does not can still be tested.

With --close-command, the server must close with CODE and REASON when it \
receives the text `close:CODE:REASON`. This adds the cases in which the server \
closes first.

With --server-reports-close, the server prints a line for each connection, such \
as `closed 1000 \"bye\" clean /?wsclose=7`: the code, the reason, whether the \
closure was clean, and the path of the request. `none` stands for a code or \
reason that the library does not report.

A script for --script is a text such as those that --save-cases writes. Its role \
is `server`.

Exit codes:
  0  the server conforms
  1  a rule of level must, interop or robust is violated (with --strict also
     should and lenient); the violation occurred again when its case ran alone
     with longer timeouts
  2  the command line is invalid, or its patterns match nothing
  3  something could not be tested
  4  the baseline lists a violation that no longer occurs")]
pub struct Check {
    /// URL of the server, such as ws://127.0.0.1:9001/chat or wss://localhost/
    ///
    /// With --exec, `{port}` stands for a free port. A name and password, as in ws://NAME:PASSWORD@HOST/, are sent as a
    /// header field `Authorization`, and not printed. --list and --save-cases need no URL.
    #[arg(value_name = "URL", required_unless_present_any = ["list", "save_cases"])]
    pub url: Option<String>,
    /// Start the server with this command, and end it after the run
    ///
    /// `{port}` stands for a free port, in the command and in the URL.
    #[arg(long, value_name = "CMD", help_heading = "Server")]
    pub exec: Option<String>,
    /// Judge the close status that the server prints (with --exec)
    ///
    /// After each connection, the server prints a line `closed CODE "REASON" clean|unclean|unknown ID` to standard output. ID
    /// is the id of the connection, which the request has in place of `{id}`, or else as the parameter `wsclose`. ID may be
    /// the whole path.
    #[arg(long, requires = "exec", help_heading = "Server")]
    pub server_reports_close: bool,
    /// Write everything that the server prints to this file (with --exec)
    ///
    /// By default, its last lines are shown where it exits, and the rest is dropped.
    #[arg(long, value_name = "FILE", requires = "exec", help_heading = "Server")]
    pub server_log: Option<PathBuf>,
    /// Name of the server in reports [default: the URL as it is given here]
    #[arg(long, value_name = "NAME", help_heading = "Server")]
    pub name: Option<String>,
    /// How to connect.
    #[command(flatten)]
    pub connect_args: ConnectArgs,
    /// What to test, and how to judge it.
    #[command(flatten)]
    pub run_args: RunArgs,
    /// Time limit of the run, in seconds
    ///
    /// [default: 120; with --codes all or --thorough: 600]
    #[arg(long, help_heading = SPEED, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<u64>,
    /// Number of connections at a time
    ///
    /// [default: 32; up to 128 for a server that reacts slowly]
    #[arg(long, help_heading = SPEED, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// What to print.
    #[command(flatten)]
    pub output: OutputArgs,
    /// Which reports to write.
    #[command(flatten)]
    pub reports: ReportArgs,
}

/// `doctor`.
#[derive(Debug, Arguments)]
#[command(after_help = "\
Examples:
  wsclose doctor ws://127.0.0.1:9001/
  wsclose doctor ws://127.0.0.1:{port}/ --exec 'node server.js {port}' --close-command

A check judges a library by what its program lets it do. This command connects a \
few times, sends messages, a Close and close commands, and prints what it saw of \
the program and how to mend it. It takes about four seconds. `check` asks the \
questions that take no time, and notes in its report what the program does wrong.

Exit codes:
  0  the server is fit to be tested
  1  something has to be changed first
  2  the command line is invalid
  3  the server cannot be reached or started")]
pub struct Doctor {
    /// URL of the server, as for check
    #[arg(value_name = "URL")]
    pub url: String,
    /// Start the server with this command, and end it afterwards
    ///
    /// `{port}` stands for a free port, in the command and in the URL.
    #[arg(long, value_name = "CMD", help_heading = "Server")]
    pub exec: Option<String>,
    /// Write everything that the server prints to this file (with --exec)
    #[arg(long, value_name = "FILE", requires = "exec", help_heading = "Server")]
    pub server_log: Option<PathBuf>,
    /// Also examine whether the server closes when it receives `close:CODE:REASON`
    #[arg(long, help_heading = "Server")]
    pub close_command: bool,
    /// How to connect.
    #[command(flatten)]
    pub connect_args: ConnectArgs,
}

/// `serve`.
#[derive(Debug, Arguments)]
#[command(after_help = "\
Examples:
  wsclose serve
  wsclose serve --exec-loop 'node test/autobahn.js' --json run.json
  wsclose serve --exec 'node client.js {url}' --close-command --strict
  wsclose serve --exec-stdin 'python client.py' --client-reports-close

A client must connect within ten seconds.

Without --exec and --exec-stdin, a client connects on its own. It uses the paths \
of the fuzzing server of the Autobahn test suite:
  /getCaseCount                    the number of cases
  /runCase?case=N&agent=NAME       one case: echo until you are closed
  /updateReports?agent=NAME        writes the reports and ends the run
  /getCaseInfo?case=N              what the case is
  /getCaseStatus?case=N&agent=NAME how the client did
The highest case numbers re-run violations that occurred once.

With --exec, a client is started for every connection of every case. It should \
echo until it is closed. With --client-reports-close, it prints a last line \
`closed CODE \"REASON\" clean|unclean|unknown`. `none` stands for a code or reason \
that the library does not report.

With --exec-stdin, a client is started once. It reads URLs from standard input, one \
a line, connects to each, and echoes until it is closed. Then it prints the \
`closed` line and gets the next URL. If it exits with an error, that counts as a \
crash.

Exit codes: as for check.")]
pub struct Serve {
    /// Address to listen on [default: 127.0.0.1:9001]
    ///
    /// With --exec or --exec-stdin, the default is a free port for each client; a fixed port serves one client at a time.
    #[arg(long, value_name = "ADDR", value_parser = address, help_heading = "Client")]
    pub listen: Option<SocketAddr>,
    /// What to test, and how to judge it.
    #[command(flatten)]
    pub run_args: RunArgs,
    /// Start a client with this command for every connection
    ///
    /// `{url}` stands for the URL to connect to.
    #[arg(long, value_name = "CMD", group = "started", help_heading = "Client")]
    pub exec: Option<String>,
    /// Start a client with this command, which reads URLs from standard input
    #[arg(long, value_name = "CMD", group = "started", help_heading = "Client")]
    pub exec_stdin: Option<String>,
    /// Number of clients at a time (with --exec or --exec-stdin)
    ///
    /// [default: 4; up to 16 for a client that reacts slowly]
    #[arg(long, help_heading = SPEED, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// Judge the close status that the client prints (--exec, --exec-stdin)
    #[arg(long, requires = "started", help_heading = "Client")]
    pub client_reports_close: bool,
    /// Start a client that connects on its own
    ///
    /// `{url}` in the command stands for ws://HOST:PORT. The run ends when the client exits.
    #[arg(long, value_name = "CMD", conflicts_with = "started", help_heading = "Client")]
    pub exec_loop: Option<String>,
    /// Write everything that the clients print to this file
    ///
    /// This needs --exec, --exec-stdin or --exec-loop. By default, the last line of a client is shown where it crashes or
    /// does not connect, and the rest is dropped.
    #[arg(long, value_name = "FILE", help_heading = "Client")]
    pub client_log: Option<PathBuf>,
    /// Name of the client in reports
    ///
    /// Without --exec and --exec-stdin, a client that connects under another name is refused.
    #[arg(long, value_name = "NAME", help_heading = "Client")]
    pub agent: Option<String>,
    /// Keep running after /updateReports, which writes the reports each time
    #[arg(long, conflicts_with = "started", help_heading = "Client")]
    pub keep_running: bool,
    /// Time limit of the run, in seconds
    ///
    /// [default: 600; with --codes all or --thorough: 3600; with --keep-running: none]
    #[arg(long, help_heading = SPEED, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<u64>,
    /// Listen on an address that other machines can reach
    #[arg(long, help_heading = "Client")]
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

The model echoes every message. It closes with CODE and REASON when it receives \
the text `close:CODE:REASON`.

A server runs until it is ended. For a request whose path has the parameter \
`wsclose`, it prints how the connection closed: `closed CODE \"REASON\" clean PATH`.

A client exits with its connection. It prints the same line without the path. \
The line has `unclean` in place of `clean` if the closure was not clean.

With --fault, the endpoint makes one mistake on purpose, to measure what a test \
finds. Some faults reset TCP, hang or crash.")]
pub struct Echo {
    /// Address to listen on; port 0 stands for a free port, which is printed
    #[arg(long, value_name = "ADDR", value_parser = address, required_unless_present_any = ["connect", "list_faults"],
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
    /// List the names for --fault, each with the rule that it violates
    #[arg(long)]
    pub list_faults: bool,
    /// Which close codes are valid: rfc6455, iana, beast or ws-rs
    #[arg(long, default_value_t = Profile::default(), value_name = "PROFILE")]
    pub profile: Profile,
    /// Permit an address that other machines can reach, or a URL of another one
    #[arg(long)]
    pub allow_remote: bool,
}

/// An address and a port.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| format!("expected an address and a port such as 127.0.0.1:9001, found `{text}`"))
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

/// A time limit in seconds.
pub fn seconds(text: &str) -> Result<u64, String> {
    let number = text.parse().ok().filter(|seconds| *seconds > 0);
    number.ok_or_else(|| format!("expected 1 second or more, as a whole number, found `{text}`"))
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
