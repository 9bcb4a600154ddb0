//! The trait that every kind of verifier implements.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::{Completion, Problem, Verdict};
use crate::fusion::FusionVerifier;

/// How much a verifier must see at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Samples one by one, or in batches of up to `size` (reward servers).
    Sample {
        /// The most samples in one call of [`Verifier::judge`].
        batch: usize,
    },
    /// All samples of one problem in one call (agreement, pairwise judges).
    Problem,
    /// All samples of the run in one call (learned ensembles).
    Run,
}

/// One sample that is to be judged.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The problem it answers.
    pub problem: Arc<Problem>,
    /// Its place among the samples of the problem.
    pub sample_index: u32,
    /// What the model wrote.
    pub completion: Completion,
    /// What the verifiers named by [`Verifier::needs`] said of it.
    pub verdicts: BTreeMap<String, Verdict>,
}

/// Judges samples. A machine fault is an `unjudged` verdict, never an `Err` and never a `fail`.
#[async_trait]
pub trait Verifier: Send + Sync {
    /// Changes whenever the same sample could be judged otherwise: engine version, interpreter version, model.
    fn version(&self) -> String;

    /// How much it must see at once.
    fn scope(&self) -> Scope {
        Scope::Sample { batch: 1 }
    }

    /// How many calls of [`Verifier::judge`] may be under way at once.
    fn concurrency(&self) -> usize;

    /// Names of the verifiers whose verdicts must be there first (ensembles).
    fn needs(&self) -> &[String] {
        &[]
    }

    /// Candidates with equal keys have equal verdicts: they are judged once. `None`: judge each.
    fn dedupe_key(&self, candidate: &Candidate) -> Option<[u8; 32]> {
        let _ = candidate;
        None
    }

    /// Begins, in the background, what the first candidate would wait for. Asked where it is known that there will be one.
    fn get_ready(&self) {}

    /// One verdict for each candidate, in order.
    async fn judge(&self, batch: &[Candidate]) -> Vec<Verdict>;

    /// Whether judging costs tokens or money: then it stops when a budget is used up.
    fn spends(&self) -> bool {
        false
    }

    /// A verifier that chooses among samples instead of judging each.
    fn fusion(&self) -> Option<&FusionVerifier> {
        None
    }

    /// What there is to say of its verdicts as a whole, one line each. Asked after the last verdict.
    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }

    /// Ends what the verifier keeps running (sandboxes, processes). Called once, after the last verdict.
    async fn close(&self) {}
}
