//! Runs as one HTML file: figures, sortable tables and chosen samples; no network, nothing that a completion can run.

mod lead;
mod samples;
mod tables;

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use harness::analysis::RunData;
use harness::report::{self, Report, ReportError};
use harness::store::row::RunRow;
use harness::store::{Reader, StoreError};
use harness::table::{Settings, Table};

use super::svg::{Style, escape, svg};
use super::{Figure, chart_with, say_intervals};
use crate::snapshot::{Cell, SampleDetail};
use crate::source::{detail_of, rows_of};

const CSS: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// What all samples of a page may take together. Unit: bytes.
const MOST_BYTES: usize = 12_000_000;
const TABLES: [&str; 6] = ["verifiers", "pass-at-n", "resampling", "reward", "false-positives", "selection"];

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The store cannot be read.
    #[error("cannot read the run")]
    Store(#[from] StoreError),
    /// The numbers cannot be had.
    #[error("cannot estimate what the page shows")]
    Report(#[from] ReportError),
}

/// A sample on the page.
#[derive(Debug, Clone)]
pub struct PageSample {
    /// The problem's id.
    pub problem: String,
    /// What is known of it.
    pub cell: Cell,
    /// Its texts and verdicts.
    pub detail: SampleDetail,
}

/// A run on the page.
#[derive(Debug, Clone)]
pub struct PageRun {
    /// The run in memory.
    pub data: RunData,
    /// Its numbers.
    pub report: Report,
    /// Where it comes from: name and value.
    pub provenance: Vec<(String, String)>,
    /// Chosen samples, by problem.
    pub samples: Vec<PageSample>,
    /// Of how many that were to be shown, where not all of them fit.
    pub wanted: usize,
}

/// Reads runs of a store and writes their page.
///
/// # Errors
/// The store cannot be read, or a table cannot be built.
pub async fn read(reader: &Reader, runs: &[RunRow], settings: &Settings) -> Result<String, PageError> {
    let mut all = Vec::with_capacity(runs.len());
    for run in runs {
        let data = reader.run_data(run).await?;
        let rows = rows_of(&data);
        let picked = chosen(&rows.iter().map(|r| &*r.cells).collect::<Vec<_>>());
        let wanted = picked.len();
        let (mut samples, mut bytes) = (Vec::new(), 0);
        for (place, index, cell) in picked {
            let id = &data.problems[place].id.0;
            let Some(stored) = reader.sample(run.id, id, index).await? else { continue };
            let key = crate::snapshot::SampleKey { run: run.id, problem: place, index };
            let detail = detail_of(key, String::new(), stored);
            let sample = PageSample { problem: id.clone(), cell, detail };
            bytes += samples::size(&sample);
            if bytes > MOST_BYTES / runs.len() {
                break;
            }
            samples.push(sample);
        }
        samples.sort_by_key(|s| (s.detail.key.problem, s.detail.key.index));
        let report = report::build(&data, settings, None)?;
        all.push(PageRun { data, report, provenance: provenance(run), samples, wanted });
    }
    Ok(write(&all, settings))
}

fn provenance(run: &RunRow) -> Vec<(String, String)> {
    let pretty = |text: &str| {
        let value: Option<serde_json::Value> = serde_json::from_str(text).ok();
        value.and_then(|v| serde_json::to_string_pretty(&v).ok()).unwrap_or_else(|| text.to_owned())
    };
    let facts = [
        ("run", run.uuid.clone()),
        ("made by", format!("nbest {}", run.version)),
        ("began (UTC)", crate::text::day(run.created_at_ms)),
        ("state", run.state.clone()),
        ("samples per problem", run.samples.to_string()),
        ("seed", run.seed.to_string()),
        ("problem set", run.set_hash.clone()),
        ("endpoint", run.identity.as_deref().map_or_else(|| "--".to_owned(), pretty)),
        ("experiment", pretty(&run.config)),
    ];
    facts.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

/// Which samples are shown, most wanted first: false positives, a first one of every problem before any second one, then
/// what was rejected though right, then one right and one wrong of each problem. Shapes: cells by problem; the result is
/// row of the problem, index, cell.
#[must_use]
pub fn chosen(problems: &[&[Cell]]) -> Vec<(usize, u32, Cell)> {
    let all = |kind: Cell, most: usize| {
        let places = problems.iter().enumerate().flat_map(move |(place, cells)| {
            let fits = (0u32..).zip(cells.iter()).filter(move |(_, c)| **c == kind).take(most);
            fits.enumerate().map(move |(rank, (index, cell))| (rank, (place, index, *cell)))
        });
        let mut ranked: Vec<_> = places.collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked.into_iter().map(|(_, sample)| sample)
    };
    let mut picked: Vec<_> = all(Cell::FalsePositive, usize::MAX).collect();
    picked.extend(all(Cell::FalseNegative, 5));
    for kind in [Cell::TruePositive, Cell::TrueNegative, Cell::Accepted, Cell::Rejected] {
        picked.extend(all(kind, 1));
    }
    picked
}

/// The page of runs that are in memory.
#[must_use]
pub fn write(runs: &[PageRun], settings: &Settings) -> String {
    let names: Vec<&str> = runs.iter().map(|r| r.data.name.as_str()).collect();
    let title = names.join(", ");
    let mut body = String::new();
    lead::header(runs, &title, &mut body);
    body.push_str(
        "<main>\n<section aria-labelledby=\"figures\">\n<h2 id=\"figures\">Figures</h2>\n<div class=\"figures\">\n",
    );
    figures(runs, settings, &mut body);
    body.push_str("</div>\n</section>\n<section aria-labelledby=\"tables\">\n<h2 id=\"tables\">Tables</h2>\n");
    for name in TABLES {
        let parts: Vec<&Table> = runs.iter().flat_map(|r| &r.report.tables).filter(|t| t.name == name).collect();
        tables::table(name, &parts, &mut body);
    }
    body.push_str("</section>\n");
    for (place, run) in runs.iter().enumerate() {
        samples::problems(place, run, &mut body);
    }
    lead::provenance(runs, &mut body);
    body.push_str("</main>\n");
    document(&title, &body)
}

fn figures(runs: &[PageRun], settings: &Settings, out: &mut String) {
    let built: Vec<Table> = runs.iter().flat_map(|r| r.report.tables.iter().cloned()).collect();
    let data: Vec<&RunData> = runs.iter().map(|r| &r.data).collect();
    for figure in Figure::ALL {
        let mut chart = chart_with(figure, &built, &data);
        if chart.lines.is_empty() {
            continue;
        }
        say_intervals(&mut chart, settings);
        let _ = writeln!(
            out,
            "<figure><b>{}</b>{}<figcaption>{}</figcaption></figure>",
            escape(&chart.title),
            svg(&chart, Style::PAGE),
            escape(&chart.caption)
        );
    }
}

/// The whole document: nothing but its own script runs in it, even where escaping should fail.
fn document(title: &str, body: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (body.len(), body).hash(&mut hasher);
    let nonce = format!("{:016x}", hasher.finish());
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'"
    );
    let title = escape(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n<title>{title} - nbest</title>\n\
         <style>\n{CSS}</style>\n</head>\n<body>\n{body}<script nonce=\"{nonce}\">\n{SCRIPT}</script>\n</body>\n</html>\n"
    )
}

#[cfg(test)]
mod tests;
