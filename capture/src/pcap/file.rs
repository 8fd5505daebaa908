//! Reads the packets of pcap and pcapng files.
//!
//! pcap-parser parses the blocks. This file delimits them, so that a block is parsed only when it is complete, and a
//! length that a file claims allocates nothing.

use std::io::{self, Read};

use pcap_parser::nom::Err as NomErr;
use pcap_parser::{Block, PcapHeader};

/// A block that claims more octets is broken. Capture programs write packets of at most 256 KiB.
const MAX_BLOCK: usize = 16 << 20;
/// A packet or a description that claims more octets is broken: pcap-parser lists the options of these blocks.
const MAX_PARSED: usize = 1 << 20;
/// The size of the buffer at the beginning. It doubles while a block does not fit.
const BUFFER: usize = 256 << 10;
/// The type of a pcapng section header, which reads the same in both byte orders.
const SECTION_HEADER: u32 = 0x0a0d_0d0a;

/// Why a capture cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PcapError {
    /// The file begins neither as a pcap nor as a pcapng file does.
    #[error(
        "expected a pcap or pcapng file, found one that begins with {0}; record with tcpdump or Wireshark"
    )]
    NotACapture(String),
    /// The file is compressed.
    #[error("the file is compressed with {0}; decompress it first")]
    Compressed(&'static str),
    /// The format's version is unknown.
    #[error(
        "{format} version {major}.{minor} is not supported; convert the file with `editcap -F pcapng IN OUT`"
    )]
    UnsupportedVersion {
        /// `pcap` or `pcapng`.
        format: &'static str,
        /// The major version that the file names.
        major: u16,
        /// The minor version that the file names.
        minor: u16,
    },
    /// Reading failed.
    #[error("reading the capture failed: {0}")]
    Io(#[from] io::Error),
}

/// How a capture file ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileEnd {
    /// After a complete packet or block.
    #[default]
    Complete,
    /// Within a packet or block, as if the recording program was killed. Everything before was read.
    Truncated,
    /// A block's length or contents are impossible. Everything before was read.
    Broken,
}

/// A packet as a file has it.
pub(super) struct RawPacket<'a> {
    /// The link type, a number of <https://www.tcpdump.org/linktypes.html>.
    pub link: u32,
    /// Nanoseconds since the Unix epoch.
    pub time: Option<i128>,
    /// The number of octets that the packet had on the wire.
    pub original: usize,
    /// The octets that the file has of it.
    pub data: &'a [u8],
}

/// What a file contains, in order.
pub(super) enum Record<'a> {
    /// A packet.
    Packet(RawPacket<'a>),
    /// A packet whose block contradicts itself, or names an interface that the file does not describe.
    BrokenPacket,
    /// Secrets that decrypt TLS.
    Secrets,
}

/// Calls `each` for every record of a file.
pub(super) fn records(input: impl Read, each: &mut dyn FnMut(Record<'_>)) -> Result<FileEnd, PcapError> {
    let mut input = Input::new(input);
    input.require(4)?;
    match *input.data() {
        [0x0a, 0x0d, 0x0d, 0x0a, ..] => pcapng(&mut input, each),
        [0xa1, 0xb2, 0xc3, 0xd4, ..]
        | [0xd4, 0xc3, 0xb2, 0xa1, ..]
        | [0xa1, 0xb2, 0x3c, 0x4d, ..]
        | [0x4d, 0x3c, 0xb2, 0xa1, ..]
        | [0x34, 0xcd, 0xb2, 0xa1, ..] => pcap(&mut input, each),
        [0x1f, 0x8b, ..] => Err(PcapError::Compressed("gzip")),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Err(PcapError::Compressed("zstd")),
        [0x04, 0x22, 0x4d, 0x18, ..] => Err(PcapError::Compressed("lz4")),
        [] => Err(PcapError::NotACapture("its end: the file is empty".to_owned())),
        ref other => {
            let octets: Vec<String> = other.iter().take(4).map(|octet| format!("{octet:02x}")).collect();
            Err(PcapError::NotACapture(format!("the octets {}", octets.join(" "))))
        }
    }
}

fn pcap<R: Read>(input: &mut Input<R>, each: &mut dyn FnMut(Record<'_>)) -> Result<FileEnd, PcapError> {
    if !input.require(24)? {
        return Ok(FileEnd::Truncated);
    }
    let Ok((_, header)) = pcap_parser::parse_pcap_header(input.data()) else {
        return Ok(FileEnd::Broken);
    };
    if header.version_major != 2 {
        let (major, minor) = (header.version_major, header.version_minor);
        return Err(PcapError::UnsupportedVersion { format: "pcap", major, minor });
    }
    input.consume(24);
    // The upper bits tell the length of the frame check sequence.
    let link = header.network.0.cast_unsigned() & 0x03ff_ffff;
    let (head, parse) = pcap_frames(&header);
    let nanos_each = if header.is_nanosecond_precision() { 1 } else { 1000 };
    loop {
        if !input.require(head)? {
            return Ok(if input.data().is_empty() { FileEnd::Complete } else { FileEnd::Truncated });
        }
        let captured = u32_at(input.data(), 8, header.is_bigendian()) as usize;
        if captured > MAX_BLOCK {
            return Ok(FileEnd::Broken);
        }
        if !input.require(head + captured)? {
            return Ok(FileEnd::Truncated);
        }
        let Ok((_, frame)) = parse(&input.data()[..head + captured]) else {
            return Ok(FileEnd::Broken);
        };
        let time = i128::from(frame.ts_sec) * 1_000_000_000 + i128::from(frame.ts_usec) * nanos_each;
        let original = (frame.origlen as usize).max(captured);
        each(Record::Packet(RawPacket { link, time: Some(time), original, data: frame.data }));
        input.consume(head + captured);
    }
}

type ParseFrame =
    fn(
        &[u8],
    )
        -> pcap_parser::nom::IResult<&[u8], pcap_parser::LegacyPcapBlock<'_>, pcap_parser::PcapError<&[u8]>>;

/// The length of the header of each packet, and what parses it.
fn pcap_frames(header: &PcapHeader) -> (usize, ParseFrame) {
    if header.is_modified_format() {
        (24, pcap_parser::parse_pcap_frame_modified)
    } else if header.is_bigendian() {
        (16, pcap_parser::parse_pcap_frame_be)
    } else {
        (16, pcap_parser::parse_pcap_frame)
    }
}

/// What a pcapng section says of an interface.
struct Interface {
    link: u32,
    /// The most octets that are recorded of a packet. 0: no limit.
    snap_length: u32,
    /// Time stamps are in units of `1 / units` seconds. `None`: the file names a resolution that no clock has.
    units: Option<u64>,
    /// Seconds to add to time stamps.
    offset: i64,
}

impl Interface {
    fn new(block: &pcap_parser::InterfaceDescriptionBlock<'_>, big_endian: bool) -> Interface {
        // pcap-parser 0.17 rejects every binary resolution and reads the offset in one byte order only.
        let exponent = block.if_tsresol & 0x7f;
        let units = if block.if_tsresol & 0x80 == 0 {
            10_u64.checked_pow(u32::from(exponent))
        } else {
            1_u64.checked_shl(u32::from(exponent))
        };
        let offset = if big_endian { block.if_tsoffset.swap_bytes() } else { block.if_tsoffset };
        Interface {
            link: block.linktype.0.cast_unsigned() & 0xffff,
            snap_length: block.snaplen,
            units,
            offset,
        }
    }

    fn time(&self, high: u32, low: u32) -> Option<i128> {
        let stamp = (i128::from(high) << 32) | i128::from(low);
        let units = i128::from(self.units?);
        // A product of a 64-bit number and 10^9 fits.
        Some(stamp * 1_000_000_000 / units + i128::from(self.offset) * 1_000_000_000)
    }
}

fn pcapng<R: Read>(input: &mut Input<R>, each: &mut dyn FnMut(Record<'_>)) -> Result<FileEnd, PcapError> {
    let mut big_endian = false;
    let mut interfaces: Vec<Interface> = Vec::new();
    let mut first = true;
    loop {
        if !input.require(12)? {
            return Ok(if input.data().is_empty() { FileEnd::Complete } else { FileEnd::Truncated });
        }
        if u32_at(input.data(), 0, false) == SECTION_HEADER {
            big_endian = match input.data()[8..12] {
                [0x1a, 0x2b, 0x3c, 0x4d] => true,
                [0x4d, 0x3c, 0x2b, 0x1a] => false,
                _ => return Ok(FileEnd::Broken),
            };
            interfaces.clear();
        }
        let length = u32_at(input.data(), 4, big_endian) as usize;
        if !(12..=MAX_BLOCK).contains(&length) {
            return Ok(FileEnd::Broken);
        }
        if !input.require(length)? {
            return Ok(FileEnd::Truncated);
        }
        let block = &input.data()[..length];
        match block_record(block, big_endian, &mut interfaces) {
            Parsed::Record(record) => each(record),
            Parsed::Nothing => {}
            Parsed::Version(major, minor) if first => {
                return Err(PcapError::UnsupportedVersion { format: "pcapng", major, minor });
            }
            Parsed::Version(..) | Parsed::Broken => return Ok(FileEnd::Broken),
        }
        first = false;
        input.consume(length);
    }
}

/// What a block of a pcapng file contains.
enum Parsed<'a> {
    Record(Record<'a>),
    /// Nothing of interest: statistics, names, comments.
    Nothing,
    /// A section of a version that this reader does not support.
    Version(u16, u16),
    /// A section or an interface that cannot be read, without which the blocks behind it cannot be read either.
    Broken,
}

fn block_record<'a>(block: &'a [u8], big_endian: bool, interfaces: &mut Vec<Interface>) -> Parsed<'a> {
    let kind = u32_at(block, 0, big_endian);
    let is_packet = matches!(kind, 2 | 3 | 6);
    match kind {
        // The old packet block, which pcap-parser does not parse.
        2 => return Parsed::Record(old_packet(block, big_endian, interfaces)),
        1 | 3 | 6 | SECTION_HEADER => {}
        10 => return Parsed::Record(Record::Secrets),
        _ => return Parsed::Nothing,
    }
    if block.len() > MAX_PARSED {
        return if is_packet { Parsed::Record(Record::BrokenPacket) } else { Parsed::Broken };
    }
    let parse = if big_endian { pcap_parser::parse_block_be } else { pcap_parser::parse_block_le };
    match parse(block) {
        Ok((_, Block::SectionHeader(section))) => match (section.major_version, section.minor_version) {
            (1, _) => Parsed::Nothing,
            (major, minor) => Parsed::Version(major, minor),
        },
        Ok((_, Block::InterfaceDescription(interface))) => {
            interfaces.push(Interface::new(&interface, big_endian));
            Parsed::Nothing
        }
        Ok((_, Block::EnhancedPacket(packet))) => {
            let Some(interface) = interfaces.get(packet.if_id as usize) else {
                return Parsed::Record(Record::BrokenPacket);
            };
            let captured = packet.caplen as usize;
            Parsed::Record(Record::Packet(RawPacket {
                link: interface.link,
                time: interface.time(packet.ts_high, packet.ts_low),
                original: (packet.origlen as usize).max(captured),
                data: packet.data.get(..captured).unwrap_or(packet.data),
            }))
        }
        Ok((_, Block::SimplePacket(packet))) => {
            let Some(interface) = interfaces.first() else {
                return Parsed::Record(Record::BrokenPacket);
            };
            // The block has no length of its own for what was captured: the padding is cut off by these two.
            let mut captured = packet.data.len().min(packet.origlen as usize);
            if interface.snap_length > 0 {
                captured = captured.min(interface.snap_length as usize);
            }
            Parsed::Record(Record::Packet(RawPacket {
                link: interface.link,
                time: None,
                original: packet.origlen as usize,
                data: &packet.data[..captured],
            }))
        }
        Ok(_) => Parsed::Nothing,
        // The block is complete: to require more of it means that it contradicts itself.
        Err(NomErr::Incomplete(_) | NomErr::Error(_) | NomErr::Failure(_)) if is_packet => {
            Parsed::Record(Record::BrokenPacket)
        }
        Err(NomErr::Incomplete(_) | NomErr::Error(_) | NomErr::Failure(_)) => Parsed::Broken,
    }
}

/// Reads the packet block that pcapng had before the enhanced one.
fn old_packet<'a>(block: &'a [u8], big_endian: bool, interfaces: &[Interface]) -> Record<'a> {
    if block.len() < 32 {
        return Record::BrokenPacket;
    }
    let id = if big_endian {
        u16::from_be_bytes([block[8], block[9]])
    } else {
        u16::from_le_bytes([block[8], block[9]])
    };
    let number = |at| u32_at(block, at, big_endian);
    let captured = number(20) as usize;
    match (interfaces.get(usize::from(id)), block[28..block.len() - 4].get(..captured)) {
        (Some(interface), Some(data)) => Record::Packet(RawPacket {
            link: interface.link,
            time: interface.time(number(12), number(16)),
            original: (number(24) as usize).max(captured),
            data,
        }),
        (None, _) | (_, None) => Record::BrokenPacket,
    }
}

/// The number at a place that the caller has checked to be there.
fn u32_at(data: &[u8], at: usize, big_endian: bool) -> u32 {
    let octets = [data[at], data[at + 1], data[at + 2], data[at + 3]];
    if big_endian { u32::from_be_bytes(octets) } else { u32::from_le_bytes(octets) }
}

/// A buffer over a reader.
struct Input<R> {
    reader: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl<R: Read> Input<R> {
    fn new(reader: R) -> Input<R> {
        Input { reader, buffer: vec![0; BUFFER], start: 0, end: 0 }
    }

    /// What has been read and not been consumed.
    fn data(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    fn consume(&mut self, octets: usize) {
        self.start += octets;
    }

    /// Reads until `octets` are there. False at the end of the file.
    ///
    /// The buffer at most doubles what the file really has.
    fn require(&mut self, octets: usize) -> io::Result<bool> {
        while self.end - self.start < octets {
            if self.end == self.buffer.len() {
                if self.start > 0 {
                    self.buffer.copy_within(self.start..self.end, 0);
                    self.end -= self.start;
                    self.start = 0;
                } else {
                    self.buffer.resize(self.buffer.len() * 2, 0);
                }
            }
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => return Ok(false),
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}
