use std::sync::Arc;

use ::verifiers::domain::{Outcome, ProblemId, Role, Status};

use super::*;
use crate::analysis::{ProblemData, SampleData, VerdictData, VerifierInfo};

fn verdict(word: &str) -> Option<VerdictData> {
    let status = match word {
        "+" => Status::Pass,
        "-" => Status::Fail,
        "?" => Status::Unjudged,
        _ => return None,
    };
    Some(VerdictData { status: Some(status), score: None, steps: None, answer: None, weak: false })
}

fn problem(id: &str, outcomes: &[Outcome], selector: &[&str], oracle: &[&str]) -> ProblemData {
    let samples = (0u32..)
        .zip(outcomes)
        .map(|(index, outcome)| SampleData {
            index,
            outcome: *outcome,
            duplicate_of: None,
            completion_tokens: Some(10 * (index + 1)),
            cost_usd: None,
        })
        .collect();
    let judge = |words: &[&str]| words.iter().map(|w| verdict(w)).collect();
    ProblemData {
        id: ProblemId(id.to_owned()),
        group: Some(Arc::from("easy")),
        samples,
        verdicts: vec![judge(selector), judge(oracle)],
    }
}

pub(crate) fn run() -> RunData {
    use Outcome::{Empty, Failed, Ok, Truncated};
    RunData {
        name: "r".to_owned(),
        samples_wanted: 4,
        sampling: "fixed".to_owned(),
        imported: false,
        verifiers: vec![
            VerifierInfo::new("base", "python-tests", Role::Selector),
            VerifierInfo::new("plus", "python-tests", Role::Oracle),
        ],
        problems: vec![
            problem("p1", &[Ok; 4], &["+", "+", "-", "-"], &["+", "-", "-", "-"]),
            problem("p2", &[Ok, Failed, Empty, Ok], &["+", "", "", "-"], &["+", "", "", "-"]),
            problem("p3", &[Ok, Ok, Truncated, Ok], &["-", "?", "-", "-"], &["-", "-", "-", "+"]),
            problem("p4", &[Failed; 2], &["", ""], &["", ""]),
        ],
    }
}

fn settings() -> Settings {
    Settings { bootstrap: 300, ..Settings::default() }
}

fn cell<'a>(table: &'a Table, row: usize, column: &str) -> &'a Cell {
    &table.rows[row][table.column(column).unwrap()]
}

fn number(table: &Table, row: usize, column: &str) -> f64 {
    match cell(table, row, column) {
        Cell::Float(Some(x)) => *x,
        Cell::Int(n) => *n as f64,
        other => panic!("{column}: {other:?}"),
    }
}

#[test]
fn every_table_has_its_columns_and_full_rows() {
    for name in NAMES {
        let table = build(name, &run(), &settings()).unwrap();
        assert_eq!(table.name, name);
        assert!(!table.rows.is_empty(), "{name}: {:?}", table.notes);
        assert!(table.rows.iter().all(|r| r.len() == table.columns.len()), "{name}");
        assert_eq!(table.columns[0], "run");
    }
    assert!(matches!(build("pass", &run(), &settings()), Err(TableError::Unknown { .. })));
}

#[test]
fn missing_is_not_wrong_and_an_empty_answer_is() {
    let table = build("pass-at-n", &run(), &settings()).unwrap();
    // plus: p1 1 of 4, p2 1 of 3 (one failed, one empty), p3 1 of 4
    let plus = table.rows.iter().position(|r| r[1] == Cell::text("plus")).unwrap();
    assert!((number(&table, plus, "estimate") - (0.25 + 1.0 / 3.0 + 0.25) / 3.0).abs() < 1e-12);
    assert_eq!((number(&table, plus, "problems"), number(&table, plus, "samples")), (3.0, 11.0));
    // base: p3 has one unjudged
    assert!((number(&table, 0, "estimate") - (0.5 + 1.0 / 3.0 + 0.0) / 3.0).abs() < 1e-12);
    assert_eq!(table.rows.len(), 6, "both end at the smallest n of any problem");
    assert!(table.notes.iter().any(|n| n.contains("1 of 4 problems")));
}

#[test]
fn the_confusion_of_the_selector() {
    let table = build("verifiers", &run(), &settings()).unwrap();
    assert_eq!(table.rows.len(), 1);
    let counts = ["true_positive", "false_positive", "false_negative", "true_negative", "unjudged"];
    assert_eq!(counts.map(|c| cell(&table, 0, c).clone()), [2, 1, 1, 6, 1].map(Cell::Int));
    assert!((number(&table, 0, "conditional_accuracy") - 0.75).abs() < 1e-12);
    assert!((number(&table, 0, "conditional_accuracy_worst") - 0.5).abs() < 1e-12);
    assert!((number(&table, 0, "conditional_accuracy_best") - 2.5 / 3.0).abs() < 1e-12);
    assert_eq!(cell(&table, 0, "auc"), &Cell::Float(None));
    for rate in ["completeness", "soundness", "precision", "false_discovery_rate", "false_positive_rate"] {
        let at = number(&table, 0, rate);
        let (low, high) = (number(&table, 0, &format!("{rate}_low")), number(&table, 0, &format!("{rate}_high")));
        assert!(low <= at && at <= high && low < high, "{rate}: {low} {at} {high}");
    }
    // p1 has all of its right ones accepted, p2 too, p3 none
    assert!((number(&table, 0, "completeness_macro") - 2.0 / 3.0).abs() < 1e-12);
}

#[test]
fn resampling_adds_up() {
    let table = build("resampling", &run(), &settings()).unwrap();
    for row in 0..table.rows.len() {
        let sum = ["correct", "false_positive", "abstain"].map(|c| number(&table, row, c)).iter().sum::<f64>();
        assert!((sum - 1.0).abs() < 1e-12);
        assert!(number(&table, row, "correct_low") <= number(&table, row, "correct") + 1e-12);
    }
    let rates = build("false-positives", &run(), &settings()).unwrap();
    // first attempt: p1 accepts with 1/2, half of it wrong; p2 with 1/3, all right; p3 with 0
    assert!((number(&rates, 0, "rate") - 0.25 / (0.5 + 1.0 / 3.0)).abs() < 1e-12);
    assert!((number(&rates, 0, "rate_unweighted") - 0.25).abs() < 1e-12);
}

#[test]
fn reward_starts_at_nothing_and_a_high_cost_stops_at_once() {
    let settings = Settings { costs: vec![8.0, 0.0], ..settings() };
    let table = build("reward", &run(), &settings).unwrap();
    assert_eq!((number(&table, 0, "cost"), number(&table, 0, "k"), number(&table, 0, "reward")), (0.0, 0.0, 0.0));
    // without a cost the reward rises to the last K seen, so that the best may lie beyond
    assert_eq!(cell(&table, 0, "censored"), &Cell::Bool(true));
    let last = table.rows.len() - 1;
    assert_eq!((number(&table, last, "cost"), number(&table, last, "optimal_k")), (8.0, 0.0));
    assert_eq!(cell(&table, last, "censored"), &Cell::Bool(false));
}

#[test]
fn problems_are_listed_in_the_order_of_the_data_set() {
    let table = build("problems", &run(), &settings()).unwrap();
    assert_eq!(table.rows.len(), 4);
    assert_eq!((number(&table, 1, "samples"), number(&table, 1, "failed")), (3.0, 1.0));
    assert_eq!((cell(&table, 3, "pass_at_1"), number(&table, 3, "samples")), (&Cell::Float(None), 0.0));
    assert_eq!(cell(&table, 2, "truncated"), &Cell::Int(1));
}

#[test]
fn a_single_verifier_plays_both_and_no_oracle_is_said() {
    let mut alone = run();
    alone.verifiers.truncate(1);
    for p in &mut alone.problems {
        p.verdicts.truncate(1);
    }
    let table = build("resampling", &alone, &settings()).unwrap();
    assert!(number(&table, 0, "false_positive").abs() < 1e-15);
    let mut none = run();
    none.verifiers[1].role = Role::Observer;
    let table = build("resampling", &none, &settings()).unwrap();
    assert!(table.rows.is_empty() && table.notes[0].contains("oracle"));
}

#[test]
fn a_run_that_stopped_at_success_is_estimated_from_where_it_stopped() {
    use Outcome::Ok;
    let mut stopped = run();
    stopped.sampling = "until-success".to_owned();
    stopped.samples_wanted = 5;
    stopped.problems = vec![
        problem("p1", &[Ok; 3], &["-", "-", "+"], &["-", "+", "+"]),
        problem("p2", &[Ok; 1], &["+"], &["-"]),
        problem("p3", &[Ok; 5], &["-"; 5], &["-"; 5]),
        // one more than it needed was in flight
        problem("p4", &[Ok; 3], &["-", "+", "+"], &["-", "+", "-"]),
    ];
    let table = build("pass-at-n", &stopped, &settings()).unwrap();
    let estimates: Vec<f64> = (0..table.rows.len()).map(|r| number(&table, r, "estimate")).collect();
    // base, which stopped sampling: places 3, 1, none, 2; plus only by the first sample
    assert_eq!(estimates, vec![0.25, 0.5, 0.75, 0.75, 0.75, 0.0]);
    assert!((number(&table, 1, "se") - (0.25f64 / 3.0).sqrt()).abs() < 1e-12);
    let table = build("resampling", &stopped, &settings()).unwrap();
    assert_eq!(table.rows.len(), 5);
    let at = |column: &str| (0..5).map(|r| number(&table, r, column)).collect::<Vec<_>>();
    assert_eq!(at("correct"), vec![0.0, 0.25, 0.5, 0.5, 0.5]);
    assert_eq!(at("false_positive"), vec![0.25; 5]);
    assert_eq!(at("expected_draws"), vec![1.0, 1.75, 2.25, 2.5, 2.75]);
    assert_eq!(cell(&table, 0, "coverage"), &Cell::Float(None));
    let table = build("false-positives", &stopped, &settings()).unwrap();
    assert_eq!((number(&table, 0, "rate"), number(&table, 1, "rate")), (1.0, 0.0));
    let table = build("problems", &stopped, &settings()).unwrap();
    assert_eq!(cell(&table, 0, "pass_at_1"), &Cell::Float(None));
    let table = build("selection", &stopped, &settings()).unwrap();
    assert!(table.rows.iter().all(|r| r[2] == Cell::Int(1)));
    let table = build("reward", &stopped, &settings()).unwrap();
    assert!(table.notes.iter().any(|n| n.contains("stopped at the first sample that base accepts")));
}
