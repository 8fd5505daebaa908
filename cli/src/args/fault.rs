//! The names of the faults of the model.

use wsclose::model::faults::Fault;

/// How similar a name must be, by Jaro-Winkler from 0 to 1, to be proposed. That is about one wrong word or a typing error.
const SIMILAR: f64 = 0.75;

/// The most names that are proposed.
const MAX_PROPOSED: usize = 3;

/// No fault has that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a fault of the model, found `{found}`{near} (`wsclose echo --list-faults` lists them)",
    near = .nearest.split_last().map(|(last, others)| match others {
        [] => format!("; did you mean `{last}`?"),
        _ => format!("; did you mean `{}` or `{last}`?", others.join("`, `")),
    }).unwrap_or_default()
)]
pub struct UnknownFault {
    /// The name on the command line.
    pub found: String,
    /// The names that are most similar, the nearest first.
    pub nearest: Vec<&'static str>,
}

/// The fault of this name.
pub fn parse(name: &str) -> Result<Fault, UnknownFault> {
    let slugs = || Fault::ALL.into_iter().map(Fault::slug);
    Fault::ALL
        .into_iter()
        .find(|fault| fault.slug() == name)
        .ok_or_else(|| UnknownFault { found: name.to_owned(), nearest: nearest(name, slugs()) })
}

/// The names that are most similar to `name`, the nearest first. Case and underscores do not count.
fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let name = name.to_lowercase().replace('_', "-");
    let score = |candidate: &'a str| (strsim::jaro_winkler(&name, candidate), candidate);
    let mut scored: Vec<(f64, &str)> = candidates.map(score).filter(|(score, _)| *score >= SIMILAR).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(MAX_PROPOSED).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_names_are_proposed() {
        let near =
            |name: &str| parse(name).map_or_else(|unknown| unknown.nearest, |fault| vec![fault.slug()]);
        assert_eq!(near("never-answers"), ["never-answers"]);
        assert_eq!(near("never-answer")[0], "never-answers");
        assert!(near("close-no-fin").contains(&"close-without-fin"));
        assert_eq!(near("Refuses_NUL")[0], "refuses-nul");
        assert!(near("xyzzy").is_empty() && near("").is_empty());
        assert_eq!(
            parse("xyzzy").expect_err("no fault").to_string(),
            "expected a fault of the model, found `xyzzy` (`wsclose echo --list-faults` lists them)"
        );
    }
}
