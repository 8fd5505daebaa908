//! The octets of a reason.

use super::parameters::{IllFormed, Parameters, Position, character};

/// The longest chunk that a payload repeats.
const MAX_CHUNK: usize = 127;

/// A reason: `repeat` copies of `chunk`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reason {
    pub chunk: Vec<u8>,
    pub repeat: u8,
}

impl Reason {
    /// The reason of a scenario. Letters come first where the length is not a multiple of the size of its characters.
    pub fn of(parameters: &Parameters) -> Reason {
        let &Parameters { length, row, which, ill_formed, position, .. } = parameters;
        // The constraints leave the characters out that a row does not have.
        let character = character(row, which).unwrap_or('r');
        let repeat = length.octets().div_ceil(MAX_CHUNK).max(1);
        let size = length.octets() / repeat;
        Reason { chunk: chunk(size, character, ill_formed, position), repeat: repeat as u8 }
    }
}

fn chunk(size: usize, character: char, ill_formed: IllFormed, position: Position) -> Vec<u8> {
    let sequence = ill_formed.octets();
    let offset = position.offset(size, sequence.len()).unwrap_or(0);
    let mut chunk = Vec::with_capacity(size);
    fill(character, offset, &mut chunk);
    chunk.extend_from_slice(sequence);
    fill(character, size.saturating_sub(chunk.len()), &mut chunk);
    chunk
}

/// Appends `size` octets that are UTF-8.
fn fill(character: char, size: usize, out: &mut Vec<u8>) {
    let mut buffer = [0; 4];
    let encoded = character.encode_utf8(&mut buffer).as_bytes();
    out.extend(std::iter::repeat_n(b'r', size % encoded.len()));
    for _ in 0..size / encoded.len() {
        out.extend_from_slice(encoded);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::parameters::{ReasonLength, Row};

    #[test]
    fn a_reason_has_its_length() {
        for length in ReasonLength::ALL {
            for row in Row::ALL {
                let reason = Reason::of(&Parameters { length, row, ..Parameters::default() });
                assert_eq!(reason.chunk.len() * usize::from(reason.repeat), length.octets());
                assert!(std::str::from_utf8(&reason.chunk).is_ok(), "{length:?} {row:?}");
            }
        }
    }

    #[test]
    fn an_ill_formed_sequence_is_where_it_should_be() {
        for ill_formed in IllFormed::ALL.into_iter().skip(1) {
            for row in Row::ALL {
                for position in Position::ALL {
                    let (length, size) = (ReasonLength::Octets122, ill_formed.octets().len());
                    let parameters =
                        Parameters { length, row, ill_formed, position, ..Parameters::default() };
                    let reason = Reason::of(&parameters).chunk;
                    let error = std::str::from_utf8(&reason).expect_err("not UTF-8");
                    let offset = position.offset(122, size).expect("it fits");
                    // The NUL of the last sequence is a character.
                    let valid = offset + usize::from(ill_formed == IllFormed::AfterNul);
                    assert_eq!(error.valid_up_to(), valid, "{parameters:?}");
                    assert_eq!(reason.len(), 122, "{parameters:?}");
                }
            }
        }
    }
}
