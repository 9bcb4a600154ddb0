//! From a problem to what a model is asked.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, context};
use verifiers::domain::Problem;
use verifiers::model::{Message, Prompt};

/// A prompt template that cannot be read or filled.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// Not a template.
    #[error("the {which} template cannot be read")]
    Syntax {
        /// `prompt` or `system`.
        which: &'static str,
        /// Where and why.
        #[source]
        source: minijinja::Error,
    },
    /// A variable is missing, or a filter fails.
    #[error("the {which} template cannot be filled for problem {problem}")]
    Render {
        /// `prompt` or `system`.
        which: &'static str,
        /// The problem.
        problem: String,
        /// Where and why.
        #[source]
        source: minijinja::Error,
    },
}

/// How problems become prompts.
#[derive(Debug)]
pub struct PromptTemplate {
    environment: Environment<'static>,
    chat: bool,
    system: bool,
}

/// The prompt for chat models where the data set has code to complete.
const CHAT_CODE: &str = "Complete the following Python function. Answer with the whole function, with its imports, in one Markdown code block.\n\n```python\n{{ prompt }}\n```\n";
/// The prompt for chat models where an answer is wanted.
const CHAT_ANSWER: &str = "{{ prompt }}\n\nThink step by step, then give the final answer in \\boxed{}.\n";

impl PromptTemplate {
    /// `prompt` and `system` as the experiment gives them; without a prompt the default for chat or completion.
    ///
    /// # Errors
    /// [`PromptError::Syntax`].
    pub fn new(chat: bool, prompt: Option<&str>, system: Option<&str>) -> Result<Self, PromptError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).build() {
            environment.set_syntax(syntax);
        }
        let mut add = |which: &'static str, text: &str| {
            environment
                .add_template_owned(which, text.to_owned())
                .map_err(|source| PromptError::Syntax { which, source })
        };
        if let Some(text) = prompt {
            add("prompt", text)?;
        } else {
            add("prompt", "{{ prompt }}")?;
            if chat {
                add("code", CHAT_CODE)?;
                add("answer", CHAT_ANSWER)?;
            }
        }
        if let Some(text) = system {
            add("system", text)?;
        }
        Ok(Self { environment, chat, system: system.is_some() })
    }

    /// What the model is asked for this problem. Templates see `prompt` (also `question`), `id`, `entry_point`, `group`
    /// and every other field of the record.
    ///
    /// # Errors
    /// [`PromptError::Render`], which names the problem.
    pub fn render(&self, problem: &Problem) -> Result<Prompt, PromptError> {
        let name = if self.environment.get_template("code").is_err() {
            "prompt"
        } else if problem.answer.is_some() {
            "answer"
        } else if problem.tests.values().any(|t| matches!(t, verifiers::domain::TestSuite::StdinStdout { .. })) {
            "prompt"
        } else {
            "code"
        };
        let text = self.fill(name, problem)?;
        if !self.chat {
            return Ok(Prompt::Text(text));
        }
        let mut messages = Vec::new();
        if self.system {
            messages.push(Message { role: "system".to_owned(), content: self.fill("system", problem)? });
        }
        messages.push(Message { role: "user".to_owned(), content: text });
        Ok(Prompt::Chat(messages))
    }

    fn fill(&self, name: &'static str, problem: &Problem) -> Result<String, PromptError> {
        let which = if name == "system" { "system" } else { "prompt" };
        let fail = |source| PromptError::Render { which, problem: problem.id.0.clone(), source };
        let known = context! {
            prompt => problem.prompt.as_str(),
            question => problem.prompt.as_str(),
            id => problem.id.0.as_str(),
            entry_point => problem.entry_point.as_deref(),
            group => problem.group.as_deref(),
        };
        let fields = minijinja::Value::from(Serde(&problem.fields));
        let template = self.environment.get_template(name).map_err(fail)?;
        template.render(context! { ..known, ..fields }).map_err(fail)
    }
}

#[cfg(test)]
mod tests {
    use verifiers::domain::ProblemId;

    use super::*;

    fn problem() -> Problem {
        let fields = serde_json::json!({"level": "hard"});
        Problem {
            id: ProblemId("a/1".to_owned()),
            prompt: "def f(x):\n".to_owned(),
            entry_point: Some("f".to_owned()),
            reference: None,
            tests: std::collections::BTreeMap::new(),
            answer: None,
            group: None,
            fields: fields.as_object().cloned().unwrap(),
        }
    }

    #[test]
    fn completions_get_the_bare_prompt_and_chats_a_message() {
        let bare = PromptTemplate::new(false, None, None).unwrap().render(&problem()).unwrap();
        assert_eq!(bare, Prompt::Text("def f(x):\n".to_owned()));
        let chat = PromptTemplate::new(true, None, Some("be {{ level }}")).unwrap().render(&problem()).unwrap();
        let Prompt::Chat(messages) = chat else { panic!("not a chat") };
        assert_eq!(messages[0].content, "be hard");
        assert!(messages[1].content.contains("```python\ndef f(x):\n"));
    }

    #[test]
    fn a_missing_variable_names_the_problem() {
        let template = PromptTemplate::new(false, Some("{{ nothing }}"), None).unwrap();
        let error = template.render(&problem()).unwrap_err();
        assert!(error.to_string().contains("a/1"), "{error}");
        assert!(PromptTemplate::new(false, Some("{{ open"), None).is_err());
    }
}
