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

    /// What the TOML reader says, with the nearest known key where a key is unknown.
    pub(super) fn syntax(self, error: &toml::de::Error) -> ConfigError {
        let line = error.span().map(|span| self.text[..span.start.min(self.text.len())].matches('\n').count() + 1);
        let message = error.message().trim().replace('\n', " ");
        let (message, hint) = unknown_key(&message).unwrap_or((message, None));
        ConfigError { path: self.path.to_path_buf(), line, key: None, message, hint }
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

/// "did you mean" with the nearest of the known words, or all of them.
pub(super) fn nearest(what: &str, wrong: &str, known: &[&str]) -> String {
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
