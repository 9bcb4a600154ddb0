//! Tables of the page: their heads sort them.

use std::fmt::Write as _;

use harness::report::thin;
use harness::table::{Cell as Value, Table};

use crate::figure::svg::escape;

/// One table of all runs; long curves are thinned to powers of two and their end.
pub(super) fn table(name: &str, parts: &[&Table], out: &mut String) {
    let Some(first) = parts.iter().find(|t| !t.rows.is_empty()) else { return };
    let _ = writeln!(out, "<h3 id=\"table-{name}\">{name}</h3>");
    let parts: Vec<Table> = parts.iter().map(|t| thin(t)).collect();
    let mut notes: Vec<&String> = Vec::new();
    for note in parts.iter().flat_map(|t| &t.notes) {
        if !notes.contains(&note) {
            notes.push(note);
            let _ = writeln!(out, "<p class=\"dim\">{}</p>", escape(note));
        }
    }
    head(first, &format!("table-{name}"), out);
    for row in parts.iter().flat_map(|t| &t.rows) {
        out.push_str("<tr>");
        for value in row {
            cell(value, None, out);
        }
        out.push_str("</tr>\n");
    }
    foot(out);
}

/// The beginning of a table that scrolls by itself; `label` is the id of its heading.
pub(super) fn head(table: &Table, label: &str, out: &mut String) {
    let _ = write!(
        out,
        "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-labelledby=\"{label}\"><table class=\"sortable\" aria-labelledby=\"{label}\"><thead><tr>"
    );
    for (place, column) in table.columns.iter().enumerate() {
        let text = table.rows.first().is_some_and(|row| matches!(row.get(place), Some(Value::Text(_))));
        let class = if text { " class=\"t\"" } else { "" };
        let _ = write!(out, "<th scope=\"col\"{class}><button>{}</button></th>", escape(&column.replace('_', " ")));
    }
    out.push_str("</tr></thead><tbody>\n");
}

pub(super) fn foot(out: &mut String) {
    out.push_str("</tbody></table></div>\n");
}

pub(super) fn cell(value: &Value, link: Option<&str>, out: &mut String) {
    let _ = match value {
        Value::Text(text) => match link {
            Some(id) => write!(out, "<td class=\"t\"><a href=\"#{id}\">{}</a></td>", escape(text)),
            None => write!(out, "<td class=\"t\">{}</td>", escape(text)),
        },
        Value::Int(n) => write!(out, "<td>{n}</td>"),
        Value::Float(Some(x)) => {
            let shown = format!("{x:.4}");
            // sorting needs what rounding hides
            let exact = shown.parse::<f64>().is_ok_and(|y| (x - y).abs() < 1e-12);
            let hidden = if exact { String::new() } else { format!(" data-v=\"{x:.9}\"") };
            write!(out, "<td{hidden}>{shown}</td>")
        }
        Value::Bool(yes) => write!(out, "<td>{}</td>", if *yes { "yes" } else { "no" }),
        Value::Float(None) | Value::Empty => write!(out, "<td data-v=\"\">--</td>"),
    };
}
