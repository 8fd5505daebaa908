//! Judges what a proxy passed on: a side is judged by what the proxy had passed on to it.

use std::time::Duration;

use wsclose::protocol::role::Role;
use wsclose_capture::proxied::{Moment, PassedOn, ProxiedConnection, ProxiedEvent};
use wsclose_capture::recording::{End, RecordedKind};
use wsclose_capture::report::{ConnectionReport, ReportSettings};

const REQUEST: &[u8] = b"GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n";
const RESPONSE: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n\r\n";
/// A masked Close with code 1000, and one that is not masked.
const CLOSE: &[u8] = &[0x88, 0x82, 0x37, 0xfa, 0x21, 0x3d, 0x34, 0x12];
const REPLY: &[u8] = &[0x88, 2, 0x03, 0xe8];

/// A side, what it did, when the proxy received it and when it passed it on, in seconds. Without octets, it is a FIN.
type Given = (Role, &'static [u8], u64, Option<u64>);

fn connection(events: &[Given], end: End, until: Option<u64>) -> ProxiedConnection {
    let moment = |order: usize, seconds: u64| Moment {
        order: seconds * 1000 + order as u64,
        time: Duration::from_secs(seconds),
    };
    let event = |(at, (from, octets, received, passed)): (usize, &Given)| ProxiedEvent {
        from: *from,
        kind: if octets.is_empty() { RecordedKind::Fin } else { RecordedKind::Octets(octets.to_vec()) },
        received: moment(2 * at, *received),
        passed_on: passed.map(|seconds| PassedOn { at: moment(2 * at + 1, seconds), octets: octets.len() }),
    };
    ProxiedConnection {
        events: events.iter().enumerate().map(event).collect(),
        end,
        silent_until: until.map(Duration::from_secs),
        ..ProxiedConnection::default()
    }
}

fn report(connection: &ProxiedConnection) -> ConnectionReport {
    connection.report(1, ReportSettings::default()).expect("a WebSocket connection")
}

fn violated(report: &ConnectionReport) -> Vec<(&str, &str)> {
    report.violations.iter().map(|violation| (violation.side, violation.rule)).collect()
}

const OPENING: [Given; 2] = [(Role::Client, REQUEST, 0, Some(0)), (Role::Server, RESPONSE, 0, Some(0))];

#[test]
fn octets_that_wait_in_the_proxy_have_not_arrived() {
    let silent = |passed| {
        let close: Given = (Role::Client, CLOSE, 1, passed);
        report(&connection(&[&OPENING[..], &[close]].concat(), End::Cut, Some(20)))
    };
    assert_eq!(violated(&silent(Some(1))), [("server", "close-answered")]);
    // The server did not receive the Close, or received it just now.
    assert_eq!(violated(&silent(None)), []);
    assert_eq!(violated(&silent(Some(20))), []);
}

#[test]
fn request_that_was_not_passed_on_accuses_the_server_of_nothing() {
    let events: [Given; 2] = [(Role::Client, REQUEST, 0, None), (Role::Client, b"", 5, None)];
    let report = report(&connection(&events, End::Cut, Some(20)));
    assert_eq!((violated(&report), report.target.as_deref()), (vec![], Some("/chat")));
}

#[test]
fn violation_stands_at_its_line() {
    // The proxy receives the server's message before it passes on the Close, and passes on the message later.
    let message: &'static [u8] = &[0x81, 2, b'h', b'i'];
    let rest: [Given; 5] = [
        (Role::Client, CLOSE, 1, Some(2)),
        (Role::Server, message, 1, Some(4)),
        (Role::Server, REPLY, 3, Some(4)),
        (Role::Server, message, 3, Some(4)),
        (Role::Server, b"", 3, Some(4)),
    ];
    let report = report(&connection(&[&OPENING[..], &rest].concat(), End::Cut, None));
    let lines: Vec<(&str, &[&str])> =
        report.timeline.iter().map(|line| (line.text.as_str(), line.violates.as_slice())).collect();
    assert_eq!(lines[1], ("TEXT \"hi\"", &[][..]), "{lines:?}");
    assert_eq!(lines[3], ("TEXT \"hi\"", &["no-data-after-close"][..]), "{lines:?}");
    let line = report.violations[0].line.expect("a line");
    assert_eq!(report.timeline[line].seconds, Some(3.0));
}

#[test]
fn each_side_has_its_own_order() {
    let rest: [Given; 2] = [(Role::Client, CLOSE, 1, Some(3)), (Role::Server, REPLY, 2, Some(2))];
    let connection = connection(&[&OPENING[..], &rest].concat(), End::Cut, None);
    let order = |recording: wsclose_capture::recording::RecordedConnection| -> Vec<(Role, u64)> {
        let event = |event: wsclose_capture::recording::RecordedEvent| {
            (event.from, event.time.expect("a time").as_secs())
        };
        recording.events.into_iter().skip(2).map(event).collect()
    };
    assert_eq!(order(connection.facing(Role::Client)), [(Role::Client, 1), (Role::Server, 2)]);
    assert_eq!(order(connection.facing(Role::Server)), [(Role::Server, 2), (Role::Client, 3)]);
    assert_eq!(order(connection.recording()), [(Role::Client, 1), (Role::Server, 2)]);
}
