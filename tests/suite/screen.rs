//! A program in a terminal of its own: keys in, what stands on the screen out.

use std::ffi::OsStr;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use vt100::MouseProtocolMode;

use crate::support::Bed;

/// Nothing on the screen takes longer, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// Python is needed to judge anyway, and knows how to make a terminal.
const BRIDGE: &str = "import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

/// Sizes the terminal, notes its settings before and after the program, and the program's process.
const SHELL: &str = r#"stty cols "$SCREEN_COLUMNS" rows "$SCREEN_ROWS"
stty -g > "$SCREEN_NOTES/before"; tty > "$SCREEN_NOTES/tty"
sh -c 'echo $$ > "$SCREEN_NOTES/pid"; exec "$@"' sh "$@"
code=$?; stty -g > "$SCREEN_NOTES/after"; exit $code"#;

/// What every program that is started here is told of its terminal.
pub(crate) const MODERN: [(&str, &str); 3] =
    [("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LANG", "C.UTF-8")];

/// A terminal and the program that runs in it.
pub(crate) struct Screen {
    bridge: Child,
    keys: ChildStdin,
    parser: Arc<Mutex<vt100::Parser>>,
    notes: tempfile::TempDir,
}

impl Screen {
    /// Starts `nbest` in a terminal with this many columns and rows, with colours and Unicode.
    pub(crate) fn nbest(bed: &Bed, columns: u16, rows: u16, arguments: &[&str]) -> Self {
        let program: Vec<_> = [env!("CARGO_BIN_EXE_nbest")].iter().chain(arguments).map(OsStr::new).collect();
        Self::start(bed, columns, rows, &program, &MODERN)
    }

    /// Starts a program in the folder of `bed`; the environment says what the terminal can.
    pub(crate) fn start(bed: &Bed, columns: u16, rows: u16, program: &[&OsStr], environment: &[(&str, &str)]) -> Self {
        let notes = tempfile::tempdir().unwrap();
        let mut command = Command::new("python3");
        command.args(["-c", BRIDGE, "sh", "-c", SHELL, "sh"]).args(program);
        for name in ["NBEST_DB", "NO_COLOR", "COLORTERM", "COLORFGBG", "LC_ALL", "LC_CTYPE"] {
            command.env_remove(name);
        }
        // or Python makes UTF-8 of the locale C
        command.env("PYTHONCOERCECLOCALE", "0");
        command.envs(environment.iter().copied()).env("SCREEN_NOTES", notes.path()).current_dir(bed.path("."));
        command.env("NBEST_CACHE", bed.path("cache"));
        command.env("SCREEN_COLUMNS", columns.to_string()).env("SCREEN_ROWS", rows.to_string());
        let mut bridge = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let parser = vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0);
        let parser = Arc::new(Mutex::new(parser));
        let (mut output, shown) = (bridge.stdout.take().unwrap(), Arc::clone(&parser));
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(n) = output.read(&mut bytes)
                && n > 0
            {
                shown.lock().unwrap().process(&bytes[..n]);
            }
        });
        let keys = bridge.stdin.take().unwrap();
        Self { bridge, keys, parser, notes }
    }

    /// Sends bytes as if they were typed.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        let (columns_now, rows_now) = (columns.try_into().unwrap(), rows.try_into().unwrap());
        self.parser.lock().unwrap().screen_mut().set_size(rows_now, columns_now);
        let (columns, rows) = (columns.to_string(), rows.to_string());
        let status = Command::new("stty").args(["-F", &self.noted("tty"), "cols", &columns, "rows", &rows]).status();
        assert!(status.unwrap().success());
    }

    /// What stands on the screen.
    pub(crate) fn text(&self) -> String {
        self.parser.lock().unwrap().screen().contents()
    }

    /// Waits until the screen shows something; gives the screen.
    pub(crate) fn wait_for(&self, what: &str) -> String {
        self.wait_until(what, |text| text.contains(what))
    }

    pub(crate) fn wait_until(&self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        let began = Instant::now();
        loop {
            let text = self.text();
            if fits(&text) {
                return text;
            }
            assert!(began.elapsed() < PATIENCE, "never saw {what:?} on the screen:\n{text}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Presses a key, as impatient people do, until the screen is as wanted; gives the screen.
    pub(crate) fn press_until(&mut self, key: &str, fits: impl Fn(&str) -> bool) -> String {
        let began = Instant::now();
        loop {
            self.press(key);
            std::thread::sleep(Duration::from_millis(300));
            let text = self.text();
            if fits(&text) {
                return text;
            }
            assert!(began.elapsed() < PATIENCE, "{key:?} does not help:\n{text}");
        }
    }

    fn noted(&self, name: &str) -> String {
        let path: PathBuf = self.notes.path().join(name);
        fs::read_to_string(path).unwrap_or_default().trim().to_owned()
    }

    /// Sends a signal to the program.
    pub(crate) fn signal(&self, signal: Signal) {
        let process = Pid::from_raw(self.noted("pid").parse().unwrap()).unwrap();
        kill_process(process, signal).unwrap();
    }

    /// The terminal goes away, as with a lost connection; waits until the program has noticed.
    pub(crate) fn hang_up(mut self) {
        let status = format!("/proc/{}/stat", self.noted("pid"));
        self.bridge.kill().unwrap();
        let began = Instant::now();
        // gone, or dead and waiting for a parent that does not care
        while fs::read_to_string(&status).is_ok_and(|s| !s.contains(") Z ")) {
            assert!(began.elapsed() < PATIENCE, "the program lives on without its terminal");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for the end of the program; gives its exit code.
    pub(crate) fn end(&mut self) -> i32 {
        let began = Instant::now();
        loop {
            if let Some(status) = self.bridge.try_wait().unwrap() {
                // what it wrote last is on its way
                std::thread::sleep(Duration::from_millis(100));
                return status.code().unwrap();
            }
            assert!(began.elapsed() < PATIENCE, "the program does not end:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Nothing of the dashboard is left in the terminal: its screen, mouse, paste mode, cursor and line discipline.
    pub(crate) fn assert_sane(&self) {
        let parser = self.parser.lock().unwrap();
        let screen = parser.screen();
        assert!(!screen.alternate_screen(), "still on the other screen");
        assert!(!screen.hide_cursor(), "the cursor is hidden");
        assert!(!screen.bracketed_paste(), "pastes are still bracketed");
        assert_eq!(screen.mouse_protocol_mode(), MouseProtocolMode::None, "the mouse is still captured");
        assert!(!self.noted("before").is_empty());
        assert_eq!(self.noted("after"), self.noted("before"), "echo and lines");
    }

    /// Whether anything is drawn in colour.
    pub(crate) fn has_colour(&self) -> bool {
        let parser = self.parser.lock().unwrap();
        let screen = parser.screen();
        let (rows, columns) = screen.size();
        let cells = (0..rows.get()).flat_map(|y| (0..columns.get()).map(move |x| (y, x)));
        cells
            .filter_map(|(y, x)| screen.cell(y, x))
            .any(|c| c.fgcolor() != vt100::Color::Default || c.bgcolor() != vt100::Color::Default)
    }

    /// Whether the program has taken the whole screen.
    pub(crate) fn is_in_use(&self) -> bool {
        self.parser.lock().unwrap().screen().alternate_screen()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // the terminal goes away with the bridge, and the program with the terminal
        let _ = self.bridge.kill();
        let _ = self.bridge.wait();
    }
}
