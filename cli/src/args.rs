//! The command line: what may be asked, and the help. In come words, out come [`Args`].

pub mod fuzz_target;
mod live;
pub mod renamed;
pub mod slug;

use std::path::PathBuf;

use clap::{Args as Arguments, Parser, Subcommand, ValueEnum};
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::rules::{Level, Party};

use crate::args::fuzz_target::FuzzTarget;

pub use live::{Check, CodeSweep, Echo, ReportArgs, RunArgs, Serve};

/// Conformance-fuzzing harness for the WebSocket closing handshake (RFC 6455).
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXITS)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXITS: &str = "Exit codes:
  0  conforms, or nothing to say against it
  1  a breach: a rule of level must, interop or robust is broken and not known
     (with --strict also should and lenient)
  2  usage: the command line asks for something that does not exist
  3  could not test: a file, folder or subject that cannot be read or run
  4  check, serve: the baseline lists what no longer occurs, and nothing else is wrong
A breach (1) outweighs what could not be tested (3).";

/// One of the commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Play scripts to the model and the peers: a timeline for a file, a table for a folder.
    Replay(Replay),
    /// Put every peer through every script: a table of peers and rules, who behaves alike, who differs, and
    /// a picture of the 65,536 close codes.
    Matrix(Matrix),
    /// Test a running server, in any language
    Check(Box<Check>),
    /// Test a client, in any language
    Serve(Box<Serve>),
    /// Run the reference model: an echo server, or client, that conforms
    Echo(Echo),
    /// File what a fuzz target found: name the rule, minimise, write a corpus entry and a snapshot.
    Adopt(Adopt),
    /// Show the frames in octets, and everything wrong with each.
    Decode(Decode),
    /// List the rules.
    #[command(
        after_help = "Examples:\n  wsclose rules --level must --party receiver\n  wsclose explain close-fin"
    )]
    Rules(Rules),
    /// Explain a rule, or a close code.
    #[command(after_help = "Examples:\n  wsclose explain rejects-one-byte-body\n  wsclose explain 1005")]
    Explain(Explain),
    /// Show close codes: class, who may send them, and what Boost.Beast and ws-rs call them.
    Codes(Codes),
}

/// Which roles a subject plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Roles {
    /// The client, whatever the script says.
    Client,
    /// The server, whatever the script says.
    Server,
    /// One after the other.
    Both,
}

impl Roles {
    /// The roles.
    pub fn list(self) -> Vec<Role> {
        match self {
            Roles::Client => vec![Role::Client],
            Roles::Server => vec![Role::Server],
            Roles::Both => Role::ALL.to_vec(),
        }
    }
}

/// Whom to test, and how to judge.
#[derive(Debug, Arguments)]
pub struct SubjectArgs {
    /// Test only this subject beside the model (repeat for more): a peer such as `tungstenite`,
    /// `model`, or `fault:SLUG`, the model with one fault. Default: every peer there is
    #[arg(long = "subject", value_name = "NAME")]
    pub subjects: Vec<String>,
    /// Read codes as this profile does: rfc6455, iana, beast or ws-rs
    #[arg(long, default_value_t = Profile::default(), value_name = "PROFILE")]
    pub profile: Profile,
    /// Take known deviations from this file instead of those built in
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
}

/// `replay`.
#[derive(Debug, Arguments)]
#[command(after_help = "\
Examples:
  wsclose replay corpus/closing_handshake/code-1014.ws
  wsclose replay corpus --subject tungstenite --strict
  wsclose replay fuzz/artifacts/close_frame/crash-1f… --role server

In a folder, files that end in .ws or .bin or have no extension are played, in its folders too;
hidden files and links to folders are passed over. In a folder named close_frame, files that are not
text scripts are octets of the wire and are played to both roles. Breaches that baseline.toml lists are
shown as known and do not fail.")]
pub struct Replay {
    /// Scripts, or folders of them
    #[arg(required = true, value_name = "FILE|DIR")]
    pub paths: Vec<PathBuf>,
    /// Whom to test, and how.
    #[command(flatten)]
    pub subject_args: SubjectArgs,
    /// Fail for breaches of level should and lenient too
    #[arg(long)]
    pub strict: bool,
    /// Play every script to this role, not to the one it names
    #[arg(long, value_enum, value_name = "ROLE")]
    pub role: Option<Roles>,
    /// Take files for octets of the wire, not for scripts
    #[arg(long)]
    pub raw_bytes: bool,
}

/// Which part of the matrix the sweeps of the 65,536 codes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MatrixCodes {
    /// No sweeps.
    None,
    /// The sweeps alone.
    Only,
    /// Curated scripts, systematic scripts and sweeps.
    All,
}

/// `matrix`.
#[derive(Debug, Arguments)]
#[command(after_help = "\
Examples:
  wsclose matrix
  wsclose matrix --subject tungstenite --out report
  wsclose matrix --subject beast --codes only --out report

What is played, in both roles: the curated scripts, which are built in; reasons of every length to 130; every
cut of every frame of a curated script; every code from 0 to 65535 in a Close that begins the handshake, in
one that answers, and asked for by the application. A peer that needs sockets gets the curated scripts alone.
--out writes matrix.md, disagreements.md, codes.svg and matrix.json. Two runs write the same octets. With --live it
writes live.html, peers × rules with the evidence, and live.json, every run as check --json writes it.")]
pub struct Matrix {
    /// Whom to test, and how.
    #[command(flatten)]
    pub subject_args: SubjectArgs,
    /// Take the curated scripts from this folder instead of those built in
    #[arg(long, value_name = "DIR")]
    pub corpus: Option<PathBuf>,
    /// Write the report to this folder too
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Include the sweeps of the 65,536 codes, leave them out, or run nothing else
    #[arg(long, value_enum, default_value_t = MatrixCodes::All)]
    pub codes: MatrixCodes,
    /// Use so many threads. Default: as many as there are processors
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Check the live servers and clients of this folder's implementations.toml instead: each is started, checked and ended;
    /// one that is not installed is a row that says so
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = "implementations/live",
          conflicts_with_all = ["corpus", "codes", "baseline"])]
    pub live: Option<PathBuf>,
    /// Give up on a peer in one role after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..))]
    pub timeout: u64,
}

/// `adopt`.
#[derive(Debug, Arguments)]
#[command(after_help = "\
Examples:
  wsclose adopt fuzz/artifacts/peers/crash-1f…
  wsclose adopt crash-1f… --target closing_handshake --name echo-after-reset

Nothing is overwritten. Exit codes: 0 filed, or nothing breaks and nothing is written; 1 refused, the
corpus has an entry for the same rule and subject; 2 the name is taken; 3 could not be tested.")]
pub struct Adopt {
    /// What the fuzzer wrote: a script in either form, or octets of the wire
    #[arg(value_name = "ARTIFACT")]
    pub artifact: PathBuf,
    /// File it under this name, of a-z, 0-9 and `-`. Default: the rule and the subject
    #[arg(long, value_name = "SLUG", value_parser = crate::args::slug::parse)]
    pub name: Option<String>,
    /// The fuzz target that found it. Default: the one its path names, or what its octets look like
    #[arg(long, value_enum, value_name = "TARGET")]
    pub target: Option<FuzzTarget>,
    /// The folder with corpus/ and snapshots/ in it. Default: the nearest one above that has corpus/
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// Whom to test, and how.
    #[command(flatten)]
    pub subject_args: SubjectArgs,
}

/// `decode`.
#[derive(Debug, Arguments)]
#[command(after_help = "\
Examples:
  wsclose decode 88 82 37fa213d 3412
  wsclose decode --sender server 880203ed
  printf '\\210\\000' | wsclose decode --sender server -

Exit code 1 when a rule of level must, interop or robust is broken (with --strict also should).")]
pub struct Decode {
    /// Octets in hexadecimal, with or without spaces, or `-` for octets on standard input
    #[arg(required = true, value_name = "HEX")]
    pub octets: Vec<String>,
    /// Who sent them: client or server
    #[arg(long, default_value_t = Role::Client, value_name = "ROLE")]
    pub sender: Role,
    /// Read codes as this profile does: rfc6455, iana, beast or ws-rs
    #[arg(long, default_value_t = Profile::default(), value_name = "PROFILE")]
    pub profile: Profile,
    /// Exit with 1 for breaches of level should too
    #[arg(long)]
    pub strict: bool,
}

/// `rules`.
#[derive(Debug, Arguments)]
pub struct Rules {
    /// Only rules of this level: must, interop, robust, should, lenient or info
    #[arg(long, value_parser = level, value_name = "LEVEL")]
    pub level: Option<Level>,
    /// Only rules that this act can break: sender, receiver or app
    #[arg(long, value_parser = party, value_name = "PARTY")]
    pub party: Option<Party>,
}

/// `explain`.
#[derive(Debug, Arguments)]
pub struct Explain {
    /// The id of a rule, or a close code by number or name
    #[arg(value_name = "RULE|CODE")]
    pub term: String,
}

/// `codes`.
#[derive(Debug, Arguments)]
#[command(after_help = "\
Examples:
  wsclose codes
  wsclose codes 1005 going-away reserved2 Away
  wsclose codes --all | grep 'both.*both.*both'

Without arguments: every code that has a name, and the ranges between. --all prints one line a code,
fields parted by tabs: number, name, class, who may send it under rfc6455, iana, beast and ws-rs (both,
client or none), Boost.Beast's name, ws-rs's name.")]
pub struct Codes {
    /// Only these: a number, or a name of RFC 6455, IANA, Boost.Beast or ws-rs
    #[arg(value_name = "CODE|NAME")]
    pub codes: Vec<String>,
    /// All 65,536 codes, one a line
    #[arg(long, conflicts_with = "codes")]
    pub all: bool,
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
