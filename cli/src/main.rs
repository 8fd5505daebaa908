//! The command `wsclose`. In come words and files, out come tables, timelines and an exit code: 0 conforms,
//! 1 a breach, 2 usage, 3 could not test.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the library does no input or output; this is where it is done"
)]

mod args;
mod commands;
mod support;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};
use crate::support::error::{CliError, ExitStatus};
use crate::support::output::{Stdout, eprint_error};
use crate::support::runner;

fn main() -> ExitCode {
    let args = Args::parse();
    runner::silence_panics();
    let exit = match runner::catch("wsclose", || run(&args.command)) {
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

fn run(command: &Command) -> Result<ExitStatus, CliError> {
    let mut out = Stdout::new();
    let done = match command {
        Command::Replay(args) => commands::replay::run(args, &mut out),
        Command::Matrix(args) => commands::matrix::run(args, &mut out),
        Command::Check(args) => commands::check::run(args, &mut out),
        Command::Serve(args) => commands::serve::run(args, &mut out),
        Command::Echo(args) => commands::echo::run(args, &mut out),
        Command::Adopt(args) => commands::adopt::run(args, &mut out),
        Command::Decode(args) => commands::decode::run(args, &mut out),
        Command::Rules(args) => commands::rules::list(args, &mut out),
        Command::Explain(args) => commands::rules::explain(&args.term, &mut out),
        Command::Codes(args) => commands::codes::run(args, &mut out),
    };
    // What was found out before something failed is worth seeing.
    let flushed = out.flush();
    let exit = done?;
    flushed?;
    Ok(exit)
}
