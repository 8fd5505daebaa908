//! The input type of plain libFuzzer: what a reader of the `arbitrary` crate's documentation writes in an hour.
//!
//! It derives the trait of libFuzzer's users and that of bolero's. Fields are independent and uniform. The type knows the parts of a frame and the requests of an application. It has no
//! second connection, no compression, and no steps that stop reading.

use arbitrary::Arbitrary;
use bolero_generator::TypeGenerator;
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::frame::Opcode;
use wsclose::protocol::role::Role;
use wsclose::script::{FrameStep, LengthEncoding, MessageKind, Payload, SegmentPlacement, Step, Writer};

/// The steps of a peer and an application, for an endpoint of one role.
#[derive(Debug, Arbitrary, TypeGenerator)]
pub struct PlainScript {
    server: bool,
    steps: Vec<PlainStep>,
}

/// One step.
#[derive(Debug, Arbitrary, TypeGenerator)]
enum PlainStep {
    Frame(PlainFrame),
    Fin,
    Reset,
    AppClose { code: Option<u16>, reason: String },
    AppSend { text: String },
    Wait(u8),
}

/// A frame that the peer sends.
#[derive(Debug, Arbitrary, TypeGenerator)]
struct PlainFrame {
    fin: bool,
    rsv: u8,
    opcode: u8,
    mask_wrong: bool,
    key: [u8; 4],
    length: PlainLength,
    cut: Option<u8>,
    code: Option<u16>,
    payload: Vec<u8>,
}

/// The form of a length.
#[derive(Debug, Arbitrary, TypeGenerator)]
enum PlainLength {
    Shortest,
    Sixteen,
    SixtyFour,
    Claimed(u64),
}

impl PlainScript {
    /// The script in its binary form.
    pub fn compile(&self) -> Vec<u8> {
        let role = if self.server { Role::Server } else { Role::Client };
        let mut writer = Writer::new(role);
        self.steps.iter().for_each(|step| writer.step(&step.as_step()));
        writer.into_octets()
    }
}

impl PlainStep {
    fn as_step(&self) -> Step<'_> {
        match self {
            PlainStep::Frame(frame) => Step::Frame(frame.as_step()),
            PlainStep::Fin => Step::Fin { glue: false },
            PlainStep::Reset => Step::Reset,
            PlainStep::AppClose { code, reason } => Step::AppClose(payload(*code, reason.as_bytes())),
            PlainStep::AppSend { text } => {
                Step::AppSend { kind: MessageKind::Text, payload: payload(None, text.as_bytes()) }
            }
            // Twice the time after which an endpoint gives up.
            PlainStep::Wait(ticks) => Step::Wait(ticks % 32),
        }
    }
}

impl PlainFrame {
    fn as_step(&self) -> FrameStep<'_> {
        let (length_encoding, claimed_len) = match self.length {
            PlainLength::Shortest => (LengthEncoding::Shortest, None),
            PlainLength::Sixteen => (LengthEncoding::Sixteen, None),
            PlainLength::SixtyFour => (LengthEncoding::SixtyFour, None),
            PlainLength::Claimed(length) => (LengthEncoding::Shortest, Some(length)),
        };
        FrameStep {
            fin: self.fin,
            rsv: self.rsv % 8,
            mask_wrong: self.mask_wrong,
            key: Some(self.key),
            length_encoding,
            claimed_len,
            placement: SegmentPlacement { cut: self.cut, ..SegmentPlacement::default() },
            ..FrameStep::of(Opcode::from_bits(self.opcode), payload(self.code, &self.payload))
        }
    }
}

fn payload(code: Option<u16>, chunk: &[u8]) -> Payload<'_> {
    Payload { code: code.map(CloseCode), chunk, repeat: 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wsclose::script::Script;

    #[test]
    fn a_typed_script_compiles_to_its_steps() {
        let frame = PlainFrame {
            fin: true,
            rsv: 0,
            opcode: 8,
            mask_wrong: false,
            key: [1, 2, 3, 4],
            length: PlainLength::Shortest,
            cut: None,
            code: Some(1000),
            payload: b"bye".to_vec(),
        };
        let steps = vec![PlainStep::Frame(frame), PlainStep::Wait(2), PlainStep::Fin];
        let octets = PlainScript { server: true, steps }.compile();
        let text = Script::decode(&octets).expect("a script").to_string();
        assert_eq!(text, "wsclose 1\nrole server\n> close 1000 \"bye\" key=01020304\nwait 2\n> fin\n");
    }
}
