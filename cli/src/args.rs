//! Defines the command line and its help.

pub mod dump_format;
pub mod fault;
pub mod fuzz_target;
mod judge;
mod live;
mod proxy;
pub mod renamed;
mod site;
pub mod slug;

use std::path::PathBuf;

use clap::{Args as Arguments, Parser, Subcommand, ValueEnum};
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::rules::{Level, Party};

use crate::args::dump_format::Format;
use crate::args::fuzz_target::FuzzTarget;

pub use judge::{Judge, RecordedAt};
pub use live::{Check, CodeSweep, Color, ConnectArgs, Doctor, Echo, OutputArgs, ReportArgs, RunArgs, Serve};
pub use proxy::{Proxy, ServerAddress};
pub use site::Site;

/// Conformance-fuzzing harness for the WebSocket closing handshake (RFC 6455).
#[derive(Debug, Parser)]
#[command(name = "wsclose", version, max_term_width = 80, after_help = EXITS)]
pub struct Args {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

const EXITS: &str = "Examples:
  wsclose check ws://127.0.0.1:9001/
  wsclose serve --exec 'node client.js {url}'
  wsclose explain close-fin

Exit codes:
  0  everything that was tested conforms
  1  a rule of level must, interop or robust is violated, and the baseline does
     not list it (with --strict also should and lenient)
  2  the command line is invalid
  3  something could not be tested: a file, folder or subject cannot be read or
     run, or a library is not part of this build
  4  the baseline lists a violation that no longer occurs (check and serve)
If more than one applies, 1 comes before 3, and 3 before 4.";

/// One of the commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Test a running server, in any language
    Check(Box<Check>),
    /// Test a client, in any language
    Serve(Box<Serve>),
    /// Examine a server before check: is it fit to be tested?
    Doctor(Doctor),
    /// Tell from a recording which side broke the close
    Judge(Judge),
    /// Stand between a client and a server, and judge both
    Proxy(Proxy),
    /// Run the reference model, a server or client that conforms
    Echo(Echo),
    /// Run scripts against the model and the libraries
    ///
    /// Prints a timeline for each file, and a table for a folder.
    Replay(Replay),
    /// Explain a rule, a close code, or a case of check and serve
    #[command(
        after_help = "Examples:\n  wsclose explain rejects-one-byte-body\n  wsclose explain 1005\n  wsclose \
                            explain closing_handshake/close-rsv1"
    )]
    Explain(Explain),
    /// Decode frames and list the flaws of each
    Decode(Decode),
    /// List the rules
    #[command(
        after_help = "Examples:\n  wsclose rules --level must --party receiver\n  wsclose explain close-fin"
    )]
    Rules(Rules),
    /// List close codes, with their classes and permitted senders
    Codes(Codes),
    /// Compare libraries, or live implementations with --live
    ///
    /// Prints a table of implementations and rules, and the scripts in which implementations differ.
    Matrix(Matrix),
    /// Compare the results of two runs
    Diff(Diff),
    /// Make a site from the results of matrix
    Site(Site),
    /// Turn the crash of a fuzz target into a script of the corpus
    Adopt(Adopt),
    /// Write test vectors for runners in other languages
    ///
    /// Single Closes and whole connections, each with what an endpoint must, should or must not do.
    Vectors(Vectors),
    /// Print the script by which a shell completes commands and options
    Completions(Completions),
    /// Print the manual page, or write one for each command
    Man(Man),
}

/// The roles of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Roles {
    /// Client, in every script.
    Client,
    /// Server, in every script.
    Server,
    /// Both, one after the other.
    Both,
}

impl Roles {
    /// The roles as a list.
    pub fn list(self) -> Vec<Role> {
        match self {
            Roles::Client => vec![Role::Client],
            Roles::Server => vec![Role::Server],
            Roles::Both => Role::ALL.to_vec(),
        }
    }
}

/// The subjects, and how they are judged.
#[derive(Debug, Arguments)]
pub struct SubjectArgs {
    /// Test this subject and the model (repeatable) [default: every library of this build]
    ///
    /// A subject is a library such as `tungstenite`, the `model`, or `fault:NAME`, the model with one fault. `wsclose echo
    /// --list-faults` lists the faults.
    #[arg(long = "subject", value_name = "NAME")]
    pub subjects: Vec<String>,
    /// Which close codes are valid: rfc6455, iana, beast or ws-rs
    #[arg(long, default_value_t = Profile::default(), value_name = "PROFILE")]
    pub profile: Profile,
    /// TOML file of accepted violations, each with a reason [default: built in]
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
}

/// `replay`.
#[derive(Debug, Arguments)]
#[command(after_help = "\
Examples:
  wsclose replay closing_handshake/code-1014
  wsclose replay corpus --subject tungstenite --strict
  wsclose replay fuzz/artifacts/close_frame/crash-1f03 --role server

In a folder and its subfolders, files that end in .ws or .bin or have no \
extension are run. Hidden files and links to folders are skipped.

In a folder named close_frame, a file that is not a text script is raw bytes of \
the wire, and runs in both roles. In a folder named scenario, it is an input of \
that fuzz target, and runs as the script of its scenario.

Violations that the baseline lists are shown as known and do not fail the run.")]
pub struct Replay {
    /// Scripts or folders of scripts
    ///
    /// The name of a built-in script, such as closing_handshake/code-1014, also stands for the script.
    #[arg(required = true, value_name = "FILE|DIR")]
    pub paths: Vec<PathBuf>,
    /// The subjects.
    #[command(flatten)]
    pub subject_args: SubjectArgs,
    /// Also fail for violations of level should and lenient
    #[arg(long)]
    pub strict: bool,
    /// Run every script in this role instead of the one that it names
    #[arg(long, value_enum, value_name = "ROLE")]
    pub role: Option<Roles>,
    /// Read files as raw bytes of the wire instead of scripts
    #[arg(long)]
    pub raw_bytes: bool,
    /// Write what crossed the wire as a pcapng file, which Wireshark and `wsclose judge` read
    ///
    /// The packets are synthesised, and a tick takes a second. Each connection requests `/?case=SCRIPT`. It is left out if
    /// its peer vanishes or stops reading, or its application does.
    #[arg(long, value_name = "FILE")]
    pub pcap: Option<PathBuf>,
}

/// Whether `matrix` sweeps the 65,536 codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MatrixCodes {
    /// The scripts alone.
    None,
    /// The codes alone.
    Only,
    /// The scripts and the codes.
    All,
}

/// Which scenarios `matrix` plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MatrixScenarios {
    /// None.
    None,
    /// Every pair of values of their parameters occurs.
    Pairs,
    /// At least 95 % of the triples of values occur.
    Triples,
}

/// `matrix`.
#[derive(Debug, Arguments)]
#[command(after_help = "\
Examples:
  wsclose matrix
  wsclose matrix --subject tungstenite --out report
  wsclose matrix --subject beast --codes only --out report

Every subject runs in both roles. It plays:
  - the curated scripts, which are built in
  - a Close with a reason of each length up to 130 octets
  - every frame of a curated script in each of its segmentations
  - every close code from 0 to 65535: received in a first Close, received in a
    reply, and requested by the application
A library that needs sockets plays the curated scripts alone.

--out writes matrix.md, disagreements.md, codes.svg (a picture of the codes) and \
matrix.json. The files are the same in every run.

With --live, --out writes two files. live.html has a table of implementations \
and rules, with the evidence. live.json has each run as `check --json` writes it.")]
pub struct Matrix {
    /// The subjects.
    #[command(flatten)]
    pub subject_args: SubjectArgs,
    /// Folder of curated scripts [default: built in]
    #[arg(long, value_name = "DIR")]
    pub corpus: Option<PathBuf>,
    /// Also write the report to this folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Whether to play the scripts, the 65,536 close codes, or both
    #[arg(long, value_enum, default_value_t = MatrixCodes::All)]
    pub codes: MatrixCodes,
    /// Closing scenarios to generate and to play along with the scripts
    #[arg(long, value_enum, default_value_t = MatrixScenarios::Triples)]
    pub scenarios: MatrixScenarios,
    /// Write the violations that fail the run to this file, as a baseline
    ///
    /// If the file exists, it is the baseline of the run too: its entries are kept, and those that no longer occur are
    /// removed. Entries of the usual baseline are copied with their reasons. Another new entry has the evidence, and the
    /// reason `to be filled in`. The exit code is then 0, or 3 if something could not be tested.
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    pub write_baseline: Option<PathBuf>,
    /// Number of threads [default: number of processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Check live servers and clients instead of libraries
    ///
    /// Starts, checks and ends every implementation that implementations.toml in this folder lists. The row of one that is
    /// not installed has the reason. [default folder: implementations/live]
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = "implementations/live",
          conflicts_with_all = ["corpus", "codes", "scenarios", "baseline"])]
    pub live: Option<PathBuf>,
    /// Time limit of a library in one role, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = live::seconds)]
    pub timeout: u64,
}

/// `diff`.
#[derive(Debug, Arguments)]
#[command(after_help = "\
Examples:
  wsclose diff main.json branch.json
  wsclose diff main.json branch.json --markdown >> \"$GITHUB_STEP_SUMMARY\"
  wsclose diff old/matrix.json new/matrix.json

OLD and NEW are reports that check or serve wrote with --json, or matrix.json or \
live.json, which matrix wrote with --out. Both are of the same kind.

Exit codes:
  0  no rule fails in NEW that did not fail in OLD
  1  a rule fails in NEW, and in OLD it neither failed nor did the baseline list
     it (with --strict also one that warns)
  2  the command line is invalid, or the files are of different kinds
  3  a file cannot be read, is no run file or has a newer format, or a part of
     NEW was not tested")]
pub struct Diff {
    /// Result of the old run
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// Result of the new run
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    /// Print Markdown, for a comment on a pull request or the summary of a job
    #[arg(long)]
    pub markdown: bool,
    /// Also fail for new violations of level should and lenient
    #[arg(long)]
    pub strict: bool,
}

/// `adopt`.
#[derive(Debug, Arguments)]
#[command(after_help = "\
Examples:
  wsclose adopt fuzz/artifacts/implementations/crash-1f03
  wsclose adopt crash-1f03 --target closing_handshake --name echo-after-reset
  wsclose adopt fuzz/artifacts

No file is overwritten.

In a folder and its subfolders, artifacts are the files that end in .ws or .bin \
or have no extension. They are grouped by rule and subject, or by the assertion \
of the fuzz target that fails. The smallest of each group is minimized and \
written, unless the corpus shows the same already. Ctrl-C ends the command after \
the group in progress; run it again to go on.

Exit codes for a file:
  0  written, or no violation and nothing written
  1  refused: the corpus has an entry for the same rule and subject
  2  the name exists
  3  could not test
Exit codes for a folder:
  0  every group is in the corpus now
  3  a file could not be tested, the folder has none, or the command was stopped")]
pub struct Adopt {
    /// Artifact of the fuzzer, or folder of artifacts: scripts in either form, or raw bytes of the wire
    #[arg(value_name = "ARTIFACT|DIR")]
    pub artifact: PathBuf,
    /// Name of the entry: a-z, 0-9 and `-` [default: rule and subject]
    #[arg(long, value_name = "SLUG", value_parser = crate::args::slug::parse)]
    pub name: Option<String>,
    /// Fuzz target of the artifact [default: by its path, or else by its content]
    #[arg(long, value_enum, value_name = "TARGET")]
    pub target: Option<FuzzTarget>,
    /// Folder that contains corpus/ and snapshots/ [default: the nearest parent with corpus/]
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// The subjects.
    #[command(flatten)]
    pub subject_args: SubjectArgs,
}

/// `decode`.
#[derive(Debug, Arguments)]
#[command(after_help = "\
Examples:
  wsclose decode 88 82 37fa213d 3412
  wsclose decode '<Buffer 88 02 03 ed>'
  tcpdump -nr capture.pcap -X tcp | wsclose decode -
  wsclose decode --sender server dump.txt

The format is detected and printed. Headers of IP and TCP, offsets and columns \
of text are left out.

Exits with 1 for a violation of level must, interop or robust (with --strict \
also should).")]
pub struct Decode {
    /// Octets as a dump or literal prints them, a file that contains them, or `-` for standard input
    #[arg(required = true, value_name = "DUMP|FILE")]
    pub octets: Vec<String>,
    /// Format of the octets [default: detected]
    ///
    /// One of raw, hex, decimal, array, escaped, python, buffer, base64, tcpdump, wireshark, xxd and hexdump.
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Sender of the first frame: client or server [default: the mask bit decides]
    #[arg(long, value_name = "ROLE")]
    pub sender: Option<Role>,
    /// Which close codes are valid: rfc6455, iana, beast or ws-rs
    #[arg(long, default_value_t = Profile::default(), value_name = "PROFILE")]
    pub profile: Profile,
    /// Also exit with 1 for violations of level should
    #[arg(long)]
    pub strict: bool,
}

/// `rules`.
#[derive(Debug, Arguments)]
pub struct Rules {
    /// List only rules of this level: must, interop, robust, should, lenient or info
    #[arg(long, value_parser = level, value_name = "LEVEL")]
    pub level: Option<Level>,
    /// List only rules for this party: sender, receiver or app
    #[arg(long, value_parser = party, value_name = "PARTY")]
    pub party: Option<Party>,
}

/// `explain`.
#[derive(Debug, Arguments)]
pub struct Explain {
    /// Rule id, close code by number or name, or name of a case
    #[arg(value_name = "RULE|CODE|CASE")]
    pub term: String,
}

/// `codes`.
#[derive(Debug, Arguments)]
#[command(after_help = "\
Examples:
  wsclose codes
  wsclose codes 1005 going-away reserved2 Away
  wsclose codes --all | grep 'both.*both.*both'

Without arguments, lists every code that has a name, and the ranges between \
them. The columns rfc6455 and iana have the roles that may send a code under \
that profile.

--all prints a line for each code, with fields that tabs separate: number, name, \
class, permitted senders under rfc6455, iana, beast and ws-rs (both, client or \
none), and the names in Boost.Beast and ws-rs.")]
pub struct Codes {
    /// Number, or name in RFC 6455, IANA, Boost.Beast or ws-rs
    #[arg(value_name = "CODE|NAME")]
    pub codes: Vec<String>,
    /// List all 65,536 codes, one a line
    #[arg(long, conflicts_with = "codes")]
    pub all: bool,
    /// Add the profiles beast and ws-rs, and the names in Boost.Beast and ws-rs: a wider table
    #[arg(long, short, conflicts_with = "all")]
    pub long: bool,
}

/// `vectors`.
#[derive(Debug, Arguments)]
#[command(after_help = "\
Examples:
  wsclose vectors --out vectors

Writes close_frames.json, scenarios.json, close_frames.h, their schemas and a \
README.md, all or none. The same version writes the same files.

Files of an earlier version are replaced. A folder with other files is refused.")]
pub struct Vectors {
    /// Folder of the files
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// A shell that completes options.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// GNU Bash.
    Bash,
    /// Elvish.
    Elvish,
    /// Fish.
    Fish,
    /// PowerShell.
    Powershell,
    /// Z shell.
    Zsh,
}

/// `completions`.
#[derive(Debug, Arguments)]
#[command(after_help = "\
Examples:
  source <(wsclose completions bash)
  wsclose completions fish > ~/.config/fish/completions/wsclose.fish
  wsclose completions zsh > \"${fpath[1]}/_wsclose\"")]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// `man`.
#[derive(Debug, Arguments)]
#[command(after_help = "\
Examples:
  wsclose man | man -l -
  wsclose man ~/.local/share/man/man1")]
pub struct Man {
    /// Write a page for this command and each of its commands to this folder
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

fn level(word: &str) -> Result<Level, String> {
    Level::ALL
        .into_iter()
        .find(|level| level.name() == word)
        .ok_or_else(|| format!("expected must, interop, robust, should, lenient or info, found `{word}`"))
}

fn party(word: &str) -> Result<Party, String> {
    [Party::Sender, Party::Receiver, Party::App]
        .into_iter()
        .find(|party| party.name() == word)
        .ok_or_else(|| format!("expected sender, receiver or app, found `{word}`"))
}
