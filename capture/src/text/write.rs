//! Writes a recorded connection in the plain form.

use std::fmt;

use wsclose::protocol::role::Role;

use super::plain::{has_tcp_ended, implied_beginning};
use crate::recording::{Beginning, End, RecordedConnection, RecordedKind};

/// Displays a connection in the plain form, which [`read`](super::read) parses: a line `connection`, a line for each
/// event, and the notes. It does not write the first line of a file, `wsclose recording 1`.
///
/// Notes are written in one line each. Addresses are written without spaces.
#[derive(Clone, Copy, Debug)]
pub struct Plain<'a>(pub &'a RecordedConnection);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RecordedConnection {
            client,
            server,
            beginning,
            events,
            end,
            silent_until,
            recorded_at: _,
            notes,
        } = self.0;
        f.write_str("connection")?;
        if *beginning != implied_beginning(events) {
            f.write_str(match beginning {
                Beginning::Connection => " start",
                Beginning::Frames => " frames",
                Beginning::Middle => " middle",
            })?;
        }
        for (name, address) in [("client", client), ("server", server)] {
            let address: String = address.split_whitespace().collect();
            // `#` would begin a comment.
            if !address.is_empty() && !address.starts_with('#') {
                write!(f, " {name} {address}")?;
            }
        }
        writeln!(f)?;
        for event in events {
            if let Some(time) = event.time {
                write!(f, "{}.{:09} ", time.as_secs(), time.subsec_nanos())?;
            }
            if let Some(packet) = event.packet {
                write!(f, "packet {packet} ")?;
            }
            if let Some(acknowledged) = event.acknowledged {
                write!(f, "acknowledged {acknowledged} ")?;
            }
            f.write_str(match event.from {
                Role::Client => ">",
                Role::Server => "<",
            })?;
            match &event.kind {
                RecordedKind::Octets(octets) => write_octets(f, octets)?,
                RecordedKind::Missing { octets: Some(octets) } => write!(f, " missing {octets}")?,
                RecordedKind::Missing { octets: None } => f.write_str(" missing")?,
                RecordedKind::Fin => f.write_str(" FIN")?,
                RecordedKind::Reset => f.write_str(" RST")?,
                RecordedKind::TlsClosed => f.write_str(" close_notify")?,
            }
            writeln!(f)?;
        }
        for note in notes {
            writeln!(f, "note {}", note.split_whitespace().collect::<Vec<_>>().join(" "))?;
        }
        if let Some(until) = silent_until {
            writeln!(f, "until {}.{:09}", until.as_secs(), until.subsec_nanos())?;
        }
        match end {
            End::Complete if !has_tcp_ended(events) => writeln!(f, "end"),
            End::Complete | End::Cut => Ok(()),
        }
    }
}

/// Writes a head of HTTP as text in quotes, and the rest as hexadecimal digits.
fn write_octets(f: &mut fmt::Formatter<'_>, octets: &[u8]) -> fmt::Result {
    let is_http = octets.starts_with(b"GET ") || octets.starts_with(b"HTTP/1.");
    let end = octets.windows(4).position(|window| window == b"\r\n\r\n").filter(|_| is_http);
    let (head, rest) = octets.split_at(end.map_or(0, |end| end + 4));
    if !head.is_empty() {
        write!(f, " \"{}\"", head.escape_ascii())?;
    }
    if head.is_empty() && rest.is_empty() {
        return f.write_str(" \"\"");
    }
    for octet in rest {
        write!(f, " {octet:02x}")?;
    }
    Ok(())
}
