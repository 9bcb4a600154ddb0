//! `nbest runs`.

use std::process::ExitCode;

use harness::store::lock::WriteLock;
use harness::store::row::RunRow;
use harness::store::{Reader, Store};

use super::Global;
use super::error::Told;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// All runs, newest last
    List,
    /// How a run was made
    Show {
        /// The run.
        #[arg(default_value = "latest")]
        run: String,
    },
    /// Give a run another name
    Rename {
        /// The run.
        run: String,
        /// Its new name.
        name: String,
    },
    /// Delete a run with all it has
    Delete {
        /// The run; its whole name.
        run: String,
    },
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<ExitCode> {
    let store = Store::open_existing(&global.db).await?;
    let reader = store.reader();
    match args.command.unwrap_or(Command::List) {
        Command::List => list(global, &reader).await?,
        Command::Show { run } => show(global, &reader, &reader.find_run(&run).await?).await?,
        Command::Rename { run, name } => {
            if let Some(why) = harness::config::name_fault(&name) {
                return Err(Told::usage(why, "give it another name"));
            }
            let _lock = WriteLock::acquire(&global.db, "nbest runs rename")?;
            store.rename_run(reader.find_run(&run).await?.id, &name).await?;
        }
        Command::Delete { run } => {
            let _lock = WriteLock::acquire(&global.db, "nbest runs delete")?;
            let row = reader.find_run(&run).await?;
            if row.name != run && row.uuid != run {
                return Err(Told::usage(
                    format!("{run:?} is not the whole name of a run"),
                    format!("to delete it: nbest runs delete {}", row.name),
                ));
            }
            store.delete_run(row.id).await?;
        }
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// A run whose process is gone was stopped, whatever it last wrote.
fn state(global: &Global, run: &RunRow) -> String {
    if run.state == "running" && !WriteLock::is_held(&global.db) {
        return "stopped".to_owned();
    }
    run.state.clone()
}

fn time(ms: i64) -> String {
    super::live::local_time(ms)
}

async fn list(global: &Global, reader: &Reader) -> anyhow::Result<()> {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["run", "state", "problems", "samples", "made", "id"]);
    let runs = reader.runs().await?;
    // as much of an id as tells it from the others
    let unique = |length: &usize| {
        let heads: std::collections::HashSet<&str> = runs.iter().map(|run| &run.uuid[..*length]).collect();
        heads.len() == runs.len()
    };
    let length = (8..=36).find(unique).unwrap_or(36);
    for run in &runs {
        let (_, _, samples) = reader.usage(run.id).await?;
        let problems = reader.count_problems(run.id).await?;
        table.add_row([
            run.name.clone(),
            state(global, run),
            problems.to_string(),
            format!("{samples} of {}", problems * u64::from(run.samples)),
            time(run.created_at_ms),
            run.uuid[..length].to_owned(),
        ]);
    }
    super::say(format_args!("{table}"))?;
    Ok(())
}

async fn show(global: &Global, reader: &Reader, run: &RunRow) -> anyhow::Result<()> {
    let (cost, tokens, samples) = reader.usage(run.id).await?;
    let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap_or_default();
    let verifiers: Vec<_> = reader
        .verifiers(run.id)
        .await?
        .into_iter()
        .map(|v| serde_json::json!({"name": v.name, "kind": v.kind, "role": v.role, "version": v.version, "settings": parse(&v.settings)}))
        .collect();
    let attempts: serde_json::Map<String, serde_json::Value> =
        reader.attempt_counts(run.id).await?.into_iter().map(|(word, n)| (word, n.into())).collect();
    let shown = serde_json::json!({
        "name": run.name, "id": run.uuid, "state": state(global, run), "reason": run.state_reason,
        "created": time(run.created_at_ms), "ended": run.ended_at_ms.map(time), "nbest": run.version,
        "problems": reader.count_problems(run.id).await?, "problem_set": run.set_hash,
        "samples_per_problem": run.samples, "samples": samples, "seed": run.seed, "sampling": run.sampling,
        "tokens": tokens, "cost_usd": cost, "attempts": attempts,
        "endpoint": run.identity.as_deref().map(parse), "verifiers": verifiers, "experiment": parse(&run.config),
    });
    super::say(format_args!("{}", serde_json::to_string_pretty(&shown)?))?;
    Ok(())
}
