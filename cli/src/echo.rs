//! `wsclose echo`. In comes an address, out comes where the reference model listens; it serves until it is
//! ended.

use std::io::Write;
use std::net::TcpListener;

use crate::args;
use crate::failure::{Exit, Failure};
use crate::live::echo;
use crate::live::target::TargetError;
use crate::out::Out;

/// Serves the model.
pub fn run(args: &args::Echo, out: &mut Out) -> Result<Exit, Failure> {
    if !args.listen.ip().is_loopback() && !args.i_may_test_this_host {
        return Err(TargetError::NotLoopback(args.listen).into());
    }
    let cannot = |why: std::io::Error| Failure::Untested {
        endpoint: args.listen.to_string(),
        why: format!("cannot listen there: {why}"),
    };
    let listener = TcpListener::bind(args.listen).map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    writeln!(out, "listening on ws://{address}/")?;
    out.flush()?;
    echo::listen(&listener, args.profile).map_err(cannot)?;
    Ok(Exit::Conforms)
}
