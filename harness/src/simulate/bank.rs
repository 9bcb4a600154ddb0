//! What a simulated endpoint knows.

pub use crate::bundled::Style;

/// A prompt and how it is sampled.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The text of the last user message, or the raw prompt.
    pub prompt: &'a str,
    /// As a chat or as text to continue.
    pub style: Style,
    /// Temperature.
    pub temperature: f64,
    /// The choice's seed.
    pub seed: u64,
}

/// Answers by prompt; equal questions get equal answers.
pub trait Bank: Send + Sync {
    /// The answer; `None`: the prompt is about nothing that this bank knows.
    fn answer(&self, question: &Question<'_>) -> Option<String>;

    /// How many problems it knows, for the log.
    fn problems(&self) -> usize;
}

/// The bundled problems.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bundled;

impl Bank for Bundled {
    fn answer(&self, question: &Question<'_>) -> Option<String> {
        let entry = crate::bundled::find(question.prompt)?;
        Some(entry.answer(question.style, question.temperature, question.seed).text)
    }

    fn problems(&self) -> usize {
        crate::bundled::bank().len()
    }
}

/// The same answer to everything, with the seed in it: for measuring clients.
#[derive(Debug, Clone)]
pub struct Fixed(pub String);

impl Fixed {
    /// A function of about so many bytes.
    #[must_use]
    pub fn of_length(bytes: usize) -> Self {
        let mut text = "def answer(values):\n".to_owned();
        while text.len() < bytes {
            text.push_str("    values = [value + 1 for value in values]\n");
        }
        text.truncate(bytes);
        text.push('\n');
        Self(text)
    }
}

impl Bank for Fixed {
    fn answer(&self, question: &Question<'_>) -> Option<String> {
        Some(format!("{}# {}\n", self.0, question.seed))
    }

    fn problems(&self) -> usize {
        1
    }
}
