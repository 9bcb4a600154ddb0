//! Sections 2 and 3: choosing among samples, and resampling until something is accepted.

use serde_json::{Value, json};

use super::Function;
use super::args::Args;
use crate::stats::best_of_n::{Ranked, TieGroup};
use crate::stats::majority::{Chance, Votes};
use crate::stats::mixture::{Kind, mixture_utility};
use crate::stats::resampling::{self, Budget, Worth};
use crate::stats::weighted::ScoredVotes;
use crate::stats::{StatsError, at_most};

type Reply = Result<Value, StatsError>;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "best_of_n",
        signature: "scores[], labels[], Ns[] -> value[]",
        source: "Nakano et al. 2021, arXiv:2112.09332",
        call: best_of_n,
    },
    Function {
        name: "best_of_n_groups",
        signature: "groups[{score, size, n_correct}], Ns[] -> value[]",
        source: "Nakano et al. 2021, arXiv:2112.09332",
        call: best_of_n_groups,
    },
    Function {
        name: "majority_at_n",
        signature: "answers[] (null: none), correct[], Ns[], R = 10000, seed = 0 -> value[] (se[], where simulated)",
        source: "Wang et al. 2022, arXiv:2203.11171",
        call: majority,
    },
    Function {
        name: "majority_at_n_counts",
        signature: "counts[], correct_index, n_null = 0, Ns[], R = 10000, seed = 0 -> value[] (se[], where simulated)",
        source: "Wang et al. 2022, arXiv:2203.11171",
        call: majority_counts,
    },
    Function {
        name: "weighted_best_of_n",
        signature: "answers[], scores[], correct[], N, R = 10000, seed = 0 -> value (se, where simulated)",
        source: "Li et al. 2022, arXiv:2206.02336; Snell et al. 2024, arXiv:2408.03314",
        call: weighted,
    },
    Function {
        name: "first_pass_closed_form",
        signature: "r, tpr, fpr, K (or \"inf\") -> p_correct, p_false_positive, p_abstain, expected_attempts, conditional_accuracy",
        source: "Stroebl et al. 2024, arXiv:2411.17501",
        call: closed_form,
    },
    Function {
        name: "first_pass_empirical",
        signature: "n, n_tp, n_fp, K -> p_correct, p_false_positive, p_abstain, expected_attempts",
        source: "Stroebl et al. 2024, arXiv:2411.17501, as a U-statistic",
        call: empirical,
    },
    Function {
        name: "first_pass_utility",
        signature: "problems[[n, n_tp, n_fp]], benefit = 1, fp_cost = 1, sample_cost = 0, u0 = 0, k_max -> utility[], p_correct[], \
                    p_false_positive[], expected_attempts[], conditional_accuracy[], k_opt, u_opt",
        source: "Stroebl et al. 2024, arXiv:2411.17501, section 5",
        call: utility,
    },
    Function {
        name: "first_pass_limit",
        signature: "problems[[n, n_tp, n_fp]] -> p_correct_inf, p_false_positive_inf, p_abstain_inf, pooled_precision",
        source: "Stroebl et al. 2024, arXiv:2411.17501, K to infinity",
        call: limit,
    },
    Function {
        name: "attempt_profile",
        signature: "problems[[n, n_tp, n_fp]], ks[] -> attempts[{p_accept_correct, p_accept_incorrect, precision_at_attempt}]",
        source: "Stroebl et al. 2024, arXiv:2411.17501, weighted by probability",
        call: profile,
    },
    Function {
        name: "mixture_utility",
        signature: "types[{weight (summing to 1 within 0.01), r, tpr, fpr}], benefit = 1, fp_cost = 1, sample_cost = 0, k_max -> utility[], \
                    posterior_after_rejects[][], k_opt, u_opt, u_inf",
        source: "Stroebl et al. 2024, arXiv:2411.17501, section 5, survival weighted by the prior",
        call: mixture,
    },
];

fn best_of_n(a: &Args<'_>) -> Reply {
    let ranked = Ranked::new(&a.numbers("scores")?, &a.numbers("labels")?)?;
    Ok(json!({ "value": a.counts("Ns")?.into_iter().map(|n| ranked.best_of(n)).collect::<Vec<_>>() }))
}

fn best_of_n_groups(a: &Args<'_>) -> Reply {
    let groups = a
        .objects("groups")?
        .iter()
        .map(|g| {
            let (size, correct) = (g.count("size")?, g.count("n_correct")?);
            at_most("correct samples", correct, size)?;
            Ok(TieGroup { score: g.number("score")?, size, correct: correct as f64 })
        })
        .collect::<Result<_, StatsError>>()?;
    let ranked = Ranked::from_groups(groups)?;
    Ok(json!({ "value": a.counts("Ns")?.into_iter().map(|n| ranked.best_of(n)).collect::<Vec<_>>() }))
}

fn replicates(a: &Args<'_>) -> Result<(u32, u64), StatsError> {
    let count = a.limited("R", Some(10_000))?;
    Ok((u32::try_from(count).unwrap_or(u32::MAX), a.seed()?))
}

fn chances(list: &[Option<Chance>]) -> Value {
    let mut reply = json!({ "value": list.iter().map(|c| c.map(|c| c.value)).collect::<Vec<_>>() });
    if list.iter().flatten().any(|c| c.monte_carlo_se.is_some()) {
        reply["se"] = json!(list.iter().map(|c| c.and_then(|c| c.monte_carlo_se)).collect::<Vec<_>>());
    }
    reply
}

fn majority(a: &Args<'_>) -> Reply {
    let (answers, correct) = (a.answers("answers")?, a.answer_set("correct")?);
    let words: Vec<Option<&str>> = answers.iter().map(Option::as_deref).collect();
    let (count, seed) = replicates(a)?;
    let votes = Votes::count(&words, |answer| correct.contains(answer));
    Ok(chances(&votes.majority(&a.counts("Ns")?, count, seed)))
}

fn majority_counts(a: &Args<'_>) -> Reply {
    let counts = a.counts("counts")?;
    let right = match a.value("correct_index")? {
        Value::Array(_) => a.counts("correct_index")?,
        _ => vec![a.count("correct_index")?],
    };
    if right.iter().any(|i| usize::try_from(*i).map_or(true, |i| i >= counts.len())) {
        return Err(StatsError::Input { name: "correct_index".to_owned(), must: "below the number of counts" });
    }
    let answers = (0u64..).zip(counts).map(|(i, count)| (count, right.contains(&i))).filter(|(c, _)| *c > 0).collect();
    let votes = Votes { answers, without: a.count_or("n_null", 0)? };
    if votes.samples() > 10_000_000 {
        return Err(StatsError::Domain { what: "the number of samples", must: "at most 10^7" });
    }
    let (count, seed) = replicates(a)?;
    Ok(chances(&votes.majority(&a.counts("Ns")?, count, seed)))
}

fn weighted(a: &Args<'_>) -> Reply {
    let (answers, correct) = (a.answers("answers")?, a.answer_set("correct")?);
    let words: Vec<Option<&str>> = answers.iter().map(Option::as_deref).collect();
    let votes = ScoredVotes::new(&words, &a.numbers("scores")?, |answer| correct.contains(answer))?;
    let (count, seed) = replicates(a)?;
    let chance = votes.best_of(a.size("N")?, count, seed);
    let mut reply = json!({ "value": chance.map(|c| c.value) });
    if let Some(se) = chance.and_then(|c| c.monte_carlo_se) {
        reply["se"] = json!(se);
    }
    Ok(reply)
}

fn closed_form(a: &Args<'_>) -> Reply {
    let budget = match a.value("K")?.as_str() {
        Some("inf" | "Infinity" | "infinity") => Budget::Unlimited,
        _ => Budget::Draws(a.count("K")?),
    };
    let p = resampling::closed_form(a.number("r")?, a.number("tpr")?, a.number("fpr")?, budget)?;
    Ok(json!({
        "p_correct": p.correct,
        "p_false_positive": p.false_positive,
        "p_abstain": p.abstain,
        "expected_attempts": p.expected_attempts,
        "conditional_accuracy": p.conditional_accuracy,
    }))
}

fn empirical(a: &Args<'_>) -> Reply {
    let counts =
        resampling::Counts { n: a.count("n")?, true_positive: a.count("n_tp")?, false_positive: a.count("n_fp")? };
    let p = resampling::first_pass(counts, a.count("K")?)?;
    Ok(json!({
        "p_correct": p.map(|p| p.correct),
        "p_false_positive": p.map(|p| p.false_positive),
        "p_abstain": p.map(|p| p.abstain),
        "expected_attempts": p.map(|p| p.expected_attempts),
    }))
}

fn utility(a: &Args<'_>) -> Reply {
    let worth = Worth {
        benefit: a.finite_or("benefit", 1.0)?,
        false_positive_cost: a.finite_or("fp_cost", 1.0)?,
        sample_cost: a.finite_or("sample_cost", 0.0)?,
        abstain: a.finite_or("u0", 0.0)?,
    };
    let curve = resampling::utility_curve(&a.problems("problems")?, worth, a.limited("k_max", None)?)?;
    let column = |f: fn(&resampling::FirstPass) -> f64| -> Vec<Option<f64>> {
        curve.points.iter().map(|p| p.as_ref().map(f)).collect()
    };
    Ok(json!({
        "utility": curve.utility,
        "p_correct": column(|p| p.correct),
        "p_false_positive": column(|p| p.false_positive),
        "expected_attempts": column(|p| p.expected_attempts),
        "conditional_accuracy": curve.conditional_accuracy,
        "k_opt": curve.best,
        "u_opt": curve.best_utility,
    }))
}

fn limit(a: &Args<'_>) -> Reply {
    let l = resampling::limit(&a.problems("problems")?)?;
    Ok(json!({
        "p_correct_inf": l.correct,
        "p_false_positive_inf": l.false_positive,
        "p_abstain_inf": l.abstain,
        "pooled_precision": l.pooled_precision,
    }))
}

fn profile(a: &Args<'_>) -> Reply {
    let list = resampling::attempt_profile(&a.problems("problems")?, &a.counts("ks")?)?;
    let attempts: Vec<Value> = list
        .into_iter()
        .map(|p| {
            json!({
                "p_accept_correct": p.map(|p| p.correct),
                "p_accept_incorrect": p.map(|p| p.incorrect),
                "precision_at_attempt": p.and_then(|p| p.precision()),
            })
        })
        .collect();
    Ok(json!({ "attempts": attempts }))
}

fn mixture(a: &Args<'_>) -> Reply {
    let kinds: Vec<Kind> = a
        .objects("types")?
        .iter()
        .map(|t| {
            Ok(Kind {
                weight: t.number("weight")?,
                r: t.number("r")?,
                completeness: t.number("tpr")?,
                false_positive_rate: t.number("fpr")?,
            })
        })
        .collect::<Result<_, StatsError>>()?;
    let (benefit, cost) = (a.finite_or("benefit", 1.0)?, a.finite_or("fp_cost", 1.0)?);
    let m = mixture_utility(&kinds, benefit, cost, a.finite_or("sample_cost", 0.0)?, a.limited("k_max", None)?)?;
    Ok(json!({
        "utility": m.utility,
        "posterior_after_rejects": m.posterior,
        "k_opt": m.best,
        "u_opt": m.best_utility,
        "u_inf": m.limit,
    }))
}
