//! Round-trips close codes through the types that implementations have for them.

use wsclose::protocol::code::CloseCode;
use wsclose::vendor_codes::WsRs;

/// The result of converting a code to the type of an implementation and back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeRoundTrip {
    /// The code after both conversions. `None` if the type rejects it.
    pub returned: Option<u16>,
    /// Whether the type has a variant or a constant for exactly this code. `None` if the type is a plain integer.
    pub named: Option<bool>,
    /// Whether the implementation's own check accepts the code. `None` if it has no public check.
    pub allowed: Option<bool>,
}

/// Round-trips a code through the type of an implementation.
pub type RoundTripFn = fn(u16) -> CodeRoundTrip;

/// The implementations with a type or a check for codes, by name. The others use a plain integer without a public check
/// (websocket, websocket-codec, wslay), or do not handle codes.
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

/// The round trip through the type of this implementation, if [`CODE_TYPES`] lists it.
pub fn round_trip_of(implementation: &str) -> Option<RoundTripFn> {
    CODE_TYPES.iter().find(|(name, _)| *name == implementation).map(|(_, round_trip)| *round_trip)
}

fn tungstenite(code: u16) -> CodeRoundTrip {
    use tungstenite::protocol::frame::coding::CloseCode as Code;
    let converted = Code::from(code);
    let named = !matches!(converted, Code::Bad(_) | Code::Reserved(_) | Code::Iana(_) | Code::Library(_));
    CodeRoundTrip {
        returned: Some(converted.into()),
        named: Some(named),
        allowed: Some(converted.is_allowed()),
    }
}

fn fastwebsockets(code: u16) -> CodeRoundTrip {
    use fastwebsockets::CloseCode as Code;
    let converted = Code::from(code);
    let named = !matches!(converted, Code::Bad(_) | Code::Reserved(_) | Code::Iana(_) | Code::Library(_));
    CodeRoundTrip {
        returned: Some(converted.into()),
        named: Some(named),
        allowed: Some(converted.is_allowed()),
    }
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
    let converted = Code::try_from(code).ok();
    CodeRoundTrip {
        returned: converted.map(u16::from),
        named: Some(converted.is_some_and(|converted| NAMED.contains(&converted))),
        allowed: Some(converted.is_some_and(|converted| !converted.is_reserved())),
    }
}

fn ratchet(code: u16) -> CodeRoundTrip {
    use ratchet_core::CloseCode as Code;
    let converted = Code::try_from(code.to_be_bytes()).ok();
    let is_range =
        |code: &Code| matches!(code, Code::ReservedExtension(_) | Code::Library(_) | Code::Application(_));
    CodeRoundTrip {
        returned: converted.map(u16::from),
        named: Some(converted.is_some_and(|converted| !is_range(&converted))),
        allowed: None,
    }
}

fn yawc(code: u16) -> CodeRoundTrip {
    use yawc::close::CloseCode as Code;
    let converted = Code::from(code);
    let named = !matches!(converted, Code::Bad(_) | Code::Reserved(_) | Code::Iana(_) | Code::Library(_));
    CodeRoundTrip {
        returned: Some(converted.into()),
        named: Some(named),
        allowed: Some(converted.is_allowed()),
    }
}

fn sockudo_ws(code: u16) -> CodeRoundTrip {
    let allowed = sockudo_ws::error::CloseReason::is_valid_code(code);
    CodeRoundTrip { returned: Some(code), named: None, allowed: Some(allowed) }
}

fn wtx(code: u16) -> CodeRoundTrip {
    use wtx::web_socket::CloseCode as Code;
    let converted = Code::try_from(code).ok();
    let is_range = |code: &Code| matches!(code, Code::Reserved(_) | Code::Iana(_) | Code::Library(_));
    CodeRoundTrip {
        returned: converted.map(u16::from),
        named: Some(converted.is_some_and(|converted| !is_range(&converted))),
        allowed: Some(converted.is_some_and(Code::is_allowed)),
    }
}

fn web_socket(code: u16) -> CodeRoundTrip {
    let returned = u16::from(web_socket::CloseCode::from(code));
    CodeRoundTrip { returned: Some(returned), named: Some(returned == code), allowed: None }
}

/// Reads and writes a Close, because the conversions are private.
fn embedded_websocket(code: u16) -> CodeRoundTrip {
    use embedded_websocket::{WebSocketCloseStatusCode as Code, WebSocketServer, WebSocketState};
    let mut socket = WebSocketServer::new_server();
    socket.state = WebSocketState::Open;
    let [high, low] = code.to_be_bytes();
    let read = socket.read(&[0x88, 2, high, low], &mut [0; 2]).ok();
    let converted = read.and_then(|read| read.close_status);
    let mut buffer = [0; 4];
    socket.state = WebSocketState::Open;
    let written = converted.and_then(|converted| socket.close(converted, None, &mut buffer).ok());
    CodeRoundTrip {
        returned: written.map(|_| u16::from_be_bytes([buffer[2], buffer[3]])),
        named: Some(converted.is_some_and(|converted| !matches!(converted, Code::Custom(_)))),
        allowed: None,
    }
}

fn actix_http(code: u16) -> CodeRoundTrip {
    use actix_http::ws::{CloseCode as Code, Parser};
    let converted = Code::from(code);
    CodeRoundTrip {
        returned: Some(converted.into()),
        named: Some(!matches!(converted, Code::Other(_))),
        allowed: Some(Parser::try_parse_close_payload(&code.to_be_bytes()).is_ok()),
    }
}

fn ws_rs(code: u16) -> CodeRoundTrip {
    let converted = ws::CloseCode::from(code);
    let named = !matches!(WsRs::from_code(CloseCode(code)), WsRs::Other(_));
    CodeRoundTrip { returned: Some(converted.into()), named: Some(named), allowed: None }
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
            assert!(IMPLEMENTATIONS.iter().any(|implementation| implementation.name == *name), "{name}");
        }
        assert!(round_trip_of("no-such-implementation").is_none());
    }
}
