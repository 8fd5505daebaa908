//! The report as text, as `wsclose check` prints it: the verdict and what fails first, then the evidence, then counts.

use std::fmt::{self, Display, Formatter};

use anstyle::{AnsiColor, Style};
use textwrap::Options;
use wsclose::analysis::status::FindingStatus;
use wsclose::judge::Verdict;

use crate::overview::{self, Group};
use crate::run::case_result::CaseResult;
use crate::run::results::{Confirmation, ReportedFinding, RuleResult, RuleStatus, RunReport, RunVerdict};

/// The width of the text, in columns. Commands, and the lines of timelines, may be longer.
const WIDTH: usize = 80;

/// A timeline of more lines is shortened, unless the report is verbose.
const MOST_LINES: usize = 20;

/// The lines of a shortened timeline at its start, and before and after a violation.
const CONTEXT_LINES: usize = 5;

/// What the columns and signs of a timeline mean.
const LEGEND: &str = "time in ticks; > to the endpoint, < from it, | note, <-- violation";

/// The text of a report.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    run: &'a RunReport,
    verbose: bool,
    colored: bool,
}

impl RunReport {
    /// The report as text of 80 columns, without colors.
    pub const fn text(&self) -> Text<'_> {
        Text { run: self, verbose: false, colored: false }
    }
}

impl Text<'_> {
    /// Sets whether the text has a line for every rule, the whole evidence of every violation, and whole timelines [default: false].
    pub const fn verbose(self, verbose: bool) -> Self {
        Text { verbose, ..self }
    }

    /// Sets whether the text has colors, as escape sequences [default: false].
    pub const fn colored(self, colored: bool) -> Self {
        Text { colored, ..self }
    }
}

/// The same text as [`RunReport::text`].
impl Display for RunReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let run = self.run;
        writeln!(f, "{}", self.verdict())?;
        let scope = format!("{} as {}", run.endpoint, overview::scope(run));
        wrapped(f, "", "", &scope)?;
        self.table(f)?;
        let mut has_legend = false;
        for group in overview::groups(run) {
            self.group(&group, &mut has_legend, f)?;
        }
        for case in run.cases.iter().filter(|case| case.shown) {
            self.shown_case(case, f)?;
        }
        self.counts(f)?;
        for note in &run.notes {
            writeln!(f)?;
            wrapped(f, "note: ", "  ", note)?;
        }
        for rule in &run.stale {
            writeln!(f)?;
            let why = format!("the baseline lists {rule}, which conforms now; remove the entry");
            wrapped(f, "stale: ", "  ", &why)?;
        }
        for (case, error) in run.errors() {
            writeln!(f)?;
            wrapped(f, "not tested: ", "  ", &format!("{}: {error}", case.name))?;
        }
        writeln!(f)?;
        writeln!(f, "{}", self.verdict())?;
        let groups = overview::groups(run);
        match groups.iter().find(|group| self.is_worth_evidence(group.first)) {
            Some(Group { first, .. }) => writeln!(f, "next: wsclose explain {}", first.result.rule),
            None => Ok(()),
        }
    }
}

impl Text<'_> {
    /// The verdict with its counts, in one line or two.
    pub fn verdict(self) -> String {
        let verdict = overview::verdict(self.run);
        let color = match self.run.verdict() {
            RunVerdict::Pass => AnsiColor::Green,
            RunVerdict::Fail | RunVerdict::Error => AnsiColor::Red,
            RunVerdict::Incomplete | RunVerdict::Stale => AnsiColor::Yellow,
        };
        let text = format!("verdict: {verdict}");
        let name = self.run.verdict().name();
        let colored = self.styled(color.on_default().bold(), name);
        textwrap::fill(&text, options("", "  ")).replacen(name, &colored, 1)
    }

    fn styled(&self, style: Style, text: &str) -> String {
        if self.colored { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// A line for each rule that the endpoint violated, the worst first; in a verbose report, for every rule.
    fn table(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let is_listed = |result: &&RuleResult| {
            self.verbose || overview::rank(result.status()) < overview::rank(RuleStatus::Inconclusive)
        };
        let mut listed: Vec<&RuleResult> = self.run.rules.iter().filter(is_listed).collect();
        if listed.is_empty() {
            return Ok(());
        }
        listed.sort_by_key(|result| (overview::rank(result.status()), result.rule.level()));
        if self.verbose {
            writeln!(f, "\n{:<14}{:<36}{:<9}cases", "status", "rule", "level")?;
        } else {
            writeln!(f)?;
        }
        for result in listed {
            let status = result.status();
            let (judged, violated) = (result.conformed + result.violated, result.violated);
            let cases = match status {
                RuleStatus::Finding(_) | RuleStatus::Flaky | RuleStatus::Unconfirmed => {
                    format!("{violated} of {judged}")
                }
                RuleStatus::Conforms => judged.to_string(),
                RuleStatus::Inconclusive => format!("0 of {}", result.inconclusive),
                RuleStatus::NotExercised => String::new(),
            };
            let name = self.styled(style(status), &format!("{:<14}", status.name()));
            let line = format!("{:<36}{:<9}{cases}", result.rule.id(), result.rule.level());
            writeln!(f, "{name}{}", line.trim_end())?;
        }
        Ok(())
    }

    /// The evidence of a violation, and what else its cases violate.
    fn group(&self, group: &Group<'_>, has_legend: &mut bool, f: &mut Formatter<'_>) -> fmt::Result {
        if !self.is_worth_evidence(group.first) {
            return Ok(());
        }
        self.evidence(group.first, has_legend, f)?;
        let (others, rest): (Vec<_>, Vec<_>) =
            group.others.iter().copied().partition(|finding| self.is_worth_evidence(*finding));
        if self.verbose {
            return others
                .into_iter()
                .chain(rest)
                .try_for_each(|finding| self.evidence(finding, has_legend, f));
        }
        if !others.is_empty() {
            let rules = overview::count(others.len(), "other rule is", "other rules are");
            writeln!(f, "  {rules} violated by these cases and no others:")?;
        }
        for finding in others {
            let first = format!("    {} {}: ", finding.result.status().name(), finding.result.rule);
            wrapped(f, &first, "      ", &finding.violation.actual)?;
        }
        Ok(())
    }

    /// Whether the evidence of a violation is printed: not where the violation is accepted, or has no effect on any run.
    const fn is_worth_evidence(&self, finding: ReportedFinding<'_>) -> bool {
        match finding.result.status() {
            RuleStatus::Finding(FindingStatus::Fail | FindingStatus::Warn)
            | RuleStatus::Unconfirmed
            | RuleStatus::Flaky => true,
            RuleStatus::Finding(FindingStatus::Known | FindingStatus::Info) => self.verbose,
            RuleStatus::Inconclusive | RuleStatus::Conforms | RuleStatus::NotExercised => false,
        }
    }

    fn evidence(
        &self,
        finding: ReportedFinding<'_>,
        has_legend: &mut bool,
        f: &mut Formatter<'_>,
    ) -> fmt::Result {
        let ReportedFinding { result, case, violation, .. } = finding;
        let (rule, status) = (result.rule, result.status());
        let name = self.styled(style(status), status.name());
        let heading = self.styled(Style::new().bold(), rule.id());
        writeln!(f, "\n{name} {heading} ({}, {})", rule.level(), rule.reference())?;
        wrapped(f, "  ", "  ", rule.summary())?;
        field(f, "expected", &violation.expected)?;
        field(f, "found", &violation.actual)?;
        violation.hints.iter().try_for_each(|hint| field(f, "hint", hint))?;
        if let Some(pattern) = &result.pattern {
            field(f, "pattern", &pattern.to_string())?;
        }
        if let Some(reason) = &result.reason {
            field(f, "known", reason)?;
        }
        let confirmation = match result.confirmation {
            Confirmation::Confirmed => "seen again when it ran alone".to_owned(),
            Confirmation::Late(lateness) => lateness.to_string(),
            Confirmation::Flaky => "not seen again when it ran alone".to_owned(),
            Confirmation::Unconfirmed => "not run again".to_owned(),
        };
        field(f, "case", &format!("{} ({confirmation})", case.name))?;
        self.timeline(&case.timeline, f)?;
        if !*has_legend {
            *has_legend = true;
            writeln!(f, "    {}", self.styled(Style::new().dimmed(), LEGEND))?;
        }
        writeln!(f, "  reproduce: {}", self.run.repro_command(&finding))
    }

    /// A timeline, its marked lines in color. A long one is shortened to its start and the surroundings of the marks.
    fn timeline(&self, timeline: &str, f: &mut Formatter<'_>) -> fmt::Result {
        let lines: Vec<&str> = timeline.lines().collect();
        let is_marked = |line: &str| line.contains("  <-- ");
        let is_near_mark = |at: usize| {
            let (from, to) = (at.saturating_sub(CONTEXT_LINES), (at + CONTEXT_LINES + 1).min(lines.len()));
            lines[from..to].iter().any(|line| is_marked(line))
        };
        let is_whole = self.verbose || lines.len() <= MOST_LINES;
        let mut skipped = 0;
        for (at, line) in lines.iter().enumerate() {
            if !is_whole && at >= CONTEXT_LINES && !is_near_mark(at) {
                skipped += 1;
                continue;
            }
            omitted(f, &mut skipped)?;
            let style = if is_marked(line) { Style::new().bold() } else { Style::new() };
            writeln!(f, "    {}", self.styled(style, line))?;
        }
        omitted(f, &mut skipped)
    }

    /// The timeline of a case, and what it shows of each rule.
    fn shown_case(&self, case: &CaseResult, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "\ncase: {} ({} ms)", case.name, case.elapsed.as_millis())?;
        case.timeline.lines().try_for_each(|line| writeln!(f, "    {line}"))?;
        for rule in self.run.rules.iter().map(|result| result.rule) {
            match case.verdict(rule) {
                verdict @ (Verdict::Violates | Verdict::Conforms) => {
                    writeln!(f, "  {:<14}{}", verdict, rule)?
                }
                verdict @ Verdict::Inconclusive => {
                    let reason = case.inconclusive.get(&rule).copied().unwrap_or_default();
                    writeln!(f, "  {:<14}{}: {reason}", verdict, rule)?;
                }
                Verdict::NotExercised => {}
            }
        }
        Ok(())
    }

    /// What conforms, what was not exercised and why, and what is inconclusive.
    fn counts(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let conforming = overview::conforming(self.run);
        let families = conforming.iter().map(|(family, count)| format!("{family} ({count})"));
        writeln!(f)?;
        total(f, "ok: ", conforming.iter().map(|(_, count)| count).sum(), families)?;
        let skipped = overview::not_exercised(self.run);
        let reasons = skipped.iter().map(|(why, rules)| {
            let names = if self.verbose { format!(" ({})", list(rules.iter())) } else { String::new() };
            format!("{}{names}", why.text(rules.len()))
        });
        total(f, "not exercised: ", skipped.values().map(Vec::len).sum(), reasons)?;
        if !self.verbose {
            for result in self.run.rules.iter().filter(|result| result.violated > 0) {
                if let Some(reason) = &result.reason {
                    wrapped(f, "known: ", "  ", &format!("{}: {reason}", result.rule))?;
                }
            }
        }
        let doubtful = self.run.rules.iter().filter(|result| result.inconclusive > 0);
        let (listed, rest): (Vec<&RuleResult>, Vec<&RuleResult>) = doubtful
            .partition(|result| self.verbose || result.inconclusive > result.conformed + result.violated);
        if !rest.is_empty() {
            let rules = overview::count(rest.len(), "rule", "rules");
            let text = format!("{rules} in a part of the cases; --verbose has the reasons");
            wrapped(f, "inconclusive: ", "  ", &text)?;
        }
        for result in listed {
            let cases = result.conformed + result.violated + result.inconclusive;
            let reason = result.inconclusive_reason.unwrap_or_default();
            let (rule, level, unclear) = (result.rule, result.rule.level(), result.inconclusive);
            wrapped(
                f,
                "inconclusive: ",
                "  ",
                &format!("{rule} ({level}) in {unclear} of {cases} cases: {reason}"),
            )?;
        }
        Ok(())
    }
}

/// A line with a number of rules, and how they divide; none for no rules.
fn total(
    f: &mut Formatter<'_>,
    name: &str,
    rules: usize,
    parts: impl Iterator<Item = String>,
) -> fmt::Result {
    match rules {
        0 => Ok(()),
        rules => {
            wrapped(f, name, "  ", &format!("{}: {}", overview::count(rules, "rule", "rules"), list(parts)))
        }
    }
}

/// A line that counts the lines left out before it, if there are any.
fn omitted(f: &mut Formatter<'_>, skipped: &mut usize) -> fmt::Result {
    match std::mem::take(skipped) {
        0 => Ok(()),
        lines => writeln!(f, "      … {}; --verbose shows all", overview::count(lines, "line", "lines")),
    }
}

fn field(f: &mut Formatter<'_>, name: &str, text: &str) -> fmt::Result {
    wrapped(f, &format!("  {:<11}", format!("{name}:")), "             ", text)
}

fn list(items: impl Iterator<Item = impl ToString>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

/// Writes a text over as many lines as it needs.
fn wrapped(f: &mut Formatter<'_>, first: &str, others: &str, text: &str) -> fmt::Result {
    writeln!(f, "{}", textwrap::fill(text, options(first, others)).trim_end())
}

/// How lines are wrapped. Names are kept whole, even if they have hyphens or are longer than a line.
fn options<'a>(first: &'a str, others: &'a str) -> Options<'a> {
    Options::new(WIDTH)
        .initial_indent(first)
        .subsequent_indent(others)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
}

/// The style of a status.
const fn style(status: RuleStatus) -> Style {
    let color = match status {
        RuleStatus::Finding(FindingStatus::Fail) => AnsiColor::Red,
        RuleStatus::Finding(FindingStatus::Warn) | RuleStatus::Unconfirmed | RuleStatus::Flaky => {
            AnsiColor::Yellow
        }
        RuleStatus::Finding(FindingStatus::Known | FindingStatus::Info) => AnsiColor::Cyan,
        RuleStatus::Conforms => AnsiColor::Green,
        RuleStatus::Inconclusive | RuleStatus::NotExercised => return Style::new().dimmed(),
    };
    color.on_default().bold()
}
