//! The open view as text: for the clipboard and for a file.

use std::fmt::Write as _;

use super::{App, View};
use crate::chart::Chart;
use crate::text::{clock, day, percent, sanitise};

/// The view as tab-separated text, or the sample as it is.
pub(super) fn text(app: &App) -> String {
    let snapshot = &app.snapshot;
    let mut out = String::new();
    match app.view {
        View::Overview => {
            out.push_str(&crate::words::progress_line(snapshot));
            out.push('\n');
            out.push_str(&crate::words::answer(snapshot).1);
            out.push('\n');
            out.push_str(&crate::words::so_far(snapshot));
            out.push('\n');
        }
        View::Curves => out = app.chart().map(|c| table(c, '\t')).unwrap_or_default(),
        View::Problems => problems(app, '\t', &mut out),
        View::Samples => {
            if let Some(detail) = &app.samples.detail {
                out.push_str(&sanitise_lines(&detail.completion));
            }
        }
        View::Verifiers => {
            out.push_str(
                "verifier\ttrue_positive\tfalse_positive\tfalse_negative\ttrue_negative\tcompleteness\tsoundness\n",
            );
            for v in snapshot.verifiers.iter() {
                let counts =
                    [v.true_positive, v.false_positive, v.false_negative, v.true_negative].map(|n| n.to_string());
                let _ = writeln!(
                    out,
                    "{}\t{}\t{}\t{}",
                    v.name,
                    counts.join("\t"),
                    percent(v.completeness),
                    percent(v.soundness)
                );
            }
        }
        View::Runs => {
            for run in app.run_rows.iter().filter_map(|&i| snapshot.runs.get(i)) {
                let _ =
                    writeln!(out, "{}\t{}\t{}\t{}", run.name, run.state.as_str(), run.samples, day(run.started_at_ms));
            }
        }
        View::Events => {
            for event in app.event_rows.iter().filter_map(|&i| snapshot.events.get(i)) {
                let _ = writeln!(out, "{}\t{}\t{}", clock(event.at_ms), event.level.as_str(), sanitise(&event.message));
            }
        }
    }
    out
}

/// A file name and its content: charts and tables as CSV, the rest as text.
pub(super) fn file(app: &App) -> (String, String) {
    let run: String = app
        .snapshot
        .run
        .name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' })
        .collect();
    let run = run.trim_start_matches('.');
    match app.view {
        View::Overview | View::Curves => {
            let chart = app.chart();
            let name = chart.map_or("chart", |c| c.name.as_str());
            (format!("{run}-{name}.csv"), chart.map(|c| table(c, ',')).unwrap_or_default())
        }
        View::Problems => {
            let mut out = String::new();
            problems(app, ',', &mut out);
            (format!("{run}-problems.csv"), out)
        }
        View::Samples => {
            let id = app.snapshot.problems.get(app.samples.problem).map_or("", |p| &*p.id);
            let id: String = id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
            (format!("{run}-{id}-{}.txt", app.samples.index), text(app))
        }
        view => (format!("{run}-{}.tsv", view.title().to_lowercase()), text(app)),
    }
}

fn table(chart: &Chart, separator: char) -> String {
    let s = separator;
    let mut out = format!("line{s}x{s}y{s}low{s}high\n");
    let number = |value: Option<f64>| value.map(|v| v.to_string()).unwrap_or_default();
    for line in &chart.lines {
        for p in &line.points {
            let name = quoted(&line.name, s);
            let _ = writeln!(out, "{name}{s}{}{s}{}{s}{}{s}{}", p.x, p.y, number(p.low), number(p.high));
        }
    }
    out
}

fn problems(app: &App, s: char, out: &mut String) {
    let _ = writeln!(out, "problem{s}samples{s}distinct{s}accepted{s}correct{s}false_positive{s}pass_at_1{s}group");
    for p in app.problems.order.iter().filter_map(|&i| app.snapshot.problems.get(i)) {
        let pass = p.pass_at_1.map(|v| v.to_string()).unwrap_or_default();
        let group = quoted(p.group.as_deref().unwrap_or(""), s);
        let counts = [p.samples, p.distinct, p.accepted, p.correct, p.false_positive].map(|n| n.to_string());
        let _ = writeln!(out, "{}{s}{}{s}{pass}{s}{group}", quoted(&p.id, s), counts.join(&s.to_string()));
    }
}

fn quoted(text: &str, separator: char) -> String {
    let clean = sanitise(text);
    if clean.contains(['"', separator]) { format!("\"{}\"", clean.replace('"', "\"\"")) } else { clean.into_owned() }
}

fn sanitise_lines(text: &str) -> String {
    text.lines()
        .flat_map(|line| [sanitise(&line.replace('\t', "\u{1}")).replace('\u{2401}', "\t"), "\n".to_owned()])
        .collect()
}
