//! The stream of inputs from a fuzz target to the detector: for each execution a number of scripts, and for each script
//! its length in four octets and its octets.

use std::cell::RefCell;
use std::io::{self, Read, Write};

/// The executions after which a target writes to the pipe. A fuzzer ends without the clean-up of the runtime, so fewer of
/// the last executions may be lost.
pub const EXECUTIONS_PER_WRITE: u64 = 256;

thread_local! {
    /// The executions that are not yet written, and their number.
    static PENDING: RefCell<(Vec<u8>, u64)> = const { RefCell::new((Vec::new(), 0)) };
}

/// Writes the scripts of one execution to standard output, together with those before.
///
/// # Panics
///
/// Panics if the detector no longer reads, so that the fuzzer ends.
pub fn scripts(scripts: &[&[u8]]) {
    PENDING.with_borrow_mut(|(records, executions)| {
        write(scripts, records);
        *executions += 1;
        if *executions == EXECUTIONS_PER_WRITE {
            let mut out = io::stdout().lock();
            out.write_all(records).and_then(|()| out.flush()).expect("the detector reads every execution");
            records.clear();
            *executions = 0;
        }
    });
}

fn write(scripts: &[&[u8]], out: &mut Vec<u8>) {
    out.push(u8::try_from(scripts.len()).expect("an execution plays at most 255 scripts"));
    for script in scripts {
        let len = u32::try_from(script.len()).expect("a script is shorter than 4 GiB");
        out.extend(len.to_le_bytes());
        out.extend_from_slice(script);
    }
}

/// Reads the scripts of the next execution into `scripts`. Returns false at the end of the stream.
///
/// # Errors
/// If the stream cannot be read or ends inside an execution.
pub fn read(stream: &mut impl Read, scripts: &mut Vec<Vec<u8>>) -> io::Result<bool> {
    scripts.clear();
    let mut count = [0];
    if stream.read(&mut count)? == 0 {
        return Ok(false);
    }
    for _ in 0..count[0] {
        let mut len = [0; 4];
        stream.read_exact(&mut len)?;
        let mut script = vec![0; u32::from_le_bytes(len) as usize];
        stream.read_exact(&mut script)?;
        scripts.push(script);
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executions_are_read_as_written() {
        let mut stream = Vec::new();
        write(&[b"one", b""], &mut stream);
        write(&[], &mut stream);
        let mut stream = stream.as_slice();
        let mut scripts = Vec::new();
        assert!(read(&mut stream, &mut scripts).expect("an execution"));
        assert_eq!(scripts, [b"one".to_vec(), Vec::new()]);
        assert!(read(&mut stream, &mut scripts).expect("an execution") && scripts.is_empty());
        assert!(!read(&mut stream, &mut scripts).expect("the end"));
        assert!(read(&mut [1, 4, 0, 0, 0, 9].as_slice(), &mut scripts).is_err(), "a cut execution");
    }
}
