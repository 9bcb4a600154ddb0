//! Verdicts as human-eval, EvalPlus and lm-evaluation-harness write them.

use std::io::Write;

use serde_json::{Map, Value, json};
use verifiers::domain::{Role, Status};

use super::{ForeignError, Groups, Written, continuation, line, note_failed, whole};
use crate::stats::pass_at_k::pass_at_k;
use verifiers::counted;

/// human-eval's `_results.jsonl`, judged by the oracle.
pub(super) async fn human_eval(groups: &mut Groups, target: &mut impl Write) -> Result<Written, ForeignError> {
    let oracle = groups.role(Role::Oracle).ok_or_else(|| groups.lacks("human-eval-results", "an oracle"))?;
    let (mut written, mut missing) = (Written::default(), 0_u64);
    while let Some(group) = groups.next().await? {
        for sample in &group.samples {
            let Some(status) = group.status(oracle, sample.sample_index) else {
                missing += 1;
                continue;
            };
            let detail =
                group.verdict(oracle, sample.sample_index).and_then(|v| v.detail.as_deref()).unwrap_or_default();
            let result = match status {
                Status::Pass => "passed".to_owned(),
                Status::Timeout => "timed out".to_owned(),
                _ => format!("failed: {detail}"),
            };
            let text = continuation(&group.problem, sample);
            let passed = status == Status::Pass;
            let value = json!({"task_id": group.problem.id, "completion": text, "result": result, "passed": passed});
            line(target, &value, &mut written)?;
        }
    }
    if missing > 0 {
        written.notes.push(format!("not written, since there is no verdict: {}", counted(missing, "sample")));
    }
    Ok(written)
}

/// (n, c) per problem.
#[derive(Default)]
struct Counts(Vec<(u64, u64)>);

impl Counts {
    fn add(&mut self, statuses: impl Iterator<Item = Status>) {
        let (mut n, mut c) = (0, 0);
        for status in statuses {
            n += 1;
            c += u64::from(status == Status::Pass);
        }
        self.0.push((n, c));
    }

    /// For the k of EvalPlus that every problem has samples for.
    fn pass_at_k(&self) -> Value {
        let least = self.0.iter().map(|(n, _)| *n).min().unwrap_or(0);
        let mut map = Map::new();
        for k in [1, 10, 100].into_iter().filter(|k| *k <= least) {
            let list: Vec<f64> =
                self.0.iter().filter_map(|(n, c)| pass_at_k(*n, *c, k).ok().flatten()).map(|p| p.pass).collect();
            map.insert(format!("pass@{k}"), json!(crate::stats::mean(&list)));
        }
        Value::Object(map)
    }
}

/// EvalPlus knows three words.
fn word(status: Status) -> &'static str {
    match status {
        Status::Pass => "pass",
        Status::Timeout => "timeout",
        _ => "fail",
    }
}

/// EvalPlus's `eval_results.json`: the selector as base, the oracle as plus. One document, written as it comes.
pub(super) async fn evalplus(groups: &mut Groups, target: &mut impl Write) -> Result<Written, ForeignError> {
    let named = |name: &str| groups.verifiers.iter().position(|v| v.name == name);
    let base = named("base").or_else(|| groups.role(Role::Selector)).or_else(|| groups.role(Role::Oracle));
    let base = base.ok_or_else(|| groups.lacks("evalplus-results", "a verifier"))?;
    let plus = named("plus").or_else(|| groups.role(Role::Oracle)).filter(|plus| *plus != base);
    let mut written = Written::default();
    let (mut of_base, mut of_plus, mut missing) = (Counts::default(), Counts::default(), 0_usize);
    let date = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M").to_string();
    write!(target, "{{\"date\": {}, \"hash\": \"\", \"eval\": {{", json!(date))?;
    while let Some(group) = groups.next().await? {
        let mut list = Vec::new();
        let (mut base_said, mut plus_said) = (Vec::new(), Vec::new());
        for sample in &group.samples {
            let index = sample.sample_index;
            let said = group.status(base, index);
            let more = plus.map(|plus| group.status(plus, index));
            let (Some(said), false) = (said, more == Some(None)) else {
                missing += 1;
                continue;
            };
            base_said.push(said);
            plus_said.extend(more.flatten());
            let (field, text) = whole(&group.problem, sample);
            // EvalPlus keeps whole programs
            let text = if field == "completion" { format!("{}{text}", group.problem.prompt) } else { text };
            list.push(json!({
                "task_id": group.problem.id, "solution": text,
                "base_status": word(said), "plus_status": more.flatten().map(word),
                "base_fail_tests": [], "plus_fail_tests": [],
            }));
        }
        if list.is_empty() {
            continue;
        }
        of_base.add(base_said.into_iter());
        of_plus.add(plus_said.into_iter());
        let comma = if written.lines == 0 { "" } else { ", " };
        write!(target, "{comma}{}: {}", json!(group.problem.id), Value::Array(list))?;
        written.lines += 1;
    }
    let mut pass = Map::new();
    pass.insert("base".to_owned(), of_base.pass_at_k());
    if plus.is_some() {
        pass.insert("plus".to_owned(), of_plus.pass_at_k());
    }
    writeln!(target, "}}, \"pass_at_k\": {}}}", Value::Object(pass))?;
    if missing > 0 {
        written.notes.push(format!("not written, since there is no verdict: {}", counted(missing, "sample")));
    }
    Ok(written)
}

/// lm-evaluation-harness's samples: a line for each problem, every verifier a metric with a value for each response.
pub(super) async fn lm_eval(groups: &mut Groups, target: &mut impl Write) -> Result<Written, ForeignError> {
    let (mut written, mut failed) = (Written::default(), 0);
    let mut number = 0_u64;
    while let Some(group) = groups.next().await? {
        failed += group.samples.len() - group.had().count();
        let texts: Vec<&str> = group.had().map(|s| s.text.as_str()).collect();
        if texts.is_empty() {
            continue;
        }
        let mut doc = group.problem.fields.clone();
        doc.insert("id".to_owned(), json!(group.problem.id));
        let prompt = &group.problem.prompt;
        let mut value = json!({
            "doc_id": number, "doc": doc, "target": group.problem.answer.as_deref().unwrap_or_default(),
            "arguments": {"gen_args_0": {"arg_0": prompt, "arg_1": {}}},
            "resps": [texts], "filtered_resps": [texts], "filter": "none", "metrics": [],
        });
        number += 1;
        let mut metrics = Vec::new();
        // whoever reads it back takes the first metric that accepts and rejects for the oracle
        let mut order: Vec<_> = groups.verifiers.iter().enumerate().collect();
        order.sort_by_key(|(_, verifier)| verifier.role != Role::Oracle);
        for (place, verifier) in order {
            let values: Option<Vec<f64>> = group
                .had()
                .map(|s| {
                    let verdict = group.verdict(place, s.sample_index)?;
                    let status = verdict.status.and_then(Status::accepted).map(|a| f64::from(u8::from(a)));
                    status.or(verdict.score)
                })
                .collect();
            // a metric has a value for every response or none
            let Some(values) = values else { continue };
            metrics.push(json!(verifier.name));
            value[verifier.name.as_str()] = if values.len() == 1 { json!(values[0]) } else { json!(values) };
        }
        value["metrics"] = Value::Array(metrics);
        line(target, &value, &mut written)?;
    }
    note_failed(&mut written, failed);
    Ok(written)
}
