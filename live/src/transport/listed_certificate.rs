//! Trusts the certificates of a file: as authorities, and as the certificate of the server itself.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

/// Accepts what the WebPKI verifier accepts, and a certificate that is listed itself, for its names and its time.
///
/// `openssl req -x509` marks a self-signed certificate as an authority. The verifier then refuses it as the certificate of a
/// server, also where the user names exactly this certificate.
#[derive(Debug)]
pub struct ListedCertificates {
    authorities: Arc<WebPkiServerVerifier>,
    listed: Vec<CertificateDer<'static>>,
}

impl ListedCertificates {
    /// A verifier that trusts the authorities of `authorities`, and the certificates in `listed`.
    pub fn new(authorities: Arc<WebPkiServerVerifier>, listed: Vec<CertificateDer<'static>>) -> Self {
        ListedCertificates { authorities, listed }
    }
}

/// Whether a certificate has no other fault than that no authority issued it. The time and the purpose of a certificate are
/// verified before its issuer is looked for, and its time before it is refused as an authority.
fn lacks_issuer_alone(error: &Error) -> bool {
    let Error::InvalidCertificate(why) = error else { return false };
    if let CertificateError::Other(other) = why {
        other.0.downcast_ref::<webpki::Error>() == Some(&webpki::Error::CaUsedAsEndEntity)
    } else {
        *why == CertificateError::UnknownIssuer
    }
}

impl ServerCertVerifier for ListedCertificates {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified =
            self.authorities.verify_server_cert(certificate, intermediates, name, ocsp_response, now);
        match verified {
            Err(error) if lacks_issuer_alone(&error) && self.listed.contains(certificate) => {
                verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}
