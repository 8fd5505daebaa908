//! The bodies of the fuzz targets and properties, callable from anywhere: in come bytes, out come the rules
//! that they exercised; an oracle that fails panics with what it saw.
//!
//! [`close_frame`] takes raw wire octets and reads them as either role's. [`closing_handshake`] takes a
//! script and plays it to the model, which must not be faulted, and to a faulty endpoint, whose fault must
//! be. The `peers` target lives beside the peers, in `wsclose-peers`.

use std::cell::RefCell;

use crate::close::{self, BodyError, CloseBody, ConformingClose, LongReason, MAX_REASON};
use crate::code::{CloseCode, Profile, Unsendable};
use crate::drive::Driver;
use crate::flaw::{Flaw, Flaws};
use crate::frame::{Decoder, Header, MAX_CONTROL_PAYLOAD, Opcode, Piece, Status, mask};
use crate::judge::{Judge, Verdict};
use crate::role::Role;
use crate::rule::{Rule, RuleSet};
use crate::script::{Script, ScriptBuf};
use crate::subjects::faulty::{Fault, Faulty};
use crate::subjects::model::Model;

/// The most frames of one input that are looked at.
const MAX_FRAMES: usize = 64;

/// Reads `octets` as what a client, and as what a server, put on the wire.
///
/// Oracles: the headers that are read encode to the octets they were read from; a decoder that gets the
/// octets in two pieces sees the same frames; the flaws of headers, codes and reasons are those that a
/// second formulation finds; a Close without a flaw is one that [`ConformingClose`] builds, and the other
/// way round. Returns the rules about frames that the input touched.
pub fn close_frame(octets: &[u8]) -> RuleSet {
    let mut touched = RuleSet::EMPTY;
    let mut decoder = Decoder::new();
    // Where the second decoder's octets are cut: anywhere, so the input itself says where.
    let cut = octets.len().min(octets.last().map_or(0, |last| usize::from(*last)) % octets.len().max(1));
    let mut pieces = Halves { decoder: Decoder::new(), first: &octets[..cut], second: &octets[cut..] };
    let mut rest = octets;
    let mut payload = [0; MAX_CONTROL_PAYLOAD];
    let mut kept = 0;
    let mut current = None;
    for _ in 0..MAX_FRAMES * 3 {
        let before = rest;
        let Some(piece) = decoder.next(&mut rest) else {
            assert!(pieces.next_event().is_none(), "a decoder that got two pieces saw more");
            if decoder.at_boundary() {
                assert!(rest.is_empty(), "octets were left between two frames");
            }
            break;
        };
        match piece {
            Piece::Header(header) => {
                let used = before.len() - rest.len();
                assert_eq!(header.encode().as_slice(), &before[..used], "a header is encoded as it was read");
                assert_eq!(Header::decode(&before[..used - 1]), Status::Partial(used), "the last octet counts");
                assert_eq!(pieces.next_event(), Some(Event::Header(header)), "cut after {cut} octets");
                touched = touched.union(check_header(&header, &before[..used]));
                current = Some(header);
                kept = 0;
            }
            Piece::Payload { octets, offset } => {
                let Some(header) = current else { continue };
                if header.opcode == Opcode::Close {
                    let room = &mut payload[kept..];
                    let take = room.len().min(octets.len());
                    room[..take].copy_from_slice(&octets[..take]);
                    mask(header.mask.unwrap_or([0; 4]), offset, &mut room[..take]);
                    kept += take;
                }
            }
            Piece::End => {
                let Some(header) = current.take() else { continue };
                assert_eq!(pieces.next_event(), Some(Event::End), "cut after {cut} octets");
                if header.opcode == Opcode::Close && header.length.value() <= MAX_CONTROL_PAYLOAD as u64 {
                    touched = touched.union(check_body(&payload[..kept]));
                }
            }
        }
    }
    touched
}

/// What a decoder shows, but for where payloads are cut.
#[derive(Debug, PartialEq, Eq)]
enum Event {
    Header(Header),
    End,
}

/// A decoder that gets its octets in two pieces.
struct Halves<'a> {
    decoder: Decoder,
    first: &'a [u8],
    second: &'a [u8],
}

impl Halves<'_> {
    fn next_event(&mut self) -> Option<Event> {
        loop {
            let piece = match self.decoder.next(&mut self.first) {
                Some(piece) => piece,
                None => self.decoder.next(&mut self.second)?,
            };
            match piece {
                Piece::Header(header) => return Some(Event::Header(header)),
                Piece::Payload { .. } => {}
                Piece::End => return Some(Event::End),
            }
        }
    }
}

/// The flaws of a header, found a second time, from the octets.
fn check_header(header: &Header, octets: &[u8]) -> RuleSet {
    let mut touched = RuleSet::EMPTY;
    let (first, second) = (octets[0], octets[1]);
    let opcode = first & 0x0f;
    let value = header.length.value();
    for role in Role::ALL {
        let flaws = header.flaws(role);
        let masked = second >= 0x80;
        let expected = [
            (Flaw::ControlFragmented, opcode >= 8 && first < 0x80),
            (Flaw::ControlTooLong, opcode >= 8 && value > 125),
            (Flaw::RsvSet, first & 0x70 != 0),
            (Flaw::OpcodeReserved, matches!(opcode, 3..=7 | 11..=15)),
            (Flaw::LengthNotShortest, second & 0x7f == 126 && value < 126 || second & 0x7f == 127 && value < 65536),
            (Flaw::LengthTopBit, second & 0x7f == 127 && octets[2] >= 0x80),
            (Flaw::MaskMissing, role == Role::Client && !masked),
            (Flaw::MaskPresent, role == Role::Server && masked),
        ];
        let again: Flaws = expected.into_iter().filter(|(_, there)| *there).map(|(flaw, _)| flaw).collect();
        assert_eq!(flaws, again, "the flaws of {octets:02x?} from a {role}");
        touched.insert(match role {
            Role::Client => Rule::ClientMasks,
            Role::Server => Rule::ServerDoesNotMask,
        });
    }
    for rule in [Rule::ShortestLength, Rule::LengthTopBitClear, Rule::StreamWellFormed] {
        touched.insert(rule);
    }
    if header.opcode == Opcode::Close {
        for rule in [Rule::CloseFin, Rule::CloseAtMost125, Rule::CloseRsvClear] {
            touched.insert(rule);
        }
    }
    touched
}

/// A body of at most 125 octets, checked against second formulations of what it may be.
fn check_body(payload: &[u8]) -> RuleSet {
    let mut touched = RuleSet::EMPTY;
    touched.insert(Rule::BodyEmptyOrCode);
    let parsed = CloseBody::parse(payload);
    let code = match (payload, parsed) {
        ([], Ok(CloseBody::Empty)) | ([_], Err(BodyError::OneByte)) => return touched,
        ([high, low, reason @ ..], Ok(CloseBody::Status { code, reason: text })) => {
            assert_eq!((u16::from(*high) << 8) + u16::from(*low), code.0);
            assert_eq!(reason, text.as_bytes());
            assert_eq!(utf8_valid_up_to(reason), reason.len(), "the reason {reason:02x?} is not UTF-8");
            code
        }
        ([high, low, reason @ ..], Err(BodyError::ReasonNotUtf8 { code, valid_up_to })) => {
            assert_eq!((u16::from(*high) << 8) + u16::from(*low), code.0);
            assert_eq!(utf8_valid_up_to(reason), valid_up_to, "of {reason:02x?}");
            assert!(valid_up_to < reason.len());
            code
        }
        (payload, parsed) => panic!("the body {payload:02x?} was read as {parsed:?}"),
    };
    if payload.len() > 2 {
        touched.insert(Rule::ReasonUtf8);
    }
    for rule in [
        Rule::CodeIsDefined,
        Rule::CodeNotLocalOnly,
        Rule::CodeNot1004,
        Rule::CodeIsAssigned,
        Rule::Code1010FromClient,
    ] {
        touched.insert(rule);
    }
    let profile = Profile::Iana;
    assert_eq!(code.acceptable(profile).is_ok(), acceptable_again(code), "code {code}");
    assert_eq!(close::code_flaw(code, profile).is_none(), acceptable_again(code), "code {code}");
    for role in Role::ALL {
        let body = parsed.map(|body| ConformingClose::new(code, body.reason(), role, profile, LongReason::Refuse));
        match body {
            Ok(Ok(close)) => {
                assert_eq!(close.body(), payload, "a conforming Close is written as it was read");
                assert!(code.sendable(role, profile).is_ok() && payload.len() - 2 <= MAX_REASON);
            }
            Ok(Err(close::CannotClose::Code { why, .. })) => {
                assert_eq!(acceptable_again(code), why == Unsendable::ClientOnly, "code {code} from a {role}");
            }
            Ok(Err(close::CannotClose::ReasonTooLong { octets })) => panic!("{octets} octets of reason in 125"),
            Err(_) => {}
        }
    }
    touched
}

/// The code space as intervals: a second formulation of [`CloseCode::acceptable`] under the default profile.
fn acceptable_again(code: CloseCode) -> bool {
    let CloseCode(n) = code;
    (3000..5000).contains(&n) || (1000..=1014).contains(&n) && !(1004..=1006).contains(&n)
}

/// How many octets at the front are whole, valid UTF-8: RFC 3629 §4's grammar, row by row, as a second
/// formulation of what the standard library does.
pub fn utf8_valid_up_to(octets: &[u8]) -> usize {
    let mut at = 0;
    while let Some(&lead) = octets.get(at) {
        let (second, more) = match lead {
            0x00..=0x7f => {
                at += 1;
                continue;
            }
            0xc2..=0xdf => (0x80..=0xbf, 0),
            0xe0 => (0xa0..=0xbf, 1),
            0xe1..=0xec | 0xee..=0xef => (0x80..=0xbf, 1),
            0xed => (0x80..=0x9f, 1),
            0xf0 => (0x90..=0xbf, 2),
            0xf1..=0xf3 => (0x80..=0xbf, 2),
            0xf4 => (0x80..=0x8f, 2),
            0x80..=0xc1 | 0xf5..=0xff => break,
        };
        let tails = octets.get(at + 2..at + 2 + more);
        let whole = octets.get(at + 1).is_some_and(|octet| second.contains(octet))
            && tails.is_some_and(|tails| tails.iter().all(|octet| (0x80..=0xbf).contains(octet)));
        if !whole {
            break;
        }
        at += 2 + more;
    }
    at
}

/// Everything that playing scripts takes, kept from one to the next so that nothing is allocated.
struct Stage {
    driver: Driver,
    judge: Judge,
    model: Model,
    faulty: Vec<Faulty>,
}

thread_local! {
    static STAGE: RefCell<Stage> = RefCell::new(Stage {
        driver: Driver::new(),
        judge: Judge::new(Profile::default()),
        model: Model::new(Profile::default()),
        faulty: Fault::ALL.into_iter().map(Faulty::new).collect(),
    });
}

/// Plays a script, in either form, to the model and to one faulty endpoint.
///
/// Oracles: the binary form is read back as it was written; the judge finds nothing against the model;
/// a fault that shows in every Close is found wherever a Close is written. Returns the rules that the model
/// was judged by and kept.
pub fn closing_handshake(octets: &[u8]) -> RuleSet {
    if octets.first().is_some_and(u8::is_ascii) {
        // A curated seed, in text.
        return ScriptBuf::read(octets).map_or(RuleSet::EMPTY, |script| play(script.as_script(), octets));
    }
    Script::decode(octets).map_or(RuleSet::EMPTY, |script| play(script, octets))
}

fn play(script: Script<'_>, octets: &[u8]) -> RuleSet {
    STAGE.with_borrow_mut(|stage| {
        let trace = stage.driver.drive(script, &mut stage.model);
        let findings = stage.judge.judge(trace);
        assert!(findings.is_empty(), "the judge faults the model: {findings:?}\n{script}\n{trace}");
        let exercised = stage.judge.verdicts().with(Verdict::Conforms);
        let wrote_a_close = exercised.contains(Rule::OneClose);
        // Which fault: the input says.
        let pick = octets.iter().fold(0_usize, |sum, octet| sum.wrapping_mul(31).wrapping_add(usize::from(*octet)));
        let index = pick % stage.faulty.len();
        let fault = Fault::ALL[index];
        let trace = stage.driver.drive(script, &mut stage.faulty[index]);
        let found = stage.judge.judge(trace).iter().any(|finding| finding.rule == fault.rule());
        assert!(
            found || !(wrote_a_close && fault.shows_in_every_close(script.role())),
            "the judge misses the fault {}\n{script}\n{trace}",
            fault.slug()
        );
        exercised
    })
}
