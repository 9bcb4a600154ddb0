//! Sections 1 and 5: coverage, its errors, and predictions beyond the data.

use serde_json::{Value, json};

use super::Function;
use super::args::Args;
use crate::stats::bootstrap::{below, mean_intervals, stream};
use crate::stats::coverage::{self, PowerLawMethod};
use crate::stats::{Interval, StatsError, bayes, interval, pass_at_k, scaled};

type Reply = Result<Value, StatsError>;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "pass_at_k",
        signature: "n, c, k -> value, fail",
        source: "Chen et al. 2021, arXiv:2107.03374, eq. 1",
        call: pass,
    },
    Function {
        name: "pass_at_k_curve",
        signature: "n, c, ks[] -> value[], fail[], expected_first_success",
        source: "Chen et al. 2021, arXiv:2107.03374, eq. 1",
        call: curve,
    },
    Function {
        name: "pass_hat_k",
        signature: "n, c, k -> value",
        source: "Yao et al. 2024, arXiv:2406.12045",
        call: pass_hat,
    },
    Function {
        name: "g_pass_at_k",
        signature: "n, c, k, tau -> value",
        source: "Liu et al. 2024, arXiv:2412.13147, eq. 4",
        call: g_pass,
    },
    Function {
        name: "mg_pass_at_k",
        signature: "n, c, k -> paper_sum, integral",
        source: "Liu et al. 2024, arXiv:2412.13147, eq. 6",
        call: mg_pass,
    },
    Function {
        name: "pass_at_k_within_var",
        signature: "n, c, k -> value",
        source: "U-statistic identity fail_k^2 - fail_2k",
        call: within,
    },
    Function {
        name: "pass_at_k_macro",
        signature: "n[], c[], k, conf = 0.95 -> mean, se, ci, mean_within_var, var_between, se_fixed_benchmark",
        source: "Miller 2024, arXiv:2411.00640",
        call: macro_mean,
    },
    Function {
        name: "clustered_se",
        signature: "values[], clusters[] -> se_iid, se_liang_zeger, se_miller",
        source: "Liang and Zeger 1986; Miller 2024, arXiv:2411.00640",
        call: clustered,
    },
    Function {
        name: "bayes_pass_at_k",
        signature: "n, c, k, a = 0.5, b = 0.5 -> mean, sd, pass_hat_mean",
        source: "conjugate Beta-Binomial",
        call: bayes_pass,
    },
    Function {
        name: "bayes_at_n",
        signature: "R[][], w[] -> mu, sigma",
        source: "Hariri et al. 2025, arXiv:2510.04265",
        call: bayes_at_n,
    },
    Function {
        name: "proportion_ci",
        signature: "c, n, conf = 0.95 -> wilson, clopper_pearson, jeffreys",
        source: "Wilson 1927; Clopper and Pearson 1934; Brown, Cai and DasGupta 2001",
        call: proportion,
    },
    Function {
        name: "bootstrap_ci",
        signature: "values[], indices[][] (or B = 10000, seed = 0), conf = 0.95 -> percentile, bca, z0, acceleration",
        source: "Efron 1987",
        call: bootstrap,
    },
    Function {
        name: "power_law_fit",
        signature: "ks[], coverage[], method = loglog_ols | nls_neglog -> a, b (dropped, where points were)",
        source: "Brown et al. 2024, arXiv:2407.21787; Schaeffer et al. 2025, arXiv:2502.17578",
        call: power_law,
    },
    Function {
        name: "beta_binomial_mle",
        signature: "n[], c[], ks[] -> alpha, beta, loglik_kernel, pass_at_k_population[], pass_at_k_benchmark[] (degenerate)",
        source: "Beta-Binomial likelihood; arXiv:2510.05197",
        call: beta_binomial,
    },
    Function {
        name: "scaled_beta_binomial_logpmf",
        signature: "x, n, alpha, beta, scale -> value",
        source: "Schaeffer et al. 2025, arXiv:2502.17578",
        call: scaled_log_pmf,
    },
    Function {
        name: "scaled_beta_pass_at_k",
        signature: "alpha, beta, scale, ks[] -> value[]",
        source: "Schaeffer et al. 2025, arXiv:2502.17578",
        call: scaled_pass,
    },
    Function {
        name: "kumaraswamy_pass_at_k",
        signature: "alpha, beta, scale, ks[] -> value[]",
        source: "Kumaraswamy 1980; Schaeffer et al. 2025, arXiv:2502.17578",
        call: kumaraswamy,
    },
    Function {
        name: "naive_pass_at_k_bias",
        signature: "n, p, k -> value",
        source: "exact expectation over Binomial(n, p)",
        call: naive_bias,
    },
    Function {
        name: "pass_until",
        signature: "draws, successes, k -> unbiased_p, mle_p, unbiased_pass_at_k",
        source: "Hu et al. 2023, arXiv:2310.03262",
        call: pass_until,
    },
];

pub(super) fn pair(interval: Option<Interval>) -> Value {
    interval.map_or(Value::Null, |i| json!([i.low, i.high]))
}

fn pass(a: &Args<'_>) -> Reply {
    let p = pass_at_k::pass_at_k(a.count("n")?, a.count("c")?, a.count("k")?)?;
    Ok(json!({ "value": p.map(|p| p.pass), "fail": p.map(|p| p.fail) }))
}

fn curve(a: &Args<'_>) -> Reply {
    let (n, c) = (a.count("n")?, a.count("c")?);
    let all = pass_at_k::at_budgets(n, c, &a.counts("ks")?)?;
    Ok(json!({
        "value": all.iter().map(|p| p.map(|p| p.pass)).collect::<Vec<_>>(),
        "fail": all.iter().map(|p| p.map(|p| p.fail)).collect::<Vec<_>>(),
        "expected_first_success": pass_at_k::expected_first_success(n, c),
    }))
}

fn pass_hat(a: &Args<'_>) -> Reply {
    Ok(json!({ "value": pass_at_k::pass_hat_k(a.count("n")?, a.count("c")?, a.count("k")?)? }))
}

fn g_pass(a: &Args<'_>) -> Reply {
    let value = pass_at_k::g_pass_at_k(a.count("n")?, a.count("c")?, a.count("k")?, a.number("tau")?)?;
    Ok(json!({ "value": value }))
}

fn mg_pass(a: &Args<'_>) -> Reply {
    let m = pass_at_k::mg_pass_at_k(a.count("n")?, a.count("c")?, a.count("k")?)?;
    Ok(json!({ "paper_sum": m.map(|m| m.paper_sum), "integral": m.map(|m| m.integral) }))
}

fn within(a: &Args<'_>) -> Reply {
    Ok(json!({ "value": pass_at_k::within_variance(a.count("n")?, a.count("c")?, a.count("k")?)? }))
}

fn macro_mean(a: &Args<'_>) -> Reply {
    let confidence = a.number_or("conf", 0.95)?;
    let m = pass_at_k::macro_mean(&a.counts("n")?, &a.counts("c")?, a.count("k")?, confidence)?;
    Ok(json!({
        "mean": m.mean,
        "se": m.se,
        "ci": pair(m.ci),
        "mean_within_var": m.mean_within_variance,
        "var_between": m.variance_between,
        "se_fixed_benchmark": m.se_fixed_benchmark,
    }))
}

fn clustered(a: &Args<'_>) -> Reply {
    let c = interval::clustered(&a.numbers("values")?, &a.words("clusters")?)?;
    Ok(json!({ "se_iid": c.iid, "se_liang_zeger": c.liang_zeger, "se_miller": c.miller }))
}

fn bayes_pass(a: &Args<'_>) -> Reply {
    let (prior_a, prior_b) = (a.number_or("a", 0.5)?, a.number_or("b", 0.5)?);
    let p = bayes::pass_at_k(a.count("n")?, a.count("c")?, a.count("k")?, prior_a, prior_b)?;
    Ok(json!({ "mean": p.mean, "sd": p.sd, "pass_hat_mean": p.pass_hat_mean }))
}

fn bayes_at_n(a: &Args<'_>) -> Reply {
    let b = bayes::bayes_at_n(&a.count_rows("R")?, &a.numbers("w")?)?;
    Ok(json!({ "mu": b.map(|b| b.mu), "sigma": b.map(|b| b.sigma) }))
}

fn proportion(a: &Args<'_>) -> Reply {
    let p = interval::proportion(a.count("c")?, a.count("n")?, a.number_or("conf", 0.95)?)?;
    Ok(json!({
        "wilson": pair(p.map(|p| p.wilson)),
        "clopper_pearson": pair(p.map(|p| p.clopper_pearson)),
        "jeffreys": pair(p.map(|p| p.jeffreys)),
    }))
}

fn bootstrap(a: &Args<'_>) -> Reply {
    let values = a.numbers("values")?;
    let average = |places: &mut dyn Iterator<Item = usize>| {
        let (mut sum, mut count) = (0.0, 0.0);
        for place in places {
            sum += *values.get(place)?;
            count += 1.0;
        }
        (count > 0.0).then_some(sum / count)
    };
    let outside = || StatsError::Domain { what: "an index", must: "below the number of values" };
    let resamples: Vec<f64> = if a.given("indices").is_some() {
        a.count_rows("indices")?
            .iter()
            .map(|row| average(&mut row.iter().map(|i| usize::try_from(*i).unwrap_or(usize::MAX))).ok_or_else(outside))
            .collect::<Result<_, _>>()?
    } else if values.is_empty() {
        Vec::new()
    } else {
        let seed = a.seed()?;
        (0..a.limited("B", Some(10_000))?)
            .map(|b| {
                let mut rng = stream(seed, b);
                average(&mut (0..values.len()).map(|_| below(&mut rng, values.len()))).ok_or_else(outside)
            })
            .collect::<Result<_, _>>()?
    };
    let got = mean_intervals(&values, &resamples, a.number_or("conf", 0.95)?)?;
    Ok(json!({
        "percentile": pair(got.map(|g| g.percentile)),
        "bca": pair(got.map(|g| g.bca)),
        "z0": got.and_then(|g| g.z0),
        "acceleration": got.and_then(|g| g.acceleration),
    }))
}

fn power_law(a: &Args<'_>) -> Reply {
    let method = match a.given("method").map(Value::as_str) {
        None | Some(Some("loglog_ols")) => PowerLawMethod::LogLog,
        Some(Some("nls_neglog")) => PowerLawMethod::NegLog,
        Some(_) => {
            return Err(StatsError::Input { name: "method".to_owned(), must: "loglog_ols or nls_neglog" });
        }
    };
    let values = a.numbers("coverage")?;
    let fit = coverage::power_law(&a.numbers("ks")?, &values, method)?;
    let mut reply = json!({ "a": fit.map(|f| f.a), "b": fit.map(|f| f.b) });
    let dropped = coverage::unusable(&values);
    if dropped > 0 {
        reply["dropped"] = json!(dropped);
    }
    Ok(reply)
}

fn beta_binomial(a: &Args<'_>) -> Reply {
    let (n, c) = (a.counts("n")?, a.counts("c")?);
    crate::stats::same_length("n and c", n.len(), c.len())?;
    let problems: Vec<(u64, u64)> = n.into_iter().zip(c).filter(|(n, c)| *n > 0 || c > n).collect();
    let ks = if a.given("ks").is_some() { a.counts("ks")? } else { Vec::new() };
    Ok(match coverage::fit(&problems)?.parameters() {
        Some(fit) => json!({
            "alpha": fit.alpha,
            "beta": fit.beta,
            "loglik_kernel": fit.log_likelihood,
            "pass_at_k_population": ks.iter().map(|k| fit.population_pass(*k)).collect::<Vec<_>>(),
            "pass_at_k_benchmark": ks.iter().map(|k| fit.benchmark_pass(&problems, *k)).collect::<Vec<_>>(),
        }),
        None => json!({
            "alpha": null,
            "beta": null,
            "loglik_kernel": null,
            "pass_at_k_population": null,
            "pass_at_k_benchmark": null,
            "degenerate": true,
        }),
    })
}

fn scaled_log_pmf(a: &Args<'_>) -> Reply {
    let (alpha, beta, scale) = (a.number("alpha")?, a.number("beta")?, a.number("scale")?);
    Ok(json!({ "value": scaled::beta_binomial_log_pmf(a.count("x")?, a.count("n")?, alpha, beta, scale)? }))
}

fn at_each_k(a: &Args<'_>, f: fn(f64, f64, f64, u64) -> Result<f64, StatsError>) -> Reply {
    let (alpha, beta, scale) = (a.number("alpha")?, a.number("beta")?, a.number("scale")?);
    let values: Vec<f64> = a.counts("ks")?.into_iter().map(|k| f(alpha, beta, scale, k)).collect::<Result<_, _>>()?;
    Ok(json!({ "value": values }))
}

fn scaled_pass(a: &Args<'_>) -> Reply {
    at_each_k(a, scaled::beta_pass_at_k)
}

fn kumaraswamy(a: &Args<'_>) -> Reply {
    at_each_k(a, scaled::kumaraswamy_pass_at_k)
}

fn naive_bias(a: &Args<'_>) -> Reply {
    Ok(json!({ "value": coverage::naive_bias(a.count("n")?, a.number("p")?, a.count("k")?)? }))
}

fn pass_until(a: &Args<'_>) -> Reply {
    let p = coverage::pass_until(a.count("draws")?, a.count("successes")?, a.count("k")?)?;
    Ok(json!({
        "unbiased_p": p.unbiased_p,
        "mle_p": p.mle_p,
        "unbiased_pass_at_k": p.unbiased_pass_at_k,
    }))
}
