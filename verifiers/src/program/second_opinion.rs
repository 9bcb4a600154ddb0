//! `math-verify` as a second judge of final answers: where nbest's own comparison says that two answers differ, the Python package is
//! asked in the sandbox. Who decided stands in the verdict.
//!
//! Source: the package <https://pypi.org/project/math-verify/>; nothing that a model wrote is evaluated by nbest itself, but sympy
//! evaluates what it parses, so it runs like a candidate program.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::language::{self, Toolchain};
use crate::answer::AnswerVerifier;
use crate::domain::{SandboxClass, Status, Verdict};
use crate::registry::{BuildError, Limits, Ports};
use crate::sandbox::{Ended, Launcher, run};
use crate::verifier::{Candidate, Scope, Verifier};

/// Reads pairs, a JSON line each, and answers true, false or null. Says its version first.
const SCRIPT: &str = r#"
import importlib.metadata, json, logging, sys
logging.disable(logging.CRITICAL)
from math_verify import parse, verify
print(importlib.metadata.version("math-verify"), flush=True)
for line in sys.stdin:
    gold, found = json.loads(line)
    try:
        same = bool(verify(parse("\\boxed{%s}" % gold), parse("\\boxed{%s}" % found)))
    except Exception:
        same = None
    print(json.dumps(same), flush=True)
"#;
/// Pairs whose answer is remembered.
const KNOWN_MOST: usize = 100_000;

/// Final answers by nbest's own comparison, then by the package.
#[derive(Debug)]
pub struct SecondOpinion {
    first: AnswerVerifier,
    judge: Arc<Judge>,
    version: String,
    known: Mutex<HashMap<(String, String), Option<bool>>>,
    workers: usize,
}

#[derive(Debug)]
struct Judge {
    toolchain: Toolchain,
    limits: Limits,
    class: SandboxClass,
    launcher: Launcher,
}

impl SecondOpinion {
    /// Finds the package; `interpreter` is a Python that has it.
    ///
    /// # Errors
    /// Where there is no such Python, or it cannot import the package in the sandbox.
    pub fn new(
        first: AnswerVerifier,
        interpreter: Option<&Path>,
        class: SandboxClass,
        ports: &Ports,
    ) -> Result<Self, BuildError> {
        let toolchain = language::find("python", interpreter)?;
        let limits =
            Limits { timeout: Duration::from_mins(2), memory_bytes: 2 << 30, processes: 64, ..Limits::default() };
        let judge = Judge { toolchain, limits, class, launcher: ports.launcher.clone() };
        let version = judge.ask(&[]).map_err(|why| {
            BuildError::Settings(format!(
                "math-verify cannot be used: {why}; install it (pip install math-verify) and set `interpreter` to that Python"
            ))
        })?;
        Ok(Self { first, judge: Arc::new(judge), version: version.0, known: Mutex::default(), workers: ports.workers })
    }

    /// What the package says of pairs, in order; those that are known are not asked again.
    async fn opinions(&self, pairs: &[(String, String)]) -> Result<Vec<Option<bool>>, String> {
        let mut new: Vec<(String, String)> = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            pairs.iter().filter(|pair| !known.contains_key(*pair)).cloned().collect()
        };
        new.sort_unstable();
        new.dedup();
        if !new.is_empty() {
            let (judge, asked) = (Arc::clone(&self.judge), new.clone());
            let said = tokio::task::spawn_blocking(move || judge.ask(&asked)).await.map_err(|e| e.to_string())??.1;
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.len() + new.len() > KNOWN_MOST {
                known.clear();
            }
            known.extend(new.into_iter().zip(said));
        }
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(pairs.iter().map(|pair| known.get(pair).copied().flatten()).collect())
    }
}

impl Judge {
    /// The package's version, and its word on each pair; `None` where it failed on a pair or was out of time.
    fn ask(&self, pairs: &[(String, String)]) -> Result<(String, Vec<Option<bool>>), String> {
        let words = [self.toolchain.run.first().cloned().unwrap_or_default(), "-c".to_owned(), SCRIPT.to_owned()];
        let mut spec = self.toolchain.spec(&self.limits, self.class, &words);
        spec.proc = true;
        let input: String = pairs.iter().map(|(a, b)| serde_json::json!([a, b]).to_string() + "\n").collect();
        let ran = run(&self.launcher, &spec, input.as_bytes(), self.limits.timeout, self.limits.output_bytes)
            .map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&ran.stdout);
        let mut lines = text.lines();
        let Some(version) = lines.next() else {
            let stderr = String::from_utf8_lossy(&ran.stderr);
            let last = stderr.lines().rev().find(|line| !line.trim().is_empty());
            return Err(last.map_or_else(|| format!("it ended with {:?}", ran.ended), str::to_owned));
        };
        let mut said: Vec<Option<bool>> = lines.map(|line| serde_json::from_str(line).ok().flatten()).collect();
        if !matches!(ran.ended, Ended::Exit(0)) {
            tracing::warn!(ended = ?ran.ended, answered = said.len(), asked = pairs.len(), "math-verify did not finish");
        }
        said.resize(pairs.len(), None);
        Ok((version.to_owned(), said))
    }
}

#[async_trait]
impl Verifier for SecondOpinion {
    fn version(&self) -> String {
        format!("{}, then math-verify {}", self.first.version(), self.version)
    }

    fn scope(&self) -> Scope {
        Scope::Sample { batch: 256 }
    }

    fn concurrency(&self) -> usize {
        self.workers
    }

    async fn judge(&self, batch: &[Candidate]) -> Vec<Verdict> {
        let started = Instant::now();
        let mut verdicts = self.first.judge(batch).await;
        let (mut places, mut pairs) = (Vec::new(), Vec::new());
        for (place, candidate) in batch.iter().enumerate() {
            if verdicts[place].status == Some(Status::Fail)
                && let Some(pair) = self.first.texts(candidate)
            {
                places.push(place);
                pairs.push(pair);
            }
        }
        if pairs.is_empty() {
            return verdicts;
        }
        let said = self.opinions(&pairs).await;
        let share = started.elapsed() / u32::try_from(pairs.len()).unwrap_or(u32::MAX);
        for (at, &place) in places.iter().enumerate() {
            let verdict = &mut verdicts[place];
            verdict.duration = share;
            verdict.sandbox = Some(self.judge.class);
            let detail = verdict.detail.take().unwrap_or_default();
            match said.as_ref().map(|said| said[at]) {
                Ok(Some(true)) => {
                    verdict.status = Some(Status::Pass);
                    verdict.detail = Some(format!("the same by math-verify {} alone: {detail}", self.version));
                    verdict.answer = self.first.right_key(&batch[place]);
                }
                Ok(Some(false)) => verdict.detail = Some(format!("{detail} (math-verify agrees)")),
                Ok(None) => verdict.detail = Some(format!("{detail} (math-verify could not say)")),
                Err(why) => verdict.detail = Some(format!("{detail} (math-verify could not be asked: {why})")),
            }
        }
        verdicts
    }
}
