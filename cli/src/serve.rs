//! `wsclose serve`. In come clients, that come by themselves or are started, out come a line per rule and, for every
//! breach, what was expected, what came, the timeline, and the command that repeats it.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use wsclose::role::Role;

use crate::args;
use crate::choice::{self, Chosen, option};
use crate::failure::{Exit, Failure};
use crate::live::book::Book;
use crate::live::cases::Able;
use crate::live::check::{self, Plan};
use crate::live::exec::{self, Process};
use crate::live::hall::{self, Event, Hall};
use crate::live::launch::{Launcher, Program};
use crate::live::report::Reports;
use crate::live::run::Timing;
use crate::live::target::TargetError;
use crate::live::tested::{Tested, Way};
use crate::out::Out;
use crate::progress::Progress;

/// How long nobody may come, once somebody did, before the loop counts as broken off.
const IDLE: Duration = Duration::from_secs(60);

/// How long a client has, after its reports are written, to close.
const LEAVING: Duration = Duration::from_secs(6);

/// How often it is looked whether the run is to end.
const LOOK: Duration = Duration::from_millis(50);

/// The port that the loops of most libraries know.
const PORT: u16 = 9001;

/// What there is to make runs of.
struct Serve<'a> {
    args: &'a args::Serve,
    chosen: Chosen,
    reports: Reports,
    address: SocketAddr,
}

/// Makes the run, and shows it.
pub fn run(args: &args::Serve, out: &mut Out) -> Result<Exit, Failure> {
    let program = program(args);
    let able =
        Able { role: Role::Client, commands: args.choice.command_close, reconnects: program.is_some() };
    let chosen = choice::read(&args.choice, able, args.says_closed)?;
    if args.choice.list {
        return choice::list(&chosen, out);
    }
    if args.choice.fuzz.is_some() && program.is_none() {
        let why = "expected --fuzz together with --exec or --feed, found it alone: who comes by itself counts the \
                   cases once";
        return Err(Failure::Usage(why.to_owned()));
    }
    let port = if program.is_some() { 0 } else { PORT };
    let address = args.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], port)));
    if !address.ip().is_loopback() && !args.i_may_test_this_host {
        return Err(TargetError::NotLoopback(address).into());
    }
    let reports = choice::reports(&args.reports)?;
    let serve = Serve { args, chosen, reports, address };
    match program {
        Some(program) => serve.started(program, out),
        None => serve.looped(able, out),
    }
}

/// What is started, if anything is.
fn program(args: &args::Serve) -> Option<Program> {
    let anew = args.exec.clone().map(Program::Anew);
    anew.or_else(|| args.feed.clone().map(Program::Fed))
}

impl Serve<'_> {
    fn plan<'a>(&self, tested: Tested<'a>) -> Plan<'a> {
        let (command, again) = choice::commands(self.words(), &self.args.choice);
        Plan {
            tested,
            cases: self.chosen.cases.clone(),
            some_cases: !self.args.choice.cases.is_empty(),
            rules: self.chosen.rules,
            strict: self.args.choice.strict,
            // One port is for one client at a time.
            jobs: if self.address.port() == 0 { usize::from(self.args.jobs) } else { 1 },
            deadline: self.timeout() + self.args.choice.fuzz.unwrap_or_default(),
            seed: self.args.choice.seed,
            fuzz: self.args.choice.fuzz,
            known: self.chosen.known.clone(),
            command,
            again,
        }
    }

    fn timeout(&self) -> Duration {
        let all = self.args.choice.codes == args::CodeSweep::All;
        Duration::from_secs(self.args.timeout.unwrap_or(if all { 3600 } else { 600 }))
    }

    fn cannot_listen(&self, why: &std::io::Error) -> Failure {
        Failure::Untested {
            endpoint: self.address.to_string(),
            why: format!("cannot listen there: {why}; choose another with --listen"),
        }
    }

    /// Clients are started by us.
    fn started(&self, program: Program, out: &mut Out) -> Result<Exit, Failure> {
        let command = match &program {
            Program::Anew(command) => {
                // Said before anything is started, and not as the trouble of a case.
                exec::filled(command, "url", "")?;
                command
            }
            Program::Fed(command) => command,
        };
        let name = self.args.agent.clone().unwrap_or_else(|| command.clone());
        let launcher =
            Launcher::new(name, program, self.address).map_err(|error| self.cannot_listen(&error))?;
        let run = choice::make(&self.plan(self.tested(Way::Launch(&launcher))));
        choice::finish(&run, &self.reports, out)
    }

    fn tested<'a>(&self, way: Way<'a>) -> Tested<'a> {
        let choice = &self.args.choice;
        let tells = self.args.says_closed;
        Tested { way, profile: choice.profile, commands: choice.command_close, tells }
    }

    /// Clients come by themselves.
    fn looped(&self, able: Able, out: &mut Out) -> Result<Exit, Failure> {
        let begun = Instant::now();
        let listener = TcpListener::bind(self.address).map_err(|error| self.cannot_listen(&error))?;
        let url = format!("ws://{}", listener.local_addr().map_err(|error| self.cannot_listen(&error))?);
        let book = Book::new(able, self.chosen.cases.clone());
        let count = book.count();
        writeln!(
            out,
            "listening on {url}, {count} cases: /getCaseCount, /runCase?case=N&agent=NAME, /updateReports?agent=NAME"
        )?;
        out.flush()?;
        let choice = &self.args.choice;
        let hall = Arc::new(Hall::new(book, choice.profile, choice.command_close, self.args.agent.clone()));
        let events = hall::open(&hall, listener);
        let run_loop = self.args.run_loop.as_ref().map(|command| command.replace("{url}", &url));
        let mut process = run_loop.map(Process::start).transpose()?;
        let endless = self.args.keep && self.args.timeout.is_none();
        let deadline = (!endless).then(|| begun + self.timeout());
        let mut watch = Watch { progress: Progress::new(count), refused: None, last: None };
        let (stop, mut exit) = (choice::stopper(), None);
        let why = loop {
            if stop.load(Ordering::Relaxed) {
                break "it was ended";
            }
            if deadline.is_some_and(|deadline| Instant::now() > deadline) {
                break "the time was over";
            }
            if watch.last.is_some_and(|last| last.elapsed() > IDLE) && exit.is_none() {
                break "no client came for a minute";
            }
            let ended = process.as_mut().is_some_and(|process| process.ended().is_some());
            match events.recv_timeout(LOOK) {
                Ok(Event::Reports(agent, written)) => {
                    let done = self.report(&hall, &agent, None, out);
                    out.flush()?;
                    // The client may have gone meanwhile.
                    let _ = written.send(());
                    watch.leave(&events);
                    if !self.args.keep {
                        return done;
                    }
                    exit = Some(done?);
                }
                Ok(event) => watch.hear(event),
                Err(RecvTimeoutError::Timeout) if ended => break "the client ended",
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
            }
        };
        drop(watch.progress);
        let last = hall.book().last().map(str::to_owned);
        match (exit, last) {
            (Some(exit), _) => Ok(exit),
            (None, Some(agent)) => self.report(&hall, &agent, Some(why), out),
            (None, None) => {
                let refused =
                    watch.refused.map_or(String::new(), |why| format!("; the last that came: {why}"));
                let why = format!("no client came for a case: {why}{refused}");
                Err(Failure::Untested { endpoint: url, why })
            }
        }
    }

    /// Shows what was found about an agent; `broken_off` says why there is no more.
    fn report(
        &self,
        hall: &Hall,
        agent: &str,
        broken_off: Option<&str>,
        out: &mut Out,
    ) -> Result<Exit, Failure> {
        let run = {
            let book = hall.book();
            let Some((score, begun, mut notes)) = book.score(agent) else {
                let why = "it asked for reports before it came for a case".to_owned();
                return Err(Failure::Untested { endpoint: agent.to_owned(), why });
            };
            notes.extend(broken_off.map(|why| format!("it never asked for reports: {why}")));
            let timing = Timing { elapsed: begun.elapsed(), round_trip: Duration::ZERO };
            check::told(&self.plan(hall.tested(agent)), score, notes, broken_off.is_some(), timing)
        };
        choice::finish(&run, &self.reports, out)
    }

    /// The command, and the options that are its own.
    fn words(&self) -> Vec<String> {
        let args = self.args;
        let mut words = vec!["wsclose serve".to_owned()];
        words.extend(args.listen.iter().map(|address| option("listen", &address.to_string())));
        words.extend(args.exec.iter().map(|exec| option("exec", exec)));
        words.extend(args.feed.iter().map(|feed| option("feed", feed)));
        words.extend(args.run_loop.iter().map(|command| option("loop", command)));
        words.extend(args.agent.iter().map(|agent| option("agent", agent)));
        let flags = [("says-closed", args.says_closed), ("i-may-test-this-host", args.i_may_test_this_host)];
        words.extend(flags.into_iter().filter(|(_, set)| *set).map(|(name, _)| format!("--{name}")));
        words
    }
}

/// What is seen of the hall while it is open.
struct Watch {
    progress: Progress,
    /// Why the last that was sent away was.
    refused: Option<String>,
    /// When somebody came last.
    last: Option<Instant>,
}

impl Watch {
    fn hear(&mut self, event: Event) {
        match event {
            Event::Came => self.last = Some(Instant::now()),
            Event::Played => self.progress.step(),
            Event::Refused(why) => self.refused = Some(why),
            // The reports of one client at a time: `Serve::looped` writes them.
            Event::Reports(..) | Event::Gone => {}
        }
    }

    /// Waits until the client whose reports were written has left.
    fn leave(&mut self, events: &Receiver<Event>) {
        let begun = Instant::now();
        while begun.elapsed() < LEAVING {
            match events.recv_timeout(LOOK) {
                Ok(Event::Gone) => return,
                Ok(event) => self.hear(event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}
