//! What a finished run can be asked for.

use std::io::Write as _;
use std::process::Stdio;

use crate::support::{Bed, REPLAY, text, tiny};

fn finished() -> Bed {
    let bed = Bed::new();
    tiny(&bed, 3);
    bed.write("e.toml", &REPLAY.replace("role = \"oracle\"", "role = \"selector\""));
    bed.ok(&["run", "e.toml", "--no-tui"]);
    bed
}

#[test]
fn tables_in_every_format_with_the_promised_columns() {
    let bed = finished();
    let csv = bed.ok(&["export", "tiny", "pass-at-n"]);
    assert!(csv.starts_with("run,verifier,n,estimate,ci_low,ci_high,se,problems,samples"), "{csv}");
    assert_eq!(csv.lines().count(), 5);
    assert!(csv.lines().nth(1).unwrap().starts_with("tiny,tests,1,0.5,"), "{csv}");
    let samples = bed.ok(&["export", "tiny", "samples"]);
    assert!(samples.starts_with(
        "run,problem,sample_index,outcome,finish_reason,prompt_tokens,completion_tokens,cost_usd,latency_ms,seed,duplicate_of,completion"
    ));
    for format in ["csv", "json", "jsonl", "markdown"] {
        for table in [
            "pass-at-n",
            "resampling",
            "reward",
            "false-positives",
            "verifiers",
            "selection",
            "problems",
            "samples",
            "verdicts",
        ] {
            bed.ok(&["export", "tiny", table, "--format", format]);
        }
    }
    let rows: Vec<serde_json::Value> =
        serde_json::from_str(&bed.ok(&["export", "tiny", "verdicts", "--format", "json"])).unwrap();
    assert_eq!(rows.len(), 12);
    assert!(bed.fails(2, &["export", "tiny", "nothing"]).contains("no table"));
}

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let bed = finished();
    bed.ok(&["export", "tiny", "problems", "--out", "p.csv"]);
    let before = std::fs::read_to_string(bed.path("p.csv")).unwrap();
    assert!(before.starts_with("run,problem,samples,distinct,accepted,correct"));
    bed.fails(2, &["export", "tiny", "nothing", "--out", "p.csv"]);
    assert_eq!(std::fs::read_to_string(bed.path("p.csv")).unwrap(), before);
    assert!(!bed.path("p.csv.part").exists());
}

#[test]
fn reports_figures_and_comparisons() {
    let bed = finished();
    assert!(bed.ok(&["report"]).contains("tiny"));
    assert!(bed.ok(&["report", "--format", "markdown"]).contains('|'));
    let json: serde_json::Value = serde_json::from_str(&bed.ok(&["report", "--format", "json"])).unwrap();
    assert!(json.is_array() || json.is_object());
    bed.ok(&["plot", "tiny", "pass-at-n", "--out", "a.svg"]);
    assert!(std::fs::read_to_string(bed.path("a.svg")).unwrap().contains("<svg"));
    assert!(bed.path("a.txt").exists());
    bed.ok(&["plot", "tiny", "pass-at-n", "--out", "a.png"]);
    assert!(std::fs::read(bed.path("a.png")).unwrap().starts_with(b"\x89PNG"));
    bed.write(
        "b.toml",
        &std::fs::read_to_string(bed.path("e.toml")).unwrap().replace("name = \"tiny\"", "name = \"other\""),
    );
    bed.ok(&["run", "b.toml", "--no-tui"]);
    assert!(bed.ok(&["compare", "tiny", "other"]).contains('3'));
}

#[test]
fn runs_are_listed_renamed_and_deleted() {
    let bed = finished();
    assert!(bed.ok(&["runs"]).contains("finished"));
    bed.ok(&["runs", "rename", "tiny", "small"]);
    let shown: serde_json::Value = serde_json::from_str(&bed.ok(&["runs", "show", "small"])).unwrap();
    assert_eq!((&shown["samples"], &shown["state"]), (&12.into(), &"finished".into()));
    bed.fails(2, &["runs", "delete", "sma"]);
    bed.ok(&["runs", "delete", "small"]);
    assert!(!bed.ok(&["runs"]).contains("small"));
}

#[test]
fn judging_again_samples_nothing() {
    let bed = finished();
    std::fs::remove_file(bed.path("samples.jsonl")).unwrap();
    bed.ok(&["verify", "tiny", "--again"]);
    assert_eq!(bed.ok(&["export", "tiny", "verdicts", "--format", "jsonl"]).lines().count(), 12);
}

#[test]
fn estimators_answer_line_by_line() {
    let bed = Bed::new();
    let mut child = bed.command(&["stats"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let lines =
        "{\"fn\": \"pass_at_k\", \"inputs\": {\"n\": 10, \"c\": 3, \"k\": 1}}\n{\"fn\": \"nothing\", \"inputs\": {}}\n";
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = text(&child.wait_with_output().unwrap().stdout);
    let answers: Vec<serde_json::Value> = output.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!((answers[0]["result"]["value"].as_f64().unwrap() - 0.3).abs() < 1e-12, "{output}");
    assert!(answers[1]["error"].is_string(), "{output}");
    assert!(bed.ok(&["stats", "--list"]).contains("pass_at_k"));
}
