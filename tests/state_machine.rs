//! The closing handshake as a table to review, and what RFC 6455 demands of it, checked for every sequence of
//! events; then two models face each other, and every closure between them is clean.

use std::collections::{BTreeSet, VecDeque};

use wsclose::harness::subject::{Recorder, Stimulus, Subject, TraceEventKind};
use wsclose::model::endpoint::Model;
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::role::Role;
use wsclose::protocol::state_machine::{Action, Event, State};
use wsclose::script::MessageKind;

#[test]
fn the_table_is_as_reviewed() {
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

/// What somebody who watches an endpoint, and does not know its state, remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Watched {
    /// Closes that it wrote, an answer included once it is written.
    closes: u8,
    /// An answer is due.
    answer_due: bool,
    /// It took a Close from the peer.
    received: bool,
    /// It failed the connection.
    failed: bool,
    /// How often it ended TCP.
    tcp_ended: u8,
    /// The peer ended TCP, or patience did, while a Close was under way.
    gone: bool,
    /// A Close had gone each way before TCP ended.
    clean: bool,
}

/// One step of an endpoint, held against what the RFC demands. Returns what is remembered afterwards.
fn watch(before: Watched, state: State, event: Event, role: Role) -> Result<(State, Watched), &'static str> {
    let (next, action) = state.transition(event, role);
    let mut now = before;
    let closing = before.closes > 0 || before.answer_due || before.received || before.failed || before.gone;
    let deaf = before.received || before.failed || before.gone;

    match action {
        Action::SendClose => now.closes += 1,
        Action::SendCloseReply => now.answer_due = true,
        Action::SendCloseThenFail => {
            now.closes += 1;
            now.tcp_ended += 1;
        }
        Action::CloseTcp => now.tcp_ended += 1,
        Action::SendMessage if closing => return Err("a message after a Close (§5.5.1)"),
        Action::Deliver | Action::SendPong if deaf => {
            return Err("what came after the end was not discarded (§1.4)");
        }
        Action::RejectRequest if !closing => return Err("an open connection refuses its application"),
        Action::Nothing
        | Action::Discard
        | Action::Deliver
        | Action::SendMessage
        | Action::SendPong
        | Action::RejectRequest => {}
    }
    match event {
        Event::CloseReplySent if before.answer_due && !before.gone => {
            now.answer_due = false;
            now.closes += 1;
        }
        Event::RecvClose if !deaf => now.received = true,
        Event::RecvFlaw if !deaf => now.failed = true,
        // The peer may close its half and still read an answer that is due.
        Event::PeerFin if before.answer_due => {}
        Event::PeerFin | Event::PeerReset => now.gone = true,
        Event::Timeout if closing => now.gone = true,
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
    now.clean = before.clean || now.closes == 1 && now.received && !now.failed && !before.gone;

    if now.closes + u8::from(now.answer_due) > 1 {
        return Err("a second Close (§5.5.1)");
    }
    if now.tcp_ended > 1 {
        return Err("TCP is ended twice");
    }
    if event == Event::AppSend && action != if closing { Action::RejectRequest } else { Action::SendMessage }
    {
        return Err("the application's message is neither sent nor refused (§6.1)");
    }
    if event == Event::AppClose && !closing && action != Action::SendClose {
        return Err("the application cannot close");
    }
    if event == Event::RecvClose && !closing && action != Action::SendCloseReply {
        return Err("a Close is not answered (§5.5.1)");
    }
    if event == Event::RecvFlaw && !deaf && now.tcp_ended != 1 {
        return Err("failing the connection does not end TCP (§7.1.7)");
    }
    if now.clean && !before.clean && role == Role::Server && now.tcp_ended != 1 {
        return Err("a server does not end TCP once the handshake is done (§7.1.1)");
    }
    if now.clean && role == Role::Client && !now.gone && now.tcp_ended != 0 {
        return Err("a client does not let the server end TCP first (§7.1.1)");
    }
    let over = matches!(next, State::Closed { .. });
    if over != now.gone {
        return Err("an end of TCP, or of patience, does not end the connection (§7.1.4)");
    }
    if over && now.tcp_ended != 1 {
        return Err("the connection is over and TCP is not ended");
    }
    if over && next != (State::Closed { clean: now.clean }) {
        return Err("clean is not whether a Close went each way before TCP ended (§7.1.4)");
    }
    if matches!(state, State::Closed { .. }) && next != state {
        return Err("an end that is not the end");
    }
    if next == State::Open && (closing || now.gone) {
        return Err("a closing connection opens again");
    }
    Ok((next, now))
}

/// Every sequence of so many events, one after the other.
fn descend(state: State, watched: Watched, role: Role, path: &mut Vec<Event>, depth: usize, count: &mut u64) {
    *count += 1;
    if depth == 0 {
        return;
    }
    for event in Event::ALL {
        path.push(event);
        match watch(watched, state, event, role) {
            Ok((next, now)) => descend(next, now, role, path, depth - 1, count),
            Err(breach) => panic!("{breach}: a {role} after {path:?}, {} to {watched:?}", state.name()),
        }
        path.pop();
    }
}

#[test]
fn every_sequence_of_events_keeps_the_rules() {
    const DEPTH: usize = 7;
    for role in Role::ALL {
        let mut count = 0;
        descend(State::Open, Watched::default(), role, &mut Vec::new(), DEPTH, &mut count);
        assert_eq!(count, (0..=DEPTH as u32).map(|length| (Event::ALL.len() as u64).pow(length)).sum());
    }
}

/// Longer sequences than can be tried lead to no state and no memory that a shorter one does not.
#[test]
fn no_longer_sequence_leads_anywhere_new() {
    for role in Role::ALL {
        let mut known = BTreeSet::from([(State::Open, Watched::default())]);
        let mut open: Vec<_> = known.iter().copied().collect();
        let mut steps = 0;
        while !open.is_empty() {
            let mut found = Vec::new();
            for (state, watched) in open {
                for event in Event::ALL {
                    let next = watch(watched, state, event, role).expect("the rules are kept");
                    if known.insert(next) {
                        found.push(next);
                    }
                }
            }
            open = found;
            steps += 1;
        }
        assert!(steps <= 7, "{steps} events lead somewhere new");
        let states: BTreeSet<State> = known.into_iter().map(|(state, _)| state).collect();
        assert_eq!(states, BTreeSet::from(State::ALL), "every state can be reached by a {role}");
    }
}

/// What two endpoints and their applications can do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Close(Role),
    Send(Role),
    Deliver(Role),
}

const TURNS: [Turn; 6] = [
    Turn::Close(Role::Client),
    Turn::Close(Role::Server),
    Turn::Send(Role::Client),
    Turn::Send(Role::Server),
    Turn::Deliver(Role::Client),
    Turn::Deliver(Role::Server),
];

/// How what is under way is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Handing {
    AsWritten,
    OctetByOctet,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    Octets(Vec<u8>),
    Fin,
}

/// An endpoint, what is under way to it, and what its application was told.
struct End {
    model: Model,
    out: Recorder,
    shown: usize,
    inbox: VecDeque<Item>,
    told: Option<(Option<CloseCode>, Option<bool>)>,
}

impl End {
    fn new(role: Role) -> End {
        let mut end = End {
            model: Model::new(Profile::Iana),
            out: Recorder::new(),
            shown: 0,
            inbox: VecDeque::new(),
            told: None,
        };
        end.model.connect(role, &mut end.out);
        end
    }

    /// Lets something happen, and gives what was written.
    fn react(&mut self, stimulus: Stimulus<'_>) -> Vec<Item> {
        // It also keeps what is written now apart from what was written before.
        self.out.record_stimulus(stimulus);
        self.model.react(stimulus, &mut self.out);
        let mut written = Vec::new();
        for entry in &self.out.events()[self.shown..] {
            match entry.kind {
                TraceEventKind::Sent(span) => written.push(Item::Octets(self.out.octets(span).to_vec())),
                TraceEventKind::WriteShutdown | TraceEventKind::Fin => written.push(Item::Fin),
                TraceEventKind::Reported { code, clean, .. } => self.told = Some((code, clean)),
                TraceEventKind::Reset
                | TraceEventKind::ErrorReported(_)
                | TraceEventKind::Panicked(_)
                | TraceEventKind::Hung => {
                    panic!("a model met with an error: {:?}", entry.kind)
                }
                TraceEventKind::Connected { .. }
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
                | TraceEventKind::ScriptEnded => {}
            }
        }
        self.shown = self.out.events().len();
        written
    }

    fn take(&mut self, item: Item, handing: Handing) -> Vec<Item> {
        match (item, handing) {
            (Item::Fin, _) => self.react(Stimulus::Fin),
            (Item::Octets(octets), Handing::AsWritten) => self.react(Stimulus::Octets(&octets)),
            (Item::Octets(octets), Handing::OctetByOctet) => {
                octets.chunks(1).flat_map(|octet| self.react(Stimulus::Octets(octet))).collect()
            }
        }
    }
}

/// The code with which an application closes: each its own, so that it shows whose was told.
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

fn play(turns: &[Turn], handing: Handing) {
    let mut ends = Role::ALL.map(End::new);
    let mut first_closer = None;
    let turn = |ends: &mut [End; 2], turn: Turn| {
        let (actor, written) = match turn {
            Turn::Close(role) => {
                let stimulus = Stimulus::Close { code: Some(own_code(role)), reason: "" };
                (role, ends[index(role)].react(stimulus))
            }
            Turn::Send(role) => {
                let stimulus = Stimulus::Send { kind: MessageKind::Text, payload: b"hello" };
                (role, ends[index(role)].react(stimulus))
            }
            Turn::Deliver(role) => match ends[index(role)].inbox.pop_front() {
                Some(item) => (role, ends[index(role)].take(item, handing)),
                None => return,
            },
        };
        ends[index(actor.peer())].inbox.extend(written);
    };
    for &next in turns {
        if let Turn::Close(role) = next {
            first_closer = first_closer.or(Some(role));
        }
        turn(&mut ends, next);
    }
    // Whatever is still under way arrives.
    while ends.iter().any(|end| !end.inbox.is_empty()) {
        turn(&mut ends, Turn::Deliver(Role::Client));
        turn(&mut ends, Turn::Deliver(Role::Server));
    }
    for role in Role::ALL {
        let end = &ends[index(role)];
        assert_eq!(
            end.model.state(),
            State::Closed { clean: true },
            "the {role} after {turns:?}, {handing:?}"
        );
        let (code, clean) = end.told.unwrap_or_else(|| panic!("the {role} told nothing after {turns:?}"));
        assert_eq!(clean, Some(true), "the {role} after {turns:?}");
        // An answer carries the code that it answers; of two Closes that crossed, each has its own.
        let peers_code = if first_closer == Some(role) {
            [own_code(role), own_code(role.peer())]
        } else {
            [own_code(role.peer()); 2]
        };
        assert!(peers_code.map(Some).contains(&code), "the {role} was told {code:?} after {turns:?}");
    }
}

#[test]
fn two_models_that_face_each_other_end_clean() {
    const LENGTH: u32 = 6;
    let mut played = 0;
    for number in 0..TURNS.len().pow(LENGTH) {
        let turns: [Turn; LENGTH as usize] =
            std::array::from_fn(|place| TURNS[number / TURNS.len().pow(place as u32) % TURNS.len()]);
        if turns.iter().any(|turn| matches!(turn, Turn::Close(_))) {
            played += 1;
            for handing in [Handing::AsWritten, Handing::OctetByOctet] {
                play(&turns, handing);
            }
        }
    }
    assert_eq!(played, TURNS.len().pow(LENGTH) - (TURNS.len() - 2).pow(LENGTH));
}
