//! Two runs on the problems they share: paired differences with intervals, tests, and what could have been seen at all.

use std::collections::HashMap;

use verifiers::domain::{ProblemId, Role};

use crate::analysis::RunData;
use crate::stats::bootstrap::Matrix;
use crate::stats::comparison::{detectable, holm, paired_difference, sign_flip_test};
use crate::stats::resampling::{FirstPass, Worth};
use crate::stats::{Interval, StatsError};
use crate::table::{Cell, Pair, Seen, Settings, Table, pairs, reach, selection_values, stopping, tally};
use verifiers::counted;

/// Power at which the smallest detectable difference is given.
const POWER: f64 = 0.8;
/// Random flips of the sign-flip test beyond 20 problems.
const FLIPS: u32 = 10_000;

/// One compared number.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The table it belongs to.
    pub table: &'static str,
    /// What is compared.
    pub measure: String,
    /// Samples per problem.
    pub budget: u64,
    /// Problems behind it.
    pub problems: usize,
    /// Macro mean of the first run.
    pub a: Option<f64>,
    /// Macro mean of the second run.
    pub b: Option<f64>,
    /// b - a.
    pub difference: Option<f64>,
    /// Bootstrap interval over problems.
    pub interval: Option<Interval>,
    /// Its standard error.
    pub se: Option<f64>,
    /// Two-sided sign-flip p value.
    pub p: Option<f64>,
    /// The same after Holm's correction for all rows.
    pub p_holm: Option<f64>,
    /// The smallest true difference that would be found with probability 0.8.
    pub mde: Option<f64>,
}

/// A comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The first run.
    pub a: String,
    /// The second run.
    pub b: String,
    /// Problems in both.
    pub shared: usize,
    /// Problems in the first only, and in the second only.
    pub alone: (usize, usize),
    /// The numbers.
    pub rows: Vec<Row>,
    /// What must be known to read them.
    pub notes: Vec<String>,
    /// What follows, in one plain sentence.
    pub sentence: String,
}

/// Why runs cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// No problem is in both.
    #[error("runs `{a}` and `{b}` share no problem")]
    Disjoint {
        /// The first run.
        a: String,
        /// The second run.
        b: String,
    },
    /// A number that no estimator can use.
    #[error("cannot compare the runs")]
    Stats(#[from] StatsError),
}

/// Compares two runs, problem by problem.
///
/// # Errors
/// Runs without a common problem, or scores that are not numbers.
pub fn compare(a: &RunData, b: &RunData, settings: &Settings) -> Result<Comparison, CompareError> {
    let places: HashMap<&ProblemId, usize> = b.problems.iter().enumerate().map(|(i, p)| (&p.id, i)).collect();
    let shared: Vec<(usize, usize)> =
        a.problems.iter().enumerate().filter_map(|(i, p)| places.get(&p.id).map(|j| (i, *j))).collect();
    if shared.is_empty() {
        return Err(CompareError::Disjoint { a: a.name.clone(), b: b.name.clone() });
    }
    let mut rows = Vec::new();
    for measure in measures(a, b, settings)? {
        let (left, right) = (&measure.a, &measure.b);
        let both: Vec<(f64, f64)> = shared.iter().filter_map(|&(i, j)| left[i].zip(right[j])).collect();
        rows.extend(row(&measure, &both, settings)?);
    }
    let p: Vec<f64> = rows.iter().filter_map(|r| r.p).collect();
    let mut adjusted = holm(&p)?.into_iter();
    for r in &mut rows {
        r.p_holm = r.p.and_then(|_| adjusted.next());
    }
    let mut notes = Vec::new();
    for run in [a, b] {
        if run.sampling != "fixed" {
            let how = if run.sampling == "until-success" {
                "compared by the place of the first accepted sample"
            } else {
                "its pass@k is biased up"
            };
            notes.push(format!("run {} sampled {}: {how}", run.name, run.sampling));
        }
    }
    let alone = (a.problems.len() - shared.len(), b.problems.len() - shared.len());
    if alone != (0, 0) {
        notes.push(format!(
            "left out: {} of {} only and {} of {} only",
            counted(alone.0, "problem"),
            a.name,
            counted(alone.1, "problem"),
            b.name
        ));
    }
    let sentence = sentence(a, b, &rows, 1.0 - settings.confidence);
    Ok(Comparison { a: a.name.clone(), b: b.name.clone(), shared: shared.len(), alone, rows, notes, sentence })
}

/// One number per problem and run, in the order of each run; `None` where it cannot be had.
struct Measure {
    table: &'static str,
    name: String,
    budget: u64,
    a: Vec<Option<f64>>,
    b: Vec<Option<f64>>,
}

fn main_pair(run: &RunData) -> Option<Pair> {
    pairs(run).ok()?.first().copied()
}

/// What was seen of each problem for a pair, in the order of the run; `None` where no sample was judged.
fn seen(run: &RunData, pair: Pair) -> Vec<Option<Seen>> {
    let stop = stopping(run);
    tally(run, pair)
        .iter()
        .zip(&run.problems)
        .map(|(t, p)| (t.confusion.total() > 0).then(|| Seen::of(p, t, pair, stop)))
        .collect()
}

/// The largest budget that every judged problem of both runs has something to say of.
fn shared_reach(runs: [(&RunData, &[Option<Seen>]); 2]) -> u64 {
    let one = |(run, all): (&RunData, &[Option<Seen>])| {
        let used: Vec<Seen> = all.iter().flatten().copied().collect();
        reach(&used, u64::from(run.samples_wanted))
    };
    runs.map(one).into_iter().min().unwrap_or(0)
}

fn measures(a: &RunData, b: &RunData, settings: &Settings) -> Result<Vec<Measure>, StatsError> {
    let mut list = Vec::new();
    for (i, verifier) in a.verifiers.iter().enumerate() {
        let Some(j) = b.verifier(&verifier.name) else { continue };
        let own = |v| Pair { selector: v, oracle: v };
        let (left, right) = (seen(a, own(i)), seen(b, own(j)));
        let top = shared_reach([(a, &left), (b, &right)]);
        let mut budgets = vec![1, top];
        budgets.dedup();
        for n in budgets.into_iter().filter(|n| *n > 0 && *n <= top) {
            let values = |all: &[Option<Seen>]| -> Vec<Option<f64>> {
                all.iter().map(|s| s.and_then(|s| s.first_pass(n)).map(|p| p.correct)).collect()
            };
            let name = format!("pass@{n} by {}", verifier.name);
            list.push(Measure { table: "pass-at-n", name, budget: n, a: values(&left), b: values(&right) });
        }
    }
    let (Some(left), Some(right)) = (main_pair(a), main_pair(b)) else { return Ok(list) };
    let both = (seen(a, left), seen(b, right));
    let n = shared_reach([(a, &both.0), (b, &both.1)]);
    if n == 0 {
        return Ok(list);
    }
    if left.selector != left.oracle && right.selector != right.oracle {
        let mut resampled = |table, name: String, f: &dyn Fn(&FirstPass) -> f64| {
            let values = |all: &[Option<Seen>]| -> Vec<Option<f64>> {
                all.iter().map(|s| s.and_then(|s| s.first_pass(n)).as_ref().map(f)).collect()
            };
            list.push(Measure { table, name, budget: n, a: values(&both.0), b: values(&both.1) });
        };
        resampled("resampling", format!("right within {n} draws"), &|p| p.correct);
        resampled("resampling", format!("wrong within {n} draws"), &|p| p.false_positive);
        for &cost in &settings.costs {
            let worth = Worth { false_positive_cost: cost, ..Worth::default() };
            resampled("reward", format!("reward at cost {cost}, K = {n}"), &|p| worth.of(p));
        }
        let precision = |run, pair| tally(run, pair).iter().map(|t| t.counts().precision()).collect();
        let name = "right among accepted".to_owned();
        list.push(Measure { table: "verifiers", name, budget: n, a: precision(a, left), b: precision(b, right) });
    }
    let (mut first, second) = (selection_values(a, n)?, selection_values(b, n)?);
    for (name, values) in second {
        if let Some(at) = first.iter().position(|(other, _)| *other == name)
            && !matches!(name.as_str(), "oracle" | "random" | "shortest-correct")
        {
            let (_, mine) = first.swap_remove(at);
            list.push(Measure { table: "selection", name: format!("{name} of {n}"), budget: n, a: mine, b: values });
        }
    }
    Ok(list)
}

fn row(measure: &Measure, both: &[(f64, f64)], settings: &Settings) -> Result<Option<Row>, StatsError> {
    if both.is_empty() {
        return Ok(None);
    }
    let (a, b): (Vec<f64>, Vec<f64>) = both.iter().copied().unzip();
    let paired = paired_difference(&b, &a, settings.confidence)?;
    let d: Vec<f64> = both.iter().map(|(a, b)| b - a).collect();
    let rows: Vec<Vec<f64>> = d.iter().map(|d| vec![*d]).collect();
    let interval = (d.len() > 1 && settings.bootstrap > 0)
        .then(|| Matrix::from_rows(1, &rows).resample(settings.plan()).interval(0, settings.confidence))
        .flatten();
    Ok(Some(Row {
        table: measure.table,
        measure: measure.name.clone(),
        budget: measure.budget,
        problems: both.len(),
        a: crate::stats::mean(&a),
        b: crate::stats::mean(&b),
        difference: paired.difference,
        interval,
        se: paired.se,
        p: sign_flip_test(&d, FLIPS, settings.seed)?,
        p_holm: None,
        mde: paired.se.map(|se| detectable(se, 1.0 - settings.confidence, POWER)).transpose()?,
    }))
}

/// The row that decides: coverage at the largest shared n by the oracle, else by the first shared verifier.
fn decisive<'a>(a: &RunData, rows: &'a [Row]) -> Option<&'a Row> {
    let oracle = a.first(Role::Oracle).map(|v| format!(" by {}", a.verifiers[v].name));
    let of = |ending: &str| rows.iter().rfind(|r| r.table == "pass-at-n" && r.measure.ends_with(ending));
    oracle.and_then(|ending| of(&ending)).or_else(|| of(""))
}

fn sentence(a: &RunData, b: &RunData, rows: &[Row], alpha: f64) -> String {
    let Some(row) = decisive(a, rows) else {
        return format!("{} and {} have no verifier of the same name: nothing can be compared.", a.name, b.name);
    };
    let points = |x: f64| format!("{:.1}", 100.0 * x.abs());
    let (Some(d), Some(p), Some(mde)) = (row.difference, row.p, row.mde) else {
        return format!("One shared problem says nothing about {} and {} in general.", a.name, b.name);
    };
    let head = format!("On {} shared problems", row.problems);
    if d.abs() <= 0.0 && mde <= 0.0 {
        return format!("{head}, {} and {} get exactly the same of each in {}.", a.name, b.name, row.measure);
    }
    if p < alpha {
        let (better, worse) = if d > 0.0 { (b, a) } else { (a, b) };
        return format!(
            "{head}, {} is {} points better than {} in {} (p = {p:.3}), more than chance explains.",
            better.name,
            points(d),
            worse.name,
            row.measure
        );
    }
    format!(
        "{head}, {} and {} differ by {} points in {} (p = {p:.2}), which chance alone could explain; a true difference below {} points would \
         probably have gone unseen.",
        a.name,
        b.name,
        points(d),
        row.measure,
        points(mde)
    )
}

impl Comparison {
    /// The comparison as a table, for any exporter.
    #[must_use]
    pub fn table(&self) -> Table {
        let columns = [
            "table",
            "measure",
            "n",
            "problems",
            "a",
            "b",
            "difference",
            "ci_low",
            "ci_high",
            "se",
            "p",
            "p_holm",
            "mde",
        ];
        Table {
            name: "compare".into(),
            columns: columns.into_iter().map(Into::into).collect(),
            rows: self
                .rows
                .iter()
                .map(|r| {
                    vec![
                        Cell::Text(r.table.into()),
                        Cell::Text(r.measure.clone().into()),
                        r.budget.into(),
                        Cell::Int(r.problems as u64),
                        r.a.into(),
                        r.b.into(),
                        r.difference.into(),
                        r.interval.map(|i| i.low).into(),
                        r.interval.map(|i| i.high).into(),
                        r.se.into(),
                        r.p.into(),
                        r.p_holm.into(),
                        r.mde.into(),
                    ]
                })
                .collect(),
            notes: self.notes.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::run;

    fn settings() -> Settings {
        Settings { bootstrap: 300, ..Settings::default() }
    }

    #[test]
    fn a_run_does_not_differ_from_itself() {
        let got = compare(&run(), &run(), &settings()).unwrap();
        assert_eq!((got.shared, got.alone), (4, (0, 0)));
        assert!(got.rows.len() > 6);
        for r in &got.rows {
            assert!(r.difference.unwrap().abs() < 1e-15 && (r.p.unwrap() - 1.0).abs() < 1e-15, "{}", r.measure);
        }
        assert!(got.sentence.contains("exactly the same"), "{}", got.sentence);
        assert_eq!(got.table().rows.len(), got.rows.len());
    }

    #[test]
    fn differences_are_paired_by_id_and_the_rest_is_counted() {
        let (a, mut b) = (run(), run());
        b.problems.swap(0, 1);
        b.problems.remove(2);
        let got = compare(&a, &b, &settings()).unwrap();
        assert_eq!((got.shared, got.alone), (3, (1, 0)));
        assert!(got.rows.iter().all(|r| r.difference.unwrap().abs() < 1e-15));
        assert!(got.notes.iter().any(|n| n.contains("left out")));
        b.problems.clear();
        assert!(matches!(compare(&a, &b, &settings()), Err(CompareError::Disjoint { .. })));
    }

    #[test]
    fn a_clear_gain_is_called_one() {
        let mut a = run();
        let template = a.problems[0].clone();
        a.problems = (0..16)
            .map(|i| {
                let mut p = template.clone();
                p.id = ProblemId(format!("p{i}"));
                p
            })
            .collect();
        let mut b = a.clone();
        b.name = "better".to_owned();
        for p in &mut b.problems {
            p.verdicts[1] = p.verdicts[1].iter().map(|_| p.verdicts[1][0].clone()).collect();
        }
        let got = compare(&a, &b, &settings()).unwrap();
        let first = got.rows.iter().find(|r| r.measure == "pass@1 by plus").unwrap();
        assert!((first.difference.unwrap() - 0.75).abs() < 1e-12 && first.p.unwrap() < 0.001);
        assert!(got.rows.iter().all(|r| r.p_holm >= r.p));
    }
}
