//! What every in-process adapter does, whatever its library: a session of each kind, in both roles.

use wsclose::analysis::code_map::CodeReaction;
use wsclose::generate::vectors::{CodeOrigin, CodeScript};
use wsclose::harness::driver::Driver;
use wsclose::harness::subject::Subject;
use wsclose::judge::{Judge, Verdict};
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::role::Role;
use wsclose::rules::Rule;
use wsclose::script::ScriptBuf;

/// The timeline, a line each, with single spaces and without ticks.
fn play(subject: &mut dyn Subject, role: Role, steps: &str) -> Vec<String> {
    let script = ScriptBuf::read(format!("wsclose 1\nrole {role}\n{steps}").as_bytes()).expect("a script");
    let timeline = Driver::new().drive(script.as_script(), subject).outline();
    timeline.lines().map(|line| line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")).collect()
}

/// What a script must make happen: the beginnings of lines, in this order.
const SESSIONS: [(&str, &str, &[&str]); 10] = [
    ("a Close is echoed", "> close 3333\n> fin\n", &["< CLOSE 3333 ", "< FIN"]),
    (
        "a Close is echoed that comes octet by octet",
        "> close 3333 \"r\"\n> fin\nagain each\n",
        &["< CLOSE 3333 ", "| repeat", "< CLOSE 3333 ", "< FIN"],
    ),
    (
        "the application's Close and its answer end TCP",
        // Not every library can close with more than that.
        "app close 1000\n> close 1000\n> fin\n",
        &["< CLOSE 1000 ", "< FIN"],
    ),
    ("a message is delivered", "> text \"in\"\n", &["> TEXT \"in\"", "| app received: text \"in\""]),
    (
        "a message is delivered that comes in fragments, octet by octet, round a Ping",
        "> text \"i\" fin=0\n> ping\n> continuation \"n\"\nagain each\n",
        &["| repeat", "< PONG", "| app received: text \"in\""],
    ),
    (
        "a message asked for is sent",
        "app send text \"out\"\n",
        &["| app sends text \"out\"", "< TEXT \"out\""],
    ),
    ("so is a binary one", "app send binary hex:c0ff\n", &["< BINARY c0ff"]),
    (
        "what comes while the application has paused is read afterwards",
        "app pause\n> text \"late\"\napp resume\n",
        &["| app resumes reading", "| app received: text \"late\""],
    ),
    ("the peer's FIN ends TCP", "> fin\n", &["> FIN", "< FIN"]),
    ("so does its reset", "> reset\n", &["> RST", "< FIN"]),
];

/// What is the library's doing and not its adapter's: each stands in `baseline.toml`.
const EXCEPTIONS: [(&str, &str); 3] = [
    ("embedded-websocket", "a Close is echoed that comes octet by octet"),
    ("embedded-websocket", "a message is delivered that comes in fragments, octet by octet, round a Ping"),
    ("embedded-websocket", "asked in the middle"),
];

#[test]
fn adapters_pass_basic_sessions_in_both_roles() {
    for (name, steps, expected) in SESSIONS {
        for role in Role::ALL {
            assert_session(role, name, steps, expected);
        }
    }
}

/// A program must not lose what its library has read of a frame when its application asks for something.
#[test]
fn request_mid_frame_does_not_disturb_reading() {
    for (role, head, rest) in [(Role::Client, "8202", "aabb"), (Role::Server, "8282", "00000000aabb")] {
        let steps = format!("> octets {head}\napp send text \"meanwhile\"\n> octets {rest}\n> close 3333\n");
        assert_session(role, "asked in the middle", &steps, &["| app received: binary aabb", "< CLOSE 3333"]);
        assert_session(role, "asked in the middle", &steps, &["< TEXT \"meanwhile\"", "< CLOSE 3333"]);
    }
}

/// Plays a script to every adapter, and expects these beginnings of lines in this order.
fn assert_session(role: Role, name: &str, steps: &str, expected: &[&str]) {
    for mut subject in wsclose_implementations::in_process() {
        if EXCEPTIONS.contains(&(subject.name(), name)) {
            continue;
        }
        let lines = play(subject.as_mut(), role, steps);
        let mut rest = lines.iter();
        for begins in expected {
            assert!(
                rest.any(|line| line.starts_with(begins)),
                "{}, {role}: {name}: expected a line `{begins}…` in this place\n{}",
                subject.name(),
                lines.join("\n")
            );
        }
    }
}

/// Of whom nothing was asked, because the library has no interface for it: what was wanted, and the rule that
/// would otherwise be to the library's credit.
const UNSUPPORTED: [(&str, &str, Rule); 9] = [
    ("soketto", "app close 999\n", Rule::ApiRefusesUnsendableCode),
    ("soketto", "app close 1000 \"r\" * 124\n", Rule::ApiRefusesLongReason),
    ("web-socket", "app close 1000\napp send text \"late\"\n", Rule::ApiRefusesDataAfterClose),
    ("actix-http", "app close 1000\napp send text \"late\"\n", Rule::ApiRefusesDataAfterClose),
    ("websocket", "app close 1000\napp send text \"late\"\n", Rule::ApiRefusesDataAfterClose),
    ("websocket-codec", "app close 1000\napp send text \"late\"\n", Rule::ApiRefusesDataAfterClose),
    ("actix-http", "> fin\n", Rule::Reports1006),
    ("edge-ws", "> close 3333 mask=wrong\n", Rule::ServerRejectsUnmasked),
    ("edge-ws", "app close 3333\n", Rule::CodeIsDefined),
];

#[test]
fn adapter_behavior_does_not_exercise_library_rules() {
    let (mut driver, mut judge) = (Driver::new(), Judge::new(Profile::default()));
    for (peer, steps, rule) in UNSUPPORTED {
        let mut subject = wsclose_implementations::by_name(peer).expect("it was built");
        let text = format!("wsclose 1\nrole server\n{steps}");
        let script = ScriptBuf::read(text.as_bytes()).expect("a script");
        let trace = driver.drive(script.as_script(), subject.as_mut());
        judge.judge(trace);
        assert_eq!(judge.verdicts().on(rule), Verdict::NotExercised, "{peer}, {rule}\n{trace}");
    }
}

#[test]
fn codes_without_an_api_are_marked() {
    let mut soketto = wsclose_implementations::by_name("soketto").expect("it was built");
    let (mut driver, mut script) = (Driver::new(), CodeScript::new(CodeOrigin::Requested));
    let mut mark = |code| {
        CodeReaction::of(driver.drive(script.with(code), soketto.as_mut()), CodeOrigin::Requested, code)
    };
    assert_eq!(mark(CloseCode(1000)), CodeReaction::Written);
    for code in [999, 1001, 1005, 3333] {
        assert_eq!(mark(CloseCode(code)), CodeReaction::NoInterface, "{code}");
    }
}
