//! Small conversions of text for the pages.

/// The parts of a text in Markdown: what stands between backticks is code.
pub fn spans(text: &str) -> Vec<(bool, &str)> {
    // A backtick without a second one is text.
    let is_even = text.matches('`').count().is_multiple_of(2);
    if !is_even {
        return vec![(false, text)];
    }
    let parts = text.split('`').enumerate().map(|(at, part)| (at % 2 == 1, part));
    parts.filter(|(_, part)| !part.is_empty()).collect()
}

/// A number with a comma before every three digits.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let first = (digits.len() - 1) % 3 + 1;
    let (head, rest) = digits.split_at(first);
    let groups = rest.as_bytes().chunks(3).map(|group| String::from_utf8_lossy(group).into_owned());
    std::iter::once(head.to_owned()).chain(groups).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backticks_in_pairs_are_code() {
        assert_eq!(spans("a `b` c"), [(false, "a "), (true, "b"), (false, " c")]);
        assert_eq!(spans("`b`"), [(true, "b")]);
        assert_eq!(spans("a ` b"), [(false, "a ` b")]);
        assert_eq!(spans(""), []);
    }

    #[test]
    fn thousands_have_commas() {
        let all = [0, 999, 1000, 65_536, 1_234_567].map(thousands);
        assert_eq!(all, ["0", "999", "1,000", "65,536", "1,234,567"]);
    }
}
