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
    let columns = if args.long { Columns::Long } else { Columns::Short };
    if args.all {
        for code in CloseCode::all() {
            if out.is_closed() {
                break;
            }
            line(code, out)?;
        }
    } else if args.codes.is_empty() {
        print(columns, &columns.condense(), out)?;
    } else {
        let codes: Result<Vec<_>, _> = args.codes.iter().map(|word| by_name(word)).collect();
        let ranges: Vec<_> = codes?.into_iter().map(|code| (code, code)).collect();
        print(columns, &ranges, out)?;
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

/// Which columns a table of codes has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Columns {
    /// Those that fit a terminal of 80 columns.
    Short,
    /// Also the profiles and the names of Boost.Beast and ws-rs.
    Long,
}

impl Columns {
    /// The profiles that have a column.
    const fn profiles(self) -> &'static [Profile] {
        match self {
            Columns::Short => &[Profile::Rfc6455, Profile::Iana],
            Columns::Long => &Profile::ALL,
        }
    }

    /// Whether a code has no name in a column.
    fn are_nameless(self, code: CloseCode) -> bool {
        let names = CodeNames::of(code);
        let has_vendor_name = names.beast.is_some() || !matches!(names.ws_rs, WsRs::Other(_));
        code.name().is_none() && !(self == Columns::Long && has_vendor_name)
    }

    /// Whether the cells of two codes are equal.
    fn are_equal(self, a: CloseCode, b: CloseCode) -> bool {
        let same = |profile: &Profile| may_send(a, *profile) == may_send(b, *profile);
        self.are_nameless(a)
            && self.are_nameless(b)
            && a.class() == b.class()
            && self.profiles().iter().all(same)
    }

    /// Ranges that cover all codes: a named code is a range of its own, and the cells of the codes of any other range are
    /// equal.
    fn condense(self) -> Vec<(CloseCode, CloseCode)> {
        let mut ranges: Vec<(CloseCode, CloseCode)> = Vec::new();
        for code in CloseCode::all() {
            match ranges.last_mut() {
                Some((_, last)) if self.are_equal(*last, code) => *last = code,
                Some(_) | None => ranges.push((code, code)),
            }
        }
        ranges
    }
}

fn print(columns: Columns, ranges: &[(CloseCode, CloseCode)], out: &mut Stdout) -> Result<(), CliError> {
    let mut heading = vec!["code", "name", "class"];
    heading.extend(columns.profiles().iter().copied().map(Profile::name));
    let shown = heading[3..].join(", ");
    match columns {
        Columns::Short => {}
        Columns::Long => heading.extend(["Boost.Beast", "ws-rs"]),
    }
    let mut table = table(&heading);
    for (first, last) in ranges {
        let number = if first == last { first.to_string() } else { format!("{first}–{last}") };
        let mut cells = vec![number, first.name().unwrap_or("-").to_owned(), first.class().name().to_owned()];
        cells.extend(columns.profiles().iter().map(|profile| may_send(*first, *profile).to_owned()));
        match columns {
            Columns::Short => {}
            Columns::Long => {
                let names = CodeNames::of(*first);
                cells.extend([beast_name(&names), ws_rs_name(&names).to_owned()]);
            }
        }
        table.add_row(cells);
    }
    write_table(out, &table)?;
    writeln!(out, "{shown}: roles that may send the code under that profile")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Columns, by_name};
    use wsclose::protocol::code::CloseCode;

    #[test]
    fn ranges_cover_every_code_once_and_contain_no_named_code() {
        for columns in [Columns::Short, Columns::Long] {
            let mut next = 0_u32;
            for (first, last) in columns.condense() {
                assert_eq!(u32::from(first.0), next);
                assert!(first == last || (first.0..=last.0).all(|code| CloseCode(code).name().is_none()));
                next = u32::from(last.0) + 1;
            }
            assert_eq!(next, 65_536);
        }
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
