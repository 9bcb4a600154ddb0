//! The verifier `stdin-stdout`: whole programs, text in and text out.
//!
//! Every case runs in a sandbox of its own; the right outputs are never in it, they are compared here. The time limit is for each
//! case, as in contests, and the problem's own where that is longer; where the problem has a reference program that needs a quarter
//! of it or more, it grows to four times the reference's time.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::ending::{first_error, last_words, used_up};
use super::language::{self, Toolchain, quoted};
use super::{extract, line};
use crate::domain::{IoCase, Problem, ProblemId, SandboxClass, Status, TestSuite, Verdict};
use crate::registry::{BuildError, Limits, Ports, ProgramSettings};
use crate::sandbox::{Ended, Launcher, Ran, SandboxError, Spec, run};
use crate::verifier::{Candidate, Scope, Verifier};

mod compare;

pub use compare::{Mismatch, compare};

/// Changes when the same program could be judged otherwise.
const ENGINE: &str = "2";
/// What a program may write besides a right output, bytes.
const OUTPUT_SLACK: u64 = 64 << 10;
/// What making a program may take: compilers are not the candidate's fault.
const COMPILE: Limits = Limits {
    timeout: Duration::from_mins(1),
    memory_bytes: 4 << 30,
    processes: 64,
    output_bytes: 256 << 20,
    disk_bytes: 512 << 20,
    files: 65_536,
};

/// Whole programs in any language of the table against inputs and outputs.
///
/// Source: Hendrycks 2021, arXiv:2105.09938 (APPS); Jain 2024, arXiv:2403.07974 (LiveCodeBench).
#[derive(Debug)]
pub struct StdinStdout {
    inner: Arc<Inner>,
    workers: usize,
    dedupe: bool,
    settings_hash: Vec<u8>,
}

#[derive(Debug)]
struct Inner {
    settings: ProgramSettings,
    toolchain: Toolchain,
    class: SandboxClass,
    launcher: Launcher,
    /// Time limits that the reference asked for, per case.
    allowed: Mutex<HashMap<(ProblemId, usize), Duration>>,
}

impl StdinStdout {
    /// Finds the language's tools.
    ///
    /// # Errors
    /// When the language is unknown or its tools are not here.
    pub fn new(settings: &ProgramSettings, class: SandboxClass, ports: &Ports) -> Result<Self, BuildError> {
        let toolchain = language::find(&settings.language, settings.interpreter.as_deref())?;
        let inner = Inner {
            settings: settings.clone(),
            toolchain,
            class,
            launcher: ports.launcher.clone(),
            allowed: Mutex::default(),
        };
        let settings_hash = serde_json::to_vec(settings).unwrap_or_default();
        Ok(Self { inner: Arc::new(inner), workers: ports.workers, dedupe: ports.dedupe, settings_hash })
    }

    /// Whether the problem has tests of this kind.
    pub(super) fn can_judge(&self, problem: &Problem) -> bool {
        self.inner.cases(problem).is_ok()
    }
}

#[async_trait]
impl Verifier for StdinStdout {
    fn version(&self) -> String {
        format!("stdin-stdout {ENGINE}, {}", self.inner.toolchain.version)
    }

    fn scope(&self) -> Scope {
        Scope::Sample { batch: 1 }
    }

    fn concurrency(&self) -> usize {
        self.workers
    }

    fn dedupe_key(&self, candidate: &Candidate) -> Option<[u8; 32]> {
        if !self.dedupe {
            return None;
        }
        let (cases, usual) = self.inner.cases(&candidate.problem).ok()?;
        let program = extract::program(&candidate.problem, &candidate.completion)?;
        let mut hasher = blake3::Hasher::new();
        for part in
            [&self.settings_hash, candidate.problem.id.0.as_bytes(), &serde_json::to_vec(cases).unwrap_or_default()]
        {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        hasher.update(&usual.as_nanos().to_le_bytes()).update(program.as_bytes());
        Some(*hasher.finalize().as_bytes())
    }

    async fn judge(&self, batch: &[Candidate]) -> Vec<Verdict> {
        let mut verdicts = Vec::with_capacity(batch.len());
        for candidate in batch {
            let (inner, candidate) = (Arc::clone(&self.inner), candidate.clone());
            let judged = tokio::task::spawn_blocking(move || inner.judge(&candidate)).await;
            verdicts.push(judged.unwrap_or_else(|_| Verdict::unjudged("the verifier panicked")));
        }
        verdicts
    }
}

/// A program that is ready to run; a compiled one lies in a folder of this machine until it is dropped.
struct Ready {
    words: Vec<String>,
    file: Option<(String, String)>,
    folder: Option<Folder>,
}

/// Why a program could not be made ready.
enum Unready {
    Judged(Status, String),
    Machine(String),
}

impl Inner {
    /// The cases and the time for each.
    fn cases<'p>(&self, problem: &'p Problem) -> Result<(&'p [IoCase], Duration), String> {
        let named =
            |name: &str| problem.tests.get(name).ok_or_else(|| format!("problem {} has no tests `{name}`", problem.id));
        let suite = match &self.settings.tests {
            Some(name) => named(name)?,
            None => named("tests").or_else(|missing| problem.tests.values().next().ok_or(missing))?,
        };
        match suite {
            TestSuite::StdinStdout { cases, time_limit } => {
                let own = time_limit.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or_default();
                Ok((cases, self.settings.limits.timeout.max(own)))
            }
            _ => Err(format!("the tests of problem {} are no inputs and outputs; use python-tests", problem.id)),
        }
    }

    fn judge(&self, candidate: &Candidate) -> Verdict {
        let begin = Instant::now();
        let (status, detail) = self.status(candidate);
        let detail = Some(line(&detail)).filter(|detail| !detail.is_empty());
        Verdict { detail, duration: begin.elapsed(), sandbox: Some(self.class), ..Verdict::new(status) }
    }

    fn status(&self, candidate: &Candidate) -> (Status, String) {
        let problem = &candidate.problem;
        let (cases, usual) = match self.cases(problem) {
            Ok(cases) => cases,
            Err(detail) => return (Status::Unjudged, detail),
        };
        let Some(program) = extract::program(problem, &candidate.completion) else {
            return (Status::Error, "no code found".to_owned());
        };
        let ready = match self.ready(program) {
            Ok(ready) => ready,
            Err(Unready::Judged(status, detail)) => return (status, detail),
            Err(Unready::Machine(detail)) => return (Status::Unjudged, detail),
        };
        for (index, case) in cases.iter().enumerate() {
            let ran = match self.case(problem, &ready, index, case, usual) {
                Ok(ran) => ran,
                Err(error) => return (Status::Unjudged, error.to_string()),
            };
            if let Some((status, what)) = verdict_of(&ran, case, self.settings.tolerance) {
                let input: String = case.input.chars().take(80).collect();
                return (status, format!("case {} of {}: {what}; input {input:?}", index + 1, cases.len()));
            }
        }
        (Status::Pass, String::new())
    }

    /// Runs one case; a program that is too slow for the usual limit gets what the reference asks for.
    fn case(
        &self,
        problem: &Problem,
        ready: &Ready,
        index: usize,
        case: &IoCase,
        usual: Duration,
    ) -> Result<Ran, SandboxError> {
        let key = (problem.id.clone(), index);
        let known = self.allowed.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        let ran = self.run(ready, case, known.unwrap_or(usual))?;
        if ran.ended != Ended::Timeout || known.is_some() {
            return Ok(ran);
        }
        let allowed = match problem.reference.as_ref().map(|reference| self.ready(reference.clone())) {
            Some(Ok(reference)) => self.run(&reference, case, usual * 4).map_or(usual, |ran| match ran.ended {
                Ended::Exit(0) => usual.max(4 * ran.cpu.max(ran.wall)).min(usual * 10),
                _ => usual,
            }),
            _ => usual,
        };
        self.allowed.lock().unwrap_or_else(PoisonError::into_inner).insert(key, allowed);
        if allowed > usual { self.run(ready, case, allowed) } else { Ok(ran) }
    }

    fn run(&self, ready: &Ready, case: &IoCase, time: Duration) -> Result<Ran, SandboxError> {
        let limits = Limits { timeout: time, ..self.settings.limits.clone() };
        let mut spec = self.toolchain.spec(&limits, self.class, &ready.words);
        spec.files.extend(ready.file.clone());
        // a program in Python has no /proc, and with it no /dev/stdin
        let named = ready.file.as_ref().is_some_and(|(_, program)| program.contains("/dev/stdin"));
        spec.named_input = named.then(|| case.input.clone());
        spec.read_only.extend(ready.folder.as_ref().map(|folder| folder.0.clone()));
        // a right output may be longer than the limit
        let longest = case.outputs.iter().map(String::len).max().unwrap_or_default() as u64;
        let output = limits.output_bytes.max(longest.saturating_mul(2).saturating_add(OUTPUT_SLACK));
        run(&self.launcher, &spec, case.input.as_bytes(), time, output)
    }

    fn ready(&self, program: String) -> Result<Ready, Unready> {
        let Some(compile) = &self.toolchain.compile else {
            return Ok(Ready {
                words: self.toolchain.run.clone(),
                file: Some((self.toolchain.file.clone(), program)),
                folder: None,
            });
        };
        let machine =
            |error: &dyn std::fmt::Display| Unready::Machine(format!("the program cannot be compiled: {error}"));
        // the program comes out as text on standard output, what the compiler says on the other
        let script = format!("{} >&2 && cat program", quoted(compile));
        let words = ["/bin/sh", "-c", &script].map(str::to_owned);
        let mut spec: Spec = self.toolchain.spec(&COMPILE, self.class, &words);
        spec.files.push((self.toolchain.file.clone(), program));
        spec.proc = true;
        let ran =
            run(&self.launcher, &spec, b"", COMPILE.timeout, COMPILE.output_bytes).map_err(|error| machine(&error))?;
        match ran.ended {
            Ended::Exit(0) => {
                let folder = Folder::with("program", &ran.stdout).map_err(|error| machine(&error))?;
                let words = vec![folder.0.join("program").display().to_string()];
                Ok(Ready { words, file: None, folder: Some(folder) })
            }
            Ended::Timeout => Err(Unready::Judged(Status::Timeout, "compiling took too long".to_owned())),
            Ended::Output => Err(Unready::Judged(Status::Limit, "compiling wrote too much".to_owned())),
            Ended::Memory => Err(Unready::Judged(Status::Limit, "compiling took too much memory".to_owned())),
            _ => {
                let said = String::from_utf8_lossy(&ran.stderr);
                Err(Unready::Judged(Status::Error, format!("does not compile: {}", first_error(&said))))
            }
        }
    }
}

/// What a finished run means, where it is no success.
fn verdict_of(ran: &Ran, case: &IoCase, tolerance: Option<f64>) -> Option<(Status, String)> {
    match ran.ended {
        Ended::Timeout => return Some((Status::Timeout, "out of time".to_owned())),
        Ended::Output => return Some((Status::Limit, "wrote more than it may".to_owned())),
        Ended::Memory => return Some((Status::Limit, "its processes use too much memory".to_owned())),
        Ended::Exit(0) => {}
        Ended::Exit(code) => return Some(failed(ran, &format!("left with status {code}"))),
        Ended::Signal(signal) => return Some(failed(ran, &format!("killed by signal {signal}"))),
    }
    let got = String::from_utf8_lossy(&ran.stdout);
    let mut first = None;
    for expected in &case.outputs {
        match compare(expected, &got, tolerance) {
            None => return None,
            Some(mismatch) => first = first.or(Some(mismatch)),
        }
    }
    let what = first.map_or_else(|| "no output is accepted".to_owned(), |mismatch| mismatch.to_string());
    Some((Status::Fail, what))
}

fn failed(ran: &Ran, how: &str) -> (Status, String) {
    let status = if used_up(ran) { Status::Limit } else { Status::Error };
    (status, format!("{how}: {}", last_words(&String::from_utf8_lossy(&ran.stderr))))
}

/// A folder of this machine that goes when it is dropped. Not in `/tmp`: a sandbox has its own there.
struct Folder(PathBuf);

impl Folder {
    fn with(name: &str, content: &[u8]) -> std::io::Result<Self> {
        use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let place = PathBuf::from("/var/tmp");
        for _ in 0..1000 {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = place.join(format!("nbest-{}-{number}", std::process::id()));
            match std::fs::DirBuilder::new().mode(0o755).create(&path) {
                Ok(()) => {
                    let folder = Self(path);
                    let file = folder.0.join(name);
                    std::fs::write(&file, content)?;
                    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755))?;
                    return Ok(folder);
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(std::io::Error::other("no free name in /var/tmp"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(path = %self.0.display(), %error, "a compiled program could not be removed");
        }
    }
}
