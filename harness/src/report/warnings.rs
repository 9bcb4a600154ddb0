//! Why a number of a report may not be trusted.

use super::facts::{Facts, float, rows_where};
use crate::analysis::RunData;
use crate::stats::interval::clustered;
use crate::table::Table;
use verifiers::counted;

/// Below so many problems an interval over problems is rough.
const FEW: usize = 30;
/// The same of groups for a clustered standard error.
const FEW_CLUSTERS: usize = 20;

pub(super) fn warnings(run: &RunData, facts: &Facts, tables: &[Table]) -> Vec<String> {
    let mut list = Vec::new();
    sampling(run, facts, &mut list);
    missing(facts, &mut list);
    small_numbers(facts, tables, &mut list);
    clusters(run, facts, &mut list);
    if facts.weak > 0 {
        list.push(format!(
            "{} from tests that shared an interpreter with the candidate, which could have tampered with them",
            counted(facts.weak, "weak verdict")
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
            "in {} of {} all samples are identical: one seed for all, temperature 0, or a server that answers from a cache; \
             every curve is then flat",
            facts.identical_problems,
            counted(facts.several, "problem")
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
    let how = if run.sampling == "until-success" {
        "curves are estimated from the place of the first accepted sample; pooled rates of `verifiers` weight problems by what \
         they needed"
    } else {
        "pass@k from c/n is biased up"
    };
    list.push(format!(
        "sampling was {}, so that n depends on the results: {how}. Solved within their budget: {solved} of {}",
        run.sampling,
        counted(tried, "problem")
    ));
}

fn missing(facts: &Facts, list: &mut Vec<String>) {
    if facts.missing() <= 0.01 || facts.passes.is_empty() {
        return;
    }
    // per problem: every missing sample wrong, or every one right
    let (mut worst, mut best) = (Vec::new(), Vec::new());
    for (&(n, c), &absent) in facts.passes.iter().zip(&facts.absent) {
        if n + absent > 0 {
            let all = (n + absent) as f64;
            worst.push(c as f64 / all);
            best.push((c + absent) as f64 / all);
        }
    }
    let percent = |list: &[f64]| 100.0 * crate::stats::mean(list).unwrap_or(0.0);
    list.push(format!(
        "{:.1} % of samples are missing ({} failed, {} not there, {} not judged); pass@1 over {} is {:.1} % if all of them are wrong and \
         {:.1} % if all are right",
        100.0 * facts.missing(),
        facts.failed,
        facts.undrawn,
        facts.unjudged,
        counted(worst.len(), "problem"),
        percent(&worst),
        percent(&best)
    ));
}

/// Problems of a group that are more alike than problems of different groups.
fn clusters(run: &RunData, facts: &Facts, list: &mut Vec<String>) {
    let used = || run.problems.iter().zip(&facts.passes).filter(|(_, (n, _))| *n > 0);
    let labels: Vec<Option<&str>> = used().map(|(p, _)| p.group.as_deref()).collect();
    let values: Vec<f64> = used().map(|(_, (n, c))| *c as f64 / *n as f64).collect();
    if labels.iter().any(Option::is_none) {
        return;
    }
    let Ok(errors) = clustered(&values, &labels) else { return };
    let (Some(iid), Some(miller)) = (errors.iid, errors.miller) else { return };
    if errors.clusters < values.len() && miller > 1.1 * iid {
        let few = if errors.clusters < FEW_CLUSTERS { ", itself rough with so few groups" } else { "" };
        list.push(format!(
            "problems of a group are alike: if groups are clusters (one source each) rather than kinds, the standard error of pass@1 \
             is {:.1} points over {}{few}, not {:.1}, and every interval is too narrow in that proportion, \
             but those of the averages under `groups`, which resample groups",
            100.0 * miller,
            counted(errors.clusters, "group"),
            100.0 * iid
        ));
    }
}

fn small_numbers(facts: &Facts, tables: &[Table], list: &mut Vec<String>) {
    let problems = facts.passes.iter().filter(|(n, _)| *n > 0).count();
    if (1..FEW).contains(&problems) {
        list.push(format!("{}: intervals over so few are rough, and too narrow", counted(problems, "problem")));
    }
    let late: Vec<f64> = rows_where(tables, "false-positives", &[])
        .iter()
        .filter_map(|r| float(r, "effective_problems"))
        .filter(|n| *n < 10.0)
        .collect();
    if !late.is_empty() && problems >= FEW {
        let rows = counted(late.len(), "row");
        list.push(format!("fewer than 10 effective problems in {rows} of false-positives"));
    }
    let thin = facts.tallies.iter().filter(|t| (1..5).contains(&t.confusion.accepted())).count();
    if thin * 4 > problems.max(1) {
        list.push(format!(
            "fewer than 5 accepted samples in {thin} of {}: what resampling without end would get is uncertain",
            counted(problems, "problem")
        ));
    }
}
