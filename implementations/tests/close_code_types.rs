//! Tests the type that each library has for close codes, for every value: whether the value survives a round trip,
//! whether it has a name, and whether the library's own check allows it.

use std::panic::catch_unwind;

use wsclose::protocol::code::{CloseCode, Profile};
use wsclose_implementations::close_code_types::{self, CodeRoundTrip};

/// Whether the current IANA registry allows the code.
fn registered(code: u16) -> bool {
    CloseCode(code).acceptable(Profile::Iana).is_ok()
}

/// Whether the registry without 1014 allows the code.
fn registered_except_1014(code: u16) -> bool {
    code != 1014 && registered(code)
}

/// Whether the code has a name in RFC 6455, or is 1012 or 1013.
fn named(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1005..=1013 | 1015)
}

/// The round trip of a type that can hold every value.
fn full_range(code: u16, named: bool, allowed: Option<bool>) -> CodeRoundTrip {
    CodeRoundTrip { returned: Some(code), named: Some(named), allowed }
}

/// The expected round trip of a code through the type of an implementation.
fn expected(implementation: &str, code: u16) -> CodeRoundTrip {
    match implementation {
        "tungstenite" | "fastwebsockets" | "fastwebsockets-split" | "yawc" => {
            full_range(code, named(code), Some(registered_except_1014(code)))
        }
        "tokio-websockets" => CodeRoundTrip {
            returned: matches!(code, 1000..=1015 | 3000..=4999).then_some(code),
            // 1014 has a name, and 1006 and 1015 have none.
            named: Some(matches!(code, 1000..=1003 | 1005 | 1007..=1014)),
            allowed: Some(registered(code)),
        },
        // The type includes codes that must not be sent, and lacks 1014.
        "ratchet_core" => CodeRoundTrip {
            returned: (registered_except_1014(code) || matches!(code, 1005 | 1006 | 1015 | 2000..=2999))
                .then_some(code),
            named: Some(named(code)),
            allowed: None,
        },
        "sockudo-ws" => CodeRoundTrip { returned: Some(code), named: None, allowed: Some(registered(code)) },
        // The type lacks most codes that must not be sent, and 1014.
        "wtx" => CodeRoundTrip {
            returned: matches!(code, 1000..=1003 | 1005..=1013 | 1015..=4999).then_some(code),
            named: Some(named(code)),
            allowed: Some(registered_except_1014(code)),
        },
        // The type replaces codes that it lacks with 1008. Its `close` accepts any `u16`, so programs can avoid the type.
        "web-socket" => {
            let known = matches!(code, 1000..=1003 | 1005..=1011 | 1015);
            CodeRoundTrip {
                returned: Some(if known { code } else { 1008 }),
                named: Some(known),
                allowed: None,
            }
        }
        "embedded-websocket" => full_range(code, matches!(code, 1000..=1005 | 1007..=1011 | 1015), None),
        "actix-http" => full_range(code, named(code) && code != 1005, Some(registered(code))),
        "ws-rs" | "ws-rs-frames" => full_range(code, code == 0 || named(code), None),
        #[cfg(wsclose_beast)]
        "beast" => {
            // beast.rs tests which versions have 1014, as `bad_gateway`.
            let knows_1014 =
                wsclose_implementations::beast::close_codes().iter().any(|(name, _)| name == "bad_gateway");
            let allowed =
                if code == 1014 { knows_1014 } else { matches!(code, 1000..=1003 | 1007..=1013 | 3000..) };
            full_range(code, code == 0 || matches!(code, 1000..=1015), Some(allowed))
        }
        "websocketpp" => CodeRoundTrip {
            returned: Some(code),
            named: None,
            allowed: Some(matches!(code, 1000..=1003 | 1007..=4999) && !matches!(code, 1015..=2999)),
        },
        other => panic!("{other}: expected an entry for its close code type in this function"),
    }
}

#[test]
fn every_code_type_round_trips_as_expected() {
    for (name, round_trip) in close_code_types::CODE_TYPES {
        for code in 0..=u16::MAX {
            assert_eq!(round_trip(code), expected(name, code), "{name}: {code}");
        }
    }
}

#[test]
fn tokio_websockets_panics_on_reserved_codes_and_long_reasons() {
    let close = |code: u16, len: usize| {
        let code = tokio_websockets::CloseCode::try_from(code).expect("a code of the library");
        catch_unwind(|| tokio_websockets::Message::close(Some(code), &"x".repeat(len))).is_ok()
    };
    for reserved in [1004, 1005, 1006, 1015] {
        assert!(!close(reserved, 0), "{reserved}");
    }
    assert!(close(1000, 123) && !close(1000, 124));
}

/// The adapter requests a code with the variant that the crate returns when it reads the code.
#[test]
fn embedded_websocket_adapter_sends_the_variant_it_reads() {
    use embedded_websocket::{WebSocketServer, WebSocketState};
    for code in CloseCode::all() {
        let mut socket = WebSocketServer::new_server();
        socket.state = WebSocketState::Open;
        let [high, low] = code.to_octets();
        let read =
            socket.read(&[0x88, 2, high, low], &mut [0; 2]).expect("a Close with any code is accepted");
        let theirs = read.close_status.expect("a code");
        assert_eq!(theirs, wsclose_implementations::embedded_websocket::code(code), "the variant of {code}");
    }
}
