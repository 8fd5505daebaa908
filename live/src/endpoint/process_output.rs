//! What a started program prints. In comes the end of a pipe, out come its last words and, if it printed one, the
//! line that says how its connection closed. However much it prints, little is kept.

use std::io::{PipeReader, Read};
use std::sync::{Arc, Mutex};

use crate::endpoint::close_line::CloseStatus;

/// The longest line that is read, in octets; what is longer loses its end.
const MAX_LINE: usize = 1 << 12;

/// What has been read so far.
#[derive(Clone, Debug, Default)]
pub struct ProcessOutput {
    /// How its connection closed, where a line says so; the last one counts.
    pub close_status: Option<CloseStatus>,
    /// The last line that says anything.
    pub last_line: String,
    /// The last line that names an error.
    pub last_error: Option<String>,
    /// Nobody can print anything more.
    pub eof: bool,
}

impl ProcessOutput {
    fn push_line(&mut self, octets: &[u8]) {
        let line = String::from_utf8_lossy(octets);
        if !line.trim().is_empty() {
            self.close_status = CloseStatus::parse(&line).or_else(|| self.close_status.take());
            line.trim().clone_into(&mut self.last_line);
            if ["rror", "panicked", "xception"].iter().any(|word| line.contains(word)) {
                self.last_error = Some(self.last_line.clone());
            }
        }
    }
}

/// Reads in a thread of its own until every writer has gone.
pub fn capture(mut pipe: PipeReader) -> Arc<Mutex<ProcessOutput>> {
    let said = Arc::new(Mutex::new(ProcessOutput::default()));
    let shared = Arc::clone(&said);
    std::thread::spawn(move || {
        let (mut buffer, mut line) = ([0; MAX_LINE], Vec::new());
        while let Ok(read @ 1..) = pipe.read(&mut buffer) {
            let Ok(mut said) = shared.lock() else { return };
            for octet in &buffer[..read] {
                if *octet == b'\n' {
                    said.push_line(&line);
                    line.clear();
                } else if line.len() < MAX_LINE {
                    line.push(*octet);
                }
            }
        }
        if let Ok(mut said) = shared.lock() {
            said.push_line(&line);
            said.eof = true;
        }
    });
    said
}
