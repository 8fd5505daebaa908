//! TLS: which certificates of `wss:` servers are trusted, the certificate of the model, and sessions over a socket.

use std::io;
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, ServerConfig, ServerConnection,
    SignatureScheme, StreamOwned,
};

use crate::transport::listed_certificate::ListedCertificates;
use crate::transport::target_options::{TargetError, TargetOptions};

/// A connection under TLS, as a client.
pub type TlsStream = StreamOwned<ClientConnection, TcpStream>;

/// A connection under TLS, as a server.
pub type TlsServerStream = StreamOwned<ServerConnection, TcpStream>;

/// The certificate and the key of a server.
#[derive(Clone, Debug)]
pub struct ServerIdentity(Arc<ServerConfig>);

impl ServerIdentity {
    /// Reads a certificate, with those that sign it if there are any, and its key. Both files are PEM.
    ///
    /// # Errors
    /// Returns what is wrong with a file, or that the key does not fit the certificate.
    pub fn read(certificate: &Path, key: &Path) -> Result<ServerIdentity, TargetError> {
        let wrong = |path: &Path, why: String| TargetError::Ca { path: path.display().to_string(), why };
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect)
            .map_err(|error| wrong(certificate, error.to_string()))?;
        if chain.is_empty() {
            return Err(wrong(certificate, "no certificate".to_owned()));
        }
        let secret = PrivateKeyDer::from_pem_file(key)
            .map_err(|error| TargetError::Tls(format!("{}: {error}", key.display())))?;
        let tls = |error: Error| TargetError::Tls(error.to_string());
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(tls)?
            .with_no_client_auth()
            .with_single_cert(chain, secret)
            .map_err(tls)?;
        Ok(ServerIdentity(Arc::new(config)))
    }

    /// Starts TLS over an accepted connection. The handshake takes place with the first octets.
    ///
    /// # Errors
    /// Returns the error of rustls.
    pub fn start(&self, tcp: TcpStream) -> io::Result<TlsServerStream> {
        let tls = ServerConnection::new(Arc::clone(&self.0)).map_err(io::Error::other)?;
        Ok(StreamOwned::new(tls, tcp))
    }
}

/// How to establish TLS with one server.
#[derive(Clone, Debug)]
pub struct TlsConfig {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl TlsConfig {
    /// The configuration for a server of this host name.
    ///
    /// # Errors
    /// Returns what is wrong with the name or the certificates.
    pub fn new(host: &str, options: &TargetOptions) -> Result<TlsConfig, TargetError> {
        let name =
            ServerName::try_from(host.to_owned()).map_err(|error| TargetError::Tls(error.to_string()))?;
        Ok(TlsConfig { config: Arc::new(client_config(options)?), name })
    }

    /// Starts TLS over a connection. The handshake takes place with the first octets.
    ///
    /// # Errors
    /// Returns the error of rustls.
    pub fn start(&self, tcp: TcpStream) -> io::Result<TlsStream> {
        let tls = ClientConnection::new(Arc::clone(&self.config), self.name.clone());
        Ok(StreamOwned::new(tls.map_err(io::Error::other)?, tcp))
    }
}

fn client_config(options: &TargetOptions) -> Result<ClientConfig, TargetError> {
    let tls = |error: Error| TargetError::Tls(error.to_string());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(tls)?;
    if options.insecure {
        let verifier = Arc::new(AcceptAnyCertificate(provider));
        return Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth());
    }
    let mut roots = rustls::RootCertStore::empty();
    let Some(path) = &options.ca else {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        return Ok(builder.with_root_certificates(roots).with_no_client_auth());
    };
    let wrong = |why: String| TargetError::Ca { path: path.display().to_string(), why };
    let listed: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| wrong(error.to_string()))?;
    if listed.is_empty() {
        return Err(wrong("no certificate".to_owned()));
    }
    for certificate in &listed {
        roots.add(certificate.clone()).map_err(|error| wrong(error.to_string()))?;
    }
    let authorities = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| wrong(error.to_string()))?;
    let verifier = Arc::new(ListedCertificates::new(authorities, listed));
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// Accepts every certificate, for servers that are tested with a self-signed one.
#[derive(Debug)]
struct AcceptAnyCertificate(Arc<CryptoProvider>);

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
