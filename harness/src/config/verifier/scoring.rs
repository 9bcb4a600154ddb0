//! The kinds that score or compare texts instead of running the problem's tests.

use std::time::Duration;

#[cfg(target_os = "linux")]
use verifiers::agreement::{AgreementScore, AgreementSettings};
use verifiers::answer::{AnswerSettings, AnswerVerifier, Equality};
use verifiers::ensemble::{EnsembleSettings, EnsembleVerifier, Method};
use verifiers::judge::JudgeSettings;
use verifiers::process::{Aggregation, Separator};
use verifiers::reward::{Protocol, RewardSettings, StepSettings};

use super::Section;
use crate::config::error::{ConfigError, nearest};

/// What a judge is asked where the file has no rubric.
const RUBRIC: &str = "Judge the answer to a problem.\n\nProblem:\n{{ prompt }}\n\nAnswer:\n{{ completion }}\n\n\
                      Say in a few sentences what is right and what is wrong. End with a JSON object \
                      {\"score\": N}, where N is a whole number from 0 (wrong) to 10 (entirely right).";

impl Section<'_> {
    fn choice<T: Copy>(
        &self,
        key: &str,
        word: Option<&str>,
        all: &[(&str, T)],
        default: Option<T>,
    ) -> Result<T, ConfigError> {
        let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        let Some(word) = word else {
            return default.ok_or_else(|| {
                self.error(key, "the key is missing").with_hint(format!("one of {}", names.join(", ")))
            });
        };
        let found = all.iter().find(|(name, _)| *name == word).map(|(_, value)| *value);
        found.ok_or_else(|| self.error(key, format!("unknown {key} {word:?}")).with_hint(nearest(key, word, &names)))
    }

    fn needed<T>(&self, key: &str, value: Option<T>) -> Result<T, ConfigError> {
        value.ok_or_else(|| self.error(key, "the key is missing"))
    }

    pub(super) fn answer(&mut self) -> Result<AnswerSettings, ConfigError> {
        let default = AnswerSettings::default();
        let all = [
            ("exact", Equality::Exact),
            ("text", Equality::Text),
            ("numeric", Equality::Numeric),
            ("math", Equality::Math),
        ];
        let word = self.file.equality.take();
        let settings = AnswerSettings {
            equality: self.choice("equality", word.as_deref(), &all, Some(default.equality))?,
            extract: self.file.extract.take().unwrap_or(default.extract),
            tolerance: self.file.tolerance.take().unwrap_or(default.tolerance),
        };
        AnswerVerifier::new(&settings).map_err(|error| self.error("extract", error.to_string()))?;
        Ok(settings)
    }

    pub(super) fn reward(&mut self, in_steps: bool) -> Result<RewardSettings, ConfigError> {
        let all = Protocol::ALL.map(|protocol| (protocol.as_str(), protocol));
        let word = self.file.protocol.take();
        let protocol = self.choice("protocol", word.as_deref(), &all, None)?;
        let base_url = self.file.base_url.take();
        let batch = self.file.batch.take().unwrap_or(32);
        if batch == 0 {
            return Err(self.error("batch", "a batch holds at least one sample"));
        }
        let timeout = self.file.timeout.take();
        Ok(RewardSettings {
            protocol,
            base_url: self.needed("base_url", base_url)?,
            model: self.file.model.take(),
            api_key_env: self.file.api_key_env.take(),
            batch,
            template: self.file.template.take(),
            threshold: self.file.threshold.take(),
            timeout: self.duration("timeout", timeout, Duration::from_mins(1))?,
            steps: if in_steps { Some(self.steps()?) } else { None },
        })
    }

    fn steps(&mut self) -> Result<StepSettings, ConfigError> {
        let separator = match self.file.steps.take().as_deref() {
            None | Some("blank-line") => Separator::BlankLine,
            Some("numbered") => Separator::Numbered,
            Some(other) => match other.split_once(':') {
                Some(("own", mark)) if !mark.is_empty() => Separator::Own(mark.to_owned()),
                _ => {
                    let hint = "one of blank-line, numbered, own:SEPARATOR";
                    return Err(self.error("steps", format!("unknown steps {other:?}")).with_hint(hint));
                }
            },
        };
        let all = Aggregation::ALL.map(|aggregation| (aggregation.as_str(), aggregation));
        let word = self.file.aggregation.take();
        Ok(StepSettings {
            separator,
            aggregation: self.choice("aggregation", word.as_deref(), &all, Some(Aggregation::Last))?,
            tag: self.file.step_tag.take().unwrap_or_else(|| "<extra_0>".to_owned()),
        })
    }

    pub(super) fn judge(&mut self) -> Result<JudgeSettings, ConfigError> {
        let base_url = self.file.base_url.take();
        let model = self.file.model.take();
        let [low, high] = self.file.scale.take().unwrap_or([0.0, 10.0]);
        Ok(JudgeSettings {
            api: self.file.api.take().unwrap_or_else(|| "openai-chat".to_owned()),
            base_url: self.needed("base_url", base_url)?,
            model: self.needed("model", model)?,
            api_key_env: self.file.api_key_env.take(),
            temperature: self.file.temperature.take(),
            max_tokens: self.file.max_tokens.take(),
            rubric: self.file.rubric.take().unwrap_or_else(|| RUBRIC.to_owned()),
            output: self.file.output.take().unwrap_or_else(|| "json:score".to_owned()),
            scale: (low, high),
            votes: self.file.votes.take().unwrap_or(1),
            threshold: self.file.threshold.take(),
        })
    }

    #[cfg(target_os = "linux")]
    pub(super) fn agreement(&mut self) -> Result<AgreementSettings, ConfigError> {
        let path = self.file.path.take();
        let word = self.file.score.take();
        let all = [("sqrt", AgreementScore::Sqrt), ("product", AgreementScore::Product)];
        Ok(AgreementSettings {
            path: self.needed("path", path)?.into(),
            score: self.choice("score", word.as_deref(), &all, Some(AgreementScore::Sqrt))?,
            asserts_per_text: self.file.asserts_per_text.take().unwrap_or(5),
            texts: self.file.texts.take().unwrap_or(100),
            program: self.program()?,
        })
    }

    pub(super) fn ensemble(&mut self) -> Result<EnsembleSettings, ConfigError> {
        let all = Method::ALL.map(|method| (method.as_str(), method));
        let word = self.file.method.take();
        let of = self.file.of.take();
        let settings = EnsembleSettings {
            of: self.needed("of", of)?,
            method: self.choice("method", word.as_deref(), &all, Some(Method::Mean))?,
            labels: self.file.labels.take(),
            threshold: self.file.threshold.take(),
        };
        EnsembleVerifier::new(settings.clone()).map_err(|why| self.error("of", why))?;
        Ok(settings)
    }
}
