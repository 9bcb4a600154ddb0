//! Several models in one file, and settings that are swept: one experiment each.

use super::error::{ConfigError, Place, nearest};
use super::file::{ModelFile, ModelsFile};

/// What can be swept.
const KEYS: [&str; 9] =
    ["base_url", "max_tokens", "min_p", "model", "prompt", "system", "temperature", "top_k", "top_p"];
/// Longer texts are told apart by their place.
const SHOWN: usize = 40;

/// One experiment's model.
pub(super) struct Variant {
    /// What sets it apart from the others; `None`: there are no others.
    pub(super) suffix: Option<String>,
    /// Its place in the list, where there is one.
    pub(super) index: Option<usize>,
    /// Its settings.
    pub(super) file: ModelFile,
}

/// A point of a sweep: how it is named, and each key with its value.
struct Point<'a> {
    words: Vec<String>,
    values: Vec<(&'a str, &'a toml::Value)>,
}

/// The models of a file at all points of their sweeps, in the file's order. A model's own sweep is stronger than the file's.
pub(super) fn variants(
    place: Place<'_>,
    models: Option<ModelsFile>,
    sweep: Option<toml::Table>,
) -> Result<Vec<Variant>, ConfigError> {
    let shared = sweep.unwrap_or_default();
    let listed = match models {
        None => vec![(None, ModelFile::default())],
        Some(ModelsFile::One(file)) => vec![(None, *file)],
        Some(ModelsFile::Many(files)) => files.into_iter().enumerate().map(|(i, file)| (Some(i), file)).collect(),
    };
    if listed.is_empty() {
        return Err(place.error("model", "the list is empty"));
    }
    let mut variants: Vec<Variant> = Vec::new();
    let mut labels: Vec<String> = Vec::new();
    for (index, mut file) in listed {
        let label = match index {
            Some(index) => Some(label(place, &file, index, &mut labels)?),
            None => file.name.clone(),
        };
        let mut swept = shared.clone();
        let own = file.sweep.take().unwrap_or_default();
        let key = match (index, own.is_empty()) {
            (_, true) => "sweep".to_owned(),
            (None, false) => "model.sweep".to_owned(),
            (Some(index), false) => format!("model[{index}].sweep"),
        };
        swept.extend(own);
        for point in points(place, &key, &swept)? {
            let mut at = file.clone();
            for (name, value) in point.values {
                set(&mut at, name, value).map_err(|message| place.error(&key, format!("{name}: {message}")))?;
            }
            let words = (!point.words.is_empty()).then(|| point.words.join(","));
            let parts: Vec<String> = label.clone().into_iter().chain(words).collect();
            let suffix = (!parts.is_empty()).then(|| parts.join("/"));
            variants.push(Variant { suffix, index, file: at });
        }
    }
    Ok(variants)
}

/// A listed model's name, which no other may have.
fn label(place: Place<'_>, file: &ModelFile, index: usize, taken: &mut Vec<String>) -> Result<String, ConfigError> {
    let label = file.name.clone().or_else(|| file.model.clone()).unwrap_or_else(|| index.to_string());
    if taken.contains(&label) {
        let message = format!("two models are called {label:?}");
        return Err(place
            .error(&format!("model[{index}].name"), message)
            .with_hint("give each [[model]] a `name` of its own"));
    }
    taken.push(label.clone());
    Ok(label)
}

/// All combinations; a sweep over nothing has one point.
fn points<'a>(place: Place<'_>, key: &str, swept: &'a toml::Table) -> Result<Vec<Point<'a>>, ConfigError> {
    let mut points = vec![Point { words: Vec::new(), values: Vec::new() }];
    for (name, values) in swept {
        if !KEYS.contains(&name.as_str()) {
            let hint = nearest("key", name, &KEYS);
            return Err(place.error(key, format!("`{name}` cannot be swept")).with_hint(hint));
        }
        let values = values.as_array().filter(|values| !values.is_empty()).ok_or_else(|| {
            place
                .error(key, format!("`{name}` is not a list of values"))
                .with_hint("for example sweep = { temperature = [0.2, 0.8] }")
        })?;
        let words: Vec<String> =
            values.iter().enumerate().map(|(at, value)| format!("{name}={}", word(value, at))).collect();
        if words.iter().enumerate().any(|(at, word)| words[..at].contains(word)) {
            return Err(place.error(key, format!("`{name}` has a value twice")));
        }
        points = points
            .iter()
            .flat_map(|point| {
                words.iter().zip(values).map(move |(word, value)| Point {
                    words: point.words.iter().chain([word]).cloned().collect(),
                    values: point.values.iter().copied().chain([(name.as_str(), value)]).collect(),
                })
            })
            .collect();
    }
    Ok(points)
}

/// A value as a run's name shows it: 1 and 1.0 alike, long texts by their place from 1.
fn word(value: &toml::Value, at: usize) -> String {
    match value {
        toml::Value::Float(number) => number.to_string(),
        toml::Value::String(text) if text.len() <= SHOWN && !text.contains(['\n', ',']) && !text.contains("://") => {
            text.clone()
        }
        toml::Value::String(_) => (at + 1).to_string(),
        other => other.to_string(),
    }
}

fn set(file: &mut ModelFile, name: &str, value: &toml::Value) -> Result<(), String> {
    fn read<T: serde::de::DeserializeOwned>(value: &toml::Value) -> Result<Option<T>, String> {
        value.clone().try_into().map(Some).map_err(|error: toml::de::Error| error.message().trim().to_owned())
    }
    // a whole number is a number
    let number = || match value {
        toml::Value::Integer(whole) => read(&toml::Value::Float(*whole as f64)),
        other => read(other),
    };
    match name {
        "base_url" => file.base_url = read(value)?,
        "max_tokens" => file.max_tokens = read(value)?,
        "min_p" => file.min_p = number()?,
        "model" => file.model = read(value)?,
        "prompt" => file.prompt = read(value)?,
        "system" => file.system = read(value)?,
        "temperature" => file.temperature = number()?,
        "top_k" => file.top_k = read(value)?,
        _ => file.top_p = number()?,
    }
    Ok(())
}
