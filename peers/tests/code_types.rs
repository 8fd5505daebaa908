//! The code types of the asynchronous libraries, held against every value: which codes they know, that none
//! changes on the way, and which they let through.

use std::panic::catch_unwind;

use wsclose::code::{CloseCode, Profile};

/// Whether the registry of today has the code.
fn registered(code: CloseCode) -> bool {
    code.acceptable(Profile::Iana).is_ok()
}

#[test]
fn fastwebsockets_lets_through_what_is_registered_but_for_1014() {
    for code in CloseCode::all() {
        let theirs = fastwebsockets::CloseCode::from(code.0);
        assert_eq!(u16::from(theirs), code.0, "{code} there and back");
        assert_eq!(theirs.is_allowed(), registered(code) && code.0 != 1014, "{code}");
    }
}

#[test]
fn tokio_websockets_lets_through_what_is_registered() {
    for code in CloseCode::all() {
        let theirs = tokio_websockets::CloseCode::try_from(code.0).ok();
        assert_eq!(theirs.is_some(), matches!(code.0, 1000..=1015 | 3000..=4999), "{code}");
        assert_eq!(theirs.is_some_and(|theirs| !theirs.is_reserved()), registered(code), "{code}");
        if let Some(theirs) = theirs {
            assert_eq!(u16::from(theirs), code.0, "{code} there and back");
        }
    }
}

/// What its adapter refuses in its place.
#[test]
fn tokio_websockets_panics_on_reserved_codes_and_long_reasons() {
    let close = |code: u16, len: usize| {
        let code = tokio_websockets::CloseCode::try_from(code).expect("a code that it knows");
        catch_unwind(|| tokio_websockets::Message::close(Some(code), &"x".repeat(len))).is_ok()
    };
    for reserved in [1004, 1005, 1006, 1015] {
        assert!(!close(reserved, 0), "{reserved}");
    }
    assert!(close(1000, 123) && !close(1000, 124));
}

#[test]
fn ratchet_knows_codes_that_nobody_may_send_and_not_1014() {
    for code in CloseCode::all() {
        let theirs = ratchet_core::CloseCode::try_from(code.to_octets()).ok();
        let unsendable = matches!(code.0, 1005 | 1006 | 1015 | 2000..=2999);
        assert_eq!(theirs.is_some(), registered(code) && code.0 != 1014 || unsendable, "{code}");
        if let Some(theirs) = theirs {
            assert_eq!(u16::from(theirs), code.0, "{code} there and back");
        }
    }
}

/// `close` takes any `u16`, so that nothing has to go through this type.
#[test]
fn web_socket_makes_1008_of_every_code_that_it_does_not_know() {
    for code in CloseCode::all() {
        let known = matches!(code.0, 1000..=1003 | 1005..=1011 | 1015);
        let expected = if known { code.0 } else { 1008 };
        assert_eq!(u16::from(web_socket::CloseCode::from(code.0)), expected, "{code}");
    }
}

/// What the registry of today has every peer take, but for 1014.
fn all_but_bad_gateway(code: CloseCode) -> bool {
    code != CloseCode::BAD_GATEWAY && code.acceptable(Profile::Iana).is_ok()
}

#[test]
fn yawc_takes_what_the_registry_has_but_1014() {
    for code in CloseCode::all() {
        let theirs = yawc::close::CloseCode::from(code.0);
        assert_eq!(u16::from(theirs), code.0, "{code} there and back");
        assert_eq!(theirs.is_allowed(), all_but_bad_gateway(code), "{code}");
    }
}

#[test]
fn wtx_takes_what_the_registry_has_but_1014_and_has_no_word_for_what_nobody_may_send() {
    for code in CloseCode::all() {
        let theirs = wtx::web_socket::CloseCode::try_from(code.0);
        let named = matches!(code.0, 1000..=1003 | 1005..=1013 | 1015..=4999);
        assert_eq!(theirs.is_ok(), named, "{code}");
        if let Ok(theirs) = theirs {
            assert_eq!(u16::from(theirs), code.0, "{code} there and back");
            assert_eq!(theirs.is_allowed(), all_but_bad_gateway(code), "{code}");
        }
    }
}

#[test]
fn sockudo_ws_takes_what_the_registry_has() {
    for code in CloseCode::all() {
        let theirs = sockudo_ws::error::CloseReason::is_valid_code(code.0);
        assert_eq!(theirs, code.acceptable(Profile::Iana).is_ok(), "{code}");
    }
}

#[test]
fn actix_http_keeps_every_code_and_takes_what_iana_has() {
    use actix_http::ws;
    for code in CloseCode::all() {
        let theirs = ws::CloseCode::from(code.0);
        assert_eq!(CloseCode(theirs.into()), code, "there and back");
        let taken = ws::Parser::try_parse_close_payload(&code.to_octets());
        assert_eq!(taken.is_ok(), code.acceptable(Profile::Iana).is_ok(), "{code}: {taken:?}");
    }
}

#[test]
fn embedded_websocket_keeps_every_code_and_takes_them_all() {
    use embedded_websocket::{WebSocketServer, WebSocketState};
    for code in CloseCode::all() {
        let mut socket = WebSocketServer::new_server();
        socket.state = WebSocketState::Open;
        let [high, low] = code.to_octets();
        let read = socket.read(&[0x88, 2, high, low], &mut [0; 2]).expect("it takes any code");
        let theirs = read.close_status.expect("it reads the code");
        assert_eq!(theirs, wsclose_peers::embedded_websocket::code(code), "the variant of {code}");
        socket.state = WebSocketState::Open;
        let mut wrote = [0; 4];
        assert_eq!(socket.close(theirs, None, &mut wrote), Ok(4));
        assert_eq!(wrote, [0x88, 2, high, low], "the value of {theirs:?}");
    }
}
