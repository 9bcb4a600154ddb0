//! Averages where the data set has groups: over problems of each, over groups (macro) and over problems (micro).

use std::collections::BTreeMap;

use super::facts::Facts;
use crate::analysis::RunData;
use crate::stats::bootstrap::{Matrix, percentile};
use crate::stats::pass_at_k::pass_at_k;
use crate::table::{Cell, Settings, Table};

const COLUMNS: [&str; 11] = [
    "group",
    "groups",
    "problems",
    "samples",
    "pass_at_1",
    "n",
    "pass_at_n",
    "pass_at_1_low",
    "pass_at_1_high",
    "pass_at_n_low",
    "pass_at_n_high",
];

/// Per group and for both averages: problems, samples, pass@1, pass@n, with intervals: a group's resample its problems, those of
/// the averages resample whole groups. `None` without groups or verdicts.
pub(super) fn build(run: &RunData, settings: &Settings) -> Option<Table> {
    if run.sampling == "until-success" {
        return None;
    }
    let facts = Facts::of(run);
    let reach = facts.reach();
    let mut groups: BTreeMap<&str, Group> = BTreeMap::new();
    for (problem, &(n, c)) in run.problems.iter().zip(&facts.passes) {
        if n > 0 {
            let group = groups.entry(problem.group.as_deref()?).or_default();
            let at = |k| pass_at_k(n, c, k).ok().flatten().map_or(f64::NAN, |p| p.pass);
            group.samples += n;
            group.values.push(vec![at(1), at(reach)]);
        }
    }
    if groups.len() < 2 {
        return None;
    }
    let problems = groups.values().map(|g| g.values.len()).sum();
    let samples = groups.values().map(|g| g.samples).sum();
    let row = |name: &str, (groups, problems, samples): (usize, usize, u64), parts: &[Vec<f64>], ratio: bool| {
        let matrix = Matrix::from_rows(parts[0].len(), parts);
        // the last value of a part is what its others are sums over
        let number = |means: &[f64], at: usize| if ratio { means[at] / means[2] } else { means[at] };
        let drawn = (parts.len() > 1 && settings.bootstrap > 0).then(|| matrix.resample(settings.plan()));
        let interval =
            |at| drawn.as_ref().and_then(|d| percentile(d.map(|means| number(means, at)), settings.confidence));
        let ends = [interval(0), interval(1)];
        let means = matrix.means();
        let mut cells = vec![
            Cell::Text(name.to_owned().into()),
            Cell::Int(groups as u64),
            Cell::Int(problems as u64),
            Cell::Int(samples),
            number(&means, 0).into(),
            reach.into(),
            number(&means, 1).into(),
        ];
        cells.extend(ends.iter().flat_map(|i| [Cell::from(i.map(|i| i.low)), Cell::from(i.map(|i| i.high))]));
        cells
    };
    let mut rows: Vec<Vec<Cell>> =
        groups.iter().map(|(name, g)| row(name, (1, g.values.len(), g.samples), &g.values, false)).collect();
    let each = |f: fn(&Group) -> Vec<f64>| -> Vec<Vec<f64>> { groups.values().map(f).collect() };
    let all = (groups.len(), problems, samples);
    rows.push(row("macro: mean of groups", all, &each(Group::means), false));
    rows.push(row("micro: mean of problems", all, &each(Group::sums), true));
    Some(Table {
        name: "groups".into(),
        columns: COLUMNS.into_iter().map(Into::into).collect(),
        rows,
        notes: Vec::new(),
    })
}

#[derive(Default)]
struct Group {
    samples: u64,
    /// pass@1 and pass@n of each problem.
    values: Vec<Vec<f64>>,
}

impl Group {
    /// Sums over problems, and how many there are.
    fn sums(&self) -> Vec<f64> {
        let sum = |at: usize| self.values.iter().map(|v| v[at]).sum();
        vec![sum(0), sum(1), self.values.len() as f64]
    }

    fn means(&self) -> Vec<f64> {
        let sums = self.sums();
        vec![sums[0] / sums[2], sums[1] / sums[2]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::run;
    use verifiers::domain::ProblemId;

    /// `groups` groups of `size` problems that are all alike within a group: every second group is solved.
    fn alike(groups: usize, size: usize) -> RunData {
        let mut run = run();
        let template = run.problems[0].clone();
        run.problems = (0..groups * size)
            .map(|i| {
                let mut problem = template.clone();
                problem.id = ProblemId(format!("p{i}"));
                problem.group = Some(format!("g{:02}", i / size).into());
                let pass = (i / size).is_multiple_of(2);
                for verdict in problem.verdicts.iter_mut().flatten().flatten() {
                    verdict.status =
                        Some(if pass { verifiers::domain::Status::Pass } else { verifiers::domain::Status::Fail });
                }
                problem
            })
            .collect();
        run
    }

    fn numbers(row: &[Cell]) -> Vec<Option<f64>> {
        let number = |cell: &Cell| if let Cell::Float(x) = cell { *x } else { None };
        [4, 7, 8].map(|at| number(&row[at])).to_vec()
    }

    #[test]
    fn intervals_of_the_averages_resample_whole_groups() {
        let table = build(&alike(20, 5), &Settings { bootstrap: 2000, ..Settings::default() }).unwrap();
        let ends = |row: &[Cell]| numbers(row).into_iter().map(Option::unwrap).collect::<Vec<f64>>();
        // equal groups: both averages are the share of 20 solved groups, with the spread of 20 draws, not of 100
        let [averaged, pooled] = [ends(&table.rows[20]), ends(&table.rows[21])];
        assert!(averaged.iter().zip(&pooled).all(|(a, b)| (a - b).abs() < 1e-12), "{averaged:?} {pooled:?}");
        assert!((pooled[0] - 0.5).abs() < 1e-12);
        let half = 0.5 * (pooled[2] - pooled[1]);
        assert!((half - 1.96 * (0.25f64 / 20.0).sqrt()).abs() < 0.04, "{pooled:?}");
        // problems of a group are all the same
        assert_eq!(numbers(&table.rows[0]), [Some(1.0); 3]);
    }

    #[test]
    fn a_group_of_one_problem_has_no_interval() {
        let table = build(&alike(3, 1), &Settings { bootstrap: 100, ..Settings::default() }).unwrap();
        assert_eq!(numbers(&table.rows[1]), [Some(0.0), None, None]);
        assert!(build(&alike(1, 4), &Settings::default()).is_none());
    }
}
