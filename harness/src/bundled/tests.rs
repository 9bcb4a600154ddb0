use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::*;

/// What programs do with a suite, by the plainest means: the bank is our own, so nothing is isolated here. A line of JSON in, a
/// line out; a program that computes for a second and more never ends.
const JUDGE: &str = r#"
import json, signal, sys

class Hang(BaseException):
    pass

def stop(number, frame):
    raise Hang

signal.signal(signal.SIGVTALRM, stop)

def observe(job):
    try:
        compile(job["program"], "program", "exec")
    except (SyntaxError, ValueError):
        return "unparsable"
    scope = {"__name__": "program"}
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, 1)
        exec(job["prompt"] + job["program"], scope)
        exec(job["suite"] + "\ncheck(" + job["name"] + ")\n", scope)
        return "pass"
    except AssertionError:
        return "wrong"
    except Hang:
        return "hang"
    except BaseException:
        return "crash"
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)

for line in sys.stdin:
    print(observe(json.loads(line)), flush=True)
"#;

struct Judge {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Judge {
    fn start() -> Self {
        let mut child = Command::new("python3")
            .args(["-I", "-S", "-c", JUDGE])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, input, output }
    }

    fn observe(&mut self, entry: &Entry, program: &str, suite: &str) -> String {
        let TestSuite::Check { code, preamble } = &entry.problem.tests[suite] else { panic!("a check suite") };
        let job = serde_json::json!({ "program": program, "prompt": preamble, "suite": code, "name": entry.name() });
        writeln!(self.input, "{job}").unwrap();
        let mut said = String::new();
        self.output.read_line(&mut said).unwrap();
        said.trim().to_owned()
    }

    /// Whether the declared kind is what is seen; the empty string where it is.
    fn mismatch(&mut self, entry: &Entry, kind: Kind, program: &str) -> String {
        let weak = self.observe(entry, program, "weak");
        let right = match kind {
            Kind::Right | Kind::WeakOnly => {
                let oracle = self.observe(entry, program, "oracle");
                weak == "pass" && (oracle == "pass") == (kind == Kind::Right)
            }
            other => weak == other.as_str(),
        };
        if right { String::new() } else { format!("{}: {kind} but {weak} on the weak tests:\n{program}", entry.name()) }
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn python() -> bool {
    let found = Command::new("python3").arg("--version").stdout(Stdio::null()).status().is_ok_and(|s| s.success());
    if !found {
        eprintln!("skipped: no python3 on the path");
    }
    found
}

/// Code of an answer as a reader takes it: after the draft, the last fence.
fn code_of(text: &str) -> String {
    let text = text.rsplit("</think>").next().unwrap();
    match text.rsplit("```").nth(1) {
        Some(fenced) => fenced.split_once('\n').unwrap().1.to_owned(),
        None => text.to_owned(),
    }
}

fn in_parallel(jobs: &[(&'static Entry, Kind, String)]) {
    let (left, right) = jobs.split_at(jobs.len() / 2);
    let check = |jobs: &[(&Entry, Kind, String)]| -> Vec<String> {
        let mut judge = Judge::start();
        jobs.iter().map(|(entry, kind, code)| judge.mismatch(entry, *kind, code)).filter(|m| !m.is_empty()).collect()
    };
    let wrong = std::thread::scope(|scope| {
        let other = scope.spawn(|| check(left));
        let mut wrong = check(right);
        wrong.extend(other.join().unwrap());
        wrong
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n---\n"));
}

#[test]
fn every_program_is_of_its_declared_kind() {
    if !python() {
        return;
    }
    let jobs: Vec<_> = bank()
        .iter()
        .flat_map(|entry| entry.programs.iter().map(move |p| (entry, p.kind, p.code.to_owned())))
        .collect();
    in_parallel(&jobs);
}

#[test]
fn wording_does_not_change_a_program() {
    if !python() {
        return;
    }
    let mut jobs = Vec::new();
    for (at, entry) in bank().iter().enumerate() {
        for seed in 0..6 {
            let answer = entry.answer(Style::Chat, 0.8, seed + 100 * at as u64);
            if answer.kind != Kind::Hang {
                jobs.push((entry, answer.kind, code_of(&answer.text)));
            }
            let answer = entry.answer(Style::Continuation, 0.8, seed + 100 * at as u64);
            if matches!(answer.kind, Kind::Right | Kind::WeakOnly) {
                jobs.push((entry, answer.kind, answer.text.clone()));
            }
        }
    }
    for job in &mut jobs {
        if job.2.starts_with("    ") {
            job.2 = format!("{}{}", job.0.problem.prompt, job.2);
        }
    }
    in_parallel(&jobs);
}

#[test]
fn every_problem_has_answers_of_every_kind() {
    assert!(bank().len() >= 24, "{} problems", bank().len());
    for entry in bank() {
        let count = |kind| entry.programs.iter().filter(|p| p.kind == kind).count();
        assert!(entry.programs.len() >= 10, "{}", entry.name());
        assert!(count(Kind::Right) >= 3 && count(Kind::WeakOnly) >= 2 && count(Kind::Wrong) >= 2, "{}", entry.name());
        assert!(count(Kind::Crash) >= 1 && count(Kind::Unparsable) >= 1, "{}", entry.name());
        assert!((0.0..1.0).contains(&entry.skill) && (0.0..1.0).contains(&entry.trap));
        let asserts = |suite: &str| match &entry.problem.tests[suite] {
            TestSuite::Check { code, .. } => code.matches("assert ").count(),
            _ => 0,
        };
        assert!((2..=4).contains(&asserts("weak")) && asserts("oracle") >= 15, "{}", entry.name());
        assert_eq!(find(&format!("Complete this:\n\n{}", entry.problem.prompt)).unwrap().name(), entry.name());
    }
    let names: BTreeSet<_> = bank().iter().map(Entry::name).collect();
    assert_eq!(names.len(), bank().len());
    assert!(find("def unknown(x):").is_none());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("bundled");
    let files =
        std::fs::read_dir(folder).unwrap().filter_map(Result::ok).filter_map(|f| f.file_name().into_string().ok());
    let files: BTreeSet<_> = files.collect();
    assert_eq!(files, names.iter().map(|name| format!("{name}.py")).collect(), "every file is listed");
}

#[test]
fn equal_seeds_give_equal_answers_and_others_vary() {
    let entry = &bank()[0];
    let texts: Vec<_> = (0..64).map(|seed| entry.answer(Style::Chat, 0.8, seed).text).collect();
    assert_eq!(texts, (0..64).map(|seed| entry.answer(Style::Chat, 0.8, seed).text).collect::<Vec<_>>());
    let distinct: BTreeSet<_> = texts.iter().collect();
    assert!(distinct.len() > 20 && distinct.len() < 64, "{} distinct", distinct.len());
    let greedy: BTreeSet<_> = (0..64).map(|seed| entry.answer(Style::Chat, 0.0, seed).text).collect();
    assert_eq!(greedy.len(), 1);
}

/// pass@1, coverage at 64 and the share of wrong ones among what the weak tests accept, from the declared kinds.
fn picture(temperature: f64) -> (f64, f64, f64) {
    let (mut right, mut trapped, mut covered, mut all) = (0.0, 0.0, 0.0, 0.0);
    for entry in bank() {
        let mut counts = BTreeMap::new();
        for seed in 0..64 {
            *counts.entry(entry.answer(Style::Chat, temperature, seed).kind).or_insert(0) += 1;
        }
        let of = |kind| f64::from(counts.get(&kind).copied().unwrap_or(0));
        right += of(Kind::Right);
        trapped += of(Kind::WeakOnly);
        covered += f64::from(of(Kind::Right) > 0.0);
        all += 64.0;
    }
    (right / all, covered / bank().len() as f64, trapped / (trapped + right))
}

#[test]
fn the_whole_set_gives_an_instructive_picture() {
    let (pass_at_1, coverage, false_discovery) = picture(0.8);
    eprintln!("pass@1 {pass_at_1:.3}, coverage at 64 {coverage:.3}, wrong among accepted {false_discovery:.3}");
    assert!((0.35..=0.45).contains(&pass_at_1), "{pass_at_1}");
    assert!((0.85..=0.95).contains(&coverage), "{coverage}");
    assert!((0.15..=0.25).contains(&false_discovery), "{false_discovery}");
    let (hot, _, _) = picture(1.4);
    assert!(hot < pass_at_1, "{hot}");
    let (_, cold_coverage, _) = picture(0.2);
    assert!(cold_coverage < coverage, "{cold_coverage}");
}
