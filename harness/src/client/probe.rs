//! What an endpoint says about itself, without generating anything.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::{Map, Value, json};

/// The longest wait for each question.
const PATIENCE: Duration = Duration::from_secs(5);
/// Samples a request where the server is known to honour n and to bill or compute the prompt once.
const BATCH: u32 = 8;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// `llama.cpp`, `vllm`, `openai`...: who serves, as far as it shows.
    pub software: Option<String>,
    /// The version it names.
    pub version: Option<String>,
    /// The models it lists.
    pub models: Vec<String>,
    /// Requests that it serves at a time (llama.cpp's slots).
    pub slots: Option<usize>,
    /// Tokens that a prompt and its answer may have.
    pub context: Option<u64>,
    /// Sampling parameters that hold where a request sets none.
    pub defaults: Map<String, Value>,
    /// The status that the list of models came with; `None`: no answer.
    pub models_status: Option<u16>,
}

impl Findings {
    /// Samples a request that suit this server.
    #[must_use]
    pub fn preferred_n(&self) -> u32 {
        match self.software.as_deref() {
            Some("vllm" | "sglang" | "openai") => BATCH,
            // on llama.cpp n brings no speed, and n at the slot count may wait for ever
            _ => 1,
        }
    }

    /// For the run's record.
    #[must_use]
    pub fn describe(&self) -> Value {
        json!({
            "software": self.software,
            "version": self.version,
            "models": self.models,
            "total_slots": self.slots,
            "n_ctx": self.context,
            "defaults": self.defaults,
        })
    }
}

/// Defaults of llama.cpp that change what is sampled.
const FILTERS: [&str; 12] = [
    "temperature",
    "top_k",
    "top_p",
    "min_p",
    "typical_p",
    "xtc_probability",
    "repeat_penalty",
    "presence_penalty",
    "frequency_penalty",
    "dry_multiplier",
    "mirostat",
    "n_predict",
];

/// Asks for the list of models, and for the properties that llama.cpp and vLLM show.
pub async fn ask(http: &reqwest::Client, base: &str, headers: &HeaderMap) -> Findings {
    let base = base.trim_end_matches('/');
    let root = base.strip_suffix("/v1").unwrap_or(base);
    let mut findings = Findings::default();
    let Some((status, models, server)) = get(http, &format!("{base}/models"), headers).await else { return findings };
    findings.models_status = Some(status);
    read_models(&mut findings, &models);
    if base.contains("api.openai.com") {
        findings.software = Some("openai".to_owned());
    } else if base.contains("api.anthropic.com") {
        findings.software = Some("anthropic".to_owned());
    } else {
        if let Some((200, props, _)) = get(http, &format!("{root}/props"), headers).await {
            read_props(&mut findings, &props);
        }
        if findings.software.as_deref() == Some("vllm")
            && let Some((200, version, _)) = get(http, &format!("{root}/version"), headers).await
        {
            findings.version = version.get("version").and_then(Value::as_str).map(str::to_owned);
        }
        findings.software = findings.software.or(server);
    }
    findings
}

async fn get(http: &reqwest::Client, url: &str, headers: &HeaderMap) -> Option<(u16, Value, Option<String>)> {
    let answer = http.get(url).headers(headers.clone()).timeout(PATIENCE).send().await.ok()?;
    let status = answer.status().as_u16();
    let server = answer.headers().get("server").and_then(|name| name.to_str().ok()).map(str::to_owned);
    let body = answer.bytes().await.ok()?;
    Some((status, serde_json::from_slice(&body).unwrap_or_default(), server))
}

fn read_models(findings: &mut Findings, list: &Value) {
    let data = list.get("data").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let names = data.iter().filter_map(|model| model.get("id")?.as_str()).map(str::to_owned);
    findings.models = names.take(200).collect();
    let Some(first) = data.first() else { return };
    findings.software = match first.get("owned_by").and_then(Value::as_str) {
        Some("llamacpp") => Some("llama.cpp".to_owned()),
        Some("library") => Some("ollama".to_owned()),
        Some(known @ ("vllm" | "sglang" | "nbest")) => Some(known.to_owned()),
        _ => None,
    };
    let context = first.get("max_model_len").or_else(|| first.get("meta")?.get("n_ctx"));
    findings.context = context.and_then(Value::as_u64);
}

fn read_props(findings: &mut Findings, props: &Value) {
    let slots = props.get("total_slots").and_then(Value::as_u64);
    findings.slots = slots.and_then(|slots| usize::try_from(slots).ok()).filter(|slots| *slots > 0);
    if findings.slots.is_some() {
        findings.software = Some("llama.cpp".to_owned());
    }
    findings.version = props.get("build_info").and_then(Value::as_str).map(str::to_owned);
    let settings = props.get("default_generation_settings");
    let context = settings.and_then(|settings| settings.get("n_ctx")).and_then(Value::as_u64);
    findings.context = context.or(findings.context);
    if let Some(params) = settings.and_then(|settings| settings.get("params")).and_then(Value::as_object) {
        let known = FILTERS.iter().filter_map(|name| Some(((*name).to_owned(), params.get(*name)?.clone())));
        findings.defaults = known.collect();
    }
}
