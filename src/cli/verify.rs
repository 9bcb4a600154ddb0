//! `nbest verify`.

use std::path::PathBuf;
use std::process::ExitCode;

use harness::config::Experiment;
use harness::runner::{prepare_verify, stored_experiment};
use harness::store::row::RunRow;
use harness::store::{Store, WriteLock};
use verifiers::registry::VerifierSpec;

use super::error::Told;
use super::run::{Judging, View};
use super::{Global, live, quoted};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The run: its name, a unique beginning of its name or id, or `latest`.
    #[arg(default_value = "latest")]
    run: String,
    /// Take the verifiers of this experiment file instead of the run's own.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Only these verifiers.
    #[arg(long = "verifier", value_name = "NAME")]
    only: Vec<String>,
    /// Forget what they said before.
    #[arg(long)]
    again: bool,
    #[command(flatten)]
    judging: Judging,
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<ExitCode> {
    let _lock = WriteLock::acquire(&global.db, "nbest verify")?;
    let store = Store::open_existing(&global.db).await?;
    let run = store.reader().find_run(&args.run).await?;
    has_texts(&run)?;
    let experiment = match &args.config {
        Some(path) => Experiment::load(path, &[])?,
        None => stored_experiment(&run)?,
    };
    let (mut specs, budget) = (experiment.verifiers, experiment.budget);
    if specs.is_empty() {
        let hint = "name an experiment file whose [[verifier]] sections shall judge, with --config FILE";
        return Err(Told::input(format!("the run {:?} has no verifiers of its own", run.name), hint));
    }
    choose(&mut specs, &args.only)?;
    let again = again(global, &args, &run.name);
    let (wishes, receiver) = args.judging.wishes();
    let cancel = wishes.cancel.clone();
    let session = prepare_verify(store.clone(), run, specs, budget, args.again, wishes).await?;
    let summary = live::drive(global, View { terminal: false }, session, receiver, cancel).await?;
    store.close().await;
    Ok(live::farewell(global, &summary, &again))
}

/// The command that goes on: on this run, whichever is the latest by then, and without forgetting what was judged this time.
fn again(global: &Global, args: &Args, run: &str) -> String {
    let mut command = format!("nbest verify {}", quoted(run));
    let config = args.config.iter().map(|path| format!(" --config {}", quoted(&path.to_string_lossy())));
    let only = args.only.iter().map(|name| format!(" --verifier {}", quoted(name)));
    command.extend(config.chain(only));
    command + &args.judging.arguments() + &global.db_argument()
}

/// A run that was imported from verdicts alone has nothing to judge.
fn has_texts(run: &RunRow) -> anyhow::Result<()> {
    if run.is_imported() && run.maker()["texts"] == 0 {
        return Err(Told::input(
            format!("the run {:?} was imported from verdicts alone: there are no completions to judge", run.name),
            "import a file that has the samples' texts",
        ));
    }
    Ok(())
}

fn choose(specs: &mut Vec<VerifierSpec>, only: &[String]) -> anyhow::Result<()> {
    let known: Vec<String> = specs.iter().map(|s| s.name.clone()).collect();
    if let Some(unknown) = only.iter().find(|name| !known.contains(name)) {
        return Err(Told::usage(
            format!("there is no verifier {unknown:?}"),
            format!("known verifiers: {}", known.join(", ")),
        ));
    }
    if !only.is_empty() {
        specs.retain(|s| only.contains(&s.name));
    }
    Ok(())
}
