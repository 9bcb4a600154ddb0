use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::domain::{Completion, Form, Problem, ProblemId};

/// A fixed stream of numbers in [0, 1).
struct Stream(u64);

impl Stream {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 32).unwrap()) / f64::from(u32::MAX)
    }
}

fn problem(number: usize) -> Arc<Problem> {
    Arc::new(Problem {
        id: ProblemId(format!("p{number}")),
        prompt: String::new(),
        entry_point: None,
        reference: None,
        tests: BTreeMap::new(),
        answer: None,
        group: None,
        fields: serde_json::Map::new(),
    })
}

/// Samples judged by verifiers v0, v1, ... of given accuracies, with the truth under `oracle`.
fn samples(count: usize, accuracies: &[f64]) -> Vec<Candidate> {
    let mut stream = Stream(7);
    (0..count)
        .map(|n| {
            let truth = stream.next() < 0.5;
            let mut verdicts = BTreeMap::new();
            let status = |yes: bool| Verdict::new(if yes { Status::Pass } else { Status::Fail });
            verdicts.insert("oracle".to_owned(), status(truth));
            for (place, accuracy) in accuracies.iter().enumerate() {
                let right = stream.next() < *accuracy;
                verdicts.insert(format!("v{place}"), status(truth == right));
            }
            Candidate {
                problem: problem(n / 4),
                sample_index: u32::try_from(n % 4).unwrap(),
                completion: Completion { text: String::new(), form: Form::Chat },
                verdicts,
            }
        })
        .collect()
}

fn ensemble(of: usize, method: Method) -> EnsembleVerifier {
    EnsembleVerifier::new(EnsembleSettings {
        of: (0..of).map(|n| format!("v{n}")).collect(),
        method,
        labels: (method == Method::Logistic).then(|| "oracle".to_owned()),
        threshold: Some(0.5),
        choose: None,
    })
    .unwrap()
}

/// Share of the samples of which the ensemble says the truth.
async fn accuracy(batch: &[Candidate], verifier: &EnsembleVerifier) -> f64 {
    let verdicts = verifier.judge(batch).await;
    let right = batch.iter().zip(&verdicts).filter(|(c, v)| c.verdicts["oracle"].status == v.status).count();
    right as f64 / batch.len() as f64
}

#[tokio::test]
async fn learned_weights_beat_the_vote_and_the_best_member() {
    // the best answer possible with these is about 0.93
    let batch = samples(4000, &[0.9, 0.8, 0.8, 0.55, 0.55, 0.55, 0.55]);
    let vote = accuracy(&batch, &ensemble(7, Method::Vote)).await;
    for method in [Method::NaiveBayes, Method::Triplets, Method::Logistic] {
        let learned = accuracy(&batch, &ensemble(7, method)).await;
        assert!(learned > vote + 0.03 && learned > 0.9, "{method:?}: {learned} against {vote}");
    }
}

#[tokio::test]
async fn learned_probabilities_are_reliable() {
    let batch = samples(6000, &[0.85, 0.75, 0.75, 0.7, 0.7, 0.65]);
    for method in [Method::NaiveBayes, Method::Triplets, Method::Logistic] {
        let verdicts = ensemble(6, method).judge(&batch).await;
        for low in [0.0, 0.25, 0.5, 0.75] {
            let (mut count, mut right, mut said) = (0.0, 0.0, 0.0);
            for (candidate, verdict) in batch.iter().zip(&verdicts) {
                let score = verdict.score.unwrap();
                if score >= low && score < low + 0.25 {
                    count += 1.0;
                    said += score;
                    right += f64::from(u8::from(candidate.verdicts["oracle"].status == Some(Status::Pass)));
                }
            }
            let gap: f64 = (said - right) / f64::max(count, 1.0);
            assert!(count < 300.0 || gap.abs() < 0.1, "{method:?} from {low}: {gap} over {count}");
        }
    }
}

#[tokio::test]
async fn constant_verifiers_are_dropped_and_named() {
    let mut batch = samples(400, &[0.9, 0.8, 0.7]);
    for candidate in &mut batch {
        candidate.verdicts.insert("v3".to_owned(), Verdict::new(Status::Pass));
    }
    let verdict = ensemble(4, Method::NaiveBayes).judge(&batch).await.remove(0);
    assert_eq!(verdict.detail.as_deref(), Some("dropped, nearly always the same: v3"));
}

#[tokio::test]
async fn simple_methods_and_missing_verdicts() {
    let mut batch = samples(4, &[1.0, 1.0]);
    for (candidate, scores) in batch.iter_mut().zip([(0.2, 0.4), (0.5, 0.5), (1.0, 0.9), (0.0, 0.0)]) {
        let scored = |score: f64| Verdict { status: None, score: Some(score), ..Verdict::new(Status::Pass) };
        candidate.verdicts.insert("v0".to_owned(), scored(scores.0));
        candidate.verdicts.insert("v1".to_owned(), scored(scores.1));
    }
    batch[1].verdicts.insert("v1".to_owned(), Verdict::unjudged("gone"));
    batch[3].verdicts.clear();
    let scores = |method: Method| {
        let verifier = ensemble(2, method);
        let batch = &batch;
        async move { verifier.judge(batch).await.into_iter().map(|v| v.score).collect::<Vec<_>>() }
    };
    let close = |a: Option<f64>, b: f64| (a.unwrap() - b).abs() < 1e-12;
    let mean = scores(Method::Mean).await;
    assert!(close(mean[0], 0.3) && close(mean[1], 0.5) && close(mean[2], 0.95));
    assert_eq!(mean[3], None);
    let product = scores(Method::Product).await;
    assert!(close(product[0], 0.08) && close(product[2], 0.9));
}

#[tokio::test]
async fn a_member_that_never_judged_is_named() {
    let batch = samples(8, &[0.9]);
    let verdict = ensemble(2, Method::Mean).judge(&batch).await.remove(0);
    assert_eq!(verdict.status, Some(Status::Unjudged));
    assert_eq!(verdict.detail.as_deref(), Some("the run has no verdicts of v1"));
}

#[tokio::test]
async fn a_threshold_is_chosen_on_the_other_half() {
    let mut batch = samples(2000, &[0.5]);
    let mut stream = Stream(3);
    for candidate in &mut batch {
        let right = candidate.verdicts["oracle"].status == Some(Status::Pass);
        // right ones around 7, wrong ones around 5
        let score = if right { 7.0 } else { 5.0 } + 2.0 * (stream.next() - 0.5);
        candidate
            .verdicts
            .insert("v0".to_owned(), Verdict { status: None, score: Some(score), ..Verdict::new(Status::Pass) });
    }
    let settings = |choose| EnsembleSettings {
        of: vec!["v0".to_owned()],
        method: Method::Mean,
        labels: Some("oracle".to_owned()),
        threshold: None,
        choose: Some(choose),
    };
    let verifier = EnsembleVerifier::new(settings(Goal::Accuracy)).unwrap();
    assert!(accuracy(&batch, &verifier).await > 0.97);
    assert!(verifier.remarks()[0].contains("each chosen on the half"), "{:?}", verifier.remarks());
    // without labels on one half, the other half has no threshold
    for candidate in batch.iter_mut().filter(|c| split::half(c)) {
        candidate.verdicts.insert("oracle".to_owned(), Verdict::unjudged("gone"));
    }
    let verdicts = EnsembleVerifier::new(settings(Goal::Accuracy)).unwrap().judge(&batch).await;
    for (candidate, verdict) in batch.iter().zip(&verdicts) {
        assert_eq!(verdict.status.is_some(), split::half(candidate));
        assert!(verdict.score.is_some());
    }
}

#[test]
fn methods_are_stored_as_words() {
    for method in Method::ALL {
        let word = serde_json::to_value(method).unwrap();
        assert_eq!(word, method.as_str());
        assert_eq!(serde_json::from_value::<Method>(word).unwrap(), method);
    }
}

#[test]
fn bad_settings_are_refused() {
    let settings = |of: usize, method| EnsembleSettings {
        of: (0..of).map(|n| format!("v{n}")).collect(),
        method,
        labels: None,
        threshold: None,
        choose: None,
    };
    assert!(EnsembleVerifier::new(settings(1, Method::Mean)).is_err());
    assert!(EnsembleVerifier::new(settings(2, Method::Triplets)).is_err());
    assert!(EnsembleVerifier::new(settings(3, Method::Logistic)).is_err());
    let platt = Method::Platt;
    assert!(EnsembleVerifier::new(settings(1, platt)).is_err(), "no labels");
    let labelled = |of| EnsembleSettings { labels: Some("oracle".into()), ..settings(of, platt) };
    assert!(EnsembleVerifier::new(labelled(2)).is_err(), "two to calibrate");
    assert!(EnsembleVerifier::new(labelled(1)).is_ok());
    let chosen = EnsembleSettings { choose: Some(Goal::F1), ..settings(1, Method::Mean) };
    assert!(EnsembleVerifier::new(chosen.clone()).is_err(), "no labels");
    let twice = EnsembleSettings { labels: Some("oracle".into()), threshold: Some(0.5), ..chosen };
    assert!(EnsembleVerifier::new(twice).is_err(), "two thresholds");
}
