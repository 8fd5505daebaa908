//! `wsclose proxy`: stands between a client and a server, passes on everything, and judges both sides.

mod listen;
mod pass;
mod recorder;
mod report;

use std::io::{self, IsTerminal, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Instant;

use tokio::sync::{mpsc, watch};
use wsclose_live::{RunError, TargetError};

use self::listen::{Event, Proxy};
use self::report::ProxyReport;
use crate::args;
use crate::support::error::{CliError, ExitStatus};
use crate::support::output::{Stdout, eprint_error};

/// How many events wait to be printed. The connections behind them wait too.
const WAITING: usize = 64;

/// Runs the proxy until Ctrl-C.
pub fn run(args: &args::Proxy, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    let address = args.listen;
    if !address.ip().is_loopback() && !args.allow_remote {
        return Err(RunError::Target(TargetError::PublicListener(address)).into());
    }
    let mut report = ProxyReport::new(args)?;
    let cannot_listen = |source: io::Error| RunError::Listen { address, source };
    let listener = TcpListener::bind(address).map_err(cannot_listen)?;
    let bound = listener.local_addr().map_err(cannot_listen)?;
    let (stopper, stop) = watch::channel(false);
    // The process ends at once where there are no signals.
    let _ = ctrlc::set_handler(move || {
        let _ = stopper.send(true);
    });
    let (events, mut received) = mpsc::channel(WAITING);
    let proxy = Proxy { server: args.to.clone(), started: Instant::now(), events, stop };
    let running = thread::spawn(move || listen::run(proxy, listener));
    report.name(bound, &args.to);
    // A redacted output has no hosts.
    let server = if args.redact { "the server".to_owned() } else { args.to.to_string() };
    writeln!(out, "listening on ws://{bound}/, in front of {server}; Ctrl-C ends it")?;
    out.flush()?;
    let mut progress = Progress::default();
    while let Some(event) = received.blocking_recv() {
        progress.clear();
        match event {
            Event::Opened => progress.open += 1,
            Event::Ended { number, recording } => {
                progress.end();
                report.add(number, &recording.connection, out)?;
            }
            Event::Unreachable { number, why } => {
                progress.end();
                report.unreachable();
                eprint_error(format_args!(
                    "connection {number}: cannot reach {server}: {why}; the client's connection was reset"
                ));
            }
            Event::Warning(warning) => eprint_error(warning),
        }
        out.flush()?;
        progress.show();
    }
    progress.clear();
    running.join().unwrap_or(Ok(())).map_err(cannot_listen)?;
    Ok(report.finish(out)?.into())
}

/// How many connections are open and ended, on standard error, if that is a terminal.
struct Progress {
    open: usize,
    ended: usize,
    is_terminal: bool,
}

impl Default for Progress {
    fn default() -> Progress {
        Progress { open: 0, ended: 0, is_terminal: io::stderr().is_terminal() }
    }
}

impl Progress {
    fn end(&mut self) {
        self.open = self.open.saturating_sub(1);
        self.ended += 1;
    }

    fn show(&self) {
        if self.is_terminal {
            // A terminal that does not show progress does not stop the proxy.
            let _ = write!(io::stderr(), "\r{} open, {} ended", self.open, self.ended);
        }
    }

    fn clear(&self) {
        if self.is_terminal {
            let _ = write!(io::stderr(), "\r{:<40}\r", "");
        }
    }
}
