//! A finding as the page of a rule and that of an implementation show it.

use wsclose::protocol::role::Role;
use wsclose::rules::{Capability, Rule};

use super::prose::thousands;
use super::results::{Finding, Implementation, Outcome, Tested};
use super::standing::Standing;

/// A finding with the implementation and the rule that it is about.
pub struct FindingView<'a> {
    /// The implementation.
    pub one: &'a Implementation,
    /// The rule.
    pub rule: Rule,
    /// How the implementation stands on the rule.
    pub standing: Standing,
    /// The evidence.
    pub finding: &'a Finding,
    /// Whether the script shows without a click.
    pub is_open: bool,
    counts: [usize; 3],
}

impl<'a> FindingView<'a> {
    /// The finding of an outcome, if it has evidence.
    pub fn of(one: &'a Implementation, rule: Rule, outcome: &'a Outcome) -> Option<FindingView<'a>> {
        let finding = outcome.finding.as_ref()?;
        Some(FindingView {
            one,
            rule,
            standing: outcome.standing,
            finding,
            is_open: false,
            counts: outcome.counts,
        })
    }

    /// Whether the finding was confirmed in another version than that of the results.
    pub fn is_of_another_version(&self) -> bool {
        let confirmed = self.finding.known.as_ref().and_then(|known| known.version.as_deref());
        !self.one.version.is_empty() && confirmed.is_some_and(|version| version != self.one.version)
    }

    /// Whether the violation recurred, in a sentence.
    pub fn recurrence(&self) -> &'static str {
        match self.finding.confirmation.as_deref() {
            Some("confirmed") => "It recurred when its case was re-run alone, with longer timeouts.",
            Some("late") => "It occurred only with short waits: the implementation does it late.",
            Some("flaky") => "It did not recur when its case was re-run alone.",
            Some(_) if self.standing == Standing::Differs => "Rules of level info are not re-run.",
            Some(_) | None => "Its case was not re-run.",
        }
    }

    /// How many scripts show it.
    pub fn seen_in(&self) -> String {
        let [conformed, violated, _] = self.counts;
        let unit = match self.one.tested {
            Tested::InProcess => "scripts",
            Tested::Live(_) => "cases",
        };
        let [of, violated] = [conformed + violated, violated].map(|count| thousands(count as u64));
        format!("{violated} of {of} {unit} with a verdict")
    }

    /// How to play the script again, and the command that does it.
    pub fn replay(&self) -> (&'static str, String) {
        let Implementation { name, profile_option, tested, .. } = self.one;
        // The program of a library over a socket closes, or prints how a connection closed, only if it is asked to.
        let requests = self.finding.script.lines().any(|line| line.starts_with("app "));
        let close_command = if requests { " --close-command" } else { "" };
        let has_reports =
            matches!(self.rule.capability(), Capability::ReportsCloseStatus | Capability::ReportsClean);
        let options = format!("--script x.ws{close_command}{profile_option}");
        match (tested, has_reports) {
            (Tested::InProcess, _) => (
                "Save it as x.ws, and replay it:",
                format!("wsclose-full replay x.ws --subject {name}{profile_option}"),
            ),
            (Tested::Live(Role::Server), false) => {
                ("Save it as x.ws, and play it to the server at URL:", format!("wsclose check URL {options}"))
            }
            (Tested::Live(Role::Server), true) => (
                "Save it as x.ws, and play it to the server that the command SERVER starts:",
                format!(
                    "wsclose check 'ws://127.0.0.1:{{port}}/' --exec 'SERVER {{port}}' --server-reports-close {options}"
                ),
            ),
            (Tested::Live(Role::Client), has_reports) => {
                let reports = if has_reports { " --client-reports-close" } else { "" };
                (
                    "Save it as x.ws, and play it to the client that the command CLIENT starts. It reads URLs from \
                     standard input:",
                    format!("wsclose serve --exec-stdin CLIENT{reports} {options}"),
                )
            }
        }
    }

    /// The title of the script.
    pub fn script_title(&self) -> String {
        let role = match (self.one.tested, self.finding.role) {
            (Tested::InProcess, Some(role)) => format!(", as a {role}"),
            (Tested::InProcess | Tested::Live(_), _) => String::new(),
        };
        format!("The shortest script: {}{role}", self.finding.script_name)
    }
}
