//! The URLs that were published once. Each goes on resolving, although its implementation is not in the newest results.

use std::path::Path;

use crate::support::files::{self, FileError};

/// A URL of the list, relative to the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedUrl {
    /// The path of its file.
    pub path: String,
    /// The path that took its place, if the list names one.
    pub successor: Option<String>,
}

/// Reads a list of URLs, one a line: a path, and the path that took its place if it has one. Lines with `#` are notes.
///
/// # Errors
/// If the file cannot be read, or a line is no path of a page or a badge.
pub fn read(path: &Path) -> Result<Vec<PublishedUrl>, FileError> {
    parse(&files::read_config(path)?)
        .map_err(|why| FileError::Results { path: files::display_path(path), why })
}

fn parse(text: &str) -> Result<Vec<PublishedUrl>, String> {
    let mut urls = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (path, successor) = match words.as_slice() {
            [] => continue,
            [first, ..] if first.starts_with('#') => continue,
            [path] => (*path, None),
            [path, successor] => (*path, Some((*successor).to_owned())),
            _ => ("", None),
        };
        let is_path = |path: &str| {
            let is_part = |part: &str| {
                !part.is_empty()
                    && !part.starts_with('.')
                    && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
            };
            path.split('/').all(is_part)
        };
        if !is_path(path) || !successor.as_deref().is_none_or(is_path) {
            return Err(format!(
                "line {}: expected a path such as `rules/close-fin.html`, and at most the path that took its place, \
                 found `{line}`",
                at + 1
            ));
        }
        urls.push(PublishedUrl { path: path.to_owned(), successor });
    }
    Ok(urls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_paths_with_or_without_a_successor() {
        let url = |path: &str, successor: Option<&str>| PublishedUrl {
            path: path.to_owned(),
            successor: successor.map(str::to_owned),
        };
        assert_eq!(
            parse("# a note\n\na.html\nb/c.json  d.html\n"),
            Ok(vec![url("a.html", None), url("b/c.json", Some("d.html"))])
        );
        for bad in ["/etc/passwd", "../a.html", "a//b.html", "a b c", ".git/config", "a.html <script>"] {
            let error = parse(&format!("a.html\n{bad}\n")).expect_err(bad);
            assert!(error.starts_with("line 2: expected a path") && error.contains(bad), "{error}");
        }
    }
}
