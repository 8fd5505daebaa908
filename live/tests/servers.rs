//! Checks of servers by the builder.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests open sockets and wait")]

mod support;

use std::net::TcpListener;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use support::{Fault, faulty_server, model_server};
use wsclose::judge::Verdict;
use wsclose::rules::Rule;
use wsclose_live::{
    Codes, Confirmation, Event, FindingStatus, Interrupt, RuleStatus, RunError, RunStatus, RunVerdict, check,
};

#[test]
fn model_passes() {
    let report = check(model_server()).close_command(true).strict(true).run().expect("the check runs");
    assert!(report.passes(), "{report}");
    assert_eq!((report.verdict(), report.status().exit_code()), (RunVerdict::Pass, 0));
    let text = report.text().verbose(true).to_string();
    assert!(text.contains("ok            close-answered"), "{text}");
    assert!(text.contains("ok            gives-up-waiting"), "{text}");
    assert!(text.contains("not exercised no-hang"), "{text}");
    assert!(text.ends_with("\nverdict: PASS: no rule fails\n"), "{text}");
}

#[test]
fn violation_fails_until_the_baseline_accepts_it() {
    let run = |baseline: &str| {
        check(faulty_server(Fault::EchoesAnyCode))
            .case("code-received/1005")
            .only("code-not-local-only")
            .baseline_toml(baseline)
            .expect("a baseline")
            .run()
            .expect("the check runs")
    };
    let report = run("");
    assert_eq!((report.status(), report.verdict()), (RunStatus::Fail, RunVerdict::Fail));
    let findings = report.findings();
    let [finding] = findings.as_slice() else { panic!("{report}") };
    assert_eq!(finding.result.rule, Rule::CodeNotLocalOnly);
    assert!(
        report.repro_command(finding).ends_with(" --case code-received/1005 --only code-not-local-only"),
        "{report}"
    );
    let report = run("[[known]]\nrule = \"code-not-local-only\"\nreason = \"we echo any code\"\n");
    assert!(report.passes(), "{report}");
    assert!(report.to_string().contains("known: code-not-local-only: we echo any code"), "{report}");
}

#[test]
fn stale_baseline_entry_does_not_pass() {
    let baseline = "[[known]]\nrule = \"close-answered\"\nreason = \"fixed since\"\n";
    let check = check(model_server()).only("close-answered").baseline_toml(baseline).expect("a baseline");
    let report = check.run().expect("the check runs");
    assert_eq!((report.status(), report.stale.as_slice()), (RunStatus::Stale, &[Rule::CloseAnswered][..]));
    assert!(!report.passes());
}

#[test]
fn header_values_do_not_reach_the_report() {
    let check = check(faulty_server(Fault::EchoesAnyCode));
    let report = check
        .header("Authorization", "Bearer topsecret")
        .case("code-received/1005")
        .run()
        .expect("the check runs");
    assert!(report.fails());
    let mut texts = vec![report.to_string(), report.command.clone()];
    #[cfg(feature = "reports")]
    {
        use wsclose_live::report::Format;
        let formats =
            [Format::Json, Format::Junit, Format::Markdown, Format::Html, Format::Sarif, Format::Autobahn];
        texts.extend(formats.map(|format| format.text(&report)));
    }
    for text in &texts {
        assert!(!text.contains("topsecret"), "{text}");
    }
    assert!(texts[0].contains("--header 'Authorization: REDACTED'"), "{}", texts[0]);
}

#[test]
fn unreachable_server_is_an_error_verdict() {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
    let report = check(format!("ws://{free}/")).run().expect("the check runs");
    assert_eq!((report.verdict(), report.status()), (RunVerdict::Error, RunStatus::Incomplete));
    assert!(report.fatal_error().is_some_and(|error| error.is_unreachable()), "{report}");
}

#[test]
fn wrong_configuration_is_a_usage_error() {
    let url = "ws://127.0.0.1:1/";
    let usage = [
        check("127.0.0.1").run(),
        check("http://127.0.0.1:1/").run(),
        check("ws://192.0.2.1/").run(),
        check(url).only("[[").run(),
        check(url).only("no-such-rule").run(),
        check(url).case("no-such-case").run(),
        check(url).exec("sleep 9 {port}").run(),
        check("ws://127.0.0.1:{port}/").exec("sleep 9").run(),
    ];
    for result in usage {
        assert!(result.as_ref().is_err_and(RunError::is_usage), "{result:?}");
    }
    let early = check("ws://127.0.0.1:{port}/").exec("exit 7; {port}").run();
    assert!(early.as_ref().is_err_and(|error| !error.is_usage()), "{early:?}");
    let insecure = check("wss://127.0.0.1:1/").insecure(true).case("liveness").run();
    match cfg!(feature = "tls") {
        true => assert!(insecure.is_ok_and(|report| report.verdict() == RunVerdict::Error)),
        false => assert!(insecure.is_err_and(|error| error.to_string().contains("feature `tls`"))),
    }
}

#[test]
fn plan_selects_without_a_server() {
    let plan = check("ws://127.0.0.1:1/").only("7.4.1").case("code-received/1*").plan().expect("a plan");
    assert!(plan.rules.contains(Rule::CodeNotLocalOnly));
    assert_eq!(plan.cases[0].name, "liveness");
    assert!(plan.cases.iter().any(|case| case.name == "code-received/1000"));
    let all = check("ws://127.0.0.1:1/").codes(Codes::All).plan().expect("a plan");
    assert!(all.cases.len() > 65_536);
}

#[test]
fn events_describe_the_run() {
    let (sender, events) = channel();
    let report = check(faulty_server(Fault::EchoesAnyCode))
        .case("code-received/100*")
        .events(sender)
        .run()
        .expect("the check runs");
    let events: Vec<Event> = events.iter().collect();
    let cases = report.cases.len();
    assert_eq!(events.first(), Some(&Event::RunStarted { cases }));
    assert_eq!(events.last(), Some(&Event::RunFinished { verdict: RunVerdict::Fail }));
    let count = |is: fn(&Event) -> bool| events.iter().filter(|event| is(event)).count();
    assert_eq!(count(|event| matches!(event, Event::CaseStarted { .. })), cases);
    assert_eq!(count(|event| matches!(event, Event::CaseFinished { .. })), cases);
    let retried = |event: &Event| {
        matches!(event, Event::CaseRetried { name, violations }
            if name == "code-received/1005" && violations.contains(Rule::CodeNotLocalOnly))
    };
    assert!(events.iter().any(retried), "{events:#?}");
}

#[test]
fn interrupt_ends_the_run_early() {
    let (interrupt, begun) = (Interrupt::new(), Instant::now());
    let on_case = interrupt.clone();
    let report = check(faulty_server(Fault::NeverReplies))
        .interrupt(&interrupt)
        .on_event(move |event| {
            if matches!(event, Event::CaseFinished { .. }) {
                on_case.trigger();
            }
        })
        .run()
        .expect("the check runs");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert!(interrupt.is_triggered() && report.interrupted && !report.passes());
    assert!(report.notes.iter().any(|note| note.ends_with("because the run was interrupted")), "{report}");
}

/// The verdict on a rule in the cases in which the application of a faulty server closes.
fn verdict_on_requests(fault: Fault, rule: Rule) -> Verdict {
    let check = check(faulty_server(fault)).close_command(true);
    let report = check.case("closing_handshake/close-local").only(rule.id()).run().expect("the check runs");
    // The liveness case comes first.
    let [_, case] = report.cases.as_slice() else { panic!("{report}") };
    if case.violates(rule) {
        Verdict::Violates
    } else if case.conforming.contains(rule) {
        Verdict::Conforms
    } else if case.inconclusive.contains_key(&rule) {
        Verdict::Inconclusive
    } else {
        Verdict::NotExercised
    }
}

#[test]
fn close_command_shows_a_server_that_ends_tcp_or_drops_the_code() {
    let ends_tcp = verdict_on_requests(Fault::EndsTcpOnRequest, Rule::RequestedCloseSent);
    assert_eq!(ends_tcp, Verdict::Violates);
    let drops = |rule| verdict_on_requests(Fault::DropsRequestedCode, rule);
    assert_eq!(drops(Rule::RequestedCloseSent), Verdict::Conforms);
    assert_eq!(drops(Rule::RequestedCodeSent), Verdict::Violates);
}

#[test]
fn close_command_that_the_server_ignores_is_no_evidence() {
    // The program of the server may not implement the command.
    let ignores = |rule| verdict_on_requests(Fault::EchoesAnyCode, rule);
    assert_eq!(ignores(Rule::RequestedCloseSent), Verdict::Inconclusive);
    assert_eq!(ignores(Rule::RequestedReasonSent), Verdict::NotExercised);
}

#[test]
fn usual_replies_decide_what_one_case_leaves_open() {
    let run = |fault: Fault, case: &str| {
        let check = check(faulty_server(fault)).case(case).only("rejects-local-only-codes");
        check.strict(true).run().expect("the check runs")
    };
    // The cases that show the usual replies are not selected, and run all the same.
    let report = run(Fault::RepliesNormal, "code-received/1005");
    let findings = report.findings();
    let [finding] = findings.as_slice() else { panic!("{report}") };
    assert_eq!(finding.result.rule, Rule::RejectsLocalOnlyCodes);
    let actual = "accepted a code for local use only: replied with 1000, as to a lawful Close \
                  (closing_handshake/code-1001); it sends 1002 if it fails the connection \
                  (closing_handshake/opcode-11)";
    assert_eq!(finding.violation.actual, actual);
    assert_eq!(report.cases.len(), 2, "the liveness case and the selected one");
    assert!(report.cases[1].timeline.contains("<-- rejects-local-only-codes"), "{report}");
    assert_eq!(run(Fault::RepliesNormalToAll, "code-received/1005").status(), RunStatus::Pass);
    // A server that closes with 1000 for a flawed text, and not for a valid one, has failed the connection.
    let text = check(faulty_server(Fault::RepliesNormalToAll)).case("closing_handshake/text-rsv1");
    let report = text.only("fail-code-fits").run().expect("the check runs");
    let actual = "failed the connection with 1000: it does not close for lawful frames";
    assert!(report.findings()[0].violation.actual.starts_with(actual), "{report}");
    let report = run(Fault::RepliesNormal, "closing_handshake/c*");
    assert!(report.findings().iter().any(|finding| finding.result.rule == Rule::RejectsLocalOnlyCodes));
}

/// The findings of a run with a few codes: rule, status and confirmation, and what the endpoint did.
fn findings(fault: Fault) -> Vec<(Rule, FindingStatus, Confirmation, String)> {
    let report = check(faulty_server(fault)).case("code-received/100[01]").run().expect("the check runs");
    let finding = |finding: wsclose_live::ReportedFinding<'_>| {
        let actual = finding.violation.actual.clone();
        (finding.result.rule, finding.status, finding.result.confirmation, actual)
    };
    report.findings().into_iter().map(finding).collect()
}

#[test]
fn answer_after_a_timer_is_late_and_no_failure() {
    let found = findings(Fault::AnswersLate);
    let answered = found.iter().find(|(rule, ..)| *rule == Rule::CloseAnswered).expect("a finding");
    assert_eq!(answered.1, FindingStatus::Warn, "{found:#?}");
    assert!(matches!(answered.2, Confirmation::Late(_)), "{found:#?}");
    assert!(
        answered.3.contains("the Close came after 0.9 s; the endpoint answers a plain Close"),
        "{found:#?}"
    );
}

#[test]
fn end_of_tcp_after_a_timer_is_late_and_fails_the_rule_that_demands_it_at_once() {
    let found = findings(Fault::ClosesTcpLate);
    let status = |rule| found.iter().find(|(found, ..)| *found == rule).map(|(_, status, ..)| *status);
    assert_eq!(status(Rule::ServerClosesTcpAtOnce), Some(FindingStatus::Fail), "{found:#?}");
    assert_eq!(status(Rule::TcpClosedAfterHandshake), Some(FindingStatus::Warn), "{found:#?}");
    for (_, _, confirmation, actual) in found.iter().filter(|(_, status, ..)| *status <= FindingStatus::Warn)
    {
        assert!(matches!(confirmation, Confirmation::Late(_)), "{found:#?}");
        assert!(actual.contains("TCP ended after 1.1 s"), "{found:#?}");
    }
}

#[test]
fn close_command_that_works_in_one_case_is_due_in_the_others() {
    let check = check(faulty_server(Fault::IgnoresRequestsWithoutReason)).close_command(true);
    let check = check.case("closing_handshake/close-local-answered-later").only("requested-close-sent");
    let report = check.run().expect("the check runs");
    assert!(report.fails(), "{report}");
    let text = report.text().verbose(true).to_string();
    assert!(text.contains("although it closes if its application requests it"), "{text}");
    // A server that shows the command in no case may not implement it.
    let check = wsclose_live::check(faulty_server(Fault::EchoesAnyCode)).close_command(true);
    let check = check.case("closing_handshake/close-local-answered-later").only("requested-close-sent");
    let report = check.run().expect("the check runs");
    assert!(!report.fails(), "{report}");
}

#[test]
fn end_of_tcp_seconds_after_a_failure_is_late() {
    let server = faulty_server(Fault::FailsAndEndsTcpLate);
    let report = check(server).case("waiting/after-bad-frame").run().expect("the check runs");
    let status = |rule| report.rules.iter().find(|result| result.rule == rule).expect("a rule").status();
    assert_eq!(status(Rule::FailClosesTcp), RuleStatus::Finding(FindingStatus::Warn), "{report}");
    assert_eq!(status(Rule::ServerFailsAtOnce), RuleStatus::Finding(FindingStatus::Warn), "{report}");
    assert!(report.to_string().contains("TCP ended after 3.0 s"), "{report}");
}

#[test]
fn server_that_never_ends_tcp_after_a_failure_fails() {
    let server = faulty_server(Fault::FailsAndLeavesTcpOpen);
    let report = check(server).case("waiting/after-bad-frame").run().expect("the check runs");
    let rule = report.rules.iter().find(|result| result.rule == Rule::FailClosesTcp).expect("a rule");
    assert_eq!(rule.status(), RuleStatus::Finding(FindingStatus::Fail), "{report}");
    assert_eq!(rule.confirmation, Confirmation::Confirmed, "{report}");
}
