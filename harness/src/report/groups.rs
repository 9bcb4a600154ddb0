//! Averages where the data set has groups: over problems of each, over groups (macro) and over problems (micro).

use std::collections::BTreeMap;

use super::facts::Facts;
use crate::analysis::RunData;
use crate::stats::mean;
use crate::stats::pass_at_k::pass_at_k;
use crate::table::{Cell, Table};

/// Per group and for both averages: problems, samples, pass@1, pass@n. `None` without groups or verdicts.
pub(super) fn build(run: &RunData) -> Option<Table> {
    if run.sampling == "until-success" {
        return None;
    }
    let facts = Facts::of(run);
    let reach = facts.reach();
    let mut groups: BTreeMap<&str, Vec<(u64, u64)>> = BTreeMap::new();
    for (problem, counts) in run.problems.iter().zip(&facts.passes) {
        if counts.0 > 0 {
            groups.entry(problem.group.as_deref()?).or_default().push(*counts);
        }
    }
    if groups.len() < 2 {
        return None;
    }
    let at = |list: &[(u64, u64)], k: u64| {
        let values: Vec<f64> =
            list.iter().filter_map(|&(n, c)| pass_at_k(n, c, k).ok().flatten()).map(|p| p.pass).collect();
        mean(&values)
    };
    let mut rows = Vec::new();
    let mut row = |name: String, of: usize, list: &[(u64, u64)], first: Option<f64>, last: Option<f64>| {
        rows.push(vec![
            Cell::Text(name.into()),
            Cell::Int(of as u64),
            Cell::Int(list.len() as u64),
            Cell::Int(list.iter().map(|(n, _)| n).sum()),
            first.into(),
            reach.into(),
            last.into(),
        ]);
    };
    let mut each = (Vec::new(), Vec::new());
    let all: Vec<(u64, u64)> = groups.values().flatten().copied().collect();
    for (name, list) in &groups {
        let (first, last) = (at(list, 1), at(list, reach));
        each.0.extend(first);
        each.1.extend(last);
        row((*name).to_owned(), 1, list, first, last);
    }
    row("macro: mean of groups".to_owned(), groups.len(), &all, mean(&each.0), mean(&each.1));
    row("micro: mean of problems".to_owned(), groups.len(), &all, at(&all, 1), at(&all, reach));
    let columns = ["group", "groups", "problems", "samples", "pass_at_1", "n", "pass_at_n"];
    Some(Table {
        name: "groups".into(),
        columns: columns.into_iter().map(Into::into).collect(),
        rows,
        notes: Vec::new(),
    })
}
