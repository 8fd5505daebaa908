//! The command `wsclose` as a library, so that two programs can be built from it: `wsclose`, which has no WebSocket
//! library in it, and the unpublished `wsclose-full`, which passes the in-process libraries to [`main`].
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the core does no I/O and reads no clock; the command does"
)]

mod args;
mod commands;
pub mod libraries;
mod support;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command, renamed};
use crate::libraries::Libraries;
use crate::support::error::{CliError, ExitStatus};
use crate::support::output::{Stdout, eprint_error};
use crate::support::runner;

/// Runs the command line of this process with these libraries as subjects.
pub fn main(libraries: &'static dyn Libraries) -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return usage(error),
    };
    runner::silence_panics();
    let exit = match runner::catch("wsclose", || run(&args.command, libraries)) {
        Ok(Ok(exit)) => exit,
        Ok(Err(failure)) => {
            eprint_error(&failure);
            failure.exit()
        }
        Err(panicked) => {
            eprint_error(format_args!("{panicked}; this is a mistake in wsclose, please report it"));
            ExitStatus::NotTested
        }
    };
    exit.into()
}

/// Prints help, the version or an error of the command line.
fn usage(error: clap::Error) -> ExitCode {
    let command = std::env::args_os().nth(1).and_then(|command| command.into_string().ok());
    let error = renamed::add_tip(error, command.as_deref());
    // There is nowhere left to report a failure to.
    let _ = error.print();
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

fn run(command: &Command, libraries: &'static dyn Libraries) -> Result<ExitStatus, CliError> {
    let mut out = Stdout::new();
    let done = match command {
        Command::Replay(args) => commands::replay::run(args, libraries, &mut out),
        Command::Matrix(args) => commands::matrix::run(args, libraries, &mut out),
        Command::Check(args) => commands::check::run(args, &mut out),
        Command::Serve(args) => commands::serve::run(args, &mut out),
        Command::Echo(args) => commands::echo::run(args, &mut out),
        Command::Adopt(args) => commands::adopt::run(args, libraries, &mut out),
        Command::Decode(args) => commands::decode::run(args, &mut out),
        Command::Rules(args) => commands::rules::list(args, &mut out),
        Command::Explain(args) => commands::rules::explain(&args.term, &mut out),
        Command::Codes(args) => commands::codes::run(args, &mut out),
    };
    // Output of a command that failed halfway is still of use.
    let flushed = out.flush();
    let exit = done?;
    flushed?;
    Ok(exit)
}
