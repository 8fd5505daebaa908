//! Adds the new name of an option to the error for its old name.

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use crate::args::Args;

/// The old name of each renamed option, the option that replaces it, and how to write that.
const RENAMED: [(&str, &str, &str); 14] = [
    ("as-known", "baseline", "--baseline"),
    ("known", "baseline", "--baseline"),
    ("feed", "exec-stdin", "--exec-stdin"),
    ("loop", "exec-loop", "--exec-loop"),
    ("says-closed", "client-reports-close", "--client-reports-close"),
    ("command-close", "close-command", "--close-command"),
    ("octets", "raw-bytes", "--raw-bytes"),
    ("patience", "timeout", "--timeout"),
    ("keep", "keep-running", "--keep-running"),
    ("into", "root", "--root"),
    ("no-codes", "codes", "--codes none"),
    ("only-codes", "codes", "--codes only"),
    ("binds", "party", "--party"),
    ("i-may-test-this-host", "allow-remote", "--allow-remote"),
];

/// Options that no longer exist, and what replaces them in the command that has the option named third.
const REMOVED: [(&str, &str, &str); 1] =
    [("force", "reports replace files that exist; leave --force out", "out")];

/// Adds a tip to an error about an unknown option of `command` that had that name before.
pub fn add_tip(mut error: Error, command: Option<&str>) -> Error {
    if let Some(tip) = tip(&error, command) {
        error.remove(ContextKind::SuggestedArg);
        // The usage would show the argument that clap guessed.
        error.remove(ContextKind::Usage);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

fn tip(error: &Error, command: Option<&str>) -> Option<String> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let Some(ContextValue::String(found)) = error.get(ContextKind::InvalidArg) else { return None };
    let old = found.strip_prefix("--")?;
    let args = Args::command();
    let command = args.find_subcommand(command?)?;
    let find = |option: &str| command.get_arguments().find(|arg| arg.get_long() == Some(option));
    let has = |option: &str| find(option).is_some();
    // `--codes` has other values in other commands.
    let accepts = |option: &str, written: &str| {
        let Some(arg) = find(option) else { return false };
        let Some((_, value)) = written.split_once(' ') else { return true };
        arg.get_possible_values().iter().any(|possible| possible.get_name() == value)
    };
    let renamed = RENAMED.into_iter().find(|(name, new, written)| *name == old && accepts(new, written));
    let removed = REMOVED.into_iter().find(|(name, _, option)| *name == old && has(option));
    renamed
        .map(|(_, _, new)| format!("did you mean {new}?"))
        .or(removed.map(|(_, instead, _)| instead.to_owned()))
}
