//! The verifier `command`: any program decides, by its exit status and a last line of JSON.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;

use super::ending::{first_error, last_words, raised, used_up};
use super::language::{self, Toolchain, on_path, quoted};
use super::{extract, line};
use crate::domain::{Completion, Form, SandboxClass, Status, Verdict};
use crate::registry::{BuildError, CommandSettings, Ports};
use crate::sandbox::{Ended, Launcher, Ran, run};
use crate::verifier::{Candidate, Scope, Verifier};

/// Changes when the same answer could be judged otherwise.
const ENGINE: &str = "2";
/// Where the completion lies in the sandbox.
const FOLDER: &str = "/tmp";
/// The problem as JSON, where the command asks for it.
const PROBLEM: &str = "problem.json";

/// What is said last where a compiler failed.
const NOT_COMPILED: &str = "it does not compile";

/// The completion as a file, and a command that judges it in a sandbox: status 0 is a pass, another a fail.
///
/// In the command `{file}` stands for the completion's file, `{dir}` for its folder, `{problem}` for a JSON file with the problem.
/// Files that the command names are visible to it, read-only. With a language of the table instead of a command the
/// completion itself is compiled and run. A last line of output such as `{"score": 0.5}` gives a score; `"pass": false`
/// and `"detail"` are understood too.
#[derive(Debug)]
pub struct CommandVerifier {
    inner: Arc<Inner>,
    workers: usize,
    dedupe: bool,
}

#[derive(Debug)]
struct Inner {
    settings: CommandSettings,
    settings_hash: Vec<u8>,
    toolchain: Toolchain,
    file: String,
    /// Whether the file holds the program taken out of the answer, not the answer as it is.
    program: bool,
    class: SandboxClass,
    launcher: Launcher,
}

impl CommandVerifier {
    /// Finds the command or the language's tools.
    ///
    /// # Errors
    /// When there is neither, or it is not here.
    pub fn new(settings: &CommandSettings, class: SandboxClass, ports: &Ports) -> Result<Self, BuildError> {
        let toolchain = match (&settings.language, settings.command.first()) {
            (Some(language), None) => language::find(language, None)?,
            (Some(language), Some(_)) => {
                let file = language::find(language, None).map(|chain| chain.file).unwrap_or_default();
                Toolchain { file, ..words(&settings.command)? }
            }
            (None, Some(_)) => words(&settings.command)?,
            (None, None) => return Err(BuildError::Settings("this kind needs `command` or `language`".to_owned())),
        };
        let file = settings.file.clone().unwrap_or_else(|| toolchain.file.clone());
        let simple = Path::new(&file).components().all(|part| matches!(part, std::path::Component::Normal(_)));
        if file.is_empty() || !simple {
            return Err(BuildError::Settings(format!(
                "`file` must be a name below the working directory, not `{file}`"
            )));
        }
        let inner = Inner {
            settings: settings.clone(),
            settings_hash: serde_json::to_vec(settings).unwrap_or_default(),
            toolchain,
            program: file != "completion.txt",
            file,
            class,
            launcher: ports.launcher.clone(),
        };
        Ok(Self { inner: Arc::new(inner), workers: ports.workers, dedupe: ports.dedupe })
    }
}

/// A command of the user's as a toolchain.
fn words(command: &[String]) -> Result<Toolchain, BuildError> {
    let missing = |name: &str| BuildError::Settings(format!("the command `{name}` is not on the path"));
    let (first, rest) = command.split_first().ok_or_else(|| missing(""))?;
    let mut program = on_path(Path::new(first)).ok_or_else(|| missing(first))?;
    let mut chain = language::find("bash", None)?;
    // rustup's stand-ins look for the real tools in the user's home, which is not there
    if let Some(name @ ("cargo" | "rustc" | "rustdoc")) = program.file_name().and_then(|name| name.to_str()) {
        let rust = language::find("rust", None)?;
        let real = rust.read_only.iter().map(|folder| folder.join("bin").join(name)).find(|path| path.is_file());
        if let Some(bin) = real.as_deref().and_then(Path::parent) {
            let path = format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display());
            chain.env.retain(|(name, _)| name != "PATH");
            chain.env.extend([("PATH".to_owned(), path), ("CARGO_HOME".to_owned(), "/tmp/.cargo".to_owned())]);
        }
        chain.read_only.extend(rust.read_only);
        program = real.unwrap_or(program);
    }
    // a stand-in (pyenv) or a virtual environment: the real interpreter with its packages
    let named_python =
        program.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("python"));
    if named_python {
        let python = language::find("python", Some(&program))?;
        chain.env.extend(python.env.into_iter().filter(|(name, _)| name.starts_with("PYTHON")));
        chain.read_only.extend(python.read_only);
        chain.files = python.files;
        program = python.run.first().map_or(program, PathBuf::from);
    }
    chain.read_only.push(program.canonicalize().unwrap_or_else(|_| program.clone()));
    chain.read_only.push(program.clone());
    let own = rest.iter().filter(|word| !word.starts_with('-')).filter_map(|word| std::path::absolute(word).ok());
    chain.read_only.extend(own.filter(|path| path.is_file()));
    let absolute = |word: &String| match std::path::absolute(word) {
        Ok(path) if !word.starts_with('-') && path.is_file() => path.display().to_string(),
        _ => word.clone(),
    };
    chain.run = std::iter::once(program.display().to_string()).chain(rest.iter().map(absolute)).collect();
    chain.compile = None;
    "completion.txt".clone_into(&mut chain.file);
    chain.version = program.display().to_string();
    // what the command is made of is not known: node and Go reserve much
    chain.reserved_bytes = 8 << 30;
    Ok(chain)
}

#[async_trait]
impl Verifier for CommandVerifier {
    fn version(&self) -> String {
        format!("command {ENGINE}, {}", self.inner.toolchain.version)
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
        let content = self.inner.content(candidate)?;
        let mut hasher = blake3::Hasher::new();
        for part in [&self.inner.settings_hash, &serde_json::to_vec(candidate.problem.as_ref()).unwrap_or_default()] {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        hasher.update(content.as_bytes());
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

impl Inner {
    /// What the file holds.
    fn content(&self, candidate: &Candidate) -> Option<String> {
        if self.program {
            extract::program(&candidate.problem, &candidate.completion)
        } else {
            let Completion { text, form } = &candidate.completion;
            let prompt = if *form == Form::Continuation { candidate.problem.prompt.as_str() } else { "" };
            Some(format!("{prompt}{text}"))
        }
    }

    fn judge(&self, candidate: &Candidate) -> Verdict {
        let begin = Instant::now();
        let Some(content) = self.content(candidate) else {
            let verdict = Verdict::new(Status::Error).with_detail("no code found");
            return Verdict { sandbox: Some(self.class), ..verdict };
        };
        let verdict = match self.run(candidate, content) {
            Ok(ran) => verdict_of(&ran, self.settings.command.is_empty()),
            Err(error) => Verdict::unjudged(error.to_string()),
        };
        Verdict { duration: begin.elapsed(), sandbox: Some(self.class), ..verdict }
    }

    fn run(&self, candidate: &Candidate, content: String) -> Result<Ran, crate::sandbox::SandboxError> {
        let filled: Vec<String> = self.toolchain.run.iter().map(|word| self.fill(word)).collect();
        let words = match &self.toolchain.compile {
            Some(compile) => {
                let script = format!(
                    "{} || {{ echo {} >&2; exit 1; }}; exec {}",
                    quoted(compile),
                    quoted(&[NOT_COMPILED.to_owned()]),
                    quoted(&filled)
                );
                ["/bin/sh", "-c", &script].map(str::to_owned).to_vec()
            }
            None => filled,
        };
        let limits = &self.settings.limits;
        let mut spec = self.toolchain.spec(limits, self.class, &words);
        spec.proc = true;
        spec.files.push((self.file.clone(), content));
        if self.settings.command.iter().any(|word| word.contains("{problem}")) {
            let problem = serde_json::to_string(candidate.problem.as_ref()).unwrap_or_default();
            spec.files.push((PROBLEM.to_owned(), problem));
        }
        run(&self.launcher, &spec, b"", limits.timeout, limits.output_bytes)
    }

    fn fill(&self, word: &str) -> String {
        let file = PathBuf::from(FOLDER).join(&self.file).display().to_string();
        word.replace("{file}", &file).replace("{dir}", FOLDER).replace("{problem}", &format!("{FOLDER}/{PROBLEM}"))
    }
}

/// Exit status and last line. `own`: the program itself was run, so an exception of its own is an error.
fn verdict_of(ran: &Ran, own: bool) -> Verdict {
    let stdout = String::from_utf8_lossy(&ran.stdout);
    let stderr = String::from_utf8_lossy(&ran.stderr);
    let last = |text: &str| text.lines().rev().find(|line| !line.trim().is_empty()).map(str::to_owned);
    let said = last(&stdout).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(serde_json::Value::Null);
    let not_compiled = own && last(&stderr).as_deref() == Some(NOT_COMPILED);
    let (mut status, how) = match ran.ended {
        Ended::Exit(0) => (Status::Pass, String::new()),
        Ended::Exit(_) if not_compiled => (Status::Error, "does not compile".to_owned()),
        Ended::Exit(code) => {
            let status = if own && raised(&stderr) { Status::Error } else { Status::Fail };
            (status, format!("left with status {code}"))
        }
        Ended::Signal(signal) => (Status::Error, format!("killed by signal {signal}")),
        Ended::Timeout => (Status::Timeout, "out of time".to_owned()),
        Ended::Output => (Status::Limit, "wrote more than it may".to_owned()),
        Ended::Memory => (Status::Limit, "its processes use too much memory".to_owned()),
    };
    if used_up(ran) && !not_compiled {
        status = Status::Limit;
    }
    if status == Status::Pass && said.get("pass").and_then(serde_json::Value::as_bool) == Some(false) {
        status = Status::Fail;
    }
    let mut verdict = Verdict::new(status);
    if matches!(status, Status::Pass | Status::Fail) {
        verdict.score = said.get("score").and_then(serde_json::Value::as_f64).filter(|score| score.is_finite());
    }
    let told = said.get("detail").and_then(serde_json::Value::as_str).map(str::to_owned);
    let told = told.or_else(|| match status {
        Status::Pass => None,
        _ if not_compiled => Some(first_error(&stderr).to_owned()),
        _ => Some(last_words(&stderr)).filter(|words| !words.is_empty()).or_else(|| last(&stdout)),
    });
    let parts: Vec<String> = [Some(how).filter(|how| !how.is_empty()), told].into_iter().flatten().collect();
    verdict.detail = Some(line(&parts.join(": "))).filter(|detail| !detail.is_empty());
    verdict
}
