//! The body of the fuzz target `close_frame`: in come raw octets, out comes what they showed. Everything is held
//! against a second formulation.
//!
//! A fuzzer pays about as much for every branch that it sees taken as for running a hundred instructions, and
//! something for every comparison of integers. Hence the tables, and conditions that do not cut themselves
//! short.

use std::cell::RefCell;

use super::Feedback;
use super::novelty::NoveltyMap;
use crate::protocol::close::{self, BodyError, CloseBody, ConformingClose, ReasonOverflow};
use crate::protocol::code::{CloseCode, Profile};
use crate::protocol::flaw::{Flaw, Flaws};
use crate::protocol::frame::{Decoder, Header, MAX_CONTROL_PAYLOAD, Opcode, Piece, Status, mask};
use crate::protocol::role::Role;
use crate::rules::{Rule, RuleSet};

/// How many frames of one input are looked at: executions are what a fuzzer is paid in, and the frames of
/// one input are checked alike.
const MAX_FRAMES: usize = 2;

/// Reads `octets` as what a client, and as what a server, put on the wire.
///
/// Oracles: the incremental decoder, given the octets in two pieces, sees what is read in one; a header
/// encodes to the octets that it was read from; the flaws of headers, codes and reasons are those that a
/// second formulation finds; a Close without a flaw is one that [`ConformingClose`] builds, and the other
/// way round. The rules that it shows are those about frames that the input touched; what is new is how what is
/// wrong with headers, the sorts of codes and reasons, and the place of the cut follow one another.
pub fn close_frame(octets: &[u8]) -> Feedback {
    thread_local! {
        static SEEN: RefCell<NoveltyMap> = const { RefCell::new(NoveltyMap::new()) };
    }
    SEEN.with_borrow_mut(|seen| {
        seen.start_input(0);
        let rules = check(octets, seen);
        Feedback { rules_exercised: rules, is_novel: seen.is_novel() }
    })
}

fn check(octets: &[u8], seen: &mut NoveltyMap) -> RuleSet {
    // Where the octets are cut: the input itself says where.
    let [.., share] = octets else { return RuleSet::EMPTY };
    let (mut input, second) = octets.split_at((octets.len() + 1) * usize::from(*share) / 256);
    let mut second = Some(second);
    let mut decoder = Decoder::new();
    let mut touched = RuleSet::EMPTY;
    // The frame that is being read, where its payload begins, and where what has not been seen yet does.
    let (mut header, mut start, mut at) = (None, 0, 0);
    let mut frames = 0;
    loop {
        match decoder.next(&mut input) {
            Some(Piece::Header(read)) => {
                let (used, rules) = check_header(&read, &octets[at..], seen);
                touched = touched.union(rules);
                at += used;
                (header, start) = (Some(read), at);
            }
            Some(Piece::Payload { octets: piece, offset }) => {
                assert!(
                    std::ptr::eq(piece.as_ptr(), octets.as_ptr().wrapping_add(at))
                        & (offset == at.wrapping_sub(start) as u64),
                    "{piece:02x?} is not octet {at} of {octets:02x?} and {offset} of its payload"
                );
                at += piece.len();
            }
            Some(Piece::End) => {
                let Some(header) = header.take() else {
                    panic!("a frame ends that did not begin: {octets:02x?}")
                };
                let payload = &octets[start..at];
                assert!(payload.len() as u64 == header.length.value(), "{octets:02x?} ends a frame at {at}");
                if matches!(header.opcode, Opcode::Close) & (payload.len() <= MAX_CONTROL_PAYLOAD) {
                    // Of a fixed length, so that unmasking takes no branch.
                    let mut body = [0; 128];
                    body[..payload.len()].copy_from_slice(payload);
                    mask(header.mask.unwrap_or([0; 4]), 0, &mut body);
                    touched = touched.union(check_body(&body[..payload.len()], seen));
                }
                frames += 1;
                if frames == MAX_FRAMES {
                    return touched;
                }
            }
            None => match second.take() {
                Some(second) => {
                    // In a payload, between two frames, or in a header.
                    seen.record(
                        sight::CUT | u64::from(header.is_some()) << 1 | u64::from(decoder.at_boundary()),
                    );
                    input = second;
                }
                None => break,
            },
        }
    }
    let left = &octets[at..];
    match header {
        Some(header) => {
            let missing = ((at - start) as u64) < header.length.value();
            assert!(left.is_empty() & missing, "the decoder does not read {left:02x?} of {octets:02x?}");
        }
        None => assert!(
            matches!(Header::decode(left), Status::Partial(needed) if needed > left.len()),
            "the decoder does not read the header {left:02x?} of {octets:02x?}"
        ),
    }
    touched
}

/// What the first octet of a frame alone shows to be wrong, by its value: FIN is the top bit, RSV the three
/// below it, and the opcode the low four.
static FLAWS_OF_FIRST: [Flaws; 256] = {
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
/// By a Close with a code and no reason, and by one with both.
static BY_CLOSES_WITH: [RuleSet; 2] = [BY_CODES, BY_CODES.union(RuleSet::of(&[Rule::ReasonUtf8]))];
/// By a frame that is no Close, and by one that is.
static BY_FRAMES: [RuleSet; 2] = [BY_EVERY_FRAME, BY_EVERY_FRAME.union(BY_CLOSES)];

/// What the second octet alone shows to be wrong if a client, and if a server, sent it: the top bit is the mask.
static FLAWS_OF_SECOND: [[Flaws; 2]; 256] = {
    let mut table = [[Flaws::NONE; 2]; 256];
    let mut second = 0;
    while second < 256 {
        if second < 128 {
            table[second][0].insert(Flaw::MaskMissing);
        } else {
            table[second][1].insert(Flaw::MaskPresent);
        }
        second += 1;
    }
    table
};

/// The least length that may be in the form that the low seven bits of the second octet name.
static LEAST: [u64; 128] = {
    let mut least = [0; 128];
    least[126] = 126;
    least[127] = 1 << 16;
    least
};

/// Whether it is a control frame, by the first octet.
static CONTROL: [bool; 256] = by_opcode(8, 15);

/// Whether it is a Close, by the first octet.
static CLOSE: [bool; 256] = by_opcode(8, 8);

const fn by_opcode(least: usize, most: usize) -> [bool; 256] {
    let mut table = [false; 256];
    let mut first = 0;
    while first < 256 {
        table[first] = first % 16 >= least && first % 16 <= most;
        first += 1;
    }
    table
}

/// Where the numbers of the sorts of sights begin.
mod sight {
    pub const CUT: u64 = 1 << 32;
    pub const HEADER: u64 = 2 << 32;
    pub const BODY: u64 = 3 << 32;
}

/// A header that the decoder read from the front of `octets`: how long it is, and the rules that it touches.
fn check_header(header: &Header, octets: &[u8], seen: &mut NoveltyMap) -> (usize, RuleSet) {
    let encoded = header.encode();
    assert!(encoded.begin(octets), "{header:?} is not encoded as it was read from {octets:02x?}");
    let Status::Complete(whole, used) = Header::decode(octets) else {
        panic!("{octets:02x?} are no header in one piece, but {header:?} in two");
    };
    assert!(
        whole.encode().bits() == encoded.bits(),
        "{octets:02x?} are {whole:?} in one piece, and {header:?} in two"
    );
    let [first, second] = encoded.first_two();
    let (first, second) = (usize::from(first), usize::from(second));
    let value = header.length.value();
    let [by_client, by_server] = FLAWS_OF_SECOND[second];
    let again = FLAWS_OF_FIRST[first]
        .with_if(Flaw::LengthNotShortest, value < LEAST[second % 128])
        .with_if(Flaw::LengthTopBit, value >> 63 == 1)
        .with_if(Flaw::ControlTooLong, (value > 125) & CONTROL[first]);
    for (sender, wrong) in [(Role::Client, by_client), (Role::Server, by_server)] {
        let (flaws, again) = (header.flaws(sender), again.union(wrong));
        assert!(flaws == again, "of a {sender}, {octets:02x?} has {flaws:?}, and again {again:?}");
    }
    let wrong = u64::from(again.union(by_client).bits());
    seen.record(sight::HEADER | wrong << 1 | u64::from(CLOSE[first]));
    (used, BY_FRAMES[usize::from(CLOSE[first])])
}

/// A body of at most 125 octets, checked against second formulations of what it may be.
fn check_body(payload: &[u8], seen: &mut NoveltyMap) -> RuleSet {
    let parsed = CloseBody::parse(payload);
    let [high, low, reason @ ..] = payload else {
        let expected = if payload.is_empty() { Ok(CloseBody::Empty) } else { Err(BodyError::OneByte) };
        assert!(parsed == expected, "the body {payload:02x?} was read as {parsed:?}");
        seen.record(sight::BODY | payload.len() as u64);
        return BY_BODIES;
    };
    let code = CloseCode(u16::from(*high) << 8 | u16::from(*low));
    let profile = Profile::Iana;
    let acceptable = acceptable_again(code);
    assert!(
        (code.acceptable(profile).is_ok() == acceptable)
            & (close::code_flaw(code, profile).is_none() == acceptable),
        "code {code}"
    );
    let whole = utf8_valid_up_to(reason);
    match parsed {
        Ok(CloseBody::Status { code: read, reason: text }) => {
            assert!(
                (read == code) & std::ptr::eq(text.as_bytes(), reason) & (whole == reason.len()),
                "the body {payload:02x?} was read as {parsed:?}"
            );
            for role in Role::ALL {
                let close = ConformingClose::new(code, text, role, profile, ReasonOverflow::Reject);
                let sendable = acceptable & !((code.0 == 1010) & (role as u8 == Role::Server as u8));
                match close {
                    Ok(close) => assert!(
                        sendable & (close.body() == payload),
                        "{payload:02x?} is what no {role} may write, and written as {:02x?}",
                        close.body()
                    ),
                    Err(why) => assert!(!sendable, "{payload:02x?} from a {role}: {why}"),
                }
            }
        }
        Err(BodyError::ReasonNotUtf8 { code: read, valid_up_to }) => assert!(
            (read == code) & (valid_up_to == whole) & (whole < reason.len()),
            "the body {payload:02x?} was read as {parsed:?}"
        ),
        Ok(CloseBody::Empty) | Err(BodyError::OneByte) => {
            panic!("the body {payload:02x?} was read as {parsed:?}")
        }
    }
    let sort =
        (code.class() as u64) << 2 | u64::from(whole == reason.len()) << 1 | u64::from(reason.is_empty());
    seen.record(sight::BODY | (2 + sort));
    BY_CLOSES_WITH[usize::from(!reason.is_empty())]
}

/// The code space as intervals: a second formulation of [`CloseCode::acceptable`] under the default profile.
fn acceptable_again(code: CloseCode) -> bool {
    let CloseCode(n) = code;
    (3000..5000).contains(&n) | (1000..=1014).contains(&n) & !(1004..=1006).contains(&n)
}

/// How many octets at the front are whole, valid UTF-8: the grammar of RFC 3629 §4 as an automaton, a second
/// formulation of what the standard library does.
pub fn utf8_valid_up_to(octets: &[u8]) -> usize {
    let mut state = utf8::START;
    let mut whole = 0;
    for (at, octet) in (1..).zip(octets) {
        state = utf8::NEXT[usize::from(state | utf8::CLASS[usize::from(*octet)])];
        // By a mask, because a fuzzer pays for every comparison.
        let between = utf8::BETWEEN[usize::from(state / 16)];
        whole = at & between | whole & !between;
    }
    whole
}

mod utf8 {
    //! The rows of RFC 3629 §4, `UTF8-1` to `UTF8-4`, as states: what may follow the octets so far.

    pub const START: u8 = 0x00;
    const BROKEN: u8 = 0x10;
    /// One, two or three more octets of 80–BF.
    const TAIL1: u8 = 0x20;
    const TAIL2: u8 = 0x30;
    const TAIL3: u8 = 0x40;
    /// After E0, ED, F0 and F4 the second octet has a narrower range.
    const AFTER_E0: u8 = 0x50;
    const AFTER_ED: u8 = 0x60;
    const AFTER_F0: u8 = 0x70;
    const AFTER_F4: u8 = 0x80;

    /// Octets that the grammar treats alike: the lowest of each class.
    const CLASSES: [u8; 14] =
        [0x00, 0x80, 0x90, 0xa0, 0xc0, 0xc2, 0xe0, 0xe1, 0xed, 0xee, 0xf0, 0xf1, 0xf4, 0xf5];

    /// The class of every octet.
    pub static CLASS: [u8; 256] = {
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

    /// By sixteenths of the state: all ones between two characters.
    pub static BETWEEN: [usize; 16] = {
        let mut table = [0; 16];
        table[START as usize / 16] = usize::MAX;
        table
    };

    /// State and class in one octet → state.
    pub static NEXT: [u8; 256] = {
        let mut table = [BROKEN; 256];
        // From the start: one row of the grammar after another.
        table[START as usize] = START;
        table[(START | 5) as usize] = TAIL1;
        table[(START | 6) as usize] = AFTER_E0;
        table[(START | 7) as usize] = TAIL2;
        table[(START | 8) as usize] = AFTER_ED;
        table[(START | 9) as usize] = TAIL2;
        table[(START | 10) as usize] = AFTER_F0;
        table[(START | 11) as usize] = TAIL3;
        table[(START | 12) as usize] = AFTER_F4;
        // 80–8F, 90–9F and A0–BF are the classes 1, 2 and 3.
        let mut class = 1;
        while class <= 3 {
            table[(TAIL1 | class) as usize] = START;
            table[(TAIL2 | class) as usize] = TAIL1;
            table[(TAIL3 | class) as usize] = TAIL2;
            class += 1;
        }
        table[(AFTER_E0 | 3) as usize] = TAIL1;
        table[(AFTER_ED | 1) as usize] = TAIL1;
        table[(AFTER_ED | 2) as usize] = TAIL1;
        table[(AFTER_F0 | 2) as usize] = TAIL2;
        table[(AFTER_F0 | 3) as usize] = TAIL2;
        table[(AFTER_F4 | 1) as usize] = TAIL2;
        table
    };
}
