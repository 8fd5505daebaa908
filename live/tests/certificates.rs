//! Tests which certificates of a server are trusted by its PEM file: those that it lists, for their names and their time.
#![cfg(feature = "tls")]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests open sockets and write files")]

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use wsclose::protocol::code::Profile;
use wsclose_live::check;
use wsclose_live::model_endpoint::{self, ServerIdentity};

/// What a certificate states.
fn params(name: &str, is_ca: bool) -> CertificateParams {
    let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    if is_ca {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    params
}

fn write(folder: &Path, name: &str, pem: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, pem).expect("a file");
    path
}

/// A folder of this test, which does not exist twice at a time.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// The URL of a model with this certificate.
fn serve(certificate: &Path, key: &Path) -> String {
    let identity = ServerIdentity::read(certificate, key).expect("an identity");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || model_endpoint::serve_tls(&listener, Profile::default(), &identity));
    format!("wss://localhost:{port}/")
}

/// The error of a check that trusts the certificates of `ca`; `None` if the server was tested.
fn error(url: &str, ca: &Path) -> Option<String> {
    let report = check(url).ca(ca).case("liveness").run().expect("the check runs");
    report.fatal_error().map(ToString::to_string)
}

/// The error of a check that trusts the certificate of the server, which signed itself.
fn error_of_self_signed(test: &str, params: &CertificateParams) -> Option<String> {
    let folder = folder(test);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate").pem();
    let certificate = write(&folder, "certificate.pem", &certificate);
    let url = serve(&certificate, &write(&folder, "key.pem", &key.serialize_pem()));
    error(&url, &certificate)
}

#[test]
fn self_signed_certificate_is_trusted_as_itself() {
    assert_eq!(error_of_self_signed("authority", &params("localhost", true)), None);
    assert_eq!(error_of_self_signed("end-entity", &params("localhost", false)), None);
}

#[test]
fn listed_certificate_is_trusted_for_its_name_and_time_alone() {
    let found = error_of_self_signed("other-name", &params("example.com", true)).expect("an error");
    assert!(found.contains("not valid for name"), "{found}");
    let mut expired = params("localhost", true);
    expired.not_after = date_time_ymd(2020, 1, 1);
    let found = error_of_self_signed("expired", &expired).expect("an error");
    assert!(found.contains("expired"), "{found}");
    let mut future = params("localhost", true);
    future.not_before = date_time_ymd(4000, 1, 1);
    let found = error_of_self_signed("future", &future).expect("an error");
    assert!(found.contains("not valid yet"), "{found}");
}

#[test]
fn certificate_with_an_unlisted_issuer_is_trusted_if_it_is_listed() {
    let folder = folder("unlisted-issuer");
    let issuer = Issuer::new(params("the authority", true), KeyPair::generate().expect("a key"));
    let [listed, other] = [(); 2].map(|()| {
        let key = KeyPair::generate().expect("a key");
        let certificate = params("localhost", false).signed_by(&key, &issuer).expect("a certificate");
        (certificate.pem(), key.serialize_pem())
    });
    let listed_path = write(&folder, "listed.pem", &listed.0);
    let url = serve(&listed_path, &write(&folder, "listed.key.pem", &listed.1));
    assert_eq!(error(&url, &listed_path), None);
    let other_path = write(&folder, "other.pem", &other.0);
    let found = error(&url, &other_path).expect("an error");
    assert!(found.contains("UnknownIssuer"), "{found}");
}
