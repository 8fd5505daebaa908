//! Decrypts TLS in captures with tshark, the command of Wireshark. No library decrypts recordings of TLS 1.2 and 1.3 well.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::process::Command;

use wsclose_capture::recording::RecordedConnection;
use wsclose_capture::text;
use wsclose_capture::tls::Encrypted;

/// Why a capture could not be decrypted.
#[derive(Debug, thiserror::Error)]
pub enum TsharkError {
    /// tshark is not installed.
    #[error(
        "expected the command tshark, which decrypts TLS, found none; install it (Debian: apt-get install tshark)"
    )]
    Missing,
    /// It could not be run.
    #[error("could not run tshark: {0}")]
    Run(#[source] io::Error),
    /// It failed.
    #[error("tshark could not read the capture: {0}")]
    Failed(String),
}

/// The connections of a capture in clear text, each joined with what the capture shows of its TCP. Those that tshark could
/// not decrypt are missing.
pub fn decrypt(
    capture: &Path,
    keys: Option<&Path>,
    encrypted: &[Encrypted],
) -> Result<Vec<RecordedConnection>, TsharkError> {
    let streams = run(capture, keys, &["-Y", "tls", "-T", "fields", "-e", "tcp.stream"])?;
    let streams: BTreeSet<u64> = streams.lines().filter_map(|line| line.trim().parse().ok()).collect();
    let mut connections = Vec::new();
    for stream in streams {
        let follow = run(capture, keys, &["-q", "-z", &format!("follow,tls,yaml,{stream}")])?;
        let mut plain = Vec::new();
        // A stream without decrypted octets has no YAML to read.
        if text::read(&follow, &mut |connection| plain.push(connection)).is_err() {
            continue;
        }
        for connection in plain {
            let packets = connection.events.iter().filter_map(|event| event.packet);
            let joined = packets
                .filter_map(|packet| encrypted.iter().find(|encrypted| encrypted.has_packet(packet)))
                .map(|encrypted| encrypted.join(&connection))
                .next();
            connections.extend(joined);
        }
    }
    Ok(connections)
}

fn run(capture: &Path, keys: Option<&Path>, args: &[&str]) -> Result<String, TsharkError> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(capture);
    if let Some(keys) = keys {
        command.arg("-o").arg(format!("tls.keylog_file:{}", keys.display()));
    }
    let is_missing = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    let output = command
        .args(args)
        .output()
        .map_err(|error| if is_missing(&error) { TsharkError::Missing } else { TsharkError::Run(error) })?;
    // It exits with an error behind a capture that is cut off, and has printed what it read.
    if !output.status.success() && output.stdout.is_empty() {
        let message = String::from_utf8_lossy(&output.stderr);
        return Err(TsharkError::Failed(message.lines().last().unwrap_or_default().to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
