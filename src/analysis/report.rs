//! Turns traces and findings into text: a [`Report`] has the timelines of one script on many subjects, and a
//! [`Summary`] has the violated rules of every script and subject.
//!
//! Both are deterministic: the same traces in the same order give the same text.

use std::fmt;

use super::status::FindingStatus;
use crate::harness::Trace;
use crate::judge::{self, Finding};
use crate::protocol::hint::Hint;
use crate::rules::{Level, Rule, RuleSet};

/// The timelines of one script on many subjects. Subjects with the same timeline and findings share a section.
#[derive(Clone, Debug, Default)]
pub struct Report {
    sections: Vec<Section>,
    unavailable: Vec<(String, String)>,
    received_hints: Vec<Hint>,
}

#[derive(Clone, Debug)]
struct Section {
    role: &'static str,
    subjects: Vec<String>,
    outline: String,
    timeline: String,
    findings: Vec<FindingLine>,
}

/// A finding without its event: the index of the event depends on whether the subject exposes its state.
#[derive(Clone, Debug, PartialEq, Eq)]
struct FindingLine {
    rule: Rule,
    level: Level,
    actual: String,
    known: bool,
    hints: Vec<Hint>,
}

impl Report {
    /// An empty report.
    pub fn new() -> Report {
        Report::default()
    }

    /// Adds the trace and the findings of a subject.
    pub fn add(&mut self, subject: &str, trace: &Trace, findings: &[Finding]) {
        self.add_with_known(subject, trace, findings, |_| false);
    }

    /// Adds the trace and the findings of a subject. Violations of rules for which `known` is true are reported as
    /// known.
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
                hints: judge::hints(trace, finding),
            })
            .collect();
        for hint in judge::hints_on_received(trace) {
            if !self.received_hints.contains(&hint) {
                self.received_hints.push(hint);
            }
        }
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

    /// How the peer may have come to write the Closes of the script. They are no part of the text.
    pub fn received_hints(&self) -> &[Hint] {
        &self.received_hints
    }

    /// Adds a subject that is not built, and how to build it.
    pub fn add_unavailable(&mut self, subject: &str, install_hint: &str) {
        self.unavailable.push((subject.to_owned(), install_hint.to_owned()));
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
                let FindingLine { rule, level, actual, known, hints } = line;
                let known = if *known { " (known)" } else { "" };
                writeln!(f, "  {rule:<widest$}  {level:<7}  {actual}{known}")?;
                hints.iter().try_for_each(|hint| writeln!(f, "    hint, {hint}"))?;
            }
        }
        for (subject, install_hint) in &self.unavailable {
            writeln!(f, "not built: {subject} ({install_hint})")?;
        }
        Ok(())
    }
}

/// The rules that a subject violated, by the status of the violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Tally {
    fails: RuleSet,
    known: RuleSet,
    warns: RuleSet,
    informs: RuleSet,
}

impl Tally {
    /// Sorts findings by status. `known` returns whether the baseline of the subject lists a rule.
    pub fn of(findings: &[Finding], strict: bool, known: impl Fn(Rule) -> bool) -> Tally {
        let mut tally = Tally::default();
        for finding in findings {
            let status = FindingStatus::of(finding.level, known(finding.rule), strict);
            tally.set_mut(status).insert(finding.rule);
        }
        tally
    }

    /// The rules with this status.
    pub const fn rules(&self, status: FindingStatus) -> RuleSet {
        match status {
            FindingStatus::Fail => self.fails,
            FindingStatus::Known => self.known,
            FindingStatus::Warn => self.warns,
            FindingStatus::Info => self.informs,
        }
    }

    /// Whether no violation fails the run.
    pub const fn passes(&self) -> bool {
        self.fails.is_empty()
    }

    /// The rules of both tallies.
    pub const fn union(self, other: Tally) -> Tally {
        Tally {
            fails: self.fails.union(other.fails),
            known: self.known.union(other.known),
            warns: self.warns.union(other.warns),
            informs: self.informs.union(other.informs),
        }
    }

    const fn set_mut(&mut self, status: FindingStatus) -> &mut RuleSet {
        match status {
            FindingStatus::Fail => &mut self.fails,
            FindingStatus::Known => &mut self.known,
            FindingStatus::Warn => &mut self.warns,
            FindingStatus::Info => &mut self.informs,
        }
    }
}

impl fmt::Display for Tally {
    /// Writes `PASS`, or a line for each rule, the worst first. Rules with status `info` are left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = 0;
        for status in [FindingStatus::Fail, FindingStatus::Known, FindingStatus::Warn] {
            for rule in self.rules(status).iter() {
                let newline = if lines > 0 { "\n" } else { "" };
                write!(f, "{newline}{} {rule}", status.name())?;
                lines += 1;
            }
        }
        if lines == 0 { f.write_str("PASS") } else { Ok(()) }
    }
}

/// The violated rules of every script and subject, and the totals.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    subjects: Vec<String>,
    scripts: Vec<(String, Vec<Option<Tally>>)>,
}

/// The totals of a summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Totals {
    /// The number of scripts with at least one verdict.
    pub scripts: usize,
    /// The number of verdicts: pairs of a script and a subject that was tested with it.
    pub verdicts: usize,
    /// The number of verdicts with a violation that fails the run.
    pub failed: usize,
    /// The number of pairs of a subject and a rule that fail the run.
    pub violations: usize,
    /// The number of pairs of a subject and a rule that the baseline lists.
    pub known: usize,
    /// The number of pairs of a subject and a rule that warn.
    pub warnings: usize,
}

impl Summary {
    /// An empty summary.
    pub fn new() -> Summary {
        Summary::default()
    }

    /// Adds the verdict of `script` on `subject`. A second verdict, such as that in the other role, is merged with the
    /// first.
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

    /// The subjects, in the order in which they were added.
    pub fn subjects(&self) -> impl Iterator<Item = &str> {
        self.subjects.iter().map(String::as_str)
    }

    /// Each script with one verdict for each subject, or `None` if the subject was not tested with it.
    pub fn rows(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = Option<Tally>>)> {
        let width = self.subjects.len();
        self.scripts.iter().map(move |(script, cells)| {
            (script.as_str(), (0..width).map(move |at| cells.get(at).copied().flatten()))
        })
    }

    /// Whether no verdict fails the run.
    pub fn passes(&self) -> bool {
        self.totals().failed == 0
    }

    /// The totals.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals { scripts: self.scripts.len(), ..Totals::default() };
        let mut subjects = vec![Tally::default(); self.subjects.len()];
        for (_, cells) in &self.scripts {
            for (subject, tally) in subjects.iter_mut().zip(cells) {
                let Some(tally) = tally else { continue };
                totals.verdicts += 1;
                totals.failed += usize::from(!tally.passes());
                *subject = subject.union(*tally);
            }
        }
        let count = |status| subjects.iter().map(|tally| tally.rules(status).len()).sum();
        totals.violations = count(FindingStatus::Fail);
        totals.known = count(FindingStatus::Known);
        totals.warnings = count(FindingStatus::Warn);
        totals
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Totals { scripts, verdicts, failed, violations, known, warnings } = *self;
        let plural =
            |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
        write!(
            f,
            "{}, {}: {} passed, {failed} failed; {}, {known} known, {}",
            plural(scripts, "script", "scripts"),
            plural(verdicts, "verdict", "verdicts"),
            verdicts - failed,
            plural(violations, "new violation", "new violations"),
            plural(warnings, "warning", "warnings"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Report, Summary, Tally};
    use crate::harness::Subject;
    use crate::model::endpoint::Model;
    use crate::model::faults::{Fault, FaultyModel};
    use crate::playback::Harness;
    use crate::protocol::code::Profile;
    use crate::protocol::role::Role;
    use crate::rules::Rule;
    use crate::script::ScriptBuf;

    const SCRIPT: &str = "wsclose 1\nrole server\n> close\n> fin\n";

    fn play<T>(
        subject: &mut dyn Subject,
        role: Role,
        check: impl FnOnce(&super::Trace, &[super::Finding]) -> T,
    ) -> T {
        let script = ScriptBuf::read(SCRIPT.as_bytes()).expect("a script");
        let mut harness = Harness::new(Profile::default());
        let played = harness.play(script.as_script().for_role(role), subject);
        check(played.trace, played.findings)
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
    fn different_traces_have_different_sections() {
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
    fn findings_have_a_section_with_marks() {
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
    fn known_violations_have_a_section_of_their_own() {
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
    fn unavailable_subjects_come_last() {
        let mut report = Report::new();
        play(&mut model(), Role::Server, |trace, findings| report.add("model", trace, findings));
        report.add_unavailable("peer-y", "install peer-y-dev");
        assert!(report.to_string().ends_with("\nnot built: peer-y (install peer-y-dev)\n"), "{report}");
    }

    #[test]
    fn summary_counts_pairs_of_subject_and_rule() {
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
            "2 scripts, 4 verdicts: 2 passed, 2 failed; 1 new violation, 0 known, 0 warnings"
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
    fn verdicts_in_both_roles_are_merged() {
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
