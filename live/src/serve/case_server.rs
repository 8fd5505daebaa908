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
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::role::Role;
use wsclose::script::MessageKind;

use crate::endpoint::connection::{self, CaseError, Connection};
use crate::endpoint::under_test::{ConnectMode, EndpointUnderTest};
use crate::model_endpoint::{AppRequest, ModelSession, UPGRADE_TIMEOUT};
use crate::report;
use crate::run::engine::{CONFIRM, FAST};
use crate::run::runner::CaseRunner;
use crate::serve::route::{Route, RouteError};
use crate::serve::session::{Assignment, AssignmentError, SessionLedger};
use crate::transport::socket::Socket;

/// The connections that are served at a time; more wait.
const MAX_CONNECTIONS: usize = 16;

/// How long a client that asks something has until its connection is over.
const CONTROL_TIMEOUT: Duration = Duration::from_secs(5);

/// How long one that asks how a case went waits for that to be known.
const STATUS_TIMEOUT: Duration = Duration::from_secs(10);

/// Between two looks for a connection.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// What happens in the hall.
#[derive(Debug)]
pub enum ServerEvent {
    /// A client came.
    Connected,
    /// A case was played.
    CaseFinished,
    /// Somebody came who could not be served, and why.
    Rejected(String),
    /// This agent wants its reports. Whoever has written them says so, and the client is sent away.
    ReportsRequested(String, SyncSender<()>),
    /// It was sent away.
    ReportsDelivered,
}

/// The hall.
#[derive(Debug)]
pub struct CaseServer {
    /// What is known of those who came.
    ledger: Mutex<SessionLedger>,
    profile: Profile,
    close_command: bool,
    /// The only agent that is tested, if there is but one.
    agent: Option<String>,
    busy: AtomicUsize,
}

/// Why a client is sent away.
#[derive(Debug, thiserror::Error)]
enum RejectReason {
    #[error(transparent)]
    Connection(#[from] CaseError),
    #[error(transparent)]
    Route(#[from] RouteError),
    #[error(transparent)]
    Assignment(#[from] AssignmentError),
    #[error("expected the agent {expected}, found {found}")]
    Agent { expected: String, found: String },
}

impl CaseServer {
    /// An empty hall.
    pub fn new(
        ledger: SessionLedger,
        profile: Profile,
        close_command: bool,
        agent: Option<String>,
    ) -> CaseServer {
        CaseServer { ledger: Mutex::new(ledger), profile, close_command, agent, busy: AtomicUsize::new(0) }
    }

    /// How the client of this name is tested.
    pub fn under_test<'a>(&self, agent: &'a str) -> EndpointUnderTest<'a> {
        EndpointUnderTest {
            mode: ConnectMode::Accept(agent),
            profile: self.profile,
            close_command: self.close_command,
            reports_close: false,
        }
    }

    /// What is known of those who came.
    pub fn ledger(&self) -> MutexGuard<'_, SessionLedger> {
        self.ledger.lock().expect("nobody panics with it")
    }

    /// Serves until nobody listens to the events any longer.
    ///
    /// # Errors
    /// When no more connections can be taken.
    pub fn serve(
        self: &Arc<CaseServer>,
        listener: &TcpListener,
        events: &Sender<ServerEvent>,
    ) -> io::Result<()> {
        listener.set_nonblocking(true)?;
        loop {
            match listener.accept() {
                Ok((tcp, _)) => {
                    while self.busy.load(Ordering::Acquire) >= MAX_CONNECTIONS {
                        std::thread::sleep(POLL_INTERVAL);
                    }
                    self.busy.fetch_add(1, Ordering::AcqRel);
                    let (hall, events) = (Arc::clone(self), events.clone());
                    std::thread::spawn(move || {
                        hall.handle_connection(tcp, &events);
                        hall.busy.fetch_sub(1, Ordering::AcqRel);
                    });
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    std::thread::sleep(POLL_INTERVAL);
                }
                // A connection that was gone before it was taken.
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn handle_connection(&self, tcp: TcpStream, events: &Sender<ServerEvent>) {
        // Nobody may be listening any more: then the run is over.
        let emit = |event| {
            let _ = events.send(event);
        };
        emit(ServerEvent::Connected);
        let Ok(mut wire) = Socket::from_tcp(tcp) else { return };
        let opened = connection::read_request(&mut wire, UPGRADE_TIMEOUT);
        let status = if opened.is_ok() { "404 Not Found" } else { "400 Bad Request" };
        let asked = opened.map_err(RejectReason::from).and_then(|(request, early)| {
            let visit = Route::parse(&request.path)?;
            Ok((self.action_for(visit)?, request, early))
        });
        match asked {
            Ok((answer, request, early)) => {
                wire.send(&request.accept_response(answer.uses_deflate()), UPGRADE_TIMEOUT);
                self.perform(Connection { socket: wire, leftover: early }, answer, &emit);
            }
            Err(unserved) => {
                let why = unserved.to_string();
                connection::reject(wire, UPGRADE_TIMEOUT, status, &why);
                emit(ServerEvent::Rejected(why));
            }
        }
    }

    /// What a visit leads to.
    fn action_for(&self, route: Route) -> Result<ClientAction, RejectReason> {
        let known = |agent: String| match &self.agent {
            Some(expected) if *expected != agent => {
                Err(RejectReason::Agent { expected: expected.clone(), found: agent })
            }
            Some(_) | None => Ok(agent),
        };
        Ok(match route {
            Route::CaseCount => ClientAction::Text(self.ledger().count().to_string()),
            Route::CaseInfo(number) => {
                let (id, description) = self.ledger().case_info(number)?;
                ClientAction::Text(json!({ "id": id, "description": description }).to_string())
            }
            Route::CaseStatus(number, agent) => {
                let agent = known(agent)?;
                self.ledger().result(&agent, number)?;
                ClientAction::Status(number, agent)
            }
            Route::RunCase(number, agent) => {
                let agent = known(agent)?;
                ClientAction::Assignment(self.ledger().assign(&agent, number)?, agent)
            }
            Route::UpdateReports(agent) => ClientAction::Reports(known(agent)?),
        })
    }

    fn perform(&self, conn: Connection, action: ClientAction, emit: &dyn Fn(ServerEvent)) {
        match action {
            ClientAction::Text(text) => self.send_and_close(conn, Some(text)),
            ClientAction::Status(number, agent) => {
                let behavior = self.case_behavior(&agent, number);
                self.send_and_close(conn, Some(json!({ "behavior": behavior }).to_string()));
            }
            ClientAction::Assignment(Assignment::CloseOnly, _) => {
                self.send_and_close(conn, None);
                emit(ServerEvent::CaseFinished);
            }
            ClientAction::Assignment(Assignment::PlayCase { at, case, is_retry: again }, agent) => {
                // The first case is to tell for certain whether a Close is answered at all.
                let pace = if again || at == 0 { CONFIRM } else { FAST };
                let played = CaseRunner::new(self.under_test(&agent), pace).run_on(conn, &case);
                self.ledger().record(&agent, at, again, played);
                emit(ServerEvent::CaseFinished);
            }
            ClientAction::Reports(agent) => {
                let (written, wait) = sync_channel(1);
                emit(ServerEvent::ReportsRequested(agent, written));
                // Whoever writes them may be gone instead.
                let _ = wait.recv();
                self.send_and_close(conn, None);
                emit(ServerEvent::ReportsDelivered);
            }
        }
    }

    /// Autobahn's word for how a case went, once that is known.
    fn case_behavior(&self, agent: &str, number: usize) -> &'static str {
        let begun = Instant::now();
        loop {
            if let Ok(Some(played)) = self.ledger().result(agent, number) {
                return report::provisional_behavior(played);
            }
            if begun.elapsed() > STATUS_TIMEOUT {
                return "UNIMPLEMENTED";
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    /// Sends a text, if there is one, and closes.
    fn send_and_close(&self, conn: Connection, text: Option<String>) {
        let text = text.map(|text| AppRequest::Send(MessageKind::Text, text.into_bytes()));
        let wishes =
            text.into_iter().chain([AppRequest::Close(Some(CloseCode::NORMAL), String::new())]).collect();
        // A client that broke its connection has lost nothing but that.
        let talk = ModelSession {
            role: Role::Server,
            profile: self.profile,
            mask_seed: 1,
            limit: Some(CONTROL_TIMEOUT),
        };
        let _ = talk.run(conn, wishes);
    }
}

/// What a client is given.
enum ClientAction {
    Text(String),
    Status(usize, String),
    Assignment(Assignment, String),
    Reports(String),
}

impl ClientAction {
    /// Whether compression is agreed to.
    fn uses_deflate(&self) -> bool {
        match self {
            ClientAction::Assignment(Assignment::PlayCase { case, .. }, _) => case.deflate,
            ClientAction::Assignment(Assignment::CloseOnly, _)
            | ClientAction::Text(_)
            | ClientAction::Status(..)
            | ClientAction::Reports(_) => false,
        }
    }
}

/// Opens the hall in a thread of its own.
pub fn start(server: &Arc<CaseServer>, listener: TcpListener) -> Receiver<ServerEvent> {
    let (events, heard) = std::sync::mpsc::channel();
    let hall = Arc::clone(server);
    std::thread::spawn(move || {
        if let Err(error) = hall.serve(&listener, &events) {
            let _ = events.send(ServerEvent::Rejected(format!("no more connections can be taken: {error}")));
        }
    });
    heard
}
