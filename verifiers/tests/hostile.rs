//! Programs that try to fool, hang or harm the verifier, and awkward ones that must pass: `tests/hostile/*.py`.
//!
//! Each begins with a comment of JSON: the family (the kinds of `docs/sandbox.md`), the statuses that are right, and where it
//! differs from the usual the problem, the form and how often it is tried. Every program is judged by each kind of test:
//! a `check` function, calls compared with a reference, assert statements, a unittest class.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde::Deserialize;
use verifiers::domain::{Completion, Form, Problem, ProblemId, Role, Status, TestSuite, Verdict};
use verifiers::registry::{BuildError, Limits, Ports, ProgramSettings, Settings, VerifierSpec, build};
use verifiers::sandbox::Launcher;
use verifiers::verifier::{Candidate, Verifier};

const LIMIT: Duration = Duration::from_secs(2);
/// No verdict may take longer: the limit, once more alone, and a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    family: u8,
    allowed: Vec<Status>,
    #[serde(default = "total")]
    problem: String,
    #[serde(default)]
    form: Option<Form>,
    #[serde(default = "once")]
    repeat: u32,
}

fn total() -> String {
    "total".into()
}

fn once() -> u32 {
    1
}

struct Program {
    name: String,
    header: Header,
    text: String,
}

/// What programs look for outside.
struct Bait {
    mark: String,
    comm: String,
    secret: String,
    folder: tempfile::TempDir,
    _tcp: std::net::TcpListener,
    port: u16,
    _unix: std::os::unix::net::UnixListener,
}

impl Bait {
    fn lay() -> Self {
        let id = std::process::id();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret.txt"), "secret").unwrap();
        let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = tcp.local_addr().unwrap().port();
        let unix = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
        let secret = std::env::vars().find(|(name, value)| name == "PATH" && !value.is_empty()).unwrap().1;
        Self {
            mark: format!("nbest-mark-{id}"),
            comm: format!("nbh{id}"),
            secret,
            folder,
            _tcp: tcp,
            port,
            _unix: unix,
        }
    }

    fn fill(&self, text: &str) -> String {
        // the environment's own path is as good a secret as any: the sandbox has another
        text.replace("{MARK}", &self.mark)
            .replace("{COMM}", &self.comm)
            .replace("{SECRET}", &self.secret)
            .replace("NBEST_HOSTILE_SECRET", "CARGO_MANIFEST_DIR")
            .replace("{HOME}", &std::env::var("HOME").unwrap_or_else(|_| "/root".into()))
            .replace("{PORT}", &self.port.to_string())
            .replace("{FILE}", &self.folder.path().join("secret.txt").display().to_string())
            .replace("{SOCKET}", &self.folder.path().join("socket").display().to_string())
    }
}

fn programs(bait: &Bait) -> Vec<Program> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile");
    let mut found: Vec<Program> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let (header, text) = text.split_once('\n').unwrap();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let header = header.strip_prefix("# ").unwrap();
            let header = serde_json::from_str(header).unwrap_or_else(|e| panic!("{name}: {e}"));
            Program { name, header, text: bait.fill(text) }
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn problem(name: &str, prompt: &str, reference: &str, suites: Vec<(&str, TestSuite)>) -> Arc<Problem> {
    Arc::new(Problem {
        id: ProblemId(format!("Hostile/{name}")),
        prompt: prompt.into(),
        entry_point: Some(name.into()),
        reference: Some(format!("{prompt}{reference}")),
        tests: suites.into_iter().map(|(name, suite)| (name.to_owned(), suite)).collect(),
        answer: None,
        group: None,
        fields: serde_json::Map::new(),
    })
}

fn problems() -> BTreeMap<String, Arc<Problem>> {
    let check = |preamble: &str, code: &str| TestSuite::Check { code: code.into(), preamble: preamble.into() };
    let script = |statements: &[&str]| TestSuite::Script {
        setup: "import math, unittest".into(),
        statements: statements.iter().map(|s| (*s).to_owned()).collect(),
    };
    let calls =
        |inputs: &[&str]| TestSuite::Calls { inputs: inputs.iter().map(|i| (*i).to_owned()).collect(), atol: 0.0 };
    let prompt =
        "def is_close(a, b):\n    return abs(a - b) < 1e-6\n\n\ndef total(xs):\n    \"\"\" Adds them up. \"\"\"\n";
    let total = problem(
        "total",
        prompt,
        "    return sum(xs)\n",
        vec![
            (
                "check",
                check(
                    prompt,
                    "import math\ndef check(candidate):\n    assert candidate([1, 2, 3]) == 6\n    assert candidate([]) == 0\n\
                     \x20   assert candidate([4]) == 4, 'one'\n    assert is_close(candidate([0.5, 0.25]), 0.75)\n\
                     \x20   assert abs(candidate([1.5, 1]) - 2.5) < 1e-9\n    assert math.isclose(candidate([7.25]), 7.25)\n\
                     \x20   for i in range(40):\n        assert candidate(list(range(i))) == i * (i - 1) // 2\n\
                     \x20   assert len(str(candidate([10 ** 20]))) == 21\n",
                ),
            ),
            (
                "calls",
                calls(&["[[1, 2, 3]]", "[[]]", "[[4]]", "[[0.5, 0.25]]", "[[1.5, 1]]", "[[100000000000000000000, 1]]"]),
            ),
            (
                "script",
                script(&[
                    "assert total([1, 2, 3]) == 6",
                    "assert total([]) == 0",
                    "assert math.isclose(total([0.5, 0.25]), 0.75)",
                ]),
            ),
            (
                "unittest",
                script(&[
                    "class TestTotal(unittest.TestCase):\n    def test_ints(self):\n        self.assertEqual(total([1, 2, 3]), 6)\n\
                          \x20   def test_floats(self):\n        self.assertAlmostEqual(total([0.5, 0.25]), 0.75)\n\
                          \x20   def test_empty(self):\n        self.assertFalse(total([]))",
                ]),
            ),
        ],
    );
    let pairs = problem(
        "pairs",
        "",
        "def pairs(xs):\n    return [(x, x * x) for x in xs]\n",
        vec![
            ("check", check("", "def check(candidate):\n    assert candidate([1, 2]) == [(1, 1), (2, 4)]\n")),
            ("calls", calls(&["[[1, 2]]", "[[3]]"])),
        ],
    );
    let table = problem(
        "table",
        "",
        "def table(xs):\n    return {x: x * x for x in xs}\n",
        vec![
            ("check", check("", "def check(candidate):\n    assert candidate([1, 2]) == {1: 1, 2: 4}\n")),
            ("calls", calls(&["[[1, 2]]", "[[3]]"])),
        ],
    );
    let in_place = problem(
        "sort_down",
        "",
        "def sort_down(xs):\n    xs.sort(reverse=True)\n",
        vec![(
            "check",
            check("", "def check(candidate):\n    xs = [1, 3, 2]\n    candidate(xs)\n    assert xs == [3, 2, 1]\n"),
        )],
    );
    let kinds = problem(
        "kinds",
        "",
        "",
        vec![(
            "check",
            check(
                "",
                "def check(candidate):\n    assert candidate('tuple') == (1, 'a', None)\n    assert type(candidate('tuple')) is tuple\n\
                 \x20   assert candidate('bytes') == b'\\x00\\xff'\n    assert candidate('set') == {2, 1}\n\
                 \x20   assert candidate('frozen') == frozenset([1])\n    assert candidate('dict') == {1: 'a', (2, 3): b''}\n\
                 \x20   assert candidate('big') == 2 ** 200\n    assert candidate('complex') == 1 + 2j\n\
                 \x20   assert candidate('inf') == float('inf')\n    assert list(candidate('gen')) == [0, 1, 4]\n\
                 \x20   assert len(candidate('long')) == 200_000 and candidate('long')[-1] == 199_999\n\
                 \x20   assert candidate('range') == range(3)\n    assert candidate('deque').popleft() == 1\n\
                 \x20   assert candidate('counter')['a'] == 2\n    assert candidate('default')[5] == []\n\
                 \x20   assert candidate('surrogate') == '\\ud800'\n    assert candidate('nested') == [[(1, [2.5])]]\n\
                 \x20   assert candidate('true') is True\n    assert candidate('bytearray') == bytearray(b'x')\n\
                 \x20   try:\n        candidate('bad')\n    except ValueError as e:\n        assert 'bad' in str(e)\n\
                 \x20   else:\n        assert False\n",
            ),
        )],
    );
    [("total", total), ("pairs", pairs), ("table", table), ("in_place", in_place), ("kinds", kinds)]
        .map(|(name, problem)| (name.to_owned(), problem))
        .into()
}

/// The verifier of one suite, or `None` (with the reason printed) where this machine has no strong sandbox or no Python.
fn verifier(suite: &str, workers: usize) -> Option<Arc<dyn Verifier>> {
    let launcher = Launcher::new(PathBuf::from(env!("CARGO_BIN_EXE_sandbox-launcher")));
    let ports = Ports { workers, allow_weak_sandbox: false, dedupe: false, launcher, ..Ports::default() };
    let settings = Settings::PythonTests(ProgramSettings {
        tests: Some(suite.into()),
        language: "python".into(),
        interpreter: None,
        preload: Vec::new(),
        limits: Limits { timeout: LIMIT, ..Limits::default() },
        tolerance: None,
    });
    match build(&VerifierSpec { name: "t".into(), role: Role::Oracle, settings }, &ports) {
        Ok(verifier) => Some(verifier),
        Err(e @ (BuildError::WeakSandbox { .. } | BuildError::Interpreter(_))) => {
            eprintln!("skipped: {e}");
            None
        }
        Err(e) => panic!("{e}"),
    }
}

/// All processes below this one.
fn below() -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    let mut next = vec![std::process::id()];
    while let Some(pid) = next.pop() {
        for task in std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
            let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
            next.extend(children.split_whitespace().filter_map(|w| w.parse::<u32>().ok()).filter(|p| found.insert(*p)));
        }
    }
    found
}

/// Processes that carry the name which the programs give to theirs.
fn named(comm: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    entries.filter(|path| std::fs::read_to_string(path.join("comm")).is_ok_and(|name| name.trim() == comm)).collect()
}

fn marks(mark: &str) -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from);
    let places = [
        PathBuf::from("/tmp"),
        "/var/tmp".into(),
        "/dev/shm".into(),
        home,
        "/".into(),
        std::env::current_dir().unwrap(),
    ];
    let entries = places.iter().filter_map(|place| std::fs::read_dir(place).ok()).flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.to_string_lossy().contains(mark)).collect()
}

async fn judge(verifier: &Arc<dyn Verifier>, problem: &Arc<Problem>, program: &Program, index: u32) -> Verdict {
    let form = program.header.form.unwrap_or(Form::Solution);
    let completion = Completion { text: program.text.clone(), form };
    let candidate =
        Candidate { problem: Arc::clone(problem), sample_index: index, completion, verdicts: BTreeMap::new() };
    verifier.judge(&[candidate]).await.remove(0)
}

/// Judges all programs by one suite, two at once; returns what went wrong.
async fn campaign(
    suite: &'static str,
    programs: Arc<Vec<Program>>,
    problems: Arc<BTreeMap<String, Arc<Problem>>>,
) -> Vec<String> {
    let Some(verifier) = verifier(suite, 2) else { return Vec::new() };
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = Vec::new();
    for _ in 0..2 {
        let (verifier, programs, problems, next) =
            (Arc::clone(&verifier), Arc::clone(&programs), Arc::clone(&problems), Arc::clone(&next));
        tasks.push(tokio::spawn(async move {
            let mut wrong = Vec::new();
            while let Some(program) = programs.get(next.fetch_add(1, Ordering::Relaxed)) {
                let problem = &problems[&program.header.problem];
                // what a program takes and how long it stays does not depend on the tests
                let again = suite != "check" && (8..=10).contains(&program.header.family);
                if !problem.tests.contains_key(suite) || again && std::env::var_os("NBEST_HOSTILE_ALL").is_none() {
                    continue;
                }
                for index in 0..program.header.repeat {
                    let begin = Instant::now();
                    let verdict = judge(&verifier, problem, program, index).await;
                    let status = verdict.status.unwrap();
                    let took = begin.elapsed();
                    if !program.header.allowed.contains(&status) || verdict.weak || took > PATIENCE {
                        wrong.push(format!(
                            "{suite}: {} (family {}): {status:?} weak {} after {took:?}: {:?}",
                            program.name, program.header.family, verdict.weak, verdict.detail
                        ));
                    }
                    let detail = verdict.detail.unwrap_or_default();
                    if detail.len() > 4000 || detail.chars().any(char::is_control) {
                        wrong.push(format!("{suite}: {}: its detail is no short clean line", program.name));
                    }
                }
            }
            wrong
        }));
    }
    let mut wrong = Vec::new();
    for task in tasks {
        wrong.extend(task.await.unwrap());
    }
    verifier.close().await;
    wrong
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_fooled_hung_or_harmed() {
    let bait = Bait::lay();
    let programs = Arc::new(programs(&bait));
    let families: BTreeSet<u8> = programs.iter().map(|program| program.header.family).collect();
    assert!(
        programs.len() >= 190 && families == (1..=12).collect(),
        "{} programs, families {families:?}",
        programs.len()
    );
    let problems = Arc::new(problems());
    let only = std::env::var("NBEST_HOSTILE").ok();
    let programs = match only {
        Some(part) => {
            let bait = &bait;
            Arc::new(self::programs(bait).into_iter().filter(|program| program.name.contains(&part)).collect())
        }
        None => programs,
    };
    let before = below();
    let mut wrong = Vec::new();
    for suite in ["check", "calls", "script", "unittest"] {
        let begin = Instant::now();
        wrong.extend(campaign(suite, Arc::clone(&programs), Arc::clone(&problems)).await);
        eprintln!("{suite}: {} programs in {:.1} s", programs.len(), begin.elapsed().as_secs_f64());
    }
    // a daemon that survived would write its file now
    tokio::time::sleep(Duration::from_secs(2)).await;
    let after: Vec<u32> = below().difference(&before).copied().collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(after.is_empty(), "processes left: {after:?}");
    assert_eq!((named(&bait.comm), marks(&bait.mark)), (Vec::new(), Vec::new()));
}
