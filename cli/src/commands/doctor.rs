//! `wsclose doctor`: examines a server before a check.

use std::io::Write;

use wsclose_live::{Answer, Diagnosis};

use crate::args;
use crate::support::error::{CliError, ExitStatus};
use crate::support::live_run;
use crate::support::output::{Stdout, write_indented};
use crate::support::tips;

/// Runs the command.
pub fn run(args: &args::Doctor, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    let mut check = wsclose_live::check(&args.url).close_command(args.close_command);
    check = live_run::connect(check, &args.connect_args);
    if let Some(command) = &args.exec {
        check = check.exec(command);
    }
    if let Some(path) = &args.server_log {
        check = check.log(path);
    }
    let diagnosis = check.diagnose()?;
    let step = diagnosis.error.as_ref().and_then(tips::next_step);
    if let Some(error) = diagnosis.error.as_ref().filter(|_| diagnosis.is_unreachable()) {
        let step = step.map_or(String::new(), |step| format!("\nnext: {step}"));
        return Err(CliError::NotTested { endpoint: diagnosis.endpoint, why: format!("{error}{step}") });
    }
    print(&diagnosis, step, out)?;
    Ok(if diagnosis.is_fit() { ExitStatus::Conforms } else { ExitStatus::Violation })
}

fn print(diagnosis: &Diagnosis, step: Option<&str>, out: &mut Stdout) -> std::io::Result<()> {
    let bad = diagnosis.answers.iter().filter(|answer| answer.is_bad()).count();
    let verdict = match bad {
        0 => "fit to be tested".to_owned(),
        1 => "not fit to be tested: 1 thing to change".to_owned(),
        things => format!("not fit to be tested: {things} things to change"),
    };
    writeln!(out, "{}: {verdict}", diagnosis.endpoint)?;
    for answer in &diagnosis.answers {
        let Answer { question, fitness, seen, remedy } = answer;
        writeln!(out, "\n{:<10}{}", fitness.name(), question.name())?;
        write_indented(out, seen, 10)?;
        // A refused opening handshake has a usual cause, and an option that helps.
        let remedy = step.or(*remedy).filter(|_| answer.is_bad());
        if let Some(remedy) = remedy {
            write_indented(out, &format!("mend: {remedy}"), 10)?;
        }
    }
    Ok(())
}
