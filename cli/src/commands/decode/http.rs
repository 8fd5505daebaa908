//! Recognizes HTTP where a frame should begin: the opening handshake, or foreign octets.

/// HTTP, or a page without its head.
pub struct Http {
    /// What it is, with its article.
    pub kind: &'static str,
    /// The size of the head, if it is complete.
    pub head: Option<usize>,
    /// The first line.
    pub line: String,
}

/// The begins of HTTP and of a page. None of them begins a frame: the bits that would be RSV and opcode are not defined.
const BEGINS: [(&str, &str); 10] = [
    ("HTTP/1.", "HTTP response"),
    ("GET ", "HTTP request"),
    ("POST ", "HTTP request"),
    ("PUT ", "HTTP request"),
    ("HEAD ", "HTTP request"),
    ("OPTIONS ", "HTTP request"),
    ("<!DOCTYPE", "page of HTML"),
    ("<!doctype", "page of HTML"),
    ("<html", "page of HTML"),
    ("<?xml", "XML document"),
];

/// HTTP at the front of octets.
pub fn find(octets: &[u8]) -> Option<Http> {
    let (begin, kind) = BEGINS.into_iter().find(|(begin, _)| octets.starts_with(begin.as_bytes()))?;
    let end = b"\r\n\r\n";
    let head = octets.windows(end.len()).position(|window| window == end).map(|at| at + end.len());
    let line = octets.split(|octet| matches!(octet, b'\r' | b'\n')).next().unwrap_or(begin.as_bytes());
    let line = String::from_utf8_lossy(line).escape_debug().to_string();
    Some(Http { kind, head, line })
}
