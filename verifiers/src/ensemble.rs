//! Several verifiers as one: means, votes, and weights that are learned with or without labels.
//!
//! What is learned with labels is never used on the problems it was learned from: problems are split in two halves by a hash of
//! their ids, and each half is judged by what the other half taught.

use std::time::Instant;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::domain::{Status, Verdict};
use crate::verifier::{Candidate, Scope, Verifier};

mod learn;

/// Changes when the same verdicts could give another one.
const VERSION: &str = "ensemble-1";
/// A verifier that says the same of more than this share of the samples tells nothing and is dropped.
const CONSTANT: f64 = 0.98;

/// The settings of `kind = "ensemble"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnsembleSettings {
    /// Names of the verifiers that are combined.
    pub of: Vec<String>,
    /// How.
    pub method: Method,
    /// The verifier whose verdicts are the labels, for [`Method::Logistic`].
    pub labels: Option<String>,
    /// From this score on a sample passes; without it there is a score and no status.
    pub threshold: Option<f64>,
}

/// How verdicts are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The mean score.
    Mean,
    /// The product of the scores.
    Product,
    /// The share of verifiers that accept.
    Vote,
    /// Accuracies learned by expectation maximisation, verifiers independent given the truth.
    ///
    /// Source: Dawid and Skene 1979, doi:10.2307/2346806.
    NaiveBayes,
    /// Accuracies from the agreement of triplets.
    ///
    /// Source: Fu 2020, arXiv:2002.11955; used for weak verifiers by Saad-Falcon 2025, arXiv:2506.18203.
    Triplets,
    /// Weights learned from labels, by ridge logistic regression.
    Logistic,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Mean, Self::Product, Self::Vote, Self::NaiveBayes, Self::Triplets, Self::Logistic];

    /// The word of the experiment file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Product => "product",
            Self::Vote => "vote",
            Self::NaiveBayes => "naive-bayes",
            Self::Triplets => "triplets",
            Self::Logistic => "logistic",
        }
    }
}

/// Combines other verifiers' verdicts.
pub struct EnsembleVerifier {
    settings: EnsembleSettings,
    needs: Vec<String>,
}

impl EnsembleVerifier {
    /// Checks the settings.
    ///
    /// # Errors
    /// Where there is nothing to combine, or labels are missing.
    pub fn new(settings: EnsembleSettings) -> Result<Self, String> {
        let least = if settings.method == Method::Triplets { 3 } else { 2 };
        if settings.of.len() < least {
            return Err(format!(
                "`of` names {} verifiers; {} needs at least {least}",
                settings.of.len(),
                settings.method.as_str()
            ));
        }
        if settings.method == Method::Logistic && settings.labels.is_none() {
            return Err("logistic needs `labels`: the name of the verifier that is the ground truth".to_owned());
        }
        let mut needs = settings.of.clone();
        needs.extend(settings.labels.iter().filter(|label| !settings.of.contains(label)).cloned());
        Ok(Self { settings, needs })
    }

    /// One row for each sample: each verifier's number, 0 to 1.
    fn inputs(&self, batch: &[Candidate]) -> Vec<Vec<Option<f64>>> {
        let raw = |candidate: &Candidate, name: &String| {
            let verdict = candidate.verdicts.get(name)?;
            match verdict.score {
                Some(score) => score.is_finite().then_some(score),
                None => verdict.status.and_then(Status::accepted).map(|accepted| f64::from(u8::from(accepted))),
            }
        };
        let mut rows: Vec<Vec<Option<f64>>> =
            batch.iter().map(|candidate| self.settings.of.iter().map(|name| raw(candidate, name)).collect()).collect();
        for place in 0..self.settings.of.len() {
            let column = || rows.iter().filter_map(|row| row[place]);
            let low = column().fold(f64::INFINITY, f64::min);
            let high = column().fold(f64::NEG_INFINITY, f64::max);
            if low >= 0.0 && high <= 1.0 {
                continue;
            }
            // logits and other scales: by rank, so that no outlier decides
            let mut sorted: Vec<f64> = column().collect();
            sorted.sort_unstable_by(f64::total_cmp);
            let last = (sorted.len().max(2) - 1) as f64;
            for value in rows.iter_mut().filter_map(|row| row[place].as_mut()) {
                let below = sorted.partition_point(|x| x.total_cmp(value).is_lt());
                let upto = sorted.partition_point(|x| x.total_cmp(value).is_le());
                *value = ((below + upto - 1) as f64 / 2.0 / last).clamp(0.0, 1.0);
            }
        }
        rows
    }

    /// Yes or no of each verifier: its status, else whether its number is above the middle one.
    fn votes(&self, batch: &[Candidate], inputs: &[Vec<Option<f64>>]) -> Vec<Vec<Option<bool>>> {
        let middle: Vec<f64> = (0..self.settings.of.len())
            .map(|place| {
                let mut column: Vec<f64> = inputs.iter().filter_map(|row| row[place]).collect();
                column.sort_unstable_by(f64::total_cmp);
                column.get(column.len() / 2).copied().unwrap_or(0.5)
            })
            .collect();
        let vote = |candidate: &Candidate, row: &[Option<f64>], place: usize| {
            let status = candidate.verdicts.get(&self.settings.of[place]).and_then(|verdict| verdict.status);
            status.map_or_else(|| row[place].map(|value| value > middle[place]), Status::accepted)
        };
        batch
            .iter()
            .zip(inputs)
            .map(|(candidate, row)| (0..row.len()).map(|place| vote(candidate, row, place)).collect())
            .collect()
    }

    fn scores(&self, batch: &[Candidate]) -> (Vec<Option<f64>>, Vec<String>) {
        let mut inputs = self.inputs(batch);
        let mut votes = self.votes(batch, &inputs);
        let dropped = if matches!(self.settings.method, Method::NaiveBayes | Method::Triplets | Method::Logistic) {
            drop_constant(&mut inputs, &mut votes)
        } else {
            Vec::new()
        };
        let names = dropped.iter().map(|&place| self.settings.of[place].clone()).collect();
        let scores = match self.settings.method {
            Method::Mean => {
                inputs.iter().map(|row| over(row, |values| values.iter().sum::<f64>() / values.len() as f64)).collect()
            }
            Method::Product => inputs.iter().map(|row| over(row, |values| values.iter().product())).collect(),
            Method::Vote => votes.iter().map(|row| share(row)).collect(),
            Method::NaiveBayes => learn::naive_bayes(&votes),
            Method::Triplets => learn::triplets(&votes),
            Method::Logistic => self.logistic(batch, &inputs),
        };
        (scores, names)
    }

    fn logistic(&self, batch: &[Candidate], inputs: &[Vec<Option<f64>>]) -> Vec<Option<f64>> {
        let label = |candidate: &Candidate| {
            let verdict = candidate.verdicts.get(self.settings.labels.as_ref()?)?;
            verdict.status.and_then(Status::accepted)
        };
        let half: Vec<bool> = batch
            .iter()
            .map(|candidate| blake3::hash(candidate.problem.id.0.as_bytes()).as_bytes()[0] & 1 == 1)
            .collect();
        let mut scores = vec![None; batch.len()];
        for side in [false, true] {
            let teachers: Vec<(&[Option<f64>], bool)> = (0..batch.len())
                .filter(|&n| half[n] != side)
                .filter_map(|n| Some((inputs[n].as_slice(), label(&batch[n])?)))
                .collect();
            let Some(model) = learn::Logistic::fit(&teachers) else { continue };
            for n in (0..batch.len()).filter(|&n| half[n] == side) {
                scores[n] = Some(model.probability(&inputs[n]));
            }
        }
        scores
    }
}

fn over(row: &[Option<f64>], f: impl Fn(&[f64]) -> f64) -> Option<f64> {
    let values: Vec<f64> = row.iter().flatten().copied().collect();
    (!values.is_empty()).then(|| f(&values))
}

fn share(row: &[Option<bool>]) -> Option<f64> {
    let known = row.iter().flatten().count();
    (known > 0).then(|| row.iter().flatten().filter(|yes| **yes).count() as f64 / known as f64)
}

/// Forgets the verifiers that nearly always say the same; gives their places.
fn drop_constant(inputs: &mut [Vec<Option<f64>>], votes: &mut [Vec<Option<bool>>]) -> Vec<usize> {
    let width = votes.first().map_or(0, Vec::len);
    let constant = |place: &usize| {
        let (mut yes, mut known) = (0_usize, 0_usize);
        for vote in votes.iter().filter_map(|row| row[*place]) {
            known += 1;
            yes += usize::from(vote);
        }
        yes.max(known - yes) as f64 > CONSTANT * known as f64
    };
    let dropped: Vec<usize> = (0..width).filter(constant).collect();
    for &place in &dropped {
        for row in &mut *inputs {
            row[place] = None;
        }
        for row in &mut *votes {
            row[place] = None;
        }
    }
    dropped
}

#[async_trait]
impl Verifier for EnsembleVerifier {
    fn version(&self) -> String {
        VERSION.to_owned()
    }

    fn scope(&self) -> Scope {
        // scales and accuracies are those of the whole run
        Scope::Run
    }

    fn concurrency(&self) -> usize {
        1
    }

    fn needs(&self) -> &[String] {
        &self.needs
    }

    async fn judge(&self, batch: &[Candidate]) -> Vec<Verdict> {
        let started = Instant::now();
        let absent = |name: &&String| !batch.iter().any(|candidate| candidate.verdicts.contains_key(*name));
        let unknown: Vec<&str> = self.needs.iter().filter(absent).map(String::as_str).collect();
        if !unknown.is_empty() {
            let why = format!("the run has no verdicts of {}", unknown.join(", "));
            return batch.iter().map(|_| Verdict::unjudged(why.clone())).collect();
        }
        let (scores, dropped) = self.scores(batch);
        let share = started.elapsed() / u32::try_from(batch.len().max(1)).unwrap_or(u32::MAX);
        let detail = (!dropped.is_empty()).then(|| format!("dropped, nearly always the same: {}", dropped.join(", ")));
        let verdict = |score: Option<f64>| {
            let Some(score) = score.filter(|s| s.is_finite()) else {
                return Verdict::unjudged("there is nothing to combine or to learn from");
            };
            let status = self.settings.threshold.map(|from| if score >= from { Status::Pass } else { Status::Fail });
            Verdict {
                status,
                score: Some(score),
                detail: detail.clone(),
                duration: share,
                ..Verdict::new(Status::Pass)
            }
        };
        scores.into_iter().map(verdict).collect()
    }
}

#[cfg(test)]
mod tests;
