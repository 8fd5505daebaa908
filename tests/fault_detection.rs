//! Tests that the judge finds nothing in the model, and in each faulty model a violation of the faulty rule.

mod support;

use wsclose::Harness;
use wsclose::generate::vectors;
use wsclose::harness::Limits;
use wsclose::model::endpoint::Model;
use wsclose::model::faults::{Fault, FaultyModel};
use wsclose::model::situation::Past;
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::role::Role;
use wsclose::script::ScriptBuf;

#[test]
fn the_model_violates_no_rule() {
    for profile in Profile::ALL {
        let mut model = Model::new(profile);
        let mut harness = Harness::new(profile);
        for (name, script) in support::scripts() {
            for role in Role::ALL {
                let played = harness.play(script.as_script().for_role(role), &mut model);
                assert!(
                    played.findings.is_empty(),
                    "{name}, the model as a {role}, profile {profile}\n{played}"
                );
            }
        }
    }
}

/// Close codes have a test of their own, which tries all of them.
#[test]
fn the_model_violates_no_rule_in_a_generated_vector() {
    let mut model = Model::new(Profile::default());
    let mut harness = Harness::new(Profile::default());
    for vector in vectors::reasons().chain(vectors::local_closes()).chain(vectors::bursts()) {
        for role in Role::ALL {
            let played = harness.play(vector.script.as_script().for_role(role), &mut model);
            assert!(played.findings.is_empty(), "{}, the model as a {role}\n{played}", vector.name);
        }
    }
}

/// A repetition that divides the segments sends nothing with the opening handshake. Both leave out the same steps.
#[test]
fn the_model_violates_no_rule_if_limits_cut_the_opening() {
    let mut model = Model::new(Profile::default());
    let mut harness =
        Harness::new(Profile::default()).with_limits(Limits { steps: 8, octets: 512, ..Limits::FUZZING });
    for first in
        ["> text \"aaaa\" * 150 with-opening", "> text \"aa\" * 253 with-opening", "> text \"aaaa\" * 150"]
    {
        let steps = format!("wsclose 2\nrole client\n{first}\n> text hex:ff with-opening\nagain cut=1\n");
        let script = ScriptBuf::read(steps.as_bytes()).expect("a script");
        let played = harness.play(script.as_script(), &mut model);
        assert!(played.findings.is_empty(), "{played}");
    }
}

#[test]
fn every_fault_violates_its_rule_in_a_curated_script() {
    let mut harness = Harness::new(Profile::default());
    let scripts = support::scripts();
    let undetected: Vec<&str> = Fault::ALL
        .into_iter()
        .filter(|fault| {
            !scripts.iter().any(|(_, script)| {
                let played = harness.play(script.as_script(), &mut FaultyModel::new(*fault));
                played.findings.iter().any(|finding| finding.rule == fault.rule())
            })
        })
        .map(Fault::slug)
        .collect();
    assert!(undetected.is_empty(), "no curated script detects these faults: {undetected:?}");
}

/// A fault concerns one role if its rule does, or if its description says so.
#[test]
fn fault_violates_its_rule_in_every_role_that_it_concerns() {
    let mut harness = Harness::new(Profile::default());
    let mut scripts: Vec<ScriptBuf> = support::scripts().into_iter().map(|(_, script)| script).collect();
    let generated = vectors::reasons().chain(vectors::local_closes()).chain(vectors::bursts());
    scripts.extend(generated.map(|vector| vector.script));
    let mut wrong = Vec::new();
    for fault in Fault::ALL {
        for role in Role::ALL {
            let is_found = scripts.iter().any(|script| {
                let played = harness.play(script.as_script().for_role(role), &mut FaultyModel::new(fault));
                played.findings.iter().any(|finding| finding.rule == fault.rule())
            });
            let concerns = fault.role().is_none_or(|only| only == role);
            if is_found != concerns {
                wrong.push(format!("{} as a {role}: found {is_found}", fault.slug()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// A server that creates an endpoint for each connection plays faults of later connections, too.
#[test]
fn an_endpoint_with_the_past_of_another_one_has_its_faults() {
    let script = ScriptBuf::read(b"wsclose 1\nrole server\n> close 3333\nwait 2\n> fin\n").expect("a script");
    let mut harness = Harness::new(Profile::default());
    let mut past = Past::default();
    let answered: Vec<bool> = (0..8)
        .map(|_| {
            let fault = Fault::AnswersThreeOfFourConnections;
            let mut endpoint = FaultyModel::new(fault).with_past(past);
            let played = harness.play(script.as_script(), &mut endpoint);
            past = endpoint.past();
            played.findings.iter().all(|finding| finding.rule != fault.rule())
        })
        .collect();
    assert_eq!(answered, [true, true, true, false, true, true, true, false]);
    assert_eq!((past.connections, past.last_code), (8, Some(CloseCode(3333))));
}

#[test]
fn a_fault_that_shows_in_every_close_shows_in_a_plain_one() {
    let mut harness = Harness::new(Profile::default());
    let mut count = 0;
    for (fault, role) in Fault::ALL.into_iter().flat_map(|fault| Role::ALL.map(|role| (fault, role))) {
        let text = format!("wsclose 1\nrole {role}\n> close 1000\nwait 2\n> fin\n");
        let script = ScriptBuf::read(text.as_bytes()).expect("a script");
        if fault.shows_in_every_close(role) {
            let played = harness.play(script.as_script(), &mut FaultyModel::new(fault));
            assert!(played.findings.iter().any(|finding| finding.rule == fault.rule()), "{role}\n{played}");
            count += 1;
        }
    }
    assert_eq!(count, 18);
}

#[test]
fn a_finding_is_a_line() {
    let mut harness = Harness::new(Profile::default());
    let script = ScriptBuf::read(b"wsclose 1\nrole server\n> close 1000\n").expect("a script");
    let played = harness.play(script.as_script(), &mut FaultyModel::new(Fault::CloseWithoutFin));
    let lines: Vec<String> = played.findings.iter().map(ToString::to_string).collect();
    assert_eq!(lines, ["close-fin  must  sent a control frame without FIN"]);
}
