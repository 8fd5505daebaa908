//! Asks the questions of an examination, on a few connections.

use std::time::{Duration, Instant};

use wsclose::protocol::close::CloseBody;
use wsclose::protocol::code::CloseCode;

use crate::doctor::conversation::Conversation;
use crate::doctor::diagnosis::{Answer, Diagnosis, Question};
use crate::doctor::dialogue::{Dialogue, Heard, Message};
use crate::doctor::words::{described, ms, quoted};
use crate::endpoint::connection::CaseError;
use crate::transport::server_target::ServerTarget;
use crate::transport::upgrade::Origin;

/// How long the server may take for each step: in a whole examination, in a quick one, and after it was silent once.
const WHOLE_WAIT: Duration = Duration::from_secs(2);
const QUICK_WAIT: Duration = Duration::from_millis(500);

/// How long a quick examination takes at most, of a server that accepts connections. A run that has less time left does
/// without it: an answer that is cut off would look like a fault of the program.
pub const QUICK_LIMIT: Duration = Duration::from_secs(2);

/// How long an idle connection has to stay open.
const IDLE_TIME: Duration = Duration::from_secs(3);

/// An echo that takes longer, and that many times as long as the answer to a Close, is late.
const LATE: Duration = Duration::from_millis(150);
const LATE_FACTOR: u32 = 10;

/// Codes that a program sends in place of the requested one if it does not pass that on.
const USUAL_CODES: [CloseCode; 3] = [CloseCode(1000), CloseCode(1001), CloseCode(1011)];

/// The close command, with its code and reason.
const COMMAND: &str = "close:4000:wsclose";
const COMMAND_CODE: CloseCode = CloseCode(4000);
const COMMAND_REASON: &str = "wsclose";

/// A close command that a library rightly refuses.
const REFUSED_COMMAND: &str = "close:999:";

/// Why the questions on close commands are not asked.
const NO_COMMAND: &str = "the server has no close command, as far as the check is told";

/// How much is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// What a server answers at once, before a check: messages, a Close and the close command.
    Quick,
    /// Everything, in a few seconds.
    Whole,
}

/// The server to examine.
pub struct Examined<'a> {
    /// How to connect to it.
    pub target: &'a ServerTarget,
    /// It closes when it receives the text `close:CODE:REASON`.
    pub close_command: bool,
    /// How much to ask.
    pub depth: Depth,
    /// How its process exited, if it did.
    pub exit: &'a dyn Fn() -> Option<String>,
}

/// Examines a server.
pub fn examine(examined: &Examined<'_>) -> Diagnosis {
    let wait = match examined.depth {
        Depth::Quick => QUICK_WAIT,
        Depth::Whole => WHOLE_WAIT,
    };
    let (origins, answers) = (Vec::new(), Vec::new());
    let mut examination = Examination { examined, wait, nonce: 0, origins, answers, ends_on_text: false };
    let error = examination.ask_everything().err();
    let Examination { mut answers, ends_on_text, .. } = examination;
    answers.sort_by_key(|answer| answer.question);
    let obeys =
        answers.iter().any(|answer| answer.question == Question::ObeysCloseCommand && !answer.is_bad());
    Diagnosis { endpoint: examined.target.url.clone(), answers, error, ends_on_text: ends_on_text && !obeys }
}

struct Examination<'a> {
    examined: &'a Examined<'a>,
    wait: Duration,
    /// A number that differs between connections.
    nonce: u64,
    /// What the connections so far showed of the programs that answer.
    origins: Vec<Origin>,
    answers: Vec<Answer>,
    /// A text ended a connection.
    ends_on_text: bool,
}

impl Examination<'_> {
    fn ask_everything(&mut self) -> Result<(), CaseError> {
        let begun = Instant::now();
        let first = match self.open() {
            Ok(first) => first,
            Err(error) => {
                let remedy = "accept the opening handshake for this URL";
                self.answers.push(Answer::fault(Question::Upgrades, error.to_string(), remedy));
                return Err(error);
            }
        };
        self.answers.push(self.upgrade_answer(&first, begun.elapsed()));
        let is_alive = match self.examined.depth {
            Depth::Quick => {
                self.converse(first);
                self.ask_to_close(COMMAND, Question::ObeysCloseCommand)
            }
            Depth::Whole => self.ask_whole(first),
        };
        if is_alive && self.examined.depth == Depth::Whole {
            self.check_survival();
        }
        let answer = self.proxy_answer();
        self.answers.push(answer);
        Ok(())
    }

    /// The questions of a whole examination. `idle` is a new connection. Returns whether connections were established.
    fn ask_whole(&mut self, mut idle: Dialogue) -> bool {
        let opened = Instant::now();
        match self.open() {
            Ok(second) => {
                self.answers.push(Answer::fit(Question::ServesSeveral, "served two connections at a time"));
                self.converse(second);
                self.answers.push(idle_answer(&mut idle, opened));
            }
            Err(error) => {
                drop(idle);
                let Some(second) = self.open_or_report() else { return false };
                let seen = format!("served a second connection only when the first was over ({error})");
                let remedy =
                    "serve each connection in a task or thread of its own, or check with one at a time";
                self.answers.push(Answer::fault(Question::ServesSeveral, seen, remedy));
                self.converse(second);
                let Some(mut idle) = self.open_or_report() else { return false };
                self.answers.push(idle_answer(&mut idle, Instant::now()));
            }
        }
        self.ask_to_close(COMMAND, Question::ObeysCloseCommand)
            && self.ask_to_close("close::", Question::ObeysEmptyCloseCommand)
            && self.ask_what_is_refused()
    }

    /// Sends a close command whose code must not be sent, and looks whether the server goes on. Returns whether it does.
    fn ask_what_is_refused(&mut self) -> bool {
        let question = Question::SurvivesRefusal;
        if !self.examined.close_command {
            self.answers.push(Answer::skipped(question, NO_COMMAND));
            return true;
        }
        let Some(mut dialogue) = self.open_or_report() else { return false };
        dialogue.send(&Message { is_text: true, octets: REFUSED_COMMAND.as_bytes().to_vec() });
        let (begun, wait) = (Instant::now(), QUICK_WAIT.min(self.wait));
        while let Heard::Message(_) = dialogue.next(wait.saturating_sub(begun.elapsed())) {}
        drop(dialogue);
        let error = match self.open() {
            Ok(_) => {
                self.answers
                    .push(Answer::fit(question, format!("went on after the text `{REFUSED_COMMAND}`")));
                return true;
            }
            Err(error) => error,
        };
        let exit = (self.examined.exit)().map_or(String::new(), |how| format!("; it exited: {how}"));
        let seen = format!("serves no further connection after the text `{REFUSED_COMMAND}` ({error}{exit})");
        let remedy = "catch the error with which the library refuses a code or a reason, and leave the connection open: \
                      cases request codes that must not be sent";
        self.answers.push(Answer::fault(question, seen, remedy));
        false
    }

    fn open(&mut self) -> Result<Dialogue, CaseError> {
        self.nonce += 1;
        // A busy machine delays the opening handshake most.
        let dialogue = Dialogue::open(self.examined.target, self.nonce, 2 * self.wait)?;
        self.origins.push(dialogue.origin.clone());
        Ok(dialogue)
    }

    /// A further connection. Without one, the server has not survived those before.
    fn open_or_report(&mut self) -> Option<Dialogue> {
        match self.open() {
            Ok(dialogue) => Some(dialogue),
            Err(error) => {
                let exit = (self.examined.exit)().map_or(String::new(), |how| format!("; it exited: {how}"));
                let seen =
                    format!("serves no further connection after {} ({error}{exit})", self.origins.len());
                let remedy = "keep the server running when a connection ends, however it ends";
                self.answers.push(Answer::fault(Question::Survives, seen, remedy));
                None
            }
        }
    }

    fn check_survival(&mut self) {
        if self.open_or_report().is_some() {
            let seen = format!("served {} connections, one after another", self.origins.len());
            self.answers.push(Answer::fit(Question::Survives, seen));
        }
    }

    fn upgrade_answer(&self, first: &Dialogue, after: Duration) -> Answer {
        match &first.origin.subprotocol {
            Some(name) if !self.examined.target.offers(name) => Answer::fault(
                Question::Upgrades,
                format!("selected the subprotocol {} that was not offered", quoted(name.as_bytes())),
                "select one of the offered subprotocols or none (RFC 6455 §4.2.2)",
            ),
            Some(_) | None => {
                let server =
                    first.origin.server.as_ref().map_or(String::new(), |name| format!(", Server: {name}"));
                Answer::fit(
                    Question::Upgrades,
                    format!("accepted the opening handshake after {}{server}", ms(after)),
                )
            }
        }
    }

    /// Asks what messages and a Close show, on a new connection.
    fn converse(&mut self, mut dialogue: Dialogue) {
        let conversation = Conversation::hold(&mut dialogue, self.wait);
        self.answers.extend(conversation.answers());
        self.ends_on_text = conversation.ends_on_text();
        let is_silent = conversation.is_silent();
        if is_silent {
            self.wait = QUICK_WAIT.min(self.wait);
        }
        // A conversation that ended early leaves no connection for the Close.
        let dialogue = if conversation.is_over() { self.open().ok() } else { Some(dialogue) };
        let Some(mut dialogue) = dialogue else { return };
        let begun = Instant::now();
        dialogue.send_close(1000);
        let (answer, delay) = loop {
            let left = self.wait.saturating_sub(begun.elapsed());
            let remedy = "go on reading until the library reports that the connection is closed; if the program does, \
                          the library is the reason, which the check shows";
            let seen = match dialogue.next(left) {
                Heard::Message(_) => continue,
                Heard::Close(body) => {
                    let after = begun.elapsed();
                    let seen = format!("answered 1000 with {} after {}", described(&body), ms(after));
                    break (Answer::fit(Question::AnswersClose, seen), Some(after));
                }
                Heard::TcpEnd => "ended TCP without an answer to a Close".to_owned(),
                Heard::Silence => format!("did not answer a Close within {}", ms(self.wait)),
                Heard::TooMuch => "sent data without end in place of an answer to a Close".to_owned(),
            };
            break (Answer::unclear(Question::AnswersClose, seen, remedy), None);
        };
        self.answers.push(answer);
        if let (Some(echo), Some(close)) = (conversation.echo_delay(), delay)
            && echo > LATE.max(LATE_FACTOR * close)
        {
            let seen = format!("echoes a text after {}, and answers a Close after {}", ms(echo), ms(close));
            let remedy =
                "echo a message at once: cases wait for an echo only as long as for an answer to a Close";
            self.answers.retain(|answer| answer.question != Question::EchoesText);
            self.answers.push(Answer::fault(Question::EchoesText, seen, remedy));
        }
        if is_silent && delay.is_some() {
            let seen = "answers a Close and no message: the program does not echo, or a proxy answers for it";
            let remedy = "check the server behind a proxy under its own address";
            self.answers.push(Answer::unclear(Question::IsNoProxy, seen, remedy));
        }
    }

    /// Sends a close command on a new connection. Returns whether that was established, or was not needed.
    fn ask_to_close(&mut self, command: &str, question: Question) -> bool {
        if !self.examined.close_command {
            self.answers.push(Answer::skipped(question, NO_COMMAND));
            return true;
        }
        let Some(mut dialogue) = self.open_or_report() else { return false };
        dialogue.send(&Message { is_text: true, octets: command.as_bytes().to_vec() });
        let remedy = "close with CODE and REASON when the text `close:CODE:REASON` arrives; an empty CODE stands for none";
        let begun = Instant::now();
        let answer = loop {
            let seen = match dialogue.next(self.wait.saturating_sub(begun.elapsed())) {
                Heard::Message(message) if message.octets == command.as_bytes() => {
                    format!("echoed the text `{command}` and did not close")
                }
                Heard::Message(_) => continue,
                Heard::Close(body) => {
                    dialogue.send_close(1000);
                    break close_answer(question, command, &body);
                }
                Heard::TcpEnd => format!("ended TCP without a Close when it received `{command}`"),
                Heard::Silence => {
                    format!("did not close within {} when it received `{command}`", ms(self.wait))
                }
                Heard::TooMuch => format!("sent data without end when it received `{command}`"),
            };
            break Answer::fault(question, seen, remedy);
        };
        self.answers.push(answer);
        true
    }

    /// What the header fields show of a proxy, unless something else has shown one.
    fn proxy_answer(&mut self) -> Answer {
        if let Some(at) = self.answers.iter().position(|answer| answer.question == Question::IsNoProxy) {
            return self.answers.swap_remove(at);
        }
        let remedy =
            "check the server behind the proxy under its own address: a proxy closes connections on its own";
        if let Some(via) = self.origins.iter().find_map(|origin| origin.via.as_ref()) {
            return Answer::fault(
                Question::IsNoProxy,
                format!("answers through a proxy: Via: {via}"),
                remedy,
            );
        }
        let mut names: Vec<&str> =
            self.origins.iter().filter_map(|origin| origin.server.as_deref()).collect();
        names.dedup();
        match names.as_slice() {
            [first, second, ..] => {
                let seen = format!("answered as `{first}` once and as `{second}` another time");
                Answer::fault(Question::IsNoProxy, seen, remedy)
            }
            [] | [_] => {
                let seen = "no field Via, and one Server; a proxy that passes everything on does not show";
                Answer::fit(Question::IsNoProxy, seen)
            }
        }
    }
}

/// The answer of a server that closed with this body when it received a close command.
fn close_answer(question: Question, command: &str, body: &[u8]) -> Answer {
    let (seen, pass_on) = (
        format!("closed with {} when it received `{command}`", described(body)),
        "pass CODE and REASON of the command to the library's close function; if the program does, its library changes them",
    );
    let parsed = CloseBody::parse(body);
    // Some libraries cannot close without a code.
    let is_as_requested = question == Question::ObeysEmptyCloseCommand
        || parsed == Ok(CloseBody::Status { code: COMMAND_CODE, reason: COMMAND_REASON });
    let is_usual = match parsed {
        Ok(CloseBody::Empty) => true,
        Ok(CloseBody::Status { code, .. }) => code == COMMAND_CODE || USUAL_CODES.contains(&code),
        Err(_) => false,
    };
    match (is_as_requested, is_usual) {
        (true, _) => Answer::fit(question, seen),
        (false, true) => Answer::fault(question, seen, pass_on),
        (false, false) => Answer::unclear(question, seen, pass_on),
    }
}

/// Whether the server leaves a connection alone on which nothing is sent. It was opened at that time.
fn idle_answer(idle: &mut Dialogue, opened: Instant) -> Answer {
    let question = Question::LeavesIdleAlone;
    let heard = idle.next(IDLE_TIME.saturating_sub(opened.elapsed()));
    // What happened during other connections is seen now.
    let within = ms(opened.elapsed());
    let keep_open = "leave idle connections open, for a minute or longer: cases wait";
    match heard {
        Heard::Silence => {
            Answer::fit(question, format!("left a connection without messages open for {}", ms(IDLE_TIME)))
        }
        Heard::Message(message) => Answer::fault(
            question,
            format!("sent {} without a message before it", quoted(&message.octets)),
            "send nothing but echoes",
        ),
        Heard::TooMuch => Answer::fault(question, "sent data without end", "send nothing but echoes"),
        Heard::Close(body) => Answer::fault(
            question,
            format!("closed a connection without messages with {} within {within}", described(&body)),
            keep_open,
        ),
        Heard::TcpEnd => Answer::fault(
            question,
            format!("ended TCP of a connection without messages within {within}"),
            keep_open,
        ),
    }
}
