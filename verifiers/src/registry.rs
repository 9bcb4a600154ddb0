//! From settings to a verifier. The settings are what is hashed, stored and compared between runs.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

#[cfg(target_os = "linux")]
use crate::agreement::{AgreementError, AgreementSettings, AgreementVerifier, Recorded, Source, Written};
use crate::answer::{AnswerError, AnswerSettings, AnswerVerifier};
use crate::domain::{Role, SandboxClass};
use crate::ensemble::{Calibration, Curve, EnsembleSettings, EnsembleVerifier};
use crate::fusion::{FusionSettings, FusionVerifier};
use crate::judge::{JudgeSettings, JudgeVerifier, Render};
use crate::model::{Ask, Model};
use crate::plugin::{PluginError, PluginSettings, PluginVerifier};
use crate::program::interpreter::InterpreterError;
use crate::reward::{RewardSettings, RewardVerifier, Scorer};
use crate::sandbox::{Launcher, Missing, probe};
use crate::verifier::Verifier;

mod programs;

pub use programs::{CommandSettings, Limits, ProgramSettings};

/// Clients of servers, which live above this crate.
#[async_trait]
pub trait Services: std::fmt::Debug + Send + Sync {
    /// A served reward model.
    ///
    /// # Errors
    /// A line for the user where the settings cannot work.
    fn scorer(&self, settings: &RewardSettings) -> Result<Arc<dyn Scorer>, String>;

    /// A model that is asked, and what makes its prompts of a template.
    ///
    /// # Errors
    /// A line for the user where the settings cannot work.
    fn model(&self, ask: &Ask, template: &str) -> Result<(Arc<dyn Model>, Render), String>;

    /// What was remembered under a key.
    async fn recall(&self, key: &str) -> Option<String>;

    /// Keeps something that cost money or time to get.
    async fn remember(&self, key: &str, value: &str);

    /// From scores to probabilities, fitted to labels; `None` where the labels do not tell right from wrong.
    ///
    /// # Errors
    /// A line for the user where the scores do not suit the method.
    fn calibration(&self, method: Calibration, scores: &[f64], labels: &[bool]) -> Result<Option<Curve>, String>;
}

/// What verifiers need from outside their settings; nothing here can change a verdict.
#[derive(Debug, Clone)]
pub struct Ports {
    /// Samples that are judged at once.
    pub workers: usize,
    /// Judge even where the sandbox is not strong.
    pub allow_weak_sandbox: bool,
    /// Share verdicts of identical programs.
    pub dedupe: bool,
    /// Starts sandboxes: this program, unless it cannot.
    pub launcher: Launcher,
    /// Folder of the user's own for what need not be worked out each time.
    pub cache: Option<PathBuf>,
    /// Clients of reward models and judges.
    pub services: Option<Arc<dyn Services>>,
}

impl Default for Ports {
    fn default() -> Self {
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let launcher = Launcher::default();
        Self { workers, allow_weak_sandbox: false, dedupe: true, launcher, cache: None, services: None }
    }
}

/// Why there is no verifier.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The sandbox is not good enough.
    #[error("programs could only be kept apart by class `{}` here, not `strong`: {}", .class.as_str(), list(.missing))]
    WeakSandbox {
        /// The best that there is.
        class: SandboxClass,
        /// What is missing, with the way to get it.
        missing: Vec<Missing>,
    },
    /// No interpreter.
    #[error(transparent)]
    Interpreter(#[from] InterpreterError),
    /// No threads.
    #[error("starting the verifier's threads")]
    Threads(#[source] std::io::Error),
    /// Generated tests.
    #[cfg(target_os = "linux")]
    #[error(transparent)]
    Agreement(#[from] AgreementError),
    /// The settings of an answer verifier.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// A program of one's own.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// The settings ask for something that there is not.
    #[error("{0}")]
    Settings(String),
}

impl BuildError {
    /// The way out, for the user.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::WeakSandbox { missing, .. } => {
                let ways: Vec<&str> = missing.iter().map(|m| m.hint.as_str()).collect();
                Some(format!("{}; or accept the risk with --allow-weak-sandbox", ways.join("; ")))
            }
            Self::Plugin(_) => Some("docs/verifiers.md has a program of ten lines that speaks the protocol".into()),
            Self::Interpreter(_) => Some("install Python 3.9 or newer, or set `interpreter` to its path".into()),
            _ => None,
        }
    }
}

fn list(missing: &[Missing]) -> String {
    let names: Vec<&str> = missing.iter().map(|m| m.what.as_str()).collect();
    if names.is_empty() { "unknown".into() } else { names.join("; ") }
}

/// Makes a verifier from its settings. Programs need a strong sandbox unless `ports` says otherwise.
///
/// # Errors
/// When the sandbox is too weak, or an interpreter or tool is not there.
pub fn build(spec: &VerifierSpec, ports: &Ports) -> Result<Arc<dyn Verifier>, BuildError> {
    match &spec.settings {
        Settings::PythonTests(settings) => python_tests(settings, ports),
        Settings::Answer(settings) => answer(settings, ports),
        Settings::Reward(settings) | Settings::ProcessReward(settings) => {
            let scorer = services(ports)?.scorer(settings).map_err(BuildError::Settings)?;
            Ok(Arc::new(RewardVerifier::new(settings.clone(), scorer)))
        }
        Settings::Judge(settings) => {
            let (model, render) =
                services(ports)?.model(&settings.ask, &settings.rubric).map_err(BuildError::Settings)?;
            Ok(Arc::new(JudgeVerifier::new(settings.clone(), model, render).map_err(BuildError::Settings)?))
        }
        Settings::Fusion(settings) => {
            let (model, render) =
                services(ports)?.model(&settings.ask, &settings.template).map_err(BuildError::Settings)?;
            Ok(Arc::new(FusionVerifier::new(settings.clone(), model, render).map_err(BuildError::Settings)?))
        }
        #[cfg(target_os = "linux")]
        Settings::Agreement(settings) => {
            let class = sandbox_class(ports)?;
            let source = source(settings, ports)?;
            let programs = crate::program::PythonTests::start(&settings.program, class, ports)?;
            Ok(Arc::new(AgreementVerifier::new(settings.clone(), source, programs)))
        }
        Settings::Ensemble(settings) => {
            let ensemble = EnsembleVerifier::new(settings.clone()).map_err(BuildError::Settings)?;
            Ok(Arc::new(ensemble.with_services(ports.services.clone())))
        }
        Settings::StdinStdout(settings) => stdin_stdout(settings, ports),
        Settings::Command(settings) => command(settings, ports),
        Settings::Plugin(settings) => Ok(Arc::new(PluginVerifier::start(settings)?)),
    }
}

/// Begins to look for the interpreters that these verifiers will run, which can take as long as a hundred verdicts.
pub fn foresee(specs: &[VerifierSpec]) {
    #[cfg(target_os = "linux")]
    for spec in specs {
        if let Settings::PythonTests(settings) = &spec.settings {
            let asked = settings.interpreter.clone();
            // what it finds is remembered; what goes wrong is told by whoever asks again
            std::thread::spawn(move || crate::program::interpreter::Interpreter::find(asked.as_deref()).is_ok());
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = specs;
}

fn answer(settings: &AnswerSettings, ports: &Ports) -> Result<Arc<dyn Verifier>, BuildError> {
    let own = AnswerVerifier::new(settings)?;
    match &settings.second {
        None => Ok(Arc::new(own)),
        #[cfg(target_os = "linux")]
        Some(second) => {
            let class = sandbox_class(ports)?;
            let interpreter = second.interpreter.as_deref();
            Ok(Arc::new(crate::program::SecondOpinion::new(own, interpreter, class, ports)?))
        }
        #[cfg(not(target_os = "linux"))]
        Some(_) => {
            sandbox_class(ports)?;
            Err(BuildError::Settings("math-verify is asked on Linux only".into()))
        }
    }
}

/// Where an agreement's tests come from.
#[cfg(target_os = "linux")]
fn source(settings: &AgreementSettings, ports: &Ports) -> Result<Source, BuildError> {
    match (&settings.path, &settings.generate) {
        (Some(path), _) => Ok(Source::Recorded(Recorded::read(path)?)),
        (None, Some(generate)) => {
            let services = services(ports)?;
            let (model, render) = services.model(&generate.ask, generate.template()).map_err(BuildError::Settings)?;
            Ok(Source::Written(Box::new(Written::new(generate.clone(), model, render, Arc::clone(services)))))
        }
        (None, None) => {
            Err(BuildError::Settings("an agreement needs a file of tests or a model that writes them".into()))
        }
    }
}

fn services(ports: &Ports) -> Result<&Arc<dyn Services>, BuildError> {
    ports.services.as_ref().ok_or_else(|| BuildError::Settings("verifiers that ask a server need a client".into()))
}

/// The class of sandbox that programs get here.
fn sandbox_class(ports: &Ports) -> Result<SandboxClass, BuildError> {
    let found = probe(&ports.launcher);
    if found.class != SandboxClass::Strong && !ports.allow_weak_sandbox {
        return Err(BuildError::WeakSandbox { class: found.class, missing: found.missing });
    }
    Ok(found.class)
}

#[cfg(target_os = "linux")]
fn python_tests(settings: &ProgramSettings, ports: &Ports) -> Result<Arc<dyn Verifier>, BuildError> {
    if settings.language != "python" {
        let message = format!("python-tests judges Python programs, not `{}`", settings.language);
        return Err(BuildError::Settings(message));
    }
    let class = sandbox_class(ports)?;
    Ok(Arc::new(crate::program::Programs::start(crate::program::Kind::PythonTests, settings, class, ports)?))
}

#[cfg(target_os = "linux")]
fn stdin_stdout(settings: &ProgramSettings, ports: &Ports) -> Result<Arc<dyn Verifier>, BuildError> {
    use crate::program::{Kind, Programs, StdinStdout};
    let class = sandbox_class(ports)?;
    Ok(match settings.language.as_str() {
        "python" => Arc::new(Programs::start(Kind::StdinStdout, settings, class, ports)?),
        // functions are called in Python only
        _ => Arc::new(StdinStdout::new(settings, class, ports)?),
    })
}

#[cfg(target_os = "linux")]
fn command(settings: &CommandSettings, ports: &Ports) -> Result<Arc<dyn Verifier>, BuildError> {
    Ok(Arc::new(crate::program::CommandVerifier::new(settings, sandbox_class(ports)?, ports)?))
}

#[cfg(not(target_os = "linux"))]
fn stdin_stdout(settings: &ProgramSettings, ports: &Ports) -> Result<Arc<dyn Verifier>, BuildError> {
    python_tests(settings, ports)
}

#[cfg(not(target_os = "linux"))]
fn command(_settings: &CommandSettings, ports: &Ports) -> Result<Arc<dyn Verifier>, BuildError> {
    sandbox_class(ports)?;
    Err(BuildError::Settings("programs are judged on Linux only".into()))
}

#[cfg(not(target_os = "linux"))]
fn python_tests(_settings: &ProgramSettings, ports: &Ports) -> Result<Arc<dyn Verifier>, BuildError> {
    sandbox_class(ports)?;
    Err(BuildError::Settings("programs are judged on Linux only".into()))
}

/// A verifier as an experiment asks for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VerifierSpec {
    /// Unique in its run.
    pub name: String,
    /// Its side of the tables.
    pub role: Role,
    /// Kind and settings: all that can change a verdict.
    pub settings: Settings,
}

/// The settings of each kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Settings {
    /// A Python program against the problem's tests: functions are called, or whole programs read and print.
    PythonTests(ProgramSettings),
    /// A whole program, text in and text out; in Python also functions, where a problem has such tests.
    StdinStdout(ProgramSettings),
    /// Any program decides.
    Command(CommandSettings),
    /// A program of one's own that scores over JSON lines.
    #[serde(rename = "command-json-lines")]
    Plugin(PluginSettings),
    /// The final answer against the problem's.
    Answer(AnswerSettings),
    /// A served reward model.
    Reward(RewardSettings),
    /// A served reward model, step by step.
    ProcessReward(RewardSettings),
    /// A model that is asked.
    Judge(JudgeSettings),
    /// A model that chooses among samples.
    Fusion(FusionSettings),
    /// Generated tests.
    #[cfg(target_os = "linux")]
    Agreement(AgreementSettings),
    /// Other verifiers together.
    Ensemble(EnsembleSettings),
}

impl Settings {
    /// The kind's name in an experiment file.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::PythonTests(_) => "python-tests",
            Self::StdinStdout(_) => "stdin-stdout",
            Self::Command(_) | Self::Plugin(_) => "command",
            Self::Answer(_) => "answer",
            Self::Reward(_) => "reward",
            Self::ProcessReward(_) => "process-reward",
            Self::Judge(_) => "judge",
            Self::Fusion(_) => "fusion",
            #[cfg(target_os = "linux")]
            Self::Agreement(_) => "agreement",
            Self::Ensemble(_) => "ensemble",
        }
    }
}

impl Settings {
    /// The suite of tests that it names.
    #[must_use]
    pub fn tests(&self) -> Option<&str> {
        match self {
            Self::PythonTests(program) | Self::StdinStdout(program) => program.tests.as_deref(),
            _ => None,
        }
    }
}
