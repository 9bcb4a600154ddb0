//! Reward models over every protocol, as the binary meets them: the self-test of `nbest doctor`, a run, and the steps of a process.

use serde_json::{Value, json};

use crate::support::{Bed, REPLAY, http, text, tiny};

const PROTOCOLS: [&str; 11] = [
    "vllm-score",
    "vllm-rerank",
    "vllm-classify",
    "vllm-pooling",
    "sglang-classify",
    "sglang-rerank",
    "tei-rerank",
    "tei-predict",
    "llamacpp-rerank",
    "cohere-rerank",
    "plain",
];

/// A server of all protocols at once, each as its documentation has it; results come in the reverse order where an index tells.
fn answer(path: &str, body: &Value, score: impl Fn(&str) -> f64) -> Value {
    let of = |text: &Value| score(text.as_str().unwrap());
    let list = |key: &str| body[key].as_array().unwrap_or_else(|| panic!("{key} in {body}"));
    let indexed = |key: &str, texts: &[Value]| -> Vec<Value> {
        texts.iter().enumerate().rev().map(|(index, text)| json!({ "index": index, key: of(text) })).collect()
    };
    match path {
        "/score" => json!({ "data": indexed("score", list("text_2")) }),
        "/rerank" if body.get("texts").is_some() => json!(indexed("score", list("texts"))),
        "/v1/rerank" if body.get("top_n").is_none() => {
            json!(list("documents").iter().rev().map(|t| json!({ "score": of(t), "document": t })).collect::<Vec<_>>())
        }
        "/rerank" | "/v1/rerank" => json!({ "results": indexed("relevance_score", list("documents")) }),
        "/classify" if body.get("text").is_some() => {
            json!(list("text").iter().map(|t| json!({ "embedding": [of(t)] })).collect::<Vec<_>>())
        }
        "/classify" => {
            let one = |(index, t): (usize, &Value)| json!({ "index": index, "label": "1", "probs": [1.0 - of(t), of(t)], "num_classes": 2 });
            json!({ "data": list("input").iter().enumerate().map(one).collect::<Vec<_>>() })
        }
        "/pooling" => {
            let one = |(index, t): (usize, &Value)| json!({ "index": index, "object": "pooling", "data": [of(t)] });
            json!({ "data": list("input").iter().enumerate().map(one).collect::<Vec<_>>() })
        }
        "/predict" => {
            let one = |pair: &Value| json!([{ "score": of(&pair[1]), "label": "0" }]);
            json!(list("inputs").iter().map(one).collect::<Vec<_>>())
        }
        "/" => match body.as_array() {
            Some(many) => json!(many.iter().map(|one| json!({ "score": of(&one["completion"]) })).collect::<Vec<_>>()),
            None => json!({ "score": of(&body["completion"]) }),
        },
        other => panic!("{other}: {body}"),
    }
}

fn verifiers(url: &str, more: &str) -> String {
    let one = |protocol: &str| {
        format!(
            "[[verifier]]\nname = \"{protocol}\"\nkind = \"reward\"\nprotocol = \"{protocol}\"\nbase_url = \"{url}\"\nmodel = \"rm\"\n{more}"
        )
    };
    PROTOCOLS.map(one).concat()
}

fn rows(bed: &Bed, table: &str) -> Vec<Value> {
    let text = bed.ok(&["export", "tiny", table, "--format", "jsonl"]);
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn doctor_tells_good_rewards_from_turned_ones() {
    let bed = Bed::new();
    tiny(&bed, 1);
    // the self-test's bad answers have these in them
    let good =
        |text: &str| if ["Bananas", "5 + 12", "retrun"].iter().any(|bad| text.contains(bad)) { 0.125 } else { 0.875 };
    for (turned, code) in [(false, 0), (true, 4)] {
        let url = http(move |path, body| answer(path, body, |text| if turned { 1.0 - good(text) } else { good(text) }));
        let text_of = format!("{REPLAY}{}", verifiers(&url, ""));
        bed.write("tiny.toml", &text_of);
        let output = bed.run(&["doctor", "--config", "tiny.toml"]);
        let said = text(&output.stdout);
        assert_eq!(output.status.code(), Some(code), "{said}");
        for protocol in PROTOCOLS {
            let line = said.lines().find(|line| line.contains(&format!("self-test: {protocol}: "))).unwrap();
            let expected = if turned {
                "problem self-test: {}: WARNING: only 0 of 3"
            } else {
                "ok      self-test: {}: known good answers"
            };
            assert!(line.trim_start().starts_with(&expected.replace("{}", protocol)), "{line}");
            assert!(line.contains(if turned { "turned around" } else { "0.8750 and 0.1250" }), "{line}");
        }
    }
}

#[test]
fn every_protocol_scores_the_samples_of_a_run() {
    let bed = Bed::new();
    tiny(&bed, 3);
    let right = |text: &str| text.contains("return x +") || text.contains("+ x");
    let url = http(move |path, body| answer(path, body, |text| if right(text) { 0.75 } else { 0.25 }));
    bed.write("tiny.toml", &format!("{REPLAY}{}", verifiers(&url, "batch = 5\nthreshold = 0.5\n")));
    bed.ok(&["run", "tiny.toml", "--no-tui"]);
    let verdicts = rows(&bed, "verdicts");
    for protocol in PROTOCOLS {
        let scores: Vec<f64> =
            verdicts.iter().filter(|v| v["verifier"] == protocol).map(|v| v["score"].as_f64().unwrap()).collect();
        assert_eq!(scores, [0.75, 0.75, 0.25, 0.25].repeat(3), "{protocol}");
    }
    for row in rows(&bed, "verifiers") {
        assert_eq!(
            (&row["completeness"], &row["soundness"], &row["auc"]),
            (&json!(1.0), &json!(1.0), &json!(1.0)),
            "{row}"
        );
    }
}

/// Steps with their scores, and whether the answer, 4, is right. Of each pair the first is right.
const PROCESSES: [[[f64; 3]; 2]; 3] =
    [[[0.5, 0.5, 0.5], [0.9, 0.1, 0.95]], [[0.9, 0.9, 0.4], [0.5, 0.5, 0.6]], [[0.99, 0.2, 0.3], [0.5, 0.5, 0.5]]];

#[test]
fn aggregations_of_steps_choose_differently() {
    let bed = Bed::new();
    let (mut set, mut samples) = (String::new(), String::new());
    for (i, pair) in PROCESSES.iter().enumerate() {
        set += &format!("{}\n", json!({ "id": format!("p{i}"), "question": format!("q{i}"), "answer": "#### 4" }));
        for (steps, result) in pair.iter().zip([4, 5]) {
            let text = format!("first ({})\n\nthen ({})\n\nlast ({})\n#### {result}", steps[0], steps[1], steps[2]);
            samples += &format!("{}\n", json!({ "task_id": format!("p{i}"), "completion": text }));
        }
    }
    bed.write("set.jsonl", &set);
    bed.write("samples.jsonl", &samples);
    let score = |step: &Value| -> f64 {
        let step = step.as_str().unwrap();
        step[step.find('(').unwrap() + 1..step.find(')').unwrap()].parse().unwrap()
    };
    let url = http(move |_, body| {
        let one =
            |item: &Value| json!({ "scores": item["steps"].as_array().unwrap().iter().map(score).collect::<Vec<_>>() });
        body.as_array().map_or_else(|| one(body), |many| many.iter().map(one).collect())
    });
    let text = REPLAY.replace("samples = 4", "samples = 2").replace("tiny.jsonl", "set.jsonl");
    let text = text.replace("\"human-eval\"", "\"gsm8k\"").replace("python-tests", "answer");
    let prm = format!(
        "[[verifier]]\nname = \"prm\"\nkind = \"process-reward\"\nprotocol = \"plain\"\nbase_url = \"{url}\"\n"
    );
    bed.write("e.toml", &format!("{text}{prm}"));
    bed.ok(&["run", "e.toml", "--no-tui"]);
    let selection = rows(&bed, "selection");
    let at = |method: &str| {
        let row = selection.iter().find(|row| row["method"] == method && row["n"] == 2);
        row.unwrap_or_else(|| panic!("{method} in {selection:?}"))["estimate"].as_f64().unwrap()
    };
    // how many of the three pairs each way of making one score gets right
    for (way, right) in [("", 0.0), ("/min", 1.0), ("/prod", 2.0), ("/mean", 1.0), ("/sum-logit", 2.0)] {
        let got = at(&format!("best-of-n:prm{way}"));
        assert!((got - right / 3.0).abs() < 1e-9, "best-of-n:prm{way}: {got}");
    }
    assert!((at("weighted:prm/prod") - 2.0 / 3.0).abs() < 1e-9, "different answers: the greater weight wins");
    let verdicts = rows(&bed, "verdicts");
    let steps = verdicts.iter().find(|v| v["verifier"] == "prm" && v["problem"] == "p1").unwrap();
    assert_eq!((&steps["steps"], &steps["score"]), (&json!("[0.9,0.9,0.4]"), &json!(0.4)));
}
