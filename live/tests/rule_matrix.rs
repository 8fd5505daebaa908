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
use wsclose_live::{ClientCommand, RunReport, check, check_client, model_endpoint};

/// The rules that bind one role.
const ONE_ROLE: [(Rule, Role); 12] = [
    (Rule::ClientMasks, Role::Client),
    (Rule::FreshMaskKey, Role::Client),
    (Rule::ServerDoesNotMask, Role::Server),
    (Rule::Code1010FromClient, Role::Server),
    (Rule::Code1010NamesExtensions, Role::Client),
    (Rule::ServerClosesTcpAtOnce, Role::Server),
    (Rule::ServerFailsAtOnce, Role::Server),
    (Rule::ClientLetsServerCloseFirst, Role::Client),
    (Rule::ServerRejectsUnmasked, Role::Server),
    (Rule::ClientRejectsMasked, Role::Client),
    (Rule::ClientEndsOnEof, Role::Client),
    (Rule::ServerEndsOnEof, Role::Server),
];

const NO_MESSAGES: &str = "a socket does not show which messages the application receives";
const READ_ONCE: &str = "the first line of a program about a connection is read";
const READ_LATE: &str = "the line of a program is read when the connection is over";
const NO_SENDING: &str = "no live case has the application send on its own";

/// The cells that are empty: the rule, the role, and why.
const EMPTY: [(Rule, Role, &str); 19] = [
    (Rule::NoHang, Role::Server, "a socket does not show whether a server is idle"),
    (Rule::TlsClosedCleanly, Role::Server, "this check is not over TLS; `tests/tls.rs` has one that is"),
    (Rule::TlsClosedCleanly, Role::Client, "the harness does not serve TLS"),
    (Rule::FinishesHalfClose, Role::Server, "a socket does not show whether an endpoint reads after its FIN"),
    (Rule::FinishesHalfClose, Role::Client, "a socket does not show whether an endpoint reads after its FIN"),
    (Rule::SendsBeforeClose, Role::Server, NO_SENDING),
    (Rule::SendsBeforeClose, Role::Client, NO_SENDING),
    (Rule::ApiRefusesDataAfterClose, Role::Server, NO_SENDING),
    (Rule::ApiRefusesDataAfterClose, Role::Client, NO_SENDING),
    (Rule::DeliversBeforeClose, Role::Server, NO_MESSAGES),
    (Rule::DeliversBeforeClose, Role::Client, NO_MESSAGES),
    (Rule::DeliversUntilAnswer, Role::Server, NO_MESSAGES),
    (Rule::DeliversUntilAnswer, Role::Client, NO_MESSAGES),
    (Rule::ReportsOnce, Role::Server, READ_ONCE),
    (Rule::ReportsOnce, Role::Client, READ_ONCE),
    (Rule::ReportsAfterTcp, Role::Server, READ_LATE),
    (Rule::ReportsAfterTcp, Role::Client, READ_LATE),
    (Rule::BoundedMemory, Role::Server, "a socket does not show the memory of an endpoint"),
    (Rule::BoundedMemory, Role::Client, "a socket does not show the memory of an endpoint"),
];

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
    model_endpoint::serve_with_reports(&listener, Profile::default(), |path, status| {
        println!("\n{status} {path}");
        std::io::stdout().flush().expect("a pipe");
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
            let binds = ONE_ROLE.iter().all(|(bound, only)| *bound != rule || *only == role);
            let reason = EMPTY.iter().find(|(empty, of, _)| (*empty, *of) == (rule, role));
            match (cases.get(&rule), binds, reason) {
                (None, true, None) => {
                    writeln!(report, "{rule}: no live case of a {role} shows that it conforms")
                        .expect("text");
                }
                (Some(case), _, Some(_)) | (Some(case), false, None) => {
                    writeln!(report, "{rule}: {case} shows it for a {role}; remove the exception")
                        .expect("text");
                }
                (None, _, Some(_)) | (None, false, None) | (Some(_), true, None) => {}
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
