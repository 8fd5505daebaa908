//! Which checks are sound, which faults a vector shows, and under which profiles the same is expected.

use std::collections::BTreeMap;

use super::check::{Check, Codes, Expectation, failed, reported_code, sent_code};
use super::derive::capabilities;
use super::step::{Action, Observer, Step};
use crate::model::endpoint::Endpoint;
use crate::model::faults::Fault;
use crate::playback::Harness;
use crate::protocol::code::Profile;
use crate::protocol::role::Role;
use crate::rules::RuleSet;
use crate::script::Script;

/// The largest number of faults that a vector names.
const NAMED_FAULTS: usize = 3;

/// What a faulty model does with a script.
pub(super) struct FaultyRun {
    pub(super) fault: Fault,
    /// The rules that the judge finds violated.
    pub(super) violated: RuleSet,
    pub(super) done: Vec<Vec<Action>>,
}

/// What every faulty model does with a script.
pub(super) fn faulty_runs(
    script: Script<'_>,
    role: Role,
    steps: &[Step],
    profile: Profile,
) -> Vec<FaultyRun> {
    let mut harness = Harness::new(profile);
    let run = |fault: Fault| {
        let mut subject = Endpoint::with_behavior(fault.slug(), fault, profile);
        let mut observer = Observer::new(steps, role, &mut subject).with_capabilities(capabilities(steps));
        let played = harness.play(script.for_role(role), &mut observer);
        let violated = played.findings.iter().map(|finding| finding.rule).collect();
        FaultyRun { fault, violated, done: observer.into_actions() }
    };
    Fault::ALL.into_iter().map(run).collect()
}

/// Removes the checks that accuse a faulty model of a violation that the judge does not find. Returns the faults that the
/// others show.
pub(super) fn keep_sound(checks: &mut Vec<Check>, closes_at: usize, runs: &[FaultyRun]) -> Vec<Fault> {
    let mut shown = Vec::new();
    loop {
        shown.clear();
        let mut unsound = None;
        for run in runs {
            let failed = failed(checks, closes_at, &run.done);
            unsound = failed
                .iter()
                .find(|check| !run.violated.contains(check.rule))
                .map(|check| ((*check).clone(), &run.done));
            if unsound.is_some() {
                break;
            }
            let has_crashed = run.done.iter().flatten().any(|action| *action == Action::Crash);
            if !failed.is_empty() || has_crashed {
                shown.push(run.fault);
            }
        }
        match unsound {
            Some((unsound, done)) => weaken(checks, &unsound, done),
            None => return shown,
        }
    }
}

/// Permits the code that was seen, if the check expects one of some codes. Removes any other check.
fn weaken(checks: &mut Vec<Check>, unsound: &Check, done: &[Vec<Action>]) {
    let Some(check) = checks.iter_mut().find(|check| *check == unsound) else { return };
    let (codes, seen) = match &mut check.expectation {
        Expectation::CloseCode(Codes::OneOf(codes)) => (codes, sent_code(done)),
        Expectation::ReportCode(Codes::OneOf(codes)) => (codes, reported_code(done)),
        Expectation::CloseCode(Codes::NoneOf(_))
        | Expectation::ReportCode(Codes::NoneOf(_))
        | Expectation::NoClose { .. }
        | Expectation::Refused { .. }
        | Expectation::Rejects { .. }
        | Expectation::CloseReason(_)
        | Expectation::Close { .. }
        | Expectation::NoSecondClose { .. }
        | Expectation::NoData { .. }
        | Expectation::Pong { .. }
        | Expectation::NoPong { .. }
        | Expectation::NoEnd { .. }
        | Expectation::End { .. }
        | Expectation::Message { .. }
        | Expectation::NoMessage { .. }
        | Expectation::Reported
        | Expectation::ReportReason(_)
        | Expectation::ReportClean(_) => return checks.retain(|check| check != unsound),
    };
    if let Some(seen) = seen {
        codes.insert(seen);
    }
}

/// Values with the profiles under which each holds, in the order of the profiles. The first has the default profile.
pub(super) fn by_profile<T: PartialEq>(
    profiles: &[Profile],
    value: impl Fn(Profile) -> Option<T>,
) -> Vec<(Vec<Profile>, T)> {
    let mut groups: Vec<(Vec<Profile>, T)> = Vec::new();
    for profile in profiles.iter().copied() {
        let Some(value) = value(profile) else { continue };
        match groups.iter_mut().find(|(_, other)| *other == value) {
            Some((profiles, _)) => profiles.push(profile),
            None => groups.push((vec![profile], value)),
        }
    }
    groups.sort_by_key(|(profiles, _)| !profiles.contains(&Profile::default()));
    groups
}

/// The id of a vector: the name of its script, the role, and the first of its profiles if the default is none of them.
pub(super) fn id(name: &str, role: Role, profiles: &[Profile]) -> String {
    match profiles {
        [first, ..] if !profiles.contains(&Profile::default()) => format!("{name}/{role}/{first}"),
        _ => format!("{name}/{role}"),
    }
}

/// Sets for each vector, of the faults that it shows, those that the fewest others show.
pub(super) fn name_faults<T>(vectors: &mut [T], faults: impl Fn(&mut T) -> &mut Vec<Fault>) {
    let mut counts: BTreeMap<Fault, usize> = BTreeMap::new();
    for vector in vectors.iter_mut() {
        faults(vector).iter().for_each(|fault| *counts.entry(*fault).or_default() += 1);
    }
    for vector in vectors {
        let shown = faults(vector);
        shown.sort_by_key(|fault| (counts.get(fault).copied(), *fault));
        shown.truncate(NAMED_FAULTS);
    }
}
