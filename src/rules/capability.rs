//! Defines capabilities: what an endpoint does itself and does not leave to the program around it. A set of
//! capabilities determines the rules that apply to a subject.

/// Something that an endpoint does itself or leaves to the program around it. A rule applies to a subject
/// only if the subject claims the capability that the rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Capability {
    /// It builds and parses frames. Every subject does.
    Framing,
    /// It masks the frames that a client sends and generates the keys.
    MasksFrames,
    /// It replies to the peer's Close itself.
    RepliesToClose,
    /// It parses the code and reason of a Close.
    ParsesCloseBody,
    /// It interprets the reason of a Close as text, as RFC 6455 §8.1 has it: it passes the reason on, or checks it.
    InterpretsReason,
    /// It sends a Close itself when it fails the connection.
    SendsCloseOnFailure,
    /// It closes TCP itself, or explicitly instructs its caller to do so at that moment.
    ClosesTcp,
    /// It has timeouts of its own and gives up waiting.
    HasTimeouts,
    /// It reports the code and reason of a closure to its application.
    ReportsCloseStatus,
    /// It reports to its application whether a closure was clean.
    ReportsClean,
    /// It has an API with which the application can close and send.
    ExposesCloseApi,
    /// Its adapter can measure how much memory it uses.
    ReportsMemory,
    /// Its adapter can observe the messages that it delivers to its application.
    ReportsMessages,
    /// It reads the text of messages as UTF-8, and does not pass it on as octets for the program to check.
    ValidatesText,
    /// Its transport shows each direction of TCP. A socket shows only that an endpoint sends no more.
    ShowsBothDirections,
}

impl Capability {
    /// Every capability, in the order of the enum.
    pub const ALL: [Capability; 15] = [
        Capability::Framing,
        Capability::MasksFrames,
        Capability::RepliesToClose,
        Capability::ParsesCloseBody,
        Capability::InterpretsReason,
        Capability::SendsCloseOnFailure,
        Capability::ClosesTcp,
        Capability::HasTimeouts,
        Capability::ReportsCloseStatus,
        Capability::ReportsClean,
        Capability::ExposesCloseApi,
        Capability::ReportsMemory,
        Capability::ReportsMessages,
        Capability::ValidatesText,
        Capability::ShowsBothDirections,
    ];

    /// The capability as a verb phrase, as `explain` prints it after "a subject that".
    pub const fn description(self) -> &'static str {
        match self {
            Capability::Framing => "builds and parses frames",
            Capability::MasksFrames => "masks the frames that it sends as a client",
            Capability::RepliesToClose => "replies to a Close itself",
            Capability::ParsesCloseBody => "parses the code and reason of a Close itself",
            Capability::InterpretsReason => "interprets the reason of a Close as text",
            Capability::SendsCloseOnFailure => "sends a Close itself when it fails the connection",
            Capability::ClosesTcp => "closes TCP itself",
            Capability::HasTimeouts => "has timeouts and gives up waiting",
            Capability::ReportsCloseStatus => "reports the code and reason of a closure to the application",
            Capability::ReportsClean => "reports to the application whether a closure was clean",
            Capability::ExposesCloseApi => "has an API with which the application can close and send",
            Capability::ReportsMemory => "exposes its memory use",
            Capability::ReportsMessages => "exposes the messages that it delivers",
            Capability::ValidatesText => "reads the text of messages as UTF-8 itself",
            Capability::ShowsBothDirections => "shows when it closes each direction of TCP",
        }
    }
}
