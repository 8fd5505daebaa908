//! Parses base64 in the standard and the URL-safe alphabet, with or without padding and line breaks.

use base64::DecodeError;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};

use super::part::DumpError;

/// Parses base64, which may stand in quotes.
pub fn parse(text: &str) -> Result<Vec<u8>, DumpError> {
    let ignored = |c: char| c.is_whitespace() || matches!(c, '"' | '\'');
    // The characters with their places.
    let characters: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| !ignored(*c)).collect();
    // Nothing follows the padding.
    let mut after_padding = characters.iter().skip_while(|(_, c)| *c != '=').skip_while(|(_, c)| *c == '=');
    if let Some((at, _)) = after_padding.next() {
        return Err(DumpError::at(text, *at, "the end of base64"));
    }
    let plain: String = characters.iter().map(|(_, c)| c).collect();
    let alphabet = if plain.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(alphabet, config).decode(&plain).map_err(|error| {
        let index = match error {
            DecodeError::InvalidByte(index, _) | DecodeError::InvalidLastSymbol(index, _) => index,
            DecodeError::InvalidLength(length) => length,
            DecodeError::InvalidPadding => plain.len(),
        };
        // The index counts octets of the text without spaces.
        let at = plain.char_indices().position(|(octet, _)| octet >= index);
        let at = at.and_then(|position| characters.get(position)).map_or(text.len(), |(at, _)| *at);
        DumpError::at(text, at, "base64: letters, digits, `+` and `/`, in groups of four")
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn both_alphabets_with_and_without_padding() {
        for text in ["iAID6A==", "iAID6A", "\"iAID6A==\"", "iAID\n6A==\n"] {
            assert_eq!(parse(text).as_deref(), Ok([0x88, 0x02, 0x03, 0xe8].as_slice()), "{text}");
        }
        assert_eq!(parse("+/8=").as_deref(), Ok([0xfb, 0xff].as_slice()));
        assert_eq!(parse("-_8=").as_deref(), Ok([0xfb, 0xff].as_slice()));
    }

    #[test]
    fn errors_have_a_place() {
        assert_eq!(parse("iAID\n6A== 88").map_err(|error| error.at), Err(10));
        assert_eq!(parse("iAI*").map_err(|error| error.at), Err(3));
        assert_eq!(parse("iAIDé").map_err(|error| error.at), Err(4));
        assert_eq!(parse("iAIDi").map_err(|error| error.at), Err(5));
    }
}
