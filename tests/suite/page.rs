//! The report page in a real browser: it opens, sorts, shows, and nothing that a completion holds runs in it.

use std::path::Path;
use std::process::Command;

use crate::support::{Bed, REPLAY, text, tiny};

/// What tries to run, to leave its place or to mislead; `%` is where a script would tell that it ran.
const HOSTILE: [&str; 8] = [
    "</code></pre></details></main><script>%</script>",
    "<!-- <script>%</script> --!><img src=x onerror=%>",
    "<svg/onload=%><iframe srcdoc=\"<script>parent.%</script>\">",
    "</title></style></textarea><style>@import 'http://127.0.0.1:1/x'</style><body onload=%>",
    "<a href=\"javascript:%\" id=figures>x</a><base href=//127.0.0.1:1/><meta http-equiv=refresh content=0;url=//127.0.0.1:1/>",
    "\u{202e}gpj.exe \u{2066}x\u{2028}\u{2029}\u{0}\u{1b}[2J\u{feff}\u{fffe}",
    "&lt;script&gt;%&lt;/script&gt; &#60;script&#62; ${%} {{%}} `%`",
    "]]><script>%</script><form action=//127.0.0.1:1/><input autofocus onfocus=%>",
];

/// A finished run whose completions, prompts and ids are hostile; one has a line of 1 MB.
fn hostile(bed: &Bed) {
    let (mut set, mut samples) = (String::new(), String::new());
    let texts: Vec<String> = HOSTILE.iter().map(|t| t.replace('%', "document.title='ran'")).collect();
    for (i, hostile) in texts.iter().enumerate() {
        let problem = serde_json::json!({
            "task_id": format!("T/{i} {hostile}"), "prompt": "def f(x):\n", "entry_point": "f",
            "canonical_solution": "    return x\n", "test": "def check(candidate):\n    assert candidate(1) == 1\n",
        });
        set += &format!("{problem}\n");
        let right = format!("    return x\n# {hostile}\n");
        let wrong = format!("    raise ValueError({hostile:?})\n{hostile}");
        let long = format!("    return 2 # {}", "<b>long</b>".repeat(100_000));
        for completion in [right, wrong, if i == 0 { long } else { format!("    return 2  # {hostile}") }] {
            samples += &format!("{}\n", serde_json::json!({"task_id": problem["task_id"], "completion": completion}));
        }
    }
    bed.write("set.jsonl", &set);
    bed.write("samples.jsonl", &samples);
    bed.write(
        "e.toml",
        "name = \"hostile\"\nsamples = 3\n[dataset]\npath = \"set.jsonl\"\nformat = \"human-eval\"\n[model]\napi = \"replay\"\n\
         path = \"samples.jsonl\"\n[[verifier]]\nname = \"tests\"\nkind = \"python-tests\"\nrole = \"oracle\"\n",
    );
    bed.ok(&["run", "e.toml", "--no-tui"]);
}

/// What the browser saw; `None` where there is none.
fn opened(page: &Path, clicks: &[&str], hover: Option<&str>, expressions: &[&str]) -> Option<serde_json::Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/browser.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(page);
    for selector in clicks {
        command.args(["--click", selector]);
    }
    if let Some(selector) = hover {
        command.args(["--hover", selector]);
    }
    for expression in expressions {
        command.args(["--expression", expression]);
    }
    if let Some(folder) = std::env::var_os("NBEST_SHOTS") {
        command.arg("--shots").arg(folder);
    }
    let output = command.output().unwrap();
    if output.status.code() == Some(77) {
        eprintln!("skipped: {}", text(&output.stderr).trim());
        return None;
    }
    assert!(output.status.success(), "{}", text(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn a_page_sorts_and_nothing_in_it_runs() {
    let bed = Bed::new();
    hostile(&bed);
    bed.ok(&["report", "hostile", "--html", "page.html"]);
    let page = std::fs::read_to_string(bed.path("page.html")).unwrap();
    assert!(page.len() < 1_000_000, "a long line is cut: {}", page.len());
    assert_eq!(page.matches("<script").count(), 1, "only the page's own");
    let head = "#problems-0 ~ .wide thead th:nth-child(2) button";
    let names =
        "[...document.querySelectorAll('#problems-0 ~ .wide tbody tr')].map(r => r.cells[1].textContent.slice(0, 3))";
    let order = "document.querySelector('#problems-0 ~ .wide th:nth-child(2)').getAttribute('aria-sort')";
    let shown = "[...document.querySelectorAll('pre')].some(p => p.textContent.includes(\"<script>document.title='ran'</script>\"))";
    let foreign = "document.querySelectorAll('img,iframe,form,input,base,a[href^=javascript],meta[http-equiv=refresh],[onload],[onerror]').length";
    let colours = "(document.querySelector('details[id^=p-]').open = true, new Promise(f => setTimeout(() => f(document.querySelector('details[id^=p-] pre i.k').textContent), 50)))";
    let expressions = [names, order, "document.title", shown, foreign, colours];
    let Some(seen) = opened(&bed.path("page.html"), &[head, head], None, &expressions) else { return };
    let values = &seen["values"];
    let falling: Vec<String> = (0..8).rev().map(|i| format!("T/{i}")).collect();
    assert_eq!(values[0], serde_json::json!(falling), "the second click turns the order round");
    assert_eq!((&values[1], &values[2]), (&"descending".into(), &"hostile - nbest".into()), "{seen}");
    assert_eq!((&values[3], &values[4]), (&true.into(), &0.into()), "{seen}");
    assert_eq!(values[5], "return", "code is coloured once it is opened");
    assert_eq!((seen["requests"].as_array().unwrap().len(), &seen["dialogs"]), (1, &0.into()), "{seen}");
    assert_eq!(seen["errors"], serde_json::json!([]), "{seen}");
}

#[test]
fn a_figure_says_its_values_under_the_pointer() {
    let bed = Bed::new();
    tiny(&bed, 3);
    bed.write("e.toml", REPLAY);
    bed.ok(&["run", "e.toml", "--no-tui"]);
    bed.ok(&["report", "tiny", "--html", "page.html"]);
    // two of four samples are right: pass@2 is 1 - 1/6
    let tip = "document.querySelector('.tip')";
    let lit = "document.querySelector('figure svg .on').getAttribute('cx')";
    let expressions =
        [format!("{tip}.hidden ? '' : {tip}.textContent"), lit.to_owned(), lit.replace(".on", ".h:nth-of-type(2)")];
    let expressions: Vec<&str> = expressions.iter().map(String::as_str).collect();
    let second = "figure svg .h:nth-of-type(2)";
    let Some(seen) = opened(&bed.path("page.html"), &[], Some(second), &expressions) else { return };
    let shown = seen["values"][0].as_str().unwrap();
    assert_eq!(shown, "tests: N = 2, 83.3 % [83.3 %, 83.3 %]", "{seen}");
    assert_eq!(seen["values"][1], seen["values"][2], "the point that is told is the one that is lit");
    assert_eq!(seen["errors"], serde_json::json!([]), "{seen}");
}
