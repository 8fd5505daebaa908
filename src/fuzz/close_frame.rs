//! The body of the fuzz target `close_frame`: decodes raw octets, compares every result with a second formulation of the
//! same requirement, and plays the octets to the model as the stream of its peer.

use std::cell::RefCell;

use crate::harness::{Limits, Subject};
use crate::model::endpoint::Model;
use crate::protocol::close::{self, BodyError, CloseBody, ConformingClose, ReasonOverflow};
use crate::protocol::code::{CloseCode, Profile};
use crate::protocol::flaw::{Flaw, Flaws};
use crate::protocol::frame::{Decoder, Header, MAX_CONTROL_PAYLOAD, Opcode, Piece, Status, mask};
use crate::protocol::role::Role;
use crate::rules::{Evidence, RuleSet};
use crate::script::{Script, Writer};

use super::ConformingModel;
use super::stream::Stream;

/// The number of frames of one input that are checked. Further frames are checked alike and cost executions.
const MAX_FRAMES_PER_INPUT: usize = 2;

/// The rules that every frame exercises.
const FRAME_RULES: RuleSet = RuleSet::with_evidence(Evidence::Frame)
    .union(RuleSet::with_evidence(Evidence::ClientFrame))
    .union(RuleSet::with_evidence(Evidence::ServerFrame));

/// The rules that the header of a Close exercises as well.
const CLOSE_RULES: RuleSet = RuleSet::with_evidence(Evidence::CloseHeader);

/// The rules that the code of a Close exercises.
const CODE_RULES: RuleSet =
    RuleSet::with_evidence(Evidence::CloseCode).union(RuleSet::with_evidence(Evidence::ServerCloseCode));

/// The state that is reused from input to input, so that an input allocates nothing.
struct StreamState<M = Model> {
    script: Writer,
    model: ConformingModel<M>,
}

thread_local! {
    static STATE: RefCell<StreamState> = RefCell::new(StreamState {
        script: Writer::new(Role::Client),
        model: ConformingModel::new(Limits::FUZZING),
    });
}

/// Decodes `octets` as the output of a client and as that of a server, and plays them to the model in either role as the
/// stream of its peer. Returns the rules that the input exercises.
///
/// The last octet decides where the octets are cut into two segments, whether the application requests a Close before
/// them, and whether the peer then sends FIN, resets the connection or stays silent.
///
/// # Panics
///
/// Panics if one of these properties does not hold:
///
/// - The incremental decoder returns the same frames for two segments as for one.
/// - A header encodes to the octets from which it was decoded.
/// - The flaws of headers, codes and reasons are those of a second formulation.
/// - [`ConformingClose`] builds the same Close if its code may be sent, and no Close otherwise.
/// - The judge finds no violation in the model.
pub fn close_frame(octets: &[u8]) -> RuleSet {
    let Some(stream) = Stream::of(octets) else { return RuleSet::EMPTY };
    let decoded = decode(octets, stream.segments);
    STATE.with_borrow_mut(|state| {
        Role::ALL.into_iter().fold(decoded, |exercised, role| exercised.union(state.play(&stream, role)))
    })
}

/// The script, in its binary form, that [`close_frame`] plays to the model in this role for an input. `None` for the empty
/// input, which is no stream.
pub fn close_frame_script(octets: &[u8], role: Role) -> Option<Vec<u8>> {
    let mut script = Writer::new(role);
    Stream::of(octets)?.write(role, &mut script);
    Some(script.into_octets())
}

impl<M: Subject> StreamState<M> {
    /// Plays the stream to the model in this role.
    fn play(&mut self, stream: &Stream<'_>, role: Role) -> RuleSet {
        stream.write(role, &mut self.script);
        let script = Script::decode(self.script.octets()).expect("a writer writes a script");
        self.model.play(script)
    }
}

/// Decodes the octets in two segments and checks every frame.
fn decode(octets: &[u8], [first_segment, second_segment]: [&[u8]; 2]) -> RuleSet {
    let (mut input, mut second_segment) = (first_segment, Some(second_segment));
    let mut decoder = Decoder::new();
    let mut exercised = RuleSet::EMPTY;
    // The frame in progress and the offset of its payload, and the offset of the next undecoded octet.
    let (mut frame, mut at): (Option<(Header, usize)>, usize) = (None, 0);
    let mut frames = 0;
    loop {
        match decoder.next(&mut input) {
            Some(Piece::Header(header)) => {
                assert!(frame.is_none(), "a frame begins inside another: {octets:02x?}");
                exercised = exercised.union(check_header(&header, &octets[at..]));
                at += header.encode().as_slice().len();
                frame = Some((header, at));
            }
            Some(Piece::Payload { octets: piece, offset }) => {
                let Some((_, start)) = frame else { panic!("a payload without a header: {octets:02x?}") };
                assert_eq!(offset, (at - start) as u64, "the offset of {piece:02x?} in {octets:02x?}");
                assert!(octets[at..].starts_with(piece), "{piece:02x?} is not octet {at} of {octets:02x?}");
                at += piece.len();
            }
            Some(Piece::End) => {
                let Some((header, start)) = frame.take() else {
                    panic!("a frame ends that did not begin: {octets:02x?}")
                };
                let payload = &octets[start..at];
                assert_eq!(payload.len() as u64, header.length.value(), "{octets:02x?} ends a frame at {at}");
                if header.opcode == Opcode::Close && payload.len() <= MAX_CONTROL_PAYLOAD {
                    let mut body = [0; MAX_CONTROL_PAYLOAD];
                    let body = &mut body[..payload.len()];
                    body.copy_from_slice(payload);
                    mask(header.mask.unwrap_or([0; 4]), 0, body);
                    exercised = exercised.union(check_body(body));
                }
                frames += 1;
                if frames == MAX_FRAMES_PER_INPUT {
                    return exercised;
                }
            }
            None => match second_segment.take() {
                Some(segment) => input = segment,
                None => break,
            },
        }
    }
    let rest = &octets[at..];
    match frame {
        Some((header, start)) => {
            assert!(rest.is_empty(), "the decoder does not read {rest:02x?} of {octets:02x?}");
            assert!(
                ((at - start) as u64) < header.length.value(),
                "the decoder does not end the frame of {octets:02x?}"
            );
        }
        None => assert!(
            matches!(Header::decode(rest), Status::Partial(needed) if needed > rest.len()),
            "the decoder does not read the header {rest:02x?} of {octets:02x?}"
        ),
    }
    exercised
}

/// Checks a header that the incremental decoder read from the front of `octets`.
fn check_header(header: &Header, octets: &[u8]) -> RuleSet {
    let encoded = header.encode();
    let encoded = encoded.as_slice();
    assert!(octets.starts_with(encoded), "{header:?}, decoded from {octets:02x?}, encodes to {encoded:02x?}");
    assert_eq!(
        Header::decode(octets),
        Status::Complete(*header, encoded.len()),
        "{octets:02x?} in one piece, and in two"
    );
    for sender in Role::ALL {
        assert_eq!(header.flaws(sender), reference_flaws(encoded, sender), "{octets:02x?} from a {sender}");
    }
    match header.opcode {
        Opcode::Close => FRAME_RULES.union(CLOSE_RULES),
        Opcode::Continuation
        | Opcode::Text
        | Opcode::Binary
        | Opcode::Ping
        | Opcode::Pong
        | Opcode::Reserved(_) => FRAME_RULES,
    }
}

/// The flaws of an encoded header, read from its bits: a second formulation of [`Header::flaws`].
fn reference_flaws(header: &[u8], sender: Role) -> Flaws {
    let (first, second) = (header[0], header[1]);
    let (fin, rsv, opcode) = (first >= 128, first / 16 % 8, first % 16);
    let masked = second >= 128;
    let number = |octets: &[u8]| octets.iter().fold(0, |number, octet| number * 256 + u64::from(*octet));
    let (length, shortest_from) = match second % 128 {
        126 => (number(&header[2..4]), 126),
        127 => (number(&header[2..10]), 65_536),
        length => (u64::from(length), 0),
    };
    let is_control = opcode >= 8;
    [
        (Flaw::ControlFragmented, is_control && !fin),
        (Flaw::ControlTooLong, is_control && length > 125),
        (Flaw::RsvSet, rsv > 0),
        (Flaw::OpcodeReserved, matches!(opcode, 3..=7 | 11..=15)),
        (Flaw::LengthNotShortest, length < shortest_from),
        (Flaw::LengthTopBit, length > u64::MAX / 2),
        (Flaw::MaskMissing, sender == Role::Client && !masked),
        (Flaw::MaskPresent, sender == Role::Server && masked),
    ]
    .into_iter()
    .filter_map(|(flaw, is_present)| is_present.then_some(flaw))
    .collect()
}

/// Checks an unmasked Close body of at most 125 octets.
fn check_body(payload: &[u8]) -> RuleSet {
    let body_rule = RuleSet::with_evidence(Evidence::CloseBody);
    let parsed = CloseBody::parse(payload);
    let [high, low, reason @ ..] = payload else {
        let expected = if payload.is_empty() { Ok(CloseBody::Empty) } else { Err(BodyError::OneByte) };
        assert_eq!(parsed, expected, "the body {payload:02x?}");
        return body_rule;
    };
    let code = CloseCode(u16::from(*high) * 256 + u16::from(*low));
    let profile = Profile::Iana;
    let acceptable = is_acceptable(code);
    assert_eq!(code.acceptable(profile).is_ok(), acceptable, "code {code}");
    assert_eq!(close::code_flaw(code, profile).is_none(), acceptable, "code {code}");
    let valid_up_to = utf8_valid_up_to(reason);
    match std::str::from_utf8(&reason[..valid_up_to]) {
        Ok(text) if valid_up_to == reason.len() => {
            assert_eq!(parsed, Ok(CloseBody::Status { code, reason: text }), "the body {payload:02x?}");
            for role in Role::ALL {
                check_conforming_close(code, text, role, payload);
            }
        }
        Ok(_) => {
            assert_eq!(
                parsed,
                Err(BodyError::ReasonNotUtf8 { code, valid_up_to }),
                "the body {payload:02x?}"
            );
        }
        Err(error) => panic!("the first {valid_up_to} octets of {reason:02x?}: {error}"),
    }
    let code_rules = body_rule.union(CODE_RULES);
    if reason.is_empty() {
        code_rules
    } else {
        code_rules.union(RuleSet::with_evidence(Evidence::CloseReason))
    }
}

/// Checks that [`ConformingClose`] builds this body if the role may send the code, and nothing otherwise.
fn check_conforming_close(code: CloseCode, reason: &str, role: Role, payload: &[u8]) {
    let sendable = is_acceptable(code) && !(code.0 == 1010 && role == Role::Server);
    match ConformingClose::new(code, reason, role, Profile::Iana, ReasonOverflow::Reject) {
        Ok(close) => {
            assert!(sendable, "a Close that a {role} may not send was built: {payload:02x?}");
            assert_eq!(close.body(), payload, "from a {role}");
        }
        Err(why) => assert!(!sendable, "{payload:02x?} from a {role}: {why}"),
    }
}

/// The code space as intervals: a second formulation of [`CloseCode::acceptable`] under the default profile.
fn is_acceptable(code: CloseCode) -> bool {
    matches!(code.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

/// The number of octets at the front that are complete, valid UTF-8 characters: a second formulation of
/// [`std::str::from_utf8`].
pub fn utf8_valid_up_to(octets: &[u8]) -> usize {
    let mut valid = 0;
    while let Some(size) = utf8_char_size(&octets[valid..]) {
        valid += size;
    }
    valid
}

/// The size of the UTF-8 character at the front, by the rows of RFC 3629 §4.
fn utf8_char_size(octets: &[u8]) -> Option<usize> {
    match octets {
        // UTF8-1
        [0x00..=0x7f, ..] => Some(1),
        // UTF8-2
        [0xc2..=0xdf, 0x80..=0xbf, ..] => Some(2),
        // UTF8-3
        [0xe0, 0xa0..=0xbf, 0x80..=0xbf, ..] => Some(3),
        [0xe1..=0xec, 0x80..=0xbf, 0x80..=0xbf, ..] => Some(3),
        [0xed, 0x80..=0x9f, 0x80..=0xbf, ..] => Some(3),
        [0xee..=0xef, 0x80..=0xbf, 0x80..=0xbf, ..] => Some(3),
        // UTF8-4
        [0xf0, 0x90..=0xbf, 0x80..=0xbf, 0x80..=0xbf, ..] => Some(4),
        [0xf1..=0xf3, 0x80..=0xbf, 0x80..=0xbf, 0x80..=0xbf, ..] => Some(4),
        [0xf4, 0x80..=0x8f, 0x80..=0xbf, 0x80..=0xbf, ..] => Some(4),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::faults::{Fault, FaultyModel};
    use crate::rules::Rule;

    #[test]
    fn the_parts_of_a_close_exercise_their_rules() {
        let rules = |octets: &[u8]| decode(octets, [octets, &[]]).iter().count();
        let ping = rules(&[0x89, 0x00]);
        let empty = rules(&[0x88, 0x00]);
        let code = rules(&[0x88, 0x02, 0x03, 0xe8]);
        let reason = rules(&[0x88, 0x03, 0x03, 0xe8, b'r']);
        assert!(ping > 0 && ping < empty && empty < code && code < reason);
        assert_eq!(rules(&[0x88]), 0);
    }

    #[test]
    fn the_model_answers_the_close_of_either_role() {
        let ping = [0x89, 0x00];
        let from_server = [0x88, 0x00];
        let from_client = [0x88, 0x80, 0, 0, 0, 0];
        assert!(!close_frame(&ping).contains(Rule::CloseAnswered));
        assert!(close_frame(&from_server).contains(Rule::CloseAnswered));
        assert!(close_frame(&from_client).contains(Rule::CloseAnswered));
        assert!(close_frame(&[]).is_empty());
    }

    #[test]
    #[should_panic(expected = "the judge finds violations in the model")]
    fn a_fault_of_the_model_is_found() {
        let faulty = FaultyModel::new(Fault::CloseWithoutFin);
        let model = ConformingModel::of(faulty, Limits::FUZZING);
        let stream = Stream::of(&[0x88, 0x00]).expect("a stream");
        StreamState { script: Writer::new(Role::Client), model }.play(&stream, Role::Client);
    }

    #[test]
    #[should_panic(expected = "encodes to")]
    fn a_header_of_other_octets_is_found() {
        let Status::Complete(header, _) = Header::decode(&[0x88, 0x00]) else { panic!("a header") };
        check_header(&header, &[0xc8, 0x00]);
    }

    #[test]
    fn the_script_is_that_of_the_role_and_of_the_last_octet() {
        for role in Role::ALL {
            let octets = close_frame_script(&[0x88, 0x04], role).expect("a stream");
            let script = Script::decode(&octets).expect("a script");
            assert_eq!(script.role(), role);
            assert!(script.to_string().ends_with("app close 1000\n> octets 8804\nwait 18\n"), "{script}");
        }
        assert_eq!(close_frame_script(&[], Role::Client), None);
    }
}
