//! The requests of a run as OpenAI's batch input, so that they can be made offline and imported again.

use std::io::Write;

use serde_json::{Value, json};
use verifiers::domain::Problem;

use super::{ForeignError, Written, line};
use crate::client::Api;
use crate::client::wire::{Adapted, Wire, body, fixed_body};
use crate::config::{Experiment, FewShot};
use crate::plan::sample_seed;
use crate::prompt::PromptTemplate;
use crate::store::Reader;
use crate::store::row::RunRow;

/// The most answers that OpenAI gives to one request.
const MOST: u32 = 128;
/// The most requests of one batch.
const LINES: u64 = 50_000;

/// One line for each request of the run, `custom_id` being problem and first sample index.
pub(super) async fn openai(
    reader: &Reader,
    run: &RunRow,
    experiment: &Experiment,
    target: &mut impl Write,
) -> Result<Written, ForeignError> {
    let mut spec = experiment.model.clone();
    if spec.model.is_empty() {
        let needs = "the name of a model";
        return Err(ForeignError::Lacks { table: "openai-batch".to_owned(), run: run.name.clone(), needs });
    }
    spec.stream = false;
    let chat = spec.api != Api::OpenaiCompletions;
    let wire = if chat { Wire::Chat } else { Wire::Completions };
    let url = if chat { "/v1/chat/completions" } else { "/v1/completions" };
    let problems = reader.problems(run.id).await?;
    let mut written = Written::default();
    let mut template = PromptTemplate::new(chat, experiment.prompt.as_deref(), experiment.system.as_deref())?;
    match &experiment.few_shot {
        Some(FewShot { count, path: None }) => {
            let examples: Vec<Problem> = problems.iter().map(|(_, problem)| problem.clone()).collect();
            template = template.with_examples(&examples, *count)?;
        }
        Some(FewShot { path: Some(path), .. }) => {
            written
                .notes
                .push(format!("the examples of {} are not shown: they are not stored with the run", path.display()));
        }
        None => {}
    }
    let fixed = fixed_body(&spec, wire, &Adapted::default());
    let step = spec.n.unwrap_or(MOST).clamp(1, MOST);
    for (_, problem) in problems {
        let prompt = template.render(&problem)?;
        let mut first = 0;
        while first < run.samples {
            let n = step.min(run.samples - first);
            let seed = sample_seed(run.seed, &problem.id, first);
            let bytes = body(&fixed, wire, spec.system.as_deref(), &prompt, n, Some(seed));
            let body: Value = serde_json::from_slice(&bytes).map_err(std::io::Error::from)?;
            let id = format!("{}#{first}", problem.id);
            let value = json!({"custom_id": id, "method": "POST", "url": url, "body": body});
            line(target, &value, &mut written)?;
            first += n;
        }
    }
    if written.lines > LINES {
        written.notes.push(format!("OpenAI takes {LINES} lines in one batch: split the file"));
    }
    Ok(written)
}
