//! Stage one: the experiment file as it is written. Every key may be absent; unknown keys are errors.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// The whole file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfigFile {
    pub(super) name: Option<String>,
    pub(super) samples: Option<u32>,
    pub(super) seed: Option<u64>,
    pub(super) sampling: Option<String>,
    pub(super) order: Option<String>,
    pub(super) stop_when: Option<StopFile>,
    pub(super) dataset: Option<DatasetFile>,
    pub(super) model: Option<ModelsFile>,
    pub(super) sweep: Option<toml::Table>,
    pub(super) verifier: Option<Vec<VerifierFile>>,
    pub(super) analysis: Option<AnalysisFile>,
}

/// When `sampling = "adaptive"` closes a problem.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StopFile {
    pub(super) accepted: Option<u32>,
    pub(super) half_width: Option<f64>,
    pub(super) min_samples: Option<u32>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DatasetFile {
    pub(super) path: Option<String>,
    pub(super) format: Option<String>,
    pub(super) limit: Option<usize>,
    pub(super) ids: Option<Vec<String>>,
    pub(super) fields: Option<std::collections::BTreeMap<String, String>>,
}

/// `[model]`, or several `[[model]]`.
#[derive(Debug, Clone)]
pub(super) enum ModelsFile {
    One(Box<ModelFile>),
    Many(Vec<ModelFile>),
}

impl<'de> Deserialize<'de> for ModelsFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Models;

        impl<'de> Visitor<'de> for Models {
            type Value = ModelsFile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table [model] or several [[model]]")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                ModelFile::deserialize(MapAccessDeserializer::new(map)).map(|file| ModelsFile::One(Box::new(file)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(ModelsFile::Many)
            }
        }

        deserializer.deserialize_any(Models)
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelFile {
    pub(super) name: Option<String>,
    pub(super) api: Option<String>,
    pub(super) base_url: Option<String>,
    pub(super) base_urls: Option<Vec<String>>,
    pub(super) model: Option<String>,
    pub(super) api_key_env: Option<String>,
    pub(super) path: Option<String>,
    pub(super) prompt: Option<String>,
    pub(super) system: Option<String>,
    pub(super) few_shot: Option<usize>,
    pub(super) few_shot_path: Option<String>,
    pub(super) temperature: Option<f64>,
    pub(super) top_p: Option<f64>,
    pub(super) top_k: Option<u32>,
    pub(super) min_p: Option<f64>,
    pub(super) max_tokens: Option<u32>,
    pub(super) stop: Option<Vec<String>>,
    pub(super) logprobs: Option<bool>,
    pub(super) stream: Option<bool>,
    pub(super) n: Option<u32>,
    pub(super) extra: Option<toml::Table>,
    pub(super) limits: Option<LimitsFile>,
    pub(super) price: Option<PriceFile>,
    pub(super) sweep: Option<toml::Table>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitsFile {
    pub(super) concurrency: Option<usize>,
    pub(super) requests_per_minute: Option<f64>,
    pub(super) tokens_per_minute: Option<f64>,
    pub(super) budget_usd: Option<f64>,
    pub(super) budget_tokens: Option<u64>,
    pub(super) budget_samples: Option<u64>,
    pub(super) deadline: Option<String>,
    pub(super) timeout: Option<String>,
    pub(super) attempts: Option<u32>,
    pub(super) down_after: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PriceFile {
    pub(super) input_per_mtok: Option<f64>,
    pub(super) output_per_mtok: Option<f64>,
    pub(super) cached_input_per_mtok: Option<f64>,
    pub(super) tiers: Option<Vec<TierFile>>,
}

/// Prices of requests with a long prompt.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TierFile {
    pub(super) above_input_tokens: Option<u32>,
    pub(super) input_per_mtok: Option<f64>,
    pub(super) output_per_mtok: Option<f64>,
    pub(super) cached_input_per_mtok: Option<f64>,
}

/// All keys of all kinds; stage two takes what a kind knows and refuses what is left.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VerifierFile {
    pub(super) name: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) role: Option<String>,
    pub(super) tests: Option<String>,
    pub(super) timeout: Option<String>,
    pub(super) memory: Option<String>,
    pub(super) processes: Option<u32>,
    pub(super) output: Option<String>,
    pub(super) disk: Option<String>,
    pub(super) files: Option<u32>,
    pub(super) language: Option<String>,
    pub(super) interpreter: Option<String>,
    pub(super) preload: Option<Vec<String>>,
    pub(super) tolerance: Option<f64>,
    pub(super) command: Option<Vec<String>>,
    pub(super) file: Option<String>,
    pub(super) protocol: Option<String>,
    pub(super) copies: Option<usize>,
    pub(super) start_timeout: Option<String>,
    pub(super) env: Option<Vec<String>>,
    pub(super) extract: Option<String>,
    pub(super) equality: Option<String>,
    pub(super) second: Option<String>,
    pub(super) base_url: Option<String>,
    pub(super) api: Option<String>,
    pub(super) model: Option<String>,
    pub(super) api_key_env: Option<String>,
    pub(super) batch: Option<usize>,
    pub(super) template: Option<String>,
    pub(super) threshold: Option<f64>,
    pub(super) steps: Option<String>,
    pub(super) aggregation: Option<String>,
    pub(super) step_tag: Option<String>,
    pub(super) rubric: Option<String>,
    pub(super) scale: Option<[f64; 2]>,
    pub(super) votes: Option<u32>,
    pub(super) temperature: Option<f64>,
    pub(super) max_tokens: Option<u32>,
    pub(super) path: Option<String>,
    pub(super) score: Option<String>,
    pub(super) asserts_per_text: Option<usize>,
    pub(super) texts: Option<usize>,
    pub(super) call_timeout: Option<String>,
    pub(super) most_tests: Option<usize>,
    pub(super) of: Option<Vec<String>>,
    pub(super) method: Option<String>,
    pub(super) labels: Option<String>,
    pub(super) mode: Option<String>,
    pub(super) opponents: Option<usize>,
    pub(super) n: Option<Vec<u32>>,
    pub(super) groups: Option<u32>,
    pub(super) choose_threshold: Option<String>,
    pub(super) schema: Option<toml::Table>,
    pub(super) price: Option<PriceFile>,
    pub(super) concurrency: Option<usize>,
    pub(super) requests_per_minute: Option<f64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AnalysisFile {
    pub(super) confidence: Option<f64>,
    pub(super) bootstrap: Option<usize>,
    pub(super) costs: Option<Vec<f64>>,
    pub(super) group_by: Option<String>,
    pub(super) seed: Option<u64>,
}
