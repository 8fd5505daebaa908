//! Where a server under test is. In come a URL and options, out comes a [`Target`] whose addresses have been
//! looked up, or a sentence.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject;
use url::Url;

use crate::transport::upgrade::Request;

/// A server under test.
#[derive(Clone, Debug)]
pub struct ServerTarget {
    /// The URL, as it was given.
    pub url: String,
    /// Where to connect to.
    pub address: SocketAddr,
    /// For `wss`: how, and to which name.
    pub tls: Option<(Arc<rustls::ClientConfig>, ServerName<'static>)>,
    request: Request,
}

/// What may be said beside the URL.
#[derive(Clone, Debug, Default)]
pub struct TargetOptions {
    /// Further header fields of the request, `Name: value`.
    pub headers: Vec<(String, String)>,
    /// Subprotocols to offer.
    pub subprotocols: Vec<String>,
    /// The certificates to trust, in PEM, instead of the usual ones.
    pub ca: Option<PathBuf>,
    /// Trust any certificate.
    pub insecure: bool,
    /// Something else than this machine may be tested.
    pub allow_remote: bool,
}

/// Why a target cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// It is no URL.
    #[error("expected a URL such as ws://127.0.0.1:9001/, found `{url}`: {why}")]
    NotAUrl {
        /// What was given.
        url: String,
        /// Why it is none.
        why: url::ParseError,
    },
    /// Its scheme is another.
    #[error("expected ws:// or wss://, found `{0}://`")]
    Scheme(String),
    /// It names no host.
    #[error("expected a host in `{0}`, found none")]
    NoHost(String),
    /// The name cannot be looked up.
    #[error("expected `{host}` to have an address, found none: {why}")]
    Lookup {
        /// The name.
        host: String,
        /// Why.
        why: String,
    },
    /// It is not this machine.
    #[error(
        "expected an address of this machine, found {0}; whoever may test that host says so with --allow-remote"
    )]
    NotLoopback(SocketAddr),
    /// The certificates.
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
}

impl ServerTarget {
    /// Reads a URL and looks its host up.
    pub fn new(text: &str, options: &TargetOptions) -> Result<ServerTarget, TargetError> {
        let url = Url::parse(text).map_err(|why| TargetError::NotAUrl { url: text.to_owned(), why })?;
        let (port, secure) = match url.scheme() {
            "ws" => (80, false),
            "wss" => (443, true),
            other => return Err(TargetError::Scheme(other.to_owned())),
        };
        let host = url.host().ok_or_else(|| TargetError::NoHost(text.to_owned()))?;
        let port = url.port().unwrap_or(port);
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
        let tls = if secure {
            let name =
                ServerName::try_from(name.clone()).map_err(|error| TargetError::Tls(error.to_string()))?;
            Some((Arc::new(config(options)?), name))
        } else {
            None
        };
        let query = url.query().map_or(String::new(), |query| format!("?{query}"));
        let request = Request {
            path: format!("{}{query}", url.path()),
            host: format!("{host}:{port}"),
            key: String::new(),
            subprotocols: options.subprotocols.clone(),
            deflate: false,
            headers: options.headers.clone(),
        };
        Ok(ServerTarget { url: text.to_owned(), address, tls, request })
    }

    /// The request to open a connection with.
    pub fn request(&self, key: String, deflate: bool) -> Request {
        Request { key, deflate, ..self.request.clone() }
    }
}

fn config(options: &TargetOptions) -> Result<rustls::ClientConfig, TargetError> {
    let tls = |error: rustls::Error| TargetError::Tls(error.to_string());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(tls)?;
    if options.insecure {
        let verifier = Arc::new(trust::AcceptAnyCertificate(provider));
        return Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth());
    }
    let mut roots = rustls::RootCertStore::empty();
    match &options.ca {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            let wrong = |why: String| TargetError::Ca { path: path.display().to_string(), why };
            let certificates = rustls::pki_types::CertificateDer::pem_file_iter(path)
                .map_err(|error| wrong(error.to_string()))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
                roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
            }
            if roots.is_empty() {
                return Err(wrong("no certificate".to_owned()));
            }
        }
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

mod trust {
    //! `--insecure`: whoever answers is trusted, as somebody asks for who tests his own server.

    use std::sync::Arc;

    use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
    use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
    use rustls::{DigitallySignedStruct, Error, SignatureScheme};

    #[derive(Debug)]
    pub struct AcceptAnyCertificate(pub Arc<CryptoProvider>);

    impl ServerCertVerifier for AcceptAnyCertificate {
        fn verify_server_cert(
            &self,
            _end_entity: &CertificateDer<'_>,
            _intermediates: &[CertificateDer<'_>],
            _server_name: &ServerName<'_>,
            _ocsp_response: &[u8],
            _now: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            Ok(ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            let known = &self.0.signature_verification_algorithms;
            verify_tls12_signature(message, certificate, signature, known)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signature: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            let known = &self.0.signature_verification_algorithms;
            verify_tls13_signature(message, certificate, signature, known)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.0.signature_verification_algorithms.supported_schemes()
        }
    }
}
