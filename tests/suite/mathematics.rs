//! Final answers of MATH-like problems, with `math-verify` asked where nbest tells two answers apart.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Bed, text};

/// The right answer, what was answered, whether nbest itself takes it for the same, and whether the package does.
const ANSWERS: [(&str, &str, bool, bool); 4] = [
    ("\\frac{1}{2}", "0.5", true, true),
    ("6", "\\sum_{k=1}^{3} k", false, true),
    ("10", "11", false, false),
    ("x^2-1", "(x-1)(x+1)", true, true),
];

#[test]
fn math_verify_is_a_second_opinion() {
    let python = std::env::var("NBEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = Command::new(&python).args(["-c", "import math_verify, sys; print(sys.executable)"]).output();
    let Some(found) = has.ok().filter(|output| output.status.success()) else {
        eprintln!("skipped: {python} has no math-verify (pip install math-verify; NBEST_PYTHON names a Python)");
        return;
    };
    let bed = Bed::new();
    let (mut set, mut samples) = (String::new(), String::new());
    for (i, (right, answered, ..)) in ANSWERS.iter().enumerate() {
        let problem = json!({
            "problem": format!("q{i}"), "solution": format!("So it is \\boxed{{{right}}}."), "answer": right,
            "subject": "Algebra", "level": i + 1, "unique_id": format!("test/algebra/{i}.json"),
        });
        set += &format!("{problem}\n");
        for answer in [answered, right, &"7/9"] {
            let completion = format!("We think. The answer is \\boxed{{{answer}}}.");
            samples += &format!("{}\n", json!({ "task_id": problem["unique_id"], "completion": completion }));
        }
    }
    bed.write("math.jsonl", &set);
    bed.write("samples.jsonl", &samples);
    let interpreter = text(&found.stdout).trim().to_owned();
    bed.write(
        "e.toml",
        &format!(
            "name = \"m\"\nsamples = 3\n[dataset]\npath = \"math.jsonl\"\nformat = \"math\"\n[model]\napi = \"replay\"\npath = \"samples.jsonl\"\n\
             [[verifier]]\nname = \"own\"\nkind = \"answer\"\nrole = \"selector\"\n\
             [[verifier]]\nname = \"both\"\nkind = \"answer\"\nrole = \"oracle\"\nsecond = \"math-verify\"\ninterpreter = \"{interpreter}\"\n"
        ),
    );
    let output = bed.run(&["run", "e.toml", "--no-tui"]);
    let said = text(&output.stderr);
    assert!(output.status.success() && !said.contains("WARN"), "{said}");
    let table = bed.ok(&["export", "m", "verdicts", "--format", "jsonl"]);
    let verdicts: Vec<Value> = table.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |problem: usize, sample: u64, verifier: &str| {
        let id = format!("test/algebra/{problem}.json");
        let fits = |v: &&Value| v["problem"] == id && v["sample_index"] == sample && v["verifier"] == verifier;
        verdicts.iter().find(fits).unwrap().clone()
    };
    for (i, (right, answered, own, both)) in ANSWERS.into_iter().enumerate() {
        let status = |same: bool| if same { "pass" } else { "fail" };
        assert_eq!(of(i, 0, "own")["status"], status(own), "{answered} for {right}");
        let second = of(i, 0, "both");
        assert_eq!(second["status"], status(both), "{answered} for {right}");
        let detail = second["detail"].as_str().unwrap_or_default();
        assert_eq!(
            detail.contains("by math-verify") && detail.contains("alone"),
            both && !own,
            "who decided: {second}"
        );
        assert_eq!(detail.ends_with("(math-verify agrees)"), !both, "{second}");
        // what the package finds the same votes for the right answer
        assert_eq!(second["answer"] == of(i, 1, "both")["answer"], both, "{second}");
        assert_eq!((&of(i, 1, "both")["status"], &of(i, 2, "both")["status"]), (&json!("pass"), &json!("fail")));
    }
}
