//! Tests whole sessions of the C and C++ libraries. beast.rs has more tests of Boost.Beast.
//!
//! The tests of a library that was not built print that and pass, unless `WSCLOSE_REQUIRE_NATIVE` is set.

use wsclose::harness::Driver;
use wsclose::protocol::code::{Class, CloseCode};
use wsclose::protocol::role::Role;
use wsclose::rules::Capability;
use wsclose::script::ScriptBuf;
use wsclose_implementations::{by_name, native_version, unavailable};

/// The C and C++ libraries.
const NATIVE: [&str; 3] = ["beast", "websocketpp", "wslay"];

/// The lines of the timeline, with single spaces and without ticks; `None` if the library was not built.
fn timeline(name: &str, role: Role, steps: &str) -> Option<Vec<String>> {
    let Some(mut subject) = by_name(name) else {
        println!("skipped: {name} was not built");
        return None;
    };
    let script = ScriptBuf::read(format!("wsclose 1\nrole {role}\n{steps}").as_bytes()).expect("a script");
    let mut driver = Driver::new();
    // An earlier connection that ends in the middle must not affect this one.
    let before =
        b"wsclose 1\nrole client\n> text \"a\" fin=0\napp pause\n> close 1000 claim=100\napp close\n";
    driver.drive(ScriptBuf::read(before).expect("a script").as_script(), subject.as_mut());
    let timeline = driver.drive(script.as_script(), subject.as_mut()).outline();
    let words = |line: &str| line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ");
    Some(timeline.lines().map(words).collect())
}

#[track_caller]
fn assert_timeline(name: &str, role: Role, steps: &str, expected: &[&str]) {
    if let Some(timeline) = timeline(name, role, steps) {
        assert_eq!(timeline, expected, "{name}");
    }
}

#[test]
fn all_are_built_where_required() {
    let required =
        std::env::var_os("WSCLOSE_REQUIRE_NATIVE").is_some_and(|value| !value.is_empty() && value != "0");
    for name in NATIVE {
        let remedy = unavailable().into_iter().find(|(other, _)| *other == name);
        assert!(remedy.is_none() || !required, "{name}: {remedy:?}");
        assert_eq!(
            native_version(name).is_some(),
            remedy.is_none(),
            "{name}: whether it has a version and whether it was built"
        );
    }
}

#[test]
fn server_replies_to_close_then_closes_tcp() {
    let received = "> CLOSE 1000 \"bye\" masked 88 85 37fa213d 03e8627965";
    let (report, reply) = ("| app reported: closed 1000 \"bye\"", "< CLOSE 1000 \"bye\" 88 05 03e8627965");
    let steps = "> close 1000 \"bye\"\n";
    assert_timeline("websocketpp", Role::Server, steps, &[received, reply, "< FIN", report]);
    assert_timeline("wslay", Role::Server, steps, &[received, report, reply, "< FIN"]);
}

#[test]
fn client_replies_to_close_and_waits_for_server() {
    let received = "> CLOSE 1000 \"bye\" 88 05 03e8627965";
    let reply = "< CLOSE 1000 \"bye\" masked 88 85 <key> 03e8627965";
    let report = "| app reported: closed 1000 \"bye\"";
    let steps = "> close 1000 \"bye\"\nwait 3\n> fin\n";
    assert_timeline("websocketpp", Role::Client, steps, &[received, reply, "> FIN", "< FIN", report]);
    assert_timeline("wslay", Role::Client, steps, &[received, report, reply, "> FIN", "< FIN"]);
}

#[test]
fn application_closes_and_reads_until_reply() {
    let steps = "app close 3333 \"off\"\napp send text \"late\"\n> close 3333\n";
    let closed =
        ["| app closes 3333 \"off\"", "< CLOSE 3333 \"off\" 88 05 0d056f6666", "| app sends text \"late\""];
    let received = "> CLOSE 3333 \"\" masked 88 82 37fa213d 0d05";
    let report = "| app reported: closed 3333 \"\"";
    let refused = "| refused: invalid state";
    assert_timeline(
        "websocketpp",
        Role::Server,
        steps,
        &[&closed[..], &[refused, received, "< FIN", report]].concat(),
    );
    let refused = "| refused: WSLAY_ERR_NO_MORE_MSG";
    assert_timeline(
        "wslay",
        Role::Server,
        steps,
        &[&closed[..], &[refused, received, report, "< FIN"]].concat(),
    );
}

#[test]
fn input_waits_while_application_is_paused() {
    for name in NATIVE {
        let steps = "app pause\n> close 1000\n> fin\napp send text \"x\"\napp resume\n";
        let Some(timeline) = timeline(name, Role::Server, steps) else { continue };
        let resumed = timeline
            .iter()
            .position(|line| line == "| app resumes reading")
            .expect("a line that shows the end of the pause");
        assert!(timeline[..resumed].contains(&"< TEXT \"x\" 81 01 78".to_owned()), "{name}: {timeline:#?}");
        let reply = timeline.iter().position(|line| line.starts_with("< CLOSE 1000"));
        assert!(reply > Some(resumed), "{name}: {timeline:#?}");
    }
}

#[test]
fn fin_and_reset_report_1006_and_an_error() {
    for name in ["websocketpp", "wslay"] {
        for role in Role::ALL {
            for steps in ["> fin\n", "> reset\n", "> close 1000 claim=9\n> fin\n", "app close\n> reset\n"] {
                let Some(timeline) = timeline(name, role, steps) else { continue };
                let last: Vec<&str> = timeline.iter().rev().take(3).map(String::as_str).collect();
                assert!(last.contains(&"| app reported: closed 1006 \"\""), "{name}: {timeline:#?}");
                assert!(last.contains(&"< FIN"), "{name}: {timeline:#?}");
                assert!(last.iter().any(|line| line.starts_with("| app reported: error: ")), "{timeline:#?}");
            }
        }
    }
}

#[test]
fn segmentation_changes_nothing() {
    for name in ["websocketpp", "wslay"] {
        for role in Role::ALL {
            let frames = "> text \"a\" fin=0 glue\n> close 3333 \"plain\" glue\n> fin\n";
            let Some(timeline) = timeline(name, role, &format!("{frames}again each\nagain whole\n")) else {
                continue;
            };
            let is_act = |line: &&String| line.starts_with("< ") || line.starts_with("| app re");
            let starts: Vec<usize> =
                (0..timeline.len()).filter(|at| timeline[*at].starts_with("| repeat")).collect();
            let [second, third] = starts[..] else { panic!("{timeline:#?}") };
            let first: Vec<_> = timeline[..second].iter().filter(is_act).collect();
            assert_eq!(timeline[second..third].iter().filter(is_act).collect::<Vec<_>>(), first, "{name}");
            assert_eq!(timeline[third..].iter().filter(is_act).collect::<Vec<_>>(), first, "{name}");
        }
    }
}

#[test]
fn websocketpp_times_out_after_five_seconds_of_ticks() {
    let steps = "app close 1000\nwait 20\n";
    let Some(timeline) = timeline("websocketpp", Role::Server, steps) else { return };
    assert_eq!(
        timeline[2..],
        [
            "< FIN",
            "| app reported: error: The closing handshake timed out",
            "| app reported: closed 1006 \"\"",
        ]
    );
}

#[test]
fn capabilities_are_as_documented() {
    for (name, role, without) in [
        ("websocketpp", Role::Client, &[Capability::ReportsClean, Capability::ReportsMemory][..]),
        ("websocketpp", Role::Server, &[Capability::ReportsClean, Capability::ReportsMemory]),
        (
            "wslay",
            Role::Client,
            &[
                Capability::MasksFrames,
                Capability::ClosesTcp,
                Capability::HasTimeouts,
                Capability::ReportsClean,
                Capability::ReportsMemory,
            ],
        ),
        (
            "wslay",
            Role::Server,
            &[
                Capability::MasksFrames,
                Capability::HasTimeouts,
                Capability::ReportsClean,
                Capability::ReportsMemory,
            ],
        ),
    ] {
        let Some(subject) = by_name(name) else { continue };
        let has = |capability: &Capability| subject.capabilities(role).has(*capability);
        let exempt = Capability::ALL.into_iter().filter(|capability| !has(capability));
        assert!(exempt.eq(without.iter().copied()), "{name} as a {role}");
    }
}

/// The two functions of WebSocket++ divide all codes into the classes of RFC 6455. They accept the codes that IANA
/// registered later.
#[cfg(wsclose_websocketpp)]
#[test]
fn websocketpp_code_checks_match_code_classes() {
    use wsclose_implementations::websocketpp::{is_invalid, is_reserved};
    for code in CloseCode::all() {
        let (invalid, reserved) = match code.class() {
            Class::NotUsed | Class::LocalOnly | Class::OutOfRange => (true, false),
            Class::ReservedWithoutMeaning | Class::Unassigned => (false, true),
            Class::Defined | Class::Registered | Class::Library | Class::Private => (false, false),
        };
        assert_eq!((is_invalid(code.0), is_reserved(code.0)), (invalid, reserved), "{code}");
    }
}

/// The check is not in a header, so the test compares the reply with the received code.
#[test]
fn wslay_accepts_rfc_codes_and_rejects_registered_ones() {
    let Some(mut subject) = by_name("wslay") else { return };
    let mut driver = Driver::new();
    for code in CloseCode::all() {
        let script = ScriptBuf::read(format!("wsclose 1\nrole server\n> close {code}\n").as_bytes());
        let timeline = driver.drive(script.expect("a script").as_script(), subject.as_mut()).outline();
        let [high, low] = code.to_octets();
        let echoed = timeline.contains(&format!(" 88 02 {high:02x}{low:02x}"));
        let accepted = matches!(code.class(), Class::Defined | Class::Library | Class::Private);
        // A rejection also has the code 1002.
        assert!(echoed == accepted || code == CloseCode::PROTOCOL_ERROR, "{code}\n{timeline}");
    }
}
