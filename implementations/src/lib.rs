//! Adapts real WebSocket implementations to [`Subject`]: one file each, listed in [`IMPLEMENTATIONS`].
//!
//! An adapter connects the API of an implementation to [`Subject`]. The top of its file documents what the program around the
//! implementation does. The capabilities exclude that, so the program's behavior does not count against the implementation.

// Adapters may use sockets and threads, unlike the core.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]

use wsclose::harness::Subject;
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

/// An implementation that wsclose can drive.
#[derive(Clone, Copy, Debug)]
pub struct Implementation {
    /// The name of its subject.
    pub name: &'static str,
    /// Whether it uses neither sockets nor threads, so that a fuzzer can drive it.
    pub in_process: bool,
    /// Creates its subject. If it is unavailable: what to install before this crate is built.
    pub new: Result<fn() -> Box<dyn Subject>, &'static str>,
}

impl Implementation {
    /// A library that runs connections.
    const fn program<P: LibraryProgram + 'static>() -> Implementation {
        Implementation { name: P::NAME, in_process: true, new: Ok(|| Box::new(ProgramSubject::<P>::new())) }
    }

    /// A library that only reads and writes frames.
    const fn codec<L: FrameCodec + 'static>() -> Implementation {
        Implementation { name: L::NAME, in_process: true, new: Ok(|| Box::new(CodecSubject::<L>::new())) }
    }
}

/// Every implementation, available or not.
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
        new: Err(beast::INSTALL_HINT),
    },
    Implementation {
        name: "websocketpp",
        in_process: true,
        #[cfg(wsclose_websocketpp)]
        new: Ok(|| Box::new(websocketpp::Websocketpp::new())),
        #[cfg(not(wsclose_websocketpp))]
        new: Err(websocketpp::INSTALL_HINT),
    },
    Implementation {
        name: "wslay",
        in_process: true,
        #[cfg(wsclose_wslay)]
        new: Ok(|| Box::new(wslay::Wslay::new())),
        #[cfg(not(wsclose_wslay))]
        new: Err(wslay::INSTALL_HINT),
    },
];

/// The available implementations that use neither sockets nor threads.
pub fn in_process() -> Vec<Box<dyn Subject>> {
    IMPLEMENTATIONS
        .iter()
        .filter(|implementation| implementation.in_process)
        .filter_map(|implementation| Some(implementation.new.ok()?()))
        .collect()
}

/// Every available implementation.
pub fn all() -> Vec<Box<dyn Subject>> {
    IMPLEMENTATIONS.iter().filter_map(|implementation| Some(implementation.new.ok()?())).collect()
}

/// The implementation with this name, if it is available.
pub fn by_name(name: &str) -> Option<Box<dyn Subject>> {
    let implementation = IMPLEMENTATIONS.iter().find(|implementation| implementation.name == name)?;
    Some(implementation.new.ok()?())
}

/// The names of the unavailable implementations, each with what to install.
pub fn unavailable() -> Vec<(&'static str, &'static str)> {
    IMPLEMENTATIONS
        .iter()
        .filter_map(|implementation| Some((implementation.name, implementation.new.err()?)))
        .collect()
}

/// The version of a C or C++ implementation. `None` if it is unavailable, and for a crate, whose version is in Cargo.toml.
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

/// The version of an implementation: of a crate the one that Cargo.toml requires, of a C or C++ library the installed
/// one. `None` if that is not installed, or if no implementation has this name.
pub fn version(name: &str) -> Option<String> {
    let package = match name {
        "ws-rs" | "ws-rs-frames" => "ws",
        "fastwebsockets-split" => "fastwebsockets",
        other => other,
    };
    native_version(name).or_else(|| required_version(include_str!("../Cargo.toml"), package))
}

/// The version of a dependency that a manifest requires as `=VERSION`.
fn required_version(manifest: &str, package: &str) -> Option<String> {
    let required = manifest.lines().find_map(|line| line.strip_prefix(package)?.strip_prefix(" = "))?;
    let (_, rest) = required.split_once("\"=")?;
    rest.split_once('"').map(|(version, _)| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crate_has_a_version() {
        for Implementation { name, new, .. } in IMPLEMENTATIONS {
            assert_eq!(version(name).is_some(), new.is_ok(), "{name}");
        }
        assert_eq!(version("soketto").as_deref(), Some("0.8.1"));
        assert_eq!(version("web"), None);
        assert_eq!(version("bytes"), None, "it requires no exact version");
    }

    #[test]
    fn names_match_those_of_the_subjects() {
        for implementation in IMPLEMENTATIONS {
            if let Some(subject) = by_name(implementation.name) {
                assert_eq!(subject.name(), implementation.name);
            }
        }
        assert_eq!(all().len() + unavailable().len(), IMPLEMENTATIONS.len());
    }
}
