//! The sandbox on its own: what a program in it can see, reach and leave behind.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use verifiers::domain::SandboxClass;
use verifiers::sandbox::{Ended, Launcher, Ran, Scratch, Spec, probe, run};

const SECOND: Duration = Duration::from_secs(1);

fn launcher() -> Launcher {
    Launcher::new(PathBuf::from(env!("CARGO_BIN_EXE_sandbox-launcher")))
}

/// A shell script in a strong sandbox; `None` where this machine has none.
fn shell(script: &str, change: impl FnOnce(&mut Spec)) -> Option<Ran> {
    let found = probe(&launcher());
    if found.class != SandboxClass::Strong {
        eprintln!("skipped: no strong sandbox here: {:?}", found.missing);
        return None;
    }
    let mut spec = Spec::new("/bin/sh");
    spec.args = vec!["-c".into(), script.into()];
    spec.env = vec![("PATH".into(), "/usr/bin:/bin".into())];
    spec.read_only = ["/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache"].map(PathBuf::from).to_vec();
    spec.scratch = Some(Scratch { bytes: 1 << 20, files: 64 });
    change(&mut spec);
    Some(run(&launcher(), &spec, b"hello\n", 10 * SECOND, 1 << 16).unwrap())
}

fn output(ran: &Ran) -> String {
    String::from_utf8_lossy(&ran.stdout).into_owned()
}

#[test]
fn input_output_and_status_come_through() {
    let Some(ran) = shell("read line; echo got $line; echo oops >&2; exit 3", |_| ()) else { return };
    assert_eq!((ran.ended, output(&ran).as_str()), (Ended::Exit(3), "got hello\n"));
    assert_eq!(ran.stderr, b"oops\n");
}

#[test]
fn nothing_of_the_machine_is_there() {
    let Some(ran) =
        shell("ls -d /home /root /proc/1 /sys /etc/passwd 2>/dev/null; env | sort | head -3; id -u", |_| ())
    else {
        return;
    };
    assert_eq!(output(&ran), "PATH=/usr/bin:/bin\nPWD=/tmp\n1000\n");
}

#[test]
fn writing_is_bounded_and_only_in_the_scratch_space() {
    let script = "echo x > /usr/x; echo x > /x; echo x > /bin/x; head -c 3000000 /dev/zero > /tmp/big; wc -c < /tmp/big; rm big; \
                  for i in $(seq 100); do true > /tmp/f$i; done; ls /tmp | wc -l; ls /dev/shm | wc -l";
    let Some(ran) = shell(script, |_| ()) else { return };
    let numbers: Vec<u64> = output(&ran).split_whitespace().map(|w| w.parse().unwrap()).collect();
    assert!(numbers[0] > 0 && numbers[0] <= 1 << 20, "{numbers:?}");
    assert!(numbers[1] > 10 && numbers[1] < 64, "{numbers:?}");
    assert_eq!(numbers[1], numbers[2], "one file system");
}

#[test]
fn time_is_over_for_sleepers_and_spinners_and_nothing_is_left() {
    for script in ["sleep 1000", "while :; do :; done", "(sleep 1000; echo) & kill -STOP $$"] {
        let mut spec_seen = false;
        let found = probe(&launcher());
        if found.class != SandboxClass::Strong {
            return;
        }
        let mut spec = Spec::new("/bin/sh");
        spec.args = vec!["-c".into(), script.into()];
        spec.read_only = ["/usr", "/bin", "/lib", "/lib64"].map(PathBuf::from).to_vec();
        spec_seen |= spec.program.exists();
        assert!(spec_seen);
        let begin = Instant::now();
        let ran = run(&launcher(), &spec, b"", SECOND / 2, 100).unwrap();
        assert_eq!(ran.ended, Ended::Timeout, "{script}");
        assert!(begin.elapsed() >= SECOND / 2);
    }
}

#[test]
fn a_daemon_that_holds_the_pipe_does_not_hold_the_verdict() {
    let Some(ran) = shell("(sleep 600 &) ; echo done", |_| ()) else { return };
    assert_eq!((ran.ended, output(&ran).as_str()), (Ended::Exit(0), "done\n"));
    assert!(ran.wall < 9 * SECOND, "{:?}", ran.wall);
}

#[test]
fn floods_are_cut() {
    let Some(ran) =
        shell("while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done", |_| ())
    else {
        return;
    };
    assert_eq!(ran.ended, Ended::Output);
    assert_eq!(ran.stdout.len(), 1 << 16);
}

#[test]
fn processes_are_bounded() {
    let Some(ran) = shell("for i in $(seq 200); do sleep 5 & done; echo started", |s| s.limits.processes = 16) else {
        return;
    };
    assert!(!ran.stderr.is_empty(), "{ran:?}");
}

#[test]
fn files_are_placed_and_a_missing_program_is_told() {
    let Some(ran) = shell("cat main.txt", |s| s.files.push(("main.txt".into(), "text".into()))) else { return };
    assert_eq!(output(&ran), "text");
    let error = run(&launcher(), &Spec::new("/absent"), b"", SECOND, 10).unwrap_err().to_string();
    assert!(error.contains("/absent"), "{error}");
}

#[test]
fn without_namespaces_landlock_still_hides_files_and_daemons_are_swept() {
    let marker = format!("{}.5", 100_000 + std::process::id());
    let script = format!("cat /etc/passwd; (sleep {marker} &); echo x > /tmp/x || echo refused");
    let Some(ran) = shell(&script, |s| {
        s.class = SandboxClass::LandlockOnly;
        s.limits.processes = 10_000;
    }) else {
        return;
    };
    assert_eq!((ran.ended, output(&ran).as_str()), (Ended::Exit(0), "refused\n"), "{ran:?}");
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let line = std::fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
        assert!(!line.contains(&marker), "left behind: {line}");
    }
}
