//! Parses the plain form. The documentation of `text` shows it.

use std::time::Duration;

use wsclose::protocol::role::Role;

use super::TextError;
use super::lines::{Cursor, hex_word};
use crate::recording::{Beginning, ConnectionSink, End, RecordedConnection, RecordedEvent, RecordedKind};

const FIRST_LINE: &str = "wsclose recording 1";
const EVENT: &str = "a time in seconds, `packet N`, `acknowledged N`, `>` or `<`";
const KIND: &str = "pairs of hexadecimal digits, text in quotes, `FIN`, `RST`, `close_notify` or `missing`";

/// Whether the line may be the first of the plain form.
pub fn begins(cursor: &mut Cursor<'_>) -> bool {
    cursor.skip_spaces();
    if cursor.rest().trim_end() == FIRST_LINE {
        return true;
    }
    if cursor.rest().starts_with(['>', '<']) {
        // `<html>` is not an event. An event with a mistake is, so that the error names the mistake.
        return cursor.rest()[1..].starts_with(char::is_whitespace) || event(cursor).is_ok();
    }
    match cursor.word() {
        "connection" => Open::parse(cursor).is_ok(),
        "end" => cursor.is_at_end(),
        word => {
            cursor.skip_spaces();
            time(word).is_some() && cursor.rest().starts_with(['>', '<', 'p', 'a'])
        }
    }
}

pub fn read(text: &str, sink: &mut ConnectionSink<'_>) -> Result<(), TextError> {
    let mut open: Option<Open> = None;
    let mut is_first = true;
    let result = text.lines().enumerate().try_for_each(|(index, line)| {
        let mut cursor = Cursor::new(line, index + 1);
        if cursor.is_at_end() {
            return Ok(());
        }
        let may_be_title = std::mem::take(&mut is_first);
        if may_be_title && cursor.rest().trim_end() == FIRST_LINE {
            return Ok(());
        }
        if cursor.accept("connection") {
            if let Some(done) = open.replace(Open::parse(&mut cursor)?) {
                sink(done.finish());
            }
            return Ok(());
        }
        open.get_or_insert_default().line(&mut cursor)
    });
    // What stands in front of an error is a recording, too.
    if let Some(done) = open {
        sink(done.finish());
    }
    result
}

/// A connection of which lines may follow.
#[derive(Default)]
struct Open {
    connection: RecordedConnection,
    beginning: Option<Beginning>,
    has_ended: bool,
}

impl Open {
    /// Parses what stands behind `connection`.
    fn parse(cursor: &mut Cursor<'_>) -> Result<Open, TextError> {
        let mut open = Open::default();
        while !cursor.is_at_end() {
            if cursor.accept("client") {
                open.connection.client = address(cursor)?;
            } else if cursor.accept("server") {
                open.connection.server = address(cursor)?;
            } else if cursor.accept("start") {
                open.beginning = Some(Beginning::Connection);
            } else if cursor.accept("frames") {
                open.beginning = Some(Beginning::Frames);
            } else if cursor.accept("middle") {
                open.beginning = Some(Beginning::Middle);
            } else {
                return Err(cursor
                    .error("`client ADDR`, `server ADDR`, `start`, `frames`, `middle` or the line's end"));
            }
        }
        Ok(open)
    }

    fn line(&mut self, cursor: &mut Cursor<'_>) -> Result<(), TextError> {
        if cursor.accept("note") {
            self.connection.notes.push(cursor.rest().trim().to_owned());
            return Ok(());
        }
        if cursor.accept("until") {
            cursor.skip_spaces();
            let until = time(cursor.peek_word()).ok_or_else(|| cursor.error("a time in seconds"))?;
            cursor.word();
            self.connection.silent_until = Some(until);
            return at_end(cursor);
        }
        if self.has_ended {
            return Err(cursor.error("`connection`, `note` or the end of the file behind `end`"));
        }
        if cursor.accept("end") {
            self.has_ended = true;
            return at_end(cursor);
        }
        let event = event(cursor)?;
        self.connection.events.push(event);
        Ok(())
    }

    fn finish(self) -> RecordedConnection {
        let Open { mut connection, beginning, has_ended } = self;
        connection.beginning = beginning.unwrap_or_else(|| implied_beginning(&connection.events));
        connection.end =
            if has_ended || has_tcp_ended(&connection.events) { End::Complete } else { End::Cut };
        connection
    }
}

/// How a recording begins that does not say it.
pub fn implied_beginning(events: &[RecordedEvent]) -> Beginning {
    let first = events.iter().find_map(|event| match &event.kind {
        RecordedKind::Octets(octets) => Some((event.from, octets)),
        RecordedKind::Missing { .. } | RecordedKind::Fin | RecordedKind::Reset | RecordedKind::TlsClosed => {
            None
        }
    });
    match first {
        Some((Role::Client, octets)) if octets.starts_with(b"GET ") => Beginning::Connection,
        Some(_) | None => Beginning::Frames,
    }
}

/// Whether the events show that both directions ended.
pub fn has_tcp_ended(events: &[RecordedEvent]) -> bool {
    let fin = |role| events.iter().any(|event| event.from == role && event.kind == RecordedKind::Fin);
    events.iter().any(|event| event.kind == RecordedKind::Reset) || (fin(Role::Client) && fin(Role::Server))
}

fn at_end(cursor: &mut Cursor<'_>) -> Result<(), TextError> {
    if cursor.is_at_end() { Ok(()) } else { Err(cursor.error("the end of the line")) }
}

fn address(cursor: &mut Cursor<'_>) -> Result<String, TextError> {
    if cursor.is_at_end() {
        return Err(cursor.error("an address such as `127.0.0.1:9001`"));
    }
    Ok(cursor.word().to_owned())
}

fn event(cursor: &mut Cursor<'_>) -> Result<RecordedEvent, TextError> {
    let (mut moment, mut packet, mut acknowledged) = (None, None, None);
    let from = loop {
        if cursor.accept("packet") {
            packet = Some(cursor.number("the number of a packet")?);
        } else if cursor.accept("acknowledged") {
            acknowledged = Some(cursor.number("a number of octets")?);
        } else if cursor.rest().starts_with('>') {
            break Role::Client;
        } else if cursor.rest().starts_with('<') {
            break Role::Server;
        } else if let Some(duration) = time(cursor.peek_word()).filter(|_| moment.is_none()) {
            moment = Some(duration);
            cursor.word();
        } else {
            return Err(cursor.error(EVENT));
        }
    };
    cursor.advance(1);
    Ok(RecordedEvent { from, kind: kind(cursor)?, time: moment, packet, acknowledged })
}

fn kind(cursor: &mut Cursor<'_>) -> Result<RecordedKind, TextError> {
    if cursor.is_at_end() {
        return Err(cursor.error(KIND));
    }
    let kind = if cursor.accept("FIN") {
        RecordedKind::Fin
    } else if cursor.accept("RST") {
        RecordedKind::Reset
    } else if cursor.accept("close_notify") {
        RecordedKind::TlsClosed
    } else if cursor.accept("missing") {
        let octets = if cursor.is_at_end() { None } else { Some(cursor.number("a number of octets")?) };
        RecordedKind::Missing { octets }
    } else {
        let mut octets = Vec::new();
        while !cursor.is_at_end() {
            if cursor.rest().starts_with('"') {
                quoted(cursor, &mut octets)?;
            } else {
                hex_word(cursor, &mut octets, KIND)?;
            }
        }
        return Ok(RecordedKind::Octets(octets));
    };
    at_end(cursor)?;
    Ok(kind)
}

/// Parses text in quotes. It has the escapes of Rust's byte strings.
fn quoted(cursor: &mut Cursor<'_>, octets: &mut Vec<u8>) -> Result<(), TextError> {
    cursor.advance(1);
    loop {
        let mut characters = cursor.rest().chars();
        let Some(character) = characters.next() else {
            return Err(cursor.error("`\"` at the end of the text"));
        };
        if character == '"' {
            cursor.advance(1);
            return Ok(());
        }
        if character != '\\' {
            cursor.advance(character.len_utf8());
            octets.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let (octet, size) = match characters.next() {
            Some('r') => (b'\r', 2),
            Some('n') => (b'\n', 2),
            Some('t') => (b'\t', 2),
            Some('0') => (0, 2),
            Some('"') => (b'"', 2),
            Some('\'') => (b'\'', 2),
            Some('\\') => (b'\\', 2),
            Some('x') => {
                let digits = characters.next().zip(characters.next());
                let value = digits.and_then(|(high, low)| Some(high.to_digit(16)? << 4 | low.to_digit(16)?));
                let Some(value) = value else {
                    return Err(cursor.error("two hexadecimal digits behind `\\x`"));
                };
                // Two digits are below 256.
                (value as u8, 4)
            }
            Some(_) | None => {
                return Err(cursor.error("an escape: `\\r`, `\\n`, `\\t`, `\\0`, `\\\"`, `\\\\` or `\\xNN`"));
            }
        };
        cursor.advance(size);
        octets.push(octet);
    }
}

/// Parses seconds, with at most nine decimals.
pub fn time(word: &str) -> Option<Duration> {
    let (seconds, decimals) = word.split_once('.').unwrap_or((word, ""));
    let is_number = |text: &str| text.bytes().all(|octet| octet.is_ascii_digit());
    if seconds.is_empty() || decimals.len() > 9 || !is_number(seconds) || !is_number(decimals) {
        return None;
    }
    let nanoseconds = format!("{decimals:0<9}").parse().ok()?;
    Some(Duration::new(seconds.parse().ok()?, nanoseconds))
}
