//! Problems whose tests or right answers are awkward to judge from outside: `tests/awkward/*.txt`.
//!
//! A file holds problems (`######## name`), each with sections (`#### kind`): `prompt`, `reference`, one or more of `check`, `script`
//! (assert statements or unittest classes) and `inputs` (a call's arguments on a line), and programs that are `right` as the reference
//! is, or `wrong`. Every program is judged twice, before and after the calls of the tests are known, by two workers.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use verifiers::domain::{Completion, Form, Problem, ProblemId, Role, Status, TestSuite};
use verifiers::registry::{BuildError, Ports, ProgramSettings, Settings, VerifierSpec, build};
use verifiers::sandbox::Launcher;
use verifiers::verifier::{Candidate, Verifier};

struct Section {
    words: Vec<String>,
    text: String,
}

impl Section {
    fn is(&self, kind: &str) -> bool {
        self.words[0] == kind
    }
}

struct Case {
    name: String,
    sections: Vec<Section>,
}

impl Case {
    fn text(&self, kind: &str) -> Option<&str> {
        self.sections.iter().find(|s| s.is(kind)).map(|s| s.text.as_str())
    }

    /// The problem with the tests of one section.
    fn problem(&self, tests: &Section) -> Arc<Problem> {
        let prompt = self.text("prompt").unwrap_or_default();
        let reference = self.text("reference").unwrap();
        let defined = |line: &str| {
            let rest = line.strip_prefix("async ").unwrap_or(line);
            let rest = rest.strip_prefix("def ").or_else(|| rest.strip_prefix("class "))?;
            rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::to_owned)
        };
        let head = if prompt.is_empty() { reference } else { prompt };
        let entry = head.lines().filter_map(defined).next_back();
        let suite = match tests.words[0].as_str() {
            "check" => TestSuite::Check { code: tests.text.clone(), preamble: prompt.to_owned() },
            "script" => TestSuite::Script { setup: String::new(), statements: vec![tests.text.clone()] },
            _ => TestSuite::Calls { inputs: tests.text.lines().map(str::to_owned).collect(), atol: 0.0 },
        };
        Arc::new(Problem {
            id: ProblemId(self.name.clone()),
            prompt: prompt.to_owned(),
            entry_point: entry,
            reference: Some(reference.to_owned()),
            tests: BTreeMap::from([("tests".to_owned(), suite)]),
            answer: None,
            group: None,
            fields: serde_json::Map::new(),
        })
    }
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/awkward");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let texts = files.iter().map(|path| std::fs::read_to_string(path).unwrap());
    let mut cases = Vec::new();
    for text in texts {
        for part in text.split("\n######## ").skip(1) {
            let mut sections = part.split("\n#### ");
            let name = sections.next().unwrap().trim().to_owned();
            let sections = sections.map(|section| {
                let (head, text) = section.split_once('\n').unwrap_or((section, ""));
                Section { words: head.split_whitespace().map(str::to_owned).collect(), text: format!("{text}\n") }
            });
            cases.push(Case { name, sections: sections.collect() });
        }
    }
    cases
}

/// The verifier, or `None` (with the reason printed) where this machine has no strong sandbox or no Python.
fn verifier() -> Option<Arc<dyn Verifier>> {
    let launcher = Launcher::new(PathBuf::from(env!("CARGO_BIN_EXE_sandbox-launcher")));
    let ports = Ports { workers: 2, allow_weak_sandbox: false, dedupe: false, launcher, ..Ports::default() };
    let settings = Settings::PythonTests(ProgramSettings { tests: Some("tests".into()), ..ProgramSettings::default() });
    match build(&VerifierSpec { name: "t".into(), role: Role::Oracle, settings }, &ports) {
        Ok(verifier) => Some(verifier),
        Err(e @ (BuildError::WeakSandbox { .. } | BuildError::Interpreter(_))) => {
            eprintln!("skipped: {e}");
            None
        }
        Err(e) => panic!("{e}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn awkward_tests_and_answers_are_judged_right() {
    let Some(verifier) = verifier() else { return };
    let only = std::env::var("NBEST_AWKWARD").unwrap_or_default();
    let (mut wrong, mut programs) = (Vec::new(), 0);
    for case in cases().iter().filter(|case| case.name.contains(&only)) {
        for tests in case.sections.iter().filter(|s| ["check", "script", "inputs"].iter().any(|kind| s.is(kind))) {
            let problem = case.problem(tests);
            let judged = case.sections.iter().filter(|s| s.is("reference") || s.is("right") || s.is("wrong"));
            let batch: Vec<(bool, Candidate)> = (0_u32..)
                .zip(judged)
                .map(|(sample_index, section)| {
                    let completion = Completion { text: section.text.clone(), form: Form::Solution };
                    let verdicts = BTreeMap::new();
                    let candidate = Candidate { problem: Arc::clone(&problem), sample_index, completion, verdicts };
                    (!section.is("wrong"), candidate)
                })
                .collect();
            programs += batch.len();
            let candidates: Vec<Candidate> = batch.iter().map(|(_, candidate)| candidate.clone()).collect();
            for _ in 0..2 {
                let verdicts = verifier.judge(&candidates).await;
                for ((right, candidate), verdict) in batch.iter().zip(verdicts) {
                    let status = verdict.status.unwrap();
                    let sound = if *right {
                        status == Status::Pass
                    } else {
                        !matches!(status, Status::Pass | Status::Unjudged)
                    };
                    if !sound || verdict.weak && !tests.words.contains(&"weak".to_owned()) {
                        wrong.push(format!(
                            "{} / {} / program {}: {status:?}, weak {}: {:?}",
                            case.name, tests.words[0], candidate.sample_index, verdict.weak, verdict.detail
                        ));
                    }
                }
            }
        }
    }
    verifier.close().await;
    assert!(programs > 100 || !only.is_empty(), "{programs} programs");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
