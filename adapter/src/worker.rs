//! A subject in a process of its own. Scripts come in on standard input, findings go out on standard output;
//! whoever started the process sees it die or hang, and knows with which script.
//!
//! A request is a length of four octets in network order, and that many octets of a script in its binary
//! form. The answer is a line for each finding, the rule's id and what was done, and a line with a dot.

use std::io::{self, ErrorKind, Read, Write};
use std::process::ExitCode;

use wsclose::Harness;
use wsclose::harness::subject::Subject;
use wsclose::protocol::code::Profile;
use wsclose::script::{MAX_SCRIPT, Script, ScriptBuf};

/// The line that ends an answer.
pub const END: &str = ".";

/// The `main` of a worker. With scripts in files as its arguments it prints their timelines and findings
/// instead, for a person to read.
pub fn main(mut subject: impl Subject) -> ExitCode {
    // What a panic says is in the trace; one that cannot be caught ends the process, which says enough.
    std::panic::set_hook(Box::new(|_| {}));
    let files: Vec<_> = std::env::args_os().skip(1).collect();
    let done = if files.is_empty() {
        serve(&mut subject, io::stdin().lock(), io::stdout().lock())
    } else {
        files.iter().try_for_each(|file| print_trace(&mut subject, file.as_ref()))
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", subject.name());
            ExitCode::from(3)
        }
    }
}

/// Answers requests until there are no more.
///
/// # Errors
/// When a request is no script, or cannot be read or answered.
pub fn serve(subject: &mut dyn Subject, mut requests: impl Read, mut answers: impl Write) -> io::Result<()> {
    let mut harness = Harness::new(Profile::default());
    let (mut script, mut answer) = (Vec::new(), String::new());
    while read_request(&mut requests, &mut script)? {
        let script =
            Script::decode(&script).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
        answer.clear();
        for finding in harness.play(script, subject).findings {
            let actual = finding.actual.to_string().replace(char::is_control, " ");
            answer.extend([finding.rule.id(), "\t", &actual, "\n"]);
        }
        answer.extend([END, "\n"]);
        answers.write_all(answer.as_bytes())?;
        answers.flush()?;
    }
    Ok(())
}

/// Puts a request for `script` into words.
///
/// # Errors
/// When it cannot be written.
pub fn write_request(mut requests: impl Write, script: &[u8]) -> io::Result<()> {
    let len = u32::try_from(script.len()).map_err(|_| ErrorKind::InvalidInput)?;
    requests.write_all(&len.to_be_bytes())?;
    requests.write_all(script)?;
    requests.flush()
}

/// Reads the next request, if there is one.
fn read_request(requests: &mut impl Read, script: &mut Vec<u8>) -> io::Result<bool> {
    let mut len = [0; 4];
    match requests.read_exact(&mut len) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(false),
        read => read?,
    }
    let len = u32::from_be_bytes(len) as usize;
    if len > MAX_SCRIPT {
        return Err(io::Error::new(ErrorKind::InvalidData, "a script longer than any"));
    }
    script.resize(len, 0);
    requests.read_exact(script)?;
    Ok(true)
}

#[allow(clippy::disallowed_methods, reason = "a worker is a command; the library does no I/O")]
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
        let (mut requests, mut answers) = (Vec::new(), Vec::new());
        for script in scripts {
            let script = ScriptBuf::read(format!("wsclose 1\nrole server\n{script}").as_bytes()).unwrap();
            write_request(&mut requests, script.octets()).unwrap();
        }
        serve(subject, &*requests, &mut answers).unwrap();
        String::from_utf8(answers).unwrap()
    }

    #[test]
    fn each_script_gets_its_findings_and_an_end_line() {
        let scripts = ["> close 3333 \"\"\nwait 2\n> fin\n", "> close 3333 \"\"\nwait 2\n> fin\n"];
        assert_eq!(serve_scripts(&mut Model::new(Profile::default()), &scripts), ".\n.\n");
        let told = Fault::ALL.map(|fault| serve_scripts(&mut FaultyModel::new(fault), &scripts));
        assert!(told.iter().all(|told| told.ends_with("\n.\n") || told == ".\n.\n"), "{told:?}");
        assert!(told.iter().any(|told| told.starts_with("close-answered\t")), "{told:?}");
    }

    #[test]
    fn malformed_request_is_an_error() {
        let mut model = Model::new(Profile::default());
        for requests in [&b"\0\0\0\x05ab"[..], b"\xff\xff\xff\xff", b"\0\0\0\x01x"] {
            assert!(serve(&mut model, requests, Vec::new()).is_err());
        }
    }
}
