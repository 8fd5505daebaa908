//! `wsclose codes`: prints a table of close codes with class, permitted senders by profile, and names.

use std::io::Write;

use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::role::Role;
use wsclose::vendor_codes::{Beast, CodeNames, WsRs};

use crate::args;
use crate::support::error::{CliError, ExitStatus, UnknownCode};
use crate::support::output::{Stdout, table, write_table};

/// Parses a number or a name in RFC 6455, IANA, Boost.Beast or ws-rs.
pub fn by_name(word: &str) -> Result<CloseCode, UnknownCode> {
    word.parse()
        .ok()
        .or_else(|| Beast::from_name(word).map(Beast::code))
        .or_else(|| WsRs::NAMED.into_iter().find(|variant| variant.name() == word).map(WsRs::code))
        .ok_or_else(|| UnknownCode(word.to_owned()))
}

/// The roles that may send a code under a profile: `both`, `client`, `server` or `none`.
pub fn may_send(code: CloseCode, profile: Profile) -> &'static str {
    let may = |role| code.sendable(role, profile).is_ok();
    match (may(Role::Client), may(Role::Server)) {
        (true, true) => "both",
        (true, false) => "client",
        (false, true) => "server",
        (false, false) => "none",
    }
}

/// The name in Boost.Beast, followed by the name in its newest release if that differs.
pub fn beast_name(names: &CodeNames) -> String {
    match names.beast {
        Some(beast) if beast.name() != beast.newest_name() => {
            format!("{} ({})", beast.name(), beast.newest_name())
        }
        Some(beast) => beast.name().to_owned(),
        None => "-".to_owned(),
    }
}

/// The name in ws-rs.
pub fn ws_rs_name(names: &CodeNames) -> &'static str {
    names.ws_rs.name()
}

/// Prints the codes of the command line.
pub fn run(args: &args::Codes, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    if args.all {
        for code in CloseCode::all() {
            if out.is_closed() {
                break;
            }
            line(code, out)?;
        }
    } else if args.codes.is_empty() {
        print(&condensed(), out)?;
    } else {
        let codes: Result<Vec<_>, _> = args.codes.iter().map(|word| by_name(word)).collect();
        let ranges: Vec<_> = codes?.into_iter().map(|code| (code, code)).collect();
        print(&ranges, out)?;
    }
    Ok(ExitStatus::Conforms)
}

fn line(code: CloseCode, out: &mut Stdout) -> Result<(), CliError> {
    write!(out, "{code}\t{}\t{}", code.name().unwrap_or("-"), code.class().name())?;
    for profile in Profile::ALL {
        write!(out, "\t{}", may_send(code, profile))?;
    }
    let row = CodeNames::of(code);
    match row.beast {
        Some(beast) => write!(out, "\t{}", beast.name())?,
        None => write!(out, "\t-")?,
    }
    writeln!(out, "\t{}", ws_rs_name(&row))?;
    Ok(())
}

/// Ranges that cover all codes: a named code is a range of its own, and the codes of any other range are equivalent.
fn condensed() -> Vec<(CloseCode, CloseCode)> {
    let mut ranges: Vec<(CloseCode, CloseCode)> = Vec::new();
    for code in CloseCode::all() {
        match ranges.last_mut() {
            Some((_, last)) if are_equivalent(*last, code) => *last = code,
            Some(_) | None => ranges.push((code, code)),
        }
    }
    ranges
}

fn are_equivalent(a: CloseCode, b: CloseCode) -> bool {
    let nameless = |code: CloseCode| {
        let row = CodeNames::of(code);
        code.name().is_none() && row.beast.is_none() && matches!(row.ws_rs, WsRs::Other(_))
    };
    let same = |profile| may_send(a, profile) == may_send(b, profile);
    nameless(a) && nameless(b) && a.class() == b.class() && Profile::ALL.into_iter().all(same)
}

fn print(ranges: &[(CloseCode, CloseCode)], out: &mut Stdout) -> Result<(), CliError> {
    let mut heading = vec!["code", "name", "class"];
    heading.extend(Profile::ALL.map(Profile::name));
    heading.extend(["Boost.Beast", "ws-rs"]);
    let mut table = table(&heading);
    for (first, last) in ranges {
        let row = CodeNames::of(*first);
        let number = if first == last { first.to_string() } else { format!("{first}–{last}") };
        let mut cells = vec![number, first.name().unwrap_or("-").to_owned(), first.class().name().to_owned()];
        cells.extend(Profile::ALL.map(|profile| may_send(*first, profile).to_owned()));
        cells.extend([beast_name(&row), ws_rs_name(&row).to_owned()]);
        table.add_row(cells);
    }
    write_table(out, &table)?;
    writeln!(out, "rfc6455, iana, beast, ws-rs: roles that may send the code under that profile")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{by_name, condensed};
    use wsclose::protocol::code::CloseCode;

    #[test]
    fn ranges_cover_every_code_once_and_contain_no_named_code() {
        let mut next = 0_u32;
        for (first, last) in condensed() {
            assert_eq!(u32::from(first.0), next);
            assert!(first == last || (first.0..=last.0).all(|code| CloseCode(code).name().is_none()));
            next = u32::from(last.0) + 1;
        }
        assert_eq!(next, 65_536);
    }

    #[test]
    fn names_of_every_vocabulary_are_parsed() {
        for name in ["1014", "bad-gateway", "reserved2", "bad_gateway"] {
            assert_eq!(by_name(name).map(|code| code.0).ok(), Some(1014), "{name}");
        }
        assert_eq!(by_name("Away").map(|code| code.0).ok(), Some(1001));
        assert!(by_name("Other").is_err());
        assert!(by_name("65536").is_err());
    }
}
