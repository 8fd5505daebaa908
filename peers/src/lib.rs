//! Real WebSocket implementations as [`Subject`]s: one file each, one list ([`PEERS`]) of them all.
//!
//! An adapter is glue between a peer's own API and [`Subject`]. What it does for the peer, and which duties
//! it therefore does not claim for it, stands at the top of its file: what the glue wrote is never held
//! against the library.

// Sockets and threads are what an adapter is made of; only the library proper does without.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

use wsclose::subject::Subject;
use wsclose_plumbing::layer::{Glued, Layer};
use wsclose_plumbing::program::{Played, Program};

pub mod actix_http;
pub mod beast;
pub mod edge_ws;
pub mod embedded_websocket;
pub mod fastwebsockets;
pub mod fastwebsockets_split;
pub mod fuzz;
pub mod known;
#[cfg(wsclose_native)]
mod native;
pub mod ratchet;
pub mod sockudo_ws;
pub mod soketto;
pub mod tokio_websockets;
pub mod tungstenite;
pub mod vocabulary;
pub mod web_socket;
pub mod websocket;
pub mod websocket_codec;
pub mod websocket_sans_io;
pub mod websocketpp;
pub mod ws_frames;
pub mod ws_tcp;
pub mod wslay;
pub mod wtx;
pub mod yawc;

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

impl Peer {
    /// A library that runs connections itself, as a program uses it.
    const fn program<P: Program + 'static>() -> Peer {
        Peer { name: P::NAME, in_process: true, make: Ok(|| Box::new(Played::<P>::new())) }
    }

    /// A library that reads and writes frames, in a conforming program.
    const fn layer<L: Layer + 'static>() -> Peer {
        Peer { name: L::NAME, in_process: true, make: Ok(|| Box::new(Glued::<L>::new())) }
    }
}

/// Every peer.
pub const PEERS: &[Peer] = &[
    Peer { name: "tungstenite", in_process: true, make: Ok(|| Box::new(tungstenite::Tungstenite::new())) },
    Peer::program::<fastwebsockets::FastWebSockets>(),
    Peer::program::<fastwebsockets_split::FastWebSocketsSplit>(),
    Peer::program::<tokio_websockets::TokioWebSockets>(),
    Peer::program::<soketto::Soketto>(),
    Peer::program::<ratchet::Ratchet>(),
    Peer::program::<yawc::Yawc>(),
    Peer::program::<sockudo_ws::SockudoWs>(),
    Peer::program::<wtx::Wtx>(),
    Peer::program::<web_socket::WebSocketRs>(),
    Peer::program::<embedded_websocket::EmbeddedWebSocket>(),
    Peer::layer::<websocket::WebSocket>(),
    Peer::layer::<websocket_codec::WebSocketCodec>(),
    Peer::layer::<websocket_sans_io::WebSocketSansIo>(),
    Peer::layer::<actix_http::ActixHttp>(),
    Peer::layer::<edge_ws::EdgeWs>(),
    Peer::layer::<ws_frames::WsFrames>(),
    Peer { name: "ws-rs", in_process: false, make: Ok(|| Box::new(ws_tcp::WsTcp::new())) },
    Peer {
        name: "beast",
        in_process: true,
        #[cfg(wsclose_beast)]
        make: Ok(|| Box::new(beast::Beast::new())),
        #[cfg(not(wsclose_beast))]
        make: Err(beast::NOT_BUILT),
    },
    Peer {
        name: "websocketpp",
        in_process: true,
        #[cfg(wsclose_websocketpp)]
        make: Ok(|| Box::new(websocketpp::Websocketpp::new())),
        #[cfg(not(wsclose_websocketpp))]
        make: Err(websocketpp::NOT_BUILT),
    },
    Peer {
        name: "wslay",
        in_process: true,
        #[cfg(wsclose_wslay)]
        make: Ok(|| Box::new(wslay::Wslay::new())),
        #[cfg(not(wsclose_wslay))]
        make: Err(wslay::NOT_BUILT),
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

/// The version of a C or C++ peer, as what was compiled in says it; none where it was not built, and none for a
/// crate, whose version Cargo.toml has.
pub fn native_version(name: &str) -> Option<String> {
    match name {
        #[cfg(wsclose_beast)]
        "beast" => Some(beast::version()),
        #[cfg(wsclose_websocketpp)]
        "websocketpp" => Some(websocketpp::version()),
        #[cfg(wsclose_wslay)]
        "wslay" => Some(wslay::version()),
        _ => None,
    }
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
