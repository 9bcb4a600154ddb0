//! `pass-at-n`: coverage by every verifier that accepts or rejects.

use super::counts::{decides, notes, passes};
use super::{Cell, Settings, Table};
use crate::analysis::RunData;
use crate::curve;

pub(super) fn build(run: &RunData, settings: &Settings) -> Table {
    let columns = ["run", "verifier", "n", "estimate", "ci_low", "ci_high", "se", "problems", "samples"];
    let mut table = Table::new("pass-at-n", &columns);
    let mut order: Vec<usize> = (0..run.verifiers.len()).filter(|&v| decides(run, v)).collect();
    order.sort_by(|a, b| run.verifiers[*a].name.cmp(&run.verifiers[*b].name));
    for v in order {
        let counts = passes(run, v);
        notes(&mut table, &counts.iter().map(|(n, _)| *n).collect::<Vec<_>>());
        let curve = curve::coverage(&counts, settings.plan());
        for p in &curve.points {
            table.rows.push(vec![
                Cell::text(&run.name),
                Cell::text(&run.verifiers[v].name),
                p.budget.into(),
                p.estimate.into(),
                p.interval.map(|i| i.low).into(),
                p.interval.map(|i| i.high).into(),
                p.se.into(),
                Cell::count(curve.problems),
                curve.samples.into(),
            ]);
        }
    }
    table
}
