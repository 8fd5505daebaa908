//! Turns the raw octets of the fuzz target `close_frame` into the stream of a peer: a script.

use crate::protocol::code::CloseCode;
use crate::protocol::role::Role;
use crate::script::{Payload, Step, Writer};

/// The ticks after which an endpoint has reacted to everything that is due at once.
const TICKS_TO_REACT: u8 = 2;

/// The ticks after which the judge expects that an endpoint with timeouts has ended the connection.
const TICKS_OF_SILENCE: u8 = 18;

/// What the peer does after its octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StreamEnd {
    /// It sends and reads nothing more, until the endpoint times out.
    Silence,
    /// It waits for the reaction, and sends FIN.
    Fin,
    /// It sends FIN at once.
    FinAtOnce,
    /// It resets the connection at once.
    Reset,
}

/// Octets, divided into two segments, with the events around them. The last octet decides these, so that any octets are
/// a stream and a fuzzer changes the events like the rest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream<'a> {
    /// The octets up to the cut, and those after it.
    pub segments: [&'a [u8]; 2],
    /// Whether the application requests a Close before the octets arrive.
    app_closes_first: bool,
    end: StreamEnd,
}

impl<'a> Stream<'a> {
    /// The stream of these octets; of no octets, none.
    pub fn of(octets: &'a [u8]) -> Option<Stream<'a>> {
        let decider = *octets.last()?;
        let (first, second) = octets.split_at((octets.len() + 1) * usize::from(decider) / 256);
        Some(Stream {
            segments: [first, second],
            app_closes_first: decider & 4 != 0,
            end: match decider & 3 {
                0 => StreamEnd::Silence,
                1 => StreamEnd::Fin,
                2 => StreamEnd::FinAtOnce,
                _ => StreamEnd::Reset,
            },
        })
    }

    /// Writes the script that plays the stream to an endpoint in this role.
    pub fn write(&self, role: Role, script: &mut Writer) {
        script.restart(role);
        if self.app_closes_first {
            script.step(&Step::AppClose(Payload { code: Some(CloseCode::NORMAL), ..Payload::EMPTY }));
        }
        for segment in self.segments {
            script.segment(segment);
        }
        match self.end {
            StreamEnd::Silence => script.step(&Step::Wait(TICKS_OF_SILENCE)),
            StreamEnd::Fin => {
                script.step(&Step::Wait(TICKS_TO_REACT));
                script.step(&Step::Fin { glue: false });
            }
            StreamEnd::FinAtOnce => script.step(&Step::Fin { glue: true }),
            StreamEnd::Reset => script.step(&Step::Reset),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Script;

    fn script(octets: &[u8], role: Role) -> String {
        let mut writer = Writer::new(role.peer());
        Stream::of(octets).expect("octets").write(role, &mut writer);
        Script::decode(writer.octets()).expect("a script").to_string()
    }

    #[test]
    fn the_last_octet_decides_the_cut_and_the_events_around() {
        let cases: [(&[u8], &str); 5] = [
            (&[0x88, 0x00], "> octets 8800\nwait 18\n"),
            (&[0x88, 0x02, 0x03, 0xe9], "> octets 8802 03e9\nwait 2\n> fin\n"),
            (&[0x88, 0x02, 0x03, 0xea], "> octets 8802 03ea\n> fin glue\n"),
            (&[0x88, 0x02, 0x03, 0x6b], "> octets 8802\n> octets 036b\n> reset\n"),
            (&[0x88, 0x04], "app close 1000\n> octets 8804\nwait 18\n"),
        ];
        for (octets, steps) in cases {
            let script = script(octets, Role::Client);
            assert_eq!(script.split_once("role client\n").map(|(_, steps)| steps), Some(steps), "{script}");
        }
        assert!(Stream::of(&[]).is_none());
    }

    #[test]
    fn long_segments_are_steps_without_a_cut_between() {
        // 600 octets are cut after 1.
        let octets = [&[0x82; 599][..], &[0x01]].concat();
        let script = script(&octets, Role::Server);
        let sent: Vec<&str> = script.lines().filter(|line| line.starts_with("> octets")).collect();
        assert_eq!(sent.len(), 4, "{script}");
        assert_eq!(
            sent.iter().map(|line| line.ends_with(" glue")).collect::<Vec<_>>(),
            [false, false, true, true]
        );
    }
}
