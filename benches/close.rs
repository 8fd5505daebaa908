//! Measures how long a server takes to decode and validate one masked Close.
//!
//! The first line is wsclose's decoder (header, mask, body, code). tungstenite and Boost.Beast offer no decoder of a
//! Close alone, so their lines measure a connection that reads the Close and replies. The line of the model measures
//! the same. Compare the lines of one run only: the speed of a machine differs between runs.

use std::hint::black_box;
use std::io::{self, Read, Write};

use criterion::{BenchmarkId, Criterion, Throughput};
use tungstenite::protocol::{Role as TungsteniteRole, WebSocket};
use wsclose::harness::{Recorder, Stimulus, Subject};
use wsclose::model::endpoint::Model;
use wsclose::protocol::close::{self, CloseBody};
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::frame::{self, Header, Opcode, Status};
use wsclose::protocol::role::Role;

/// Three Close frames: no body, the longest ASCII reason, and a long reason of four-octet characters.
fn close_frames() -> [(&'static str, Vec<u8>); 3] {
    let close = |reason: Option<String>| {
        let body =
            reason.map_or(Vec::new(), |reason| [&CloseCode::NORMAL.to_octets(), reason.as_bytes()].concat());
        let mut octets = Vec::new();
        let header = Header::conforming(Opcode::Close, body.len() as u64, Some([0x37, 0xfa, 0x21, 0x3d]));
        frame::write(&header, &body, &mut octets);
        octets
    };
    [
        ("empty", close(None)),
        ("123 octets of ASCII", close(Some("r".repeat(123)))),
        ("120 octets of four-octet characters", close(Some("👋".repeat(30)))),
    ]
}

/// Decodes the octets of one Close as a server; returns the code, or `None` for an invalid Close.
fn decode_and_validate(octets: &[u8], body: &mut [u8; 125]) -> Option<CloseCode> {
    let Status::Complete(header, used) = Header::decode(octets) else { return None };
    if !header.flaws(Role::Client).is_empty() {
        return None;
    }
    let payload = &octets[used..];
    let body = &mut body[..payload.len()];
    body.copy_from_slice(payload);
    frame::mask(header.mask?, 0, body);
    let code = CloseBody::parse(body).ok()?.code().unwrap_or(CloseCode::NO_STATUS);
    match code {
        CloseCode::NO_STATUS => Some(code),
        code => close::code_flaw(code, Profile::Iana).is_none().then_some(code),
    }
}

struct Stream<'a> {
    input: &'a [u8],
    written: Vec<u8>,
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.input.read(buffer)
    }
}

impl Write for Stream<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.written.extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn tungstenite_session(octets: &[u8]) -> Vec<u8> {
    let stream = Stream { input: octets, written: Vec::new() };
    let mut socket = WebSocket::from_raw_socket(stream, TungsteniteRole::Server, None);
    while socket.read().is_ok() {}
    std::mem::take(&mut socket.get_mut().written)
}

fn session(subject: &mut dyn Subject, octets: &[u8], recorder: &mut Recorder) -> usize {
    recorder.clear();
    recorder.connected(None);
    subject.connect(Role::Server, recorder);
    subject.react(Stimulus::Octets(octets), recorder);
    recorder.events().len()
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("one masked Close");
    for (name, octets) in &close_frames() {
        group.throughput(Throughput::Bytes(octets.len() as u64));
        let mut body = [0; 125];
        group.bench_with_input(
            BenchmarkId::new("wsclose, decode and validate", name),
            octets,
            |bencher, octets| {
                bencher.iter(|| decode_and_validate(black_box(octets), &mut body));
            },
        );
        let mut recorder = Recorder::new();
        let mut model = Model::new(Profile::Iana);
        group.bench_with_input(
            BenchmarkId::new("wsclose, the model's connection", name),
            octets,
            |bencher, octets| {
                bencher.iter(|| session(&mut model, black_box(octets), &mut recorder));
            },
        );
        group.bench_with_input(
            BenchmarkId::new("tungstenite, a connection", name),
            octets,
            |bencher, octets| {
                bencher.iter(|| tungstenite_session(black_box(octets)));
            },
        );
        match wsclose_implementations::by_name("beast") {
            Some(mut beast) => {
                group.bench_with_input(
                    BenchmarkId::new("Boost.Beast, a connection", name),
                    octets,
                    |bencher, octets| {
                        bencher.iter(|| session(beast.as_mut(), black_box(octets), &mut recorder));
                    },
                );
            }
            None => eprintln!("Boost.Beast: not built; install libboost1.81-dev"),
        }
    }
    group.finish();
    criterion.final_summary();
}
