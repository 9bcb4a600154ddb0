//! `nbest dataset`.

use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;

use harness::client::download::Progress;
use harness::dataset::catalog::{self, CATALOG, Entry};
use harness::dataset::pull;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Global;
use super::error::Told;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// The sets that have names, and which of them are in the cache
    List,
    /// Fetch a set into the cache and verify it; `dataset.path = "NAME"` then finds it
    Pull {
        /// The sets.
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
        /// Another address that serves the same file; the checksum holds all the same.
        #[arg(long, value_name = "URL")]
        from: Option<String>,
        /// Fetch what is in the cache once more.
        #[arg(long)]
        again: bool,
    },
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<ExitCode> {
    let cache = catalog::cache_folder(&|name| std::env::var_os(name));
    match args.command.unwrap_or(Command::List) {
        Command::List => list(&cache)?,
        Command::Pull { names, from, again } => {
            if from.is_some() && names.len() > 1 {
                return Err(Told::usage("--from is the address of one file", "pull the sets one by one"));
            }
            let entries = names.iter().map(|name| entry(name)).collect::<Result<Vec<_>, _>>()?;
            for entry in entries {
                pull_one(global, entry, from.as_deref(), again, &cache).await?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn entry(name: &str) -> anyhow::Result<&'static Entry> {
    catalog::find(name).ok_or_else(|| {
        let names: Vec<&str> = CATALOG.iter().map(|entry| entry.name).collect();
        Told::usage(format!("there is no problem set {name:?}"), format!("one of {}", names.join(", ")))
    })
}

fn list(cache: &Path) -> anyhow::Result<()> {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["name", "problems", "in the cache", "SHA-256", "licence", "what"]);
    for entry in &CATALOG {
        let state =
            pull::cached(entry, cache).map_or_else(|| "--".to_owned(), |s| indicatif::HumanBytes(s.bytes).to_string());
        let pin = if entry.pin.is_some() { "pinned" } else { "unknown" };
        let problems = entry.problems.to_string();
        table.add_row([entry.name, &problems, &state, pin, entry.licence, entry.about]);
    }
    super::say(format_args!("{}", table.trim_fmt()))?;
    super::say(format_args!("\nfetch one with `nbest dataset pull NAME`; the cache is {}", cache.display()))
}

#[expect(clippy::print_stderr, reason = "says what was fetched")]
async fn pull_one(
    global: &Global,
    entry: &'static Entry,
    from: Option<&str>,
    again: bool,
    cache: &Path,
) -> anyhow::Result<()> {
    let path = entry.path(cache);
    if !again && let Some(there) = pull::cached(entry, cache) {
        if !global.quiet {
            eprintln!("{} is in the cache: {} (SHA-256 {})", entry.name, path.display(), there.sha256);
        }
        return Ok(());
    }
    let bar = bar(global, entry.name);
    let mut show = |progress: Progress| {
        bar.set_length(progress.total.unwrap_or(progress.done));
        bar.set_position(progress.done);
    };
    let pulled = pull::pull(entry, from, cache, &mut show).await;
    bar.finish_and_clear();
    let source = pulled?;
    if !global.quiet {
        let size = indicatif::HumanBytes(source.bytes);
        let known = if source.verified { "as it must be" } else { "not known before: compare it where you can" };
        eprintln!("{}: {size} in {}", entry.name, path.display());
        eprintln!("  SHA-256 {}, {known}", source.sha256);
        eprintln!("  licence: {}", entry.licence);
    }
    Ok(())
}

/// A bar on a terminal, nothing elsewhere.
fn bar(global: &Global, name: &str) -> ProgressBar {
    let shown = !global.quiet && std::io::stderr().is_terminal();
    let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template("{msg} {bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left");
    let bar = ProgressBar::with_draw_target(Some(0), target).with_message(name.to_owned());
    style.map_or_else(|_: indicatif::style::TemplateError| bar.clone(), |style| bar.clone().with_style(style))
}
