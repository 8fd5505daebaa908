//! Tests the analysis of matrix runs on small plans: a fault shows in the cell of its rule, and the model's cells are
//! clean.

use wsclose::analysis::code_map::{CodeMap, CodeReaction};
use wsclose::analysis::compare::{Distance, ScriptTopics, clusters, code_disagreements, disagreements};
use wsclose::analysis::matrix::{Cell, MatrixPlan, RoleResult, Scope, SubjectResult, play};
use wsclose::generate::vectors::{CodeOrigin, TestVector};
use wsclose::harness::{Recorder, Stimulus, Subject};
use wsclose::model::endpoint::Model;
use wsclose::model::faults::{Fault, FaultyModel};
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability, Rule};
use wsclose::script::ScriptBuf;

const WITHOUT_CODES: Scope = Scope { codes: false, ..Scope::ALL };

fn plan() -> MatrixPlan {
    let scripts = [
        ("close", "> close 3333 \"bye\"\n> fin"),
        ("noted", "# What it shows.\n> close 3333 \"bye\"\n> fin"),
        ("registered", "> close 1014\n> fin"),
        ("surrogate", "> close 3333 hex:eda080\nwait 2\n> fin"),
        ("long", "> close 3333 \"x\" * 124\nwait 2\n> fin"),
        ("silence", "app close\nwait 32"),
    ];
    let vector = |(name, steps): (&str, &str)| {
        let text = format!("wsclose 1\nrole server\n{steps}\n");
        TestVector::curated(name.to_owned(), ScriptBuf::read(text.as_bytes()).expect("a script").as_script())
    };
    MatrixPlan::new(scripts.map(vector).into())
}

fn row_of(plan: &MatrixPlan, scope: Scope, subject: &mut dyn Subject) -> SubjectResult {
    let roles = Role::ALL.map(|role| play(plan, scope, role, Profile::default(), subject, &mut || true));
    SubjectResult { name: subject.name().to_owned(), roles }
}

fn model() -> Model {
    Model::new(Profile::default())
}

/// An endpoint with these capabilities that never does anything.
struct Mute(Capabilities);

impl Subject for Mute {
    fn name(&self) -> &str {
        "mute"
    }

    fn capabilities(&self, _role: Role) -> Capabilities {
        self.0
    }

    fn connect(&mut self, _role: Role, _out: &mut Recorder) {}

    fn react(&mut self, _stimulus: Stimulus<'_>, _out: &mut Recorder) {}
}

#[test]
fn the_model_violates_no_rule_in_any_script() {
    let row = row_of(&plan(), Scope::ALL, &mut model());
    for rule in Rule::ALL {
        let cell = row.cell(rule);
        assert_eq!((cell.violated, cell.example), (0, None), "{rule}");
    }
    assert!(row.cell(Rule::RejectsUndefinedCodes).conformed > 200_000);
    assert!(row.cell(Rule::AcceptsLongestReason).conformed > 200);
    assert!(row.cell(Rule::AnySegmentation).conformed > 50);
}

#[test]
fn a_fault_shows_in_the_cell_of_its_rule_with_the_shortest_script() {
    let plan = plan();
    let row = row_of(&plan, WITHOUT_CODES, &mut FaultyModel::new(Fault::CloseOf126));
    let Cell { violated, example, .. } = row.cell(Rule::CloseAtMost125);
    let example = example.expect("a script with a violation");
    assert!(violated > 100, "{violated}");
    assert_eq!(example.actual, "sent a control frame over 125 bytes");
    let marked: Vec<&str> = example.timeline.lines().filter(|line| line.contains("<--")).collect();
    assert!(matches!(marked[..], [line] if line.ends_with("<-- close-at-most-125")), "{}", example.timeline);
    let scripts_with_violation = row.roles.iter().zip(Role::ALL).flat_map(|(part, role)| {
        let violates = |at: &usize| part.scripts_played[*at].violated.contains(Rule::CloseAtMost125);
        let scripts = plan.scripts();
        (0..part.scripts_played.len()).filter(violates).map(move |at| {
            (scripts[at].script.as_script().for_role(role).to_string().len(), scripts[at].name.clone())
        })
    });
    let shortest = scripts_with_violation.min().expect("a script with a violation");
    assert_eq!((example.text.len(), example.name), shortest);
}

#[test]
fn a_fault_that_only_the_code_sweep_finds_has_the_lowest_code_as_its_example() {
    let plan = MatrixPlan::new(Vec::new());
    let mut subject = FaultyModel::new(Fault::TakesCodesUnder1000);
    let row = row_of(&plan, Scope { curated: false, systematic: false, codes: true }, &mut subject);
    let cell = row.cell(Rule::RejectsUndefinedCodes);
    assert_eq!(cell.example.expect("an example").name, "code-received/0");
    // A thousand codes, each in the peer's Close and in its reply, to both roles.
    assert_eq!(cell.violated, 4000);
    let marks = &row.role_result(Role::Server).codes[CodeOrigin::Received as usize];
    assert_eq!(marks.get(CloseCode(999)), CodeReaction::Echoed);
    assert_eq!(marks.get(CloseCode(5000)), CodeReaction::RejectedWith1002);
    assert_eq!(marks.get(CloseCode(1005)), CodeReaction::RejectedWith1002);
}

#[test]
fn the_model_reacts_to_every_code_as_its_profile_requires() {
    let row = row_of(&MatrixPlan::new(Vec::new()), Scope::ALL, &mut model());
    for role in Role::ALL {
        let [received, replied, requested] = &row.role_result(role).codes[..] else {
            panic!("expected three origins of a code")
        };
        for code in CloseCode::all() {
            let takes = code.acceptable(Profile::default()).is_ok();
            let sends = code.sendable(role, Profile::default()).is_ok();
            let expected = if takes { CodeReaction::Echoed } else { CodeReaction::RejectedWith1002 };
            assert_eq!(received.get(code), expected, "{code} to a {role}");
            let expected = if sends { CodeReaction::Written } else { CodeReaction::RefusedToWrite };
            assert_eq!(requested.get(code), expected, "{code} requested of a {role}");
            let expected = if takes { CodeReaction::Accepted } else { CodeReaction::Dropped };
            assert_eq!(replied.get(code), expected, "{code} in a reply to a {role}");
        }
    }
}

#[test]
fn ranges_cover_every_code_once() {
    let marks =
        CodeMap::from_fn(
            |code| if code.0.is_multiple_of(3) { CodeReaction::Echoed } else { CodeReaction::Nothing },
        );
    let ranges = marks.ranges();
    let mut next = 0;
    for (first, last, mark) in &ranges {
        assert_eq!(u32::from(first.0), next);
        assert!((first.0..=last.0).all(|code| marks.get(CloseCode(code)) == *mark));
        next = u32::from(last.0) + 1;
    }
    assert_eq!(next, 65_536);
    assert_eq!(marks.count(CodeReaction::Echoed), 21_846);
    assert_eq!(marks.differing(&CodeMap::from_fn(|_| CodeReaction::Echoed)), 65_536 - 21_846);
}

#[test]
fn repeated_runs_have_equal_results() {
    let plan = plan();
    let mut faulty = FaultyModel::new(Fault::TakesSurrogates);
    let first = row_of(&plan, WITHOUT_CODES, &mut faulty);
    assert_eq!(first, row_of(&plan, WITHOUT_CODES, &mut faulty));
}

#[test]
fn a_run_that_times_out_is_incomplete() {
    let plan = plan();
    let mut calls = 0;
    let mut has_time = || {
        calls += 1;
        calls <= 2
    };
    let part = play(&plan, Scope::ALL, Role::Server, Profile::default(), &mut model(), &mut has_time);
    assert!(part.timed_out && part.codes.is_empty());
    assert_eq!(part.scripts, 512);
}

#[test]
fn equal_subjects_form_a_cluster_and_a_faulty_one_forms_another() {
    let plan = plan();
    let mut rows =
        vec![row_of(&plan, WITHOUT_CODES, &mut model()), row_of(&plan, WITHOUT_CODES, &mut model())];
    rows.push(row_of(&plan, WITHOUT_CODES, &mut FaultyModel::new(Fault::Refuses1014)));
    let about = ScriptTopics::of(&plan, &rows[0]);
    assert_eq!(clusters(&about, &rows), [vec![0, 1], vec![2]]);
    let distance = Distance::between(&about, &rows[0], &rows[2]);
    // The curated script with 1014, in both roles.
    assert_eq!((distance.scripts, distance.codes), (2, 0));
    let topics = disagreements(&about, &rows);
    let [topic] = &topics[..] else { panic!("{topics:?}") };
    assert_eq!(topic.rule, Rule::AcceptsRegisteredCodes);
    let [kind] = &topic.disagreements[..] else { panic!("{topic:?}") };
    assert_eq!((kind.scripts, kind.name.as_str()), (2, "registered"));
    assert_eq!(kind.groups[0].rows, [0, 1]);
}

#[test]
fn acts_after_a_close_are_part_of_the_outcome() {
    let plan = plan();
    let reference = row_of(&plan, WITHOUT_CODES, &mut model());
    let about = ScriptTopics::of(&plan, &reference);
    for fault in [Fault::DataAfterClose, Fault::ClosesTwice, Fault::ResetsTcp, Fault::ReportsOwnCode] {
        let row = row_of(&plan, WITHOUT_CODES, &mut FaultyModel::new(fault));
        assert!(!Distance::between(&about, &reference, &row).is_none(), "{}", row.name);
    }
}

#[test]
fn exempt_capabilities_cause_no_disagreement() {
    let plan = plan();
    let reference = row_of(&plan, WITHOUT_CODES, &mut model());
    let frames = row_of(&plan, WITHOUT_CODES, &mut Mute(Capabilities::of(&[Capability::Framing])));
    let everything = row_of(&plan, WITHOUT_CODES, &mut Mute(Capabilities::ALL));
    let about = ScriptTopics::of(&plan, &reference);
    let apart = |other: &SubjectResult| {
        disagreements(&about, &[reference.clone(), other.clone()])
            .iter()
            .map(|topic| topic.scripts)
            .sum::<usize>()
    };
    assert_eq!(apart(&frames), 0);
    assert!(apart(&everything) > 100);
    assert!(!Distance::between(&about, &reference, &frames).is_significant());
}

#[test]
fn codes_with_different_reactions_are_grouped_into_ranges() {
    let codes = Scope { curated: false, systematic: false, codes: true };
    let plan = MatrixPlan::new(Vec::new());
    let rows =
        [row_of(&plan, codes, &mut model()), row_of(&plan, codes, &mut FaultyModel::new(Fault::Refuses1014))];
    let differ = code_disagreements(&rows, Role::Server, CodeOrigin::Received);
    let [one] = &differ[..] else { panic!("{differ:?}") };
    assert_eq!((&one.codes[..], one.count), (&[(CloseCode(1014), CloseCode(1014))][..], 1));
    assert_eq!(one.groups, [(CodeReaction::Echoed, vec![0]), (CodeReaction::RejectedWith1002, vec![1])]);
    assert!(code_disagreements(&rows, Role::Server, CodeOrigin::Requested).is_empty());
}

#[test]
fn a_role_result_has_its_role() {
    let RoleResult { role, scripts, scripts_played: played, .. } =
        row_of(&plan(), WITHOUT_CODES, &mut model()).roles[1].clone();
    assert_eq!(role, Role::Server);
    assert!(scripts > played.len());
}

/// A server that replies with 1000 to every Close, and with this code to anything else.
struct Uniform(u16);

impl Subject for Uniform {
    fn name(&self) -> &str {
        "uniform"
    }

    fn capabilities(&self, _role: Role) -> Capabilities {
        Capabilities::ALL.without(&[Capability::ReportsCloseStatus, Capability::ReportsClean])
    }

    fn connect(&mut self, _role: Role, _out: &mut Recorder) {}

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
        let Stimulus::Octets(octets) = stimulus else { return };
        let [first, second, ..] = *octets else { return };
        match (first, second & 0x7f) {
            (0x88, ..=125) => out.sent(&[0x88, 2, 3, 0xe8]),
            _ => out.sent(&[&[0x88, 2], self.0.to_be_bytes().as_slice()].concat()),
        }
        out.fin();
    }
}

#[test]
fn an_endpoint_that_replies_to_every_close_alike_is_compared_with_itself() {
    let plan = MatrixPlan::new(TestVector::curated_corpus());
    let play_it = |plan: &MatrixPlan, code: u16| {
        let scope = Scope { systematic: false, codes: false, curated: true };
        play(plan, scope, Role::Server, Profile::default(), &mut Uniform(code), &mut || true)
    };
    let compared = play_it(&plan, 1002);
    let row = SubjectResult { name: "uniform".to_owned(), roles: [compared.clone(), compared] };
    let cell = row.cell(Rule::RejectsLocalOnlyCodes);
    let example = cell.example.expect("a violation");
    assert_eq!(
        example.actual,
        "accepted a code for local use only: replied with 1000, as to a lawful Close \
         (closing_handshake/code-1001); it sends 1002 if it fails the connection (closing_handshake/opcode-11)"
    );
    for rule in [Rule::RejectsOneByteBody, Rule::RejectsUndefinedCodes, Rule::RejectsUnassignedCodes] {
        assert!(row.cell(rule).violated > 0, "{rule}");
    }
    // Without the scripts that show the habits, the same cases stay open.
    let others: Vec<TestVector> = TestVector::curated_corpus()
        .into_iter()
        .filter(|vector| !["opcode-", "rsv1"].iter().any(|part| vector.name.contains(part)))
        .collect();
    let alone = play_it(&MatrixPlan::new(others), 1002);
    let row = SubjectResult { name: "uniform".to_owned(), roles: [alone.clone(), alone] };
    let cell = row.cell(Rule::RejectsLocalOnlyCodes);
    assert_eq!(cell.violated, 0);
    assert!(cell.inconclusive > 0);
    // A reply to a bad reason that is the echo, the usual reply and the rejection decides nothing.
    let steps = "wsclose 1\nrole server\n> close 1000 hex:80\nwait 2\n> fin\n";
    let script = ScriptBuf::read(steps.as_bytes()).expect("a script");
    let bad = TestVector::curated("bad-reason".to_owned(), script.as_script());
    let plan = MatrixPlan::new([vec![bad], TestVector::curated_corpus()].concat());
    let violated = |code: u16| play_it(&plan, code).scripts_played[0].violated;
    assert!(violated(1002).contains(Rule::RejectsBadUtf8Reason));
    assert!(!violated(1000).contains(Rule::RejectsBadUtf8Reason));
}
