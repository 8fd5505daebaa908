//! Judges recordings that real programs wrote: no side is accused but for what it was made to do.
#![allow(clippy::disallowed_methods, reason = "the test reads recordings")]

use std::path::Path;

use wsclose_capture::read;
use wsclose_capture::report::{ConnectionReport, ReportSettings};

/// The name of a file, the number of its WebSocket connections, and what they violate.
type Recording = (&'static str, usize, &'static [(&'static str, &'static str)]);

const RECORDINGS: [Recording; 15] = [
    ("follow.c", 1, &[]),
    ("follow.yaml", 1, &[]),
    ("follow_hex.txt", 1, &[]),
    ("follow_hex_lost.txt", 1, &[]),
    ("follow_hex_wireshark.txt", 1, &[]),
    ("follow_lost.yaml", 1, &[]),
    ("follow_raw.txt", 1, &[]),
    ("net_log_default.json", 1, &[]),
    ("net_log_everything.json", 1, &[]),
    ("net_log_h2.json", 2, &[]),
    ("net_log_invalid.json", 1, &[]),
    ("net_log_refused.json", 1, &[]),
    // The server never replied to the Close.
    ("net_log_silent.json", 2, &[("server", "close-answered")]),
    ("net_log_tls.json", 1, &[]),
    ("packets_everything.pcap", 1, &[]),
];

fn reports(name: &str) -> Vec<ConnectionReport> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    let octets = std::fs::read(path).expect("a recording");
    let mut reports = Vec::new();
    let mut sink = |connection| {
        let number = reports.len() + 1;
        reports.extend(ConnectionReport::of(&connection, number, ReportSettings::default()));
    };
    read::read(&octets[..], None, &mut sink).expect("a recording");
    reports
}

fn violations(reports: &[ConnectionReport]) -> Vec<(&str, &str)> {
    let all = reports.iter().flat_map(|report| &report.violations);
    let levels = all.filter(|violation| violation.level != "info");
    levels.map(|violation| (violation.side, violation.rule)).collect()
}

#[test]
fn only_what_a_side_did_is_a_violation() {
    for (name, connections, expected) in RECORDINGS {
        let reports = reports(name);
        let text: String = reports.iter().map(ToString::to_string).collect();
        assert_eq!((reports.len(), violations(&reports)), (connections, expected.to_vec()), "{name}\n{text}");
    }
}

/// The server had a fault; the net-log of the same connection has no octets, and a capture has.
#[test]
fn the_fault_of_a_server_shows_in_a_capture() {
    let reports = reports("packets_invalid.pcap");
    assert_eq!(violations(&reports), [("server", "close-rsv-clear")]);
}

#[test]
fn a_log_without_octets_tells_who_closed() {
    let [report] = &reports("net_log_default.json")[..] else { panic!("expected one connection") };
    assert!(report.answer[0].starts_with("The client sent Close (6 octets, not recorded)"), "{report}");
    assert!(
        report.answer[1].starts_with("The server answered with Close (2 octets, not recorded)"),
        "{report}"
    );
    assert!(report.apis.iter().all(|api| api.code.is_none() && !api.open && api.clean), "{report}");
}
