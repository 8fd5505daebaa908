//! What every in-process adapter must do, whatever its library leaves to it: answer a Close, whole and octet
//! by octet, end TCP after the answer to its own, hand over a message and send one.

use wsclose::drive::Driver;
use wsclose::frame::{Header, Opcode, Status, mask};
use wsclose::role::Role;
use wsclose::script::ScriptBuf;
use wsclose::subject::{Subject, What};

/// What came of a script, its connections taken together.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    /// The frames that were written, unmasked.
    wrote: Vec<(Opcode, Vec<u8>)>,
    /// The messages that were handed over.
    told: Vec<Vec<u8>>,
    /// Whether the subject ended TCP.
    fin: bool,
}

/// Plays a script to a subject.
fn play(subject: &mut dyn Subject, role: Role, steps: &str) -> Outcome {
    let script = ScriptBuf::read(format!("wsclose 1\nrole {role}\n{steps}").as_bytes()).unwrap();
    let mut driver = Driver::new();
    let trace = driver.drive(script.as_script(), subject);
    let mut outcome = Outcome::default();
    let mut wrote = Vec::new();
    for entry in trace.entries() {
        match entry.what {
            What::Sent(span) => wrote.extend_from_slice(trace.octets(span)),
            What::Message { payload, .. } => outcome.told.push(trace.octets(payload).to_vec()),
            What::Fin | What::Reset => outcome.fin = true,
            What::Connected { .. }
            | What::Received(_)
            | What::PeerFin
            | What::PeerReset
            | What::AppClose { .. }
            | What::AppSend { .. }
            | What::AppPause
            | What::AppResume
            | What::Reported { .. }
            | What::Errored(_)
            | What::Accepted
            | What::Refused(_)
            | What::Panicked(_)
            | What::Spinning
            | What::Memory(_)
            | What::Moved(..)
            | What::Undelivered(_)
            | What::Note(_)
            | What::Ended => {}
        }
    }
    let mut rest = wrote.as_slice();
    while let Status::Complete(header, len) = Header::decode(rest) {
        let end = len + usize::try_from(header.length.value()).expect("a short frame");
        let mut payload = rest[len..end].to_vec();
        if let Some(key) = header.mask {
            mask(key, 0, &mut payload);
        }
        outcome.wrote.push((header.opcode, payload));
        rest = &rest[end..];
    }
    assert!(rest.is_empty(), "{} as a {role} wrote half a frame\n{trace}", subject.name());
    outcome
}

/// A script, and the outcome that it has.
struct Case {
    name: &'static str,
    steps: &'static str,
    wrote: &'static [(Opcode, &'static [u8])],
    told: &'static [&'static [u8]],
}

const CLOSE_3333: (Opcode, &[u8]) = (Opcode::Close, &[0x0d, 0x05]);

const CASES: [Case; 5] = [
    Case { name: "a whole Close", steps: "> close 3333\n> fin\n", wrote: &[CLOSE_3333], told: &[] },
    Case {
        name: "a Close octet by octet",
        steps: "> close 3333\n> fin\nagain each\n",
        wrote: &[CLOSE_3333, CLOSE_3333],
        told: &[],
    },
    Case {
        name: "an answer to its own Close",
        steps: "app close 3333\n> close 3333\n> fin\n",
        wrote: &[CLOSE_3333],
        told: &[],
    },
    Case { name: "a message", steps: "> text \"one\"\n", wrote: &[], told: &[b"one"] },
    Case {
        name: "a message of its own",
        steps: "app send text \"two\"\n",
        wrote: &[(Opcode::Text, b"two")],
        told: &[],
    },
];

/// What is the library's doing and not its adapter's: each stands in `known.toml`.
const EXCEPT: [(&str, &str); 1] = [("embedded-websocket", "a Close octet by octet")];

#[test]
fn every_adapter_answers_closes_and_carries_messages() {
    for mut subject in wsclose_peers::in_process() {
        let name = subject.name().to_owned();
        for role in Role::ALL {
            for case in &CASES {
                if EXCEPT.contains(&(name.as_str(), case.name)) {
                    continue;
                }
                let wrote = case.wrote.iter().map(|(opcode, payload)| (*opcode, payload.to_vec())).collect();
                let told = case.told.iter().map(|payload| payload.to_vec()).collect();
                let expected = Outcome { wrote, told, fin: case.steps.contains("close") };
                assert_eq!(
                    play(subject.as_mut(), role, case.steps),
                    expected,
                    "{name}, {role}: {}",
                    case.name
                );
            }
        }
    }
}
