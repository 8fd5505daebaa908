//! Recognizes HAR files, which cannot be judged.

/// What a HAR file lacks, and what to record in its place.
pub const LACKS_CONTROL_FRAMES: &str = "a HAR file has no control frames: neither Close, Ping and Pong nor the end of \
     TCP can be told from it; record with chrome://net-export and \"Include raw bytes\", or with tcpdump or Wireshark";

/// Whether the first octets of a file are those of a HAR file: an object with `log`, which has one of the fields that
/// HAR 1.2 gives to it.
pub fn detect(first: &[u8]) -> bool {
    let mut rest = first.strip_prefix("\u{feff}".as_bytes()).unwrap_or(first);
    let mut accept = |token: &[u8]| {
        rest = rest.trim_ascii_start();
        rest.strip_prefix(token).map(|behind| rest = behind).is_some()
    };
    let is_log = [b"{".as_slice(), b"\"log\"", b":", b"{", b"\""].into_iter().all(&mut accept);
    is_log
        && ["version", "creator", "browser", "pages", "entries", "comment"]
            .iter()
            .any(|field| rest.strip_prefix(field.as_bytes()).is_some_and(|behind| behind.starts_with(b"\"")))
}

#[cfg(test)]
mod tests {
    use super::detect;

    #[test]
    fn har_files_are_recognized() {
        for har in [
            "{\"log\":{\"version\":\"1.2\",\"entries\":[]}}",
            "\u{feff}{\n  \"log\" : {\n    \"entries\": []\n  }\n}",
            "{\"log\":{\"creator\":{\"name\":\"Firefox\"",
        ] {
            assert!(detect(har.as_bytes()), "{har}");
        }
        for other in [
            "",
            "{}",
            "{\"log\":1}",
            "{\"log\":{\"entry\":[]}}",
            "{\"constants\":{}}",
            "{\"log\":{\"entriesX\":1}}",
        ] {
            assert!(!detect(other.as_bytes()), "{other}");
        }
    }
}
