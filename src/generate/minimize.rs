//! Minimizes a script that reproduces a finding, within a number of tries.
//!
//! The search is delta debugging. It removes steps, then simplifies each step and removes octets from it, and starts
//! again until nothing more can be removed.

use crate::protocol::code::CloseCode;
use crate::script::{FrameStep, LengthEncoding, Payload, Script, ScriptBuf, SegmentPlacement, Step};

/// A search for a smaller script that still reproduces a finding.
pub struct Minimizer<T> {
    reproduces: T,
    /// The number of calls of `reproduces` that are left.
    tries_left: usize,
    best: ScriptBuf,
}

impl<T: FnMut(Script<'_>) -> bool> Minimizer<T> {
    /// Creates a search that starts at `script`, for which `reproduces` must return true. The search calls `reproduces`
    /// at most `tries` times.
    pub fn new(script: ScriptBuf, tries: usize, reproduces: T) -> Minimizer<T> {
        Minimizer { reproduces, tries_left: tries, best: script }
    }

    /// Runs the search and returns the smallest script that was found.
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

    /// Replaces the best script by one with these steps if that reproduces the finding. Returns whether it does.
    fn accept_if_reproduces(&mut self, steps: &[Step<'_>]) -> bool {
        if self.tries_left == 0 {
            return false;
        }
        let best = self.best.as_script();
        let mut writer = best.writer(best.role());
        steps.iter().for_each(|step| writer.step(step));
        let Ok(script) = ScriptBuf::read(&writer.into_octets()) else { return false };
        if script == self.best {
            return false;
        }
        self.tries_left -= 1;
        let reproduces = (self.reproduces)(script.as_script());
        if reproduces {
            self.best = script;
        }
        reproduces
    }

    fn drop_steps(&mut self) {
        let script = self.best.clone();
        let steps: Vec<Step<'_>> = script.as_script().steps().collect();
        shrink(steps, |steps| self.accept_if_reproduces(steps));
    }

    /// Tries every simpler form of one step, until none of them reproduces the finding.
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

/// Minimizes a byte string for which `reproduces` returns true, with at most `tries` calls of `reproduces`.
pub fn octets(all: Vec<u8>, tries: usize, mut reproduces: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
    let mut best = all.clone();
    let mut left = tries;
    shrink(all, |octets| {
        if left == 0 {
            return false;
        }
        left -= 1;
        let is_smaller = reproduces(octets);
        if is_smaller {
            best = octets.to_vec();
        }
        is_smaller
    });
    best
}

/// Removes ranges from a list, long ones first, as long as `accepts` returns true for the rest.
fn shrink<I: Clone>(mut list: Vec<I>, mut accepts: impl FnMut(&[I]) -> bool) {
    let mut size = list.len().div_ceil(2);
    while size > 0 && !list.is_empty() {
        let mut at = 0;
        while at < list.len() {
            let mut rest = list.clone();
            rest.drain(at..(at + size).min(list.len()));
            if accepts(&rest) {
                list = rest;
            } else {
                at += size;
            }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
}

/// The octets of a step of which some may be removed.
fn carried_octets<'a>(step: &Step<'a>) -> Option<&'a [u8]> {
    if let Step::Octets { octets, .. } = step {
        return Some(octets);
    }
    step.payload().map(|payload| payload.chunk)
}

/// The step with other octets in place of those of [`carried_octets`].
fn with_octets<'a>(step: Step<'a>, octets: &'a [u8]) -> Step<'a> {
    let other = |payload: Payload<'a>| Payload { chunk: octets, ..payload };
    match step {
        Step::Frame(frame) => Step::Frame(FrameStep { payload: other(frame.payload), ..frame }),
        Step::AppClose(payload) => Step::AppClose(other(payload)),
        Step::AppSend { kind, payload } => Step::AppSend { kind, payload: other(payload) },
        Step::Octets { placement, .. } => Step::Octets { octets, placement },
        Step::Fin { .. }
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

/// Simpler forms of a step, each with one unusual property less. Simplifying repeatedly never leads back to a form.
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
        Step::Fin { glue: true } => vec![Step::Fin { glue: false }],
        Step::Fin { glue: false }
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
    if frame.deflate {
        simpler.push(FrameStep { deflate: false, ..frame });
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
    let later = placement.with_opening.then_some(SegmentPlacement { with_opening: false, ..placement });
    unglued.into_iter().chain(uncut).chain(later)
}

fn simpler_payloads(payload: Payload<'_>) -> impl Iterator<Item = Payload<'_>> {
    let bare = payload.code.is_some().then_some(Payload { code: None, ..payload });
    let normal = payload
        .code
        .filter(|code| *code != CloseCode::NORMAL)
        .map(|_| Payload { code: Some(CloseCode::NORMAL), ..payload });
    let repeat = [1, payload.repeat / 2, payload.repeat - 1]
        .into_iter()
        .filter(move |repeat| *repeat > 0 && *repeat < payload.repeat)
        .map(move |repeat| Payload { repeat, ..payload });
    bare.into_iter().chain(normal).chain(repeat)
}

#[cfg(test)]
mod tests {
    use super::Minimizer;
    use crate::script::{Script, ScriptBuf, Step};

    fn minimized(text: &str, tries: usize, reproduces: impl FnMut(Script<'_>) -> bool) -> String {
        let script = ScriptBuf::read(text.as_bytes()).expect("a script");
        Minimizer::new(script, tries, reproduces).run().as_script().to_string()
    }

    const LONG: &str = "wsclose 1\nrole server\n# why\n> text \"hello\" key=00000000 cut=3\n> ping \"p\"\n\
                        > close 1001 hex:6161ff6161 rsv=4 glue\nwait 9\n> fin\n";

    fn has_bad_octet(script: Script<'_>) -> bool {
        script.steps().any(|step| matches!(step, Step::Frame(frame) if frame.payload.chunk.contains(&0xff)))
    }

    #[test]
    fn irrelevant_parts_are_removed() {
        assert_eq!(minimized(LONG, 1000, has_bad_octet), "wsclose 1\nrole server\n> close hex:ff\n");
    }

    #[test]
    fn relevant_parts_are_kept() {
        let reproduces = |script: Script<'_>| {
            has_bad_octet(script) && script.steps().any(|step| matches!(step, Step::Wait(5..)))
        };
        assert_eq!(minimized(LONG, 1000, reproduces), "wsclose 1\nrole server\n> close hex:ff\nwait 5\n");
    }

    #[test]
    fn irrelevant_octets_are_removed() {
        let all: Vec<u8> = (0..200).collect();
        let reproduces = |octets: &[u8]| octets.contains(&7) && octets.contains(&150);
        assert_eq!(super::octets(all.clone(), 1000, reproduces), [7, 150]);
        assert_eq!(super::octets(all.clone(), 0, reproduces), all);
    }

    #[test]
    fn the_tries_are_bounded() {
        let mut tries = 0;
        let text = minimized(LONG, 3, |_| {
            tries += 1;
            false
        });
        assert_eq!(tries, 3);
        assert_eq!(text, LONG);
    }
}
