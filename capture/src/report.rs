//! The report on a recorded connection: as text, and as data.

use std::fmt;

use serde::Serialize;
use wsclose::analysis::status::FindingStatus;
use wsclose::judge::hints_on_recording;
use wsclose::protocol::role::Role;
use wsclose::rules::{Level, Rule};

use crate::answer::{self, Answer, ApiCode};
use crate::judgement::{self, Judgement, Settings};
use crate::opening::{Field, Opening, field};
use crate::recording::RecordedConnection;
use crate::session::Session;
use crate::timeline;

/// What stands in place of a host or the value of a header field.
const REDACTED: &str = "REDACTED";

/// How a report is made.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReportSettings {
    /// How the connection is judged.
    pub judging: Settings,
    /// Payloads of messages are shown by their lengths alone, and hosts and the values of header fields not at all.
    pub redact: bool,
}

/// The report on a connection.
#[derive(Clone, Debug, Serialize)]
pub struct ConnectionReport {
    /// The number of the connection in its file, from 1.
    pub number: usize,
    /// The address of the client.
    pub client: String,
    /// The address of the server.
    pub server: String,
    /// The request target of the opening handshake.
    pub target: Option<String>,
    /// What happened, a sentence each.
    pub answer: Vec<String>,
    /// Usual causes that are no violation, a sentence each.
    pub causes: Vec<String>,
    /// What the APIs will have reported: the client's, then the server's.
    pub apis: Vec<ApiEntry>,
    /// The violations, those of the client first.
    pub violations: Vec<ViolationEntry>,
    /// What the reader noticed, a sentence each.
    pub notes: Vec<String>,
    /// The frames and events of both directions.
    pub timeline: Vec<TimelineEntry>,
    /// The rules that the recording leaves open, with the reason.
    pub inconclusive: Vec<OpenEntry>,
}

/// What an API will have reported.
#[derive(Clone, Debug, Serialize)]
pub struct ApiEntry {
    /// `client` or `server`.
    pub side: &'static str,
    /// The code; none while the connection is open, and of a Close that was not recorded.
    pub code: Option<u16>,
    /// The connection is open, as far as it was recorded.
    pub open: bool,
    /// Whether the closure counts as clean.
    pub clean: bool,
}

/// A violation.
#[derive(Clone, Debug, Serialize)]
pub struct ViolationEntry {
    /// `client` or `server`.
    pub side: &'static str,
    /// The rule.
    pub rule: &'static str,
    /// Its level.
    pub level: &'static str,
    /// Its sections in RFC 6455.
    pub sections: &'static str,
    /// Its sentence.
    pub summary: &'static str,
    /// What a conforming endpoint does.
    pub expected: String,
    /// What this one did.
    pub found: String,
    /// Usual mistakes that lead to this.
    pub hints: Vec<String>,
    /// The number of the packet that shows it.
    pub packet: Option<u64>,
    /// The index of the line in `timeline` that shows it.
    pub line: Option<usize>,
}

/// A line of the timeline.
#[derive(Clone, Debug, Serialize)]
pub struct TimelineEntry {
    /// `client` or `server`: who sent it.
    pub from: &'static str,
    /// The number of the packet.
    pub packet: Option<u64>,
    /// Seconds since the beginning of the recording.
    pub seconds: Option<f64>,
    /// The frame or event.
    pub text: String,
    /// The rules that it violates.
    pub violates: Vec<&'static str>,
}

/// A rule that the recording leaves open.
#[derive(Clone, Debug, Serialize)]
pub struct OpenEntry {
    /// `client` or `server`.
    pub side: &'static str,
    /// The rule.
    pub rule: &'static str,
    /// The reason.
    pub reason: &'static str,
}

impl ConnectionReport {
    /// The report on a connection; `None` if it is not a WebSocket connection. `number` is its number in the file.
    pub fn of(
        connection: &RecordedConnection,
        number: usize,
        settings: ReportSettings,
    ) -> Option<ConnectionReport> {
        let session = Session::of(connection)?;
        let judgement = judgement::judge(&session, settings.judging);
        Some(ConnectionReport::of_judged(&session, &judgement, number, settings))
    }

    /// The report on a session that is judged.
    pub(crate) fn of_judged(
        session: &Session,
        judgement: &Judgement,
        number: usize,
        settings: ReportSettings,
    ) -> ConnectionReport {
        let mut answer = answer::answer(session, judgement, settings.judging.profile);
        if settings.redact {
            redact(session, &mut answer);
        }
        let violations = violations(session, judgement);
        let (timeline, violations) = timeline(session, violations, settings.redact);
        let host = |address: &str| if settings.redact { redacted_host(address) } else { address.to_owned() };
        let apis = Role::ALL.into_iter().zip(&answer.apis).map(|(role, api)| ApiEntry {
            side: role.name(),
            code: match api.code {
                ApiCode::Reported(code) => Some(code.0),
                ApiCode::NotRecorded | ApiCode::Open => None,
            },
            open: api.code == ApiCode::Open,
            clean: api.clean,
        });
        let open = |side: &judgement::SideJudgement| {
            let role = side.role;
            let entry = move |(rule, reason): &(Rule, &'static str)| OpenEntry {
                side: role.name(),
                rule: rule.id(),
                reason,
            };
            side.inconclusive.iter().map(entry).collect::<Vec<_>>()
        };
        ConnectionReport {
            number,
            client: host(&session.client),
            server: host(&session.server),
            target: target(&session.opening).filter(|_| !settings.redact),
            apis: apis.collect(),
            answer: answer.course,
            causes: answer.causes,
            violations,
            notes: session.notes.clone(),
            timeline,
            inconclusive: judgement.sides.iter().flat_map(open).collect(),
        }
    }

    /// The report in short: who, and how the connection ended.
    pub fn brief(&self) -> Brief<'_> {
        Brief(self)
    }

    /// The status of each violation. `strict` also fails on what would warn.
    pub fn statuses(&self, strict: bool) -> impl Iterator<Item = FindingStatus> {
        let level =
            |violation: &ViolationEntry| violation.rule.parse::<Rule>().map_or(Level::Info, Rule::level);
        self.violations.iter().map(move |violation| FindingStatus::of(level(violation), false, strict))
    }
}

fn target(opening: &Opening) -> Option<String> {
    match opening {
        Opening::Accepted(accepted) => Some(accepted.request.target.clone()),
        Opening::Refused { request, .. } | Opening::Unanswered(request) => Some(request.target.clone()),
        Opening::Unseen => None,
    }
}

/// Replaces what an answer quotes from the fields of a response.
fn redact(session: &Session, answer: &mut Answer) {
    let fields: &[Field] = match &session.opening {
        Opening::Refused { fields, .. } => fields,
        Opening::Accepted(_) | Opening::Unanswered(_) | Opening::Unseen => return,
    };
    for name in ["Location", "Server", "Via", "WWW-Authenticate"] {
        let Some(value) = field(fields, name).filter(|value| !value.is_empty()) else { continue };
        for sentence in &mut answer.course {
            *sentence = sentence.replace(value, REDACTED);
        }
    }
}

/// The address without its host.
fn redacted_host(address: &str) -> String {
    match address.rsplit_once(':') {
        Some((_, port)) => format!("{REDACTED}:{port}"),
        None if address.is_empty() => String::new(),
        None => REDACTED.to_owned(),
    }
}

/// The violations, each with the event that shows it.
fn violations(session: &Session, judgement: &Judgement) -> Vec<(Option<usize>, ViolationEntry)> {
    let mut entries = Vec::new();
    for side in &judgement.sides {
        for (violation, finding) in side.violations.iter().zip(&side.findings) {
            let packet = violation.event.and_then(|event| session.events.get(event)?.packet);
            let entry = ViolationEntry {
                side: side.role.name(),
                rule: violation.rule.id(),
                level: violation.level.name(),
                sections: violation.rule.sections(),
                summary: violation.rule.summary(),
                expected: violation.expected.clone(),
                found: violation.actual.clone(),
                hints: hints_on_recording(&side.trace, finding).iter().map(ToString::to_string).collect(),
                packet,
                line: None,
            };
            entries.push((violation.event, entry));
        }
    }
    entries
}

/// The lines of the timeline with the violations that each shows.
fn timeline(
    session: &Session,
    violations: Vec<(Option<usize>, ViolationEntry)>,
    redact: bool,
) -> (Vec<TimelineEntry>, Vec<ViolationEntry>) {
    let lines = timeline::lines(session, redact);
    let mut entries: Vec<TimelineEntry> = lines
        .iter()
        .map(|line| TimelineEntry {
            from: line.from.name(),
            packet: line.packet,
            seconds: line.time.map(|time| time.as_secs_f64()),
            text: line.text.clone(),
            violates: Vec::new(),
        })
        .collect();
    let violations = violations.into_iter().map(|(event, mut violation)| {
        // The last line that begins in the event or before it: the frame that the event completes.
        violation.line = event.and_then(|event| lines.iter().rposition(|line| line.event <= event));
        if let Some(line) = violation.line {
            entries[line].violates.push(violation.rule);
        }
        violation
    });
    let violations = violations.collect();
    (entries, violations)
}

/// Displays the head of a report: who, and how the connection ended.
#[derive(Clone, Copy, Debug)]
pub struct Brief<'a>(&'a ConnectionReport);

impl fmt::Display for Brief<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.head(f)
    }
}

impl fmt::Display for ConnectionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head(f)?;
        for violation in &self.violations {
            let what = if violation.level == Level::Info.name() { "NOTED of" } else { "VIOLATED by" };
            writeln!(f)?;
            writeln!(
                f,
                "  {what} the {}: {} ({}, RFC 6455 §{})",
                violation.side, violation.rule, violation.level, violation.sections
            )?;
            wrapped(f, "    ", violation.summary)?;
            wrapped(f, "    ", &format!("expected:  {}", violation.expected))?;
            wrapped(f, "    ", &format!("found:     {}", violation.found))?;
            for hint in &violation.hints {
                wrapped(f, "    ", &format!("hint:      {hint}"))?;
            }
        }
        writeln!(f)?;
        self.timeline.iter().try_for_each(|line| line.fmt(f))
    }
}

impl ConnectionReport {
    fn head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "connection {}", self.number)?;
        if !self.client.is_empty() || !self.server.is_empty() {
            write!(f, ": client {}, server {}", self.client, self.server)?;
        }
        if let Some(target) = &self.target {
            write!(f, ", {target}")?;
        }
        writeln!(f)?;
        wrapped(f, "  ", &self.answer.join(" "))?;
        let apis = self.apis_in_words();
        wrapped(f, "  ", &format!("What the APIs will have reported: {apis}."))?;
        for cause in &self.causes {
            wrapped(f, "  ", cause)?;
        }
        for note in &self.notes {
            wrapped(f, "  ", &format!("Note: {note}"))?;
        }
        Ok(())
    }

    /// What the API of each side will have reported: `the client 1000, clean; the server 1006, not clean`.
    pub fn apis_in_words(&self) -> String {
        let api = |api: &ApiEntry| {
            let code = match api.code {
                Some(code) => code.to_string(),
                None if api.open => return format!("the {} nothing yet", api.side),
                None => "a code that was not recorded".to_owned(),
            };
            let clean = if api.clean { ", clean" } else { ", not clean" };
            format!("the {} {code}{clean}", api.side)
        };
        self.apis.iter().map(api).collect::<Vec<_>>().join("; ")
    }
}

impl fmt::Display for TimelineEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let packet = self.packet.map(|packet| packet.to_string()).unwrap_or_default();
        let seconds = self.seconds.map(|seconds| format!("{seconds:.3}")).unwrap_or_default();
        let arrow = if self.from == Role::Client.name() { '>' } else { '<' };
        write!(f, "  {packet:>5} {seconds:>9}  {arrow}  {}", self.text)?;
        if !self.violates.is_empty() {
            write!(f, "  <-- {}", self.violates.join(", "))?;
        }
        writeln!(f)
    }
}

/// Writes a paragraph in 80 columns.
fn wrapped(f: &mut fmt::Formatter<'_>, indent: &str, text: &str) -> fmt::Result {
    let options = textwrap::Options::new(80)
        .initial_indent(indent)
        .subsequent_indent(indent)
        // The id of a rule has hyphens, and stays whole.
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .word_separator(textwrap::WordSeparator::AsciiSpace);
    writeln!(f, "{}", textwrap::fill(text, options))
}
