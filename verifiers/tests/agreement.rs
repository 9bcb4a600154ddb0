//! Verdicts on real samples against the known ones: a slice, or all of them with `NBEST_ALL_SAMPLES=1`.
//!
//! Prints samples per second, CPU time per sample and peak memory; `NBEST_SUITES=check,base,plus` chooses the suites, `NBEST_RIGHT_ONLY=1` takes right samples only.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use serde_json::value::RawValue;
use verifiers::domain::{Completion, Form, Problem, ProblemId, Role, Status, TestSuite};
use verifiers::registry::{Limits, Ports, ProgramSettings, Settings, VerifierSpec, build};
use verifiers::sandbox::Launcher;
use verifiers::value::{Dialect, Value};
use verifiers::verifier::Candidate;

fn data() -> Option<PathBuf> {
    let shared = std::env::var_os("NBEST_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let found = [shared.join("data"), Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data")];
    let found = found.into_iter().find(|p| p.join("humaneval.jsonl").exists());
    if found.is_none() {
        eprintln!("skipped: no shared data (NBEST_SHARED)");
    }
    found
}

fn lines(path: &Path) -> Vec<Json> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn text(json: &Json, key: &str) -> String {
    json[key].as_str().unwrap_or_default().to_owned()
}

#[derive(serde::Deserialize)]
struct Extended<'a> {
    task_id: String,
    #[serde(borrow)]
    base_input: Vec<&'a RawValue>,
    #[serde(borrow)]
    plus_input: Vec<&'a RawValue>,
    atol: f64,
}

fn literals(inputs: &[&RawValue]) -> Vec<String> {
    inputs.iter().map(|i| Value::parse(i.get(), Dialect::Json).unwrap().literal()).collect()
}

fn problems(data: &Path) -> HashMap<String, Arc<Problem>> {
    let mut zipped = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(data.join("humaneval_plus.jsonl.gz")).unwrap())
        .read_to_end(&mut zipped)
        .unwrap();
    let zipped = String::from_utf8(zipped).unwrap();
    let plus: Vec<Extended<'_>> = zipped.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let one = |row: Json| {
        let id = text(&row, "task_id");
        let more = plus.iter().find(|p| p.task_id == id).unwrap();
        let canonical: Json =
            serde_json::from_str(zipped.lines().find(|l| l.contains(&format!("\"{id}\""))).unwrap()).unwrap();
        let base = literals(&more.base_input);
        let both = [base.clone(), literals(&more.plus_input)].concat();
        let tests = [
            ("check", TestSuite::Check { code: text(&row, "test"), preamble: text(&row, "prompt") }),
            ("base", TestSuite::Calls { inputs: base, atol: more.atol }),
            ("plus", TestSuite::Calls { inputs: both, atol: more.atol }),
        ];
        let problem = Problem {
            id: ProblemId(id.clone()),
            prompt: text(&row, "prompt"),
            entry_point: Some(text(&row, "entry_point")),
            reference: Some(text(&canonical, "prompt") + &text(&canonical, "canonical_solution")),
            tests: tests.into_iter().map(|(name, suite)| (name.to_owned(), suite)).collect(),
            answer: None,
            group: None,
            fields: serde_json::Map::new(),
        };
        (id, Arc::new(problem))
    };
    lines(&data.join("humaneval.jsonl")).into_iter().map(one).collect()
}

/// Peak memory of this process and everything below it, now, in MiB (shared pages are counted where they are used).
fn memory() -> f64 {
    let mut all = vec![std::process::id()];
    let mut at = 0;
    while at < all.len() {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", all[at])).into_iter().flatten().flatten();
        for task in tasks {
            let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
            all.extend(children.split_whitespace().filter_map(|w| w.parse::<u32>().ok()));
        }
        at += 1;
    }
    let pss = |pid: &u32| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
        text.lines().find_map(|l| l.strip_prefix("Pss:"))?.split_whitespace().next()?.parse::<f64>().ok()
    };
    all.iter().filter_map(pss).sum::<f64>() / 1024.0
}

#[test]
fn real_samples_get_their_known_verdicts() {
    let Some(data) = data() else { return };
    let problems = problems(&data);
    let samples = lines(&data.join("codegen16b_samples_train.jsonl"));
    let known = lines(&data.join("codegen16b_expected_train.jsonl"));
    let all = std::env::var_os("NBEST_ALL_SAMPLES").is_some();
    let step = if all { 1 } else { 61 };
    let suites = std::env::var("NBEST_SUITES").unwrap_or_else(|_| "check,base,plus".into());
    let rounds: usize = std::env::var("NBEST_ROUNDS").ok().and_then(|r| r.parse().ok()).unwrap_or(1);
    let launcher = Launcher::new(PathBuf::from(env!("CARGO_BIN_EXE_sandbox-launcher")));
    let ports = Ports { workers: 2, allow_weak_sandbox: false, dedupe: false, launcher, ..Ports::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    for (suite, field) in [("check", "humaneval_check"), ("base", "evalplus_base"), ("plus", "evalplus_base_and_plus")]
    {
        if !suites.split(',').any(|s| s == suite) {
            continue;
        }
        let settings = ProgramSettings {
            tests: Some(suite.into()),
            language: "python".into(),
            interpreter: None,
            preload: Vec::new(),
            limits: Limits { timeout: Duration::from_secs(3), ..Limits::default() },
            tolerance: None,
        };
        let spec = VerifierSpec { name: suite.into(), role: Role::Oracle, settings: Settings::PythonTests(settings) };
        let verifier = match build(&spec, &ports) {
            Ok(verifier) => verifier,
            Err(e) => return eprintln!("skipped: {e}"),
        };
        // right programs never run into the time limit: good for measuring
        let right_only = std::env::var_os("NBEST_RIGHT_ONLY").is_some();
        let candidates: Vec<(usize, Candidate)> = (0..samples.len())
            .step_by(step)
            .filter(|i| !right_only || known[*i][field] == true)
            .map(|i| {
                let problem = Arc::clone(&problems[samples[i]["task_id"].as_str().unwrap()]);
                let completion = Completion { text: text(&samples[i], "completion"), form: Form::Continuation };
                let candidate = Candidate {
                    problem,
                    sample_index: u32::try_from(i).unwrap(),
                    completion,
                    verdicts: BTreeMap::new(),
                };
                (i, candidate)
            })
            .collect();
        for round in 0..rounds {
            let begin = Instant::now();
            let (mut wrong, mut judged, mut peak, mut sums) =
                (Vec::new(), 0_u32, 0.0_f64, BTreeMap::<String, u32>::new());
            for chunk in candidates.chunks(64) {
                let batch: Vec<Candidate> = chunk.iter().map(|(_, c)| c.clone()).collect();
                let verdicts = runtime.block_on(verifier.judge(&batch));
                for ((i, _), verdict) in chunk.iter().zip(verdicts) {
                    let status = verdict.status.unwrap();
                    *sums
                        .entry(format!("{}{}", status.as_str(), if verdict.flaky { " flaky" } else { "" }))
                        .or_default() += 1;
                    assert!(!verdict.weak, "{verdict:?}");
                    assert_ne!(status, Status::Unjudged, "{verdict:?}");
                    let marked = known[*i].get("needs_module").is_some() || known[*i].get("timing_sensitive").is_some();
                    judged += u32::from(!marked);
                    if !marked && known[*i][field].as_bool() != status.accepted() {
                        wrong.push(format!(
                            "{} sample {i}: known {}, {verdict:?}",
                            text(&known[*i], "task_id"),
                            known[*i][field]
                        ));
                    }
                }
                peak = peak.max(if judged % 1024 < 64 { memory() } else { 0.0 });
            }
            let rate = candidates.len() as f64 / begin.elapsed().as_secs_f64();
            eprintln!(
                "{suite} round {round}: {rate:.0} samples/s, peak {peak:.0} MiB, {} of {judged} differ, {sums:?}",
                wrong.len()
            );
            for line in &wrong {
                eprintln!("  {line}");
            }
            assert!(wrong.len() as f64 <= 0.001 * f64::from(judged), "{} of {judged} differ", wrong.len());
        }
        runtime.block_on(verifier.close());
    }
}
