//! Outcomes of (program, generated test) a second, on recorded samples and tests of a model, in the sandbox.
//!
//! `cargo bench --bench agreement -- FOLDER [TESTS]`: FOLDER holds `humaneval.jsonl`, `codegen16b_samples_train.jsonl` and
//! `codegen16b_tests_train.jsonl`; the first TESTS (100) generated tests of each problem are taken. The baseline is the published way, a
//! process for each pair of program and test with a time limit of 0.1 s: `benches/peers/codet_pairs.py`, on the problems' own solutions
//! (it has no sandbox, so it must not run what a model wrote).

use std::collections::{BTreeMap, HashSet};
use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;
use verifiers::agreement::{AgreementScore, AgreementSettings};
use verifiers::domain::{Completion, Form, Problem, ProblemId, Role};
use verifiers::registry::{Ports, ProgramSettings, Settings, VerifierSpec, build};
use verifiers::sandbox::Launcher;
use verifiers::verifier::Candidate;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn lines(path: &Path) -> Outcome<Vec<Value>> {
    Ok(fs::read_to_string(path)?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

fn text(row: &Value, key: &str) -> String {
    row[key].as_str().unwrap_or_default().to_owned()
}

fn problem(row: &Value) -> Problem {
    Problem {
        id: ProblemId(text(row, "task_id")),
        prompt: text(row, "prompt"),
        entry_point: Some(text(row, "entry_point")),
        reference: None,
        tests: BTreeMap::new(),
        answer: None,
        group: None,
        fields: serde_json::Map::new(),
    }
}

/// The number after "of" or "passes" in a verdict's detail.
fn tests_of(detail: &str) -> Option<u64> {
    detail.split(" of ").nth(1)?.split(' ').next()?.parse().ok()
}

/// Pairs a second of the published way.
fn baseline(folder: &Path) -> Outcome<f64> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/codet_pairs.py");
    let output = Command::new("python3").arg(script).arg(folder.join("humaneval.jsonl")).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().parse()?)
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the table is the result")]
#[tokio::main]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1).filter(|word| word != "--bench");
    let Some(folder) = arguments.next().map(PathBuf::from) else {
        eprintln!("usage: cargo bench --bench agreement -- FOLDER [TESTS]");
        return Ok(());
    };
    let most: usize = arguments.next().map_or(Ok(100), |word| word.parse())?;
    let problems: BTreeMap<String, Arc<Problem>> = lines(&folder.join("humaneval.jsonl"))?
        .iter()
        .map(|row| (text(row, "task_id"), Arc::new(problem(row))))
        .collect();
    let mut by_problem: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
    for row in lines(&folder.join("codegen16b_samples_train.jsonl"))? {
        let list = by_problem.entry(text(&row, "task_id")).or_default();
        let problem = Arc::clone(problems.get(&text(&row, "task_id")).ok_or("a sample of no problem")?);
        let completion = Completion { text: text(&row, "completion"), form: Form::Continuation };
        let sample_index = u32::try_from(list.len())?;
        list.push(Candidate { problem, sample_index, completion, verdicts: BTreeMap::new() });
    }
    let settings = AgreementSettings {
        path: Some(folder.join("codegen16b_tests_train.jsonl")),
        generate: None,
        score: AgreementScore::Sqrt,
        asserts_per_text: 5,
        texts: 100,
        tests: Some(most),
        call_timeout: verifiers::agreement::CALL_TIMEOUT,
        program: ProgramSettings::default(),
    };
    let spec = VerifierSpec { name: "codet".into(), role: Role::Selector, settings: Settings::Agreement(settings) };
    let ports = Ports { launcher: Launcher::new(PathBuf::from(env!("CARGO_BIN_EXE_nbest"))), ..Ports::default() };
    let verifier = build(&spec, &ports)?;
    let (mut pairs, mut distinct_pairs, mut slow) = (0_u64, 0_u64, Vec::new());
    let whole = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    let mut done = Vec::new();
    for (name, batch) in by_problem {
        // as a run does it: two problems at once
        while running.len() >= 2 {
            done.extend(running.join_next().await.transpose()?);
        }
        let verifier = Arc::clone(&verifier);
        running.spawn(async move {
            let begin = Instant::now();
            let verdicts = verifier.judge(&batch).await;
            (name, batch, verdicts, begin.elapsed().as_secs_f64())
        });
    }
    while let Some(last) = running.join_next().await {
        done.push(last?);
    }
    let seconds = whole.elapsed().as_secs_f64();
    for (name, batch, verdicts, took) in &done {
        let tests = verdicts.iter().filter_map(|v| tests_of(v.detail.as_deref()?)).max().unwrap_or(0);
        let distinct: HashSet<&str> = batch.iter().map(|c| c.completion.text.as_str()).collect();
        pairs += tests * batch.len() as u64;
        distinct_pairs += tests * distinct.len() as u64;
        slow.push((*took, name.as_str(), tests, distinct.len()));
    }
    verifier.close().await;
    let rate = pairs as f64 / seconds;
    println!("{} problems, {pairs} pairs ({distinct_pairs} of distinct programs) in {seconds:.1} s", done.len());
    println!("| way | pairs/s | ratio |\n| --- | --- | --- |");
    println!("| nbest, sandboxed | {rate:.0} | |");
    println!("| nbest, distinct programs only | {:.0} | |", distinct_pairs as f64 / seconds);
    match baseline(&folder) {
        Ok(base) => println!("| a process a pair, no sandbox | {base:.0} | nbest is faster by {:.1} x |", rate / base),
        Err(error) => eprintln!("without the baseline: {error}"),
    }
    slow.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let list: Vec<String> = slow
        .iter()
        .take(5)
        .map(|(took, name, tests, programs)| format!("{name} {took:.2} s ({programs} x {tests})"))
        .collect();
    println!("slowest: {}", list.join(", "));
    std::io::stdout().flush()?;
    Ok(())
}
