//! Whole files, good and bad.

use super::*;

fn parse(text: &str, overrides: &[&str]) -> Result<Experiment, ConfigError> {
    let overrides: Vec<String> = overrides.iter().map(|s| (*s).to_owned()).collect();
    Experiment::parse(Path::new("dir/e.toml"), text, &overrides)
}

const SMALL: &str = "samples = 3\n[dataset]\npath = \"a.jsonl\"\n[model]\napi = \"replay\"\npath = \"b.jsonl\"\n\
                     [[verifier]]\nkind = \"python-tests\"\nrole = \"oracle\"\n";

#[test]
fn the_example_is_an_experiment() {
    let example = parse(EXAMPLE, &[]).unwrap();
    assert_eq!(example.samples, 100);
    assert_eq!(example.dataset.path, Path::new("dir/humaneval_plus.jsonl.gz"));
    assert_eq!(example.verifiers.len(), 2);
    assert_eq!(example.model.limits.timeout, std::time::Duration::from_mins(2));
    let stored = serde_json::to_string(&example).unwrap();
    assert_eq!(serde_json::from_str::<Experiment>(&stored).unwrap(), example);
}

#[test]
fn overrides_are_stronger_than_the_file() {
    let e =
        parse(SMALL, &["samples=7", "model.temperature=0.5", "verifier.python-tests.timeout=9s", "name=x"]).unwrap();
    assert_eq!((e.samples, e.name.as_str(), e.model.sampling.temperature), (7, "x", Some(0.5)));
    let verifiers::registry::Settings::PythonTests(program) = &e.verifiers[0].settings else { panic!("other kind") };
    assert_eq!(program.limits.timeout, std::time::Duration::from_secs(9));
    assert!(parse(SMALL, &["sampels=7"]).unwrap_err().to_string().contains("unknown key `sampels`"));
    assert!(parse(SMALL, &["verifier.other.timeout=9s"]).is_err());
    assert!(parse(SMALL, &["novalue"]).is_err());
}

#[test]
fn where_and_how_fast_may_change_and_what_may_not() {
    let base = "samples = 3\n[dataset]\npath = \"a\"\n[model]\napi = \"openai-chat\"\nbase_url = \"http://a\"\nmodel = \"m\"\n";
    let key = |overrides: &[&str]| parse(base, overrides).unwrap().model_key();
    let same = key(&[]);
    for how in ["model.base_url=http://b", "model.limits.concurrency=3", "samples=9", "model.api_key_env=KEY"] {
        assert_eq!(key(&[how]), same, "{how}");
    }
    for what in ["model.model=other", "model.temperature=0.1", "seed=1", "model.prompt=x", "model.max_tokens=5"] {
        assert_ne!(key(&[what]), same, "{what}");
    }
}

#[test]
fn mistakes_are_told_with_their_place() {
    let tell = |from: &str, to: &str| parse(&SMALL.replace(from, to), &[]).unwrap_err();
    let cases = [
        ("samples = 3", "samples = 0", "dir/e.toml:1: samples: must be at least 1"),
        ("samples = 3", "samples = -1", "dir/e.toml:1"),
        ("\"replay\"", "\"repaly\"", "dir/e.toml:5: model.api: unknown api \"repaly\""),
        ("\"oracle\"", "\"oracel\"", "dir/e.toml:9: verifier[0].role: unknown role"),
        ("kind = \"python-tests\"", "kind = \"python\"", "dir/e.toml:8: verifier[0].kind: unknown kind"),
        ("path = \"b.jsonl\"\n", "", "dir/e.toml:4: model.path: replay needs the file"),
        ("[dataset]\npath", "[dataset]\nformat = \"x\"\npath", "dir/e.toml:3: dataset.format: unknown format"),
        ("role = ", "threshhold = 1\nrole = ", "dir/e.toml:9: unknown key `threshhold`"),
    ];
    for (from, to, said) in cases {
        let error = tell(from, to);
        assert!(error.to_string().starts_with(said), "{error}\nnot: {said}");
    }
    let error = tell("samples = 3", "samples = = 3");
    assert_eq!((error.line, error.key), (Some(1), None));
    assert!(tell("\"replay\"", "\"repaly\"").hint.unwrap().contains("did you mean `replay`?"));
}

#[test]
fn a_key_in_place_of_its_variable_is_not_repeated() {
    let text = SMALL.replace("api = \"replay\"", "api = \"replay\"\napi_key_env = \"sk-secret-123\"");
    let error = parse(&text, &[]).unwrap_err();
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
}

#[test]
fn there_is_one_oracle() {
    let text = format!("{SMALL}[[verifier]]\nname = \"two\"\nkind = \"python-tests\"\nrole = \"oracle\"\n");
    let error = parse(&text, &[]).unwrap_err();
    assert_eq!((error.line, error.message.as_str()), (Some(13), "there can be only one oracle"));
}
