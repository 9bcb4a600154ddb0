//! Tests that a model wrote as a verifier: programs that pass the same generated tests agree, and large groups that pass many are
//! likely right.
//!
//! Source: Chen 2022, "CodeT: Code generation with generated tests", arXiv:2207.10397. Published are two scores of a group of
//! programs S that pass exactly the tests T: the product of |S| and |T|, and, in the authors' code, of the square root of |S| and
//! |T|. Programs count as often as they were sampled; tests count once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::domain::{Problem, Status, Verdict};
use crate::model::Spent;
use crate::program::outcomes::Batch;
use crate::program::python_tests::{PythonTests, futures_of, program_of};
use crate::registry::ProgramSettings;
use crate::verifier::{Candidate, Scope, Verifier};

/// Changes when the same tests could give another score.
const VERSION: &str = "agreement-2";

mod parse;
mod texts;

use crate::counted;
use parse::{asserts, parse_assert};
pub use texts::{GenerateSettings, Recorded, Source, Written};

/// The settings of `kind = "agreement"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgreementSettings {
    /// The generated tests: JSON lines `{"task_id" or "prompt", "samples": [text]}`.
    pub path: Option<PathBuf>,
    /// Without a file: the model that writes them.
    pub generate: Option<GenerateSettings>,
    /// Which of the published scores.
    pub score: AgreementScore,
    /// Of each text, the first so many assert lines that call the function.
    pub asserts_per_text: usize,
    /// Of each problem, the first so many texts.
    pub texts: usize,
    /// Of each problem, the first so many distinct tests; `None`: all.
    pub tests: Option<usize>,
    /// Processor time for one test of one program.
    pub call_timeout: Duration,
    /// How programs are run; the timeout is for all tests of one program.
    pub program: ProgramSettings,
}

/// The score of a group of programs S that pass the tests T.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgreementScore {
    /// sqrt(|S|) |T|
    Sqrt,
    /// |S| |T|
    Product,
}

/// What is wrong with a file of generated tests.
#[derive(Debug, thiserror::Error)]
pub enum AgreementError {
    /// The file.
    #[error("reading {}", .path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A line.
    #[error("{}:{line}: no generated tests: {message}", .path.display())]
    Line {
        /// Which file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Why.
        message: String,
    },
}

/// The tests of one problem, ready to run.
struct Tests {
    batch: Arc<Batch>,
    count: usize,
    /// Assert lines that are no comparison of a call with a literal.
    unusable: usize,
}

/// Judges all programs of a problem by the tests they agree on.
pub struct AgreementVerifier {
    settings: AgreementSettings,
    source: Source,
    programs: PythonTests,
    ready: Mutex<HashMap<String, Arc<Tests>>>,
}

impl AgreementVerifier {
    /// Judges by the tests of this source.
    #[must_use]
    pub fn new(settings: AgreementSettings, source: Source, programs: PythonTests) -> Self {
        Self { settings, source, programs, ready: Mutex::default() }
    }

    /// The tests of a problem, and what getting them cost.
    async fn tests(&self, problem: &Problem) -> Result<(Arc<Tests>, Spent), String> {
        if let Some(tests) = self.ready.lock().unwrap_or_else(PoisonError::into_inner).get(&problem.id.0) {
            return Ok((Arc::clone(tests), Spent::default()));
        }
        let (texts, spent) = self.source.texts(problem, self.settings.texts).await?;
        let function = problem.entry_point.as_deref().unwrap_or_default();
        let (mut seen, mut parsed, mut unusable) = (HashSet::new(), Vec::new(), 0);
        for text in texts.iter().take(self.settings.texts) {
            for line in asserts(text, function).into_iter().take(self.settings.asserts_per_text) {
                if !seen.insert(line.clone()) {
                    continue;
                }
                match parse_assert(&line, function) {
                    Some(test) if self.settings.tests.is_none_or(|most| parsed.len() < most) => parsed.push(test),
                    Some(_) => {}
                    None => unusable += 1,
                }
            }
        }
        let tests = Arc::new(Tests {
            batch: Arc::new(Batch::new(function, &parsed, self.settings.call_timeout)),
            count: parsed.len(),
            unusable,
        });
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).insert(problem.id.0.clone(), Arc::clone(&tests));
        Ok((tests, spent))
    }

    async fn judge_problem(&self, batch: &[&Candidate]) -> Vec<Verdict> {
        let started = Instant::now();
        let Some(problem) = batch.first().map(|candidate| &candidate.problem) else { return Vec::new() };
        let nothing = |why: &str, spent: Spent| {
            let mut verdicts = vec![Verdict::unjudged(why); batch.len()];
            if let Some(first) = verdicts.first_mut() {
                first.spent = Some(Box::new(spent));
            }
            verdicts
        };
        let (tests, spent) = match self.tests(problem).await {
            Ok(tests) => tests,
            Err(why) => return nothing(&why, Spent::default()),
        };
        if tests.count == 0 {
            return nothing("there are no generated tests that could be used", spent);
        }
        let programs: Vec<Option<String>> = batch.iter().map(|candidate| program_of(candidate)).collect();
        let mut distinct: Vec<&str> = programs.iter().flatten().map(String::as_str).collect();
        distinct.sort_unstable();
        distinct.dedup();
        let runs =
            distinct.iter().map(|program| self.programs.outcomes((*program).to_owned(), Arc::clone(&tests.batch)));
        let outcomes: HashMap<&str, Option<Vec<bool>>> = distinct.iter().copied().zip(futures_of(runs).await).collect();
        let passed: Vec<Option<&[bool]>> =
            programs.iter().map(|p| p.as_deref().and_then(|p| outcomes.get(p)?.as_deref())).collect();
        let scores = scores(&passed, self.settings.score);
        let share = started.elapsed() / u32::try_from(batch.len()).unwrap_or(u32::MAX);
        let verdict = |(number, score): (usize, Option<f64>)| {
            let mut verdict = match (&programs[number], passed[number], score) {
                (None, ..) => Verdict { score: Some(0.0), ..Verdict::new(Status::Error).with_detail("no code found") },
                (_, Some(row), Some(score)) => {
                    let count = row.iter().filter(|p| **p).count();
                    let alike = passed.iter().filter(|other| **other == Some(row)).count();
                    let detail = format!(
                        "passes {count} of {}, like {}; no tests: {}",
                        counted(tests.count, "generated test"),
                        counted(alike, "program"),
                        counted(tests.unusable, "line")
                    );
                    Verdict { status: None, score: Some(score), ..Verdict::new(Status::Pass).with_detail(detail) }
                }
                _ => Verdict::unjudged("the program could not be run"),
            };
            verdict.duration = share;
            verdict
        };
        let mut verdicts: Vec<Verdict> = scores.into_iter().enumerate().map(verdict).collect();
        if let Some(first) = verdicts.first_mut() {
            first.spent = Some(Box::new(spent));
        }
        verdicts
    }
}

/// The score of each program's group. A program that passes no test, has score 0.
fn scores(passed: &[Option<&[bool]>], score: AgreementScore) -> Vec<Option<f64>> {
    let mut groups: HashMap<&[bool], usize> = HashMap::new();
    for row in passed.iter().flatten() {
        *groups.entry(row).or_default() += 1;
    }
    let of = |row: &&[bool]| {
        let tests = row.iter().filter(|p| **p).count() as f64;
        let programs = groups.get(row).copied().unwrap_or(0) as f64;
        match score {
            AgreementScore::Sqrt => programs.sqrt() * tests,
            AgreementScore::Product => programs * tests,
        }
    };
    passed.iter().map(|row| row.as_ref().map(of)).collect()
}

#[async_trait]
impl Verifier for AgreementVerifier {
    fn version(&self) -> String {
        let tests = match &self.source {
            Source::Recorded(recorded) => &recorded.digest,
            Source::Written(written) => written.model(),
        };
        format!("{VERSION}, tests {tests}, {}", self.programs.version())
    }

    fn scope(&self) -> Scope {
        Scope::Problem
    }

    fn concurrency(&self) -> usize {
        2
    }

    fn spends(&self) -> bool {
        matches!(self.source, Source::Written(_))
    }

    async fn judge(&self, batch: &[Candidate]) -> Vec<Verdict> {
        let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, candidate) in batch.iter().enumerate() {
            groups.entry(&candidate.problem.id.0).or_default().push(number);
        }
        let mut verdicts = vec![Verdict::unjudged("not judged"); batch.len()];
        for places in groups.values() {
            let members: Vec<&Candidate> = places.iter().map(|&place| &batch[place]).collect();
            for (place, verdict) in places.iter().zip(self.judge_problem(&members).await) {
                verdicts[*place] = verdict;
            }
        }
        verdicts
    }

    async fn close(&self) {
        self.programs.close().await;
    }
}

/// The processor time that one test of one program has, unless said: what CodeT's authors gave it, where a program needs
/// microseconds.
pub const CALL_TIMEOUT: Duration = Duration::from_millis(100);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_scored_as_published() {
        let (a, b, c) = ([true, true, false], [true, false, false], [false; 3]);
        let passed = [Some(&a[..]), Some(&a[..]), Some(&b[..]), None, Some(&c[..])];
        let sqrt = scores(&passed, AgreementScore::Sqrt);
        assert_eq!(sqrt, [Some(2.0 * 2.0_f64.sqrt()), Some(2.0 * 2.0_f64.sqrt()), Some(1.0), None, Some(0.0)]);
        let product = scores(&passed, AgreementScore::Product);
        assert_eq!(product, [Some(4.0), Some(4.0), Some(1.0), None, Some(0.0)]);
    }
}
