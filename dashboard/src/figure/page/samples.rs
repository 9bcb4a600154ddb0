//! The problems of a run, and below them chosen samples with their code and verdicts.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::{PageRun, PageSample, tables};
use crate::figure::svg::escape;
use crate::snapshot::Cell;
use verifiers::counted;

/// What of a completion is shown, and of a verdict's detail. Unit: bytes.
const MOST_TEXT: usize = 6_000;
const MOST_DETAIL: usize = 600;

/// What a sample takes on the page. Unit: bytes.
pub(super) fn size(sample: &PageSample) -> usize {
    let mut out = String::new();
    write(sample, &mut out);
    out.len()
}

/// The problems of a run, and their chosen samples.
pub(super) fn problems(place: usize, run: &PageRun, out: &mut String) {
    let name = escape(&run.data.name);
    let _ = writeln!(
        out,
        "<section aria-labelledby=\"problems-{place}\">\n<h2 id=\"problems-{place}\">Problems of {name}</h2>"
    );
    let anchor = |problem: usize| format!("p-{place}-{problem}");
    let shown: HashSet<usize> = run.samples.iter().map(|s| s.detail.key.problem).collect();
    if let Some(built) = run.report.tables.iter().find(|t| t.name == "problems") {
        tables::head(built, &format!("problems-{place}"), out);
        let column = built.column("problem");
        for (problem, row) in built.rows.iter().enumerate() {
            let id = shown.contains(&problem).then(|| anchor(problem));
            out.push_str("<tr>");
            for (at, value) in row.iter().enumerate() {
                tables::cell(value, id.as_deref().filter(|_| Some(at) == column), out);
            }
            out.push_str("</tr>\n");
        }
        tables::foot(out);
    }
    if !run.samples.is_empty() {
        let _ = writeln!(out, "<h3>Samples of {name}</h3>\n<p class=\"dim\">{}</p>", which(run));
    }
    for group in run.samples.chunk_by(|a, b| a.detail.key.problem == b.detail.key.problem) {
        let wrong = group.iter().filter(|s| s.cell == Cell::FalsePositive).count();
        let _ = writeln!(
            out,
            "<details id=\"{}\"><summary>{} <span class=\"dim\">{}</span>{}</summary>",
            anchor(group[0].detail.key.problem),
            escape(&group[0].problem),
            counted(group.len(), "sample"),
            if wrong > 0 { format!(" <span class=\"bad\">{wrong} accepted and wrong</span>") } else { String::new() }
        );
        for one in group {
            write(one, out);
        }
        out.push_str("</details>\n");
    }
    out.push_str("</section>\n");
}

/// Which samples these are, and whether some had no room.
fn which(run: &PageRun) -> String {
    let order = "every false positive first, then rejected right ones, then one of each kind";
    let shown = run.samples.len();
    if shown < run.wanted {
        format!("{shown} of {} chosen ones had room: {order}. The store has all of them.", run.wanted)
    } else {
        format!("{shown} chosen ones: {order}.")
    }
}

fn write(sample: &PageSample, out: &mut String) {
    let class = match sample.cell {
        Cell::TruePositive => "good",
        Cell::FalsePositive | Cell::FalseNegative => "bad",
        _ => "dim",
    };
    let detail = &sample.detail;
    let facts: Vec<String> = detail.facts.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let _ = writeln!(
        out,
        "<h4>sample {} <span class=\"{class}\">{}</span></h4><p class=\"dim\">{}</p><ul>",
        detail.key.index,
        sample.cell.label(),
        escape(cut(&facts.join(" · "), MOST_DETAIL))
    );
    for verdict in &detail.verdicts {
        let score = verdict.score.map(|s| format!(" score {s:.4}")).unwrap_or_default();
        let why = verdict.detail.as_deref().map(|d| format!(": {}", shortened(d, MOST_DETAIL))).unwrap_or_default();
        let status = verdict.status.as_deref().unwrap_or("");
        let _ = writeln!(out, "<li>{}: <b>{}</b>{score}{why}</li>", escape(&verdict.verifier), escape(status));
    }
    // the first newline after <pre> is not a part of it; colours come when a reader opens it
    out.push_str("</ul>\n<pre tabindex=\"0\">\n");
    let shown = cut(&detail.completion, MOST_TEXT);
    let lines: Vec<String> = shown.lines().map(escape).collect();
    out.push_str(&lines.join("\n"));
    out.push_str("</pre>\n");
    if shown.len() < detail.completion.len() {
        let _ = writeln!(out, "<p class=\"dim\">{} more bytes in the store</p>", detail.completion.len() - shown.len());
    }
}

/// The beginning of a text, to the end of a character.
fn cut(text: &str, most: usize) -> &str {
    let end = text.char_indices().map(|(i, _)| i).find(|i| *i >= most);
    &text[..end.unwrap_or(text.len())]
}

/// The beginning of a text, escaped, with a sign that there is more.
fn shortened(text: &str, most: usize) -> String {
    let shown = cut(text, most);
    escape(shown) + if shown.len() < text.len() { " …" } else { "" }
}
