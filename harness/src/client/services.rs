//! Clients for the verifiers that ask a server.

use std::sync::Arc;
use std::time::Duration;

use minijinja::{Environment, context};
use verifiers::judge::{JudgeSettings, Render};
use verifiers::model::{Message, Model, Prompt};
use verifiers::registry::Services;
use verifiers::reward::{RewardSettings, Scorer};
use verifiers::verifier::Candidate;

use super::reward::HttpScorer;
use super::{Api, ModelSpec, connect, environment};

/// Reward models and judges over HTTP.
#[derive(Debug, Clone, Copy, Default)]
pub struct HttpServices;

impl Services for HttpServices {
    fn scorer(&self, settings: &RewardSettings) -> Result<Arc<dyn Scorer>, String> {
        Ok(Arc::new(HttpScorer::new(settings, &environment)?))
    }

    fn judge(&self, settings: &JudgeSettings) -> Result<(Arc<dyn Model>, Render), String> {
        let apis = [Api::OpenaiChat, Api::OpenaiCompletions, Api::Anthropic];
        let api = apis.into_iter().find(|api| api.as_str() == settings.api);
        let api = api.ok_or_else(|| format!("a judge cannot be asked by api {:?}", settings.api))?;
        let mut spec = ModelSpec::new(api, &settings.base_url, &settings.model);
        spec.api_key_env.clone_from(&settings.api_key_env);
        spec.sampling.temperature = settings.temperature;
        spec.sampling.max_tokens = settings.max_tokens.or(spec.sampling.max_tokens);
        spec.limits.timeout = Duration::from_mins(2);
        let model = connect(&spec, &environment).map_err(|error| error.to_string())?;
        Ok((model, rubric(&settings.rubric, api)?))
    }
}

/// Fills a rubric in.
fn rubric(template: &str, api: Api) -> Result<Render, String> {
    let mut templates = Environment::new();
    templates.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    templates.add_template_owned("rubric", template.to_owned()).map_err(|error| format!("the rubric: {error}"))?;
    Ok(Arc::new(move |candidate: &Candidate| {
        let fields = context! {
            prompt => candidate.problem.prompt.as_str(),
            completion => candidate.completion.text.as_str(),
            answer => candidate.problem.answer.as_deref(),
            fields => minijinja::Value::from(minijinja::value::Serde(&candidate.problem.fields)),
        };
        let text =
            templates.get_template("rubric").and_then(|t| t.render(fields)).map_err(|error| error.to_string())?;
        let message = |content| Message { role: "user".to_owned(), content };
        Ok(if api.is_chat() { Prompt::Chat(vec![message(text)]) } else { Prompt::Text(text) })
    }))
}
