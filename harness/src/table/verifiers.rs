//! `verifiers`: every verifier against the oracle.

use super::counts::{Judgement, Pair, decides, judgement, tally};
use super::{Cell, Settings, Table};
use crate::analysis::RunData;
use crate::stats::bootstrap::{Matrix, percentile};
use crate::stats::confusion::Confusion;
use crate::stats::{Interval, StatsError, calibration, mean, ranking};
use verifiers::domain::Role;

pub(super) fn build(run: &RunData, settings: &Settings) -> Result<Table, StatsError> {
    let columns = [
        "run",
        "verifier",
        "oracle",
        "true_positive",
        "false_positive",
        "false_negative",
        "true_negative",
        "unjudged",
        "completeness",
        "soundness",
        "precision",
        "conditional_accuracy",
        "conditional_accuracy_worst",
        "conditional_accuracy_best",
        "false_discovery_rate",
        "false_positive_rate",
        "auc",
        "ece",
        "brier",
        "auc_within_problems",
        "failed",
        "weak",
        "requests",
        "prompt_tokens",
        "completion_tokens",
        "cost_usd",
        "completeness_low",
        "completeness_high",
        "soundness_low",
        "soundness_high",
        "precision_low",
        "precision_high",
        "conditional_accuracy_low",
        "conditional_accuracy_high",
        "false_discovery_rate_low",
        "false_discovery_rate_high",
        "false_positive_rate_low",
        "false_positive_rate_high",
        "auc_within_problems_low",
        "auc_within_problems_high",
        "completeness_macro",
        "soundness_macro",
    ];
    let mut table = Table::new("verifiers", &columns);
    let single = run.verifiers.len() == 1;
    let Some(oracle) = run.first(Role::Oracle).or_else(|| single.then_some(0)) else {
        table.note("no verifier has the role oracle: nothing to measure the others against");
        return Ok(table);
    };
    let mut order: Vec<usize> = (0..run.verifiers.len()).filter(|&v| single || v != oracle).collect();
    order.sort_by(|a, b| run.verifiers[*a].name.cmp(&run.verifiers[*b].name));
    for v in order {
        table.rows.push(row(run, Pair { selector: v, oracle }, settings)?);
        for remark in &run.verifiers[v].remarks {
            table.note(format!("{}: {remark}", run.verifiers[v].name));
        }
    }
    Ok(table)
}

fn row(run: &RunData, pair: Pair, settings: &Settings) -> Result<Vec<Cell>, StatsError> {
    let all = tally(run, pair);
    let statuses = decides(run, pair.selector);
    let mut c = Confusion::default();
    for t in &all {
        c.true_positive += t.confusion.true_positive;
        c.false_positive += t.confusion.false_positive;
        c.false_negative += t.confusion.false_negative;
        c.true_negative += t.confusion.true_negative;
    }
    let judged: Vec<_> = all.iter().filter(|t| t.confusion.total() > 0).collect();
    let conditional = |otherwise: Option<f64>| {
        let shares: Vec<f64> = judged.iter().filter_map(|t| t.counts().precision().or(otherwise)).collect();
        mean(&shares)
    };
    let scores = Scores::of(run, pair);
    let unjudged = if statuses { all.iter().map(|t| t.unjudged).sum() } else { scores.unscored };
    let count = |n: u64| if statuses { Cell::Int(n) } else { Cell::Empty };
    let quality = scores.quality()?;
    let usage = run.verifiers[pair.selector].usage;
    let whole = |n: Option<u64>| n.map_or(Cell::Empty, Cell::Int);
    let weak = run.problems.iter().filter_map(|p| p.verdicts.get(pair.selector)).flatten().flatten();
    let mut cells = vec![
        Cell::text(&run.name),
        Cell::text(&run.verifiers[pair.selector].name),
        Cell::text(&run.verifiers[pair.oracle].name),
        count(c.true_positive),
        count(c.false_positive),
        count(c.false_negative),
        count(c.true_negative),
        if run.verifiers[pair.selector].kind == "fusion" { Cell::Empty } else { unjudged.into() },
        c.completeness().into(),
        c.soundness().into(),
        c.precision().into(),
        conditional(None).into(),
        conditional(Some(0.0)).filter(|_| statuses).into(),
        conditional(Some(1.0)).filter(|_| statuses).into(),
        c.false_discovery_rate().into(),
        c.false_positive_rate().into(),
        quality.auc.into(),
        quality.ece.into(),
        quality.brier.into(),
        quality.within.into(),
        all.iter().map(|t| t.failed).sum::<u64>().into(),
        Cell::count(weak.filter(|v| v.weak).count()),
        whole(usage.map(|u| u.requests)),
        whole(usage.and_then(|u| u.prompt_tokens)),
        whole(usage.and_then(|u| u.completion_tokens)),
        Cell::Float(usage.and_then(|u| u.cost_usd)),
    ];
    let confusions: Vec<Confusion> = judged.iter().map(|t| t.confusion).collect();
    let mut intervals = rates(&confusions, settings);
    intervals.push(quality.within_interval(settings));
    for interval in intervals {
        cells.extend([interval.map(|i| i.low).into(), interval.map(|i| i.high).into()]);
    }
    let over_problems = |f: fn(&Confusion) -> Option<f64>| mean(&confusions.iter().filter_map(f).collect::<Vec<_>>());
    cells.push(over_problems(Confusion::completeness).into());
    cells.push(over_problems(Confusion::soundness).into());
    Ok(cells)
}

/// Intervals of the rates over resampled problems, as samples of a problem depend on each other: completeness, soundness, precision,
/// conditional accuracy, false discovery rate, false positive rate.
fn rates(confusions: &[Confusion], settings: &Settings) -> Vec<Option<Interval>> {
    if confusions.len() < 2 || settings.bootstrap == 0 {
        return vec![None; 6];
    }
    let matrix = Matrix::grouped(confusions, 6, |c| {
        let precision = c.precision();
        let counts = [c.true_positive, c.false_positive, c.false_negative, c.true_negative].map(|n| n as f64);
        counts.into_iter().chain([precision.unwrap_or(0.0), f64::from(u8::from(precision.is_some()))]).collect()
    });
    let replicates = matrix.resample(settings.plan());
    let ratio = |part: usize, whole: [usize; 2]| {
        percentile(replicates.map(|r| r[part] / (r[whole[0]] + r[whole[1]])), settings.confidence)
    };
    let (tp, fp, miss, reject) = (0, 1, 2, 3);
    let conditional = percentile(replicates.map(|r| r[4] / r[5]), settings.confidence);
    vec![
        ratio(tp, [tp, miss]),
        ratio(reject, [reject, fp]),
        ratio(tp, [tp, fp]),
        conditional,
        ratio(fp, [tp, fp]),
        ratio(fp, [fp, reject]),
    ]
}

/// Scored samples whose truth is known, by problem.
struct Scores {
    problems: Vec<(Vec<f64>, Vec<bool>)>,
    unscored: u64,
}

#[derive(Default)]
struct Quality {
    auc: Option<f64>,
    within: Option<f64>,
    ece: Option<f64>,
    brier: Option<f64>,
    /// The AUC of each problem with both classes.
    each: Vec<f64>,
}

impl Quality {
    fn within_interval(&self, settings: &Settings) -> Option<Interval> {
        if self.each.len() < 2 || settings.bootstrap == 0 {
            return None;
        }
        let rows: Vec<Vec<f64>> = self.each.iter().map(|x| vec![*x]).collect();
        Matrix::from_rows(1, &rows).resample(settings.plan()).interval(0, settings.confidence)
    }
}

impl Scores {
    fn of(run: &RunData, pair: Pair) -> Self {
        let (mut problems, mut unscored) = (Vec::new(), 0);
        for problem in &run.problems {
            let (mut scores, mut labels) = (Vec::new(), Vec::new());
            for (s, sample) in problem.samples.iter().enumerate() {
                if sample.outcome == verifiers::domain::Outcome::Failed {
                    continue;
                }
                let verdict = problem.verdicts.get(pair.selector).and_then(|v| v.get(s)).and_then(Option::as_ref);
                let truth = match judgement(problem, pair.oracle, s) {
                    Judgement::Accepted => Some(true),
                    Judgement::Rejected => Some(false),
                    Judgement::Missing => None,
                };
                match verdict.and_then(|v| v.score).zip(truth) {
                    Some((score, truth)) => {
                        scores.push(score);
                        labels.push(truth);
                    }
                    None => unscored += 1,
                }
            }
            problems.push((scores, labels));
        }
        Self { problems, unscored }
    }

    fn quality(&self) -> Result<Quality, StatsError> {
        let scores: Vec<f64> = self.problems.iter().flat_map(|(s, _)| s).copied().collect();
        let labels: Vec<bool> = self.problems.iter().flat_map(|(_, l)| l).copied().collect();
        if scores.is_empty() {
            return Ok(Quality::default());
        }
        let mut quality = Quality { auc: ranking::roc_auc(&scores, &labels)?.auc, ..Quality::default() };
        for (scores, labels) in &self.problems {
            quality.each.extend(ranking::roc_auc(scores, labels)?.auc);
        }
        quality.within = mean(&quality.each);
        // a score outside [0, 1] is no probability: it has no calibration
        if scores.iter().all(|s| (0.0..=1.0).contains(s)) {
            quality.ece = calibration::calibration_error(&scores, &labels, 15)?.map(|c| c.expected);
            quality.brier = calibration::brier(&scores, &labels)?.map(|b| b.score);
        }
        Ok(quality)
    }
}
