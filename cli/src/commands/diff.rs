//! `wsclose diff`: what changed between two runs.

mod changes;
mod markdown;
mod run_file;
mod text;

use std::io::Write;

use crate::args;
use crate::support::error::{CliError, ExitStatus};
use crate::support::output::Stdout;

use changes::Comparison;
use run_file::RunFile;

/// Runs the command.
pub fn run(args: &args::Diff, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    let (old, new) = (RunFile::read(&args.old)?, RunFile::read(&args.new)?);
    if old.kind != new.kind {
        return Err(CliError::Usage(format!(
            "{} is {}, and {} is {}; compare two files of one kind",
            old.path,
            old.kind.description(),
            new.path,
            new.kind.description()
        )));
    }
    let role = |file: &RunFile| file.endpoints.first().and_then(|endpoint| endpoint.role);
    if let (run_file::Kind::Run, Some(before), Some(after)) = (old.kind, role(&old), role(&new))
        && before != after
    {
        return Err(CliError::Usage(format!(
            "{} is the run of a {before}, and {} that of a {after}; compare two runs of one role",
            old.path, new.path
        )));
    }
    let comparison = Comparison::new(&old, &new, args.strict);
    let text = match args.markdown {
        true => markdown::text(&old, &new, &comparison),
        false => text::text(&old, &new, &comparison),
    };
    out.write_all(text.as_bytes())?;
    Ok(comparison.status().into())
}
