//! Data for fine-tuning: the shortest right answer of each problem, and pairs of it with worse ones.
//!
//! JSON lines as TRL and others read them: messages where the model chats, `prompt` and `completion` where it continues.

use std::collections::HashSet;
use std::io::Write;

use serde_json::{Value, json};
use verifiers::domain::{Form, Problem, Role, Status};
use verifiers::model::Prompt;

use super::{ForeignError, Group, Groups, Written, line};
use crate::prompt::PromptTemplate;
use crate::runner::stored_experiment;
use crate::store::row::NewSample;
use verifiers::counted;

/// A right answer is rejected too from this many times the length of the shortest one.
const LONG: f64 = 1.5;

struct Asking {
    template: Option<PromptTemplate>,
}

impl Asking {
    /// The prompts that the run was made with.
    fn of(groups: &Groups) -> Result<Self, ForeignError> {
        let experiment = stored_experiment(&groups.run)?;
        let given = experiment.prompt.is_some() || experiment.system.is_some() || experiment.model.api.is_chat();
        let make = || {
            PromptTemplate::new(
                experiment.model.api.is_chat(),
                experiment.prompt.as_deref(),
                experiment.system.as_deref(),
            )
        };
        Ok(Self { template: given.then(make).transpose()? })
    }

    fn prompt(&self, problem: &Problem, form: Form) -> Result<Value, ForeignError> {
        let prompt = match &self.template {
            Some(template) => template.render(problem)?,
            None => Prompt::Text(problem.prompt.clone()),
        };
        Ok(match prompt {
            Prompt::Chat(messages) => json!(messages),
            Prompt::Text(text) if form == Form::Chat => json!([{"role": "user", "content": text}]),
            Prompt::Text(text) => json!(text),
        })
    }
}

/// The answer beside a prompt: a message, or a text.
fn answer(prompt: &Value, sample: &NewSample) -> Value {
    if prompt.is_array() { json!([{"role": "assistant", "content": sample.text}]) } else { json!(sample.text) }
}

/// Lengths in tokens, where all are known; else in characters.
fn lengths(samples: &[&NewSample]) -> Vec<f64> {
    let tokens: Option<Vec<f64>> = samples.iter().map(|s| s.completion_tokens.map(f64::from)).collect();
    tokens.unwrap_or_else(|| samples.iter().map(|s| s.text.chars().count() as f64).collect())
}

/// Samples that the oracle judged, with whether they are right and how long they are.
fn judged(group: &Group, oracle: usize) -> Vec<(&NewSample, bool, f64)> {
    let samples: Vec<&NewSample> = group.had().filter(|s| !s.text.is_empty()).collect();
    let lengths = lengths(&samples);
    let status = |s: &NewSample| group.status(oracle, s.sample_index);
    let with = samples.into_iter().zip(lengths);
    with.filter_map(|(s, length)| Some((s, status(s)? == Status::Pass, length))).collect()
}

fn shortest<'a>(judged: &[(&'a NewSample, bool, f64)]) -> Option<(&'a NewSample, f64)> {
    let right = judged.iter().filter(|(_, right, _)| *right);
    right.min_by(|a, b| a.2.total_cmp(&b.2)).map(|(sample, _, length)| (*sample, *length))
}

/// One line for each problem that has a right answer: the shortest.
pub(super) async fn sft(groups: &mut Groups, target: &mut impl Write) -> Result<Written, ForeignError> {
    let oracle = groups.role(Role::Oracle).ok_or_else(|| groups.lacks("sft", "an oracle"))?;
    let asking = Asking::of(groups)?;
    let (mut written, mut without) = (Written::default(), 0_u64);
    while let Some(group) = groups.next().await? {
        let Some((chosen, _)) = shortest(&judged(&group, oracle)) else {
            without += 1;
            continue;
        };
        let prompt = asking.prompt(&group.problem, chosen.form)?;
        let mut value = match &prompt {
            Value::Array(messages) => {
                let mut messages = messages.clone();
                messages.push(json!({"role": "assistant", "content": chosen.text}));
                json!({"messages": messages})
            }
            text => json!({"prompt": text, "completion": chosen.text}),
        };
        value["problem"] = json!(group.problem.id);
        value["sample_index"] = json!(chosen.sample_index);
        line(target, &value, &mut written)?;
    }
    if without > 0 {
        written.notes.push(format!("without a right answer, so without a line: {}", counted(without, "problem")));
    }
    Ok(written)
}

/// A line for each distinct answer that is wrong, or right and at least half as long again as the shortest right one.
pub(super) async fn dpo(groups: &mut Groups, target: &mut impl Write) -> Result<Written, ForeignError> {
    let oracle = groups.role(Role::Oracle).ok_or_else(|| groups.lacks("dpo", "an oracle"))?;
    let asking = Asking::of(groups)?;
    let (mut written, mut without) = (Written::default(), 0_u64);
    while let Some(group) = groups.next().await? {
        let judged = judged(&group, oracle);
        let Some((chosen, best)) = shortest(&judged) else {
            without += 1;
            continue;
        };
        let prompt = asking.prompt(&group.problem, chosen.form)?;
        let mut seen = HashSet::from([chosen.text.as_str()]);
        for (rejected, right, length) in &judged {
            let long = *length >= LONG * best;
            if *right && !long {
                continue;
            }
            let reason = if *right { "long" } else { "wrong" };
            if !seen.insert(rejected.text.as_str()) {
                continue;
            }
            let value = json!({
                "prompt": prompt, "chosen": answer(&prompt, chosen), "rejected": answer(&prompt, rejected),
                "problem": group.problem.id, "chosen_index": chosen.sample_index,
                "rejected_index": rejected.sample_index, "reason": reason,
            });
            line(target, &value, &mut written)?;
        }
    }
    if without > 0 {
        written.notes.push(format!("without a right answer, so without a line: {}", counted(without, "problem")));
    }
    Ok(written)
}
