//! The reference model as an echo server and an echo client, without a fault or with one.
//!
//! It echoes every message. When it receives the text `close:CODE:REASON`, it closes with that code and reason.

use std::fmt;
use std::io;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use wsclose::harness::{Opening, Subject};
use wsclose::model::endpoint::{Endpoint, Model};
use wsclose::model::faults::Fault;
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;

use crate::endpoint::close_line::CloseStatus;
use crate::endpoint::connection::{self, CaseError};
use crate::sync::{Slots, lock};
use crate::transport::server_target::ServerTarget;
use crate::transport::socket::Socket;
use crate::transport::target_options::{TargetError, TargetOptions};
#[cfg(feature = "tls")]
pub use crate::transport::tls::ServerIdentity;

mod session;

pub use session::{AppRequest, EchoEvent, ModelSession};

/// The limit on the opening handshake.
pub const UPGRADE_TIMEOUT: Duration = Duration::from_secs(5);

/// The number of connections at a time. Further ones wait. It is large, because a fault may keep connections open.
const MAX_CONNECTIONS: usize = 1024;

/// The endpoint that is served: the model, or the model with one fault. A [`Profile`] stands for the model without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct EchoModel {
    /// The profile that decides which codes are valid.
    pub profile: Profile,
    /// What the endpoint does wrong, if anything.
    pub fault: Option<Fault>,
}

impl From<Profile> for EchoModel {
    fn from(profile: Profile) -> EchoModel {
        EchoModel { profile, fault: None }
    }
}

impl EchoModel {
    /// An endpoint whose masking keys follow from `mask_seed`.
    fn endpoint(self, mask_seed: u64) -> Box<dyn Subject + Send> {
        match self.fault {
            None => Box::new(Model::new(self.profile).with_keys(mask_seed)),
            Some(fault) => {
                Box::new(Endpoint::with_behavior(fault.slug(), fault, self.profile).with_keys(mask_seed))
            }
        }
    }
}

/// Serves connections until accepting one fails: echoes messages, and closes when it receives `close:CODE:REASON`.
///
/// # Errors
/// Returns the error of the system if it can accept no further connections.
pub fn serve(listener: &TcpListener, model: impl Into<EchoModel>) -> io::Result<()> {
    serve_with_events(listener, model, |_, _| {})
}

/// Serves connections like [`serve`]. Calls `on_event` with the path and query of a request and what the model reports of
/// that connection, in the thread of the connection. A caller whose process stands for the server ends it when the model
/// crashes.
///
/// # Errors
/// Returns the error of the system if it can accept no further connections.
pub fn serve_with_events(
    listener: &TcpListener,
    model: impl Into<EchoModel>,
    on_event: impl Fn(&str, EchoEvent) + Send + Sync + 'static,
) -> io::Result<()> {
    serve_sockets(listener, model.into(), Ok, on_event)
}

/// Serves connections over TLS, as [`serve`] does without it.
///
/// # Errors
/// Returns the error of the system if it can accept no further connections.
#[cfg(feature = "tls")]
pub fn serve_tls(
    listener: &TcpListener,
    model: impl Into<EchoModel>,
    identity: &ServerIdentity,
) -> io::Result<()> {
    serve_tls_with_events(listener, model, identity, |_, _| {})
}

/// Serves connections over TLS, as [`serve_with_events`] does without it.
///
/// # Errors
/// Returns the error of the system if it can accept no further connections.
#[cfg(feature = "tls")]
pub fn serve_tls_with_events(
    listener: &TcpListener,
    model: impl Into<EchoModel>,
    identity: &ServerIdentity,
    on_event: impl Fn(&str, EchoEvent) + Send + Sync + 'static,
) -> io::Result<()> {
    let identity = identity.clone();
    serve_sockets(listener, model.into(), move |socket| socket.into_tls_server(&identity), on_event)
}

fn serve_sockets(
    listener: &TcpListener,
    model: EchoModel,
    secure: impl Fn(Socket) -> io::Result<Socket> + Clone + Send + 'static,
    on_event: impl Fn(&str, EchoEvent) + Send + Sync + 'static,
) -> io::Result<()> {
    let (slots, workers, on_event) =
        (Slots::new(MAX_CONNECTIONS), Arc::new(Workers::new(model)), Arc::new(on_event));
    loop {
        let (tcp, _) = listener.accept()?;
        let (slot, secure) = (slots.acquire(), secure.clone());
        let (workers, on_event) = (Arc::clone(&workers), Arc::clone(&on_event));
        std::thread::spawn(move || {
            // Held until the thread ends, also by a panic.
            let _slot = slot;
            // An error of one connection does not affect the others.
            let _ = Socket::from_tcp(tcp)
                .and_then(secure)
                .and_then(|socket| serve_connection(socket, &workers, on_event.as_ref()));
        });
    }
}

/// The endpoints that serve no connection at the moment. A new connection gets the one that was used last: a fault may
/// depend on the connections before, and those of a peer with one connection at a time are served by one endpoint.
struct Workers {
    model: EchoModel,
    idle: Mutex<Vec<Box<dyn Subject + Send>>>,
}

impl Workers {
    fn new(model: EchoModel) -> Workers {
        Workers { model, idle: Mutex::new(Vec::new()) }
    }

    fn take(&self) -> Box<dyn Subject + Send> {
        let idle = lock(&self.idle).pop();
        // A server does not mask, so the seed has no effect.
        idle.unwrap_or_else(|| self.model.endpoint(1))
    }

    fn put_back(&self, endpoint: Box<dyn Subject + Send>) {
        lock(&self.idle).push(endpoint);
    }
}

fn serve_connection(
    mut socket: Socket,
    workers: &Workers,
    on_event: &impl Fn(&str, EchoEvent),
) -> io::Result<()> {
    match connection::read_request(&mut socket, UPGRADE_TIMEOUT) {
        Ok((request, leftover)) => {
            let opening = Opening { deflate: true, octets: &[] };
            let connection = connection::accept(socket, &request, leftover, UPGRADE_TIMEOUT, opening);
            let mut endpoint = workers.take();
            let session = ModelSession { role: Role::Server, limit: None };
            let result = session.run(endpoint.as_mut(), connection, Vec::new(), &mut |event| {
                on_event(&request.path, event);
            });
            workers.put_back(endpoint);
            result
        }
        Err(error) => {
            connection::reject(socket, UPGRADE_TIMEOUT, "400 Bad Request", &error.to_string());
            Ok(())
        }
    }
}

/// Why the model as a client could not run.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL cannot be used.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The opening handshake failed.
    #[error(transparent)]
    Connection(#[from] CaseError),
    /// The local system failed.
    #[error(transparent)]
    System(#[from] io::Error),
}

/// The model as an echo client, for one connection after another.
pub struct EchoClient {
    endpoint: Box<dyn Subject + Send>,
    mask_seed: u64,
}

impl fmt::Debug for EchoClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EchoClient").field("endpoint", &self.endpoint.name()).finish_non_exhaustive()
    }
}

impl EchoClient {
    /// A client whose masking keys follow from `mask_seed`.
    pub fn new(model: impl Into<EchoModel>, mask_seed: u64) -> EchoClient {
        EchoClient { endpoint: model.into().endpoint(mask_seed), mask_seed }
    }

    /// Connects to `url`, and runs until TCP ends. Calls `on_event` for what the model reports. A caller whose process
    /// stands for the client ends it when the model crashes.
    ///
    /// # Errors
    /// Returns why the model could not connect.
    pub fn connect(
        &mut self,
        url: &str,
        allow_remote: bool,
        mut on_event: impl FnMut(EchoEvent),
    ) -> Result<(), ConnectError> {
        let target = ServerTarget::new(url, &TargetOptions { allow_remote, ..TargetOptions::default() })?;
        let connection = {
            let opening = Opening { deflate: true, octets: &[] };
            connection::connect(&target, self.mask_seed, UPGRADE_TIMEOUT, opening)?
        };
        let session = ModelSession { role: Role::Client, limit: None };
        Ok(session.run(self.endpoint.as_mut(), connection, Vec::new(), &mut on_event)?)
    }
}

/// Connects the model to `url` as an echo client, and runs it until TCP ends. Its masking keys follow from `mask_seed`.
/// Returns the close status that it reports to its application, the last one if a fault reports several.
///
/// # Errors
/// Returns why the model could not connect.
pub fn connect(
    url: &str,
    model: impl Into<EchoModel>,
    mask_seed: u64,
    allow_remote: bool,
) -> Result<Option<CloseStatus>, ConnectError> {
    let mut last = None;
    EchoClient::new(model, mask_seed).connect(url, allow_remote, |event| match event {
        EchoEvent::Closed(status) => last = Some(status),
        EchoEvent::Failed(_) | EchoEvent::Crashed(_) => {}
    })?;
    Ok(last)
}
