//! Sampling as a user meets it: without verifiers, over several models, within budgets, without a key in any record.

use crate::support::{Bed, simulate, text};

const PLAIN: &str = r#"
name = "plain"
samples = 6
[dataset]
path = "bundled"
limit = 4
[model]
api = "openai-chat"
base_url = "BASE"
model = "simulated"
max_tokens = 300
"#;

const JUDGED: &str = r#"
[[verifier]]
name = "weak"
kind = "python-tests"
tests = "weak"
role = "selector"
[[verifier]]
name = "oracle"
kind = "python-tests"
tests = "oracle"
role = "oracle"
"#;

fn count(bed: &Bed, run: &str) -> usize {
    bed.ok(&["export", run, "samples", "--format", "jsonl"]).lines().count()
}

#[test]
fn a_run_without_verifiers_samples_and_is_judged_later() {
    let bed = Bed::new();
    let (_server, address) = simulate(&bed, &[]);
    let plain = PLAIN.replace("BASE", &address);
    bed.write("e.toml", &plain);
    let said = text(&bed.run(&["run", "e.toml", "--no-tui"]).stderr);
    assert!(said.contains("24 samples of 4 problems to draw, at most"), "{said}");
    assert!(said.contains("cost unknown (no [model.price])"), "{said}");
    assert_eq!(count(&bed, "plain"), 24);
    bed.ok(&["report", "plain"]);
    bed.write("judged.toml", &format!("{plain}{JUDGED}"));
    bed.ok(&["verify", "plain", "--config", "judged.toml"]);
    assert_eq!(bed.ok(&["export", "plain", "verdicts", "--format", "jsonl"]).lines().count(), 48);
}

#[test]
fn a_sweep_is_one_run_each_under_one_name() {
    let bed = Bed::new();
    let (_server, address) = simulate(&bed, &[]);
    let swept = PLAIN.replace("BASE", &address).replace("\"plain\"", "\"heat\"");
    bed.write("e.toml", &format!("sweep = {{ temperature = [0.2, 1.2] }}\n{swept}{JUDGED}"));
    bed.ok(&["run", "e.toml", "--no-tui"]);
    bed.ok(&["run", "e.toml", "--no-tui", "--samples", "7"]);
    let runs = bed.ok(&["runs"]);
    for name in ["heat/temperature=0.2", "heat/temperature=1.2"] {
        assert!(runs.contains(name), "{runs}");
        assert_eq!(count(&bed, name), 28);
    }
    let report = bed.ok(&["report", "heat", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert!(report.to_string().matches("heat/temperature=").count() >= 2, "{report}");
    bed.ok(&["plot", "heat", "pass-at-n", "--out", "p.svg"]);
    let drawn = std::fs::read_to_string(bed.path("p.svg")).unwrap();
    assert!(drawn.contains("temperature=0.2") && drawn.contains("temperature=1.2"));
    bed.ok(&["compare", "heat/temperature=0.2", "heat/temperature=1.2"]);
    let several = bed.fails(3, &["export", "heat", "pass-at-n"]);
    assert!(several.contains("fits several runs: heat/temperature=0.2, heat/temperature=1.2"), "{several}");
}

#[test]
fn a_budget_ends_the_run_as_resumable_and_what_is_over_it_is_in_flight() {
    let bed = Bed::new();
    let (_server, address) = simulate(&bed, &["--latency", "5ms"]);
    let priced =
        format!("{}[model.price]\ninput_per_mtok = 1.0\noutput_per_mtok = 10.0\n", PLAIN.replace("BASE", &address));
    let limited = |limits: &str| {
        format!("{}[model.limits]\nconcurrency = 2\n{limits}\n", priced.replace("samples = 6", "samples = 60"))
    };
    bed.write("e.toml", &limited("budget_usd = 0.02"));
    let said = bed.fails(4, &["run", "e.toml", "--no-tui"]);
    assert!(said.contains("budget_usd may end this before") && said.contains("budget_usd is used up"), "{said}");
    let cost = || -> f64 {
        let rows = bed.ok(&["export", "plain", "samples", "--format", "jsonl"]);
        let cost = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["cost_usd"].as_f64().unwrap();
        rows.lines().map(cost).sum()
    };
    let dearest = 300.0 * 10.0 / 1e6 + 0.001;
    let first = cost();
    assert!((0.02..0.02 + 2.0 * dearest).contains(&first), "{first}");
    bed.write("e.toml", &limited("budget_usd = 0.04"));
    bed.fails(4, &["run", "e.toml", "--no-tui"]);
    assert!((0.04..0.04 + 2.0 * dearest).contains(&cost()), "{}", cost());
    bed.write("e.toml", &limited("budget_samples = 100"));
    bed.fails(4, &["run", "e.toml", "--no-tui"]);
    assert_eq!(count(&bed, "plain"), 100);
    bed.write("e.toml", &limited("deadline = \"1ms\""));
    assert!(bed.fails(4, &["run", "e.toml", "--no-tui"]).contains("deadline is used up"));
    bed.write("e.toml", &limited(""));
    bed.ok(&["run", "e.toml", "--no-tui"]);
    assert_eq!(count(&bed, "plain"), 240);
    bed.write(
        "e.toml",
        &PLAIN.replace("BASE", &address).replace("max_tokens", "limits = { budget_usd = 1.0 }\nmax_tokens"),
    );
    assert!(bed.fails(3, &["run", "e.toml"]).contains("costs are unknown without prices"));
}

const LOOKS: &str = r#"
[[verifier]]
name = "looks"
kind = "command"
command = ["python3", "-c", "import os, sys; sys.exit('SOME_KEY' in os.environ or any('sen' + 'tinel' in v for v in os.environ.values()))", "{file}"]
file = "answer.py"
"#;

/// Looks like a key of OpenAI's, and stands nowhere else.
const KEY: &str = "sk-sentinel-4f9a1c77d0e2b3";

#[test]
fn a_key_reaches_no_record_no_log_and_no_candidate() {
    let bed = Bed::new();
    let (_server, address) = simulate(&bed, &["--api-key", KEY, "--rate-limited", "0.2", "--retry-after", "10ms"]);
    let experiment = format!(
        "{}{JUDGED}{LOOKS}",
        PLAIN.replace("BASE", &address).replace("max_tokens", "api_key_env = \"SOME_KEY\"\nmax_tokens")
    );
    bed.write("e.toml", &experiment);
    let run = |key: &str, arguments: &[&str]| {
        let output = bed.command(arguments).env("SOME_KEY", key).env("NBEST_LOG", "trace").output().unwrap();
        (output.status.code(), format!("{}{}", text(&output.stdout), text(&output.stderr)))
    };
    let (code, mut said) = run(KEY, &["run", "e.toml", "--no-tui", "-vv"]);
    assert_eq!(code, Some(0), "{said}");
    // the endpoint's refusal quotes the key that it was given
    let wrong = format!("{KEY}-wrong");
    let (code, refused) = run(&wrong, &["run", "e.toml", "--no-tui", "-vv", "--name", "refused"]);
    assert!(code == Some(4) && refused.contains("unauthorized"), "{refused}");
    said += &refused;
    said += &run(KEY, &["doctor", "--config", "e.toml"]).1;
    said += &run(KEY, &["report", "plain"]).1;
    said += &run(KEY, &["export", "plain", "verdicts"]).1;
    said += &run(KEY, &["runs", "show", "plain"]).1;
    assert!(!said.contains("sentinel"), "{}", said.lines().find(|line| line.contains("sentinel")).unwrap_or_default());
    for entry in std::fs::read_dir(bed.path("")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        let found = bytes.windows(8).any(|window| window == b"sentinel");
        assert!(!found, "{} holds the key", path.display());
    }
    // what this process was given is in no candidate's environment
    let verdicts = bed.ok(&["export", "plain", "verdicts", "--format", "jsonl"]);
    let looked: Vec<&str> = verdicts.lines().filter(|line| line.contains("\"looks\"")).collect();
    assert!(looked.len() == 24 && looked.iter().all(|line| line.contains("\"pass\"")), "{verdicts}");
}

#[test]
fn a_database_that_vanishes_ends_the_run_at_once() {
    let bed = Bed::new();
    let (_server, address) = simulate(&bed, &["--latency", "50ms"]);
    bed.write("e.toml", &PLAIN.replace("BASE", &address).replace("samples = 6", "samples = 5000"));
    let child = bed.command(&["run", "e.toml", "--no-tui"]).stderr(std::process::Stdio::piped()).spawn().unwrap();
    while count_if_there(&bed) < 20 {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    std::fs::rename(bed.path("nbest.db"), bed.path("moved.db")).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = text(&output.stderr);
    assert!(
        output.status.code() == Some(1) && said.contains("is not there any more") && said.contains("hint:"),
        "{said}"
    );
}

fn count_if_there(bed: &Bed) -> usize {
    text(&bed.run(&["export", "plain", "samples", "--format", "jsonl"]).stdout).lines().count()
}
