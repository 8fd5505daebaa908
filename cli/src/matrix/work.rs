//! Who works when: in come jobs, out come rows in the same order, however many threads there were. A subject
//! that does not come back is left to itself, and the others go on.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use wsclose::code::Profile;
use wsclose::matrix::{Part, Plan, Row, Scope, play};
use wsclose::role::Role;

use crate::failure::Failure;
use crate::play::catch;
use crate::progress::Progress;
use crate::subjects;

/// How much longer than its patience a subject has to notice that it is over.
const GRACE: Duration = Duration::from_secs(5);

/// A subject and what to put it through.
#[derive(Clone, Debug)]
pub struct Job {
    /// The subject.
    pub name: String,
    /// How much.
    pub scope: Scope,
}

/// What became of a job.
#[derive(Debug)]
pub struct Done {
    /// The job.
    pub job: Job,
    /// Its row, or why there is none.
    pub row: Result<Row, String>,
}

/// How the work is done.
pub struct Work {
    /// The scripts.
    pub plan: Arc<Plan>,
    /// How codes are read.
    pub profile: Profile,
    /// How many work at once.
    pub threads: usize,
    /// How long one subject may take in one role.
    pub patience: Duration,
}

/// One subject in one role.
#[derive(Clone, Copy)]
struct Task {
    job: usize,
    role: Role,
}

struct Running {
    task: usize,
    until: Instant,
}

impl Work {
    /// Does all jobs.
    pub fn run(&self, jobs: Vec<Job>) -> Result<Vec<Done>, Failure> {
        let tasks: Vec<Task> =
            (0..jobs.len()).flat_map(|job| Role::ALL.map(|role| Task { job, role })).collect();
        let mut parts: Vec<Option<Result<Part, String>>> = tasks.iter().map(|_| None).collect();
        // Those without sweeps are those with sockets: they wait more than they work, and begin first.
        let mut waiting: VecDeque<usize> = (0..tasks.len()).collect();
        waiting.make_contiguous().sort_by_key(|task| jobs[tasks[*task].job].scope.systematic);
        let mut running: Vec<Running> = Vec::new();
        let mut progress = Progress::new(tasks.len());
        let (sender, results) = mpsc::channel();
        while !waiting.is_empty() || !running.is_empty() {
            while running.len() < self.threads
                && let Some(task) = waiting.pop_front()
            {
                progress.step();
                self.start(task, &jobs[tasks[task].job], tasks[task].role, sender.clone())
                    .map_err(Failure::Thread)?;
                running.push(Running { task, until: Instant::now() + self.patience + GRACE });
            }
            let next = running.iter().map(|running| running.until).min().expect("something runs");
            match results.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok((task, part)) => {
                    // What comes too late has been counted as lost already.
                    if let Some(at) = running.iter().position(|running| running.task == task) {
                        running.swap_remove(at);
                        parts[task] = Some(part);
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    let now = Instant::now();
                    running.retain(|running| {
                        if running.until <= now {
                            parts[running.task] = Some(Err(self.lost(tasks[running.task].role)));
                        }
                        running.until > now
                    });
                }
            }
        }
        let mut parts = parts.into_iter().map(|part| part.expect("every task has ended"));
        let mut row = |job: Job| {
            let [client, server] = [parts.next(), parts.next()].map(|part| part.expect("two a job"));
            let row = client.and_then(|client| Ok(Row { name: job.name.clone(), parts: [client, server?] }));
            Done { row, job }
        };
        Ok(jobs.into_iter().map(&mut row).collect())
    }

    fn lost(&self, role: Role) -> String {
        let seconds = (self.patience + GRACE).as_secs();
        format!("as a {role} it did not come back within {seconds} s, and was left to itself")
    }

    fn start(
        &self,
        task: usize,
        job: &Job,
        role: Role,
        results: mpsc::Sender<(usize, Result<Part, String>)>,
    ) -> io::Result<()> {
        let (plan, profile, patience) = (self.plan.clone(), self.profile, self.patience);
        let Job { name, scope } = job.clone();
        thread::Builder::new().name(name.clone()).spawn(move || {
            let begun = Instant::now();
            let part = catch(&name, || {
                let mut subject = subjects::by_name(&name, profile).map_err(|error| error.to_string())?;
                let go_on = &mut || begun.elapsed() < patience;
                Ok(play(&plan, scope, role, profile, subject.as_mut(), go_on))
            });
            // Nobody waits any longer where the run has ended.
            let _ = results.send((task, part.unwrap_or_else(|panicked| Err(panicked.to_string()))));
        })?;
        Ok(())
    }
}
