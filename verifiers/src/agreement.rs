//! Tests that a model wrote as a verifier: programs that pass the same generated tests agree, and large groups that pass many are
//! likely right.
//!
//! Source: Chen 2022, "CodeT: Code generation with generated tests", arXiv:2207.10397. Published are two scores of a group of
//! programs S that pass exactly the tests T: the product of |S| and |T|, and, in the authors' code, of the square root of |S| and
//! |T|. Programs count as often as they were sampled; tests count once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::domain::{Problem, Status, Verdict};
use crate::program::outcomes::{Batch, Wanted, literal};
use crate::program::python_tests::{PythonTests, futures_of, program_of};
use crate::registry::ProgramSettings;
use crate::verifier::{Candidate, Scope, Verifier};

/// Changes when the same tests could give another score.
const VERSION: &str = "agreement-1";

/// The settings of `kind = "agreement"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgreementSettings {
    /// The generated tests: JSON lines `{"task_id" or "prompt", "samples": [text]}`.
    pub path: PathBuf,
    /// Which of the published scores.
    pub score: AgreementScore,
    /// Of each text, the first so many assert lines that call the function.
    pub asserts_per_text: usize,
    /// Of each problem, the first so many texts.
    pub texts: usize,
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

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    task_id: Option<serde_json::Value>,
    #[serde(default)]
    prompt: Option<String>,
    samples: Vec<String>,
}

/// Texts of generated tests by task id or prompt.
#[derive(Debug, Default)]
struct Texts {
    by_key: HashMap<String, Vec<String>>,
    digest: String,
}

impl Texts {
    fn read(path: &Path) -> Result<Self, AgreementError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| AgreementError::Read { path: path.to_owned(), source })?;
        let mut texts = Self { digest: blake3::hash(text.as_bytes()).to_hex()[..16].to_owned(), ..Self::default() };
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let bad = |message: String| AgreementError::Line { path: path.to_owned(), line: number + 1, message };
            let row: Row = serde_json::from_str(line).map_err(|error| bad(error.to_string()))?;
            let id = row.task_id.map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
            let key = id.or(row.prompt).ok_or_else(|| bad("neither `task_id` nor `prompt`".to_owned()))?;
            texts.by_key.entry(key).or_default().extend(row.samples);
        }
        Ok(texts)
    }

    fn of(&self, problem: &Problem) -> &[String] {
        let found = self.by_key.get(&problem.id.0).or_else(|| self.by_key.get(&problem.prompt));
        found.map_or(&[], Vec::as_slice)
    }
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
    texts: Texts,
    programs: PythonTests,
    ready: Mutex<HashMap<String, Arc<Tests>>>,
}

impl AgreementVerifier {
    /// Reads the generated tests.
    ///
    /// # Errors
    /// Where the file cannot be read or a line holds no tests.
    pub fn new(settings: AgreementSettings, programs: PythonTests) -> Result<Self, AgreementError> {
        let texts = Texts::read(&settings.path)?;
        Ok(Self { settings, texts, programs, ready: Mutex::default() })
    }

    fn tests(&self, problem: &Problem) -> Arc<Tests> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tests) = ready.get(&problem.id.0) {
            return Arc::clone(tests);
        }
        let function = problem.entry_point.as_deref().unwrap_or_default();
        let (mut seen, mut parsed, mut unusable) = (HashSet::new(), Vec::new(), 0);
        for text in self.texts.of(problem).iter().take(self.settings.texts) {
            for line in asserts(text, function).into_iter().take(self.settings.asserts_per_text) {
                if !seen.insert(line.clone()) {
                    continue;
                }
                match parse_assert(&line, function) {
                    Some(test) => parsed.push(test),
                    None => unusable += 1,
                }
            }
        }
        let tests = Arc::new(Tests { batch: Arc::new(Batch::new(function, &parsed)), count: parsed.len(), unusable });
        ready.insert(problem.id.0.clone(), Arc::clone(&tests));
        tests
    }

    async fn judge_problem(&self, batch: &[&Candidate]) -> Vec<Verdict> {
        let started = Instant::now();
        let Some(problem) = batch.first().map(|candidate| &candidate.problem) else { return Vec::new() };
        let tests = self.tests(problem);
        if tests.count == 0 {
            return batch
                .iter()
                .map(|_| Verdict::unjudged("there are no generated tests that could be used"))
                .collect();
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
                        "passes {count} of {} generated tests, like {alike} programs ({} lines are no tests)",
                        tests.count, tests.unusable
                    );
                    Verdict { status: None, score: Some(score), ..Verdict::new(Status::Pass).with_detail(detail) }
                }
                _ => Verdict::unjudged("the program could not be run"),
            };
            verdict.duration = share;
            verdict
        };
        scores.into_iter().enumerate().map(verdict).collect()
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

/// The assert statements of a text that call the function; lines of one statement are joined. The text may start within the first
/// assert, as a continuation of the prompt "assert".
fn asserts(text: &str, function: &str) -> Vec<String> {
    let mut found = Vec::new();
    let call = format!("{function}(");
    for (number, piece) in format!("\n{text}").split("\nassert").enumerate() {
        let mut statement = String::new();
        let (mut depth, mut quote) = (0_i32, None);
        for c in piece.chars() {
            match (quote, c) {
                (None, '\n') if depth <= 0 && !statement.trim().is_empty() => break,
                (None, '\'' | '"') => quote = Some(c),
                (Some(q), c) if c == q => quote = None,
                (None, '(' | '[' | '{') => depth += 1,
                (None, ')' | ']' | '}') => depth -= 1,
                (None, '#') => break,
                _ => {}
            }
            statement.push(if c == '\n' { ' ' } else { c });
        }
        let statement = statement.trim().trim_start_matches("assert ").trim().to_owned();
        if statement.contains(&call) && (number > 0 || statement.starts_with(&call)) {
            found.push(statement);
        }
    }
    found
}

/// `f(1, 2) == 3, "message"`, `3 == f(1, 2)`, `f(1) is None`, `f(1)`, `not f(1)`, with literal arguments.
fn parse_assert(statement: &str, function: &str) -> Option<(Vec<crate::value::Value>, Wanted)> {
    let statement = strip_parentheses(top_level(statement, ",").next()?.trim());
    if let Some(inner) = statement.strip_prefix("not ") {
        return Some((call(inner, function)?, Wanted::Truth(false)));
    }
    for operator in ["==", " is "] {
        let sides: Vec<&str> = top_level(statement, operator).collect();
        if let [left, right] = sides[..] {
            let (arguments, value) = match call(left, function) {
                Some(arguments) => (arguments, right),
                None => (call(right, function)?, left),
            };
            let value = literal(strip_parentheses(value.trim()))?;
            return Some((arguments, Wanted::Equal(value)));
        }
    }
    Some((call(statement, function)?, Wanted::Truth(true)))
}

fn strip_parentheses(text: &str) -> &str {
    match text.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        Some(inner) if top_level(inner, ",").count() == 1 && balanced(inner) => inner.trim(),
        _ => text,
    }
}

fn balanced(text: &str) -> bool {
    let mut depth = 0_i32;
    for c in text.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

fn call(text: &str, function: &str) -> Option<Vec<crate::value::Value>> {
    let inner = text.trim().strip_prefix(function)?.trim_start().strip_prefix('(')?.strip_suffix(')')?;
    if !balanced(inner) {
        return None;
    }
    match literal(&format!("[{inner}]"))? {
        crate::value::Value::List(arguments) => Some(arguments),
        _ => None,
    }
}

/// Pieces between separators that stand outside of brackets and quotes.
fn top_level<'t>(text: &'t str, separator: &'t str) -> impl Iterator<Item = &'t str> {
    let mut cuts = vec![0];
    let (mut depth, mut quote, mut skip) = (0_i32, None, 0);
    let mut previous = ' ';
    for (at, c) in text.char_indices() {
        if at < skip {
            previous = c;
            continue;
        }
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(q), c) if c == q && previous != '\\' => quote = None,
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            _ => {}
        }
        if depth == 0 && quote.is_none() && text[at..].starts_with(separator) {
            cuts.push(at);
            skip = at + separator.len();
        }
        previous = c;
    }
    let width = separator.len();
    let ends: Vec<usize> = cuts.iter().skip(1).copied().chain([text.len()]).collect();
    cuts.into_iter()
        .zip(ends)
        .enumerate()
        .map(move |(n, (start, end))| &text[if n == 0 { start } else { start + width }..end])
}

#[async_trait]
impl Verifier for AgreementVerifier {
    fn version(&self) -> String {
        format!("{VERSION}, tests {}, {}", self.texts.digest, self.programs.version())
    }

    fn scope(&self) -> Scope {
        Scope::Problem
    }

    fn concurrency(&self) -> usize {
        2
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

/// The default time for all generated tests of one program.
pub const TIMEOUT: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asserts_are_found_and_read() {
        let text = " f(1, [2, 3]) == 5\nassert f('a,b', (1,)) == {'k': [1]}, \"why, so\"\nassert not f(0)\nassert f(2)\nassert True == f(-1.5)\n\
                    assert g(1) == 2\nassert f(x) == 1\nassert f(\n    1,\n    2) == 3\nassert f(1) is None # yes\nassert (f(3) == (1, 2))\n\
                    assert f(1) == f(2)";
        let found = asserts(text, "f");
        assert_eq!(found.len(), 10, "{found:#?}");
        let usable: Vec<_> = found.iter().filter_map(|line| parse_assert(line, "f")).collect();
        assert_eq!(usable.len(), 8, "{usable:?}");
        let shown = |n: usize| {
            let arguments: Vec<String> = usable[n].0.iter().map(crate::value::Value::literal).collect();
            (arguments.join(";"), format!("{:?}", usable[n].1))
        };
        assert_eq!(shown(0).0, "1;[2, 3]");
        assert_eq!(shown(1).0, "'a,b';(1,)");
        assert!(shown(2).1.contains("false") && shown(3).1.contains("true"));
        assert_eq!(shown(4).0, "-1.5");
        assert!(matches!(&usable[7].1, Wanted::Equal(value) if value.literal() == "(1, 2)"));
    }

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
