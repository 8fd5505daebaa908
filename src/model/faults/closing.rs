//! The faults in the course of the closing handshake.

use super::Fault;
use crate::model::situation::Situation;
use crate::protocol::role::Role;
use crate::protocol::state_machine::{Action, Event, State};

/// The size of the read that [`Fault::LeavesDataUnread`] makes before it closes TCP, in octets.
const READ_SIZE: usize = 1 << 16;

pub(super) fn action(fault: Fault, event: Event, action: Action, now: &Situation<'_>) -> Action {
    let exchanged = matches!(now.state, State::CloseReceived | State::CloseExchanged);
    match (fault, now.state, event) {
        (Fault::PongAfterHandshake, State::CloseExchanged, Event::RecvPing) => Action::SendPong,
        (Fault::NeverAnswers, State::Open, Event::RecvClose) => Action::Nothing,
        (Fault::DeliversAfterClose, _, Event::RecvMessage) if exchanged => Action::Deliver,
        (Fault::StopsReading, State::CloseSent, Event::RecvMessage) => Action::CloseTcp,
        (Fault::AnswersCrossedClose, State::CloseSent, Event::RecvClose) => Action::SendCloseReply,
        (Fault::FailsInSilence, State::Open, Event::RecvFlaw) => Action::CloseTcp,
        (Fault::DeliversAfterFailing, State::Failed, Event::RecvMessage) => Action::Deliver,
        (Fault::PongsAfterFailing, State::Failed, Event::RecvPing) => Action::SendPong,
        (Fault::AnswersAfterFailing, State::Failed, Event::RecvClose) => Action::SendCloseReply,
        (Fault::IgnoresEof, State::Open | State::CloseSent, Event::PeerFin) if now.role == Role::Server => {
            Action::Nothing
        }
        (Fault::ClientIgnoresEof, State::Open | State::CloseSent, Event::PeerFin)
            if now.role == Role::Client =>
        {
            Action::Nothing
        }
        (Fault::DropsMessagesWhileClosing, State::CloseSent, Event::RecvMessage) => Action::Discard,
        (Fault::IgnoresPingsWhileClosing, State::CloseSent, Event::RecvPing) => Action::Nothing,
        (Fault::SwallowsDataAfterClose, _, Event::AppSend) if action == Action::RejectRequest => {
            Action::Nothing
        }
        (Fault::SendsAfterClose, State::CloseSent, Event::AppSend) => Action::SendMessage,
        (Fault::EndsTcpOnRequest, State::Open, Event::AppClose) => Action::CloseTcp,
        (Fault::IgnoresCloseRequest, State::Open, Event::AppClose) => Action::Nothing,
        (Fault::DropsMessagesBeforeClose, State::Open, Event::AppSend) => Action::Nothing,
        (Fault::LosesMessages, State::Open, Event::RecvMessage) => Action::Nothing,
        (Fault::LosesFirstMessage, State::Open, Event::RecvMessage) if now.history.messages == 0 => {
            Action::Nothing
        }
        (Fault::LosesFragmentedMessages, State::Open, Event::RecvMessage)
            if now.history.fragmented_message =>
        {
            Action::Nothing
        }
        (Fault::AnswersSecondClose, State::CloseExchanged, Event::RecvClose) => Action::SendCloseReply,
        (Fault::AnswersReplyAfterFrames, State::CloseSent, Event::RecvClose)
            if now.history.frames_while_closing > 0 =>
        {
            Action::SendCloseReply
        }
        (Fault::ForgetsItsClose, State::CloseSent, Event::RecvClose) if now.history.longest_silence > 1 => {
            Action::SendCloseReply
        }
        (Fault::ClientClosesTcpAtTheReply, State::CloseSent, Event::RecvClose) => Action::CloseTcp,
        (Fault::ClosesTcpOnPing, State::CloseSent, Event::RecvPing) => Action::CloseTcp,
        (Fault::ClosesTcpOnPong, State::CloseSent, Event::RecvPong) => Action::CloseTcp,
        (Fault::FailsInSilenceBetweenFragments, State::Open, Event::RecvFlaw) if now.in_message => {
            Action::CloseTcp
        }
        (Fault::FailsInSilenceAfterMessage, State::Open, Event::RecvFlaw) if now.history.messages > 0 => {
            Action::CloseTcp
        }
        (Fault::IgnoresEofInMessage, State::Open, Event::PeerFin) if now.in_message => Action::Nothing,
        (Fault::LosesReplyIfFinComesFirst, State::CloseReceived, Event::PeerFin) => Action::CloseTcp,
        (Fault::IgnoresEofWhileClosing, State::CloseSent, Event::PeerFin) => Action::Nothing,
        (Fault::IgnoresRequestAfterMessage, State::Open, Event::AppClose) if now.history.messages > 0 => {
            Action::Nothing
        }
        (Fault::IgnoresRequestAfterSending, State::Open, Event::AppClose)
            if now.history.sent_messages > 0 =>
        {
            Action::Nothing
        }
        (Fault::EndsTcpOnRequestInMessage, State::Open, Event::AppClose) if now.in_message => {
            Action::CloseTcp
        }
        (Fault::SendsBeforeReply, State::CloseReceived, Event::AppSend) => Action::SendMessage,
        _ => action,
    }
}

pub(super) fn delay(fault: Fault, action: Action, now: &Situation<'_>) -> Option<u32> {
    match (fault, action, now.state) {
        (Fault::AnswersLate | Fault::SendsBeforeReply, Action::SendCloseReply, _) => Some(3),
        (Fault::LosesReplyIfFinComesFirst, Action::SendCloseReply, _) => Some(2),
        (Fault::AnswersLateAfterMessage, Action::SendCloseReply, _) if now.history.messages > 0 => Some(3),
        (Fault::AnswersLateBetweenFragments, Action::SendCloseReply, _) if now.in_message => Some(3),
        (
            Fault::LeavesTcpOpenAfterMessage,
            Action::CloseTcp,
            State::CloseExchanged | State::Closed { clean: true },
        ) if now.history.messages > 0 => None,
        (
            Fault::LeavesTcpOpenAfterOwnClose,
            Action::CloseTcp,
            State::CloseExchanged | State::Closed { clean: true },
        ) if now.history.closed_first => None,
        (Fault::ClosesTcpLateAfterOwnClose, Action::CloseTcp, State::CloseExchanged)
            if now.role == Role::Server && now.history.closed_first =>
        {
            Some(5)
        }
        (Fault::NeverClosesTcp, Action::CloseTcp, State::CloseExchanged | State::Closed { clean: true }) => {
            None
        }
        (Fault::ClosesTcpLate, Action::CloseTcp, State::CloseExchanged) if now.role == Role::Server => {
            Some(5)
        }
        (Fault::FailsSlowly, Action::CloseTcp, State::Failed) if now.role == Role::Server => Some(5),
        // The second of these still waits for a Close to answer.
        (Fault::StaysOpenAfterFailing | Fault::AnswersAfterFailing, Action::CloseTcp, State::Failed) => None,
        _ => Some(0),
    }
}

pub(super) fn discards_input(fault: Fault, state: State) -> bool {
    match fault {
        Fault::PongAfterHandshake | Fault::DeliversAfterClose | Fault::AnswersSecondClose => {
            !matches!(state, State::CloseExchanged | State::Open | State::CloseSent)
        }
        Fault::DeliversAfterFailing | Fault::PongsAfterFailing | Fault::AnswersAfterFailing => {
            !matches!(state, State::Failed | State::Open | State::CloseSent)
        }
        _ => state.discards_input(),
    }
}

pub(super) fn resets(fault: Fault, unread: usize, now: &Situation<'_>) -> bool {
    match fault {
        Fault::ResetsTcp => true,
        Fault::LeavesDataUnread => unread > READ_SIZE,
        Fault::ResetsIfAnythingFollows => unread > 0,
        Fault::ResetsAfterOwnClose => now.history.closed_first,
        Fault::ResetsAfterFailing => now.state == State::Failed,
        _ => false,
    }
}

/// Whether the endpoint has no timeout now.
pub(super) fn waits_for_ever(fault: Fault, now: &Situation<'_>) -> bool {
    match fault {
        Fault::WaitsForEver => true,
        Fault::ClientWaitsForEverForFin => now.role == Role::Client && now.state == State::CloseExchanged,
        _ => false,
    }
}
