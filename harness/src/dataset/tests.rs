use std::io::Write as _;
use std::path::PathBuf;

use verifiers::domain::TestSuite;

use super::*;

fn write(name: &str, content: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, content).unwrap();
    (dir, path)
}

fn load_text(name: &str, content: &str) -> Result<ProblemSet, DatasetError> {
    let (_dir, path) = write(name, content.as_bytes());
    load(&path, "auto", &Options::default())
}

fn shared(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("NBEST_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let path = root.join("data").join(name);
    if !path.exists() {
        eprintln!("skipped: {} is not here", path.display());
    }
    path.exists().then_some(path)
}

const HUMAN_EVAL: &str = r#"{"task_id": "T/0", "prompt": "def f(x):\n", "entry_point": "f", "canonical_solution": "    return x\n", "test": "def check(candidate):\n    assert candidate(1) == 1\n"}"#;

#[test]
fn human_eval_is_read_from_every_wrapping() {
    let plain = load_text("a.jsonl", &format!("{HUMAN_EVAL}\n\n")).unwrap();
    assert_eq!(plain.format, Format::HumanEval);
    assert_eq!(plain.problems[0].reference.as_deref(), Some("def f(x):\n    return x\n"));
    assert!(
        matches!(&plain.problems[0].tests["check"], TestSuite::Check { preamble, .. } if preamble == "def f(x):\n")
    );

    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(HUMAN_EVAL.as_bytes()).unwrap();
    let zst = zstd::encode_all(HUMAN_EVAL.as_bytes(), 1).unwrap();
    let array = format!("[{HUMAN_EVAL}]");
    let by_id = format!("{{\"T/0\": {HUMAN_EVAL}}}");
    let wrapped: [(&str, Vec<u8>); 4] = [
        ("a.jsonl.gz", gz.finish().unwrap()),
        ("a.jsonl.zst", zst),
        ("a.json", array.into_bytes()),
        ("b.json", by_id.into_bytes()),
    ];
    for (name, content) in wrapped {
        let (_dir, path) = write(name, &content);
        let set = load(&path, "human-eval", &Options::default()).unwrap();
        assert_eq!(set.hash, plain.hash, "{name}");
    }
}

#[test]
fn faults_are_told_with_their_place() {
    let cases = [
        ("a.jsonl", format!("{HUMAN_EVAL}\n{{\"task_id\": \n"), ":2: broken JSON"),
        ("a.jsonl", format!("{HUMAN_EVAL}\n{HUMAN_EVAL}\n"), ":2: problem T/0 is there twice, first at line 1"),
        (
            "a.jsonl",
            format!("{HUMAN_EVAL}\n{{\"task_id\": \"T/1\", \"prompt\": \"\"}}\n"),
            ":2: no field \"entry_point\"",
        ),
        ("a.jsonl", format!("{HUMAN_EVAL}\n[1]\n"), ":2: a JSON object is expected"),
        ("a.jsonl", "{\"x\": 1}\n".to_owned(), "can't tell the format from the fields x"),
        ("a.jsonl", "\n".to_owned(), "has no problems"),
        ("a.parquet", String::new(), "Parquet"),
        ("a.jsonl", "[\n".to_owned(), ":1: a JSON document, not JSON lines"),
        ("a.csv", "question,answer\n\"a\",\"b\",\"c\"\n".to_owned(), ":2: broken CSV"),
    ];
    for (name, content, message) in cases {
        let error = load_text(name, &content).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert!(matches!(error, DatasetError::Empty { .. }) || error.hint().is_some(), "{error}");
    }
    let missing = load(Path::new("no/such.jsonl"), "auto", &Options::default()).unwrap_err();
    assert!(missing.hint().is_some());
    let (_dir, path) = write("a.jsonl", &HUMAN_EVAL.as_bytes()[..HUMAN_EVAL.len() / 2]);
    assert!(load(&path, "auto", &Options::default()).unwrap_err().to_string().contains(":1:"));
}

#[test]
fn problems_are_selected() {
    let lines: Vec<String> = (0..5).map(|i| HUMAN_EVAL.replace("T/0", &format!("T/{i}"))).collect();
    let (_dir, path) = write("a.jsonl", lines.join("\n").as_bytes());
    let options = |limit, ids: Option<&[&str]>| Options {
        limit,
        ids: ids.map(|ids| ids.iter().map(|id| (*id).to_owned()).collect()),
        fields: BTreeMap::new(),
    };
    let all = load(&path, "auto", &options(None, None)).unwrap();
    let two = load(&path, "auto", &options(Some(2), None)).unwrap();
    assert_eq!((all.problems.len(), two.problems.len()), (5, 2));
    assert_eq!(all.hash, two.hash);
    let chosen = load(&path, "auto", &options(None, Some(&["T/3", "T/1"]))).unwrap();
    assert_eq!(chosen.problems.iter().map(|p| p.id.0.as_str()).collect::<Vec<_>>(), ["T/1", "T/3"]);
    let unknown = load(&path, "auto", &options(None, Some(&["T/9", "T/3"]))).unwrap_err();
    assert!(unknown.to_string().ends_with("has no problem T/9"), "{unknown}");
}

#[test]
fn answers_are_found() {
    let gsm = load_text("a.jsonl", r#"{"question": "How many?", "answer": "It is 1+1=2.\n#### $1,234."}"#).unwrap();
    assert_eq!((gsm.format, gsm.problems[0].answer.as_deref()), (Format::Gsm8k, Some("1234")));
    assert_eq!(gsm.problems[0].id.0, "gsm8k/0");
    let math =
        load_text("a.jsonl", r#"{"problem": "x?", "solution": "so \\boxed{\\frac{1}{2}}", "level": 3}"#).unwrap();
    assert_eq!((math.format, math.problems[0].answer.as_deref()), (Format::Math, Some("\\frac{1}{2}")));
    assert_eq!(math.problems[0].group.as_deref(), Some("3"));
    let aime = load_text("a.csv", "Problem,Answer\nwhat?,070\n").unwrap();
    assert_eq!((aime.format, aime.problems[0].answer.as_deref()), (Format::Math, Some("070")));
    let (_dir, path) = write("a.jsonl", br#"{"q": "what?", "a": 5, "hard": "yes"}"#);
    let fields = [("question", "q"), ("answer", "a"), ("group", "hard")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    let own = load(&path, "jsonl", &Options { fields: fields.into(), ..Options::default() }).unwrap();
    let problem = &own.problems[0];
    assert_eq!(
        (problem.prompt.as_str(), problem.answer.as_deref(), problem.group.as_deref()),
        ("what?", Some("5"), Some("yes"))
    );
    let wrong = Options { fields: [("promt".to_owned(), "q".to_owned())].into(), ..Options::default() };
    let error = load(&path, "jsonl", &wrong).unwrap_err();
    assert!(
        error.to_string().contains("unknown name \"promt\"") && error.hint().unwrap().contains("`prompt`"),
        "{error}"
    );
    let absent = Options { fields: [("prompt".to_owned(), "nope".to_owned())].into(), ..Options::default() };
    let error = load(&path, "jsonl", &absent).unwrap_err();
    assert!(error.to_string().contains("no record has the field \"nope\" of dataset.fields.prompt"), "{error}");
}

#[test]
fn mbpp_statements() {
    let line = r#"{"task_id": 2, "text": "Do it.", "code": "def help(x):\n  pass\ndef f(x):\n  return x", "test_list": ["assert set(f(1)) == 1"], "test_setup_code": "import math", "challenge_test_list": ["assert f(2) == 2"]}"#;
    let set = load_text("a.jsonl", line).unwrap();
    let problem = &set.problems[0];
    assert_eq!((set.format, problem.id.0.as_str(), problem.entry_point.as_deref()), (Format::Mbpp, "2", Some("f")));
    assert!(problem.prompt.contains("assert set(f(1)) == 1"));
    assert!(
        matches!(&problem.tests["tests"], TestSuite::Script { setup, statements } if setup == "import math" && statements.len() == 1)
    );
    assert!(matches!(&problem.tests["challenge"], TestSuite::Script { statements, .. } if statements.len() == 2));
}

#[test]
fn contest_tests() {
    use base64::Engine as _;
    let private = r#"[{"input": "3\n", "output": "9\n", "testtype": "stdin"}]"#;
    let mut pickled = vec![0x80, 4, 0x95, 0, 0, 0, 0, 0, 0, 0, 0, b'X'];
    pickled.extend(u32::try_from(private.len()).unwrap().to_le_bytes());
    pickled.extend(private.as_bytes());
    pickled.extend([0x94, b'.']);
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    zlib.write_all(&pickled).unwrap();
    let packed = base64::engine::general_purpose::STANDARD.encode(zlib.finish().unwrap());
    let line = serde_json::json!({
        "question_id": "a", "question_content": "Square it.", "starter_code": "", "difficulty": "easy", "metadata": "{}",
        "public_test_cases": "[{\"input\": \"2\\n\", \"output\": \"4\\n\", \"testtype\": \"stdin\"}]", "private_test_cases": packed,
    });
    let set = load_text("a.jsonl", &line.to_string()).unwrap();
    assert_eq!(set.format, Format::LiveCodeBench);
    assert!(matches!(&set.problems[0].tests["public"], TestSuite::StdinStdout { cases, .. } if cases.len() == 1));
    assert!(
        matches!(&set.problems[0].tests["tests"], TestSuite::StdinStdout { cases, .. } if cases[1].outputs == ["9\n"])
    );

    let apps = serde_json::json!({"question": "?", "input_output": "{\"inputs\": [\"[1, 2]\\n3\"], \"outputs\": [\"6\"], \"fn_name\": \"solve\"}"});
    let set = load_text("a.jsonl", &apps.to_string()).unwrap();
    let TestSuite::Functional { function, cases } = &set.problems[0].tests["tests"] else { panic!("functional") };
    assert_eq!((function.as_str(), cases[0].arguments.len(), &cases[0].expected), ("solve", 2, &serde_json::json!(6)));
}

#[test]
fn accepted_results_and_outputs() {
    use serde_json::{Value, json};
    let suite = |tests: Value| {
        let line = json!({"question": "?", "input_output": tests}).to_string();
        load_text("a.jsonl", &line).unwrap().problems[0].tests["tests"].clone()
    };
    let results = |tests: Value| match suite(tests) {
        TestSuite::Functional { cases, .. } => cases.into_iter().map(|c| (c.expected, c.also)).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let call = |inputs: Value, outputs: Value| json!({"fn_name": "f", "inputs": inputs, "outputs": outputs});
    // wrapped, as most of APPS
    assert_eq!(
        results(call(json!([[1, 2], [3, 4]]), json!([[3], ["7"]]))),
        [(json!(3), vec![json!([3])]), (json!("7"), vec![json!(["7"])])]
    );
    // lists that are results themselves: their first item alone would be wrong
    assert_eq!(results(call(json!([[1], [2]]), json!([[0, 1], [2]]))), [(json!([0, 1]), vec![]), (json!([2]), vec![])]);
    assert_eq!(results(call(json!([["a"]]), json!(["12"]))), [(json!("12"), vec![json!(12)])]);
    assert_eq!(results(call(json!(["[3, 1]"]), json!(["[1, 3]"]))), [(json!([1, 3]), vec![])]);

    let outputs = |tests: Value| match suite(tests) {
        TestSuite::StdinStdout { cases, .. } => cases.into_iter().map(|c| c.outputs).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(outputs(json!({"inputs": ["4"], "outputs": [["1 3", "2 2"]]})), [["1 3\n2 2"]]);
    assert_eq!(outputs(json!([{"input": "4", "outputs": ["1 3", ["2", "2"]]}])), [["1 3", "2\n2"]]);
    let limit = |name: &str, value: Value| {
        let mut line = json!({"question": "?", "test_cases": {"input": ["1"], "output": ["1"]}});
        line[name] = value;
        match load_text("a.jsonl", &line.to_string()).unwrap().problems[0].tests["tests"] {
            TestSuite::StdinStdout { time_limit, .. } => time_limit,
            ref other => panic!("{other:?}"),
        }
    };
    assert_eq!(limit("timeout", json!(8)), Some(8.0));
    assert_eq!(limit("time_limit", json!({"seconds": 2, "nanos": 500_000_000})), Some(2.5));
    assert_eq!(limit("time_limit", json!("1.5 seconds")), Some(1.5));
    assert_eq!(limit("timeout", json!(2000)), Some(60.0));
    for none in [json!(-1), json!("soon"), Value::Null] {
        assert_eq!(limit("timeout", none), None);
    }

    for broken in [json!([{"input": "4", "outputs": []}]), json!([{"input": "4", "output": "1", "outputs": ["2"]}])] {
        let line = json!({"question": "?", "input_output": broken}).to_string();
        let error = load_text("a.jsonl", &line).unwrap_err().to_string();
        assert!(error.contains("test 0 has no texts"), "{error}");
    }
}

#[test]
fn pickles_are_never_run() {
    assert_eq!(pickle::text(b"\x80\x04\x8c\x02hi\x94.").as_deref(), Ok("hi"));
    for bad in
        [&b"cos\nsystem\n(S'true'\ntR."[..], b"\x80\x04", b"\x80\x04.", b"X\xff\xff\xff\xffa.", b"\x8c\x01a\x8c\x01b."]
    {
        assert!(pickle::text(bad).is_err());
    }
}

#[test]
fn real_sets() {
    let cases = [
        ("humaneval.jsonl", Format::HumanEval, 164),
        ("humaneval_plus.jsonl.gz", Format::EvalPlus, 164),
        ("mbpp_plus.jsonl", Format::EvalPlus, 378),
    ];
    for (name, format, count) in cases {
        let Some(path) = shared(name) else { return };
        let set = load(&path, "auto", &Options::default()).unwrap();
        assert_eq!((set.format, set.problems.len()), (format, count), "{name}");
        let calls = set.problems.iter().flat_map(|p| p.tests.values()).filter_map(|suite| match suite {
            TestSuite::Calls { inputs, .. } => Some(inputs),
            _ => None,
        });
        for input in calls.flatten() {
            let again = verifiers::value::Value::parse(input, verifiers::value::Dialect::Python).unwrap();
            assert_eq!(&again.literal(), input);
        }
        if name == "mbpp_plus.jsonl" {
            let first = |id: &str| match &set.problems.iter().find(|p| p.id.0 == id).unwrap().tests["base"] {
                TestSuite::Calls { inputs, .. } => inputs[0].clone(),
                _ => panic!("calls"),
            };
            assert_eq!(first("Mbpp/2"), "[(3, 4, 5, 6), (5, 7, 4, 10)]");
            assert_eq!(first("Mbpp/124"), "[0.0, 1j]");
            assert_eq!(first("Mbpp/252"), "[(1+0j)]");
            assert_eq!(first("Mbpp/580"), "[(4, 5, (7, 6, (2, 4)), 6, 8)]");
        }
    }
}
