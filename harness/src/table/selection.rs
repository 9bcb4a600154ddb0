//! `selection`: what each way to pick one of n samples gets, at every n up to 128 and at 64 log-spaced n beyond.
//!
//! `mean_tokens` is what the budget costs: expected tokens generated per problem. `answer_tokens` is the expected length of what
//! is picked, where that has a closed form.

use verifiers::domain::{Outcome, Role};
use verifiers::process::Aggregation;

use super::counts::{Judgement, decides, judgement, notes};
use super::seen::{stopped_note, stopping};
use super::{Cell, Settings, Table};
use crate::analysis::{ProblemData, RunData};
use crate::curve::grid;
use crate::stats::Interval;
use crate::stats::StatsError;
use crate::stats::bootstrap::Matrix;

mod fusion;
mod one;

use one::Context;

/// Simulated orders per problem where a vote is too large for the exact sum.
const ORDERS: u32 = 2000;
/// Multiplications that the exact sum of one problem's votes may take.
const CHEAP: f64 = 1e7;

pub(super) fn build(run: &RunData, settings: &Settings) -> Result<Table, StatsError> {
    let columns = [
        "run",
        "method",
        "n",
        "estimate",
        "ci_low",
        "ci_high",
        "mean_tokens",
        "se",
        "problems",
        "monte_carlo_se",
        "answer_tokens",
        "headroom",
    ];
    let mut table = Table::new("selection", &columns);
    let single = run.verifiers.len() == 1;
    let Some(oracle) = run.first(Role::Oracle).or_else(|| single.then_some(0)) else {
        table.note("no verifier has the role oracle: a choice cannot be called right or wrong");
        return Ok(table);
    };
    let mut known = Vec::new();
    for method in methods(run, oracle) {
        rows(run, oracle, method, settings, &mut known, &mut table)?;
    }
    fusion::rows(run, oracle, settings, &mut table);
    let method = |row: &[Cell]| match row.get(1) {
        Some(Cell::Text(method)) => method.to_string(),
        _ => String::new(),
    };
    table.rows.sort_by_cached_key(|row| method(row));
    headroom(&mut table);
    Ok(table)
}

/// Fills the last column: how much of the way from a random choice to the oracle's a method gets, at the same n. Undefined where
/// there is no way to go.
fn headroom(table: &mut Table) {
    const METHOD: usize = 1;
    const N: usize = 2;
    const ESTIMATE: usize = 3;
    let number = |cell: &Cell| match cell {
        Cell::Float(x) => *x,
        _ => None,
    };
    let ends = |word: &str| -> std::collections::HashMap<u64, f64> {
        let rows = table.rows.iter().filter(|row| matches!(&row[METHOD], Cell::Text(method) if method == word));
        rows.filter_map(|row| match &row[N] {
            Cell::Int(n) => Some((*n, number(&row[ESTIMATE])?)),
            _ => None,
        })
        .collect()
    };
    let (low, high) = (ends("random"), ends("oracle"));
    for row in &mut table.rows {
        let Cell::Int(n) = &row[N] else { continue };
        let share = low.get(n).zip(high.get(n)).filter(|(low, high)| *high - *low > 1e-12);
        let share = share.zip(number(&row[ESTIMATE])).map(|((low, high), value)| (value - low) / (high - low));
        if let Some(cell) = row.last_mut() {
            *cell = Cell::Float(share);
        }
    }
}

/// A method's name and its value per problem.
pub(crate) type Named = (String, Vec<Option<f64>>);

/// What each method gets of each problem at one n. Shapes: per method its name and one value per problem of the run; `None` where
/// the problem has fewer usable samples.
pub(crate) fn values(run: &RunData, n: u64) -> Result<Vec<Named>, StatsError> {
    let single = run.verifiers.len() == 1;
    let Some(oracle) = run.first(Role::Oracle).or_else(|| single.then_some(0)) else { return Ok(Vec::new()) };
    let mut list = Vec::new();
    for method in methods(run, oracle) {
        let of_problem = |problem| {
            let mut samples = usable(problem, oracle, method);
            if stopping(run).is_some() {
                samples.truncate(1);
            }
            if (samples.len() as u64) < n {
                return Ok(None);
            }
            let context = Context { problem, oracle, samples: &samples, seed: 0 };
            match context.get(method, &[n]) {
                Ok(got) => Ok(got.first().map(|g| g.value)),
                Err(StatsError::Domain { .. }) if matches!(method, Method::Weighted(..)) => Ok(None),
                Err(other) => Err(other),
            }
        };
        list.push((method.name(run), run.problems.iter().map(of_problem).collect::<Result<_, StatsError>>()?));
    }
    Ok(list)
}

fn methods(run: &RunData, oracle: usize) -> Vec<Method> {
    let single = run.verifiers.len() == 1;
    let mut methods = vec![Method::Oracle, Method::Random, Method::ShortestCorrect];
    if let Some(v) = voter(run) {
        methods.push(Method::Majority(v));
    }
    for v in 0..run.verifiers.len() {
        if (single || v != oracle) && decides(run, v) {
            methods.push(Method::FirstPass(v));
        }
        if v != oracle && scores(run, v) {
            let steps = has_steps(run, v);
            let ways = Aggregation::ALL.into_iter().filter(|_| steps).map(Some);
            for way in std::iter::once(None).chain(ways) {
                methods.push(Method::BestOfN(v, way));
                if voter(run).is_some() {
                    methods.push(Method::Weighted(v, way));
                }
            }
        }
    }
    methods.sort_by_key(|m| m.name(run));
    methods
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Oracle,
    Random,
    ShortestCorrect,
    FirstPass(usize),
    /// By the verifier's own score, or by one of its steps' scores.
    BestOfN(usize, Option<Aggregation>),
    Majority(usize),
    Weighted(usize, Option<Aggregation>),
}

impl Method {
    fn name(self, run: &RunData) -> String {
        let of = |v: usize| &run.verifiers[v].name;
        match self {
            Self::Oracle => "oracle".to_owned(),
            Self::Random => "random".to_owned(),
            Self::ShortestCorrect => "shortest-correct".to_owned(),
            Self::Majority(_) => "majority".to_owned(),
            Self::FirstPass(v) => format!("first-pass:{}", of(v)),
            Self::BestOfN(v, way) => format!("best-of-n:{}{}", of(v), suffix(way)),
            Self::Weighted(v, way) => format!("weighted:{}{}", of(v), suffix(way)),
        }
    }
}

fn suffix(way: Option<Aggregation>) -> String {
    way.map_or_else(String::new, |way| format!("/{}", way.as_str()))
}

/// Whether it scored steps (the votes of a judge are none).
fn has_steps(run: &RunData, verifier: usize) -> bool {
    run.verifiers[verifier].kind != "judge" && verdicts(run, verifier).any(|v| v.steps.is_some())
}

/// The sample's score, or what becomes of its steps' scores.
fn score(verdict: &crate::analysis::VerdictData, way: Option<Aggregation>) -> Option<f64> {
    match way {
        None => verdict.score,
        Some(way) => way.of(verdict.steps.as_deref()?),
    }
}

fn verdicts(run: &RunData, verifier: usize) -> impl Iterator<Item = &crate::analysis::VerdictData> {
    run.problems.iter().filter_map(move |p| p.verdicts.get(verifier)).flatten().flatten()
}

fn scores(run: &RunData, verifier: usize) -> bool {
    verdicts(run, verifier).any(|v| v.score.is_some())
}

/// The verifier whose extracted answers vote: a selector before others.
fn voter(run: &RunData) -> Option<usize> {
    let mut order: Vec<usize> = (0..run.verifiers.len()).collect();
    order.sort_by_key(|&v| match run.verifiers[v].role {
        Role::Selector => 0,
        Role::Observer => 1,
        Role::Oracle => 2,
    });
    order.into_iter().find(|&v| verdicts(run, v).any(|d| d.answer.is_some()))
}

/// What a method gets of one problem at each n: (value, mean tokens, Monte Carlo error, answer tokens).
#[derive(Clone, Copy, Default)]
struct Got {
    value: f64,
    tokens: Option<f64>,
    error: f64,
    answer: Option<f64>,
}

fn rows(
    run: &RunData,
    oracle: usize,
    method: Method,
    settings: &Settings,
    known: &mut Vec<Resampled>,
    table: &mut Table,
) -> Result<(), StatsError> {
    let name = method.name(run);
    let mut samples: Vec<Vec<usize>> = run.problems.iter().map(|p| usable(p, oracle, method)).collect();
    if let Some(stop) = stopping(run) {
        // only the first sample was drawn whatever came of it
        samples.iter_mut().for_each(|s| s.truncate(1));
        table.note(format!("{}; here that leaves n = 1", stopped_note(run, stop)));
    }
    let sizes: Vec<u64> = samples.iter().map(|s| s.len() as u64).collect();
    notes(table, &sizes);
    let reach = sizes.iter().copied().filter(|n| *n > 0).min().unwrap_or(0);
    let budgets = grid(reach);
    let mut per_problem: Vec<Vec<Got>> = Vec::new();
    for (i, problem) in run.problems.iter().enumerate() {
        if samples[i].is_empty() {
            continue;
        }
        let context = Context { problem, oracle, samples: &samples[i], seed: settings.seed };
        match context.get(method, &budgets) {
            Ok(list) => per_problem.push(list),
            Err(StatsError::Domain { must, .. }) if matches!(method, Method::Weighted(..)) => {
                table.note(format!("{name}: scores must be {must} to be summed"));
                return Ok(());
            }
            Err(other) => return Err(other),
        }
    }
    let rows: Vec<Vec<f64>> = per_problem.iter().map(|l| l.iter().map(|g| g.value).collect()).collect();
    let matrix = Matrix::from_rows(budgets.len(), &rows);
    let (means, errors) = (matrix.means(), matrix.standard_errors());
    let intervals = intervals(matrix, method, settings, known);
    for (j, &n) in budgets.iter().enumerate() {
        let interval = intervals[j];
        let average = |f: &dyn Fn(&Got) -> Option<f64>| {
            let list: Vec<f64> = per_problem.iter().filter_map(|l| f(&l[j])).collect();
            crate::stats::mean(&list)
        };
        let noise: f64 = per_problem.iter().map(|l| l[j].error.powi(2)).sum::<f64>().sqrt() / rows.len() as f64;
        table.rows.push(vec![
            Cell::text(&run.name),
            Cell::text(&name),
            n.into(),
            means[j].into(),
            interval.map(|i| i.low).into(),
            interval.map(|i| i.high).into(),
            average(&|g| g.tokens).into(),
            errors.as_ref().map(|e| e[j]).into(),
            Cell::count(rows.len()),
            noise.into(),
            average(&|g| g.answer).into(),
            Cell::Empty,
        ]);
    }
    Ok(())
}

/// Values whose intervals are known already: several methods get the same of every problem.
type Resampled = (Matrix, Vec<Option<Interval>>);

fn intervals(matrix: Matrix, method: Method, settings: &Settings, known: &mut Vec<Resampled>) -> Vec<Option<Interval>> {
    if let Some((_, same)) = known.iter().find(|(other, _)| *other == matrix) {
        return same.clone();
    }
    let resampled = matrix.problems() > 1 && settings.bootstrap > 0;
    let intervals: Vec<_> = if !resampled {
        vec![None; matrix.width()]
    } else if method == Method::Random {
        // the same at every n
        let one = matrix.first_column().resample(settings.plan()).interval(0, settings.confidence);
        vec![one; matrix.width()]
    } else {
        let replicates = matrix.resample(settings.plan());
        (0..matrix.width()).map(|j| replicates.interval(j, settings.confidence)).collect()
    };
    known.push((matrix, intervals.clone()));
    intervals
}

/// Samples that the oracle judged and that the method can use.
fn usable(problem: &ProblemData, oracle: usize, method: Method) -> Vec<usize> {
    let verdict = |v: usize, s: usize| problem.verdicts.get(v).and_then(|l| l.get(s)).and_then(Option::as_ref);
    let wrong_anyway = |s: usize| matches!(problem.samples[s].outcome, Outcome::Refused | Outcome::Empty);
    (0..problem.samples.len())
        .filter(|&s| judgement(problem, oracle, s) != Judgement::Missing)
        .filter(|&s| match method {
            Method::Oracle | Method::Random | Method::ShortestCorrect => true,
            Method::FirstPass(v) => judgement(problem, v, s) != Judgement::Missing,
            // a verdict without an answer is a vote not cast; no verdict is a sample not looked at
            Method::Majority(v) => verdict(v, s).is_some() || wrong_anyway(s),
            Method::BestOfN(v, way) | Method::Weighted(v, way) => {
                verdict(v, s).is_some_and(|d| score(d, way).is_some())
            }
        })
        .collect()
}
