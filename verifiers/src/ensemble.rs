//! Several verifiers as one: means, votes, and weights that are learned with or without labels.
//!
//! What is learned with labels is never used on the problems it was learned from: problems are split in two halves by a hash of
//! their ids, and each half is judged by what the other half taught.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::counted;
use crate::domain::{Status, Verdict};
use crate::registry::Services;
use crate::verifier::{Candidate, Scope, Verifier};

mod learn;
mod method;
mod split;

pub use method::{Calibration, Method};
pub use split::Goal;

/// Changes when the same verdicts could give another one.
const VERSION: &str = "ensemble-1";
/// A verifier that says the same of more than this share of the samples tells nothing and is dropped.
const CONSTANT: f64 = 0.98;
/// Of so few verdicts nothing of the kind can be said.
const CONSTANT_LEAST: usize = 10;

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
    /// The threshold is chosen by the labels of the other half of the problems, for this goal.
    #[serde(default)]
    pub choose: Option<Goal>,
}

/// Combines other verifiers' verdicts.
pub struct EnsembleVerifier {
    settings: EnsembleSettings,
    needs: Vec<String>,
    services: Option<Arc<dyn Services>>,
    remarks: Mutex<Vec<String>>,
}

impl EnsembleVerifier {
    /// Checks the settings.
    ///
    /// # Errors
    /// Where there is nothing to combine, or labels are missing.
    pub fn new(settings: EnsembleSettings) -> Result<Self, String> {
        let least = match settings.method {
            Method::Triplets => 3,
            method if method.calibration().is_some() || settings.choose.is_some() => 1,
            _ => 2,
        };
        if settings.of.len() < least {
            return Err(format!(
                "`of` names {}; {} needs at least {least}",
                counted(settings.of.len(), "verifier"),
                settings.method.as_str()
            ));
        }
        let method = settings.method.as_str();
        if settings.method.calibration().is_some() && settings.of.len() > 1 {
            return Err(format!("{method} calibrates one verifier; combine several first, then calibrate that"));
        }
        let learns = settings.method == Method::Logistic || settings.method.calibration().is_some();
        if (learns || settings.choose.is_some()) && settings.labels.is_none() {
            let what = if learns { method } else { "choosing a threshold" };
            return Err(format!("{what} needs `labels`: the name of the verifier that is the ground truth"));
        }
        if settings.choose.is_some() && settings.threshold.is_some() {
            return Err("`threshold` says it; `choose_threshold` would choose another".to_owned());
        }
        let mut needs = settings.of.clone();
        needs.extend(settings.labels.iter().filter(|label| !settings.of.contains(label)).cloned());
        Ok(Self { settings, needs, services: None, remarks: Mutex::default() })
    }

    /// With what calibrates.
    #[must_use]
    pub fn with_services(self, services: Option<Arc<dyn Services>>) -> Self {
        Self { services, ..self }
    }

    fn remarks_on(found: &Scores) -> Vec<String> {
        let mut remarks = Vec::new();
        if !found.dropped.is_empty() {
            remarks.push(format!("dropped, nearly always the same: {}", found.dropped.join(", ")));
        }
        if !found.chosen.is_empty() {
            let list: Vec<String> = found.chosen.iter().map(|t| format!("{t:.4}")).collect();
            remarks.push(format!(
                "thresholds {}, each chosen on the half of the problems that it does not judge",
                list.join(" and ")
            ));
        }
        remarks
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

    /// Each sample's score and threshold.
    fn scores(&self, batch: &[Candidate]) -> Result<Scores, String> {
        let mut inputs = self.inputs(batch);
        let mut votes = self.votes(batch, &inputs);
        let dropped = if self.settings.of.len() > 1 { drop_constant(&mut inputs, &mut votes) } else { Vec::new() };
        let whole: Option<Vec<Option<f64>>> = match self.settings.method {
            Method::Mean => Some(
                inputs.iter().map(|row| over(row, |values| values.iter().sum::<f64>() / values.len() as f64)).collect(),
            ),
            Method::Product => Some(inputs.iter().map(|row| over(row, |values| values.iter().product())).collect()),
            Method::Vote => Some(votes.iter().map(|row| share(row)).collect()),
            Method::NaiveBayes => Some(learn::naive_bayes(&votes)),
            Method::Triplets => Some(learn::triplets(&votes)),
            Method::Logistic | Method::Temperature | Method::Platt | Method::Isotonic => None,
        };
        let labels: Vec<Option<bool>> = batch.iter().map(|candidate| self.label(candidate)).collect();
        let half: Vec<bool> = batch.iter().map(split::half).collect();
        let mut found = Scores {
            scores: vec![None; batch.len()],
            thresholds: vec![None; batch.len()],
            dropped: dropped.iter().map(|&place| self.settings.of[place].clone()).collect(),
            chosen: Vec::new(),
        };
        for side in [false, true] {
            let teachers: Vec<usize> = (0..batch.len()).filter(|&n| half[n] != side && labels[n].is_some()).collect();
            let predict: Predict<'_> = match &whole {
                Some(scores) => Box::new(move |n| scores[n]),
                None => match self.learn(batch, &inputs, &labels, &teachers)? {
                    Some(predict) => predict,
                    None => continue,
                },
            };
            let threshold = match self.settings.choose {
                Some(goal) => {
                    let scored: Vec<(f64, bool)> =
                        teachers.iter().filter_map(|&n| Some((predict(n)?, labels[n]?))).collect();
                    let threshold = goal.choose(&scored);
                    found.chosen.extend(threshold);
                    threshold
                }
                None => self.settings.threshold,
            };
            for n in (0..batch.len()).filter(|&n| half[n] == side) {
                found.scores[n] = predict(n);
                found.thresholds[n] = threshold;
            }
        }
        Ok(found)
    }

    fn label(&self, candidate: &Candidate) -> Option<bool> {
        candidate.verdicts.get(self.settings.labels.as_ref()?)?.status.and_then(Status::accepted)
    }

    /// A score for each sample, learned from some of them; `None` where they do not tell right from wrong.
    fn learn<'a>(
        &self,
        batch: &'a [Candidate],
        inputs: &'a [Vec<Option<f64>>],
        labels: &[Option<bool>],
        teachers: &[usize],
    ) -> Result<Option<Predict<'a>>, String> {
        let Some(calibration) = self.settings.method.calibration() else {
            let rows: Vec<(&[Option<f64>], bool)> =
                teachers.iter().filter_map(|&n| Some((inputs[n].as_slice(), labels[n]?))).collect();
            let model = learn::Logistic::fit(&rows);
            return Ok(model.map(|model| -> Predict<'a> { Box::new(move |n| Some(model.probability(&inputs[n]))) }));
        };
        let name = self.settings.of[0].clone();
        let raw = move |n: usize| batch[n].verdicts.get(&name)?.score.filter(|score| score.is_finite());
        let services = self.services.as_ref().ok_or_else(|| "there is nothing to calibrate with".to_owned())?;
        let (scores, truth): (Vec<f64>, Vec<bool>) =
            teachers.iter().filter_map(|&n| Some((raw(n)?, labels[n]?))).unzip();
        let curve = services.calibration(calibration, &scores, &truth)?;
        Ok(curve.map(|curve| -> Predict<'a> { Box::new(move |n| raw(n).map(&curve)) }))
    }
}

/// The score of the n-th sample.
type Predict<'a> = Box<dyn Fn(usize) -> Option<f64> + 'a>;

/// From a score to P(right).
pub type Curve = Box<dyn Fn(f64) -> f64 + Send + Sync>;

struct Scores {
    scores: Vec<Option<f64>>,
    thresholds: Vec<Option<f64>>,
    /// Members that nearly always say the same.
    dropped: Vec<String>,
    /// The thresholds of the halves, where they were chosen.
    chosen: Vec<f64>,
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
        known >= CONSTANT_LEAST && yes.max(known - yes) as f64 > CONSTANT * known as f64
    };
    let mut dropped: Vec<usize> = (0..width).filter(constant).collect();
    if dropped.len() == width {
        dropped.clear();
    }
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

    fn remarks(&self) -> Vec<String> {
        self.remarks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn judge(&self, batch: &[Candidate]) -> Vec<Verdict> {
        let started = Instant::now();
        let absent = |name: &&String| !batch.iter().any(|candidate| candidate.verdicts.contains_key(*name));
        let unknown: Vec<&str> = self.needs.iter().filter(absent).map(String::as_str).collect();
        if !unknown.is_empty() {
            let why = format!("the run has no verdicts of {}", unknown.join(", "));
            return batch.iter().map(|_| Verdict::unjudged(why.clone())).collect();
        }
        let found = match self.scores(batch) {
            Ok(found) => found,
            Err(why) => return batch.iter().map(|_| Verdict::unjudged(why.clone())).collect(),
        };
        *self.remarks.lock().unwrap_or_else(PoisonError::into_inner) = Self::remarks_on(&found);
        let dropped = &found.dropped;
        let share = started.elapsed() / u32::try_from(batch.len().max(1)).unwrap_or(u32::MAX);
        let detail = (!dropped.is_empty()).then(|| format!("dropped, nearly always the same: {}", dropped.join(", ")));
        let verdict = |(score, threshold): (Option<f64>, Option<f64>)| {
            let Some(score) = score.filter(|s| s.is_finite()) else {
                return Verdict::unjudged("there is nothing to combine or to learn from");
            };
            let status = threshold.map(|from| if score >= from { Status::Pass } else { Status::Fail });
            Verdict {
                status,
                score: Some(score),
                detail: detail.clone(),
                duration: share,
                ..Verdict::new(Status::Pass)
            }
        };
        found.scores.into_iter().zip(found.thresholds).map(verdict).collect()
    }
}

#[cfg(test)]
mod tests;
