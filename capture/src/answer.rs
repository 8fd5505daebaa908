//! The answer in words: how a connection ended, why, and what the applications of both sides were told.

use std::time::Duration;

use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::role::Role;
use wsclose::rules::Level;

use crate::judgement::Judgement;
use crate::opening::{Opening, field};
use crate::recording::{End, RecordedKind};
use crate::session::{RecordedClose, Session};

/// The shortest silence that counts as the cause of an end: no usual idle timeout is shorter.
const IDLE: Duration = Duration::from_secs(5);

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What happened, a sentence each, in order.
    pub course: Vec<String>,
    /// Usual causes that are no violation, and usual mistakes, a sentence each.
    pub causes: Vec<String>,
    /// What the API of each side will have reported: the client, then the server.
    pub apis: [ApiReport; 2],
}

/// What an API reports of a closure (WHATWG WebSockets, `CloseEvent`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiReport {
    /// The code.
    pub code: ApiCode,
    /// Whether the closure counts as clean: both sides sent a Close (§7.1.4).
    pub clean: bool,
}

/// The code that an API reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiCode {
    /// The code of the received Close, 1005 for one without a code, or 1006 without a Close.
    Reported(CloseCode),
    /// The code of a Close that the recording lacks.
    NotRecorded,
    /// None: the connection is open.
    Open,
}

/// Tells how a session ended.
pub fn answer(session: &Session, judgement: &Judgement, profile: Profile) -> Answer {
    let mut builder = AnswerBuilder { session, course: Vec::new(), causes: Vec::new() };
    match &session.opening {
        Opening::Refused { status, fields, .. } => builder.refused(*status, fields),
        Opening::Unanswered(_) => {
            builder
                .course
                .push("The server did not answer the opening handshake in this recording.".to_owned());
        }
        Opening::Accepted(_) | Opening::Unseen => {
            builder.closes();
            builder.end_of_tcp();
            builder.causes();
        }
    }
    builder.violations(judgement);
    let apis = Role::ALL.map(|role| api_report(session, role, profile));
    Answer { course: builder.course, causes: builder.causes, apis }
}

struct AnswerBuilder<'a> {
    session: &'a Session,
    course: Vec<String>,
    causes: Vec<String>,
}

impl AnswerBuilder<'_> {
    fn refused(&mut self, status: u16, fields: &[crate::opening::Field]) {
        let mut line = format!("The server refused the opening handshake with status {status}");
        for name in ["Location", "Server", "Via", "WWW-Authenticate"] {
            if let Some(value) = field(fields, name) {
                line.push_str(&format!(", {name}: {value}"));
            }
        }
        line.push('.');
        self.course.push(line);
        self.causes
            .push("No WebSocket connection was opened: the API of the client reports 1006.".to_owned());
    }

    fn time_of(&self, event: usize) -> Option<Duration> {
        self.session.events.get(event)?.time
    }

    fn place(&self, event: usize) -> String {
        let Some(recorded) = self.session.events.get(event) else { return String::new() };
        let packet = recorded.packet.map(|packet| format!("packet {packet}"));
        let time = recorded.time.map(|time| format!("{:.3} s", time.as_secs_f64()));
        let parts: Vec<String> = packet.into_iter().chain(time).collect();
        if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
    }

    /// A sentence for each Close.
    fn closes(&mut self) {
        let closes = &self.session.closes;
        let Some(first) = closes.first() else {
            self.course.push("Neither side sent a Close.".to_owned());
            return;
        };
        let mut counts = [0usize; 2];
        for close in closes {
            let count = &mut counts[close.from as usize];
            *count += 1;
            let what = described(close);
            let place = self.place(close.event);
            let line = if *count > 1 {
                format!("The {} sent a further Close, {what}{place}.", close.from)
            } else if std::ptr::eq(close, first) {
                format!("The {} sent Close {what}{place}.", close.from)
            } else {
                let after = self.after(first.event, close.event);
                format!("The {} answered with Close {what}{after}{place}.", close.from)
            };
            self.course.push(line);
        }
        let silent = first.from.peer();
        if counts[silent as usize] == 0 && (first.is_complete || self.session.has_headers_only) {
            self.course.push(format!("The {silent} sent no Close."));
        }
    }

    /// ` after 3 ms`, if both times are known.
    fn after(&self, from: usize, to: usize) -> String {
        match (self.time_of(from), self.time_of(to)) {
            (Some(from), Some(to)) => format!(" after {}", duration(to.saturating_sub(from))),
            (None, _) | (_, None) => String::new(),
        }
    }

    fn end_of_tcp(&mut self) {
        let ends: Vec<usize> =
            (0..self.session.events.len()).filter(|at| self.session.events[*at].kind.ends_tcp()).collect();
        for (index, at) in ends.iter().enumerate() {
            let event = &self.session.events[*at];
            let what = if event.kind == RecordedKind::Fin {
                "ended its side of TCP (FIN)"
            } else {
                "reset TCP (RST)"
            };
            let last = if index > 0 { Some(ends[index - 1]) } else { at.checked_sub(1) };
            let after = last.map(|last| self.after(last, *at)).unwrap_or_default();
            self.course.push(format!("The {} {what}{after}{}.", event.from, self.place(*at)));
        }
        match (self.session.end, ends.is_empty()) {
            (End::Cut, true) if self.session.is_cut => {
                self.course.push("What follows is missing in the recording.".to_owned());
            }
            (End::Cut, true) => self.course.push("The recording ends while TCP is open.".to_owned()),
            (End::Cut | End::Complete, _) => {}
        }
    }

    fn violations(&mut self, judgement: &Judgement) {
        let mut listed = Vec::new();
        for side in &judgement.sides {
            // What the RFC leaves open is no violation.
            for violation in side.violations.iter().filter(|violation| violation.level != Level::Info) {
                let sections = violation.rule.sections();
                listed.push(format!("{} (§{sections}) by the {}", violation.rule, side.role));
            }
        }
        self.course.push(match listed.len() {
            0 => "The recording shows no violation.".to_owned(),
            _ => format!("Violated: {}.", listed.join("; ")),
        });
    }

    /// Usual causes that are no violation.
    fn causes(&mut self) {
        self.idle_timeout();
        self.end_without_close();
        for close in &self.session.closes {
            if let Some(code) = close.code().filter(|code| is_local_only(*code)) {
                self.causes.push(format!(
                    "{code} is what an API reports locally. The {}, its program or a proxy before it, sent that report on \
                     as a Close.",
                    close.from
                ));
            }
        }
        self.failure();
        self.reset_with_unread();
    }

    fn idle_timeout(&mut self) {
        if !self.session.closes.is_empty() {
            return;
        }
        let events = &self.session.events;
        let Some(at) = events.iter().position(|event| event.kind.ends_tcp()) else {
            return;
        };
        let Some(silence) = at
            .checked_sub(1)
            .and_then(|before| Some(self.time_of(at)?.saturating_sub(self.time_of(before)?)))
            .filter(|silence| *silence >= IDLE)
        else {
            return;
        };
        self.causes.push(format!(
            "TCP ended after {} of silence: an idle timeout on the {}'s side of where this was recorded, of the {} itself or \
             of a proxy.",
            duration(silence),
            events[at].from,
            events[at].from
        ));
    }

    fn end_without_close(&mut self) {
        let Some(first) = self.session.events.iter().find(|event| event.kind.ends_tcp()) else { return };
        if self.session.first_close(first.from).is_none()
            && self.session.first_close(first.from.peer()).is_none()
        {
            self.causes.push(format!(
                "The {} ended TCP without a Close, so the API of the other side reports 1006.",
                first.from
            ));
        }
    }

    /// A side that rejected what it received says so by its code.
    fn failure(&mut self) {
        let Some(first) = self.session.closes.first() else { return };
        let why = match first.code() {
            Some(CloseCode::TOO_BIG) => "a message was too big for it",
            Some(CloseCode::PROTOCOL_ERROR) => "it received what breaks the protocol, in its opinion",
            Some(CloseCode::INVALID_PAYLOAD) => {
                "a message had content that its type does not allow, such as bad UTF-8"
            }
            Some(_) | None => return,
        };
        let (side, peer) = (first.from, first.from.peer());
        let mut line = format!("The {side} failed the connection: {why}.");
        if self.session.first_close(peer).is_none() {
            line.push_str(&format!(" The {peer} left without an answer."));
        }
        self.causes.push(line);
    }

    fn reset_with_unread(&mut self) {
        let events = &self.session.events;
        let Some(at) = events.iter().position(|event| event.kind == RecordedKind::Reset) else { return };
        let reset = &events[at];
        let sent_before: usize = events[..at]
            .iter()
            .filter(|event| event.from == reset.from.peer())
            .filter_map(|event| event.kind.octets())
            .map(<[u8]>::len)
            .sum();
        if sent_before > 0 {
            self.causes.push(format!(
                "The {} reset TCP. A system does so when a program ends a connection with octets that it has not read. \
                 Whether the other side still received the last octets cannot be told from a recording made elsewhere.",
                reset.from
            ));
        }
    }
}

/// The code and reason: `1000 "bye"`, `without a code`.
fn described(close: &RecordedClose) -> String {
    let length = close.header.length.value();
    if close.payload.is_empty() && !close.is_complete {
        return format!("({length} octets, not recorded)");
    }
    let cut = if close.is_complete { "" } else { ", incomplete" };
    let body = match (close.code(), close.reason()) {
        (Some(code), Some("")) => code.to_string(),
        (Some(code), Some(reason)) => format!("{code} {reason:?}"),
        (Some(code), None) => format!("{code} and a reason that is not valid"),
        (None, _) if length == 0 => "without a code".to_owned(),
        (None, _) => "with a body of one octet".to_owned(),
    };
    let long = if length > 125 { format!(" ({length} octets)") } else { String::new() };
    format!("{body}{long}{cut}")
}

fn is_local_only(code: CloseCode) -> bool {
    matches!(code.0, 1005 | 1006 | 1015)
}

/// `3 ms`, `30.0 s`.
fn duration(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        format!("{} ms", duration.as_millis())
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}

/// What the API of a side will have reported, if it does as the WHATWG standard says.
fn api_report(session: &Session, role: Role, profile: Profile) -> ApiReport {
    let has_ended = session.events.iter().any(|event| event.kind.ends_tcp())
        || session.end == End::Complete
        || !matches!(session.opening, Opening::Accepted(_) | Opening::Unseen);
    let abnormal = ApiCode::Reported(CloseCode(1006));
    let received = session.first_close(role.peer());
    let code = match received {
        Some(close) if close.is_complete => match close.code() {
            None if close.header.length.value() == 0 => ApiCode::Reported(CloseCode(1005)),
            Some(code) if close.reason().is_some() && code.acceptable(profile).is_ok() => {
                ApiCode::Reported(code)
            }
            // An endpoint fails the connection for it.
            Some(_) | None => abnormal,
        },
        Some(_) if session.has_headers_only => ApiCode::NotRecorded,
        Some(_) | None if has_ended => abnormal,
        Some(_) | None => ApiCode::Open,
    };
    let clean = received.is_some() && session.first_close(role).is_some() && code != abnormal;
    ApiReport { code, clean }
}
