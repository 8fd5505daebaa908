//! Reads recordings of WebSocket connections, and judges how each side closed them.
//!
//! [`read::read`] detects the format of a file and hands on each [`RecordedConnection`](recording::RecordedConnection).
//! [`ConnectionReport::of`](report::ConnectionReport::of) judges both sides of one, and says in words how it ended. Nothing
//! here opens a socket.
//!
//! ```
//! use wsclose_capture::read::read;
//! use wsclose_capture::report::{ConnectionReport, ReportSettings};
//!
//! let recording = "wsclose recording 1
//! 0.000 > 88 80 37fa213d
//! 0.002 acknowledged 6 < 88 02 03ed
//! 0.003 acknowledged 6 < FIN
//! 0.004 acknowledged 5 > FIN
//! ";
//! let mut reports = Vec::new();
//! read(recording.as_bytes(), None, &mut |connection| {
//!     reports.extend(ConnectionReport::of(&connection, 1, ReportSettings::default()));
//! })?;
//! let violation = &reports[0].violations[0];
//! assert_eq!((violation.side, violation.rule), ("server", "code-not-local-only"));
//! println!("{}", reports[0]);
//! # Ok::<(), wsclose_capture::read::ReadError>(())
//! ```

pub mod answer;
mod expected;
pub mod from_trace;
pub mod har;
pub mod judgement;
pub mod net_log;
pub mod opening;
pub mod pcap;
pub mod proxied;
pub mod read;
pub mod recording;
pub mod report;
mod resync;
pub mod script;
pub mod session;
pub mod side;
pub mod text;
pub mod timeline;
pub mod tls;
pub mod undecided;
