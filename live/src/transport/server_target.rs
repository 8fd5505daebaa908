//! The server under test: its URL, its address, and the opening handshake to send.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use crate::transport::redact::{redacted_url, without_secrets};
use crate::transport::socket::Socket;
use crate::transport::target_options::{TargetError, TargetOptions};
#[cfg(feature = "tls")]
use crate::transport::tls::TlsConfig;
use crate::transport::upgrade::{Request, UpgradeError};

/// A server under test.
#[derive(Clone, Debug)]
pub struct ServerTarget {
    /// The URL as it was given.
    pub url: String,
    /// The address to connect to.
    pub address: SocketAddr,
    #[cfg(feature = "tls")]
    tls: Option<TlsConfig>,
    request: Request,
}

/// What is wrong with a URL, as the end of a sentence.
const fn url_problem(error: url::ParseError) -> &'static str {
    match error {
                url::ParseError::EmptyHost => ", which has no host",
        url::ParseError::InvalidPort => ", whose port is not a number from 0 to 65535",
        url::ParseError::InvalidIpv4Address | url::ParseError::InvalidIpv6Address => {
            ", whose host is neither a name nor an address"
        }
        url::ParseError::InvalidDomainCharacter | url::ParseError::IdnaError => {
            ", whose host has a character that no host name has"
        }
        url::ParseError::RelativeUrlWithoutBase
        | url::ParseError::RelativeUrlWithCannotBeABaseBase
        | url::ParseError::SetHostOnCannotBeABaseUrl
        | url::ParseError::Overflow
        // The crate may add further errors.
        | _ => "",
    }
}

/// What stands for the id of a connection in a URL: as the user writes it, and as it is in a path.
const ID_PLACEHOLDERS: [&str; 2] = ["{id}", "%7Bid%7D"];

/// A URL with another scheme, as an error proposes it.
fn with_scheme(scheme: &str, url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    redacted_url(&format!("{scheme}://{rest}"))
}

/// Parses the URL of a server.
///
/// # Errors
/// Returns what is wrong with the URL.
fn parse(text: &str) -> Result<Url, TargetError> {
    let parsed = Url::parse(text);
    let proposed = match &parsed {
        Ok(url) if ["ws", "wss"].contains(&url.scheme()) => None,
        Ok(url) if text.contains("://") => match url.scheme() {
            "http" => Some("ws"),
            "https" => Some("wss"),
            other => return Err(TargetError::Scheme(other.to_owned())),
        },
        // `localhost:9001` parses as a URL of the scheme `localhost`.
        Ok(_) | Err(url::ParseError::RelativeUrlWithoutBase) => Some("ws"),
        Err(_) => None,
    };
    if let Some(scheme) = proposed {
        let found = redacted_url(text);
        return Err(TargetError::OtherScheme { found, proposed: with_scheme(scheme, text) });
    }
    let url =
        parsed.map_err(|error| TargetError::NotAUrl { url: redacted_url(text), why: url_problem(error) })?;
    match url.fragment() {
        Some(fragment) => Err(TargetError::Fragment(fragment.to_owned())),
        None => Ok(url),
    }
}

/// The header field for the user information of a URL (RFC 7617), if it has any.
fn authorization(url: &Url) -> Option<(String, String)> {
    let decode = |part: &str| percent_encoding::percent_decode_str(part).collect::<Vec<u8>>();
    let password = url.password().unwrap_or_default();
    let has_any = !url.username().is_empty() || !password.is_empty();
    let credentials = [decode(url.username()), b":".to_vec(), decode(password)].concat();
    has_any.then(|| (AUTHORIZATION.to_owned(), format!("Basic {}", STANDARD.encode(credentials))))
}

/// The header field that has the credentials of a client.
const AUTHORIZATION: &str = "Authorization";

impl ServerTarget {
    /// Parses a URL and looks its host up. User information becomes a header field `Authorization`, unless the options have
    /// one.
    ///
    /// # Errors
    /// Returns what is wrong with the URL or the options. An address of another machine is an error unless
    /// [`TargetOptions::allow_remote`] is set.
    pub fn new(text: &str, options: &TargetOptions) -> Result<ServerTarget, TargetError> {
        let url = parse(text)?;
        let (default_port, secure) = match url.scheme() {
            "ws" => (80, false),
            "wss" => (443, true),
            other => return Err(TargetError::Scheme(other.to_owned())),
        };
        let host = url.host().ok_or_else(|| TargetError::NoHost(redacted_url(text)))?;
        let port = url.port().unwrap_or(default_port);
        let name = match &host {
            url::Host::Domain(name) => (*name).to_owned(),
            url::Host::Ipv4(address) => address.to_string(),
            url::Host::Ipv6(address) => address.to_string(),
        };
        let lookup = |why: String| TargetError::Lookup { host: name.clone(), why };
        let mut addresses =
            (name.as_str(), port).to_socket_addrs().map_err(|error| lookup(error.to_string()))?;
        let address = addresses.next().ok_or_else(|| lookup("the list is empty".to_owned()))?;
        if !address.ip().is_loopback() && !options.allow_remote {
            return Err(TargetError::NotLoopback(address));
        }
        #[cfg(feature = "tls")]
        let tls = if secure { Some(TlsConfig::new(&name, options)?) } else { None };
        #[cfg(not(feature = "tls"))]
        if secure {
            return Err(TargetError::NoTls(redacted_url(text)));
        }
        let mut headers = options.headers.clone();
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(AUTHORIZATION)) {
            headers.extend(authorization(&url));
        }
        let query = url.query().map_or(String::new(), |query| format!("?{query}"));
        let request = Request {
            path: format!("{}{query}", url.path()),
            host: format!("{host}:{port}"),
            key: String::new(),
            subprotocols: options.subprotocols.clone(),
            deflate: false,
            headers,
        };
        Ok(ServerTarget {
            url: redacted_url(text),
            address,
            #[cfg(feature = "tls")]
            tls,
            request,
        })
    }

    /// The same server with the id of a connection in the request: in place of `{id}` in the URL, or else as the parameter
    /// `wsclose` of its query.
    pub fn with_connection_id(&self, id: u64) -> ServerTarget {
        let mut target = self.clone();
        let path = &mut target.request.path;
        let placeholder = ID_PLACEHOLDERS.into_iter().find(|placeholder| path.contains(placeholder));
        *path = match placeholder {
            Some(placeholder) => path.replace(placeholder, &id.to_string()),
            None => format!("{path}{}wsclose={id}", if path.contains('?') { '&' } else { '?' }),
        };
        target
    }

    /// Whether the opening handshake offers this subprotocol.
    pub fn offers(&self, subprotocol: &str) -> bool {
        self.request.subprotocols.iter().any(|offered| offered == subprotocol)
    }

    /// The opening handshake with this key.
    pub fn request(&self, key: String, deflate: bool) -> Request {
        Request { key, deflate, ..self.request.clone() }
    }

    /// An error with the values of header fields replaced that the server repeats.
    pub fn without_secrets(&self, error: UpgradeError) -> UpgradeError {
        let values = || self.request.headers.iter().map(|(_, value)| value.as_str());
        let replace = |text: String| without_secrets(&text, values());
        match error {
            UpgradeError::Status { code, reason, location, body } => UpgradeError::Status {
                code,
                reason: replace(reason),
                location: location.map(|to| replace(redacted_url(&to))),
                body: body.map(replace),
            },
            UpgradeError::NotHttp { .. }
            | UpgradeError::Tls(_)
            | UpgradeError::TooLong
            | UpgradeError::Field { .. } => error,
        }
    }

    /// Starts TLS over a connection to a `wss:` server. A connection to a `ws:` server stays as it is.
    ///
    /// # Errors
    /// Returns the error of the TLS library.
    #[cfg(feature = "tls")]
    pub fn secure(&self, socket: Socket) -> io::Result<Socket> {
        match &self.tls {
            Some(tls) => socket.into_tls(tls),
            None => Ok(socket),
        }
    }

    /// Returns the connection as it is: without TLS, every server is a `ws:` server.
    #[cfg(not(feature = "tls"))]
    pub fn secure(&self, socket: Socket) -> io::Result<Socket> {
        Ok(socket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connection_id_is_in_the_request() {
        let path = |url: &str| {
            let target = ServerTarget::new(url, &TargetOptions::default()).expect("a URL");
            target.with_connection_id(7).request(String::new(), false).path
        };
        assert_eq!(path("ws://127.0.0.1:1/"), "/?wsclose=7");
        assert_eq!(path("ws://127.0.0.1:1/chat?room=a"), "/chat?room=a&wsclose=7");
        assert_eq!(path("ws://127.0.0.1:1/chat/{id}"), "/chat/7");
        assert_eq!(path("ws://127.0.0.1:1/?room={id}"), "/?room=7");
    }

    #[test]
    fn wrong_urls_are_refused_with_a_proposal() {
        let error = |url: &str| {
            ServerTarget::new(url, &TargetOptions::default()).expect_err("a wrong URL").to_string()
        };
        let expected = "expected a URL that begins with ws:// or wss://, found";
        for (url, proposed) in [
            ("127.0.0.1:9001", "ws://127.0.0.1:9001"),
            ("localhost:9001/chat", "ws://localhost:9001/chat"),
            ("user:secret@localhost:9001/chat", "ws://REDACTED@localhost:9001/chat"),
            ("http://localhost:9001/", "ws://localhost:9001/"),
            ("https://user:secret@localhost/", "wss://REDACTED@localhost/"),
        ] {
            let shown = url.replace("user:secret", "REDACTED");
            assert_eq!(error(url), format!("{expected} `{shown}`; did you mean `{proposed}`?"));
        }
        assert_eq!(error("ftp://127.0.0.1/"), "expected ws:// or wss://, found `ftp://`");
        assert!(error("ws://127.0.0.1:1/chat#top").contains("§3), found `#top`; leave it out"));
        assert!(
            error("ws://user:sec/ret@127.0.0.1:1/")
                .contains("found `ws://REDACTED@127.0.0.1:1/`, whose port")
        );
    }

    #[test]
    fn user_information_becomes_a_header_field() {
        let headers = |url: &str, headers: &[(&str, &str)]| {
            let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            let options = TargetOptions { headers: headers.collect(), ..TargetOptions::default() };
            let target = ServerTarget::new(url, &options).expect("a URL");
            assert!(!target.url.contains("wonder"), "{}", target.url);
            target.request(String::new(), false).headers
        };
        let field = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        // The example of RFC 7617 §2.
        let basic = field("Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(headers("ws://Aladdin:open%20sesame@127.0.0.1:1/", &[]), basic);
        assert_eq!(headers("ws://wonder@127.0.0.1:1/", &[]), field("Authorization", "Basic d29uZGVyOg=="));
        assert!(headers("ws://127.0.0.1:1/", &[]).is_empty());
        let given = [("authorization", "Bearer 1")];
        assert_eq!(headers("ws://wonder@127.0.0.1:1/", &given), field("authorization", "Bearer 1"));
    }
}
