//! `wsclose echo`: runs the reference model as an echo server or an echo client, without a fault or with one.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io::{BufRead, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::channel;

use wsclose::model::faults::Fault;
use wsclose_live::model_endpoint::{self, ConnectError, EchoClient, EchoEvent, EchoModel, ServerIdentity};
use wsclose_live::{ReportLine, RunError, TargetError, redacted_url};

use crate::args;
use crate::support::error::{CliError, ExitStatus};
use crate::support::output::{Stdout, eprint_error, write_indented};

/// The parameter by which `check` numbers its connections.
const CONNECTION_ID: &str = "wsclose=";

/// The columns by which the sentence of a fault is indented.
const INDENT: usize = 4;

/// Prints every fault: its name, the rule that it violates, its role if it concerns one only, and what it does.
fn list_faults(out: &mut Stdout) -> std::io::Result<()> {
    for fault in Fault::ALL {
        let role = fault.role().map(|role| format!("  {role}")).unwrap_or_default();
        writeln!(out, "{}  {}{role}", fault.slug(), fault.rule())?;
        write_indented(out, fault.description(), INDENT)?;
    }
    Ok(())
}

/// Runs the command.
pub fn run(args: &args::Echo, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    if args.list_faults {
        list_faults(out)?;
        return Ok(ExitStatus::Conforms);
    }
    match (&args.connect, args.listen) {
        (Some(url), _) => {
            // The hasher of the standard library is seeded at random, which is enough for masking keys.
            let seed = RandomState::new().hash_one(std::process::id());
            let mut client = EchoClient::new(model(args), seed);
            if url == "-" {
                for url in std::io::stdin().lock().lines() {
                    connect(&mut client, args, url?.trim(), out)?;
                }
            } else {
                connect(&mut client, args, url, out)?;
            }
            Ok(ExitStatus::Conforms)
        }
        (None, Some(address)) => listen(args, address, out),
        (None, None) => Err(CliError::Usage("expected --listen or --connect, found neither".to_owned())),
    }
}

fn model(args: &args::Echo) -> EchoModel {
    EchoModel { profile: args.profile, fault: args.fault }
}

fn listen(args: &args::Echo, address: SocketAddr, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    if !address.ip().is_loopback() && !args.allow_remote {
        return Err(RunError::Target(TargetError::PublicListener(address)).into());
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
    let model = model(args);
    let on_event = move |path: &str, event: EchoEvent| match event {
        // Only a connection with an id can be distinguished from others. Nothing reads the lines after standard output
        // was closed.
        EchoEvent::Closed(status) if path.contains(CONNECTION_ID) => {
            let _ = sender.send(format!("{status} {path}"));
        }
        EchoEvent::Failed(why) if path.contains(CONNECTION_ID) => {
            let _ = sender.send(format!("{} {path}", ReportLine::Failed(why)));
        }
        EchoEvent::Closed(_) | EchoEvent::Failed(_) => {}
        EchoEvent::Crashed(why) => crash(&why),
    };
    let server = std::thread::spawn(move || match &identity {
        Some(identity) => model_endpoint::serve_tls_with_events(&listener, model, identity, on_event),
        None => model_endpoint::serve_with_events(&listener, model, on_event),
    });
    for line in lines {
        writeln!(out, "{line}")?;
        out.flush()?;
    }
    server.join().unwrap_or(Ok(())).map_err(cannot_listen)?;
    Ok(ExitStatus::Conforms)
}

fn connect(client: &mut EchoClient, args: &args::Echo, url: &str, out: &mut Stdout) -> Result<(), CliError> {
    let not_tested = |why: String| CliError::NotTested { endpoint: redacted_url(url), why };
    let mut printed = Ok(());
    let result = client.connect(url, args.allow_remote, |event| {
        let line = match event {
            EchoEvent::Closed(status) => ReportLine::Closed(status),
            EchoEvent::Failed(why) => ReportLine::Failed(why),
            EchoEvent::Crashed(why) => crash(&why),
        };
        // What is reported while TCP is open is printed then.
        let print = writeln!(out, "{line}").and_then(|()| out.flush());
        printed = std::mem::replace(&mut printed, Ok(())).and(print);
    });
    result.map_err(|error| match error {
        ConnectError::Target(error) => CliError::from(RunError::Target(error)),
        ConnectError::Connection(error) => not_tested(error.to_string()),
        ConnectError::System(error) => not_tested(error.to_string()),
    })?;
    Ok(printed?)
}

/// Ends the process as a crash does: by a signal, and without an exit code of this command.
fn crash(why: &str) -> ! {
    eprint_error(format_args!("the model crashed, as its fault says: {why}"));
    std::process::abort()
}
