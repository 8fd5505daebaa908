//! The options of a connection to a server under test, and the errors of its URL.

use std::net::SocketAddr;
use std::path::PathBuf;

/// The options of a connection to a server.
#[derive(Clone, Debug, Default)]
pub struct TargetOptions {
    /// Further header fields of the opening handshake, as name and value.
    pub headers: Vec<(String, String)>,
    /// The subprotocols to offer.
    pub subprotocols: Vec<String>,
    /// A PEM file with the certificates to trust instead of the usual certificate authorities.
    pub ca: Option<PathBuf>,
    /// Trust every certificate.
    pub insecure: bool,
    /// Permit a host other than this machine.
    pub allow_remote: bool,
}

/// Why a URL or an address cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The text is not a URL.
    #[error("expected a URL such as ws://127.0.0.1:9001/, found `{url}`{why}")]
    NotAUrl {
        /// The text.
        url: String,
        /// What is wrong with it, as the end of a sentence.
        why: &'static str,
    },
    /// The scheme is missing, or it is one of HTTP.
    #[error("expected a URL that begins with ws:// or wss://, found `{found}`; did you mean `{proposed}`?")]
    OtherScheme {
        /// The text.
        found: String,
        /// A URL that may have been meant.
        proposed: String,
    },
    /// The URL has a fragment.
    #[error(
        "expected a URL without a fragment (RFC 6455 §3), found `#{0}`; leave it out, or write `%23` for a `#` in the path"
    )]
    Fragment(String),
    /// The scheme is neither `ws` nor `wss`.
    #[error("expected ws:// or wss://, found `{0}://`")]
    Scheme(String),
    /// The URL has no host.
    #[error("expected a host in `{0}`, found none")]
    NoHost(String),
    /// The host has no address.
    #[error("expected `{host}` to have an address, found none: {why}")]
    Lookup {
        /// The host.
        host: String,
        /// The error of the lookup.
        why: String,
    },
    /// The address belongs to another machine.
    #[error(
        "expected a server on this machine, found {0}; a test of another one needs the consent of its owner"
    )]
    NotLoopback(SocketAddr),
    /// Other machines could connect to the address.
    #[error("expected an address that this machine alone can reach, such as 127.0.0.1:{port}, found {0}", port = .0.port())]
    PublicListener(SocketAddr),
    /// The certificates cannot be read.
    #[error("expected certificates in PEM in {path}, found: {why}")]
    Ca {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// TLS cannot be set up.
    #[error("cannot set up TLS: {0}")]
    Tls(String),
    /// The URL needs TLS, which this build lacks.
    #[error("{0}: this build has no TLS; build wsclose-live with its feature `tls`")]
    NoTls(String),
}
