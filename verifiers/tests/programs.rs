//! `stdin-stdout` and `command` from settings to verdict, in the real sandbox.
#![cfg(target_os = "linux")]
#![expect(clippy::print_stderr, reason = "a test")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use verifiers::domain::{
    Completion, Form, FunctionalCase, IoCase, Problem, ProblemId, Role, Status, TestSuite, Verdict,
};
use verifiers::registry::{BuildError, CommandSettings, Limits, Ports, ProgramSettings, Settings, VerifierSpec, build};
use verifiers::sandbox::Launcher;
use verifiers::verifier::{Candidate, Verifier};

fn limits() -> Limits {
    Limits { timeout: Duration::from_secs(2), ..Limits::default() }
}

/// The verifier, or `None` (with the reason printed) where this machine has no strong sandbox or not the tool.
fn verifier(settings: Settings) -> Option<Arc<dyn Verifier>> {
    let launcher = Launcher::new(PathBuf::from(env!("CARGO_BIN_EXE_sandbox-launcher")));
    let ports = Ports { workers: 2, allow_weak_sandbox: false, dedupe: false, launcher, ..Ports::default() };
    match build(&VerifierSpec { name: "t".into(), role: Role::Oracle, settings }, &ports) {
        Ok(verifier) => Some(verifier),
        Err(e @ (BuildError::WeakSandbox { .. } | BuildError::Interpreter(_))) => {
            eprintln!("skipped: {e}");
            None
        }
        Err(e @ BuildError::Settings(_)) if e.to_string().contains("not on the path") => {
            eprintln!("skipped: {e}");
            None
        }
        Err(e) => panic!("{e}"),
    }
}

fn stdin(language: &str) -> Option<Arc<dyn Verifier>> {
    verifier(Settings::StdinStdout(program(language)))
}

fn program(language: &str) -> ProgramSettings {
    ProgramSettings { language: language.into(), limits: limits(), ..ProgramSettings::default() }
}

fn command(words: &[&str], language: Option<&str>) -> Option<Arc<dyn Verifier>> {
    verifier(Settings::Command(CommandSettings {
        command: words.iter().map(|word| (*word).to_owned()).collect(),
        language: language.map(str::to_owned),
        file: None,
        limits: Limits { timeout: Duration::from_secs(20), processes: 256, ..limits() },
    }))
}

/// Adds the numbers of each line.
fn sums() -> Arc<Problem> {
    Arc::new(sums_within(None))
}

fn sums_within(time_limit: Option<f64>) -> Problem {
    let case = |input: &str, output: &str| IoCase { input: input.into(), outputs: vec![output.into()] };
    let cases = vec![
        case("1 2\n", "3\n"),
        case("10 -4\n", "6"),
        IoCase { input: "2 2\n".into(), outputs: vec!["four".into(), "4".into()] },
    ];
    Problem {
        id: ProblemId("Sum/1".into()),
        prompt: "Read two numbers and print their sum.".into(),
        entry_point: None,
        reference: None,
        tests: BTreeMap::from([("tests".to_owned(), TestSuite::StdinStdout { cases, time_limit })]),
        answer: None,
        group: None,
        fields: serde_json::Map::new(),
    }
}

async fn judge(verifier: &Arc<dyn Verifier>, text: &str) -> Verdict {
    judge_by(verifier, sums(), text).await
}

async fn judge_by(verifier: &Arc<dyn Verifier>, problem: Arc<Problem>, text: &str) -> Verdict {
    let completion = Completion { text: text.into(), form: Form::Chat };
    let candidate = Candidate { problem, sample_index: 0, completion, verdicts: BTreeMap::new() };
    verifier.judge(&[candidate]).await.remove(0)
}

#[tokio::test]
async fn sets_with_programs_and_functions() {
    let cases = [(1, 2), (5, 6)].map(|(a, r)| FunctionalCase {
        arguments: vec![a.into()],
        expected: serde_json::json!(r),
        also: Vec::new(),
    });
    let suite = TestSuite::Functional { function: "next".into(), cases: cases.into() };
    let mut functional = sums_within(None);
    functional.id = ProblemId("Next/1".into());
    functional.entry_point = Some("next".into());
    functional.tests = BTreeMap::from([("tests".to_owned(), suite)]);
    let functional = Arc::new(functional);
    for settings in [Settings::PythonTests(program("python")), Settings::StdinStdout(program("python"))] {
        let Some(verifier) = verifier(settings) else { return };
        for (problem, text, status) in [
            (sums(), "print(sum(map(int, input().split())))", Status::Pass),
            (sums(), "print(3)", Status::Fail),
            (Arc::clone(&functional), "class Solution:\n    def next(self, n): return n + 1", Status::Pass),
            (Arc::clone(&functional), "def next(n): return 2", Status::Fail),
        ] {
            let verdict = judge_by(&verifier, problem, &format!("```python\n{text}\n```")).await;
            assert_eq!(verdict.status, Some(status), "{text}: {:?}", verdict.detail);
        }
        verifier.close().await;
    }
    let Some(verifier) = stdin("bash") else { return };
    let verdict = judge_by(&verifier, functional, "```bash\necho 2\n```").await;
    assert_eq!(verdict.status, Some(Status::Unjudged), "{:?}", verdict.detail);
}

#[tokio::test]
async fn a_problem_may_allow_more_time() {
    let Some(verifier) = stdin("python") else { return };
    let slow = "import time\ntime.sleep(2.5)\nprint(sum(map(int, input().split())))";
    for (own, status) in [(None, Status::Timeout), (Some(0.5), Status::Timeout), (Some(8.0), Status::Pass)] {
        let problem = Problem { id: ProblemId(format!("Sum/{own:?}")), ..sums_within(own) };
        let verdict = judge_by(&verifier, Arc::new(problem), slow).await;
        assert_eq!(verdict.status, Some(status), "{own:?}: {:?}", verdict.detail);
    }
}

#[tokio::test]
async fn python_programs() {
    let Some(verifier) = stdin("python") else { return };
    let cases = [
        ("a, b = map(int, input().split())\nprint(a + b)", Status::Pass),
        ("import sys\nprint(sum(map(int, sys.stdin.buffer.read().split())))\nexit()", Status::Pass),
        ("if __name__ == '__main__':\n    print(sum(int(x) for x in open(0).read().split()))", Status::Pass),
        ("print(3)", Status::Fail),
        ("print('PASS')", Status::Fail),
        ("import os\nos._exit(0)", Status::Fail),
        ("a, b = map(int, input().split())\nprint(a + b)\nraise SystemExit(3)", Status::Error),
        ("1 / 0", Status::Error),
        ("def f(:", Status::Error),
        ("while True: pass", Status::Timeout),
        ("import time\ntime.sleep(1000)", Status::Timeout),
        ("while True: print('x' * 10000)", Status::Limit),
        ("x = bytearray(8 << 30)", Status::Limit),
    ];
    for (program, status) in cases {
        let verdict = judge(&verifier, &format!("```python\n{program}\n```")).await;
        assert_eq!(verdict.status, Some(status), "{program}: {:?}", verdict.detail);
        assert_eq!(verdict.detail.is_some(), status != Status::Pass);
    }
    assert_eq!(judge(&verifier, "I don't know.").await.status, Some(Status::Error));
}

#[tokio::test]
async fn limits_are_told_from_errors_and_wrong_answers() {
    let tight = Limits { processes: 4, memory_bytes: 256 << 20, disk_bytes: 8 << 20, files: 100, ..limits() };
    let stdin = Settings::StdinStdout(ProgramSettings { limits: tight.clone(), ..program("python") });
    let own = Settings::Command(CommandSettings {
        command: Vec::new(),
        language: Some("python".into()),
        file: None,
        limits: tight,
    });
    let cases = [
        ("x = bytearray(1 << 30)", Status::Limit),
        ("f = open('/tmp/a', 'wb')\nf.write(b'x' * (20 << 20))\nf.flush()", Status::Limit),
        ("for i in range(200): open(f'/tmp/{i}', 'w').close()", Status::Limit),
        ("import os, time\nfor i in range(9):\n    if os.fork() == 0: time.sleep(5)", Status::Limit),
        (
            "import threading, time\nts = [threading.Thread(target=time.sleep, args=(1,)) for _ in range(9)]\n\
             for t in ts: t.start()",
            Status::Limit,
        ),
        (
            "import os, time\nfor i in range(3):\n    if os.fork() == 0: break\nx = bytearray(b'1') * (150 << 20)\ntime.sleep(1)",
            Status::Limit,
        ),
        ("def f(): return {}[1]\nf()", Status::Error),
        ("def f(:", Status::Error),
    ];
    for settings in [stdin, own] {
        let Some(verifier) = verifier(settings) else { return };
        for (program, status) in cases {
            let verdict = judge(&verifier, &format!("```python\n{program}\n```")).await;
            assert_eq!(verdict.status, Some(status), "{program}: {:?}", verdict.detail);
            if status == Status::Error {
                assert!(verdict.detail.as_deref().unwrap().contains("(line 1 of the program)"), "{verdict:?}");
            }
        }
    }
    let Some(verifier) = verifier(Settings::StdinStdout(program("python"))) else { return };
    let wrong = "try: x = bytearray(8 << 30)\nexcept MemoryError: print('MemoryError')";
    assert_eq!(judge(&verifier, &format!("```python\n{wrong}\n```")).await.status, Some(Status::Fail));
}

#[tokio::test]
async fn as_many_threads_as_processes_are_allowed() {
    let Some(verifier) = stdin("python") else { return };
    let program = "import threading, time\n\
                   ts = [threading.Thread(target=time.sleep, args=(.2,)) for _ in range(64)]\n\
                   for t in ts: t.start()\nfor t in ts: t.join()\nprint(sum(map(int, input().split())))";
    let verdict = judge(&verifier, &format!("```python\n{program}\n```")).await;
    assert_eq!(verdict.status, Some(Status::Pass), "{:?}", verdict.detail);
}

#[tokio::test]
async fn programs_in_other_languages() {
    let programs = [
        (
            "javascript",
            "js",
            "const t = require('fs').readFileSync(0, 'utf8').split(/\\s+/).map(Number); console.log(t[0] + t[1])",
        ),
        (
            "c",
            "c",
            "#include <stdio.h>\nint main(void) { int a, b; scanf(\"%d %d\", &a, &b); printf(\"%d\\n\", a + b); return 0; }",
        ),
        (
            "c++",
            "cpp",
            "#include <iostream>\nint main() { int a, b; std::cin >> a >> b; std::cout << a + b << std::endl; }",
        ),
        (
            "rust",
            "rust",
            "use std::io::Read;\nfn main() { let mut s = String::new(); std::io::stdin().read_to_string(&mut s).unwrap();\n\
             println!(\"{}\", s.split_whitespace().map(|w| w.parse::<i64>().unwrap()).sum::<i64>()); }",
        ),
        (
            "go",
            "go",
            "package main\nimport \"fmt\"\nfunc main() { var a, b int; fmt.Scan(&a, &b); fmt.Println(a + b) }",
        ),
        ("bash", "bash", "read a b; echo $((a + b))"),
    ];
    for (language, tag, program) in programs {
        let Some(verifier) = stdin(language) else { continue };
        let right = judge(&verifier, &format!("Here:\n```{tag}\n{program}\n```\n")).await;
        assert_eq!(right.status, Some(Status::Pass), "{language}: {:?}", right.detail);
        let wrong = judge(
            &verifier,
            &format!("```{tag}\n{}\n```\n", program.replace("+ b", "- b").replace("sum::", "product::")),
        )
        .await;
        if language != "javascript" {
            assert_eq!(wrong.status, Some(Status::Fail), "{language}: {:?}", wrong.detail);
        }
        let broken = judge(&verifier, &format!("```{tag}\n}} ( {{\n```\n")).await;
        assert_eq!(broken.status, Some(Status::Error), "{language}: {:?}", broken.detail);
    }
    let left = std::fs::read_dir("/var/tmp").unwrap().flatten();
    let ours = format!("nbest-{}-", std::process::id());
    assert_eq!(left.filter(|entry| entry.file_name().to_string_lossy().starts_with(&ours)).count(), 0);
}

#[tokio::test]
async fn standard_input_has_a_name() {
    let programs = [
        (
            "javascript",
            "js",
            "const t = require('fs').readFileSync('/dev/stdin', 'utf8').split(/\\s+/).map(Number); console.log(t[0] + t[1])",
        ),
        (
            "c",
            "c",
            "#include <stdio.h>\nint main(void) { int a, b; freopen(\"/dev/stdin\", \"r\", stdin); scanf(\"%d %d\", &a, &b);\n\
             printf(\"%d\\n\", a + b); return 0; }",
        ),
        (
            "python",
            "python",
            "import sys\nsys.stdin = open('/dev/stdin')\nprint(sum(map(int, sys.stdin.read().split())))",
        ),
        ("bash", "bash", "read a b < <(cat /dev/stdin)\necho $((a + b)) > /dev/stdout"),
    ];
    for (language, tag, program) in programs {
        let Some(verifier) = stdin(language) else { continue };
        let verdict = judge(&verifier, &format!("```{tag}\n{program}\n```\n")).await;
        assert_eq!(verdict.status, Some(Status::Pass), "{language}: {:?}", verdict.detail);
    }
}

#[tokio::test]
async fn any_command_decides() {
    let Some(verifier) = command(&["grep", "-q", "magic", "{file}"], None) else { return };
    assert_eq!(judge(&verifier, "the magic word").await.status, Some(Status::Pass));
    assert_eq!(judge(&verifier, "nothing").await.status, Some(Status::Fail));

    let script = "import json, sys\ntext = open(sys.argv[1]).read()\nproblem = json.load(open(sys.argv[2]))\n\
                  print(json.dumps({'score': len(text) / 10, 'pass': problem['id'] in text, 'detail': 'looked'}))";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("check.py");
    std::fs::write(&path, script).unwrap();
    let moved = PathBuf::from("/var/tmp").join(format!("nbest-test-{}.py", std::process::id()));
    std::fs::copy(&path, &moved).unwrap();
    let verifier = command(&["python3", moved.to_str().unwrap(), "{file}", "{problem}"], None).unwrap();
    let verdict = judge(&verifier, "it is Sum/1").await;
    assert_eq!((verdict.status, verdict.score), (Some(Status::Pass), Some(1.1)), "{verdict:?}");
    let verdict = judge(&verifier, "no").await;
    assert_eq!((verdict.status, verdict.detail.as_deref()), (Some(Status::Fail), Some("looked")));
    std::fs::remove_file(&moved).unwrap();
}

#[tokio::test]
async fn a_language_alone_runs_the_program() {
    for (language, tag, right, wrong) in [
        ("python", "python", "assert 1 + 1 == 2", "assert 1 + 1 == 3"),
        ("c", "c", "int main(void) { return 0; }", "int main(void) { return 1; }"),
        ("javascript", "js", "process.exit(0)", "process.exit(2)"),
    ] {
        let Some(verifier) = command(&[], Some(language)) else { continue };
        for (program, status) in [(right, Status::Pass), (wrong, Status::Fail)] {
            let verdict = judge(&verifier, &format!("```{tag}\n{program}\n```")).await;
            assert_eq!(verdict.status, Some(status), "{language}: {:?}", verdict.detail);
        }
    }
}

#[tokio::test]
async fn what_a_language_says_of_a_broken_program_is_told() {
    for (language, tag, program, told) in [
        ("c", "c", "int main(void) { return x; }", "error"),
        ("c++", "cpp", "int main() { std::string s; }", "error"),
        ("rust", "rust", "fn main() { let x: i32 = \"a\"; }", "error"),
        ("rust", "rust", "fn main() { let v: Vec<i32> = vec![]; println!(\"{}\", v[0]); }", "index out of bounds"),
        ("javascript", "js", "null.x", "TypeError: Cannot read"),
        ("javascript", "js", "let (", "SyntaxError"),
        ("go", "go", "package main\nfunc main() { x }", "undefined"),
        ("python", "python", "1 / 0", "ZeroDivisionError: division by zero (line 1 of the program)"),
    ] {
        let Some(verifier) = command(&[], Some(language)) else { continue };
        let verdict = judge(&verifier, &format!("```{tag}\n{program}\n```")).await;
        assert_eq!(verdict.status, Some(Status::Error), "{language}: {:?}", verdict.detail);
        assert!(verdict.detail.as_deref().unwrap().contains(told), "{language}: {:?}", verdict.detail);
    }
}

#[test]
fn what_is_not_here_is_told() {
    let launcher = Launcher::new(PathBuf::from(env!("CARGO_BIN_EXE_sandbox-launcher")));
    let ports = Ports { allow_weak_sandbox: true, launcher, ..Ports::default() };
    let settings =
        CommandSettings { command: vec!["no-such-program".into()], language: None, file: None, limits: limits() };
    let of = |settings: CommandSettings| {
        let spec = VerifierSpec { name: "t".into(), role: Role::Oracle, settings: Settings::Command(settings) };
        build(&spec, &ports).err().unwrap().to_string()
    };
    assert!(of(settings.clone()).contains("`no-such-program` is not on the path"));
    let cobol = CommandSettings { command: vec![], language: Some("cobol".into()), ..settings.clone() };
    assert!(of(cobol).contains("known: python, javascript"));
    let outside = CommandSettings { command: vec!["true".into()], file: Some("../x".into()), ..settings };
    assert!(of(outside).contains("must be a name below"));
}
