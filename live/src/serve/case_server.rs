//! Serves cases to clients that connect on their own, with the paths of the Autobahn fuzzing server.
//!
//! Every connection has a thread, and the number of connections at a time is limited, so that neither time nor memory
//! grows with what a client does.

use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;
use wsclose::harness::{Limits, Opening};
use wsclose::model::endpoint::Model;
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::role::Role;
use wsclose::script::MessageKind;

use crate::endpoint::connection::{self, CaseError, Connection};
use crate::endpoint::under_test::{ConnectMode, EndpointUnderTest};
use crate::model_endpoint::{AppRequest, ModelSession, UPGRADE_TIMEOUT};
use crate::run::behavior;
use crate::run::cases::Case;
use crate::run::event::{Event, EventSink};
use crate::run::runner::CaseRunner;
use crate::run::timeouts::{CONFIRM, FAST, MEASURE};
use crate::serve::route::{Route, RouteError};
use crate::serve::session::{Assignment, AssignmentError, SessionLedger};
use crate::sync::{Slots, lock};
use crate::transport::acceptor::Acceptor;
use crate::transport::socket::Socket;

/// The number of connections at a time. Further ones wait.
const MAX_CONNECTIONS: usize = 16;

/// The limit on a connection that requests information.
const CONTROL_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a request for the status of a case, or for reports, waits for cases to finish.
const STATUS_TIMEOUT: Duration = Duration::from_secs(10);

/// How often the accepting thread checks that the server still exists. Closing wakes it earlier.
const ACCEPT_TIMEOUT: Duration = Duration::from_secs(60);

/// What the owner of a case server has to know.
#[derive(Debug)]
pub enum ServerMessage {
    /// A client connected.
    Connected,
    /// The server rejected a client; why.
    Rejected(String),
    /// An agent requested its reports.
    ReportsRequested {
        /// The name of the agent.
        agent: String,
        /// Lets the server close the connection of the client.
        release: SyncSender<()>,
    },
    /// The server closed the connection of a client that had requested reports.
    ReportsDelivered,
}

/// The configuration of a case server.
#[derive(Debug)]
pub struct CaseServerConfig {
    /// The cases and the sessions.
    pub ledger: SessionLedger,
    /// The profile that decides which codes are valid.
    pub profile: Profile,
    /// The client closes when it receives the text `close:CODE:REASON`.
    pub close_command: bool,
    /// The only agent to serve; `None` serves every agent.
    pub agent: Option<String>,
    /// The duration of a tick; `None` to follow the reaction of the client.
    pub tick: Option<Duration>,
    /// The results have their traces.
    pub keep_traces: bool,
    /// The listeners of the run.
    pub events: EventSink,
}

/// A running case server. It stops when it is dropped.
#[derive(Debug)]
pub struct CaseServer {
    shared: Arc<ServerState>,
    acceptor: Arc<Acceptor>,
    messages: Receiver<ServerMessage>,
}

#[derive(Debug)]
struct ServerState {
    ledger: Mutex<SessionLedger>,
    recorded: Condvar,
    profile: Profile,
    close_command: bool,
    agent: Option<String>,
    tick: Option<Duration>,
    keep_traces: bool,
    events: EventSink,
}

/// Why the server rejects a client.
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
    /// Serves the connections of `acceptor` in threads of its own.
    pub fn start(acceptor: Acceptor, config: CaseServerConfig) -> CaseServer {
        let CaseServerConfig { ledger, profile, close_command, agent, tick, keep_traces, events } = config;
        let shared = Arc::new(ServerState {
            ledger: Mutex::new(ledger),
            recorded: Condvar::new(),
            profile,
            close_command,
            agent,
            tick,
            keep_traces,
            events,
        });
        let (sender, messages) = channel();
        let server = CaseServer { shared, acceptor: Arc::new(acceptor), messages };
        let (acceptor, shared) = (Arc::clone(&server.acceptor), Arc::clone(&server.shared));
        std::thread::spawn(move || accept_all(&acceptor, &shared, &sender));
        server
    }

    /// The address at which it listens.
    pub fn address(&self) -> SocketAddr {
        self.acceptor.address()
    }

    /// The next message, after a wait of at most `timeout`.
    pub fn next_message(&self, timeout: Duration) -> Option<ServerMessage> {
        self.messages.recv_timeout(timeout).ok()
    }

    /// The client of this name as an endpoint under test.
    pub fn under_test<'a>(&self, agent: &'a str) -> EndpointUnderTest<'a> {
        self.shared.under_test(agent)
    }

    /// The cases and the sessions.
    pub fn ledger(&self) -> MutexGuard<'_, SessionLedger> {
        lock(&self.shared.ledger)
    }
}

impl Drop for CaseServer {
    fn drop(&mut self) {
        self.acceptor.close();
    }
}

fn accept_all(acceptor: &Acceptor, shared: &Arc<ServerState>, messages: &Sender<ServerMessage>) {
    let slots = Slots::new(MAX_CONNECTIONS);
    while !acceptor.is_closed() {
        match acceptor.accept(ACCEPT_TIMEOUT) {
            Some(Ok(tcp)) => {
                let slot = slots.acquire();
                let (shared, messages) = (Arc::clone(shared), messages.clone());
                std::thread::spawn(move || {
                    // Held until the thread ends, also by a panic.
                    let _slot = slot;
                    shared.handle_connection(tcp, &messages);
                });
            }
            Some(Err(error)) => {
                let why = format!("the server accepts no further connections: {error}");
                let _ = messages.send(ServerMessage::Rejected(why));
                return;
            }
            None => {}
        }
    }
}

impl ServerState {
    fn under_test<'a>(&self, agent: &'a str) -> EndpointUnderTest<'a> {
        EndpointUnderTest {
            mode: ConnectMode::Accept(agent),
            process: None,
            profile: self.profile,
            close_command: self.close_command,
            reports_close: false,
            server_reports: None,
            keep_traces: self.keep_traces,
        }
    }

    fn handle_connection(&self, tcp: TcpStream, messages: &Sender<ServerMessage>) {
        // The receiver is gone when the run is over.
        let send = |message| {
            let _ = messages.send(message);
        };
        send(ServerMessage::Connected);
        self.events.emit(Event::ClientConnected);
        let Ok(mut socket) = Socket::from_tcp(tcp) else { return };
        let request = connection::read_request(&mut socket, UPGRADE_TIMEOUT);
        let status = if request.is_ok() { "404 Not Found" } else { "400 Bad Request" };
        let accepted = request.map_err(RejectReason::from).and_then(|(request, leftover)| {
            let route = Route::parse(&request.path)?;
            Ok((self.action_for(route)?, request, leftover))
        });
        match accepted {
            Ok((action, request, leftover)) => {
                let octets = action.opening_octets();
                let opening = Opening { deflate: action.offers_deflate(), octets: &octets };
                let connection = connection::accept(socket, &request, leftover, UPGRADE_TIMEOUT, opening);
                self.perform(connection, action, &send);
            }
            Err(reason) => {
                let reason = reason.to_string();
                connection::reject(socket, UPGRADE_TIMEOUT, status, &reason);
                self.events.emit(Event::ClientRejected { reason: reason.clone() });
                send(ServerMessage::Rejected(reason));
            }
        }
    }

    /// What a request leads to.
    fn action_for(&self, route: Route) -> Result<ClientAction, RejectReason> {
        let checked = |agent: String| match &self.agent {
            Some(expected) if *expected != agent => {
                Err(RejectReason::Agent { expected: expected.clone(), found: agent })
            }
            Some(_) | None => Ok(agent),
        };
        Ok(match route {
            Route::CaseCount => ClientAction::Text(lock(&self.ledger).count().to_string()),
            Route::CaseInfo(number) => {
                let (id, description) = lock(&self.ledger).case_info(number)?;
                ClientAction::Text(json!({ "id": id, "description": description }).to_string())
            }
            Route::CaseStatus(number, agent) => {
                let agent = checked(agent)?;
                lock(&self.ledger).result(&agent, number)?;
                ClientAction::Status(number, agent)
            }
            Route::RunCase(number, agent) => {
                let agent = checked(agent)?;
                ClientAction::Assignment(lock(&self.ledger).assign(&agent, number)?, agent)
            }
            Route::UpdateReports(agent) => ClientAction::Reports(checked(agent)?),
        })
    }

    fn perform(&self, connection: Connection, action: ClientAction, send: &dyn Fn(ServerMessage)) {
        match action {
            ClientAction::Text(text) => self.send_and_close(connection, Some(text)),
            ClientAction::Status(number, agent) => {
                let behavior = self.case_behavior(&agent, number);
                self.send_and_close(connection, Some(json!({ "behavior": behavior }).to_string()));
            }
            ClientAction::Assignment(Assignment::CloseOnly, _) => self.send_and_close(connection, None),
            ClientAction::Assignment(Assignment::PlayCase { at, case, is_retry }, agent) => {
                self.run_case(connection, &agent, at, &case, is_retry);
            }
            ClientAction::Reports(agent) => {
                self.events.emit(Event::ReportsRequested { agent: agent.clone() });
                self.wait_for_cases(&agent);
                let (release, released) = sync_channel(1);
                send(ServerMessage::ReportsRequested { agent: agent.clone(), release });
                // An owner that was dropped releases the client too.
                let _ = released.recv();
                self.send_and_close(connection, None);
                self.events.emit(Event::ReportsDelivered { agent });
                send(ServerMessage::ReportsDelivered);
            }
        }
    }

    fn run_case(&self, connection: Connection, agent: &str, at: usize, case: &Case, is_retry: bool) {
        let (pace, tick) = (lock(&self.ledger).pace(agent), self.tick);
        let timeouts = match (is_retry, at) {
            (true, _) => CONFIRM.for_retry(pace, tick),
            // The liveness case, which measures the pace.
            (false, 0) => MEASURE.for_measuring(tick),
            (false, _) => FAST.for_first_run(pace, tick),
        };
        if !is_retry {
            self.events.case_started(&case.name);
        }
        let result = CaseRunner::new(self.under_test(agent), timeouts).run_on(connection, case);
        if is_retry {
            self.events.case_retried(&result);
        } else {
            self.events.case_finished(&result);
        }
        lock(&self.ledger).record(agent, at, is_retry, result);
        self.recorded.notify_all();
    }

    /// Waits until no case of an agent is under way.
    fn wait_for_cases(&self, agent: &str) {
        let is_running = |ledger: &mut SessionLedger| ledger.is_running(agent);
        // A case whose thread panicked is never recorded: both results of the wait lead to the report.
        drop(
            self.recorded
                .wait_timeout_while(lock(&self.ledger), STATUS_TIMEOUT, is_running)
                .unwrap_or_else(PoisonError::into_inner),
        );
    }

    /// Autobahn's word for the behavior of an agent in a case. Waits until the case has finished.
    fn case_behavior(&self, agent: &str, number: usize) -> &'static str {
        let is_pending = |ledger: &mut SessionLedger| !matches!(ledger.result(agent, number), Ok(Some(_)));
        let (ledger, _) = self
            .recorded
            .wait_timeout_while(lock(&self.ledger), STATUS_TIMEOUT, is_pending)
            .unwrap_or_else(PoisonError::into_inner);
        match ledger.result(agent, number) {
            Ok(Some(result)) => behavior::provisional_behavior(result),
            Ok(None) | Err(_) => "UNIMPLEMENTED",
        }
    }

    /// Sends a text, if there is one, and closes with code 1000.
    fn send_and_close(&self, connection: Connection, text: Option<String>) {
        let text = text.map(|text| AppRequest::Send(MessageKind::Text, text.into_bytes()));
        let requests =
            text.into_iter().chain([AppRequest::Close(Some(CloseCode::NORMAL), String::new())]).collect();
        let session = ModelSession { role: Role::Server, limit: Some(CONTROL_TIMEOUT) };
        let mut model = Model::new(self.profile);
        // If the client breaks the connection, only the text is lost.
        let _ = session.run(&mut model, connection, requests, &mut |_| {});
    }
}

/// What the server does on a connection.
enum ClientAction {
    Text(String),
    Status(usize, String),
    Assignment(Assignment, String),
    Reports(String),
}

impl ClientAction {
    /// The case to play, if there is one.
    fn case(&self) -> Option<&Case> {
        match self {
            ClientAction::Assignment(Assignment::PlayCase { case, .. }, _) => Some(case),
            ClientAction::Assignment(Assignment::CloseOnly, _)
            | ClientAction::Text(_)
            | ClientAction::Status(..)
            | ClientAction::Reports(_) => None,
        }
    }

    /// Whether the opening handshake negotiates permessage-deflate.
    fn offers_deflate(&self) -> bool {
        self.case().is_some_and(|case| case.script.as_script().offers_deflate())
    }

    /// The octets that are sent in one write with the opening handshake.
    fn opening_octets(&self) -> Vec<u8> {
        let mut octets = Vec::new();
        if let Some(case) = self.case() {
            let script = case.script.as_script();
            script.steps().write_opening(script.role().peer(), Limits::DEFAULT.octets, &mut octets);
        }
        octets
    }
}
