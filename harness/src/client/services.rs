//! Clients for the verifiers that ask a server.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use minijinja::Environment;
use serde_json::{Map, Value, json};
use verifiers::domain::Problem;
use verifiers::ensemble::{Calibration, Curve};
use verifiers::judge::Render;
use verifiers::model::{Ask, Message, Model, Prompt};
use verifiers::registry::Services;
use verifiers::reward::{RewardSettings, Scorer};

use super::reward::HttpScorer;
use super::{Api, ModelSpec, connect, environment};
use crate::stats::{StatsError, calibration};
use crate::store::Store;

/// Reward models and judges over HTTP.
#[derive(Debug, Clone, Default)]
pub struct HttpServices {
    /// Where what was paid for is kept; `None`: nowhere.
    pub store: Option<Store>,
}

#[async_trait]
impl Services for HttpServices {
    fn scorer(&self, settings: &RewardSettings) -> Result<Arc<dyn Scorer>, String> {
        Ok(Arc::new(HttpScorer::new(settings, &environment)?))
    }

    fn model(&self, settings: &Ask, template: &str) -> Result<(Arc<dyn Model>, Render), String> {
        let apis = [Api::OpenaiChat, Api::OpenaiCompletions, Api::Anthropic];
        let api = apis.into_iter().find(|api| api.as_str() == settings.api);
        let api = api.ok_or_else(|| format!("a verifier's model cannot be asked by api {:?}", settings.api))?;
        let mut spec = ModelSpec::new(api, &settings.base_url, &settings.model);
        spec.api_key_env.clone_from(&settings.api_key_env);
        spec.sampling.temperature = settings.temperature;
        spec.sampling.max_tokens = settings.max_tokens.or(spec.sampling.max_tokens);
        if let Some(schema) = &settings.schema {
            let format = json!({ "type": "json_schema", "json_schema": { "name": "verdict", "schema": schema } });
            spec.sampling.extra.insert("response_format".to_owned(), format);
        }
        spec.limits.timeout = Duration::from_mins(2);
        spec.limits.concurrency = settings.concurrency.max(1);
        spec.limits.requests_per_minute = settings.requests_per_minute;
        let model = connect(&spec, &environment).map_err(|error| error.to_string())?;
        Ok((model, rubric(template, api)?))
    }

    async fn recall(&self, key: &str) -> Option<String> {
        match self.store.as_ref()?.recall(key).await {
            Ok(value) => value,
            Err(error) => {
                tracing::warn!(error = %error, "what was kept could not be read");
                None
            }
        }
    }

    async fn remember(&self, key: &str, value: &str) {
        if let Some(store) = &self.store
            && let Err(error) = store.remember(key, value).await
        {
            tracing::warn!(error = %error, "what was paid for could not be kept");
        }
    }

    fn calibration(&self, method: Calibration, scores: &[f64], labels: &[bool]) -> Result<Option<Curve>, String> {
        fit(method, scores, labels).map_err(|error| error.to_string())
    }
}

/// Fits scores to labels.
fn fit(method: Calibration, scores: &[f64], labels: &[bool]) -> Result<Option<Curve>, StatsError> {
    if labels.iter().all(|label| *label) || !labels.iter().any(|label| *label) {
        return Ok(None);
    }
    Ok(match method {
        Calibration::Temperature => {
            let probabilities = scores.iter().all(|score| (0.0..=1.0).contains(score));
            let logit = move |score: f64| {
                let p = score.clamp(1e-6, 1.0 - 1e-6);
                if probabilities { (p / (1.0 - p)).ln() } else { score }
            };
            let logits: Vec<f64> = scores.iter().copied().map(logit).collect();
            let fitted = calibration::temperature_scaling(&logits, labels)?;
            fitted.map(|fitted| -> Curve { Box::new(move |score: f64| sigmoid(logit(score) / fitted.temperature)) })
        }
        Calibration::Platt => calibration::platt_scaling(scores, labels)?
            .map(|(slope, shift)| -> Curve { Box::new(move |score: f64| sigmoid(slope * score + shift)) }),
        Calibration::Isotonic => {
            let truth: Vec<f64> = labels.iter().map(|label| f64::from(u8::from(*label))).collect();
            let mut points: Vec<(f64, f64)> =
                scores.iter().copied().zip(calibration::isotonic(scores, &truth)?).collect();
            points.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            points.dedup_by(|a, b| a.0.total_cmp(&b.0).is_eq());
            Some(Box::new(move |score: f64| between(&points, score)))
        }
    })
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The value at `x` of the line through points that rise in x; beyond its ends, theirs.
fn between(points: &[(f64, f64)], x: f64) -> f64 {
    let above = points.partition_point(|point| point.0 < x);
    match (above.checked_sub(1).and_then(|i| points.get(i)), points.get(above)) {
        (Some(low), Some(high)) => low.1 + (high.1 - low.1) * (x - low.0) / (high.0 - low.0),
        (Some(end), None) | (None, Some(end)) => end.1,
        (None, None) => f64::NAN,
    }
}

/// Fills a template in.
fn rubric(template: &str, api: Api) -> Result<Render, String> {
    let mut templates = Environment::new();
    templates.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    templates.add_template_owned("rubric", template.to_owned()).map_err(|error| format!("the rubric: {error}"))?;
    Ok(Arc::new(move |problem: &Problem, mut fields: Map<String, Value>| {
        fields.insert("prompt".to_owned(), problem.prompt.as_str().into());
        fields.insert("answer".to_owned(), problem.answer.as_deref().into());
        fields.insert("entry_point".to_owned(), problem.entry_point.as_deref().into());
        fields.insert("fields".to_owned(), Value::Object(problem.fields.clone()));
        let text = templates
            .get_template("rubric")
            .and_then(|t| t.render(minijinja::Value::from(minijinja::value::Serde(&fields))))
            .map_err(|error| error.to_string())?;
        let message = |content| Message { role: "user".to_owned(), content };
        Ok(if api.is_chat() { Prompt::Chat(vec![message(text)]) } else { Prompt::Text(text) })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores s in [-3, 3] with P(right) = sigmoid(2 s), as labels of 200 samples each.
    fn data() -> (Vec<f64>, Vec<bool>) {
        let (mut scores, mut labels) = (Vec::new(), Vec::new());
        for step in -6..=6 {
            let score = f64::from(step) / 2.0;
            for sample in 0..200 {
                scores.push(score);
                labels.push((f64::from(sample) + 0.5) / 200.0 < sigmoid(2.0 * score));
            }
        }
        (scores, labels)
    }

    #[test]
    fn each_method_finds_the_probabilities() {
        let (scores, labels) = data();
        for method in [Calibration::Temperature, Calibration::Platt, Calibration::Isotonic] {
            let curve = fit(method, &scores, &labels).unwrap().unwrap();
            for score in [-2.0, -0.5, 0.0, 1.0, 2.5] {
                let (found, right) = (curve(score), sigmoid(2.0 * score));
                assert!((found - right).abs() < 0.02, "{method:?} at {score}: {found}, not {right}");
            }
            assert!((0.0..=1.0).contains(&curve(-9.0)) && (0.0..=1.0).contains(&curve(9.0)));
        }
        assert!(fit(Calibration::Platt, &[1.0, 2.0], &[true, true]).unwrap().is_none());
    }
}
