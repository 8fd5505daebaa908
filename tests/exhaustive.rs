//! Tests every value of small input spaces: close codes, payload lengths, the last octets of a reason, and the
//! segmentation of the curated corpus.

mod support;

use wsclose::Harness;
use wsclose::fuzz::utf8_valid_up_to;
use wsclose::harness::{Recorder, Stimulus, Subject, TraceEventKind};
use wsclose::model::endpoint::Model;
use wsclose::protocol::close::{BuildCloseError, CloseBody, ConformingClose, MAX_REASON, ReasonOverflow};
use wsclose::protocol::code::{Class, CloseCode, Profile};
use wsclose::protocol::flaw::Flaw;
use wsclose::protocol::frame::{self, Decoder, Header, Length, Opcode, Piece, Status};
use wsclose::protocol::role::Role;
use wsclose::protocol::state_machine::State;
use wsclose::script::{DEFAULT_KEY, ScriptBuf};

/// The code space as §7.4 and the registry divide it, lowest and highest code of each part.
const PARTS: [(u16, u16, Class); 11] = [
    (0, 999, Class::NotUsed),
    (1000, 1003, Class::Defined),
    (1004, 1004, Class::ReservedWithoutMeaning),
    (1005, 1006, Class::LocalOnly),
    (1007, 1011, Class::Defined),
    (1012, 1014, Class::Registered),
    (1015, 1015, Class::LocalOnly),
    (1016, 2999, Class::Unassigned),
    (3000, 3999, Class::Library),
    (4000, 4999, Class::Private),
    (5000, 65535, Class::OutOfRange),
];

/// The ranges of codes that each profile accepts.
fn accepted(profile: Profile) -> &'static [(u16, u16)] {
    match profile {
        Profile::Rfc6455 => &[(1000, 1003), (1007, 1011), (3000, 4999)],
        Profile::Iana => &[(1000, 1003), (1007, 1014), (3000, 4999)],
        Profile::Beast => &[(1000, 1003), (1007, 1013), (3000, 65535)],
        Profile::WsRs => {
            &[(0, 0), (1000, 1003), (1007, 1011), (1017, 1099), (1101, 1999), (2001, 2998), (3000, 4999)]
        }
    }
}

fn is_accepted(code: CloseCode, profile: Profile) -> bool {
    accepted(profile).iter().any(|(low, high)| (*low..=*high).contains(&code.0))
}

/// The masking key of a sender in this role.
fn key(sender: Role) -> Option<[u8; 4]> {
    match sender {
        Role::Client => Some(DEFAULT_KEY),
        Role::Server => None,
    }
}

fn close_frame(sender: Role, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let header = Header::conforming(Opcode::Close, payload.len() as u64, key(sender));
    frame::write(&header, payload, &mut out);
    out
}

/// Whether the model in this role accepts `octets` as a Close. Otherwise it fails the connection.
fn accepts(model: &mut Model, role: Role, octets: &[u8], out: &mut Recorder) -> bool {
    out.clear();
    model.connect(role, out);
    model.react(Stimulus::Octets(octets), out);
    match model.state() {
        State::CloseReceived | State::CloseExchanged | State::Closed { clean: true } => true,
        State::Failed | State::Closed { clean: false } => false,
        state @ (State::Open | State::CloseSent) => {
            panic!("{octets:02x?}: a {role} is still in state {}", state.name())
        }
    }
}

#[test]
fn every_code_survives_conversion_to_text_number_and_octets() {
    let mut count = 0;
    for code in CloseCode::all() {
        count += 1;
        assert_eq!(code.to_string().parse(), Ok(code));
        assert_eq!(format!("{code:#}").parse(), Ok(code));
        if let Some(name) = code.name() {
            assert_eq!(name.parse(), Ok(code));
        }
        assert_eq!(CloseCode::from(u16::from(code)), code);
        assert_eq!(u16::from_be_bytes(code.to_octets()), code.0);
    }
    assert_eq!(count, 65_536);
}

#[test]
fn every_code_has_the_class_of_its_interval() {
    let mut next = 0_u32;
    for (low, high, class) in PARTS {
        assert_eq!(u32::from(low), next, "the intervals have no gap");
        next = u32::from(high) + 1;
        for code in low..=high {
            assert_eq!(CloseCode(code).class(), class, "code {code}");
        }
    }
    assert_eq!(next, 65_536);
}

#[test]
fn every_profile_accepts_the_codes_of_its_intervals() {
    for code in CloseCode::all() {
        for profile in Profile::ALL {
            let accepted = is_accepted(code, profile);
            assert_eq!(code.acceptable(profile).is_ok(), accepted, "{code}, {profile}");
            assert_eq!(code.sendable(Role::Client, profile).is_ok(), accepted, "{code}, {profile}");
            let from_server = accepted && code.0 != 1010;
            assert_eq!(code.sendable(Role::Server, profile).is_ok(), from_server, "{code}, {profile}");
        }
    }
}

#[test]
fn every_code_is_read_back_from_a_close_of_either_role() {
    for code in CloseCode::all() {
        let body = [&code.to_octets()[..], b"r"].concat();
        for sender in Role::ALL {
            let octets = close_frame(sender, &body);
            let Status::Complete(header, used) = Header::decode(&octets) else { panic!("{octets:02x?}") };
            let mut payload = octets[used..].to_vec();
            frame::mask(header.mask.unwrap_or([0; 4]), 0, &mut payload);
            assert_eq!(CloseBody::parse(&payload), Ok(CloseBody::Status { code, reason: "r" }));
            let built = ConformingClose::new(code, "r", sender, Profile::Iana, ReasonOverflow::Reject);
            let may = is_accepted(code, Profile::Iana) && !(sender == Role::Server && code.0 == 1010);
            assert_eq!(built.is_ok(), may, "{code} from a {sender}");
            if let Ok(close) = built {
                let mut written = Vec::new();
                close.write(key(sender), &mut written);
                assert_eq!(written, octets);
            }
        }
    }
}

#[test]
fn the_model_accepts_exactly_the_codes_of_its_profile() {
    let mut out = Recorder::new();
    for profile in Profile::ALL {
        let mut model = Model::new(profile);
        for role in Role::ALL {
            for code in CloseCode::all() {
                let octets = close_frame(role.peer(), &code.to_octets());
                let accepted = accepts(&mut model, role, &octets, &mut out);
                assert_eq!(accepted, is_accepted(code, profile), "{code}, {profile}, the model as a {role}");
            }
        }
    }
}

#[test]
fn every_length_is_checked_by_headers_closes_and_the_model() {
    let mut model = Model::new(Profile::Iana);
    let mut out = Recorder::new();
    for len in 0..=131_usize {
        let fits = len <= 125;
        let body: Vec<u8> = [3, 232].into_iter().chain(std::iter::repeat(b'a')).take(len).collect();
        for role in Role::ALL {
            let value = len as u64;
            for length in [Length::shortest(value), Length::sixteen(value as u16), Length::sixty_four(value)]
            {
                let header = Header { length, ..Header::conforming(Opcode::Close, value, key(role)) };
                let octets = header.encode();
                let used = octets.as_slice().len();
                assert_eq!(Header::decode(octets.as_slice()), Status::Complete(header, used));
                let flaws = header.flaws(role);
                assert_eq!(flaws.contains(Flaw::ControlTooLong), !fits, "{len}");
                let shortest =
                    used == 2 + if fits { 0 } else { 2 } + if role == Role::Client { 4 } else { 0 };
                assert_eq!(flaws.contains(Flaw::LengthNotShortest), !shortest, "{header:?}");
            }
            let octets = close_frame(role.peer(), &body);
            assert_eq!(accepts(&mut model, role, &octets, &mut out), fits && len != 1, "{len} to a {role}");
            if !fits {
                // The header alone shows that the payload is too long.
                let header = &octets[..octets.len() - len];
                assert!(!accepts(&mut model, role, header, &mut out), "{len} claimed to a {role}");
            }
        }
        if let Some(reason) = body.get(2..).map(String::from_utf8_lossy) {
            let built = ConformingClose::new(
                CloseCode(1000),
                &reason,
                Role::Client,
                Profile::Iana,
                ReasonOverflow::Reject,
            );
            match built {
                Ok(close) => assert_eq!((close.body(), fits), (&body[..], true)),
                Err(error) => {
                    assert_eq!((error, fits), (BuildCloseError::ReasonTooLong { octets: len - 2 }, false))
                }
            }
        }
    }
}

#[test]
fn long_reasons_are_rejected_or_truncated_between_characters() {
    for character in ["a", "é", "€", "😀"] {
        for shift in 0..4 {
            for count in 0..=140 {
                let reason = "-".repeat(shift) + &character.repeat(count);
                let make =
                    |long| ConformingClose::new(CloseCode(1000), &reason, Role::Server, Profile::Iana, long);
                let rejected = make(ReasonOverflow::Reject);
                let truncated = make(ReasonOverflow::Truncate).expect("a truncated reason fits");
                let kept = std::str::from_utf8(&truncated.body()[2..]).expect("a truncated reason is UTF-8");
                assert!(reason.starts_with(kept));
                if reason.len() <= MAX_REASON {
                    assert_eq!(rejected, Ok(truncated));
                    assert_eq!(kept, reason);
                } else {
                    assert_eq!(rejected, Err(BuildCloseError::ReasonTooLong { octets: reason.len() }));
                    assert!(kept.len() <= MAX_REASON && kept.len() + character.len() > MAX_REASON, "{kept}");
                }
            }
        }
    }
}

/// Compares the two UTF-8 checks on a reason, and returns whether it is UTF-8.
fn tail_is_utf8(body: &[u8]) -> bool {
    let tail = &body[2..];
    let valid = utf8_valid_up_to(tail);
    match CloseBody::parse(body) {
        Ok(CloseBody::Status { reason, .. }) => {
            assert!(reason.len() == valid && valid == tail.len(), "{tail:02x?}")
        }
        Err(wsclose::protocol::close::BodyError::ReasonNotUtf8 { valid_up_to, .. }) => {
            assert!(valid_up_to == valid && valid < tail.len(), "{tail:02x?}");
        }
        parsed @ (Ok(CloseBody::Empty) | Err(wsclose::protocol::close::BodyError::OneByte)) => {
            panic!("{parsed:?}")
        }
    }
    valid == tail.len()
}

/// The numbers of characters with one, two and three octets. They show that the two checks do not share an error.
const ONE: usize = 0x80;
const TWO: usize = 0x800 - 0x80;
const THREE: usize = 0x1_0000 - 0x800 - 0x800;

#[test]
fn both_utf8_checks_agree_on_every_reason_of_two_octets() {
    let valid = (0..=u16::MAX).filter(|tail| {
        let [a, b] = tail.to_be_bytes();
        tail_is_utf8(&[3, 232, a, b])
    });
    assert_eq!(valid.count(), ONE * ONE + TWO);
}

#[test]
fn both_utf8_checks_agree_on_every_reason_of_three_octets() {
    let valid = (0..1_u32 << 24).filter(|tail| {
        let [_, a, b, c] = tail.to_be_bytes();
        tail_is_utf8(&[3, 232, a, b, c])
    });
    assert_eq!(valid.count(), ONE * ONE * ONE + 2 * ONE * TWO + THREE);
}

/// An event of the decoder, with payloads joined.
#[derive(Debug, Clone, PartialEq, Eq)]
enum DecoderEvent {
    Header(Header),
    Payload(Vec<u8>),
    End,
}

fn events<'a>(segments: impl IntoIterator<Item = &'a [u8]>) -> Vec<DecoderEvent> {
    let mut decoder = Decoder::new();
    let mut events = Vec::new();
    for mut segment in segments {
        while let Some(piece) = decoder.next(&mut segment) {
            match (piece, events.last_mut()) {
                (Piece::Header(header), _) => events.push(DecoderEvent::Header(header)),
                (Piece::Payload { octets, offset }, Some(DecoderEvent::Payload(before))) => {
                    assert_eq!(before.len() as u64, offset);
                    before.extend_from_slice(octets);
                }
                (Piece::Payload { octets, .. }, _) => events.push(DecoderEvent::Payload(octets.to_vec())),
                (Piece::End, _) => events.push(DecoderEvent::End),
            }
        }
    }
    events
}

#[test]
fn frames_are_the_same_wherever_the_octets_are_split() {
    for seed in support::seeds("close_frame") {
        let octets = &seed.octets[..];
        let whole = events([octets]);
        assert_eq!(events(octets.chunks(1)), whole, "{}, one octet in each segment", seed.name);
        for at in 0..=octets.len() {
            assert_eq!(events([&octets[..at], &octets[at..]]), whole, "{}, split after {at}", seed.name);
            // More octets do not change the events so far, except that a payload may grow.
            let mut front = events([&octets[..at]]);
            if let Some(DecoderEvent::Payload(last)) = front.last() {
                let Some(DecoderEvent::Payload(full)) = whole.get(front.len() - 1) else {
                    panic!("{}", seed.name)
                };
                assert!(full.starts_with(last), "{}, split after {at}", seed.name);
                front.pop();
            }
            assert!(whole.starts_with(&front), "{}, split after {at}", seed.name);
            wsclose::fuzz::close_frame(&octets[..at]);
        }
    }
}

#[test]
fn the_model_violates_no_rule_wherever_a_curated_script_is_split() {
    let mut harness = Harness::new(Profile::Iana);
    let mut model = Model::new(Profile::Iana);
    let mut cuts = 0;
    for (name, script) in support::scripts() {
        // Repetitions of the script itself are left out, because the test adds its own.
        let text = script.as_script().to_string();
        let once: String = text
            .lines()
            .filter(|line| !line.starts_with("again"))
            .map(|line| line.to_owned() + "\n")
            .collect();
        let mut drive = |again: &str| {
            let script =
                ScriptBuf::read(format!("{once}again {again}\n").as_bytes()).expect("a curated script");
            let played = harness.play(script.as_script(), &mut model);
            assert!(played.findings.is_empty(), "{name}, again {again}\n{played}");
            let trace = played.trace;
            let lengths = trace.events().iter().filter_map(|entry| {
                if let TraceEventKind::Received(span) = entry.kind { Some(span.len()) } else { None }
            });
            (lengths.clone().count(), lengths.max().unwrap_or(0))
        };
        drive("each");
        let (segments, longest) = drive("whole");
        for cut in 1..longest.min(256) {
            cuts += usize::from(drive(&format!("cut={cut}")).0 > segments);
        }
    }
    assert!(cuts > 1000, "expected more than 1000 runs with more segments, found {cuts}");
}
