//! Tests the program that docs/testing-your-crate.md shows: the command with a library of the reader's own.
#![allow(clippy::disallowed_methods, reason = "the test reads the guide")]

// What the page shows begins here.
use wsclose::harness::Subject;
use wsclose_adapter::program::ProgramSubject;
use wsclose_cli::libraries::{Libraries, Library};

struct MyLibraries;

impl Libraries for MyLibraries {
    fn list(&self) -> Vec<Library> {
        let new = || -> Box<dyn Subject> { Box::new(ProgramSubject::<Mine>::new()) };
        vec![Library { name: "mine", in_process: true, new: Ok(new) }]
    }
}

fn main() -> std::process::ExitCode {
    wsclose_cli::main(&MyLibraries)
}
// What the page shows ends here.

use std::path::Path;

use wsclose::Harness;
use wsclose::harness::TraceEventKind;
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::rules::Capabilities;
use wsclose::script::corpus;
use wsclose_adapter::connection::{AppHandle, Transport};
use wsclose_adapter::program::LibraryProgram;

/// The library of a reader. It ends TCP at once.
struct Mine;

impl LibraryProgram for Mine {
    const NAME: &'static str = "mine";

    fn capabilities(_: Role) -> Capabilities {
        Capabilities::ALL
    }

    async fn run(_: Role, _: Transport, _: AppHandle) {}
}

#[test]
fn page_shows_this_program() {
    let (_, rest) = include_str!("own_command.rs")
        .split_once("shows begins here.\n")
        .expect("the beginning of the program");
    let (shown, _) = rest.split_once("// What the page shows ends").expect("the end of the program");
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/testing-your-crate.md");
    assert!(std::fs::read_to_string(page).expect("the page").contains(shown));
    // The command line would be that of the test.
    let _: fn() -> std::process::ExitCode = main;
}

#[test]
fn listed_library_is_played_to() {
    let [library] = &MyLibraries.list()[..] else { panic!("expected one library") };
    let mut subject = library.new.as_ref().expect("a library that is built")();
    let mut harness = Harness::new(Profile::default());
    let script = corpus::named("closing_handshake/close-empty").expect("a script");
    let played = harness.play(script.as_script(), subject.as_mut());
    let did =
        |kind: &dyn Fn(TraceEventKind) -> bool| played.trace.events().iter().any(|event| kind(event.kind));
    assert!(did(&|kind| kind == TraceEventKind::Fin), "{played}");
    assert!(!did(&|kind| matches!(kind, TraceEventKind::Sent(_))), "{played}");
}
