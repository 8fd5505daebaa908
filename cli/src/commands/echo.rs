//! `wsclose echo`: runs the reference model as an echo server or an echo client.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io::{BufRead, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::channel;

use wsclose_live::model_endpoint::{self, ConnectError, ServerIdentity};
use wsclose_live::{CloseStatus, RunError, TargetError};

use crate::args;
use crate::support::error::{CliError, ExitStatus};
use crate::support::output::Stdout;

/// The parameter by which `check` numbers its connections.
const CONNECTION_ID: &str = "wsclose=";

/// Runs the command.
pub fn run(args: &args::Echo, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    match (&args.connect, args.listen) {
        (Some(url), _) if url == "-" => {
            for url in std::io::stdin().lock().lines() {
                connect(args, url?.trim(), out)?;
                out.flush()?;
            }
            Ok(ExitStatus::Conforms)
        }
        (Some(url), _) => {
            connect(args, url, out)?;
            Ok(ExitStatus::Conforms)
        }
        (None, Some(address)) => listen(args, address, out),
        (None, None) => Err(CliError::Usage("expected --listen or --connect, found neither".to_owned())),
    }
}

fn listen(args: &args::Echo, address: SocketAddr, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    if !address.ip().is_loopback() && !args.allow_remote {
        return Err(RunError::Target(TargetError::NotLoopback(address)).into());
    }
    let cannot_listen = |source: std::io::Error| RunError::Listen { address, source };
    let listener = TcpListener::bind(address).map_err(cannot_listen)?;
    let bound = listener.local_addr().map_err(cannot_listen)?;
    let identity = match (&args.cert, &args.key) {
        (Some(cert), Some(key)) => Some(ServerIdentity::read(cert, key).map_err(RunError::Target)?),
        (None, _) | (_, None) => None,
    };
    let scheme = if identity.is_some() { "wss" } else { "ws" };
    writeln!(out, "listening on {scheme}://{bound}/")?;
    out.flush()?;
    let (sender, lines) = channel();
    let profile = args.profile;
    let on_close = move |path: &str, status: &CloseStatus| {
        // Only a connection with an id can be distinguished from others.
        if path.contains(CONNECTION_ID) {
            // Nothing reads the lines after standard output was closed.
            let _ = sender.send(format!("{status} {path}"));
        }
    };
    let server = std::thread::spawn(move || match &identity {
        Some(identity) => model_endpoint::serve_tls_with_reports(&listener, profile, identity, on_close),
        None => model_endpoint::serve_with_reports(&listener, profile, on_close),
    });
    for line in lines {
        writeln!(out, "{line}")?;
        out.flush()?;
    }
    server.join().unwrap_or(Ok(())).map_err(cannot_listen)?;
    Ok(ExitStatus::Conforms)
}

fn connect(args: &args::Echo, url: &str, out: &mut Stdout) -> Result<(), CliError> {
    // The hasher of the standard library is seeded at random, which is enough for masking keys.
    let seed = RandomState::new().hash_one(std::process::id());
    let not_tested = |why: String| CliError::NotTested { endpoint: url.to_owned(), why };
    let status = model_endpoint::connect(url, args.profile, seed, args.allow_remote);
    let status = status.map_err(|error| match error {
        ConnectError::Target(error) => CliError::from(RunError::Target(error)),
        ConnectError::Connection(error) => not_tested(error.to_string()),
        ConnectError::System(error) => not_tested(error.to_string()),
    })?;
    if let Some(status) = status {
        writeln!(out, "{status}")?;
    }
    Ok(())
}
