//! Sections 6 to 9: allocation and stopping, comparisons, trends, revisions and length.

use serde_json::{Map, Value, json};

use super::Function;
use super::args::{Args, to_word};
use super::coverage::pair;
use crate::stats::allocation::{AllocationRow, cross_validated};
use crate::stats::comparison::{self, Design};
use crate::stats::{StatsError, probability, revision, sequential, shortest, trend};

type Reply = Result<Value, StatsError>;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "adaptive_consistency_beta",
        signature: "v1, v2, threshold = 0.95 -> prob, stop",
        source: "Aggarwal et al. 2023, arXiv:2305.11860",
        call: adaptive,
    },
    Function {
        name: "confidence_sequence",
        signature: "c, n, a = 1, b = 1, alpha = 0.05 -> lower, upper",
        source: "Robbins 1970; Howard et al. 2021, arXiv:1810.08240",
        call: sequence,
    },
    Function {
        name: "cv_allocation",
        signature: "table[{bin, fold, value{strategy: value}}] -> policy{\"fold/bin\": strategy}, cv_value",
        source: "Snell et al. 2024, arXiv:2408.03314",
        call: allocation,
    },
    Function {
        name: "sign_flip_test",
        signature: "d[], R = 10000, seed = 0 -> p (exact for up to 20)",
        source: "Fisher 1935; Phipson and Smyth 2010",
        call: sign_flip,
    },
    Function {
        name: "mcnemar",
        signature: "b, c -> p_exact, p_mid",
        source: "McNemar 1947; Fagerland et al. 2013",
        call: mcnemar,
    },
    Function {
        name: "multiple_comparisons",
        signature: "p[] -> holm[], bh[]",
        source: "Holm 1979; Benjamini and Hochberg 1995",
        call: multiple,
    },
    Function {
        name: "mde",
        signature: "sd_x_a, sd_x_b, corr, within_var_a, within_var_b, k_a, k_b, n_problems, alpha = 0.05, power = 0.8 -> mde",
        source: "Miller 2024, arXiv:2411.00640",
        call: mde,
    },
    Function {
        name: "sample_size",
        signature: "delta, var_diff, alpha = 0.05, power = 0.8 -> n",
        source: "Miller 2024, arXiv:2411.00640",
        call: sample_size,
    },
    Function {
        name: "paired_difference",
        signature: "a[], b[], conf = 0.95 -> diff, se, ci_normal, ci_t",
        source: "Miller 2024, arXiv:2411.00640",
        call: paired,
    },
    Function {
        name: "trend_slope",
        signature: "Ns[], curves[][] -> slope, se, t",
        source: "least squares per problem on log2 N, then over problems",
        call: slope,
    },
    Function {
        name: "revision_metrics",
        signature: "answers[][] (null: none), correct[], t -> p1_at_t, m1_at_t, last_at_t",
        source: "Qu et al. 2024, arXiv:2407.18219",
        call: revisions,
    },
    Function {
        name: "shortest_correct",
        signature: "lengths[], correct[], k -> pass_at_k, expected_length_given_correct",
        source: "Kimi k1.5, arXiv:2501.12599",
        call: shortest_correct,
    },
];

fn adaptive(a: &Args<'_>) -> Reply {
    let lead = sequential::lead_probability(a.count("v1")?, a.count("v2")?);
    let threshold = a.number_or("threshold", 0.95)?;
    probability("threshold", threshold)?;
    Ok(json!({ "prob": lead, "stop": lead >= threshold }))
}

fn sequence(a: &Args<'_>) -> Reply {
    let (prior_a, prior_b) = (a.number_or("a", 1.0)?, a.number_or("b", 1.0)?);
    let alpha = a.number_or("alpha", 0.05)?;
    let s = sequential::confidence_sequence(a.count("c")?, a.count("n")?, prior_a, prior_b, alpha)?;
    Ok(json!({ "lower": s.low, "upper": s.high }))
}

fn allocation(a: &Args<'_>) -> Reply {
    let rows: Vec<AllocationRow> = a
        .objects("table")?
        .iter()
        .map(|row| {
            let values = row.value("value")?.as_object();
            let bad = || StatsError::Input { name: "value".to_owned(), must: "an object of numbers" };
            Ok(AllocationRow {
                bin: to_word(row.value("bin")?),
                fold: to_word(row.value("fold")?),
                value: values
                    .ok_or_else(bad)?
                    .iter()
                    .map(|(name, v)| Ok((name.clone(), v.as_f64().ok_or_else(bad)?)))
                    .collect::<Result<_, StatsError>>()?,
            })
        })
        .collect::<Result<_, StatsError>>()?;
    let got = cross_validated(&rows)?;
    let policy: Map<String, Value> =
        got.policy.into_iter().map(|((fold, bin), s)| (format!("{fold}/{bin}"), Value::String(s))).collect();
    Ok(json!({ "policy": policy, "cv_value": got.value }))
}

fn sign_flip(a: &Args<'_>) -> Reply {
    let flips = u32::try_from(a.limited("R", Some(10_000))?).unwrap_or(u32::MAX);
    Ok(json!({ "p": comparison::sign_flip_test(&a.numbers("d")?, flips, a.seed()?)? }))
}

fn mcnemar(a: &Args<'_>) -> Reply {
    let (exact, mid) = comparison::mcnemar(a.count("b")?, a.count("c")?);
    Ok(json!({ "p_exact": exact, "p_mid": mid }))
}

fn multiple(a: &Args<'_>) -> Reply {
    let p = a.numbers("p")?;
    Ok(json!({ "holm": comparison::holm(&p)?, "bh": comparison::benjamini_hochberg(&p)? }))
}

fn mde(a: &Args<'_>) -> Reply {
    let design = Design {
        sd_a: a.number("sd_x_a")?,
        sd_b: a.number("sd_x_b")?,
        correlation: a.number("corr")?,
        within_a: a.number("within_var_a")?,
        within_b: a.number("within_var_b")?,
        samples_a: a.number("k_a")?,
        samples_b: a.number("k_b")?,
        problems: a.number("n_problems")?,
    };
    let (alpha, power) = (a.number_or("alpha", 0.05)?, a.number_or("power", 0.8)?);
    Ok(json!({ "mde": comparison::minimum_detectable_effect(&design, alpha, power)? }))
}

fn sample_size(a: &Args<'_>) -> Reply {
    let (alpha, power) = (a.number_or("alpha", 0.05)?, a.number_or("power", 0.8)?);
    Ok(json!({ "n": comparison::sample_size(a.number("delta")?, a.number("var_diff")?, alpha, power)? }))
}

fn paired(a: &Args<'_>) -> Reply {
    let p = comparison::paired_difference(&a.numbers("a")?, &a.numbers("b")?, a.number_or("conf", 0.95)?)?;
    Ok(json!({ "diff": p.difference, "se": p.se, "ci_normal": pair(p.normal), "ci_t": pair(p.student) }))
}

fn slope(a: &Args<'_>) -> Reply {
    let s = trend::trend_slope(&a.numbers("Ns")?, &a.number_rows("curves")?)?;
    Ok(json!({ "slope": s.map(|s| s.slope), "se": s.and_then(|s| s.se), "t": s.and_then(|s| s.t) }))
}

fn revisions(a: &Args<'_>) -> Reply {
    let (answers, correct) = (a.answer_rows("answers")?, a.words("correct")?);
    let rows: Vec<Vec<Option<&str>>> = answers.iter().map(|r| r.iter().map(Option::as_deref).collect()).collect();
    let truth: Vec<&str> = correct.iter().map(String::as_str).collect();
    let r = revision::revision_metrics(&rows, &truth, a.size("t")?)?;
    Ok(json!({
        "p1_at_t": r.map(|r| r.any),
        "m1_at_t": r.map(|r| r.majority),
        "last_at_t": r.map(|r| r.last),
    }))
}

fn shortest_correct(a: &Args<'_>) -> Reply {
    let s = shortest::shortest_correct(&a.numbers("lengths")?, &a.labels("correct")?, a.count("k")?)?;
    Ok(json!({
        "pass_at_k": s.map(|s| s.pass),
        "expected_length_given_correct": s.and_then(|s| s.expected_length),
    }))
}
