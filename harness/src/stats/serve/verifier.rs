//! Sections 4 and 10: the quality of verifiers, alone and together.

use serde_json::{Value, json};

use super::Function;
use super::args::Args;
use crate::stats::confusion::Confusion;
use crate::stats::{StatsError, agreement, best_of_n, calibration, ensemble, partial, ranking};

type Reply = Result<Value, StatsError>;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "confusion",
        signature: "tp, fp, tn, fn -> tpr, tnr, fpr, fnr, precision, fdr, npv, accuracy, base_rate, f1, balanced_accuracy, \
                    youden_j, mcc",
        source: "definitions; Youden 1950; Matthews 1975",
        call: confusion,
    },
    Function {
        name: "roc_auc",
        signature: "scores[], labels[] -> auc, delong_se",
        source: "DeLong, DeLong and Clarke-Pearson 1988",
        call: roc_auc,
    },
    Function {
        name: "average_precision",
        signature: "scores[], labels[] -> value",
        source: "sum of recall steps times precision, ties together",
        call: average_precision,
    },
    Function {
        name: "ece",
        signature: "probs[], labels[], bins = 15 -> ece, mce",
        source: "Guo et al. 2017, arXiv:1706.04599",
        call: ece,
    },
    Function {
        name: "brier",
        signature: "probs[], labels[] -> brier, reliability, resolution, uncertainty",
        source: "Brier 1950; Murphy 1973",
        call: brier,
    },
    Function {
        name: "temperature_scaling",
        signature: "logits[], labels[] -> temperature, nll_before, nll_after (capped)",
        source: "Guo et al. 2017, arXiv:1706.04599",
        call: temperature,
    },
    Function {
        name: "platt_scaling",
        signature: "scores[], labels[] -> a, b",
        source: "Platt 1999; Lin, Lin and Weng 2007",
        call: platt,
    },
    Function {
        name: "isotonic",
        signature: "scores[], labels[] -> fitted[]",
        source: "Zadrozny and Elkan 2002",
        call: isotonic,
    },
    Function {
        name: "gv_gap",
        signature: "problems[{scores[], labels[]}], N -> coverage, selected_accuracy, gap, gap_se",
        source: "Song et al. 2024, arXiv:2412.02674",
        call: gap,
    },
    Function {
        name: "ppi",
        signature: "y_labelled[], f_labelled[], f_unlabelled[] -> ppi, ppi_se, classical, classical_se, lambda_, ppi_pp, ppi_pp_se",
        source: "Angelopoulos et al. 2023, arXiv:2301.09633 and arXiv:2311.01453",
        call: ppi,
    },
    Function {
        name: "rogan_gladen",
        signature: "n_pass, n, tp, fn, tn, fp -> raw, clipped, se",
        source: "Rogan and Gladen 1978",
        call: rogan_gladen,
    },
    Function {
        name: "codet",
        signature: "passes[solution][test] -> consensus_sets[{solutions, tests, score_paper, score_sqrt}], best_paper[], best_sqrt[]",
        source: "Chen et al. 2022, arXiv:2207.10397",
        call: codet,
    },
    Function {
        name: "triplet_moments",
        signature: "pattern_counts{\"000\": count, ...}, class_balance (optional) -> class_balance, tpr[3], fpr[3]",
        source: "Fu et al. 2020, arXiv:2002.11955; arXiv:2506.18203",
        call: triplet,
    },
    Function {
        name: "naive_bayes_posterior",
        signature: "votes[] (null: abstains), class_balance, tpr[], fpr[] -> posterior, log_odds",
        source: "naive Bayes; arXiv:2506.18203",
        call: naive_bayes,
    },
];

fn table(a: &Args<'_>) -> Result<Confusion, StatsError> {
    Ok(Confusion {
        true_positive: a.count("tp")?,
        false_positive: a.count("fp")?,
        true_negative: a.count("tn")?,
        false_negative: a.count("fn")?,
    })
}

fn confusion(a: &Args<'_>) -> Reply {
    let c = table(a)?;
    Ok(json!({
        "tpr": c.completeness(),
        "tnr": c.soundness(),
        "fpr": c.false_positive_rate(),
        "fnr": c.false_negative_rate(),
        "precision": c.precision(),
        "fdr": c.false_discovery_rate(),
        "npv": c.negative_predictive_value(),
        "accuracy": c.accuracy(),
        "base_rate": c.base_rate(),
        "f1": c.f1(),
        "balanced_accuracy": c.balanced_accuracy(),
        "youden_j": c.youden_j(),
        "mcc": c.matthews(),
    }))
}

fn roc_auc(a: &Args<'_>) -> Reply {
    let auc = ranking::roc_auc(&a.numbers("scores")?, &a.labels("labels")?)?;
    Ok(json!({ "auc": auc.auc, "delong_se": auc.delong_se }))
}

fn average_precision(a: &Args<'_>) -> Reply {
    Ok(json!({ "value": ranking::average_precision(&a.numbers("scores")?, &a.labels("labels")?)? }))
}

fn ece(a: &Args<'_>) -> Reply {
    let bins = usize::try_from(a.limited("bins", Some(15))?).unwrap_or(usize::MAX);
    let c = calibration::calibration_error(&a.numbers("probs")?, &a.labels("labels")?, bins)?;
    Ok(json!({ "ece": c.as_ref().map(|c| c.expected), "mce": c.as_ref().map(|c| c.maximum) }))
}

fn brier(a: &Args<'_>) -> Reply {
    let b = calibration::brier(&a.numbers("probs")?, &a.labels("labels")?)?;
    Ok(json!({
        "brier": b.map(|b| b.score),
        "reliability": b.map(|b| b.reliability),
        "resolution": b.map(|b| b.resolution),
        "uncertainty": b.map(|b| b.uncertainty),
    }))
}

fn temperature(a: &Args<'_>) -> Reply {
    let t = calibration::temperature_scaling(&a.numbers("logits")?, &a.labels("labels")?)?;
    let mut reply = json!({
        "temperature": t.map(|t| t.temperature),
        "nll_before": t.map(|t| t.nll_before),
        "nll_after": t.map(|t| t.nll_after),
    });
    if t.is_some_and(|t| t.capped) {
        reply["capped"] = json!(true);
    }
    Ok(reply)
}

fn platt(a: &Args<'_>) -> Reply {
    let p = calibration::platt_scaling(&a.numbers("scores")?, &a.labels("labels")?)?;
    Ok(json!({ "a": p.map(|p| p.0), "b": p.map(|p| p.1) }))
}

fn isotonic(a: &Args<'_>) -> Reply {
    Ok(json!({ "fitted": calibration::isotonic(&a.numbers("scores")?, &a.numbers("labels")?)? }))
}

fn gap(a: &Args<'_>) -> Reply {
    let g = best_of_n::generation_verification_gap(&a.scored_problems("problems")?, a.count("N")?)?;
    Ok(json!({ "coverage": g.coverage, "selected_accuracy": g.selected, "gap": g.gap, "gap_se": g.gap_se }))
}

fn ppi(a: &Args<'_>) -> Reply {
    let p =
        partial::prediction_powered(&a.numbers("y_labelled")?, &a.numbers("f_labelled")?, &a.numbers("f_unlabelled")?)?;
    Ok(json!({
        "ppi": p.estimate,
        "ppi_se": p.se,
        "classical": p.classical,
        "classical_se": p.classical_se,
        "lambda_": p.lambda,
        "ppi_pp": p.tuned,
        "ppi_pp_se": p.tuned_se,
    }))
}

fn rogan_gladen(a: &Args<'_>) -> Reply {
    let p = partial::rogan_gladen(a.count("n_pass")?, a.count("n")?, table(a)?)?;
    Ok(json!({ "raw": p.map(|p| p.raw), "clipped": p.map(|p| p.clipped), "se": p.map(|p| p.se) }))
}

fn codet(a: &Args<'_>) -> Reply {
    let found = agreement::codet(&a.label_rows("passes")?)?;
    let sets: Vec<Value> = found
        .sets
        .iter()
        .map(|s| {
            json!({
                "solutions": s.solutions,
                "tests": s.tests,
                "score_paper": s.product,
                "score_sqrt": s.sqrt,
            })
        })
        .collect();
    Ok(json!({ "consensus_sets": sets, "best_paper": found.best_product, "best_sqrt": found.best_sqrt }))
}

fn triplet(a: &Args<'_>) -> Reply {
    let patterns = a.value("pattern_counts")?.as_object();
    let bad = || StatsError::Input {
        name: "pattern_counts".to_owned(),
        must: "an object from patterns such as \"011\" to counts",
    };
    let mut counts = [0.0; 8];
    for (pattern, count) in patterns.ok_or_else(bad)? {
        let place = usize::from_str_radix(pattern, 2).ok().filter(|p| *p < 8 && pattern.len() == 3).ok_or_else(bad)?;
        counts[place] = count.as_f64().ok_or_else(bad)?;
    }
    let balance = if a.given("class_balance").is_some() { Some(a.number("class_balance")?) } else { None };
    let t = ensemble::triplet_moments(counts, balance)?;
    Ok(json!({
        "class_balance": t.map(|t| t.class_balance),
        "tpr": t.map(|t| t.completeness),
        "fpr": t.map(|t| t.false_positive_rate),
    }))
}

fn naive_bayes(a: &Args<'_>) -> Reply {
    let odds = ensemble::naive_bayes_log_odds(
        &a.votes("votes")?,
        a.number("class_balance")?,
        &a.numbers("tpr")?,
        &a.numbers("fpr")?,
    )?;
    let log_odds = match odds {
        f64::INFINITY => json!("inf"),
        f64::NEG_INFINITY => json!("-inf"),
        odds => json!(odds),
    };
    Ok(json!({ "posterior": calibration::sigmoid(odds), "log_odds": log_odds }))
}
