//! Making a script small. In come a script and a test of whether another one still shows the same; out
//! comes the smallest that was found within a number of tries.
//!
//! Delta debugging over the steps, then over what each step carries, until nothing more can go.

use crate::protocol::code::CloseCode;
use crate::script::{FrameStep, LengthEncoding, Payload, Script, ScriptBuf, SegmentPlacement, Step, Writer};

/// A search for a smaller script.
pub struct Minimizer<T> {
    reproduces: T,
    /// How often `shows` may still be asked.
    tries_left: usize,
    best: ScriptBuf,
}

impl<T: FnMut(Script<'_>) -> bool> Minimizer<T> {
    /// A search from `script`, which must show what `shows` asks for, with at most so many tries.
    pub fn new(script: ScriptBuf, tries: usize, reproduces: T) -> Minimizer<T> {
        Minimizer { reproduces, tries_left: tries, best: script }
    }

    /// The smallest script that was found.
    pub fn run(mut self) -> ScriptBuf {
        loop {
            let before = self.best.clone();
            self.drop_steps();
            let count = self.best.as_script().steps().count();
            for at in 0..count {
                self.simplify(at);
                self.drop_octets(at);
            }
            if self.best == before || self.tries_left == 0 {
                return self.best;
            }
        }
    }

    /// Takes the script if it still shows it.
    fn accept_if_reproduces(&mut self, steps: &[Step<'_>]) -> bool {
        if self.tries_left == 0 {
            return false;
        }
        let mut writer = Writer::new(self.best.as_script().role());
        steps.iter().for_each(|step| writer.step(step));
        let Ok(script) = ScriptBuf::read(&writer.into_octets()) else { return false };
        if script == self.best {
            return false;
        }
        self.tries_left -= 1;
        let shows = (self.reproduces)(script.as_script());
        if shows {
            self.best = script;
        }
        shows
    }

    fn drop_steps(&mut self) {
        let script = self.best.clone();
        let steps: Vec<Step<'_>> = script.as_script().steps().collect();
        shrink(steps, |steps| self.accept_if_reproduces(steps));
    }

    /// Tries every simpler form of one step, as long as one of them shows it.
    fn simplify(&mut self, at: usize) {
        loop {
            let script = self.best.clone();
            let mut steps: Vec<Step<'_>> = script.as_script().steps().collect();
            let Some(step) = steps.get(at).copied() else { return };
            let found = simpler(step).into_iter().any(|simpler| {
                steps[at] = simpler;
                self.accept_if_reproduces(&steps)
            });
            if !found {
                return;
            }
        }
    }

    fn drop_octets(&mut self, at: usize) {
        let script = self.best.clone();
        let steps: Vec<Step<'_>> = script.as_script().steps().collect();
        let Some(octets) = steps.get(at).and_then(carried_octets) else { return };
        shrink(octets.to_vec(), |octets| {
            let mut changed = steps.clone();
            changed[at] = with_octets(steps[at], octets);
            self.accept_if_reproduces(&changed)
        });
    }
}

/// The fewest octets of `all` that were found, in at most so many tries, still to show it.
pub fn octets(all: Vec<u8>, tries: usize, mut reproduces: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
    let mut best = all.clone();
    let mut left = tries;
    shrink(all, |octets| {
        if left == 0 {
            return false;
        }
        left -= 1;
        let kept = reproduces(octets);
        if kept {
            best = octets.to_vec();
        }
        kept
    });
    best
}

/// Leaves out stretches of a list, long ones first, as long as `keeps` takes what is left.
fn shrink<I: Clone>(mut list: Vec<I>, mut accepts: impl FnMut(&[I]) -> bool) {
    let mut stretch = list.len().div_ceil(2);
    while stretch > 0 && !list.is_empty() {
        let mut at = 0;
        while at < list.len() {
            let mut rest = list.clone();
            rest.drain(at..(at + stretch).min(list.len()));
            if accepts(&rest) {
                list = rest;
            } else {
                at += stretch;
            }
        }
        stretch = if stretch == 1 { 0 } else { stretch.div_ceil(2) };
    }
}

/// The octets that a step carries and that can be fewer.
fn carried_octets<'a>(step: &Step<'a>) -> Option<&'a [u8]> {
    if let Step::Octets { octets, .. } = step {
        return Some(octets);
    }
    step.payload().map(|payload| payload.chunk)
}

/// The step with other octets.
fn with_octets<'a>(step: Step<'a>, octets: &'a [u8]) -> Step<'a> {
    let other = |payload: Payload<'a>| Payload { chunk: octets, ..payload };
    match step {
        Step::Frame(frame) => Step::Frame(FrameStep { payload: other(frame.payload), ..frame }),
        Step::AppClose(payload) => Step::AppClose(other(payload)),
        Step::AppSend { kind, payload } => Step::AppSend { kind, payload: other(payload) },
        Step::Octets { placement, .. } => Step::Octets { octets, placement },
        Step::Fin
        | Step::Reset
        | Step::PeerGone(_)
        | Step::PeerPause
        | Step::PeerResume
        | Step::Pause
        | Step::Resume
        | Step::Wait(_)
        | Step::Connect
        | Step::Repeat(_)
        | Step::Note(_) => step,
    }
}

/// Simpler forms of a step, each with one thing less out of the ordinary. No chain of them ends where it
/// began.
fn simpler(step: Step<'_>) -> Vec<Step<'_>> {
    match step {
        Step::Frame(frame) => simpler_frames(frame).into_iter().map(Step::Frame).collect(),
        Step::Octets { octets, placement } => {
            simpler_placements(placement).map(|placement| Step::Octets { octets, placement }).collect()
        }
        Step::AppClose(payload) => simpler_payloads(payload).map(Step::AppClose).collect(),
        Step::AppSend { kind, payload } => {
            simpler_payloads(payload).map(|payload| Step::AppSend { kind, payload }).collect()
        }
        Step::Wait(ticks) => [1, ticks / 2, ticks.saturating_sub(1)]
            .into_iter()
            .filter(|n| *n < ticks)
            .map(Step::Wait)
            .collect(),
        Step::Fin
        | Step::Reset
        | Step::PeerGone(_)
        | Step::PeerPause
        | Step::PeerResume
        | Step::Pause
        | Step::Resume
        | Step::Connect
        | Step::Repeat(_)
        | Step::Note(_) => Vec::new(),
    }
}

fn simpler_frames(frame: FrameStep<'_>) -> Vec<FrameStep<'_>> {
    let mut simpler = Vec::new();
    let plain = FrameStep { payload: frame.payload, ..FrameStep::of(frame.opcode, frame.payload) };
    if plain != frame {
        simpler.push(plain);
    }
    if frame.key.is_some() {
        simpler.push(FrameStep { key: None, ..frame });
    }
    if frame.claimed_len.is_some() {
        simpler.push(FrameStep { claimed_len: None, ..frame });
    }
    if frame.length_encoding != LengthEncoding::Shortest {
        simpler.push(FrameStep { length_encoding: LengthEncoding::Shortest, ..frame });
    }
    if frame.rsv != 0 {
        simpler.push(FrameStep { rsv: 0, ..frame });
    }
    if frame.mask_wrong {
        simpler.push(FrameStep { mask_wrong: false, ..frame });
    }
    if !frame.fin {
        simpler.push(FrameStep { fin: true, ..frame });
    }
    simpler.extend(simpler_placements(frame.placement).map(|placement| FrameStep { placement, ..frame }));
    simpler.extend(simpler_payloads(frame.payload).map(|payload| FrameStep { payload, ..frame }));
    simpler
}

fn simpler_placements(placement: SegmentPlacement) -> impl Iterator<Item = SegmentPlacement> {
    let unglued = placement.glue.then_some(SegmentPlacement { glue: false, ..placement });
    let uncut = placement.cut.is_some().then_some(SegmentPlacement { cut: None, ..placement });
    unglued.into_iter().chain(uncut)
}

fn simpler_payloads(payload: Payload<'_>) -> impl Iterator<Item = Payload<'_>> {
    let bare = payload.code.is_some().then_some(Payload { code: None, ..payload });
    let normal = payload
        .code
        .filter(|code| *code != CloseCode::NORMAL)
        .map(|_| Payload { code: Some(CloseCode::NORMAL), ..payload });
    let times = [1, payload.repeat / 2, payload.repeat - 1]
        .into_iter()
        .filter(move |times| *times > 0 && *times < payload.repeat)
        .map(move |times| Payload { repeat: times, ..payload });
    bare.into_iter().chain(normal).chain(times)
}

#[cfg(test)]
mod tests {
    use super::Minimizer;
    use crate::script::{Script, ScriptBuf, Step};

    fn minimised(text: &str, tries: usize, shows: impl FnMut(Script<'_>) -> bool) -> String {
        let script = ScriptBuf::read(text.as_bytes()).expect("a script");
        Minimizer::new(script, tries, shows).run().as_script().to_string()
    }

    const LONG: &str = "wsclose 1\nrole server\n# why\n> text \"hello\" key=00000000 cut=3\n> ping \"p\"\n\
                        > close 1001 hex:6161ff6161 rsv=4 glue\nwait 9\n> fin\n";

    fn has_bad_octet(script: Script<'_>) -> bool {
        script.steps().any(|step| matches!(step, Step::Frame(frame) if frame.payload.chunk.contains(&0xff)))
    }

    #[test]
    fn irrelevant_parts_are_removed() {
        assert_eq!(minimised(LONG, 1000, has_bad_octet), "wsclose 1\nrole server\n> close hex:ff\n");
    }

    #[test]
    fn relevant_parts_are_kept() {
        let shows = |script: Script<'_>| {
            has_bad_octet(script) && script.steps().any(|step| matches!(step, Step::Wait(5..)))
        };
        assert_eq!(minimised(LONG, 1000, shows), "wsclose 1\nrole server\n> close hex:ff\nwait 5\n");
    }

    #[test]
    fn irrelevant_octets_are_removed() {
        let all: Vec<u8> = (0..200).collect();
        let shows = |octets: &[u8]| octets.contains(&7) && octets.contains(&150);
        assert_eq!(super::octets(all.clone(), 1000, shows), [7, 150]);
        assert_eq!(super::octets(all.clone(), 0, shows), all);
    }

    #[test]
    fn the_tries_are_bounded() {
        let mut tries = 0;
        let text = minimised(LONG, 3, |_| {
            tries += 1;
            false
        });
        assert_eq!(tries, 3);
        assert_eq!(text, LONG);
    }
}
