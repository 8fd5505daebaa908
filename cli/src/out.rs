//! Standard output and standard error. In comes text, out it goes; a reader that has gone, as in
//! `wsclose codes --all | head`, ends the writing and nothing else.

use std::fmt;
use std::io::{self, BufWriter, Write};

use comfy_table::{ContentLineStyle, LineStyle, Table, TableStyle};

/// Buffered standard output.
pub struct Out {
    to: BufWriter<Box<dyn Write>>,
    gone: bool,
}

impl Out {
    /// Standard output.
    pub fn new() -> Out {
        Out::to(Box::new(io::stdout().lock()))
    }

    /// Any other place.
    pub fn to(to: Box<dyn Write>) -> Out {
        Out { to: BufWriter::new(to), gone: false }
    }

    /// Whether nobody reads any longer, so that long output need not be made.
    pub fn is_gone(&self) -> bool {
        self.gone
    }

    fn notice<T: Default>(&mut self, result: io::Result<T>) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.gone = true;
                Ok(T::default())
            }
            other => other,
        }
    }
}

impl Write for Out {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if !self.gone {
            let result = self.to.write(octets);
            let written = self.notice(result)?;
            if !self.gone {
                return Ok(written);
            }
        }
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.gone {
            return Ok(());
        }
        let result = self.to.flush();
        self.notice(result)
    }
}

/// Says something on standard error; if that is gone too, nobody wants to know.
pub fn complain(what: impl fmt::Display) {
    // There is nowhere left to report a failure to.
    let _ = writeln!(io::stderr().lock(), "wsclose: {what}");
}

/// An empty table with this heading.
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

/// Writes a table without spaces at the ends of its lines.
pub fn write_table(out: &mut Out, table: &Table) -> io::Result<()> {
    table.lines().try_for_each(|line| writeln!(out, "{}", line.trim_end()))
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use super::Out;

    struct Fails(io::ErrorKind);

    impl Write for Fails {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    #[test]
    fn a_reader_that_has_gone_is_no_error() {
        let mut out = Out::to(Box::new(Fails(io::ErrorKind::BrokenPipe)));
        assert!(!out.is_gone());
        assert!(out.write_all(&[b'a'; 1 << 16]).is_ok() && out.flush().is_ok());
        assert!(out.is_gone());
        assert!(out.write_all(b"more").is_ok());
    }

    #[test]
    fn a_full_disk_is_one() {
        let mut out = Out::to(Box::new(Fails(io::ErrorKind::StorageFull)));
        assert!(out.write_all(b"a").and_then(|()| out.flush()).is_err());
    }
}
