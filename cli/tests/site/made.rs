//! Makes a site of a few results, once for all tests.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::support::{self, Folder, wsclose_in};

const BASELINE: &str = "[[known]]\nimplementation = \"fault:close-of-126\"\nversion = \"0.9\"\n\
                        rule = \"close-at-most-125\"\nreason = \"It never counts `octets` <b>at all</b>.\"\n\
                        source = \"src/lib.rs:1 `close`\"\nscript = \"close\"\n";

/// A folder with the results of the model and two faulty ones in-process, and of two servers. It is made once.
pub fn results() -> &'static Path {
    static RESULTS: OnceLock<PathBuf> = OnceLock::new();
    RESULTS.get_or_init(|| {
        let folder = Folder::new();
        folder.file("corpus/close.ws", support::GOOD);
        folder.file("baseline.toml", BASELINE);
        let faults = ["--subject", "fault:close-of-126", "--subject", "fault:replies-code-modulo-4096"];
        let options =
            ["--corpus", "corpus", "--baseline", "baseline.toml", "--scenarios", "none", "--timeout", "600"];
        folder.wsclose(&[&["matrix", "--out", "report"], &faults[..], &options].concat()).assert_exit(1);
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("site-results");
        let _ = fs::remove_dir_all(&kept);
        fs::create_dir_all(&kept).expect("a folder");
        fs::copy(folder.path().join("report/matrix.json"), kept.join("matrix.json")).expect("a file");
        fs::write(kept.join("live.json"), live(&folder).to_string()).expect("a file");
        fs::write(kept.join("bugs.toml"), bugs("fault:close-of-126")).expect("a file");
        fs::write(kept.join("pages.toml"), PAGES_LIST).expect("a file");
        run(&kept, &["matrix.json", "live.json", "--out", "site"]).assert_exit(0);
        kept
    })
}

/// The cases on close codes of two servers, in the form of `live.json`. All cases of a server would take half a minute.
fn live(folder: &Folder) -> Value {
    let entry = |name: &str, profile: &str, exit: i32| {
        let exec = support::echo_command(profile);
        let target = ["check", "ws://127.0.0.1:{port}/", "--exec", &exec, "--close-command"];
        let options = ["--case", "code-*", "--name", name, "--json", "run.json"];
        folder.wsclose(&[&target[..], &options].concat()).assert_exit(exit);
        let run: Value = serde_json::from_str(&read(folder.path(), "run.json")).expect("JSON");
        json!({ "name": name, "library": "<the model>", "language": "Rust", "version": "1.2.3", "absent": null,
                "known": [], "run": run })
    };
    let gone = json!({ "name": "gone", "library": "", "language": "", "version": "", "absent": "not installed: x",
                       "known": [], "run": null });
    json!({ "schema": "wsclose-live/1", "implementations": [entry("good", "iana", 0), entry("as-beast", "beast", 1), gone] })
}

const PAGES_LIST: &str =
    "[[page]]\nfile = \"the-page\"\ntitle = \"t\"\nimplementations = [\"good\", \"as-beast\"]\n";

pub fn bugs(package: &str) -> String {
    format!(
        "[[bug]]\ncrate = \"{package}\"\naffected = \"0.1.0\"\nfixed = \"0.2.0\"\nwhat = \"an old bug\"\nsource = \"s\"\n\
         rules = [\"close-fin\"]\n"
    )
}

/// Runs `wsclose site` in a folder, with bugs and pages.
pub fn run(folder: &Path, args: &[&str]) -> support::RunOutput {
    let all = [&["site", "--known-bugs", "bugs.toml", "--findings", "pages.toml"], args].concat();
    let args: Vec<&dyn AsRef<std::ffi::OsStr>> =
        all.iter().map(|arg| arg as &dyn AsRef<std::ffi::OsStr>).collect();
    wsclose_in(folder, &args, b"")
}

/// A folder with a copy of the results.
pub fn copy_of_results() -> Folder {
    let folder = Folder::new();
    for name in ["matrix.json", "live.json", "bugs.toml", "pages.toml"] {
        folder.file(name, fs::read(results().join(name)).expect("a file"));
    }
    folder
}

/// The files of the site.
pub fn files(site: &Path) -> BTreeSet<String> {
    let list: Value =
        serde_json::from_slice(&fs::read(site.join("site.json")).expect("a list")).expect("JSON");
    assert_eq!(list["schema"], "wsclose-site/1");
    let names = list["files"].as_array().expect("a list");
    names.iter().map(|name| name.as_str().expect("a name").to_owned()).collect()
}

pub fn read(site: &Path, name: &str) -> String {
    fs::read_to_string(site.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}
