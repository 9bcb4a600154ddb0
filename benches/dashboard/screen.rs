//! The program in a pseudo-terminal: how soon it shows something, how soon it answers, what it takes from the machine.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use harness::store::{Reader, WriteLock};
use tokio::runtime::Runtime;

use super::{Outcome, middle_and_tail, say, store};

const NBEST: &str = env!("CARGO_BIN_EXE_nbest");
const PATIENCE: Duration = Duration::from_mins(2);
/// Unit: samples a second.
const ARRIVING: f64 = 5_000.0;

/// Python is needed to judge anyway, and knows how to make a terminal.
const BRIDGE: &str = "import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
const SHELL: &str = r#"stty cols "$1" rows "$2"; echo $$ > pid; shift 2; exec "$@""#;

struct Screen {
    bridge: Child,
    folder: PathBuf,
    keys: ChildStdin,
    output: Receiver<Vec<u8>>,
    parser: vt100::Parser,
    began: Instant,
}

impl Screen {
    fn open(folder: &Path, (columns, rows): (u16, u16), arguments: &[&str]) -> Outcome<Self> {
        let mut command = Command::new("python3");
        command.args(["-c", BRIDGE, "sh", "-c", SHELL, "sh", &columns.to_string(), &rows.to_string(), NBEST]);
        command.args(arguments).current_dir(folder).env_remove("NBEST_DB").env_remove("NO_COLOR");
        command.envs([("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LANG", "C.UTF-8")]);
        let began = Instant::now();
        let mut bridge = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut reader = bridge.stdout.take().ok_or("no output")?;
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut bytes = vec![0; 65_536];
            while let Ok(n) = reader.read(&mut bytes)
                && n > 0
                && sender.send(bytes[..n].to_vec()).is_ok()
            {}
        });
        let keys = bridge.stdin.take().ok_or("no keys")?;
        let parser = vt100::Parser::new(rows.try_into()?, columns.try_into()?, 0);
        Ok(Self { bridge, folder: folder.to_owned(), keys, output, parser, began })
    }

    /// Time until the screen shows something.
    fn shows(&mut self, what: &str) -> Outcome<Duration> {
        self.waits(what, true)
    }

    /// Time until the screen shows something, or no longer does.
    fn waits(&mut self, what: &str, shown: bool) -> Outcome<Duration> {
        let began = Instant::now();
        while self.parser.screen().contents().contains(what) != shown {
            if began.elapsed() > PATIENCE {
                return Err(format!("waited in vain for {what:?}:\n{}", self.parser.screen().contents()).into());
            }
            let bytes = self
                .output
                .recv_timeout(PATIENCE)
                .map_err(|_gone| format!("never saw {what:?} on the screen:\n{}", self.parser.screen().contents()))?;
            self.parser.process(&bytes);
        }
        Ok(began.elapsed())
    }

    fn press(&mut self, key: &str) -> Outcome<()> {
        self.keys.write_all(key.as_bytes())?;
        Ok(self.keys.flush()?)
    }

    /// Takes in what is written meanwhile.
    fn rest(&mut self, span: Duration) {
        let until = Instant::now() + span;
        loop {
            match self.output.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.parser.process(&bytes),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Presses keys that show other views, and takes the time until each is there.
    fn answers(&mut self, rounds: usize) -> Outcome<(Duration, Duration, Duration)> {
        let mut times = Vec::new();
        for _ in 0..rounds {
            for (key, words, shown) in [
                ("3", "sorted by", true),
                ("?", "esc closes", true),
                // the key after it must not come with it: that would be another key
                ("\x1b", "esc closes", false),
                ("6", "started", true),
                ("2", "log", true),
            ] {
                self.press(key)?;
                times.push(self.waits(words, shown)?);
                // keys at odd moments, as people press them
                self.rest(Duration::from_millis(23 + (times.len() as u64 * 37) % 90));
            }
        }
        let (middle, tail) = middle_and_tail(&mut times);
        Ok((middle, tail, times[times.len() - 1]))
    }

    /// Seconds of processor time so far.
    fn cpu(&self) -> Outcome<f64> {
        let id = std::fs::read_to_string(self.folder.join("pid"))?;
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", id.trim()))?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |place: usize| fields.get(place).and_then(|f| f.parse::<f64>().ok()).ok_or("no times");
        Ok((ticks(11)? + ticks(12)?) / 100.0)
    }

    fn quit(mut self) -> Outcome<()> {
        self.press("q")?;
        self.rest(PATIENCE);
        self.bridge.wait()?;
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // the terminal goes away with the bridge, and the program with the terminal
        let _ = self.bridge.kill();
        let _ = self.bridge.wait();
    }
}

pub(crate) fn measure(runtime: &Runtime, path: &Path) -> Outcome<()> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let copy = store::copied(path, folder.path())?;
    let _lock = WriteLock::acquire(&copy, "bench")?;
    let made = runtime.block_on(store::open(&copy, 0))?;
    let first_free = made.run.samples - 40;
    for (turn, size) in (0u32..).zip([(80, 24), (300, 80)]) {
        let name = format!("{}x{}", size.0, size.1);
        let mut screen = Screen::open(folder.path(), size, &["watch"])?;
        screen.shows("Overview")?;
        say(&format!("{name}  first frame after {:.0?} (promise: 200 ms)", screen.began.elapsed()))?;
        screen.shows("Coverage ")?;
        say(&format!("{name}  everything shown after {:.2?}", screen.began.elapsed()))?;
        let (middle, tail, most) = screen.answers(20)?;
        say(&format!("{name}  a key answered, nothing arriving: {middle:.1?}, p99 {tail:.1?}, most {most:.1?}"))?;

        screen.press("1")?;
        screen.rest(Duration::from_secs(3));
        let before = screen.cpu()?;
        screen.rest(Duration::from_secs(10));
        say(&format!("{name}  idle: {:.1} % of a core (promise: 5 %)", (screen.cpu()? - before) * 10.0))?;

        let (before, began) = (screen.cpu()?, Instant::now());
        let span = Duration::from_secs(20);
        let arriving = std::thread::scope(|threads| -> Outcome<_> {
            let from = first_free + 20 * turn;
            let made = &made;
            let arriving = threads.spawn(move || {
                let filling = store::fill(made, from..from + 20, Some((ARRIVING, span)));
                runtime.block_on(filling).map_err(|e| e.to_string())
            });
            let (middle, tail, most) = screen.answers(30)?;
            say(&format!(
                "{name}  a key answered while samples arrive: {middle:.1?}, p99 {tail:.1?}, most {most:.1?} (promise: 50 ms)"
            ))?;
            while !arriving.is_finished() {
                screen.rest(Duration::from_millis(100));
            }
            Ok(arriving.join().map_err(|_panic| "the writer failed")?)
        })??;
        let seconds = began.elapsed().as_secs_f64();
        say(&format!(
            "{name}  {:.0} samples/s arrived; the dashboard took {:.0} % of a core",
            f64::from(arriving) / seconds,
            (screen.cpu()? - before) / seconds * 100.0
        ))?;
        screen.quit()?;
    }
    Ok(())
}

/// A whole run with the dashboard and without, by turns: the time from its beginning to its end, as it is stored.
pub(crate) fn throughput(runtime: &Runtime) -> Outcome<()> {
    const ROUNDS: usize = 5;
    let arguments = ["demo", "--samples", "256", "--seed", "3", "--db", "demo.db"];
    let took = |folder: &Path| -> Outcome<Duration> {
        let run = runtime.block_on(async { Reader::open(&folder.join("demo.db")).await?.find_run("latest").await })?;
        let end = run.ended_at_ms.ok_or("the demo has not ended")?;
        Ok(Duration::from_millis((end - run.created_at_ms).try_into()?))
    };
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir()?;
        let mut plain = Command::new(NBEST);
        plain.args(arguments).arg("--no-tui").current_dir(folder.path());
        let status = plain.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        if !status.success() {
            return Err("the demo failed".into());
        }
        without.push(took(folder.path())?);
        let folder = tempfile::tempdir()?;
        let mut screen = Screen::open(folder.path(), (120, 40), &arguments)?;
        screen.shows("finished")?;
        screen.press("q")?;
        screen.rest(PATIENCE);
        with.push(took(folder.path())?);
    }
    let (with, without) = (middle_and_tail(&mut with).0, middle_and_tail(&mut without).0);
    say(&format!(
        "the demo with 256 samples a problem: {:.2?} with the dashboard, {:.2?} without: {:+.1} % (promise: under 3 %)",
        with,
        without,
        (with.as_secs_f64() / without.as_secs_f64() - 1.0) * 100.0
    ))
}
