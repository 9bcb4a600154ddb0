//! What models that choose among samples get.

use std::collections::BTreeMap;

use crate::analysis::{ChoiceData, Chosen, RunData};
use crate::stats::bootstrap::Matrix;
use crate::table::counts::{Judgement, judgement};
use crate::table::{Cell, Settings, Table};
use verifiers::counted;

/// Choices of one size on one problem: right ones, judged ones, and the tokens that choosing took.
#[derive(Debug, Clone, Copy, Default)]
struct Trials {
    right: u32,
    judged: u32,
    tokens: u64,
}

/// One row for each verifier of kind `fusion` and each size of its groups; problems without a judged choice are left out.
pub(super) fn rows(run: &RunData, oracle: usize, settings: &Settings, table: &mut Table) {
    for verifier in &run.verifiers {
        let mut sizes: BTreeMap<u32, BTreeMap<usize, Trials>> = BTreeMap::new();
        let mut lost = 0;
        for choice in &verifier.choices {
            let Some(right) = is_right(run, oracle, choice) else {
                lost += 1;
                continue;
            };
            let trials = sizes.entry(choice.size).or_default().entry(choice.problem).or_default();
            trials.judged += 1;
            trials.right += u32::from(right);
            trials.tokens += u64::from(choice.completion_tokens.unwrap_or(0));
        }
        let name = format!("fusion:{}", verifier.name);
        if lost > 0 {
            table.note(format!(
                "{name}: missing or not judged are {lost} of {}",
                counted(verifier.choices.len(), "choice")
            ));
        }
        for (size, problems) in sizes {
            table.rows.push(row(run, &name, size, &problems, settings));
        }
    }
}

/// `None`: nothing was chosen, or the oracle could not judge it.
fn is_right(run: &RunData, oracle: usize, choice: &ChoiceData) -> Option<bool> {
    let problem = run.problems.get(choice.problem)?;
    match choice.chosen {
        Chosen::Nothing => None,
        Chosen::Written(right) => right,
        Chosen::Sample(index) => {
            let place = problem.samples.binary_search_by_key(&index, |s| s.index).ok()?;
            match judgement(problem, oracle, place) {
                Judgement::Accepted => Some(true),
                Judgement::Rejected => Some(false),
                Judgement::Missing => None,
            }
        }
    }
}

fn row(run: &RunData, name: &str, size: u32, problems: &BTreeMap<usize, Trials>, settings: &Settings) -> Vec<Cell> {
    let values: Vec<Vec<f64>> = problems.values().map(|t| vec![f64::from(t.right) / f64::from(t.judged)]).collect();
    let matrix = Matrix::from_rows(1, &values);
    let replicates = (values.len() > 1 && settings.bootstrap > 0).then(|| matrix.resample(settings.plan()));
    let interval = replicates.as_ref().and_then(|r| r.interval(0, settings.confidence));
    // the samples that were shown, and the choice
    let tokens: Option<Vec<f64>> = problems
        .iter()
        .map(|(place, trials)| {
            let list: Option<Vec<f64>> =
                run.problems[*place].samples.iter().map(|s| s.completion_tokens.map(f64::from)).collect();
            Some(crate::stats::mean(&list?)? * f64::from(size) + trials.tokens as f64 / f64::from(trials.judged))
        })
        .collect();
    vec![
        Cell::text(&run.name),
        Cell::text(name),
        Cell::Int(u64::from(size)),
        matrix.means()[0].into(),
        interval.map(|i| i.low).into(),
        interval.map(|i| i.high).into(),
        tokens.and_then(|list| crate::stats::mean(&list)).into(),
        matrix.standard_errors().map(|e| e[0]).into(),
        Cell::count(values.len()),
        Cell::Empty,
        Cell::Empty,
        Cell::Empty,
    ]
}
