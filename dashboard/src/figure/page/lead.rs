//! What opens and what ends the page: the first numbers, what should make a reader doubt them, and where they come from.

use std::fmt::Write as _;

use harness::report::{Headline, Unit};

use super::PageRun;
use crate::figure::svg::escape;
use verifiers::counted;

/// What of a value of provenance is shown. Unit: characters.
const MOST_VALUE: usize = 20_000;

pub(super) fn header(runs: &[PageRun], title: &str, out: &mut String) {
    let _ = writeln!(out, "<header>\n<h1>{}</h1>", escape(title));
    for run in runs {
        let problems = run.data.problems.len();
        let samples: usize = run.data.problems.iter().map(|p| p.samples.len()).sum();
        let verifiers: Vec<String> =
            run.data.verifiers.iter().map(|v| format!("{} ({})", v.name, v.role.as_str())).collect();
        let name = if runs.len() > 1 { format!("{}: ", run.data.name) } else { String::new() };
        let (problems, samples) = (counted(problems, "problem"), counted(samples, "sample"));
        let words = format!("{name}{problems}, {samples}; verifiers: {}", verifiers.join(", "));
        let _ = writeln!(out, "<p class=\"dim\">{}</p>", escape(&words));
        out.push_str("<dl class=\"facts\">\n");
        for headline in &run.report.headlines {
            fact(headline, out);
        }
        out.push_str("</dl>\n");
        if !run.report.warnings.is_empty() {
            out.push_str("<div class=\"warnings\" role=\"note\" aria-label=\"Warnings\"><b>Before you trust these numbers</b><ul>\n");
            for warning in &run.report.warnings {
                let _ = writeln!(out, "<li>{}</li>", escape(warning));
            }
            out.push_str("</ul></div>\n");
        }
    }
    out.push_str(
        "<nav aria-label=\"Contents\"><a href=\"#figures\">Figures</a> <a href=\"#tables\">Tables</a> \
         <a href=\"#problems-0\">Problems and samples</a> <a href=\"#provenance\">Provenance</a></nav>\n</header>\n",
    );
}

fn fact(headline: &Headline, out: &mut String) {
    let number = |x: f64| match headline.unit {
        Unit::Share => format!("{:.1} %", 100.0 * x),
        Unit::Count => format!("{x:.0}"),
    };
    let value = headline.value.map_or_else(|| "--".to_owned(), number);
    let range = headline.interval.map(|i| format!("{} to {}", number(i.low), number(i.high))).unwrap_or_default();
    let small = [range, headline.remark.clone()].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join("; ");
    let _ = writeln!(
        out,
        "<div><dt>{}</dt><dd>{}<small>{}</small></dd></div>",
        escape(&headline.label),
        escape(&value),
        escape(&small)
    );
}

pub(super) fn provenance(runs: &[PageRun], out: &mut String) {
    out.push_str("<section aria-labelledby=\"provenance\">\n<h2 id=\"provenance\">Provenance</h2>\n");
    for (place, run) in runs.iter().enumerate() {
        let _ = writeln!(
            out,
            "<h3 id=\"provenance-{place}\">{}</h3>\n<table class=\"provenance\" aria-labelledby=\"provenance-{place}\">",
            escape(&run.data.name)
        );
        for (name, value) in &run.provenance {
            let cut: String = value.chars().take(MOST_VALUE).collect();
            let rest = if cut.len() < value.len() { " …" } else { "" };
            // values of many lines keep them
            let lines: Vec<String> = cut.lines().map(escape).collect();
            let shown = lines.join("\n");
            let shown = if lines.len() > 1 {
                format!("<details><summary>{} lines</summary><pre>{shown}{rest}</pre></details>", lines.len())
            } else {
                shown + rest
            };
            let _ = writeln!(
                out,
                "<tr><th class=\"t\" scope=\"row\">{}</th><td class=\"t\">{shown}</td></tr>",
                escape(name)
            );
        }
        out.push_str("</table>\n");
    }
    out.push_str("</section>\n");
}
