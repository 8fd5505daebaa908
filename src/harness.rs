//! Drives a script through an endpoint under test and records what happens.

mod driver;
mod event;
mod recorder;
mod stimulus;
mod subject;
mod timeline;
mod trace;

pub use driver::{Driver, Limits};
pub use event::{Span, TraceEvent, TraceEventKind};
pub use recorder::Recorder;
pub use stimulus::Stimulus;
pub use subject::{Opening, Subject};
pub use timeline::{FrameDisplay, Hex, Mark, Quoted, Timeline};
pub use trace::Trace;
