//! The parameters of a closing scenario and the values of each: one table, with a sentence for every value.

use super::define::parameters;
use crate::protocol::code::CloseCode;

parameters! {
    /// Which side begins to close, and how.
    Beginner beginner {
        Peer "peer" "The peer sends a Close."
        Application "app" "The application requests a Close, and the peer answers."
        Crossed "crossed" "The application requests a Close, and that of the peer crosses it."
        Flaw "flaw" "The peer sends a text frame with a flaw, and then a Close."
    }

    /// What happens on the connection before.
    Before before {
        Nothing "first" "Nothing comes before."
        Text "text" "The peer sends a text message."
        LongText "8kib" "The peer sends a text message of 8 KiB."
        Binary "binary" "The peer sends a binary message."
        EmptyText "empty-text" "The peer sends an empty text message."
        Message64Kib "64kib" "The peer sends a message of 65,536 octets in eight fragments and one segment."
        Message100Kb "100kb" "The peer sends a message of 100,000 octets in four fragments and one segment."
        OnePing "ping" "The peer sends a Ping."
        ThreePings "3-pings" "The peer sends three Pings in one segment."
        TenPings "10-pings" "The peer sends ten Pings in one segment."
        Pong "pong" "The peer sends a Pong that answers nothing."
        Fragments "fragments" "The peer sends a text message in three fragments: the first ends inside a character, and one is empty."
        OpenMessage "open-message" "The peer sends the first fragment of a message, and no other."
        AppMessage "app-message" "The application sends a message."
        Silence "silence" "The connection is idle for a tick."
        Compressed "compressed" "The peer sends a compressed message, where permessage-deflate is negotiated."
        EarlierClosed "after-closed" "An earlier connection was closed by the peer."
        EarlierFailed "after-failed" "An earlier connection was failed because of a reserved opcode."
        EarlierReset "after-reset" "An earlier connection was reset by the peer."
    }

    /// The body of the Close, without the reason: of the one that the application requests, or else of that of the peer.
    Body body {
        Code1000 "1000" "The code is 1000, normal closure."
        Empty "no-code" "The body is empty."
        OneOctet "one-octet" "The body has one octet."
        Code0 "0" "The code is 0."
        Code999 "999" "The code is 999, the last below 1000."
        Code1001 "1001" "The code is 1001, going away."
        Code1002 "1002" "The code is 1002, protocol error."
        Code1004 "1004" "The code is 1004, which is reserved and has no meaning."
        Code1005 "1005" "The code is 1005, which reports that there was no code."
        Code1006 "1006" "The code is 1006, which reports that there was no Close."
        Code1007 "1007" "The code is 1007, invalid payload data."
        Code1010 "1010" "The code is 1010, mandatory extension."
        Code1011 "1011" "The code is 1011, internal error."
        Code1014 "1014" "The code is 1014, bad gateway."
        Code1015 "1015" "The code is 1015, which reports that TLS failed."
        Code1016 "1016" "The code is 1016, the first that is not assigned."
        Code2999 "2999" "The code is 2999, the last that is reserved for the protocol."
        Code3000 "3000" "The code is 3000, the first for libraries and frameworks."
        Code3999 "3999" "The code is 3999, the last for libraries and frameworks."
        Code4000 "4000" "The code is 4000, the first for private use."
        Code4999 "4999" "The code is 4999, the last for private use."
        Code5000 "5000" "The code is 5000, the first beyond all ranges."
        Code12592 "12592" "The code is 12592, the octets of the text `10`."
        Code65535 "65535" "The code is 65535, the largest number of two octets."
    }

    /// The length of the reason in octets.
    ReasonLength length {
        Octets0 "r0" "There is no reason."
        Octets1 "r1" "The reason has one octet."
        Octets2 "r2" "The reason has two octets."
        Octets7 "r7" "The reason has 7 octets."
        Octets8 "r8" "The reason has 8 octets."
        Octets15 "r15" "The reason has 15 octets."
        Octets16 "r16" "The reason has 16 octets."
        Octets31 "r31" "The reason has 31 octets."
        Octets33 "r33" "The reason has 33 octets."
        Octets63 "r63" "The reason has 63 octets."
        Octets65 "r65" "The reason has 65 octets."
        Octets122 "r122" "The reason has 122 octets, one less than fit."
        Octets123 "r123" "The reason has 123 octets, as many as fit."
        Octets124 "r124" "The reason has 124 octets, one more than fit."
        Octets254 "r254" "The reason has 254 octets."
    }

    /// The row of the table of well-formed UTF-8 (Unicode, table 3-7) to which the characters of the reason belong.
    Row row {
        Ascii "ascii" "The characters of the reason have one octet."
        C2 "two-octets" "The characters of the reason have two octets."
        E0 "lead-e0" "The characters of the reason have three octets, the first of which is E0."
        E1 "lead-e1" "The characters of the reason have three octets, the first of which is E1 to EC."
        Ed "lead-ed" "The characters of the reason have three octets, the first of which is ED."
        Ee "lead-ee" "The characters of the reason have three octets, the first of which is EE or EF."
        F0 "lead-f0" "The characters of the reason have four octets, the first of which is F0."
        F1 "lead-f1" "The characters of the reason have four octets, the first of which is F1 to F3."
        F4 "lead-f4" "The characters of the reason have four octets, the first of which is F4."
    }

    /// Which character of its row the reason is made of.
    Which which {
        Usual "usual" "The reason is made of a letter or symbol in common use."
        First "first-of-row" "The reason is made of the first character of its row: NUL, U+0080, U+0800 and so on."
        Last "last-of-row" "The reason is made of the last character of its row: DEL, U+07FF, U+D7FF and so on."
        Special "special" "The reason is made of line feeds, of U+0301, which combines, or of U+FEFF, the byte order mark."
        Quote "quote" "The reason is made of quotation marks, or of U+FFFD, the replacement character."
        Percent "percent" "The reason is made of percent signs, or of U+FDD0, a noncharacter."
    }

    /// The sequence in the reason that is not UTF-8.
    IllFormed ill_formed {
        None "utf-8" "The reason is UTF-8."
        Continuation "lone-80" "The reason holds 80, a continuation octet alone."
        LastContinuation "lone-bf" "The reason holds BF, a continuation octet alone."
        TwoCut "cut-c3" "The reason holds C3, the first octet of two."
        ThreeCutAfterOne "cut-e2" "The reason holds E2, the first octet of three."
        ThreeCutAfterTwo "cut-e2-82" "The reason holds E2 82, two octets of three."
        FourCutAfterOne "cut-f0" "The reason holds F0, the first octet of four."
        FourCutAfterTwo "cut-f0-9f" "The reason holds F0 9F, two octets of four."
        FourCutAfterThree "cut-f0-9f-98" "The reason holds F0 9F 98, three octets of four."
        OverlongTwo "overlong-2" "The reason holds C0 AF, an overlong form of two octets."
        OverlongTwoLast "overlong-c1" "The reason holds C1 BF, an overlong form of two octets."
        OverlongThree "overlong-3" "The reason holds E0 9F BF, an overlong form of three octets."
        OverlongFour "overlong-4" "The reason holds F0 8F BF BF, an overlong form of four octets."
        OverlongNul "overlong-nul" "The reason holds C0 80, an overlong form of NUL."
        HighSurrogate "surrogate-high" "The reason holds ED A0 80, a surrogate."
        LowSurrogate "surrogate-low" "The reason holds ED BF BF, a surrogate."
        SurrogatePair "surrogate-pair" "The reason holds ED A0 BD ED B8 80, a pair of surrogates."
        BeyondUnicode "f4-90" "The reason holds F4 90 80 80, the first code point beyond Unicode."
        LeadF5 "f5" "The reason holds F5 80 80 80, whose lead octet is in no row of the table."
        FiveOctets "five-octets" "The reason holds F8 88 80 80 80, a form of five octets."
        SixOctets "six-octets" "The reason holds FC 84 80 80 80 80, a form of six octets."
        LeadFe "fe" "The reason holds FE."
        LeadFf "ff" "The reason holds FF."
        AfterNul "nul-80" "The reason holds 00 80, a lone continuation octet behind NUL."
    }

    /// Where the ill-formed sequence is in the reason.
    Position position {
        Beginning "at-0" "The ill-formed sequence is at the beginning."
        Across8 "at-7" "The ill-formed sequence begins at octet 7: two octets or more cross offset 8."
        Across16 "at-15" "The ill-formed sequence begins at octet 15: two octets or more cross offset 16."
        Across32 "at-31" "The ill-formed sequence begins at octet 31: two octets or more cross offset 32."
        Across64 "at-63" "The ill-formed sequence begins at octet 63: two octets or more cross offset 64."
        End "at-end" "The ill-formed sequence is at the end."
    }

    /// The header of the frame with the body.
    Form form {
        Valid "valid" "The header is that of the frame."
        NotFin "no-fin" "FIN is not set."
        Rsv1 "rsv1" "RSV1 is set."
        Rsv2 "rsv2" "RSV2 is set."
        Rsv3 "rsv3" "RSV3 is set."
        Continuation "as-continuation" "The opcode is that of a continuation."
        Text "as-text" "The opcode is that of a text."
        Binary "as-binary" "The opcode is that of a binary message."
        Ping "as-ping" "The opcode is that of a Ping."
        PingNotFin "as-ping-no-fin" "The opcode is that of a Ping, and FIN is not set."
        Pong "as-pong" "The opcode is that of a Pong."
        Opcode3 "opcode-3" "The opcode is 3, the first that is reserved for data."
        Opcode4 "opcode-4" "The opcode is 4, which is reserved for data."
        Opcode5 "opcode-5" "The opcode is 5, which is reserved for data."
        Opcode6 "opcode-6" "The opcode is 6, which is reserved for data."
        Opcode7 "opcode-7" "The opcode is 7, the last that is reserved for data."
        Opcode11 "opcode-11" "The opcode is 11, the first that is reserved for control."
        Opcode12 "opcode-12" "The opcode is 12, which is reserved for control."
        Opcode13 "opcode-13" "The opcode is 13, which is reserved for control."
        Opcode14 "opcode-14" "The opcode is 14, which is reserved for control."
        Opcode15 "opcode-15" "The opcode is 15, the last that is reserved for control."
        Length16 "length-16" "The length is in 16 bits."
        Length64 "length-64" "The length is in 64 bits."
        TopBit "top-bit" "The length is in 64 bits, and its top bit is set."
        ClaimsMore "claims-more" "The length is one more than that of the payload."
        ClaimsLess "claims-less" "The length is one less than that of the payload."
        MaskWrong "mask-wrong" "The frame is masked where it should not be, or not masked where it should be."
    }

    /// The masking key of the frame.
    Key key {
        Usual "usual-key" "The masking key has four different octets."
        Zero "key-0" "The masking key is zero."
        ZeroOctet "key-with-0" "One octet of the masking key is zero."
        AllOnes "key-ff" "All bits of the masking key are set."
    }

    /// How the frame of the peer is divided into segments.
    Segments segments {
        Whole "whole" "The frame is one segment."
        CutInHeader "cut-1" "The first segment ends after one octet."
        CutInKey "cut-in-key" "The first segment ends inside the masking key."
        CutBeforePayload "cut-before-payload" "The first segment ends before the payload."
        CutInCode "cut-in-code" "The first segment ends between the octets of the code."
        CutInReason "cut-in-reason" "The first segment ends inside the reason."
        CutBeforeLast "cut-last" "The last segment is the last octet."
        Bytewise "bytewise" "Every octet is a segment."
        WithOpening "with-opening" "The frame leaves in one write with the opening handshake."
        GluedToBefore "glued" "The frame shares a segment with the frame before."
        GluedToAfter "glued-after" "The frame shares a segment with what comes after."
    }

    /// What the peer sends after the handshake or the flaw.
    After after {
        Fin "then-fin" "The peer sends FIN after a tick."
        FinAtOnce "fin-at-once" "The peer sends FIN directly behind."
        Reset "then-reset" "The peer resets TCP directly behind."
        Data "then-data" "The peer sends a text message."
        Ping "then-ping" "The peer sends a Ping."
        SameClose "then-same" "The peer sends the Close again."
        OtherClose "then-other" "The peer sends another Close, with code 3001."
        Garbage "then-garbage" "The peer sends octets that are no frame."
        Flood "then-flood" "The peer sends 80 KiB of messages."
        AppMessage "then-app-message" "The application sends a message."
        Silence "then-nothing" "The peer keeps TCP open and sends nothing for three ticks."
    }

    /// What the peer answers to the Close that the application requested.
    Answer answer {
        Right "echo" "The peer answers with the code of that Close, if that code may be sent."
        Empty "answer-empty" "The peer answers with a Close without a code."
        OtherCode "answer-3002" "The peer answers with code 3002."
        OneOctet "answer-one-octet" "The peer answers with a Close whose body has one octet."
        NotUtf8 "answer-not-utf-8" "The peer answers with a reason that is not UTF-8."
        Code1006 "answer-1006" "The peer answers with code 1006."
        TooLong "answer-too-long" "The peer answers with a reason of 124 octets."
        Late "answer-late" "The peer answers after three ticks."
        AfterData "answer-after-data" "The peer answers after a text message."
        AfterPing "answer-after-ping" "The peer answers after a Ping."
        Fin "answer-fin" "The peer sends FIN and no Close."
        Reset "answer-reset" "The peer resets TCP."
        None "no-answer" "The peer sends nothing for three ticks, and then FIN."
    }
}

impl Body {
    /// The close code, if the body has one.
    pub fn code(self) -> Option<CloseCode> {
        match self {
            Body::Empty | Body::OneOctet => None,
            Body::Code1000
            | Body::Code0
            | Body::Code999
            | Body::Code1001
            | Body::Code1002
            | Body::Code1004
            | Body::Code1005
            | Body::Code1006
            | Body::Code1007
            | Body::Code1010
            | Body::Code1011
            | Body::Code1014
            | Body::Code1015
            | Body::Code1016
            | Body::Code2999
            | Body::Code3000
            | Body::Code3999
            | Body::Code4000
            | Body::Code4999
            | Body::Code5000
            | Body::Code12592
            | Body::Code65535 => self.slug().parse().ok().map(CloseCode),
        }
    }
}

impl ReasonLength {
    /// The number of octets.
    pub const fn octets(self) -> usize {
        match self {
            ReasonLength::Octets0 => 0,
            ReasonLength::Octets1 => 1,
            ReasonLength::Octets2 => 2,
            ReasonLength::Octets7 => 7,
            ReasonLength::Octets8 => 8,
            ReasonLength::Octets15 => 15,
            ReasonLength::Octets16 => 16,
            ReasonLength::Octets31 => 31,
            ReasonLength::Octets33 => 33,
            ReasonLength::Octets63 => 63,
            ReasonLength::Octets65 => 65,
            ReasonLength::Octets122 => 122,
            ReasonLength::Octets123 => 123,
            ReasonLength::Octets124 => 124,
            ReasonLength::Octets254 => 254,
        }
    }
}

/// The character of a row, if the row has one of this kind.
pub const fn character(row: Row, which: Which) -> Option<char> {
    let (first, last, usual) = match row {
        Row::Ascii => ('\0', '\u{7f}', 'r'),
        Row::C2 => ('\u{80}', '\u{7ff}', '\u{e9}'),
        Row::E0 => ('\u{800}', '\u{fff}', '\u{905}'),
        Row::E1 => ('\u{1000}', '\u{cfff}', '\u{20ac}'),
        Row::Ed => ('\u{d000}', '\u{d7ff}', '\u{d55c}'),
        Row::Ee => ('\u{e000}', '\u{ffff}', '\u{ff21}'),
        Row::F0 => ('\u{10000}', '\u{3ffff}', '\u{1f600}'),
        Row::F1 => ('\u{40000}', '\u{fffff}', '\u{e0041}'),
        Row::F4 => ('\u{100000}', '\u{10ffff}', '\u{100041}'),
    };
    match (which, row) {
        (Which::Usual, _) => Some(usual),
        (Which::First, _) => Some(first),
        (Which::Last, _) => Some(last),
        (Which::Special, Row::Ascii) => Some('\n'),
        (Which::Special, Row::C2) => Some('\u{301}'),
        (Which::Special, Row::Ee) => Some('\u{feff}'),
        (Which::Quote, Row::Ascii) => Some('"'),
        (Which::Quote, Row::Ee) => Some('\u{fffd}'),
        (Which::Percent, Row::Ascii) => Some('%'),
        (Which::Percent, Row::Ee) => Some('\u{fdd0}'),
        (Which::Special | Which::Quote | Which::Percent, _) => None,
    }
}

impl IllFormed {
    /// The octets of the sequence; none if the reason is UTF-8.
    pub const fn octets(self) -> &'static [u8] {
        match self {
            IllFormed::None => b"",
            IllFormed::Continuation => b"\x80",
            IllFormed::LastContinuation => b"\xbf",
            IllFormed::TwoCut => b"\xc3",
            IllFormed::ThreeCutAfterOne => b"\xe2",
            IllFormed::ThreeCutAfterTwo => b"\xe2\x82",
            IllFormed::FourCutAfterOne => b"\xf0",
            IllFormed::FourCutAfterTwo => b"\xf0\x9f",
            IllFormed::FourCutAfterThree => b"\xf0\x9f\x98",
            IllFormed::OverlongTwo => b"\xc0\xaf",
            IllFormed::OverlongTwoLast => b"\xc1\xbf",
            IllFormed::OverlongThree => b"\xe0\x9f\xbf",
            IllFormed::OverlongFour => b"\xf0\x8f\xbf\xbf",
            IllFormed::OverlongNul => b"\xc0\x80",
            IllFormed::HighSurrogate => b"\xed\xa0\x80",
            IllFormed::LowSurrogate => b"\xed\xbf\xbf",
            IllFormed::SurrogatePair => b"\xed\xa0\xbd\xed\xb8\x80",
            IllFormed::BeyondUnicode => b"\xf4\x90\x80\x80",
            IllFormed::LeadF5 => b"\xf5\x80\x80\x80",
            IllFormed::FiveOctets => b"\xf8\x88\x80\x80\x80",
            IllFormed::SixOctets => b"\xfc\x84\x80\x80\x80\x80",
            IllFormed::LeadFe => b"\xfe",
            IllFormed::LeadFf => b"\xff",
            IllFormed::AfterNul => b"\x00\x80",
        }
    }
}

impl Position {
    /// The offset of the sequence in a reason of `length` octets, if a sequence of `size` octets fits there and is not at
    /// another position already.
    pub const fn offset(self, length: usize, size: usize) -> Option<usize> {
        let Some(last) = length.checked_sub(size) else { return None };
        let offset = match (self, last) {
            (Position::Beginning, _) => 0,
            (Position::Across8, _) => 7,
            (Position::Across16, _) => 15,
            (Position::Across32, _) => 31,
            (Position::Across64, _) => 63,
            (Position::End, 0 | 7 | 15 | 31 | 63) => return None,
            (Position::End, _) => last,
        };
        if offset <= last { Some(offset) } else { None }
    }
}
