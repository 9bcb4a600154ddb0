//! Runs made by hand, for tests of the screen.

use std::sync::Arc;
use std::time::Duration;

use crate::chart::{Axis, Chart, Line, Look, Mark, Point, Scale, Unit};
use crate::snapshot::{
    Cell, Estimate, EventRow, Level, ProblemRow, ProblemStatus, Progress, Rates, RunInfo, RunRow, RunState,
    SampleDetail, SampleKey, Snapshot, Spread, StopAt, Summary, VerdictDetail, VerifierRow,
};

pub(crate) const NOW: i64 = 1_772_357_400_000;

/// A run that is under way, with something of everything.
pub(crate) fn live() -> Snapshot {
    let problems: Vec<ProblemRow> = (0u32..164).map(problem).collect();
    let events = [
        (Level::Info, "run humaneval-qwen began: 164 problems, N = 64"),
        (Level::Warn, "429 from http://127.0.0.1:8000/v1, waiting 2 s"),
        (Level::Error, "HumanEval/3 sample 17: unjudged, the sandbox could not start\u{1b}[31m"),
    ];
    Snapshot {
        now_ms: NOW,
        run: RunInfo {
            id: 1,
            name: "humaneval-qwen".to_owned(),
            model: "qwen2.5-coder".to_owned(),
            dataset: "humaneval_plus.jsonl.gz".to_owned(),
            state: RunState::Running,
            reason: None,
            samples_wanted: 64,
            started_at_ms: NOW - 754_000,
            ended_at_ms: None,
        },
        progress: Progress {
            problems_done: 91,
            problems_total: 164,
            samples_done: 7_312,
            samples_total: 10_496,
            verdicts_done: 13_900,
            verdicts_total: 20_992,
            in_flight: 32,
            concurrency: 32,
            concurrency_max: 64,
            rate_limited: 12,
            errors: 3,
            retries: 15,
            truncated: 118,
            refused: 2,
            empty: 1,
            failed: 3,
            duplicates: 940,
            unjudged: 1,
            prompt_tokens: 1_240_000,
            completion_tokens: 2_345_678,
            cost_usd: Some(1.234),
            cost_forecast_usd: Some(1.77),
            budget_usd: Some(5.0),
            left: Some(Duration::from_secs(322)),
        },
        rates: Rates {
            samples: (0..60).map(|i| 9.0 + f64::from(i % 7)).collect(),
            tokens: (0..60).map(|i| 2000.0 + 90.0 * f64::from(i % 11)).collect(),
            verdicts: (0..60).map(|i| 17.0 + f64::from(i % 5)).collect(),
        },
        summary: Summary {
            n: 44,
            problems: 164,
            coverage: Some(Estimate { value: 0.712, low: Some(0.64), high: Some(0.78) }),
            oracle: Some("plus".to_owned()),
            selector: Some("base".to_owned()),
            first_pass: Some(Estimate { value: 0.58, low: Some(0.51), high: Some(0.65) }),
            false_discovery: Some(0.19),
            stop_at: Some(StopAt { cost: 2.0, k: 9, censored: false }),
            doubling: Some((0.021, 0.008)),
        },
        spread: Spread { never: 31, seldom: 88, often: 36, always: 9 },
        overview: Arc::new(curves()),
        charts: Arc::new(vec![curves(), reward()]),
        problems: Arc::new(problems),
        verifiers: Arc::new(vec![verifier("base", "selector"), verifier("rm", "observer")]),
        runs: Arc::new(vec![run(1, "humaneval-qwen", RunState::Running), run(2, "gsm8k-phi", RunState::Finished)]),
        events: Arc::new(
            (0i64..)
                .zip(events)
                .map(|(i, (level, message))| EventRow {
                    at_ms: NOW - 60_000 + i * 1000,
                    level,
                    message: message.to_owned(),
                })
                .collect(),
        ),
        comparison: Arc::default(),
    }
}

pub(crate) fn finished() -> Snapshot {
    let mut snapshot = live();
    snapshot.run.state = RunState::Finished;
    snapshot.run.ended_at_ms = Some(NOW);
    let p = &mut snapshot.progress;
    (p.problems_done, p.samples_done, p.verdicts_done) = (p.problems_total, p.samples_total, p.verdicts_total);
    (p.in_flight, p.left) = (0, None);
    snapshot
}

pub(crate) fn failed() -> Snapshot {
    let mut snapshot = live();
    snapshot.run.state = RunState::Failed;
    snapshot.run.reason = Some("the store could not be written: disk full".to_owned());
    snapshot.run.ended_at_ms = Some(NOW);
    snapshot
}

fn problem(i: u32) -> ProblemRow {
    let cells: Vec<Cell> = (0u32..64)
        .map(|s| match (i * 31 + s * 17) % 23 {
            _ if s >= 44 => Cell::Pending,
            _ if s == 43 => Cell::Waiting,
            n if n < i % 12 => Cell::TruePositive,
            12 | 13 if !i.is_multiple_of(3) => Cell::FalsePositive,
            14 if !i.is_multiple_of(5) => Cell::FalseNegative,
            22 if i == 4 => Cell::Missing,
            _ => Cell::TrueNegative,
        })
        .collect();
    let count = |kinds: &[Cell]| u32::try_from(cells.iter().filter(|c| kinds.contains(c)).count()).unwrap_or(0);
    let correct = count(&[Cell::TruePositive, Cell::FalseNegative]);
    ProblemRow {
        id: format!("HumanEval/{i}").into(),
        group: None,
        status: ProblemStatus::Sampling,
        samples: 44,
        distinct: 40,
        accepted: count(&[Cell::TruePositive, Cell::FalsePositive]),
        correct,
        false_positive: count(&[Cell::FalsePositive]),
        pass_at_1: Some(f64::from(correct) / 43.0),
        cells: cells.into(),
    }
}

fn curves() -> Chart {
    let line = |name: &str, colour: usize, top: f64| Line {
        name: name.to_owned(),
        colour,
        look: Look::Curve,
        dash: 0,
        turn: None,
        points: (1..=44)
            .map(|n| {
                let y = top * (1.0 - (-0.55 - 0.45 * f64::from(n).ln()).exp());
                Point::new(f64::from(n), y).within(Some(y - 0.06), Some(y + 0.06))
            })
            .collect(),
    };
    let beyond = Line {
        name: "predicted".to_owned(),
        colour: 0,
        look: Look::Predicted,
        dash: 0,
        turn: None,
        points: vec![Point::new(44.0, 0.7), Point::new(88.0, 0.733)],
    };
    Chart {
        name: "pass-at-n".to_owned(),
        title: "Right answers by samples per problem".to_owned(),
        x: Axis { label: "N".to_owned(), scale: Scale::Log, ..Axis::default() },
        y: Axis { label: "problems".to_owned(), unit: Unit::Percent, ..Axis::default() },
        lines: vec![line("coverage", 0, 0.78), beyond, line("first-pass", 1, 0.63)],
        marks: vec![],
        caption: "Macro mean over 164 problems, unbiased pass@N; 95 % band by bootstrap over problems.".to_owned(),
        second: None,
    }
}

fn reward() -> Chart {
    let line = |cost: f64, colour: usize| Line {
        name: format!("cost {cost}"),
        colour,
        look: Look::Curve,
        dash: 0,
        turn: None,
        points: (0..=44).map(f64::from).map(|k| Point::new(k, (1.0 + k).ln() * 0.2 - cost * k * 0.004)).collect(),
    };
    Chart {
        name: "reward".to_owned(),
        title: "Reward by draws".to_owned(),
        x: Axis { label: "K".to_owned(), scale: Scale::Log, ..Axis::default() },
        y: Axis { label: "reward".to_owned(), ..Axis::default() },
        lines: vec![line(0.0, 0), line(2.0, 1), line(8.0, 2)],
        marks: vec![Mark { x: 9.0, y: 0.39, text: "K = 9".to_owned(), colour: 1 }],
        caption: String::new(),
        second: None,
    }
}

fn verifier(name: &str, role: &str) -> VerifierRow {
    let roc = Chart {
        name: "roc".to_owned(),
        title: "ROC".to_owned(),
        x: Axis {
            label: "P(acc. | wrong)".to_owned(),
            unit: Unit::Percent,
            range: Some((0.0, 1.0)),
            ..Axis::default()
        },
        y: Axis { unit: Unit::Percent, range: Some((0.0, 1.0)), ..Axis::default() },
        lines: vec![Line {
            name: name.to_owned(),
            points: (0..=10).map(|i| f64::from(i) / 10.0).map(|x| Point::new(x, x.powf(0.3))).collect(),
            ..Line::default()
        }],
        ..Chart::default()
    };
    VerifierRow {
        name: name.to_owned(),
        kind: "python-tests".to_owned(),
        role: role.to_owned(),
        oracle: Some("plus".to_owned()),
        true_positive: 3_120,
        false_positive: 732,
        false_negative: 41,
        true_negative: 3_410,
        unjudged: 1,
        judged: 7_303,
        completeness: Some(0.987),
        soundness: Some(0.823),
        precision: Some(0.81),
        auc: Some(0.905),
        ece: None,
        brier: None,
        weak: 0,
        roc: Some(Arc::new(roc)),
        reliability: None,
    }
}

fn run(id: i64, name: &str, state: RunState) -> RunRow {
    RunRow {
        id,
        name: name.to_owned(),
        state,
        dataset: "humaneval_plus.jsonl.gz".to_owned(),
        model: "qwen2.5-coder".to_owned(),
        samples_wanted: 64,
        problems: 164,
        samples: 7_312,
        started_at_ms: NOW - 754_000,
    }
}

/// A sample whose text wants to do harm.
pub(crate) fn sample(problem: usize, index: u32) -> SampleDetail {
    let completion = "def add(a, b):\n\t\"\"\"Adds.\n\n    Really.\"\"\"\n    # \u{1b}[2J\u{1b}]0;owned\u{7}\n    return a - b  # 日本\n";
    SampleDetail {
        key: SampleKey { run: 1, problem, index },
        prompt: "def add(a, b):\n    \"\"\"Add two numbers.\"\"\"\n".to_owned(),
        reasoning: Some("Let me think.\nIt is a sum.".to_owned()),
        completion: completion.to_owned(),
        facts: [
            ("outcome", "ok"),
            ("finish", "stop"),
            ("tokens", "140 + 62"),
            ("latency", "812 ms"),
            ("attempts", "1"),
        ]
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .to_vec(),
        verdicts: vec![
            VerdictDetail {
                verifier: "base".to_owned(),
                status: Some("pass".to_owned()),
                duration_ms: 41.0,
                ..VerdictDetail::default()
            },
            VerdictDetail {
                verifier: "plus".to_owned(),
                status: Some("fail".to_owned()),
                detail: Some("input [2, 3]: expected 5, got -1".to_owned()),
                duration_ms: 96.0,
                marks: vec!["strong".to_owned()],
                ..VerdictDetail::default()
            },
        ],
    }
}
