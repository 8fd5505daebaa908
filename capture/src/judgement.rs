//! The verdicts on both sides of a session.

use wsclose::harness::Trace;
use wsclose::judge::{Finding, InconclusiveReason, Judge, Verdict};
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::rules::{Family, Level, Rule, RuleSet};

use crate::session::Session;
use crate::side::{self, Place, Reading, SideTrace};

/// How recordings are judged.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// Which close codes are valid.
    pub profile: Profile,
    /// Where the recording was made.
    pub place: Place,
}

/// The verdicts on a session.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// The client, then the server.
    pub sides: [SideJudgement; 2],
}

impl Judgement {
    /// The verdicts on the side of this role.
    pub const fn side(&self, role: Role) -> &SideJudgement {
        &self.sides[role as usize]
    }
}

/// The verdicts on one side.
#[derive(Clone, Debug)]
pub struct SideJudgement {
    /// The side.
    pub role: Role,
    /// What it violated in every order that the recording allows, in the order of the recording.
    pub violations: Vec<RecordedViolation>,
    /// The rules to which it conformed.
    pub conforming: RuleSet,
    /// The rules that the recording leaves open, each with the reason.
    pub inconclusive: Vec<(Rule, &'static str)>,
    /// What the side received and did, as a timeline.
    pub trace: Trace,
    /// The findings as positions in the trace.
    pub findings: Vec<Finding>,
}

/// A violation that a recording shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedViolation {
    /// The violated rule.
    pub rule: Rule,
    /// Its level.
    pub level: Level,
    /// The index of the event in [`Session::events`] that shows it.
    pub event: Option<usize>,
    /// What a conforming endpoint does.
    pub expected: String,
    /// What this one did.
    pub actual: String,
}

/// Why a rule is open that is violated in one order and not in the other.
const ORDER: &str = "the recording does not show in which order this side saw what crossed in flight";

/// Why a rule is open in a recording that begins late.
const BEFORE: &str = "what came before the recording may explain it";

/// Why a rule is open on a side that did not reply to a Close.
const NO_REPLY: &str = "the missing reply may have another cause";

/// Judges both sides of a session.
pub fn judge(session: &Session, settings: Settings) -> Judgement {
    let mut judge = Judge::new(settings.profile);
    let sides = Role::ALL.map(|role| side_judgement(&mut judge, session, role, settings));
    Judgement { sides }
}

/// Judges one side of a session.
pub fn judge_side(session: &Session, role: Role, settings: Settings) -> SideJudgement {
    side_judgement(&mut Judge::new(settings.profile), session, role, settings)
}

fn side_judgement(judge: &mut Judge, session: &Session, role: Role, settings: Settings) -> SideJudgement {
    let place = session.recorded_at.map_or(settings.place, Place::At);
    let build = |reading| side::trace(session, role, place, reading, settings.profile);
    let SideTrace { trace, sources, requested: _, is_ambiguous } = build(Reading::Early);
    judge.judge(&trace);
    let (mut findings, mut verdicts) = (judge.findings().to_vec(), *judge.verdicts());
    let mut open: Vec<(Rule, &'static str)> = Vec::new();
    if is_ambiguous {
        let late = build(Reading::Late);
        judge.judge(&late.trace);
        let also = judge.verdicts();
        for rule in Rule::ALL {
            if verdicts.on(rule) != also.on(rule)
                && [verdicts.on(rule), also.on(rule)].contains(&Verdict::Violates)
            {
                open.push((rule, ORDER));
            }
        }
        let is_open: RuleSet = open.iter().map(|(rule, _)| *rule).collect();
        findings.retain(|finding| !is_open.contains(finding.rule));
        verdicts = verdicts.without(is_open);
    }
    if session.first_close(role).is_none() {
        // Whether it did not reply or rejected the Close, it does neither.
        let of_rejection = |finding: &Finding| finding.rule.family() == Family::LawfulInput;
        open.extend(
            findings.iter().filter(|finding| of_rejection(finding)).map(|finding| (finding.rule, NO_REPLY)),
        );
        findings.retain(|finding| !of_rejection(finding));
    }
    if session.has_headers_only {
        findings.clear();
        verdicts = verdicts.only(RuleSet::EMPTY);
        open.clear();
    }
    if session.begins_late {
        // What came before may explain all that it did. Only its frames themselves can be wrong.
        let of_frames: RuleSet =
            Rule::ALL.into_iter().filter(|rule| rule.family() == Family::OwnFrames).collect();
        let violated: RuleSet = findings.iter().map(|finding| finding.rule).collect();
        open.extend(violated.without(of_frames).iter().map(|rule| (rule, BEFORE)));
        findings.retain(|finding| of_frames.contains(finding.rule));
        verdicts = verdicts.only(of_frames);
    }
    let inconclusive = Rule::ALL.into_iter().filter_map(|rule| match verdicts.on(rule) {
        Verdict::Inconclusive => {
            Some((rule, verdicts.inconclusive_reason(rule).map_or("", InconclusiveReason::description)))
        }
        Verdict::NotExercised | Verdict::Conforms | Verdict::Violates => None,
    });
    open.extend(inconclusive);
    let violation = |finding: &Finding| RecordedViolation {
        rule: finding.rule,
        level: finding.level,
        event: sources.get(finding.at).copied().flatten(),
        expected: finding.expected.to_string(),
        actual: finding.actual.to_string(),
    };
    SideJudgement {
        role,
        violations: findings.iter().map(violation).collect(),
        conforming: verdicts.with(Verdict::Conforms),
        inconclusive: open,
        trace,
        findings,
    }
}
