//! Writes to standard output and standard error. A closed pipe, as in `wsclose codes --all | head`, stops the output and
//! is no error.

use std::fmt;
use std::io::{self, BufWriter, Write};

use comfy_table::{ContentLineStyle, LineStyle, Table, TableStyle};

/// Buffered standard output.
pub struct Stdout {
    inner: BufWriter<Box<dyn Write>>,
    closed: bool,
}

impl Stdout {
    /// Standard output.
    pub fn new() -> Stdout {
        Stdout::with_writer(Box::new(io::stdout().lock()))
    }

    /// Buffers another writer.
    pub fn with_writer(writer: Box<dyn Write>) -> Stdout {
        Stdout { inner: BufWriter::new(writer), closed: false }
    }

    /// Whether the reader has closed the pipe, so that the rest of the output is not needed.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    fn note_broken_pipe<T: Default>(&mut self, result: io::Result<T>) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(T::default())
            }
            other => other,
        }
    }
}

impl Write for Stdout {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if !self.closed {
            let result = self.inner.write(octets);
            let written = self.note_broken_pipe(result)?;
            if !self.closed {
                return Ok(written);
            }
        }
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let result = self.inner.flush();
        self.note_broken_pipe(result)
    }
}

/// Writes a line to standard error. Ignores an error, since there is nowhere left to report it.
pub fn eprint_error(what: impl fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "wsclose: {what}");
}

/// The width of what a command prints, in columns: that of the terminal, or 80 where there is none.
pub fn width() -> usize {
    let terminal = terminal_size::terminal_size_of(io::stdout());
    terminal.map_or(DEFAULT_WIDTH, |(width, _)| usize::from(width.0).max(MIN_WIDTH))
}

/// The width of output that goes to no terminal.
const DEFAULT_WIDTH: usize = 80;

/// The width below which sentences cannot be read, so that a terminal wraps them instead.
const MIN_WIDTH: usize = 40;

/// Writes a sentence in lines of at most [`width`] columns, indented by `indent` columns.
pub fn write_indented(out: &mut impl Write, sentence: &str, indent: usize) -> io::Result<()> {
    let lines = textwrap::wrap(sentence, width() - indent);
    lines.into_iter().try_for_each(|line| writeln!(out, "{:indent$}{line}", ""))
}

/// An empty table with these column headings.
pub fn table(heading: &[&str]) -> Table {
    let style = TableStyle::new()
        .header_lines(ContentLineStyle::none().junction(' '))
        .header_separator(LineStyle::none().fill('-').junction(' '))
        .content_lines(ContentLineStyle::none().junction(' '));
    let mut table = Table::new();
    table.load_style(style);
    table.set_header(heading.iter().copied());
    table
}

/// Writes a table without trailing spaces.
pub fn write_table(out: &mut Stdout, table: &Table) -> io::Result<()> {
    table.lines().try_for_each(|line| writeln!(out, "{}", line.trim_end()))
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use super::Stdout;

    struct FailingWriter(io::ErrorKind);

    impl Write for FailingWriter {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    #[test]
    fn a_closed_pipe_is_not_an_error() {
        let mut out = Stdout::with_writer(Box::new(FailingWriter(io::ErrorKind::BrokenPipe)));
        assert!(!out.is_closed());
        assert!(out.write_all(&[b'a'; 1 << 16]).is_ok() && out.flush().is_ok());
        assert!(out.is_closed());
        assert!(out.write_all(b"more").is_ok());
    }

    #[test]
    fn a_full_disk_is_an_error() {
        let mut out = Stdout::with_writer(Box::new(FailingWriter(io::ErrorKind::StorageFull)));
        assert!(out.write_all(b"a").and_then(|()| out.flush()).is_err());
    }
}
