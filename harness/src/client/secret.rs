//! A key that never shows itself.

use std::fmt;
use std::sync::Arc;

/// Bytes from which on a key is taken for one.
const SHORTEST: usize = 4;

/// A key; `Debug` and `Display` hide it, and [`Secret::redact`] takes it out of other people's text.
#[derive(Clone, Default)]
pub struct Secret(Option<Arc<str>>);

impl Secret {
    /// Wraps a key.
    #[must_use]
    pub fn new(key: Option<String>) -> Self {
        Self(key.map(|key| Arc::from(key.trim())).filter(|key: &Arc<str>| !key.is_empty()))
    }

    /// The key itself, for the header.
    #[must_use]
    pub fn reveal(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// The text with the key replaced, also where it stands in a URL or in JSON.
    #[must_use]
    pub fn hide(&self, text: String) -> String {
        // what stands for no key ("x", "-") is no secret, and stands in half the words there are
        let Some(key) = self.0.as_deref().filter(|key| key.len() >= SHORTEST) else { return text };
        let mut forms = vec![key.to_owned(), percent(key), key.replace('/', "\\/"), key.replace('+', " ")];
        forms.dedup();
        forms.into_iter().fold(
            text,
            |clean, form| {
                if clean.contains(&form) { clean.replace(&form, "[key]") } else { clean }
            },
        )
    }

    /// The text with the key, and anything that looks like a bearer token of a known vendor, replaced.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let mut clean = self.hide(text.to_owned());
        // servers quote keys shortened ("sk-ab***yz"), so what looks like one goes too
        for mark in ["sk-", "Bearer "] {
            let mut from = 0;
            while let Some(found) = clean[from..].find(mark) {
                let start = from + found;
                let word_start = start == 0 || !clean[..start].ends_with(|c: char| c.is_ascii_alphanumeric());
                let tail = &clean[start + mark.len()..];
                let length =
                    tail.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.*/+=%".contains(c))).unwrap_or(tail.len());
                if word_start && length >= 6 {
                    clean.replace_range(start..start + mark.len() + length, "[key]");
                    from = start + "[key]".len();
                } else {
                    from = start + mark.len();
                }
            }
        }
        clean
    }
}

/// As it stands in a URL.
fn percent(key: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    key.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Secret([key])" } else { "Secret(none)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_hidden_wherever_it_turns_up() {
        let secret = Secret::new(Some("hunter2hunter2\n".to_owned()));
        assert_eq!(secret.reveal(), Some("hunter2hunter2"));
        assert_eq!(secret.redact("bad key hunter2hunter2!"), "bad key [key]!");
        assert_eq!(
            secret.redact("Incorrect API key provided: sk-abcde***wxyz. Try"),
            "Incorrect API key provided: [key] Try"
        );
        assert_eq!(secret.redact("ask-me-anything-else, risk-averse-ly"), "ask-me-anything-else, risk-averse-ly");
        assert!(!format!("{secret:?}").contains("hunter2"));
        let odd = Secret::new(Some("abc/xyz+wvu==9".to_owned()));
        assert_eq!(odd.redact("key=abc%2Fxyz%2Bwvu%3D%3D9&x, abc\\/xyz+wvu==9"), "key=[key]&x, [key]");
        assert_eq!(odd.redact("Bearer AbC/123+4== and sk-AbC/123+4=="), "[key] and [key]");
        assert_eq!(odd.hide("def f(): return 'abc/xyz+wvu==9'".to_owned()), "def f(): return '[key]'");
        assert_eq!(Secret::new(Some("x".to_owned())).redact("exit"), "exit");
    }
}
