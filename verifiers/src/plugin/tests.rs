use std::sync::Arc;

use super::*;
use crate::domain::{Completion, Form, Problem, ProblemId};

const ECHO: &str = r#"
import json, os, sys
print("a library says hello")
json.loads(sys.stdin.readline())
print(json.dumps({"protocol": 1, "version": "toy 2", "batch": 3}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    verdicts = []
    for sample in request["samples"]:
        text = sample["completion"]
        if text == "die":
            sys.exit("no more")
        if text == "hang":
            import time; time.sleep(60)
        if text == "env":
            text = str(sorted(k for k in os.environ if k.startswith("NBEST_PLUGIN_TEST")))
        verdicts.append({"score": float(len(text)), "detail": text} if text != "none" else None)
        if text == "nan":
            verdicts[-1]["score"] = float("nan")
    print("noise {", flush=True)
    print(json.dumps({"id": request["id"], "verdicts": verdicts}), flush=True)
"#;

fn settings(script: &str) -> PluginSettings {
    PluginSettings {
        command: vec!["python3".into(), "-c".into(), script.into()],
        timeout: Duration::from_secs(20),
        threshold: Some(3.0),
        ..PluginSettings::default()
    }
}

fn candidates(texts: &[&str]) -> Vec<Candidate> {
    let problem = Arc::new(Problem {
        id: ProblemId("p".into()),
        prompt: "question".into(),
        entry_point: None,
        reference: None,
        tests: std::collections::BTreeMap::new(),
        answer: Some("42".into()),
        group: None,
        fields: serde_json::Map::new(),
    });
    let one = |(index, text): (usize, &&str)| Candidate {
        problem: Arc::clone(&problem),
        sample_index: u32::try_from(index).unwrap(),
        completion: Completion { text: (*text).into(), form: Form::Chat },
        verdicts: std::collections::BTreeMap::new(),
    };
    texts.iter().enumerate().map(one).collect()
}

async fn start(settings: PluginSettings) -> PluginVerifier {
    tokio::task::spawn_blocking(move || PluginVerifier::start(&settings)).await.unwrap().unwrap()
}

#[tokio::test]
async fn scores_statuses_and_gaps_are_read() {
    let plugin = start(settings(ECHO)).await;
    assert_eq!(plugin.version(), "json-lines 1, toy 2");
    assert_eq!(plugin.scope(), Scope::Sample { batch: 3 });
    let verdicts = plugin.judge(&candidates(&["ab", "none", "nan", "abcd"])).await;
    let statuses: Vec<_> = verdicts.iter().map(|v| v.status.unwrap()).collect();
    assert_eq!(statuses, [Status::Fail, Status::Unjudged, Status::Unjudged, Status::Pass]);
    assert_eq!(verdicts[3].score, Some(4.0));
    plugin.close().await;
}

#[tokio::test]
async fn a_sample_that_ends_the_program_loses_only_itself() {
    let plugin = start(settings(ECHO)).await;
    let verdicts = plugin.judge(&candidates(&["a", "die", "abc"])).await;
    let statuses: Vec<_> = verdicts.iter().map(|v| v.status.unwrap()).collect();
    assert_eq!(statuses, [Status::Fail, Status::Unjudged, Status::Pass]);
    assert!(verdicts[1].detail.as_deref().unwrap().contains("no more"), "{:?}", verdicts[1]);
    let alone = plugin.judge(&candidates(&["die"])).await;
    assert_eq!(alone[0].status, Some(Status::Unjudged));
    assert_eq!(plugin.judge(&candidates(&["abc"])).await[0].status, Some(Status::Pass));
}

#[tokio::test]
async fn a_silent_program_is_unjudged_and_replaced() {
    let plugin = start(PluginSettings { timeout: Duration::from_millis(300), ..settings(ECHO) }).await;
    let verdict = plugin.judge(&candidates(&["hang"])).await.remove(0);
    assert_eq!(verdict.status, Some(Status::Unjudged));
    assert!(verdict.detail.unwrap().contains("no answer"));
}

#[tokio::test]
async fn a_program_that_always_ends_is_given_up() {
    let script = "import sys\nsys.stdin.readline()\nprint('{\"protocol\": 1}', flush=True)";
    let plugin = start(settings(script)).await;
    let texts = ["a"; 8];
    let verdicts = plugin.judge(&candidates(&texts)).await;
    assert!(verdicts.iter().all(|v| v.status == Some(Status::Unjudged)));
    assert!(verdicts[7].detail.as_deref().unwrap().contains("not started again"), "{verdicts:?}");
}

#[test]
fn a_program_must_speak_the_protocol() {
    let start = |script: &str| PluginVerifier::start(&settings(script)).err().unwrap().to_string();
    assert!(start("print('{\"protocol\": 2}')").contains("protocol 2"));
    assert!(start("import sys; sys.exit('no model here')").contains("no model here"));
    let silent =
        PluginSettings { start_timeout: Duration::from_millis(200), ..settings("import sys\nsys.stdin.read()") };
    assert!(PluginVerifier::start(&silent).err().unwrap().to_string().contains("no answer"));
    let absent = PluginSettings { command: vec!["no-such-program".into()], ..PluginSettings::default() };
    assert!(PluginVerifier::start(&absent).err().unwrap().to_string().contains("not on the path"));
}

#[test]
fn verdicts_need_a_score_or_a_status() {
    assert_eq!(verdict(&json!(0.5), None).score, Some(0.5));
    assert_eq!(verdict(&json!({ "status": "fail", "answer": "3" }), None).status, Some(Status::Fail));
    for bad in [json!({}), json!({ "status": "great" }), json!({ "score": 1, "steps": [1, null] }), json!(null)] {
        assert_eq!(verdict(&bad, None).status, Some(Status::Unjudged), "{bad}");
    }
}
