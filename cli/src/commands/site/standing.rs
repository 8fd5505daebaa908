//! How an implementation stands on a rule, in the words of the site.

use wsclose::rules::Level;

use super::input::{Known, Status};

/// How a reason of a baseline begins if the echo program, and not the library, causes the violation.
const OF_THE_PROGRAM: &str = "Behavior of the echo program";

/// How a reason begins if the library violates the rule only because its application requests it.
const ON_REQUEST: &str = "Only on application request";

/// What causes a violation, by the first words of the reason that a baseline gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// The library.
    Library,
    /// The library, only because its application requests it.
    Request,
    /// The echo program around the library.
    Program,
}

impl Cause {
    fn of(known: Option<&Known>) -> Cause {
        match known.map(|known| known.reason.as_str()) {
            Some(reason) if reason.starts_with(OF_THE_PROGRAM) => Cause::Program,
            Some(reason) if reason.starts_with(ON_REQUEST) => Cause::Request,
            Some(_) | None => Cause::Library,
        }
    }
}

/// How a standing counts where implementations are compared by one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// The library does not conform.
    Against,
    /// The library does not conform, only because its application requests it.
    OnRequest,
    /// It conforms.
    Conforms,
    /// There is no clear verdict on the library.
    Open,
}

/// How an implementation stands on a rule, from the worst to the mildest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It violates a rule of level `must`, `interop` or `robust`.
    Violates,
    /// It violates a rule of level `should` or `lenient`.
    Warns,
    /// It violates a rule of level `must`, `interop` or `robust`, only because its application requests it.
    ViolatesOnRequest,
    /// It violates a rule of level `should` or `lenient`, only because its application requests it.
    WarnsOnRequest,
    /// It does what a rule of level `info` describes; the RFC leaves it open.
    Differs,
    /// The echo program around it violates the rule.
    Program,
    /// A violation did not recur, or was not tried again. It is no violation.
    Unsure,
    /// It was exercised without a clear verdict.
    Inconclusive,
    /// It conforms.
    Conforms,
    /// Nothing exercised the rule.
    NotExercised,
    /// It leaves the rule to the program that uses it.
    LeftToProgram,
}

impl Standing {
    /// Every standing, from the worst to the mildest.
    pub const ALL: [Standing; 11] = [
        Standing::Violates,
        Standing::Warns,
        Standing::ViolatesOnRequest,
        Standing::WarnsOnRequest,
        Standing::Differs,
        Standing::Program,
        Standing::Unsure,
        Standing::Inconclusive,
        Standing::Conforms,
        Standing::NotExercised,
        Standing::LeftToProgram,
    ];

    /// The standing by the status of a finding. A listed violation counts by its level, like one that is not listed.
    pub fn of(status: Status, level: Level, known: Option<&Known>) -> Standing {
        let of_library = match status {
            Status::Fail => Standing::Violates,
            Status::Warn => Standing::Warns,
            Status::Known => match level {
                Level::Must | Level::Interop | Level::Robust => Standing::Violates,
                Level::Should | Level::Lenient => Standing::Warns,
                Level::Info => Standing::Differs,
            },
            Status::Info => return Standing::Differs,
            Status::Flaky | Status::Unconfirmed => return Standing::Unsure,
            Status::Ok => return Standing::Conforms,
            Status::Inconclusive => return Standing::Inconclusive,
            Status::NotExercised => return Standing::NotExercised,
        };
        match (Cause::of(known), of_library) {
            (Cause::Program, _) => Standing::Program,
            (Cause::Request, Standing::Violates) => Standing::ViolatesOnRequest,
            (Cause::Request, Standing::Warns) => Standing::WarnsOnRequest,
            (Cause::Request | Cause::Library, of_library) => of_library,
        }
    }

    /// How it counts where implementations are compared.
    pub const fn share(self) -> Share {
        match self {
            Standing::Violates | Standing::Warns | Standing::Differs => Share::Against,
            Standing::ViolatesOnRequest | Standing::WarnsOnRequest => Share::OnRequest,
            Standing::Conforms => Share::Conforms,
            Standing::Program
            | Standing::Unsure
            | Standing::Inconclusive
            | Standing::NotExercised
            | Standing::LeftToProgram => Share::Open,
        }
    }

    /// Whether it is a violation of the library.
    pub const fn is_violation(self) -> bool {
        match self {
            Standing::Violates | Standing::Warns | Standing::ViolatesOnRequest | Standing::WarnsOnRequest => {
                true
            }
            Standing::Differs
            | Standing::Program
            | Standing::Unsure
            | Standing::Inconclusive
            | Standing::Conforms
            | Standing::NotExercised
            | Standing::LeftToProgram => false,
        }
    }

    /// The word on the pages.
    pub const fn word(self) -> &'static str {
        match self {
            Standing::Violates => "violates",
            Standing::Warns => "warning",
            Standing::ViolatesOnRequest => "violates only on request",
            Standing::WarnsOnRequest => "warning only on request",
            Standing::Differs => "differs",
            Standing::Program => "its program",
            Standing::Unsure => "not confirmed",
            Standing::Inconclusive => "inconclusive",
            Standing::Conforms => "conforms",
            Standing::NotExercised => "not exercised",
            Standing::LeftToProgram => "left to the program",
        }
    }

    /// What the word means.
    pub const fn meaning(self) -> &'static str {
        match self {
            Standing::Violates => {
                "It violates a rule of level must, interop or robust: a MUST or a definition of the RFC, or a defect \
                 that breaks connections with conforming peers or harms every user."
            }
            Standing::Warns => {
                "It violates a rule of level should or lenient: a SHOULD, or it accepts what no conforming peer sends."
            }
            Standing::ViolatesOnRequest => {
                "It violates a rule of level must, interop or robust, and only because its application requests it. It \
                 sends nothing wrong on its own, and does not stop its application from doing so."
            }
            Standing::WarnsOnRequest => {
                "It violates a rule of level should or lenient, and only because its application requests it."
            }
            Standing::Differs => "The rule is of level info: the RFC leaves this open. It is no violation.",
            Standing::Program => {
                "The echo program of the test causes it, and not the library. It does not count as a violation."
            }
            Standing::Unsure => {
                "It was seen once, and did not recur or could not be tried again. It does not count as a violation."
            }
            Standing::Inconclusive => "Something exercised the rule, and what was seen has two explanations.",
            Standing::Conforms => "Whatever exercised the rule showed what the rule requires.",
            Standing::NotExercised => {
                "Nothing that was tried exercised the rule, or nothing of it can be observed."
            }
            Standing::LeftToProgram => {
                "The library has no part in it: the program that uses the library has to follow the rule."
            }
        }
    }

    /// The class of its colors.
    pub const fn class(self) -> &'static str {
        match self {
            Standing::Violates => "bad",
            Standing::Warns => "warn",
            Standing::Differs => "info",
            Standing::ViolatesOnRequest
            | Standing::WarnsOnRequest
            | Standing::Program
            | Standing::Unsure
            | Standing::Inconclusive => "open",
            Standing::Conforms => "good",
            Standing::NotExercised | Standing::LeftToProgram => "none",
        }
    }

    /// A sign for readers who do not distinguish colors.
    pub const fn sign(self) -> &'static str {
        match self {
            Standing::Violates => "✗",
            Standing::Warns => "!",
            Standing::ViolatesOnRequest => "(✗)",
            Standing::WarnsOnRequest => "(!)",
            Standing::Differs => "i",
            Standing::Program => "p",
            Standing::Unsure => "~",
            Standing::Inconclusive => "?",
            Standing::Conforms => "✓",
            Standing::NotExercised => "–",
            Standing::LeftToProgram => "·",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(reason: &str) -> Known {
        Known { reason: reason.to_owned(), version: None, source: None }
    }

    #[test]
    fn only_confirmed_violations_of_the_library_are_violations() {
        let of = |status, level, known: Option<&Known>| Standing::of(status, level, known);
        let own = known("It does not check.");
        let of_program = known("Behavior of the echo program: it copies the payload.");
        assert_eq!(of(Status::Known, Level::Must, Some(&own)), Standing::Violates);
        assert_eq!(of(Status::Known, Level::Lenient, Some(&own)), Standing::Warns);
        assert_eq!(of(Status::Fail, Level::Must, None), Standing::Violates);
        for status in [Status::Known, Status::Fail, Status::Warn] {
            assert_eq!(of(status, Level::Must, Some(&of_program)), Standing::Program);
        }
        for level in Level::ALL {
            assert_eq!(of(Status::Flaky, level, None), Standing::Unsure);
            assert_eq!(of(Status::Unconfirmed, level, Some(&own)), Standing::Unsure);
            // A violation that was only late may warn where the rule fails.
            assert_eq!(of(Status::Warn, level, None), Standing::Warns);
        }
    }

    #[test]
    fn violations_only_on_request_stand_apart() {
        let known = known("Only on application request: `close` accepts code 1005.");
        let of = |level| Standing::of(Status::Known, level, Some(&known));
        let all = Level::ALL.map(|level| (level, of(level)));
        for (level, standing) in all {
            let expected = match level {
                Level::Must | Level::Interop | Level::Robust => Standing::ViolatesOnRequest,
                Level::Should | Level::Lenient => Standing::WarnsOnRequest,
                Level::Info => Standing::Differs,
            };
            assert_eq!(standing, expected, "{level:?}");
        }
        assert_eq!(Standing::of(Status::Flaky, Level::Must, Some(&known)), Standing::Unsure);
    }

    #[test]
    fn signs_and_words_are_distinct() {
        for (at, standing) in Standing::ALL.into_iter().enumerate() {
            for other in &Standing::ALL[at + 1..] {
                assert!(standing < *other);
                assert_ne!(standing.sign(), other.sign());
                assert_ne!(standing.word(), other.word());
            }
        }
    }
}
