//! Names the reasons for which a verdict is inconclusive.

use std::fmt;

/// Why a trace exercises a rule and does not show whether the subject conforms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum InconclusiveReason {
    /// The reaction may be for something else that arrived with the frame.
    AmbiguousCause,
    /// Several properties of the Close may have caused the rejection.
    AmbiguousProperty,
    /// The subject's code is both that of the Close and one that endpoints fail with.
    EchoOrFailure,
    /// The subject's Close has the code of the flawed one and a reason of its own.
    EchoWithOwnReason,
    /// The subject sent or reported the code, and acted otherwise as if it failed the connection.
    LikeRejection,
    /// Nothing shows that the subject interprets the reason of a Close.
    ReasonNotInterpreted,
    /// The subject rejected the frame, but only after further input.
    LateRejection,
    /// The only flaw is the mask, for which §5.1 permits and does not require a Close.
    MaskFlaw,
    /// The closure may rightly be unclean: the subject failed the connection, TCP was reset, or the report came
    /// before the second Close.
    RightlyUnclean,
    /// The reported code is both that of the Close and what a rejection reports.
    ReportMayBeRejection,
    /// The subject reported both a closure and an error.
    ClosureAndError,
    /// The subject reported a closure that shows neither acceptance nor rejection.
    UnrelatedReport,
    /// The subject sent a Close that shows neither acceptance nor rejection.
    UnrelatedReply,
    /// The application had requested the subject's Close, which therefore is no reply.
    RequestedClose,
    /// What the subject sent may have crossed what the peer sent.
    MayHaveCrossed,
    /// The subject was already closing, so nothing is evidence of its reaction.
    AlreadyClosing,
    /// The subject had already ended TCP.
    AlreadyEnded,
    /// The subject left an earlier Ping unanswered, so it may have stopped reading before.
    StoppedEarlier,
    /// The frame was incomplete, so the subject may have waited for the rest of it.
    IncompleteFrame,
    /// Something else happened before the subject had time to react.
    NoTimeToReact,
    /// The script ended within the tick that a subject with timeouts may take.
    WithinGrace,
    /// The subject may still wait for the peer to end TCP.
    MayStillWait,
    /// The subject reset TCP after its FIN, so how long it read is unknown.
    ResetAfterFin,
    /// The subject rejected a registered code that it need not know.
    RegisteredCode,
    /// The subject rejected the Close.
    RejectedClose,
    /// Nothing that the subject sent was delivered, so a rejection cannot be seen.
    Undelivered,
    /// The peer reset TCP, so the reaction may be lost.
    PeerReset,
    /// The application received no report of the closure.
    NothingReported,
    /// Nothing shows whether the subject accepted or rejected the Close.
    NothingShown,
    /// The subject panicked or hung.
    PanickedOrHung,
    /// The subject may have closed by a policy or a timeout of its own.
    OwnPolicy,
    /// The subject neither accepted nor refused the request, and did nothing else about it.
    RequestUnanswered,
    /// Something else happened between the request and the subject's Close.
    RequestInterrupted,
    /// The subject's Close or its end of TCP may follow from a refusal of the request.
    MayBeRefusal,
    /// The application had requested several Closes.
    RepeatedRequest,
    /// The subject neither refused the request nor did what was requested: it sent another Close.
    ReplacedRequest,
    /// The application requested no code, so the subject chose one.
    NoCodeRequested,
    /// The client sent too few frames to show whether its masking keys follow a pattern.
    FewKeys,
}

impl InconclusiveReason {
    /// The reason as a clause that follows "inconclusive: ".
    pub const fn description(self) -> &'static str {
        match self {
            InconclusiveReason::AmbiguousCause => {
                "the reaction may be for something else that arrived with the frame"
            }
            InconclusiveReason::AmbiguousProperty => {
                "several properties of the Close may have caused the rejection"
            }
            InconclusiveReason::EchoOrFailure => {
                "the subject's code is both that of the Close and a failure code"
            }
            InconclusiveReason::EchoWithOwnReason => {
                "the subject's Close has the code of the flawed one and a reason of its own"
            }
            InconclusiveReason::LikeRejection => {
                "the subject sent or reported the code, but acted as it does if it fails the connection"
            }
            InconclusiveReason::ReasonNotInterpreted => {
                "nothing shows that the subject interprets the reason of a Close"
            }
            InconclusiveReason::LateRejection => {
                "the subject rejected the frame, but only after further input"
            }
            InconclusiveReason::MaskFlaw => "the only flaw is the mask, for which a Close is optional",
            InconclusiveReason::RightlyUnclean => "the closure may rightly have been reported as unclean",
            InconclusiveReason::ReportMayBeRejection => {
                "the reported code is both that of the Close and what a rejection reports"
            }
            InconclusiveReason::ClosureAndError => "the subject reported both a closure and an error",
            InconclusiveReason::UnrelatedReport => {
                "the subject reported a closure that shows neither acceptance nor rejection"
            }
            InconclusiveReason::UnrelatedReply => {
                "the subject sent a Close that shows neither acceptance nor rejection"
            }
            InconclusiveReason::RequestedClose => "the application had requested the subject's Close",
            InconclusiveReason::MayHaveCrossed => "it may have been sent before the peer's Close arrived",
            InconclusiveReason::AlreadyClosing => "the subject was already closing",
            InconclusiveReason::AlreadyEnded => "the subject had already ended TCP",
            InconclusiveReason::StoppedEarlier => {
                "the subject left an earlier Ping unanswered and may have stopped reading"
            }
            InconclusiveReason::IncompleteFrame => "the frame was incomplete",
            InconclusiveReason::NoTimeToReact => {
                "something else happened before the subject had time to react"
            }
            InconclusiveReason::WithinGrace => {
                "the script ended within the tick that a subject with timeouts may take"
            }
            InconclusiveReason::MayStillWait => "the subject may still wait for the peer to end TCP",
            InconclusiveReason::ResetAfterFin => {
                "the subject reset TCP after its FIN, so how long it read is unknown"
            }
            InconclusiveReason::RegisteredCode => {
                "the subject rejected a registered code that it need not know"
            }
            InconclusiveReason::RejectedClose => "the subject rejected the Close",
            InconclusiveReason::Undelivered => {
                "nothing that the subject sent was delivered, so a rejection cannot be seen"
            }
            InconclusiveReason::PeerReset => "the peer reset TCP, so the reaction may be lost",
            InconclusiveReason::NothingReported => "the application received no report of the closure",
            InconclusiveReason::NothingShown => {
                "nothing shows whether the subject accepted or rejected the Close"
            }
            InconclusiveReason::PanickedOrHung => "the subject panicked or hung",
            InconclusiveReason::OwnPolicy => {
                "the subject may have closed by a policy or a timeout of its own"
            }
            InconclusiveReason::RequestUnanswered => {
                "the subject neither accepted nor refused the request of its application"
            }
            InconclusiveReason::RequestInterrupted => {
                "something else happened between the request of the application and the subject's Close"
            }
            InconclusiveReason::MayBeRefusal => {
                "the subject's Close or end of TCP may follow from a refusal of the request"
            }
            InconclusiveReason::RepeatedRequest => "the application had requested several Closes",
            InconclusiveReason::ReplacedRequest => {
                "the subject sent another Close than the requested one, and did not refuse the request"
            }
            InconclusiveReason::NoCodeRequested => {
                "the application requested no code, so the subject chose one"
            }
            InconclusiveReason::FewKeys => "so few masking keys cannot show that they follow no pattern",
        }
    }
}

impl InconclusiveReason {
    /// Whether the usual replies of the subject, which other traces show, may decide what this trace leaves open.
    pub const fn is_open_to_comparison(self) -> bool {
        matches!(
            self,
            InconclusiveReason::UnrelatedReply
                | InconclusiveReason::EchoOrFailure
                | InconclusiveReason::EchoWithOwnReason
        )
    }
}

impl fmt::Display for InconclusiveReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.description())
    }
}
