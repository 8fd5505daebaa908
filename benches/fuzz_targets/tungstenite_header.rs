//! Parses one frame header with tungstenite.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use tungstenite::protocol::frame::FrameHeader;

fuzz_target!(|data: &[u8]| {
    let _ = std::hint::black_box(FrameHeader::parse(&mut Cursor::new(data)));
});
