//! The verifier `python-tests`.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, RwLock};

use async_trait::async_trait;

use super::extract;
use super::interpreter::Interpreter;
use super::outcomes::Batch;
use super::pool::Pool;
use super::prepared::{Cache, choose};
use super::servers::Setup;
use super::worker::{Judged, Shared};
use crate::domain::{Problem, SandboxClass, Status, Verdict};
use crate::registry::{BuildError, Ports, ProgramSettings};
use crate::verifier::{Candidate, Scope, Verifier};

/// Changes when the same program could be judged otherwise.
const ENGINE: &str = "1";
/// Details are cut at this many characters.
const DETAIL_MOST: usize = 600;

/// Python programs against a problem's tests: HumanEval's `check`, MBPP's asserts, EvalPlus's calls, functions of LiveCodeBench.
///
/// Source: Chen 2021, arXiv:2107.03374 (functional correctness); Liu 2023, arXiv:2305.01210 (comparison with a reference).
pub struct PythonTests {
    shared: Arc<Shared>,
    pool: Pool,
    class: SandboxClass,
    settings: Vec<u8>,
    dedupe: bool,
}

impl PythonTests {
    /// Starts the workers; their processes start with the first sample.
    ///
    /// # Errors
    /// When there is no interpreter, or threads cannot be started.
    pub fn start(settings: &ProgramSettings, class: SandboxClass, ports: &Ports) -> Result<Self, BuildError> {
        let interpreter = Interpreter::find(settings.interpreter.as_deref())?;
        let shared = Arc::new(Shared {
            setup: Setup {
                launcher: ports.launcher.clone(),
                interpreter,
                class,
                preload: settings.preload.clone(),
                limits: settings.limits.clone(),
            },
            tests: settings.tests.clone(),
            cache: Cache::default(),
            keys: AtomicU64::new(1),
            gate: RwLock::new(()),
        });
        let pool = Pool::start(&shared, ports.workers.max(1)).map_err(BuildError::Threads)?;
        let settings = serde_json::to_vec(settings).unwrap_or_default();
        Ok(Self { shared, pool, class, settings, dedupe: ports.dedupe })
    }

    fn digest(&self, problem: &Arc<Problem>) -> Option<[u8; 32]> {
        let suite = choose(problem, self.shared.tests.as_deref()).ok()?;
        let slot = self.shared.cache.slot(problem);
        Some(*slot.digest.get_or_init(|| {
            let mut hasher = blake3::Hasher::new();
            for part in [
                self.settings.as_slice(),
                problem.id.0.as_bytes(),
                problem.entry_point.as_deref().unwrap_or_default().as_bytes(),
                problem.reference.as_deref().unwrap_or_default().as_bytes(),
                &serde_json::to_vec(suite).unwrap_or_default(),
            ] {
                hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
            }
            *hasher.finalize().as_bytes()
        }))
    }

    /// Which of many calls a program answers as wanted; `None` where the machine failed.
    pub(crate) async fn outcomes(&self, program: String, batch: Arc<Batch>) -> Option<Vec<bool>> {
        self.pool.outcomes(program, batch).await
    }

    async fn verdict(&self, candidate: &Candidate) -> Verdict {
        let Some(program) = program_of(candidate) else {
            let verdict = Verdict::new(Status::Error).with_detail("no code found");
            return Verdict { sandbox: Some(self.class), ..verdict };
        };
        let Some((judged, duration)) = self.pool.judge(Arc::clone(&candidate.problem), program).await else {
            return Verdict::unjudged("the verifier is closed");
        };
        let Judged { status, detail, weak, flaky } = judged;
        let detail = Some(one_line(&detail)).filter(|d| !d.is_empty());
        Verdict { detail, duration, sandbox: Some(self.class), weak, flaky, ..Verdict::new(status) }
    }
}

pub(crate) fn program_of(candidate: &Candidate) -> Option<String> {
    extract::program(&candidate.problem, &candidate.completion)
}

/// Text of a candidate made fit for a table and a terminal: one line, no control characters, short.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::new();
    for c in text.chars() {
        if line.len() >= DETAIL_MOST {
            line.push_str("...");
            break;
        }
        match c {
            '\n' | '\r' | '\t' => line.push(' '),
            c if c.is_control()
                || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
            {
                line.extend(c.escape_unicode());
            }
            c => line.push(c),
        }
    }
    line
}

#[async_trait]
impl Verifier for PythonTests {
    fn version(&self) -> String {
        format!("python-tests {ENGINE}, Python {}", self.shared.setup.interpreter.version)
    }

    fn scope(&self) -> Scope {
        Scope::Sample { batch: 1 }
    }

    fn concurrency(&self) -> usize {
        // one more for each worker waits in line, so that none ever waits for work
        self.pool.workers * 2
    }

    fn dedupe_key(&self, candidate: &Candidate) -> Option<[u8; 32]> {
        if !self.dedupe {
            return None;
        }
        let suite = self.digest(&candidate.problem)?;
        let mut hasher = blake3::Hasher::new_keyed(&suite);
        hasher.update(program_of(candidate).unwrap_or_default().as_bytes());
        Some(*hasher.finalize().as_bytes())
    }

    async fn judge(&self, batch: &[Candidate]) -> Vec<Verdict> {
        futures_of(batch.iter().map(|candidate| self.verdict(candidate))).await
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

/// All at once, in order.
pub(crate) async fn futures_of<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut pending: Vec<_> = futures.map(|f| (Box::pin(f), None)).collect();
    std::future::poll_fn(|context| {
        let mut ready = true;
        for (future, done) in &mut pending {
            if done.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *done = Some(value),
                    std::task::Poll::Pending => ready = false,
                }
            }
        }
        if ready { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    pending.into_iter().filter_map(|(_, done)| done).collect()
}

impl std::fmt::Debug for PythonTests {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PythonTests")
            .field("class", &self.class)
            .field("workers", &self.pool.workers)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_one_short_line_without_escapes() {
        let line = one_line("a\nb\x1b[31mc\u{202e}");
        assert_eq!(line, "a b\\u{1b}[31mc\\u{202e}");
        assert!(one_line(&"x".repeat(5000)).len() < 700);
    }
}
