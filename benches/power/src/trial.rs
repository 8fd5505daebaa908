//! Builds the fuzz targets and runs a trial: one strategy with one seed.

use std::fs::{self, File};
use std::io::{BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use wsclose::generate::random::Random;
use wsclose::model::faults::Fault;
use wsclose::script::Script;

use crate::detector::Detector;
use crate::mutation::Mutations;
use crate::random;
use crate::record;
use crate::result::TrialResult;
use crate::seeds::{self, Seed};
use crate::strategy::{Engine, Seeds, Strategy};

/// The repository and the programs that were built from it.
#[derive(Clone, Debug)]
pub struct Workspace {
    root: PathBuf,
    programs: PathBuf,
    /// Whether programs can be run without address space layout randomization.
    fixes_addresses: bool,
    /// The commit, with `-dirty` if files differ from it.
    pub commit: String,
}

impl Workspace {
    /// Finds the repository, its commit, and the folder to which cargo-fuzz builds.
    ///
    /// # Errors
    /// If rustc or git cannot be run.
    pub fn find() -> Result<Workspace, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let root = root.canonicalize().map_err(|error| format!("{}: {error}", root.display()))?;
        let version = output(Command::new("rustc").arg("-vV"))?;
        let host = version.lines().find_map(|line| line.strip_prefix("host: "));
        let host = host.ok_or("rustc -vV: found no line `host: `")?;
        let out = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
        let commit = output(Command::new("git").current_dir(&root).args([
            "describe",
            "--always",
            "--dirty",
            "--exclude=*",
        ]))?;
        let programs = out.join(host).join("release");
        let fixes_addresses = output(Command::new("setarch").args(["-R", "true"])).is_ok();
        Ok(Workspace { root, programs, fixes_addresses, commit: commit.trim().to_owned() })
    }

    /// Whether the fuzzers run without address space layout randomization. libFuzzer inserts values that the target compares
    /// into its inputs, and some of them are addresses.
    pub fn fixes_addresses(&self) -> bool {
        self.fixes_addresses
    }

    /// The root of the repository.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Builds the program of the strategy, if it has one.
    ///
    /// # Errors
    /// If cargo-fuzz cannot build it.
    pub fn build(&self, strategy: &Strategy) -> Result<(), String> {
        let Engine::Fuzzer { target, .. } = strategy.engine else { return Ok(()) };
        let status = Command::new("cargo")
            .current_dir(&self.root)
            .args(["fuzz", "build", "-s", "none", "--fuzz-dir", "benches/power", target])
            .status()
            .map_err(|error| format!("cannot run cargo: {error}"))?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("{target}: cannot be built; check that cargo-fuzz is installed"))
        }
    }

    /// The seeds of a corpus, in the trial with this seed.
    fn seeds(&self, seeds: Seeds, seed: u64) -> Result<Vec<Seed>, String> {
        let scripts = || seeds::compile(seeds::read(&self.root.join("corpus/closing_handshake"))?);
        match seeds {
            Seeds::Empty => Ok(Vec::new()),
            Seeds::Scripts => scripts(),
            Seeds::SomeScripts => {
                let mut random = Random::new(seed);
                Ok(scripts()?.into_iter().filter(|_| random.one_in(8)).collect())
            }
            Seeds::WireOctets => {
                let scripts = scripts()?.into_iter();
                Ok(scripts
                    .filter_map(|seed| {
                        let script = Script::decode(&seed.octets).ok()?;
                        Some(Seed { octets: seeds::without_structure(script), ..seed })
                    })
                    .collect())
            }
            Seeds::Frames => seeds::read(&self.root.join("corpus/close_frame")),
        }
    }
}

/// Runs `limit` executions of the strategy. Returns `None` if `stop` was set before the end.
///
/// # Errors
/// If the fuzzer cannot be run or fails. The message has the end of its output.
pub fn run(
    workspace: &Workspace,
    strategy: &Strategy,
    seed: u64,
    limit: u64,
    stop: &AtomicBool,
) -> Result<Option<TrialResult>, String> {
    let mut detector = Detector::new(&Fault::ALL);
    match strategy.engine {
        Engine::Fuzzer { target, dictionary, seeds, flags } => {
            let fuzzer = Fuzzer {
                program: workspace.programs.join(target),
                fixes_addresses: workspace.fixes_addresses,
                dictionary: dictionary.map(|name| workspace.root.join("fuzz/dictionaries").join(name)),
                seeds: workspace.seeds(seeds, seed)?,
                flags,
            };
            fuzzer.run(seed, limit, stop, &mut detector)?;
        }
        Engine::Mutations { seeds } => {
            let seeds = workspace.seeds(seeds, seed)?.into_iter().map(|seed| seed.octets).collect();
            generate(Mutations::new(seed, seeds).map(|script| vec![script]), limit, stop, &mut detector);
        }
        Engine::BoleroPlain => {
            let scripts = random::plain_scripts(seed).map(|script| script.into_iter().collect());
            generate(scripts, limit, stop, &mut detector);
        }
        Engine::BoleroScenarios => {
            let scripts = random::scenarios(seed).map(|script| script.into_iter().collect());
            generate(scripts, limit, stop, &mut detector);
        }
        Engine::CoveringArrays => {
            generate(random::covering_arrays(seed).map(|script| vec![script]), limit, stop, &mut detector);
        }
    }
    if stop.load(Ordering::Relaxed) {
        return Ok(None);
    }
    let faults = detector.faults().iter().map(|(fault, found)| (fault.slug().to_owned(), *found));
    Ok(Some(TrialResult {
        strategy: strategy.name.to_owned(),
        seed,
        limit,
        commit: workspace.commit.clone(),
        false_findings: detector.false_findings(),
        faults: faults.collect(),
    }))
}

/// Executes `limit` items of a generator, each a list of scripts.
fn generate(
    scripts: impl Iterator<Item = Vec<Vec<u8>>>,
    limit: u64,
    stop: &AtomicBool,
    detector: &mut Detector,
) {
    for scripts in scripts {
        if detector.executions() == limit || stop.load(Ordering::Relaxed) {
            break;
        }
        detector.execute(&scripts);
    }
}

/// A run of libFuzzer.
struct Fuzzer {
    program: PathBuf,
    fixes_addresses: bool,
    dictionary: Option<PathBuf>,
    seeds: Vec<Seed>,
    flags: &'static [&'static str],
}

impl Fuzzer {
    fn run(&self, seed: u64, limit: u64, stop: &AtomicBool, detector: &mut Detector) -> Result<(), String> {
        let io = |error: std::io::Error| format!("{}: {error}", self.program.display());
        let scratch = tempfile::tempdir().map_err(io)?;
        let mut log = File::options()
            .create_new(true)
            .read(true)
            .write(true)
            .open(scratch.path().join("log"))
            .map_err(io)?;
        let mut command = if self.fixes_addresses {
            let mut command = Command::new("setarch");
            command.arg("-R").arg(&self.program);
            command
        } else {
            Command::new(&self.program)
        };
        command
            .current_dir(scratch.path())
            .args(["-detect_leaks=0", "-verbosity=0"])
            // The last executions may not reach the pipe.
            .arg(format!("-runs={}", limit + record::EXECUTIONS_PER_WRITE))
            .arg(format!("-seed={seed}"))
            .args(self.flags)
            .stdout(Stdio::piped())
            .stderr(log.try_clone().map_err(io)?);
        if let Some(dictionary) = &self.dictionary {
            command.arg(format!("-dict={}", dictionary.display()));
        }
        if !self.seeds.is_empty() {
            // The fuzzer writes new inputs to the first folder.
            for folder in ["new", "seeds"] {
                fs::create_dir(scratch.path().join(folder)).map_err(io)?;
                command.arg(folder);
            }
            for seed in &self.seeds {
                fs::write(scratch.path().join("seeds").join(&seed.name), &seed.octets).map_err(io)?;
            }
        }
        let mut child = command.spawn().map_err(io)?;
        let mut stream = BufReader::new(child.stdout.take().ok_or("the fuzzer has no standard output")?);
        let mut scripts = Vec::new();
        while record::read(&mut stream, &mut scripts).map_err(io)? {
            if stop.load(Ordering::Relaxed) {
                // The fuzzer may have ended already, on the same signal.
                let _ = child.kill();
                break;
            }
            if detector.executions() < limit {
                detector.execute(&scripts);
            }
        }
        let status = child.wait().map_err(io)?;
        let is_complete = status.success() && detector.executions() == limit;
        if is_complete || stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        log.seek(SeekFrom::Start(0)).map_err(io)?;
        let output = std::io::read_to_string(log).map_err(io)?;
        let end: Vec<&str> = output.lines().rev().take(40).collect();
        let end: Vec<&str> = end.into_iter().rev().collect();
        Err(format!(
            "{}: failed with seed {seed} in execution {}; the fuzzer printed:\n{}",
            self.program.display(),
            detector.executions(),
            end.join("\n")
        ))
    }
}

fn output(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("cannot run {name}: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim()))
    }
}
