//! Tests that no cell of the matrix of rules is empty: each rule has a script in which the model conforms, a fault that
//! violates it, and in each role a live case in which the model conforms over a socket.
//!
//! The exceptions are the rules that no socket shows, each with a reason. An exception that is no longer needed fails, too.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests open sockets")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, Write as _};
use std::net::TcpListener;

use wsclose::Harness;
use wsclose::generate::random::Random;
use wsclose::harness::Subject;
use wsclose::judge::Verdict;
use wsclose::model::endpoint::Model;
use wsclose::model::faults::{Fault, FaultyModel};
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::rules::{Rule, RuleSet};
use wsclose::script::{ScriptBuf, corpus};
use wsclose_live::model_endpoint::{self, EchoEvent};
use wsclose_live::{ClientCommand, RunReport, check, check_client, why_unobservable};

/// This check is not over TLS; `tests/tls.rs` has one that is.
const WITHOUT_TLS: (Rule, Role) = (Rule::TlsClosedCleanly, Role::Server);

/// The variable that makes this program a client that reads URLs from standard input.
const IS_CLIENT: &str = "WSCLOSE_TEST_MATRIX_CLIENT";

/// The test that is the client.
const CLIENT: &str = "model_client_process";

#[test]
fn model_client_process() {
    if std::env::var_os(IS_CLIENT).is_none() {
        return;
    }
    let mut seeds = Random::new(std::process::id().into());
    for url in std::io::stdin().lock().lines() {
        let url = url.expect("a line");
        let status = model_endpoint::connect(url.trim(), Profile::default(), seeds.next_u64(), false);
        println!("\n{}", status.expect("it connects").expect("a close status"));
        std::io::stdout().flush().expect("a pipe");
    }
}

/// The variable that makes this program a server on a port.
const PORT: &str = "WSCLOSE_TEST_MATRIX_PORT";

/// The test that is the server.
const SERVER: &str = "model_server_process";

#[test]
fn model_server_process() {
    let Ok(port) = std::env::var(PORT) else { return };
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).expect("a free port");
    model_endpoint::serve_with_events(&listener, Profile::default(), |path, event| {
        if let EchoEvent::Closed(status) = event {
            println!("\n{status} {path}");
            std::io::stdout().flush().expect("a pipe");
        }
    })
    .expect("it is ended");
}

/// The command that runs a test of this program with a variable.
fn command(variable: &str, value: &str, test: &str) -> String {
    let program = std::env::current_exe().expect("this program");
    format!("{variable}={value} exec '{}' --exact {test} --nocapture", program.display())
}

/// By rule, the first case in which the endpoint conforms.
fn conforming_cases(report: &RunReport) -> BTreeMap<Rule, String> {
    let mut first = BTreeMap::new();
    for case in &report.cases {
        for rule in case.conforming.iter() {
            first.entry(rule).or_insert_with(|| case.name.clone());
        }
    }
    first
}

#[test]
fn every_rule_is_shown_by_a_live_case_in_each_role() {
    let server = check("ws://127.0.0.1:{port}/").exec(command(PORT, "{port}", SERVER));
    let server = server.reports_close(true).close_command(true).run().expect("the check of a server");
    let command = command(IS_CLIENT, "1", CLIENT);
    let client = check_client(ClientCommand::UrlsOnStdin(command)).reports_close(true).close_command(true);
    let client = client.run().expect("the check of a client");
    assert!(server.passes() && client.passes(), "{server}\n{client}");
    let mut report = String::new();
    for (role, cases) in
        [(Role::Server, conforming_cases(&server)), (Role::Client, conforming_cases(&client))]
    {
        for rule in Rule::ALL {
            let binds = rule.role().is_none_or(|only| only == role);
            let reason = why_unobservable(rule, role).is_some() || (rule, role) == WITHOUT_TLS;
            match (cases.get(&rule), binds, reason) {
                (None, true, false) => {
                    writeln!(report, "{rule}: no live case of a {role} shows that it conforms")
                        .expect("text");
                }
                (Some(case), _, true) | (Some(case), false, false) => {
                    writeln!(report, "{rule}: {case} shows it for a {role}; remove the exception")
                        .expect("text");
                }
                (None, _, true) | (None, false, false) | (Some(_), true, false) => {}
            }
        }
    }
    assert!(report.is_empty(), "{report}\n{server}\n{client}");
}

#[test]
fn every_rule_has_a_conforming_script_and_a_fault_that_is_found() {
    let scripts: Vec<ScriptBuf> = corpus::curated().map(|(_, script)| script).collect();
    let mut harness = Harness::new(Profile::default());
    let mut shows = |script: &ScriptBuf, subject: &mut dyn Subject, verdict| {
        harness.play(script.as_script(), subject).verdicts.with(verdict)
    };
    let conforming = scripts.iter().fold(RuleSet::EMPTY, |rules, script| {
        rules.union(shows(script, &mut Model::new(Profile::default()), Verdict::Conforms))
    });
    let mut is_found = |fault: &Fault| {
        let rule = fault.rule();
        // A fault may concern the second connection of a subject.
        let finds = |script| shows(script, &mut FaultyModel::new(*fault), Verdict::Violates).contains(rule);
        scripts.iter().any(finds)
    };
    let found: RuleSet = Fault::ALL.into_iter().filter(|fault| is_found(fault)).map(Fault::rule).collect();
    for rule in Rule::ALL {
        assert!(conforming.contains(rule), "{rule}: the model conforms in no curated script");
        assert!(found.contains(rule), "{rule}: no curated script finds a fault that violates it");
    }
}
