//! Recognizes text in place of a frame, such as an HTTP response that is written into a WebSocket connection.
//!
//! Every printable ASCII octet, read as the first octet of a frame, has FIN clear and an RSV bit set. Without
//! compression no frame begins in this way. With it, only a compressed fragment does: its first octet is `A` or `B`.

use std::fmt;

/// The kind of text that stands in place of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ForeignText {
    /// The status line of an HTTP response.
    HttpResponse,
    /// The request line of an HTTP request.
    HttpRequest,
    /// The last chunk of an HTTP body with `Transfer-Encoding: chunked`.
    HttpLastChunk,
    /// An HTML page.
    HtmlPage,
    /// Other text.
    Text,
}

impl fmt::Display for ForeignText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            ForeignText::HttpResponse => "an HTTP response",
            ForeignText::HttpRequest => "an HTTP request",
            ForeignText::HttpLastChunk => "the last chunk of an HTTP body",
            ForeignText::HtmlPage => "an HTML page",
            ForeignText::Text => "text that is no frame",
        })
    }
}

/// What the octets at the place of a frame are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameStart {
    /// The beginning of a frame, correct or not.
    Frame,
    /// Text.
    Foreign(ForeignText),
    /// Either, until further octets arrive.
    Undecided,
}

/// The beginnings of text that need no minimum length. Letters match in either case.
const SIGNATURES: [(&str, ForeignText); 13] = [
    ("HTTP/1.", ForeignText::HttpResponse),
    ("HTTP/2", ForeignText::HttpResponse),
    ("GET /", ForeignText::HttpRequest),
    ("HEAD /", ForeignText::HttpRequest),
    ("POST /", ForeignText::HttpRequest),
    ("PUT /", ForeignText::HttpRequest),
    ("DELETE /", ForeignText::HttpRequest),
    ("OPTIONS ", ForeignText::HttpRequest),
    ("CONNECT ", ForeignText::HttpRequest),
    ("<!DOCTYPE", ForeignText::HtmlPage),
    ("<html", ForeignText::HtmlPage),
    ("<head>", ForeignText::HtmlPage),
    ("0\r\n\r\n", ForeignText::HttpLastChunk),
];

/// How many octets of text decide that it is no frame.
const MIN_RUN: usize = 12;

/// The same if the first octet may begin a compressed fragment.
const MIN_RUN_WITH_COMPRESSION: usize = 32;

/// How many octets of text decide it if the stream ends with them.
const MIN_RUN_AT_END: usize = 4;

impl FrameStart {
    /// The most octets that a decision needs.
    pub const MAX_UNDECIDED: usize = MIN_RUN_WITH_COMPRESSION;

    /// Reads the octets from the place of a frame on.
    pub fn of(octets: &[u8]) -> FrameStart {
        let Some(first) = octets.first() else { return FrameStart::Undecided };
        if !(b' '..=b'~').contains(first) {
            return FrameStart::Frame;
        }
        let head = |signature: &str| &octets[..octets.len().min(signature.len())];
        let begins = |signature: &str| head(signature).eq_ignore_ascii_case(signature.as_bytes());
        if let Some((_, kind)) = SIGNATURES.iter().find(|(signature, _)| begins(signature)) {
            return FrameStart::Foreign(*kind);
        }
        let needed = min_run(*first);
        match octets.iter().position(|octet| !is_text(*octet)) {
            Some(run) if run < needed => FrameStart::Frame,
            None if octets.len() < needed => FrameStart::Undecided,
            Some(_) | None => FrameStart::Foreign(ForeignText::Text),
        }
    }

    /// Reads the octets from the place of a frame to the end of the stream.
    pub fn at_end(octets: &[u8]) -> FrameStart {
        match FrameStart::of(octets) {
            FrameStart::Undecided if octets.len() < MIN_RUN_AT_END => FrameStart::Frame,
            FrameStart::Undecided if octets.first().is_some_and(|first| min_run(*first) > MIN_RUN) => {
                FrameStart::Frame
            }
            FrameStart::Undecided => FrameStart::Foreign(ForeignText::Text),
            decided @ (FrameStart::Frame | FrameStart::Foreign(_)) => decided,
        }
    }
}

/// RSV1 without FIN on a text or binary frame begins a compressed message (RFC 7692 §6).
const fn min_run(first: u8) -> usize {
    match first {
        b'A' | b'B' => MIN_RUN_WITH_COMPRESSION,
        _ => MIN_RUN,
    }
}

const fn is_text(octet: u8) -> bool {
    matches!(octet, b' '..=b'~' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::frame::{Header, Status};

    #[test]
    fn text_and_frames_differ() {
        use ForeignText::{HtmlPage, HttpLastChunk, HttpRequest, HttpResponse, Text};
        for (octets, expected) in [
            (&b"HTTP/1.1 200 OK\r\n"[..], FrameStart::Foreign(HttpResponse)),
            (b"HTTP/1.", FrameStart::Foreign(HttpResponse)),
            (b"HTTP/", FrameStart::Undecided),
            (b"GET /a HTTP/1.1", FrameStart::Foreign(HttpRequest)),
            (b"<!doctype html>", FrameStart::Foreign(HtmlPage)),
            (b"0\r\n\r\n", FrameStart::Foreign(HttpLastChunk)),
            (b"Internal Server Error", FrameStart::Foreign(Text)),
            (b"Traceback", FrameStart::Undecided),
            (b"An error that is no fragment of a message", FrameStart::Foreign(Text)),
            (b"A compressed fragment?", FrameStart::Undecided),
            (b"H\x02\x03\xe8", FrameStart::Frame),
            (b"\x88\x02\x03\xe8HTTP/1.1 200 OK", FrameStart::Frame),
            (b"\x81\x0fHTTP/1.1 200 OK", FrameStart::Frame),
            (b"", FrameStart::Undecided),
        ] {
            assert_eq!(FrameStart::of(octets), expected, "{}", String::from_utf8_lossy(octets));
        }
    }

    #[test]
    fn short_text_counts_at_the_end_of_the_stream_only() {
        assert_eq!(FrameStart::of(b"ERROR"), FrameStart::Undecided);
        assert_eq!(FrameStart::at_end(b"ERROR"), FrameStart::Foreign(ForeignText::Text));
        assert_eq!(FrameStart::at_end(b"H"), FrameStart::Frame);
        assert_eq!(FrameStart::at_end(b"A short text"), FrameStart::Frame);
    }

    #[test]
    fn no_valid_header_is_text_but_that_of_a_compressed_fragment() {
        for first in b' '..=b'~' {
            let Status::Complete(header, _) = Header::decode(&[first, 0]) else { panic!("two octets") };
            assert!(!header.fin && header.rsv != 0, "{first:#x}");
            let is_fragment = header.rsv == 4 && !header.opcode.is_control() && !header.opcode.is_reserved();
            // RSV1 on a continuation is invalid (RFC 7692 §6).
            let compressed = is_fragment && header.opcode.bits() != 0;
            assert_eq!(min_run(first) > MIN_RUN, compressed, "{first:#x}");
        }
    }

    #[test]
    fn every_decision_is_made_within_the_limit() {
        for first in 0..=u8::MAX {
            let octets = [&[first][..], &[b'a'; FrameStart::MAX_UNDECIDED - 1]].concat();
            assert_ne!(FrameStart::of(&octets), FrameStart::Undecided, "{first:#x}");
        }
    }
}
