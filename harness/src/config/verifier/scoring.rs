//! The kinds that score or compare texts instead of running the problem's tests.

use std::time::Duration;

#[cfg(target_os = "linux")]
use verifiers::agreement::{AgreementScore, AgreementSettings, GenerateSettings};
use verifiers::answer::{AnswerSettings, AnswerVerifier, Equality, Second};
use verifiers::ensemble::{EnsembleSettings, EnsembleVerifier, Goal, Method};
use verifiers::fusion::{self, FusionSettings};
use verifiers::judge::{JudgeSettings, Mode};
use verifiers::model::{Ask, Price};
use verifiers::process::{Aggregation, Separator};
use verifiers::reward::{Protocol, RewardSettings, StepSettings};

use super::Section;
use crate::config::error::{ConfigError, nearest};

/// What a judge is asked where the file has no rubric.
const RUBRIC: &str = "Judge the answer to a problem.\n\nProblem:\n{{ prompt }}\n\nAnswer:\n{{ completion }}\n\n\
                      Say in a few sentences what is right and what is wrong. End with a JSON object \
                      {\"score\": N}, where N is a whole number from 0 (wrong) to 10 (entirely right).";

/// What a judge of pairs is asked where the file has no rubric.
const PAIRS: &str = "Compare two answers to a problem. Which one is right, or, if both or neither are, better reasoned? Neither their \
                     order nor their length says anything.\n\nProblem:\n{{ prompt }}\n\nAnswer A:\n{{ first }}\n\nAnswer B:\n\
                     {{ second }}\n\nSay in a few sentences what is wrong in each. End with [[A]], [[B]] or [[tie]].";

/// What a model that picks is asked where the file has no template.
const PICK: &str = "Problem:\n{{ prompt }}\n\n{% for candidate in candidates %}Candidate {{ loop.index }}:\n{{ candidate }}\n\n{% endfor %}\
                    Which candidate is right? Compare them; that several agree is a sign, but no proof. End with the number of the best \
                    one in double brackets, like [[1]].";
/// What a model that writes is asked where the file has no template.
const WRITE: &str = "Problem:\n{{ prompt }}\n\nHere are {{ candidates | length }} attempts at it. Some or all may be wrong.\n\n\
                     {% for candidate in candidates %}Attempt {{ loop.index }}:\n{{ candidate }}\n\n{% endfor %}\
                     Solve the problem, using what is right in them. Write the solution in the form that the problem asks for.";

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

    fn price(&mut self) -> Result<Option<Price>, ConfigError> {
        let at = format!("verifier[{}].price", self.number);
        self.file.price.take().map(|file| crate::config::model::price(self.place, &at, file)).transpose()
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
            second: match self.file.second.take().as_deref() {
                None => None,
                Some("math-verify") => Some(Second { interpreter: self.file.interpreter.take().map(Into::into) }),
                Some(other) => {
                    let message = format!("unknown second judge {other:?}");
                    return Err(self.error("second", message).with_hint("second = \"math-verify\""));
                }
            },
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
        let price = self.price()?;
        Ok(RewardSettings {
            concurrency: self.file.concurrency.take().unwrap_or(8).max(1),
            requests_per_minute: self.file.requests_per_minute.take(),
            price,
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
        let [low, high] = self.file.scale.take().unwrap_or([0.0, 10.0]);
        let price = self.price()?;
        let (word, opponents) = (self.file.mode.take(), self.file.opponents.take());
        let mode = match word.as_deref() {
            None | Some("single") if opponents.is_some() => {
                return Err(self.error("opponents", "only pairs have opponents").with_hint("mode = \"pairwise\""));
            }
            None | Some("single") => Mode::Single,
            Some("pairwise") => Mode::Pairwise { opponents: opponents.unwrap_or(4).max(1) },
            Some(other) => {
                let hint = nearest("mode", other, &["single", "pairwise"]);
                return Err(self.error("mode", format!("unknown mode {other:?}")).with_hint(hint));
            }
        };
        let (rubric, output) = if mode == Mode::Single { (RUBRIC, "json:score") } else { (PAIRS, "grade") };
        Ok(JudgeSettings {
            mode,
            price,
            ask: self.ask()?,
            rubric: self.file.rubric.take().unwrap_or_else(|| rubric.to_owned()),
            output: self.file.output.take().unwrap_or_else(|| output.to_owned()),
            scale: (low, high),
            votes: self.file.votes.take().unwrap_or(1),
            threshold: self.file.threshold.take(),
        })
    }

    #[cfg(target_os = "linux")]
    pub(super) fn agreement(&mut self) -> Result<AgreementSettings, ConfigError> {
        let (path, call_timeout) = (self.file.path.take(), self.file.call_timeout.take());
        let word = self.file.score.take();
        let all = [("sqrt", AgreementScore::Sqrt), ("product", AgreementScore::Product)];
        Ok(AgreementSettings {
            generate: if path.is_none() { Some(self.generate()?) } else { None },
            path: path.map(|path| crate::config::beside(self.place.path, &path)),
            score: self.choice("score", word.as_deref(), &all, Some(AgreementScore::Sqrt))?,
            asserts_per_text: self.file.asserts_per_text.take().unwrap_or(5),
            texts: self.file.texts.take().unwrap_or(100),
            tests: self.file.most_tests.take(),
            call_timeout: self.duration("call_timeout", call_timeout, verifiers::agreement::CALL_TIMEOUT)?,
            program: self.program()?,
        })
    }

    fn goal(&mut self) -> Result<Option<Goal>, ConfigError> {
        let Some(word) = self.file.choose_threshold.take() else { return Ok(None) };
        let hint = "one of accuracy, f1, youden, precision:0.9";
        let unknown = || self.error("choose_threshold", format!("unknown goal {word:?}")).with_hint(hint);
        Goal::parse(&word).map(Some).ok_or_else(unknown)
    }

    pub(super) fn fusion(&mut self) -> Result<FusionSettings, ConfigError> {
        let word = self.file.mode.take();
        let modes = [("pick", fusion::Mode::Pick), ("write", fusion::Mode::Write)];
        let mode = self.choice("mode", word.as_deref(), &modes, Some(fusion::Mode::Pick))?;
        let default = if mode == fusion::Mode::Pick { PICK } else { WRITE };
        let sizes = self.file.n.take().unwrap_or_else(|| vec![4]);
        if sizes.is_empty() || sizes.iter().any(|n| *n < 2) {
            return Err(self.error("n", "this lists how many samples are shown together, each at least 2"));
        }
        Ok(FusionSettings {
            mode,
            sizes,
            groups: self.file.groups.take().unwrap_or(8).max(1),
            template: self.file.template.take().unwrap_or_else(|| default.to_owned()),
            price: self.price()?,
            ask: self.ask()?,
        })
    }

    /// The model that writes tests: the run's own unless it is named.
    #[cfg(target_os = "linux")]
    fn generate(&mut self) -> Result<GenerateSettings, ConfigError> {
        if self.file.base_url.is_none() && self.file.model.is_none() {
            self.file.base_url = Some(String::new());
            self.file.model = Some(String::new());
        }
        Ok(GenerateSettings { template: self.file.template.take(), price: self.price()?, ask: self.ask()? })
    }

    /// The keys of a model that a verifier asks.
    fn ask(&mut self) -> Result<Ask, ConfigError> {
        let (base_url, model) = (self.file.base_url.take(), self.file.model.take());
        let schema = self.file.schema.take().map(serde_json::to_value).transpose();
        let default = Ask::default();
        Ok(Ask {
            api: self.file.api.take().unwrap_or(default.api),
            base_url: self.needed("base_url", base_url)?,
            model: self.needed("model", model)?,
            api_key_env: self.file.api_key_env.take(),
            temperature: self.file.temperature.take(),
            max_tokens: self.file.max_tokens.take(),
            schema: schema.map_err(|error| self.error("schema", error.to_string()))?,
            concurrency: self.file.concurrency.take().unwrap_or(default.concurrency).max(1),
            requests_per_minute: self.file.requests_per_minute.take(),
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
            choose: self.goal()?,
        };
        EnsembleVerifier::new(settings.clone()).map_err(|why| self.error("of", why))?;
        Ok(settings)
    }
}
