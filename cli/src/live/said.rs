//! What a started program prints. In comes the end of a pipe, out come its last words and, if it printed one, the
//! line that says how its connection closed. However much it prints, little is kept.

use std::io::{PipeReader, Read};
use std::sync::{Arc, Mutex};

use super::told::Told;

/// The longest line that is read, in octets; what is longer loses its end.
const LONGEST: usize = 1 << 12;

/// What has been read so far.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// How its connection closed, where a line says so; the last one counts.
    pub told: Option<Told>,
    /// The last line that says anything.
    pub last: String,
    /// The last line that names an error.
    pub complaint: Option<String>,
    /// Nobody can print anything more.
    pub over: bool,
}

impl Said {
    fn line(&mut self, octets: &[u8]) {
        let line = String::from_utf8_lossy(octets);
        if !line.trim().is_empty() {
            self.told = Told::read(&line).or_else(|| self.told.take());
            line.trim().clone_into(&mut self.last);
            if ["rror", "panicked", "xception"].iter().any(|word| line.contains(word)) {
                self.complaint = Some(self.last.clone());
            }
        }
    }
}

/// Reads in a thread of its own until every writer has gone.
pub fn listen(mut pipe: PipeReader) -> Arc<Mutex<Said>> {
    let said = Arc::new(Mutex::new(Said::default()));
    let shared = Arc::clone(&said);
    std::thread::spawn(move || {
        let (mut buffer, mut line) = ([0; LONGEST], Vec::new());
        while let Ok(read @ 1..) = pipe.read(&mut buffer) {
            let Ok(mut said) = shared.lock() else { return };
            for octet in &buffer[..read] {
                if *octet == b'\n' {
                    said.line(&line);
                    line.clear();
                } else if line.len() < LONGEST {
                    line.push(*octet);
                }
            }
        }
        if let Ok(mut said) = shared.lock() {
            said.line(&line);
            said.over = true;
        }
    });
    said
}
