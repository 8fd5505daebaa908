//! A subject whose application asks to close, and that writes the Close only once the peer's has come: it is the
//! application's, and no answer.

use wsclose::code::{CloseCode, Profile};
use wsclose::drive::Driver;
use wsclose::judge::{Judge, Verdict};
use wsclose::role::Role;
use wsclose::rule::{Duties, Rule};
use wsclose::script::ScriptBuf;
use wsclose::subject::{Output, Stimulus, Subject};

/// It takes the first wish that can be taken, and does nothing about it until something comes.
#[derive(Default)]
struct Late {
    wish: Option<Option<CloseCode>>,
}

impl Subject for Late {
    fn name(&self) -> &str {
        "late"
    }

    fn duties(&self, _role: Role) -> Duties {
        Duties::ALL
    }

    fn connect(&mut self, _role: Role, _out: &mut Output) {
        self.wish = None;
    }

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Output) {
        match stimulus {
            Stimulus::Close { code, .. } => {
                if code.is_some_and(|code| code.sendable(Role::Server, Profile::Iana).is_err()) {
                    return out.refused("nobody may send that");
                }
                self.wish.get_or_insert(code);
                out.accepted();
            }
            Stimulus::Octets(_) => {
                let Some(wish) = self.wish.take() else { return };
                // Like many, it says 1000 where it was not told what to say.
                let [high, low] = wish.unwrap_or(CloseCode::NORMAL).to_octets();
                out.sent(&[0x88, 2, high, low]);
                out.fin();
            }
            Stimulus::Fin
            | Stimulus::Reset
            | Stimulus::PeerGone(_)
            | Stimulus::PeerPause
            | Stimulus::PeerResume
            | Stimulus::Send { .. }
            | Stimulus::Pause
            | Stimulus::Resume
            | Stimulus::Tick => {}
        }
    }
}

/// What is said of this rule where the application has these wishes, and then this comes.
fn verdict(wishes: &str, comes: &str, rule: Rule) -> Verdict {
    let text = format!("wsclose 1\nrole server\n{wishes}{comes}");
    let script = ScriptBuf::read(text.as_bytes()).expect("a script");
    let (mut driver, mut judge) = (Driver::new(), Judge::new(Profile::default()));
    let trace = driver.drive(script.as_script(), &mut Late::default());
    judge.judge(trace);
    judge.verdicts().on(rule)
}

#[test]
fn a_close_that_was_asked_for_before_does_not_refuse_the_peers() {
    let taken = |wishes| verdict(wishes, "> close 3333\n", Rule::AcceptsLibraryAndPrivateCodes);
    assert_eq!(taken("app close 1008\n"), Verdict::Inconclusive);
    // Another wish came after it, and two that were refused.
    assert_eq!(taken("app close 1008\napp close 1000\n"), Verdict::Inconclusive);
    assert_eq!(taken("app close 1008\napp close 1005\napp close 1006\n"), Verdict::Inconclusive);
}

#[test]
fn a_close_that_was_asked_for_before_does_not_take_what_is_broken() {
    let comes = "> close 1000 hex:80\n";
    for wishes in ["app close 1000\n", "app close\n"] {
        assert_ne!(verdict(wishes, comes, Rule::RejectsBadUtf8Reason), Verdict::Breaks, "{wishes}");
    }
}
