//! The bodies of the fuzz targets and properties, callable from anywhere: in come bytes, out come the rules
//! that they exercised; an oracle that fails panics with what it saw.
//!
//! [`close_frame`] takes raw wire octets and reads them as either role's. [`closing_handshake`] takes a
//! script and plays it to the model, which must not be faulted, and to a faulty endpoint, whose fault must
//! be. The `peers` target lives beside the peers, in `wsclose-peers`.

use std::cell::RefCell;

use crate::close::{self, BodyError, CloseBody, ConformingClose, LongReason};
use crate::code::{CloseCode, Profile, Unsendable};
use crate::drive::{Driver, Limits};
use crate::flaw::{Flaw, Flaws};
use crate::frame::{Decoder, Header, HeaderOctets, MAX_CONTROL_PAYLOAD, Opcode, Piece, Status, mask};
use crate::judge::{Judge, Verdict};
use crate::role::Role;
use crate::rule::{Rule, RuleSet};
use crate::script::{Script, ScriptBuf};
use crate::subjects::faulty::{Fault, Faulty};
use crate::subjects::model::Model;

/// How many frames of one input are looked at: executions are what a fuzzer is paid in, and the frames of
/// one input are checked alike.
const MAX_FRAMES: usize = 2;

/// Reads `octets` as what a client, and as what a server, put on the wire.
///
/// Oracles: a header encodes to the octets that it was read from; the incremental decoder, given the octets
/// in two pieces, sees what was read in one; the flaws of headers, codes and reasons are those that a
/// second formulation finds; a Close without a flaw is one that [`ConformingClose`] builds, and the other
/// way round. Returns the rules about frames that the input touched.
pub fn close_frame(octets: &[u8]) -> RuleSet {
    let mut touched = RuleSet::EMPTY;
    let mut seen = Digest::default();
    let mut rest = octets;
    while seen.ends < MAX_FRAMES {
        let (header, used) = match Header::decode(rest) {
            Status::Complete(header, used) => (header, used),
            Status::Partial(needed) => {
                assert!(needed > rest.len(), "{needed} octets are needed, and {} there", rest.len());
                break;
            }
        };
        let encoded = header.encode();
        assert!(encoded.as_slice() == &rest[..used], "{header:?} is encoded as it was read");
        seen.header(&encoded);
        touched = touched.union(check_header(&header, &rest[..used]));
        rest = &rest[used..];
        let Some((payload, after)) = rest.split_at_checked(header.length.value() as usize) else { break };
        rest = after;
        seen.ends += 1;
        if header.opcode == Opcode::Close && payload.len() <= MAX_CONTROL_PAYLOAD {
            let mut body = [0; MAX_CONTROL_PAYLOAD];
            let body = &mut body[..payload.len()];
            body.copy_from_slice(payload);
            mask(header.mask.unwrap_or([0; 4]), 0, body);
            touched = touched.union(check_body(body));
        }
    }
    // Where the decoder's octets are cut: the input itself says where.
    let cut = octets.last().map_or(0, |last| usize::from(*last)).min(octets.len());
    let again = read_in_two(&octets[..cut], &octets[cut..]);
    assert!(seen == again, "cut after {cut} octets, the decoder saw {again:?}, and in one piece {seen:?}");
    touched
}

/// The frames of a stream in short: how many headers and whole frames, and a sum over the headers.
#[derive(Debug, Default, PartialEq, Eq)]
struct Digest {
    headers: usize,
    ends: usize,
    sum: u128,
}

impl Digest {
    fn header(&mut self, octets: &HeaderOctets) {
        self.headers += 1;
        self.sum = self.sum.rotate_left(1) ^ octets.bits();
    }
}

/// What the incremental decoder sees of a stream that comes in two pieces.
fn read_in_two(first: &[u8], second: &[u8]) -> Digest {
    let mut seen = Digest::default();
    let mut decoder = Decoder::new();
    for mut piece in [first, second] {
        while seen.ends < MAX_FRAMES
            && let Some(piece) = decoder.next(&mut piece)
        {
            match piece {
                Piece::Header(header) => seen.header(&header.encode()),
                Piece::Payload { .. } => {}
                Piece::End => seen.ends += 1,
            }
        }
    }
    seen
}

/// What the first octet of a frame alone shows to be wrong, by its value: FIN is the top bit, RSV the three
/// below it, and the opcode the low four.
const FLAWS_OF_FIRST: [Flaws; 256] = {
    let mut table = [Flaws::NONE; 256];
    let mut first = 0;
    while first < 256 {
        let mut flaws = Flaws::NONE;
        if first % 16 >= 8 && first < 128 {
            flaws.insert(Flaw::ControlFragmented);
        }
        if first % 128 >= 16 {
            flaws.insert(Flaw::RsvSet);
        }
        if let 3..=7 | 11..=15 = first % 16 {
            flaws.insert(Flaw::OpcodeReserved);
        }
        table[first] = flaws;
        first += 1;
    }
    table
};

/// The rules that every frame touches, and those that a Close touches.
const BY_EVERY_FRAME: RuleSet = RuleSet::of(&[
    Rule::ShortestLength,
    Rule::LengthTopBitClear,
    Rule::StreamWellFormed,
    Rule::ClientMasks,
    Rule::ServerDoesNotMask,
]);
const BY_CLOSES: RuleSet = RuleSet::of(&[Rule::CloseFin, Rule::CloseAtMost125, Rule::CloseRsvClear]);
const BY_BODIES: RuleSet = RuleSet::of(&[Rule::BodyEmptyOrCode]);
const BY_CODES: RuleSet = RuleSet::of(&[
    Rule::BodyEmptyOrCode,
    Rule::CodeIsDefined,
    Rule::CodeNotLocalOnly,
    Rule::CodeNot1004,
    Rule::CodeIsAssigned,
    Rule::Code1010FromClient,
]);
const BY_REASONS: RuleSet = BY_CODES.union(RuleSet::of(&[Rule::ReasonUtf8]));

/// The flaws of a header, found a second time, from the octets.
fn check_header(header: &Header, octets: &[u8]) -> RuleSet {
    let mut again = FLAWS_OF_FIRST[usize::from(octets[0])];
    let value = header.length.value();
    // Two octets of header, and four of key, are all that a length in its shortest form of seven bits has.
    let masked = octets[1] >> 7;
    match octets.len() - 4 * usize::from(masked) {
        2 => {}
        extended => {
            let least = if extended == 4 { 126 } else { 65536 };
            if value < least {
                again.insert(Flaw::LengthNotShortest);
            }
            if value >> 63 == 1 {
                again.insert(Flaw::LengthTopBit);
            }
            if octets[0] & 0x08 != 0 && value > 125 {
                again.insert(Flaw::ControlTooLong);
            }
        }
    }
    let of_mask = [[Flaw::MaskMissing, Flaw::MaskPresent], [Flaw::MaskPresent, Flaw::MaskMissing]];
    let wrong = of_mask[usize::from(masked)];
    let by = [Role::Client, Role::Server];
    // A frame is wrongly masked for just one of the two.
    let (blamed, clear) = (by[usize::from(masked)], by[1 - usize::from(masked)]);
    assert_eq!(header.flaws(blamed), again.with(wrong[0]), "{octets:02x?} from a {blamed}");
    assert_eq!(header.flaws(clear), again, "{octets:02x?} from a {clear}");
    if header.opcode == Opcode::Close { BY_EVERY_FRAME.union(BY_CLOSES) } else { BY_EVERY_FRAME }
}

/// A body of at most 125 octets, checked against second formulations of what it may be.
fn check_body(payload: &[u8]) -> RuleSet {
    let parsed = CloseBody::parse(payload);
    let code = match (payload, parsed) {
        ([], Ok(CloseBody::Empty)) | ([_], Err(BodyError::OneByte)) => return BY_BODIES,
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
    let profile = Profile::Iana;
    assert_eq!(code.acceptable(profile).is_ok(), acceptable_again(code), "code {code}");
    assert_eq!(close::code_flaw(code, profile).is_none(), acceptable_again(code), "code {code}");
    if let Ok(body) = parsed {
        for role in Role::ALL {
            match ConformingClose::new(code, body.reason(), role, profile, LongReason::Refuse) {
                Ok(close) => {
                    assert!(close.body() == payload, "a conforming Close is written as it was read");
                    assert!(acceptable_again(code), "code {code} from a {role}");
                }
                Err(close::CannotClose::Code { why, .. }) => {
                    let for_clients = why == Unsendable::ClientOnly;
                    assert_eq!(acceptable_again(code), for_clients, "code {code} from a {role}");
                }
                Err(close::CannotClose::ReasonTooLong { octets }) => {
                    panic!("{octets} octets of reason in 125")
                }
            }
        }
    }
    if payload.len() > 2 { BY_REASONS } else { BY_CODES }
}

/// The code space as intervals: a second formulation of [`CloseCode::acceptable`] under the default profile.
fn acceptable_again(code: CloseCode) -> bool {
    let CloseCode(n) = code;
    (3000..5000).contains(&n) || (1000..=1014).contains(&n) && !(1004..=1006).contains(&n)
}

/// How many octets at the front are whole, valid UTF-8: the grammar of RFC 3629 §4 as an automaton, a second
/// formulation of what the standard library does.
pub fn utf8_valid_up_to(octets: &[u8]) -> usize {
    let mut state = utf8::START;
    let mut whole = 0;
    for (at, octet) in octets.iter().enumerate() {
        state = utf8::NEXT[usize::from(state)][usize::from(utf8::CLASS[usize::from(*octet)])];
        match state {
            utf8::START => whole = at + 1,
            utf8::BROKEN => break,
            _ => {}
        }
    }
    whole
}

mod utf8 {
    //! The rows of RFC 3629 §4, `UTF8-1` to `UTF8-4`, as states: what may follow the octets so far.

    pub const START: u8 = 0;
    pub const BROKEN: u8 = 1;
    /// One, two or three more octets of 80–BF.
    const TAIL1: u8 = 2;
    const TAIL2: u8 = 3;
    const TAIL3: u8 = 4;
    /// After E0, ED, F0 and F4 the second octet has a narrower range.
    const AFTER_E0: u8 = 5;
    const AFTER_ED: u8 = 6;
    const AFTER_F0: u8 = 7;
    const AFTER_F4: u8 = 8;

    /// Octets that the grammar treats alike: the lowest of each class.
    const CLASSES: [u8; 14] =
        [0x00, 0x80, 0x90, 0xa0, 0xc0, 0xc2, 0xe0, 0xe1, 0xed, 0xee, 0xf0, 0xf1, 0xf4, 0xf5];

    /// The class of every octet.
    pub const CLASS: [u8; 256] = {
        let mut table = [0; 256];
        let mut octet = 0;
        let mut class = 0;
        while octet < 256 {
            if class + 1 < CLASSES.len() && octet == CLASSES[class + 1] as usize {
                class += 1;
            }
            table[octet] = class as u8;
            octet += 1;
        }
        table
    };

    /// State × class → state.
    pub const NEXT: [[u8; 16]; 9] = {
        let mut table = [[BROKEN; 16]; 9];
        // From the start: one row of the grammar after another.
        table[START as usize][0] = START;
        table[START as usize][5] = TAIL1;
        table[START as usize][6] = AFTER_E0;
        table[START as usize][7] = TAIL2;
        table[START as usize][8] = AFTER_ED;
        table[START as usize][9] = TAIL2;
        table[START as usize][10] = AFTER_F0;
        table[START as usize][11] = TAIL3;
        table[START as usize][12] = AFTER_F4;
        // 80–8F, 90–9F and A0–BF are the classes 1, 2 and 3.
        let mut class = 1;
        while class <= 3 {
            table[TAIL1 as usize][class] = START;
            table[TAIL2 as usize][class] = TAIL1;
            table[TAIL3 as usize][class] = TAIL2;
            class += 1;
        }
        table[AFTER_E0 as usize][3] = TAIL1;
        table[AFTER_ED as usize][1] = TAIL1;
        table[AFTER_ED as usize][2] = TAIL1;
        table[AFTER_F0 as usize][2] = TAIL2;
        table[AFTER_F0 as usize][3] = TAIL2;
        table[AFTER_F4 as usize][1] = TAIL2;
        table
    };
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
        driver: Driver::with_limits(Limits::QUICK),
        judge: Judge::new(Profile::default()),
        model: Model::new(Profile::default()),
        faulty: Fault::ALL.into_iter().map(Faulty::new).collect(),
    });
}

/// Plays a script, in either form, to the model and, one script in four, to a faulty endpoint.
///
/// Oracles: the judge finds nothing against the model; a fault that shows in every Close is found wherever a
/// Close is written. Returns the rules that the model was judged by and kept.
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
        // Which fault, if any: the input says, by a sum that every octet of it changes.
        let pick = octets.iter().fold(octets.len(), |sum, octet| sum.wrapping_add(usize::from(*octet)));
        if pick % 4 == 0 {
            let index = pick / 4 % stage.faulty.len();
            let fault = Fault::ALL[index];
            let trace = stage.driver.drive(script, &mut stage.faulty[index]);
            let found = stage.judge.judge(trace).iter().any(|finding| finding.rule == fault.rule());
            let wrote_a_close = exercised.contains(Rule::OneClose);
            assert!(
                found || !(wrote_a_close && fault.shows_in_every_close(script.role())),
                "the judge misses the fault {}\n{script}\n{trace}",
                fault.slug()
            );
        }
        exercised
    })
}
