//! Verifiers that score, end to end: programs of one's own, judges, pairs, generated tests, fusion, calibration; and what they cost.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::support::{Bed, REPLAY, http, tiny};

/// An endpoint that knows which of [`tiny`]'s programs are right; counts its answers.
struct Oracle {
    url: String,
    answers: Arc<AtomicUsize>,
}

impl Oracle {
    fn start() -> Self {
        let answers = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&answers);
        let url = http(move |_, body| {
            let prompt = body["messages"][0]["content"].as_str().unwrap_or_default();
            count.fetch_add(1, Ordering::SeqCst);
            let message = json!({ "role": "assistant", "content": say(prompt) });
            json!({
                "id": "c", "object": "chat.completion", "model": "m", "created": 0,
                "choices": [{ "index": 0, "finish_reason": "stop", "message": message }],
                "usage": { "prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100 },
            })
        });
        Self { url: url + "/v1", answers }
    }

    fn answers(&self) -> usize {
        self.answers.load(Ordering::SeqCst)
    }
}

fn is_right(program: &str) -> bool {
    program.contains("return x +") || program.contains("+ x")
}

fn say(prompt: &str) -> String {
    if let Some(function) = prompt.strip_prefix("WRITE def add") {
        let number: i64 = function.split('(').next().unwrap().parse().unwrap();
        let plus = if number % 2 == 0 { number } else { number + 1 };
        return format!("```python\ndef add{number}(x):\n    return {plus} + x\n```");
    }
    if let Some((_, shown)) = prompt.split_once("Candidate 1:") {
        let place = shown.split("Candidate ").position(is_right);
        return place.map_or_else(|| "I would take none".to_owned(), |at| format!("[[{}]]", at + 1));
    }
    if let Some((_, shown)) = prompt.split_once("Answer A:") {
        let (a, b) = shown.split_once("Answer B:").unwrap();
        return match (is_right(a), is_right(b)) {
            (true, false) => "[[A]]",
            (false, true) => "[[B]]",
            _ => "[[tie]]",
        }
        .to_owned();
    }
    if prompt.contains("Do not solve this") {
        let name = prompt.split("def ").nth(1).unwrap().split('(').next().unwrap();
        let plus: i64 = name.trim_start_matches("add").parse().unwrap();
        let asserts: Vec<String> = (0..5).map(|x| format!("assert {name}({x}) == {}", x + plus)).collect();
        return asserts.join("\n");
    }
    let answer = prompt.split("Answer:").nth(1).unwrap_or_default();
    format!("It is so. {{\"score\": {}}}", if is_right(answer) { 9 } else { 2 })
}

fn export(bed: &Bed, table: &str) -> Vec<Value> {
    let text = bed.ok(&["export", "tiny", table, "--format", "jsonl"]);
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn find<'r>(rows: &'r [Value], key: &str, word: &str) -> Vec<&'r Value> {
    rows.iter().filter(|row| row[key] == word).collect()
}

/// The program in the documentation, as a reader copies it.
fn documented() -> String {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verifiers.md")).unwrap();
    let start = text.find("```python\n").unwrap() + "```python\n".len();
    text[start..].split("```").next().unwrap().to_owned()
}

#[test]
fn the_documented_program_is_a_verifier() {
    let bed = Bed::new();
    tiny(&bed, 3);
    let script = documented();
    assert!(script.lines().count() <= 10, "it is called a program of ten lines");
    bed.write("score.py", &script);
    let verifier = "[[verifier]]\nname = \"mine\"\nkind = \"command\"\nprotocol = \"json-lines\"\ncommand = [\"python3\", \"score.py\"]\n";
    bed.write("tiny.toml", &format!("{REPLAY}{verifier}"));
    bed.ok(&["run", "tiny.toml", "--no-tui"]);
    let verdicts = export(&bed, "verdicts");
    let mine = find(&verdicts, "verifier", "mine");
    assert_eq!(mine.len(), 12);
    assert!(mine.iter().all(|v| v["score"].as_f64().unwrap() > 0.0 && v["status"].is_null()));
    let bad = verifier.replace("score.py", "missing.py");
    bed.write("tiny.toml", &format!("{REPLAY}{bad}"));
    let output = bed.run(&["run", "tiny.toml", "--no-tui"]);
    let said = crate::support::text(&output.stderr);
    assert!(!output.status.success() && said.contains("missing.py") && said.contains("hint:"), "{said}");
}

#[test]
fn models_judge_compare_test_and_choose() {
    let bed = Bed::new();
    tiny(&bed, 6);
    let oracle = Oracle::start();
    let ask = format!("base_url = \"{}\"\nmodel = \"m\"\n", oracle.url);
    let price = "[verifier.price]\ninput_per_mtok = 1.0\noutput_per_mtok = 10.0\n";
    let text = format!(
        "{REPLAY}\
         [[verifier]]\nname = \"judge\"\nkind = \"judge\"\nthreshold = 0.5\n{ask}{price}\
         [[verifier]]\nname = \"pairs\"\nkind = \"judge\"\nmode = \"pairwise\"\nopponents = 3\n{ask}\
         [[verifier]]\nname = \"codet\"\nkind = \"agreement\"\ntexts = 1\n{ask}\
         [[verifier]]\nname = \"fuse\"\nkind = \"fusion\"\nn = [2, 4]\n{ask}\
         [[verifier]]\nname = \"sure\"\nkind = \"ensemble\"\nof = [\"judge\"]\nmethod = \"isotonic\"\nlabels = \"tests\"\nchoose_threshold = \"accuracy\"\n"
    );
    bed.write("tiny.toml", &text);
    let output = bed.run(&["run", "tiny.toml", "--no-tui"]);
    // the group of the two wrong samples has no choice: the run is not whole
    assert_eq!(output.status.code(), Some(4), "{}", crate::support::text(&output.stderr));
    let table = export(&bed, "verifiers");
    let judge = find(&table, "verifier", "judge")[0];
    assert_eq!(judge["auc"], 1.0);
    assert_eq!(
        (&judge["requests"], &judge["prompt_tokens"], &judge["completion_tokens"]),
        (&json!(24), &json!(24_000), &json!(2400))
    );
    assert!((judge["cost_usd"].as_f64().unwrap() - 0.048).abs() < 1e-9);
    assert_eq!(find(&table, "verifier", "pairs")[0]["auc"], 1.0);
    assert_eq!(find(&table, "verifier", "codet")[0]["auc_within_problems"], 1.0);
    let sure = find(&table, "verifier", "sure")[0];
    assert!(sure["true_positive"].as_u64().unwrap() > 0 && sure["false_positive"] == 0);
    assert!(sure["ece"].as_f64().unwrap() < judge["ece"].as_f64().unwrap(), "{sure} {judge}");
    let selection = export(&bed, "selection");
    let fused: Vec<&Value> = find(&selection, "method", "fusion:fuse");
    assert_eq!(fused.iter().map(|row| row["n"].as_u64().unwrap()).collect::<Vec<_>>(), [2, 4]);
    assert_eq!((&fused[1]["estimate"], &fused[1]["headroom"]), (&json!(1.0), &json!(1.0)));
    let report = bed.ok(&["report", "tiny"]);
    assert!(report.contains("pairs: the answer shown first won") && report.contains("thresholds"), "{report}");
    let before = oracle.answers();
    bed.run(&["verify", "tiny"]);
    let again = oracle.answers() - before;
    assert_eq!(again, 6, "only the groups without a choice are asked again");
}

#[test]
fn the_oracle_judges_what_a_fusion_writes() {
    let bed = Bed::new();
    tiny(&bed, 4);
    let oracle = Oracle::start();
    let fuse = format!(
        "[[verifier]]\nname = \"fuse\"\nkind = \"fusion\"\nmode = \"write\"\nn = [2, 4]\n\
         template = \"WRITE {{{{ prompt }}}}\"\n\
         base_url = \"{}\"\nmodel = \"m\"\n",
        oracle.url
    );
    bed.write("tiny.toml", &format!("{REPLAY}{fuse}"));
    bed.ok(&["run", "tiny.toml", "--no-tui"]);
    let rows = export(&bed, "selection");
    let fused = find(&rows, "method", "fusion:fuse");
    // programs of problems 0 and 2 are right, those of 1 and 3 are not; samples are right in half of the cases
    let seen: Vec<_> =
        fused.iter().map(|row| (row["n"].as_u64().unwrap(), row["estimate"].as_f64().unwrap())).collect();
    assert_eq!(seen, [(2, 0.5), (4, 0.5)]);
    assert_eq!(fused[1]["headroom"], 0.0, "no better than a random sample");
    // two groups of two and one of four a problem
    assert_eq!(oracle.answers(), 12);
    bed.ok(&["verify", "tiny"]);
    assert_eq!(oracle.answers(), 12, "what is written and judged is not asked again");
}

#[test]
fn judges_keep_to_the_budget_and_go_on_with_a_larger_one() {
    let bed = Bed::new();
    tiny(&bed, 5);
    let oracle = Oracle::start();
    let judge = format!(
        "[[verifier]]\nname = \"judge\"\nkind = \"judge\"\nconcurrency = 1\nbase_url = \"{}\"\nmodel = \"m\"\n\
         [verifier.price]\ninput_per_mtok = 1.0\noutput_per_mtok = 10.0\n",
        oracle.url
    );
    let text = REPLAY.replace("[[verifier]]", "limits = { budget_usd = 0.0119 }\n[[verifier]]");
    bed.write("tiny.toml", &format!("{text}{judge}"));
    let output = bed.run(&["run", "tiny.toml", "--no-tui"]);
    let said = crate::support::text(&output.stderr) + &crate::support::text(&output.stdout);
    assert!(said.contains("budget_usd"), "{said}");
    // 0.002 USD an answer: the sixth reaches the limit; one may have been under way
    assert!((6..=8).contains(&oracle.answers()), "{}", oracle.answers());
    let before = oracle.answers();
    bed.run(&["verify", "tiny"]);
    assert_eq!(oracle.answers(), before, "verify keeps to the same budget");
    bed.ok(&["run", "tiny.toml", "--no-tui", "--set", "model.limits.budget_usd=1"]);
    assert_eq!(oracle.answers(), 20, "what was paid for is not asked again");
}

/// A reward that knows the truth, roughly, and loves three in a hundred wrong answers.
const REWARD: &str = r#"
import hashlib, json, re, sys
sys.stdin.readline()
print(json.dumps({"protocol": 1, "version": "1"}), flush=True)
for line in sys.stdin:
    request, verdicts = json.loads(line), []
    for s in request["samples"]:
        key = "%s %s" % (s["problem"], s["sample_index"])
        noise = int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) / 2**32
        right = s["answer"] == re.findall(r"-?[0-9]+", s["completion"])[-1]
        verdicts.append({"score": 0.4 + 0.6 * noise if right else (2.0 if noise > 0.97 else 0.9 * noise)})
    print(json.dumps({"id": request["id"], "verdicts": verdicts}), flush=True)
"#;

#[test]
fn curves_of_the_simulated_model_cross_as_theory_says() {
    let bed = Bed::new();
    bed.write("reward.py", REWARD);
    let lines: Vec<String> = (0..40)
        .map(|i| {
            let (question, answer) =
                (format!("Question {i}: how much is {i} and {}?", 3 * i), format!("So it is. #### {}", 4 * i));
            json!({ "question": question, "answer": answer }).to_string()
        })
        .collect();
    bed.write("gsm8k.jsonl", &lines.join("\n"));
    bed.write(
        "math.toml",
        r#"
name = "tiny"
samples = 64
seed = 3
[dataset]
path = "gsm8k.jsonl"
format = "gsm8k"
[model]
api = "simulated"
temperature = 0.8
[[verifier]]
name = "final"
kind = "answer"
role = "oracle"
[[verifier]]
name = "rm"
kind = "command"
protocol = "json-lines"
command = ["python3", "reward.py"]
"#,
    );
    bed.ok(&["run", "math.toml", "--no-tui"]);
    let rows = export(&bed, "selection");
    let at = |method: &str, n: u64| {
        let row = rows.iter().find(|row| row["method"] == method && row["n"] == n);
        row.unwrap_or_else(|| panic!("{method} at {n}"))["estimate"].as_f64().unwrap()
    };
    let random = at("random", 1);
    for method in ["oracle", "majority", "best-of-n:rm", "weighted:rm"] {
        // a weighted vote is simulated
        let noise = if method == "weighted:rm" { 0.02 } else { 1e-9 };
        assert!((at(method, 1) - random).abs() < noise, "{method}: one sample leaves no choice");
    }
    // two votes tie or agree: a draw among them is as good as the first
    assert!((at("majority", 2) - random).abs() < 1e-9);
    let [best_2, best_64] = [2, 64].map(|n| at("best-of-n:rm", n));
    let [majority_16, majority_64] = [16, 64].map(|n| at("majority", n));
    assert!(best_2 > random + 0.05, "a reward helps at once: {best_2} against {random}");
    assert!(best_64 < best_2, "what it loves by mistake is found by many samples: {best_64} after {best_2}");
    assert!(majority_64 > majority_16 && majority_16 > random + 0.05, "{majority_16} {majority_64}");
    assert!(best_2 > at("majority", 2) && best_64 < majority_64, "the curves cross");
    assert!(
        (1..=64)
            .all(|n| at("oracle", n) >= at("weighted:rm", n) - 0.02 && at("oracle", n) >= at("best-of-n:rm", n) - 1e-9)
    );
    // the vote of all samples is the share of problems whose most frequent answer is right
    let verdicts = export(&bed, "verdicts");
    let key = |row: &Value| (row["problem"].to_string(), row["sample_index"].as_u64().unwrap());
    let right: BTreeMap<_, bool> =
        find(&verdicts, "verifier", "final").into_iter().map(|v| (key(v), v["status"] == "pass")).collect();
    let mut votes: BTreeMap<String, BTreeMap<String, (u32, bool)>> = BTreeMap::new();
    for sample in &export(&bed, "samples") {
        let text = sample["completion"].as_str().unwrap();
        let number = text.split(|c: char| !c.is_ascii_digit()).rfind(|word| !word.is_empty()).unwrap();
        let vote = votes.entry(key(sample).0).or_default().entry(number.to_owned()).or_insert((0, right[&key(sample)]));
        assert_eq!(vote.1, right[&key(sample)], "{sample}");
        vote.0 += 1;
    }
    let share = |answers: &BTreeMap<String, (u32, bool)>| {
        let most = answers.values().map(|v| v.0).max().unwrap();
        let top: Vec<bool> = answers.values().filter(|v| v.0 == most).map(|v| v.1).collect();
        top.iter().filter(|right| **right).count() as f64 / top.len() as f64
    };
    let expected = votes.values().map(share).sum::<f64>() / votes.len() as f64;
    assert!((majority_64 - expected).abs() < 1e-9, "{majority_64} is not {expected}");
}
