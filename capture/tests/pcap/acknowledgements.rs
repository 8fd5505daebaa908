//! What an event acknowledges.

use wsclose::protocol::role::Role::{Client, Server};

use crate::support::{Session, shown};

#[test]
fn acknowledgements_without_octets_count_for_later_events_only() {
    let mut session = Session::open();
    session.octets(Server, 0, 0, b"abc");
    session.octets(Client, 0, 0, b"first");
    session.ack(Client, 5, 3);
    session.octets(Client, 5, 3, b"second");
    assert_eq!(session.shown(), ["S abc ack 0", "C first ack 0", "C second ack 3"]);
}

#[test]
fn an_acknowledged_fin_counts_as_one_octet() {
    let mut session = Session::open();
    session.octets(Server, 0, 0, b"abc");
    session.packet(Server, 3, Some(0), "F", b"");
    session.octets(Client, 0, 4, b"late");
    assert_eq!(session.shown(), ["S abc ack 0", "S FIN ack 0", "C late ack 4"]);
}

#[test]
fn acknowledgements_count_from_the_first_recorded_octet() {
    let mut session = Session::new();
    session.octets(Server, 1000, 700, b"abc");
    session.octets(Client, 700, 1003, b"de");
    session.octets(Server, 1003, 702, b"fg");
    assert_eq!(session.shown(), ["S abc ack 0", "C de ack 3", "S fg ack 2"]);
}

#[test]
fn octets_that_were_sent_before_the_recording_began_are_not_missing() {
    let mut session = Session::new();
    // The client acknowledges 500, but the recording begins with octet 600 of the server.
    session.octets(Client, 0, 500, b"abc");
    session.octets(Server, 600, 3, b"def");
    session.octets(Client, 3, 603, b"ghi");
    let connection = session.read();
    assert_eq!(shown(&connection), ["C abc ack 0", "S def ack 3", "C ghi ack 3"]);
}
