//! Measures how fast a large capture is read and judged, next to tshark on the same file, and how much memory it takes.
//!
//! ```sh
//! cargo run --release -p wsclose-benches --bin capture -- [MEGABYTES [CONNECTIONS [OPEN]]]
//! ```
//!
//! Writes a capture of MEGABYTES [default: 100] with CONNECTIONS [default: 1000] to a temporary file. The connections are
//! open at the same time in groups of OPEN [default: 100]. Half of the messages are binary, the others are text. Each program
//! reads the file once. `tshark -q -z io,stat,0` reads the headers, `tshark -Y websocket` also finds the frames. Without tshark, the ratios
//! are left out. The peak of memory is that of Linux (`VmHWM`), of a process that does nothing else.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use comfy_table::Table;
use wsclose::protocol::frame::{self, Header, Opcode};
use wsclose::protocol::role::Role;
use wsclose_capture::pcap::PcapngWriter;
use wsclose_capture::recording::{RecordedConnection, RecordedEvent, RecordedKind};
use wsclose_capture::report::{ConnectionReport, ReportSettings};

/// The payload of a message.
const MESSAGE: usize = 1200;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match &arguments[..] {
        [judge, file] if judge == "judge" => judge_file(Path::new(file)),
        _ => run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            eprintln!("capture: {what}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), String> {
    let mut numbers = arguments.iter().map(|word| {
        let number = word.parse::<usize>().ok().filter(|number| *number > 0);
        number.ok_or_else(|| format!("expected a number of at least 1, found `{word}`"))
    });
    let megabytes = numbers.next().transpose()?.unwrap_or(100);
    let connections = numbers.next().transpose()?.unwrap_or(1000);
    let open = numbers.next().transpose()?.unwrap_or(100).min(connections);
    let mut file =
        tempfile::Builder::new().suffix(".pcapng").tempfile().map_err(|error| error.to_string())?;
    write(file.as_file_mut(), megabytes * 1_000_000 / connections, connections, open)
        .map_err(|error| format!("cannot write the capture: {error}"))?;
    let size = file.as_file().metadata().map_err(|error| error.to_string())?.len();
    println!("{connections} connections, {open} at the same time, {:.1} MB", size as f64 / 1e6);
    let path = file.path();

    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let (judged, output) = timed(Command::new(own).arg("judge").arg(path))?;
    print!("{output}");
    let mut table = Table::new();
    table.set_header(["program", "seconds", "MB per second", "ratio"]);
    let mut row = |name: &str, time: Duration| {
        let seconds = time.as_secs_f64();
        table.add_row([
            name.to_owned(),
            format!("{seconds:.2}"),
            format!("{:.0}", size as f64 / 1e6 / seconds),
            format!("{:.2}", seconds / judged.as_secs_f64()),
        ]);
    };
    row("read and judge", judged);
    for arguments in [&["-q", "-z", "io,stat,0"][..], &["-Y", "websocket"]] {
        match timed(Command::new("tshark").arg("-n").arg("-r").arg(path).args(arguments)) {
            Ok((time, _)) => row(&format!("tshark {}", arguments.join(" ")), time),
            Err(error) => eprintln!("capture: {error}; install tshark for the ratio"),
        }
    }
    println!("{table}");
    Ok(())
}

/// Runs a command. Returns how long it took, and what it printed.
fn timed(command: &mut Command) -> Result<(Duration, String), String> {
    let start = Instant::now();
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    let time = start.elapsed();
    if !output.status.success() {
        return Err(format!("{}: {}", command.get_program().display(), output.status));
    }
    Ok((time, String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// The child process: reads and judges a file as `wsclose judge` does, and prints its peak of memory.
fn judge_file(path: &Path) -> Result<(), String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let (mut reports, mut violations, mut octets) = (0, 0, 0);
    wsclose_capture::read::read(BufReader::new(file), None, &mut |connection| {
        let Some(report) = ConnectionReport::of(&connection, reports + 1, ReportSettings::default()) else {
            return;
        };
        reports += 1;
        violations += report.violations.len();
        octets += report.to_string().len();
    })
    .map_err(|error| error.to_string())?;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).map_or("unknown", str::trim);
    println!("judged {reports}, {violations} violations, {octets} octets of reports; peak of memory {peak}");
    Ok(())
}

/// Writes connections of about so many octets each. The same arguments give the same file.
fn write(out: &mut File, size: usize, connections: usize, open: usize) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    for group in 0..connections.div_ceil(open) {
        let numbers = group * open..connections.min((group + 1) * open);
        let files = numbers.clone().map(|number| {
            let mut writer = PcapngWriter::new(Vec::new(), Duration::from_secs(1_700_000_000))?;
            writer.write(&connection(number, group, size))?;
            writer.finish()
        });
        let files = files.collect::<io::Result<Vec<Vec<u8>>>>()?;
        let mut rests: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
        for (number, rest) in numbers.zip(&mut rests) {
            // Every file begins with a section and an interface. The first are those of all.
            for _ in 0..2 {
                let block = next_block(rest);
                if number == 0 {
                    out.write_all(block)?;
                }
            }
        }
        // The packets of a group take turns.
        while rests.iter().any(|rest| !rest.is_empty()) {
            for rest in rests.iter_mut().filter(|rest| !rest.is_empty()) {
                out.write_all(next_block(rest))?;
            }
        }
    }
    out.flush()
}

/// Takes a block of a pcapng file off the front.
fn next_block<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let length = u32::from_le_bytes([rest[4], rest[5], rest[6], rest[7]]) as usize;
    let (block, behind) = rest.split_at(length);
    *rest = behind;
    block
}

/// A connection on which the client sends messages, the server echoes them, and both close.
fn connection(number: usize, group: usize, size: usize) -> RecordedConnection {
    let start = Duration::from_secs(group as u64);
    let mut events = Vec::new();
    let mut sent = [0_u64; 2];
    let mut push = |from: Role, kind: RecordedKind| {
        let time = start + Duration::from_micros(100 * events.len() as u64);
        let acknowledged = Some(sent[from.peer() as usize]);
        if let RecordedKind::Octets(octets) = &kind {
            sent[from as usize] += octets.len() as u64;
        } else {
            // A FIN counts as an octet.
            sent[from as usize] += 1;
        }
        events.push(RecordedEvent { time: Some(time), acknowledged, ..RecordedEvent::new(from, kind) });
    };
    let request =
        "GET /chat HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    push(Role::Client, RecordedKind::Octets(request.into()));
    let response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    push(Role::Server, RecordedKind::Octets(response.into()));
    let mut state = number as u32;
    for message in 0..size / (2 * MESSAGE) {
        let opcode = if message % 2 == 0 { Opcode::Text } else { Opcode::Binary };
        let payload: Vec<u8> = (0..MESSAGE)
            .map(|_| {
                // A linear congruential generator, as in Numerical Recipes. Letters are valid in a text.
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                b'a' + (state >> 24) as u8 % 26
            })
            .collect();
        push(Role::Client, octets(opcode, &payload, Some(state.to_be_bytes())));
        push(Role::Server, octets(opcode, &payload, None));
    }
    push(Role::Client, octets(Opcode::Close, &[0x03, 0xe8], Some((!state).to_be_bytes())));
    push(Role::Server, octets(Opcode::Close, &[0x03, 0xe8], None));
    push(Role::Server, RecordedKind::Fin);
    push(Role::Client, RecordedKind::Fin);
    let port = 10_000 + number % 50_000;
    RecordedConnection {
        client: format!("10.0.{}.1:{port}", number / 50_000),
        server: "10.1.0.1:80".to_owned(),
        events,
        ..RecordedConnection::default()
    }
}

fn octets(opcode: Opcode, payload: &[u8], mask: Option<[u8; 4]>) -> RecordedKind {
    let mut octets = Vec::new();
    frame::write(&Header::conforming(opcode, payload.len() as u64, mask), payload, &mut octets);
    RecordedKind::Octets(octets)
}
