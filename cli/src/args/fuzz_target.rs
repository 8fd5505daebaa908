//! The fuzz targets.

use clap::ValueEnum;

/// A fuzz target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FuzzTarget {
    /// Raw octets of the wire.
    #[value(name = "close_frame")]
    CloseFrame,
    /// Scripts, on the model and the faulty subjects.
    #[value(name = "closing_handshake")]
    ClosingHandshake,
    /// Scripts, on the peers.
    #[value(name = "implementations")]
    Implementations,
}

impl FuzzTarget {
    /// Every target.
    pub const ALL: [FuzzTarget; 3] =
        [FuzzTarget::CloseFrame, FuzzTarget::ClosingHandshake, FuzzTarget::Implementations];

    /// Its name, which is also that of its corpus folder.
    pub const fn name(self) -> &'static str {
        match self {
            FuzzTarget::CloseFrame => "close_frame",
            FuzzTarget::ClosingHandshake => "closing_handshake",
            FuzzTarget::Implementations => "implementations",
        }
    }
}
