//! The command `wsclose` with the WebSocket libraries of `wsclose-implementations` as subjects.

use std::process::ExitCode;

use wsclose::rules::RuleSet;
use wsclose_cli::libraries::{CodeRoundTrip, Libraries, Library};
use wsclose_implementations::{IMPLEMENTATIONS, close_code_types, fuzz};

/// The libraries of `wsclose-implementations`.
struct Implementations;

impl Libraries for Implementations {
    fn list(&self) -> Vec<Library> {
        let library = |found: &wsclose_implementations::Implementation| Library {
            name: found.name,
            in_process: found.in_process,
            new: found.new.map_err(|remedy| remedy.trim_start_matches("not built: ")),
        };
        IMPLEMENTATIONS.iter().map(library).collect()
    }

    fn baseline(&self) -> &'static str {
        include_str!("../../../implementations/baseline.toml")
    }

    fn version(&self, library: &str) -> Option<String> {
        wsclose_implementations::version(library)
    }

    fn round_trip(&self, library: &str, code: u16) -> Option<CodeRoundTrip> {
        let result = close_code_types::round_trip_of(library)?(code);
        Some(CodeRoundTrip { returned: result.returned, named: result.named, allowed: result.allowed })
    }

    fn run_fuzz_target(&self, octets: &[u8]) -> RuleSet {
        fuzz::implementations(octets)
    }
}

fn main() -> ExitCode {
    wsclose_cli::main(&Implementations)
}

#[cfg(test)]
mod tests {
    use wsclose_cli::libraries::{Libraries, NAMES};

    use super::Implementations;

    #[test]
    fn the_command_without_libraries_knows_their_names() {
        let names: Vec<&str> = Implementations.list().iter().map(|library| library.name).collect();
        assert_eq!(names, NAMES);
    }
}
