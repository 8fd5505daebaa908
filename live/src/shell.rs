//! Quotes words for a POSIX shell.

/// A word as a POSIX shell reads it: quoted unless it consists of plain characters.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A long option with its value: `--name value`.
pub fn option(name: &str, value: &str) -> String {
    format!("--{name} {}", quote(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_the_shell_needs_it() {
        assert_eq!(quote("ws://127.0.0.1:9001/"), "ws://127.0.0.1:9001/");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(option("exec", "node s.js"), "--exec 'node s.js'");
    }
}
