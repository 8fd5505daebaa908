//! Runs programs. In comes a [`Program`], which uses a library as the library's documentation says; out
//! comes [`Played`], a [`Subject`] that runs it without a runtime until it is idle.

use std::any::Any;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Wake, Waker};

use wsclose::role::Role;
use wsclose::rule::Capabilities;
use wsclose::subject::{Recorder, Stimulus, Subject};

use crate::caught::caught;
use crate::line::{App, Line, OutOfPatience, Pipe, Request, Shared, lock};

/// How often a program may wake itself between two stimuli.
const WAKES: usize = 1 << 12;

/// One connection of a library, as a program that uses it.
pub trait Program {
    /// The peer's name.
    const NAME: &'static str;

    /// What the library does itself in this role, as against what it leaves to the program around it.
    fn duties(role: Role) -> Capabilities;

    /// Serves one connection that is already open, and returns when the program is done with it: whatever of
    /// `pipe` is left then is dropped, and TCP closed.
    fn run(role: Role, pipe: Pipe, app: App) -> impl Future<Output = ()> + 'static;
}

/// Notes that a program was woken while it ran.
#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A program as a subject.
pub struct Played<P> {
    program: PhantomData<fn() -> P>,
    line: Shared,
    flag: Arc<Flag>,
    waker: Waker,
    /// `None` once the program has returned or panicked.
    running: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

impl<P> std::fmt::Debug for Played<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Played")
            .field("line", &self.line)
            .field("running", &self.running.is_some())
            .finish_non_exhaustive()
    }
}

impl<P: Program> Played<P> {
    /// Without a connection.
    pub fn new() -> Played<P> {
        let flag = Arc::new(Flag::default());
        let waker = Waker::from(Arc::clone(&flag));
        Played { program: PhantomData, line: Shared::default(), flag, waker, running: None }
    }

    /// Polls the program until it waits for something that only another stimulus can bring.
    fn run(&mut self) {
        for _ in 0..WAKES {
            let Some(running) = &mut self.running else { return };
            self.flag.0.store(false, Ordering::Relaxed);
            let mut cx = Context::from_waker(&self.waker);
            let polled = caught(|| running.as_mut().poll(&mut cx));
            match polled {
                Ok(Poll::Pending) if self.flag.0.load(Ordering::Relaxed) => {}
                Ok(Poll::Pending) => return,
                Ok(Poll::Ready(())) => return self.end(),
                Err(panic) => {
                    self.stopped(&*panic);
                    return self.end();
                }
            }
        }
        lock(&self.line).record().hung();
        self.end();
    }

    fn stopped(&self, panic: &(dyn Any + Send)) {
        let mut line = lock(&self.line);
        if panic.is::<OutOfPatience>() {
            line.record().hung();
        } else {
            line.record().panicked(panic_words(panic));
        }
    }

    /// Drops the program and with it the connection.
    fn end(&mut self) {
        let Some(running) = self.running.take() else { return };
        lock(&self.line).stir();
        if let Err(panic) = caught(|| drop(running)) {
            self.stopped(&*panic);
        }
        lock(&self.line).record().fin();
    }
}

impl<P: Program> Default for Played<P> {
    fn default() -> Self {
        Played::new()
    }
}

impl<P: Program> Subject for Played<P> {
    fn name(&self) -> &str {
        P::NAME
    }

    fn capabilities(&self, role: Role) -> Capabilities {
        P::duties(role)
    }

    fn connect(&mut self, role: Role, out: &mut Recorder) {
        // What the last connection still does when it is dropped belongs to nobody's record.
        self.end();
        self.line = Shared::default();
        let (pipe, app) = (Pipe(Arc::clone(&self.line)), App(Arc::clone(&self.line)));
        self.on_record(out, |played| {
            // A library may panic before it waits for anything.
            match caught(|| Box::pin(P::run(role, pipe, app))) {
                Ok(running) => {
                    played.running = Some(running);
                    played.run();
                }
                Err(panic) => played.stopped(&*panic),
            }
        });
    }

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
        if self.running.is_none() {
            return;
        }
        self.on_record(out, |played| {
            played.stimulate(stimulus);
            played.run();
        });
    }
}

impl<P: Program> Played<P> {
    /// Lets what happens on the line be written to `out`.
    fn on_record(&mut self, out: &mut Recorder, act: impl FnOnce(&mut Self)) {
        std::mem::swap(&mut lock(&self.line).out, out);
        lock(&self.line).stir();
        act(self);
        let mut line = lock(&self.line);
        line.record();
        std::mem::swap(&mut line.out, out);
    }

    fn stimulate(&self, stimulus: Stimulus<'_>) {
        let mut line = lock(&self.line);
        let Line { stream, requests, paused, .. } = &mut *line;
        match stimulus {
            Stimulus::Octets(octets) => stream.receive(octets),
            Stimulus::Fin => stream.peer_fin(),
            Stimulus::Reset => stream.peer_reset(),
            Stimulus::PeerGone(writes) => stream.peer_gone(writes),
            Stimulus::PeerPause => stream.peer_reads(false),
            Stimulus::PeerResume => stream.peer_reads(true),
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
        line.stir();
    }
}

/// Runs two halves of a program side by side until either is over: for a library whose reading and writing
/// are apart, so that neither has to be dropped while it waits.
pub async fn either(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    std::future::poll_fn(|cx| match one.as_mut().poll(cx) {
        Poll::Pending => other.as_mut().poll(cx),
        over => over,
    })
    .await;
}

/// Runs a program inside a tokio runtime, which some libraries ask for their timers. The runtime itself never
/// runs, so that no timer of it ever ends.
pub async fn in_runtime(program: impl Future<Output = ()>) {
    static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().build().expect("a runtime without I/O takes nothing from the system")
    });
    let mut program = pin!(program);
    std::future::poll_fn(|cx| {
        // Entered anew each time: programs take turns, and a runtime must be left in the reverse order.
        let _inside = RUNTIME.enter();
        program.as_mut().poll(cx)
    })
    .await;
}

/// What a panic said, as far as it is text.
pub fn panic_words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("not text")
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
    use wsclose::code::Profile;
    use wsclose::drive::Driver;
    use wsclose::judge::Judge;
    use wsclose::rule::Rule;
    use wsclose::script::{MessageKind, ScriptBuf};

    use super::*;
    use crate::line::Turn;

    /// Writes back what it reads, and what it is asked to send; `p`, `s` and `w` make it panic and spin.
    struct Echo;

    async fn read(pipe: &mut Pipe) -> std::io::Result<Vec<u8>> {
        let mut octets = [0; 16];
        let mut buffer = ReadBuf::new(&mut octets);
        std::future::poll_fn(|cx| Pin::new(&mut *pipe).poll_read(cx, &mut buffer)).await?;
        Ok(buffer.filled().to_vec())
    }

    async fn write(pipe: &mut Pipe, octets: &[u8]) -> std::io::Result<usize> {
        std::future::poll_fn(|cx| Pin::new(&mut *pipe).poll_write(cx, octets)).await
    }

    impl Program for Echo {
        const NAME: &'static str = "echo";

        fn duties(_role: Role) -> Capabilities {
            Capabilities::ALL
        }

        async fn run(_role: Role, mut pipe: Pipe, app: App) {
            loop {
                match app.turn(read(&mut pipe)).await {
                    Turn::Asked(Request::Send { payload, .. }) => {
                        let written = write(&mut pipe, &payload).await;
                        app.answered(&written);
                    }
                    Turn::Asked(Request::Close { .. }) => return,
                    Turn::Came(Ok(octets)) => match octets.as_slice() {
                        [] => return,
                        b"p" => panic!("on purpose"),
                        b"s" => loop {
                            let _ = std::io::Write::write(&mut pipe, b"");
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
                            write(&mut pipe, &octets).await.expect("the peer reads");
                        }
                    },
                    Turn::Came(Err(error)) => {
                        app.errored(error);
                        return;
                    }
                }
            }
        }
    }

    /// Reads in one half, is asked in the other, and has a timer, which takes a runtime.
    struct Halves;

    impl Program for Halves {
        const NAME: &'static str = "halves";

        fn duties(_role: Role) -> Capabilities {
            Capabilities::ALL
        }

        async fn run(_role: Role, mut pipe: Pipe, app: App) {
            let asked = async {
                loop {
                    app.asked().await;
                    let timer = tokio::time::sleep(std::time::Duration::from_secs(1));
                    app.answered(&Ok::<_, String>(timer));
                }
            };
            let read = async {
                loop {
                    match app.reading(read(&mut pipe)).await.expect("nobody resets") {
                        octets if octets.is_empty() => return,
                        octets => app.message(MessageKind::Binary, &octets),
                    }
                }
            };
            in_runtime(either(asked, read)).await;
        }
    }

    /// Writes a Close, ends what it sends, and reads on until the peer's FIN; asked to close with a code, it
    /// drops the connection instead.
    struct HalfCloser;

    impl Program for HalfCloser {
        const NAME: &'static str = "half closer";

        fn duties(_role: Role) -> Capabilities {
            Capabilities::ALL
        }

        async fn run(_role: Role, mut pipe: Pipe, app: App) {
            let Request::Close { code, .. } = app.asked().await else { return };
            write(&mut pipe, &[0x88, 0]).await.expect("the peer reads");
            app.answered(&pipe.shutdown());
            if code.is_some() {
                return;
            }
            loop {
                match read(&mut pipe).await.expect("nobody resets") {
                    octets if octets.is_empty() => return,
                    octets if octets.starts_with(&[0x88, 0x80]) => app.reported(None, Some(""), Some(true)),
                    octets => panic!("{octets:02x?}"),
                }
            }
        }
    }

    #[test]
    fn who_has_ended_only_what_it_sends_is_still_read_to_and_faulted_for_nothing() {
        let (timeline, broken) = judged::<HalfCloser>("app close\n> close\n> fin\n");
        insta::assert_snapshot!(timeline, @r#"
        0  |  app closes
        0  <  CLOSE                                    88 00
        0  <  FIN, and still reads
        0  >  CLOSE masked                             88 80 37fa213d
        0  |  app is told: closed without a code "", clean
        0  >  FIN
        0  |  reads no more
        "#);
        assert_eq!(broken, []);
        let (timeline, broken) = judged::<HalfCloser>("app close 1000\n> close\n");
        insta::assert_snapshot!(timeline, @r#"
        0  |  app closes 1000 ""
        0  <  CLOSE                                    88 00
        0  <  FIN
        0  |  not delivered, TCP is closed: 6 octets
        "#);
        assert_eq!(broken, [Rule::WaitsForAnswer, Rule::Reports1006]);
    }

    #[test]
    fn two_halves_wait_each_for_its_own_and_end_together_inside_a_runtime() {
        let script = "app pause\n> octets 6162\napp send binary\napp resume\n> fin\napp send binary\n";
        let timeline = play_to::<Halves>(script);
        insta::assert_snapshot!(timeline, @r#"
        0  |  app stops reading
        0  >  TEXT fin=0 rsv=6 claims 98 …             61 62
        0  |  app sends binary ""
        0  |  app reads again
        0  |  app is told: binary "ab"
        0  >  FIN
        0  <  FIN
        0  |  app sends binary ""
        "#);
    }

    #[test]
    fn programs_inside_a_runtime_take_turns_and_end_in_any_order() {
        let (mut out, mut first) = (Recorder::new(), Played::<Halves>::new());
        first.connect(Role::Server, &mut out);
        let mut second = Played::<Halves>::new();
        second.connect(Role::Server, &mut out);
        first.react(Stimulus::Octets(b"ab"), &mut out);
        first.react(Stimulus::Fin, &mut out);
        assert!(out.is_closed(), "{:?}", out.events());
        second.react(Stimulus::Close { code: None, reason: "" }, &mut out);
        drop(first);
        second.react(Stimulus::Fin, &mut out);
    }

    fn judged<P: Program>(script: &str) -> (String, Vec<Rule>) {
        let script =
            ScriptBuf::read(format!("wsclose 1\nrole server\n{script}").as_bytes()).expect("a script");
        let mut driver = Driver::new();
        let trace = driver.drive(script.as_script(), &mut Played::<P>::new());
        let mut judge = Judge::new(Profile::default());
        (trace.to_string(), judge.judge(trace).iter().map(|finding| finding.rule).collect())
    }

    fn play(script: &str) -> String {
        play_to::<Echo>(script)
    }

    fn play_to<P: Program>(script: &str) -> String {
        let script =
            ScriptBuf::read(format!("wsclose 1\nrole server\n{script}").as_bytes()).expect("a script");
        let mut subject = Played::<P>::new();
        let mut driver = Driver::new();
        driver.drive(script.as_script(), &mut subject);
        driver.drive(script.as_script(), &mut subject).to_string()
    }

    #[test]
    fn a_program_runs_until_it_is_idle_and_what_happened_stays_in_order() {
        let timeline = play("> octets 6162\napp send binary \"cd\"\n> fin\n");
        insta::assert_snapshot!(timeline, @r#"
        0  >  TEXT fin=0 rsv=6 claims 98 …             61 62
        0  |  app is told: binary "ab"
        0  <  TEXT fin=0 rsv=6 claims 98 …             61 62
        0  |  app sends binary "cd"
        0  <  … 2 octets
        0  >  FIN
        0  <  FIN
        "#);
    }

    #[test]
    fn while_the_application_has_paused_nothing_is_read_but_it_can_be_asked() {
        let timeline = play("app pause\n> octets 6162\napp send binary \"cd\"\napp resume\napp close\n");
        insta::assert_snapshot!(timeline, @r#"
        0  |  app stops reading
        0  >  TEXT fin=0 rsv=6 claims 98 …             61 62
        0  |  app sends binary "cd"
        0  <  OP3 fin=0 rsv=6 claims 100 …             63 64
        0  |  app reads again
        0  |  app is told: binary "ab"
        0  <  … 2 octets
        0  |  app closes
        0  <  FIN
        "#);
    }

    #[test]
    fn panics_spins_and_programs_that_wake_themselves_for_ever_are_told_and_end() {
        let timeline = play("> octets 70\nconnect\n");
        insta::assert_snapshot!(timeline, @"
        0  >  … 1 octet
        0  <  FIN
        0  |  PANIC: on purpose
        0  |  a new connection
        ");
        for spinning in ["> octets 73\n", "> octets 77\n"] {
            let timeline = play(spinning);
            assert!(timeline.contains("busy"), "{timeline}");
        }
    }
}
