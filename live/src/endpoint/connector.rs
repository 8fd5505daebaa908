//! How connections with the endpoint under test come about. In comes the way, out come connections behind their
//! opening handshake, or why there is none.

use std::time::{Duration, Instant};

use crate::endpoint::client_pool::{ClientReport, PooledClient};
use crate::endpoint::connection::{CaseError, Connection, connect};
use crate::endpoint::under_test::ConnectMode;
use crate::transport::server_target::ServerTarget;

/// Opens connections, one after another.
#[derive(Debug)]
pub struct Connector<'a> {
    source: Source<'a>,
    /// How long an opening handshake took at the most.
    round_trip: Duration,
    /// Different for each connection.
    nonce: u64,
}

#[derive(Debug)]
enum Source<'a> {
    Dial(&'a ServerTarget),
    Spawn(PooledClient<'a>),
    /// The one connection that came by itself, until it is used.
    Supplied(Option<Connection>),
}

impl<'a> Connector<'a> {
    /// Opens connections this way. A client that comes by itself has to be handed over.
    pub fn new(mode: ConnectMode<'a>) -> Connector<'a> {
        let source = match mode {
            ConnectMode::Dial(target) => Source::Dial(target),
            ConnectMode::Spawn(launcher) => Source::Spawn(PooledClient::new(launcher)),
            ConnectMode::Accept(_) => Source::Supplied(None),
        };
        Connector { source, round_trip: Duration::ZERO, nonce: 0 }
    }

    /// A connection that has come by itself is the next one.
    pub fn supply(&mut self, conn: Connection) {
        self.source = Source::Supplied(Some(conn));
    }

    /// How long an opening handshake has taken at the most; of clients it is not measured.
    pub fn round_trip(&self) -> Duration {
        self.round_trip
    }

    /// The next connection; `deflate` says whether permessage-deflate is offered, or agreed to. To a client that came
    /// by itself that was said before.
    ///
    /// # Errors
    /// Why there is none.
    pub fn open(&mut self, timeout: Duration, deflate: bool) -> Result<Connection, CaseError> {
        match &mut self.source {
            Source::Dial(target) => {
                self.nonce += 1;
                let begun = Instant::now();
                let conn = connect(target, self.nonce, timeout, deflate)?;
                self.round_trip = self.round_trip.max(begun.elapsed());
                Ok(conn)
            }
            Source::Spawn(launch) => launch.open(timeout, deflate),
            Source::Supplied(conn) => conn.take().ok_or(CaseError::NoRequest("no further connection")),
        }
    }

    /// What is known of the endpoint's program beside its connection, after waiting no longer than `wait`.
    pub fn client_report(&mut self, wait: Duration) -> Option<ClientReport> {
        match &mut self.source {
            Source::Spawn(launch) => launch.client_report(wait),
            Source::Dial(_) | Source::Supplied(_) => None,
        }
    }

    /// The connection is over, and with it what was started for it.
    pub fn end(&mut self) {
        match &mut self.source {
            Source::Spawn(launch) => launch.end(),
            Source::Dial(_) | Source::Supplied(_) => {}
        }
    }
}
