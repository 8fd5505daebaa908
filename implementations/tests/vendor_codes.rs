//! Compares our tables of the close codes of ws-rs and Boost.Beast with the libraries, for every value, and the profiles
//! `ws-rs` and `beast` with the codes that the libraries accept.

use wsclose::harness::{Driver, Trace, TraceEventKind};
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::frame::Opcode;
use wsclose::protocol::role::Role;
use wsclose::script::{FrameStep, Payload, Script, Step, Writer};
use wsclose::vendor_codes::WsRs;
use wsclose_implementations::ws_tcp::WsTcp;

#[test]
fn ws_rs_vendor_codes_match_for_every_value() {
    for code in CloseCode::all() {
        let (ours, theirs) = (WsRs::from_code(code), ws::CloseCode::from(code.0));
        let number = if matches!(ours, WsRs::Other(_)) { format!("({code})") } else { String::new() };
        let expected = format!("{}{number}", ours.name());
        assert_eq!(format!("{theirs:?}"), expected, "the variant of {code}");
        let value: u16 = theirs.into();
        assert_eq!((ours.code(), value), (code, code.0), "the value of {expected}");
        assert_eq!(ws::CloseCode::from(ours.code().0), theirs, "{expected} to a number and back");
        assert_eq!(WsRs::from_code(CloseCode(value)), ours, "the number of {expected} to a variant");
    }
}

/// The codes at both ends of every range, and the single codes in the source of ws-rs.
fn sample_codes() -> impl Iterator<Item = CloseCode> {
    let edges = [0, 999, 1000, 1003, 1011, 1014, 1015, 1016, 1100, 2000, 2999, 3000, 3999, 4000, 4999, 5000];
    let around = edges.into_iter().flat_map(|edge: u16| edge.saturating_sub(1)..=edge + 1);
    let mut codes: Vec<u16> = (1000..=1017).chain(around).chain([1500, 2500, 32767, 65534, 65535]).collect();
    codes.sort_unstable();
    codes.dedup();
    codes.into_iter().map(CloseCode)
}

/// A script in which the peer sends one Close with this code.
fn single_close_script(role: Role, code: CloseCode) -> Vec<u8> {
    let mut writer = Writer::new(role);
    let payload = Payload { code: Some(code), ..Payload::EMPTY };
    writer.step(&Step::Frame(FrameStep::of(Opcode::Close, payload)));
    writer.into_octets()
}

/// The unmasked body of the first Close that the subject sent, and whether it reported an error.
fn first_close_body_and_error(trace: &Trace) -> (Vec<u8>, bool) {
    let mut sent = Vec::new();
    let mut reported_error = false;
    for entry in trace.events() {
        reported_error |= matches!(entry.kind, TraceEventKind::ErrorReported(_));
        if let TraceEventKind::Sent(span) = entry.kind {
            sent.extend_from_slice(trace.octets(span));
        }
    }
    let [first, second, rest @ ..] = sent.as_slice() else { panic!("expected a Close\n{trace}") };
    assert_eq!(*first, 0x88, "the first octet of a Close\n{trace}");
    let mut body = rest.to_vec();
    if second & 0x80 != 0 {
        let key = [body[0], body[1], body[2], body[3]];
        body.drain(..4);
        wsclose::protocol::frame::mask(key, 0, &mut body);
    }
    (body, reported_error)
}

#[test]
fn ws_rs_profile_matches_a_real_connection() {
    let (mut driver, mut subject) = (Driver::new(), WsTcp::new());
    for role in Role::ALL {
        for code in sample_codes() {
            let octets = single_close_script(role, code);
            let script = Script::decode(&octets).expect("a script");
            let trace = driver.drive(script, &mut subject);
            let (body, reported_error) = first_close_body_and_error(trace);
            assert_eq!(
                code.acceptable(Profile::WsRs).is_ok(),
                !reported_error,
                "{code} to a {role}: whether the profile and ws-rs accept it\n{trace}"
            );
            let octets = code.to_octets();
            // ws-rs uses 0 for a Close without a code.
            let echo = if WsRs::from_code(code) == WsRs::Empty { &[][..] } else { &octets[..] };
            let rejection = CloseCode::PROTOCOL_ERROR.to_octets();
            if reported_error {
                assert!(body.starts_with(&rejection), "{code} to a {role} is rejected with 1002\n{trace}");
            } else {
                assert_eq!(body, echo, "{code} to a {role} is echoed\n{trace}");
            }
        }
    }
}

#[cfg(wsclose_beast)]
mod built {
    use wsclose::protocol::code::{CloseCode, Profile};
    use wsclose::vendor_codes::Beast;
    use wsclose_implementations::beast;

    #[test]
    fn beast_vendor_codes_match_its_enumerators() {
        let theirs = beast::close_codes();
        assert_eq!(theirs.len(), Beast::ALL.len(), "{theirs:?}");
        for ((name, value), ours) in theirs.iter().zip(Beast::ALL) {
            assert_eq!(ours.code(), CloseCode(*value), "the value of {name}");
            assert!([ours.name(), ours.newest_name()].contains(&name.as_str()), "{name} is {}", ours.name());
            assert_eq!(Beast::from_name(name), Some(ours));
        }
        for code in CloseCode::all() {
            let named = theirs.iter().any(|(_, value)| *value == code.0);
            assert_eq!(Beast::from_code(code).is_some(), named, "{code} has an enumerator");
        }
    }

    #[test]
    fn beast_profile_matches_its_own_check() {
        // Releases after Boost 1.81, which the profile describes, name 1014 and accept it.
        let renamed = beast::close_codes().iter().any(|(name, _)| name == "bad_gateway");
        for code in CloseCode::all() {
            let ours = code.acceptable(Profile::Beast).is_ok();
            let expected = if code == CloseCode::BAD_GATEWAY { renamed } else { ours };
            assert_eq!(beast::is_valid_close_code(code.0), expected, "{code}");
        }
    }
}

#[cfg(not(wsclose_beast))]
#[test]
fn boost_beast_tests_are_skipped_if_it_was_not_built() {
    println!("skipped: Boost.Beast {}", wsclose_implementations::beast::NOT_BUILT);
}
