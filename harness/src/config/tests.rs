//! Whole files, good and bad.

use super::*;

fn parse(text: &str, overrides: &[&str]) -> Result<Experiment, ConfigError> {
    let overrides: Vec<String> = overrides.iter().map(|s| (*s).to_owned()).collect();
    Experiment::parse(Path::new("dir/e.toml"), text, &overrides).map(|mut all| {
        assert_eq!(all.len(), 1);
        all.remove(0)
    })
}

fn parse_all(text: &str) -> Result<Vec<Experiment>, ConfigError> {
    Experiment::parse(Path::new("dir/e.toml"), text, &[])
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
    assert_eq!((error.line, error.key.as_deref()), (Some(1), Some("samples")));
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

const SWEPT: &str = "name = \"s\"\n[dataset]\npath = \"a\"\n[[model]]\napi = \"openai-chat\"\nbase_url = \"http://a\"\nmodel = \"x/1\"\n\
                     sweep = { temperature = [0.2, 1], top_p = [0.9, 1.0] }\n[[model]]\nname = \"two\"\napi = \"openai-chat\"\n\
                     base_url = \"http://b\"\nmodel = \"y\"\n";

#[test]
fn a_sweep_and_a_list_of_models_are_one_run_each() {
    let all = parse_all(SWEPT).unwrap();
    let names: Vec<&str> = all.iter().map(|e| e.name.as_str()).collect();
    let x = |t, p| format!("s/x/1/temperature={t},top_p={p}");
    assert_eq!(names, [x("0.2", "0.9"), x("0.2", "1"), x("1", "0.9"), x("1", "1"), "s/two".to_owned()]);
    assert_eq!((all[1].model.sampling.temperature, all[1].model.sampling.top_p), (Some(0.2), Some(1.0)));
    assert_eq!(all[4].model.sampling.temperature, None);
    let keys: std::collections::HashSet<String> = all.iter().map(Experiment::model_key).collect();
    assert_eq!(keys.len(), 5);
    let top =
        SWEPT.replace("[dataset]", "sweep = { temperature = [0.5, 0.6], prompt = [\"a\\nb\", \"c\"] }\n[dataset]");
    let names: Vec<String> = parse_all(&top).unwrap().into_iter().map(|e| e.name).collect();
    assert_eq!(names.len(), 8 + 4);
    assert_eq!(names[8], "s/two/prompt=1,temperature=0.5");
    let one = SMALL.replace("api =", "sweep = { temperature = [0.1] }\napi =");
    assert!(parse_all(&one).unwrap()[0].name.ends_with("/temperature=0.1"));
}

#[test]
fn mistakes_in_lists_and_sweeps_are_told_with_their_place() {
    let cases = [
        (
            "api = \"openai-chat\"\nbase_url = \"http://b\"",
            "api = \"opnai\"",
            "dir/e.toml:11: model[1].api: unknown api",
        ),
        ("model = \"y\"", "model = \"y\"\ntopp = 1", "dir/e.toml:14: unknown key `topp`"),
        ("name = \"two\"", "name = \"x/1\"", "dir/e.toml:10: model[1].name: two models are called \"x/1\""),
        ("temperature = [0.2, 1]", "temprature = [1]", "dir/e.toml:8: model[0].sweep: `temprature` cannot be swept"),
        ("temperature = [0.2, 1]", "temperature = []", "dir/e.toml:8: model[0].sweep: `temperature` is not a list"),
        ("temperature = [0.2, 1]", "temperature = [\"hot\"]", "dir/e.toml:8: model[0].sweep: temperature:"),
        (
            "temperature = [0.2, 1]",
            "temperature = [11]",
            "dir/e.toml:4: model[0].temperature: 11 is not between 0 and 10",
        ),
        (
            "temperature = [0.2, 1]",
            "temperature = [1, 1.0]",
            "dir/e.toml:8: model[0].sweep: `temperature` has a value twice",
        ),
    ];
    for (from, to, said) in cases {
        let error = parse_all(&SWEPT.replace(from, to)).unwrap_err();
        assert!(error.to_string().starts_with(said), "{error}\nnot: {said}");
    }
}

#[test]
fn a_budget_in_usd_needs_prices_of_the_model_or_of_a_judge() {
    let limited = SMALL.replace("path = \"b.jsonl\"", "path = \"b.jsonl\"\nlimits = { budget_usd = 1 }");
    let error = parse(&limited, &[]).unwrap_err();
    assert_eq!(error.to_string(), "dir/e.toml: model.limits.budget_usd: costs are unknown without prices");
    let judge = "[[verifier]]\nkind = \"judge\"\nbase_url = \"http://a/v1\"\nmodel = \"m\"\n";
    let priced = format!("{limited}{judge}[verifier.price]\ninput_per_mtok = 1.0\noutput_per_mtok = 1.0\n");
    assert_eq!(parse(&priced, &[]).unwrap().budget.usd, Some(1.0));
    assert!(parse(&format!("{limited}{judge}"), &[]).is_err());
    let tiers = "price = { input_per_mtok = 1, output_per_mtok = 2, tiers = [{ above_input_tokens = 9, output_per_mtok = 4 }] }";
    let tiered = parse(&limited.replace("limits =", &format!("{tiers}\nlimits =")), &[]).unwrap().price.unwrap();
    assert_eq!((tiered.tiers[0].price.input_per_mtok, tiered.tiers[0].price.output_per_mtok), (1.0, 4.0));
}
