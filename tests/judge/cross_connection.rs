//! Tests the rules that compare connections of one script: which inputs are the same, and which differences count.

use crate::closure_subject::FnSubject;
use crate::scripted::Act::{Closes, Hangs, Panics, ReportsError};
use crate::scripted::assert_verdict;
use wsclose::harness::{Recorder, Stimulus};
use wsclose::judge::Verdict::{self, Conforms, NotExercised, Violates};
use wsclose::protocol::code::CloseCode;
use wsclose::rules::Rule;
use wsclose::script::MessageKind;

#[test]
fn next_connection_unharmed_compares_only_connections_with_the_same_input() {
    let rule = Rule::NextConnectionUnharmed;
    assert_verdict(rule, Conforms, "> ping \"x\"\nconnect\n> ping \"x\"\n", &[&[], &[ReportsError]]);
    for more in ["> fin", "> reset", "> gone 1", "> pause", "app close", "app send text \"a\"", "wait 1"] {
        let steps = format!("> ping \"x\"\nconnect\n> ping \"x\"\n{more}\n");
        assert_verdict(rule, NotExercised, &steps, &[&[], &[ReportsError]]);
    }
    assert_verdict(rule, NotExercised, "> pause\nconnect\n> pause\n> resume\n", &[&[], &[ReportsError]]);
    let later = "> ping \"x\"\nwait 1\nconnect\nwait 1\n> ping \"x\"\n";
    assert_verdict(rule, NotExercised, later, &[&[], &[], &[], &[ReportsError]]);
}

#[test]
fn any_segmentation_is_violated_by_another_error_panic_or_number_of_closes() {
    let rule = Rule::AnySegmentation;
    let steps = "> ping \"x\"\nagain each\n";
    assert_verdict(rule, Violates, steps, &[&[], &[ReportsError]]);
    assert_verdict(rule, Violates, steps, &[&[], &[Panics]]);
    assert_verdict(rule, Violates, steps, &[&[Closes(1000)], &[Closes(1000)]]);
}

#[test]
fn any_segmentation_is_not_exercised_after_a_hang_or_a_pause_of_the_application() {
    let rule = Rule::AnySegmentation;
    assert_verdict(rule, NotExercised, "> ping \"x\"\nagain each\n", &[&[], &[ReportsError, Hangs]]);
    assert_verdict(rule, NotExercised, "> ping \"x\" cut=1\nagain whole\n", &[&[], &[ReportsError, Hangs]]);
    assert_verdict(rule, NotExercised, "> ping \"x\"\napp pause\nagain each\n", &[&[], &[], &[ReportsError]]);
}

/// Repeats the connection with as few segments as possible, then with one octet in each segment.
const CUTS: &str = "again whole\nagain each\n";

fn verdict<S: Default>(react: fn(&mut S, Stimulus<'_>, &mut Recorder), steps: &str) -> Verdict {
    FnSubject::new(react).verdict(&format!("{steps}{CUTS}"), Rule::AnySegmentation)
}

/// Sends a Close with this code.
fn send_close(code: u16, out: &mut Recorder) {
    let [high, low] = code.to_be_bytes();
    out.sent(&[0x88, 2, high, low]);
}

#[test]
fn any_segmentation_is_violated_by_another_close_code_or_reported_code() {
    fn replies_by_length(seen: &mut bool, stimulus: Stimulus<'_>, out: &mut Recorder) {
        if let (Stimulus::Octets(octets), false) = (stimulus, std::mem::replace(seen, true)) {
            send_close(if octets.len() == 1 { 1002 } else { 1000 }, out);
            out.fin();
        }
    }
    assert_eq!(verdict(replies_by_length, "> close 1000\n"), Verdict::Violates);
    fn reports_by_length(seen: &mut bool, stimulus: Stimulus<'_>, out: &mut Recorder) {
        if let (Stimulus::Octets(octets), false) = (stimulus, std::mem::replace(seen, true)) {
            out.reported(Some(CloseCode(if octets.len() == 1 { 1006 } else { 1000 })), None, None);
            out.fin();
        }
    }
    assert_eq!(verdict(reports_by_length, "> close 1000\n"), Verdict::Violates);
}

/// Sends a Close with 1002 and a reason that differs in each connection, as a heap address does.
fn fails_in_other_words(count: &mut u8, stimulus: Stimulus<'_>, out: &mut Recorder) {
    if let Stimulus::Octets(_) = stimulus {
        COUNTER.with(|counter| *count = counter.replace(counter.get().wrapping_add(1)));
        out.sent(&[0x88, 5, 0x03, 0xea, b'a', b't', b'0' + *count % 10]);
        out.fin();
    }
}

thread_local! {
    static COUNTER: std::cell::Cell<u8> = const { std::cell::Cell::new(0) };
}

/// Echoes a Close of three octets, which is complete or comes in parts.
fn echoes_the_first_part(seen: &mut Vec<u8>, stimulus: Stimulus<'_>, out: &mut Recorder) {
    if let Stimulus::Octets(octets) = stimulus {
        let in_parts = octets.len() < 9;
        seen.extend_from_slice(octets);
        if seen.len() == 9 {
            let reason = seen[8] ^ seen[4];
            let body: &[u8] = if in_parts { &[0x03, 0xe8] } else { &[0x03, 0xe8, reason] };
            out.sent(&[&[0x88, body.len() as u8], body].concat());
            out.fin();
        }
    }
}

#[test]
fn any_segmentation_ignores_a_reason_in_the_words_of_the_endpoint() {
    assert_eq!(verdict(fails_in_other_words, "> opcode=11\n"), Verdict::Conforms);
    // A reason that the endpoint received is the same in any segments.
    assert_eq!(verdict(echoes_the_first_part, "> close 1000 \"x\"\n"), Verdict::Violates);
}

#[test]
fn any_segmentation_allows_the_echo_of_an_over_long_close() {
    /// Echoes a Close of 126 octets as a server, once it is complete.
    fn echoes_126(payload: &mut Vec<u8>, stimulus: Stimulus<'_>, out: &mut Recorder) {
        let Stimulus::Octets(octets) = stimulus else { return };
        payload.extend_from_slice(octets);
        if payload.len() == 8 + 126 {
            let (header, body) = payload.split_at(8);
            let body: Vec<u8> = body.iter().zip(header[4..].iter().cycle()).map(|(x, key)| x ^ key).collect();
            out.sent(&[&[0x88, 126, 0, 126], body.as_slice()].concat());
            out.fin();
        }
    }
    assert_eq!(verdict(echoes_126, "> close 1000 \"é\" * 62\n"), Verdict::Conforms);
}

#[test]
fn next_connection_unharmed_ignores_a_reason_in_the_words_of_the_endpoint() {
    let steps = "> opcode=11\nconnect\n> opcode=11\n";
    let verdict = FnSubject::new(fails_in_other_words).verdict(steps, Rule::NextConnectionUnharmed);
    assert_eq!(verdict, Verdict::Conforms);
}

#[test]
fn any_segmentation_allows_a_fin_or_a_reset_after_the_close() {
    fn closes_at_once(seen: &mut bool, stimulus: Stimulus<'_>, out: &mut Recorder) {
        if let (Stimulus::Octets(octets), false) = (stimulus, std::mem::replace(seen, true)) {
            send_close(1000, out);
            if octets.len() == 1 { out.fin() } else { out.reset() }
        }
    }
    assert_eq!(verdict(closes_at_once, "> close 1000\n"), Verdict::Conforms);
    fn closes_at_the_end(seen: &mut usize, stimulus: Stimulus<'_>, out: &mut Recorder) {
        if let Stimulus::Octets(octets) = stimulus {
            *seen += octets.len();
            if *seen == 8 {
                send_close(1000, out);
                if octets.len() == 1 { out.fin() } else { out.reset() }
            }
        }
    }
    assert_eq!(verdict(closes_at_the_end, "> close 1000\n"), Verdict::Conforms);
}

#[test]
fn any_segmentation_allows_tcp_to_close_at_another_time_after_the_close() {
    fn closes_tcp_after_close(seen: &mut u32, stimulus: Stimulus<'_>, out: &mut Recorder) {
        if let Stimulus::Octets(_) = stimulus {
            *seen += 1;
            match seen {
                1 => send_close(1000, out),
                // A Close with a code from a client has eight octets.
                8 => out.fin(),
                _ => {}
            }
        }
    }
    assert_eq!(verdict(closes_tcp_after_close, "> close 1000\n"), Verdict::Conforms);
}

#[test]
fn any_segmentation_is_violated_by_a_tcp_close_without_a_close() {
    fn closes_tcp_without_close(seen: &mut u32, stimulus: Stimulus<'_>, out: &mut Recorder) {
        if let Stimulus::Octets(_) = stimulus {
            *seen += 1;
            if *seen == 8 {
                out.fin();
            }
        }
    }
    assert_eq!(verdict(closes_tcp_without_close, "> close 1000\n"), Verdict::Violates);
}

/// Reacts to the first segment: sends a Close, delivers a message if the segment has more than one octet, sends FIN.
fn delivers_and_shuts_down_write(seen: &mut bool, stimulus: Stimulus<'_>, out: &mut Recorder) {
    if let (Stimulus::Octets(octets), false) = (stimulus, std::mem::replace(seen, true)) {
        send_close(1000, out);
        if octets.len() > 1 {
            out.message(MessageKind::Text, b"a");
        }
        out.write_shutdown();
    }
}

/// Reacts in the same way and then closes TCP in both directions.
fn delivers_and_closes_tcp(seen: &mut bool, stimulus: Stimulus<'_>, out: &mut Recorder) {
    let before = *seen;
    delivers_and_shuts_down_write(seen, stimulus, out);
    if *seen && !before {
        out.fin();
    }
}

#[test]
fn any_segmentation_ignores_messages_if_input_arrived_after_tcp_closed() {
    assert_eq!(verdict(delivers_and_shuts_down_write, "> text \"a\"\n"), Verdict::Conforms);
    assert_eq!(verdict(delivers_and_closes_tcp, "> text \"a\"\n"), Verdict::Conforms);
    // This endpoint receives all input on each connection, so its messages must agree.
    fn delivers_and_stays_open(seen: &mut bool, stimulus: Stimulus<'_>, out: &mut Recorder) {
        if let (Stimulus::Octets(octets), false) = (stimulus, std::mem::replace(seen, true))
            && octets.len() > 1
        {
            out.message(MessageKind::Text, b"a");
        }
    }
    assert_eq!(verdict(delivers_and_stays_open, "> text \"a\"\n"), Verdict::Violates);
}

#[test]
fn any_segmentation_is_not_exercised_if_a_request_was_pending_at_the_next_input() {
    fn delays_request(pending: &mut bool, stimulus: Stimulus<'_>, out: &mut Recorder) {
        match stimulus {
            Stimulus::Close { .. } => *pending = true,
            Stimulus::Octets(octets) if std::mem::take(pending) => {
                send_close(if octets.len() == 1 { 1000 } else { 1001 }, out);
                out.request_accepted();
            }
            Stimulus::Octets(_)
            | Stimulus::Fin
            | Stimulus::Reset
            | Stimulus::PeerGone(_)
            | Stimulus::PeerPause
            | Stimulus::PeerResume
            | Stimulus::Send { .. }
            | Stimulus::Pause
            | Stimulus::Resume
            | Stimulus::Tick => {}
        }
    }
    assert_eq!(verdict(delays_request, "app close 1000\n> close 3333\n"), Verdict::NotExercised);
}
