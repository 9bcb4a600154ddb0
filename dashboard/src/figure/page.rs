//! Runs as one HTML file: figures, sortable tables and chosen samples; no network, nothing that a completion can run.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use harness::analysis::RunData;
use harness::store::row::RunRow;
use harness::store::{Reader, StoreError};
use harness::table::{Cell as Value, Settings, Table, TableError};

use super::svg::{Style, escape, svg};
use super::{Figure, plot};
use crate::highlight::{Lexer, Token};
use crate::snapshot::{Cell, SampleDetail};
use crate::source::{detail_of, rows_of};

const CSS: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// Samples that are shown, at most, and what of a text.
const MOST_SAMPLES: usize = 2_000;
const MOST_TEXT: usize = 6_000;
/// What all samples may take together.
const MOST_BYTES: usize = 12_000_000;
const TABLES: [&str; 6] = ["verifiers", "pass-at-n", "resampling", "reward", "false-positives", "selection"];

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The store cannot be read.
    #[error("cannot read the run")]
    Store(#[from] StoreError),
    /// A table cannot be built.
    #[error("cannot build a table of the page")]
    Table(#[from] TableError),
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
    /// Sentences that a reader wants first.
    pub lead: Vec<String>,
    /// Where it comes from: name and value.
    pub provenance: Vec<(String, String)>,
    /// Chosen samples, by problem.
    pub samples: Vec<PageSample>,
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
        let mut samples = Vec::new();
        let mut bytes = 0;
        for (place, index, cell) in chosen(&rows.iter().map(|r| &*r.cells).collect::<Vec<_>>()) {
            let id = &data.problems[place].id.0;
            let Some(stored) = reader.sample(run.id, id, index).await? else { continue };
            let key = crate::snapshot::SampleKey { run: run.id, problem: place, index };
            let detail = detail_of(key, String::new(), stored);
            bytes += 3 * detail.completion.len().min(MOST_TEXT) + 1_000;
            samples.push(PageSample { problem: id.clone(), cell, detail });
            if bytes > MOST_BYTES / runs.len() {
                break;
            }
        }
        samples.sort_by_key(|s| (s.detail.key.problem, s.detail.key.index));
        let provenance = [
            ("run", run.uuid.clone()),
            ("made by", format!("nbest {}", run.version)),
            ("began (UTC)", crate::text::day(run.created_at_ms)),
            ("state", run.state.clone()),
            ("samples per problem", run.samples.to_string()),
            ("seed", run.seed.to_string()),
            ("problem set", run.set_hash.clone()),
            ("endpoint", run.identity.clone().unwrap_or_else(|| "--".to_owned())),
            ("experiment", run.config.clone()),
        ];
        let provenance = provenance.map(|(name, value)| (name.to_owned(), value)).to_vec();
        let lead = vec![crate::words::have(&crate::source::summary_of(&data, settings))];
        all.push(PageRun { data, lead, provenance, samples });
    }
    Ok(write(&all, settings)?)
}

/// Which samples are shown: every false positive first, then what was rejected though right, then one right and one wrong
/// of each problem. Shapes: cells by problem; the result is row of the problem, index, cell.
#[must_use]
pub fn chosen(problems: &[&[Cell]]) -> Vec<(usize, u32, Cell)> {
    let all = |kind: Cell, most: usize| {
        let places = problems.iter().enumerate().flat_map(move |(place, cells)| {
            let fits = (0u32..).zip(cells.iter()).filter(move |(_, c)| **c == kind).take(most);
            fits.map(move |(index, cell)| (place, index, *cell))
        });
        places.collect::<Vec<_>>()
    };
    let mut picked = all(Cell::FalsePositive, usize::MAX);
    picked.extend(all(Cell::FalseNegative, 5));
    for kind in [Cell::TruePositive, Cell::TrueNegative, Cell::Accepted, Cell::Rejected] {
        picked.extend(all(kind, 1));
    }
    picked.truncate(MOST_SAMPLES);
    picked
}

/// The page of runs that are in memory.
///
/// # Errors
/// A table that cannot be built.
pub fn write(runs: &[PageRun], settings: &Settings) -> Result<String, TableError> {
    let mut body = String::new();
    let names: Vec<&str> = runs.iter().map(|r| r.data.name.as_str()).collect();
    let title = names.join(", ");
    let _ = writeln!(body, "<header><h1>{}</h1>", escape(&title));
    for run in runs {
        for sentence in &run.lead {
            let name = if runs.len() > 1 { format!("<b>{}</b>: ", escape(&run.data.name)) } else { String::new() };
            let _ = writeln!(body, "<p class=\"lead\">{name}{}</p>", escape(sentence));
        }
    }
    body.push_str("</header>\n<main>\n<h2 id=\"figures\">Figures</h2>\n<div class=\"figures\">\n");
    let data: Vec<RunData> = runs.iter().map(|r| r.data.clone()).collect();
    for figure in Figure::ALL {
        let chart = plot(figure, &data, settings)?;
        if chart.lines.is_empty() {
            continue;
        }
        let _ = writeln!(
            body,
            "<figure><b>{}</b>{}<figcaption>{}</figcaption></figure>",
            escape(&chart.title),
            svg(&chart, Style::PAGE),
            escape(&chart.caption)
        );
    }
    body.push_str("</div>\n<h2 id=\"tables\">Tables</h2>\n");
    for name in TABLES {
        let tables =
            data.iter().map(|run| harness::table::build(name, run, settings)).collect::<Result<Vec<_>, _>>()?;
        table(name, &tables, &mut body);
    }
    for run in runs {
        problems(run, settings, &mut body)?;
    }
    body.push_str("<h2 id=\"provenance\">Provenance</h2>\n");
    for run in runs {
        let _ = writeln!(body, "<h3>{}</h3>\n<div class=\"wide\"><table>", escape(&run.data.name));
        for (name, value) in &run.provenance {
            let _ = writeln!(
                body,
                "<tr><th class=\"t\" scope=\"row\">{}</th><td class=\"t\" style=\"white-space:normal;overflow-wrap:anywhere\">{}</td></tr>",
                escape(name),
                escape(value)
            );
        }
        body.push_str("</table></div>\n");
    }
    body.push_str("</main>\n");
    // nothing but this page's own script runs, even where escaping should fail
    let mut hasher = DefaultHasher::new();
    (body.len(), &body).hash(&mut hasher);
    let nonce = format!("{:016x}", hasher.finish());
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'\">\n<title>{} - nbest</title>\n<style>\n{CSS}</style>\n</head>\n<body>\n{body}<script nonce=\"{nonce}\">\n{SCRIPT}</script>\n</body>\n</html>\n",
        escape(&title)
    ))
}

/// One table of all runs; long curves are thinned to powers of two and their end.
fn table(name: &str, tables: &[Table], out: &mut String) {
    let Some(first) = tables.iter().find(|t| !t.rows.is_empty()) else { return };
    let _ = writeln!(out, "<h3 id=\"table-{name}\">{name}</h3>");
    for note in tables.iter().flat_map(|t| &t.notes) {
        let _ = writeln!(out, "<p class=\"dim\">{}</p>", escape(note));
    }
    let axis = ["n", "k"].into_iter().find_map(|column| first.column(column));
    head(&first.columns.iter().map(AsRef::as_ref).collect::<Vec<_>>(), first.rows.first(), out);
    for table in tables {
        for (place, row) in table.rows.iter().enumerate() {
            let last = axis.is_some_and(|a| table.rows.get(place + 1).is_none_or(|next| next[..a] != row[..a]));
            let kept = match axis.map(|a| &row[a]) {
                Some(Value::Int(n)) => *n == 0 || n.is_power_of_two() || last,
                _ => true,
            };
            if kept {
                out.push_str("<tr>");
                for value in row {
                    cell(value, None, out);
                }
                out.push_str("</tr>\n");
            }
        }
    }
    out.push_str("</tbody></table></div>\n");
}

fn head(columns: &[&str], first: Option<&Vec<Value>>, out: &mut String) {
    out.push_str("<div class=\"wide\"><table class=\"sortable\"><thead><tr>");
    for (place, column) in columns.iter().enumerate() {
        let text = first.is_some_and(|row| matches!(row.get(place), Some(Value::Text(_))));
        let class = if text { " class=\"t\"" } else { "" };
        let _ = write!(out, "<th scope=\"col\"{class}><button>{}</button></th>", escape(&column.replace('_', " ")));
    }
    out.push_str("</tr></thead><tbody>\n");
}

fn cell(value: &Value, link: Option<&str>, out: &mut String) {
    let _ = match value {
        Value::Text(text) => match link {
            Some(id) => write!(out, "<td class=\"t\"><a href=\"#{id}\">{}</a></td>", escape(text)),
            None => write!(out, "<td class=\"t\">{}</td>", escape(text)),
        },
        Value::Int(n) => write!(out, "<td>{n}</td>"),
        Value::Float(Some(x)) => write!(out, "<td data-v=\"{x}\">{x:.4}</td>"),
        Value::Bool(yes) => write!(out, "<td>{}</td>", if *yes { "yes" } else { "no" }),
        Value::Float(None) | Value::Empty => write!(out, "<td data-v=\"\">--</td>"),
    };
}

/// The problems of a run, and below them their chosen samples.
fn problems(run: &PageRun, settings: &Settings, out: &mut String) -> Result<(), TableError> {
    let built = harness::table::build("problems", &run.data, settings)?;
    let name = escape(&run.data.name);
    let _ = writeln!(out, "<h2>Problems of {name}</h2>");
    head(&built.columns.iter().map(AsRef::as_ref).collect::<Vec<_>>(), built.rows.first(), out);
    let anchor = |problem: usize| format!("p-{:x}-{problem}", run.provenance.first().map_or(0, |p| short_hash(&p.1)));
    let column = built.column("problem");
    for (place, row) in built.rows.iter().enumerate() {
        let id = run.samples.iter().any(|s| s.detail.key.problem == place).then(|| anchor(place));
        out.push_str("<tr>");
        for (at, value) in row.iter().enumerate() {
            cell(value, id.as_deref().filter(|_| Some(at) == column), out);
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
    if run.samples.is_empty() {
        return Ok(());
    }
    let _ = writeln!(
        out,
        "<h3>Samples of {name}</h3>\n<p class=\"dim\">{} chosen ones: every false positive first, then rejected right ones, then one of each kind.</p>",
        run.samples.len()
    );
    for group in run.samples.chunk_by(|a, b| a.detail.key.problem == b.detail.key.problem) {
        let wrong = group.iter().filter(|s| s.cell == Cell::FalsePositive).count();
        let _ = writeln!(
            out,
            "<details id=\"{}\"><summary>{} <span class=\"dim\">{} samples</span>{}</summary>",
            anchor(group[0].detail.key.problem),
            escape(&group[0].problem),
            group.len(),
            if wrong > 0 { format!(" <span class=\"bad\">{wrong} accepted and wrong</span>") } else { String::new() }
        );
        for one in group {
            sample(one, out);
        }
        out.push_str("</details>\n");
    }
    Ok(())
}

fn short_hash(text: &str) -> u32 {
    text.bytes().fold(17u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)))
}

fn sample(sample: &PageSample, out: &mut String) {
    let class = match sample.cell {
        Cell::TruePositive => "good",
        Cell::FalsePositive | Cell::FalseNegative => "bad",
        _ => "dim",
    };
    let detail = &sample.detail;
    let facts: Vec<String> = detail.facts.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let _ = writeln!(
        out,
        "<h3>sample {} <span class=\"{class}\">{}</span></h3><p class=\"dim\">{}</p><ul>",
        detail.key.index,
        sample.cell.label(),
        escape(&facts.join(" · "))
    );
    for verdict in &detail.verdicts {
        let score = verdict.score.map(|s| format!(" score {s:.4}")).unwrap_or_default();
        let why = verdict.detail.as_deref().map(|d| format!(": {}", escape(d))).unwrap_or_default();
        let status = verdict.status.as_deref().unwrap_or("");
        let _ = writeln!(out, "<li>{}: <b>{}</b>{score}{why}</li>", escape(&verdict.verifier), escape(status));
    }
    out.push_str("</ul>\n<pre><code>");
    let end = detail.completion.char_indices().map(|(i, _)| i).find(|i| *i >= MOST_TEXT);
    code(&detail.completion[..end.unwrap_or(detail.completion.len())], out);
    out.push_str("</code></pre>\n");
    if let Some(end) = end {
        let _ = writeln!(out, "<p class=\"dim\">{} more bytes in the store</p>", detail.completion.len() - end);
    }
}

fn code(text: &str, out: &mut String) {
    let mut lexer = Lexer::default();
    for line in text.lines() {
        for (token, piece) in lexer.line(line) {
            let class = match token {
                Token::Plain => "",
                Token::Keyword => "k",
                Token::String => "s",
                Token::Number => "n",
                Token::Comment => "c",
                Token::Name => "f",
            };
            let clean = escape(&piece);
            if class.is_empty() {
                out.push_str(&clean);
            } else {
                let _ = write!(out, "<span class=\"{class}\">{clean}</span>");
            }
        }
        out.push('\n');
    }
}

#[cfg(test)]
mod tests;
