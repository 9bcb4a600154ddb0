//! One sample with its texts, as the store has it, for the screen.

use harness::store::reader::SampleDetail as Stored;

use crate::snapshot::{SampleDetail, SampleKey, VerdictDetail};
use crate::text::dollars;

/// What the screen shows of a stored sample.
pub(crate) fn detail(key: SampleKey, prompt: String, stored: Stored) -> SampleDetail {
    let sample = stored.sample.sample;
    let mut facts: Vec<(&str, String)> = vec![("outcome", sample.outcome.as_str().to_owned())];
    let mut add = |name: &'static str, value: Option<String>| facts.extend(value.map(|v| (name, v)));
    add("finish", sample.finish_reason);
    let count = |n: Option<u32>| n.map_or_else(|| "--".to_owned(), |n| n.to_string());
    if sample.prompt_tokens.is_some() || sample.completion_tokens.is_some() {
        let about = if sample.usage_apportioned { "about " } else { "" };
        add("tokens", Some(format!("{about}{} + {}", count(sample.prompt_tokens), count(sample.completion_tokens))));
    }
    add("latency", sample.latency_ms.map(|ms| format!("{ms:.0} ms")));
    add("first token", sample.first_token_ms.map(|ms| format!("{ms:.0} ms")));
    add("cost", sample.cost_usd.map(|usd| dollars(Some(usd))));
    add("seed", sample.seed.map(|s| s.to_string()));
    add("same text as", stored.sample.duplicate_of.map(|i| format!("sample {i}")));
    add("endpoint", sample.endpoint);
    let tries = stored.attempts.iter();
    let words: Vec<String> =
        tries.map(|(result, status, ..)| status.map_or_else(|| result.clone(), |s| format!("{result} {s}"))).collect();
    match words.len() {
        0 => {}
        1 => add("attempts", Some("1".to_owned())),
        n => add("attempts", Some(format!("{n} ({})", words.join(", ")))),
    }
    add("error", sample.error);
    let verdicts = stored.verdicts.into_iter().map(|row| {
        let v = row.verdict;
        let mut marks = Vec::new();
        marks.extend(v.sandbox.map(|s| format!("sandbox {}", s.as_str())));
        if v.weak {
            marks.push("weak".to_owned());
        }
        if v.flaky {
            marks.push("flaky".to_owned());
        }
        VerdictDetail {
            verifier: row.verifier,
            status: v.status.map(|s| s.as_str().to_owned()),
            score: v.score,
            answer: v.answer,
            detail: v.detail,
            duration_ms: v.duration.as_secs_f64() * 1e3,
            marks,
        }
    });
    SampleDetail {
        key,
        prompt,
        reasoning: sample.reasoning,
        completion: sample.text,
        verdicts: verdicts.collect(),
        facts: facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    }
}
