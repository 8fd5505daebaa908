//! Judges recordings that real programs wrote: no side is accused but for what it was made to do.
#![allow(clippy::disallowed_methods, reason = "the test reads recordings")]

mod reports;

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

#[test]
fn only_what_a_side_did_is_a_violation() {
    for (name, connections, expected) in RECORDINGS {
        let reports = reports::of_file(&format!("data/{name}"));
        let text: String = reports.iter().map(ToString::to_string).collect();
        assert_eq!(
            (reports.len(), reports::violations(&reports)),
            (connections, expected.to_vec()),
            "{name}\n{text}"
        );
    }
}

/// The server had a fault; the net-log of the same connection has no octets, and a capture has.
#[test]
fn the_fault_of_a_server_shows_in_a_capture() {
    let reports = reports::of_file("data/packets_invalid.pcap");
    assert_eq!(reports::violations(&reports), [("server", "close-rsv-clear")]);
}

#[test]
fn compressed_messages_are_shown_inflated() {
    let [report] = &reports::of_file("data/net_log_everything.json")[..] else {
        panic!("expected one connection")
    };
    let texts: Vec<&str> = report.timeline.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts[0], "TEXT \"hello\" inflated masked", "{report}");
}

#[test]
fn a_log_without_octets_tells_who_closed() {
    let [report] = &reports::of_file("data/net_log_default.json")[..] else {
        panic!("expected one connection")
    };
    assert!(report.answer[0].starts_with("The client sent Close (6 octets, not recorded)"), "{report}");
    assert!(
        report.answer[1].starts_with("The server answered with Close (2 octets, not recorded)"),
        "{report}"
    );
    assert!(report.apis.iter().all(|api| api.code.is_none() && !api.open && api.clean), "{report}");
}
