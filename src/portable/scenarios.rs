//! Vectors of whole connections.

use std::collections::BTreeSet;

use super::check::Check;
use super::derive::{Deriver, waits_for_timeouts};
use super::feature::Feature;
use super::selection::{by_profile, faulty_runs, id, keep_sound, name_faults};
use super::step::{PeerEnd, Step, steps};
use crate::generate::vectors::{TestVector, bursts, local_closes};
use crate::model::faults::Fault;
use crate::protocol::code::Profile;
use crate::protocol::role::Role;
use crate::rules::{Capability, Level};
use crate::scenario::Scenario;
use crate::scenario::parameters::Parameter;
use crate::script::{Script, ScriptBuf, corpus};

/// The most octets that the peer sends in a vector.
const MAX_OCTETS: usize = 1024;

/// The profiles by which scenarios are judged: those of specifications. The profiles of libraries change what a library does
/// with a code, which the vectors of single Closes show.
const PROFILES: [Profile; 2] = [Profile::Rfc6455, Profile::Iana];

/// The parameters whose values are scenarios of more than one frame.
const PARAMETERS: [Parameter; 6] = [
    Parameter::Beginner,
    Parameter::Before,
    Parameter::Form,
    Parameter::Segments,
    Parameter::After,
    Parameter::Answer,
];

/// A connection, step by step, and what is checked of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioVector {
    /// The id, which is permanent.
    pub id: String,
    /// The name of the script.
    pub script: String,
    /// What the script shows, in sentences; may be empty.
    pub about: String,
    /// The role of the endpoint under test.
    pub role: Role,
    /// The profiles under which the checks hold.
    pub profiles: Vec<Profile>,
    /// Whether the opening handshake negotiates permessage-deflate.
    pub deflate: bool,
    /// What the peer, the application and time do.
    pub steps: Vec<Step>,
    /// The first step in which the model sends a Close or ends TCP, or the number of steps.
    pub closes_at: usize,
    /// What is expected, in the order of evaluation.
    pub checks: Vec<Check>,
    /// Some of the planted faults that the vector shows: those that the fewest others show.
    pub shows: Vec<Fault>,
    /// The ids of vectors with the same steps whose checks no implementation passes together with these.
    pub conflicts_with: Vec<String>,
}

impl ScenarioVector {
    /// The severest level of its checks.
    pub fn level(&self) -> Level {
        self.checks.iter().map(|check| check.rule.level()).min().unwrap_or(Level::Info)
    }

    /// What a runner has to be able to do to perform the steps, and an endpoint for the checks to apply.
    pub fn features(&self) -> BTreeSet<Feature> {
        let of_step = |step: &Step| match step {
            Step::Octets(_) | Step::OctetsAndEnd(_, PeerEnd::Fin) | Step::End(PeerEnd::Fin) => None,
            Step::WithOpening(_) => Some(Feature::OpeningOctets),
            Step::OctetsAndEnd(_, PeerEnd::Reset) | Step::End(PeerEnd::Reset) => Some(Feature::Reset),
            Step::Close { .. } => Some(Feature::CloseApi),
            Step::Send { .. } => Some(Feature::SendApi),
            Step::Idle => Some(Feature::IdleTime),
        };
        let deflate = self.deflate.then_some(Feature::Deflate);
        let timeouts =
            waits_for_timeouts(&self.steps).then_some(Feature::Capability(Capability::HasTimeouts));
        self.steps.iter().filter_map(of_step).chain(deflate).chain(timeouts).collect()
    }
}

/// A script that may become a vector.
pub(super) struct Source {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) role: Role,
    pub(super) script: ScriptBuf,
}

impl Source {
    /// The connections of the curated scripts of the crate, each for the role that its script names. The first has the name of
    /// the script, and the others a number behind it.
    pub(super) fn curated() -> impl Iterator<Item = Source> {
        corpus::curated().flat_map(|(name, script)| {
            let about = TestVector::curated(String::new(), script.as_script()).note;
            let role = script.as_script().role();
            connections(script.as_script()).into_iter().enumerate().map(move |(index, script)| {
                let name = if index == 0 { name.to_owned() } else { format!("{name}.{}", index + 1) };
                Source { name, about: about.clone(), role, script }
            })
        })
    }

    /// The scenarios that have one value of one of these parameters, in each role.
    pub(super) fn values(parameters: &[Parameter]) -> impl Iterator<Item = Source> {
        let levels = parameters
            .iter()
            .flat_map(|parameter| (0..parameter.levels()).map(move |level| (*parameter, level)));
        let scenarios = levels.flat_map(|(parameter, level)| {
            Role::ALL.into_iter().filter_map(move |role| Scenario::with_value(role, parameter, level))
        });
        scenarios.map(|scenario| Source {
            name: format!("scenario/{scenario}"),
            about: scenario.sentences().collect::<Vec<_>>().join(" "),
            role: scenario.role(),
            script: scenario.script(),
        })
    }
}

/// A script for each connection. A connection that repeats the one before in other segments is left out.
fn connections(script: Script<'_>) -> Vec<ScriptBuf> {
    let mut writers = vec![script.writer(script.role())];
    for step in script.steps() {
        if step.begins_connection() {
            writers.push(script.writer(script.role()));
        } else if let Some(writer) = writers.last_mut() {
            writer.step(&step);
        }
    }
    let scripts = writers
        .into_iter()
        .map(|writer| ScriptBuf::read(&writer.into_octets()).expect("a writer writes scripts"));
    scripts.filter(|script| script.as_script().steps().any(|step| step.note().is_none())).collect()
}

/// The vectors of whole connections, sorted by where their scripts come from.
pub fn scenarios() -> Vec<ScenarioVector> {
    let systematic = local_closes().chain(bursts()).flat_map(|vector| {
        Role::ALL.map(|role| Source {
            name: vector.name.clone(),
            about: vector.note.clone(),
            role,
            script: vector.script.clone(),
        })
    });
    let mut vectors: Vec<ScenarioVector> = Vec::new();
    for source in Source::curated().chain(systematic).chain(Source::values(&PARAMETERS)) {
        let is_known = |steps: &[Step]| {
            vectors.iter().any(|vector| {
                let deflate = source.script.as_script().offers_deflate();
                vector.role == source.role && vector.steps == steps && vector.deflate == deflate
            })
        };
        let Some(steps) = steps(source.script.as_script(), source.role) else { continue };
        let octets: usize = steps.iter().map(|step| step.octets().len()).sum();
        if octets <= MAX_OCTETS && !is_known(&steps) {
            vectors.extend(of_source(&source, &steps));
        }
    }
    name_faults(&mut vectors, |vector| &mut vector.shows);
    vectors
}

fn of_source(source: &Source, steps: &[Step]) -> Vec<ScenarioVector> {
    let script = source.script.as_script();
    let expected = |profile: Profile| {
        let mut deriver = Deriver::new(script, source.role, steps, profile)?;
        let (mut checks, closes_at) = (deriver.checks(), deriver.closes_at());
        let shown = keep_sound(&mut checks, closes_at, &faulty_runs(script, source.role, steps, profile));
        (!shown.is_empty()).then_some(Settled { checks, closes_at, shown })
    };
    // The faults that a vector shows do not distinguish it: a profile may hide one of them.
    let groups = by_profile(&PROFILES, expected);
    let ids: Vec<String> =
        groups.iter().map(|(profiles, _)| id(&source.name, source.role, profiles)).collect();
    let vector = |(index, (profiles, settled)): (usize, (Vec<Profile>, Settled))| ScenarioVector {
        id: ids[index].clone(),
        script: source.name.clone(),
        about: source.about.clone(),
        role: source.role,
        profiles,
        deflate: script.offers_deflate(),
        steps: steps.to_vec(),
        closes_at: settled.closes_at,
        checks: settled.checks,
        shows: settled.shown,
        conflicts_with: ids.iter().filter(|id| **id != ids[index]).cloned().collect(),
    };
    groups.into_iter().enumerate().map(vector).collect()
}

/// The sound checks, and the faults that they show.
struct Settled {
    checks: Vec<Check>,
    closes_at: usize,
    shown: Vec<Fault>,
}

impl PartialEq for Settled {
    fn eq(&self, other: &Settled) -> bool {
        self.checks == other.checks && self.closes_at == other.closes_at
    }
}
