//! What every in-process adapter does in both roles, whichever library is behind it: a Close is echoed, also
//! octet by octet; a closing handshake ends TCP; messages come and go.

use wsclose::drive::Driver;
use wsclose::role::Role;
use wsclose::script::ScriptBuf;

/// A few steps, the words of the timeline that they lead to, and how often at least; 0 is never.
type Row = (&'static str, &'static [(&'static str, usize)]);

const TABLE: &[Row] = &[
    (
        "> close 3333\n> fin\nagain each\n",
        &[("< CLOSE 3333 ", 2), ("app is told: closed 3333", 2), ("< FIN", 2)],
    ),
    ("app close 1000\n> close 1000\n> fin\n", &[("< CLOSE 1000 ", 1), ("< FIN", 1)]),
    ("> text \"hello\"\n", &[("app is told: text \"hello\"", 1), ("< FIN", 0)]),
    ("> binary fin=0\n> continuation hex:c0ff\n", &[("app is told: binary c0ff", 1), ("< FIN", 0)]),
    ("app send text \"there\"\n", &[("< TEXT \"there\"", 1), ("refused", 0)]),
    ("app send binary hex:c0ff\n", &[("< BINARY c0ff", 1), ("refused", 0)]),
    ("> ping \"p\"\n", &[("< PONG \"p\"", 1)]),
    ("> fin\n", &[("< FIN", 1)]),
    ("> reset\n", &[("< FIN", 1)]),
    ("app pause\n> text \"late\"\napp resume\n", &[("app is told: text \"late\"", 1)]),
];

#[test]
fn every_adapter_closes_delivers_and_sends_in_both_roles() {
    let mut driver = Driver::new();
    for mut subject in wsclose_peers::in_process() {
        for role in Role::ALL {
            for (steps, expected) in TABLE {
                let script = ScriptBuf::read(format!("wsclose 1\nrole {role}\n{steps}").as_bytes());
                let trace = driver.drive(script.expect("a script").as_script(), subject.as_mut());
                let timeline = trace.to_string();
                let words = timeline.split_whitespace().collect::<Vec<_>>().join(" ");
                for (wanted, times) in *expected {
                    let found = words.matches(wanted).count();
                    let kept = if *times == 0 { found == 0 } else { found >= *times };
                    assert!(kept, "{}, {role}: {times} times `{wanted}` in\n{timeline}", subject.name());
                }
            }
        }
    }
}
