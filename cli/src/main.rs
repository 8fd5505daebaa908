//! The command `wsclose` without WebSocket libraries.

use std::process::ExitCode;

use wsclose_cli::libraries::NoLibraries;

fn main() -> ExitCode {
    wsclose_cli::main(&NoLibraries)
}
