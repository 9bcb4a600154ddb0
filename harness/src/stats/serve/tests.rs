use std::path::PathBuf;

use super::*;

/// The shared vectors, where this checkout has them beside it.
fn vectors() -> Option<Value> {
    let root = std::env::var_os("NBEST_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")), PathBuf::from);
    let root =
        if root.is_dir() { root } else { PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")) };
    let text = std::fs::read_to_string(root.join("stats/vectors.json")).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

fn compare(path: &str, got: &Value, expected: &Value, rel: f64, abs: f64, failures: &mut Vec<String>) {
    match (got, expected) {
        (Value::Array(g), Value::Array(e)) if g.len() == e.len() => {
            for (i, (g, e)) in g.iter().zip(e).enumerate() {
                compare(&format!("{path}[{i}]"), g, e, rel, abs, failures);
            }
        }
        (Value::Object(g), Value::Object(e)) if g.len() == e.len() => {
            for (key, e) in e {
                compare(&format!("{path}.{key}"), g.get(key).unwrap_or(&Value::Null), e, rel, abs, failures);
            }
        }
        (Value::Number(g), Value::Number(e)) => {
            let (g, e) = (g.as_f64().unwrap(), e.as_f64().unwrap());
            if (g - e).abs() > abs + rel * e.abs() {
                failures.push(format!("{path}: {g} is not {e}"));
            }
        }
        _ if got == expected => {}
        _ => failures.push(format!("{path}: {got} is not {expected}")),
    }
}

#[test]
fn every_shared_vector_passes_through_the_protocol() {
    let Some(file) = vectors() else {
        println!("skipped: no ../shared/stats/vectors.json beside this checkout");
        return;
    };
    let list = file["vectors"].as_array().unwrap();
    assert!(list.len() >= 166, "{}", list.len());
    let mut failures = Vec::new();
    for vector in list {
        let id = vector["id"].as_str().unwrap();
        let request = json!({ "fn": vector["fn"], "inputs": vector["inputs"] }).to_string();
        let answer: Value = serde_json::from_str(&reply(&request)).unwrap();
        let tolerance = |key: &str| vector["tol"][key].as_f64().unwrap();
        match answer.get("result") {
            Some(got) => compare(id, got, &vector["expected"], tolerance("rel"), tolerance("abs"), &mut failures),
            None => failures.push(format!("{id}: {answer}")),
        }
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    for vector in list {
        assert!(functions().any(|f| vector["fn"] == f.name));
    }
}

fn ask(name: &str, inputs: &Value) -> Value {
    serde_json::from_str(&reply(&json!({ "fn": name, "inputs": inputs }).to_string())).unwrap()
}

#[test]
fn golden_numbers_of_our_own() {
    // 1 - C(7,5)/C(10,5) = 231/252
    let p = ask("pass_at_k", &json!({"n": 10, "c": 3, "k": 5}));
    assert!((p["result"]["value"].as_f64().unwrap() - (1.0 - 21.0 / 252.0)).abs() < 1e-14);
    // three accepted of six, two of them right: (2/3)(1 - C(3,3)/C(6,3))
    let p = ask("first_pass_empirical", &json!({"n": 6, "n_tp": 2, "n_fp": 1, "K": 3}));
    assert!((p["result"]["p_correct"].as_f64().unwrap() - 2.0 / 3.0 * 0.95).abs() < 1e-15);
    assert!(ask("pass_at_k", &json!({"n": 10, "c": 3, "k": 11}))["result"]["value"].is_null());
    assert!(ask("clustered_se", &json!({"values": [0.1, 0.2], "clusters": [1, 1]}))["result"]["se_miller"].is_null());
    let d = ask("beta_binomial_mle", &json!({"n": [5, 5], "c": [0, 0], "ks": [10]}));
    assert_eq!(d["result"]["degenerate"], json!(true));
}

#[test]
fn large_n_keeps_its_digits() {
    let p = ask("pass_at_k_curve", &json!({"n": 1_000_000, "c": 1, "ks": [1, 10, 1000]}));
    for (i, k) in [1.0, 10.0, 1000.0].into_iter().enumerate() {
        assert!((p["result"]["value"][i].as_f64().unwrap() / (k / 1e6) - 1.0).abs() < 1e-12);
    }
    let g = ask("g_pass_at_k", &json!({"n": 100_000, "c": 50_000, "k": 1000, "tau": 0.5}));
    let value = g["result"]["value"].as_f64().unwrap();
    assert!(value > 0.5 && value < 0.52, "{value}");
    let m = ask("mcnemar", &json!({"b": 50_000, "c": 50_100}));
    assert!(m["result"]["p_exact"].as_f64().unwrap() > 0.7);
    let c = ask("confidence_sequence", &json!({"c": 500_000, "n": 1_000_000, "a": 1, "b": 1, "alpha": 0.05}));
    assert!(c["result"]["lower"].as_f64().unwrap() > 0.497);
}

#[test]
fn what_stands_beside_the_vectors() {
    let got = ask("transitions", &json!({"rollouts": [[0, 1, 1, 0]]}));
    assert_eq!(got["result"], json!({"wrong_to_right": 1.0, "right_to_wrong": 0.5}));
    let got = ask("difficulty_bins", &json!({"values": [0.3, 0.1, 0.1, 0.9, 0.5]}));
    assert_eq!(got["result"]["bins"], json!([2, 0, 1, 4, 3]));
    let got = ask(
        "within_problem_auc",
        &json!({"problems": [{"scores": [1, 2], "labels": [0, 1]}, {"scores": [3], "labels": [1]}]}),
    );
    assert_eq!(got["result"], json!({"value": 1.0, "mixed_problems": 1}));
    let got = ask("choose_threshold", &json!({"scores": [0.9, 0.8, 0.1], "labels": [1, 1, 0]}));
    assert_eq!((&got["result"]["threshold"], &got["result"]["value"]), (&json!(0.8), &json!(1.0)));
    let curves: Vec<[f64; 2]> = (0..40).map(|i| [f64::from(i % 2), f64::from(i % 4)]).collect();
    let got = ask("simultaneous_band", &json!({"curves": curves, "B": 2000}));
    let t = got["result"]["t"].as_f64().unwrap();
    assert!(t > 1.96 && t < 3.0, "{got}");
    let got = ask("horvitz_thompson", &json!({"values": [1, 0, 1], "inclusion": [1, 0.5, 0.5], "n_total": 5}));
    assert_eq!(got["result"]["mean"], json!(0.6));
}

#[test]
fn what_cannot_be_meant_is_refused_by_its_name() {
    let problems = json!([[4, 2, 1]]);
    for (name, inputs, key) in [
        ("power_law_fit", json!({"ks": [1, 2], "coverage": [0.1, 0.2], "method": 3}), "method"),
        ("majority_at_n_counts", json!({"counts": [3, 2], "correct_index": 2, "Ns": [1]}), "correct_index"),
        ("first_pass_utility", json!({"problems": problems, "k_max": 2, "fp_cost": "inf"}), "fp_cost"),
        ("mixture_utility", json!({"types": [], "k_max": 2, "benefit": "nan"}), "benefit"),
        ("sample_size", json!({"delta": 1e-20, "var_diff": 1}), "delta"),
    ] {
        let answer = ask(name, &inputs);
        assert!(answer["error"].as_str().is_some_and(|e| e.contains(key)), "{name}: {answer}");
    }
}

#[test]
fn nothing_is_said_where_there_is_nothing_to_say_it_of() {
    let got = ask("first_pass_utility", &json!({"problems": [], "k_max": 1}));
    assert_eq!((&got["result"]["k_opt"], &got["result"]["u_opt"]), (&Value::Null, &Value::Null), "{got}");
    let got = ask("power_law_fit", &json!({"ks": [1, 2, 4], "coverage": [0, 0.5, 1]}));
    assert_eq!(got["result"], json!({"a": null, "b": null, "dropped": 2}));
    let got = ask("mg_pass_at_k", &json!({"n": 4, "c": 0, "k": 2})).to_string();
    assert_eq!(got, r#"{"result":{"paper_sum":0.0,"integral":0.0}}"#);
    assert_eq!(ask("naive_pass_at_k_bias", &json!({"n": 9, "p": 0.3, "k": 0}))["result"]["value"], json!(0.0));
    assert_eq!(ask("sample_size", &json!({"delta": 1e200, "var_diff": 1e300}))["result"]["n"], json!(1));
}

/// The names before the arrow of a signature.
fn inputs(signature: &str) -> Vec<String> {
    let mut depth = 0;
    let flat: String = signature
        .split("->")
        .next()
        .unwrap()
        .chars()
        .filter(|c| {
            depth += i32::from("[{(".contains(*c));
            let keep = depth == 0;
            depth -= i32::from("]})".contains(*c));
            keep
        })
        .collect();
    flat.split(',').map(|part| part.split('=').next().unwrap().trim().to_owned()).collect()
}

#[test]
fn no_input_brings_a_function_down() {
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(3),
        json!(0.5),
        json!(1e300),
        json!(5e-324),
        json!(20_000),
        json!(u64::MAX),
        json!("nan"),
        json!("inf"),
        json!(""),
        json!([]),
        json!([null, 1, "x"]),
        json!([0, 0.5, 1, 2]),
        json!([[]]),
        json!([[0, 1], [1, 0]]),
        json!({}),
        json!([{}]),
    ];
    for function in functions() {
        let names = inputs(function.signature);
        for (i, first) in values.iter().enumerate() {
            for (j, second) in values.iter().enumerate() {
                let request: serde_json::Map<String, Value> = names
                    .iter()
                    .enumerate()
                    // the second value goes to one input after another
                    .map(|(at, name)| (name.clone(), if at == (i + j) % names.len() { second } else { first }.clone()))
                    .collect();
                let answer = ask(function.name, &Value::Object(request.clone()));
                assert!(!answer.to_string().contains("a fault of nbest"), "{}: {request:?}: {answer}", function.name);
                assert!(answer.get("result").is_some() != answer.get("error").is_some());
            }
        }
    }
}

#[test]
fn counts_too_large_for_memory_are_refused_or_computed_without_it() {
    let big = 1_000_000_000_000u64;
    let p = ask("pass_at_k_curve", &json!({"n": big, "c": 3, "ks": [1, 1000, big / 2, big]}));
    assert!((p["result"]["value"][2].as_f64().unwrap() - 0.875).abs() < 1e-10, "{p}");
    let groups =
        json!([{"score": 1, "size": big / 2, "n_correct": 0}, {"score": 0, "size": big / 2, "n_correct": big / 2}]);
    let b = ask("best_of_n_groups", &json!({"groups": groups, "Ns": [1, 2, 10]}));
    assert!((b["result"]["value"][2].as_f64().unwrap() - 0.5f64.powi(10)).abs() < 1e-9, "{b}");
    for (name, inputs) in [
        ("pass_at_k", json!({"n": u64::MAX, "c": 1, "k": 1})),
        ("first_pass_utility", json!({"problems": [[2, 1, 0]], "k_max": big})),
        ("ece", json!({"probs": [0.5], "labels": [1], "bins": big})),
        ("majority_at_n_counts", json!({"counts": [big, 2], "correct_index": 0, "Ns": [3]})),
    ] {
        let answer = ask(name, &inputs);
        assert!(answer["error"].is_string(), "{name}: {answer}");
    }
}

#[test]
fn nonsense_is_an_error_and_the_stream_goes_on() {
    let input = "{\"fn\":\"pass_at_kk\",\"inputs\":{}}\nnot json\n\n{\"fn\":\"pass_at_k\",\"inputs\":{\"n\":2,\"c\":3,\"k\":1}}\n\
                 {\"fn\":\"roc_auc\",\"inputs\":{\"scores\":[\"nan\",1],\"labels\":[0,1]}}\n\
                 {\"fn\":\"pass_at_k\",\"inputs\":{\"n\":2,\"c\":1,\"k\":1}}";
    let mut out = Vec::new();
    serve(input.as_bytes(), &mut out).unwrap();
    let lines: Vec<Value> = String::from_utf8(out).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), 5);
    assert!(lines[0]["error"].as_str().unwrap().contains("did you mean `pass_at_k`"));
    assert!(lines[..4].iter().all(|l| l["error"].is_string()));
    assert_eq!(lines[4]["result"]["value"], json!(0.5));
}
