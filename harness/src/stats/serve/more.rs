//! What the reference names beside the functions of its vectors.

use serde_json::{Value, json};

use super::Function;
use super::args::Args;
use crate::stats::bootstrap::{Matrix, Plan};
use crate::stats::threshold::{self, Goal};
use crate::stats::{StatsError, allocation, partial, ranking, revision, same_length};

type Reply = Result<Value, StatsError>;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "simultaneous_band",
        signature: "curves[problem][budget], B = 10000, seed = 0, conf = 0.95 -> mean[], se[], low[], high[], t",
        source: "max-t over budgets from one set of resampled problems; Romano and Wolf 2005",
        call: band,
    },
    Function {
        name: "within_problem_auc",
        signature: "problems[{scores[], labels[]}] -> value, mixed_problems",
        source: "mean of the AUC of each problem that has both classes",
        call: within_auc,
    },
    Function {
        name: "choose_threshold",
        signature: "scores[], labels[], goal = youden | reward | precision, cost = 1, target = 0.9, conf = 0.95 -> threshold, value, \
                    tpr, fpr, precision",
        source: "Youden 1950; one-sided Wilson bound for precision. Judge it on other problems than it was chosen on",
        call: choose_threshold,
    },
    Function {
        name: "horvitz_thompson",
        signature: "values[], inclusion[] (probability of each to be labelled), n_total -> mean, se",
        source: "Horvitz and Thompson 1952, independent inclusion",
        call: horvitz_thompson,
    },
    Function {
        name: "difficulty_bins",
        signature: "values[], bins = 5 -> bins[] (0: lowest)",
        source: "Snell et al. 2024, arXiv:2408.03314, section 3.2",
        call: bins,
    },
    Function {
        name: "next_sample_value",
        signature: "alpha, beta, failures, cost = 1 -> value",
        source: "chance that one more sample solves a problem that failed so often, per cost, under a Beta prior",
        call: next_sample,
    },
    Function {
        name: "transitions",
        signature: "rollouts[][] (0 and 1 per turn) -> wrong_to_right, right_to_wrong",
        source: "Kumar et al. 2024, arXiv:2409.12917, section 3",
        call: transitions,
    },
];

fn band(a: &Args<'_>) -> Reply {
    let rows = a.number_rows("curves")?;
    let width = rows.first().map_or(0, Vec::len);
    for row in &rows {
        same_length("curves", width, row.len())?;
        crate::stats::finite("a value", row)?;
    }
    let confidence = a.number_or("conf", 0.95)?;
    crate::stats::open_probability("conf", confidence)?;
    let replicates = usize::try_from(a.limited("B", Some(10_000))?).unwrap_or(usize::MAX);
    let matrix = Matrix::from_rows(width, &rows);
    let Some(errors) = matrix.standard_errors() else {
        return Ok(json!({ "mean": null, "se": null, "low": null, "high": null, "t": null }));
    };
    let means = matrix.means();
    let plan = Plan { replicates, seed: a.seed()?, confidence };
    let t = matrix.resample(plan).max_t(&means, &errors, confidence);
    let edge = |sign: f64| t.map(|t| means.iter().zip(&errors).map(|(m, se)| m + sign * t * se).collect::<Vec<_>>());
    Ok(json!({ "mean": means, "se": errors, "low": edge(-1.0), "high": edge(1.0), "t": t }))
}

fn within_auc(a: &Args<'_>) -> Reply {
    let auc = ranking::within_problem_auc(&a.scored_problems("problems")?)?;
    Ok(json!({ "value": auc.map(|a| a.0), "mixed_problems": auc.map_or(0, |a| a.1) }))
}

fn choose_threshold(a: &Args<'_>) -> Reply {
    let goal = match a.given("goal").map(Value::as_str) {
        None | Some(Some("youden")) => Goal::Youden,
        Some(Some("reward")) => Goal::Reward { cost: a.number_or("cost", 1.0)? },
        Some(Some("precision")) => {
            Goal::Precision { target: a.number_or("target", 0.9)?, confidence: a.number_or("conf", 0.95)? }
        }
        Some(_) => return Err(StatsError::Input { name: "goal".to_owned(), must: "youden, reward or precision" }),
    };
    let t = threshold::choose(&a.numbers("scores")?, &a.labels("labels")?, goal)?;
    Ok(json!({
        "threshold": t.map(|t| t.point.threshold),
        "value": t.map(|t| t.value),
        "tpr": t.map(|t| t.point.completeness),
        "fpr": t.map(|t| t.point.false_positive_rate),
        "precision": t.map(|t| t.point.precision),
    }))
}

fn horvitz_thompson(a: &Args<'_>) -> Reply {
    let got = partial::horvitz_thompson(&a.numbers("values")?, &a.numbers("inclusion")?, a.count("n_total")?)?;
    Ok(json!({ "mean": got.map(|g| g.0), "se": got.map(|g| g.1) }))
}

fn bins(a: &Args<'_>) -> Reply {
    let count = usize::try_from(a.limited("bins", Some(5))?).unwrap_or(usize::MAX);
    Ok(json!({ "bins": allocation::difficulty_bins(&a.numbers("values")?, count)? }))
}

fn next_sample(a: &Args<'_>) -> Reply {
    let (alpha, beta) = (a.number("alpha")?, a.number("beta")?);
    let value = allocation::marginal_value(alpha, beta, a.count("failures")?, a.number_or("cost", 1.0)?)?;
    Ok(json!({ "value": value }))
}

fn transitions(a: &Args<'_>) -> Reply {
    let (up, down) = revision::transitions(&a.label_rows("rollouts")?);
    Ok(json!({ "wrong_to_right": up, "right_to_wrong": down }))
}
