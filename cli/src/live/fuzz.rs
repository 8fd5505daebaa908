//! Cases that nobody wrote. In come a seed and the time there is, out come children of the curated scripts that break
//! a rule which no case before them broke, each as short as could be made.
//!
//! A child follows from the seed and its number alone, so that its name, `fuzz/SEED-NUMBER`, is enough to make it
//! again.

use std::time::{Duration, Instant};

use wsclose::mutate;
use wsclose::rule::{Level, Rule, RuleSet};
use wsclose::script::{MAX_SCRIPT, Script, ScriptBuf, Step};

use super::cases::{Able, Case};
use super::check::Plan;
use super::endpoint::Pace;
use super::play::{self, Clock, Player};
use super::score::Score;
use crate::matrix::curated;
use crate::minimise::Minimiser;

/// How many children are made and played in one go.
const BATCH: u64 = 64;

/// The ticks of silence that a child may ask for: it is to be played in little time.
const WAITS: u32 = 6;

/// The connections that it may ask for, beside the first.
const CONNECTIONS: usize = 3;

/// How often a script that is made shorter is played, at the most.
const TRIES: usize = 80;

/// The most times that a child is a child's child.
const GENERATIONS: u64 = 3;

/// How a name begins.
const PREFIX: &str = "fuzz/";

/// Makes children.
#[derive(Debug)]
pub struct Breeder {
    able: Able,
    parents: Vec<ScriptBuf>,
}

impl Breeder {
    /// Of the curated scripts that this endpoint is able to be played.
    pub fn new(able: Able) -> Breeder {
        let playable = |script: &ScriptBuf| able.case(String::new(), script).is_some();
        let parents = curated::built_in().into_iter().map(|vector| vector.script).filter(playable).collect();
        Breeder { able, parents }
    }

    /// The child of this number, as it was made, if it can be played in little time.
    fn script(&self, seed: u64, number: u64) -> Option<ScriptBuf> {
        let drawn = scrambled(seed ^ scrambled(number));
        let parent = &self.parents[(drawn % self.parents.len() as u64) as usize];
        let mut child = vec![0; MAX_SCRIPT];
        let mut size = parent.octets().len();
        child[..size].copy_from_slice(parent.octets());
        for generation in 0..=(drawn >> 32) % GENERATIONS {
            let seed = scrambled(drawn ^ generation) as u32;
            // There is no other fuzzer whose mutator could take its share.
            size = mutate::script(&mut child, size, MAX_SCRIPT, seed, |_, size, _| size);
        }
        let script = Script::decode(&child[..size]).ok()?;
        let (mut waits, mut connections) = (0, 0);
        for step in script.steps() {
            match step {
                Step::Wait(ticks) => waits += u32::from(ticks),
                Step::Connect | Step::Again(_) => connections += 1,
                Step::Frame(_)
                | Step::Octets { .. }
                | Step::Fin
                | Step::Reset
                | Step::PeerGone(_)
                | Step::PeerPause
                | Step::PeerResume
                | Step::AppClose(_)
                | Step::AppSend { .. }
                | Step::Pause
                | Step::Resume
                | Step::Note(_) => {}
            }
        }
        let script = ScriptBuf::read(&child[..size]).ok()?;
        (waits <= WAITS && connections <= CONNECTIONS).then_some(script)
    }

    fn case(&self, seed: u64, number: u64) -> Option<(Case, ScriptBuf)> {
        let script = self.script(seed, number)?;
        let case = self.able.case(format!("{PREFIX}{seed}-{number}"), &script)?;
        Some((case, script))
    }

    /// The child of this name.
    pub fn named(&self, name: &str) -> Option<Case> {
        let (seed, number) = name.strip_prefix(PREFIX)?.split_once('-')?;
        self.case(seed.parse().ok()?, number.parse().ok()?).map(|(case, _)| case)
    }
}

/// Spreads a number over all of its bits (the finalizer of SplitMix64).
const fn scrambled(number: u64) -> u64 {
    let mut n = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// Plays children for `time`, and adds to the score those that break what nothing in it breaks. What is to be said of
/// that.
pub fn run(plan: &Plan<'_>, score: &mut Score, time: Duration, pace: Pace, clock: &Clock<'_>) -> String {
    let breeder = Breeder::new(plan.tested.able());
    let mut hunt = Hunt { plan, seen: score.broken(), player: Player::new(plan.tested, pace), played: 0 };
    let clock = Clock { deadline: clock.deadline.min(Instant::now() + time), stop: clock.stop };
    let mut number = 0;
    while !clock.is_over() {
        let made = (number..number + BATCH).filter_map(|number| breeder.case(plan.seed, number));
        let (cases, scripts): (Vec<Case>, Vec<ScriptBuf>) = made.unzip();
        number += BATCH;
        let mut batch = Score::new(cases);
        let all = 0..batch.cases().len();
        let outcome = play::many(plan.tested, &mut batch, all, pace, plan.jobs, &clock, &|| {});
        for (at, script) in scripts.into_iter().enumerate() {
            hunt.look(&batch, at, script, score, &clock);
        }
        if let Some(at) = outcome.lost {
            let name = &batch.cases()[at].name;
            return format!("{} scripts were made, until nobody was there any more, at {name}", hunt.played);
        }
    }
    format!("{} scripts were made and played besides, seed {}", hunt.played, plan.seed)
}

/// A search for what is new.
struct Hunt<'p, 'a> {
    plan: &'p Plan<'a>,
    /// The rules that are broken already.
    seen: RuleSet,
    player: Player<'a>,
    played: usize,
}

impl Hunt<'_, '_> {
    /// Looks at what came of a child, and keeps it, made short, for every rule that it is the first to break.
    fn look(&mut self, batch: &Score, at: usize, script: ScriptBuf, score: &mut Score, clock: &Clock<'_>) {
        let Some(played) = batch.played(at) else { return };
        self.played += 1;
        let is_new = |rule: &Rule| {
            rule.level() != Level::Info && self.plan.rules.contains(*rule) && !self.seen.contains(*rule)
        };
        let new: Vec<Rule> = played.found.iter().map(|found| found.rule).filter(is_new).collect();
        let able = self.plan.tested.able();
        for rule in new {
            let name = &batch.cases()[at].name;
            let mut shown = None;
            let player = &mut self.player;
            let mut shows = |script: Script<'_>| {
                if clock.is_over() {
                    return false;
                }
                let Ok(script) = ScriptBuf::read(&script.encode()) else { return false };
                let Some(case) = able.case(name.clone(), &script) else { return false };
                let played = player.play(&case);
                let shows = played.trouble.is_none() && played.breaks(rule);
                if shows {
                    shown = Some((case, played));
                }
                shows
            };
            // What does not come again is not worth making short.
            if shows(script.as_script()) {
                Minimiser::new(script.clone(), TRIES, shows).run();
            }
            if let Some((case, played)) = shown {
                self.seen.insert(rule);
                score.add(case, played);
            }
        }
    }
}
