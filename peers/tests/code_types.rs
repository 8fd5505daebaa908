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
