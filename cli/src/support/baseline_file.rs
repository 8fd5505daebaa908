//! Writes a baseline, the file of accepted violations: keeps the entries that are there, drops stale ones, and adds the
//! violations of a run.

use std::io::Write;
use std::path::Path;

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};
use wsclose::analysis::baseline::{Baseline, KnownViolation, REASON_TO_FILL_IN};
use wsclose::analysis::status::RunStatus;
use wsclose::rules::Rule;

use crate::support::error::CliError;
use crate::support::files::{self, FileError};
use crate::support::output::Stdout;
use crate::support::report_dir::ReportWriter;
use crate::support::subjects;

/// The name of the array of entries in the file.
const ENTRIES: &str = "known";

/// The beginning of a new file.
const HEAD: &str = "\
# Accepted violations, for the option --baseline. Each entry accepts every violation of its rule.
# Replace each reason `to be filled in`: why is the violation accepted, and until when?
";

/// A baseline that a command writes after a run.
#[derive(Debug)]
pub struct BaselineFile {
    writer: ReportWriter,
    text: String,
    known: Baseline,
}

/// What a run showed about the entries of a baseline.
#[derive(Debug, Default)]
pub struct BaselineUpdate {
    /// The violations that fail the run.
    pub violations: Vec<KnownViolation>,
    /// The listed implementations and rules whose violations no longer occur.
    pub stale: Vec<(Option<String>, Rule)>,
    /// The violations that would be stale entries soon, each with the reason.
    pub left_out: Vec<String>,
}

impl BaselineFile {
    /// Reads the file if it exists, and checks that it can be written.
    ///
    /// # Errors
    /// If it is no baseline, or cannot be written.
    pub fn open(path: &Path) -> Result<BaselineFile, CliError> {
        let writer = ReportWriter::new(vec![path.to_owned()])?;
        let text = if path.exists() { files::read_config(path)? } else { HEAD.to_owned() };
        let known = subjects::parse_baseline(path, &text)?;
        let file = BaselineFile { writer, text, known };
        // The form of an array of inline tables cannot take further tables.
        let document = file.document();
        match document.get(ENTRIES) {
            None | Some(Item::ArrayOfTables(_)) => Ok(file),
            Some(_) => Err(FileError::InlineBaseline(files::display_path(path)).into()),
        }
    }

    /// The entries that the file has.
    pub fn known(&self) -> &Baseline {
        &self.known
    }

    /// The entry of a violation of a rule, which has no reason yet.
    pub fn new_entry(implementation: Option<&str>, rule: Rule, evidence: String) -> KnownViolation {
        KnownViolation {
            line: 0,
            rule,
            reason: REASON_TO_FILL_IN.to_owned(),
            implementation: implementation.map(str::to_owned),
            evidence: Some(evidence),
            version: None,
            source: None,
            script: None,
        }
    }

    /// Refuses another output that has the path of the file.
    ///
    /// # Errors
    /// If `path` is that path.
    pub fn refuse(&self, path: &Path) -> Result<(), CliError> {
        self.writer.refuse(path)
    }

    /// Writes the file, and prints what changed. Returns the status of a run that ended with `status`: its violations are
    /// accepted now.
    pub fn write(
        &self,
        update: &BaselineUpdate,
        status: RunStatus,
        out: &mut Stdout,
    ) -> Result<RunStatus, CliError> {
        self.writer.write([self.updated(update)], out)?;
        let name = |implementation: &Option<String>, rule: Rule| match implementation {
            Some(implementation) => format!("{implementation} {rule}"),
            None => rule.to_string(),
        };
        let added: Vec<String> =
            update.violations.iter().map(|entry| name(&entry.implementation, entry.rule)).collect();
        let stale: Vec<String> =
            update.stale.iter().map(|(implementation, rule)| name(implementation, *rule)).collect();
        let open = update.violations.iter().filter(|entry| !entry.has_reason()).count();
        for (what, names) in [
            ("added", &added),
            ("removed, because the violation no longer occurs", &stale),
            ("not written, because it is not confirmed", &update.left_out),
        ] {
            if !names.is_empty() {
                writeln!(out, "  {what}: {}", names.join(", "))?;
            }
        }
        let kept = self.known.iter().count() - stale.len();
        writeln!(out, "  {} added, {} removed, {kept} kept", added.len(), stale.len())?;
        if open > 0 {
            writeln!(
                out,
                "next: give the reasons that are `{REASON_TO_FILL_IN}`, and pass the file to --baseline"
            )?;
        }
        Ok(match status {
            RunStatus::Fail | RunStatus::Stale | RunStatus::Pass => RunStatus::Pass,
            RunStatus::Incomplete => RunStatus::Incomplete,
        })
    }

    fn document(&self) -> DocumentMut {
        self.text.parse().expect("a text that was parsed as a baseline is TOML")
    }

    /// The text of the file after a run.
    fn updated(&self, update: &BaselineUpdate) -> String {
        let mut document = self.document();
        // Without an entry, the comments of the file are what follows its last table.
        let mut head = match document.get(ENTRIES) {
            None => {
                let head = document.trailing().as_str().unwrap_or_default().to_owned();
                document.set_trailing("");
                Some(head)
            }
            Some(_) => None,
        };
        let entries = document.entry(ENTRIES).or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
        let entries = entries.as_array_of_tables_mut().expect("open() refuses other forms");
        let field = |table: &Table, name: &str| table.get(name).and_then(Item::as_str).map(str::to_owned);
        entries.retain(|table| {
            let is_entry = |(implementation, rule): &(Option<String>, Rule)| {
                field(table, "implementation") == *implementation
                    && field(table, "rule").as_deref() == Some(rule.id())
            };
            !update.stale.iter().any(is_entry)
        });
        for violation in &update.violations {
            let mut table = table(violation);
            table.decor_mut().set_prefix(format!("{}\n", head.take().unwrap_or_default()));
            entries.push(table);
        }
        if let Some(head) = head {
            document.set_trailing(head);
        }
        document.to_string()
    }
}

/// The table of an entry.
fn table(violation: &KnownViolation) -> Table {
    let mut table = Table::new();
    let optional = [
        ("implementation", &violation.implementation),
        ("version", &violation.version),
        ("evidence", &violation.evidence),
    ];
    table.insert("rule", value(violation.rule.id()));
    for (name, text) in optional {
        if let Some(text) = text {
            table.insert(name, value(text));
        }
    }
    table.insert("reason", value(&violation.reason));
    for (name, text) in [("source", &violation.source), ("script", &violation.script)] {
        if let Some(text) = text {
            table.insert(name, value(text));
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    const THERE: &str = "\
# Ours.

# A comment on the first.
[[known]]
rule = 'close-fin' # a comment
reason = \"Issue 17.\"

# A comment on the second.
[[known]]
reason = \"Issue 18.\"
rule = \"close-answered\"
";

    fn open(text: &str) -> (tempfile::TempDir, Result<BaselineFile, CliError>) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("wsclose.toml");
        std::fs::write(&path, text).expect("a file");
        let file = BaselineFile::open(&path);
        (folder, file)
    }

    #[test]
    fn entries_and_comments_are_kept_and_stale_ones_dropped() {
        let (_folder, file) = open(THERE);
        let file = file.expect("a baseline");
        let update = BaselineUpdate {
            violations: vec![BaselineFile::new_entry(None, Rule::CodeIsDefined, "a \"b\"\nc".to_owned())],
            stale: vec![(None, Rule::CloseAnswered)],
            left_out: Vec::new(),
        };
        let text = file.updated(&update);
        let kept = THERE.split("\n# A comment on the second.").next().expect("a beginning");
        assert!(text.starts_with(kept) && !text.contains("second"), "{text}");
        let after = Baseline::parse(&text).expect("a baseline");
        let rules: Vec<Rule> = after.iter().map(|entry| entry.rule).collect();
        assert_eq!(after.iter().count(), 2, "{rules:?}");
        assert_eq!(after.reason("", Rule::CloseFin), Some("Issue 17."));
        let new = after.get("", Rule::CodeIsDefined).expect("the new entry");
        assert_eq!((new.has_reason(), new.evidence.as_deref()), (false, Some("a \"b\"\nc")));
        assert_eq!(file.updated(&BaselineUpdate::default()), THERE, "nothing changes");
    }

    #[test]
    fn comments_of_a_file_without_entries_stay_at_its_beginning() {
        let (_folder, file) = open(HEAD);
        let file = file.expect("a baseline");
        assert_eq!(file.updated(&BaselineUpdate::default()), HEAD);
        let violations = vec![BaselineFile::new_entry(None, Rule::CloseFin, "e".to_owned())];
        let text = file.updated(&BaselineUpdate { violations, ..BaselineUpdate::default() });
        let entry = "rule = \"close-fin\"\nevidence = \"e\"\nreason = \"to be filled in\"\n";
        assert_eq!(text, format!("{HEAD}\n[[known]]\n{entry}"));
    }

    #[test]
    fn inline_tables_are_refused() {
        let (_folder, file) = open("known = [{ rule = \"close-fin\", reason = \"r\" }]\n");
        let error = file.expect_err("an array of inline tables").to_string();
        assert!(error.contains("[[known]]"), "{error}");
    }
}
