//! Where generated tests come from: a file, or a model that is asked for them once and for all.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Map;

use super::AgreementError;
use crate::domain::{Outcome, Problem};
use crate::judge::Render;
use crate::model::{Ask, Model, Price, Request, Spent};
use crate::registry::Services;

/// What a model is asked for tests.
const TESTS: &str = "{{ prompt }}\n\nDo not solve this. Write ten different tests of `{{ entry_point }}`, edge cases too: one line each, \
                     assert {{ entry_point }}(...) == ..., with literal values on both sides. Write nothing else.";
/// The same, to be continued, as published.
const TESTS_CONTINUED: &str = "{{ prompt }}    pass\n\n# check the correctness of {{ entry_point }}\nassert";

/// A model that writes tests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GenerateSettings {
    /// Which, and how it is asked; without an address: the model that the run samples.
    pub ask: Ask,
    /// A minijinja template of `prompt`, `entry_point` and `fields`; `None`: one that suits the API.
    pub template: Option<String>,
    /// Of its tokens, where known.
    pub price: Option<Price>,
}

impl GenerateSettings {
    /// The template.
    #[must_use]
    pub fn template(&self) -> &str {
        let default = if self.ask.api == "openai-completions" { TESTS_CONTINUED } else { TESTS };
        self.template.as_deref().unwrap_or(default)
    }
}

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    task_id: Option<serde_json::Value>,
    #[serde(default)]
    prompt: Option<String>,
    samples: Vec<String>,
}

/// Texts by task id or prompt.
#[derive(Debug, Default)]
pub struct Recorded {
    by_key: HashMap<String, Vec<String>>,
    pub(super) digest: String,
}

impl Recorded {
    /// Reads JSON lines `{"task_id" or "prompt", "samples": [text]}`.
    ///
    /// # Errors
    /// Where the file cannot be read or a line holds no tests.
    pub fn read(path: &Path) -> Result<Self, AgreementError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| AgreementError::Read { path: path.to_owned(), source })?;
        let mut texts = Self { digest: blake3::hash(text.as_bytes()).to_hex()[..16].to_owned(), ..Self::default() };
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let bad = |message: String| AgreementError::Line { path: path.to_owned(), line: number + 1, message };
            let row: Row = serde_json::from_str(line).map_err(|error| bad(error.to_string()))?;
            let id = row.task_id.map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
            let key = id.or(row.prompt).ok_or_else(|| bad("neither `task_id` nor `prompt`".to_owned()))?;
            texts.by_key.entry(key).or_default().extend(row.samples);
        }
        Ok(texts)
    }

    fn of(&self, problem: &Problem) -> Vec<String> {
        let found = self.by_key.get(&problem.id.0).or_else(|| self.by_key.get(&problem.prompt));
        found.cloned().unwrap_or_default()
    }
}

/// A model that is asked for tests; what it wrote is kept.
pub struct Written {
    settings: GenerateSettings,
    model: Arc<dyn Model>,
    render: Render,
    services: Arc<dyn Services>,
}

impl Written {
    /// Asks this model.
    #[must_use]
    pub fn new(settings: GenerateSettings, model: Arc<dyn Model>, render: Render, services: Arc<dyn Services>) -> Self {
        Self { settings, model, render, services }
    }

    pub(super) fn model(&self) -> &str {
        &self.settings.ask.model
    }

    /// `count` texts for a problem: the kept ones, and as many new ones as are missing.
    async fn of(&self, problem: &Problem, count: usize) -> Result<(Vec<String>, Spent), String> {
        let prompt =
            (self.render)(problem, Map::new()).map_err(|why| format!("the template could not be filled in: {why}"))?;
        let ask = &self.settings.ask;
        let identity = serde_json::json!([ask.api, ask.model, ask.temperature, ask.max_tokens, prompt]);
        let key = format!("generated tests {}", blake3::hash(identity.to_string().as_bytes()).to_hex());
        let kept = self.services.recall(&key).await;
        let mut texts: Vec<String> = kept.and_then(|kept| serde_json::from_str(&kept).ok()).unwrap_or_default();
        let (had, mut spent, mut trouble) = (texts.len(), Spent::default(), None);
        while texts.len() < count && trouble.is_none() {
            let missing = u32::try_from(count - texts.len()).unwrap_or(u32::MAX);
            let first_index = u32::try_from(texts.len()).unwrap_or(u32::MAX);
            let n = self.model.preferred_n().clamp(1, missing);
            let seed = seed(&key).wrapping_add(first_index) & 0x7fff_ffff;
            let request = Request { problem: problem.id.clone(), first_index, n, seed, prompt: prompt.clone() };
            let response = self.model.generate(&request).await;
            spent.add_response(&response, self.settings.price);
            let before = texts.len();
            texts.extend(response.generations.into_iter().filter(|g| g.outcome != Outcome::Failed).map(|g| g.text));
            trouble = response.error.map(|error| error.to_string());
            if trouble.is_none() && texts.len() == before {
                trouble = Some("the model wrote nothing".to_owned());
            }
        }
        if texts.len() > had {
            self.services.remember(&key, &serde_json::Value::from(texts.clone()).to_string()).await;
        }
        match trouble {
            Some(why) if texts.is_empty() => Err(format!("no tests could be had: {why}")),
            _ => Ok((texts, spent)),
        }
    }
}

fn seed(key: &str) -> u32 {
    let [a, b, c, d, ..] = *blake3::hash(key.as_bytes()).as_bytes();
    u32::from_le_bytes([a, b, c, d]) & 0x3fff_ffff
}

/// Where tests come from.
pub enum Source {
    /// A file.
    Recorded(Recorded),
    /// A model.
    Written(Box<Written>),
}

impl Source {
    /// At most `count` texts for a problem, and what they cost now.
    pub(super) async fn texts(&self, problem: &Problem, count: usize) -> Result<(Vec<String>, Spent), String> {
        match self {
            Self::Recorded(recorded) => Ok((recorded.of(problem), Spent::default())),
            Self::Written(written) => written.of(problem, count).await,
        }
    }
}
