//! `nbest watch`.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;

use harness::runner::Progress;
use harness::store::{Reader, Store, WriteLock};

use super::{Global, exit, live};

/// Time between lines where there is no terminal.
const PAUSE: Duration = Duration::from_secs(2);

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The run: its name, a unique beginning of its name or id, or `latest`.
    #[arg(default_value = "latest")]
    run: String,
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<ExitCode> {
    if !std::io::stdout().is_terminal() {
        return lines(&Reader::open(&global.db).await?, &args.run).await;
    }
    let store = Store::open_existing(&global.db).await?;
    let run = store.reader().find_run(&args.run).await?;
    let ending = live::dashboard(global, &store, &run.name).await?;
    store.close().await;
    Ok(match ending {
        dashboard::Ending::Quit => ExitCode::SUCCESS,
        dashboard::Ending::Signal => ExitCode::from(exit::STOPPED),
    })
}

/// A line every few seconds for as long as the run goes on.
async fn lines(reader: &Reader, name: &str) -> anyhow::Result<ExitCode> {
    let name = reader.find_run(name).await?.name;
    loop {
        let run = reader.find_run(&name).await?;
        let goes_on = run.state == "running" && WriteLock::is_held(reader.path());
        let left =
            reader.live(run.id).await?.map(|(_, _, body)| serde_json::from_str::<Progress>(&body)).transpose()?;
        let state = if run.state == "running" && !goes_on { "lost" } else { run.state.as_str() };
        let words = left.map_or_else(|| format!("N = {}", run.samples), |progress| live::line(&progress));
        super::say(format_args!("{name} {state}: {words}"))?;
        if !goes_on {
            return Ok(ExitCode::SUCCESS);
        }
        tokio::time::sleep(PAUSE).await;
    }
}
