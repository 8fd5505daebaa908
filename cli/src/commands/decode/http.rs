//! Recognizes the head of an opening handshake.

use wsclose::protocol::foreign::{ForeignText, FrameStart};
use wsclose::protocol::role::Role;

/// The complete head of an HTTP request or response.
pub struct Head {
    /// Who sent it.
    pub role: Role,
    /// Its size in octets.
    pub size: usize,
    /// Its first line.
    pub line: String,
    /// Whether it names permessage-deflate, which a response agrees to.
    pub has_deflate: bool,
}

/// The head of HTTP at the front of octets, if it is complete.
pub fn head(octets: &[u8]) -> Option<Head> {
    let role = match FrameStart::of(octets) {
        FrameStart::Foreign(ForeignText::HttpRequest) => Role::Client,
        FrameStart::Foreign(ForeignText::HttpResponse) => Role::Server,
        FrameStart::Foreign(ForeignText::HttpLastChunk | ForeignText::HtmlPage | ForeignText::Text)
        | FrameStart::Frame
        | FrameStart::Undecided => return None,
    };
    let end = b"\r\n\r\n";
    let size = octets.windows(end.len()).position(|window| window == end)? + end.len();
    let head = String::from_utf8_lossy(&octets[..size]).to_ascii_lowercase();
    let mut extensions = head.lines().filter_map(|line| line.strip_prefix("sec-websocket-extensions:"));
    let has_deflate = extensions.any(|value| value.contains("permessage-deflate"));
    Some(Head { role, size, line: first_line(octets), has_deflate })
}

/// The first line of text, of which control characters are escaped.
pub fn first_line(octets: &[u8]) -> String {
    const SHOWN: usize = 80;
    let line = octets.split(|octet| matches!(octet, b'\r' | b'\n')).next().unwrap_or_default();
    String::from_utf8_lossy(&line[..line.len().min(SHOWN)]).escape_debug().to_string()
}
