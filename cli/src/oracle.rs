//! The oracles of the fuzz targets. In come octets, out comes the panic of an oracle that fails on them, and
//! a corpus entry that is as small as can be and fails in the same place.

use std::io::Write;

use crate::args::Target;
use crate::failure::{Exit, Failure};
use crate::files;
use crate::filing::Project;
use crate::minimise;
use crate::out::Out;
use crate::play::{self, Panicked};

/// How many stretches of octets are tried on the way to few.
const TRIES: usize = 2000;

/// Runs the body of a fuzz target.
pub fn run(target: Target, octets: &[u8]) -> Result<(), Panicked> {
    play::catch("an oracle", || match target {
        Target::CloseFrame => wsclose::fuzz::close_frame(octets).rules_exercised,
        Target::ClosingHandshake => wsclose::fuzz::closing_handshake(octets).rules_exercised,
        Target::Peers => wsclose_peers::fuzz::implementations(octets),
    })
    .map(|_| ())
}

/// Octets on which an oracle fails. No subject is to blame, so there is no timeline to review.
pub struct Crash<'a> {
    /// Whose oracle.
    pub target: Target,
    /// The octets.
    pub octets: &'a [u8],
    /// Where it fails.
    pub place: &'a str,
}

impl Crash<'_> {
    /// Files them, unless the corpus has some that fail in the same place.
    pub fn file(
        &self,
        oracle: impl Fn(Target, &[u8]) -> Result<(), Panicked>,
        project: &Project,
        name: Option<&str>,
        out: &mut Out,
    ) -> Result<Exit, Failure> {
        let Crash { target, octets, place } = *self;
        let same = |octets: &[u8]| oracle(target, octets).is_err_and(|panicked| panicked.place == place);
        let (paths, _) = files::scripts_in(&project.corpus(target));
        let found = paths.iter().find(|path| files::read(path).is_ok_and(|octets| same(&octets)));
        if let Some(path) = found {
            writeln!(out, "refused: {} fails there already", files::shown(path))?;
            return Ok(Exit::Breach);
        }
        let place = project.place(target, name, "oracle-crash", "bin")?;
        let small = minimise::octets(octets.to_vec(), TRIES, same);
        writeln!(out, "minimised: octets {} to {}", octets.len(), small.len())?;
        files::write_new(&[(place.entry.clone(), small)])?;
        let entry = files::shown(&place.entry);
        writeln!(out, "wrote {entry}")?;
        writeln!(out, "next: mend the oracle, or what it checks; this shows whether it is mended:")?;
        writeln!(out, "      cargo fuzz run -s none {} {entry}", target.name())?;
        Ok(Exit::Conforms)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io;

    use super::{Crash, Exit, Out, Panicked, Project, Target, play};

    /// An oracle that fails on a B.
    fn oracle(_: Target, octets: &[u8]) -> Result<(), Panicked> {
        play::catch("an oracle", || assert!(!octets.contains(&b'B')))
    }

    #[test]
    fn what_an_oracle_fails_on_is_filed_once_and_small() {
        let root = tempfile::tempdir().expect("a folder");
        let project = Project::find(Some(root.path())).expect("a project");
        let octets = b"aaaaaaBaaaa";
        let panicked = oracle(Target::CloseFrame, octets).expect_err("it fails");
        let crash = Crash { target: Target::CloseFrame, octets, place: &panicked.place };
        let file = || crash.file(oracle, &project, None, &mut Out::to(Box::new(io::sink())));
        assert_eq!(file().expect("filed"), Exit::Conforms);
        let folder = root.path().join("corpus/close_frame");
        assert_eq!(fs::read(folder.join("oracle-crash.bin")).expect("an entry"), b"B");
        assert_eq!(file().expect("refused"), Exit::Breach);
        assert_eq!(fs::read_dir(folder).expect("a folder").count(), 1);
    }
}
