//! The command `wsclose` as a library, so that two programs can be built from it: `wsclose`, which has no WebSocket
//! library in it, and the unpublished `wsclose-full`, which passes the in-process libraries to [`main`].
//!
//! A program that passes subjects of its own is the same command for them. `replay`, `matrix` and `adopt` play scripts to
//! each by its name, as in `my-wsclose replay crash.ws --subject mine`:
//!
//! ```no_run
//! use wsclose::harness::Subject;
//! use wsclose_cli::libraries::{Libraries, Library};
//!
//! struct Mine;
//!
//! impl Libraries for Mine {
//!     fn list(&self) -> Vec<Library> {
//!         // The endpoint under test, behind the trait `Subject`; the model stands for it here.
//!         let new = || -> Box<dyn Subject> { Box::new(wsclose::model::endpoint::Model::new(Default::default())) };
//!         vec![Library { name: "mine", in_process: true, new: Ok(new) }]
//!     }
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     wsclose_cli::main(&Mine)
//! }
//! ```
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
    let exit = match runner::catch("wsclose", || run(&args.command, libraries, Stdout::new())) {
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

fn run(
    command: &Command,
    libraries: &'static dyn Libraries,
    mut out: Stdout,
) -> Result<ExitStatus, CliError> {
    let done = match command {
        Command::Replay(args) => commands::replay::run(args, libraries, &mut out),
        Command::Matrix(args) => commands::matrix::run(args, libraries, &mut out),
        Command::Check(args) => commands::check::run(args, &mut out),
        Command::Serve(args) => commands::serve::run(args, &mut out),
        Command::Doctor(args) => commands::doctor::run(args, &mut out),
        Command::Judge(args) => commands::judge::run(args, &mut out),
        Command::Proxy(args) => commands::proxy::run(args, &mut out),
        Command::Echo(args) => commands::echo::run(args, &mut out),
        Command::Diff(args) => commands::diff::run(args, &mut out),
        Command::Site(args) => commands::site::run(args, &mut out),
        Command::Adopt(args) => commands::adopt::run(args, libraries, &mut out),
        Command::Decode(args) => commands::decode::run(args, &mut out),
        Command::Rules(args) => commands::rules::list(args, &mut out),
        Command::Explain(args) => commands::rules::explain(&args.term, libraries, &mut out),
        Command::Codes(args) => commands::codes::run(args, &mut out),
        Command::Vectors(args) => commands::vectors::run(args, &mut out),
        Command::Completions(args) => commands::manual::complete(args, &mut out),
        Command::Man(args) => commands::manual::man(args, &mut out),
    };
    // Output of a command that failed halfway is still of use.
    let flushed = out.flush();
    let exit = done?;
    flushed?;
    Ok(exit)
}

#[cfg(test)]
mod tests {
    use wsclose::harness::{Recorder, Stimulus, Subject};
    use wsclose::model::faults::{Fault, FaultyModel};
    use wsclose::protocol::role::Role;
    use wsclose::rules::Capabilities;

    use super::*;
    use crate::libraries::Library;

    /// An endpoint of a user, which sends 126 octets in every Close.
    struct Mine(FaultyModel);

    impl Subject for Mine {
        fn name(&self) -> &str {
            "mine"
        }

        fn capabilities(&self, role: Role) -> Capabilities {
            self.0.capabilities(role)
        }

        fn connect(&mut self, role: Role, out: &mut Recorder) {
            self.0.connect(role, out);
        }

        fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
            self.0.react(stimulus, out);
        }
    }

    struct Own;

    impl Libraries for Own {
        fn list(&self) -> Vec<Library> {
            let new = || -> Box<dyn Subject> { Box::new(Mine(FaultyModel::new(Fault::CloseOf126))) };
            vec![Library { name: "mine", in_process: true, new: Ok(new) }]
        }
    }

    /// The exit status of a command line, in a build whose only library is `mine`.
    fn run_own(args: &[&str]) -> ExitStatus {
        let args = Args::try_parse_from([&["wsclose"], args].concat()).expect("a command line");
        let out = Stdout::with_writer(Box::new(std::io::sink()));
        run(&args.command, &Own, out).expect("a result")
    }

    #[test]
    fn own_subject_is_replayed_and_adopted() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("corpus")).expect("a folder");
        let crash = folder.path().join("crash.ws");
        std::fs::write(&crash, "wsclose 1\nrole server\n> ping\n> close 1000\nwait 2\n").expect("a file");
        let path = |path: &std::path::Path| path.to_str().expect("a path").to_owned();
        let (crash, root) = (path(&crash), path(folder.path()));
        // Without --subject, the libraries of the build are the subjects.
        assert_eq!(run_own(&["replay", &crash]), ExitStatus::Violation);
        assert_eq!(run_own(&["replay", &crash, "--subject", "mine"]), ExitStatus::Violation);
        let adopt = ["adopt", &crash, "--target", "implementations", "--root", &root];
        assert_eq!(run_own(&adopt), ExitStatus::Conforms);
        let entry = folder.path().join("corpus/implementations/close-at-most-125-mine.ws");
        let text = std::fs::read_to_string(&entry).expect("an entry");
        assert!(text.contains("# mine violates close-at-most-125") && !text.contains("ping"), "{text}");
        assert_eq!(run_own(&adopt), ExitStatus::Violation, "a duplicate");
    }

    #[test]
    fn fuzz_target_plays_own_subjects() {
        let script = b"wsclose 1\nrole server\n> close 1000\n";
        assert!(runner::catch("the fuzz target", || Own.run_fuzz_target(script)).is_err());
        assert!(Own.run_fuzz_target(b"no script").is_empty());
    }
}
