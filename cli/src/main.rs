//! The command `wsclose`. In come words and files, out come tables, timelines and an exit code: 0 conforms,
//! 1 a breach, 2 usage, 3 could not test.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the library does no input or output; this is where it is done"
)]

mod adopt;
mod args;
mod check;
mod choice;
mod codes;
mod decode;
mod echo;
mod failure;
mod files;
mod filing;
mod hex;
mod live;
mod matrix;
mod minimise;
mod oracle;
mod out;
mod play;
mod progress;
mod replay;
mod rules;
mod serve;
mod subjects;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};
use crate::failure::{CliError, ExitStatus};
use crate::out::{Stdout, eprint_error};

fn main() -> ExitCode {
    let args = Args::parse();
    play::silence_panics();
    let exit = match play::catch("wsclose", || run(&args.command)) {
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
        Command::Replay(args) => replay::run(args, &mut out),
        Command::Matrix(args) => matrix::run(args, &mut out),
        Command::Check(args) => check::run(args, &mut out),
        Command::Serve(args) => serve::run(args, &mut out),
        Command::Echo(args) => echo::run(args, &mut out),
        Command::Adopt(args) => adopt::run(args, &mut out),
        Command::Decode(args) => decode::run(args, &mut out),
        Command::Rules(args) => rules::list(args, &mut out),
        Command::Explain(args) => rules::explain(&args.term, &mut out),
        Command::Codes(args) => codes::run(args, &mut out),
    };
    // What was found out before something failed is worth seeing.
    let flushed = out.flush();
    let exit = done?;
    flushed?;
    Ok(exit)
}
