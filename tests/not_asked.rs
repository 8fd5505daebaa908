//! A subject that is not asked for what its application wants: nothing is to its credit, whenever it is told.

use wsclose::code::Profile;
use wsclose::drive::Driver;
use wsclose::judge::{Judge, Verdict};
use wsclose::role::Role;
use wsclose::rule::{Duties, Rule};
use wsclose::script::ScriptBuf;
use wsclose::subject::{Output, Stimulus, Subject};

/// It has no interface for anything, and its program says so only once so many wishes have come.
struct Mute {
    patience: usize,
    wishes: usize,
}

impl Subject for Mute {
    fn name(&self) -> &str {
        "mute"
    }

    fn duties(&self, _role: Role) -> Duties {
        Duties::ALL
    }

    fn connect(&mut self, _role: Role, _out: &mut Output) {
        self.wishes = 0;
    }

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Output) {
        self.wishes += usize::from(matches!(stimulus, Stimulus::Close { .. } | Stimulus::Send { .. }));
        if self.wishes == self.patience {
            (0..std::mem::take(&mut self.wishes)).for_each(|_| out.not_asked("no interface"));
        }
    }
}

#[test]
fn what_was_not_asked_is_neither_kept_nor_broken() {
    let wishes = "app close 999 \"x\" * 124\napp send text \"late\"\napp close 1005\napp close\n";
    let text = format!("wsclose 1\nrole server\n{wishes}");
    let script = ScriptBuf::read(text.as_bytes()).expect("a script");
    for patience in 1..=4 {
        let (mut driver, mut judge) = (Driver::new(), Judge::new(Profile::default()));
        let trace = driver.drive(script.as_script(), &mut Mute { patience, wishes: 0 });
        judge.judge(trace);
        for rule in Rule::ALL.into_iter().filter(|rule| rule.id().starts_with("api-")) {
            assert!(judge.verdicts().on(rule) != Verdict::Breaks, "{patience}, {rule}\n{trace}");
            // Told late, it cannot be told which wish was meant.
            if patience == 1 {
                assert_eq!(judge.verdicts().on(rule), Verdict::NotExercised, "{rule}\n{trace}");
            }
        }
    }
}
