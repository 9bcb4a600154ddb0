//! `nbest run`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use harness::client::replay::Replay;
use harness::client::{self, Api};
use harness::config::Experiment;
use harness::dataset::ProblemSet;
use harness::runner::{Ending, Progress, Session, Summary, Wishes, forecast, prepare};
use harness::simulate::reference::DEFAULT_SHAPE;
use harness::simulate::{self, Bank, Bundled, Reference, Server};
use harness::store::{Store, WriteLock};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use verifiers::model::Model;
use verifiers::registry::{Ports, foresee};

use super::error::Told;
use super::{Global, live};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The experiment file.
    file: PathBuf,
    /// The run's name, instead of the file's.
    #[arg(long, value_name = "RUN")]
    name: Option<String>,
    /// N per problem, instead of the file's.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    samples: Option<u32>,
    /// The first P problems only.
    #[arg(long, value_name = "P")]
    limit: Option<usize>,
    /// Any key of the file, for example model.temperature=0.2 or verifier.base.timeout=5s.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Plain progress lines instead of the dashboard.
    #[arg(long)]
    no_tui: bool,
    #[command(flatten)]
    judging: Judging,
}

/// How a session is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    /// The dashboard, where there is a terminal.
    pub(crate) terminal: bool,
}

/// How programs are judged, on this machine.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Judging {
    /// Judge identical programs again and again.
    #[arg(long)]
    no_dedupe: bool,
    /// Run programs even where the sandbox cannot be strong.
    #[arg(long)]
    allow_weak_sandbox: bool,
    /// How many programs run at once; default: one a core.
    #[arg(long, value_name = "N")]
    workers: Option<usize>,
}

impl Judging {
    /// What was asked for, as it is typed.
    pub(crate) fn arguments(&self) -> String {
        let flags = [(self.no_dedupe, " --no-dedupe"), (self.allow_weak_sandbox, " --allow-weak-sandbox")];
        let asked = flags.into_iter().filter(|(asked, _)| *asked).map(|(_, flag)| flag.to_owned());
        asked.chain(self.workers.map(|n| format!(" --workers {n}"))).collect()
    }

    pub(crate) fn wishes(&self) -> (Wishes, watch::Receiver<Progress>) {
        let (progress, receiver) = watch::channel(Progress::default());
        let ports = Ports::default();
        let ports = Ports {
            allow_weak_sandbox: self.allow_weak_sandbox,
            workers: self.workers.unwrap_or(ports.workers).max(1),
            dedupe: !self.no_dedupe,
            cache: Some(harness::dataset::catalog::cache_folder(&|name| std::env::var_os(name))),
            ..ports
        };
        (Wishes { dedupe: !self.no_dedupe, ports, cancel: CancellationToken::new(), progress }, receiver)
    }
}

#[expect(clippy::print_stderr, reason = "says what to do next")]
pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<ExitCode> {
    let mut overrides = args.set.clone();
    overrides.extend(args.samples.map(|n| format!("samples={n}")));
    overrides.extend(args.limit.map(|n| format!("dataset.limit={n}")));
    overrides.extend(args.name.map(|name| format!("name={}", serde_json::Value::from(name))));
    let mut experiments = Experiment::load_all(&args.file, &overrides)?;
    let names: Vec<String> = experiments[0].verifiers.iter().map(|verifier| verifier.name.clone()).collect();
    let placed = |error| super::error::placed(&args.file, &names, error);
    let set = harness::dataset::load_spec(&experiments[0].dataset).map_err(|error| placed(error.into()))?;
    experiments.iter_mut().for_each(|experiment| experiment.settle(&set));
    let again = super::command_line();
    if experiments.len() == 1 {
        let view = View { terminal: !args.no_tui };
        let name = experiments[0].name.clone();
        let summary = sample(global, experiments.remove(0), set, &args.judging, view, &again).await.map_err(placed)?;
        let code = live::farewell(global, &summary, &again);
        if summary.ending == Ending::Finished && !global.quiet {
            eprintln!("next: nbest report {}{}", super::quoted(&name), global.db_argument());
        }
        return Ok(code);
    }
    several(global, experiments, &set, &args.judging, &again).await.map_err(placed)
}

/// The runs of a list of models or a sweep, one after the other; what one of them lacks does not keep the others.
#[expect(clippy::print_stderr, reason = "says which run it is")]
async fn several(
    global: &Global,
    experiments: Vec<Experiment>,
    set: &ProblemSet,
    judging: &Judging,
    again: &str,
) -> anyhow::Result<ExitCode> {
    // a missing key or file of the last one is told before the first one is paid for
    for experiment in experiments.iter().filter(|e| e.model.api != Api::Simulated) {
        connect(experiment, set)?;
    }
    let count = experiments.len();
    let mut worst = ExitCode::SUCCESS;
    for (at, experiment) in experiments.into_iter().enumerate() {
        if !global.quiet {
            eprintln!("run {} of {count}: {}", at + 1, experiment.name);
        }
        let view = View { terminal: false };
        let summary = sample(global, experiment, set.clone(), judging, view, again).await?;
        let code = live::farewell(global, &summary, again);
        if summary.ending == Ending::Stopped {
            return Ok(code);
        }
        if code != ExitCode::SUCCESS {
            worst = code;
        }
    }
    Ok(worst)
}

/// Opens the run and samples and judges it to its end.
pub(crate) async fn sample(
    global: &Global,
    mut experiment: Experiment,
    set: ProblemSet,
    judging: &Judging,
    view: View,
    purpose: &str,
) -> anyhow::Result<Summary> {
    let _lock = WriteLock::acquire(&global.db, purpose)?;
    foresee(&experiment.verifiers);
    let store = Store::open(&global.db).await?;
    let server = start_simulated(&mut experiment, &set).await?;
    let model = connect(&experiment, &set)?;
    let (wishes, receiver) = judging.wishes();
    let cancel = wishes.cancel.clone();
    let session = prepare(store.clone(), &experiment, &set, model, wishes).await?;
    if !global.quiet {
        announce(&session).await?;
    }
    let summary = live::drive(global, view, session, receiver, cancel).await?;
    drop(server);
    store.close().await;
    Ok(summary)
}

/// What the session will use, as far as it can be known.
#[expect(clippy::print_stderr, reason = "words for the user, not results")]
async fn announce(session: &Session) -> anyhow::Result<()> {
    let forecast = forecast(session).await?;
    if forecast.samples == 0 {
        return Ok(());
    }
    eprintln!("{forecast}");
    if let Some(which) = forecast.short_of() {
        eprintln!("note: {which} may end this before all samples are in; the same command goes on once it is raised");
    }
    Ok(())
}

/// `api = "simulated"` without an address: the endpoint runs in this process, and is asked over real HTTP all the same.
async fn start_simulated(experiment: &mut Experiment, set: &ProblemSet) -> anyhow::Result<Option<Server>> {
    if experiment.model.api != Api::Simulated || !experiment.model.base_urls.is_empty() {
        return Ok(None);
    }
    let bank: Arc<dyn Bank> = if experiment.dataset.is_bundled() {
        Arc::new(Bundled)
    } else {
        Arc::new(Reference::new(&set.problems, DEFAULT_SHAPE, experiment.seed)?)
    };
    let server = simulate::start(simulate::Options::new(bank)).await?;
    experiment.model.base_urls = vec![format!("http://{}/v1", server.address())];
    Ok(Some(server))
}

fn connect(experiment: &Experiment, set: &ProblemSet) -> anyhow::Result<Arc<dyn Model>> {
    let (Api::Replay, Some(path)) = (experiment.model.api, &experiment.model.path) else {
        return Ok(client::connect(&experiment.model, &client::environment)?);
    };
    let replay = Replay::open(path)?;
    if let Some((unknown, line, _)) = replay.problems().find(|(id, ..)| !set.places.contains_key(*id)) {
        let near = harness::dataset::nearest(set.places.keys(), &unknown.0);
        let near = near.map_or_else(String::new, |near| format!("; nearest is {near:?}"));
        return Err(Told::input(
            format!("{}:{line}: problem {:?} is not in the data set", path.display(), unknown.0),
            format!("samples and problems must be of the same set: check dataset.path and model.path{near}"),
        ));
    }
    Ok(Arc::new(replay))
}
