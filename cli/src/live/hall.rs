//! Where clients come by themselves, for one case after another. In comes a listener, out come [`Event`]s; what was
//! found lies in the [`Book`] meanwhile.
//!
//! Every connection has a thread, and no more than [`AT_ONCE`] are served at a time, so that neither time nor memory
//! grows with what a client does.

use std::io::{self, ErrorKind};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::json;
use wsclose::code::{CloseCode, Profile};
use wsclose::role::Role;
use wsclose::script::MessageKind;

use super::book::{Book, NoTask, Task};
use super::check::{ALONE, FIRST};
use super::echo::{OPENING, Talk, Wish};
use super::opener::{self, Conn, Trouble};
use super::play::Player;
use super::report;
use super::tested::{Tested, Way};
use super::visit::{Visit, WrongPath};
use super::wire::Wire;

/// The connections that are served at a time; more wait.
const AT_ONCE: usize = 16;

/// How long a client that asks something has until its connection is over.
const ASKING: Duration = Duration::from_secs(5);

/// How long one that asks how a case went waits for that to be known.
const STATUS: Duration = Duration::from_secs(10);

/// Between two looks for a connection.
const PAUSE: Duration = Duration::from_millis(1);

/// What happens in the hall.
#[derive(Debug)]
pub enum Event {
    /// A client came.
    Came,
    /// A case was played.
    Played,
    /// Somebody came who could not be served, and why.
    Refused(String),
    /// This agent wants its reports. Whoever has written them says so, and the client is sent away.
    Reports(String, SyncSender<()>),
    /// It was sent away.
    Gone,
}

/// The hall.
#[derive(Debug)]
pub struct Hall {
    /// What is known of those who came.
    book: Mutex<Book>,
    profile: Profile,
    commands: bool,
    /// The only agent that is tested, if there is but one.
    agent: Option<String>,
    busy: AtomicUsize,
}

/// Why a client is sent away.
#[derive(Debug, thiserror::Error)]
enum Unserved {
    #[error(transparent)]
    Trouble(#[from] Trouble),
    #[error(transparent)]
    Path(#[from] WrongPath),
    #[error(transparent)]
    Task(#[from] NoTask),
    #[error("expected the agent {expected}, found {found}")]
    Agent { expected: String, found: String },
}

impl Hall {
    /// An empty hall.
    pub fn new(book: Book, profile: Profile, commands: bool, agent: Option<String>) -> Hall {
        Hall { book: Mutex::new(book), profile, commands, agent, busy: AtomicUsize::new(0) }
    }

    /// How the client of this name is tested.
    pub fn tested<'a>(&self, agent: &'a str) -> Tested<'a> {
        Tested { way: Way::Comes(agent), profile: self.profile, commands: self.commands, tells: false }
    }

    /// What is known of those who came.
    pub fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().expect("nobody panics with it")
    }

    /// Serves until nobody listens to the events any longer.
    ///
    /// # Errors
    /// When no more connections can be taken.
    pub fn open(self: &Arc<Hall>, listener: &TcpListener, events: &Sender<Event>) -> io::Result<()> {
        listener.set_nonblocking(true)?;
        loop {
            match listener.accept() {
                Ok((tcp, _)) => {
                    while self.busy.load(Ordering::Acquire) >= AT_ONCE {
                        std::thread::sleep(PAUSE);
                    }
                    self.busy.fetch_add(1, Ordering::AcqRel);
                    let (hall, events) = (Arc::clone(self), events.clone());
                    std::thread::spawn(move || {
                        hall.meet(tcp, &events);
                        hall.busy.fetch_sub(1, Ordering::AcqRel);
                    });
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    std::thread::sleep(PAUSE);
                }
                // A connection that was gone before it was taken.
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn meet(&self, tcp: TcpStream, events: &Sender<Event>) {
        // Nobody may be listening any more: then the run is over.
        let tell = |event| {
            let _ = events.send(event);
        };
        tell(Event::Came);
        let Ok(mut wire) = Wire::of(tcp) else { return };
        let opened = opener::request(&mut wire, OPENING);
        let status = if opened.is_ok() { "404 Not Found" } else { "400 Bad Request" };
        let asked = opened.map_err(Unserved::from).and_then(|(request, early)| {
            let visit = Visit::read(&request.path)?;
            Ok((self.answer(visit)?, request, early))
        });
        match asked {
            Ok((answer, request, early)) => {
                wire.say(&request.agree(answer.deflates()), OPENING);
                self.serve(Conn { wire, early }, answer, &tell);
            }
            Err(unserved) => {
                let why = unserved.to_string();
                opener::refuse(wire, OPENING, status, &why);
                tell(Event::Refused(why));
            }
        }
    }

    /// What a visit leads to.
    fn answer(&self, visit: Visit) -> Result<Answer, Unserved> {
        let known = |agent: String| match &self.agent {
            Some(expected) if *expected != agent => {
                Err(Unserved::Agent { expected: expected.clone(), found: agent })
            }
            Some(_) | None => Ok(agent),
        };
        Ok(match visit {
            Visit::Count => Answer::Text(self.book().count().to_string()),
            Visit::Info(number) => {
                let (id, description) = self.book().info(number)?;
                Answer::Text(json!({ "id": id, "description": description }).to_string())
            }
            Visit::Status(number, agent) => {
                let agent = known(agent)?;
                self.book().played(&agent, number)?;
                Answer::Status(number, agent)
            }
            Visit::Run(number, agent) => {
                let agent = known(agent)?;
                Answer::Task(self.book().task(&agent, number)?, agent)
            }
            Visit::Reports(agent) => Answer::Reports(known(agent)?),
        })
    }

    fn serve(&self, conn: Conn, answer: Answer, tell: &dyn Fn(Event)) {
        match answer {
            Answer::Text(text) => self.say(conn, Some(text)),
            Answer::Status(number, agent) => {
                let behavior = self.status(&agent, number);
                self.say(conn, Some(json!({ "behavior": behavior }).to_string()));
            }
            Answer::Task(Task::Close, _) => {
                self.say(conn, None);
                tell(Event::Played);
            }
            Answer::Task(Task::Play { at, case, again }, agent) => {
                // The first case is to tell for certain whether a Close is answered at all.
                let pace = if again || at == 0 { ALONE } else { FIRST };
                let played = Player::new(self.tested(&agent), pace).play_on(conn, &case);
                self.book().record(&agent, at, again, played);
                tell(Event::Played);
            }
            Answer::Reports(agent) => {
                let (written, wait) = sync_channel(1);
                tell(Event::Reports(agent, written));
                // Whoever writes them may be gone instead.
                let _ = wait.recv();
                self.say(conn, None);
                tell(Event::Gone);
            }
        }
    }

    /// Autobahn's word for how a case went, once that is known.
    fn status(&self, agent: &str, number: usize) -> &'static str {
        let begun = Instant::now();
        loop {
            if let Ok(Some(played)) = self.book().played(agent, number) {
                return report::behavior_so_far(played);
            }
            if begun.elapsed() > STATUS {
                return "UNIMPLEMENTED";
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Sends a text, if there is one, and closes.
    fn say(&self, conn: Conn, text: Option<String>) {
        let text = text.map(|text| Wish::Send(MessageKind::Text, text.into_bytes()));
        let wishes = text.into_iter().chain([Wish::Close(Some(CloseCode::NORMAL), String::new())]).collect();
        // A client that broke its connection has lost nothing but that.
        let talk = Talk { role: Role::Server, profile: self.profile, keys: 1, limit: Some(ASKING) };
        let _ = talk.converse(conn, wishes);
    }
}

/// What a client is given.
enum Answer {
    Text(String),
    Status(usize, String),
    Task(Task, String),
    Reports(String),
}

impl Answer {
    /// Whether compression is agreed to.
    fn deflates(&self) -> bool {
        match self {
            Answer::Task(Task::Play { case, .. }, _) => case.deflate,
            Answer::Task(Task::Close, _) | Answer::Text(_) | Answer::Status(..) | Answer::Reports(_) => false,
        }
    }
}

/// Opens the hall in a thread of its own.
pub fn open(hall: &Arc<Hall>, listener: TcpListener) -> Receiver<Event> {
    let (events, heard) = std::sync::mpsc::channel();
    let hall = Arc::clone(hall);
    std::thread::spawn(move || {
        if let Err(error) = hall.open(&listener, &events) {
            let _ = events.send(Event::Refused(format!("no more connections can be taken: {error}")));
        }
    });
    heard
}
