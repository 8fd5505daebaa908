//! `wsclose echo`. In comes an address or a URL, out comes the reference model behind a socket: a server until it is
//! ended, a client until its connection is, or until no more URLs come.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io::{BufRead, Write};
use std::net::{SocketAddr, TcpListener};

use wsclose::role::Role;

use crate::args;
use crate::failure::{Exit, Failure};
use crate::live::echo;
use crate::live::opener;
use crate::live::target::{Options, Target, TargetError};
use crate::out::Out;

/// Runs the model.
pub fn run(args: &args::Echo, out: &mut Out) -> Result<Exit, Failure> {
    match (&args.connect, args.listen) {
        (Some(url), _) if url == "-" => {
            for url in std::io::stdin().lock().lines() {
                connect(args, url?.trim(), out)?;
                out.flush()?;
            }
            Ok(Exit::Conforms)
        }
        (Some(url), _) => {
            connect(args, url, out)?;
            Ok(Exit::Conforms)
        }
        (None, Some(address)) => listen(args, address, out),
        (None, None) => Err(Failure::Usage("expected --listen or --connect, found neither".to_owned())),
    }
}

fn listen(args: &args::Echo, address: SocketAddr, out: &mut Out) -> Result<Exit, Failure> {
    if !address.ip().is_loopback() && !args.i_may_test_this_host {
        return Err(TargetError::NotLoopback(address).into());
    }
    let cannot = |why: std::io::Error| Failure::Untested {
        endpoint: address.to_string(),
        why: format!("cannot listen there: {why}"),
    };
    let listener = TcpListener::bind(address).map_err(cannot)?;
    let bound = listener.local_addr().map_err(cannot)?;
    writeln!(out, "listening on ws://{bound}/")?;
    out.flush()?;
    echo::listen(&listener, args.profile).map_err(cannot)?;
    Ok(Exit::Conforms)
}

fn connect(args: &args::Echo, url: &str, out: &mut Out) -> Result<(), Failure> {
    let options = Options { any_host: args.i_may_test_this_host, ..Options::default() };
    let target = Target::new(url, &options)?;
    // What nobody can foretell, without asking for more than the standard library has.
    let seed = RandomState::new().hash_one(std::process::id());
    let conn = opener::dial(&target, seed, echo::OPENING, false)
        .map_err(|trouble| Failure::Untested { endpoint: url.to_owned(), why: trouble.to_string() })?;
    let talk = echo::Talk { role: Role::Client, profile: args.profile, keys: seed, limit: None };
    if let Some(told) = talk.converse(conn, Vec::new())? {
        writeln!(out, "{told}")?;
    }
    Ok(())
}
