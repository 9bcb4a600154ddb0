//! What can be wrong with an experiment file, told with its place and the way out.

use std::fmt;
use std::path::{Path, PathBuf};

/// A mistake in an experiment file or in `--set`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The file.
    pub path: PathBuf,
    /// From 1.
    pub line: Option<usize>,
    /// Dotted, for example `verifier[1].timeout`.
    pub key: Option<String>,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub hint: Option<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(key) = &self.key {
            write!(f, ": {key}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for ConfigError {}

/// Makes errors of one file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl Place<'_> {
    /// An error at this key.
    pub(super) fn error(self, key: &str, message: impl Into<String>) -> ConfigError {
        ConfigError {
            path: self.path.to_path_buf(),
            line: line_of(self.text, key),
            key: Some(key.to_owned()),
            message: message.into(),
            hint: None,
        }
    }

    /// The same mistake in the model at this place of a list of models.
    pub(super) fn in_list(self, error: ConfigError, index: usize) -> ConfigError {
        let Some(rest) = error.key.as_deref().and_then(|key| key.strip_prefix("model.")) else { return error };
        let key = format!("model[{index}].{rest}");
        ConfigError { line: line_of(self.text, &key), key: Some(key), ..error }
    }

    /// What the TOML reader says, in the words of this file: with its key, and the nearest known key where one is unknown.
    pub(super) fn syntax(self, error: &toml::de::Error) -> ConfigError {
        let at = error.span().map(|span| span.start.min(self.text.len()));
        let line = at.map(|at| self.text[..at].matches('\n').count() + 1);
        let message = error.message().trim().replace('\n', " ");
        let path = self.path.to_path_buf();
        if let Some((message, hint)) = unknown_key(&message) {
            return ConfigError { path, line, key: None, message, hint };
        }
        let key = at.and_then(|at| key_at(self.text, at));
        let (message, hint) = wrong_kind(&message, key.as_deref()).unwrap_or((message, None));
        ConfigError { path, line, key, message, hint }
    }
}

impl ConfigError {
    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// `unknown field `x`, expected one of `a`, `b`` becomes a message and a hint with the nearest known key.
fn unknown_key(message: &str) -> Option<(String, Option<String>)> {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (what, article) = if message.starts_with("unknown field") {
        ("key", "unknown key")
    } else if message.starts_with("unknown variant") {
        ("word", "unknown word")
    } else {
        return None;
    };
    let (wrong, known) = quoted.split_first()?;
    Some((format!("{article} `{wrong}`"), Some(nearest(what, wrong, known))))
}

/// The dotted key of the line at a place of the text.
fn key_at(text: &str, at: usize) -> Option<String> {
    let begin = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = text[begin..].lines().next()?.trim();
    let table = |line: &str| {
        let name = line.trim().strip_prefix('[')?.trim_start_matches('[').split(']').next()?.trim().to_owned();
        (!name.is_empty()).then_some(name)
    };
    if let Some(name) = table(line) {
        return Some(name);
    }
    let (name, _) = line.split_once('=')?;
    let name = name.trim();
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.\"'".contains(c));
    let above = text[..begin].lines().rev().find_map(table);
    plain.then(|| above.map_or_else(|| name.to_owned(), |above| format!("{above}.{name}")))
}

/// `invalid type: string "3", expected u32` in words, and the way out.
fn wrong_kind(message: &str, key: Option<&str>) -> Option<(String, Option<String>)> {
    let listed = key.filter(|key| matches!(*key, "verifier" | "model"));
    let brackets = || listed.map(|key| format!("each one begins with [[{key}]], in two brackets"));
    if message.starts_with("duplicate key") {
        return Some(("is there twice".to_owned(), brackets().or_else(|| Some("leave one of them out".to_owned()))));
    }
    let (kind, rest) = message.split_once(": ")?;
    let (got, wanted) = rest.split_once(", expected ")?;
    let wanted = match wanted {
        "u8" | "u16" | "u32" | "u64" | "usize" | "i64" => "a whole number",
        "f32" | "f64" => "a number",
        "a string" => "a text in quotes",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        other if other.starts_with("struct ") || other == "a map" => "a table of keys",
        other => other,
    };
    let (what, value) = got.split_once(' ').unwrap_or((got, ""));
    let got = match (what, value.trim_matches('`')) {
        ("string", value) => format!("the text {value}"),
        ("map", _) => "a table".to_owned(),
        ("sequence", _) => "a list".to_owned(),
        ("integer" | "boolean", value) => value.split(' ').next().unwrap_or(value).trim_matches('`').to_owned(),
        ("floating", value) => value.trim_start_matches("point ").trim_matches('`').to_owned(),
        _ => got.to_owned(),
    };
    match kind {
        "invalid type" => {
            let table =
                key.filter(|_| wanted == "a table of keys").map(|key| format!("write [{key}] and its keys below"));
            Some((format!("must be {wanted}, not {got}"), brackets().filter(|_| wanted == "a list").or(table)))
        }
        "invalid value" => Some((format!("must be {wanted} in its range, not {got}"), None)),
        _ => None,
    }
}

/// "did you mean" with the nearest of the known words, or all of them.
pub(crate) fn nearest(what: &str, wrong: &str, known: &[&str]) -> String {
    let best = known
        .iter()
        .map(|k| (strsim::jaro_winkler(wrong, k), k))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(score, _)| *score > 0.75);
    match best {
        Some((_, key)) => format!("did you mean `{key}`? known {what}s here: {}", known.join(", ")),
        None => format!("known {what}s here: {}", known.join(", ")),
    }
}

/// The line (from 1) where a dotted key is written, or else where its table begins.
fn line_of(text: &str, key: &str) -> Option<usize> {
    let (table, leaf) = key.rsplit_once('.').unwrap_or(("", key));
    // `verifier[1]` is the second `[[verifier]]`, `model[1].limits` the `[model.limits]` after the second `[[model]]`
    let listed = table.split_once('[').and_then(|(list, rest)| Some((list, rest.split_once(']')?)));
    let (list, table, wanted) = match listed {
        Some((list, (number, rest))) => (list, format!("{list}{rest}"), number.parse::<usize>().ok()? + 1),
        None => (table, table.to_owned(), 1),
    };
    let (mut inside, mut seen, mut header) = (table.is_empty(), 0, None);
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[') {
            let name = name.trim_start_matches('[').split(']').next().unwrap_or_default().trim();
            seen += usize::from(name == list);
            inside = name == table && seen == wanted;
            if inside {
                header = Some(number + 1);
            }
        } else if inside && line.split_once('=').is_some_and(|(name, _)| name.trim() == leaf) {
            return Some(number + 1);
        }
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_the_wrong_kind_is_told_with_its_key() {
        let told = |text: &str| {
            let error = toml::from_str::<super::super::file::ConfigFile>(text).unwrap_err();
            Place { path: Path::new("e.toml"), text }.syntax(&error)
        };
        assert_eq!(
            told("samples = \"3\"").to_string(),
            "e.toml:1: samples: must be a whole number, not the text \"3\""
        );
        assert_eq!(told("a = 1").to_string(), "e.toml:1: unknown key `a`");
        let list = told("samples = 1\n[verifier]\nname = \"x\"");
        assert_eq!(list.to_string(), "e.toml:2: verifier: must be a list, not a table");
        assert!(list.hint.unwrap().contains("[[verifier]]"));
        assert_eq!(told("samples = 1\nsamples = 2").to_string(), "e.toml:2: samples: is there twice");
        let table = told("dataset = \"bundled\"");
        assert_eq!(table.to_string(), "e.toml:1: dataset: must be a table of keys, not the text \"bundled\"");
        assert_eq!(
            told("[dataset]\nlimit = 1.5").to_string(),
            "e.toml:2: dataset.limit: must be a whole number, not 1.5"
        );
        assert_eq!(
            told("samples = 99999999999").to_string(),
            "e.toml:1: samples: must be a whole number in its range, not 99999999999"
        );
    }

    #[test]
    fn a_key_is_found_in_its_table() {
        let text = "samples = 1\n[model]\napi = \"x\"\n[model.limits]\ntimeout = 3\n[[verifier]]\ntimeout = 1\n\n[[verifier]]\nname = 2\ntimeout = 2\n";
        assert_eq!(line_of(text, "samples"), Some(1));
        assert_eq!(line_of(text, "model.api"), Some(3));
        assert_eq!(line_of(text, "model.limits.timeout"), Some(5));
        assert_eq!(line_of(text, "verifier[0].timeout"), Some(7));
        assert_eq!(line_of(text, "verifier[1].timeout"), Some(11));
        assert_eq!(line_of(text, "model.base_url"), Some(2));
        let list = "[[model]]\napi = 1\n[model.limits]\ntimeout = 1\n[[model]]\n[model.limits]\ntimeout = 2\n";
        assert_eq!(line_of(list, "model[0].api"), Some(2));
        assert_eq!(line_of(list, "model[1].limits.timeout"), Some(7));
    }

    #[test]
    fn an_unknown_key_names_the_nearest() {
        let (message, hint) =
            unknown_key("unknown field `temprature`, expected one of `model`, `temperature`").unwrap();
        assert_eq!(message, "unknown key `temprature`");
        assert!(hint.unwrap().starts_with("did you mean `temperature`?"));
    }
}
