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
use crate::stats::best_of_n::Ranked;
use crate::stats::bootstrap::Matrix;
use crate::stats::majority::{Chance, Votes};
use crate::stats::resampling::{Counts, first_pass};
use crate::stats::weighted::ScoredVotes;
use crate::stats::{StatsError, pass_at_k, shortest};

mod fusion;

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

struct Context<'a> {
    problem: &'a ProblemData,
    oracle: usize,
    samples: &'a [usize],
    seed: u64,
}

impl Context<'_> {
    fn correct(&self, sample: usize) -> bool {
        judgement(self.problem, self.oracle, sample) == Judgement::Accepted
    }

    fn tokens(&self, among: impl Fn(usize) -> bool) -> Option<f64> {
        let list: Option<Vec<f64>> = self
            .samples
            .iter()
            .filter(|s| among(**s))
            .map(|&s| self.problem.samples[s].completion_tokens.map(f64::from))
            .collect();
        crate::stats::mean(&list?)
    }

    fn get(&self, method: Method, budgets: &[u64]) -> Result<Vec<Got>, StatsError> {
        let n = self.samples.len() as u64;
        let right: Vec<bool> = self.samples.iter().map(|&s| self.correct(s)).collect();
        let c = right.iter().filter(|r| **r).count() as u64;
        let mean = self.tokens(|_| true);
        let spent = |draws: f64| mean.map(|m| m * draws);
        let all = |value: f64, k: u64| Got { value, tokens: spent(k as f64), ..Got::default() };
        match method {
            Method::Random => {
                let value = c as f64 / n as f64;
                Ok(budgets.iter().map(|_| Got { value, tokens: mean, error: 0.0, answer: mean }).collect())
            }
            Method::Oracle => {
                let answer = self.tokens(|s| self.correct(s));
                let curve = pass_at_k::at_budgets(n, c, budgets)?;
                Ok(budgets
                    .iter()
                    .zip(curve)
                    .map(|(&k, p)| Got { answer, ..all(p.map_or(0.0, |p| p.pass), k) })
                    .collect())
            }
            Method::ShortestCorrect => {
                let lengths: Option<Vec<f64>> =
                    self.samples.iter().map(|&s| self.problem.samples[s].completion_tokens.map(f64::from)).collect();
                let zeros = vec![0.0; right.len()];
                let sorted = shortest::SortedLengths::new(lengths.as_ref().unwrap_or(&zeros), &right)?;
                let curve = pass_at_k::at_budgets(n, c, budgets)?;
                Ok(budgets
                    .iter()
                    .zip(curve)
                    .map(|(&k, p)| {
                        let kept = sorted.shortest_of(k).and_then(|g| g.expected_length);
                        Got { answer: kept.filter(|_| lengths.is_some()), ..all(p.map_or(0.0, |p| p.pass), k) }
                    })
                    .collect())
            }
            Method::FirstPass(v) => {
                let accepted = |s: usize| judgement(self.problem, v, s) == Judgement::Accepted;
                let taken = self.samples.iter().zip(&right).filter(|(s, _)| accepted(**s));
                let (tp, fp) = taken.fold((0, 0), |(t, f), (_, r)| if *r { (t + 1, f) } else { (t, f + 1) });
                let counts = Counts { n, true_positive: tp, false_positive: fp };
                let answer = self.tokens(accepted);
                budgets
                    .iter()
                    .map(|&k| {
                        let p = first_pass(counts, k)?;
                        Ok(Got {
                            value: p.map_or(0.0, |p| p.correct),
                            tokens: p.and_then(|p| spent(p.expected_attempts)),
                            error: 0.0,
                            answer,
                        })
                    })
                    .collect()
            }
            Method::BestOfN(v, way) => {
                let scores = self.scores(v, way);
                let gold: Vec<f64> = right.iter().map(|r| f64::from(u8::from(*r))).collect();
                let ranked = Ranked::new(&scores, &gold)?;
                let lengths: Option<Vec<f64>> =
                    self.samples.iter().map(|&s| self.problem.samples[s].completion_tokens.map(f64::from)).collect();
                let by_length = lengths.map(|l| Ranked::new(&scores, &l)).transpose()?;
                Ok(budgets
                    .iter()
                    .map(|&k| Got {
                        answer: by_length.as_ref().and_then(|r| r.best_of(k)),
                        ..all(ranked.best_of(k).unwrap_or(0.0), k)
                    })
                    .collect())
            }
            Method::Majority(v) => {
                let votes = self.votes(&self.answers(v), &right);
                Ok(self.chances(votes.majority_within(CHEAP, budgets, ORDERS, self.seed), budgets, mean))
            }
            Method::Weighted(v, way) => {
                let answers = self.answers_of_any(v);
                let labels = labels(&answers, &right);
                let votes = ScoredVotes::new(&answers, &self.scores(v, way), |a| labels.contains(a))?;
                let places: Vec<usize> = budgets.iter().map(|k| usize::try_from(*k).unwrap_or(usize::MAX)).collect();
                Ok(self.chances(votes.curve(&places, ORDERS, self.seed), budgets, mean))
            }
        }
    }

    #[expect(clippy::unused_self, reason = "reads as the others do")]
    fn chances(&self, list: Vec<Option<Chance>>, budgets: &[u64], mean: Option<f64>) -> Vec<Got> {
        list.into_iter()
            .zip(budgets)
            .map(|(chance, &k)| Got {
                value: chance.map_or(0.0, |c| c.value),
                error: chance.and_then(|c| c.monte_carlo_se).unwrap_or(0.0),
                tokens: mean.map(|m| m * k as f64),
                answer: None,
            })
            .collect()
    }

    fn scores(&self, verifier: usize, way: Option<Aggregation>) -> Vec<f64> {
        let of = |s: usize| self.problem.verdicts[verifier][s].as_ref().and_then(|d| score(d, way));
        self.samples.iter().map(|&s| of(s).unwrap_or(f64::NAN)).collect()
    }

    fn answers(&self, verifier: usize) -> Vec<Option<&str>> {
        let answer = |s: usize| self.problem.verdicts.get(verifier)?.get(s)?.as_ref()?.answer.as_deref();
        self.samples.iter().map(|&s| answer(s)).collect()
    }

    /// The scorer's own answers, or those of the first verifier that extracts any.
    fn answers_of_any(&self, verifier: usize) -> Vec<Option<&str>> {
        std::iter::once(verifier)
            .chain(0..self.problem.verdicts.len())
            .map(|v| self.answers(v))
            .find(|list| list.iter().any(Option::is_some))
            .unwrap_or_else(|| vec![None; self.samples.len()])
    }

    #[expect(clippy::unused_self, reason = "reads as the others do")]
    fn votes(&self, answers: &[Option<&str>], right: &[bool]) -> Votes {
        let labels = labels(answers, right);
        Votes::count(answers, |a| labels.contains(a))
    }
}

/// Answers that the oracle calls right: most of the samples that give them are.
fn labels<'a>(answers: &[Option<&'a str>], right: &[bool]) -> std::collections::HashSet<&'a str> {
    let mut balance: std::collections::HashMap<&str, i64> = std::collections::HashMap::new();
    for (answer, right) in answers.iter().zip(right) {
        if let Some(answer) = answer {
            *balance.entry(answer).or_default() += if *right { 1 } else { -1 };
        }
    }
    balance.into_iter().filter(|(_, b)| *b > 0).map(|(a, _)| a).collect()
}
