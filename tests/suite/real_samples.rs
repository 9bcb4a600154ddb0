//! Real completions with known verdicts, through the whole binary.

use std::collections::HashMap;

use crate::support::{Bed, shared};

const PROBLEMS: [&str; 3] = ["HumanEval/0", "HumanEval/5", "HumanEval/35"];

#[test]
fn known_verdicts_and_the_numbers_that_follow_from_them() {
    let Some(shared) = shared() else { return };
    let data = shared.join("data");
    let bed = Bed::new();
    let path = |name: &str| data.join(name).display().to_string();
    bed.write(
        "e.toml",
        &format!(
            "name = \"codegen\"\nsamples = 100\n[dataset]\npath = {:?}\nids = {PROBLEMS:?}\n[model]\napi = \"replay\"\npath = {:?}\n\
             [[verifier]]\nname = \"base\"\nkind = \"python-tests\"\ntests = \"base\"\nrole = \"selector\"\n\
             [[verifier]]\nname = \"plus\"\nkind = \"python-tests\"\ntests = \"plus\"\nrole = \"oracle\"\n",
            path("humaneval_plus.jsonl.gz"),
            path("codegen16b_samples_train.jsonl")
        ),
    );
    bed.ok(&["run", "e.toml", "--no-tui"]);

    let mut expected = HashMap::new();
    for line in std::fs::read_to_string(path("codegen16b_expected_train.jsonl")).unwrap().lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let problem = row["task_id"].as_str().unwrap().to_owned();
        let marked = row.get("timing_sensitive").is_some() || row.get("needs_module").is_some();
        if PROBLEMS.contains(&problem.as_str()) && !marked {
            let index = row["sample_index"].as_u64().unwrap();
            expected.insert((problem.clone(), index, "base"), row["evalplus_base"].as_bool().unwrap());
            expected.insert((problem, index, "plus"), row["evalplus_base_and_plus"].as_bool().unwrap());
        }
    }
    let mut compared = 0;
    for line in bed.ok(&["export", "codegen", "verdicts", "--format", "jsonl"]).lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let verifier = if row["verifier"] == "base" { "base" } else { "plus" };
        let key = (row["problem"].as_str().unwrap().to_owned(), row["sample_index"].as_u64().unwrap(), verifier);
        assert_eq!((&row["sandbox"], &row["weak"]), (&"strong".into(), &false.into()));
        let Some(right) = expected.get(&key) else { continue };
        assert_eq!(row["status"] == "pass", *right, "{row}");
        compared += 1;
    }
    assert!(compared > 590, "{compared}");

    let right = expected.iter().filter(|((_, _, verifier), right)| *verifier == "plus" && **right).count();
    let json = bed.ok(&["export", "codegen", "pass-at-n", "--format", "json"]);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    let first = rows.iter().find(|r| r["verifier"] == "plus" && r["n"] == 1).unwrap();
    let estimate = first["estimate"].as_f64().unwrap();
    assert!((estimate - right as f64 / 300.0).abs() < 0.01, "{estimate}");
    assert_eq!(rows.iter().filter(|r| r["verifier"] == "plus").count(), 100);
}
