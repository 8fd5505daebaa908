//! The fuzz targets.

use clap::ValueEnum;

/// A fuzz target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum FuzzTarget {
    /// Raw bytes of the wire.
    #[value(name = "close_frame")]
    CloseFrame,
    /// Scripts, run against the model and the faulty models.
    #[value(name = "closing_handshake")]
    ClosingHandshake,
    /// Scripts, run against the in-process libraries.
    #[value(name = "implementations")]
    Implementations,
    /// Scenarios, run against the model.
    #[value(name = "scenario")]
    Scenario,
}

impl FuzzTarget {
    /// Every target.
    pub const ALL: [FuzzTarget; 4] = [
        FuzzTarget::CloseFrame,
        FuzzTarget::ClosingHandshake,
        FuzzTarget::Implementations,
        FuzzTarget::Scenario,
    ];

    /// The name of the target and of its corpus folder.
    pub const fn name(self) -> &'static str {
        match self {
            FuzzTarget::CloseFrame => "close_frame",
            FuzzTarget::ClosingHandshake => "closing_handshake",
            FuzzTarget::Implementations => "implementations",
            FuzzTarget::Scenario => "scenario",
        }
    }
}
