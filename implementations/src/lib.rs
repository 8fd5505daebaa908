//! Real WebSocket implementations as [`Subject`]s: one file each, one list ([`PEERS`]) of them all.
//!
//! An adapter is glue between a peer's own API and [`Subject`]. What it does for the peer, and which duties
//! it therefore does not claim for it, stands at the top of its file: what the glue wrote is never held
//! against the library.

// Sockets and threads are what an adapter is made of; only the library proper does without.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

use wsclose::harness::subject::Subject;
use wsclose_adapter::codec::{CodecSubject, FrameCodec};
use wsclose_adapter::program::{LibraryProgram, ProgramSubject};

pub mod actix_http;
pub mod baseline;
pub mod beast;
pub mod close_code_types;
pub mod edge_ws;
pub mod embedded_websocket;
pub mod fastwebsockets;
pub mod fastwebsockets_split;
pub mod fuzz;
#[cfg(wsclose_native)]
mod native;
pub mod ratchet;
pub mod sockudo_ws;
pub mod soketto;
pub mod tokio_websockets;
pub mod tungstenite;
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
pub struct Implementation {
    /// The name that its subject has.
    pub name: &'static str,
    /// Whether it needs neither sockets nor threads, so that a fuzzer can drive it.
    pub in_process: bool,
    /// Makes one; or what to install before building this crate, so that it can be made.
    pub new: Result<fn() -> Box<dyn Subject>, &'static str>,
}

impl Implementation {
    /// A library that runs connections itself, as a program uses it.
    const fn program<P: LibraryProgram + 'static>() -> Implementation {
        Implementation { name: P::NAME, in_process: true, new: Ok(|| Box::new(ProgramSubject::<P>::new())) }
    }

    /// A library that reads and writes frames, in a conforming program.
    const fn codec<L: FrameCodec + 'static>() -> Implementation {
        Implementation { name: L::NAME, in_process: true, new: Ok(|| Box::new(CodecSubject::<L>::new())) }
    }
}

/// Every peer.
pub const IMPLEMENTATIONS: &[Implementation] = &[
    Implementation {
        name: "tungstenite",
        in_process: true,
        new: Ok(|| Box::new(tungstenite::Tungstenite::new())),
    },
    Implementation::program::<fastwebsockets::FastWebSockets>(),
    Implementation::program::<fastwebsockets_split::FastWebSocketsSplit>(),
    Implementation::program::<tokio_websockets::TokioWebSockets>(),
    Implementation::program::<soketto::Soketto>(),
    Implementation::program::<ratchet::Ratchet>(),
    Implementation::program::<yawc::Yawc>(),
    Implementation::program::<sockudo_ws::SockudoWs>(),
    Implementation::program::<wtx::Wtx>(),
    Implementation::program::<web_socket::WebSocketRs>(),
    Implementation::program::<embedded_websocket::EmbeddedWebSocket>(),
    Implementation::codec::<websocket::WebSocket>(),
    Implementation::codec::<websocket_codec::WebSocketCodec>(),
    Implementation::codec::<websocket_sans_io::WebSocketSansIo>(),
    Implementation::codec::<actix_http::ActixHttp>(),
    Implementation::codec::<edge_ws::EdgeWs>(),
    Implementation::codec::<ws_frames::WsFrames>(),
    Implementation { name: "ws-rs", in_process: false, new: Ok(|| Box::new(ws_tcp::WsTcp::new())) },
    Implementation {
        name: "beast",
        in_process: true,
        #[cfg(wsclose_beast)]
        new: Ok(|| Box::new(beast::Beast::new())),
        #[cfg(not(wsclose_beast))]
        new: Err(beast::UNAVAILABLE),
    },
    Implementation {
        name: "websocketpp",
        in_process: true,
        #[cfg(wsclose_websocketpp)]
        new: Ok(|| Box::new(websocketpp::Websocketpp::new())),
        #[cfg(not(wsclose_websocketpp))]
        new: Err(websocketpp::UNAVAILABLE),
    },
    Implementation {
        name: "wslay",
        in_process: true,
        #[cfg(wsclose_wslay)]
        new: Ok(|| Box::new(wslay::Wslay::new())),
        #[cfg(not(wsclose_wslay))]
        new: Err(wslay::UNAVAILABLE),
    },
];

/// The peers that need neither sockets nor threads.
pub fn in_process() -> Vec<Box<dyn Subject>> {
    IMPLEMENTATIONS.iter().filter(|peer| peer.in_process).filter_map(|peer| Some(peer.new.ok()?())).collect()
}

/// Every peer that was built.
pub fn all() -> Vec<Box<dyn Subject>> {
    IMPLEMENTATIONS.iter().filter_map(|peer| Some(peer.new.ok()?())).collect()
}

/// The peer of this name, if it was built.
pub fn by_name(name: &str) -> Option<Box<dyn Subject>> {
    let peer = IMPLEMENTATIONS.iter().find(|peer| peer.name == name)?;
    Some(peer.new.ok()?())
}

/// The peers that were not built, each with what to install.
pub fn unavailable() -> Vec<(&'static str, &'static str)> {
    IMPLEMENTATIONS
        .iter()
        .filter_map(|peer| Some((peer.name, peer.new.err()?.trim_start_matches("not built: "))))
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
    fn names_match_those_of_the_subjects() {
        for peer in IMPLEMENTATIONS {
            if let Some(subject) = by_name(peer.name) {
                assert_eq!(subject.name(), peer.name);
            }
        }
        assert_eq!(all().len() + unavailable().len(), IMPLEMENTATIONS.len());
    }
}
