//! Scripts and frames from the bytes of a fuzzer. Any bytes give a script.

use arbitrary::{Arbitrary, Result, Unstructured};

use super::binary::MAGIC_2;
use super::buf::{MAX_SCRIPT, ScriptBuf};
use super::step::{FrameStep, LengthEncoding, Payload, SegmentPlacement};
use crate::protocol::frame::Opcode;

/// The most octets after the first one: the form that `ScriptBuf` holds can be a few octets longer.
const MAX_OCTETS: usize = MAX_SCRIPT - 256;

/// The most octets of a chunk.
const MAX_CHUNK: usize = 127;

impl ScriptBuf {
    /// The script with this binary form after the first octet.
    fn of_binary(octets: &[u8]) -> ScriptBuf {
        let octets = octets.iter().copied().take(MAX_OCTETS);
        let binary: Vec<u8> = std::iter::once(MAGIC_2).chain(octets).collect();
        ScriptBuf::read(&binary).expect("any octets after the first are a script")
    }
}

impl<'a> Arbitrary<'a> for ScriptBuf {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<ScriptBuf> {
        Ok(ScriptBuf::of_binary(u.arbitrary()?))
    }

    fn arbitrary_take_rest(u: Unstructured<'a>) -> Result<ScriptBuf> {
        Ok(ScriptBuf::of_binary(u.take_rest()))
    }

    fn size_hint(_: usize) -> (usize, Option<usize>) {
        (0, None)
    }
}

impl<'a> Arbitrary<'a> for Payload<'a> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Payload<'a>> {
        let chunk: &[u8] = u.arbitrary()?;
        let chunk = &chunk[..chunk.len().min(MAX_CHUNK)];
        let repeat = u.int_in_range(1..=u8::MAX)?;
        Ok(Payload { code: u.arbitrary()?, chunk, repeat: if chunk.is_empty() { 1 } else { repeat } })
    }
}

impl<'a> Arbitrary<'a> for FrameStep<'a> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<FrameStep<'a>> {
        Ok(FrameStep {
            fin: u.arbitrary()?,
            rsv: u.int_in_range(0..=7)?,
            opcode: Opcode::from_bits(u.arbitrary()?),
            mask_wrong: u.arbitrary()?,
            key: u.arbitrary()?,
            length_encoding: *u.choose(&[
                LengthEncoding::Shortest,
                LengthEncoding::Sixteen,
                LengthEncoding::SixtyFour,
            ])?,
            claimed_len: u.arbitrary()?,
            payload: u.arbitrary()?,
            deflate: u.arbitrary()?,
            placement: SegmentPlacement {
                glue: u.arbitrary()?,
                cut: u.arbitrary()?,
                with_opening: u.arbitrary()?,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::random::Random;
    use crate::protocol::role::Role;
    use crate::script::{Step, Writer};

    #[test]
    fn any_bytes_give_a_script_and_a_frame_that_keep_their_form() {
        let mut random = Random::new(3);
        for len in 0..2_000 {
            let octets: Vec<u8> = (0..len % 200).map(|_| random.octet()).collect();
            let script = ScriptBuf::arbitrary_take_rest(Unstructured::new(&octets)).expect("a script");
            assert_eq!(ScriptBuf::read(script.octets()), Ok(script.clone()));
            let frame = FrameStep::arbitrary(&mut Unstructured::new(&octets)).expect("a frame");
            let mut writer = Writer::new(Role::Client);
            writer.step(&Step::Frame(frame));
            let written = ScriptBuf::read(writer.octets()).expect("a writer writes scripts");
            assert_eq!(written.as_script().steps().collect::<Vec<_>>(), [Step::Frame(frame)]);
        }
    }

    #[test]
    fn the_octets_of_a_script_choose_its_role_and_steps() {
        let octets = ScriptBuf::read(b"wsclose 2\nrole server\n> ping\n> fin glue\n").expect("a script");
        let read = ScriptBuf::arbitrary_take_rest(Unstructured::new(&octets.octets()[1..]));
        assert_eq!(read.expect("a script"), octets);
    }
}
