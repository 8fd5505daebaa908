//! Keeps secrets out of reports and errors: the user information of a URL, and the values of header fields.

/// What replaces a secret in reports.
pub const REDACTED: &str = "REDACTED";

/// The shortest value that is replaced in what a server sends. Shorter ones occur in any text.
const MIN_SECRET: usize = 4;

/// A URL with its user information replaced, as reports and errors print it. A text that is no URL stays one that can be
/// printed: everything before its last `@` is replaced, because an invalid URL does not show where a password ends.
pub fn redacted_url(url: &str) -> String {
    let begin = authority_begin(url);
    let is_valid = url::Url::parse(url).is_ok();
    let end = if is_valid { authority_end(url, begin) } else { url.len() };
    match url[begin..end].rfind('@') {
        Some(at) => format!("{}{REDACTED}{}", &url[..begin], &url[begin + at..]),
        None => url.to_owned(),
    }
}

/// Where the authority of a URL begins: after the scheme and its slashes. The schemes of the web may lack the slashes.
fn authority_begin(url: &str) -> usize {
    let lower = url.to_ascii_lowercase();
    let scheme = ["ws:", "wss:", "http:", "https:"].into_iter().find(|scheme| lower.starts_with(scheme));
    match (url.find("://"), scheme) {
        (Some(at), _) => at + 3,
        (None, Some(scheme)) => {
            let slashes = url[scheme.len()..].chars().take_while(|c| matches!(c, '/' | '\\')).count();
            scheme.len() + slashes
        }
        (None, None) => 0,
    }
}

fn authority_end(url: &str, begin: usize) -> usize {
    url[begin..].find(['/', '\\', '?', '#']).map_or(url.len(), |length| begin + length)
}

/// A text that a server sent, with the secrets replaced that it repeats.
pub fn without_secrets<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str>) -> String {
    let secrets = secrets.into_iter().filter(|secret| secret.len() >= MIN_SECRET);
    secrets.fold(text.to_owned(), |text, secret| text.replace(secret, REDACTED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_information_is_replaced() {
        for (url, shown) in [
            ("ws://127.0.0.1:9001/", "ws://127.0.0.1:9001/"),
            ("ws://[::1]:9001/a@b?c=d@e", "ws://[::1]:9001/a@b?c=d@e"),
            ("wss://user@host?q", "wss://REDACTED@host?q"),
            ("ws://user:secret@host:1/a@b", "ws://REDACTED@host:1/a@b"),
            ("ws://user:se@cret@host/", "ws://REDACTED@host/"),
            // The slashes may be missing, or be backslashes.
            ("ws:user:secret@host/", "ws:REDACTED@host/"),
            (r"WS:\\user:secret@host/", r"WS:\\REDACTED@host/"),
            // These are no URLs.
            ("ws://user:se/cret@host:1/", "ws://REDACTED@host:1/"),
            ("user:secret@host:1", "REDACTED@host:1"),
            ("ws://user:secret@host:{port}/", "ws://REDACTED@host:{port}/"),
        ] {
            assert_eq!(redacted_url(url), shown, "{url}");
        }
    }

    #[test]
    fn secrets_are_replaced_in_a_text() {
        assert_eq!(
            without_secrets("no user for abc123, abc", ["abc123", "abc"]),
            "no user for REDACTED, abc"
        );
    }
}
