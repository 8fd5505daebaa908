//! Tests the verdicts that the usual replies of an endpoint decide: those to lawful Closes, and those to frames that
//! every endpoint must reject.

use wsclose::Harness;
use wsclose::harness::{Recorder, Stimulus, Subject};
use wsclose::judge::InconclusiveReason::{EchoOrFailure, EchoWithOwnReason, LikeRejection, UnrelatedReply};
use wsclose::judge::Verdict::{self, Conforms, Inconclusive, Violates};
use wsclose::model::endpoint::Model;
use wsclose::model::faults::{Fault, FaultyModel};
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability, Rule};
use wsclose::script::ScriptBuf;

/// What an endpoint does about a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reply {
    /// Sends the code that it received, or 1000 if there was none, and closes TCP.
    Echoes,
    /// Sends a Close with this code and closes TCP.
    Code(u16),
    /// Sends a Close without a code and closes TCP.
    WithoutCode,
    /// Sends a Close with this code and the reason `bad`, and closes TCP.
    CodeAndReason(u16),
    /// Sends a Close with this code and leaves TCP open.
    CodeOnly(u16),
    /// Closes TCP.
    ClosesTcp,
    /// Sends a Close with this code, reports an error after the peer's FIN, and closes TCP.
    CodeThenError(u16),
    /// Reports the code that it received as an ordinary closure, and closes TCP.
    ReportsAndClosesTcp,
    /// Does nothing.
    Nothing,
}

/// A server with three habits.
#[derive(Clone, Copy, Debug)]
struct Endpoint {
    to_lawful: fn(Option<u16>) -> Reply,
    to_clear_flaw: Reply,
    to_flawed_close: Reply,
    closes_for_messages: bool,
    error_due: bool,
}

impl Endpoint {
    fn does(self, reply: Reply, received: Option<u16>, out: &mut Recorder) -> Endpoint {
        let close = |code: u16, reason: &[u8], out: &mut Recorder| {
            let body = [&code.to_be_bytes(), reason].concat();
            out.sent(&[&[0x88, body.len() as u8], body.as_slice()].concat());
        };
        match reply {
            Reply::Echoes => close(received.unwrap_or(1000), b"", out),
            Reply::Code(code) | Reply::CodeOnly(code) | Reply::CodeThenError(code) => close(code, b"", out),
            Reply::WithoutCode => out.sent(&[0x88, 0]),
            Reply::CodeAndReason(code) => close(code, b"bad", out),
            Reply::ReportsAndClosesTcp => out.reported(received.map(CloseCode), None, None),
            Reply::ClosesTcp | Reply::Nothing => {}
        }
        if !matches!(reply, Reply::CodeOnly(_) | Reply::CodeThenError(_) | Reply::Nothing) {
            out.fin();
        }
        Endpoint { error_due: matches!(reply, Reply::CodeThenError(_)), ..self }
    }
}

impl Subject for Endpoint {
    fn name(&self) -> &str {
        "habitual"
    }

    fn capabilities(&self, _role: Role) -> Capabilities {
        Capabilities::ALL
    }

    fn connect(&mut self, _role: Role, _out: &mut Recorder) {
        self.error_due = false;
    }

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
        let Stimulus::Octets([first, _, a, b, c, d, masked @ ..]) = stimulus else {
            if std::mem::take(&mut self.error_due) && matches!(stimulus, Stimulus::Fin) {
                out.error_reported("the reason is not UTF-8");
            }
            return;
        };
        let key = [*a, *b, *c, *d].into_iter().cycle();
        let body: Vec<u8> = masked.iter().zip(key).map(|(octet, key)| octet ^ key).collect();
        let code = body.first_chunk::<2>().map(|code| u16::from_be_bytes(*code));
        let is_lawful = body.len() != 1
            && code.is_none_or(|code| CloseCode(code).sendable(Role::Client, Profile::Iana).is_ok())
            && std::str::from_utf8(body.get(2..).unwrap_or_default()).is_ok();
        let reply = match (*first, is_lawful) {
            (0x88, true) => (self.to_lawful)(code),
            (0x88, false) => self.to_flawed_close,
            (0x81 | 0x89, _) if !self.closes_for_messages => Reply::Nothing,
            _ => self.to_clear_flaw,
        };
        *self = self.does(reply, code, out);
    }
}

/// An endpoint with these habits, and `to_flawed_close` open.
type Habit = (fn(Option<u16>) -> Reply, Reply);

const ECHOES_FAILS_1002: Habit = (|_| Reply::Echoes, Reply::Code(1002));
const ECHOES_FAILS_1000: Habit = (|_| Reply::Echoes, Reply::Code(1000));
const NORMAL_FAILS_1002: Habit = (|_| Reply::Code(1000), Reply::Code(1002));
const NORMAL_FAILS_BY_TCP: Habit = (|_| Reply::Code(1000), Reply::ClosesTcp);
const NORMAL_FAILS_1000: Habit = (|_| Reply::Code(1000), Reply::Code(1000));
const NORMAL_IGNORES_FLAWS: Habit = (|_| Reply::Code(1000), Reply::Nothing);
const NORMAL_STAYS_OPEN: Habit = (|_| Reply::CodeOnly(1000), Reply::Code(1002));
const NORMAL_WITH_REASON: Habit = (|_| Reply::CodeAndReason(1000), Reply::Code(1002));
const EMPTY_FAILS_1002: Habit = (|_| Reply::WithoutCode, Reply::Code(1002));
const MIXED_FAILS_1002: Habit =
    (|code| Reply::Code(if code == Some(3000) { 1001 } else { 1000 }), Reply::Code(1002));
const ONE_REPLY_FAILS_1002: Habit =
    (|code| if code == Some(1001) { Reply::Code(1000) } else { Reply::Nothing }, Reply::Code(1002));

/// Asserts the verdict on an endpoint whose habits are known, and that it is inconclusive, or `alone`, if they are not.
#[track_caller]
fn assert_compared(
    rule: Rule,
    (to_lawful, to_clear_flaw): Habit,
    to_flawed_close: Reply,
    steps: &str,
    [alone, compared]: [Verdict; 2],
) -> String {
    let mut endpoint =
        Endpoint { to_lawful, to_clear_flaw, to_flawed_close, closes_for_messages: false, error_due: false };
    let script = ScriptBuf::read(format!("wsclose 1\nrole server\n{steps}").as_bytes()).expect("a script");
    let mut harness = Harness::new(Profile::default());
    let played = harness.play(script.as_script(), &mut endpoint);
    assert_eq!(played.verdicts.on(rule), alone, "{rule}, without habits\n{played}");
    let habits = Harness::new(Profile::default()).learn_habits(Role::Server, &mut endpoint);
    harness.set_habits(Some(habits));
    let played = harness.judge_again();
    assert_eq!(played.verdicts.on(rule), compared, "{rule}, {endpoint:?}\n{played}");
    let failing = [Rule::FailSendsClose, Rule::FailCodeFits, Rule::FailClosesTcp, Rule::NothingAfterFail];
    if alone == Inconclusive {
        for rule in failing {
            assert_eq!(played.verdicts.on(rule), Verdict::NotExercised, "a comparison decides no other rule");
        }
    }
    match played.verdicts.inconclusive_reason(rule) {
        Some(reason) => format!("{reason:?}"),
        None => played.findings.iter().map(|finding| format!("{}\n", finding.actual)).collect(),
    }
}

#[test]
fn rejects_local_only_codes_is_violated_by_the_usual_reply_to_lawful_closes() {
    let (rule, steps) = (Rule::RejectsLocalOnlyCodes, "> close 1005\n> fin\n");
    let decided = [Inconclusive, Violates];
    let text = assert_compared(rule, NORMAL_FAILS_1002, Reply::Code(1000), steps, decided);
    assert_eq!(
        text,
        "accepted a code for local use only: replied with 1000, as to a lawful Close \
         (closing_handshake/code-1001); it sends 1002 if it fails the connection (closing_handshake/opcode-11)\n"
    );
    assert_compared(rule, EMPTY_FAILS_1002, Reply::WithoutCode, steps, decided);
    let text = assert_compared(rule, NORMAL_FAILS_BY_TCP, Reply::Code(1000), steps, decided);
    assert!(text.contains("it sends no Close if it fails"), "{text}");
    // An endpoint that gives a reason in every reply gives it here as well.
    assert_compared(rule, NORMAL_WITH_REASON, Reply::CodeAndReason(1000), steps, decided);
}

#[test]
fn rejects_undefined_codes_stays_open_if_the_usual_replies_do_not_decide() {
    let (rule, steps) = (Rule::RejectsUndefinedCodes, "> close 999\n> fin\n");
    let open = [Inconclusive, Inconclusive];
    let unrelated = format!("{UnrelatedReply:?}");
    for (habit, reply) in [
        // Neither the echo nor the failure code.
        (ECHOES_FAILS_1002, Reply::Code(1000)),
        (EMPTY_FAILS_1002, Reply::Code(1000)),
        // 1000 to everything, the flaws included, or nothing to flaws.
        (NORMAL_FAILS_1000, Reply::Code(1000)),
        (NORMAL_IGNORES_FLAWS, Reply::Code(1000)),
        // Several replies to lawful Closes.
        (MIXED_FAILS_1002, Reply::Code(1000)),
        // A single reply to a lawful Close.
        (ONE_REPLY_FAILS_1002, Reply::Code(1000)),
        // Something else shows the rejection: a reason, the end of TCP, a late error.
        (NORMAL_FAILS_1002, Reply::CodeAndReason(1000)),
        (NORMAL_STAYS_OPEN, Reply::Code(1000)),
        (NORMAL_FAILS_1002, Reply::CodeThenError(1000)),
    ] {
        assert_eq!(assert_compared(rule, habit, reply, steps, open), unrelated);
    }
    assert_compared(rule, NORMAL_STAYS_OPEN, Reply::CodeOnly(1000), steps, [Inconclusive, Violates]);
}

#[test]
fn rejects_undefined_codes_conforms_by_the_usual_reply_to_flaws() {
    let (rule, steps) = (Rule::RejectsUndefinedCodes, "> close 999\n> fin\n");
    assert_compared(rule, ECHOES_FAILS_1000, Reply::Code(1000), steps, [Inconclusive, Conforms]);
}

#[test]
fn rejects_one_byte_body_is_violated_by_the_usual_reply_to_an_empty_close() {
    let (rule, steps) = (Rule::RejectsOneByteBody, "> close hex:03\n> fin\n");
    for habit in [ECHOES_FAILS_1002, NORMAL_FAILS_1002] {
        assert_compared(rule, habit, Reply::Code(1000), steps, [Inconclusive, Violates]);
        assert_compared(rule, habit, Reply::Code(1001), steps, [Inconclusive, Inconclusive]);
    }
    assert_compared(rule, ECHOES_FAILS_1000, Reply::Code(1000), steps, [Inconclusive, Inconclusive]);
}

#[test]
fn rejects_bad_utf8_reason_is_inconclusive_if_the_endpoint_fails_with_the_code_that_it_echoes() {
    let (rule, steps) = (Rule::RejectsBadUtf8Reason, "> close 1000 hex:80\n> fin\n");
    let echo = Reply::Code(1000);
    let text = assert_compared(rule, ECHOES_FAILS_1000, echo, steps, [Violates, Inconclusive]);
    assert_eq!(text, format!("{LikeRejection:?}"));
    // It ends TCP as it does after failing, and never after a lawful Close.
    assert_compared(rule, NORMAL_STAYS_OPEN, echo, steps, [Violates, Inconclusive]);
    assert_compared(rule, ECHOES_FAILS_1002, echo, steps, [Violates, Violates]);
    // It reports the code and ends TCP, as after failing, where it replies to every lawful Close.
    let reports = Reply::ReportsAndClosesTcp;
    let text = assert_compared(rule, ECHOES_FAILS_1002, reports, steps, [Violates, Inconclusive]);
    assert_eq!(text, format!("{LikeRejection:?}"));
    let never_replies: Habit = (|_| Reply::ReportsAndClosesTcp, Reply::ClosesTcp);
    assert_compared(rule, never_replies, reports, steps, [Violates, Violates]);
    assert_compared(rule, NORMAL_STAYS_OPEN, Reply::CodeOnly(1000), steps, [Violates, Violates]);
}

#[test]
fn rejects_bad_utf8_reason_needs_a_usual_reply_that_is_no_failure_code() {
    let rule = Rule::RejectsBadUtf8Reason;
    // An endpoint that fails with 1002 for opcodes may fail with 1007 for texts.
    let steps = "> close 1007 hex:80\n> fin\n";
    let text =
        assert_compared(rule, ECHOES_FAILS_1002, Reply::Code(1007), steps, [Inconclusive, Inconclusive]);
    assert_eq!(text, format!("{EchoOrFailure:?}"));
    // This one echoes no code, so 1002 is its failure.
    let steps = "> close 1002 hex:80\n> fin\n";
    assert_compared(rule, NORMAL_FAILS_1002, Reply::Code(1002), steps, [Inconclusive, Conforms]);
    let steps = "> close 1000 hex:80\n> fin\n";
    let refuses = Reply::CodeAndReason(1000);
    let text = assert_compared(rule, NORMAL_FAILS_1002, refuses, steps, [Inconclusive, Inconclusive]);
    assert_eq!(text, format!("{EchoWithOwnReason:?}"));
}

/// A server without an application that echoes codes, and reasons if `echoes` is true. It rejects reasons with these
/// octets.
struct Reasons {
    echoes: bool,
    rejects: &'static [u8],
    /// It rejects by the end of TCP alone.
    silent: bool,
}

impl Subject for Reasons {
    fn name(&self) -> &str {
        "reasons"
    }

    fn capabilities(&self, _role: Role) -> Capabilities {
        Capabilities::ALL.without(&[Capability::InterpretsReason])
    }

    fn connect(&mut self, _role: Role, _out: &mut Recorder) {}

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
        let Stimulus::Octets([0x88, _, a, b, c, d, masked @ ..]) = stimulus else { return };
        let key = [*a, *b, *c, *d].into_iter().cycle();
        let body: Vec<u8> = masked.iter().zip(key).map(|(octet, key)| octet ^ key).collect();
        let rejected = self.rejects.iter().any(|octet| body.contains(octet));
        let is_text = std::str::from_utf8(body.get(2..).unwrap_or_default()).is_ok();
        let reply = match body.first_chunk::<2>() {
            _ if rejected => &[0x03, 0xef],
            Some(_) if self.echoes && is_text => body.as_slice(),
            Some(code) => code,
            None => &[],
        };
        if !(rejected && self.silent) {
            out.sent(&[&[0x88, reply.len() as u8], reply].concat());
        }
        out.fin();
    }
}

#[test]
fn rejects_bad_utf8_reason_is_a_must_for_an_endpoint_that_interprets_reasons_elsewhere() {
    let script = ScriptBuf::read(b"wsclose 1\nrole server\n> close 3333 hex:80\n> fin\n").expect("a script");
    let rules = [Rule::RejectsBadUtf8Reason, Rule::ValidatesReason];
    for (silent, echoes, rejects, case) in [
        (false, false, [].as_slice(), None),
        // It rejects surrogates, or octets that no text has, and takes a stray octet.
        (false, false, &[0xed], Some("closing_handshake/reason-surrogate")),
        (false, false, &[0xc0], Some("closing_handshake/reason-overlong")),
        // It echoes a reason, but not this one.
        (false, true, &[], Some("closing_handshake/code-1001")),
        // The end of TCP alone may have another cause.
        (true, false, &[0xed], None),
    ] {
        let mut endpoint = Reasons { echoes, rejects, silent };
        let mut harness = Harness::new(Profile::default());
        let played = harness.play(script.as_script(), &mut endpoint);
        assert_eq!(rules.map(|rule| played.verdicts.on(rule)), [Inconclusive, Violates], "{played}");
        assert!(rules.iter().all(|rule| played.verdicts.open_to_comparison().contains(*rule)));
        let habits = Harness::new(Profile::default()).learn_habits(Role::Server, &mut endpoint);
        harness.set_habits(Some(habits));
        let played = harness.judge_again();
        let verdicts = rules.map(|rule| played.verdicts.on(rule));
        let Some(case) = case else {
            assert_eq!(verdicts, [Inconclusive, Violates], "{played}");
            continue;
        };
        assert_eq!(verdicts, [Violates, Verdict::NotExercised], "{played}");
        let finding = played.findings.iter().find(|finding| finding.rule == rules[0]).expect("a finding");
        let actual = format!("accepted a reason that is not UTF-8, although it interprets reasons ({case})");
        assert_eq!(finding.actual.to_string(), actual);
    }
}

/// The verdicts on `rejects-rsv` and `fail-code-fits` of a server that sends `to_clear_flaw` for the frame, and for
/// lawful messages as well if `closes_for_messages` is true. The first pair is without habits.
fn verdicts_on_text_with_rsv(
    to_clear_flaw: Reply,
    closes_for_messages: bool,
    frame: &str,
) -> ([[Verdict; 2]; 2], String) {
    let mut endpoint = Endpoint {
        to_lawful: |_| Reply::Echoes,
        to_clear_flaw,
        to_flawed_close: Reply::Nothing,
        closes_for_messages,
        error_due: false,
    };
    let text = format!("wsclose 1\nrole server\n{frame}wait 2\n> fin\n");
    let script = ScriptBuf::read(text.as_bytes()).expect("a script");
    let rules = [Rule::RejectsRsv, Rule::FailCodeFits];
    let mut harness = Harness::new(Profile::default());
    let alone = rules.map(|rule| harness.play(script.as_script(), &mut endpoint).verdicts.on(rule));
    let habits = Harness::new(Profile::default()).learn_habits(Role::Server, &mut endpoint);
    harness.set_habits(Some(habits));
    let played = harness.judge_again();
    let compared = rules.map(|rule| played.verdicts.on(rule));
    let findings = played.findings.iter().filter(|finding| rules.contains(&finding.rule));
    ([alone, compared], findings.map(|finding| finding.actual.to_string()).collect())
}

#[test]
fn fail_code_fits_is_violated_by_a_close_that_lawful_frames_do_not_cause() {
    use Verdict::NotExercised;
    let frame = "> text \"a\" rsv=2\n";
    let open = [Inconclusive, NotExercised];
    for (reply, code) in [
        (Reply::Code(1000), "1000"),
        (Reply::CodeOnly(1000), "1000"),
        (Reply::WithoutCode, "a Close without a code"),
    ] {
        let (verdicts, text) = verdicts_on_text_with_rsv(reply, false, frame);
        assert_eq!(verdicts, [open, [Conforms, Violates]]);
        let expected = format!(
            "failed the connection with {code}: it does not close for lawful frames \
             (closing_handshake/close-after-messages)"
        );
        assert_eq!(text, expected);
        // An endpoint that closes for every message does so here as well.
        assert_eq!(verdicts_on_text_with_rsv(reply, true, frame).0, [open, open]);
    }
    let fails = [Conforms, Conforms];
    assert_eq!(verdicts_on_text_with_rsv(Reply::Code(1002), false, frame).0, [fails, fails]);
}

#[test]
fn rejects_local_only_codes_ignores_habits_of_the_other_role() {
    let mut endpoint = Endpoint {
        to_lawful: NORMAL_FAILS_1002.0,
        to_clear_flaw: NORMAL_FAILS_1002.1,
        to_flawed_close: Reply::Code(1000),
        closes_for_messages: false,
        error_due: false,
    };
    let script = ScriptBuf::read(b"wsclose 1\nrole server\n> close 1005\n> fin\n").expect("a script");
    let mut harness = Harness::new(Profile::default());
    let habits = harness.learn_habits(Role::Client, &mut endpoint);
    harness.set_habits(Some(habits));
    let played = harness.play(script.as_script(), &mut endpoint);
    assert_eq!(played.verdicts.on(Rule::RejectsLocalOnlyCodes), Inconclusive, "{played}");
}

#[test]
fn rejects_one_byte_body_and_others_find_nothing_new_in_the_model_or_beside_the_rule_of_a_fault() {
    for role in Role::ALL {
        for fault in std::iter::once(None).chain(Fault::ALL.map(Some)) {
            // Each run begins with the same masking keys, on which a misread frame depends.
            let subject = || -> Box<dyn Subject> {
                match fault {
                    None => Box::new(Model::new(Profile::default())),
                    Some(fault) => Box::new(FaultyModel::new(fault)),
                }
            };
            let [mut alone, mut compared] = [(); 2].map(|()| Harness::new(Profile::default()));
            let habits = compared.learn_habits(role, subject().as_mut());
            compared.set_habits(Some(habits));
            for (name, script) in wsclose::script::corpus::curated() {
                let script = script.as_script().for_role(role);
                let before = *alone.play(script, subject().as_mut()).verdicts;
                let played = compared.play(script, subject().as_mut());
                let new = played.verdicts.with(Violates).without(before.with(Violates));
                let expected = fault.map(Fault::rule);
                let unexpected: Vec<Rule> = new.iter().filter(|rule| Some(*rule) != expected).collect();
                assert!(unexpected.is_empty(), "{name}, {fault:?}, {unexpected:?}\n{played}");
            }
        }
    }
}
