//! `nbest report`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::ValueEnum;
use harness::export::display;
use harness::report;
use harness::runner::stored_experiment;
use harness::store::Reader;
use harness::store::row::RunRow;
use harness::table::{self, Cell, Table};

use super::Global;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The runs; default: `latest`.
    #[arg(value_name = "RUN")]
    runs: Vec<String>,
    /// How it is written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Coverage at this N too, predicted beyond the data.
    #[arg(long, value_name = "N")]
    extrapolate: Option<u64>,
    /// Write one self-contained page with the figures, tables and chosen samples instead.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Markdown,
    Json,
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<ExitCode> {
    let runs = if args.runs.is_empty() { vec!["latest".to_owned()] } else { args.runs };
    if let Some(path) = &args.html {
        page(global, &runs, path).await?;
        return Ok(ExitCode::SUCCESS);
    }
    print(global, &runs, args.format, args.extrapolate).await?;
    Ok(ExitCode::SUCCESS)
}

/// The report of one run as text.
pub(crate) async fn print_text(global: &Global, run: &str) -> anyhow::Result<()> {
    print(global, &[run.to_owned()], Format::Text, None).await
}

/// Writes the page of runs. The first run's experiment says how numbers are made.
#[expect(clippy::print_stderr, reason = "says what was written")]
async fn page(global: &Global, names: &[String], path: &Path) -> anyhow::Result<()> {
    let reader = Reader::open(&global.db).await?;
    let mut runs = Vec::with_capacity(names.len());
    for name in names {
        runs.extend(reader.find_runs(name).await?);
    }
    let settings = runs.first().map(settings).transpose()?.unwrap_or_default();
    let page = dashboard::figure::page::read(&reader, &runs, &settings).await?;
    std::fs::write(path, page).with_context(|| format!("cannot write {}", path.display()))?;
    if !global.quiet {
        eprintln!("wrote {}", path.display());
    }
    Ok(())
}

/// How a run's own experiment wants its tables.
pub(crate) fn settings(run: &RunRow) -> anyhow::Result<table::Settings> {
    let analysis = stored_experiment(run)?.analysis;
    Ok(table::Settings {
        confidence: analysis.confidence,
        bootstrap: analysis.bootstrap,
        costs: analysis.costs,
        seed: analysis.seed,
    })
}

async fn print(global: &Global, runs: &[String], format: Format, beyond: Option<u64>) -> anyhow::Result<()> {
    let reader = Reader::open(&global.db).await?;
    let mut reports = Vec::with_capacity(runs.len());
    for name in runs {
        for run in reader.find_runs(name).await? {
            let data = reader.run_data(&run).await?;
            reports.push(report::build(&data, &settings(&run)?, beyond)?);
        }
    }
    match format {
        Format::Text => super::say(format_args!("{}", report::text(&reports).trim_end()))?,
        Format::Markdown => super::say(format_args!("{}", report::markdown(&reports).trim_end()))?,
        Format::Json => super::say(format_args!("{}", serde_json::to_string_pretty(&report::json(&reports))?))?,
    }
    Ok(())
}

/// A table for people, less its first `skip` columns. Long curves are thinned to powers of two and their end; the export has every row.
pub(crate) fn draw(built: &Table, skip: usize) -> comfy_table::Table {
    let mut drawn = comfy_table::Table::new();
    drawn.load_style(comfy_table::presets::NOTHING);
    let axis = ["n", "k"].into_iter().find_map(|name| built.column(name));
    let kept = |row: &Vec<Cell>, next: Option<&Vec<Cell>>| match axis.map(|at| &row[at]) {
        Some(Cell::Int(n)) => {
            n.is_power_of_two() || next.is_none_or(|next| next[..axis.unwrap_or(0)] != row[..axis.unwrap_or(0)])
        }
        _ => true,
    };
    drawn.set_header(built.columns.iter().skip(skip).map(|c| c.replace('_', " ")));
    for (at, row) in built.rows.iter().enumerate() {
        if kept(row, built.rows.get(at + 1)) {
            drawn.add_row(row.iter().skip(skip).map(display));
        }
    }
    drawn
}
