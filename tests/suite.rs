//! A suite: what it finds in endpoints with a known fault, its text, and its errors.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wsclose::harness::{Recorder, Stimulus, Subject};
use wsclose::model::endpoint::Model;
use wsclose::model::faults::{Fault, FaultyModel};
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability, Rule};
use wsclose::scenario::Scenario;
use wsclose::suite::{Suite, SuiteError};

fn conforming() -> Suite {
    Suite::new(|| Model::new(Profile::default()))
}

/// A server that answers a Close without a code by one with 1005.
fn faulty() -> Suite {
    Suite::new(|| FaultyModel::new(Fault::EchoesNoStatus)).role(Role::Server)
}

/// The rules that the faulty server violates.
const FAULTS: [Rule; 2] = [Rule::CodeNotLocalOnly, Rule::CloseEchoesCode];

/// The message of the panic of a function.
fn panic_message(act: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(act)).expect_err("it panics");
    panic.downcast_ref::<String>().expect("a formatted message").clone()
}

fn error(suite: &Suite) -> String {
    let error = suite.run().expect_err("the suite is not valid");
    assert_eq!(panic_message(|| suite.assert()), error.to_string());
    error.to_string()
}

#[test]
fn the_model_passes_in_both_roles() {
    let report = conforming().strict(true).run().expect("a valid suite");
    assert!(report.passes() && report.violations.is_empty(), "{report}");
    assert!(report.sent_a_close && report.scripts > 1000, "{}", report.scripts);
    // The model has no memory of its own to report, and no script makes it send 1010.
    let rules = conforming().strict(true).rules().expect("a valid suite");
    assert!(rules.without(report.exercised).len() < rules.len() / 10, "{:?}", report.exercised);
    conforming().assert();
}

#[test]
fn each_violation_is_reported_with_its_shortest_script() {
    insta::assert_snapshot!(panic_message(|| faulty().assert()), @r###"
    echoes-no-status violates 1 rule; 1002 scripts were played as server

    FAIL code-not-local-only (must, RFC 6455 §7.4.1)
      rule:     An endpoint never sends 1005, 1006 or 1015, which are reserved for its own reports.
      expected: a code that may be sent, or none
      found:    sent code 1005
      fix:      Reject these codes where the Close is built. Keep "no code" as a value of its own, and map it to an empty body. Echo no body for an empty Close.
      found in 7 scripts; the shortest, from closing_handshake/close-empty:
        wsclose 1
        role server
        > close
      what happened as server (time in ticks, > to the endpoint, < from it, | note):
          0  >  CLOSE masked                             88 80 37fa213d
          0  <  CLOSE 1005 ""                            88 02 03ed  <-- code-not-local-only
          0  <  FIN
          0  |  app reported: closed 1005 "", clean
        hint, likely: the received Close had no code, and 1005 is what an API reports for that: the report was sent back
      replay:   suite.assert_script("wsclose 1\nrole server\n> close\n");

    info (does not fail): close-echoes-code
    "###);
}

#[test]
fn the_replay_line_repeats_the_violation() {
    let report = faulty().run().expect("a valid suite");
    let violation = report.failures().next().expect("a violation");
    assert_eq!(violation.script.as_script().to_string(), "wsclose 1\nrole server\n> close\n");
    let replay = r#"  replay:   suite.assert_script("wsclose 1\nrole server\n> close\n");"#;
    assert!(violation.to_string().contains(replay), "{violation}");
    let message = panic_message(|| faulty().assert_script("wsclose 1\nrole server\n> close\n"));
    assert!(message.contains("88 02 03ed  <-- code-not-local-only"), "{message}");
    conforming().assert_script("wsclose 1\nrole server\n> close\n");
    faulty().assert_script("wsclose 1\nrole server\n> close 1000\n");
}

/// Replies to every Close with 1000, and to other flawed frames with 1002.
struct AlwaysNormal;

impl Subject for AlwaysNormal {
    fn name(&self) -> &str {
        "always normal"
    }

    fn capabilities(&self, _: Role) -> Capabilities {
        Capabilities::ALL
    }

    fn connect(&mut self, _: Role, _: &mut Recorder) {}

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
        let Stimulus::Octets([first, ..]) = stimulus else { return };
        match first {
            0x81 | 0x89 => return,
            0x88 => out.sent(&[0x88, 2, 0x03, 0xe8]),
            _ => out.sent(&[0x88, 2, 0x03, 0xea]),
        }
        out.fin();
    }
}

#[test]
fn a_violation_that_only_the_usual_replies_show_is_replayed() {
    let suite = Suite::new(|| AlwaysNormal).role(Role::Server).only([Rule::RejectsOneByteBody]).strict(true);
    let report = suite.run().expect("a valid suite");
    let violation = report.failures().next().unwrap_or_else(|| panic!("no violation\n{report}"));
    assert!(violation.expected.is_some(), "it recurs: {violation}");
    panic_message(|| suite.assert_script(violation.script.octets()));
    // A fuzzer judges each script alone.
    let mut fuzzer = suite.fuzzer().expect("a valid suite");
    assert!(!fuzzer.check(violation.script.octets()).contains(Rule::RejectsOneByteBody), "{violation}");
}

#[test]
fn accepted_violations_pass_and_stale_ones_fail() {
    let allowed = FAULTS.into_iter().fold(faulty(), |suite, rule| suite.allow(rule, "See issue 3."));
    allowed.assert();
    allowed.assert_script("wsclose 1\nrole server\n> close\n");
    let report = allowed.run().expect("a valid suite");
    assert!(report.violations.iter().all(|violation| violation.reason.as_deref() == Some("See issue 3.")));
    let stale = allowed.allow(Rule::CloseFin, "See issue 4.");
    insta::assert_snapshot!(panic_message(|| stale.assert()), @r#"
    echoes-no-status has 1 stale entry, an accepted violation that does not occur; 1002 scripts were played as server
    
    stale: `allow` accepts close-fin (See issue 4.), and no script shows the violation; remove the entry
    
    known (does not fail): code-not-local-only
    info (does not fail): close-echoes-code
    "#);
    let message = stale.run().expect("a valid suite").failure_of(Rule::CloseFin);
    assert!(message.is_some_and(|message| message.starts_with("stale: ")));
}

#[cfg(feature = "baseline")]
#[test]
fn a_baseline_of_the_command_accepts_violations() {
    let entry = |rule: Rule, more: &str| format!("[[known]]\nrule = \"{rule}\"\nreason = \"r\"\n{more}");
    let both: String = FAULTS.map(|rule| entry(rule, "")).concat();
    faulty().baseline_toml(both.clone()).assert();
    // Entries that name another implementation are ignored, as in the baseline of many.
    let named = "implementation = \"model-echoes-no-status\"\n";
    let name = faulty().subject_name();
    let of_subject = entry(FAULTS[0], &named.replace("model-echoes-no-status", &name));
    let of_other = entry(Rule::CloseFin, "implementation = \"other\"\n");
    faulty().baseline_toml(of_subject + &of_other + &entry(FAULTS[1], "")).assert();
    let stale = panic_message(|| faulty().baseline_toml(both.clone() + &entry(Rule::CloseFin, "")).assert());
    assert!(
        stale.contains("stale: line 7 of the baseline accepts close-fin (r), and no script shows the violation; remove the entry"),
        "{stale}"
    );
    // The entry of a rule that is not selected is not stale.
    faulty().baseline_toml(both).only([FAULTS[0]]).assert();
    // What a run proposes is accepted.
    let proposed = faulty().run().expect("a valid suite").new_baseline();
    assert!(proposed.contains("# Shown by ") && proposed.contains("to be filled in"), "{proposed}");
    faulty().baseline_toml(proposed).assert();
}

#[cfg(feature = "baseline")]
#[test]
fn errors_of_a_baseline_name_the_line() {
    let unknown = faulty().baseline_toml("[[known]]\nrule = \"close-final\"\nreason = \"r\"\n");
    insta::assert_snapshot!(error(&unknown), @"the baseline of echoes-no-status, line 2: expected a rule id, for example `close-fin`, found `close-final`; did you mean `close-fin`?; `wsclose rules` lists the rules");
    let twice = faulty()
        .allow(Rule::CloseFin, "r")
        .baseline_toml("[[known]]\nrule = \"close-fin\"\nreason = \"r\"\n");
    insta::assert_snapshot!(error(&twice), @"echoes-no-status: close-fin is accepted twice, by `allow` or by the baseline; keep one of the two");
}

/// Claims these capabilities and does nothing.
struct Silent(Capabilities);

impl Subject for Silent {
    fn name(&self) -> &str {
        "silent"
    }

    fn capabilities(&self, _: Role) -> Capabilities {
        self.0
    }

    fn connect(&mut self, _: Role, _: &mut Recorder) {}

    fn react(&mut self, _: Stimulus<'_>, _: &mut Recorder) {}
}

#[test]
fn errors_are_one_sentence() {
    let silent = |capabilities: Capabilities| Suite::new(move || Silent(capabilities));
    insta::assert_snapshot!(error(&silent(Capabilities::of(&[]))), @"silent: claims no capability, so no rule applies to it; return from `capabilities` what the endpoint does itself, for example `Capabilities::ALL`");
    insta::assert_snapshot!(error(&silent(Capabilities::of(&[Capability::ReportsClean]))), @"silent: none of 2005 scripts exercised a rule; check that the adapter passes what it reads to the endpoint, and writes what the endpoint sends");
    let framing = Capabilities::of(&[Capability::Framing]);
    insta::assert_snapshot!(error(&silent(framing).only([Rule::CloseAnswered])), @"silent: none of the selected rules applies to it; select a rule that its capabilities cover");
    insta::assert_snapshot!(error(&faulty().allow(Rule::CloseFin, " ")), @"echoes-no-status: `allow` accepts close-fin without a reason; give one");
    insta::assert_snapshot!(error(&faulty().script("crash-1", "wsclose 1\nrole server\n> clothes\n")), @"the script `crash-1` of echoes-no-status: line 3, column 3: expected what the peer sends: `close`, `text`, `binary`, `ping`, `pong`, `continuation`, `opcode=N`, `octets`, `fin`, `reset`, `gone N`, `pause` or `resume`, found `clothes`");
    let unreadable = faulty().script("crash-2", [0xff]).fuzzer();
    assert!(unreadable.is_ok(), "a fuzzer plays no scripts of the suite");
    insta::assert_snapshot!(panic_message(|| faulty().assert_script("wsclose 2\n")), @"the script `assert_script` of echoes-no-status: line 2, column 1: expected `role server` or `role client`, the second line of a script, found the end of the line");
    assert!(matches!(silent(Capabilities::of(&[])).fuzzer(), Err(SuiteError::NoCapabilities { .. })));
}

#[test]
fn an_endpoint_that_sends_nothing_is_noted() {
    let suite = Suite::new(|| Silent(Capabilities::ALL)).role(Role::Client);
    let message = panic_message(|| suite.assert());
    assert!(message.contains("\nnote: it sent no Close in any script; check first"), "{message}");
    assert!(message.contains("FAIL close-answered (must, "), "{message}");
}

#[test]
fn scripts_of_the_user_are_played_in_text_and_binary() {
    let text = "wsclose 1\nrole server\n> close\n> ping\nwait 3\n";
    let only = faulty().only([Rule::CodeNotLocalOnly]);
    let scripts = |suite: &Suite| suite.run().expect("a valid suite").scripts;
    let binary = wsclose::script::ScriptBuf::read(text.as_bytes()).expect("a script");
    assert_eq!(scripts(&only.clone().script("a", text).script("b", binary.octets())), scripts(&only) + 2);
}

#[test]
fn the_fuzzer_panics_with_the_shortest_script() {
    let long = "wsclose 1\nrole server\n> ping \"a\"\n> text \"b\"\n> close\nwait 3\n";
    let mut fuzzer = faulty().fuzzer().expect("a valid suite");
    assert!(fuzzer.check(b"no script").is_empty());
    assert!(fuzzer.check(b"wsclose 1\nrole server\n> close 1000\n").contains(Rule::CloseAnswered));
    let message = panic_message(|| {
        fuzzer.check(long.as_bytes());
    });
    assert!(message.contains("\n    wsclose 1\n    role server\n    > close\n  what happened"), "{message}");
    // A script for a role that the suite leaves out is played in the other.
    let message = panic_message(|| {
        fuzzer.check(long.replace("role server", "role client").as_bytes());
    });
    assert!(message.contains("\n    role server\n"), "{message}");
    let scenario = Scenario::named(Role::Server, "no-code").expect("a scenario");
    panic_message(|| {
        fuzzer.check_scenario(&scenario);
    });
    let accepted = FAULTS.into_iter().fold(faulty(), |suite, rule| suite.allow(rule, "r"));
    let mut fuzzer = accepted.fuzzer().expect("a valid suite");
    assert!(fuzzer.check(long.as_bytes()).contains(Rule::CodeNotLocalOnly));
    assert!(!conforming().fuzzer().expect("a valid suite").check_scenario(&scenario).is_empty());
}
