//! The server under test: its URL, its address, and the opening handshake to send.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use url::Url;

use crate::transport::socket::Socket;
use crate::transport::target_options::{TargetError, TargetOptions};
#[cfg(feature = "tls")]
use crate::transport::tls::TlsConfig;
use crate::transport::upgrade::Request;

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
        url::ParseError::RelativeUrlWithoutBase => ", which does not begin with ws:// or wss://",
        url::ParseError::EmptyHost => ", which has no host",
        url::ParseError::InvalidPort => ", whose port is not a number from 0 to 65535",
        url::ParseError::InvalidIpv4Address | url::ParseError::InvalidIpv6Address => {
            ", whose host is neither a name nor an address"
        }
        url::ParseError::InvalidDomainCharacter | url::ParseError::IdnaError => {
            ", whose host has a character that no host name has"
        }
        url::ParseError::RelativeUrlWithCannotBeABaseBase
        | url::ParseError::SetHostOnCannotBeABaseUrl
        | url::ParseError::Overflow
        // The crate may add further errors.
        | _ => "",
    }
}

/// What stands for the id of a connection in a URL: as the user writes it, and as it is in a path.
const ID_PLACEHOLDERS: [&str; 2] = ["{id}", "%7Bid%7D"];

/// What replaces a secret in reports.
pub const REDACTED: &str = "REDACTED";

/// The URL with its user information redacted, as reports print it.
pub fn redacted(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.rsplit_once('@') {
        Some((user, _)) => format!("{scheme}://{REDACTED}{}", &rest[user.len()..]),
        None => url.to_owned(),
    }
}

impl ServerTarget {
    /// Parses a URL and looks its host up.
    ///
    /// # Errors
    /// Returns what is wrong with the URL or the options. An address of another machine is an error unless
    /// [`TargetOptions::allow_remote`] is set.
    pub fn new(text: &str, options: &TargetOptions) -> Result<ServerTarget, TargetError> {
        let url = Url::parse(text)
            .map_err(|error| TargetError::NotAUrl { url: redacted(text), why: url_problem(error) })?;
        let (default_port, secure) = match url.scheme() {
            "ws" => (80, false),
            "wss" => (443, true),
            other => return Err(TargetError::Scheme(other.to_owned())),
        };
        let host = url.host().ok_or_else(|| TargetError::NoHost(text.to_owned()))?;
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
            return Err(TargetError::NoTls(text.to_owned()));
        }
        let query = url.query().map_or(String::new(), |query| format!("?{query}"));
        let request = Request {
            path: format!("{}{query}", url.path()),
            host: format!("{host}:{port}"),
            key: String::new(),
            subprotocols: options.subprotocols.clone(),
            deflate: false,
            headers: options.headers.clone(),
        };
        Ok(ServerTarget {
            url: redacted(text),
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

    /// The opening handshake with this key.
    pub fn request(&self, key: String, deflate: bool) -> Request {
        Request { key, deflate, ..self.request.clone() }
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
}
