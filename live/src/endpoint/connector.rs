//! Establishes connections with the endpoint under test, one after another.

use std::time::{Duration, Instant};

use wsclose::harness::Opening;

use crate::endpoint::client_pool::{ClientReport, PooledClient};
use crate::endpoint::close_line::ReportLine;
use crate::endpoint::connection::{CaseError, Connection, connect};
use crate::endpoint::server_reports::ServerReports;
use crate::endpoint::under_test::{ConnectMode, EndpointUnderTest};
use crate::transport::server_target::ServerTarget;

/// Establishes connections.
#[derive(Debug)]
pub struct Connector<'a> {
    source: Source<'a>,
    round_trip: Duration,
    /// A number that differs between connections, from which the key of the opening handshake follows.
    nonce: u64,
}

#[derive(Debug)]
enum Source<'a> {
    Dial {
        target: &'a ServerTarget,
        reports: Option<&'a ServerReports>,
        /// The id of the last connection, if the server reports by it.
        id: Option<u64>,
    },
    Spawn(PooledClient<'a>),
    /// The connection of a client of the case server, until a case uses it.
    Supplied(Option<Connection>),
}

impl<'a> Connector<'a> {
    /// A connector to this endpoint.
    pub fn new(under_test: EndpointUnderTest<'a>) -> Connector<'a> {
        let source = match under_test.mode {
            ConnectMode::Dial(target) => {
                Source::Dial { target, reports: under_test.server_reports, id: None }
            }
            ConnectMode::Spawn(pool) => Source::Spawn(PooledClient::new(pool)),
            ConnectMode::Accept(_) => Source::Supplied(None),
        };
        Connector { source, round_trip: Duration::ZERO, nonce: 0 }
    }

    /// Supplies the connection of a client of the case server.
    pub fn supply(&mut self, connection: Connection) {
        self.source = Source::Supplied(Some(connection));
    }

    /// The longest opening handshake so far; zero for clients, where it is not measured.
    pub fn round_trip(&self) -> Duration {
        self.round_trip
    }

    /// The next connection, with an opening handshake of this kind. A supplied connection had that handshake before.
    ///
    /// # Errors
    /// Returns why there is no connection.
    pub fn open(&mut self, timeout: Duration, opening: Opening<'_>) -> Result<Connection, CaseError> {
        match &mut self.source {
            Source::Dial { target, reports, id } => {
                self.nonce += 1;
                *id = reports.map(ServerReports::next_id);
                let with_id = id.map(|id| target.with_connection_id(id));
                let target = with_id.as_ref().unwrap_or(target);
                let begun = Instant::now();
                let connection = connect(target, self.nonce, timeout, opening)?;
                self.round_trip = self.round_trip.max(begun.elapsed());
                Ok(connection)
            }
            Source::Spawn(client) => client.open(timeout, opening),
            Source::Supplied(connection) => {
                connection.take().ok_or(CaseError::NoRequest("no further connection"))
            }
        }
    }

    /// What the program of the endpoint reported about its connection, after a wait of at most `wait`.
    pub fn client_report(&mut self, wait: Duration) -> Option<ClientReport> {
        match &mut self.source {
            Source::Spawn(client) => client.client_report(wait),
            Source::Dial { reports, id, .. } => (*reports)?.take((*id)?, wait).map(ClientReport::Line),
            Source::Supplied(_) => None,
        }
    }

    /// A further line about the connection, after a wait of at most `wait`.
    pub fn further_line(&mut self, wait: Duration) -> Option<ReportLine> {
        match &mut self.source {
            Source::Spawn(client) => client.further_line(wait),
            Source::Dial { reports, id, .. } => (*reports)?.take((*id)?, wait),
            Source::Supplied(_) => None,
        }
    }

    /// Releases the process of a client whose connection is over.
    pub fn end(&mut self) {
        match &mut self.source {
            Source::Spawn(client) => client.end(),
            Source::Dial { .. } | Source::Supplied(_) => {}
        }
    }
}
