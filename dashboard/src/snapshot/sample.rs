//! One sample with its texts.

/// Which sample: the row of its problem in the snapshot, and its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SampleKey {
    /// The run's id in the store.
    pub run: i64,
    /// Row of the problem.
    pub problem: usize,
    /// Index of the sample.
    pub index: u32,
}

/// One sample with its texts.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleDetail {
    /// Which sample it is.
    pub key: SampleKey,
    /// What was asked.
    pub prompt: String,
    /// What the model thought aloud.
    pub reasoning: Option<String>,
    /// What it answered.
    pub completion: String,
    /// Outcome, finish reason, tokens, cost, latency, attempts ...: name and value.
    pub facts: Vec<(String, String)>,
    /// What each verifier said.
    pub verdicts: Vec<VerdictDetail>,
}

/// What a verifier said of a sample.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VerdictDetail {
    /// The verifier.
    pub verifier: String,
    /// The word of its status; `None`: a score without a threshold.
    pub status: Option<String>,
    /// The score.
    pub score: Option<f64>,
    /// The extracted answer.
    pub answer: Option<String>,
    /// One line for the user.
    pub detail: Option<String>,
    /// Time spent. Unit: ms.
    pub duration_ms: f64,
    /// `weak`, `flaky`, the class of the sandbox.
    pub marks: Vec<String>,
}
