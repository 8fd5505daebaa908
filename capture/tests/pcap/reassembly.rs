//! Retransmissions, overlaps, reordering and loss.

use wsclose::protocol::role::Role::{Client, Server};
use wsclose_capture::recording::{Beginning, End};

use crate::support::{Session, pcap_header, pcap_packet, read, shown};

#[test]
fn segments_in_order() {
    let mut session = Session::open();
    session.octets(Client, 0, 0, b"abc");
    session.octets(Server, 0, 3, b"defg");
    session.packet(Server, 4, Some(3), "F", b"");
    session.packet(Client, 3, Some(5), "F", b"hi");
    let connection = session.read();
    assert_eq!(
        shown(&connection),
        ["C abc ack 0", "S defg ack 3", "S FIN ack 3", "C hi ack 5", "C FIN ack 5"]
    );
    assert_eq!((connection.beginning, connection.end), (Beginning::Connection, End::Complete));
    let packets: Vec<_> = connection.events.iter().filter_map(|event| event.packet).collect();
    assert_eq!(packets, [4, 5, 6, 7, 7]);
    assert_eq!(connection.notes, [""; 0]);
}

#[test]
fn a_retransmission_shows_nothing_again() {
    let mut session = Session::open();
    session.octets(Client, 0, 0, b"abc");
    session.octets(Client, 0, 0, b"abc");
    session.octets(Client, 0, 0, b"abcdef");
    session.packet(Client, 6, Some(0), "F", b"");
    session.packet(Client, 6, Some(0), "F", b"");
    session.packet(Client, 3, Some(0), "F", b"def");
    assert_eq!(session.shown(), ["C abc ack 0", "C def ack 0", "C FIN ack 0"]);
}

#[test]
fn the_first_octets_win_where_segments_overlap() {
    let mut session = Session::open();
    session.octets(Client, 0, 0, b"ab");
    session.octets(Client, 1, 0, b"Xcd");
    session.octets(Client, 8, 0, b"ij");
    session.octets(Client, 9, 0, b"Xk");
    session.octets(Client, 6, 0, b"gh***l");
    session.octets(Client, 3, 0, b"XefX");
    let shown = session.shown().concat();
    assert_eq!(shown.replace(" ack 0", "").replace("C ", " "), " ab cd ef gh ij k l");
}

#[test]
fn a_segment_that_overtook_another_stands_behind_it() {
    let mut session = Session::open();
    session.octets(Server, 0, 0, b"xyz");
    session.octets(Client, 3, 0, b"def");
    session.packet(Client, 6, Some(0), "F", b"");
    session.octets(Client, 0, 3, b"abc");
    let connection = session.read();
    // `abc` was sent before `def`, which acknowledges nothing: its own acknowledgement is that of a second transmission.
    assert_eq!(shown(&connection), ["S xyz ack 0", "C abc ack 0", "C def ack 0", "C FIN ack 0"]);
    let packets: Vec<_> = connection.events.iter().filter_map(|event| event.packet).collect();
    assert_eq!(packets, [4, 7, 5, 6]);
    let times: Vec<_> = connection.events.iter().filter_map(|event| event.time).collect();
    assert!(times.is_sorted(), "{times:?}");
}

#[test]
fn octets_that_were_acknowledged_and_not_recorded_are_missing() {
    let mut session = Session::open();
    session.octets(Client, 0, 0, b"abc");
    session.octets(Client, 8, 0, b"ijk");
    session.octets(Server, 0, 11, b"xyz");
    session.octets(Client, 11, 3, b"lm");
    let connection = session.read();
    assert_eq!(
        shown(&connection),
        ["C abc ack 0", "C missing 5 ack 0", "C ijk ack 0", "S xyz ack 11", "C lm ack 3"]
    );
    assert_eq!(connection.notes, ["The recording lacks 5 octets that the client sent."]);
}

#[test]
fn a_hole_that_is_acknowledged_in_part_is_filled_in_part() {
    let mut session = Session::open();
    session.octets(Client, 8, 0, b"ijk");
    for _ in 0..10 {
        session.ack(Server, 0, 5);
    }
    session.octets(Client, 5, 0, b"fgh");
    assert_eq!(session.shown(), ["C missing 5 ack 0", "C fgh ack 0", "C ijk ack 0"]);
}

#[test]
fn what_is_acknowledged_at_the_end_is_missing() {
    let mut session = Session::open();
    session.octets(Client, 0, 0, b"abc");
    session.ack(Server, 0, 9);
    assert_eq!(session.shown(), ["C abc ack 0", "C missing 6"]);
    // One more octet may be a FIN.
    let mut session = Session::open();
    session.octets(Client, 0, 0, b"abc");
    session.ack(Server, 0, 4);
    let connection = session.read();
    assert_eq!(shown(&connection), ["C abc ack 0", "C missing"]);
    assert_eq!(connection.end, End::Cut);
}

#[test]
fn a_hole_at_the_end_of_the_recording_is_missing() {
    let mut session = Session::open();
    session.octets(Client, 3, 0, b"def");
    session.packet(Client, 8, Some(0), "F", b"");
    assert_eq!(session.shown(), ["C missing 3 ack 0", "C def ack 0", "C missing 2 ack 0", "C FIN ack 0"]);
}

#[test]
fn an_answer_that_was_recorded_before_what_it_answers_waits() {
    let mut session = Session::open();
    session.octets(Client, 0, 0, b"abc");
    session.octets(Server, 0, 6, b"xyz");
    session.packet(Server, 3, Some(6), "F", b"");
    session.octets(Client, 3, 0, b"def");
    assert_eq!(session.shown(), ["C abc ack 0", "C def ack 0", "S xyz ack 6", "S FIN ack 6"]);
}

#[test]
fn an_answer_waits_for_fifty_milliseconds_at_most() {
    let mut session = Session::open();
    session.octets(Server, 0, 3, b"xyz");
    session.time += 60_000;
    session.octets(Server, 3, 3, b"uvw");
    session.octets(Client, 0, 0, b"abc");
    assert_eq!(session.shown(), ["C missing 3", "S xyz ack 3", "S uvw ack 3"]);
}

#[test]
fn sequence_numbers_wrap_around() {
    let mut session = Session::new();
    session.bases = [u32::MAX - 1, u32::MAX];
    session.handshake();
    session.octets(Client, 3, 0, b"def");
    session.octets(Client, 0, 0, b"abc");
    session.octets(Server, 0, 6, b"xyz");
    session.ack(Client, 6, 3);
    session.packet(Server, 3, Some(6), "F", b"");
    assert_eq!(session.shown(), ["C abc ack 0", "C def ack 0", "S xyz ack 6", "S FIN ack 6"]);
}

#[test]
fn the_offset_exceeds_the_range_of_sequence_numbers() {
    // Segments of 60,000 octets until the sequence number has wrapped around would make a file of 4 GiB. Holes that are
    // acknowledged go as far.
    let mut session = Session::open();
    let step = 500_000_000;
    for index in 1..20 {
        session.time += 100_000;
        session.octets(Client, index * step, 0, b"abc");
        session.ack(Server, 0, index * step + 3);
    }
    let shown = session.shown();
    assert_eq!(shown[0], format!("C missing {step} ack 0"));
    assert_eq!(shown.len(), 38);
    assert_eq!(shown[36], format!("C missing {} ack 0", step - 3));
}

#[test]
fn keep_alive_probes_show_nothing() {
    let mut session = Session::open();
    session.octets(Client, 0, 0, b"abc");
    session.ack(Server, 0, 3);
    session.ack(Client, 2, 0);
    session.octets(Client, 2, 0, b"\0");
    session.ack(Server, -1, 3);
    session.octets(Client, 3, 0, b"def");
    assert_eq!(session.shown(), ["C abc ack 0", "C def ack 0"]);
}

#[test]
fn a_reset_inside_the_window_ends_both_directions() {
    let mut session = Session::open();
    session.octets(Client, 0, 0, b"abc");
    session.packet(Server, 0, Some(3), "R", b"");
    session.packet(Server, 0, Some(3), "R", b"");
    let connection = session.read();
    assert_eq!(shown(&connection), ["C abc ack 0", "S RST ack 3"]);
    assert_eq!(connection.end, End::Complete);
}

#[test]
fn a_reset_outside_the_window_is_ignored() {
    let mut session = Session::open();
    session.octets(Server, 0, 0, b"abc");
    session.ack(Client, 0, 3);
    session.packet(Server, 2, Some(0), "R", b"");
    session.packet(Server, 1_000_000, Some(0), "R", b"");
    let connection = session.read();
    assert_eq!(shown(&connection), ["S abc ack 0"]);
    assert_eq!(connection.end, End::Cut);
    assert_eq!(connection.notes, ["Resets with a sequence number outside the window were ignored: 2."]);
}

#[test]
fn octets_before_a_reset_that_were_not_recorded_are_missing() {
    let mut session = Session::open();
    session.octets(Server, 0, 0, b"abc");
    session.packet(Server, 7, None, "R", b"");
    session.octets(Server, 3, 0, b"def");
    assert_eq!(session.shown(), ["S abc ack 0", "S missing 4", "S RST"]);
}

#[test]
fn a_reset_answers_a_fin() {
    let mut session = Session::open();
    session.packet(Client, 0, Some(0), "F", b"");
    session.octets(Server, 0, 1, b"late");
    session.packet(Client, 1, None, "R", b"");
    let connection = session.read();
    assert_eq!(shown(&connection), ["C FIN ack 0", "S late ack 1", "C RST"]);
    assert_eq!(connection.end, End::Complete);
}

#[test]
fn octets_behind_a_reset_show_that_a_device_may_have_sent_it() {
    let mut session = Session::open();
    session.packet(Server, 0, Some(0), "R", b"");
    session.octets(Server, 0, 0, b"abc");
    let connection = session.read();
    assert_eq!(shown(&connection), ["S RST ack 0", "S abc ack 0"]);
    assert!(connection.notes[0].contains("a device between"), "{:?}", connection.notes);
}

#[test]
fn a_refused_connection_is_reset() {
    let mut session = Session::new();
    session.packet(Client, -1, None, "S", b"");
    session.bases[1] = 0;
    session.packet(Server, 0, Some(0), "R", b"");
    let connection = session.read();
    assert_eq!(shown(&connection), ["S RST ack 0"]);
    assert_eq!((connection.beginning, connection.end), (Beginning::Connection, End::Complete));
}

#[test]
fn packets_that_the_recording_cut_have_missing_octets() {
    let session = Session::open();
    let packet = session.ip(Client, 0, Some(0), "P", b"abcdef");
    let next = session.ip(Client, 6, Some(0), "P", b"ghi");
    // 20 octets of the IP header, 20 of the TCP header: 2 octets of six, then none, with the whole TCP header.
    let mut file = session.pcap();
    pcap_packet(&mut file, 3000, packet.len() as u32, &packet[..42]);
    pcap_packet(&mut file, 4000, next.len() as u32, &next[..40]);
    let (connections, _) = read(&file);
    assert_eq!(shown(&connections[0]), ["C ab ack 0", "C missing 7 ack 0"]);
    // Within the TCP header, nothing is known.
    let mut file = session.pcap();
    pcap_packet(&mut file, 3000, packet.len() as u32, &packet[..39]);
    assert_eq!(read(&file).1.broken, 1);
}

#[test]
fn cut_tcp_options_are_not_needed() {
    let mut file = pcap_header(101);
    let mut packet = Session::new().ip(Client, 0, Some(0), "P", b"abcdef");
    // Twelve octets of options, as time stamps have them.
    packet.splice(40..40, [1; 12]);
    packet[32] = 0x80;
    let length = packet.len() as u16;
    packet[2..4].copy_from_slice(&length.to_be_bytes());
    pcap_packet(&mut file, 0, u32::from(length), &packet[..45]);
    let (connections, summary) = read(&file);
    assert_eq!(summary.broken, 0);
    assert_eq!(shown(&connections[0]), ["C missing 6 ack 0"]);
}

#[test]
fn the_beginning_and_the_end_of_a_long_direction_are_kept() {
    for (length, count) in [(60_000, 300), (3_000, 12_000)] {
        let mut session = Session::open();
        let chunk = vec![b'x'; length as usize];
        session.octets(Server, 0, 0, b"first");
        for index in 0..count {
            session.octets(Client, index * length, 5, &chunk);
            if index == count / 2 {
                session.octets(Server, 5, 0, b"middle");
            }
        }
        session.octets(Client, count * length, 11, b"last");
        session.octets(Server, 11, count * length, b"last");
        let connection = session.read();
        // The octets of the events, and how many there are in a row.
        let mut runs: Vec<(String, i64)> = Vec::new();
        for shown in shown(&connection) {
            let shown = shown.replace(&"x".repeat(length as usize), "x");
            match runs.last_mut() {
                Some((last, times)) if *last == shown => *times += 1,
                _ => runs.push((shown, 1)),
            }
        }
        let part = (8 << 20) / length;
        let before = (count / 2 + 1 - part) * length;
        // The last four octets take the place of one segment.
        let after = (count - count / 2 - 1 - part) * length;
        let expected = [
            ("S first ack 0".to_owned(), 1),
            ("C x ack 5".to_owned(), part),
            (format!("C missing {before} ack 5"), 1),
            ("S middle ack 0".to_owned(), 1),
            (format!("C missing {after} ack 5"), 1),
            ("C x ack 5".to_owned(), part),
            ("C last ack 11".to_owned(), 1),
            (format!("S last ack {}", count * length), 1),
        ];
        assert_eq!(runs, expected, "{length}");
        let note = format!(
            "The reader keeps the first and last 8 MiB of a direction, and left out {} octets that the client sent.",
            before + after
        );
        assert_eq!(connection.notes, [note]);
    }
}

#[test]
fn a_hole_is_given_up_when_too_much_waits_behind_it() {
    let mut session = Session::open();
    let chunk = vec![b'x'; 60_000];
    for index in 0..80 {
        session.octets(Client, 5 + index * 60_000, 0, &chunk);
    }
    // Too late.
    session.octets(Client, 0, 0, b"abcde");
    let shown = session.shown();
    assert_eq!(shown[0], "C missing 5 ack 0");
    assert_eq!(shown.len(), 81);
}

#[test]
fn segments_further_ahead_than_any_window_are_ignored() {
    let mut session = Session::open();
    session.octets(Client, 1_500_000_000, 0, b"X");
    session.octets(Client, 0, 0, b"abc");
    assert_eq!(session.shown(), ["C abc ack 0"]);
}

#[test]
fn a_fin_behind_a_hole_shows_what_was_acknowledged_before() {
    let mut session = Session::open();
    session.octets(Server, 0, 0, b"xyz");
    session.packet(Client, 6, Some(0), "F", b"");
    session.octets(Client, 0, 3, b"abc");
    session.octets(Client, 3, 3, b"def");
    assert_eq!(session.shown(), ["S xyz ack 0", "C abc ack 0", "C def ack 0", "C FIN ack 0"]);
}

#[test]
fn an_acknowledged_fin_ends_a_hole() {
    let mut session = Session::open();
    session.octets(Client, 0, 0, b"abc");
    session.packet(Client, 5, Some(0), "F", b"");
    session.octets(Server, 0, 6, b"xyz");
    assert_eq!(session.shown(), ["C abc ack 0", "C missing 2 ack 0", "C FIN ack 0", "S xyz ack 6"]);
}

#[test]
fn a_fin_in_front_of_octets_is_ignored() {
    let mut session = Session::open();
    session.octets(Client, 5, 0, b"fgh");
    session.packet(Client, 3, Some(0), "F", b"");
    session.packet(Client, 8, Some(0), "F", b"");
    session.packet(Client, 12, Some(0), "F", b"");
    session.octets(Client, 0, 0, b"abcde");
    assert_eq!(session.shown(), ["C abcde ack 0", "C fgh ack 0", "C FIN ack 0"]);
}

#[test]
fn an_answer_waits_for_eight_packets_at_most() {
    for (packets, shown) in [(8, "C abc ack 0"), (9, "C missing 3")] {
        let mut session = Session::open();
        for _ in 0..packets {
            session.ack(Server, 0, 3);
        }
        session.octets(Client, 0, 0, b"abc");
        assert_eq!(session.shown(), [shown], "{packets}");
    }
}

#[test]
fn a_reset_shows_what_is_behind_a_hole() {
    let mut session = Session::open();
    session.octets(Client, 3, 0, b"def");
    session.packet(Client, 0, None, "R", b"");
    assert_eq!(session.shown(), ["C missing 3 ack 0", "C def ack 0", "C RST"]);
}

#[test]
fn a_window_scale_makes_the_window_larger() {
    let mut session = Session::open();
    for (_, packet) in &mut session.packets[..2] {
        // The option, behind a header that is four octets longer: 60,000 times 16.
        packet.splice(40..40, [3, 3, 4, 1]);
        packet[32] = 0x60;
        packet[3] += 4;
    }
    let mut far = Session { packets: session.packets.clone(), ..Session::open() };
    // Only a SYN has the option.
    let mut late = far.ip(Client, 0, Some(0), "", b"");
    late.splice(40..40, [3, 3, 14, 1]);
    late[32] = 0x60;
    late[3] += 4;
    far.packets.push((far.time, late));
    session.packet(Server, 900_000, Some(0), "R", b"");
    assert_eq!(session.shown(), ["S missing 900000", "S RST ack 0"]);
    far.packet(Server, 1_000_000, Some(0), "R", b"");
    assert_eq!(far.shown(), [""; 0]);
}

#[test]
fn a_syn_may_carry_octets() {
    let mut session = Session::new();
    session.packet(Client, -1, None, "S", b"abc");
    session.packet(Server, -1, Some(3), "S", b"");
    session.octets(Client, 3, 0, b"def");
    assert_eq!(session.shown(), ["C abc", "C def ack 0"]);
}

#[test]
fn a_reset_may_have_the_sequence_number_that_it_answers() {
    let mut session = Session::open();
    session.octets(Server, 0, 0, b"abcdef");
    session.ack(Client, 0, 3);
    session.packet(Server, 3, None, "R", b"");
    assert_eq!(session.shown(), ["S abcdef ack 0", "S RST"]);
    // The window is 65,535 at least, because its scale may be missing.
    let mut session = Session::open();
    session.packet(Server, 65_000, Some(0), "R", b"");
    assert_eq!(session.shown(), ["S missing 65000", "S RST ack 0"]);
}
