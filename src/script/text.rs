//! The text form of a script, which people write: one step a line.
//!
//! # Example
//!
//! ```text
//! wsclose 2
//! role server
//! extension permessage-deflate
//! # The endpoint under test is the server; the lines with `>` are what its peer does.
//! > close 1000 "bye" rsv=4 cut=1
//! > text "hé" * 3 fin=0
//! > close hex:03 mask=wrong key=00000000 form=64 claim=126 glue
//! > text "compressed" deflate
//! > octets 8882 37fa 213d
//! > fin
//! > reset
//! > gone 1
//! > pause
//! > resume
//! app close 1000 "bye"
//! app send binary hex:00ff
//! app pause
//! app resume
//! wait 16
//! connect
//! again each
//! ```
//!
//! # Lines
//!
//! The first line is `wsclose 1` or `wsclose 2`, the version of the language. The second line is `role server` or
//! `role client`, the role of the endpoint under test. The third line may be `extension permessage-deflate`: the opening
//! handshakes negotiate it (RFC 7692). Every other line is a step, a note or empty. Spaces or tabs separate words.
//!
//! Version 2 adds `extension permessage-deflate`, `deflate`, `with-opening` and `> fin glue`. A script without these is
//! written as version 1.
//!
//! | line | meaning |
//! |---|---|
//! | `# TEXT` | A note that the timeline shows. |
//! | `> FRAME` | The peer sends a frame; see below. |
//! | `> octets HEX…` | The peer sends raw octets, at most 255: pairs of hexadecimal digits, with spaces anywhere between pairs. |
//! | `> fin` | The peer closes its write side of TCP. |
//! | `> fin glue` | The same, at once after the octets before it: over a socket, the endpoint can do nothing between them. |
//! | `> reset` | The peer resets the TCP connection, over a socket at once after the octets before it. |
//! | `> gone N` | The peer vanishes: `N` more writes succeed and are lost (0 to 255), later writes fail. |
//! | `> pause` | The peer stops reading, so that the endpoint can write nothing. |
//! | `> resume` | The peer reads again. |
//! | `app close [CODE] [PAYLOAD]` | The application closes the connection with this code and reason. |
//! | `app send text [PAYLOAD]` | The application sends a text message; `binary` instead of `text` sends a binary one. |
//! | `app pause` | The application stops reading. |
//! | `app resume` | The application reads again. |
//! | `wait N` | `N` ticks of idle time pass (0 to 255). |
//! | `connect` | A new connection begins with the next step. |
//! | `again` | The steps of the current connection run once more, on another connection. The next step begins a new one. |
//! | `again whole` | The same, with octets joined to one segment if no other step is between them. |
//! | `again each` | The same, with one octet in each segment. |
//! | `again cut=N` | The same, with each segment cut after `N` octets (0 to 255). |
//!
//! # Frames
//!
//! A frame is its type, then an optional code, an optional payload and any options, in this order.
//!
//! | part | forms |
//! |---|---|
//! | type | `close`, `text`, `binary`, `ping`, `pong`, `continuation` or `opcode=N` (0 to 15) |
//! | code | a number, 0 to 65535: the first two octets of the payload, in network order |
//! | payload | a string such as `"bye"`, or `hex:` and pairs of hexadecimal digits; at most 127 octets |
//! | repetition | `* N` after the payload: the payload `N` times (1 to 255); the code is not repeated |
//!
//! A string is UTF-8 with the escapes `\"`, `\\`, `\'`, `\n`, `\r`, `\t`, `\0` and `\u{…}` (a hexadecimal number).
//!
//! Without options, a frame is what a conforming peer sends: FIN is set, the RSV bits are clear, the length is correct
//! and in its shortest form, and a client masks.
//!
//! | option | meaning |
//! |---|---|
//! | `fin=0` | FIN is clear. |
//! | `rsv=N` | The RSV bits as a number, 1 to 7: RSV1 is 4, RSV2 is 2, RSV3 is 1. |
//! | `mask=wrong` | A client does not mask, or a server masks. |
//! | `key=HEX` | The masking key, 8 hexadecimal digits [default: `37fa213d`]. |
//! | `form=16` | The length has 16 bits, or 64 if it does not fit. |
//! | `form=64` | The length has 64 bits. |
//! | `claim=N` | The length in the header, in place of that of the payload. |
//! | `deflate` | The payload is compressed, and RSV1 is set unless the frame is a continuation. |
//! | `glue` | The frame is appended to the previous segment. |
//! | `cut=N` | The segment ends after `N` octets of this frame (0 to 255), and another one starts. |
//! | `with-opening` | The frame goes out in one write with the opening handshake, if it begins a connection. |
//!
//! Raw octets take the options `glue`, `cut=N` and `with-opening`.

mod display;
pub(in crate::script) mod parse;

pub use parse::ScriptParseError;

#[cfg(test)]
mod tests {
    use crate::script::buf::ScriptBuf;

    /// The lines of the example in the documentation of this module.
    fn documented_example() -> String {
        let lines = include_str!("text.rs").lines().filter_map(|line| line.strip_prefix("//!"));
        let example = lines.skip_while(|line| *line != " ```text").skip(1).take_while(|line| *line != " ```");
        example.map(|line| line.trim_start().to_owned() + "\n").collect()
    }

    #[test]
    fn the_documented_example_is_a_script() {
        let text = documented_example();
        let script = ScriptBuf::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(script.as_script().to_string(), text);
    }
}
