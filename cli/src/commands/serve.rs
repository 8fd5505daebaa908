//! `wsclose serve`. In come clients, that come by themselves or are started, out come a line per rule and, for every
//! breach, what was expected, what came, the timeline, and the command that repeats it.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use wsclose::protocol::role::Role;

use crate::args;
use crate::support::error::{CliError, ExitStatus};
use crate::support::output::Stdout;
use crate::support::progress::Progress;
use crate::support::report_files::ReportFiles;
use crate::support::selection::{self, Selection, option};
use wsclose_live::endpoint::client_pool::{ClientCommand, ClientPool};
use wsclose_live::endpoint::features::EndpointFeatures;
use wsclose_live::endpoint::process::{self, Process};
use wsclose_live::endpoint::under_test::{ConnectMode, EndpointUnderTest};
use wsclose_live::run::config::RunConfig;
use wsclose_live::run::engine;
use wsclose_live::run::results::Timing;
use wsclose_live::serve::case_server::{self, CaseServer, ServerEvent};
use wsclose_live::serve::session::SessionLedger;
use wsclose_live::transport::server_target::TargetError;

/// How long nobody may come, once somebody did, before the loop counts as broken off.
const NEXT_CLIENT_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a client has, after its reports are written, to close.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(6);

/// How often it is looked whether the run is to end.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The port that the loops of most libraries know.
const DEFAULT_PORT: u16 = 9001;

/// What there is to make runs of.
struct ServeCommand<'a> {
    args: &'a args::Serve,
    selection: Selection,
    reports: ReportFiles,
    address: SocketAddr,
}

/// Makes the run, and shows it.
pub fn run(args: &args::Serve, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    let program = client_command(args);
    let features = EndpointFeatures {
        role: Role::Client,
        close_command: args.run_args.close_command,
        reconnects: program.is_some(),
    };
    let chosen = selection::read(&args.run_args, features, args.client_reports_close)?;
    if args.run_args.list {
        return selection::list(&chosen, out);
    }
    if args.run_args.fuzz.is_some() && program.is_none() {
        let why = "expected --fuzz together with --exec or --exec-stdin, found it alone: who comes by itself counts the \
                   cases once";
        return Err(CliError::Usage(why.to_owned()));
    }
    let port = if program.is_some() { 0 } else { DEFAULT_PORT };
    let address = args.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], port)));
    if !address.ip().is_loopback() && !args.allow_remote {
        return Err(TargetError::NotLoopback(address).into());
    }
    let reports = selection::open_reports(&args.reports)?;
    let serve = ServeCommand { args, selection: chosen, reports, address };
    match program {
        Some(program) => serve.run_spawned(program, out),
        None => serve.serve_loop(features, out),
    }
}

/// What is started, if anything is.
fn client_command(args: &args::Serve) -> Option<ClientCommand> {
    let anew = args.exec.clone().map(ClientCommand::PerConnection);
    anew.or_else(|| args.exec_stdin.clone().map(ClientCommand::UrlsOnStdin))
}

impl ServeCommand<'_> {
    fn run_config<'a>(&self, under_test: EndpointUnderTest<'a>) -> RunConfig<'a> {
        let (command, again) = selection::repro_commands(self.repro_words(), &self.args.run_args);
        RunConfig {
            under_test,
            cases: self.selection.cases.clone(),
            is_filtered: !self.args.run_args.cases.is_empty(),
            rules: self.selection.rules,
            strict: self.args.run_args.strict,
            // One port is for one client at a time.
            jobs: if self.address.port() == 0 { usize::from(self.args.jobs) } else { 1 },
            timeout: self.timeout() + self.args.run_args.fuzz.unwrap_or_default(),
            seed: self.args.run_args.seed,
            fuzz: self.args.run_args.fuzz,
            baseline: self.selection.baseline.clone(),
            command,
            repro_base: again,
        }
    }

    fn timeout(&self) -> Duration {
        let all = self.args.run_args.codes == args::CodeSweep::All;
        Duration::from_secs(self.args.timeout.unwrap_or(if all { 3600 } else { 600 }))
    }

    fn cannot_listen(&self, why: &std::io::Error) -> CliError {
        CliError::NotTested {
            endpoint: self.address.to_string(),
            why: format!("cannot listen there: {why}; choose another with --listen"),
        }
    }

    /// Clients are started by us.
    fn run_spawned(&self, program: ClientCommand, out: &mut Stdout) -> Result<ExitStatus, CliError> {
        let command = match &program {
            ClientCommand::PerConnection(command) => {
                // Said before anything is started, and not as the trouble of a case.
                process::substitute(command, "url", "")?;
                command
            }
            ClientCommand::UrlsOnStdin(command) => command,
        };
        let name = self.args.agent.clone().unwrap_or_else(|| command.clone());
        let launcher =
            ClientPool::new(name, program, self.address).map_err(|error| self.cannot_listen(&error))?;
        let run = selection::execute(&self.run_config(self.under_test(ConnectMode::Spawn(&launcher))));
        selection::finish(&run, &self.reports, out)
    }

    fn under_test<'a>(&self, mode: ConnectMode<'a>) -> EndpointUnderTest<'a> {
        let choice = &self.args.run_args;
        let reports_close = self.args.client_reports_close;
        EndpointUnderTest {
            mode,
            profile: choice.profile,
            close_command: choice.close_command,
            reports_close,
        }
    }

    /// Clients come by themselves.
    fn serve_loop(&self, features: EndpointFeatures, out: &mut Stdout) -> Result<ExitStatus, CliError> {
        let begun = Instant::now();
        let listener = TcpListener::bind(self.address).map_err(|error| self.cannot_listen(&error))?;
        let url = format!("ws://{}", listener.local_addr().map_err(|error| self.cannot_listen(&error))?);
        let book = SessionLedger::new(features, self.selection.cases.clone());
        let count = book.count();
        writeln!(
            out,
            "listening on {url}, {count} cases: /getCaseCount, /runCase?case=N&agent=NAME, /updateReports?agent=NAME"
        )?;
        out.flush()?;
        let choice = &self.args.run_args;
        let hall =
            Arc::new(CaseServer::new(book, choice.profile, choice.close_command, self.args.agent.clone()));
        let events = case_server::start(&hall, listener);
        let run_loop = self.args.exec_loop.as_ref().map(|command| command.replace("{url}", &url));
        let mut process = run_loop.map(Process::spawn).transpose()?;
        let endless = self.args.keep_running && self.args.timeout.is_none();
        let deadline = (!endless).then(|| begun + self.timeout());
        let mut watch =
            LoopMonitor { progress: Progress::new(count), last_rejection: None, last_connection_at: None };
        let (stop, mut exit) = (selection::interrupt_flag(), None);
        let why = loop {
            if stop.load(Ordering::Relaxed) {
                break "it was ended";
            }
            if deadline.is_some_and(|deadline| Instant::now() > deadline) {
                break "the time was over";
            }
            if watch.last_connection_at.is_some_and(|last| last.elapsed() > NEXT_CLIENT_TIMEOUT)
                && exit.is_none()
            {
                break "no client came for a minute";
            }
            let ended = process.as_mut().is_some_and(|process| process.exit_status().is_some());
            match events.recv_timeout(POLL_INTERVAL) {
                Ok(ServerEvent::ReportsRequested(agent, written)) => {
                    let done = self.report(&hall, &agent, None, out);
                    out.flush()?;
                    // The client may have gone meanwhile.
                    let _ = written.send(());
                    watch.wait_for_disconnect(&events);
                    if !self.args.keep_running {
                        return done;
                    }
                    exit = Some(done?);
                }
                Ok(event) => watch.on_event(event),
                Err(RecvTimeoutError::Timeout) if ended => break "the client ended",
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
            }
        };
        drop(watch.progress);
        let last = hall.ledger().last_agent().map(str::to_owned);
        match (exit, last) {
            (Some(exit), _) => Ok(exit),
            (None, Some(agent)) => self.report(&hall, &agent, Some(why), out),
            (None, None) => {
                let refused =
                    watch.last_rejection.map_or(String::new(), |why| format!("; the last that came: {why}"));
                let why = format!("no client came for a case: {why}{refused}");
                Err(CliError::NotTested { endpoint: url, why })
            }
        }
    }

    /// Shows what was found about an agent; `broken_off` says why there is no more.
    fn report(
        &self,
        hall: &CaseServer,
        agent: &str,
        interrupted_by: Option<&str>,
        out: &mut Stdout,
    ) -> Result<ExitStatus, CliError> {
        let run = {
            let book = hall.ledger();
            let Some((score, begun, mut notes)) = book.agent_results(agent) else {
                let why = "it asked for reports before it came for a case".to_owned();
                return Err(CliError::NotTested { endpoint: agent.to_owned(), why });
            };
            notes.extend(interrupted_by.map(|why| format!("it never asked for reports: {why}")));
            let timing = Timing { elapsed: begun.elapsed(), round_trip: Duration::ZERO };
            engine::build_report(
                &self.run_config(hall.under_test(agent)),
                score,
                notes,
                interrupted_by.is_some(),
                timing,
            )
        };
        selection::finish(&run, &self.reports, out)
    }

    /// The command, and the options that are its own.
    fn repro_words(&self) -> Vec<String> {
        let args = self.args;
        let mut words = vec!["wsclose serve".to_owned()];
        words.extend(args.listen.iter().map(|address| option("listen", &address.to_string())));
        words.extend(args.exec.iter().map(|exec| option("exec", exec)));
        words.extend(args.exec_stdin.iter().map(|feed| option("exec-stdin", feed)));
        words.extend(args.exec_loop.iter().map(|command| option("exec-loop", command)));
        words.extend(args.agent.iter().map(|agent| option("agent", agent)));
        let flags =
            [("client-reports-close", args.client_reports_close), ("allow-remote", args.allow_remote)];
        words.extend(flags.into_iter().filter(|(_, set)| *set).map(|(name, _)| format!("--{name}")));
        words
    }
}

/// What is seen of the hall while it is open.
struct LoopMonitor {
    progress: Progress,
    /// Why the last that was sent away was.
    last_rejection: Option<String>,
    /// When somebody came last.
    last_connection_at: Option<Instant>,
}

impl LoopMonitor {
    fn on_event(&mut self, event: ServerEvent) {
        match event {
            ServerEvent::Connected => self.last_connection_at = Some(Instant::now()),
            ServerEvent::CaseFinished => self.progress.advance(),
            ServerEvent::Rejected(why) => self.last_rejection = Some(why),
            // The reports of one client at a time: `Serve::looped` writes them.
            ServerEvent::ReportsRequested(..) | ServerEvent::ReportsDelivered => {}
        }
    }

    /// Waits until the client whose reports were written has left.
    fn wait_for_disconnect(&mut self, events: &Receiver<ServerEvent>) {
        let begun = Instant::now();
        while begun.elapsed() < DISCONNECT_TIMEOUT {
            match events.recv_timeout(POLL_INTERVAL) {
                Ok(ServerEvent::ReportsDelivered) => return,
                Ok(event) => self.on_event(event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}
