//! `wsclose rules` and `wsclose explain`. In comes a filter, a rule's id or a code, out comes what the
//! catalogue says.

use std::io::Write;

use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::rules::{self, Level, Rule};
use wsclose::vendor_codes::WsRs;

use crate::args;
use crate::commands::codes::{self, may_send};
use crate::support::error::{CliError, ExitStatus, ExplainError};
use crate::support::output::{Stdout, table, write_table};

/// Lists the rules that were asked for.
pub fn list(args: &args::Rules, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    let mut table = table(&["rule", "§", "binds", "level", "what it says"]);
    let selected = Rule::ALL
        .into_iter()
        .filter(|rule| args.level.is_none_or(|level| rule.level() == level))
        .filter(|rule| args.party.is_none_or(|binds| rule.party() == binds));
    let mut count = 0;
    for rule in selected {
        table.add_row([rule.id(), rule.sections(), rule.party().name(), rule.level().name(), rule.summary()]);
        count += 1;
    }
    write_table(out, &table)?;
    writeln!(out, "{count} of {} rules", Rule::ALL.len())?;
    Ok(ExitStatus::Conforms)
}

/// Explains a rule or a code.
pub fn explain(term: &str, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    let unknown = match term.parse::<Rule>() {
        Ok(rule) => {
            print_rule(rule, out)?;
            return Ok(ExitStatus::Conforms);
        }
        Err(unknown) => unknown,
    };
    match codes::by_name(term) {
        Ok(code) => print_code(code, out)?,
        // A number can only have been meant as a code.
        Err(error) if term.starts_with(|c: char| c.is_ascii_digit()) => return Err(error.into()),
        Err(_) => {
            let level = Level::ALL.into_iter().find(|level| level.name() == term);
            return Err(level.map_or(ExplainError::Word(unknown), ExplainError::Level).into());
        }
    }
    Ok(ExitStatus::Conforms)
}

fn print_rule(rule: Rule, out: &mut Stdout) -> Result<(), CliError> {
    let section = match rule.sections() {
        "–" => "none; nobody would accept a breach all the same".to_owned(),
        sections => format!("RFC 6455 §{sections}"),
    };
    let breach = match rule.level() {
        Level::Must | Level::Interop | Level::Robust => "a breach fails a run",
        Level::Should | Level::Lenient => "a breach warns, and fails a strict run",
        Level::Info => "reported, never failed",
    };
    writeln!(out, "{}", rule.id())?;
    writeln!(out, "  says    {}", rule.summary())?;
    writeln!(out, "  from    {section}")?;
    writeln!(out, "  binds   {}", rule.party())?;
    writeln!(out, "  level   {}: {breach}", rule.level())?;
    writeln!(out, "  judged  {}", rule.criterion())?;
    writeln!(out, "  asked   of a subject that {}", rule.capability().description())?;
    Ok(())
}

fn print_code(code: CloseCode, out: &mut Stdout) -> Result<(), CliError> {
    let row = wsclose::vendor_codes::CodeNames::of(code);
    writeln!(out, "{code:#}")?;
    if let Some(meaning) = code.meaning() {
        writeln!(out, "  means   {meaning}")?;
    }
    writeln!(out, "  class   {}", code.class())?;
    for profile in Profile::ALL {
        let why = match code.acceptable(profile) {
            Ok(()) => String::new(),
            Err(why) => format!(": {why}"),
        };
        writeln!(out, "  {:<7} sent by {}{why}", profile.name(), may_send(code, profile))?;
    }
    let named = |name: Option<String>| name.unwrap_or_else(|| "has no name for it".to_owned());
    let beast = row.beast.map(|_| format!("calls it {}", codes::beast_name(&row)));
    let ws_rs = !matches!(row.ws_rs, WsRs::Other(_));
    let ws_rs = ws_rs.then(|| format!("calls it {}", codes::ws_rs_name(&row)));
    writeln!(out, "  Boost.Beast {}, ws-rs {}", named(beast), named(ws_rs))?;
    if let Err(why) = code.acceptable(Profile::default()) {
        writeln!(out, "  sent, it breaks {}", rules::code_sender_rule(why))?;
        if let Some(rule) = rules::code_receiver_rule(why) {
            writeln!(out, "  accepted, it breaks {rule}")?;
        }
    }
    Ok(())
}
