//! Whether verifiers that score tell a known good answer from a known bad one: a wrong template or a wrong class shows here, before
//! anything is paid for.

use std::collections::BTreeMap;
use std::sync::Arc;

use verifiers::domain::{Completion, Form, Problem, ProblemId, Verdict};
use verifiers::registry::{Ports, Settings, VerifierSpec};
use verifiers::verifier::Candidate;

use super::prepare::build;
use crate::client::ModelSpec;
use crate::client::doctor::{Finding, Level};
use crate::store::Store;

/// A problem, a good answer and a bad one.
struct Trial {
    prompt: &'static str,
    answer: Option<&'static str>,
    entry_point: Option<&'static str>,
    good: &'static str,
    bad: &'static str,
}

const TRIALS: [Trial; 3] = [
    Trial {
        prompt: "What is 17 + 25?",
        answer: Some("42"),
        entry_point: None,
        good: "Add the tens and the ones: 10 + 20 = 30 and 7 + 5 = 12.\n\nTogether 30 + 12 = 42.\n\nThe answer is \\boxed{42}.",
        bad: "Bananas are yellow.\n\nSo 17 + 25 = 9.\n\nThe answer is \\boxed{9}.",
    },
    Trial {
        prompt: "A box holds 12 eggs. How many eggs are in 5 boxes, if 4 eggs are broken and thrown away?",
        answer: Some("56"),
        entry_point: None,
        good: "5 boxes hold 5 x 12 = 60 eggs.\n\n4 are thrown away: 60 - 4 = 56.\n\n#### 56",
        bad: "5 boxes hold 5 + 12 = 17 eggs.\n\n4 more make 17 x 4 = 3.\n\n#### 3",
    },
    Trial {
        prompt: "Write a Python function `is_even(n)` that returns True for even integers and False for odd ones.",
        answer: None,
        entry_point: Some("is_even"),
        good: "```python\ndef is_even(n):\n    return n % 2 == 0\n```",
        bad: "```python\ndef is_even(n):\n    retrun n ** 'two'\n```",
    },
];

impl Trial {
    fn candidates(&self) -> [Candidate; 2] {
        let problem = Arc::new(Problem {
            id: ProblemId("self-test".to_owned()),
            prompt: self.prompt.to_owned(),
            entry_point: self.entry_point.map(str::to_owned),
            reference: None,
            tests: BTreeMap::new(),
            answer: self.answer.map(str::to_owned),
            group: None,
            fields: serde_json::Map::new(),
        });
        let one = |sample_index, text: &str| Candidate {
            problem: Arc::clone(&problem),
            sample_index,
            completion: Completion { text: text.to_owned(), form: Form::Chat },
            verdicts: BTreeMap::new(),
        };
        [one(0, self.good), one(1, self.bad)]
    }
}

fn scores(spec: &VerifierSpec) -> bool {
    matches!(spec.settings, Settings::Reward(_) | Settings::ProcessReward(_) | Settings::Judge(_) | Settings::Plugin(_))
}

/// Asks every verifier that scores about three pairs of answers. It costs what these verdicts cost.
pub async fn self_test(specs: &[VerifierSpec], model: &ModelSpec, ports: &Ports) -> Vec<Finding> {
    let mut findings = Vec::new();
    for spec in specs.iter().filter(|spec| scores(spec)) {
        let finding =
            |level, text: String| Finding { level, topic: "self-test", text: format!("{}: {text}", spec.name) };
        let built = match build(std::slice::from_ref(spec), Some(model), ports, None::<&Store>) {
            Ok(built) => built,
            Err(error) => {
                let cause = std::error::Error::source(&error).map_or_else(String::new, |cause| format!(": {cause}"));
                findings.push(finding(Level::Problem, format!("{error}{cause}")));
                continue;
            }
        };
        let Some(verifier) = built.into_iter().next() else { continue };
        let mut pairs = Vec::new();
        for trial in &TRIALS {
            pairs.push(verifier.judge(&trial.candidates()).await);
        }
        verifier.close().await;
        findings.push(verdict(&pairs, finding));
    }
    findings
}

/// What the scores of the pairs say.
fn verdict(pairs: &[Vec<Verdict>], finding: impl Fn(Level, String) -> Finding) -> Finding {
    let (mut good, mut turned, mut list) = (0, 0, Vec::new());
    for pair in pairs {
        let score = |place: usize| pair.get(place).and_then(|v| v.score);
        if let (Some(right), Some(wrong)) = (score(0), score(1)) {
            good += usize::from(right > wrong);
            turned += usize::from(right < wrong);
            list.push(format!("{right:.4} and {wrong:.4}"));
        } else {
            let why = pair.iter().find(|v| v.score.is_none()).and_then(|v| v.detail.clone());
            list.push(format!("no score ({})", why.unwrap_or_else(|| "no reason given".to_owned())));
        }
    }
    let list = list.join("; ");
    if good == pairs.len() {
        return finding(Level::Good, format!("known good answers outscore known bad ones: {list}"));
    }
    let advice = if turned == pairs.len() {
        "the scores may be turned around, or of the wrong class"
    } else {
        "check template, model and protocol"
    };
    let text = format!(
        "WARNING: only {good} of {} known good answers outscore known bad ones: {list}. {advice}: its scores cannot be trusted as they are",
        pairs.len()
    );
    finding(Level::Problem, text)
}

#[cfg(test)]
mod tests {
    use verifiers::domain::{Role, Status};
    use verifiers::plugin::PluginSettings;

    use super::*;
    use crate::client::Api;

    fn scored(score: f64) -> Verdict {
        Verdict { score: Some(score), ..Verdict::new(Status::Pass) }
    }

    fn levels(pairs: &[Vec<Verdict>]) -> (Level, String) {
        let found = verdict(pairs, |level, text| Finding { level, topic: "", text });
        (found.level, found.text)
    }

    #[test]
    fn a_turned_reward_is_told_on() {
        assert_eq!(levels(&[vec![scored(0.9), scored(0.1)]]).0, Level::Good);
        let (level, text) = levels(&[vec![scored(0.1), scored(0.9)], vec![scored(0.2), scored(0.3)]]);
        assert!(level == Level::Problem && text.contains("only 0 of 2") && text.contains("turned"), "{text}");
        let (level, text) = levels(&[vec![scored(0.5), scored(0.5)]]);
        assert!(level == Level::Problem && text.contains("template"), "{text}");
        let (level, text) = levels(&[vec![scored(0.5), Verdict::unjudged("HTTP 404")]]);
        assert!(level == Level::Problem && text.contains("HTTP 404"), "{text}");
    }

    #[tokio::test]
    async fn verifiers_that_score_are_built_and_asked() {
        let script = "import json, sys\nsys.stdin.readline()\nprint(json.dumps({'protocol': 1}), flush=True)\n\
                      for line in sys.stdin:\n    r = json.loads(line)\n    \
                      v = [{'score': -len(s['completion'])} for s in r['samples']]\n    \
                      print(json.dumps({'id': r['id'], 'verdicts': v}), flush=True)";
        let settings = PluginSettings {
            command: ["python3", "-c", script].map(str::to_owned).to_vec(),
            ..PluginSettings::default()
        };
        let spec = |name: &str, settings| VerifierSpec { name: name.to_owned(), role: Role::Observer, settings };
        let answer = Settings::Answer(verifiers::answer::AnswerSettings::default());
        let specs = [spec("mine", Settings::Plugin(settings)), spec("final", answer)];
        let model = ModelSpec::new(Api::OpenaiChat, "http://127.0.0.1:9/v1", "m");
        let findings = self_test(&specs, &model, &Ports::default()).await;
        assert_eq!(findings.len(), 1);
        assert!(findings[0].level == Level::Problem && findings[0].text.starts_with("mine: WARNING"), "{findings:?}");
    }
}
