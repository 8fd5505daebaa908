//! Tests that every in-process adapter handles a session of each kind, in both roles.

use wsclose::analysis::code_map::CodeReaction;
use wsclose::generate::vectors::{CodeOrigin, CodeScript};
use wsclose::harness::{Driver, Subject};
use wsclose::judge::{Judge, Verdict};
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::role::Role;
use wsclose::rules::Rule;
use wsclose::script::ScriptBuf;

/// The lines of the timeline, with single spaces and without ticks.
fn timeline(subject: &mut dyn Subject, role: Role, steps: &str) -> Vec<String> {
    let script = ScriptBuf::read(format!("wsclose 1\nrole {role}\n{steps}").as_bytes()).expect("a script");
    let timeline = Driver::new().drive(script.as_script(), subject).outline();
    timeline.lines().map(|line| line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")).collect()
}

/// The name and the steps of a script, and the beginnings of lines that its timeline must have in this order.
const SESSIONS: [(&str, &str, &[&str]); 10] = [
    ("a Close is echoed", "> close 3333\n> fin\n", &["< CLOSE 3333 ", "< FIN"]),
    (
        "a Close with one octet in each segment is echoed",
        "> close 3333 \"r\"\n> fin\nagain each\n",
        &["< CLOSE 3333 ", "| repeat", "< CLOSE 3333 ", "< FIN"],
    ),
    (
        "the application's Close and its reply end TCP",
        // Some libraries can close only with 1000 and without a reason.
        "app close 1000\n> close 1000\n> fin\n",
        &["< CLOSE 1000 ", "< FIN"],
    ),
    ("a message is delivered", "> text \"in\"\n", &["> TEXT \"in\"", "| app received: text \"in\""]),
    (
        "a message is delivered that arrives in fragments around a Ping",
        "> text \"i\" fin=0\n> ping\n> continuation \"n\"\nagain each\n",
        &["| repeat", "< PONG", "| app received: text \"in\""],
    ),
    (
        "a text message of the application is sent",
        "app send text \"out\"\n",
        &["| app sends text \"out\"", "< TEXT \"out\""],
    ),
    ("a binary message of the application is sent", "app send binary hex:c0ff\n", &["< BINARY c0ff"]),
    (
        "input that arrives during a pause of the application is read afterwards",
        "app pause\n> text \"late\"\napp resume\n",
        &["| app resumes reading", "| app received: text \"late\""],
    ),
    ("the peer's FIN ends TCP", "> fin\n", &["> FIN", "< FIN"]),
    ("the peer's reset ends TCP", "> reset\n", &["> RST", "< FIN"]),
];

/// Sessions that a library, not its adapter, handles differently. Each deviation is listed in `baseline.toml`.
const EXCEPTIONS: [(&str, &str); 3] = [
    ("embedded-websocket", "a Close with one octet in each segment is echoed"),
    ("embedded-websocket", "a message is delivered that arrives in fragments around a Ping"),
    ("embedded-websocket", REQUEST_MID_FRAME),
];

const REQUEST_MID_FRAME: &str = "a request arrives in the middle of a frame";

#[test]
fn adapters_pass_basic_sessions_in_both_roles() {
    for (name, steps, expected) in SESSIONS {
        for role in Role::ALL {
            assert_session(role, name, steps, expected);
        }
    }
}

/// A request of the application must not discard the part of a frame that the library has already read.
#[test]
fn request_mid_frame_does_not_disturb_reading() {
    for (role, head, rest) in [(Role::Client, "8202", "aabb"), (Role::Server, "8282", "00000000aabb")] {
        let steps = format!("> octets {head}\napp send text \"meanwhile\"\n> octets {rest}\n> close 3333\n");
        assert_session(role, REQUEST_MID_FRAME, &steps, &["| app received: binary aabb", "< CLOSE 3333"]);
        assert_session(role, REQUEST_MID_FRAME, &steps, &["< TEXT \"meanwhile\"", "< CLOSE 3333"]);
    }
}

/// Runs a script on every adapter and asserts that its timeline has lines with these beginnings, in this order.
fn assert_session(role: Role, name: &str, steps: &str, expected: &[&str]) {
    for mut subject in wsclose_implementations::in_process() {
        if EXCEPTIONS.contains(&(subject.name(), name)) {
            continue;
        }
        let lines = timeline(subject.as_mut(), role, steps);
        let mut rest = lines.iter();
        for begins in expected {
            assert!(
                rest.any(|line| line.starts_with(begins)),
                "{}, {role}: {name}: expected a line that begins with `{begins}`, in the order {expected:?}, in\n{}",
                subject.name(),
                lines.join("\n")
            );
        }
    }
}

/// The name of a library, steps that its interface does not support, and a rule that they must not exercise.
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
    for (name, steps, rule) in UNSUPPORTED {
        let mut subject = wsclose_implementations::by_name(name).expect("an implementation that was built");
        let text = format!("wsclose 1\nrole server\n{steps}");
        let script = ScriptBuf::read(text.as_bytes()).expect("a script");
        let trace = driver.drive(script.as_script(), subject.as_mut());
        judge.judge(trace);
        assert_eq!(judge.verdicts().on(rule), Verdict::NotExercised, "{name}, {rule}\n{trace}");
    }
}

#[test]
fn codes_without_an_api_have_their_own_reaction() {
    let mut soketto = wsclose_implementations::by_name("soketto").expect("an implementation that was built");
    let (mut driver, mut script) = (Driver::new(), CodeScript::new(CodeOrigin::Requested));
    let mut reaction = |code| {
        CodeReaction::of(driver.drive(script.with(code), soketto.as_mut()), CodeOrigin::Requested, code)
    };
    assert_eq!(reaction(CloseCode(1000)), CodeReaction::Written);
    for code in [999, 1001, 1005, 3333] {
        assert_eq!(reaction(CloseCode(code)), CodeReaction::NoInterface, "{code}");
    }
}
