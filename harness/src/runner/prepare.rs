//! From an experiment to a session: problems stored, run opened, verifiers built, prompts filled.

use std::sync::Arc;

use crate::client::services::HttpServices;
use crate::client::{Api, ModelSpec};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use verifiers::domain::Problem;
use verifiers::model::Model;
use verifiers::registry::{self, Ports, VerifierSpec};

use super::{ActiveVerifier, Budget, Progress, RunProblem, RunSettings, Session};
use crate::config::Experiment;
use crate::dataset::{self, DatasetError, Options, ProblemSet};
use crate::plan::{Order, Sampling};
use crate::prompt::{PromptError, PromptTemplate};
use crate::store::row::RunRow;
use crate::store::runs::{NewRun, NewVerifier};
use crate::store::{Store, StoreError};

/// Keys of a verifier's settings that change no verdict.
const HOW: [&str; 9] = [
    "api_key_env",
    "price",
    "batch",
    "timeout",
    "copies",
    "start_timeout",
    "env",
    "concurrency",
    "requests_per_minute",
];

/// Why a session could not begin.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A prompt.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// The file of examples.
    #[error("the examples of few_shot_path cannot be read")]
    Examples(#[from] DatasetError),
    /// A verifier.
    #[error("the verifier {name:?} cannot be used")]
    Verifier {
        /// Its name.
        name: String,
        /// Why.
        #[source]
        source: registry::BuildError,
    },
    /// A suite that the problems do not have.
    #[error("the verifier {name:?} asks for the tests {tests:?}, which no problem has")]
    NoTests {
        /// The verifier.
        name: String,
        /// The suite.
        tests: String,
        /// The suites that the first problem has.
        known: Vec<String>,
    },
    /// The stored experiment cannot be read.
    #[error("the stored experiment of run {run:?} cannot be read")]
    Stored {
        /// The run.
        run: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

impl PrepareError {
    /// What the user can do about it; `None` where the cause says it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoTests { known, .. } if known.is_empty() => {
                Some("the data set has no tests for programs: choose another kind of verifier".to_owned())
            }
            Self::NoTests { known, .. } => Some(format!("there are: {}", known.join(", "))),
            Self::Verifier { source, .. } => source.hint(),
            Self::Examples(error) => error.hint(),
            Self::Prompt(PromptError::TooFewExamples { .. }) => {
                Some("lower few_shot, or name a file of solved problems with few_shot_path".to_owned())
            }
            Self::Prompt(_) => Some("templates see prompt, id, entry_point, group and the record's fields".to_owned()),
            Self::Store(store) => store.hint(),
            Self::Stored { .. } => None,
        }
    }
}

/// What a caller decides beyond the experiment.
#[derive(Clone)]
pub struct Wishes {
    /// Whether identical programs are judged once.
    pub dedupe: bool,
    /// What verifiers need from outside.
    pub ports: Ports,
    /// Stops the session cleanly.
    pub cancel: CancellationToken,
    /// Where progress is told.
    pub progress: watch::Sender<Progress>,
}

/// Opens or continues the experiment's run. The caller holds the store's write lock.
///
/// # Errors
/// What can be known to be wrong before the first request.
pub async fn prepare(
    store: Store,
    experiment: &Experiment,
    set: &ProblemSet,
    model: Arc<dyn Model>,
    wishes: Wishes,
) -> Result<Session, PrepareError> {
    let chat = experiment.model.api.is_chat();
    let mut template = PromptTemplate::new(chat, experiment.prompt.as_deref(), experiment.system.as_deref())?;
    if let Some(shots) = &experiment.few_shot {
        let other = shots.path.as_deref().map(|path| {
            let options = Options { fields: experiment.dataset.fields.clone(), ..Options::default() };
            dataset::load(path, set.format.as_str(), &options)
        });
        let examples = other.transpose()?.map_or_else(|| set.problems.clone(), |other| other.problems);
        template = template.with_examples(&examples, shots.count)?;
    }
    // every template is filled once before anything is stored or paid for
    for problem in &set.problems {
        template.render(problem)?;
    }
    check_tests(&experiment.verifiers, &set.problems)?;
    let built = build(&experiment.verifiers, Some(&experiment.model), &wishes.ports, Some(&store))?;
    match store.reader().find_run_exact(&experiment.name).await? {
        Some(old) => say_changes(&old, experiment, &model.identity().await),
        // a new run has samples to judge
        None => built.iter().for_each(|verifier| verifier.get_ready()),
    }
    let path = experiment.dataset.path.display().to_string();
    let place = |problem: &Problem| set.places.get(&problem.id).copied().unwrap_or_default();
    store.put_problem_set(&set.hash, &path, set.format.as_str(), &set.problems, place).await?;
    let names: Vec<String> = set.problems.iter().map(|p| p.id.0.clone()).collect();
    let new = NewRun {
        name: experiment.name.clone(),
        set_hash: set.hash.clone(),
        samples: experiment.samples,
        seed: experiment.seed,
        sampling: experiment.sampling.as_str().to_owned(),
        model_key: experiment.model_key(),
        config: serde_json::to_string(experiment)
            .map_err(|source| PrepareError::Stored { run: experiment.name.clone(), source })?,
    };
    let run = store.open_run(&new, &names).await?;
    store.set_identity(run.id, &model.identity().await).await?;
    let verifiers = register(&store, &run, &experiment.verifiers, built).await?;
    let mut problems = Vec::with_capacity(names.len());
    for (id, problem) in store.run_problems(run.id).await? {
        let prompt = Some(template.render(&problem)?);
        problems.push(RunProblem { id, problem: Arc::new(problem), prompt });
    }
    let concurrency = experiment.model.limits.concurrency;
    let settings = RunSettings {
        samples: run.samples,
        seed: experiment.seed,
        sampling: experiment.sampling,
        order: experiment.order,
        price: experiment.price.clone(),
        max_tokens: experiment.model.sampling.max_tokens,
        budget: experiment.budget,
        concurrency,
        dedupe: wishes.dedupe,
        backlog: concurrency * 4 + 2048,
    };
    let (cancel, progress) = (wishes.cancel, wishes.progress);
    Ok(Session { store, run, problems, model: Some(model), verifiers, settings, cancel, progress })
}

/// What goes on otherwise than the file says, or than the run began.
fn say_changes(old: &RunRow, experiment: &Experiment, identity: &serde_json::Value) {
    if old.samples > experiment.samples {
        tracing::warn!("N stays {}: the run was asked for that many before; another --name begins anew", old.samples);
    }
    let before = old.maker();
    if identity["server"] == "replay" && before["server"] == "replay" && identity["content"] != before["content"] {
        tracing::warn!("the file of completions has changed since the run began: what is stored of it stays as it was");
    }
}

/// A session that only judges what is stored, with `specs`. Of the budget, what limits money and tokens holds here too.
pub async fn prepare_verify(
    store: Store,
    run: RunRow,
    specs: Vec<VerifierSpec>,
    budget: Budget,
    again: bool,
    wishes: Wishes,
) -> Result<Session, PrepareError> {
    let rows = store.run_problems(run.id).await?;
    let plain: Vec<Problem> = rows.iter().map(|(_, p)| p.clone()).collect();
    check_tests(&specs, &plain)?;
    let own = stored_experiment(&run).ok().map(|experiment| experiment.model);
    let built = build(&specs, own.as_ref(), &wishes.ports, Some(&store))?;
    let verifiers = register(&store, &run, &specs, built).await?;
    if again {
        for active in &verifiers {
            store.clear_verdicts(active.id).await?;
        }
    }
    let problems = rows.into_iter().map(|(id, p)| RunProblem { id, problem: Arc::new(p), prompt: None }).collect();
    let settings = RunSettings {
        samples: run.samples,
        seed: run.seed,
        sampling: Sampling::Fixed,
        order: Order::Breadth,
        price: None,
        max_tokens: None,
        budget: Budget { samples: None, deadline: None, ..budget },
        concurrency: 1,
        dedupe: wishes.dedupe,
        backlog: 2048,
    };
    let (cancel, progress) = (wishes.cancel, wishes.progress);
    Ok(Session { store, run, problems, model: None, verifiers, settings, cancel, progress })
}

/// The experiment that a run was made with.
///
/// # Errors
/// [`PrepareError::Stored`].
pub fn stored_experiment(run: &RunRow) -> Result<Experiment, PrepareError> {
    serde_json::from_str(&run.config).map_err(|source| PrepareError::Stored { run: run.name.clone(), source })
}

/// Problems without the suite are left unjudged; where no problem has it, it is a mistake.
fn check_tests(specs: &[VerifierSpec], problems: &[Problem]) -> Result<(), PrepareError> {
    for spec in specs {
        let Some(tests) = spec.settings.tests() else { continue };
        if let Some(problem) = problems.first()
            && problems.iter().all(|problem| !problem.tests.contains_key(tests))
        {
            return Err(PrepareError::NoTests {
                name: spec.name.clone(),
                tests: tests.to_owned(),
                known: problem.tests.keys().cloned().collect(),
            });
        }
    }
    Ok(())
}

/// Builds the verifiers; those that ask "the model of the run" get its address.
pub(super) fn build(
    specs: &[VerifierSpec],
    model: Option<&ModelSpec>,
    ports: &Ports,
    store: Option<&Store>,
) -> Result<Vec<Arc<dyn verifiers::verifier::Verifier>>, PrepareError> {
    let services: Arc<dyn registry::Services> = Arc::new(HttpServices { store: store.cloned() });
    let ports = Ports { services: ports.services.clone().or(Some(services)), ..ports.clone() };
    let make = |spec: &VerifierSpec| {
        let spec = &with_address(spec.clone(), model);
        registry::build(spec, &ports).map_err(|source| PrepareError::Verifier { name: spec.name.clone(), source })
    };
    specs.iter().map(make).collect()
}

#[cfg(not(target_os = "linux"))]
fn with_address(spec: VerifierSpec, _model: Option<&ModelSpec>) -> VerifierSpec {
    spec
}

/// Fills in the run's own model where a verifier names none.
#[cfg(target_os = "linux")]
fn with_address(mut spec: VerifierSpec, model: Option<&ModelSpec>) -> VerifierSpec {
    if let registry::Settings::Agreement(settings) = &mut spec.settings
        && let Some(ask) = settings.generate.as_mut().map(|generate| &mut generate.ask)
        && ask.base_url.is_empty()
        && let Some(model) = model
    {
        ask.base_url = model.base_urls.first().cloned().unwrap_or_default();
        let api = if model.api.is_chat() && model.api != Api::Anthropic { "openai-chat" } else { model.api.as_str() };
        api.clone_into(&mut ask.api);
        ask.model.clone_from(&model.model);
        ask.api_key_env.clone_from(&model.api_key_env);
    }
    spec
}

/// Where and how fast a server is asked, and what it costs, changes no verdict. Where the address alone says which model answers, it
/// counts.
fn forget_how(settings: &mut serde_json::Value) {
    let Some(fields) = settings.as_object_mut() else { return };
    if fields.get("model").is_some_and(|model| !model.is_null()) {
        fields.remove("base_url");
    }
    for how in HOW {
        fields.remove(how);
    }
    for inner in ["ask", "generate"] {
        if let Some(inner) = fields.get_mut(inner) {
            forget_how(inner);
        }
    }
}

async fn register(
    store: &Store,
    run: &RunRow,
    specs: &[VerifierSpec],
    built: Vec<Arc<dyn verifiers::verifier::Verifier>>,
) -> Result<Vec<ActiveVerifier>, PrepareError> {
    let mut active = Vec::with_capacity(specs.len());
    for (spec, verifier) in specs.iter().zip(built) {
        let stored = |source| PrepareError::Stored { run: run.name.clone(), source };
        let mut settings = serde_json::to_value(&spec.settings).map_err(stored)?;
        forget_how(&mut settings);
        let new = NewVerifier {
            name: spec.name.clone(),
            kind: settings.get("kind").and_then(|k| k.as_str()).unwrap_or_default().to_owned(),
            role: spec.role,
            version: verifier.version(),
            settings: settings.to_string(),
        };
        let id = store.put_verifier(run.id, &new).await?;
        active.push(ActiveVerifier { id, name: spec.name.clone(), role: spec.role, verifier });
    }
    Ok(active)
}

#[cfg(test)]
mod tests {
    use verifiers::domain::{Role, TestSuite};
    use verifiers::registry::{ProgramSettings, Settings};

    use super::*;

    #[test]
    fn a_suite_that_only_some_problems_have_is_no_mistake() {
        let mut problems = crate::bundled::problems();
        let settings = ProgramSettings { tests: Some("challenge".into()), ..ProgramSettings::default() };
        let spec = VerifierSpec { name: "t".into(), role: Role::Oracle, settings: Settings::PythonTests(settings) };
        let specs = [spec];
        let error = check_tests(&specs, &problems).unwrap_err();
        assert!(error.to_string().contains("\"challenge\", which no problem has"), "{error}");
        let suite = TestSuite::Script { setup: String::new(), statements: vec!["assert True".into()] };
        problems[1].tests.insert("challenge".to_owned(), suite);
        assert!(check_tests(&specs, &problems).is_ok());
    }
}
