//! Generates scripts, runs them, and minimizes those that violate a rule that no case violated before.
//!
//! A generated script follows from the seed and its number alone. Its name, `fuzz/SEED-NUMBER`, is therefore enough to
//! generate it again.

use std::collections::BTreeMap;
use std::time::Duration;

use wsclose::generate::minimize::Minimizer;
use wsclose::generate::mutate;
use wsclose::generate::random::Random;
use wsclose::generate::vectors::TestVector;
use wsclose::protocol::role::Role;
use wsclose::rules::{Level, Rule, RuleSet};
use wsclose::script::{MAX_SCRIPT, Script, ScriptBuf, Step};

use crate::endpoint::features::EndpointFeatures;
use crate::run::case_result::CaseResult;
use crate::run::cases::Case;
use crate::run::config::RunConfig;
use crate::run::event::EventSink;
use crate::run::parallel::Deadline;
use crate::run::player::Player;
use crate::run::retry::ResultLedger;
use crate::run::runner::CaseRunner;
use crate::run::timeouts::Timeouts;

/// How many scripts are generated at a time.
const BATCH_SIZE: u64 = 64;

/// The limit on the ticks of a generated script, so that it runs in a short time.
const MAX_WAIT_TICKS: u32 = 6;

/// The limit on its connections after the first.
const MAX_EXTRA_CONNECTIONS: usize = 3;

/// The limit on the runs of one minimization.
const MAX_MINIMIZER_RUNS: usize = 40;

/// The limit on the mutations of one script.
const MAX_GENERATIONS: u64 = 3;

/// The prefix of the name of a generated case.
const NAME_PREFIX: &str = "fuzz/";

/// Generates scripts by mutation of curated ones.
#[derive(Debug)]
pub struct CaseGenerator {
    features: EndpointFeatures,
    seeds: Vec<ScriptBuf>,
}

impl CaseGenerator {
    /// A generator whose seeds are the curated scripts that an endpoint with these features supports.
    pub fn new(features: EndpointFeatures) -> CaseGenerator {
        let is_supported =
            |script: &ScriptBuf| features.case(String::new(), script).is_some_and(|case| !case.is_patient());
        let seeds = TestVector::curated_corpus()
            .into_iter()
            .map(|vector| vector.script)
            .filter(is_supported)
            .collect();
        CaseGenerator { features, seeds }
    }

    /// The script of this number, if it runs in a short time.
    fn script(&self, seed: u64, number: u64) -> Option<ScriptBuf> {
        let drawn = mix(seed ^ mix(number));
        let origin = &self.seeds[(drawn % self.seeds.len() as u64) as usize];
        let mut octets = vec![0; MAX_SCRIPT];
        let mut size = origin.octets().len();
        octets[..size].copy_from_slice(origin.octets());
        for generation in 0..=(drawn >> 32) % MAX_GENERATIONS {
            let seed = mix(drawn ^ generation) as u32;
            // The last argument stands for the mutator of a fuzzer, which does not exist here.
            size = mutate::script(&mut octets, size, MAX_SCRIPT, seed, |_, size, _| size);
        }
        let script = Script::decode(&octets[..size]).ok()?;
        let (mut waits, mut connections) = (0, 0);
        for step in script.steps() {
            connections += usize::from(step.begins_connection());
            if let Step::Wait(ticks) = step {
                waits += u32::from(ticks);
            }
        }
        let script = ScriptBuf::read(&octets[..size]).ok()?;
        (waits <= MAX_WAIT_TICKS && connections <= MAX_EXTRA_CONNECTIONS).then_some(script)
    }

    fn case(&self, seed: u64, number: u64) -> Option<(Case, ScriptBuf)> {
        let script = self.script(seed, number)?;
        let case = self.features.case(format!("{NAME_PREFIX}{seed}-{number}"), &script)?;
        Some((case, script))
    }

    /// The case of this name, if it names a generated case.
    pub fn by_name(&self, name: &str) -> Option<Case> {
        let (seed, number) = name.strip_prefix(NAME_PREFIX)?.split_once('-')?;
        self.case(seed.parse().ok()?, number.parse().ok()?).map(|(case, _)| case)
    }
}

/// Spreads a number over all of its bits, so that consecutive numbers give unrelated results.
const fn mix(number: u64) -> u64 {
    Random::new(number).next_u64()
}

/// Generates and runs scripts for `time`. Adds minimized cases to the ledger for violations of rules that no case in it
/// violates. Returns a note for the report.
pub fn run(
    config: &RunConfig<'_>,
    player: &mut Player<'_>,
    ledger: &mut ResultLedger,
    time: Duration,
    timeouts: Timeouts,
    deadline: &Deadline,
) -> String {
    let generator = CaseGenerator::new(config.under_test.features());
    let mut search = NoveltySearch {
        rules: config.rules,
        violated: ledger.violated(),
        shortest: BTreeMap::new(),
        case_count: 0,
    };
    let search_until = deadline.or_after(time);
    let mut number = 0;
    while !search_until.should_stop() && !player.is_lost() {
        let numbered = (number..number + BATCH_SIZE).filter_map(|number| generator.case(config.seed, number));
        let (cases, scripts): (Vec<Case>, Vec<ScriptBuf>) = numbered.unzip();
        number += BATCH_SIZE;
        let mut generated = ResultLedger::new(cases);
        let all = 0..generated.cases().len();
        // Most generated scripts show nothing new: they are not cases of the run, and emit no events.
        let events = EventSink::default();
        player.play_batch(&mut generated, all, timeouts, config.jobs.usual, &search_until, &events);
        for (at, script) in scripts.into_iter().enumerate() {
            search.consider(&generated, at, script);
        }
    }
    let count = search.case_count;
    if player.is_lost() {
        return format!("{count} generated scripts were run until the endpoint could not be reached");
    }
    let mut runner = CaseRunner::new(config.under_test, timeouts).until(deadline);
    for (rule, script) in search.shortest {
        // A script that was minimized for one rule may violate another.
        if ledger.violated().contains(rule) {
            continue;
        }
        let features = config.under_test.features();
        let shown = if rule == Rule::NoPanic && features.role == Role::Server {
            // Each run of a minimization would end the server.
            features.case(script.name, &script.script).and_then(|case| {
                let result = player.replay_exit(&case, timeouts)?;
                Some((case, result))
            })
        } else {
            minimized(&mut runner, features, rule, script, deadline)
        };
        if let Some((case, result)) = shown {
            config.events.case_started(&case.name);
            config.events.case_finished(&result);
            ledger.add(case, result);
        }
    }
    format!("{count} generated scripts were run, seed {}", config.seed)
}

/// A generated script with its name.
#[derive(Debug)]
struct GeneratedScript {
    name: String,
    script: ScriptBuf,
}

/// Looks for violations of rules that no case has violated.
struct NoveltySearch {
    /// The rules to judge, and those that are violated already.
    rules: RuleSet,
    violated: RuleSet,
    /// The shortest script that violates each of the other rules.
    shortest: BTreeMap<Rule, GeneratedScript>,
    case_count: usize,
}

impl NoveltySearch {
    /// Keeps the script of the case at `at` if it is the shortest that violates a new rule.
    fn consider(&mut self, batch: &ResultLedger, at: usize, script: ScriptBuf) {
        let Some(result) = batch.result(at) else { return };
        self.case_count += 1;
        for found in &result.violations {
            let rule = found.rule;
            let is_new =
                rule.level() != Level::Info && self.rules.contains(rule) && !self.violated.contains(rule);
            let length = |script: &ScriptBuf| script.octets().len();
            if is_new && self.shortest.get(&rule).is_none_or(|kept| length(&script) < length(&kept.script)) {
                self.shortest
                    .insert(rule, GeneratedScript { name: result.name.clone(), script: script.clone() });
            }
        }
    }
}

/// Minimizes a script that violates `rule`. Returns the case and its result; `None` if the violation does not recur.
fn minimized(
    runner: &mut CaseRunner<'_>,
    features: EndpointFeatures,
    rule: Rule,
    generated: GeneratedScript,
    deadline: &Deadline,
) -> Option<(Case, CaseResult)> {
    let mut best = None;
    let mut violates = |script: Script<'_>| {
        if deadline.should_stop() {
            return false;
        }
        let Ok(script) = ScriptBuf::read(&script.encode()) else { return false };
        let Some(case) = features.case(generated.name.clone(), &script) else { return false };
        let result = runner.run(&case);
        let recurs = result.error.is_none() && result.violates(rule);
        if recurs {
            best = Some((case, result));
        }
        recurs
    };
    if violates(generated.script.as_script()) {
        Minimizer::new(generated.script.clone(), MAX_MINIMIZER_RUNS, violates).run();
    }
    best
}
