//! The options of `wsclose judge`.

use std::path::PathBuf;

use clap::{Args as Arguments, ValueEnum};
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;

/// Where a recording was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RecordedAt {
    /// On the machine of the client.
    Client,
    /// On the machine of the server.
    Server,
    /// Between the two, or it is not known.
    Between,
}

/// `judge`.
#[derive(Debug, Arguments)]
#[command(after_help = "\
Examples:
  wsclose judge capture.pcapng
  wsclose judge net-log.json --verbose
  wsclose judge capture.pcap --port 9001 --recorded-at server --json report.json
  wsclose judge capture.pcap --to-script 3 > close.ws

Formats, which are detected: pcap and pcapng (tcpdump, Wireshark, dumpcap), \
Chrome's net-log (chrome://net-export with raw bytes), Wireshark's \"Follow TCP \
Stream\" saved as hex dump, C arrays or YAML, and a plain form that a person can \
write:

  wsclose recording 1
  0.000 > 88 82 37fa213d 3412
  0.003 < 88 02 03e8
  0.004 < FIN

Connections without a violation are listed in short, and with --verbose in full.

Exit codes:
  0  no violation of level must, interop or robust (with --strict also should and
     lenient)
  1  a violation
  2  the command line is invalid
  3  a file could not be read, or has no WebSocket connection
If more than one applies, 1 comes before 3.")]
pub struct Judge {
    /// Recordings; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Judge only connections with this port; it is the server's
    #[arg(long, value_name = "N")]
    pub port: Option<u16>,
    /// Judge only connections whose server or field Host has this name
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
    /// Where it was recorded
    ///
    /// This decides in which order each side saw what crossed in flight, if the recording has no acknowledgements.
    #[arg(long, value_enum, default_value_t = RecordedAt::Between)]
    pub recorded_at: RecordedAt,
    /// Which close codes are valid: rfc6455, iana, beast or ws-rs
    #[arg(long, default_value_t = Profile::default(), value_name = "PROFILE")]
    pub profile: Profile,
    /// Also fail for violations of level should and lenient
    #[arg(long)]
    pub strict: bool,
    /// Write a JSON report; cli/schema/judge.schema.json describes it
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write an HTML report
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Decrypt TLS with these keys, as SSLKEYLOGFILE has them; this needs tshark
    ///
    /// Without it, the keys that a pcapng file embeds are used.
    #[arg(long, value_name = "FILE")]
    pub keylog: Option<PathBuf>,
    /// Show the payloads of messages by their lengths, and no hosts and header fields
    #[arg(long)]
    pub redact: bool,
    /// Print connection N as a script for `replay`, and no report
    #[arg(long, value_name = "N", conflicts_with_all = ["json", "html", "redact", "verbose", "strict"])]
    pub to_script: Option<usize>,
    /// The side that the script of --to-script tests [default: the side with a violation, or else the server]
    #[arg(long, value_name = "ROLE", requires = "to_script")]
    pub role: Option<Role>,
    /// Print every connection in full
    #[arg(short, long)]
    pub verbose: bool,
}
