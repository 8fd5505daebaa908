//! The types that peers have for close codes: in comes a value, out comes what such a type makes of it.

use wsclose::protocol::code::CloseCode;
use wsclose::vendor_codes::WsRs;

/// What a peer's own type of close codes makes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeRoundTrip {
    /// The value that comes back out; `None` where the type refuses it.
    pub returned: Option<u16>,
    /// Whether the type has a variant or a name for this value alone; `None` where it is a bare number.
    pub named: Option<bool>,
    /// Whether the peer's own check lets it pass; `None` where it has none that can be asked.
    pub allowed: Option<bool>,
}

/// Puts a value through a peer's type.
pub type RoundTripFn = fn(u16) -> CodeRoundTrip;

/// Every peer whose type of codes can be asked, by name. Those that are not here have a bare number and no check
/// that can be asked (websocket, websocket-codec, wslay), or nothing to do with codes at all.
pub const CODE_TYPES: &[(&str, RoundTripFn)] = &[
    ("tungstenite", tungstenite),
    ("fastwebsockets", fastwebsockets),
    ("fastwebsockets-split", fastwebsockets),
    ("tokio-websockets", tokio_websockets),
    ("ratchet_core", ratchet),
    ("yawc", yawc),
    ("sockudo-ws", sockudo_ws),
    ("wtx", wtx),
    ("web-socket", web_socket),
    ("embedded-websocket", embedded_websocket),
    ("actix-http", actix_http),
    ("ws-rs", ws_rs),
    ("ws-rs-frames", ws_rs),
    #[cfg(wsclose_beast)]
    ("beast", beast),
    #[cfg(wsclose_websocketpp)]
    ("websocketpp", websocketpp),
];

/// What the type of this peer makes of a value, if it has one that can be asked.
pub fn round_trip_of(implementation: &str) -> Option<RoundTripFn> {
    CODE_TYPES.iter().find(|(name, _)| *name == implementation).map(|(_, spell)| *spell)
}

fn tungstenite(code: u16) -> CodeRoundTrip {
    use tungstenite::protocol::frame::coding::CloseCode as Code;
    let spelled = Code::from(code);
    let named = !matches!(spelled, Code::Bad(_) | Code::Reserved(_) | Code::Iana(_) | Code::Library(_));
    CodeRoundTrip { returned: Some(spelled.into()), named: Some(named), allowed: Some(spelled.is_allowed()) }
}

fn fastwebsockets(code: u16) -> CodeRoundTrip {
    use fastwebsockets::CloseCode as Code;
    let spelled = Code::from(code);
    let named = !matches!(spelled, Code::Bad(_) | Code::Reserved(_) | Code::Iana(_) | Code::Library(_));
    CodeRoundTrip { returned: Some(spelled.into()), named: Some(named), allowed: Some(spelled.is_allowed()) }
}

fn tokio_websockets(code: u16) -> CodeRoundTrip {
    use tokio_websockets::CloseCode as Code;
    const NAMED: [Code; 13] = [
        Code::NORMAL_CLOSURE,
        Code::GOING_AWAY,
        Code::PROTOCOL_ERROR,
        Code::UNSUPPORTED_DATA,
        Code::NO_STATUS_RECEIVED,
        Code::INVALID_FRAME_PAYLOAD_DATA,
        Code::POLICY_VIOLATION,
        Code::MESSAGE_TOO_BIG,
        Code::MANDATORY_EXTENSION,
        Code::INTERNAL_SERVER_ERROR,
        Code::SERVICE_RESTART,
        Code::SERVICE_OVERLOAD,
        Code::BAD_GATEWAY,
    ];
    let spelled = Code::try_from(code).ok();
    CodeRoundTrip {
        returned: spelled.map(u16::from),
        named: Some(spelled.is_some_and(|spelled| NAMED.contains(&spelled))),
        allowed: Some(spelled.is_some_and(|spelled| !spelled.is_reserved())),
    }
}

fn ratchet(code: u16) -> CodeRoundTrip {
    use ratchet_core::CloseCode as Code;
    let spelled = Code::try_from(code.to_be_bytes()).ok();
    let ranges =
        |code: &Code| matches!(code, Code::ReservedExtension(_) | Code::Library(_) | Code::Application(_));
    CodeRoundTrip {
        returned: spelled.map(u16::from),
        named: Some(spelled.is_some_and(|spelled| !ranges(&spelled))),
        allowed: None,
    }
}

fn yawc(code: u16) -> CodeRoundTrip {
    use yawc::close::CloseCode as Code;
    let spelled = Code::from(code);
    let named = !matches!(spelled, Code::Bad(_) | Code::Reserved(_) | Code::Iana(_) | Code::Library(_));
    CodeRoundTrip { returned: Some(spelled.into()), named: Some(named), allowed: Some(spelled.is_allowed()) }
}

fn sockudo_ws(code: u16) -> CodeRoundTrip {
    let allowed = sockudo_ws::error::CloseReason::is_valid_code(code);
    CodeRoundTrip { returned: Some(code), named: None, allowed: Some(allowed) }
}

fn wtx(code: u16) -> CodeRoundTrip {
    use wtx::web_socket::CloseCode as Code;
    let spelled = Code::try_from(code).ok();
    let ranges = |code: &Code| matches!(code, Code::Reserved(_) | Code::Iana(_) | Code::Library(_));
    CodeRoundTrip {
        returned: spelled.map(u16::from),
        named: Some(spelled.is_some_and(|spelled| !ranges(&spelled))),
        allowed: Some(spelled.is_some_and(Code::is_allowed)),
    }
}

fn web_socket(code: u16) -> CodeRoundTrip {
    let back = u16::from(web_socket::CloseCode::from(code));
    CodeRoundTrip { returned: Some(back), named: Some(back == code), allowed: None }
}

/// Its conversions are private, so that a Close is read and written.
fn embedded_websocket(code: u16) -> CodeRoundTrip {
    use embedded_websocket::{WebSocketCloseStatusCode as Code, WebSocketServer, WebSocketState};
    let mut socket = WebSocketServer::new_server();
    socket.state = WebSocketState::Open;
    let [high, low] = code.to_be_bytes();
    let read = socket.read(&[0x88, 2, high, low], &mut [0; 2]).ok();
    let spelled = read.and_then(|read| read.close_status);
    let mut wrote = [0; 4];
    socket.state = WebSocketState::Open;
    let written = spelled.and_then(|spelled| socket.close(spelled, None, &mut wrote).ok());
    CodeRoundTrip {
        returned: written.map(|_| u16::from_be_bytes([wrote[2], wrote[3]])),
        named: Some(spelled.is_some_and(|spelled| !matches!(spelled, Code::Custom(_)))),
        allowed: None,
    }
}

fn actix_http(code: u16) -> CodeRoundTrip {
    use actix_http::ws::{CloseCode as Code, Parser};
    let spelled = Code::from(code);
    CodeRoundTrip {
        returned: Some(spelled.into()),
        named: Some(!matches!(spelled, Code::Other(_))),
        allowed: Some(Parser::try_parse_close_payload(&code.to_be_bytes()).is_ok()),
    }
}

fn ws_rs(code: u16) -> CodeRoundTrip {
    let spelled = ws::CloseCode::from(code);
    let named = !matches!(WsRs::from_code(CloseCode(code)), WsRs::Other(_));
    CodeRoundTrip { returned: Some(spelled.into()), named: Some(named), allowed: None }
}

#[cfg(wsclose_beast)]
fn beast(code: u16) -> CodeRoundTrip {
    let named = wsclose::vendor_codes::Beast::from_code(CloseCode(code)).is_some();
    let allowed = crate::beast::is_valid_close_code(code);
    CodeRoundTrip { returned: Some(code), named: Some(named), allowed: Some(allowed) }
}

#[cfg(wsclose_websocketpp)]
fn websocketpp(code: u16) -> CodeRoundTrip {
    let allowed = !crate::websocketpp::is_invalid(code) && !crate::websocketpp::is_reserved(code);
    CodeRoundTrip { returned: Some(code), named: None, allowed: Some(allowed) }
}

#[cfg(test)]
mod tests {
    use super::{CODE_TYPES, round_trip_of};
    use crate::IMPLEMENTATIONS;

    #[test]
    fn every_code_type_belongs_to_an_implementation() {
        for (name, _) in CODE_TYPES {
            assert!(IMPLEMENTATIONS.iter().any(|peer| peer.name == *name), "{name}");
        }
        assert!(round_trip_of("nobody").is_none());
    }
}
