//! The dashboard as a user meets it, in a pseudo-terminal.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::Signal;

use crate::screen::{MODERN, Screen};
use crate::support::{Bed, Running};

/// A run that goes on for longer than any story.
fn long_run(bed: &Bed) -> Running {
    let mut command = bed.command(&["demo", "--no-tui", "--samples", "5000", "--workers", "1"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let running = Running(child);
    for _ in 0..1000 {
        if bed.run(&["runs", "show", "demo"]).status.success() {
            return running;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("the run does not begin");
}

#[test]
fn the_demo_from_start_to_end() {
    let bed = Bed::new();
    let mut screen = Screen::nbest(&bed, 110, 32, &["demo", "--samples", "8"]);
    screen.wait_for("Overview");
    screen.wait_for("finished");
    let overview = screen.wait_for("Coverage ");
    for words in
        ["samples", "verdicts", "problems", "216/216", "432/432", "27/27", "429", "retries", "truncated", "cost"]
    {
        assert!(overview.contains(words), "no {words:?} in\n{overview}");
    }
    assert!(overview.contains("Right answers by samples per problem"), "{overview}");
    for (key, words) in [
        ("2", "crosshair"),
        ("3", "sorted by"),
        ("4", "Completion"),
        ("5", "soundness"),
        ("6", "started"),
        ("7", "levels"),
        ("1", "Coverage "),
        ("\t", "crosshair"),
        ("\x1b[Z", "Coverage "),
    ] {
        screen.press(key);
        screen.wait_for(words);
    }
    screen.press("3f");
    screen.wait_for("wrong, accepted");
    screen.press("4/return");
    screen.wait_for("/return");
    screen.press("\r");
    screen.press("?");
    screen.wait_for("next false positive");
    screen.press("q");
    assert_eq!(screen.end(), 0);
    screen.assert_sane();
    let after = screen.text();
    assert!(after.contains("next:") && after.contains("nbest watch demo"), "{after}");
}

#[test]
fn storms_do_no_harm_and_a_signal_stops_the_run_cleanly() {
    let bed = Bed::new();
    let mut screen = Screen::nbest(&bed, 80, 24, &["demo", "--samples", "5000", "--workers", "1"]);
    screen.wait_for("running");
    for turn in 0..60u16 {
        screen.resize(20 + turn * 37 % 280, 5 + turn * 13 % 75);
        screen.press(["1", "2", "3", "4", "5", "6", "7"][usize::from(turn % 7)]);
        std::thread::sleep(Duration::from_millis(5));
    }
    screen.resize(120, 40);
    screen.press("\x1b[200~qqSy\x1b[31m \x07\x1b]0;owned\x07 rm -rf \n\r\t 7\x1b[201~");
    screen.press("\x1b[999;999;999M\x1b[<0;9999;9999M\x1bO\x1b[1;5Z\u{feff}\u{202e}ß日");
    screen.press("\x1b1");
    // a key that comes together with a resize may wait for the next one (crossterm reads the edges of epoll)
    let text = screen.press_until("1", |t| t.contains("in flight") && t.contains("running"));
    assert!(!text.contains("owned"), "{text}");
    screen.signal(Signal::TERM);
    assert_eq!(screen.end(), 130, "{}", screen.text());
    screen.assert_sane();
    let listed = bed.ok(&["runs", "list"]);
    assert!(listed.contains("stopped"), "{listed}");
}

#[test]
fn two_watch_and_control_a_run_and_see_its_writer_die() {
    let bed = Bed::new();
    let run = long_run(&bed);
    let mut one = Screen::nbest(&bed, 100, 30, &["watch"]);
    let mut two = Screen::nbest(&bed, 80, 24, &["watch", "demo"]);
    for screen in [&one, &two] {
        screen.wait_for("running");
    }
    one.press(" ");
    for screen in [&one, &two] {
        screen.wait_for("paused");
    }
    two.press(" ");
    for screen in [&one, &two] {
        screen.wait_for("running");
    }
    // both at the same time: the last word counts, and nobody breaks
    one.press("---");
    two.press("++");
    two.wait_for("concurrency");
    drop(run);
    for screen in [&one, &two] {
        screen.wait_for("lost");
        screen.wait_for("The process that wrote this run is gone");
    }
    one.signal(Signal::HUP);
    assert_eq!(one.end(), 130);
    one.assert_sane();
    two.hang_up();
}

#[test]
fn without_a_terminal_watching_gives_lines() {
    let bed = Bed::new();
    bed.ok(&["demo", "--no-tui", "--samples", "2"]);
    let lines = bed.ok(&["watch"]);
    assert!(lines.starts_with("demo finished: samples 54/54 · verdicts 108/108"), "{lines}");
}

#[test]
fn a_watcher_stops_the_run() {
    let bed = Bed::new();
    let mut run = long_run(&bed);
    let mut screen = Screen::nbest(&bed, 100, 30, &["watch"]);
    screen.wait_for("running");
    screen.press("S");
    screen.wait_for("Stop the run?");
    screen.press("n");
    screen.wait_for("goes on");
    screen.press("Sy");
    screen.wait_for("stopped");
    assert_eq!(run.0.wait().unwrap().code(), Some(130));
    screen.press("q");
    assert_eq!(screen.end(), 0);
}

#[test]
fn no_colour_and_no_unicode_are_honoured() {
    let bed = Bed::new();
    bed.ok(&["demo", "--no-tui", "--samples", "2"]);
    let program = [env!("CARGO_BIN_EXE_nbest"), "watch", "--color", "never"].map(OsStr::new);
    let mut screen = Screen::start(&bed, 80, 24, &program, &[("LANG", "C"), ("TERM", "vt100")]);
    for key in ["1", "2", "3", "4", "5", "6", "7"] {
        screen.press(key);
        screen.wait_for("finished");
        std::thread::sleep(Duration::from_millis(300));
        assert!(screen.text().is_ascii(), "{}", screen.text());
        assert!(!screen.has_colour(), "colour in view {key}");
    }
    screen.press("q");
    assert_eq!(screen.end(), 0);
}

/// Not a story: the program that the next story runs in a terminal. The first wish of its user makes another thread
/// panic, the second the dashboard itself.
#[test]
#[ignore = "started by a_panic_gives_the_terminal_back"]
fn panics_inside() {
    let Some(path) = std::env::var_os("NBEST_PANICS").map(PathBuf::from) else { return };
    let calls = AtomicU32::new(0);
    let watch = dashboard::watch(&path, "demo", dashboard::theme::Theme::DARK, |_, _| {
        if calls.fetch_add(1, Ordering::Relaxed) == 0 {
            assert!(std::thread::spawn(|| panic!("in another thread")).join().is_err());
        } else {
            panic!("in the dashboard");
        }
    });
    let _ = tokio::runtime::Runtime::new().unwrap().block_on(watch);
}

#[test]
fn a_panic_gives_the_terminal_back() {
    let bed = Bed::new();
    let _run = long_run(&bed);
    let this = std::env::current_exe().unwrap();
    let mut program = vec![this.as_os_str()];
    let arguments = ["--exact", "dashboard::panics_inside", "--ignored", "--nocapture", "--test-threads", "1"];
    program.extend(arguments.map(OsStr::new));
    let path = bed.path("nbest.db");
    let inside = [("NBEST_PANICS", path.to_str().unwrap()), ("RUST_BACKTRACE", "0")];
    let mut screen = Screen::start(&bed, 80, 24, &program, &[&MODERN[..], &inside].concat());
    // the test harness says "running", too
    screen.wait_for("● running");
    screen.press(" ");
    screen.wait_for("pausing");
    assert!(screen.is_in_use());
    assert!(!screen.text().contains("in another thread"), "{}", screen.text());
    screen.press("3");
    screen.wait_for("sorted by");
    screen.press(" ");
    assert_ne!(screen.end(), 0);
    screen.assert_sane();
    let text = screen.text();
    assert!(text.contains("in the dashboard"), "{text}");
}
