//! JSON as Python programs write it.

use serde_json::Value;

/// Reads JSON in which `NaN` and `Infinity` may stand: they are no numbers, so they become `null`.
#[must_use]
pub fn lenient(text: &str) -> Option<Value> {
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    let mut quoted = false;
    while let Some(c) = rest.chars().next() {
        let bad = ["-Infinity", "Infinity", "NaN"].into_iter().find(|word| !quoted && rest.starts_with(word));
        if let Some(word) = bad {
            clean.push_str("null");
            rest = &rest[word.len()..];
            continue;
        }
        let escaped = quoted && c == '\\';
        quoted ^= c == '"';
        let width = c.len_utf8() + if escaped { rest[1..].chars().next().map_or(0, char::len_utf8) } else { 0 };
        clean.push_str(&rest[..width]);
        rest = &rest[width..];
    }
    serde_json::from_str(&clean).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_no_number_are_null_outside_of_strings() {
        let read = lenient(r#"{"a": NaN, "b": [-Infinity, 1], "c": "NaN \" Infinity"}"#).unwrap();
        assert_eq!(read, serde_json::json!({ "a": null, "b": [null, 1], "c": "NaN \" Infinity" }));
        assert_eq!(lenient("{NaN"), None);
    }
}
