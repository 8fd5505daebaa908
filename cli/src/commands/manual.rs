//! `wsclose completions` and `wsclose man`: what a shell and `man` know of the command, generated from its options.

use std::io::Write;
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::args::{self, Args};
use crate::support::atomic_write;
use crate::support::error::{CliError, ExitStatus};
use crate::support::files::display_path;
use crate::support::output::Stdout;
use crate::support::report_dir;

/// The program and its version, at the foot of each manual page.
const SOURCE: &str = concat!("wsclose ", env!("CARGO_PKG_VERSION"));

/// Prints a completion script.
pub fn complete(args: &args::Completions, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    let shell = match args.shell {
        args::Shell::Bash => Shell::Bash,
        args::Shell::Elvish => Shell::Elvish,
        args::Shell::Fish => Shell::Fish,
        args::Shell::Powershell => Shell::PowerShell,
        args::Shell::Zsh => Shell::Zsh,
    };
    // `clap_complete` panics if it cannot write, so it does not write to standard output itself.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), program(), &mut script);
    out.write_all(&script)?;
    Ok(ExitStatus::Conforms)
}

/// Prints the manual page of the whole command, or writes this page and those of all commands to a folder.
pub fn man(args: &args::Man, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    let mut command = Args::command().disable_help_subcommand(true);
    // Names the commands `wsclose-check` and so on.
    command.build();
    let page = |command: &Command| Man::new(command.clone()).source(SOURCE);
    match &args.folder {
        None => page(&command).render(out)?,
        Some(folder) => {
            report_dir::check_folder(folder)?;
            let mut pages = Vec::new();
            for page in std::iter::once(&command).chain(command.get_subcommands()).map(page) {
                let mut text = Vec::new();
                page.render(&mut text)?;
                pages.push((folder.join(page.get_filename()), text));
            }
            atomic_write::overwrite(&pages)?;
            writeln!(out, "wrote {} manual pages to {}", pages.len(), display_path(folder))?;
        }
    }
    Ok(ExitStatus::Conforms)
}

/// The name by which this process was called, which is that of the program: `wsclose`, or another that is built from the
/// same library.
fn program() -> String {
    let called = std::env::args_os().next();
    let name = called.as_deref().and_then(|path| Path::new(path).file_stem()).and_then(|name| name.to_str());
    name.unwrap_or("wsclose").to_owned()
}
