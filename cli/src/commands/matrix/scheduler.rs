//! Runs subjects on a number of threads, each within a time limit. The rows have the order of the jobs. A subject that
//! does not return in time is abandoned, and the others continue.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use wsclose::analysis::matrix::{MatrixPlan, RoleResult, Scope, SubjectResult, play};
use wsclose::harness::Subject;
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;

use crate::libraries::Libraries;
use crate::support::error::CliError;
use crate::support::progress::Progress;
use crate::support::runner::catch;
use crate::support::subjects;

/// Makes the subject of a name, or returns why it cannot.
pub type SubjectFactory = Arc<dyn Fn(&str, Profile) -> Result<Box<dyn Subject>, String> + Send + Sync>;

/// A factory of the subjects that the command line can name.
pub fn factory(libraries: &'static dyn Libraries) -> SubjectFactory {
    Arc::new(|name: &str, profile| {
        subjects::by_name(libraries, name, profile).map_err(|error| error.to_string())
    })
}

/// A subject and the scripts that it runs.
#[derive(Clone, Debug)]
pub struct Job {
    /// The subject, as the command line names it.
    pub name: String,
    /// The scripts.
    pub scope: Scope,
}

/// The result of a job.
#[derive(Debug)]
pub struct JobResult {
    /// The job.
    pub job: Job,
    /// Its row, or the reason why there is none.
    pub result: Result<SubjectResult, String>,
}

/// The settings of a run.
pub struct Scheduler {
    /// The scripts.
    pub plan: Arc<MatrixPlan>,
    /// The profile by which codes are classified.
    pub profile: Profile,
    /// The number of threads.
    pub threads: usize,
    /// The time limit of one subject in one role.
    pub timeout: Duration,
    /// The time after the limit within which a subject must return, or else it is abandoned.
    pub shutdown_grace: Duration,
    /// Makes the subjects.
    pub factory: SubjectFactory,
}

/// One subject in one role.
#[derive(Clone, Copy)]
struct RoleJob {
    job: usize,
    role: Role,
}

struct Running {
    task: usize,
    deadline: Instant,
}

impl Scheduler {
    /// Runs all jobs.
    pub fn run(&self, jobs: Vec<Job>) -> Result<Vec<JobResult>, CliError> {
        let tasks: Vec<RoleJob> =
            (0..jobs.len()).flat_map(|job| Role::ALL.map(|role| RoleJob { job, role })).collect();
        let mut parts: Vec<Option<Result<RoleResult, String>>> = tasks.iter().map(|_| None).collect();
        // Subjects without sweeps use sockets: they wait most of the time, so they start first.
        let mut waiting: VecDeque<usize> = (0..tasks.len()).collect();
        waiting.make_contiguous().sort_by_key(|task| jobs[tasks[*task].job].scope.systematic);
        let mut running: Vec<Running> = Vec::new();
        let mut progress = Progress::new(tasks.len());
        let (sender, results) = mpsc::channel();
        while !waiting.is_empty() || !running.is_empty() {
            while running.len() < self.threads
                && let Some(task) = waiting.pop_front()
            {
                progress.advance();
                self.start(task, &jobs[tasks[task].job], tasks[task].role, sender.clone())
                    .map_err(CliError::Thread)?;
                running.push(Running { task, deadline: Instant::now() + self.timeout + self.shutdown_grace });
            }
            let next = running.iter().map(|running| running.deadline).min().expect("something runs");
            match results.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok((task, part)) => {
                    // A subject that returns too late was already abandoned.
                    if let Some(at) = running.iter().position(|running| running.task == task) {
                        running.swap_remove(at);
                        parts[task] = Some(part);
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    let now = Instant::now();
                    running.retain(|running| {
                        if running.deadline <= now {
                            parts[running.task] = Some(Err(self.abandoned(tasks[running.task].role)));
                        }
                        running.deadline > now
                    });
                }
            }
        }
        let mut parts = parts.into_iter().map(|part| part.expect("every task has ended"));
        let mut row = |job: Job| {
            let [client, server] = [parts.next(), parts.next()].map(|part| part.expect("two a job"));
            let row = client
                .and_then(|client| Ok(SubjectResult { name: job.name.clone(), roles: [client, server?] }));
            JobResult { result: row, job }
        };
        Ok(jobs.into_iter().map(&mut row).collect())
    }

    fn abandoned(&self, role: Role) -> String {
        let seconds = (self.timeout + self.shutdown_grace).as_secs();
        format!("as a {role} it did not return within {seconds} s and was abandoned")
    }

    fn start(
        &self,
        task: usize,
        job: &Job,
        role: Role,
        results: mpsc::Sender<(usize, Result<RoleResult, String>)>,
    ) -> io::Result<()> {
        let (plan, profile, timeout, make) =
            (self.plan.clone(), self.profile, self.timeout, self.factory.clone());
        let Job { name, scope } = job.clone();
        thread::Builder::new().name(name.clone()).spawn(move || {
            let begun = Instant::now();
            let part = catch(&name, || {
                let mut subject = make(&name, profile)?;
                let should_continue = &mut || begun.elapsed() < timeout;
                Ok(play(&plan, scope, role, profile, subject.as_mut(), should_continue))
            });
            // The receiver is gone if the run has ended.
            let _ = results.send((task, part.unwrap_or_else(|panicked| Err(panicked.to_string()))));
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;
    use std::time::Duration;

    use wsclose::analysis::matrix::{MatrixPlan, Scope};
    use wsclose::harness::{Recorder, Stimulus, Subject};
    use wsclose::protocol::code::Profile;
    use wsclose::protocol::role::Role;
    use wsclose::rules::Capabilities;

    use crate::libraries::NoLibraries;

    use super::{Job, JobResult, Scheduler, factory};

    /// A subject that never returns, and one that panics.
    enum BadSubject {
        Hangs,
        Panics,
    }

    impl Subject for BadSubject {
        fn name(&self) -> &str {
            "bad"
        }

        fn capabilities(&self, _role: Role) -> Capabilities {
            Capabilities::ALL
        }

        fn connect(&mut self, _role: Role, _out: &mut Recorder) {}

        fn react(&mut self, _stimulus: Stimulus<'_>, _out: &mut Recorder) {
            match self {
                BadSubject::Hangs => thread::sleep(Duration::from_secs(3600)),
                BadSubject::Panics => panic!("as planned"),
            }
        }
    }

    fn make_test_subject(name: &str, profile: Profile) -> Result<Box<dyn Subject>, String> {
        match name {
            "sleeps" => Ok(Box::new(BadSubject::Hangs)),
            "panics" => Ok(Box::new(BadSubject::Panics)),
            other => factory(&NoLibraries)(other, profile),
        }
    }

    fn run(names: &[&str], timeout: Duration) -> Vec<JobResult> {
        let work = Scheduler {
            plan: Arc::new(MatrixPlan::new(Vec::new())),
            profile: Profile::default(),
            threads: 2,
            timeout,
            shutdown_grace: Duration::from_millis(300),
            factory: Arc::new(make_test_subject),
        };
        let scope = Scope { codes: false, ..Scope::ALL };
        let job = |name: &&str| Job { name: (*name).to_owned(), scope };
        work.run(names.iter().map(job).collect()).expect("there are threads")
    }

    #[test]
    fn hanging_or_panicking_subjects_do_not_stop_the_others() {
        let done = run(&["sleeps", "model", "panics", "fault:refuses-1014"], Duration::from_millis(700));
        let names: Vec<&str> = done.iter().map(|done| done.job.name.as_str()).collect();
        assert_eq!(names, ["sleeps", "model", "panics", "fault:refuses-1014"]);
        let why = |at: usize| done[at].result.as_ref().expect_err("no row").as_str();
        assert!(why(0).contains("did not return within 1 s"), "{}", why(0));
        assert!(why(2).starts_with("panics panicked at"), "{}", why(2));
        for at in [1, 3] {
            let row = done[at].result.as_ref().expect("a row");
            assert!(row.scripts() > 900, "{row:?}");
        }
    }

    #[test]
    fn a_slow_subject_times_out() {
        let done = run(&["model"], Duration::ZERO);
        let row = done[0].result.as_ref().expect("a row");
        assert!(row.roles.iter().all(|part| part.timed_out && part.scripts == 0));
    }
}
