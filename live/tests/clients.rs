//! Checks of clients by the builder. This test program is the client: it runs the model when a variable tells it to.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests open sockets and wait")]

use std::io::{BufRead, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use wsclose::protocol::code::Profile;
use wsclose_live::{
    ClientCommand, Event, RunError, RunVerdict, check_client, check_client_loop, model_endpoint,
};

/// The URL to connect to, or `-` to read URLs from standard input.
const URL: &str = "WSCLOSE_TEST_CLIENT_URL";

/// The test that is the client.
const CLIENT: &str = "model_client_process";

/// The variable that makes the client hang if its connection is reset.
const HANGS: &str = "WSCLOSE_TEST_CLIENT_HANGS";

/// The command that starts this program as a client.
fn command(url: &str) -> String {
    let program = std::env::current_exe().expect("this program");
    format!("{URL}={url} exec '{}' --exact {CLIENT} --nocapture", program.display())
}

fn connect(url: &str) {
    let status = model_endpoint::connect(url, Profile::default(), 7, false).expect("it connects");
    let status = status.expect("a close status");
    while std::env::var_os(HANGS).is_some() && status.clean == Some(false) {
        std::thread::sleep(Duration::from_secs(9));
    }
    // The test runner may have printed the beginning of a line.
    println!("\n{status}");
    std::io::stdout().flush().expect("a pipe");
}

#[test]
fn model_client_process() {
    match std::env::var(URL) {
        Err(_) => {}
        Ok(url) if url == "-" => {
            std::io::stdin().lock().lines().for_each(|url| connect(url.expect("a line").trim()));
        }
        Ok(url) => connect(&url),
    }
}

#[test]
fn client_that_is_started_per_connection_passes() {
    let report = check_client(command("{url}"))
        .name("the model")
        .reports_close(true)
        .close_command(true)
        .strict(true)
        .case("code-received/100?")
        .case("local-close/*")
        .run()
        .expect("the check runs");
    assert!(report.passes(), "{report}");
    assert_eq!(report.endpoint, "the model");
    assert!(report.text().verbose(true).to_string().contains("ok            reports-first-code"), "{report}");
}

#[test]
fn client_that_hangs_after_a_reset_violates_no_hang() {
    let check = |variable: &str| {
        let command = format!("{variable}=1 {}", command("{url}"));
        let check = check_client(command).reports_close(true).case("closing_handshake/*reset*");
        check.only("no-hang").only("no-panic").run().expect("the check runs")
    };
    let hangs = check(HANGS);
    assert!(hangs.fails() && hangs.to_string().contains("FAIL          no-hang"), "{hangs}");
    let reports = check("WSCLOSE_TEST_UNUSED");
    assert!(
        reports.passes() && reports.text().verbose(true).to_string().contains("ok            no-hang"),
        "{reports}"
    );
}

#[test]
fn client_that_reads_urls_passes() {
    let check = check_client(ClientCommand::UrlsOnStdin(command("-"))).reports_close(true).jobs(2);
    let report = check.case("code-received/100?").strict(true).run().expect("the check runs");
    assert!(report.passes(), "{report}");
    assert!(report.command.starts_with("wsclose serve --exec-stdin "), "{}", report.command);
}

#[test]
fn client_that_does_not_connect_is_an_error_verdict() {
    let report = check_client("echo an error of mine; {url}").case("liveness").run().expect("it runs");
    assert_eq!(report.verdict(), RunVerdict::Error);
    let error = report.fatal_error().expect("an error").to_string();
    assert!(error.contains("expected the client to connect, found: it ended"), "{error}");
    let usage = check_client("true").run();
    assert!(usage.as_ref().is_err_and(RunError::is_usage), "{usage:?}");
}

fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// Connects the model to a path of the case server.
fn visit(url: &str, path: &str) {
    model_endpoint::connect(&format!("{url}/{path}"), Profile::default(), 7, false).expect("it is served");
}

#[test]
fn client_loop_passes() {
    let (sender, events) = std::sync::mpsc::channel();
    let check = check_client_loop().listen(any_port()).case("code-received/100?").events(sender);
    let mut server = check.strict(true).start().expect("it listens");
    let (url, count) = (server.url().to_owned(), server.case_count());
    let client = std::thread::spawn(move || {
        (1..=count).for_each(|number| visit(&url, &format!("runCase?case={number}&agent=model")));
        visit(&url, "updateReports?agent=model");
    });
    let report = server.next_report().expect("cases ran").expect("the first report");
    server.release_client();
    client.join().expect("the client is served");
    assert!(report.passes(), "{report}");
    assert_eq!(report.endpoint, "model");
    drop(server);
    let events: Vec<Event> = events.iter().collect();
    let finished = |event: &&Event| matches!(event, Event::CaseFinished { .. });
    assert_eq!(events.iter().filter(finished).count(), report.cases.len());
    assert!(events.contains(&Event::ReportsRequested { agent: "model".to_owned() }));
    assert!(events.contains(&Event::ReportsDelivered { agent: "model".to_owned() }));
}

#[test]
fn client_loop_without_a_client_is_an_error() {
    let check = check_client_loop().listen(any_port()).exec("exit 0");
    let error = check.run().expect_err("no client");
    assert!(error.to_string().contains("no client ran a case: the client exited: "), "{error}");
    assert!(!error.is_usage());
}

/// The response to a request for this path, which is not a WebSocket request.
fn response(url: &str, path: &str) -> std::io::Result<String> {
    let mut tcp = TcpStream::connect(url.trim_start_matches("ws://"))?;
    // Without a free slot, the server accepts the connection and never responds.
    tcp.set_read_timeout(Some(Duration::from_secs(30)))?;
    write!(tcp, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let mut text = String::new();
    tcp.read_to_string(&mut text)?;
    Ok(text)
}

#[test]
fn panic_while_serving_frees_the_connection() {
    /// More than the number of connections at a time.
    const PANICS: usize = 40;
    static CONNECTIONS: AtomicUsize = AtomicUsize::new(0);
    let check = check_client_loop().listen(any_port()).on_event(|event| {
        if *event == Event::ClientConnected && CONNECTIONS.fetch_add(1, Ordering::Relaxed) < PANICS {
            panic!("the listener of the test panics");
        }
    });
    let server = check.start().expect("it listens");
    for _ in 0..PANICS {
        // The connection ends without a response.
        let _ = response(server.url(), "/");
    }
    let text = response(server.url(), "/").expect("it still serves");
    assert!(text.starts_with("HTTP/1.1 400 Bad Request"), "{text}");
}
