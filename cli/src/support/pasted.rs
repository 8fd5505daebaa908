//! Reads pasted octets from arguments, a file or standard input, and reports errors with their place.

use std::io;
use std::path::Path;

use wsclose::script::MAX_SCRIPT;

use crate::args::dump_format::Format;
use crate::support::dump::{self, Dump, PastedError, part::DumpError};
use crate::support::error::CliError;
use crate::support::files::{self, FileError};

/// The limit on the length of a pasted text, in octets. Some dumps use ten characters for each octet.
const MAX_TEXT: usize = 16 * MAX_SCRIPT;

/// Octets with the name of where they were read from.
pub struct Pasted {
    /// `arguments`, `standard input` or the path of a file.
    pub name: String,
    /// The octets.
    pub dump: Dump,
    /// Whether the format was detected and not named.
    pub is_detected: bool,
}

/// Reads the words of a command line: `-` for standard input, the path of a file, or the octets themselves.
///
/// # Errors
/// If there are no octets, if the text is not in its format, or if the file cannot be read.
pub fn read(words: &[String], format: Option<Format>) -> Result<Pasted, CliError> {
    match words {
        [dash] if dash == "-" => {
            let name = "standard input";
            let source = |source| FileError::Unreadable { path: name.to_owned(), source };
            let octets = files::read_bounded(io::stdin().lock(), MAX_TEXT).map_err(source)?;
            let octets = octets.map_err(|octets| too_long(name, octets))?;
            from_octets(name.to_owned(), &octets, format)
        }
        [path] if is_file(path) => {
            let name = files::display_path(Path::new(path));
            let octets = files::read_at_most(Path::new(path), MAX_TEXT)?;
            let octets = octets.map_err(|octets| too_long(&name, octets))?;
            from_octets(name, &octets, format)
        }
        words => from_arguments(words, format),
    }
}

/// Whether a word names a file. Hexadecimal digits are octets even if a file has that name.
fn is_file(word: &str) -> bool {
    let is_hex = word.bytes().all(|octet| octet.is_ascii_hexdigit());
    !is_hex && Path::new(word).exists()
}

fn too_long(name: &str, octets: usize) -> CliError {
    FileError::TooLong { path: name.to_owned(), limit: MAX_TEXT, octets }.into()
}

fn from_arguments(words: &[String], format: Option<Format>) -> Result<Pasted, CliError> {
    let text = words.join(" ");
    let place = |at: usize| {
        let mut start = 0;
        for (index, word) in words.iter().enumerate() {
            if at <= start + word.len() {
                let (line, column) = line_and_column(word, at - start);
                let line = if word.contains('\n') { format!("line {line}, ") } else { String::new() };
                return format!("argument {}, {line}column {column}", index + 1);
            }
            start += word.len() + 1;
        }
        "arguments".to_owned()
    };
    let missing_file = match words {
        [path] if format.is_none() && Path::new(path).extension().is_some() => Some(path),
        _ => None,
    };
    from_text("arguments".to_owned(), &text, format, place).map_err(|error| match (error, missing_file) {
        // `dump.txt` is no dump.
        (CliError::Pasted(_), Some(path)) if !path.contains(char::is_whitespace) => {
            FileError::Missing { path: files::display_path(Path::new(path)), expected: "a file, or octets" }
                .into()
        }
        (error, _) => error,
    })
}

fn from_octets(name: String, octets: &[u8], format: Option<Format>) -> Result<Pasted, CliError> {
    if is_capture(octets) {
        return Err(CliError::Usage(format!(
            "{name}: is a capture file; print its packets with `tcpdump -nr FILE -X` and decode these"
        )));
    }
    let utf16 = utf16(octets);
    let text = match (&utf16, format) {
        (Some(text), _) => Ok(text.as_str()),
        (None, Some(Format::Raw)) => return Ok(from_raw(name, octets, false)),
        (None, None) if !dump::is_text(octets) => return Ok(from_raw(name, octets, true)),
        (None, _) => std::str::from_utf8(octets).map(|text| text.trim_start_matches('\u{feff}')),
    };
    let text = text.map_err(|error| {
        let at = error.valid_up_to();
        let error = DumpError {
            at,
            expected: "text in UTF-8".to_owned(),
            found: format!("octet {:02x}", octets[at]),
        };
        PastedError { place: format!("{name}, octet {at}"), error, hint: String::new() }
    })?;
    let place = |at: usize| {
        let (line, column) = line_and_column(text, at);
        format!("{name}:{line}:{column}")
    };
    from_text(name.clone(), text, format, place)
}

fn from_raw(name: String, octets: &[u8], is_detected: bool) -> Pasted {
    Pasted { name, dump: dump::raw(octets), is_detected }
}

fn from_text(
    name: String,
    text: &str,
    format: Option<Format>,
    place: impl Fn(usize) -> String,
) -> Result<Pasted, CliError> {
    let nothing = format!("{name}: no octets; give a dump, the path of a file, or `-` for standard input");
    if text.trim().is_empty() {
        return Err(CliError::Usage(nothing));
    }
    let detected = format.unwrap_or_else(|| dump::detect(text));
    let dump = dump::read(text, detected).map_err(|error| {
        let begins = text.get(..error.at).is_some_and(|before| !before.trim().is_empty());
        let hint = match format {
            Some(_) => String::new(),
            None if begins => format!(" (the text begins as {detected}; --format names another format)"),
            None => " (no format was detected; --format names one)".to_owned(),
        };
        PastedError { place: place(error.at), error, hint }
    })?;
    if dump.segments.iter().all(|segment| segment.octets.is_empty()) {
        return Err(CliError::Usage(if dump.flows.is_empty() {
            nothing
        } else {
            format!("{name}: no octets; the packets have no TCP payload")
        }));
    }
    Ok(Pasted { name, dump, is_detected: format.is_none() })
}

/// Line and column of an octet, both counted from 1, the column in characters.
fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

/// Whether octets begin as a capture file of libpcap or of Wireshark does.
fn is_capture(octets: &[u8]) -> bool {
    const MAGIC: [[u8; 4]; 5] = [
        [0xd4, 0xc3, 0xb2, 0xa1],
        [0xa1, 0xb2, 0xc3, 0xd4],
        [0x4d, 0x3c, 0xb2, 0xa1],
        [0xa1, 0xb2, 0x3c, 0x4d],
        [0x0a, 0x0d, 0x0d, 0x0a],
    ];
    octets.first_chunk().is_some_and(|first| MAGIC.contains(first))
}

/// Text in UTF-16 with a byte order mark, as PowerShell redirects it.
fn utf16(octets: &[u8]) -> Option<String> {
    let (mark, units) = octets.split_first_chunk::<2>()?;
    let unit: fn([u8; 2]) -> u16 = match mark {
        [0xff, 0xfe] => u16::from_le_bytes,
        [0xfe, 0xff] => u16::from_be_bytes,
        _ => return None,
    };
    let units: Vec<u16> = units.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
    String::from_utf16(&units).ok().filter(|text| dump::is_text(text.as_bytes()))
}
