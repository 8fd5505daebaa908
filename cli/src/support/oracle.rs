//! Runs the assertions of the fuzz targets, and files a minimized input that makes one fail.

use std::io::Write;

use crate::args::fuzz_target::FuzzTarget;
use crate::libraries::Libraries;
use crate::support::atomic_write;
use crate::support::corpus_entry::Project;
use crate::support::error::{CliError, ExitStatus};
use crate::support::files;
use crate::support::output::Stdout;
use crate::support::runner::{self, PanicInfo};
use crate::support::scripts;
use wsclose::generate::minimize;
use wsclose::scenario::Scenario;

/// The most removals that the minimizer tries.
const MAX_ATTEMPTS: usize = 2000;

/// Runs the body of a fuzz target. A failed assertion is returned as its panic.
pub fn run(libraries: &dyn Libraries, target: FuzzTarget, octets: &[u8]) -> Result<(), PanicInfo> {
    runner::catch("the fuzz target", || match target {
        FuzzTarget::CloseFrame => wsclose::fuzz::close_frame(octets),
        FuzzTarget::ClosingHandshake => wsclose::fuzz::closing_handshake(octets),
        FuzzTarget::Implementations => libraries.run_fuzz_target(octets),
        FuzzTarget::Scenario => wsclose::fuzz::scenario(&Scenario::from_fuzzer(octets)),
    })
    .map(|_| ())
}

/// Octets on which an assertion of a fuzz target fails. They have no timeline, since no subject violates a rule.
pub struct Crash<'a> {
    /// The fuzz target.
    pub target: FuzzTarget,
    /// The octets.
    pub octets: &'a [u8],
    /// The file and line of the assertion.
    pub location: &'a str,
}

impl Crash<'_> {
    /// Writes a corpus entry, unless the corpus has one that fails in the same place.
    pub fn file(
        &self,
        oracle: impl Fn(FuzzTarget, &[u8]) -> Result<(), PanicInfo>,
        project: &Project,
        name: Option<&str>,
        out: &mut Stdout,
    ) -> Result<ExitStatus, CliError> {
        let Crash { target, octets, location: place } = *self;
        let same = |octets: &[u8]| oracle(target, octets).is_err_and(|panicked| panicked.location == place);
        let (paths, _) = scripts::scripts_in(&project.corpus(target));
        let found = paths.iter().find(|path| files::read(path).is_ok_and(|octets| same(&octets)));
        if let Some(path) = found {
            writeln!(out, "refused: {} already fails there", files::display_path(path))?;
            return Ok(ExitStatus::Violation);
        }
        let place = project.entry_paths(target, name, "oracle-crash", "bin")?;
        let small = minimize::octets(octets.to_vec(), MAX_ATTEMPTS, same);
        let small = match target {
            // libFuzzer rejects fewer octets than a scenario has, and zeros stand for those that are missing.
            FuzzTarget::Scenario => Scenario::from_fuzzer(&small).to_fuzzer(),
            FuzzTarget::CloseFrame | FuzzTarget::ClosingHandshake | FuzzTarget::Implementations => small,
        };
        writeln!(out, "minimized: octets {} to {}", octets.len(), small.len())?;
        atomic_write::write_new(&[(place.entry.clone(), small)])?;
        let entry = files::display_path(&place.entry);
        writeln!(out, "wrote {entry}")?;
        writeln!(out, "next: fix the assertion or the code that it checks, then run:")?;
        writeln!(out, "      cargo fuzz run -s none {} {entry}", target.name())?;
        Ok(ExitStatus::Conforms)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io;

    use wsclose::protocol::role::Role;
    use wsclose::scenario::parameters::Form;

    use super::{Crash, ExitStatus, FuzzTarget, PanicInfo, Project, Scenario, Stdout, runner};

    /// A fuzz target that fails on a B.
    fn oracle(_: FuzzTarget, octets: &[u8]) -> Result<(), PanicInfo> {
        runner::catch("the fuzz target", || assert!(!octets.contains(&b'B')))
    }

    #[test]
    fn a_failing_input_is_filed_once_and_minimized() {
        let root = tempfile::tempdir().expect("a folder");
        let project = Project::find(Some(root.path())).expect("a project");
        let octets = b"aaaaaaBaaaa";
        let panicked = oracle(FuzzTarget::CloseFrame, octets).expect_err("it fails");
        let crash = Crash { target: FuzzTarget::CloseFrame, octets, location: &panicked.location };
        let file = || crash.file(oracle, &project, None, &mut Stdout::with_writer(Box::new(io::sink())));
        assert_eq!(file().expect("filed"), ExitStatus::Conforms);
        let folder = root.path().join("corpus/close_frame");
        assert_eq!(fs::read(folder.join("oracle-crash.bin")).expect("an entry"), b"B");
        assert_eq!(file().expect("refused"), ExitStatus::Violation);
        assert_eq!(fs::read_dir(folder).expect("a folder").count(), 1);
    }

    /// libFuzzer rejects fewer octets than a scenario has.
    #[test]
    fn a_scenario_is_filed_with_all_its_octets() {
        let root = tempfile::tempdir().expect("a folder");
        let project = Project::find(Some(root.path())).expect("a project");
        let fails_on_rsv2 = |_: FuzzTarget, octets: &[u8]| {
            let scenario = Scenario::from_fuzzer(octets);
            runner::catch("the fuzz target", || assert_ne!(scenario.parameters().form, Form::Rsv2))
        };
        let octets = Scenario::named(Role::Client, "rsv2").expect("a scenario").to_fuzzer();
        let panicked = fails_on_rsv2(FuzzTarget::Scenario, &octets).expect_err("it fails");
        let crash = Crash { target: FuzzTarget::Scenario, octets: &octets, location: &panicked.location };
        let mut out = Stdout::with_writer(Box::new(io::sink()));
        assert_eq!(crash.file(fails_on_rsv2, &project, None, &mut out).expect("filed"), ExitStatus::Conforms);
        let entry = root.path().join("corpus/scenario/oracle-crash.bin");
        let filed = fs::read(entry).expect("an entry");
        assert_eq!(filed.len(), octets.len());
        assert_eq!(Scenario::from_fuzzer(&filed).parameters().form, Form::Rsv2);
    }
}
