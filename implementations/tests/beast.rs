//! Tests Boost.Beast in-process: what it sends and reports, and our tables of its close codes.
//!
//! The file has no tests if Boost.Beast was not built.

#[cfg(wsclose_beast)]
mod built {
    use wsclose::harness::{Driver, Subject, TraceEventKind};
    use wsclose::protocol::code::{CloseCode, Profile};
    use wsclose::protocol::frame;
    use wsclose::protocol::role::Role;
    use wsclose::rules::Capability;
    use wsclose::script::ScriptBuf;
    use wsclose_implementations::beast::{self, Beast};

    /// Runs a script and describes the acts of Boost.Beast in order. Octets that it sent are unmasked.
    fn acts(steps: &str) -> Vec<String> {
        let script = ScriptBuf::read(format!("wsclose 1\n{steps}").as_bytes()).expect("a script");
        let mut driver = Driver::new();
        let trace = driver.drive(script.as_script(), &mut Beast::new());
        let mut acts = Vec::new();
        for entry in trace.events() {
            let tick = entry.tick;
            let words = |span| trace.recorder.text(span).into_owned();
            acts.push(match entry.kind {
                TraceEventKind::Sent(span) => format!("sent {}", hex(&unmasked(trace.octets(span)))),
                TraceEventKind::WriteShutdown => format!("write shutdown at {tick}"),
                TraceEventKind::Fin => format!("fin at {tick}"),
                TraceEventKind::Message { kind, payload } => format!("{} {}", kind.name(), words(payload)),
                TraceEventKind::Reported { code, reason, clean } => {
                    assert_eq!(clean, None, "Boost.Beast has no clean flag");
                    format!("closed {} {:?}", code.map_or(-1, |code| i32::from(code.0)), reason.map(words))
                }
                TraceEventKind::ErrorReported(span) => format!("error {}", words(span)),
                TraceEventKind::RequestAccepted => "accepted".to_owned(),
                TraceEventKind::RequestRefused(span) => format!("refused {}", words(span)),
                TraceEventKind::Unsupported(span) => format!("unsupported {}", words(span)),
                TraceEventKind::Panicked(span) => panic!("{}", words(span)),
                TraceEventKind::Hung => panic!("expected Boost.Beast to become idle"),
                TraceEventKind::Undelivered(octets) => format!("undelivered {octets}"),
                TraceEventKind::Reset | TraceEventKind::Memory(_) | TraceEventKind::StateChanged(..) => {
                    panic!("expected no such event of Boost.Beast, found {entry:?}")
                }
                TraceEventKind::Connected { .. }
                | TraceEventKind::DeflateNegotiated
                | TraceEventKind::SentWithOpening
                | TraceEventKind::Received(_)
                | TraceEventKind::PeerFin
                | TraceEventKind::PeerReset
                | TraceEventKind::PeerGone(_)
                | TraceEventKind::PeerPaused
                | TraceEventKind::PeerResumed
                | TraceEventKind::AppClose { .. }
                | TraceEventKind::AppSend { .. }
                | TraceEventKind::AppPause
                | TraceEventKind::AppResume
                | TraceEventKind::Note(_)
                | TraceEventKind::TlsStarted
                | TraceEventKind::TlsClosed
                | TraceEventKind::ScriptEnded => continue,
            });
        }
        acts
    }

    /// One frame without its masking key, which is random: the header and the unmasked payload.
    fn unmasked(octets: &[u8]) -> Vec<u8> {
        if octets[1] & 0x80 == 0 {
            return octets.to_vec();
        }
        let len = usize::from(octets[1] & 0x7f);
        assert_eq!(octets.len(), 6 + len, "the length of one small frame");
        let key = [octets[2], octets[3], octets[4], octets[5]];
        let mut frame = octets[..2].to_vec();
        frame.extend_from_slice(&octets[6..]);
        frame::mask(key, 0, &mut frame[2..]);
        frame
    }

    fn hex(octets: &[u8]) -> String {
        octets.iter().map(|octet| format!("{octet:02x}")).collect()
    }

    #[test]
    fn server_echoes_code_and_closes_at_once() {
        assert_eq!(
            acts("role server\n> close 1000 \"bye\"\n"),
            ["sent 880203e8", "fin at 0", r#"closed 1000 Some("bye")"#]
        );
    }

    #[test]
    fn client_masks_and_waits_for_server_fin() {
        assert_eq!(
            acts("role client\n> close 3333 \"later\"\nwait 3\n> fin\n"),
            ["sent 88820d05", "fin at 3", r#"closed 3333 Some("later")"#]
        );
        assert_eq!(
            acts("role client\n> close 1000\nwait 20\n"),
            ["sent 888203e8", "fin at 8", r#"closed 1000 Some("")"#],
            "the program around the library times out"
        );
    }

    #[test]
    fn close_without_code_gets_1000_and_reports_no_code() {
        assert_eq!(acts("role server\n> close\n"), ["sent 880203e8", "fin at 0", r#"closed -1 Some("")"#]);
    }

    #[test]
    fn application_closes_and_keeps_reading() {
        assert_eq!(
            acts(
                "role server\napp send text \"hi\"\napp close 1001 \"off\"\napp close 1000\n> text \"late\"\n\
                 > close 1001 \"off\"\napp send text \"no\"\napp close 1000\n"
            ),
            [
                "sent 81026869",
                "accepted",
                "sent 880503e96f6666",
                "accepted",
                "unsupported already closing",
                "fin at 0",
                r#"closed 1001 Some("off")"#,
                "refused Operation canceled",
                "refused Operation canceled",
            ]
        );
    }

    #[test]
    fn send_during_closing_handshake_is_refused_after_it() {
        assert_eq!(
            acts("role client\napp close\napp send binary hex:00\napp send binary hex:01\n> close\n> fin\n"),
            [
                "sent 8880",
                "accepted",
                "unsupported the message before is still being sent",
                "fin at 0",
                r#"closed -1 Some("")"#,
                "refused Operation canceled",
            ]
        );
    }

    #[test]
    fn overlong_reason_is_refused() {
        let acts_of_124 = acts("role server\napp close 1000 \"x\" * 124\n");
        assert!(
            matches!(acts_of_124.as_slice(), [refusal] if refusal.starts_with("refused ")),
            "{acts_of_124:?}"
        );
        let acts_of_123 = acts("role server\napp close 1000 \"x\" * 123\n");
        assert!(
            matches!(acts_of_123.as_slice(), [sent, _] if sent.starts_with("sent 887d03e878")),
            "{acts_of_123:?}"
        );
    }

    #[test]
    fn code_0_sends_an_empty_close_and_1005_is_sent() {
        assert_eq!(acts("role server\napp close 0\n"), ["sent 8800", "accepted"]);
        assert_eq!(acts("role server\napp close 1005\n"), ["sent 880203ed", "accepted"]);
    }

    #[test]
    fn malformed_frames_fail_the_connection() {
        let invalid = "error The WebSocket close frame reason code was invalid";
        assert_eq!(acts("role server\n> close 1005\n"), ["sent 880203ea", "fin at 0", invalid]);
        assert_eq!(
            acts("role client\n> text mask=wrong\n> fin\n"),
            ["sent 888203ea", "fin at 0", "error The WebSocket frame was masked"]
        );
    }

    #[test]
    fn end_of_tcp_is_an_error_and_the_program_closes() {
        assert_eq!(acts("role server\n> fin\n"), ["error End of file", "fin at 0"]);
        assert_eq!(
            acts("role client\napp close\n> reset\napp send text \"x\"\n"),
            [
                "sent 8880",
                "accepted",
                "error Connection reset by peer",
                "fin at 0",
                "refused Operation canceled"
            ]
        );
    }

    #[test]
    fn input_waits_while_application_is_paused() {
        assert_eq!(
            acts("role client\napp pause\n> text \"a\"\n> close 1000\n> fin\napp resume\n"),
            ["text a", "sent 888203e8", "fin at 0", r#"closed 1000 Some("")"#]
        );
        assert_eq!(
            acts("role server\napp pause\n> text \"a\"\n> reset\napp resume\n"),
            ["error Connection reset by peer", "fin at 0"],
            "a reset discards unread input"
        );
    }

    /// In `read.hpp`, a read that finds invalid UTF-8 waits for the write lock. `async_close` holds that lock while it
    /// waits for the read lock, so neither completes. Seen with Boost 1.81.
    #[test]
    fn bad_utf8_before_application_close_hangs() {
        if beast::version() != "1.81" {
            println!("skipped: seen with Boost 1.81, this is {}", beast::version());
            return;
        }
        assert_eq!(
            acts("role client\n> text \"a\" claim=2\napp close\n> octets ff\n> close\n> fin\nwait 20\n"),
            ["sent 8880", "accepted"]
        );
    }

    #[test]
    fn connections_share_no_state() {
        let mut driver = Driver::new();
        let mut beast = Beast::new();
        let close = b"wsclose 1\nrole server\n> close 1000 \"bye\"\n";
        let close = ScriptBuf::read(close).expect("a script");
        let alone = driver.drive(close.as_script(), &mut beast).to_string();
        for before in [
            "role client\n",
            "role client\napp close\napp send text \"x\"\n",
            "role server\n> text \"a\" claim=9\n",
            "role client\n> close 1000\n",
            "role server\napp pause\n> ping\n> fin\n",
            "role client\n> text \"a\" claim=2\napp close\n> octets ff\n",
            "role client\n> reset\n",
        ] {
            let before = ScriptBuf::read(format!("wsclose 1\n{before}").as_bytes()).expect("a script");
            driver.drive(before.as_script(), &mut beast);
            assert_eq!(driver.drive(close.as_script(), &mut beast).to_string(), alone, "after {before:?}");
        }
    }

    #[test]
    fn enumerators_match_documentation() {
        // These are the names in <boost/beast/websocket/rfc6455.hpp>. Later versions rename 1014.
        let documented = [
            ("none", 0),
            ("normal", 1000),
            ("going_away", 1001),
            ("protocol_error", 1002),
            ("unknown_data", 1003),
            ("reserved1", 1004),
            ("no_status", 1005),
            ("abnormal", 1006),
            ("bad_payload", 1007),
            ("policy_error", 1008),
            ("too_big", 1009),
            ("needs_extension", 1010),
            ("internal_error", 1011),
            ("service_restart", 1012),
            ("try_again_later", 1013),
            (if has_bad_gateway() { "bad_gateway" } else { "reserved2" }, 1014),
            ("reserved3", 1015),
        ];
        let codes = beast::close_codes();
        let codes: Vec<_> = codes.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        assert_eq!(codes, documented);
    }

    #[test]
    fn profile_matches_beast() {
        for code in CloseCode::all() {
            let ours = code.acceptable(Profile::Beast).is_ok();
            let expected = if code.0 == 1014 { has_bad_gateway() } else { ours };
            assert_eq!(beast::is_valid_close_code(code.0), expected, "{code}");
        }
    }

    /// Whether this version names 1014 `bad_gateway`. Boost 1.81, which the profile describes, does not.
    fn has_bad_gateway() -> bool {
        let renamed = beast::close_codes().iter().any(|(name, _)| name == "bad_gateway");
        assert!(!(renamed && beast::version() == "1.81"));
        renamed
    }

    #[test]
    fn unclaimed_capabilities() {
        let beast = Beast::new();
        assert_eq!(beast.name(), "beast");
        for role in Role::ALL {
            let has = |capability: &Capability| beast.capabilities(role).has(*capability);
            let exempt = Capability::ALL.into_iter().filter(|capability| !has(capability));
            assert!(exempt.eq([
                Capability::HasTimeouts,
                Capability::ReportsClean,
                Capability::ReportsMemory
            ]));
        }
    }

    #[test]
    fn version_is_at_least_1_81() {
        let version = beast::version();
        let mut numbers = version.split('.').map(|number| number.parse().expect("a number"));
        assert!((numbers.next(), numbers.next()) >= (Some(1_u32), Some(81)), "{version}");
    }
}
