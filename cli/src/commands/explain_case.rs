//! `wsclose explain CASE`: prints what a case is for, its rules and its script.

use std::io::Write;

use wsclose::protocol::role::Role;
use wsclose::rules::RuleSet;
use wsclose_live::CaseExplanation;

use crate::support::error::{CliError, ExitStatus, ExplainError};
use crate::support::output::Stdout;

/// Explains the case of this name, for each role of an endpoint to which it is played.
pub fn run(name: &str, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    let explained: Vec<(Role, CaseExplanation)> = [Role::Server, Role::Client]
        .into_iter()
        .filter_map(|role| Some((role, wsclose_live::explain_case(role, name)?)))
        .collect();
    let Some((_, first)) = explained.first() else {
        let near = name.rsplit('/').next().and_then(ending_in);
        return Err(ExplainError::Case { found: name.to_owned(), near }.into());
    };
    writeln!(out, "{name}")?;
    writeln!(out, "  purpose    {}", first.purpose)?;
    for (role, CaseExplanation { case, own_rules, common_rules, needs_close_command, .. }) in &explained {
        let command = match role {
            Role::Server => "wsclose check URL",
            Role::Client => "wsclose serve",
        };
        let option = if *needs_close_command { " --close-command" } else { "" };
        writeln!(out, "\nfor a {role}: {command}{option} --show {name}")?;
        if !own_rules.is_empty() {
            writeln!(out, "  exercises  {}", ids(*own_rules))?;
        }
        if !common_rules.is_empty() {
            writeln!(out, "  exercises, as every plain Close does: {}", ids(*common_rules))?;
        }
        case.script.as_script().to_string().lines().try_for_each(|line| writeln!(out, "    {line}"))?;
    }
    Ok(ExitStatus::Conforms)
}

/// A case whose name ends in this word.
pub fn ending_in(word: &str) -> Option<String> {
    let ending = format!("/{word}");
    Role::ALL.into_iter().flat_map(wsclose_live::case_names).find(|name| name.ends_with(&ending))
}

fn ids(rules: RuleSet) -> String {
    rules.iter().map(|rule| rule.id()).collect::<Vec<_>>().join(", ")
}
