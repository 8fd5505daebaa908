//! The opening handshake (RFC 6455 §4). It is implemented here because a library would hide what is tested.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use crate::transport::refusal::Refusal;

/// The text that is appended to the key before it is hashed (§1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The longest head of a request or response, in octets.
pub const MAX_HEAD: usize = 1 << 14;

/// How TLS records begin: an alert, and a handshake (RFC 8446 §5.1).
const TLS_RECORDS: [&[u8]; 2] = [&[21, 3], &[22, 3]];

/// The number of header fields that a head may have.
const MAX_FIELDS: usize = 96;

/// The request of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The path and query.
    pub path: String,
    /// The value of `Host`.
    pub host: String,
    /// `Sec-WebSocket-Key`: 16 octets in base64.
    pub key: String,
    /// The offered subprotocols.
    pub subprotocols: Vec<String>,
    /// Whether the client offers permessage-deflate (RFC 7692).
    pub deflate: bool,
    /// Further header fields, as name and value.
    pub headers: Vec<(String, String)>,
}

/// Why an opening handshake failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpgradeError {
    /// The octets are not HTTP.
    #[error("expected an HTTP/1.1 {what}, found {found} ({why})")]
    NotHttp {
        /// `answer` or `request`.
        what: &'static str,
        /// The octets.
        found: String,
        /// Why they are not HTTP.
        why: String,
    },
    /// The head is too long.
    #[error("expected the end of the HTTP head within {MAX_HEAD} octets, found none")]
    TooLong,
    /// The answer is TLS, which the client does not speak.
    #[error("expected an HTTP/1.1 {0}, found TLS")]
    Tls(&'static str),
    /// The status of the response is not 101.
    #[error("expected status 101, found {code} {reason}{}{}",
            .location.as_ref().map(|to| format!(", which points to {to}")).unwrap_or_default(),
            .body.as_ref().map(|line| format!(": {line}")).unwrap_or_default())]
    Status {
        /// The status.
        code: u16,
        /// The reason phrase.
        reason: String,
        /// The target of a redirection.
        location: Option<String>,
        /// The first line of the body, of at most 100 characters, if it is text.
        body: Option<String>,
    },
    /// A header field is missing or has a wrong value.
    #[error("expected {field}: {expected}, found {}", .found.as_deref().unwrap_or("no such field"))]
    Field {
        /// Its name.
        field: &'static str,
        /// The expected value.
        expected: String,
        /// The value that was found.
        found: Option<String>,
    },
}

impl UpgradeError {
    /// The error for a response that refuses the opening handshake. `body` is what was read of its body.
    pub fn refused(refusal: Refusal, body: &[u8]) -> UpgradeError {
        let body = refusal.first_line(body);
        UpgradeError::Status { code: refusal.code, reason: refusal.reason, location: refusal.location, body }
    }
}

/// The value of `Sec-WebSocket-Accept` for this key (§4.2.2).
pub fn accept_value(key: &str) -> String {
    STANDARD.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

/// The key that consists of these octets.
pub fn key(octets: [u8; 16]) -> String {
    STANDARD.encode(octets)
}

impl Request {
    /// The octets of the request.
    pub fn encode(&self) -> Vec<u8> {
        let Request { path, host, key, .. } = self;
        let mut text = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        );
        let mut field = |name: &str, value: &str| {
            text += &format!("{name}: {value}\r\n");
        };
        if !self.subprotocols.is_empty() {
            field("Sec-WebSocket-Protocol", &self.subprotocols.join(", "));
        }
        if self.deflate {
            field("Sec-WebSocket-Extensions", "permessage-deflate");
        }
        self.headers.iter().for_each(|(name, value)| field(name, value));
        text += "\r\n";
        text.into_bytes()
    }

    /// Decodes a request. Returns it with the length of its head, or `None` while the head is incomplete.
    ///
    /// # Errors
    /// Returns what is wrong with the request.
    pub fn decode(octets: &[u8]) -> Result<Option<(Request, usize)>, UpgradeError> {
        let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let mut request = httparse::Request::new(&mut fields);
        let used = match request.parse(octets) {
            Ok(httparse::Status::Complete(used)) => used,
            Ok(httparse::Status::Partial) if octets.len() > MAX_HEAD => return Err(UpgradeError::TooLong),
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(error) => return Err(not_http("request", octets, &error)),
        };
        let fields = Fields(request.headers);
        fields.expect_token("Upgrade", "websocket")?;
        fields.expect_token("Connection", "upgrade")?;
        let key = fields.value("Sec-WebSocket-Key").ok_or_else(|| UpgradeError::Field {
            field: "Sec-WebSocket-Key",
            expected: "16 octets in base64".to_owned(),
            found: None,
        })?;
        let list = |name| -> Vec<String> {
            fields
                .values(name)
                .flat_map(|value| value.split(',').map(|item| item.trim().to_owned()).collect::<Vec<_>>())
                .collect()
        };
        let request = Request {
            path: request.path.unwrap_or("/").to_owned(),
            host: fields.value("Host").unwrap_or_default(),
            key,
            subprotocols: list("Sec-WebSocket-Protocol"),
            deflate: list("Sec-WebSocket-Extensions").iter().any(|item| is_deflate(item)),
            headers: Vec::new(),
        };
        Ok(Some((request, used)))
    }

    /// The octets of the response that accepts the request, with the first offered subprotocol. If `deflate` is set and
    /// the client offered it, the response accepts permessage-deflate.
    pub fn accept_response(&self, deflate: bool) -> Vec<u8> {
        let protocol = self
            .subprotocols
            .first()
            .map_or(String::new(), |protocol| format!("Sec-WebSocket-Protocol: {protocol}\r\n"));
        let extension =
            if deflate && self.deflate { "Sec-WebSocket-Extensions: permessage-deflate\r\n" } else { "" };
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {}\r\n{protocol}{extension}\r\n",
            accept_value(&self.key)
        )
        .into_bytes()
    }
}

/// What a server accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgraded {
    /// The length of the head of its response, in octets.
    pub head_len: usize,
    /// Whether it accepted permessage-deflate.
    pub deflate: bool,
    /// The fields of its response that name the programs on the way.
    pub origin: Origin,
}

/// Fields of a response that show which programs answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// `Server`: the program that wrote the response.
    pub server: Option<String>,
    /// `Via`: the proxies that passed it on (RFC 9110 §7.6.3).
    pub via: Option<String>,
    /// `Sec-WebSocket-Protocol`: the subprotocol that the server selected.
    pub subprotocol: Option<String>,
}

/// The response of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// It accepts the opening handshake.
    Accepted(Upgraded),
    /// It refuses the opening handshake.
    Refused(Refusal),
}

/// Parses the response to a request with this key; `None` while its head is incomplete.
///
/// # Errors
/// Returns what is wrong with the response.
pub fn parse_response(octets: &[u8], key: &str) -> Result<Option<Response>, UpgradeError> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut answer = httparse::Response::new(&mut fields);
    let used = match answer.parse(octets) {
        Ok(httparse::Status::Complete(used)) => used,
        Ok(httparse::Status::Partial) if octets.len() > MAX_HEAD => return Err(UpgradeError::TooLong),
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(not_http("answer", octets, &error)),
    };
    let (code, reason) = (answer.code.unwrap_or(0), answer.reason.unwrap_or("").to_owned());
    let fields = Fields(answer.headers);
    if code != 101 {
        return Ok(Some(Response::Refused(fields.refusal(used, code, reason))));
    }
    fields.expect_token("Upgrade", "websocket")?;
    fields.expect_token("Connection", "upgrade")?;
    let expected = accept_value(key);
    let found = fields.value("Sec-WebSocket-Accept");
    if found.as_deref() != Some(&expected) {
        return Err(UpgradeError::Field { field: "Sec-WebSocket-Accept", expected, found });
    }
    let extensions = fields.values("Sec-WebSocket-Extensions");
    let deflate =
        extensions.flat_map(|value| value.split(',').map(is_deflate).collect::<Vec<_>>()).any(|is| is);
    let origin = Origin {
        server: fields.value("Server"),
        via: fields.value("Via"),
        subprotocol: fields.value("Sec-WebSocket-Protocol"),
    };
    Ok(Some(Response::Accepted(Upgraded { head_len: used, deflate, origin })))
}

/// Whether an offered or accepted extension is permessage-deflate, with any parameters.
fn is_deflate(extension: &str) -> bool {
    extension.split(';').next().is_some_and(|name| name.trim() == "permessage-deflate")
}

fn not_http(what: &'static str, octets: &[u8], why: &httparse::Error) -> UpgradeError {
    if TLS_RECORDS.iter().any(|record| octets.starts_with(record)) {
        return UpgradeError::Tls(what);
    }
    let found = wsclose::harness::Quoted(octets).to_string();
    UpgradeError::NotHttp { what, found, why: why.to_string() }
}

struct Fields<'a, 'b>(&'a [httparse::Header<'b>]);

impl Fields<'_, '_> {
    fn values(&self, name: &str) -> impl Iterator<Item = String> {
        let named = self.0.iter().filter(move |field| field.name.eq_ignore_ascii_case(name));
        named.map(|field| String::from_utf8_lossy(field.value).trim().to_owned())
    }

    fn value(&self, name: &str) -> Option<String> {
        self.values(name).next()
    }

    /// The response of this status.
    fn refusal(&self, head_len: usize, code: u16, reason: String) -> Refusal {
        let kind = self.value("Content-Type").unwrap_or_default().to_ascii_lowercase();
        let is_markup = kind.contains("html") || kind.contains("xml");
        let is_text = kind.is_empty() || kind.starts_with("text/") || kind.contains("json");
        Refusal {
            head_len,
            code,
            reason,
            location: self.value("Location"),
            body_len: self.value("Content-Length").and_then(|length| length.parse().ok()),
            is_chunked: self.value("Transfer-Encoding").is_some(),
            is_text: is_text && !is_markup && self.value("Content-Encoding").is_none(),
        }
    }

    /// Checks that one of the comma-separated values of a field is this token, case-insensitively.
    fn expect_token(&self, field: &'static str, token: &str) -> Result<(), UpgradeError> {
        let has = |value: &String| value.split(',').any(|item| item.trim().eq_ignore_ascii_case(token));
        if self.values(field).any(|value| has(&value)) {
            return Ok(());
        }
        Err(UpgradeError::Field { field, expected: token.to_owned(), found: self.value(field) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 6455 §1.3.
    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

    fn request() -> Request {
        Request {
            path: "/chat?x=1".to_owned(),
            host: "127.0.0.1:9001".to_owned(),
            key: KEY.to_owned(),
            subprotocols: vec!["a".to_owned(), "b".to_owned()],
            deflate: true,
            headers: Vec::new(),
        }
    }

    #[test]
    fn accept_value_matches_rfc_example() {
        assert_eq!(accept_value(KEY), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(key(*b"the sample nonce"), KEY);
    }

    #[test]
    fn request_and_response_round_trip() {
        let mut octets = request().encode();
        let len = octets.len();
        assert_eq!(Request::decode(&octets[..len - 1]), Ok(None));
        octets.extend_from_slice(b"\x88\x00");
        assert_eq!(Request::decode(&octets), Ok(Some((request(), len))));
        let origin = Origin { subprotocol: Some("a".to_owned()), ..Origin::default() };
        let deflated = request().accept_response(true);
        assert_eq!(
            parse_response(&deflated, KEY),
            Ok(Some(Response::Accepted(Upgraded {
                head_len: deflated.len(),
                deflate: true,
                origin: origin.clone()
            })))
        );
        let answer = request().accept_response(false);
        assert_eq!(parse_response(&answer[..answer.len() - 1], KEY), Ok(None));
        assert_eq!(
            parse_response(&answer, KEY),
            Ok(Some(Response::Accepted(Upgraded { head_len: answer.len(), deflate: false, origin })))
        );
    }

    #[test]
    fn invalid_responses_are_rejected() {
        let error = |answer: &str| match parse_response(answer.as_bytes(), KEY) {
            Ok(Some(Response::Refused(refusal))) => {
                let body = &answer.as_bytes()[refusal.head_len..];
                UpgradeError::refused(refusal.clone(), body).to_string()
            }
            other => other.expect_err("no opening handshake").to_string(),
        };
        assert!(error("SSH-2.0-x\r\n\r\n").starts_with("expected an HTTP/1.1 answer, found \"SSH-2.0-x"));
        assert_eq!(error("HTTP/1.1 404 Not Found\r\n\r\n"), "expected status 101, found 404 Not Found");
        assert_eq!(
            error("HTTP/1.1 302 Found\r\nLocation: /ws\r\n\r\n"),
            "expected status 101, found 302 Found, which points to /ws"
        );
        assert_eq!(
            error("HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\n\r\nno such user\n"),
            "expected status 101, found 403 Forbidden: no such user"
        );
        let markup = "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n\r\n<html>";
        assert_eq!(error(markup), "expected status 101, found 403 Forbidden");
        assert_eq!(error("\u{15}\u{3}\u{3}\0\u{2}\u{2}\n"), "expected an HTTP/1.1 answer, found TLS");
        let good = String::from_utf8(request().accept_response(false)).unwrap();
        assert_eq!(
            error(&good.replace("Upgrade: websocket", "Upgrade: h2c")),
            "expected Upgrade: websocket, found h2c"
        );
        assert!(error(&good.replace("s3pP", "S3pP")).starts_with("expected Sec-WebSocket-Accept: s3pP"));
        assert_eq!(parse_response(&[b'H'; MAX_HEAD + 1], KEY).map_err(|_| ()), Err(()));
        let endless = [b"HTTP/1.1 101 S\r\nA: ".as_slice(), &[b'a'; MAX_HEAD]].concat();
        assert_eq!(parse_response(&endless, KEY), Err(UpgradeError::TooLong));
    }
}
