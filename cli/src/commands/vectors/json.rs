//! The vector files in JSON. Each vector, step and check has a line of its own, so that a change is easy to review.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;
use wsclose::portable::{
    BUGS, Bug, Check, Codes, Expectation, Feature, FrameVector, OpenReason, Outcome, PeerEnd,
    RULE_ON_FAIL_CODES, RULES_ON_REPORTS, Requirement, ScenarioVector, Step, effect,
};
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::rules::Rule;
use wsclose::script::MessageKind;

/// The schemas of the two files, with their versions.
const CLOSE_FRAMES: &str = "wsclose-close-frames/1";
const SCENARIOS: &str = "wsclose-scenarios/1";

/// The file of single Closes.
pub(super) fn close_frames(vectors: &[FrameVector]) -> String {
    let of_vectors = vectors.iter().flat_map(|vector| vector.rules.iter().copied());
    let rules: BTreeSet<Rule> = of_vectors.chain(RULES_ON_REPORTS).chain([RULE_ON_FAIL_CODES]).collect();
    let features = of_rules(&rules).collect();
    let mut text = head(CLOSE_FRAMES, &features);
    list(
        &mut text,
        "reasons",
        OpenReason::ALL.map(|it| Meaning { name: it.slug(), meaning: it.sentence().to_owned() }),
    );
    notes(&mut text, &rules);
    list(&mut text, "vectors", vectors.iter().map(Frame::of));
    end(text)
}

/// The file of whole connections.
pub(super) fn scenarios(vectors: &[ScenarioVector]) -> String {
    let checks = vectors.iter().flat_map(|vector| &vector.checks);
    let rules: BTreeSet<Rule> = checks.map(|check| check.rule).collect();
    let features = vectors.iter().flat_map(ScenarioVector::features).chain(of_rules(&rules)).collect();
    let mut text = head(SCENARIOS, &features);
    notes(&mut text, &rules);
    text += "\"vectors\": [\n";
    for (index, vector) in vectors.iter().enumerate() {
        let about = line(&Scenario::of(vector));
        // The lists are written one entry a line, behind the other properties.
        let about = about.strip_suffix('}').unwrap_or(&about);
        let steps: Vec<String> = vector.steps.iter().map(|step| line(&step_row(step))).collect();
        let checks: Vec<String> = vector.checks.iter().map(|check| line(&check_row(check))).collect();
        let comma = if index + 1 < vectors.len() { "," } else { "" };
        let (steps, checks) = (steps.join(",\n  "), checks.join(",\n  "));
        writeln!(text, "{about},\n \"steps\":[\n  {steps}],\n \"checks\":[\n  {checks}]}}{comma}")
            .expect("a string grows");
    }
    text += "]\n}\n";
    text
}

/// The features that an endpoint needs for these rules to apply.
fn of_rules(rules: &BTreeSet<Rule>) -> impl Iterator<Item = Feature> {
    rules.iter().map(|rule| Feature::of(*rule))
}

fn head(schema: &str, features: &BTreeSet<Feature>) -> String {
    let mut text =
        format!("{{\n\"schema\": \"{schema}\",\n\"wsclose\": \"{}\",\n", env!("CARGO_PKG_VERSION"));
    list(
        &mut text,
        "profiles",
        Profile::ALL.map(|it| Meaning { name: it.name(), meaning: profile(it).to_owned() }),
    );
    list(
        &mut text,
        "features",
        Feature::all()
            .filter(|feature| features.contains(feature))
            .map(|it| Meaning { name: it.slug(), meaning: it.sentence() }),
    );
    text
}

const fn profile(profile: Profile) -> &'static str {
    match profile {
        Profile::Rfc6455 => "RFC 6455 as published: 1012 to 1014 are unassigned.",
        Profile::Iana => "The current IANA registry: 1012 to 1014 are registered. This is the default.",
        Profile::Beast => "The codes that Boost.Beast accepts.",
        Profile::WsRs => "The codes that ws-rs accepts.",
    }
}

fn notes(text: &mut String, rules: &BTreeSet<Rule>) {
    list(text, "notes", rules.iter().map(|rule| Note::of(*rule)));
}

/// Writes a list as a property, one entry a line.
fn list<T: Serialize>(text: &mut String, name: &str, entries: impl IntoIterator<Item = T>) {
    let entries: Vec<String> = entries.into_iter().map(|entry| line(&entry)).collect();
    writeln!(text, "\"{name}\": [\n{}\n],", entries.join(",\n")).expect("a string grows");
}

fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("these values have a form in JSON")
}

/// Ends a file whose last property is a list.
fn end(mut text: String) -> String {
    text.truncate(text.len() - ",\n".len());
    text + "\n}\n"
}

#[derive(Serialize)]
struct Meaning {
    name: &'static str,
    meaning: String,
}

#[derive(Serialize)]
struct Note {
    rule: &'static str,
    level: &'static str,
    sections: &'static str,
    feature: &'static str,
    requirement: &'static str,
    why: &'static str,
    effect: &'static str,
    fix: &'static str,
    bugs: Vec<BugRow>,
}

#[derive(Serialize)]
struct BugRow {
    library: &'static str,
    affected: &'static str,
    fixed: &'static str,
    what: &'static str,
    source: &'static str,
}

impl Note {
    fn of(rule: Rule) -> Note {
        let bugs = BUGS.iter().filter(|bug| bug.rule == rule).map(|bug| {
            let Bug { library, affected, fixed, what, source, .. } = *bug;
            BugRow { library, affected, fixed, what, source }
        });
        Note {
            rule: rule.id(),
            level: rule.level().name(),
            sections: rule.sections(),
            feature: Feature::of(rule).slug(),
            requirement: rule.summary(),
            why: rule.advice().why,
            effect: effect(rule),
            fix: rule.advice().in_library,
            bugs: bugs.collect(),
        }
    }
}

#[derive(Serialize)]
struct Frame<'a> {
    id: &'a str,
    about: &'a str,
    role: &'static str,
    profiles: Vec<&'static str>,
    octets: String,
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    open: Option<&'static str>,
    expected: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<Option<u16>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fail_codes: Option<Vec<u16>>,
    level: &'static str,
    rules: Vec<&'static str>,
    features: Vec<&'static str>,
    shows: Vec<&'static str>,
    conflicts_with: &'a [String],
}

impl<'a> Frame<'a> {
    fn of(vector: &'a FrameVector) -> Frame<'a> {
        let (result, open) = match vector.requirement() {
            Requirement::Valid => ("valid", None),
            Requirement::Invalid => ("invalid", None),
            Requirement::Either(reason) => ("either", Some(reason.slug())),
        };
        let (expected, code, reason, fail_codes) = match &vector.outcome {
            Outcome::Accept { code, reason } => {
                ("accept", Some(code.map(u16::from)), Some(reason.as_str()), None)
            }
            Outcome::Reject { fail_codes } => {
                ("reject", None, None, Some(fail_codes.iter().copied().map(u16::from).collect()))
            }
        };
        Frame {
            id: &vector.id,
            about: &vector.about,
            role: vector.role.name(),
            profiles: profiles(&vector.profiles),
            octets: hex(&vector.octets),
            result,
            open,
            expected,
            code,
            reason,
            fail_codes,
            level: vector.level().name(),
            rules: vector.rules.iter().map(|rule| rule.id()).collect(),
            features: vector.features().into_iter().map(Feature::slug).collect(),
            shows: vector.shows.iter().map(|fault| fault.slug()).collect(),
            conflicts_with: &vector.conflicts_with,
        }
    }
}

#[derive(Serialize)]
struct Scenario<'a> {
    id: &'a str,
    script: &'a str,
    about: &'a str,
    role: &'static str,
    profiles: Vec<&'static str>,
    level: &'static str,
    features: Vec<&'static str>,
    deflate: bool,
    closes_at: usize,
    shows: Vec<&'static str>,
    conflicts_with: &'a [String],
}

impl<'a> Scenario<'a> {
    fn of(vector: &'a ScenarioVector) -> Scenario<'a> {
        Scenario {
            id: &vector.id,
            script: &vector.script,
            about: &vector.about,
            role: vector.role.name(),
            profiles: profiles(&vector.profiles),
            level: vector.level().name(),
            features: vector.features().into_iter().map(Feature::slug).collect(),
            deflate: vector.deflate,
            closes_at: vector.closes_at,
            shows: vector.shows.iter().map(|fault| fault.slug()).collect(),
            conflicts_with: &vector.conflicts_with,
        }
    }
}

/// A step. Only the properties that its kind has are set.
#[derive(Serialize, Default)]
struct StepRow<'a> {
    #[serde(rename = "do")]
    does: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    octets: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<Option<u16>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<String>,
}

fn step_row(step: &Step) -> StepRow<'_> {
    match step {
        Step::Octets(octets) => StepRow { does: "receive", octets: Some(hex(octets)), ..StepRow::default() },
        Step::WithOpening(octets) => {
            StepRow { does: "receive-with-opening", octets: Some(hex(octets)), ..StepRow::default() }
        }
        Step::OctetsAndEnd(octets, end) => StepRow {
            does: "receive-and-end",
            octets: Some(hex(octets)),
            end: Some(end_name(*end)),
            ..StepRow::default()
        },
        Step::End(end) => StepRow { does: "end", end: Some(end_name(*end)), ..StepRow::default() },
        Step::Close { code, reason } => StepRow {
            does: "close",
            code: Some(code.map(u16::from)),
            reason: Some(reason),
            ..StepRow::default()
        },
        Step::Send { kind, payload } => StepRow {
            does: "send",
            kind: Some(kind.name()),
            payload: Some(hex(payload)),
            ..StepRow::default()
        },
        Step::Idle => StepRow { does: "idle", ..StepRow::default() },
    }
}

const fn end_name(end: PeerEnd) -> &'static str {
    match end {
        PeerEnd::Fin => "fin",
        PeerEnd::Reset => "reset",
    }
}

/// A check. Only the properties that its kind has are set.
#[derive(Serialize, Default)]
struct CheckRow<'a> {
    check: &'static str,
    rule: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<&'a BTreeSet<usize>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    otherwise_by: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    one_of: Option<Vec<Option<u16>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    none_of: Option<Vec<Option<u16>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clean: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<String>,
}

fn check_row(check: &Check) -> CheckRow<'_> {
    let row = |check_name: &'static str| CheckRow {
        check: check_name,
        rule: check.rule.id(),
        ..CheckRow::default()
    };
    match &check.expectation {
        Expectation::NoClose { at, codes } => {
            CheckRow { at: Some(at), none_of: Some(numbers(codes)), ..row("no-close") }
        }
        Expectation::Refused { step } => CheckRow { by: Some(*step), ..row("refused") },
        Expectation::Rejects { by, otherwise_by } => {
            CheckRow { by: Some(*by), otherwise_by: Some(*otherwise_by), ..row("rejects") }
        }
        Expectation::CloseCode(codes) => with_codes(codes, row("close-code")),
        Expectation::CloseReason(reason) => CheckRow { payload: Some(hex(reason)), ..row("close-reason") },
        Expectation::Close { by } => CheckRow { by: Some(*by), ..row("close") },
        Expectation::NoSecondClose { at } => CheckRow { at: Some(at), ..row("no-second-close") },
        Expectation::NoData { at } => CheckRow { at: Some(at), ..row("no-data") },
        Expectation::Pong { payload, by } => {
            CheckRow { payload: Some(hex(payload)), by: Some(*by), ..row("pong") }
        }
        Expectation::NoPong { at } => CheckRow { at: Some(at), ..row("no-pong") },
        Expectation::NoEnd { at } => CheckRow { at: Some(at), ..row("no-end") },
        Expectation::End { by } => CheckRow { by: Some(*by), ..row("end") },
        Expectation::Message { kind, payload, by } => CheckRow {
            kind: Some(MessageKind::name(*kind)),
            payload: Some(hex(payload)),
            by: Some(*by),
            ..row("message")
        },
        Expectation::NoMessage { at } => CheckRow { at: Some(at), ..row("no-message") },
        Expectation::Reported => row("reported"),
        Expectation::ReportCode(codes) => with_codes(codes, row("report-code")),
        Expectation::ReportReason(reason) => CheckRow { reason: Some(reason), ..row("report-reason") },
        Expectation::ReportClean(clean) => CheckRow { clean: Some(*clean), ..row("report-clean") },
    }
}

fn with_codes<'a>(codes: &Codes, row: CheckRow<'a>) -> CheckRow<'a> {
    match codes {
        Codes::OneOf(codes) => CheckRow { one_of: Some(numbers(codes)), ..row },
        Codes::NoneOf(codes) => CheckRow { none_of: Some(numbers(codes)), ..row },
    }
}

fn numbers(codes: &BTreeSet<Option<CloseCode>>) -> Vec<Option<u16>> {
    codes.iter().map(|code| code.map(u16::from)).collect()
}

fn profiles(profiles: &[Profile]) -> Vec<&'static str> {
    profiles.iter().map(|profile| profile.name()).collect()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        write!(text, "{octet:02x}").expect("a string grows");
        text
    })
}
