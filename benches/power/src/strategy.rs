//! The strategies that are compared, and the columns of the table.

/// Where the seeds of a fuzzer come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seeds {
    /// An empty corpus.
    Empty,
    /// The curated scripts, in their binary form.
    Scripts,
    /// One curated script in eight, others in each trial.
    SomeScripts,
    /// The octets that the peer sends in the curated scripts, without the rest.
    WireOctets,
    /// The curated frames of the target `close_frame`.
    Frames,
}

/// How a strategy makes its scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// libFuzzer.
    Fuzzer {
        /// The program of this package.
        target: &'static str,
        /// The file in `fuzz/dictionaries/`.
        dictionary: Option<&'static str>,
        /// The corpus at the start.
        seeds: Seeds,
        /// Options of libFuzzer.
        flags: &'static [&'static str],
    },
    /// bolero's random engine over the type of plain libFuzzer.
    BoleroPlain,
    /// bolero's random engine over scenarios.
    BoleroScenarios,
    /// The covering arrays of scenarios: pairs, then triples.
    CoveringArrays,
    /// The mutator of scripts without a fuzzer.
    Mutations {
        /// The corpus at the start.
        seeds: Seeds,
    },
}

/// A source of scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strategy {
    /// The name, which is also that of the folder of its results.
    pub name: &'static str,
    /// What it is, in one sentence.
    pub summary: &'static str,
    /// How it makes its scripts.
    pub engine: Engine,
}

const fn fuzzer(target: &'static str, dictionary: Option<&'static str>, seeds: Seeds) -> Engine {
    Engine::Fuzzer { target, dictionary, seeds, flags: &[] }
}

/// The target `closing_handshake` without traced comparisons.
const fn without_compares(seeds: Seeds) -> Engine {
    let flags = &["-use_cmp=0"];
    Engine::Fuzzer { target: "power_closing_handshake", dictionary: SCRIPTS_DICTIONARY, seeds, flags }
}

const SCRIPTS_DICTIONARY: Option<&str> = Some("scripts.dict");

/// The strategies. The first one is the one that the others are compared with.
pub const STRATEGIES: &[Strategy] = &[
    Strategy {
        name: "plain",
        summary: "Plain libFuzzer on octets, which `arbitrary` turns into a list of typed steps. Default mutator, no \
                  dictionary, no seeds.",
        engine: fuzzer("power_plain", None, Seeds::Empty),
    },
    Strategy {
        name: "bolero-random",
        summary: "bolero's random engine over the same type.",
        engine: Engine::BoleroPlain,
    },
    Strategy {
        name: "ours",
        summary: "The target `closing_handshake` as shipped: mutator, dictionary, curated corpus.",
        engine: fuzzer("power_closing_handshake", SCRIPTS_DICTIONARY, Seeds::Scripts),
    },
    Strategy {
        name: "no-mutator",
        summary: "`ours` with libFuzzer's default mutator.",
        engine: fuzzer("power_default_mutator", SCRIPTS_DICTIONARY, Seeds::Scripts),
    },
    Strategy {
        name: "no-dictionary",
        summary: "`ours` without the dictionary.",
        engine: fuzzer("power_closing_handshake", None, Seeds::Scripts),
    },
    Strategy {
        name: "wire-seeds",
        summary: "`ours` with seeds without structure: the octets that the peer sends in the curated scripts.",
        engine: fuzzer("power_closing_handshake", SCRIPTS_DICTIONARY, Seeds::WireOctets),
    },
    Strategy {
        name: "some-corpus",
        summary: "`ours` from one curated script in eight, others in each trial, because the curated corpus was made to \
                  show these faults.",
        engine: fuzzer("power_closing_handshake", SCRIPTS_DICTIONARY, Seeds::SomeScripts),
    },
    Strategy {
        name: "some-corpus-no-mutator",
        summary: "`some-corpus` with libFuzzer's default mutator.",
        engine: fuzzer("power_default_mutator", SCRIPTS_DICTIONARY, Seeds::SomeScripts),
    },
    Strategy {
        name: "some-corpus-no-dictionary",
        summary: "`some-corpus` without the dictionary.",
        engine: fuzzer("power_closing_handshake", None, Seeds::SomeScripts),
    },
    Strategy {
        name: "some-corpus-no-compares",
        summary: "`some-corpus` without the traced comparisons (`-use_cmp=0`).",
        engine: without_compares(Seeds::SomeScripts),
    },
    Strategy {
        name: "no-corpus",
        summary: "`ours` from an empty corpus.",
        engine: fuzzer("power_closing_handshake", SCRIPTS_DICTIONARY, Seeds::Empty),
    },
    Strategy {
        name: "no-corpus-no-mutator",
        summary: "`no-corpus` with libFuzzer's default mutator.",
        engine: fuzzer("power_default_mutator", SCRIPTS_DICTIONARY, Seeds::Empty),
    },
    Strategy {
        name: "no-corpus-no-dictionary",
        summary: "`no-corpus` without the dictionary.",
        engine: fuzzer("power_closing_handshake", None, Seeds::Empty),
    },
    Strategy {
        name: "no-corpus-no-compares",
        summary: "`no-corpus` without the traced comparisons (`-use_cmp=0`).",
        engine: without_compares(Seeds::Empty),
    },
    Strategy {
        name: "no-corpus-no-fuzzer",
        summary: "The mutator alone, from an empty corpus, with the rules that a script exercises in place of coverage.",
        engine: Engine::Mutations { seeds: Seeds::Empty },
    },
    Strategy {
        name: "scenario",
        summary: "The target `scenario` with its mutator and without seeds. `arbitrary` turns octets into a `Scenario`.",
        engine: fuzzer("power_scenario", None, Seeds::Empty),
    },
    Strategy {
        name: "scenario-no-mutator",
        summary: "`scenario` with libFuzzer's default mutator.",
        engine: fuzzer("power_scenario_default_mutator", None, Seeds::Empty),
    },
    Strategy {
        name: "scenario-random",
        summary: "bolero's random engine over `Scenario`.",
        engine: Engine::BoleroScenarios,
    },
    Strategy {
        name: "covering-arrays",
        summary: "The scenarios in which every pair of parameter values occurs, then those for triples, in an order that \
                  the seed decides. There are no more executions than scenarios.",
        engine: Engine::CoveringArrays,
    },
    Strategy {
        name: "close-frame",
        summary: "The target `close_frame` as shipped. Its octets are the stream of a peer, in either role.",
        engine: fuzzer("power_close_frame", Some("close_frame.dict"), Seeds::Frames),
    },
];

/// What counts as a detection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oracle {
    /// The judge reports the rule that the fault violates.
    OwnRule,
    /// The judge reports any rule.
    AnyRule,
    /// The endpoint panics or hangs.
    Crash,
}

/// A column of the table: the trials of a strategy, read by an oracle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The name.
    pub name: &'static str,
    /// What differs from the strategy, in one sentence; empty for the strategy with the oracle of the judge.
    pub summary: &'static str,
    /// The strategy.
    pub strategy: &'static str,
    /// The oracle.
    pub oracle: Oracle,
}

/// The columns that read the trials of a strategy by another oracle.
const OTHER_ORACLES: [Column; 2] = [
    Column {
        name: "ours-any-rule",
        summary: "`ours`, where every finding counts: the model violates no rule.",
        strategy: "ours",
        oracle: Oracle::AnyRule,
    },
    Column {
        name: "ours-crash-only",
        summary: "`ours`, where only panics and hangs count.",
        strategy: "ours",
        oracle: Oracle::Crash,
    },
];

/// The columns of the table. The first one is the one that the others are compared with.
pub fn columns() -> Vec<Column> {
    let own = STRATEGIES.iter().map(|strategy| Column {
        name: strategy.name,
        summary: strategy.summary,
        strategy: strategy.name,
        oracle: Oracle::OwnRule,
    });
    own.chain(OTHER_ORACLES).collect()
}

/// A part of a strategy, measured by the column without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The part.
    pub name: &'static str,
    /// The column with it.
    pub with: &'static str,
    /// The column without it.
    pub without: &'static str,
}

/// The parts that have to earn their place.
pub const PARTS: &[Part] = &[
    Part { name: "mutator, from the curated corpus", with: "ours", without: "no-mutator" },
    Part { name: "mutator, from an eighth of it", with: "some-corpus", without: "some-corpus-no-mutator" },
    Part { name: "mutator, from an empty corpus", with: "no-corpus", without: "no-corpus-no-mutator" },
    Part { name: "dictionary, from the curated corpus", with: "ours", without: "no-dictionary" },
    Part {
        name: "dictionary, from an eighth of it",
        with: "some-corpus",
        without: "some-corpus-no-dictionary",
    },
    Part { name: "dictionary, from an empty corpus", with: "no-corpus", without: "no-corpus-no-dictionary" },
    Part {
        name: "comparisons, from an eighth of it",
        with: "some-corpus",
        without: "some-corpus-no-compares",
    },
    Part { name: "comparisons, from an empty corpus", with: "no-corpus", without: "no-corpus-no-compares" },
    Part { name: "libFuzzer, from an empty corpus", with: "no-corpus", without: "no-corpus-no-fuzzer" },
    Part { name: "libFuzzer, over scenarios", with: "scenario", without: "scenario-random" },
    Part { name: "mutator, over scenarios", with: "scenario", without: "scenario-no-mutator" },
    Part { name: "scenarios, compared with typed steps", with: "scenario", without: "plain" },
    Part { name: "curated corpus", with: "ours", without: "no-corpus" },
    Part { name: "structure of the seeds", with: "ours", without: "wire-seeds" },
    Part { name: "judge, compared with a crash-only oracle", with: "ours", without: "ours-crash-only" },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_and_parts_refer_to_what_exists() {
        let columns = columns();
        let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
        for (index, name) in names.iter().enumerate() {
            assert!(!names[..index].contains(name), "two columns are named {name}");
        }
        for column in &columns {
            let strategies = STRATEGIES.iter().filter(|strategy| strategy.name == column.strategy);
            assert_eq!(strategies.count(), 1, "{}", column.name);
        }
        for part in PARTS {
            assert!(names.contains(&part.with) && names.contains(&part.without), "{}", part.name);
        }
    }

    #[test]
    fn targets_are_programs_of_this_package() {
        let manifest = include_str!("../Cargo.toml");
        for strategy in STRATEGIES {
            if let Engine::Fuzzer { target, .. } = strategy.engine {
                assert!(manifest.contains(&format!("path = \"fuzz_targets/{target}.rs\"")), "{target}");
            }
        }
    }
}
