//! Runs `wsclose` in the background, so that clients can connect to it or its memory can be measured.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use super::{RunOutput, bad_clients};

/// The longest time that a run may take to end.
const BOUND: Duration = Duration::from_secs(60);

/// A run of `wsclose` in the background.
pub struct WscloseProcess {
    child: Child,
    out: Option<BufReader<std::process::ChildStdout>>,
    url: String,
}

impl WscloseProcess {
    /// Starts `wsclose serve` on a free port and waits until it listens.
    pub fn serve(args: &[&str]) -> WscloseProcess {
        WscloseProcess::listening(&[&["serve", "--listen", "127.0.0.1:0"], args].concat())
    }

    /// Starts `wsclose` with these arguments, and waits until it prints the URL on which it listens.
    pub fn listening(args: &[&str]) -> WscloseProcess {
        let mut process = WscloseProcess::spawn(args);
        let mut line = String::new();
        process.out.as_mut().expect("a pipe").read_line(&mut line).expect("a line");
        let listening = line.strip_prefix("listening on ").and_then(|rest| rest.split(',').next());
        listening.expect("the URL on which it listens").clone_into(&mut process.url);
        process
    }

    /// Starts `wsclose` with these arguments.
    pub fn spawn(args: &[&str]) -> WscloseProcess {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wsclose"))
            .args(args)
            .env_remove("RUST_BACKTRACE")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a started process");
        let out = child.stdout.take().map(BufReader::new);
        WscloseProcess { child, out, url: String::new() }
    }

    /// Waits until it prints a line that contains `text`. Returns that line and those before it.
    pub fn read_until(&mut self, text: &str) -> String {
        let (sender, read) = channel();
        let (mut out, wanted) = (self.out.take().expect("a pipe"), text.to_owned());
        std::thread::spawn(move || {
            let mut lines = String::new();
            let mut begin = 0;
            while !lines[begin..].contains(&wanted) {
                begin = lines.len();
                if out.read_line(&mut lines).expect("text") == 0 {
                    break;
                }
            }
            let _ = sender.send((out, lines));
        });
        let (out, lines) = read.recv_timeout(BOUND).unwrap_or_else(|_| panic!("no line with `{text}`"));
        assert!(lines.contains(text), "expected a line with `{text}`: {lines}");
        self.out = Some(out);
        lines
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The peak of its resident memory in KiB, as Linux reports it; 0 on other systems.
    pub fn peak_memory_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak.map_or(0, |peak| peak.trim().trim_end_matches(" kB").parse().expect("a number"))
    }

    /// The HTTP response to a request for a path that `wsclose` rejects.
    pub fn rejection(&self, path: &str) -> String {
        let address = self.url.trim_start_matches("ws://");
        let mut tcp = TcpStream::connect(address).expect("a connection");
        tcp.write_all(&bad_clients::request(address, &format!("/{path}"))).expect("a sent request");
        let mut response = String::new();
        tcp.read_to_string(&mut response).expect("a response");
        response
    }

    /// Interrupts it, as Ctrl-C does, and waits for its end.
    pub fn interrupt(self) -> RunOutput {
        self.signal("INT");
        self.wait()
    }

    /// Sends it a signal.
    pub fn signal(&self, name: &str) {
        let status = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.child.id())]).status();
        assert!(status.expect("a shell").success());
    }

    /// Waits for its end and returns its output.
    pub fn wait(self) -> RunOutput {
        self.wait_with_peak_memory().0
    }

    /// Waits for its end and returns its output and its peak memory in KiB.
    pub fn wait_with_peak_memory(mut self) -> (RunOutput, u64) {
        let (begun, mut memory) = (Instant::now(), 0);
        // The process would block on a full pipe, so two threads read the output.
        let (mut out, mut err) =
            (self.out.take().expect("a pipe"), self.child.stderr.take().expect("a pipe"));
        let out = std::thread::spawn(move || {
            let mut text = String::new();
            out.read_to_string(&mut text).map(|_| text)
        });
        let err = std::thread::spawn(move || {
            let mut text = String::new();
            err.read_to_string(&mut text).map(|_| text)
        });
        while self.child.try_wait().expect("the state of the process").is_none() {
            memory = memory.max(self.peak_memory_kib());
            assert!(begun.elapsed() < BOUND, "expected the run to end within {BOUND:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
        let text = |thread: std::thread::JoinHandle<std::io::Result<String>>| {
            thread.join().expect("a reader").expect("text")
        };
        let code = self.child.wait().expect("an exit status").code();
        (RunOutput { code, out: text(out), err: text(err) }, memory)
    }
}

impl Drop for WscloseProcess {
    fn drop(&mut self) {
        // Both calls fail if the process has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
