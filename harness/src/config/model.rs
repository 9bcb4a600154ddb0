//! Stage two for `[model]`.

use crate::client::{Api, ModelSpec, Sampling};
use crate::runner::{Budget, FlatPrice, Price, Tier};

use super::error::{ConfigError, Place, nearest};
use super::file::{LimitsFile, ModelFile, PriceFile};
use super::{FewShot, beside, units};

const APIS: [&str; 5] = ["openai-chat", "openai-completions", "anthropic", "simulated", "replay"];

/// What `[model]` says beyond the client's business.
pub(super) struct Rest {
    pub(super) prompt: Option<String>,
    pub(super) system: Option<String>,
    pub(super) few_shot: Option<FewShot>,
    pub(super) default_stop: bool,
    pub(super) price: Option<Price>,
    pub(super) budget: Budget,
}

/// `judging_priced`: a verifier has prices, so that a budget in USD limits at least that.
pub(super) fn resolve(
    place: Place<'_>,
    file: ModelFile,
    judging_priced: bool,
) -> Result<(ModelSpec, Rest), ConfigError> {
    let word = file.api.as_deref().ok_or_else(|| {
        place.error("model.api", "the key is missing").with_hint(format!("one of: {}", APIS.join(", ")))
    })?;
    let api = match word {
        "openai-chat" => Api::OpenaiChat,
        "openai-completions" => Api::OpenaiCompletions,
        "anthropic" => Api::Anthropic,
        "simulated" => Api::Simulated,
        "replay" => Api::Replay,
        other => {
            let hint = nearest("api", other, &APIS);
            return Err(place.error("model.api", format!("unknown api {other:?}")).with_hint(hint));
        }
    };
    let base_urls = urls(place, api, file.base_url, file.base_urls)?;
    if api == Api::Replay && file.path.is_none() {
        return Err(place.error("model.path", "replay needs the file of completions"));
    }
    if let Some(key) = file.api_key_env.as_deref()
        && !key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    {
        // maybe a key: it must not be printed
        return Err(place
            .error("model.api_key_env", "this is not the name of an environment variable")
            .with_hint("write the name of the variable that holds the key, for example OPENAI_API_KEY"));
    }
    if file.model.is_none() && matches!(api, Api::OpenaiChat | Api::OpenaiCompletions | Api::Anthropic) {
        return Err(place.error("model.model", "the key is missing"));
    }
    let few_shot = match (file.few_shot, file.few_shot_path) {
        (None | Some(0), None) => None,
        (None | Some(0), Some(_)) => {
            return Err(place
                .error("model.few_shot_path", "nothing says how many examples to show")
                .with_hint("add few_shot = 3"));
        }
        (Some(count), path) => Some(FewShot { count, path: path.map(|path| beside(place.path, &path)) }),
    };
    let default_stop = file.stop.is_none();
    let sampling = Sampling {
        temperature: range(place, "temperature", file.temperature, 0.0, 10.0)?,
        top_p: range(place, "top_p", file.top_p, 0.0, 1.0)?,
        top_k: file.top_k,
        min_p: range(place, "min_p", file.min_p, 0.0, 1.0)?,
        max_tokens: file.max_tokens,
        stop: file.stop.unwrap_or_default(),
        logprobs: file.logprobs.unwrap_or(false),
        extra: extra(place, file.extra)?,
    };
    let limits_file = file.limits.unwrap_or_default();
    let spec = ModelSpec {
        base_urls,
        model: file.model.unwrap_or_default(),
        api_key_env: file.api_key_env,
        path: file.path.map(|path| beside(place.path, &path)),
        sampling,
        stream: file.stream.unwrap_or(false),
        n: file.n,
        limits: limits(place, &limits_file)?,
        ..ModelSpec::new(api, "", "")
    };
    let rest = Rest {
        prompt: file.prompt,
        system: file.system,
        few_shot,
        default_stop,
        price: file.price.map(|p| tiered(place, p)).transpose()?,
        budget: budget(place, limits_file)?,
    };
    if rest.budget.usd.is_some() && rest.price.is_none() && !judging_priced {
        return Err(place
            .error("model.limits.budget_usd", "costs are unknown without prices")
            .with_hint("add [model.price] with input_per_mtok and output_per_mtok"));
    }
    Ok((spec, rest))
}

fn urls(
    place: Place<'_>,
    api: Api,
    one: Option<String>,
    several: Option<Vec<String>>,
) -> Result<Vec<String>, ConfigError> {
    let urls: Vec<String> = one.into_iter().chain(several.into_iter().flatten()).collect();
    if urls.is_empty() && matches!(api, Api::OpenaiChat | Api::OpenaiCompletions) {
        return Err(place
            .error("model.base_url", "the key is missing")
            .with_hint("for example base_url = \"http://127.0.0.1:8000/v1\""));
    }
    if urls
        .iter()
        .any(|url| url.split("://").nth(1).is_some_and(|rest| rest.split('/').next().unwrap_or("").contains('@')))
    {
        // it may be a key: it must not be printed, nor stored with the experiment
        return Err(place
            .error("model.base_url", "the address holds a user name or key")
            .with_hint("put the key in a variable and name that with api_key_env"));
    }
    match urls.iter().find(|u| !u.starts_with("http://") && !u.starts_with("https://")) {
        Some(bad) => Err(place
            .error("model.base_url", format!("{bad:?} is not an address"))
            .with_hint("an address begins with http:// or https://")),
        None => Ok(urls),
    }
}

fn range(place: Place<'_>, key: &str, value: Option<f64>, low: f64, high: f64) -> Result<Option<f64>, ConfigError> {
    match value {
        Some(v) if !(low..=high).contains(&v) => {
            Err(place.error(&format!("model.{key}"), format!("{v} is not between {low} and {high}")))
        }
        other => Ok(other),
    }
}

fn extra(
    place: Place<'_>,
    table: Option<toml::Table>,
) -> Result<serde_json::Map<String, serde_json::Value>, ConfigError> {
    match table.map(serde_json::to_value).transpose() {
        Ok(Some(serde_json::Value::Object(map))) => Ok(map),
        Ok(_) => Ok(serde_json::Map::new()),
        Err(error) => Err(place.error("model.extra", error.to_string())),
    }
}

fn limits(place: Place<'_>, file: &LimitsFile) -> Result<crate::client::Limits, ConfigError> {
    let default = crate::client::Limits::default();
    let concurrency = file.concurrency.unwrap_or(default.concurrency);
    if concurrency == 0 {
        return Err(place.error("model.limits.concurrency", "must be at least 1"));
    }
    Ok(crate::client::Limits {
        concurrency,
        requests_per_minute: file.requests_per_minute,
        tokens_per_minute: file.tokens_per_minute,
        timeout: time(place, "timeout", file.timeout.as_deref())?.unwrap_or(default.timeout),
        attempts: file.attempts.unwrap_or(default.attempts).max(1),
        down_after: time(place, "down_after", file.down_after.as_deref())?.unwrap_or(default.down_after),
        ..default
    })
}

fn time(place: Place<'_>, key: &str, text: Option<&str>) -> Result<Option<std::time::Duration>, ConfigError> {
    text.map(|text| {
        units::duration(text).filter(|d| !d.is_zero()).ok_or_else(|| {
            place
                .error(&format!("model.limits.{key}"), format!("{text:?} is not a time"))
                .with_hint("write a time like \"30s\" or \"2h\"")
        })
    })
    .transpose()
}

fn budget(place: Place<'_>, file: LimitsFile) -> Result<Budget, ConfigError> {
    if file.budget_usd.is_some_and(|usd| !(usd.is_finite() && usd > 0.0)) {
        return Err(place.error("model.limits.budget_usd", "must be a positive number"));
    }
    Ok(Budget {
        usd: file.budget_usd,
        tokens: file.budget_tokens,
        samples: file.budget_samples,
        deadline: time(place, "deadline", file.deadline.as_deref())?,
    })
}

/// Prices of `[model.price]`.
fn tiered(place: Place<'_>, mut file: PriceFile) -> Result<Price, ConfigError> {
    let at = "model.price";
    let tiers = file.tiers.take().unwrap_or_default();
    let flat = price(place, at, file.clone())?;
    let mut priced = Vec::new();
    for tier in tiers {
        let missing = || place.error("model.price.tiers", "`above_input_tokens` is missing");
        let above_input_tokens = tier.above_input_tokens.ok_or_else(missing)?;
        let of_tier = PriceFile {
            input_per_mtok: tier.input_per_mtok.or(file.input_per_mtok),
            output_per_mtok: tier.output_per_mtok.or(file.output_per_mtok),
            cached_input_per_mtok: tier.cached_input_per_mtok,
            tiers: None,
        };
        priced.push(Tier { above_input_tokens, price: price(place, "model.price.tiers", of_tier)? });
    }
    priced.sort_by_key(|tier| tier.above_input_tokens);
    Ok(Price { flat, tiers: priced })
}

/// Prices of the table at `at`, the same for prompts of every length.
pub(super) fn price(place: Place<'_>, at: &str, file: PriceFile) -> Result<FlatPrice, ConfigError> {
    let amount = |key: &str, value: Option<f64>| match value {
        None => Err(place.error(&format!("{at}.{key}"), "the key is missing")),
        Some(usd) if usd.is_finite() && usd >= 0.0 => Ok(usd),
        Some(usd) => Err(place.error(&format!("{at}.{key}"), format!("{usd} is not a price"))),
    };
    if file.tiers.is_some() {
        return Err(place.error(&format!("{at}.tiers"), "only [model.price] has tiers"));
    }
    Ok(FlatPrice {
        input_per_mtok: amount("input_per_mtok", file.input_per_mtok)?,
        output_per_mtok: amount("output_per_mtok", file.output_per_mtok)?,
        cached_input_per_mtok: file
            .cached_input_per_mtok
            .map(|usd| amount("cached_input_per_mtok", Some(usd)))
            .transpose()?,
    })
}
