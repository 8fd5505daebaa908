//! Cases that nobody wrote. In come a seed and the time there is, out come children of the curated scripts that break
//! a rule which no case before them broke, each as short as could be made.
//!
//! A child follows from the seed and its number alone, so that its name, `fuzz/SEED-NUMBER`, is enough to make it
//! again.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use wsclose::mutate;
use wsclose::rule::{Level, Rule, RuleSet};
use wsclose::script::{MAX_SCRIPT, Script, ScriptBuf, Step};

use super::cases::{Able, Case};
use super::check::Plan;
use super::endpoint::Pace;
use super::play::{self, Clock, Player};
use super::run::Played;
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
const TRIES: usize = 40;

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
            connections += usize::from(step.begins_connection());
            if let Step::Wait(ticks) = step {
                waits += u32::from(ticks);
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

/// Plays children for `time`, and adds to the score those that break what nothing in it breaks, made short. What is to
/// be said of that.
pub fn run(plan: &Plan<'_>, score: &mut Score, time: Duration, pace: Pace, clock: &Clock<'_>) -> String {
    let breeder = Breeder::new(plan.tested.able());
    let mut hunt = Hunt { rules: plan.rules, broken: score.broken(), found: BTreeMap::new(), played: 0 };
    let hunting = Clock { deadline: clock.deadline.min(Instant::now() + time), stop: clock.stop };
    let (mut number, mut lost) = (0, None);
    while !hunting.is_over() && lost.is_none() {
        let made = (number..number + BATCH).filter_map(|number| breeder.case(plan.seed, number));
        let (cases, scripts): (Vec<Case>, Vec<ScriptBuf>) = made.unzip();
        number += BATCH;
        let mut batch = Score::new(cases);
        let all = 0..batch.cases().len();
        let outcome = play::many(plan.tested, &mut batch, all, pace, plan.jobs, &hunting, &|| {});
        for (at, script) in scripts.into_iter().enumerate() {
            hunt.look(&batch, at, script);
        }
        lost = outcome.lost.map(|at| batch.cases()[at].name.clone());
    }
    let played = hunt.played;
    if let Some(name) = lost {
        return format!("{played} scripts were made and played, until nobody was there any more, at {name}");
    }
    let mut player = Player::new(plan.tested, pace);
    for (rule, child) in hunt.found {
        // What was made short for one rule may show another.
        if !score.broken().contains(rule)
            && let Some((case, played)) = shortened(&mut player, plan.tested.able(), rule, child, clock)
        {
            score.add(case, played);
        }
    }
    format!("{played} scripts were made and played besides, seed {}", plan.seed)
}

/// A script that was made, and its name.
#[derive(Debug)]
struct Child {
    name: String,
    script: ScriptBuf,
}

/// A search for what is new.
struct Hunt {
    /// The rules that are looked at, and those that are broken already.
    rules: RuleSet,
    broken: RuleSet,
    /// The shortest child that breaks each of the others.
    found: BTreeMap<Rule, Child>,
    played: usize,
}

impl Hunt {
    /// Looks at what came of a child.
    fn look(&mut self, batch: &Score, at: usize, script: ScriptBuf) {
        let Some(played) = batch.played(at) else { return };
        self.played += 1;
        for found in &played.found {
            let rule = found.rule;
            let is_new =
                rule.level() != Level::Info && self.rules.contains(rule) && !self.broken.contains(rule);
            let length = |script: &ScriptBuf| script.octets().len();
            if is_new && self.found.get(&rule).is_none_or(|child| length(&script) < length(&child.script)) {
                self.found.insert(rule, Child { name: played.name.clone(), script: script.clone() });
            }
        }
    }
}

/// The child as short as can be made, and what came of that; nothing, if it does not break the rule again.
fn shortened(
    player: &mut Player<'_>,
    able: Able,
    rule: Rule,
    child: Child,
    clock: &Clock<'_>,
) -> Option<(Case, Played)> {
    let mut shown = None;
    let mut shows = |script: Script<'_>| {
        if clock.is_over() {
            return false;
        }
        let Ok(script) = ScriptBuf::read(&script.encode()) else { return false };
        let Some(case) = able.case(child.name.clone(), &script) else { return false };
        let played = player.play(&case);
        let shows = played.trouble.is_none() && played.breaks(rule);
        if shows {
            shown = Some((case, played));
        }
        shows
    };
    if shows(child.script.as_script()) {
        Minimiser::new(child.script.clone(), TRIES, shows).run();
    }
    shown
}
