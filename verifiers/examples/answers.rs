//! Compares answers from a file: JSON lines `{"gold", "pred", "expected"}`, as other checkers' test cases can be written.
//!
//! `cargo run -p verifiers --example answers -- cases.jsonl` prints every case that is judged otherwise than expected, the confusion,
//! and how many equality checks a second this machine makes. With a second argument, a Python that has the package `math-verify`, that
//! package judges the same cases in the same run, and the ratio of the speeds is told.

use std::error::Error;
use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use verifiers::answer::{Answer, AnswerSettings, AnswerVerifier};

#[derive(serde::Deserialize)]
struct Case {
    gold: String,
    pred: String,
    expected: bool,
    tolerance: Option<f64>,
}

/// Reads the cases, judges them, and prints the confusion and two speeds: pairs that are parsed already, and texts.
const PEER: &str = r#"
import json, logging, sys, time
logging.disable(logging.CRITICAL)
from math_verify import parse, verify
cases = [json.loads(line) for line in open(sys.argv[1]) if line.strip()]
confusion, pairs = [[0, 0], [0, 0]], []
for case in cases:
    gold, found = parse(case["gold"]), parse(case["pred"])
    confusion[int(case["expected"])][int(verify(gold, found))] += 1
    pairs.append((gold, found))
def rate(step, work):
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < 2:
        for item in work:
            step(item)
            count += 1
    return count / (time.perf_counter() - start)
parsed = rate(lambda pair: verify(*pair), pairs)
texts = rate(lambda case: verify(parse(case["gold"]), parse(case["pred"])), cases[:100])
print(json.dumps([confusion, parsed, texts]))
"#;

/// What `math-verify` says of the same cases.
fn peer(python: &str, path: &str, own: f64, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let output = std::process::Command::new(python).args(["-c", PEER, path]).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().ok_or("math-verify said nothing")?;
    let ([[rejected, wrong_accept], [wrong_reject, accepted]], parsed, texts): ([[u32; 2]; 2], f64, f64) =
        serde_json::from_str(last)?;
    writeln!(out, "math-verify: same and found same {accepted}, same but told apart {wrong_reject}")?;
    writeln!(out, "math-verify: other and told apart {rejected}, other but found same {wrong_accept}")?;
    writeln!(out, "math-verify: {parsed:.0} checks a second on answers that are read, {texts:.0} with texts")?;
    writeln!(out, "nbest is faster by {:.0} x on answers that are read", own / parsed)?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: answers CASES.jsonl [PYTHON]")?;
    let settings = AnswerSettings::default();
    let verifier = AnswerVerifier::new(&settings)?;
    let mut out = std::io::stdout().lock();
    let mut confusion = [[0_u32; 2]; 2];
    let mut pairs: Vec<(Answer, Answer)> = Vec::new();
    for line in std::fs::read_to_string(&path)?.lines().filter(|line| !line.trim().is_empty()) {
        let case: Case = serde_json::from_str(line)?;
        let short = case.gold.len() < 60;
        let gold = if short {
            verifier.right_answer(&case.gold)
        } else {
            verifier.find(&case.gold).ok_or("no answer in the gold text")?
        };
        let found = verifier.find(&case.pred);
        let same = found.as_ref().is_some_and(|answer| gold.same(answer, case.tolerance.unwrap_or(settings.tolerance)));
        confusion[usize::from(case.expected)][usize::from(same)] += 1;
        if same != case.expected {
            let tail: String = case.pred.chars().rev().take(120).collect::<Vec<_>>().into_iter().rev().collect();
            writeln!(out, "expected {}, got {same}: {:?} against {tail:?}", case.expected, case.gold)?;
            writeln!(out, "    read as {:?} and {:?}", gold.key(), found.as_ref().map(Answer::key))?;
        }
        pairs.extend(found.map(|answer| (gold, answer)));
    }
    let [[rejected, wrong_accept], [wrong_reject, accepted]] = confusion;
    writeln!(out, "same and found same {accepted}, same but told apart {wrong_reject}")?;
    writeln!(out, "other and told apart {rejected}, other but found same {wrong_accept}")?;
    let (started, mut checks, mut same) = (Instant::now(), 0_u32, 0_u32);
    while started.elapsed().as_secs() < 1 && !pairs.is_empty() {
        for (gold, answer) in &pairs {
            same += u32::from(black_box(gold).same(black_box(answer), settings.tolerance));
            checks += 1;
        }
    }
    let rate = f64::from(checks) / started.elapsed().as_secs_f64();
    writeln!(out, "{rate:.0} equality checks a second on answers that are read ({same} same)")?;
    if let Some(python) = std::env::args().nth(2) {
        peer(&python, &path, rate, &mut out)?;
    }
    let texts = [
        "\\frac{14}{3}",
        "1,234.5",
        "x = 3\\sqrt{13}",
        "(3, \\frac{\\pi}{2})",
        "28\\%",
        "42",
        "-\\frac{1}{2}",
        "\\{1, 2\\}",
    ];
    let (started, mut checks) = (Instant::now(), 0_u32);
    while started.elapsed().as_secs() < 1 {
        for gold in texts {
            for pred in texts {
                let (a, b) = (Answer::read(gold, settings.equality), Answer::read(pred, settings.equality));
                black_box(a.same(&b, settings.tolerance));
                checks += 1;
            }
        }
    }
    writeln!(
        out,
        "{:.0} a second with both texts read each time",
        f64::from(checks) / started.elapsed().as_secs_f64()
    )?;
    Ok(())
}
