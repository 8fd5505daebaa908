//! The paths of the case server. They are those of the Autobahn fuzzing server, so that the client loop that libraries
//! have for it runs unchanged.

use url::Url;

/// The longest name of an agent, in octets.
const LONGEST_AGENT: usize = 128;

/// A request of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// The number of cases.
    CaseCount,
    /// The name and description of the case of this number.
    CaseInfo(usize),
    /// The behavior of this agent in a case.
    CaseStatus(usize, String),
    /// A run of a case with this agent.
    RunCase(usize, String),
    /// The reports on this agent, which runs no further cases.
    UpdateReports(String),
}

/// Why the path of a request is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// The path is unknown.
    #[error(
        "expected /getCaseCount, /getCaseInfo?case=N, /getCaseStatus?case=N&agent=NAME, /runCase?case=N&agent=NAME or \
         /updateReports?agent=NAME, found {0}"
    )]
    Unknown(String),
    /// The path lacks a valid case number.
    #[error("expected case=N, with N from 1, in {0}")]
    Case(String),
    /// The path lacks a valid agent.
    #[error("expected agent=NAME, with 1 to {LONGEST_AGENT} octets and no control characters, in {0}")]
    Agent(String),
}

impl Route {
    /// Parses the path of a request with its query.
    ///
    /// # Errors
    /// Returns what is wrong with the path.
    pub fn parse(path: &str) -> Result<Route, RouteError> {
        let shown = || path.chars().take(2 * LONGEST_AGENT).collect::<String>();
        let unknown = || RouteError::Unknown(shown());
        if !path.starts_with('/') {
            return Err(unknown());
        }
        let url = Url::parse(&format!("ws://localhost{path}")).map_err(|_| unknown())?;
        let value = |name: &str| {
            let found = url.query_pairs().find(|(key, _)| key == name);
            found.map(|(_, value)| value.into_owned())
        };
        let case = || {
            let number: Option<usize> = value("case").and_then(|text| text.parse().ok());
            number.filter(|number| *number > 0).ok_or_else(|| RouteError::Case(shown()))
        };
        let agent = || {
            // Reports and terminals show the name.
            let fits = |agent: &String| {
                !agent.is_empty() && agent.len() <= LONGEST_AGENT && !agent.contains(char::is_control)
            };
            value("agent").filter(fits).ok_or_else(|| RouteError::Agent(shown()))
        };
        match url.path().trim_start_matches('/') {
            "getCaseCount" => Ok(Route::CaseCount),
            "getCaseInfo" => Ok(Route::CaseInfo(case()?)),
            "getCaseStatus" => Ok(Route::CaseStatus(case()?, agent()?)),
            "runCase" => Ok(Route::RunCase(case()?, agent()?)),
            "updateReports" => Ok(Route::UpdateReports(agent()?)),
            _ => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn autobahn_paths_are_parsed() {
        let agent = || "My Client/1.0".to_owned();
        let cases = [
            ("/getCaseCount", Route::CaseCount),
            ("/getCaseCount?agent=x", Route::CaseCount),
            ("/getCaseInfo?case=12", Route::CaseInfo(12)),
            ("/getCaseStatus?agent=My+Client%2F1.0&case=3", Route::CaseStatus(3, agent())),
            ("/runCase?case=1&agent=My%20Client/1.0", Route::RunCase(1, agent())),
            ("/updateReports?agent=My%20Client/1.0", Route::UpdateReports(agent())),
        ];
        for (path, route) in cases {
            assert_eq!(Route::parse(path), Ok(route), "{path}");
        }
    }

    #[test]
    fn invalid_paths_are_rejected() {
        for path in ["/", "", "*", "/runcase?case=1&agent=x", "/stop"] {
            assert_eq!(Route::parse(path), Err(RouteError::Unknown(path.to_owned())));
        }
        for path in ["/runCase?agent=x", "/runCase?case=0&agent=x", "/getCaseInfo?case=one"] {
            assert_eq!(Route::parse(path), Err(RouteError::Case(path.to_owned())));
        }
        let long = format!("/updateReports?agent={}", "x".repeat(LONGEST_AGENT + 1));
        for path in ["/runCase?case=1", "/updateReports?agent=", "/runCase?case=1&agent=a%1bb", &long] {
            assert_eq!(Route::parse(path), Err(RouteError::Agent(path.to_owned())));
        }
    }
}
