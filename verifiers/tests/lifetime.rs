//! A verifier that is killed leaves nothing behind; one that works for long does not grow.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use verifiers::domain::{Completion, Form, Problem, ProblemId, Role, Status, TestSuite};
use verifiers::registry::{Limits, Ports, ProgramSettings, Settings, VerifierSpec, build};
use verifiers::sandbox::Launcher;
use verifiers::verifier::{Candidate, Verifier};

fn verifier(timeout: Duration) -> Option<Arc<dyn Verifier>> {
    let launcher = Launcher::new(PathBuf::from(env!("CARGO_BIN_EXE_sandbox-launcher")));
    let ports = Ports { workers: 2, allow_weak_sandbox: false, dedupe: false, launcher, ..Ports::default() };
    let settings = ProgramSettings {
        tests: None,
        language: "python".into(),
        interpreter: None,
        preload: Vec::new(),
        limits: Limits { timeout, ..Limits::default() },
        tolerance: None,
    };
    let spec = VerifierSpec { name: "t".into(), role: Role::Oracle, settings: Settings::PythonTests(settings) };
    build(&spec, &ports).inspect_err(|e| eprintln!("skipped: {e}")).ok()
}

fn candidate(program: &str) -> Candidate {
    let suite = TestSuite::Check {
        code: "def check(candidate):\n    assert candidate(1) == 1\n".into(),
        preamble: String::new(),
    };
    let problem = Problem {
        id: ProblemId("Test/1".into()),
        prompt: String::new(),
        entry_point: Some("f".into()),
        reference: None,
        tests: BTreeMap::from([("check".to_owned(), suite)]),
        answer: None,
        group: None,
        fields: serde_json::Map::new(),
    };
    Candidate {
        problem: Arc::new(problem),
        sample_index: 0,
        completion: Completion { text: program.to_owned(), form: Form::Solution },
        verdicts: BTreeMap::new(),
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

fn descendants(pid: u32) -> Vec<u32> {
    let mut all = vec![pid];
    let mut at = 0;
    while at < all.len() {
        for task in std::fs::read_dir(format!("/proc/{}/task", all[at])).into_iter().flatten().flatten() {
            let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
            all.extend(children.split_whitespace().filter_map(|w| w.parse::<u32>().ok()));
        }
        at += 1;
    }
    all.split_off(1)
}

fn alive(pid: u32) -> bool {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // a zombie waits for its new parent, init
    text.rsplit(')').next().is_some_and(|rest| !rest.trim_start().starts_with('Z') && !rest.is_empty())
}

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < Duration::from_mins(1), "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

const HOLD: &str = "NBEST_TEST_HOLD";

/// Run by the next test in a process of its own.
#[test]
fn hold() {
    if std::env::var_os(HOLD).is_none() {
        return;
    }
    let Some(verifier) = verifier(Duration::from_mins(5)) else { return };
    let batch = [
        candidate("def f(x):\n    while True: pass"),
        candidate(
            "import os\ndef f(x):\n    for i in range(5):\n        if os.fork() == 0: os.setsid()\n    while True: pass",
        ),
    ];
    runtime().block_on(verifier.judge(&batch));
}

#[test]
fn a_killed_verifier_leaves_no_process() {
    if verifier(Duration::from_secs(1)).is_none() {
        return;
    }
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "hold", "--test-threads=1"])
        .env(HOLD, "1")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let id = process.id();
    // two fork servers or single sandboxes of three processes each, and the daemons
    wait_until("its sandboxes are there", || descendants(id).len() >= 12);
    let all = descendants(id);
    process.kill().unwrap();
    process.wait().unwrap();
    wait_until("they are gone", || all.iter().all(|pid| !alive(*pid)));
}

#[test]
fn many_verdicts_leave_no_process_and_take_no_more_memory() {
    let Some(verifier) = verifier(Duration::from_secs(2)) else { return };
    let rounds: usize = std::env::var("NBEST_SOAK").ok().and_then(|n| n.parse().ok()).unwrap_or(600) / 60;
    let programs = [
        ("def f(x): return x", Status::Pass),
        ("def f(x): return 2", Status::Fail),
        ("def f(x): raise ValueError", Status::Error),
        ("import os\ndef f(x): os._exit(0)", Status::Error),
        (
            "import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()\ndef f(x): return x",
            Status::Pass,
        ),
        ("def f(x): return [0] * 100_000", Status::Fail),
    ];
    let first = candidate("");
    let batch: Vec<Candidate> = (0..60)
        .map(|i| {
            let completion = Completion { text: programs[i % 6].0.to_owned(), form: Form::Solution };
            Candidate { completion, ..first.clone() }
        })
        .collect();
    let runtime = runtime();
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap().lines().count();
    let memory = || {
        let pids: Vec<u32> = descendants(std::process::id()).into_iter().chain([std::process::id()]).collect();
        let pss = |pid: &u32| {
            let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
            text.lines().find_map(|l| l.strip_prefix("Pss:"))?.split_whitespace().next()?.parse::<u64>().ok()
        };
        (pids.len(), pids.iter().filter_map(pss).sum::<u64>() / 1024)
    };
    let begin = Instant::now();
    let mut early = (0, 0);
    for round in 0..rounds {
        for (i, verdict) in runtime.block_on(verifier.judge(&batch)).into_iter().enumerate() {
            assert_eq!(verdict.status, Some(programs[i % 6].1), "{verdict:?}");
        }
        if (round + 1) % rounds.div_ceil(10) == 0 {
            let (processes, mib) = memory();
            let judged = (round + 1) * 60;
            let rate = judged as f64 / begin.elapsed().as_secs_f64();
            eprintln!("{judged} verdicts, {rate:.0} a second, {processes} processes, {mib} MiB");
            early = if early.1 == 0 { (processes, mib) } else { early };
        }
    }
    let late = memory();
    assert!(late.1 < early.1 + 64, "memory grows: {early:?}, then {late:?}");
    let dead = descendants(std::process::id()).into_iter().filter(|pid| !alive(*pid)).count();
    assert!(dead < 4, "{dead} ended processes were not waited for");
    assert_eq!(std::fs::read_to_string("/proc/self/mountinfo").unwrap().lines().count(), mounts, "mounts are left");
    runtime.block_on(verifier.close());
    drop(verifier);
}
