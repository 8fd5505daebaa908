//! Tests `tls-closed-cleanly` over sockets: the model ends TLS before TCP, and a server that does not is found.
#![cfg(feature = "tls")]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests open sockets")]

#[path = "support/upgrade.rs"]
mod upgrade;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use wsclose::protocol::code::Profile;
use wsclose::rules::Rule;
use wsclose_live::model_endpoint::{self, ServerIdentity};
use wsclose_live::{RunReport, check};

fn certificate() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/localhost.pem")
}

fn key() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/localhost.key.pem")
}

fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    (listener, format!("wss://localhost:{}/", address.port()))
}

/// A server that echoes a Close, and then sends close_notify or not before it closes TCP.
fn echo_server(closes_tls: bool) -> String {
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_file_iter(certificate()).expect("a file").map(|der| der.expect("PEM")).collect();
    let key = PrivateKeyDer::from_pem_file(key()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .expect("a configuration");
    let (listener, url) = listener();
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for tcp in listener.incoming() {
            let config = Arc::clone(&config);
            // The harness ends connections as its scripts demand, so errors are expected.
            std::thread::spawn(move || tcp.and_then(|tcp| serve(config, tcp, closes_tls)));
        }
    });
    url
}

fn serve(config: Arc<ServerConfig>, tcp: TcpStream, closes_tls: bool) -> std::io::Result<()> {
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut tls = StreamOwned::new(connection, tcp);
    upgrade::accept(&mut tls)?;
    let mut close = [0; 8];
    tls.read_exact(&mut close)?;
    tls.write_all(&[0x88, 2, close[6] ^ close[2], close[7] ^ close[3]])?;
    if closes_tls {
        tls.conn.send_close_notify();
    }
    tls.flush()?;
    tls.sock.shutdown(std::net::Shutdown::Write)?;
    tls.sock.read_to_end(&mut Vec::new()).map(drop)
}

fn run(url: &str) -> RunReport {
    check(url).ca(certificate()).case("liveness").case("code-received/1000").run().expect("the check runs")
}

#[test]
fn model_closes_tls_before_tcp() {
    let identity = ServerIdentity::read(&certificate(), &key()).expect("an identity");
    let (listener, url) = listener();
    std::thread::spawn(move || model_endpoint::serve_tls(&listener, Profile::default(), &identity));
    let report = check(&url).ca(certificate()).strict(true).run().expect("the check runs");
    assert!(report.passes(), "{report}");
    let text = report.text().verbose(true).to_string();
    assert!(text.contains("ok            tls-closed-cleanly"), "{text}");
}

#[test]
fn server_that_cuts_tls_violates_one_rule() {
    let report = run(&echo_server(false));
    let violated: Vec<Rule> = report.findings().iter().map(|finding| finding.result.rule).collect();
    assert_eq!(violated, [Rule::TlsClosedCleanly], "{report}");
    assert!(report.to_string().contains("sent FIN without close_notify"), "{report}");
    let report = run(&echo_server(true));
    assert!(report.findings().is_empty(), "{report}");
    assert!(report.text().verbose(true).to_string().contains("ok            tls-closed-cleanly"), "{report}");
}

#[test]
fn identity_errors_name_the_file() {
    let error = ServerIdentity::read(&key(), &key()).expect_err("no certificate");
    assert!(error.to_string().contains("localhost.key.pem, found: no certificate"), "{error}");
    let error = ServerIdentity::read(&certificate(), Path::new("no/such.pem")).expect_err("no key");
    assert!(error.to_string().contains("no/such.pem"), "{error}");
}
