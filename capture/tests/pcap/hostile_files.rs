//! Files that are cut anywhere or changed at random: the reader neither panics nor loops.

use wsclose_capture::pcap::{self, PcapOptions};

use crate::real_files::file;
use crate::support::{Random, read};

/// Reads a file. Returns how many packets and connections it has.
fn try_to_read(file: &[u8]) -> (u64, usize) {
    let mut connections = 0;
    let result = pcap::read(file, &PcapOptions::default(), &mut |connection| {
        // Times and sizes can be added up.
        let times: Vec<_> = connection.events.iter().filter_map(|event| event.time).collect();
        assert!(times.is_sorted());
        connections += 1;
    });
    (result.map_or(0, |summary| summary.packets), connections)
}

/// The same packets as pcapng, with the link type of the file.
fn as_pcapng(pcap: &[u8]) -> Vec<u8> {
    let word = |at: usize| u32::from_le_bytes([pcap[at], pcap[at + 1], pcap[at + 2], pcap[at + 3]]);
    let mut file = Vec::new();
    let mut block = |kind: u32, body: &[u8]| {
        let length = (body.len().next_multiple_of(4) + 12) as u32;
        file.extend(kind.to_le_bytes());
        file.extend(length.to_le_bytes());
        file.extend(body);
        file.resize(file.len().next_multiple_of(4), 0);
        file.extend(length.to_le_bytes());
    };
    block(0x0a0d_0d0a, &[&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat());
    block(1, &[&word(20).to_le_bytes()[..], &[0; 4]].concat());
    let mut at = 24;
    while at < pcap.len() {
        let stamp = u64::from(word(at)) * 1_000_000 + u64::from(word(at + 4));
        let numbers = [0, (stamp >> 32) as u32, stamp as u32, word(at + 8), word(at + 12)];
        let end = at + 16 + word(at + 8) as usize;
        block(6, &[&numbers.map(u32::to_le_bytes).concat()[..], &pcap[at + 16..end]].concat());
        at = end;
    }
    file
}

/// The first three sessions of a recording, as pcap and as pcapng.
fn small_files() -> [Vec<u8>; 2] {
    let mut small = file("loopback-ipv4.pcap");
    small.truncate(24);
    let whole = file("loopback-ipv4.pcap");
    let mut at = 24;
    for _ in 0..36 {
        let captured = u32::from_le_bytes([whole[at + 8], whole[at + 9], whole[at + 10], whole[at + 11]]);
        at += 16 + captured as usize;
    }
    small.extend(&whole[24..at]);
    let pcapng = as_pcapng(&small);
    [small, pcapng]
}

#[test]
fn the_same_packets_show_the_same_in_both_formats() {
    let [small, pcapng] = small_files();
    let (connections, summary) = read(&small);
    assert_eq!((connections.len(), summary.packets), (3, 36));
    assert_eq!(read(&pcapng), (connections, summary));
}

#[test]
fn every_prefix_is_read() {
    for file in small_files() {
        let mut packets = 0;
        for length in 0..=file.len() {
            let (now, _) = try_to_read(&file[..length]);
            // A packet more, or the same.
            assert!(now == packets || now == packets + 1, "{length}: {packets}, {now}");
            packets = now;
        }
        assert_eq!(packets, 36);
    }
}

#[test]
fn random_mutations_are_read() {
    let mut random = Random(1);
    let interesting = [0_u32, 1, 12, 0x7fff_ffff, 0x8000_0000, u32::MAX, u32::MAX - 3, 0x0a0d_0d0a, 1 << 24];
    let mut most = 0;
    for file in small_files() {
        for _ in 0..4000 {
            let mut mutated = file.clone();
            for _ in 0..=random.below(8) {
                let at = random.below(mutated.len());
                match random.below(5) {
                    0 => mutated[at] ^= 1 << random.below(8),
                    1 => mutated[at] = random.below(256) as u8,
                    2 => {
                        let number = interesting[random.below(interesting.len())];
                        let number =
                            if random.below(2) == 0 { number.to_le_bytes() } else { number.to_be_bytes() };
                        let end = (at + 4).min(mutated.len());
                        mutated[at..end].copy_from_slice(&number[..end - at]);
                    }
                    3 => {
                        let end = (at + random.below(100)).min(mutated.len());
                        mutated.drain(at..end);
                    }
                    _ => {
                        let end = (at + random.below(200)).min(mutated.len());
                        let copy = mutated[at..end].to_vec();
                        let to = random.below(mutated.len());
                        mutated.splice(to..to, copy);
                    }
                }
                if mutated.is_empty() {
                    break;
                }
            }
            most = most.max(try_to_read(&mutated).1);
        }
    }
    // The mutations change addresses and sequence numbers too.
    assert!(most > 3, "{most}");
}
