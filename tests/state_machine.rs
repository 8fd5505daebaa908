//! Tests the state machine of the closing handshake.
//!
//! A snapshot shows all transitions for review. A second formulation of RFC 6455 checks every sequence of events. Two
//! models that are connected to each other always close cleanly.

use std::collections::{BTreeSet, VecDeque};

use wsclose::harness::{Recorder, Stimulus, Subject, TraceEventKind};
use wsclose::model::endpoint::Model;
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::role::Role;
use wsclose::protocol::state_machine::{Action, Event, State};
use wsclose::script::MessageKind;

#[test]
fn the_transition_table_matches_its_snapshot() {
    let cell = |state: State, event: Event, role: Role| {
        let (after, action) = state.transition(event, role);
        let action = format!("{action:?}");
        if after == state { action } else { format!("{action:<9} ▶ {}", after.name()) }
    };
    let mut table =
        format!("{:<18}  {:<11}  {:<30}  server, where it differs\n", "state", "event", "client, or both");
    for state in State::ALL {
        table.push('\n');
        for event in Event::ALL {
            let client = cell(state, event, Role::Client);
            let server = cell(state, event, Role::Server);
            let event = format!("{event:?}");
            let server = if server == client { "" } else { &server };
            let line = format!("{:<18}  {event:<11}  {client:<30}  {server}", state.name());
            table += line.trim_end();
            table.push('\n');
        }
    }
    insta::with_settings!({
        snapshot_path => "../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!("closing_table", table);
    });
}

/// The history of an endpoint, recorded without looking at its state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct History {
    /// The number of Closes that it sent, including a reply that was sent completely.
    closes: u8,
    /// It has yet to finish sending its reply.
    reply_pending: bool,
    /// It accepted a Close from the peer.
    received: bool,
    /// It failed the connection.
    failed: bool,
    /// How often it closed TCP.
    tcp_closed: u8,
    /// The peer ended TCP, or a timeout expired during the closing handshake.
    ended: bool,
    /// Closes went both ways before TCP ended.
    clean: bool,
}

/// Applies an event, checks the transition against the RFC, and returns the next state and history.
fn check(before: History, state: State, event: Event, role: Role) -> Result<(State, History), &'static str> {
    let (next, action) = state.transition(event, role);
    let mut now = before;
    let closing =
        before.closes > 0 || before.reply_pending || before.received || before.failed || before.ended;
    let discarding = before.received || before.failed || before.ended;

    match action {
        Action::SendClose => now.closes += 1,
        Action::SendCloseReply => now.reply_pending = true,
        Action::SendCloseThenFail => {
            now.closes += 1;
            now.tcp_closed += 1;
        }
        Action::CloseTcp => now.tcp_closed += 1,
        Action::SendMessage if closing => return Err("a message after a Close (§5.5.1)"),
        Action::Deliver | Action::SendPong if discarding => {
            return Err("input after the end was not discarded (§1.4)");
        }
        Action::RejectRequest if !closing => return Err("a request was rejected on an open connection"),
        Action::Nothing
        | Action::Discard
        | Action::Deliver
        | Action::SendMessage
        | Action::SendPong
        | Action::RejectRequest => {}
    }
    match event {
        Event::CloseReplySent if before.reply_pending && !before.ended => {
            now.reply_pending = false;
            now.closes += 1;
        }
        Event::RecvClose if !discarding => now.received = true,
        Event::RecvFlaw if !discarding => now.failed = true,
        // A peer that sent FIN may still read a pending reply.
        Event::PeerFin if before.reply_pending => {}
        Event::PeerFin | Event::PeerReset => now.ended = true,
        Event::Timeout if closing => now.ended = true,
        Event::CloseReplySent
        | Event::RecvClose
        | Event::RecvFlaw
        | Event::Timeout
        | Event::AppClose
        | Event::AppSend
        | Event::RecvMessage
        | Event::RecvPing
        | Event::RecvPong => {}
    }
    now.clean = before.clean || now.closes == 1 && now.received && !now.failed && !before.ended;

    if now.closes + u8::from(now.reply_pending) > 1 {
        return Err("a second Close (§5.5.1)");
    }
    if now.tcp_closed > 1 {
        return Err("TCP was closed twice");
    }
    if event == Event::AppSend && action != if closing { Action::RejectRequest } else { Action::SendMessage }
    {
        return Err("the application's message was neither sent nor rejected (§6.1)");
    }
    if event == Event::AppClose && !closing && action != Action::SendClose {
        return Err("the application cannot close");
    }
    if event == Event::RecvClose && !closing && action != Action::SendCloseReply {
        return Err("a Close got no reply (§5.5.1)");
    }
    if event == Event::RecvFlaw && !discarding && now.tcp_closed != 1 {
        return Err("TCP was not closed after a failure (§7.1.7)");
    }
    if now.clean && !before.clean && role == Role::Server && now.tcp_closed != 1 {
        return Err("a server did not close TCP after the handshake (§7.1.1)");
    }
    if now.clean && role == Role::Client && !now.ended && now.tcp_closed != 0 {
        return Err("a client closed TCP before the server (§7.1.1)");
    }
    let over = matches!(next, State::Closed { .. });
    if over != now.ended {
        return Err(
            "the end of TCP or a timeout did not close the connection, or something else did (§7.1.4)",
        );
    }
    if over && now.tcp_closed != 1 {
        return Err("the connection is closed and TCP is open");
    }
    if over && next != (State::Closed { clean: now.clean }) {
        return Err("`clean` differs from whether Closes went both ways before TCP ended (§7.1.4)");
    }
    if matches!(state, State::Closed { .. }) && next != state {
        return Err("a closed connection changed its state");
    }
    if next == State::Open && (closing || now.ended) {
        return Err("a closing connection became open");
    }
    Ok((next, now))
}

/// Checks every sequence of `depth` events from this state on, and counts the sequences.
fn descend(state: State, history: History, role: Role, path: &mut Vec<Event>, depth: usize, count: &mut u64) {
    *count += 1;
    if depth == 0 {
        return;
    }
    for event in Event::ALL {
        path.push(event);
        match check(history, state, event, role) {
            Ok((next, now)) => descend(next, now, role, path, depth - 1, count),
            Err(error) => panic!("{error}: a {role} after {path:?}, {} with {history:?}", state.name()),
        }
        path.pop();
    }
}

#[test]
fn every_short_sequence_of_events_conforms() {
    const DEPTH: usize = 7;
    for role in Role::ALL {
        let mut count = 0;
        descend(State::Open, History::default(), role, &mut Vec::new(), DEPTH, &mut count);
        assert_eq!(count, (0..=DEPTH as u32).map(|length| (Event::ALL.len() as u64).pow(length)).sum());
    }
}

/// Longer sequences need no test of their own: short ones reach every state and history.
#[test]
fn short_sequences_reach_every_state_and_history() {
    for role in Role::ALL {
        let mut known = BTreeSet::from([(State::Open, History::default())]);
        let mut open: Vec<_> = known.iter().copied().collect();
        let mut steps = 0;
        while !open.is_empty() {
            let mut found = Vec::new();
            for (state, history) in open {
                for event in Event::ALL {
                    let next = check(history, state, event, role).expect("a conforming transition");
                    if known.insert(next) {
                        found.push(next);
                    }
                }
            }
            open = found;
            steps += 1;
        }
        assert!(steps <= 7, "expected at most 7 events, found {steps}");
        let states: BTreeSet<State> = known.into_iter().map(|(state, _)| state).collect();
        assert_eq!(states, BTreeSet::from(State::ALL), "the states that a {role} reaches");
    }
}

/// The next act of two connected endpoints and their applications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    Close(Role),
    Send(Role),
    Deliver(Role),
}

const MOVES: [Move; 6] = [
    Move::Close(Role::Client),
    Move::Close(Role::Server),
    Move::Send(Role::Client),
    Move::Send(Role::Server),
    Move::Deliver(Role::Client),
    Move::Deliver(Role::Server),
];

/// How octets in flight are delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Segments {
    AsSent,
    OneOctetEach,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    Octets(Vec<u8>),
    Fin,
}

/// A model, the items in flight to it, and the last report to its application.
struct End {
    model: Model,
    out: Recorder,
    seen: usize,
    inbox: VecDeque<Item>,
    reported: Option<(Option<CloseCode>, Option<bool>)>,
}

impl End {
    fn new(role: Role) -> End {
        let mut end = End {
            model: Model::new(Profile::Iana),
            out: Recorder::new(),
            seen: 0,
            inbox: VecDeque::new(),
            reported: None,
        };
        end.model.connect(role, &mut end.out);
        end
    }

    /// Applies a stimulus and returns what the model sent.
    fn react(&mut self, stimulus: Stimulus<'_>) -> Vec<Item> {
        // The recorded stimulus also separates new octets from those that were sent before.
        self.out.record_stimulus(stimulus);
        self.model.react(stimulus, &mut self.out);
        let mut written = Vec::new();
        for entry in &self.out.events()[self.seen..] {
            match entry.kind {
                TraceEventKind::Sent(span) => written.push(Item::Octets(self.out.octets(span).to_vec())),
                TraceEventKind::WriteShutdown | TraceEventKind::Fin => written.push(Item::Fin),
                TraceEventKind::Reported { code, clean, .. } => self.reported = Some((code, clean)),
                TraceEventKind::Reset
                | TraceEventKind::ErrorReported(_)
                | TraceEventKind::Panicked(_)
                | TraceEventKind::Hung => {
                    panic!("expected no error of the model, found {:?}", entry.kind)
                }
                TraceEventKind::Connected { .. }
                | TraceEventKind::DeflateNegotiated
                | TraceEventKind::SentWithOpening
                | TraceEventKind::Received(_)
                | TraceEventKind::PeerFin
                | TraceEventKind::PeerReset
                | TraceEventKind::PeerGone(_)
                | TraceEventKind::PeerPaused
                | TraceEventKind::PeerResumed
                | TraceEventKind::AppClose { .. }
                | TraceEventKind::AppSend { .. }
                | TraceEventKind::AppPause
                | TraceEventKind::AppResume
                | TraceEventKind::Message { .. }
                | TraceEventKind::RequestAccepted
                | TraceEventKind::RequestRefused(_)
                | TraceEventKind::Unsupported(_)
                | TraceEventKind::Memory(_)
                | TraceEventKind::StateChanged(..)
                | TraceEventKind::Undelivered(_)
                | TraceEventKind::Note(_)
                | TraceEventKind::TlsStarted
                | TraceEventKind::TlsClosed
                | TraceEventKind::ScriptEnded => {}
            }
        }
        self.seen = self.out.events().len();
        written
    }

    fn receive(&mut self, item: Item, segments: Segments) -> Vec<Item> {
        match (item, segments) {
            (Item::Fin, _) => self.react(Stimulus::Fin),
            (Item::Octets(octets), Segments::AsSent) => self.react(Stimulus::Octets(&octets)),
            (Item::Octets(octets), Segments::OneOctetEach) => {
                octets.chunks(1).flat_map(|octet| self.react(Stimulus::Octets(octet))).collect()
            }
        }
    }
}

/// The code with which an application closes. The codes differ, so a report shows which Close it is about.
const fn own_code(role: Role) -> CloseCode {
    match role {
        Role::Client => CloseCode(3001),
        Role::Server => CloseCode(3002),
    }
}

fn index(role: Role) -> usize {
    match role {
        Role::Client => 0,
        Role::Server => 1,
    }
}

fn run(turns: &[Move], segments: Segments) {
    let mut ends = Role::ALL.map(End::new);
    let mut first_closer = None;
    let turn = |ends: &mut [End; 2], turn: Move| {
        let (actor, written) = match turn {
            Move::Close(role) => {
                let stimulus = Stimulus::Close { code: Some(own_code(role)), reason: "" };
                (role, ends[index(role)].react(stimulus))
            }
            Move::Send(role) => {
                let stimulus = Stimulus::Send { kind: MessageKind::Text, payload: b"hello" };
                (role, ends[index(role)].react(stimulus))
            }
            Move::Deliver(role) => match ends[index(role)].inbox.pop_front() {
                Some(item) => (role, ends[index(role)].receive(item, segments)),
                None => return,
            },
        };
        ends[index(actor.peer())].inbox.extend(written);
    };
    for &next in turns {
        if let Move::Close(role) = next {
            first_closer = first_closer.or(Some(role));
        }
        turn(&mut ends, next);
    }
    // Everything that is still in flight arrives.
    while ends.iter().any(|end| !end.inbox.is_empty()) {
        turn(&mut ends, Move::Deliver(Role::Client));
        turn(&mut ends, Move::Deliver(Role::Server));
    }
    for role in Role::ALL {
        let end = &ends[index(role)];
        assert_eq!(
            end.model.state(),
            State::Closed { clean: true },
            "the {role} after {turns:?}, {segments:?}"
        );
        let (code, clean) =
            end.reported.unwrap_or_else(|| panic!("expected a report of the {role} after {turns:?}"));
        assert_eq!(clean, Some(true), "the {role} after {turns:?}");
        // A reply has the code of the Close that it answers. Closes that cross have different codes.
        let peers_code = if first_closer == Some(role) {
            [own_code(role), own_code(role.peer())]
        } else {
            [own_code(role.peer()); 2]
        };
        assert!(peers_code.map(Some).contains(&code), "the {role} reported {code:?} after {turns:?}");
    }
}

#[test]
fn two_connected_models_close_cleanly() {
    const LENGTH: u32 = 6;
    let mut runs = 0;
    for number in 0..MOVES.len().pow(LENGTH) {
        let turns: [Move; LENGTH as usize] =
            std::array::from_fn(|place| MOVES[number / MOVES.len().pow(place as u32) % MOVES.len()]);
        if turns.iter().any(|turn| matches!(turn, Move::Close(_))) {
            runs += 1;
            for segments in [Segments::AsSent, Segments::OneOctetEach] {
                run(&turns, segments);
            }
        }
    }
    assert_eq!(runs, MOVES.len().pow(LENGTH) - (MOVES.len() - 2).pow(LENGTH));
}
