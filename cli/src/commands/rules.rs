//! `wsclose rules` and `wsclose explain`: print rules and close codes.

use std::io::Write;

use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::hint;
use wsclose::rules::{self, Family, Level, Rule};
use wsclose::vendor_codes::WsRs;

use crate::args;
use crate::commands::codes::{self, may_send};
use crate::commands::{explain_case, explain_rule};
use crate::libraries::Libraries;
use crate::support::error::{CliError, ExitStatus, ExplainError};
use crate::support::output::{Stdout, write_indented};

/// The columns by which the summary of a rule is indented.
const INDENT: usize = 6;

/// Lists the rules that match the options, by family.
pub fn list(args: &args::Rules, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    let is_selected = |rule: &Rule| {
        args.level.is_none_or(|level| rule.level() == level)
            && args.party.is_none_or(|party| rule.party() == party)
    };
    let selected: Vec<Rule> = Rule::ALL.into_iter().filter(is_selected).collect();
    let longest = selected.iter().map(|rule| rule.id().len()).max().unwrap_or(0);
    for family in Family::ALL {
        let mut rules = selected.iter().filter(|rule| rule.family() == family).peekable();
        if rules.peek().is_some() {
            writeln!(out, "{family}")?;
        }
        for rule in rules {
            let (id, level, party) = (rule.id(), rule.level(), rule.party());
            let line = format!("  {id:longest$}  {level:7} {party:9} {}", sections(*rule));
            writeln!(out, "{}", line.trim_end())?;
            write_indented(out, rule.summary(), INDENT)?;
        }
    }
    writeln!(out, "{} of {} rules", selected.len(), Rule::ALL.len())?;
    Ok(ExitStatus::Conforms)
}

/// Where the RFC has the rule; empty if it does not.
fn sections(rule: Rule) -> String {
    match rule.sections() {
        "–" => String::new(),
        sections => format!("§{sections}"),
    }
}

/// Explains a rule, a code or a case.
pub fn explain(term: &str, libraries: &dyn Libraries, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    let unknown = match term.parse::<Rule>() {
        Ok(rule) => {
            return explain_rule::run(rule, libraries, out);
        }
        Err(unknown) => unknown,
    };
    match codes::by_name(term) {
        Ok(code) => print_code(code, out)?,
        // A number can only be a code.
        Err(error) if term.starts_with(|c: char| c.is_ascii_digit()) => return Err(error.into()),
        Err(_) if term.contains('/') || term == "liveness" => return explain_case::run(term, out),
        Err(_) => {
            if let Some(near) = explain_case::ending_in(term) {
                return Err(ExplainError::Case { found: term.to_owned(), near: Some(near) }.into());
            }
            let level = Level::ALL.into_iter().find(|level| level.name() == term);
            return Err(level.map_or(ExplainError::Word(unknown), ExplainError::Level).into());
        }
    }
    Ok(ExitStatus::Conforms)
}

fn print_code(code: CloseCode, out: &mut Stdout) -> Result<(), CliError> {
    let row = wsclose::vendor_codes::CodeNames::of(code);
    writeln!(out, "{code:#}")?;
    if let Some(meaning) = code.meaning() {
        writeln!(out, "  meaning    {meaning}")?;
    }
    writeln!(out, "  class      {}", code.class())?;
    for profile in Profile::ALL {
        let why = match code.acceptable(profile) {
            Ok(()) => String::new(),
            Err(why) => format!(": {why}"),
        };
        writeln!(out, "  {:<10} sent by {}{why}", profile.name(), may_send(code, profile))?;
    }
    if let Some(hint) = hint::of_code(code) {
        writeln!(out, "  hint       {hint}")?;
    }
    let named = |name: Option<String>| name.unwrap_or_else(|| "has no name for it".to_owned());
    let beast = row.beast.map(|_| format!("calls it {}", codes::beast_name(&row)));
    let ws_rs = !matches!(row.ws_rs, WsRs::Other(_));
    let ws_rs = ws_rs.then(|| format!("calls it {}", codes::ws_rs_name(&row)));
    writeln!(out, "  Boost.Beast {}, ws-rs {}", named(beast), named(ws_rs))?;
    if let Err(why) = code.acceptable(Profile::default()) {
        writeln!(out, "  violates {} if sent", rules::code_sender_rule(why))?;
        if let Some(rule) = rules::code_receiver_rule(why) {
            writeln!(out, "  violates {rule} if accepted")?;
        }
    }
    Ok(())
}
