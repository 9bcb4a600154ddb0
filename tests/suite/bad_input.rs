//! Each mistake gives its clear error with place and way out, the documented exit code, and loses nothing.

use std::process::Command;

use crate::support::{Bed, REPLAY, text, tiny};

fn bed() -> Bed {
    let bed = Bed::new();
    tiny(&bed, 3);
    bed.write("e.toml", REPLAY);
    bed
}

#[track_caller]
fn says(stderr: &str, parts: &[&str]) {
    for part in parts {
        assert!(stderr.contains(part), "no {part:?} in:\n{stderr}");
    }
}

#[test]
fn an_experiment_that_is_not_there() {
    says(&bed().fails(3, &["run", "nothing.toml"]), &["nothing.toml", "hint: `nbest init`"]);
}

#[test]
fn an_unknown_key_names_line_and_nearest() {
    let bed = bed();
    bed.write("e.toml", &REPLAY.replace("samples = 4", "sampels = 4"));
    says(&bed.fails(3, &["run", "e.toml"]), &["e.toml:3", "unknown key `sampels`", "did you mean `samples`"]);
}

#[test]
fn a_key_of_another_kind_is_refused() {
    let bed = bed();
    bed.write("e.toml", &REPLAY.replace("role = \"oracle\"", "role = \"oracle\"\nlanguage = \"python\"\nfile = \"x\""));
    says(&bed.fails(3, &["run", "e.toml"]), &["e.toml:15", "verifier[0].file", "no such key"]);
}

#[test]
fn a_wrong_value_names_key_and_unit() {
    let bed = bed();
    bed.write("e.toml", &format!("{REPLAY}timeout = \"3 parsecs\"\n"));
    says(&bed.fails(3, &["run", "e.toml"]), &["e.toml:14", "verifier[0].timeout", "is not a time", "hint:"]);
}

#[test]
fn a_data_set_that_is_not_there() {
    let bed = bed();
    std::fs::remove_file(bed.path("tiny.jsonl")).unwrap();
    says(&bed.fails(3, &["run", "e.toml"]), &["tiny.jsonl"]);
}

#[test]
fn a_broken_line_is_named_and_nothing_is_skipped() {
    let bed = bed();
    let good = std::fs::read_to_string(bed.path("tiny.jsonl")).unwrap();
    bed.write("tiny.jsonl", &good.replacen("\"Tiny/1\"", "Tiny/1\"", 1));
    says(&bed.fails(3, &["run", "e.toml"]), &["tiny.jsonl", "2"]);
    bed.write("tiny.jsonl", &good);
    let samples = std::fs::read_to_string(bed.path("samples.jsonl")).unwrap();
    bed.write("samples.jsonl", &format!("{samples}{{\"task_id\": \n"));
    says(&bed.fails(3, &["run", "e.toml"]), &["samples.jsonl", "13"]);
}

#[test]
fn samples_of_an_unknown_problem() {
    let bed = bed();
    let samples = std::fs::read_to_string(bed.path("samples.jsonl")).unwrap();
    bed.write("samples.jsonl", &samples.replace("Tiny/2", "Tiny/77"));
    says(&bed.fails(3, &["run", "e.toml"]), &["Tiny/77", "hint:"]);
}

#[test]
fn an_interpreter_that_is_not_there() {
    let bed = bed();
    bed.write("e.toml", &format!("{REPLAY}interpreter = \"no-such-python\"\n"));
    says(&bed.fails(3, &["run", "e.toml"]), &["no-such-python", "hint:"]);
}

#[test]
fn a_database_that_is_none() {
    let bed = bed();
    bed.write("nbest.db", &"this is a diary, not a database\n".repeat(200));
    let before = std::fs::read(bed.path("nbest.db")).unwrap();
    says(&bed.fails(3, &["run", "e.toml"]), &["not an nbest database", "hint: name another file with --db"]);
    says(&bed.fails(3, &["report"]), &["not an nbest database"]);
    assert_eq!(std::fs::read(bed.path("nbest.db")).unwrap(), before);
}

#[test]
fn a_database_of_another_program_is_left_as_it_was() {
    let bed = bed();
    let made = Command::new("python3")
        .args(["-c", "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('CREATE TABLE bookmarks (url)'); c.commit()"])
        .arg(bed.path("nbest.db"))
        .status()
        .unwrap();
    assert!(made.success());
    let before = std::fs::read(bed.path("nbest.db")).unwrap();
    for command in [["run", "e.toml"].as_slice(), &["report"], &["runs"]] {
        says(&bed.fails(3, command), &["another program's database", "hint: name another file with --db"]);
    }
    assert_eq!(std::fs::read(bed.path("nbest.db")).unwrap(), before);
}

#[test]
fn a_run_that_is_not_there() {
    let bed = bed();
    bed.ok(&["run", "e.toml", "--no-tui"]);
    says(&bed.fails(3, &["report", "other"]), &["no run \"other\"", "known runs: tiny"]);
}

#[test]
fn a_run_does_not_go_on_with_another_seed() {
    let bed = bed();
    bed.ok(&["run", "e.toml", "--no-tui"]);
    says(&bed.fails(3, &["run", "e.toml", "--set", "seed=9"]), &["made with another model, prompt or seed", "--name"]);
    assert_eq!(bed.ok(&["export", "tiny", "samples", "--format", "jsonl"]).lines().count(), 12);
}

#[test]
fn an_endpoint_that_is_down_is_told_and_nothing_is_lost() {
    let bed = bed();
    // a port that was just free
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let model = format!(
        "api = \"openai-chat\"\nbase_url = \"http://127.0.0.1:{port}/v1\"\nmodel = \"m\"\nlimits = {{ attempts = 2 }}"
    );
    bed.write("e.toml", &REPLAY.replace("api = \"replay\"\npath = \"samples.jsonl\"", &model));
    let stderr = bed.fails(4, &["run", "e.toml", "--no-tui"]);
    says(&stderr, &["127.0.0.1", "nbest run e.toml"]);
}

#[test]
fn a_full_disk_ends_the_run_and_what_is_stored_stays() {
    let bed = bed();
    let set = std::fs::read_to_string(bed.path("tiny.jsonl")).unwrap();
    let long = "x = 1\n".repeat(4000);
    let mut samples = String::new();
    for i in 0..600 {
        let body = format!("# {i}\n{long}    return x\n");
        samples += &format!("{}\n", serde_json::json!({"task_id": "Tiny/0", "completion": body}));
    }
    bed.write("tiny.jsonl", set.lines().next().unwrap());
    bed.write("samples.jsonl", &samples);
    bed.write("e.toml", &REPLAY.replace("samples = 4", "samples = 600"));
    std::fs::create_dir(bed.path("small")).unwrap();
    // a small file system of its own, gone with the process
    let script = "mount -t tmpfs -o size=4m none small && \"$0\" run e.toml --no-tui --db small/a.db; echo \"code $?\"; \
                  \"$0\" runs --db small/a.db; \"$0\" export tiny samples --format jsonl --db small/a.db | wc -l";
    let mut unshare = Command::new("unshare");
    unshare.args(["--user", "--map-root-user", "--mount", "sh", "-c", script, env!("CARGO_BIN_EXE_nbest")]);
    let output = unshare.current_dir(bed.path("")).output();
    let Ok(output) = output.map(|o| (text(&o.stdout), text(&o.stderr))) else {
        eprintln!("skipped: there is no `unshare` here");
        return;
    };
    if output.1.contains("unshare failed") || output.1.contains("Operation not permitted") {
        eprintln!("skipped: no user namespace here: {}", output.1);
        return;
    }
    says(&output.1, &["no room left", "hint: nothing stored is lost"]);
    says(&output.0, &["code 1", "tiny"]);
    let stored: u32 = output.0.lines().last().unwrap().trim().parse().unwrap();
    assert!((1..600).contains(&stored), "{stored} samples\n{}", output.1);
}
