//! Vectors of single Closes.

use std::collections::BTreeSet;

use super::derive::{Deriver, failure_report};
use super::feature::Feature;
use super::scenarios::Source;
use super::selection::{by_profile, faulty_runs, id, name_faults};
use super::step::{Action, PeerEnd, Step, steps, take_frames};
use crate::generate::vectors::{CodeOrigin, CodeScript};
use crate::model::faults::Fault;
use crate::protocol::close::CloseBody;
use crate::protocol::code::{CloseCode, Profile};
use crate::protocol::frame::Opcode;
use crate::protocol::role::Role;
use crate::rules::{Family, Level, Rule, RuleSet};
use crate::scenario::parameters::Parameter;
use crate::script::ScriptBuf;

/// The parameters of a scenario that change the Close itself.
const PARAMETERS: [Parameter; 8] = [
    Parameter::Body,
    Parameter::ReasonLength,
    Parameter::Row,
    Parameter::Which,
    Parameter::IllFormed,
    Parameter::Position,
    Parameter::Form,
    Parameter::Key,
];

/// The codes of Closes besides those with a name: the ends of the ranges, and one inside each.
const CODES: [u16; 15] =
    [0, 1, 999, 1016, 1100, 1999, 2000, 2999, 3001, 3999, 4000, 4999, 5000, 32768, 65535];

/// What a receiver does with a Close.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It accepts the Close, and reports this.
    Accept {
        /// The code, if there is one.
        code: Option<CloseCode>,
        /// The reason.
        reason: String,
    },
    /// It fails the connection. If it sends a Close, that has one of these codes.
    Reject {
        /// The codes.
        fail_codes: BTreeSet<CloseCode>,
    },
}

/// Why a receiver may do the opposite of the expected outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OpenReason {
    /// The RFC forbids to send such a Close, and does not oblige a receiver to reject it.
    SendersOnly,
    /// No specification assigns the code, which may get a meaning later.
    CodeUnassigned,
    /// IANA registered the code after the RFC, so a receiver need not know it.
    RegisteredLater,
    /// The RFC has a SHOULD.
    Recommended,
}

impl OpenReason {
    /// Every reason.
    pub const ALL: [OpenReason; 4] = [
        OpenReason::SendersOnly,
        OpenReason::CodeUnassigned,
        OpenReason::RegisteredLater,
        OpenReason::Recommended,
    ];

    /// The name in files.
    pub const fn slug(self) -> &'static str {
        match self {
            OpenReason::SendersOnly => "senders-only",
            OpenReason::CodeUnassigned => "code-unassigned",
            OpenReason::RegisteredLater => "registered-later",
            OpenReason::Recommended => "recommended",
        }
    }

    /// The reason as a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            OpenReason::SendersOnly => {
                "The RFC forbids to send such a Close, and does not oblige a receiver to reject it."
            }
            OpenReason::CodeUnassigned => "No specification assigns the code, which may get a meaning later.",
            OpenReason::RegisteredLater => {
                "IANA registered the code after the RFC, so a receiver need not know it."
            }
            OpenReason::Recommended => "The RFC has a SHOULD.",
        }
    }
}

/// What a vector requires of a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Requirement {
    /// The receiver must accept the Close.
    Valid,
    /// The receiver must reject the Close.
    Invalid,
    /// The receiver may do either, for this reason. A strict run expects the outcome of the vector.
    Either(OpenReason),
}

/// A Close, and what its receiver does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameVector {
    /// The id, which is permanent.
    pub id: String,
    /// What the Close is, in sentences; may be empty.
    pub about: String,
    /// The role of the receiver.
    pub role: Role,
    /// The profiles under which the outcome is expected.
    pub profiles: Vec<Profile>,
    /// The octets of the Close.
    pub octets: Vec<u8>,
    /// What the receiver does, or should do.
    pub outcome: Outcome,
    /// The rules that it violates if it does the opposite, the severest first.
    pub rules: Vec<Rule>,
    /// Some of the planted faults that the vector shows: those that the fewest others show.
    pub shows: Vec<Fault>,
    /// The ids of the vectors with the same Close and the opposite outcome.
    pub conflicts_with: Vec<String>,
}

impl FrameVector {
    /// What the vector requires. The level of its severest rule decides it.
    pub fn requirement(&self) -> Requirement {
        match (self.level().fails(false), &self.outcome, self.rules.first()) {
            (true, Outcome::Accept { .. }, _) => Requirement::Valid,
            (true, Outcome::Reject { .. }, _) => Requirement::Invalid,
            (false, _, Some(Rule::RejectsUnassignedCodes)) => Requirement::Either(OpenReason::CodeUnassigned),
            (false, _, Some(Rule::AcceptsRegisteredCodes)) => {
                Requirement::Either(OpenReason::RegisteredLater)
            }
            (false, Outcome::Accept { .. }, _) => Requirement::Either(OpenReason::Recommended),
            (false, Outcome::Reject { .. }, _) => Requirement::Either(OpenReason::SendersOnly),
        }
    }

    /// The level of the severest rule.
    pub fn level(&self) -> Level {
        self.rules.first().map_or(Level::Info, |rule| rule.level())
    }

    /// What a receiver has to do itself for the outcome to be expected of it.
    pub fn features(&self) -> BTreeSet<Feature> {
        self.rules.iter().map(|rule| Feature::of(*rule)).collect()
    }
}

/// The vectors of single Closes, sorted by where their scripts come from.
pub fn close_frames() -> Vec<FrameVector> {
    let mut vectors: Vec<FrameVector> = Vec::new();
    for source in Source::curated().chain(codes()).chain(Source::values(&PARAMETERS)) {
        let script = source.script.as_script();
        let Some(steps) = steps(script, source.role).filter(|_| !script.offers_deflate()) else { continue };
        let Some(octets) = single_close(&steps) else { continue };
        if !vectors.iter().any(|vector| vector.role == source.role && vector.octets == octets) {
            vectors.extend(of_source(&source, &steps, octets));
        }
    }
    name_faults(&mut vectors, |vector| &mut vector.shows);
    vectors
}

/// A Close with each of the codes.
fn codes() -> impl Iterator<Item = Source> {
    let codes: BTreeSet<CloseCode> = CODES.map(CloseCode).into_iter().chain(CloseCode::NAMED).collect();
    codes.into_iter().flat_map(|code| {
        let mut script = CodeScript::new(CodeOrigin::Received);
        let name = script.name(code);
        let script = ScriptBuf::read(&script.with(code).encode()).expect("a script");
        Role::ALL.map(|role| Source {
            name: name.clone(),
            about: String::new(),
            role,
            script: script.clone(),
        })
    })
}

/// The octets of the peer, if they are one complete Close in one segment, and only idle time and FIN come after it.
fn single_close(steps: &[Step]) -> Option<&[u8]> {
    let [Step::Octets(octets), rest @ ..] = steps else { return None };
    let mut pending = octets.clone();
    let mut count = 0;
    let mut is_close = true;
    take_frames(&mut pending, |header, _, _| {
        count += 1;
        is_close &= header.opcode == Opcode::Close;
    });
    let is_quiet = rest.iter().all(|step| matches!(step, Step::Idle | Step::End(PeerEnd::Fin)));
    (count == 1 && is_close && pending.is_empty() && is_quiet).then_some(octets)
}

fn of_source(source: &Source, steps: &[Step], octets: &[u8]) -> Vec<FrameVector> {
    let groups = by_profile(&Profile::ALL, |profile| expected(source, steps, octets, profile));
    let ids: Vec<String> =
        groups.iter().map(|(profiles, _)| id(&source.name, source.role, profiles)).collect();
    let outcomes: Vec<Outcome> = groups.iter().map(|(_, (outcome, _))| outcome.clone()).collect();
    let mut vectors = Vec::new();
    for ((profiles, (outcome, rules)), id) in groups.into_iter().zip(&ids) {
        let shows = shown(source, steps, profiles[0], &outcome, &rules);
        let others = ids.iter().zip(&outcomes).filter(|(_, other)| **other != outcome);
        let conflicts_with = others.map(|(id, _)| id.clone()).collect();
        vectors.push(FrameVector {
            id: id.clone(),
            about: source.about.clone(),
            role: source.role,
            profiles,
            octets: octets.to_vec(),
            outcome,
            rules,
            shows,
            conflicts_with,
        });
    }
    vectors.retain(|vector| !vector.shows.is_empty());
    vectors
}

/// What the model does with the Close, and the rules that decide it. `None` if none does.
fn expected(
    source: &Source,
    steps: &[Step],
    octets: &[u8],
    profile: Profile,
) -> Option<(Outcome, Vec<Rule>)> {
    let mut deriver = Deriver::new(source.script.as_script(), source.role, steps, profile)?;
    let model = deriver.plan().clone();
    let sorted = |rules: RuleSet, family: Family| -> Vec<Rule> {
        let mut rules: Vec<Rule> = rules.iter().filter(|rule| rule.family() == family).collect();
        rules.sort_by_key(|rule| (rule.level(), *rule));
        rules
    };
    let faulty = sorted(deriver.conforming(&model), Family::FaultyInput);
    if !faulty.is_empty() {
        let mut fail_codes = BTreeSet::new();
        for code in deriver.candidates().into_iter().flatten() {
            let mut plan = vec![Vec::new(); steps.len()];
            plan[0] = vec![deriver.close(Some(code), b""), Action::End, Action::Error, failure_report()];
            if deriver.conforming(&plan).contains(RULE_ON_FAIL_CODES) {
                fail_codes.insert(code);
            }
        }
        return Some((Outcome::Reject { fail_codes }, faulty));
    }
    let mut rejected = vec![Vec::new(); steps.len()];
    rejected[0] = vec![deriver.close(Some(CloseCode::PROTOCOL_ERROR), b""), Action::End, failure_report()];
    let lawful = sorted(deriver.violated(&rejected), Family::LawfulInput);
    let mut payload = None;
    take_frames(&mut octets.to_vec(), |_, body, _| payload = Some(body));
    let payload = payload?;
    let body = CloseBody::parse(&payload).ok()?;
    let outcome = Outcome::Accept { code: body.code(), reason: body.reason().to_owned() };
    (!lawful.is_empty()).then_some((outcome, lawful))
}

/// The rules that a receiver violates if it accepts a Close and reports another code or reason.
pub const RULES_ON_REPORTS: [Rule; 3] = [Rule::ReportsFirstCode, Rule::Reports1005, Rule::ReportsReason];

/// The rule that a receiver violates if it rejects a Close with another code than those that fit.
pub const RULE_ON_FAIL_CODES: Rule = Rule::FailCodeFits;

/// The faults that a runner sees: the opposite outcome, an unfitting failure code, a wrong report, or a crash.
fn shown(source: &Source, steps: &[Step], profile: Profile, outcome: &Outcome, rules: &[Rule]) -> Vec<Fault> {
    let more: &[Rule] = match outcome {
        Outcome::Accept { .. } => &RULES_ON_REPORTS,
        Outcome::Reject { .. } => &[RULE_ON_FAIL_CODES],
    };
    let seen: RuleSet = rules.iter().chain(more).copied().chain([Rule::NoPanic, Rule::NoHang]).collect();
    let runs = faulty_runs(source.script.as_script(), source.role, steps, profile);
    let is_shown = |run: &super::selection::FaultyRun| !run.violated.intersection(seen).is_empty();
    runs.into_iter().filter(is_shown).map(|run| run.fault).collect()
}
