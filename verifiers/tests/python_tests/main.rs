//! `python-tests` from settings to verdict, in the real sandbox.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use verifiers::domain::{Completion, Form, Problem, ProblemId, Role, Status, TestSuite, Verdict};
use verifiers::registry::{BuildError, Limits, Ports, ProgramSettings, Settings, VerifierSpec, build};
use verifiers::sandbox::Launcher;
use verifiers::verifier::{Candidate, Verifier};

mod results;

fn ports() -> Ports {
    let launcher = Launcher::new(PathBuf::from(env!("CARGO_BIN_EXE_sandbox-launcher")));
    Ports { workers: 2, allow_weak_sandbox: false, dedupe: false, launcher, ..Ports::default() }
}

fn settings() -> ProgramSettings {
    ProgramSettings {
        tests: None,
        language: "python".into(),
        interpreter: None,
        preload: Vec::new(),
        limits: Limits { timeout: Duration::from_secs(2), ..Limits::default() },
        tolerance: None,
    }
}

fn spec(settings: ProgramSettings) -> VerifierSpec {
    VerifierSpec { name: "t".into(), role: Role::Oracle, settings: Settings::PythonTests(settings) }
}

/// The verifier, or `None` (with the reason printed) where this machine has no strong sandbox or no Python.
fn verifier(cache: &Path) -> Option<Arc<dyn Verifier>> {
    let ports = Ports { cache: Some(cache.to_path_buf()), ..ports() };
    match build(&spec(settings()), &ports) {
        Ok(verifier) => Some(verifier),
        Err(e @ (BuildError::WeakSandbox { .. } | BuildError::Interpreter(_))) => {
            eprintln!("skipped: {e}");
            None
        }
        Err(e) => panic!("{e}"),
    }
}

fn problem(entry: &str, reference: Option<&str>, suite: TestSuite) -> Arc<Problem> {
    Arc::new(Problem {
        id: ProblemId(format!("Test/{entry}")),
        prompt: String::new(),
        entry_point: Some(entry.into()),
        reference: reference.map(Into::into),
        tests: BTreeMap::from([("tests".to_owned(), suite)]),
        answer: None,
        group: None,
        fields: serde_json::Map::new(),
    })
}

fn check(code: &str) -> TestSuite {
    TestSuite::Check { code: code.into(), preamble: String::new() }
}

fn calls(inputs: &[&str]) -> TestSuite {
    TestSuite::Calls { inputs: inputs.iter().map(|i| (*i).to_owned()).collect(), atol: 0.0 }
}

fn script(setup: &str, statements: &[&str]) -> TestSuite {
    TestSuite::Script { setup: setup.into(), statements: statements.iter().map(|s| (*s).to_owned()).collect() }
}

/// Judges each program before and after the calls of the tests are known, and once more with what the reference solution showed
/// the first time, and wants the same verdict.
fn judge(problem: &Arc<Problem>, programs: &[&str]) -> Option<Vec<Verdict>> {
    let cache = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let batch: Vec<Candidate> = (0_u32..)
            .zip(programs)
            .map(|(sample_index, program)| Candidate {
                problem: Arc::clone(problem),
                sample_index,
                completion: Completion { text: (*program).to_owned(), form: Form::Solution },
                verdicts: BTreeMap::new(),
            })
            .collect();
        let mut rounds: Vec<Vec<Verdict>> = Vec::new();
        for times in [2, 1] {
            let verifier = verifier(cache.path())?;
            for _ in 0..times {
                rounds.push(verifier.judge(&batch).await);
            }
            verifier.close().await;
        }
        let last = rounds.pop()?;
        for ((a, b), program) in rounds.iter().flat_map(|round| round.iter().zip(&last).zip(programs)) {
            assert_eq!((a.status, &a.detail, a.weak), (b.status, &b.detail, b.weak), "{program}");
        }
        Some(last)
    })
}

fn statuses(problem: &Arc<Problem>, programs: &[&str]) -> Option<Vec<Status>> {
    let verdicts = judge(problem, programs)?;
    for verdict in &verdicts {
        eprintln!("{:?} {:?}", verdict.status, verdict.detail);
        assert!(!verdict.weak);
    }
    Some(verdicts.into_iter().map(|v| v.status.unwrap()).collect())
}

#[test]
fn a_check_with_and_without_a_reference() {
    let code = "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(3) == 9, 'three'\n";
    for reference in [None, Some("def f(x): return x * x")] {
        let programs = [
            "def f(x):\n    return x ** 2\n",
            "def f(x):\n    return 4\n",
            "def f(x):\n    raise ValueError('no')\n",
            "def f(x:\n",
            "def g(x): pass",
            "import os\ndef f(x):\n    os._exit(0)\n",
            "import sys\nsys.exit(0)",
            "class A(int):\n    def __eq__(self, o): return True\ndef f(x): return A(0)",
            "class A:\n    def __eq__(self, o): return True\ndef f(x): return A()",
            "def f(x):\n    while True: pass",
            "def f(x):\n    open('/tmp/x', 'w').write('1')\n    return int(x * float(open('/tmp/x').read())) * x",
            "import unittest, sys\nunittest.TestCase.assertEqual = None\nsys.modules['builtins'].len = None\ndef f(x): return 5",
        ];
        let Some(got) = statuses(&problem("f", reference, check(code)), &programs) else { return };
        use Status::{Error, Fail, Pass, Timeout};
        assert_eq!(got, [Pass, Fail, Error, Error, Error, Error, Error, Fail, Fail, Timeout, Pass, Error]);
    }
}

#[test]
fn scripts_call_functions_and_classes_by_name() {
    let setup = "import math";
    let statements = [
        "assert math.isclose(area(1), math.pi)",
        "p = Pair(1, 2)\nassert p.total() == 3 and p.a == 1",
        "xs = [3, 1]\nsort_it(xs)\nassert xs == [1, 3]",
        "try:\n    area(-1)\n    assert False\nexcept ValueError:\n    pass",
        "assert list(count(3)) == [0, 1, 2]",
    ];
    let right = "import math\ndef area(r):\n    if r < 0: raise ValueError('negative')\n    return math.pi * r * r\nclass Pair:\n    def __init__(self, a, b):\n        self.a, self.b = a, b\n    def total(self): return self.a + self.b\ndef sort_it(xs): xs.sort()\ndef count(n):\n    yield from range(n)\n";
    let wrong = right.replace("xs.sort()", "xs.sort(reverse=True)");
    let stops = right.replace("raise ValueError('negative')", "raise StopIteration");
    for reference in [None, Some(right)] {
        let Some(verdicts) = judge(&problem("area", reference, script(setup, &statements)), &[right, &wrong, &stops])
        else {
            return;
        };
        let got: Vec<Status> = verdicts.iter().map(|v| v.status.unwrap()).collect();
        assert_eq!(got, [Status::Pass, Status::Fail, Status::Error]);
        // without a reference nobody knows whether methods may be believed
        assert!(verdicts.iter().all(|v| v.weak == reference.is_none()), "{verdicts:?}");
    }
}

#[test]
fn unittest_classes_run_and_a_program_cannot_skip_them() {
    let test = "import unittest\nclass T(unittest.TestCase):\n    def test_it(self):\n        self.assertEqual(f(1), 2)\n    def test_error(self):\n        with self.assertRaises(KeyError):\n            f('x')";
    let programs = [
        "def f(x): return {1: 2}[x]",
        "def f(x): return {1: 3}[x]",
        "import unittest\ndef f(x): raise unittest.SkipTest('no')",
    ];
    let Some(got) = statuses(&problem("f", None, script("", &[test])), &programs) else { return };
    assert_eq!(got[0], Status::Pass);
    assert!(got[1..].iter().all(|s| *s != Status::Pass), "{got:?}");
}

#[test]
fn setup_code_may_use_the_program() {
    let setup = "from math import *\nroot = Node(1)\nroot.left = Node(2)\nroot.left.left = Node(3)\nlimit = sqrt(9)";
    let suite = script(setup, &["assert height(root) == limit", "assert height(root.left) == 2"]);
    let program = "class Node:\n    def __init__(self, data):\n        self.data, self.left, self.right = data, None, None\n\
                   def height(node):\n    return 0 if node is None else 1 + max(height(node.left), height(node.right))\n";
    let wrong = program.replace("1 + max", "2 + max");
    let nameless = program.replace("Node", "Leaf");
    for reference in [Some(program), None] {
        let problem = problem("height", reference, suite.clone());
        let Some(got) = statuses(&problem, &[program, &wrong, &nameless]) else { return };
        assert_eq!(got, [Status::Pass, Status::Fail, Status::Error]);
    }
}

#[test]
fn limits_and_awkward_but_right_programs() {
    let code = "def check(candidate):\n    assert candidate(10) == 10\n";
    let right = [
        "import threading\ndef f(x):\n    r = []\n    t = threading.Thread(target=lambda: r.append(x)); t.start(); t.join()\n    return r[0]",
        "import threading, time\ndef f(x):\n    ts = [threading.Thread(target=time.sleep, args=(.1,)) for _ in range(64)]\n    \
         for t in ts: t.start()\n    for t in ts: t.join()\n    return x",
        "import asyncio\nasync def g(x):\n    await asyncio.sleep(0)\n    return x\ndef f(x): return asyncio.run(g(x))",
        "import tempfile\ndef f(x):\n    with tempfile.TemporaryFile() as t:\n        t.write(b'1'); return x",
        "import subprocess, sys\ndef f(x):\n    return x",
        "import multiprocessing\ndef f(x):\n    return x\nif __name__ == '__main__':\n    import sys; sys.exit(1)",
        "def f(x):\n    print('FAILED', b'\\xff', '\\ud800')\n    return r(900) and x\ndef r(n): return 1 if n == 0 else r(n - 1)",
        "def f(x):\n    try:\n        input()\n    except EOFError:\n        return x",
        "def f(x):\n    b = bytearray(50_000_000)\n    return x",
        "import os\ndef f(x):\n    p = os.fork()\n    if p == 0: os._exit(0)\n    os.waitpid(p, 0)\n    return x",
    ];
    let Some(got) = statuses(&problem("f", Some("def f(x): return x"), check(code)), &right) else { return };
    assert!(got.iter().all(|s| *s == Status::Pass), "{got:?}");
    let limited = [
        "def f(x):\n    b = bytearray(8_000_000_000)\n    return x",
        "def f(x):\n    while True: print('x' * 1000)",
        "def f(x):\n    open('/tmp/big', 'wb').write(b'0' * 500_000_000)\n    return x",
        "import time\ndef f(x): time.sleep(100)",
        "import signal, os\nsignal.signal(signal.SIGALRM, lambda *a: os._exit(0))\nsignal.alarm(1)\ndef f(x):\n    while 1: pass",
        "import os, signal\ndef f(x): os.kill(os.getpid(), signal.SIGSTOP)",
        "import os, signal\ndef f(x): os.kill(os.getppid(), signal.SIGKILL); os.kill(-1, 9)",
        "import os\ndef f(x): os.execv('/bin/true', ['true'])",
        "def f(x): return 10 ** 12_000_000",
        "import ctypes\ndef f(x): ctypes.string_at(0)",
        "import os\ndef f(x):\n    for fd in range(3, 256):\n        try: os.write(fd, b'\\x00\\x00\\x00\\x00d')\n        except OSError: pass\n    os._exit(0)",
    ];
    let Some(got) = statuses(&problem("f", Some("def f(x): return x"), check(code)), &limited) else { return };
    use Status::{Error, Limit, Timeout};
    assert_eq!(got[..4], [Limit, Limit, Limit, Timeout]);
    assert!(got[4..].iter().all(|s| matches!(s, Error | Limit | Timeout | Status::Fail)), "{got:?}");
}

#[test]
fn what_cannot_be_judged_is_not_called_wrong() {
    let bad = problem("f", None, calls(&["[1]"]));
    let Some(got) = statuses(&bad, &["def f(x): return x"]) else { return };
    assert_eq!(got, [Status::Unjudged]);
    let object = problem("f", Some("def f(x): return object()"), calls(&["[1]"]));
    assert_eq!(statuses(&object, &["def f(x): return 1"]).unwrap(), [Status::Unjudged]);
    let broken = problem("f", None, check("def check(candidate:\n"));
    assert_eq!(statuses(&broken, &["def f(x): return x"]).unwrap(), [Status::Unjudged]);
}

#[test]
fn a_call_that_hands_a_result_on_is_not_sent_ahead() {
    // the program looks for later calls in its runtime's frames: the reference's `f(3)` would stand there
    let code =
        "def check(candidate):\n    assert candidate(candidate([3])) == [503]\n    assert candidate([4]) == [254]\n";
    let spy = "import sys\ndef f(x):\n    frame, found = sys._getframe(), []\n    while frame:\n        found += [str(v) for k, v in frame.f_locals.items() if k == 'calls']\n        frame = frame.f_back\n    raise ValueError(found)";
    let problem = problem("f", Some("def f(x): return [x[0] + 250]"), check(code));
    let Some(verdicts) = judge(&problem, &["def f(x): return [x[0] + 250]", spy]) else { return };
    assert_eq!(verdicts[0].status, Some(Status::Pass));
    let detail = verdicts[1].detail.as_deref().unwrap();
    assert!(detail.contains("[\"[('f', b") && !detail.contains("\\xfd"), "{detail}");
}

#[test]
fn tests_may_hand_over_functions_and_say_when_something_cannot_leave() {
    let code = "def check(candidate):\n    assert candidate(len, ['a', 'bc']) == [1, 2]\n    assert candidate(lambda x: x + 1, [1]) == [2]\n";
    let right = "def f(g, xs): return [g(x) for x in xs]";
    let Some(got) = statuses(&problem("f", Some(right), check(code)), &[right, "def f(g, xs): return xs"]) else {
        return;
    };
    assert_eq!(got, [Status::Pass, Status::Fail]);
    let code = "import threading\ndef check(candidate):\n    assert candidate(threading.Lock(), []) == []\n";
    assert_eq!(statuses(&problem("f", Some(right), check(code)), &[right]).unwrap(), [Status::Unjudged]);
}

#[test]
fn tests_that_fail_early_wait_for_no_call_that_they_would_not_have_made() {
    let tests = check("def check(candidate):\n    assert candidate(1) == 1\n    assert candidate(2) == 2\n");
    let problem = problem("f", Some("def f(n):\n    return n\n"), tests);
    let hangs = |first: &str| format!("def f(n):\n    while n == 2:\n        pass\n    return {first}\n");
    let Some(found) = statuses(&problem, &[&hangs("0"), &hangs("n")]) else { return };
    assert_eq!(found, [Status::Fail, Status::Timeout]);
}

#[test]
fn modules_are_imported_beforehand_or_named_at_the_start() {
    let build_with = |preload: &[&str]| {
        build(
            &spec(ProgramSettings { preload: preload.iter().map(|m| (*m).to_owned()).collect(), ..settings() }),
            &ports(),
        )
    };
    let absent = match build_with(&["textwrap", "no_such_module_1"]) {
        Err(BuildError::WeakSandbox { .. } | BuildError::Interpreter(_)) => return,
        other => other.err().unwrap().to_string(),
    };
    assert!(absent.contains("`no_such_module_1`") && absent.contains("No module named"), "{absent}");
    let verifier = match build_with(&["numpy"]) {
        Ok(verifier) => verifier,
        Err(e) if e.to_string().contains("No module named 'numpy'") => {
            eprintln!("skipped: {e}");
            return;
        }
        Err(e) => panic!("{e}"),
    };
    let problem = problem("f", None, script("", &["assert f(3) == 14"]));
    let program = "import sys\nimported = 'numpy' in sys.modules\nimport numpy as np\n\
                   def f(n):\n    a = np.arange(n + 1.0)\n    return int(a @ a) if imported else None\n";
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let completion = Completion { text: program.to_owned(), form: Form::Solution };
    let candidate = Candidate { problem, sample_index: 0, completion, verdicts: BTreeMap::new() };
    let verdict = runtime.block_on(async {
        let verdict = verifier.judge(&[candidate]).await.remove(0);
        verifier.close().await;
        verdict
    });
    assert_eq!(verdict.status, Some(Status::Pass), "{:?}", verdict.detail);
}
