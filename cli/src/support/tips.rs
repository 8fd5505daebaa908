//! The next step after an error of a check. The library does not name options; the command does.

use wsclose_live::{CaseError, RunError, TargetError, UpgradeError};

/// The options that help against an error of a check, as the end of a sentence. The library does not name options.
pub fn option_tip(error: &RunError) -> &'static str {
    match error {
        RunError::NoRules(_) => " (options --only and --skip; `wsclose rules` lists the rules)",
        RunError::NoCases => " (options --case and --show; --list lists the cases)",
        RunError::Pattern { .. } => " (options --only, --skip, --case and --show)",
        RunError::Listen { .. } => " (option --listen)",
        RunError::Target(TargetError::NotLoopback(_) | TargetError::PublicListener(_)) => {
            "; to permit it, add --allow-remote"
        }
        RunError::Unplayable { .. } => " (option --script)",
        RunError::ReportsWithoutCommand | RunError::PortWithoutCommand | RunError::LogWithoutCommand => {
            " (option --exec)"
        }
        RunError::Target(
            TargetError::NotAUrl { .. }
            | TargetError::OtherScheme { .. }
            | TargetError::Fragment(_)
            | TargetError::Scheme(_)
            | TargetError::NoHost(_)
            | TargetError::Lookup { .. }
            | TargetError::Ca { .. }
            | TargetError::Tls(_)
            | TargetError::NoTls(_),
        )
        | RunError::Process(_)
        | RunError::Log { .. }
        | RunError::MissingPort(_)
        | RunError::NoPlayableScript(_)
        | RunError::NoPort(_)
        | RunError::NoClient { .. }
        | RunError::NoCaseRun { .. } => "",
    }
}

/// What to do about an endpoint that could not be tested, as a sentence of its own.
pub fn next_step(error: &CaseError) -> Option<&'static str> {
    match error {
        CaseError::Upgrade(error) => upgrade_step(error),
        CaseError::Connect(why) => connect_step(why),
        CaseError::NoClient(_)
        | CaseError::NoResponse(_)
        | CaseError::NoRequest(_)
        | CaseError::OutputLimit
        | CaseError::TimeLimit(_)
        | CaseError::ServerExits(_)
        | CaseError::RunTimeLimit => None,
    }
}

fn upgrade_step(error: &UpgradeError) -> Option<&'static str> {
    match error {
        UpgradeError::Tls(_) => {
            Some("use wss:// in place of ws://, with --ca FILE for a certificate of your own")
        }
        UpgradeError::Status { code, location, .. } => match code {
            300..=399 if location.is_some() => Some("use the URL that the response names"),
            400 => Some("if the server expects a subprotocol, offer it with --subprotocol NAME"),
            401 => Some("add credentials, as in --header 'Authorization: Bearer TOKEN'"),
            403 => Some(
                "add the header fields that the server expects, as in --header 'Origin: https://example.com' or \
                 --header 'Cookie: session=ID'",
            ),
            404 => Some("check the path of the URL, as in ws://127.0.0.1:9001/chat"),
            // Other statuses have no usual cause.
            _ => None,
        },
        UpgradeError::NotHttp { .. } => Some("check the port of the URL"),
        UpgradeError::TooLong | UpgradeError::Field { .. } => None,
    }
}

/// What to do about an error of the system or of rustls, whose texts are recognized.
fn connect_step(why: &str) -> Option<&'static str> {
    let has = |words: &[&str]| words.iter().any(|word| why.contains(word));
    if has(&["refused"]) {
        Some("start the server first, or give the command that starts it with --exec")
    } else if has(&["InvalidContentType"]) {
        Some("if the server does not use TLS, use ws:// in place of wss://")
    } else if has(&["UnknownIssuer", "CaUsedAsEndEntity"]) {
        Some("trust the certificate with --ca FILE, or every certificate with --insecure")
    } else if has(&["NotValidForName"]) {
        Some("use a host name of the certificate in the URL, or --insecure")
    } else {
        None
    }
}
