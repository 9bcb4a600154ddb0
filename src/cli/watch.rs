//! `nbest watch`.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use harness::store::Store;

use super::error::Told;
use super::{Global, exit, live};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The run: its name, a unique beginning of its name or id, or `latest`.
    #[arg(default_value = "latest")]
    run: String,
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<ExitCode> {
    if !std::io::stdout().is_terminal() {
        return Err(Told::usage("the dashboard needs a terminal", "`nbest report` prints the tables of a run"));
    }
    let store = Store::open_existing(&global.db).await?;
    let run = store.reader().find_run(&args.run).await?;
    let ending = live::dashboard(&store, &run.name).await?;
    store.close().await;
    Ok(match ending {
        dashboard::Ending::Quit => ExitCode::SUCCESS,
        dashboard::Ending::Signal => ExitCode::from(exit::STOPPED),
    })
}
