//! Judges recordings of the model and of the faulty models: the model is never accused, and the faults are named.

mod support;

use std::collections::BTreeSet;

use support::recordings_of;
use wsclose::Harness;
use wsclose::model::endpoint::Model;
use wsclose::model::faults::{Fault, FaultyModel};
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::scenario::{Space, Strength, covering};
use wsclose::script::{ScriptBuf, corpus};
use wsclose_capture::judgement::{Settings, judge};
use wsclose_capture::recording::{Beginning, RecordedConnection};
use wsclose_capture::session::Session;
use wsclose_capture::side::Place;
use wsclose_capture::undecided::why_undecided;

const PLACES: [Place; 3] = [Place::At(Role::Client), Place::At(Role::Server), Place::Between];

/// The curated scripts and the scenarios in which every pair of values occurs, for an endpoint in this role.
fn scripts(role: Role) -> Vec<(String, ScriptBuf)> {
    let curated = corpus::curated().map(|(name, script)| {
        let octets = script.as_script().for_role(role).encode();
        (name.to_owned(), ScriptBuf::read(&octets).expect("a script"))
    });
    let scenarios = covering(Space::all(role), Strength::Pairs);
    curated.chain(scenarios.iter().map(|scenario| (scenario.to_string(), scenario.script()))).collect()
}

#[test]
fn the_model_is_never_accused() {
    for role in Role::ALL {
        let scripts = scripts(role);
        let mut harness = Harness::new(Profile::default());
        let mut model = Model::new(Profile::default());
        for (name, script) in &scripts {
            let recordings = recordings_of(harness.play(script.as_script(), &mut model).trace);
            for (connection, place) in
                recordings.iter().flat_map(|connection| PLACES.map(|place| (connection, place)))
            {
                let Some(session) = Session::of(connection) else { continue };
                let judgement = judge(&session, Settings { place, ..Settings::default() });
                let side = judgement.side(role);
                assert!(
                    side.violations.is_empty(),
                    "{name}, {place:?}: {:#?}\n{}",
                    side.violations,
                    side.trace
                );
            }
        }
    }
}

#[test]
fn the_model_is_never_accused_if_the_beginning_is_missing() {
    let mut judged = 0;
    for role in Role::ALL {
        let mut harness = Harness::new(Profile::default());
        let mut model = Model::new(Profile::default());
        for (name, script) in scripts(role) {
            for connection in recordings_of(harness.play(script.as_script(), &mut model).trace) {
                // Two events are the opening handshake.
                for missing in 2..connection.events.len().min(8) {
                    let mut late = connection.clone();
                    late.beginning = Beginning::Middle;
                    late.events.drain(..missing);
                    let session = Session::of(&late).expect("a session");
                    let side = judge(&session, Settings::default()).side(role).clone();
                    assert!(
                        side.violations.is_empty(),
                        "{name}, {missing}: {:#?}\n{}",
                        side.violations,
                        side.trace
                    );
                    judged += 1;
                }
            }
        }
    }
    assert!(judged > 5000, "{judged}");
}

/// Whether a side did something else than the model in a recording.
fn differs(one: &[RecordedConnection], other: &[RecordedConnection], role: Role) -> bool {
    let own = |connections: &[RecordedConnection]| {
        let events = connections.iter().flat_map(|connection| &connection.events);
        events
            .filter(|event| event.from == role)
            .map(|event| (event.kind.clone(), event.time))
            .collect::<Vec<_>>()
    };
    own(one) != own(other)
}

#[test]
fn faults_are_named() {
    let settings = |role| Settings { place: Place::At(role), ..Settings::default() };
    let (mut missed, mut shown) = (Vec::new(), 0);
    for role in Role::ALL {
        let scripts: Vec<_> =
            scripts(role).into_iter().enumerate().filter(|(at, _)| *at < 240 || at % 6 == 0).collect();
        let mut harness = Harness::new(Profile::default());
        let model: Vec<_> = scripts
            .iter()
            .map(|(_, (_, script))| {
                recordings_of(harness.play(script.as_script(), &mut Model::new(Profile::default())).trace)
            })
            .collect();
        for fault in Fault::ALL.into_iter().filter(|fault| why_undecided(fault.rule()).is_none()) {
            let mut shows = false;
            let mut named = BTreeSet::new();
            for ((_, (_, script)), of_model) in scripts.iter().zip(&model) {
                let trace = harness.play(script.as_script(), &mut FaultyModel::new(fault)).trace;
                let recordings = recordings_of(trace);
                if !differs(&recordings, of_model, role) {
                    continue;
                }
                shows = true;
                for connection in &recordings {
                    let Some(session) = Session::of(connection) else { continue };
                    let judgement = judge(&session, settings(role));
                    named.extend(judgement.side(role).violations.iter().map(|violation| violation.rule));
                }
                if named.contains(&fault.rule()) {
                    break;
                }
            }
            shown += usize::from(shows);
            // A worse rule may stand for the same mistake.
            if shows && named.is_empty() {
                missed.push((role, fault.slug(), fault.rule().id(), named));
            }
        }
    }
    // Of the others, the reply alone does not show that the side accepted what it should have rejected.
    assert!(shown > 350, "{shown}");
    assert!(missed.len() * 20 <= shown, "{} of {shown} faults are not named: {missed:#?}", missed.len());
}
