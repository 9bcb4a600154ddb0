//! From a problem to what a model is asked.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, context};
use verifiers::counted;
use verifiers::domain::{Problem, TestSuite};
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
    /// The data set has not enough solved problems to show.
    #[error("{} to be shown, but only {} with a solution", counted(*.wanted, "example"), counted(*.found, "problem"))]
    TooFewExamples {
        /// As the experiment asks.
        wanted: usize,
        /// That have a reference or an answer.
        found: usize,
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
    own: bool,
    system: bool,
    shots: Vec<Problem>,
    shown: usize,
}

/// What a problem wants; each has its default prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// The rest of a function whose head the prompt is.
    Function,
    /// Code for a task in words.
    Code,
    /// A program that reads and prints.
    Program,
    /// A final answer.
    Answer,
    /// Nobody knows.
    Text,
}

impl Wanted {
    fn of(problem: &Problem) -> Self {
        let suites = || problem.tests.values();
        let head = problem.entry_point.as_ref().is_some_and(|name| problem.prompt.contains(&format!("def {name}")));
        if problem.answer.is_some() {
            Self::Answer
        } else if suites().any(|tests| matches!(tests, TestSuite::StdinStdout { .. })) {
            Self::Program
        } else if suites().next().is_none() {
            Self::Text
        } else if head {
            Self::Function
        } else {
            Self::Code
        }
    }

    /// The name of its template.
    fn name(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Code => "code",
            Self::Program => "program",
            Self::Answer => "answer",
            Self::Text => "text",
        }
    }

    /// How a chat model is asked, so that what it says can be found in its answer.
    fn chat(self) -> &'static str {
        match self {
            Self::Function => {
                "Complete the following Python function. Answer with the whole function, with its imports, in one \
                 Markdown code block.\n\n```python\n{{ prompt }}\n```\n"
            }
            Self::Code => {
                "{{ prompt }}\n\nAnswer with the whole Python code, with its imports, in one Markdown code block.\n"
            }
            Self::Program => {
                "{{ prompt }}\n\nWrite a Python program that reads the input from standard input and prints what is \
                 asked for and nothing else. Answer with the whole program in one Markdown code block.\n"
            }
            Self::Answer => "{{ prompt }}\n\nThink step by step, then give the final answer in \\boxed{}.\n",
            Self::Text => "{{ prompt }}",
        }
    }

    /// How a text is begun that a model goes on with.
    fn raw(self) -> &'static str {
        match self {
            Self::Answer => "Question: {{ prompt }}\nAnswer:",
            _ => "{{ prompt }}",
        }
    }

    /// What ends the text of a model that goes on for ever, where the experiment gives no `stop`. Four at most: more are
    /// refused by some servers.
    fn stops(self) -> &'static [&'static str] {
        match self {
            Self::Function => &["\nclass ", "\ndef ", "\nif __name__", "\nprint("],
            Self::Answer => &["\nQ:", "\nQuestion:", "\nProblem:"],
            Self::Code | Self::Program | Self::Text => &[],
        }
    }
}

const ALL: [Wanted; 5] = [Wanted::Function, Wanted::Code, Wanted::Program, Wanted::Answer, Wanted::Text];

/// The stop strings for raw prompts of these problems, where the experiment gives none: none where they want different things.
#[must_use]
pub fn default_stops(problems: &[Problem]) -> Vec<String> {
    let mut wanted = problems.iter().map(Wanted::of);
    match wanted.next() {
        Some(first) if wanted.all(|other| other == first) => first.stops().iter().map(|&s| s.to_owned()).collect(),
        _ => Vec::new(),
    }
}

/// A right answer to an example, as the model should have given it; `None`: the data set has none.
fn solution(problem: &Problem, chat: bool) -> Option<String> {
    let Some(answer) = &problem.answer else {
        let whole = problem.reference.as_deref()?;
        return Some(if chat {
            format!("```python\n{}\n```", whole.trim_end())
        } else {
            whole.strip_prefix(problem.prompt.as_str()).unwrap_or(whole).to_owned()
        });
    };
    let field = |name: &str| problem.fields.get(name).and_then(serde_json::Value::as_str);
    let worked = field("solution").or_else(|| field("answer").filter(|text| *text != answer));
    Some(match (worked, chat) {
        (Some(worked), true) if worked.contains("\\boxed") => worked.to_owned(),
        (Some(worked), true) => format!("{worked}\n\n\\boxed{{{answer}}}"),
        (None, true) => format!("\\boxed{{{answer}}}"),
        (Some(worked), false) => format!(" {worked}"),
        (None, false) => format!(" {answer}"),
    })
}

impl PromptTemplate {
    /// `prompt` and `system` as the experiment gives them; without a prompt the default of what a problem wants.
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
        match prompt {
            Some(text) => add("prompt", text)?,
            None => ALL.iter().try_for_each(|w| add(w.name(), if chat { w.chat() } else { w.raw() }))?,
        }
        if let Some(text) = system {
            add("system", text)?;
        }
        Ok(Self { environment, chat, own: prompt.is_some(), system: system.is_some(), shots: Vec::new(), shown: 0 })
    }

    /// Shows `count` solved examples before each problem: the first of `examples` that have a solution and are not the
    /// problem itself.
    ///
    /// # Errors
    /// [`PromptError::TooFewExamples`].
    pub fn with_examples(mut self, examples: &[Problem], count: usize) -> Result<Self, PromptError> {
        // one more than shown, since each problem leaves itself out
        self.shots = examples.iter().filter(|p| solution(p, self.chat).is_some()).take(count + 1).cloned().collect();
        self.shown = count;
        if self.shots.len() < count {
            return Err(PromptError::TooFewExamples { wanted: count, found: self.shots.len() });
        }
        Ok(self)
    }

    /// What the model is asked for this problem. Templates see `prompt` (also `question`), `id`, `entry_point`, `group`
    /// and every other field of the record.
    ///
    /// # Errors
    /// [`PromptError::Render`], which names the problem.
    pub fn render(&self, problem: &Problem) -> Result<Prompt, PromptError> {
        let others = self.shots.iter().filter(|shot| shot.id != problem.id).take(self.shown);
        let shots = others.map(|shot| -> Result<(String, String), PromptError> {
            Ok((self.ask(shot)?, solution(shot, self.chat).unwrap_or_default()))
        });
        let text = self.ask(problem)?;
        if !self.chat {
            let before = shots.map(|shot| shot.map(|(ask, said)| format!("{ask}{}\n\n", said.trim_end())));
            return Ok(Prompt::Text(before.collect::<Result<String, PromptError>>()? + &text));
        }
        let message = |role: &str, content: String| Message { role: role.to_owned(), content };
        let mut messages = Vec::new();
        if self.system {
            messages.push(message("system", self.fill("system", problem)?));
        }
        for shot in shots {
            let (ask, said) = shot?;
            messages.extend([message("user", ask), message("assistant", said)]);
        }
        messages.push(message("user", text));
        Ok(Prompt::Chat(messages))
    }

    fn ask(&self, problem: &Problem) -> Result<String, PromptError> {
        self.fill(if self.own { "prompt" } else { Wanted::of(problem).name() }, problem)
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

    fn function() -> Problem {
        let code = "def check(candidate):\n    pass\n".to_owned();
        let check = TestSuite::Check { code, preamble: String::new() };
        let reference = Some("def f(x):\n    return x\n".to_owned());
        Problem { tests: [("check".to_owned(), check)].into(), reference, ..problem() }
    }

    fn answered(id: &str, answer: &str) -> Problem {
        let fields = serde_json::json!({"solution": format!("so it is {answer}"), "level": "hard"});
        Problem {
            id: ProblemId(id.to_owned()),
            prompt: format!("what is {answer}?"),
            answer: Some(answer.to_owned()),
            fields: fields.as_object().cloned().unwrap(),
            ..problem()
        }
    }

    fn messages(prompt: Prompt) -> Vec<(String, String)> {
        let Prompt::Chat(messages) = prompt else { panic!("not a chat") };
        messages.into_iter().map(|m| (m.role, m.content)).collect()
    }

    #[test]
    fn completions_get_the_bare_prompt_and_chats_a_message() {
        let bare = PromptTemplate::new(false, None, None).unwrap().render(&function()).unwrap();
        assert_eq!(bare, Prompt::Text("def f(x):\n".to_owned()));
        let chat = PromptTemplate::new(true, None, Some("be {{ level }}")).unwrap();
        let asked = messages(chat.render(&function()).unwrap());
        assert_eq!(asked[0].1, "be hard");
        assert!(asked[1].1.contains("```python\ndef f(x):\n"));
        let words = Problem { prompt: "Write f.".to_owned(), ..function() };
        assert!(
            messages(chat.render(&words).unwrap())[1].1.starts_with("Write f.\n\nAnswer with the whole Python code")
        );
        assert!(messages(chat.render(&answered("a", "7")).unwrap())[1].1.contains("\\boxed{}"));
        assert_eq!(messages(chat.render(&problem()).unwrap())[1].1, "def f(x):\n");
    }

    #[test]
    fn examples_are_other_problems_with_their_solutions() {
        let set = [answered("a", "1"), answered("b", "2"), answered("c", "3")];
        let raw = PromptTemplate::new(false, None, None).unwrap().with_examples(&set, 1).unwrap();
        let text = |at: usize| raw.render(&set[at]).unwrap();
        assert_eq!(
            text(0),
            Prompt::Text("Question: what is 2?\nAnswer: so it is 2\n\nQuestion: what is 1?\nAnswer:".to_owned())
        );
        assert_eq!(
            text(2),
            Prompt::Text("Question: what is 1?\nAnswer: so it is 1\n\nQuestion: what is 3?\nAnswer:".to_owned())
        );
        let chat = PromptTemplate::new(true, Some("{{ prompt }}"), Some("be brief")).unwrap();
        let asked = messages(chat.with_examples(&set, 2).unwrap().render(&set[1]).unwrap());
        let roles: Vec<&str> = asked.iter().map(|(role, _)| role.as_str()).collect();
        assert_eq!(roles, ["system", "user", "assistant", "user", "assistant", "user"]);
        assert_eq!((asked[2].1.as_str(), asked[5].1.as_str()), ("so it is 1\n\n\\boxed{1}", "what is 2?"));
        let code = PromptTemplate::new(false, None, None).unwrap().with_examples(&[function()], 1).unwrap();
        let next = Problem { id: ProblemId("n".to_owned()), ..function() };
        assert_eq!(code.render(&next).unwrap(), Prompt::Text("def f(x):\n    return x\n\ndef f(x):\n".to_owned()));
        let none = PromptTemplate::new(false, None, None).unwrap().with_examples(&[problem()], 1);
        assert!(matches!(none, Err(PromptError::TooFewExamples { wanted: 1, found: 0 })));
    }

    #[test]
    fn stops_suit_the_set() {
        assert!(default_stops(&[function(), function()]).contains(&"\ndef ".to_owned()));
        assert!(default_stops(&[answered("a", "1")]).contains(&"\nQuestion:".to_owned()));
        assert!(default_stops(&[function(), answered("a", "1")]).is_empty() && default_stops(&[]).is_empty());
    }

    #[test]
    fn a_missing_variable_names_the_problem() {
        let template = PromptTemplate::new(false, Some("{{ nothing }}"), None).unwrap();
        let error = template.render(&problem()).unwrap_err();
        assert!(error.to_string().contains("a/1"), "{error}");
        assert!(PromptTemplate::new(false, Some("{{ open"), None).is_err());
    }
}
