//! The faults in what an endpoint reports to its application.

use super::Fault;
use crate::model::behavior::{CloseStatus, ReportCourse};
use crate::model::situation::Situation;
use crate::protocol::close;
use crate::protocol::code::CloseCode;

pub(super) fn close_status<'a>(
    fault: Fault,
    conforming: CloseStatus<'a>,
    own_code: Option<CloseCode>,
    now: &Situation<'_>,
) -> CloseStatus<'a> {
    let CloseStatus { code, reason, clean } = conforming;
    let none = code == CloseCode::NO_STATUS;
    let cut = code == CloseCode::ABNORMAL;
    let with_code = |code| CloseStatus { code, ..conforming };
    let with_reason = |reason| CloseStatus { reason, ..conforming };
    match fault {
        Fault::TakesEofForClose if cut => {
            CloseStatus { code: CloseCode::NO_STATUS, clean: true, ..conforming }
        }
        Fault::ReportsFailureCode if cut => with_code(own_code.unwrap_or(code)),
        Fault::ReportsOwnCode => with_code(own_code.unwrap_or(code)),
        Fault::ReportsOwnCodeForNone if none => with_code(own_code.unwrap_or(code)),
        Fault::ReportsNormalForNone if none => with_code(CloseCode::NORMAL),
        Fault::Reports0ForNone if none => with_code(CloseCode(0)),
        Fault::ReportsAbnormalForNone if none => with_code(CloseCode::ABNORMAL),
        Fault::ReportsNormalForEof if cut => with_code(CloseCode::NORMAL),
        Fault::ReportsNoStatusForEof if cut => with_code(CloseCode::NO_STATUS),
        Fault::ReportsGoingAwayAsAbnormal if code == CloseCode::GOING_AWAY => with_code(CloseCode::ABNORMAL),
        Fault::ReportsUnnamedAsNoStatus if code.0 >= 3000 => with_code(CloseCode::NO_STATUS),
        Fault::ReportsPrivateAsNormal if code.0 >= 4000 => with_code(CloseCode::NORMAL),
        Fault::ReportsCodeModulo4096 => with_code(CloseCode(code.0 & 0xfff)),
        Fault::ReportsSwappedCode if !none && !cut => with_code(CloseCode(code.0.swap_bytes())),
        Fault::ReportsTheCodeBefore if !cut => with_code(now.past.last_code.unwrap_or(code)),
        Fault::ReportsNoReason => with_reason(""),
        Fault::ReportsInventedReason if none => with_reason("no reason given"),
        Fault::ReportsReasonUpToNul => with_reason(reason.split('\0').next().unwrap_or_default()),
        Fault::ReportsReasonUpToNewline => with_reason(reason.lines().next().unwrap_or_default()),
        Fault::ReportsReasonUpTo32 => with_reason(close::truncate_at_char_boundary(reason, 32)),
        Fault::ReportsReasonUpTo122 => with_reason(close::truncate_at_char_boundary(reason, 122)),
        Fault::ReportsReasonWithoutByteOrderMark => {
            with_reason(reason.strip_prefix('\u{feff}').unwrap_or(reason))
        }
        Fault::ReportsTrimmedReason => with_reason(reason.trim()),
        Fault::ReportsAsciiReasonsOnly if !reason.is_ascii() => with_reason(""),
        Fault::ReportsReasonOfNormalOnly if code != CloseCode::NORMAL => with_reason(""),
        Fault::ReportsNoReasonAfterOwnClose if now.history.closed_first => with_reason(""),
        Fault::ReportsAlwaysClean => CloseStatus { clean: true, ..conforming },
        Fault::ReportsNeverClean => CloseStatus { clean: false, ..conforming },
        Fault::ReportsOnlyNormalClean => {
            CloseStatus { clean: clean && code == CloseCode::NORMAL, ..conforming }
        }
        Fault::ReportsOwnClosesUnclean if now.history.closed_first => {
            CloseStatus { clean: false, ..conforming }
        }
        Fault::ReportsOwnClosesClean if now.history.closed_first => CloseStatus { clean: true, ..conforming },
        _ => conforming,
    }
}

pub(super) fn report_course(fault: Fault, now: &Situation<'_>) -> ReportCourse {
    match fault {
        Fault::ReportsAtTheClose => ReportCourse::AtTheClose,
        Fault::ReportsTwice => ReportCourse::Twice,
        Fault::ReportsTwiceAfterOwnClose if now.history.closed_first => ReportCourse::Twice,
        Fault::ReportsErrorAfterClose => ReportCourse::WithAnError,
        Fault::ReportsErrorAfterPings if now.history.pings > 0 => ReportCourse::WithAnError,
        _ => ReportCourse::OnceAtTheEnd,
    }
}
