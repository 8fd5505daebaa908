//! Cases that nobody wrote. In come a seed and the time there is, out come children of the curated scripts that break
//! a rule which no case before them broke, each as short as could be made.
//!
//! A child follows from the seed and its number alone, so that its name, `fuzz/SEED-NUMBER`, is enough to make it
//! again.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use wsclose::generate::minimize::Minimizer;
use wsclose::generate::mutate;
use wsclose::generate::random::Random;
use wsclose::generate::vectors::TestVector;
use wsclose::rules::{Level, Rule, RuleSet};
use wsclose::script::{MAX_SCRIPT, Script, ScriptBuf, Step};

use crate::endpoint::features::EndpointFeatures;
use crate::run::cases::Case;
use crate::run::config::RunConfig;
use crate::run::results::CaseResult;
use crate::run::retry::ResultLedger;
use crate::run::runner::{self, CaseRunner, Deadline};
use crate::run::subject::Timeouts;

/// How many children are made and played in one go.
const BATCH_SIZE: u64 = 64;

/// The ticks of silence that a child may ask for: it is to be played in little time.
const MAX_WAIT_TICKS: u32 = 6;

/// The connections that it may ask for, beside the first.
const MAX_EXTRA_CONNECTIONS: usize = 3;

/// How often a script that is made shorter is played, at the most.
const MAX_MINIMIZER_RUNS: usize = 40;

/// The most times that a child is a child's child.
const MAX_GENERATIONS: u64 = 3;

/// How a name begins.
const NAME_PREFIX: &str = "fuzz/";

/// Makes children.
#[derive(Debug)]
pub struct CaseGenerator {
    features: EndpointFeatures,
    seeds: Vec<ScriptBuf>,
}

impl CaseGenerator {
    /// Of the curated scripts that this endpoint is able to be played.
    pub fn new(features: EndpointFeatures) -> CaseGenerator {
        let playable = |script: &ScriptBuf| features.case(String::new(), script).is_some();
        let seeds =
            TestVector::curated_corpus().into_iter().map(|vector| vector.script).filter(playable).collect();
        CaseGenerator { features, seeds }
    }

    /// The child of this number, as it was made, if it can be played in little time.
    fn script(&self, seed: u64, number: u64) -> Option<ScriptBuf> {
        let drawn = mix(seed ^ mix(number));
        let parent = &self.seeds[(drawn % self.seeds.len() as u64) as usize];
        let mut child = vec![0; MAX_SCRIPT];
        let mut size = parent.octets().len();
        child[..size].copy_from_slice(parent.octets());
        for generation in 0..=(drawn >> 32) % MAX_GENERATIONS {
            let seed = mix(drawn ^ generation) as u32;
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
        (waits <= MAX_WAIT_TICKS && connections <= MAX_EXTRA_CONNECTIONS).then_some(script)
    }

    fn case(&self, seed: u64, number: u64) -> Option<(Case, ScriptBuf)> {
        let script = self.script(seed, number)?;
        let case = self.features.case(format!("{NAME_PREFIX}{seed}-{number}"), &script)?;
        Some((case, script))
    }

    /// The child of this name.
    pub fn by_name(&self, name: &str) -> Option<Case> {
        let (seed, number) = name.strip_prefix(NAME_PREFIX)?.split_once('-')?;
        self.case(seed.parse().ok()?, number.parse().ok()?).map(|(case, _)| case)
    }
}

/// Spreads a number over all of its bits, so that consecutive numbers give unrelated results.
const fn mix(number: u64) -> u64 {
    Random::new(number).next_u64()
}

/// Plays children for `time`, and adds to the score those that break what nothing in it breaks, made short. What is to
/// be said of that.
pub fn run(
    config: &RunConfig<'_>,
    ledger: &mut ResultLedger,
    time: Duration,
    timeouts: Timeouts,
    deadline: &Deadline<'_>,
) -> String {
    let breeder = CaseGenerator::new(config.under_test.features());
    let mut hunt = NoveltySearch {
        rules: config.rules,
        violated: ledger.violated(),
        shortest: BTreeMap::new(),
        case_count: 0,
    };
    let hunting = Deadline { at: deadline.at.min(Instant::now() + time), stop: deadline.stop };
    let (mut number, mut lost) = (0, None);
    while !hunting.should_stop() && lost.is_none() {
        let made = (number..number + BATCH_SIZE).filter_map(|number| breeder.case(config.seed, number));
        let (cases, scripts): (Vec<Case>, Vec<ScriptBuf>) = made.unzip();
        number += BATCH_SIZE;
        let mut batch = ResultLedger::new(cases);
        let all = 0..batch.cases().len();
        let outcome =
            runner::run_parallel(config.under_test, &mut batch, all, timeouts, config.jobs, &hunting, &|| {});
        for (at, script) in scripts.into_iter().enumerate() {
            hunt.consider(&batch, at, script);
        }
        lost = outcome.unreachable_from.map(|at| batch.cases()[at].name.clone());
    }
    let played = hunt.case_count;
    if let Some(name) = lost {
        return format!("{played} scripts were made and played, until nobody was there any more, at {name}");
    }
    let mut player = CaseRunner::new(config.under_test, timeouts);
    for (rule, child) in hunt.shortest {
        // What was made short for one rule may show another.
        if !ledger.violated().contains(rule)
            && let Some((case, played)) =
                minimized(&mut player, config.under_test.features(), rule, child, deadline)
        {
            ledger.add(case, played);
        }
    }
    format!("{played} scripts were made and played besides, seed {}", config.seed)
}

/// A script that was made, and its name.
#[derive(Debug)]
struct GeneratedScript {
    name: String,
    script: ScriptBuf,
}

/// A search for what is new.
struct NoveltySearch {
    /// The rules that are looked at, and those that are broken already.
    rules: RuleSet,
    violated: RuleSet,
    /// The shortest child that breaks each of the others.
    shortest: BTreeMap<Rule, GeneratedScript>,
    case_count: usize,
}

impl NoveltySearch {
    /// Looks at what came of a child.
    fn consider(&mut self, batch: &ResultLedger, at: usize, script: ScriptBuf) {
        let Some(played) = batch.result(at) else { return };
        self.case_count += 1;
        for found in &played.violations {
            let rule = found.rule;
            let is_new =
                rule.level() != Level::Info && self.rules.contains(rule) && !self.violated.contains(rule);
            let length = |script: &ScriptBuf| script.octets().len();
            if is_new && self.shortest.get(&rule).is_none_or(|child| length(&script) < length(&child.script))
            {
                self.shortest
                    .insert(rule, GeneratedScript { name: played.name.clone(), script: script.clone() });
            }
        }
    }
}

/// The child as short as can be made, and what came of that; nothing, if it does not break the rule again.
fn minimized(
    runner: &mut CaseRunner<'_>,
    able: EndpointFeatures,
    rule: Rule,
    child: GeneratedScript,
    deadline: &Deadline<'_>,
) -> Option<(Case, CaseResult)> {
    let mut shown = None;
    let mut shows = |script: Script<'_>| {
        if deadline.should_stop() {
            return false;
        }
        let Ok(script) = ScriptBuf::read(&script.encode()) else { return false };
        let Some(case) = able.case(child.name.clone(), &script) else { return false };
        let played = runner.run(&case);
        let shows = played.error.is_none() && played.violates(rule);
        if shows {
            shown = Some((case, played));
        }
        shows
    };
    if shows(child.script.as_script()) {
        Minimizer::new(child.script.clone(), MAX_MINIMIZER_RUNS, shows).run();
    }
    shown
}
