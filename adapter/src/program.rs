//! Runs a program that uses a library, as a [`Subject`].
//!
//! A [`LibraryProgram`] uses its library as the library's documentation describes. [`ProgramSubject`] polls it after
//! each stimulus until it is idle, without a runtime.

use std::any::Any;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use wsclose::harness::{Recorder, Stimulus, Subject};
use wsclose::protocol::role::Role;
use wsclose::rules::Capabilities;
use wsclose::suite::Suite;

use crate::connection::{
    AppHandle, CallBudgetExceeded, ConnectionState, Request, SharedConnection, Transport, lock,
};
use crate::panic::{catch, install_filtered_hook};

/// The most times that a program may wake itself between two stimuli.
const MAX_WAKEUPS: usize = 1 << 12;

/// A program that serves one connection with a library.
pub trait LibraryProgram {
    /// The name of the subject.
    const NAME: &'static str;

    /// What the library does itself in this role. The judge does not apply rules that depend on anything else.
    fn capabilities(role: Role) -> Capabilities;

    /// Serves one connection after its opening handshake, and returns when the program is finished.
    ///
    /// TCP closes when the program drops `transport`, at the latest when this returns.
    fn run(role: Role, transport: Transport, app: AppHandle) -> impl Future<Output = ()> + 'static;

    /// The suite of the program, in both roles.
    ///
    /// Calls [`install_filtered_hook`], because a panic of the program is a finding and needs no other output.
    fn suite() -> Suite
    where
        Self: Sized + 'static,
    {
        install_filtered_hook();
        Suite::new(ProgramSubject::<Self>::new)
    }
}

/// Records that a program was woken.
#[derive(Default)]
struct WakeFlag(AtomicBool);

impl Wake for WakeFlag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs a program as a subject.
pub struct ProgramSubject<P> {
    program: PhantomData<fn() -> P>,
    connection: SharedConnection,
    woken: Arc<WakeFlag>,
    waker: Waker,
    /// `None` once the program has returned or panicked.
    running: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

impl<P> std::fmt::Debug for ProgramSubject<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProgramSubject")
            .field("connection", &self.connection)
            .field("running", &self.running.is_some())
            .finish_non_exhaustive()
    }
}

impl<P: LibraryProgram> ProgramSubject<P> {
    /// Returns a subject without a connection.
    pub fn new() -> ProgramSubject<P> {
        let woken = Arc::new(WakeFlag::default());
        let waker = Waker::from(Arc::clone(&woken));
        ProgramSubject {
            program: PhantomData,
            connection: SharedConnection::default(),
            woken,
            waker,
            running: None,
        }
    }

    /// Polls the program until only another stimulus can wake it.
    fn poll_until_idle(&mut self) {
        for _ in 0..MAX_WAKEUPS {
            let Some(running) = &mut self.running else { return };
            self.woken.0.store(false, Ordering::Relaxed);
            let mut cx = Context::from_waker(&self.waker);
            let polled = catch(|| running.as_mut().poll(&mut cx));
            match polled {
                Ok(Poll::Pending) if self.woken.0.load(Ordering::Relaxed) => {}
                Ok(Poll::Pending) => return,
                Ok(Poll::Ready(())) => return self.drop_program(),
                Err(panic) => {
                    self.record_panic(&*panic);
                    return self.drop_program();
                }
            }
        }
        lock(&self.connection).recorder().hung();
        self.drop_program();
    }

    fn record_panic(&self, panic: &(dyn Any + Send)) {
        let mut connection = lock(&self.connection);
        if panic.is::<CallBudgetExceeded>() {
            connection.recorder().hung();
        } else {
            connection.recorder().panicked(panic_message(panic));
        }
    }

    /// Drops the program and its connection.
    fn drop_program(&mut self) {
        let Some(running) = self.running.take() else { return };
        lock(&self.connection).wake_all();
        if let Err(panic) = catch(|| drop(running)) {
            self.record_panic(&*panic);
        }
        lock(&self.connection).recorder().fin();
    }
}

impl<P: LibraryProgram> Default for ProgramSubject<P> {
    fn default() -> Self {
        ProgramSubject::new()
    }
}

impl<P: LibraryProgram> Subject for ProgramSubject<P> {
    fn name(&self) -> &str {
        P::NAME
    }

    fn capabilities(&self, role: Role) -> Capabilities {
        P::capabilities(role)
    }

    fn connect(&mut self, role: Role, out: &mut Recorder) {
        // The recorder that this call was given does not record how the last connection ends.
        self.drop_program();
        self.connection = SharedConnection::default();
        let (transport, app) =
            (Transport(Arc::clone(&self.connection)), AppHandle(Arc::clone(&self.connection)));
        self.with_recorder(out, |subject| {
            // A library may panic before it first waits.
            match catch(|| Box::pin(P::run(role, transport, app))) {
                Ok(running) => {
                    subject.running = Some(running);
                    subject.poll_until_idle();
                }
                Err(panic) => subject.record_panic(&*panic),
            }
        });
    }

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
        if self.running.is_none() {
            return;
        }
        self.with_recorder(out, |subject| {
            subject.deliver(stimulus);
            subject.poll_until_idle();
        });
    }
}

impl<P: LibraryProgram> ProgramSubject<P> {
    /// Calls `act` while `out` records the events of the connection.
    fn with_recorder(&mut self, out: &mut Recorder, act: impl FnOnce(&mut Self)) {
        std::mem::swap(&mut lock(&self.connection).out, out);
        lock(&self.connection).wake_all();
        act(self);
        let mut connection = lock(&self.connection);
        connection.recorder();
        std::mem::swap(&mut connection.out, out);
    }

    fn deliver(&self, stimulus: Stimulus<'_>) {
        let mut connection = lock(&self.connection);
        let ConnectionState { stream, requests, paused, .. } = &mut *connection;
        match stimulus {
            Stimulus::Octets(octets) => stream.receive(octets),
            Stimulus::Fin => stream.peer_fin(),
            Stimulus::Reset => stream.peer_reset(),
            Stimulus::PeerGone(writes) => stream.peer_gone(writes),
            Stimulus::PeerPause => stream.set_peer_reads(false),
            Stimulus::PeerResume => stream.set_peer_reads(true),
            Stimulus::Close { code, reason } => {
                requests.push_back(Request::Close { code, reason: reason.to_owned() });
            }
            Stimulus::Send { kind, payload } => {
                requests.push_back(Request::Send { kind, payload: payload.to_owned() });
            }
            Stimulus::Pause => *paused = true,
            Stimulus::Resume => *paused = false,
            Stimulus::Tick => {}
        }
        connection.wake_all();
    }
}

/// Runs two halves of a program concurrently until one completes.
///
/// For a library with separate halves for reading and writing: neither half is dropped while it waits.
pub async fn join_first(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    std::future::poll_fn(|cx| match one.as_mut().poll(cx) {
        Poll::Pending => other.as_mut().poll(cx),
        done => done,
    })
    .await;
}

/// Runs a program in the context of a tokio runtime, which some libraries need for their timers.
///
/// Nothing drives the runtime, so its timers never fire.
#[cfg(feature = "tokio")]
pub async fn within_tokio(program: impl Future<Output = ()>) {
    static RUNTIME: std::sync::LazyLock<tokio::runtime::Runtime> = std::sync::LazyLock::new(|| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().build().expect("a runtime without I/O needs no system resources")
    });
    let mut program = pin!(program);
    std::future::poll_fn(|cx| {
        // Entered for each poll: programs interleave, and guards of a runtime must be dropped in reverse order.
        let _inside = RUNTIME.enter();
        program.as_mut().poll(cx)
    })
    .await;
}

/// The message of a panic, or `not text`.
pub fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("not text")
}

#[cfg(feature = "tokio")]
#[cfg(test)]
mod tests {
    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
    use wsclose::Harness;
    use wsclose::harness::Driver;
    use wsclose::protocol::code::Profile;
    use wsclose::rules::Rule;
    use wsclose::script::{MessageKind, ScriptBuf};

    use super::*;
    use crate::connection::Next;

    /// Writes back what it reads, and what the application sends. `p` makes it panic; `s` and `w` make it hang.
    struct Echo;

    async fn read(transport: &mut Transport) -> std::io::Result<Vec<u8>> {
        let mut octets = [0; 16];
        let mut buffer = ReadBuf::new(&mut octets);
        std::future::poll_fn(|cx| Pin::new(&mut *transport).poll_read(cx, &mut buffer)).await?;
        Ok(buffer.filled().to_vec())
    }

    async fn write(transport: &mut Transport, octets: &[u8]) -> std::io::Result<usize> {
        std::future::poll_fn(|cx| Pin::new(&mut *transport).poll_write(cx, octets)).await
    }

    impl LibraryProgram for Echo {
        const NAME: &'static str = "echo";

        fn capabilities(_role: Role) -> Capabilities {
            Capabilities::ALL
        }

        async fn run(_role: Role, mut transport: Transport, app: AppHandle) {
            loop {
                match app.next(read(&mut transport)).await {
                    Next::Request(Request::Send { payload, .. }) => {
                        let written = write(&mut transport, &payload).await;
                        app.request_result(&written);
                    }
                    Next::Request(Request::Close { .. }) => return,
                    Next::Read(Ok(octets)) => match octets.as_slice() {
                        [] => return,
                        b"p" => panic!("on purpose"),
                        b"s" => loop {
                            let _ = std::io::Write::write(&mut transport, b"");
                        },
                        b"w" => {
                            std::future::poll_fn(|cx| {
                                cx.waker().wake_by_ref();
                                Poll::<()>::Pending
                            })
                            .await;
                        }
                        _ => {
                            app.message(MessageKind::Binary, &octets);
                            write(&mut transport, &octets).await.expect("the peer reads");
                        }
                    },
                    Next::Read(Err(error)) => {
                        app.error_reported(error);
                        return;
                    }
                }
            }
        }
    }

    /// Reads in one half and handles requests in the other, with a timer that needs a runtime.
    struct Halves;

    impl LibraryProgram for Halves {
        const NAME: &'static str = "halves";

        fn capabilities(_role: Role) -> Capabilities {
            Capabilities::ALL
        }

        async fn run(_role: Role, mut transport: Transport, app: AppHandle) {
            let requests = async {
                loop {
                    app.next_request().await;
                    let timer = tokio::time::sleep(std::time::Duration::from_secs(1));
                    app.request_result(&Ok::<_, String>(timer));
                }
            };
            let read = async {
                loop {
                    match app.read_unless_paused(read(&mut transport)).await.expect("the peer does not reset")
                    {
                        octets if octets.is_empty() => return,
                        octets => app.message(MessageKind::Binary, &octets),
                    }
                }
            };
            within_tokio(join_first(requests, read)).await;
        }
    }

    /// Sends a Close, shuts down writing, and reads until the peer's FIN. If the application closes with a code, it
    /// drops the connection instead.
    struct HalfCloser;

    impl LibraryProgram for HalfCloser {
        const NAME: &'static str = "half closer";

        fn capabilities(_role: Role) -> Capabilities {
            Capabilities::ALL
        }

        async fn run(_role: Role, mut transport: Transport, app: AppHandle) {
            let Request::Close { code, .. } = app.next_request().await else { return };
            write(&mut transport, &[0x88, 0]).await.expect("the peer reads");
            app.request_result(&transport.shutdown());
            if code.is_some() {
                return;
            }
            loop {
                match read(&mut transport).await.expect("the peer does not reset") {
                    octets if octets.is_empty() => return,
                    octets if octets.starts_with(&[0x88, 0x80]) => app.reported(None, Some(""), Some(true)),
                    octets => panic!("{octets:02x?}"),
                }
            }
        }
    }

    #[test]
    fn write_shutdown_keeps_reading_and_violates_nothing() {
        let (timeline, violated) = timeline_and_violations::<HalfCloser>("app close\n> close\n> fin\n");
        insta::assert_snapshot!(timeline, @r#"
        0  |  app closes
        0  <  CLOSE                                    88 00
        0  <  FIN (write side closed)
        0  >  CLOSE masked                             88 80 37fa213d
        0  |  app reported: closed without a code "", clean
        0  >  FIN
        0  |  read side closed
        "#);
        assert_eq!(violated, []);
        let (timeline, violated) = timeline_and_violations::<HalfCloser>("app close 1000\n> close\n");
        insta::assert_snapshot!(timeline, @r#"
        0  |  app closes 1000 ""
        0  <  CLOSE                                    88 00
        0  <  FIN
        0  |  not delivered because TCP is closed: 6 octets
        "#);
        assert_eq!(violated, [Rule::RequestedCodeSent, Rule::WaitsForAnswer, Rule::Reports1006]);
    }

    #[test]
    fn joined_halves_wait_separately_and_end_together() {
        let script = "app pause\n> octets 6162\napp send binary\napp resume\n> fin\napp send binary\n";
        let timeline = play_on::<Halves>(script);
        insta::assert_snapshot!(timeline, @r#"
        0  |  app stops reading
        0  >  TEXT fin=0 rsv=6 claims 98 …             61 62
        0  |  app sends binary ""
        0  |  app resumes reading
        0  |  app received: binary "ab"
        0  >  FIN
        0  <  FIN
        0  |  app sends binary ""
        "#);
    }

    #[test]
    fn programs_within_tokio_interleave_and_end_in_any_order() {
        let (mut out, mut first) = (Recorder::new(), ProgramSubject::<Halves>::new());
        first.connect(Role::Server, &mut out);
        let mut second = ProgramSubject::<Halves>::new();
        second.connect(Role::Server, &mut out);
        first.react(Stimulus::Octets(b"ab"), &mut out);
        first.react(Stimulus::Fin, &mut out);
        assert!(out.is_closed(), "{:?}", out.events());
        second.react(Stimulus::Close { code: None, reason: "" }, &mut out);
        drop(first);
        second.react(Stimulus::Fin, &mut out);
    }

    fn timeline_and_violations<P: LibraryProgram>(script: &str) -> (String, Vec<Rule>) {
        let script =
            ScriptBuf::read(format!("wsclose 1\nrole server\n{script}").as_bytes()).expect("a script");
        let mut harness = Harness::new(Profile::default());
        let played = harness.play(script.as_script(), &mut ProgramSubject::<P>::new());
        (played.trace.to_string(), played.findings.iter().map(|finding| finding.rule).collect())
    }

    fn play(script: &str) -> String {
        play_on::<Echo>(script)
    }

    fn play_on<P: LibraryProgram>(script: &str) -> String {
        let script =
            ScriptBuf::read(format!("wsclose 1\nrole server\n{script}").as_bytes()).expect("a script");
        let mut subject = ProgramSubject::<P>::new();
        let mut driver = Driver::new();
        driver.drive(script.as_script(), &mut subject);
        driver.drive(script.as_script(), &mut subject).to_string()
    }

    #[test]
    fn program_runs_until_idle_and_events_stay_in_order() {
        let timeline = play("> octets 6162\napp send binary \"cd\"\n> fin\n");
        insta::assert_snapshot!(timeline, @r#"
        0  >  TEXT fin=0 rsv=6 claims 98 …             61 62
        0  |  app received: binary "ab"
        0  <  TEXT fin=0 rsv=6 claims 98 …             61 62
        0  |  app sends binary "cd"
        0  <  … 2 octets
        0  >  FIN
        0  <  FIN
        "#);
    }

    #[test]
    fn paused_application_reads_nothing_and_handles_requests() {
        let timeline = play("app pause\n> octets 6162\napp send binary \"cd\"\napp resume\napp close\n");
        insta::assert_snapshot!(timeline, @r#"
        0  |  app stops reading
        0  >  TEXT fin=0 rsv=6 claims 98 …             61 62
        0  |  app sends binary "cd"
        0  <  OP3 fin=0 rsv=6 claims 100 …             63 64
        0  |  app resumes reading
        0  |  app received: binary "ab"
        0  <  … 2 octets
        0  |  app closes
        0  <  FIN
        "#);
    }

    #[test]
    fn panics_and_hangs_are_recorded_and_end_the_connection() {
        let timeline = play("> octets 70\nconnect\n");
        insta::assert_snapshot!(timeline, @"
        0  >  … 1 octet
        0  <  FIN
        0  |  PANIC: on purpose
        0  |  new connection
        ");
        for endless in ["> octets 73\n", "> octets 77\n"] {
            let timeline = play(endless);
            assert!(timeline.contains("HANG"), "{timeline}");
        }
    }
}
