//! Defines the position of an event in a trace.

/// When something happened: the index of the trace event, and the tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct At {
    pub entry: u32,
    pub tick: u32,
}

impl At {
    pub(super) fn new(entry: usize, tick: u32) -> At {
        At { entry: u32::try_from(entry).unwrap_or(u32::MAX), tick }
    }
}
