//! `wsclose echo`. In comes an address or a URL, out comes the reference model behind a socket: a server until it is
//! ended, a client until its connection is, or until no more URLs come.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io::{BufRead, Write};
use std::net::{SocketAddr, TcpListener};

use wsclose::protocol::role::Role;

use crate::args;
use crate::support::error::{CliError, ExitStatus};
use crate::support::output::Stdout;
use wsclose_live::endpoint::connection;
use wsclose_live::model_endpoint;
use wsclose_live::transport::server_target::{ServerTarget, TargetError, TargetOptions};

/// Runs the model.
pub fn run(args: &args::Echo, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    match (&args.connect, args.listen) {
        (Some(url), _) if url == "-" => {
            for url in std::io::stdin().lock().lines() {
                connect(args, url?.trim(), out)?;
                out.flush()?;
            }
            Ok(ExitStatus::Conforms)
        }
        (Some(url), _) => {
            connect(args, url, out)?;
            Ok(ExitStatus::Conforms)
        }
        (None, Some(address)) => listen(args, address, out),
        (None, None) => Err(CliError::Usage("expected --listen or --connect, found neither".to_owned())),
    }
}

fn listen(args: &args::Echo, address: SocketAddr, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    if !address.ip().is_loopback() && !args.allow_remote {
        return Err(TargetError::NotLoopback(address).into());
    }
    let cannot = |why: std::io::Error| CliError::NotTested {
        endpoint: address.to_string(),
        why: format!("cannot listen there: {why}"),
    };
    let listener = TcpListener::bind(address).map_err(cannot)?;
    let bound = listener.local_addr().map_err(cannot)?;
    writeln!(out, "listening on ws://{bound}/")?;
    out.flush()?;
    model_endpoint::serve(&listener, args.profile).map_err(cannot)?;
    Ok(ExitStatus::Conforms)
}

fn connect(args: &args::Echo, url: &str, out: &mut Stdout) -> Result<(), CliError> {
    let options = TargetOptions { allow_remote: args.allow_remote, ..TargetOptions::default() };
    let target = ServerTarget::new(url, &options)?;
    // What nobody can foretell, without asking for more than the standard library has.
    let seed = RandomState::new().hash_one(std::process::id());
    let conn = connection::connect(&target, seed, model_endpoint::UPGRADE_TIMEOUT, false)
        .map_err(|trouble| CliError::NotTested { endpoint: url.to_owned(), why: trouble.to_string() })?;
    let talk = model_endpoint::ModelSession {
        role: Role::Client,
        profile: args.profile,
        mask_seed: seed,
        limit: None,
    };
    if let Some(told) = talk.run(conn, Vec::new())? {
        writeln!(out, "{told}")?;
    }
    Ok(())
}
