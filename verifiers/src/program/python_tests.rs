//! The verifier `python-tests`.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::engine::Engine;
use super::extract;
use super::interpreter::Interpreter;
use super::outcomes::Batch;
use super::pool::Order;
use super::prepared::choose;
use super::servers::Setup;
use super::worker::Judged;
use crate::domain::{Problem, SandboxClass, Status, Verdict};
use crate::registry::{BuildError, Ports, ProgramSettings};
use crate::verifier::{Candidate, Scope, Verifier};

/// Changes when the same program could be judged otherwise.
const ENGINE: &str = "3";
/// Details are cut at this many characters.
const DETAIL_MOST: usize = 600;

/// Python programs against a problem's tests: HumanEval's `check`, MBPP's asserts, EvalPlus's calls, functions of LiveCodeBench.
///
/// Source: Chen 2021, arXiv:2107.03374 (functional correctness); Liu 2023, arXiv:2305.01210 (comparison with a reference).
pub struct PythonTests {
    engine: Mutex<Option<Arc<Engine>>>,
    version: String,
    workers: usize,
    class: SandboxClass,
    tests: Option<Arc<str>>,
    settings: Vec<u8>,
    dedupe: bool,
}

impl PythonTests {
    /// Starts the workers, or joins those of a verifier with the same limits; their processes start with the first sample.
    ///
    /// # Errors
    /// When there is no interpreter, a module of `preload` cannot be imported, or threads cannot be started.
    pub fn start(settings: &ProgramSettings, class: SandboxClass, ports: &Ports) -> Result<Self, BuildError> {
        let interpreter = Interpreter::find(settings.interpreter.as_deref())?;
        let version = format!("python-tests {ENGINE}, Python {}", interpreter.version);
        let setup = Setup {
            launcher: ports.launcher.clone(),
            interpreter,
            class,
            preload: settings.preload.clone(),
            limits: settings.limits.clone(),
        };
        setup.try_preload().map_err(|problem| BuildError::Settings(format!("preload: {problem}")))?;
        let workers = ports.workers.max(1);
        let engine = Engine::join(setup, workers, ports.cache.as_deref()).map_err(BuildError::Threads)?;
        Ok(Self {
            engine: Mutex::new(Some(engine)),
            version,
            workers,
            class,
            tests: settings.tests.as_deref().map(Arc::from),
            settings: serde_json::to_vec(settings).unwrap_or_default(),
            dedupe: ports.dedupe,
        })
    }

    /// Whether the problem has tests of this kind.
    pub(super) fn can_judge(&self, problem: &Problem) -> bool {
        choose(problem, self.tests.as_deref()).is_ok()
    }

    /// `None` once this verifier is closed.
    fn engine(&self) -> Option<Arc<Engine>> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn digest(&self, problem: &Arc<Problem>) -> Option<[u8; 32]> {
        let suite = choose(problem, self.tests.as_deref()).ok()?;
        let slot = self.engine()?.shared.cache.slot(problem, self.tests.as_ref());
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
        self.engine()?.pool.outcomes(program, batch).await
    }

    async fn verdict(&self, candidate: &Candidate) -> Verdict {
        let Some(program) = program_of(candidate) else {
            let verdict = Verdict::new(Status::Error).with_detail("no code found");
            return Verdict { sandbox: Some(self.class), ..verdict };
        };
        let order = Order {
            problem: Arc::clone(&candidate.problem),
            tests: self.tests.clone(),
            sample: candidate.sample_index,
            program: program.into(),
        };
        let timed = match self.engine() {
            Some(engine) => engine.pool.judge(order).await,
            None => None,
        };
        let Some((judged, duration)) = timed else { return Verdict::unjudged("the verifier is closed") };
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
            c if c.is_control() || is_unseen(c) => line.extend(c.escape_unicode()),
            c => line.push(c),
        }
    }
    line
}

/// Whether a character breaks lines, has no width, or changes the direction or the order of others.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{2028}' | '\u{2029}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

#[async_trait]
impl Verifier for PythonTests {
    fn version(&self) -> String {
        self.version.clone()
    }

    fn scope(&self) -> Scope {
        Scope::Sample { batch: 1 }
    }

    fn concurrency(&self) -> usize {
        // some wait in line, so that no worker ever waits for work: not for a problem that another one is working out, either
        self.workers * 2 + 40
    }

    fn get_ready(&self) {
        if let Some(engine) = self.engine() {
            engine.pool.get_ready();
        }
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
        let engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(engine) = engine {
            Engine::leave(engine).await;
        }
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
            .field("workers", &self.workers)
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
        for c in
            "\u{85}\u{2028}\u{2029}\u{b}\u{c}\u{200b}\u{200d}\u{2060}\u{2066}\u{feff}\u{ad}\u{61c}\u{e0041}".chars()
        {
            assert_eq!(one_line(&format!("a{c}b")), format!("a{}b", c.escape_unicode()));
        }
        assert_eq!(one_line("naïve 日本 😀"), "naïve 日本 😀");
        assert!(one_line(&"x".repeat(5000)).len() < 700);
    }
}
