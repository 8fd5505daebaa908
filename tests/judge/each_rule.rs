//! Tests every rule of the catalogue with the simplest case that conforms and the simplest one that violates it.
//!
//! The other modules test the limits of the rules.

use crate::scripted::Act::{
    Accepts, Closes, ClosesTcp, ClosesTls, Delivers, Hangs, HarmsNextConnection, Panics, Refuses,
    ReportsClose, ReportsError, ReportsReason, Resets, ShutsDownWrite, StartsTls, UsesMemory, Writes,
};
use crate::scripted::{Act, PONG, assert_verdict_as};
use wsclose::judge::Verdict::{self, Conforms, Violates};
use wsclose::protocol::role::Role::{self, Client, Server};
use wsclose::rules::{Capability, Rule};

/// A verdict, the steps of a script, and the acts of an endpoint that earn the verdict.
type Case = (Verdict, &'static str, &'static [&'static [Act]]);

/// Defines a test for each rule, named by the rule's id.
macro_rules! rule_tests {
    ($($name:ident: $rule:ident as $role:ident $(without $lacks:expr,)? => $cases:expr;)*) => {
        $(#[test]
        fn $name() {
            let lacks: &[Capability] = &[$($lacks)?];
            assert_cases(stringify!($name), Rule::$rule, $role, lacks, &$cases);
        })*

        /// The rules that have a test in this module.
        pub const TESTED: &[Rule] = &[$(Rule::$rule),*];
    };
}

/// Asserts the verdicts of the cases, and that one of them conforms and one violates the rule.
fn assert_cases(name: &str, rule: Rule, role: Role, lacks: &[Capability], cases: &[Case]) {
    assert_eq!(name.replace('_', "-"), rule.id(), "the name of the test");
    for expected in [Conforms, Violates] {
        assert!(cases.iter().any(|(verdict, ..)| *verdict == expected), "{rule}: no case is {expected:?}");
    }
    for (verdict, steps, acts) in cases {
        assert_verdict_as(role, lacks, rule, *verdict, steps, acts);
    }
}

/// A Close with a payload of 126 octets.
const CLOSE_OF_126: [u8; 130] = {
    let mut close = [b'x'; 130];
    [close[0], close[1], close[2], close[3], close[4], close[5]] = [0x88, 126, 0, 126, 3, 0xe8];
    close
};

/// Sixteen empty Pings of a client, each with another masking key.
const PINGS_WITH_FRESH_KEYS: [u8; 96] = {
    let mut pings = [0; 96];
    let mut ping = 0;
    while ping < 16 {
        let key = (ping as u32 + 1).wrapping_mul(0x9e37_79b9) ^ 0x5bd1_e995 >> ping;
        let [a, b, c, d] = key.to_be_bytes();
        let octets = [0x89, 0x80, a, b, c, d];
        let mut at = 0;
        while at < 6 {
            pings[6 * ping + at] = octets[at];
            at += 1;
        }
        ping += 1;
    }
    pings
};

/// Four empty Pings of a client, all with the same masking key.
const PINGS_WITH_ONE_KEY: [u8; 24] =
    [0x89, 0x80, 9, 1, 7, 3, 0x89, 0x80, 9, 1, 7, 3, 0x89, 0x80, 9, 1, 7, 3, 0x89, 0x80, 9, 1, 7, 3];

/// The peer closes with 1000.
const CLOSE: &str = "> close 1000\n";

rule_tests! {
    close_fin: CloseFin as Server => [
        (Conforms, CLOSE, &[&[Closes(1000)]]),
        (Violates, CLOSE, &[&[Writes(&[0x08, 2, 3, 0xe8])]]),
    ];
    close_at_most_125: CloseAtMost125 as Server => [
        (Conforms, CLOSE, &[&[Closes(1000)]]),
        (Violates, CLOSE, &[&[Writes(&CLOSE_OF_126)]]),
    ];
    close_rsv_clear: CloseRsvClear as Server => [
        (Conforms, CLOSE, &[&[Closes(1000)]]),
        (Violates, CLOSE, &[&[Writes(&[0xc8, 2, 3, 0xe8])]]),
        (Violates, CLOSE, &[&[Writes(&[0xa8, 2, 3, 0xe8])]]),
        (Violates, CLOSE, &[&[Writes(&[0x98, 2, 3, 0xe8])]]),
    ];
    shortest_length: ShortestLength as Server => [
        (Conforms, CLOSE, &[&[Closes(1000)]]),
        (Violates, CLOSE, &[&[Writes(&[0x88, 126, 0, 2, 3, 0xe8])]]),
        (Violates, CLOSE, &[&[Writes(&[0x88, 127, 0, 0, 0, 0, 0, 0, 0, 2, 3, 0xe8])]]),
    ];
    length_top_bit_clear: LengthTopBitClear as Server => [
        (Conforms, CLOSE, &[&[Closes(1000)]]),
        (Violates, CLOSE, &[&[Writes(&[0x88, 127, 0x80, 0, 0, 0, 0, 0, 0, 2, 3, 0xe8])]]),
    ];
    client_masks: ClientMasks as Client => [
        (Conforms, CLOSE, &[&[Closes(1000)]]),
        (Violates, CLOSE, &[&[Writes(&[0x88, 2, 3, 0xe8])]]),
        (Violates, CLOSE, &[&[Writes(&[0x88, 0])]]),
    ];
    server_does_not_mask: ServerDoesNotMask as Server => [
        (Conforms, CLOSE, &[&[Closes(1000)]]),
        (Violates, CLOSE, &[&[Writes(&[0x88, 0x82, 1, 2, 3, 4, 2, 0xea])]]),
    ];
    fresh_mask_key: FreshMaskKey as Client => [
        (Conforms, CLOSE, &[&[Writes(&PINGS_WITH_FRESH_KEYS)]]),
        (Violates, CLOSE, &[&[Writes(&PINGS_WITH_ONE_KEY)]]),
    ];
    stream_well_formed: StreamWellFormed as Server => [
        (Conforms, CLOSE, &[&[Writes(&[0x81, 1, b'a']), Closes(1000)]]),
        (Violates, CLOSE, &[&[Writes(&[0x83, 0])]]),
        (Violates, CLOSE, &[&[Writes(&[0x80, 1, b'a'])]]),
    ];
    sends_only_frames: SendsOnlyFrames as Server => [
        (Conforms, CLOSE, &[&[Closes(1000)]]),
        (Violates, CLOSE, &[&[Closes(1000), Writes(b"HTTP/1.1 200 OK\r\n\r\n")]]),
    ];
    body_empty_or_code: BodyEmptyOrCode as Server => [
        (Conforms, CLOSE, &[&[Closes(1000)]]),
        (Conforms, CLOSE, &[&[Writes(&[0x88, 0])]]),
        (Violates, CLOSE, &[&[Writes(&[0x88, 1, 3])]]),
    ];
    code_is_defined: CodeIsDefined as Server => [
        (Conforms, CLOSE, &[&[Closes(1000)]]),
        (Violates, CLOSE, &[&[Closes(999)]]),
        (Violates, CLOSE, &[&[Closes(5000)]]),
    ];
    code_not_local_only: CodeNotLocalOnly as Server => [
        (Conforms, CLOSE, &[&[Closes(1000)]]),
        (Violates, CLOSE, &[&[Closes(1005)]]),
        (Violates, CLOSE, &[&[Closes(1006)]]),
        (Violates, CLOSE, &[&[Closes(1015)]]),
    ];
    code_not_1004: CodeNot1004 as Server => [
        (Conforms, CLOSE, &[&[Closes(1000)]]),
        (Violates, CLOSE, &[&[Closes(1004)]]),
    ];
    code_is_assigned: CodeIsAssigned as Server => [
        (Conforms, CLOSE, &[&[Closes(1014)]]),
        (Violates, CLOSE, &[&[Closes(1016)]]),
    ];
    code_1010_from_client: Code1010FromClient as Server => [
        (Conforms, "> close 1010\n", &[&[Closes(1010)]]),
        (Violates, CLOSE, &[&[Closes(1010)]]),
    ];
    code_1010_names_extensions: Code1010NamesExtensions as Client => [
        (Conforms, "> opcode=11\n", &[&[Writes(&[0x88, 0x83, 0, 0, 0, 0, 3, 0xf2, b'x'])]]),
        (Violates, "> opcode=11\n", &[&[Closes(1010)]]),
    ];
    reason_utf8: ReasonUtf8 as Server => [
        (Conforms, CLOSE, &[&[Writes(&[0x88, 4, 3, 0xe8, 0xc3, 0xa9])]]),
        (Violates, CLOSE, &[&[Writes(&[0x88, 3, 3, 0xe8, 0xc3])]]),
    ];
    no_data_after_close: NoDataAfterClose as Server => [
        (Conforms, CLOSE, &[&[Writes(&[0x81, 1, b'a']), Closes(1000)]]),
        (Violates, CLOSE, &[&[Closes(1000), Writes(&[0x81, 1, b'a'])]]),
    ];
    one_close: OneClose as Server => [
        (Conforms, CLOSE, &[&[Closes(1000)]]),
        (Violates, CLOSE, &[&[Closes(1000), Closes(1000)]]),
    ];
    quiet_after_close: QuietAfterClose as Server => [
        (Conforms, CLOSE, &[&[PONG, Closes(1000)]]),
        (Violates, CLOSE, &[&[Closes(1000), PONG]]),
    ];
    close_answered: CloseAnswered as Server => [
        (Conforms, "> close 1000\nwait 2\n", &[&[Closes(1000)]]),
        (Violates, "> close 1000\nwait 2\n", &[]),
    ];
    close_answered_promptly: CloseAnsweredPromptly as Server => [
        (Conforms, "> close 1000\nwait 3\n", &[&[], &[Closes(1000)]]),
        (Violates, "> close 1000\nwait 3\n", &[&[], &[], &[], &[Closes(1000)]]),
    ];
    no_new_message_after_peer_close: NoNewMessageAfterPeerClose as Server => [
        (Conforms, CLOSE, &[&[Closes(1000)]]),
        (Violates, CLOSE, &[&[Writes(&[0x81, 1, b'a']), Closes(1000)]]),
    ];
    close_echoes_code: CloseEchoesCode as Server => [
        (Conforms, CLOSE, &[&[Closes(1000)]]),
        (Violates, CLOSE, &[&[Closes(1001)]]),
    ];
    tcp_closed_after_handshake: TcpClosedAfterHandshake as Server => [
        (Conforms, "> close 1000\nwait 2\n", &[&[Closes(1000), ClosesTcp]]),
        (Violates, "> close 1000\nwait 2\n", &[&[Closes(1000)]]),
    ];
    server_closes_tcp_at_once: ServerClosesTcpAtOnce as Server => [
        (Conforms, "> close 1000\nwait 2\n", &[&[Closes(1000), ClosesTcp]]),
        (Violates, "> close 1000\nwait 2\n", &[&[Closes(1000)]]),
    ];
    server_fails_at_once: ServerFailsAtOnce as Server => [
        (Conforms, "> ping rsv=4\nwait 2\n", &[&[Closes(1002)], &[ClosesTcp]]),
        (Violates, "> ping rsv=4\nwait 2\n", &[&[Closes(1002)], &[], &[ClosesTcp]]),
    ];
    client_lets_server_close_first: ClientLetsServerCloseFirst as Client => [
        (Conforms, "> close 1000\n> fin\n", &[&[Closes(1000)], &[ClosesTcp]]),
        (Violates, "> close 1000\n> fin\n", &[&[Closes(1000), ClosesTcp]]),
    ];
    finishes_half_close: FinishesHalfClose as Server => [
        (Conforms, "> close 1000\n> fin\n", &[&[Closes(1000), ShutsDownWrite], &[ClosesTcp]]),
        (Violates, "> close 1000\n> fin\nwait 2\n", &[&[Closes(1000), ShutsDownWrite]]),
    ];
    tcp_closed_cleanly: TcpClosedCleanly as Server => [
        (Conforms, CLOSE, &[&[Closes(1000), ClosesTcp]]),
        (Violates, CLOSE, &[&[Closes(1000), Resets]]),
    ];
    tls_closed_cleanly: TlsClosedCleanly as Server => [
        (Conforms, CLOSE, &[&[StartsTls, Closes(1000), ClosesTls, ClosesTcp]]),
        (Violates, CLOSE, &[&[StartsTls, Closes(1000), ClosesTcp]]),
    ];
    waits_for_answer: WaitsForAnswer as Server => [
        (Conforms, "app close 1000\n> close 1000\n", &[&[Closes(1000)], &[ClosesTcp]]),
        (Violates, "app close 1000\n> close 1000\n", &[&[Closes(1000), ClosesTcp]]),
    ];
    requested_close_sent: RequestedCloseSent as Server => [
        (Conforms, "app close 1000\n", &[&[Closes(1000)]]),
        (Violates, "app close 1000\n", &[&[ClosesTcp]]),
        (Violates, "app close 1000\nwait 2\n", &[&[Accepts]]),
    ];
    requested_code_sent: RequestedCodeSent as Server => [
        (Conforms, "app close 4001\n", &[&[Closes(4001)]]),
        (Violates, "app close 4001\n", &[&[Closes(1000)]]),
        (Violates, "app close 1000\n", &[&[Writes(&[0x88, 0])]]),
    ];
    requested_reason_sent: RequestedReasonSent as Server => [
        (Conforms, "app close 1000 \"a\"\n", &[&[Writes(&[0x88, 3, 3, 0xe8, b'a'])]]),
        (Violates, "app close 1000 \"a\"\n", &[&[Closes(1000)]]),
        (Violates, "app close 1000 \"a\"\n", &[&[Writes(&[0x88, 3, 3, 0xe8, b'b'])]]),
    ];
    sends_before_close: SendsBeforeClose as Server => [
        (Conforms, "app send text \"a\"\napp close 1000\n", &[&[Writes(&[0x81, 1, b'a']), Accepts], &[Closes(1000)]]),
        (Violates, "app send text \"a\"\napp close 1000\n", &[&[Accepts], &[Closes(1000)]]),
    ];
    accepts_defined_codes: AcceptsDefinedCodes as Server => [
        (Conforms, CLOSE, &[&[Closes(1000)]]),
        (Violates, CLOSE, &[&[Closes(1002)]]),
    ];
    accepts_registered_codes: AcceptsRegisteredCodes as Server => [
        (Conforms, "> close 1014\n", &[&[Closes(1014)]]),
        (Violates, "> close 1014\n", &[&[Closes(1002)]]),
    ];
    accepts_library_and_private_codes: AcceptsLibraryAndPrivateCodes as Server => [
        (Conforms, "> close 3333\n", &[&[Closes(3333)]]),
        (Violates, "> close 3333\n", &[&[Closes(1002)]]),
        (Violates, "> close 4999\n", &[&[Closes(1002)]]),
    ];
    accepts_empty_close: AcceptsEmptyClose as Server => [
        (Conforms, "> close\n", &[&[Closes(1000)]]),
        (Violates, "> close\n", &[&[Closes(1002)]]),
    ];
    accepts_longest_reason: AcceptsLongestReason as Server => [
        (Conforms, "> close 1000 \"x\" * 123\n", &[&[Closes(1000)]]),
        (Violates, "> close 1000 \"x\" * 123\n", &[&[Closes(1002)]]),
    ];
    accepts_any_utf8_reason: AcceptsAnyUtf8Reason as Server => [
        (Conforms, "> close 1000 \"😀\"\n", &[&[Closes(1000)]]),
        (Violates, "> close 1000 \"😀\"\n", &[&[Closes(1007)]]),
    ];
    accepts_close_between_fragments: AcceptsCloseBetweenFragments as Server => [
        (Conforms, "> text \"a\" fin=0\n> close 1000\n", &[&[], &[Closes(1000)]]),
        (Violates, "> text \"a\" fin=0\n> close 1000\n", &[&[], &[Closes(1002)]]),
    ];
    accepts_lawful_frames: AcceptsLawfulFrames as Server => [
        (Conforms, "> pong \"x\"\n", &[&[]]),
        (Violates, "> pong \"x\"\n", &[&[Closes(1002)]]),
    ];
    rejects_local_only_codes: RejectsLocalOnlyCodes as Server => [
        (Conforms, "> close 1005\n", &[&[Closes(1002)]]),
        (Violates, "> close 1005\n", &[&[Closes(1005)]]),
    ];
    rejects_undefined_codes: RejectsUndefinedCodes as Server => [
        (Conforms, "> close 999\n", &[&[Closes(1002)]]),
        (Violates, "> close 999\n", &[&[Closes(999)]]),
    ];
    rejects_unassigned_codes: RejectsUnassignedCodes as Server => [
        (Conforms, "> close 2000\n", &[&[Closes(1002)]]),
        (Violates, "> close 2000\n", &[&[Closes(2000)]]),
        (Violates, "> close 1004\n", &[&[Closes(1004)]]),
    ];
    rejects_one_byte_body: RejectsOneByteBody as Server => [
        (Conforms, "> close hex:03\n", &[&[Closes(1002)]]),
        (Violates, "> close hex:03\n", &[]),
    ];
    rejects_bad_utf8_reason: RejectsBadUtf8Reason as Server => [
        (Conforms, "> close 1000 hex:80\n", &[&[Closes(1007)]]),
        (Violates, "> close 1000 hex:80\n", &[&[ReportsClose(Some(1000), None)]]),
    ];
    validates_reason: ValidatesReason as Server without Capability::InterpretsReason, => [
        (Conforms, "> close 1000 hex:80\n", &[&[Closes(1007)]]),
        (Violates, "> close 1000 hex:80\n", &[&[Closes(1000)]]),
    ];
    rejects_bad_utf8_text: RejectsBadUtf8Text as Server => [
        (Conforms, "> text hex:ff\n", &[&[Closes(1007)]]),
        (Violates, "> text hex:ff\n", &[&[Delivers]]),
    ];
    rejects_long_close: RejectsLongClose as Server => [
        (Conforms, "> close 1000 \"x\" * 124\n", &[&[Closes(1002)]]),
        (Violates, "> close 1000 \"x\" * 124\n", &[]),
    ];
    rejects_long_close_at_once: RejectsLongCloseAtOnce as Server => [
        (Conforms, "> close claim=126\n", &[&[Closes(1002)]]),
        (Violates, "> close claim=126\n", &[]),
    ];
    rejects_fragmented_close: RejectsFragmentedClose as Server => [
        (Conforms, "> close 1000 fin=0\n", &[&[Closes(1002)]]),
        (Violates, "> close 1000 fin=0\n", &[]),
    ];
    rejects_bad_control_frame: RejectsBadControlFrame as Server => [
        (Conforms, "> ping \"x\" fin=0\n", &[&[Closes(1002)]]),
        (Violates, "> ping \"x\" fin=0\n", &[&[PONG]]),
    ];
    rejects_bad_fragmentation: RejectsBadFragmentation as Server => [
        (Conforms, "> continuation \"a\"\n", &[&[Closes(1002)]]),
        (Violates, "> continuation \"a\"\n", &[&[Delivers]]),
    ];
    rejects_rsv: RejectsRsv as Server => [
        (Conforms, "> close 1000 rsv=4\n", &[&[Closes(1002)]]),
        (Violates, "> close 1000 rsv=4\n", &[]),
    ];
    rejects_unknown_opcode: RejectsUnknownOpcode as Server => [
        (Conforms, "> opcode=11\n", &[&[Closes(1002)]]),
        (Violates, "> opcode=11\n", &[]),
    ];
    rejects_long_length_form: RejectsLongLengthForm as Server => [
        (Conforms, "> close 1000 form=16\n", &[&[Closes(1002)]]),
        (Violates, "> close 1000 form=16\n", &[]),
    ];
    rejects_length_top_bit: RejectsLengthTopBit as Server => [
        (Conforms, "> text \"a\" form=64 claim=9223372036854775808\n", &[&[Closes(1002)]]),
        (Violates, "> text \"a\" form=64 claim=9223372036854775808\n", &[]),
    ];
    server_rejects_unmasked: ServerRejectsUnmasked as Server => [
        (Conforms, "> close 3333 mask=wrong\n", &[&[Closes(1002)]]),
        (Violates, "> close 3333 mask=wrong\n", &[&[Closes(3333)]]),
    ];
    client_rejects_masked: ClientRejectsMasked as Client => [
        (Conforms, "> close 3333 mask=wrong\n", &[&[Closes(1002)]]),
        (Violates, "> close 3333 mask=wrong\n", &[&[Closes(3333)]]),
    ];
    close_between_fragments: CloseBetweenFragments as Server => [
        (Conforms, "> text \"a\" fin=0\n> close 1000\n", &[&[], &[Closes(1000)]]),
        (Violates, "> text \"a\" fin=0\n> close 1000\n", &[]),
    ];
    any_segmentation: AnySegmentation as Server => [
        (Conforms, "> ping \"x\"\nagain whole\n", &[&[PONG]]),
        (Violates, "> ping \"x\"\nagain each\n", &[&[], &[ReportsError]]),
    ];
    delivers_before_close: DeliversBeforeClose as Server => [
        (Conforms, "> text \"a\"\n> close 1000\n", &[&[Delivers], &[Closes(1000), ClosesTcp]]),
        (Violates, "> text \"a\"\n> close 1000\n", &[&[], &[Closes(1000), ClosesTcp]]),
    ];
    discards_after_close: DiscardsAfterClose as Server => [
        (Conforms, "> close 1000\n> text \"a\"\n", &[&[Closes(1000)], &[]]),
        (Violates, "> close 1000\n> text \"a\"\n", &[&[Closes(1000)], &[Delivers]]),
    ];
    reads_until_answer: ReadsUntilAnswer as Server => [
        (Conforms, "app close 1000\n> text \"a\"\n> close 1000\n", &[&[Closes(1000)], &[Delivers]]),
        (Violates, "app close 1000\n> text \"a\"\n> close 1000\n", &[&[Closes(1000)], &[ReportsError]]),
    ];
    delivers_until_answer: DeliversUntilAnswer as Server => [
        (Conforms, "app close 1000\n> text \"a\"\n", &[&[Closes(1000)], &[Delivers]]),
        (Violates, "app close 1000\n> text \"a\"\n", &[&[Closes(1000)]]),
    ];
    pongs_while_closing: PongsWhileClosing as Server => [
        (Conforms, "app close 1000\n> ping \"x\"\n", &[&[Closes(1000)], &[PONG]]),
        (Violates, "app close 1000\n> ping \"x\"\nwait 1\n", &[&[Closes(1000)]]),
    ];
    simultaneous_close: SimultaneousClose as Server => [
        (Conforms, "app close 1000\n> close 3333\n", &[&[Closes(1000)], &[ClosesTcp]]),
        (Violates, "app close 1000\n> close 3333\n", &[&[Closes(1000)], &[Closes(3333)]]),
    ];
    fail_closes_tcp: FailClosesTcp as Server => [
        (Conforms, "> opcode=11\n> fin\n", &[&[Closes(1002), ClosesTcp]]),
        (Violates, "> opcode=11\n> fin\n", &[&[Closes(1002)]]),
    ];
    fail_sends_close: FailSendsClose as Server => [
        (Conforms, "> opcode=11\n", &[&[Closes(1002), ClosesTcp]]),
        (Violates, "> opcode=11\n", &[&[ReportsError, ClosesTcp]]),
    ];
    fail_code_fits: FailCodeFits as Server => [
        (Conforms, "> opcode=11\n", &[&[Closes(1002), ClosesTcp]]),
        (Violates, "> opcode=11\n", &[&[Closes(1007), ClosesTcp]]),
    ];
    nothing_after_fail: NothingAfterFail as Server => [
        (Conforms, "> opcode=11\n> text \"a\"\n", &[&[Closes(1002)], &[ClosesTcp]]),
        (Violates, "> opcode=11\n> text \"a\"\n", &[&[Closes(1002)], &[Delivers]]),
        (Violates, "> opcode=11\n> ping \"x\"\n", &[&[Closes(1002)], &[PONG]]),
        (Violates, "> opcode=11\n> close 3333\n", &[&[Closes(1002)], &[Closes(3333)]]),
    ];
    eof_is_not_a_close: EofIsNotAClose as Server => [
        (Conforms, "> fin\n", &[&[ReportsClose(Some(1006), Some(false)), ClosesTcp]]),
        (Violates, "> fin\n", &[&[ReportsClose(Some(1006), Some(true)), ClosesTcp]]),
    ];
    client_ends_on_eof: ClientEndsOnEof as Client => [
        (Conforms, "> fin\nwait 2\n", &[&[ClosesTcp]]),
        (Violates, "> fin\nwait 2\n", &[]),
    ];
    server_ends_on_eof: ServerEndsOnEof as Server => [
        (Conforms, "> fin\nwait 2\n", &[&[ClosesTcp]]),
        (Violates, "> fin\nwait 2\n", &[]),
    ];
    reports_first_code: ReportsFirstCode as Server => [
        (Conforms, "> close 3333\n", &[&[Closes(3333), ReportsClose(Some(3333), None), ClosesTcp]]),
        (Violates, "> close 3333\n", &[&[Closes(3333), ReportsClose(Some(1000), None), ClosesTcp]]),
    ];
    reports_1005: Reports1005 as Server => [
        (Conforms, "> close\n", &[&[Closes(1000), ReportsClose(Some(1005), None), ClosesTcp]]),
        (Conforms, "> close\n", &[&[Closes(1000), ReportsClose(None, None), ClosesTcp]]),
        (Violates, "> close\n", &[&[Closes(1000), ReportsClose(Some(1000), None), ClosesTcp]]),
    ];
    reports_1006: Reports1006 as Server => [
        (Conforms, "> fin\n", &[&[ReportsClose(Some(1006), None), ClosesTcp]]),
        (Violates, "> fin\n", &[&[ReportsClose(Some(1000), None), ClosesTcp]]),
    ];
    reports_1006_after_failing: Reports1006AfterFailing as Server => [
        (Conforms, "> opcode=11\n", &[&[Closes(1002), ClosesTcp, ReportsClose(Some(1006), None)]]),
        (Violates, "> opcode=11\n", &[&[Closes(1002), ClosesTcp, ReportsClose(Some(1002), None)]]),
    ];
    reports_no_error_after_close: ReportsNoErrorAfterClose as Server => [
        (Conforms, CLOSE, &[&[Closes(1000), ClosesTcp, ReportsClose(Some(1000), None)]]),
        (Violates, CLOSE, &[&[Closes(1000), ClosesTcp, ReportsClose(Some(1000), None), ReportsError]]),
    ];
    reports_once: ReportsOnce as Server => [
        (Conforms, CLOSE, &[&[Closes(1000), ClosesTcp, ReportsClose(Some(1000), None)]]),
        (Violates, CLOSE, &[&[Closes(1000), ClosesTcp, ReportsClose(Some(1000), None), ReportsClose(Some(1006), None)]]),
    ];
    reports_after_tcp: ReportsAfterTcp as Server => [
        (Conforms, CLOSE, &[&[Closes(1000), ClosesTcp, ReportsClose(Some(1000), None)]]),
        (Conforms, "> close 1000\n> fin\n", &[&[Closes(1000)], &[ReportsClose(Some(1000), None)]]),
        (Violates, CLOSE, &[&[Closes(1000), ReportsClose(Some(1000), None), ClosesTcp]]),
    ];
    reports_reason: ReportsReason as Server => [
        (Conforms, "> close 1000 \"a\"\n", &[&[Closes(1000), ReportsReason("a"), ClosesTcp]]),
        (Violates, "> close 1000 \"a\"\n", &[&[Closes(1000), ReportsReason(""), ClosesTcp]]),
        (Violates, CLOSE, &[&[Closes(1000), ReportsReason("a"), ClosesTcp]]),
    ];
    reports_clean: ReportsClean as Server => [
        (Conforms, CLOSE, &[&[Closes(1000), ClosesTcp, ReportsClose(Some(1000), Some(true))]]),
        (Violates, CLOSE, &[&[Closes(1000), ClosesTcp, ReportsClose(Some(1000), Some(false))]]),
    ];
    api_refuses_unsendable_code: ApiRefusesUnsendableCode as Server => [
        (Conforms, "app close 1005\n", &[&[Refuses]]),
        (Violates, "app close 1005\n", &[&[Accepts, Closes(1005)]]),
    ];
    api_refuses_long_reason: ApiRefusesLongReason as Server => [
        (Conforms, "app close 1000 \"x\" * 124\n", &[&[Refuses]]),
        (Violates, "app close 1000 \"x\" * 124\n", &[&[Accepts, Writes(&CLOSE_OF_126)]]),
    ];
    api_refuses_data_after_close: ApiRefusesDataAfterClose as Server => [
        (Conforms, "app close 1000\napp send text \"a\"\n", &[&[Accepts, Closes(1000)], &[Refuses]]),
        (Violates, "app close 1000\napp send text \"a\"\n", &[&[Accepts, Closes(1000)], &[Accepts]]),
    ];
    gives_up_waiting: GivesUpWaiting as Server => [
        (Conforms, "app close 1000\nwait 16\n", &[&[Closes(1000)], &[], &[ClosesTcp]]),
        (Violates, "app close 1000\nwait 16\n", &[&[Closes(1000)]]),
    ];
    no_panic: NoPanic as Server => [
        (Conforms, CLOSE, &[&[]]),
        (Violates, CLOSE, &[&[Panics]]),
    ];
    no_hang: NoHang as Server => [
        (Conforms, CLOSE, &[&[]]),
        (Violates, CLOSE, &[&[Hangs]]),
    ];
    bounded_memory: BoundedMemory as Server => [
        (Conforms, CLOSE, &[&[UsesMemory(1 << 20)]]),
        (Violates, CLOSE, &[&[UsesMemory(2 << 20)]]),
    ];
    next_connection_unharmed: NextConnectionUnharmed as Server => [
        (Conforms, "> ping \"x\"\nconnect\n> ping \"x\"\n", &[&[PONG]]),
        (Violates, "> ping \"x\"\nconnect\n> ping \"x\"\n", &[&[PONG, HarmsNextConnection]]),
    ];
}
