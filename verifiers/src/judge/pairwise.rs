//! Pairs of answers instead of single ones: which is better, in both orders, and a strength of each answer from all comparisons.
//!
//! Source: Bradley and Terry 1952, doi:10.2307/2334029; the fit by Hunter 2004, doi:10.1214/aos/1079120141; both orders against
//! position bias as in Zheng 2023, arXiv:2306.05685.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use serde_json::Map;
use tokio::task::JoinSet;

use super::{JudgeVerifier, Output};
use crate::answer::extract;
use crate::counted;
use crate::domain::{Outcome, Status, Verdict};
use crate::model::{Model, Request, Response, Spent};
use crate::verifier::Candidate;

/// Virtual draws of each answer against an average one: an answer that never lost is strong, not infinitely so.
const PRIOR: f64 = 0.5;
/// 97.5 % point of the normal distribution.
const Z: f64 = 1.96;

/// Who won a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Winner {
    First,
    Second,
    Tie,
}

/// How the places decided, over all comparisons of a run.
#[derive(Debug, Default)]
pub(super) struct Bias {
    first: u64,
    second: u64,
    ties: u64,
    unread: u64,
    /// Pairs that were read in both orders, and those of them whose winner was another in the other order.
    pairs: u64,
    turned: u64,
}

impl Bias {
    fn count(&mut self, winner: Option<Winner>) {
        match winner {
            Some(Winner::First) => self.first += 1,
            Some(Winner::Second) => self.second += 1,
            Some(Winner::Tie) => self.ties += 1,
            None => self.unread += 1,
        }
    }

    /// What there is to say of it.
    pub(super) fn remarks(&self) -> Vec<String> {
        let decided = self.first + self.second;
        if decided + self.ties + self.unread == 0 {
            return Vec::new();
        }
        let share = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        let first = share(self.first, decided);
        let noise = Z * (first * (1.0 - first) / decided.max(1) as f64).sqrt();
        let verdict = if decided > 0 && (first - 0.5).abs() > noise.max(0.02) { ": position bias" } else { "" };
        let mut remarks = vec![format!(
            "the answer shown first won {:.1} % of {decided} decided comparisons (+- {:.1}){verdict}; {} ties, {} could not be read",
            100.0 * first,
            100.0 * noise,
            self.ties,
            self.unread
        )];
        if self.pairs > 0 {
            remarks.push(format!(
                "of {} pairs that were asked in both orders, {:.1} % were decided otherwise in the other order",
                self.pairs,
                100.0 * share(self.turned, self.pairs)
            ));
        }
        remarks
    }
}

/// Pairs of `count` answers: each meets about `opponents` others, neighbours on a ring, so that all are connected. Round robin
/// where there are few.
fn schedule(count: usize, opponents: usize) -> Vec<(usize, usize)> {
    let reach = opponents.div_ceil(2).clamp(1, count / 2);
    let mut pairs: Vec<(usize, usize)> = (1..=reach)
        .flat_map(|step| (0..count).map(move |at| (at, (at + step) % count)))
        .map(|(a, b)| (a.min(b), a.max(b)))
        .filter(|(a, b)| a != b)
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// Each answer's chance to win against an average one of the others, 0 to 1; `None` for one that was never compared.
/// `wins[i][j]`: how often i won against j, ties as halves.
pub(super) fn strengths(wins: &[Vec<f64>]) -> Vec<Option<f64>> {
    let count = wins.len();
    let met = |i: usize, j: usize| wins[i][j] + wins[j][i];
    let total = |i: usize| wins[i].iter().sum::<f64>();
    let mut power = vec![1.0_f64; count];
    for _ in 0..1000 {
        let mut moved = 0.0_f64;
        let old = power.clone();
        for i in 0..count {
            let others = (0..count).filter(|&j| j != i).map(|j| met(i, j) / (old[i] + old[j])).sum::<f64>();
            let new = (total(i) + PRIOR) / (others + 2.0 * PRIOR / (old[i] + 1.0));
            moved = moved.max((new / old[i]).ln().abs());
            power[i] = new;
        }
        if moved < 1e-10 {
            break;
        }
    }
    let compared = |i: usize| (0..count).any(|j| met(i, j) > 0.0);
    let others: Vec<usize> = (0..count).filter(|&i| compared(i)).collect();
    let against = |i: usize| {
        let chances = others.iter().filter(|&&j| j != i).map(|&j| power[i] / (power[i] + power[j]));
        chances.sum::<f64>() / (others.len() - 1) as f64
    };
    (0..count).map(|i| (compared(i) && others.len() > 1).then(|| against(i))).collect()
}

/// The last winner that is named: `A`, `B`, `first`, `second`, `tie`.
fn named(text: &str) -> Option<Winner> {
    text.split(|c: char| !c.is_alphanumeric()).rev().find_map(|word| match word {
        "A" | "1" => Some(Winner::First),
        "B" | "2" => Some(Winner::Second),
        other => match other.to_ascii_lowercase().as_str() {
            "first" => Some(Winner::First),
            "second" => Some(Winner::Second),
            "tie" | "equal" | "both" | "neither" => Some(Winner::Tie),
            _ => None,
        },
    })
}

impl Output {
    /// The winner in a judge's answer.
    pub(super) fn winner(&self, text: &str) -> Option<Winner> {
        let found = match self {
            Self::Json(field) => extract::json_field(text, field)?,
            Self::Pattern(pattern) => extract::by_pattern(text, pattern)?,
            Self::Grade | Self::Number => text.to_owned(),
        };
        named(&found)
    }
}

/// One comparison that is to be made: the texts' places, `first` shown first.
#[derive(Debug, Clone, Copy)]
struct Question {
    pair: usize,
    first: usize,
    second: usize,
}

impl JudgeVerifier {
    /// Judges the samples of one problem against each other. Equal texts are one answer.
    pub(super) async fn compare(&self, batch: &[&Candidate], opponents: usize) -> Vec<Verdict> {
        let started = Instant::now();
        let mut texts: Vec<&str> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        let answer: Vec<usize> = batch
            .iter()
            .map(|candidate| {
                let text = candidate.completion.text.as_str();
                *places.entry(text).or_insert_with(|| {
                    texts.push(text);
                    texts.len() - 1
                })
            })
            .collect();
        let Some(problem) = batch.first().map(|candidate| Arc::clone(&candidate.problem)) else { return Vec::new() };
        if texts.len() < 2 {
            let why = "there is nothing to compare with: all samples are the same";
            return batch.iter().map(|_| Verdict::unjudged(why)).collect();
        }
        let pairs = schedule(texts.len(), opponents);
        let mut tasks = JoinSet::new();
        for (pair, &(a, b)) in pairs.iter().enumerate() {
            for (order, (first, second)) in [(0_u32, (a, b)), (1, (b, a))] {
                let mut fields = Map::new();
                fields.insert("first".to_owned(), texts[first].into());
                fields.insert("second".to_owned(), texts[second].into());
                let prompt = (self.render)(&problem, fields);
                let place = u32::try_from(pair).unwrap_or(u32::MAX / 4) * 2 + order;
                let (model, problem, votes) = (Arc::clone(&self.model), Arc::clone(&problem), self.settings.votes);
                let question = Question { pair, first, second };
                tasks.spawn(async move {
                    let request = |prompt| Request {
                        problem: problem.id.clone(),
                        first_index: 0,
                        n: votes,
                        seed: place * 64,
                        prompt,
                    };
                    (question, ask(model.as_ref(), prompt.map(request)).await)
                });
            }
        }
        let mut wins = vec![vec![0.0; texts.len()]; texts.len()];
        let (mut spent, mut trouble) = (Spent::default(), None);
        let mut sides: Vec<Vec<f64>> = vec![Vec::new(); pairs.len()];
        while let Some(done) = tasks.join_next().await {
            let Ok((question, asked)) = done else { continue };
            let (said, used, why) = asked;
            spent.add_response(&used, self.settings.price);
            trouble = why.or(trouble);
            for text in said {
                let winner = self.output.winner(&text);
                self.bias.lock().unwrap_or_else(PoisonError::into_inner).count(winner);
                let share = match winner {
                    Some(Winner::First) => 1.0,
                    Some(Winner::Second) => 0.0,
                    Some(Winner::Tie) => 0.5,
                    None => continue,
                };
                wins[question.first][question.second] += share;
                wins[question.second][question.first] += 1.0 - share;
                let of_lower = if question.first < question.second { share } else { 1.0 - share };
                sides[question.pair].push(of_lower);
            }
        }
        self.note_turns(&sides);
        let strengths = strengths(&wins);
        let count = |i: usize| (0..texts.len()).map(|j| wins[i][j] + wins[j][i]).sum::<f64>();
        let share = started.elapsed() / u32::try_from(batch.len()).unwrap_or(u32::MAX);
        let mut verdicts: Vec<Verdict> = answer
            .iter()
            .map(|&place| {
                let Some(score) = strengths[place] else {
                    return Verdict::unjudged(
                        trouble.clone().unwrap_or_else(|| "no comparison could be read".to_owned()),
                    );
                };
                let status =
                    self.settings.threshold.map(|from| if score >= from { Status::Pass } else { Status::Fail });
                let won = wins[place].iter().sum::<f64>();
                let detail = format!(
                    "won {won} of {} with {}",
                    counted(count(place), "comparison"),
                    counted(texts.len() - 1, "answer")
                );
                Verdict {
                    status,
                    score: Some(score),
                    duration: share,
                    ..Verdict::new(Status::Pass).with_detail(detail)
                }
            })
            .collect();
        if let Some(first) = verdicts.first_mut() {
            first.spent = Some(Box::new(spent));
        }
        verdicts
    }

    /// Counts the pairs whose winner depends on the order. With one vote each, two results of a pair are its two orders.
    fn note_turns(&self, sides: &[Vec<f64>]) {
        let mut bias = self.bias.lock().unwrap_or_else(PoisonError::into_inner);
        for pair in sides.iter().filter(|pair| pair.len() > 1) {
            bias.pairs += 1;
            bias.turned += u64::from(pair.iter().any(|x| (x - pair[0]).abs() > 0.25));
        }
    }
}

/// The texts of the answers, what they used, and what went wrong.
async fn ask(model: &dyn Model, request: Result<Request, String>) -> (Vec<String>, Response, Option<String>) {
    let request = match request {
        Ok(request) => request,
        Err(why) => {
            return (Vec::new(), Response::default(), Some(format!("the rubric could not be filled in: {why}")));
        }
    };
    let mut all = Response::default();
    let each = model.preferred_n().clamp(1, request.n.max(1));
    let mut asked = 0;
    while asked < request.n.max(1) {
        let n = each.min(request.n.max(1) - asked);
        let part = Request { n, first_index: asked, seed: request.seed.wrapping_add(asked), ..request.clone() };
        let response = model.generate(&part).await;
        all.generations.extend(response.generations);
        all.attempts.extend(response.attempts);
        if response.error.is_some() {
            all.error = response.error;
            break;
        }
        asked += n;
    }
    let trouble = all.error.as_ref().map(|error| format!("the judge could not be asked: {error}"));
    let said = all.generations.iter().filter(|g| g.outcome == Outcome::Ok).map(|g| g.text.clone()).collect();
    (said, all, trouble)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_connects_all_and_few_meet_each_other() {
        assert_eq!(schedule(2, 4), [(0, 1)]);
        assert_eq!(schedule(4, 10).len(), 6);
        let pairs = schedule(9, 4);
        assert_eq!(pairs.len(), 18);
        for place in 0..9 {
            assert_eq!(pairs.iter().filter(|(a, b)| *a == place || *b == place).count(), 4);
        }
    }

    #[test]
    fn strengths_of_a_known_model_are_found() {
        // expected wins of 1000 comparisons a pair, powers 4 : 2 : 1
        let power = [4.0, 2.0, 1.0];
        let wins: Vec<Vec<f64>> = (0..3)
            .map(|i| (0..3).map(|j| if i == j { 0.0 } else { 1000.0 * power[i] / (power[i] + power[j]) }).collect())
            .collect();
        let found = strengths(&wins);
        let shares: [(f64, f64); 3] = [(4.0 / 6.0, 4.0 / 5.0), (2.0 / 6.0, 2.0 / 3.0), (1.0 / 5.0, 1.0 / 3.0)];
        let right = shares.map(|(a, b)| f64::midpoint(a, b));
        for (found, right) in found.iter().zip(right) {
            assert!((found.unwrap() - right).abs() < 2e-3, "{found:?} {right}");
        }
    }

    #[test]
    fn who_never_lost_is_finite_and_who_never_played_has_none() {
        let found = strengths(&[vec![0.0, 2.0, 0.0], vec![0.0, 0.0, 0.0], vec![0.0, 0.0, 0.0]]);
        assert!(found[0].unwrap() > 0.5 && found[0].unwrap() < 1.0);
        assert!((found[0].unwrap() + found[1].unwrap() - 1.0).abs() < 1e-9);
        assert_eq!(found[2], None);
    }

    #[test]
    fn winners_are_named_last() {
        assert_eq!(named("A is longer, but the better one is [[B]]"), Some(Winner::Second));
        assert_eq!(named("It is a tie."), Some(Winner::Tie));
        assert_eq!(named("the First"), Some(Winner::First));
        assert_eq!(named("I cannot say"), None);
    }
}
