//! Sends a few messages on one connection, and judges the echoes.

use std::time::{Duration, Instant};

use crate::doctor::diagnosis::{Answer, Question};
use crate::doctor::dialogue::{Dialogue, Heard, Message};
use crate::doctor::words::{described, quoted};

/// How long a server may take for an echo after it was silent once.
const AFTER_SILENCE: Duration = Duration::from_millis(300);

/// The messages. The binary one is UTF-8 too, so that it arrives unchanged as a text. The last is a text that resembles a
/// command, and is none.
const TEXT: &str = "wsclose Doctor 1";
const BINARY: [u8; 4] = [0, 1, 0x7e, 0x7f];
const NO_COMMAND: &str = "wsclose:4000:no command";

/// What came back for a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Echo {
    /// The message.
    Same,
    /// The message, after others.
    After(Vec<Message>),
    /// The message in this many messages.
    Split(usize),
    /// A text as a binary message, or the other way round.
    OtherType,
    /// Another message.
    Changed(Message),
    /// Nothing in time.
    Silent,
    /// A Close with this body.
    Closed(Vec<u8>),
    /// The end of TCP.
    TcpEnd,
    /// Data without end.
    TooMuch,
}

impl Echo {
    /// Sends a message, and waits for its echo.
    fn of(dialogue: &mut Dialogue, sent: &Message, wait: Duration) -> Echo {
        dialogue.send(sent);
        let begun = Instant::now();
        let mut others: Vec<Message> = Vec::new();
        loop {
            match dialogue.next(wait.saturating_sub(begun.elapsed())) {
                Heard::Message(message) if message == *sent => {
                    return if others.is_empty() { Echo::Same } else { Echo::After(others) };
                }
                Heard::Message(message) => others.push(message),
                Heard::Close(body) => return Echo::Closed(body),
                Heard::TcpEnd => return Echo::TcpEnd,
                Heard::TooMuch => return Echo::TooMuch,
                Heard::Silence => return Echo::without_end(others, sent),
            }
        }
    }

    /// What came back, if the message itself did not.
    fn without_end(mut others: Vec<Message>, sent: &Message) -> Echo {
        let joined: Vec<u8> = others.iter().flat_map(|message| message.octets.clone()).collect();
        match others.len() {
            0 => Echo::Silent,
            1 if joined == sent.octets => Echo::OtherType,
            messages if joined == sent.octets => Echo::Split(messages),
            _ => Echo::Changed(others.swap_remove(0)),
        }
    }

    /// Whether the connection is over.
    fn is_end(&self) -> bool {
        match self {
            Echo::Closed(_) | Echo::TcpEnd | Echo::TooMuch => true,
            Echo::Same
            | Echo::After(_)
            | Echo::Split(_)
            | Echo::OtherType
            | Echo::Changed(_)
            | Echo::Silent => false,
        }
    }
}

/// What came back for the messages, as far as the connection lasted.
#[derive(Debug)]
pub struct Conversation {
    text: Echo,
    binary: Option<Echo>,
    no_command: Option<Echo>,
    /// The time until the echo of the text.
    delay: Duration,
}

impl Conversation {
    /// Sends the messages, until the connection ends.
    pub fn hold(dialogue: &mut Dialogue, wait: Duration) -> Conversation {
        let begun = Instant::now();
        let text = Echo::of(dialogue, &text(), wait);
        let delay = begun.elapsed();
        let mut wait = if text == Echo::Silent { wait.min(AFTER_SILENCE) } else { wait };
        let mut next = |before: Option<&Echo>, message: &Message| {
            let echo = Echo::of(dialogue, message, before.filter(|echo| !echo.is_end()).map(|_| wait)?);
            if echo == Echo::Silent {
                wait = wait.min(AFTER_SILENCE);
            }
            Some(echo)
        };
        let binary = next(Some(&text), &binary());
        let no_command = next(binary.as_ref(), &no_command());
        Conversation { text, binary, no_command, delay }
    }

    /// Whether the server has closed the connection, or sends without end.
    pub fn is_over(&self) -> bool {
        let echoes = [Some(&self.text), self.binary.as_ref(), self.no_command.as_ref()];
        echoes.into_iter().flatten().any(Echo::is_end)
    }

    /// Whether a text that is no command ended the connection.
    pub fn ends_on_text(&self) -> bool {
        match &self.text {
            Echo::Closed(_) | Echo::TcpEnd => true,
            Echo::Same
            | Echo::After(_)
            | Echo::Split(_)
            | Echo::OtherType
            | Echo::Changed(_)
            | Echo::Silent
            | Echo::TooMuch => false,
        }
    }

    /// Whether nothing came back.
    pub fn is_silent(&self) -> bool {
        self.text == Echo::Silent && self.binary == Some(Echo::Silent)
    }

    /// The time until the echo of the text, if it came back.
    pub fn echo_delay(&self) -> Option<Duration> {
        (self.text == Echo::Same).then_some(self.delay)
    }

    /// The answers to the questions on messages.
    pub fn answers(&self) -> [Answer; 3] {
        [self.text_answer(), self.binary_answer(), self.no_command_answer()]
    }

    fn text_answer(&self) -> Answer {
        let question = Question::EchoesText;
        let each_once = "send back each message once, and nothing else";
        let is_text_again = |others: &[Message]| others.contains(&text());
        match (&self.binary, &self.no_command) {
            (Some(Echo::After(others)), _) if is_text_again(others) => {
                return Answer::fault(question, "echoes a text twice", each_once);
            }
            (Some(Echo::After(others)), Some(Echo::After(_))) => {
                let seen = format!("sends {} with an echo", listed(others));
                return Answer::fault(question, seen, each_once);
            }
            (Some(_) | None, Some(_) | None) => {}
        }
        // A message before the first echo alone is a greeting, which an idle connection shows too.
        echo_answer(question, &self.text, "text", TEXT.as_bytes())
    }

    fn binary_answer(&self) -> Answer {
        let question = Question::EchoesBinary;
        match &self.binary {
            Some(echo) => echo_answer(question, echo, "binary message", &BINARY),
            None => Answer::skipped(question, "the connection ended before"),
        }
    }

    fn no_command_answer(&self) -> Answer {
        let question = Question::IgnoresOtherTexts;
        let remedy = "close only when a text begins with `close:`, and echo every other one";
        let ended = |how: &str| {
            Answer::fault(question, format!("{how} when it received the text `{NO_COMMAND}`"), remedy)
        };
        match &self.no_command {
            None => Answer::skipped(question, "the connection ended before"),
            Some(Echo::Closed(body)) => ended(&format!("closed with {}", described(body))),
            Some(Echo::TcpEnd) => ended("ended TCP"),
            Some(Echo::TooMuch) => ended("sent data without end"),
            Some(
                Echo::Same
                | Echo::After(_)
                | Echo::Split(_)
                | Echo::OtherType
                | Echo::Changed(_)
                | Echo::Silent,
            ) => Answer::fit(question, format!("stayed open after the text `{NO_COMMAND}`")),
        }
    }
}

/// The answer to the question whether a message is sent back.
fn echo_answer(question: Question, echo: &Echo, what: &str, sent: &[u8]) -> Answer {
    let same = "send back each message as it is";
    let stay = "go on after a message: send it back, and leave the connection open";
    match echo {
        Echo::Same | Echo::After(_) => Answer::fit(question, format!("sent a {what} back")),
        Echo::Split(messages) => {
            Answer::fault(question, format!("sent a {what} back as {messages} messages"), same)
        }
        Echo::OtherType => {
            let seen = format!("sent a {what} back as a message of the other type");
            Answer::fault(
                question,
                seen,
                "send back each message with its type: text as text, binary as binary",
            )
        }
        Echo::Changed(message) => {
            let seen = format!("answered the {what} {} with {}", quoted(sent), quoted(&message.octets));
            Answer::fault(question, seen, same)
        }
        Echo::Silent => {
            let seen = format!("sent nothing back for a {what}");
            Answer::fault(question, seen, "send back each message, so that cases can wait for an echo")
        }
        Echo::Closed(body) => {
            let seen = format!("closed with {} in place of an echo of a {what}", described(body));
            Answer::fault(question, seen, stay)
        }
        Echo::TcpEnd => Answer::fault(question, format!("ended TCP when it received a {what}"), stay),
        Echo::TooMuch => Answer::fault(question, "sends data without end", "send nothing but echoes"),
    }
}

fn text() -> Message {
    Message { is_text: true, octets: TEXT.as_bytes().to_vec() }
}

fn binary() -> Message {
    Message { is_text: false, octets: BINARY.to_vec() }
}

fn no_command() -> Message {
    Message { is_text: true, octets: NO_COMMAND.as_bytes().to_vec() }
}

/// Messages between quotes.
fn listed(messages: &[Message]) -> String {
    let quoted: Vec<String> = messages.iter().map(|message| quoted(&message.octets)).collect();
    quoted.join(", ")
}
