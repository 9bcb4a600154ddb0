//! Why a number of a report may not be trusted.

use super::facts::{Facts, float, rows_where};
use crate::analysis::RunData;
use crate::table::Table;

/// Below so many problems an interval over problems is rough.
const FEW: usize = 30;

pub(super) fn warnings(run: &RunData, facts: &Facts, tables: &[Table]) -> Vec<String> {
    let mut list = Vec::new();
    sampling(run, facts, &mut list);
    missing(facts, &mut list);
    small_numbers(facts, tables, &mut list);
    if facts.weak > 0 {
        list.push(format!(
            "{} verdicts are weak: tests and candidate shared an interpreter, so a candidate could have tampered with its verdict",
            facts.weak
        ));
    }
    for table in tables {
        for note in table.notes.iter().filter(|n| n.contains("judged samples")) {
            if !list.contains(note) {
                list.push(note.clone());
            }
        }
    }
    list
}

fn sampling(run: &RunData, facts: &Facts, list: &mut Vec<String>) {
    if facts.identical_problems > 0 && 2 * facts.identical_problems >= facts.several {
        list.push(format!(
            "in {} of {} problems all samples are identical: one seed for all, temperature 0, or a server that answers from a cache; \
             every curve is then flat",
            facts.identical_problems, facts.several
        ));
    } else if facts.had > 0 && facts.duplicates * 4 > facts.had {
        list.push(format!(
            "{:.0} % of samples repeat an earlier one: they count as draws, but bring nothing new",
            100.0 * facts.duplicates as f64 / facts.had as f64
        ));
    }
    if run.sampling == "fixed" {
        return;
    }
    let solved = facts.passes.iter().filter(|(n, c)| *n > 0 && *c > 0).count();
    let tried = facts.passes.iter().filter(|(n, _)| *n > 0).count();
    list.push(format!(
        "sampling was {}, so that n depends on the results: pass@k from c/n is biased up. {solved} of {tried} problems were solved \
         within their budget",
        run.sampling
    ));
}

fn missing(facts: &Facts, list: &mut Vec<String>) {
    if facts.missing() <= 0.01 || facts.passes.is_empty() {
        return;
    }
    // per problem: every missing sample wrong, or every one right
    let mut bounds = (0.0, 0.0);
    let mut problems = 0.0;
    let absent = (facts.had + facts.failed).saturating_sub(facts.passes.iter().map(|(n, _)| n).sum());
    let (mut all, mut right) = (0, 0);
    for &(n, c) in &facts.passes {
        all += n;
        right += c;
        if n > 0 {
            problems += 1.0;
        }
    }
    if problems > 0.0 && all + absent > 0 {
        bounds = (right as f64 / (all + absent) as f64, (right + absent) as f64 / (all + absent) as f64);
    }
    list.push(format!(
        "{:.1} % of samples are missing ({} failed, {} not judged); pooled pass@1 is {:.1} % if all of them are wrong and {:.1} % if all \
         are right",
        100.0 * facts.missing(),
        facts.failed,
        facts.unjudged,
        100.0 * bounds.0,
        100.0 * bounds.1
    ));
}

fn small_numbers(facts: &Facts, tables: &[Table], list: &mut Vec<String>) {
    let problems = facts.passes.iter().filter(|(n, _)| *n > 0).count();
    if problems < FEW {
        list.push(format!("{problems} problems: intervals over so few are rough, and too narrow"));
    }
    let late: Vec<f64> = rows_where(tables, "false-positives", &[])
        .iter()
        .filter_map(|r| float(r, "effective_problems"))
        .filter(|n| *n < 10.0)
        .collect();
    if !late.is_empty() && problems >= FEW {
        list.push(format!("{} rows of false-positives rest on fewer than 10 effective problems", late.len()));
    }
    let thin = facts.tallies.iter().filter(|t| (1..5).contains(&t.confusion.accepted())).count();
    if thin * 4 > problems.max(1) {
        list.push(format!(
            "{thin} of {problems} problems have fewer than 5 accepted samples: what resampling without end would get is uncertain"
        ));
    }
}
