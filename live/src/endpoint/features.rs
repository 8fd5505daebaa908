//! What an endpoint under test supports, which decides which scripts can be played to it.

use wsclose::protocol::frame::{Decoder, Header, Opcode, Piece};
use wsclose::protocol::role::Role;
use wsclose::script::Step;

/// The features of an endpoint under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointFeatures {
    /// The role of the endpoint.
    pub role: Role,
    /// The endpoint closes when it receives the text `close:CODE:REASON`.
    pub close_command: bool,
    /// A case may have more than one connection.
    pub reconnects: bool,
}

/// Why a script cannot be played to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unplayable {
    /// The script is for endpoints of the other role.
    #[error(
        "expected a script for a {endpoint}, found `role {script}`; if its steps fit a {endpoint} too, write `role \
         {endpoint}`"
    )]
    Role {
        /// The role in the script.
        script: Role,
        /// The role of the endpoint.
        endpoint: Role,
    },
    /// The endpoint cannot be made to do what the step requests, or a socket cannot do it.
    #[error("expected steps that a socket can play, found `{step}`: {why}")]
    Step {
        /// The step, in its text form.
        step: String,
        /// Why it cannot be played.
        why: &'static str,
    },
    /// The script waits for longer than a case may take.
    #[error("expected waits of at most {limit} ticks in total, found {ticks}")]
    Waits {
        /// The ticks of all waits.
        ticks: u32,
        /// The limit.
        limit: u32,
    },
}

/// The most ticks that a script may wait in total. A re-run waits for most of a second per tick.
const MAX_WAIT_TICKS: u32 = 64;

impl EndpointFeatures {
    /// Why the steps cannot be played to the endpoint; `None` if they can.
    pub fn unplayable(self, steps: &[Step<'_>]) -> Option<Unplayable> {
        let of_step = |step: &Step<'_>| {
            let why = self.unsupported(step)?;
            Some(Unplayable::Step { step: step.to_string(), why })
        };
        let ticks = steps.iter().map(|step| if let Step::Wait(ticks) = step { u32::from(*ticks) } else { 0 });
        let ticks = ticks.sum();
        let too_long = ticks > MAX_WAIT_TICKS;
        steps
            .iter()
            .find_map(of_step)
            .or_else(|| self.undeliverable_close_command(steps))
            .or(too_long.then_some(Unplayable::Waits { ticks, limit: MAX_WAIT_TICKS }))
    }

    /// Why the step cannot be played to the endpoint; `None` if it can.
    fn unsupported(self, step: &Step<'_>) -> Option<&'static str> {
        match step {
            Step::Frame(_)
            | Step::Octets { .. }
            | Step::Fin { .. }
            | Step::Reset
            | Step::Note(_)
            | Step::Wait(_) => None,
            Step::AppClose(_) if self.close_command => None,
            Step::AppClose(_) => Some(
                "it needs an endpoint that closes when it receives the text `close:CODE:REASON`, and the check was \
                 not configured so",
            ),
            Step::Connect | Step::Repeat(_) if self.reconnects => None,
            Step::Connect | Step::Repeat(_) => {
                Some("a client that connects on its own opens one connection for each case")
            }
            // The harness controls neither the program of the endpoint nor the buffers of its kernel.
            Step::AppSend { .. } => Some("the harness cannot make the endpoint's program send a message"),
            Step::Pause | Step::Resume => Some("the harness cannot make the endpoint's program stop reading"),
            Step::PeerGone(_) => {
                Some("the kernel of the endpoint, not the harness, decides which of its writes succeed")
            }
            Step::PeerPause | Step::PeerResume => {
                Some("the kernels buffer what the endpoint writes while its peer does not read")
            }
        }
    }

    /// A close request that the endpoint does not read as a message. It has to come between two messages, before the
    /// peer's Close and the end of TCP.
    fn undeliverable_close_command(self, steps: &[Step<'_>]) -> Option<Unplayable> {
        let (mut decoder, mut in_message, mut is_over) = (Decoder::new(), false, false);
        let mut octets = Vec::new();
        for step in steps {
            octets.clear();
            step.write(self.role.peer(), &mut octets);
            if step.begins_connection() {
                (decoder, in_message, is_over) = (Decoder::new(), false, false);
            } else if matches!(step, Step::AppClose(_)) {
                let why = if is_over {
                    "the endpoint is asked to close by a message, which cannot follow the peer's Close or the end of TCP"
                } else if in_message || !decoder.at_boundary() {
                    "the endpoint is asked to close by a message, which cannot interrupt another message"
                } else {
                    continue;
                };
                return Some(Unplayable::Step { step: step.to_string(), why });
            }
            is_over |= matches!(step, Step::Fin { .. } | Step::Reset);
            let mut rest = octets.as_slice();
            while let Some(piece) = decoder.next(&mut rest) {
                match piece {
                    Piece::Header(Header { opcode: Opcode::Close, .. }) => is_over = true,
                    Piece::Header(Header { opcode, fin, .. }) if !opcode.is_control() => in_message = !fin,
                    Piece::Header(_) | Piece::Payload { .. } | Piece::End => {}
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use wsclose::script::ScriptBuf;

    use super::*;

    const SERVER: EndpointFeatures =
        EndpointFeatures { role: Role::Server, close_command: true, reconnects: true };

    /// Why these steps cannot be played, as text; empty if they can.
    fn why(features: EndpointFeatures, steps: &str) -> String {
        let script =
            ScriptBuf::read(format!("wsclose 1\nrole server\n{steps}").as_bytes()).expect("a script");
        let steps: Vec<Step<'_>> = script.as_script().steps().collect();
        features.unplayable(&steps).map_or(String::new(), |why| why.to_string())
    }

    #[test]
    fn close_command_needs_a_message_boundary() {
        for steps in [
            "app close 1000\n> close 1000\n",
            "> text \"a\"\napp close 1000\n",
            "> close\nconnect\napp close\n",
        ] {
            assert_eq!(why(SERVER, steps), "", "{steps}");
        }
        for steps in ["> text \"a\" fin=0\napp close 1000\n", "> text \"a\" claim=9\napp close 1000\n"] {
            assert!(why(SERVER, steps).contains("`app close 1000`"), "{steps}");
            assert!(why(SERVER, steps).ends_with("interrupt another message"), "{steps}");
        }
        for steps in ["> close 1000\napp close 1000\n", "> fin\napp close 1000\n"] {
            assert!(why(SERVER, steps).ends_with("the peer's Close or the end of TCP"), "{steps}");
        }
        let without_command = EndpointFeatures { close_command: false, ..SERVER };
        assert!(why(without_command, "app close 1000\n").contains("the check was not configured so"));
    }

    #[test]
    fn steps_that_no_socket_plays_are_named() {
        for step in ["app send text \"a\"", "app pause", "app resume", "> gone 1", "> pause", "> resume"] {
            assert!(why(SERVER, &format!("{step}\n")).contains(&format!("found `{step}`: ")), "{step}");
        }
        let in_a_loop = EndpointFeatures { reconnects: false, ..SERVER };
        assert_eq!(why(SERVER, "> fin\nagain each\n"), "");
        assert!(why(in_a_loop, "> fin\nagain each\n").contains("`again each`"));
    }

    #[test]
    fn waits_are_limited_in_total() {
        assert_eq!(why(SERVER, "> close 1000\nwait 16\n"), "");
        assert_eq!(
            why(SERVER, "wait 60\n> close 1000\nwait 5\n"),
            "expected waits of at most 64 ticks in total, found 65"
        );
    }
}
