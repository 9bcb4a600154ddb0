//! Nothing paid for is lost: killed at any moment, the same command gives what an undisturbed run gives.

use std::process::Stdio;
use std::time::Duration;

use crate::support::{Bed, Running, simulate};

const EXPERIMENT: &str = r#"
name = "r"
samples = 24
seed = 5
[dataset]
path = "bundled"
limit = 6
[model]
api = "openai-chat"
base_url = "BASE"
model = "simulated"
temperature = 0.8
limits = { concurrency = 8 }
[[verifier]]
name = "weak"
kind = "python-tests"
tests = "weak"
role = "selector"
[[verifier]]
name = "thorough"
kind = "python-tests"
tests = "oracle"
role = "oracle"
"#;

/// All samples and verdicts, without what time and chance decide.
fn rows(bed: &Bed) -> (Vec<String>, Vec<String>) {
    let strip = |table: &str, keep: &[&str]| {
        bed.ok(&["export", "r", table, "--format", "jsonl"])
            .lines()
            .map(|line| {
                let row: serde_json::Value = serde_json::from_str(line).unwrap();
                keep.iter().map(|key| row[*key].to_string()).collect::<Vec<_>>().join(" ")
            })
            .collect()
    };
    (
        strip(
            "samples",
            &["problem", "sample_index", "outcome", "seed", "duplicate_of", "completion", "completion_tokens"],
        ),
        strip("verdicts", &["problem", "sample_index", "verifier", "status"]),
    )
}

#[test]
fn killed_twenty_times_is_as_good_as_undisturbed() {
    let undisturbed = Bed::new();
    let (_server, address) = simulate(&undisturbed, &["--latency", "10ms"]);
    let experiment = EXPERIMENT.replace("BASE", &address);
    undisturbed.write("e.toml", &experiment);
    undisturbed.ok(&["run", "e.toml", "--no-tui", "--workers", "1"]);
    let whole = rows(&undisturbed);
    assert_eq!((whole.0.len(), whole.1.len()), (144, 288));

    let killed = Bed::new();
    killed.write("e.toml", &experiment);
    let mut interrupted = 0;
    // moments that are spread over start, sampling and judging, other ones in every run of this test
    let mut word = u64::from(std::process::id()).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for _ in 0..20 {
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        let moment = Duration::from_millis(20 + word % 400);
        let mut child =
            killed.command(&["run", "e.toml", "--no-tui", "--workers", "1"]).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(moment);
        interrupted += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(interrupted > 0, "every run ended before it was killed");
    killed.ok(&["run", "e.toml", "--no-tui", "--workers", "1"]);
    assert_eq!(rows(&killed), whole);
}

#[test]
fn a_larger_n_and_a_new_verifier_extend_the_run() {
    let bed = Bed::new();
    let (_server, address) = simulate(&bed, &["--latency", "10ms"]);
    let experiment = EXPERIMENT.replace("BASE", &address);
    let first =
        experiment.split("[[verifier]]\nname = \"thorough\"").next().unwrap().replace("samples = 24", "samples = 5");
    bed.write("e.toml", &first);
    bed.ok(&["run", "e.toml", "--no-tui"]);
    let before = rows(&bed);
    assert_eq!((before.0.len(), before.1.len()), (30, 30));
    bed.write("e.toml", &experiment.replace("samples = 24", "samples = 7"));
    bed.ok(&["run", "e.toml", "--no-tui"]);
    let after = rows(&bed);
    assert_eq!((after.0.len(), after.1.len()), (42, 84));
    assert!(before.0.iter().all(|row| after.0.contains(row)));
}

#[test]
fn a_second_process_is_told_who_holds_the_file() {
    let bed = Bed::new();
    let (_server, address) = simulate(&bed, &["--latency", "10ms"]);
    bed.write("e.toml", &EXPERIMENT.replace("BASE", &address).replace("samples = 24", "samples = 2000"));
    let first = Running(bed.command(&["run", "e.toml", "--no-tui"]).stderr(Stdio::null()).spawn().unwrap());
    for _ in 0..200 {
        if bed.path("nbest.db.lock").exists()
            && std::fs::read_to_string(bed.path("nbest.db.lock")).unwrap().contains("process")
        {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let stderr = bed.fails(1, &["verify", "r"]);
    assert!(stderr.contains(&format!("process {}", first.0.id())), "{stderr}");
    assert!(stderr.contains("nbest run e.toml"), "{stderr}");
    drop(first);
}
