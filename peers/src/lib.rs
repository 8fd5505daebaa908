//! Real WebSocket implementations as [`Subject`]s: one file each, one list ([`PEERS`]) of them all.
//!
//! An adapter is glue between a peer's own API and [`Subject`]. What it does for the peer, and which duties
//! it therefore does not claim for it, stands at the top of its file: what the glue wrote is never held
//! against the library.

// Sockets and threads are what an adapter is made of; only the library proper does without.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

use std::any::Any;

use wsclose::subject::Subject;

pub mod beast;
pub mod fuzz;
pub mod known;
pub mod stream;
pub mod tungstenite;
pub mod vocabulary;
pub mod ws_frames;
pub mod ws_tcp;

/// A peer that can be driven from here.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// The name that its subject has.
    pub name: &'static str,
    /// Whether it needs neither sockets nor threads, so that a fuzzer can drive it.
    pub in_process: bool,
    /// Makes one; or what to install before building this crate, so that it can be made.
    pub make: Result<fn() -> Box<dyn Subject>, &'static str>,
}

/// Every peer.
pub const PEERS: &[Peer] = &[
    Peer { name: "tungstenite", in_process: true, make: Ok(|| Box::new(tungstenite::Tungstenite::new())) },
    Peer { name: "ws-rs-frames", in_process: true, make: Ok(|| Box::new(ws_frames::WsFrames::new())) },
    Peer { name: "ws-rs", in_process: false, make: Ok(|| Box::new(ws_tcp::WsTcp::new())) },
    Peer {
        name: "beast",
        in_process: true,
        #[cfg(wsclose_beast)]
        make: Ok(|| Box::new(beast::Beast::new())),
        #[cfg(not(wsclose_beast))]
        make: Err(beast::NOT_BUILT),
    },
];

/// The peers that need neither sockets nor threads.
pub fn in_process() -> Vec<Box<dyn Subject>> {
    PEERS.iter().filter(|peer| peer.in_process).filter_map(|peer| Some(peer.make.ok()?())).collect()
}

/// Every peer that was built.
pub fn all() -> Vec<Box<dyn Subject>> {
    PEERS.iter().filter_map(|peer| Some(peer.make.ok()?())).collect()
}

/// The peer of this name, if it was built.
pub fn by_name(name: &str) -> Option<Box<dyn Subject>> {
    let peer = PEERS.iter().find(|peer| peer.name == name)?;
    Some(peer.make.ok()?())
}

/// The peers that were not built, each with what to install.
pub fn not_built() -> Vec<(&'static str, &'static str)> {
    PEERS
        .iter()
        .filter_map(|peer| Some((peer.name, peer.make.err()?.trim_start_matches("not built: "))))
        .collect()
}

/// What a panic said, as far as it is text.
pub(crate) fn panic_words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("not text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_peer_goes_by_the_name_that_its_subject_has() {
        for peer in PEERS {
            if let Some(subject) = by_name(peer.name) {
                assert_eq!(subject.name(), peer.name);
            }
        }
        assert_eq!(all().len() + not_built().len(), PEERS.len());
    }
}
