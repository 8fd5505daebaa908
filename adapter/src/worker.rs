//! Runs a subject in a process of its own, for a library that may crash or hang, or that cannot be linked twice.
//!
//! The process reads scripts from standard input and writes findings to standard output. Its parent detects a crash or
//! a hang, and attributes it to the script that it sent last.
//!
//! A request is a length of four octets in network order, and that many octets of a script in its binary form. The
//! response has one line for each finding, with the rule id, a tab and the observation. [`END`] ends the response.

use std::io::{self, ErrorKind, Read, Write};
use std::process::ExitCode;

use wsclose::Harness;
use wsclose::harness::Subject;
use wsclose::protocol::code::Profile;
use wsclose::script::{MAX_SCRIPT, Script, ScriptBuf};

/// The line that ends a response.
pub const END: &str = ".";

/// Runs the `main` function of a worker: [`serve`] on standard input and output.
///
/// If the program has arguments, they name script files. The worker then prints their timelines and findings.
///
/// Silences the panic hook of the process. Exits with 3 if a script cannot be read.
pub fn main(mut subject: impl Subject) -> ExitCode {
    // The trace contains the message of a caught panic. An uncaught one ends the process, which the parent detects.
    std::panic::set_hook(Box::new(|_| {}));
    let files: Vec<_> = std::env::args_os().skip(1).collect();
    let result = if files.is_empty() {
        serve(&mut subject, io::stdin().lock(), io::stdout().lock())
    } else {
        files.iter().try_for_each(|file| print_trace(&mut subject, file.as_ref()))
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", subject.name());
            ExitCode::from(3)
        }
    }
}

/// Responds to requests until the input ends.
///
/// # Errors
/// If a request is not a valid script, or an I/O error occurs.
pub fn serve(
    subject: &mut dyn Subject,
    mut requests: impl Read,
    mut responses: impl Write,
) -> io::Result<()> {
    let mut harness = Harness::new(Profile::default());
    let (mut script, mut response) = (Vec::new(), String::new());
    while read_request(&mut requests, &mut script)? {
        let script =
            Script::decode(&script).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
        response.clear();
        for finding in harness.play(script, subject).findings {
            let actual = finding.actual.to_string().replace(char::is_control, " ");
            response.extend([finding.rule.id(), "\t", &actual, "\n"]);
        }
        response.extend([END, "\n"]);
        responses.write_all(response.as_bytes())?;
        responses.flush()?;
    }
    Ok(())
}

/// Writes a request for `script`, which is in its binary form.
///
/// # Errors
/// If the script is longer than a request can be, or an I/O error occurs.
pub fn write_request(mut requests: impl Write, script: &[u8]) -> io::Result<()> {
    let len = u32::try_from(script.len()).map_err(|_| ErrorKind::InvalidInput)?;
    requests.write_all(&len.to_be_bytes())?;
    requests.write_all(script)?;
    requests.flush()
}

/// Reads the next request. Returns `false` at the end of the input.
fn read_request(requests: &mut impl Read, script: &mut Vec<u8>) -> io::Result<bool> {
    let mut len = [0; 4];
    match requests.read_exact(&mut len) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(false),
        read => read?,
    }
    let len = u32::from_be_bytes(len) as usize;
    if len > MAX_SCRIPT {
        return Err(io::Error::new(ErrorKind::InvalidData, "the script exceeds the maximum length"));
    }
    script.resize(len, 0);
    requests.read_exact(script)?;
    Ok(true)
}

#[allow(clippy::disallowed_methods, reason = "a worker is a command and reads files")]
fn print_trace(subject: &mut dyn Subject, file: &std::path::Path) -> io::Result<()> {
    let script = ScriptBuf::read(&std::fs::read(file)?)
        .map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
    let mut harness = Harness::new(Profile::default());
    print!("{}\n{}", file.display(), harness.play(script.as_script(), subject));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wsclose::model::endpoint::Model;
    use wsclose::model::faults::{Fault, FaultyModel};

    fn serve_scripts(subject: &mut dyn Subject, scripts: &[&str]) -> String {
        let (mut requests, mut responses) = (Vec::new(), Vec::new());
        for script in scripts {
            let script = ScriptBuf::read(format!("wsclose 1\nrole server\n{script}").as_bytes()).unwrap();
            write_request(&mut requests, script.octets()).unwrap();
        }
        serve(subject, &*requests, &mut responses).unwrap();
        String::from_utf8(responses).unwrap()
    }

    #[test]
    fn each_script_gets_its_findings_and_an_end_line() {
        let scripts = ["> close 3333 \"\"\nwait 2\n> fin\n", "> close 3333 \"\"\nwait 2\n> fin\n"];
        assert_eq!(serve_scripts(&mut Model::new(Profile::default()), &scripts), ".\n.\n");
        let responses = Fault::ALL.map(|fault| serve_scripts(&mut FaultyModel::new(fault), &scripts));
        assert!(responses.iter().all(|text| text.ends_with("\n.\n") || text == ".\n.\n"), "{responses:?}");
        assert!(responses.iter().any(|text| text.starts_with("close-answered\t")), "{responses:?}");
    }

    #[test]
    fn malformed_request_is_an_error() {
        let mut model = Model::new(Profile::default());
        for requests in [&b"\0\0\0\x05ab"[..], b"\xff\xff\xff\xff", b"\0\0\0\x01x"] {
            assert!(serve(&mut model, requests, Vec::new()).is_err());
        }
    }
}
