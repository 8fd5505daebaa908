//! Measures the executions per second of the fuzz targets and prints them as ratios.
//!
//! The targets run in turn, so a machine that changes its speed slows all of them alike.
//!
//! `cargo run --release -p wsclose-benches --bin ratios [SECONDS [ROUNDS]]` builds the targets with
//! `cargo fuzz build -s none`, runs each for SECONDS [default: 5] in each of ROUNDS [default: 5], and prints medians.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use comfy_table::Table;

/// A fuzz target with its fuzz folder and its curated corpus.
struct BenchTarget {
    name: &'static str,
    folder: &'static str,
    corpus: Option<&'static str>,
}

const TARGETS: [BenchTarget; 5] = [
    BenchTarget { name: "empty", folder: "benches", corpus: None },
    BenchTarget { name: "tungstenite_header", folder: "benches", corpus: Some("close_frame") },
    BenchTarget { name: "close_frame", folder: "fuzz", corpus: Some("close_frame") },
    BenchTarget { name: "tungstenite_session", folder: "benches", corpus: Some("close_frame") },
    BenchTarget { name: "closing_handshake", folder: "fuzz", corpus: Some("closing_handshake") },
];

/// A target and the target that it is compared with.
const RATIOS: [(&str, &str); 4] = [
    ("tungstenite_header", "empty"),
    ("close_frame", "tungstenite_session"),
    ("tungstenite_session", "empty"),
    ("closing_handshake", "tungstenite_session"),
];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            eprintln!("ratios: {what}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1).map(|word| {
        word.parse::<u32>()
            .ok()
            .filter(|n| *n > 0)
            .ok_or_else(|| format!("expected a number of at least 1, found `{word}`"))
    });
    let seconds = arguments.next().transpose()?.unwrap_or(5);
    let rounds = arguments.next().transpose()?.unwrap_or(5);
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("the folder of this package has no parent")?;
    for target in &TARGETS {
        let built = Command::new("cargo")
            .current_dir(root)
            .args(["fuzz", "build", "-s", "none", "--fuzz-dir", target.folder, target.name])
            .status()
            .map_err(|error| format!("cannot run cargo: {error}"))?;
        if !built.success() {
            return Err(format!("{}: cannot be built; check that cargo-fuzz is installed", target.name));
        }
    }
    let host = host()?;
    let mut speeds = vec![Vec::new(); TARGETS.len()];
    for round in 1..=rounds {
        for (target, speeds) in TARGETS.iter().zip(&mut speeds) {
            let speed = execute(root, &host, target, seconds, round)?;
            eprintln!("round {round}: {} {speed}/s", target.name);
            speeds.push(speed);
        }
    }
    let index =
        |name| TARGETS.iter().position(|target| target.name == name).ok_or("a ratio names an unknown target");
    let mut table = Table::new();
    table.set_header(["target", "executions per second (median)", "compared with", "ratio (median)"]);
    for (name, reference) in RATIOS {
        let (a, b) = (&speeds[index(name)?], &speeds[index(reference)?]);
        let ratio = median(a.iter().zip(b).map(|(a, b)| *a as f64 / *b as f64).collect());
        table.add_row([
            name.to_owned(),
            format!("{:.0}", median(a.iter().map(|speed| *speed as f64).collect())),
            format!("{reference} {:.0}", median(b.iter().map(|speed| *speed as f64).collect())),
            format!("{ratio:.2}"),
        ]);
    }
    println!("{table}");
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn execute(root: &Path, host: &str, target: &BenchTarget, seconds: u32, round: u32) -> Result<u64, String> {
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    if let Some(corpus) = target.corpus {
        copy(&root.join("corpus").join(corpus), scratch.path()).map_err(|error| error.to_string())?;
    }
    let output = Command::new(binary(root, host, target))
        .current_dir(scratch.path())
        .args(["-max_len=256", "-print_final_stats=1", "-verbosity=0", "-detect_leaks=0"])
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-seed={round}"))
        .arg(scratch.path())
        .output()
        .map_err(|error| format!("cannot run {}: {error}", target.name))?;
    let text = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{}: failed; the fuzzer printed:\n{text}", target.name));
    }
    let speed = text.lines().find_map(|line| line.strip_prefix("stat::average_exec_per_sec:"));
    speed
        .and_then(|speed| speed.trim().parse().ok())
        .ok_or_else(|| format!("{}: found no executions per second in its output:\n{text}", target.name))
}

fn binary(root: &Path, host: &str, target: &BenchTarget) -> PathBuf {
    let out = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    out.join(host).join("release").join(target.name)
}

/// The target triple that cargo-fuzz builds for by default.
fn host() -> Result<String, String> {
    let output =
        Command::new("rustc").arg("-vV").output().map_err(|error| format!("cannot run rustc: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc -vV: found no line `host: `".to_owned())
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        // Entries that a fuzzer added have no extension.
        if Path::new(&entry.file_name()).extension().is_some() {
            std::fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
