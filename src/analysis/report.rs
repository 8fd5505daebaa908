//! What a run shows people. In come traces and findings, out come two texts: a [`Report`], the timelines
//! of one script on many subjects, and a [`Summary`], a verdict per script and subject.
//!
//! Both are deterministic: the same traces in the same order make the same text.

use std::collections::BTreeSet;
use std::fmt;

use crate::harness::trace::Trace;
use crate::judge::Finding;
use crate::rules::{Level, Rule, RuleSet};

/// What a finding does to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FindingStatus {
    /// It fails the run.
    Fail,
    /// It would, or would warn, were it not listed as known.
    Known,
    /// It warns: a SHOULD, or leniency, in a run that is not strict.
    Warn,
    /// It is told, and nothing more.
    Info,
}

impl FindingStatus {
    /// The standing of a breach at this level, listed as known or not, in a strict run or another.
    pub const fn of(level: Level, known: bool, strict: bool) -> FindingStatus {
        match (level, known) {
            (Level::Info, _) => FindingStatus::Info,
            (_, true) => FindingStatus::Known,
            (_, false) if level.fails(strict) => FindingStatus::Fail,
            (_, false) => FindingStatus::Warn,
        }
    }

    /// The word before the rules in a table.
    pub const fn name(self) -> &'static str {
        match self {
            FindingStatus::Fail => "FAIL",
            FindingStatus::Known => "known",
            FindingStatus::Warn => "warn",
            FindingStatus::Info => "info",
        }
    }
}

/// The timelines of one script on many subjects; those that did the same share a section.
#[derive(Clone, Debug, Default)]
pub struct Report {
    sections: Vec<Section>,
    unavailable: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
struct Section {
    role: &'static str,
    subjects: Vec<String>,
    outline: String,
    timeline: String,
    findings: Vec<FindingLine>,
}

/// A finding without its place: where it stands in a trace depends on what else the subject shows.
#[derive(Clone, Debug, PartialEq, Eq)]
struct FindingLine {
    rule: Rule,
    level: Level,
    actual: String,
    known: bool,
}

impl Report {
    /// A report without subjects.
    pub fn new() -> Report {
        Report::default()
    }

    /// Adds what `subject` did and what was found against it.
    pub fn add(&mut self, subject: &str, trace: &Trace, findings: &[Finding]) {
        self.add_with_known(subject, trace, findings, |_| false);
    }

    /// As [`Report::add`]; breaches of rules for which `known` is true are marked so.
    pub fn add_with_known(
        &mut self,
        subject: &str,
        trace: &Trace,
        findings: &[Finding],
        known: impl Fn(Rule) -> bool,
    ) {
        let lines: Vec<FindingLine> = findings
            .iter()
            .map(|finding| FindingLine {
                rule: finding.rule,
                level: finding.level,
                actual: finding.actual.to_string(),
                known: FindingStatus::of(finding.level, known(finding.rule), true) == FindingStatus::Known,
            })
            .collect();
        let role = trace.role.name();
        let outline = trace.timeline(findings).without_states().to_string();
        let same = self
            .sections
            .iter_mut()
            .find(|section| section.role == role && section.outline == outline && section.findings == lines);
        match same {
            Some(section) => section.subjects.push(subject.to_owned()),
            None => self.sections.push(Section {
                role,
                subjects: vec![subject.to_owned()],
                outline,
                timeline: trace.timeline(findings).to_string(),
                findings: lines,
            }),
        }
    }

    /// Says that a subject is missing, and what to do about it.
    pub fn add_unavailable(&mut self, subject: &str, remedy: &str) {
        self.unavailable.push((subject.to_owned(), remedy.to_owned()));
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut role = "";
        for section in &self.sections {
            if section.role != role {
                role = section.role;
                writeln!(f, "subject role: {role}      > to subject   < from subject   | note")?;
            }
            writeln!(f, "== {}", section.subjects.join(", "))?;
            f.write_str(&section.timeline)?;
            let widest = section.findings.iter().map(|line| line.rule.id().len()).max().unwrap_or(0);
            for line in &section.findings {
                let FindingLine { rule, level, actual, known } = line;
                let known = if *known { " (known)" } else { "" };
                writeln!(f, "  {rule:<widest$}  {level:<7}  {actual}{known}")?;
            }
        }
        for (subject, remedy) in &self.unavailable {
            writeln!(f, "not built: {subject} ({remedy})")?;
        }
        Ok(())
    }
}

/// The rules that a subject broke in one script, by what that does to the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Tally {
    fails: RuleSet,
    known: RuleSet,
    warns: RuleSet,
    informs: RuleSet,
}

impl Tally {
    /// Sorts findings; `known` says which rules this subject is known to break.
    pub fn of(findings: &[Finding], strict: bool, known: impl Fn(Rule) -> bool) -> Tally {
        let mut tally = Tally::default();
        for finding in findings {
            let standing = FindingStatus::of(finding.level, known(finding.rule), strict);
            tally.set_mut(standing).insert(finding.rule);
        }
        tally
    }

    /// The rules with this standing.
    pub const fn rules(&self, standing: FindingStatus) -> RuleSet {
        match standing {
            FindingStatus::Fail => self.fails,
            FindingStatus::Known => self.known,
            FindingStatus::Warn => self.warns,
            FindingStatus::Info => self.informs,
        }
    }

    /// Whether nothing in it fails the run.
    pub const fn passes(&self) -> bool {
        self.fails.is_empty()
    }

    /// The tally of both.
    pub const fn union(self, other: Tally) -> Tally {
        Tally {
            fails: self.fails.union(other.fails),
            known: self.known.union(other.known),
            warns: self.warns.union(other.warns),
            informs: self.informs.union(other.informs),
        }
    }

    const fn set_mut(&mut self, standing: FindingStatus) -> &mut RuleSet {
        match standing {
            FindingStatus::Fail => &mut self.fails,
            FindingStatus::Known => &mut self.known,
            FindingStatus::Warn => &mut self.warns,
            FindingStatus::Info => &mut self.informs,
        }
    }
}

impl fmt::Display for Tally {
    /// `PASS`, or a line for each rule, the worst first.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = 0;
        for standing in [FindingStatus::Fail, FindingStatus::Known, FindingStatus::Warn] {
            for rule in self.rules(standing).iter() {
                let newline = if lines > 0 { "\n" } else { "" };
                write!(f, "{newline}{} {rule}", standing.name())?;
                lines += 1;
            }
        }
        if lines == 0 { f.write_str("PASS") } else { Ok(()) }
    }
}

/// A verdict per script and subject, and the totals.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    subjects: Vec<String>,
    scripts: Vec<(String, Vec<Option<Tally>>)>,
}

/// What a summary adds up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Totals {
    /// Scripts with at least one verdict.
    pub scripts: usize,
    /// Verdicts: scripts times subjects, but for those that could not be had.
    pub verdicts: usize,
    /// Verdicts with a breach that fails the run.
    pub failed: usize,
    /// Pairs of a subject and a rule that fail the run.
    pub violations: usize,
    /// Pairs of a subject and a rule that are known.
    pub known: usize,
    /// Pairs of a subject and a rule that warn.
    pub warnings: usize,
}

impl Summary {
    /// A summary without scripts.
    pub fn new() -> Summary {
        Summary::default()
    }

    /// Adds the verdict on `subject` in `script`; a second one, as in the other role, is joined to the first.
    pub fn add(&mut self, script: &str, subject: &str, tally: Tally) {
        let column = match self.subjects.iter().position(|known| known == subject) {
            Some(column) => column,
            None => {
                self.subjects.push(subject.to_owned());
                self.subjects.len() - 1
            }
        };
        let row = match self.scripts.iter().position(|(name, _)| name == script) {
            Some(row) => row,
            None => {
                self.scripts.push((script.to_owned(), Vec::new()));
                self.scripts.len() - 1
            }
        };
        let (_, cells) = &mut self.scripts[row];
        if cells.len() <= column {
            cells.resize(column + 1, None);
        }
        cells[column] = Some(cells[column].unwrap_or_default().union(tally));
    }

    /// The subjects, in the order in which they came.
    pub fn subjects(&self) -> impl Iterator<Item = &str> {
        self.subjects.iter().map(String::as_str)
    }

    /// Each script with its verdicts, one a subject; `None` where there is none.
    pub fn rows(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = Option<Tally>>)> {
        let width = self.subjects.len();
        self.scripts.iter().map(move |(script, cells)| {
            (script.as_str(), (0..width).map(move |at| cells.get(at).copied().flatten()))
        })
    }

    /// Whether nothing fails the run.
    pub fn passes(&self) -> bool {
        self.totals().failed == 0
    }

    /// What it adds up to.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals { scripts: self.scripts.len(), ..Totals::default() };
        let mut pairs: [BTreeSet<(usize, Rule)>; 3] = Default::default();
        for (_, cells) in &self.scripts {
            for (subject, tally) in cells.iter().enumerate() {
                let Some(tally) = tally else { continue };
                totals.verdicts += 1;
                totals.failed += usize::from(!tally.passes());
                let standings = [FindingStatus::Fail, FindingStatus::Known, FindingStatus::Warn];
                for (pairs, standing) in pairs.iter_mut().zip(standings) {
                    pairs.extend(tally.rules(standing).iter().map(|rule| (subject, rule)));
                }
            }
        }
        [totals.violations, totals.known, totals.warnings] = pairs.map(|pairs| pairs.len());
        totals
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Totals { scripts, verdicts, failed, violations: breaches, known, warnings } = *self;
        let plural =
            |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
        write!(
            f,
            "{}, {}: {} passed, {failed} failed; {}, {known} known, {}",
            plural(scripts, "script", "scripts"),
            plural(verdicts, "verdict", "verdicts"),
            verdicts - failed,
            plural(breaches, "new breach", "new breaches"),
            plural(warnings, "warning", "warnings"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{FindingStatus, Report, Summary, Tally};
    use crate::harness::subject::Subject;
    use crate::model::endpoint::Model;
    use crate::model::faults::{Fault, FaultyModel};
    use crate::playback::Harness;
    use crate::protocol::code::Profile;
    use crate::protocol::role::Role;
    use crate::rules::{Level, Rule};
    use crate::script::ScriptBuf;

    const SCRIPT: &str = "wsclose 1\nrole server\n> close\n> fin\n";

    fn play<T>(
        subject: &mut dyn Subject,
        role: Role,
        see: impl FnOnce(&super::Trace, &[super::Finding]) -> T,
    ) -> T {
        let script = ScriptBuf::read(SCRIPT.as_bytes()).expect("a script");
        let mut harness = Harness::new(Profile::default());
        let played = harness.play(script.as_script().for_role(role), subject);
        see(played.trace, played.findings)
    }

    fn model() -> Model {
        Model::new(Profile::default())
    }

    #[test]
    fn equal_traces_share_a_section() {
        let mut report = Report::new();
        for name in ["model", "twin"] {
            play(&mut model(), Role::Server, |trace, findings| report.add(name, trace, findings));
        }
        let text = report.to_string();
        assert!(
            text.starts_with("subject role: server      > to subject   < from subject   | note\n"),
            "{text}"
        );
        assert!(text.contains("\n== model, twin\n"), "{text}");
        assert_eq!(text.matches("== ").count(), 1, "{text}");
    }

    #[test]
    fn different_traces_do_not_even_without_findings() {
        let mut report = Report::new();
        for code in ["1000", "1001"] {
            let text = format!("wsclose 1\nrole server\n> close {code}\n> fin\n");
            let script = ScriptBuf::read(text.as_bytes()).expect("a script");
            let mut harness = Harness::new(Profile::default());
            report.add(code, harness.play(script.as_script(), &mut model()).trace, &[]);
        }
        let text = report.to_string();
        assert!(text.contains("== 1000\n") && text.contains("== 1001\n"), "{text}");
    }

    #[test]
    fn a_breach_has_a_section_of_its_own_with_its_findings() {
        let mut report = Report::new();
        play(&mut model(), Role::Server, |trace, findings| report.add("model", trace, findings));
        play(&mut FaultyModel::new(Fault::SendsCode0), Role::Server, |trace, findings| {
            report.add("faulty", trace, findings);
        });
        let text = report.to_string();
        let (_, faulty) = text.split_once("== faulty\n").expect("a second section");
        assert!(faulty.contains("  code-is-defined    must     sent code 0\n"), "{text}");
        let line = faulty.lines().find(|line| line.contains("CLOSE 0")).expect("the Close");
        assert!(line.ends_with("  <-- code-is-defined, close-echoes-code"), "{text}");
        assert_eq!(text.matches("<--").count(), 1, "{text}");
    }

    #[test]
    fn the_same_trace_with_and_without_a_known_breach_is_not_the_same() {
        let mut report = Report::new();
        for (name, known) in [("new", false), ("old", true)] {
            play(&mut FaultyModel::new(Fault::SendsCode0), Role::Server, |trace, findings| {
                report.add_with_known(name, trace, findings, |_| known);
            });
        }
        let text = report.to_string();
        assert!(text.contains("== new\n") && text.contains("== old\n"), "{text}");
        assert_eq!(text.matches("(known)\n").count(), 1, "{text}");
    }

    #[test]
    fn each_role_has_its_heading() {
        let mut report = Report::new();
        for role in Role::ALL {
            play(&mut model(), role, |trace, findings| report.add("model", trace, findings));
        }
        let text = report.to_string();
        assert!(text.contains("subject role: client") && text.contains("subject role: server"), "{text}");
    }

    #[test]
    fn what_is_not_built_comes_last() {
        let mut report = Report::new();
        play(&mut model(), Role::Server, |trace, findings| report.add("model", trace, findings));
        report.add_unavailable("peer-y", "install peer-y-dev");
        assert!(report.to_string().ends_with("\nnot built: peer-y (install peer-y-dev)\n"), "{report}");
    }

    #[test]
    fn known_and_lenient_breaches_do_not_fail_a_run() {
        for level in [Level::Must, Level::Interop, Level::Robust] {
            assert_eq!(FindingStatus::of(level, false, false), FindingStatus::Fail);
            assert_eq!(FindingStatus::of(level, true, true), FindingStatus::Known);
        }
        for level in [Level::Should, Level::Lenient] {
            assert_eq!(FindingStatus::of(level, false, false), FindingStatus::Warn);
            assert_eq!(FindingStatus::of(level, false, true), FindingStatus::Fail);
        }
        assert_eq!(FindingStatus::of(Level::Info, false, true), FindingStatus::Info);
    }

    #[test]
    fn a_summary_adds_up() {
        let (new, known) = play(&mut FaultyModel::new(Fault::SendsCode0), Role::Server, |_, findings| {
            (
                Tally::of(findings, false, |_| false),
                Tally::of(findings, false, |rule| rule == Rule::CodeIsDefined),
            )
        });
        assert_eq!(new.to_string(), "FAIL code-is-defined");
        assert_eq!(known.to_string(), "known code-is-defined");
        let mut summary = Summary::new();
        summary.add("a.ws", "model", Tally::default());
        summary.add("a.ws", "peer-x", new);
        summary.add("b.ws", "model", Tally::default());
        summary.add("b.ws", "peer-x", new);
        assert_eq!(
            summary.totals().to_string(),
            "2 scripts, 4 verdicts: 2 passed, 2 failed; 1 new breach, 0 known, 0 warnings"
        );
        assert!(!summary.passes());
        let cells: Vec<Vec<String>> = summary
            .rows()
            .map(|(_, cells)| {
                cells.map(|cell| cell.map_or("-".to_owned(), |cell| cell.to_string())).collect()
            })
            .collect();
        assert_eq!(cells, [["PASS", "FAIL code-is-defined"], ["PASS", "FAIL code-is-defined"]]);
    }

    #[test]
    fn a_verdict_in_both_roles_is_the_worse() {
        let new = play(&mut FaultyModel::new(Fault::SendsCode0), Role::Server, |_, findings| {
            Tally::of(findings, false, |_| false)
        });
        let mut summary = Summary::new();
        summary.add("a.bin", "peer-x", Tally::default());
        summary.add("a.bin", "peer-x", new);
        assert_eq!(summary.totals().verdicts, 1);
        assert!(!summary.passes());
    }
}
