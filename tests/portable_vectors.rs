//! Tests that the vectors for runners in other languages are sound, and that each shows a fault.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use wsclose::Harness;
use wsclose::harness::Subject;
use wsclose::model::endpoint::{Endpoint, Model};
use wsclose::model::faults::Fault;
use wsclose::portable::{
    Action, FrameVector, Observer, Outcome, RULE_ON_FAIL_CODES, RULES_ON_REPORTS, ScenarioVector, Step,
    close_frames, failed, observe, scenarios,
};
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::frame::Opcode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability, Focus, Layer, Rule, RuleSet};
use wsclose::script::{ScriptBuf, Writer};

/// The vectors are the same for every test.
static SCENARIOS: LazyLock<Vec<ScenarioVector>> = LazyLock::new(scenarios);
static CLOSE_FRAMES: LazyLock<Vec<FrameVector>> = LazyLock::new(close_frames);

/// The script that performs the steps of a vector.
fn script(role: Role, deflate: bool, steps: &[Step]) -> ScriptBuf {
    use wsclose::portable::PeerEnd;
    use wsclose::script::{Payload, SegmentPlacement, Step as Scripted};

    let mut writer = Writer::new(role);
    if deflate {
        writer.offer_deflate();
    }
    for step in steps {
        let with_opening = matches!(step, Step::WithOpening(_));
        // A step has at most 255 octets, so a longer segment is glued together.
        for (index, octets) in step.octets().chunks(255).enumerate() {
            let placement = SegmentPlacement { glue: index > 0, with_opening, ..SegmentPlacement::default() };
            writer.step(&Scripted::Octets { octets, placement });
        }
        let text = |text: &[u8]| -> (Vec<u8>, u8) {
            let repeat =
                (1..=text.len().max(1)).find(|n| text.len().is_multiple_of(*n) && text.len() / n <= 127);
            let repeat = repeat.expect("a length divides itself");
            let chunk = text[..text.len() / repeat].to_vec();
            assert_eq!(chunk.repeat(repeat), text, "the text of an application repeats a chunk");
            (chunk, repeat as u8)
        };
        match step {
            Step::Octets(_) | Step::WithOpening(_) => {}
            Step::OctetsAndEnd(_, PeerEnd::Fin) => writer.step(&Scripted::Fin { glue: true }),
            Step::End(PeerEnd::Fin) => writer.step(&Scripted::Fin { glue: false }),
            Step::OctetsAndEnd(_, PeerEnd::Reset) | Step::End(PeerEnd::Reset) => {
                writer.step(&Scripted::Reset)
            }
            Step::Close { code, reason } => {
                let (chunk, repeat) = text(reason.as_bytes());
                writer.step(&Scripted::AppClose(Payload { code: *code, chunk: &chunk, repeat }));
            }
            Step::Send { kind, payload } => {
                let (chunk, repeat) = text(payload);
                let payload = Payload { code: None, chunk: &chunk, repeat };
                writer.step(&Scripted::AppSend { kind: *kind, payload });
            }
            Step::Idle => writer.step(&Scripted::Wait(1)),
        }
    }
    ScriptBuf::read(&writer.into_octets()).expect("a writer writes scripts")
}

/// What a subject does in the steps of a vector, and the rules that the judge finds violated.
fn play(vector: &ScenarioVector, profile: Profile, subject: &mut dyn Subject) -> (Vec<Vec<Action>>, RuleSet) {
    let script = script(vector.role, vector.deflate, &vector.steps);
    let without_timeouts = Capabilities::ALL.without(&[Capability::HasTimeouts]);
    let waits = vector.features().contains(&wsclose::portable::Feature::Capability(Capability::HasTimeouts));
    let capabilities = if waits { Capabilities::ALL } else { without_timeouts };
    let mut observer = Observer::new(&vector.steps, vector.role, subject).with_capabilities(capabilities);
    let mut harness = Harness::new(profile);
    let played = harness.play(script.as_script(), &mut observer);
    let violated = played.findings.iter().map(|finding| finding.rule).collect();
    (observer.into_actions(), violated)
}

#[test]
fn the_steps_of_a_vector_are_those_of_its_script() {
    for vector in SCENARIOS.iter() {
        let script = script(vector.role, vector.deflate, &vector.steps);
        let steps = wsclose::portable::steps(script.as_script(), vector.role);
        assert_eq!(steps.as_ref(), Some(&vector.steps), "{}", vector.id);
    }
}

#[test]
fn the_model_passes_every_scenario() {
    for vector in SCENARIOS.iter() {
        for profile in &vector.profiles {
            let (done, violated) = play(vector, *profile, &mut Model::new(*profile));
            let failed = failed(&vector.checks, vector.closes_at, &done);
            assert!(failed.is_empty() && violated.is_empty(), "{}: {failed:?}, {done:?}", vector.id);
        }
    }
}

/// The faults that the checks of a vector find, in the order of the table. Each is one that the judge finds, by the same rule.
fn faults_found(vector: &ScenarioVector, profile: Profile) -> Vec<Fault> {
    let mut found = Vec::new();
    for fault in Fault::ALL {
        let (done, violated) =
            play(vector, profile, &mut Endpoint::with_behavior(fault.slug(), fault, profile));
        let failed = failed(&vector.checks, vector.closes_at, &done);
        for check in &failed {
            let (id, slug) = (&vector.id, fault.slug());
            assert!(violated.contains(check.rule), "{id} accuses {slug} falsely: {check:?}, {done:?}");
        }
        if !failed.is_empty() || done.iter().flatten().any(|action| *action == Action::Crash) {
            found.push(fault);
        }
    }
    found
}

#[test]
fn every_vector_shows_its_faults_and_accuses_only_what_the_judge_does() {
    let mut shown: BTreeSet<Fault> = BTreeSet::new();
    for vector in SCENARIOS.iter() {
        assert!(!vector.shows.is_empty() && !vector.checks.is_empty(), "{}", vector.id);
        for profile in &vector.profiles {
            let found = faults_found(vector, *profile);
            let are_found = vector.shows.iter().all(|fault| found.contains(fault));
            assert!(are_found || *profile != vector.profiles[0], "{}: {:?}", vector.id, vector.shows);
            shown.extend(found);
        }
    }
    for vector in CLOSE_FRAMES.iter() {
        assert!(!vector.shows.is_empty() && !vector.rules.is_empty(), "{}", vector.id);
        for fault in &vector.shows {
            assert!(shows(vector, *fault), "{}: {}", vector.id, fault.slug());
        }
        shown.extend(Fault::ALL.into_iter().filter(|fault| shows(vector, *fault)));
    }
    let hidden: BTreeSet<&str> = Fault::ALL
        .into_iter()
        .filter(|fault| !shown.contains(fault) && !is_about_own_frames(*fault))
        .map(Fault::slug)
        .collect();
    assert_eq!(hidden, NOT_SHOWN.concat().into_iter().collect());
}

/// Whether a fault is about the form of the frames that an endpoint sends. A runner checks it in the octets of every vector.
fn is_about_own_frames(fault: Fault) -> bool {
    let rule = fault.rule();
    rule.focus() == Focus::OwnFrames || rule.layer() == Layer::CloseRequest
}

/// The faults that no vector shows, by what vectors leave out.
const NOT_SHOWN: &[&[&str]] = &[
    // A second connection.
    &["answers-every-second-connection", "answers-three-of-four-connections", "serves-three-connections"],
    &["ignores-close-after-cut-connection", "ignores-close-after-failed-connection", "keeps-the-frame"],
    &["ignores-close-after-reset-connection", "refuses-close-after-clean-connection", "keeps-the-message"],
    &["replies-with-the-code-before", "reports-the-code-before", "stays-failed"],
    // How TCP and TLS end.
    &["stays-half-closed", "resets-tcp", "resets-after-failing", "resets-after-own-close", "cuts-tls"],
    &["resets-if-anything-follows", "leaves-data-unread"],
    // An error beside a report, a second report, memory, long messages.
    &[
        "reports-error-after-close",
        "reports-error-after-pings",
        "reports-twice",
        "reports-twice-after-own-close",
    ],
    &["allocates-the-claim", "refuses-close-after-64-kib"],
    // A flawed frame, which is a deviation without a check.
    &["sends-long-reasons", "counts-characters", "forgets-the-code"],
    // What the judge decides by comparison with other connections or with the usual reply.
    &["takes-one-byte-reply", "drops-messages-before-close"],
];

/// Whether a receiver with a fault does something else with a Close than the vector has.
fn shows(vector: &FrameVector, fault: Fault) -> bool {
    let profile = vector.profiles[0];
    let steps = [
        Step::Octets(vector.octets.clone()),
        Step::Idle,
        Step::Idle,
        Step::End(wsclose::portable::PeerEnd::Fin),
    ];
    let script = script(vector.role, false, &steps);
    let mut subject = Endpoint::with_behavior(fault.slug(), fault, profile);
    let mut harness = Harness::new(profile);
    let played = harness.play(script.as_script(), &mut subject);
    let rules = vector.rules.iter().copied().chain(RULES_ON_REPORTS).chain([RULE_ON_FAIL_CODES]);
    let seen: RuleSet = rules.chain([Rule::NoPanic, Rule::NoHang]).collect();
    played.findings.iter().any(|finding| seen.contains(finding.rule))
}

#[test]
fn the_model_does_with_every_close_what_its_vector_has() {
    let mut outcomes = BTreeSet::new();
    for vector in CLOSE_FRAMES.iter() {
        for profile in &vector.profiles {
            let steps = [Step::Octets(vector.octets.clone())];
            let script = script(vector.role, false, &steps);
            let done = observe(script.as_script(), vector.role, &steps, &mut Model::new(*profile));
            let sent = done.iter().flatten().find_map(Action::close_code).flatten();
            match &vector.outcome {
                Outcome::Accept { code, .. } => assert_eq!(sent, *code, "{}", vector.id),
                Outcome::Reject { fail_codes } => {
                    assert!(sent.is_some_and(|code| fail_codes.contains(&code)), "{}: {sent:?}", vector.id);
                }
            }
        }
        outcomes.insert(format!("{:?}", vector.requirement()));
    }
    let expected =
        ["Either(CodeUnassigned)", "Either(RegisteredLater)", "Either(SendersOnly)", "Invalid", "Valid"];
    assert_eq!(outcomes.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn ids_are_unique_and_conflicts_are_mutual() {
    let frames: Vec<_> = CLOSE_FRAMES
        .iter()
        .map(|it| (&it.id, &it.profiles, format!("{:?}", (it.role, &it.octets)), &it.conflicts_with))
        .collect();
    let scenarios: Vec<_> = SCENARIOS
        .iter()
        .map(|it| {
            (&it.id, &it.profiles, format!("{:?}", (it.role, it.deflate, &it.steps)), &it.conflicts_with)
        })
        .collect();
    let mut conflicts = 0;
    for vectors in [frames, scenarios] {
        let by_id: BTreeMap<&String, _> = vectors.iter().map(|vector| (vector.0, vector)).collect();
        assert_eq!(by_id.len(), vectors.len());
        for (id, profiles, input, conflicting) in &vectors {
            for other in conflicting.iter() {
                let (_, other_profiles, other_input, back) = by_id[other];
                assert!(back.contains(*id) && input == other_input, "{id}, {other}");
                assert!(profiles.iter().all(|profile| !other_profiles.contains(profile)), "{id}, {other}");
                conflicts += 1;
            }
        }
    }
    assert!(conflicts > 20, "{conflicts}");
}

/// An endpoint that rejects what it need not know is not accused of what follows from that.
#[test]
fn checks_behind_a_failed_one_are_left_out() {
    let vectors = scenarios();
    let vector =
        vectors.iter().find(|vector| vector.id == "closing_handshake/code-1014/server").expect("a vector");
    let close = |code: CloseCode| Action::Frame {
        opcode: Opcode::Close,
        payload: code.to_octets().to_vec(),
        octets: Vec::new(),
    };
    let mut done = vec![Vec::new(); vector.steps.len()];
    done[0] = vec![close(CloseCode::PROTOCOL_ERROR), Action::End];
    let rules: Vec<Rule> =
        failed(&vector.checks, vector.closes_at, &done).iter().map(|check| check.rule).collect();
    assert_eq!(rules, [Rule::AcceptsRegisteredCodes]);
    done[0].push(Action::Crash);
    assert!(failed(&vector.checks, vector.closes_at, &done).is_empty());
}
