//! `verifiers`: every verifier against the oracle.

use super::counts::{Judgement, Pair, decides, judgement, tally};
use super::{Cell, Table};
use crate::analysis::RunData;
use crate::stats::confusion::Confusion;
use crate::stats::{StatsError, calibration, mean, ranking};
use verifiers::domain::Role;

pub(super) fn build(run: &RunData) -> Result<Table, StatsError> {
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
        table.rows.push(row(run, Pair { selector: v, oracle })?);
        for remark in &run.verifiers[v].remarks {
            table.note(format!("{}: {remark}", run.verifiers[v].name));
        }
    }
    Ok(table)
}

fn row(run: &RunData, pair: Pair) -> Result<Vec<Cell>, StatsError> {
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
    Ok(vec![
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
    ])
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
        let mut quality = Quality {
            auc: ranking::roc_auc(&scores, &labels)?.auc,
            within: ranking::within_problem_auc(&self.problems)?.map(|(auc, _)| auc),
            ..Quality::default()
        };
        // a score outside [0, 1] is no probability: it has no calibration
        if scores.iter().all(|s| (0.0..=1.0).contains(s)) {
            quality.ece = calibration::calibration_error(&scores, &labels, 15)?.map(|c| c.expected);
            quality.brier = calibration::brier(&scores, &labels)?.map(|b| b.score);
        }
        Ok(quality)
    }
}
