//! The kinds that score or compare texts instead of running programs.

use verifiers::answer::{AnswerSettings, AnswerVerifier, Equality};

use super::Section;
use crate::config::error::{ConfigError, nearest};

impl Section<'_> {
    pub(super) fn answer(&mut self) -> Result<AnswerSettings, ConfigError> {
        let default = AnswerSettings::default();
        let equality = match self.file.equality.take().as_deref() {
            None => default.equality,
            Some("exact") => Equality::Exact,
            Some("text") => Equality::Text,
            Some("numeric") => Equality::Numeric,
            Some("math") => Equality::Math,
            Some(other) => {
                let hint = nearest("equality", other, &["exact", "text", "numeric", "math"]);
                return Err(self.error("equality", format!("unknown equality {other:?}")).with_hint(hint));
            }
        };
        let settings = AnswerSettings {
            extract: self.file.extract.take().unwrap_or(default.extract),
            equality,
            tolerance: self.file.tolerance.take().unwrap_or(default.tolerance),
        };
        AnswerVerifier::new(&settings).map_err(|error| self.error("extract", error.to_string()))?;
        Ok(settings)
    }
}
