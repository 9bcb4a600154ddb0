//! From an answer to samples: outcomes, and whose tokens are whose.

use std::error::Error as _;
use std::time::Duration;

use verifiers::domain::{Form, Outcome};
use verifiers::model::Generation;

use crate::client::wire::{Choice, Reply, Usage, Wire};

/// What is known of a request when its answer is read.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) wire: Wire,
    /// Of the first sample.
    pub(super) offset: u32,
    pub(super) n: u32,
    pub(super) seed: Option<u32>,
    pub(super) latency: Duration,
    pub(super) first_token: Option<Duration>,
    pub(super) endpoint: Option<String>,
    pub(super) max_tokens: Option<u32>,
}

fn form(wire: Wire) -> Form {
    if wire == Wire::Completions { Form::Continuation } else { Form::Chat }
}

/// The samples of an answer; more choices than asked for are left out.
pub(super) fn generations(mut reply: Reply, asked: &Asked) -> Vec<Generation> {
    reply.choices.truncate(usize::try_from(asked.n).unwrap_or(usize::MAX));
    let shares = shares(&reply, asked.max_tokens);
    let of_one = |usage: &Usage| usage.prompt;
    let whole_prompt_tokens = reply
        .usage
        .as_ref()
        .and_then(of_one)
        .or_else(|| reply.choices.iter().filter_map(|choice| choice.usage.as_ref().and_then(of_one)).max())
        .filter(|_| reply.choices.len() > 1);
    let read = reply.choices.into_iter().zip(shares).zip(0..);
    read.map(|((choice, (usage, usage_apportioned)), place)| Generation {
        offset: asked.offset + place,
        form: form(asked.wire),
        outcome: outcome(&choice),
        text: choice.text,
        reasoning: choice.reasoning,
        finish_reason: choice.finish_reason,
        prompt_tokens: usage.prompt,
        whole_prompt_tokens,
        cached_tokens: usage.cached,
        completion_tokens: usage.completion,
        usage_apportioned,
        logprob: choice.logprob,
        token_logprobs: written_logprobs(&choice.token_logprobs),
        latency: asked.latency,
        first_token: asked.first_token,
        seed: asked.seed.map(|seed| (seed.wrapping_add(place)) & 0x7fff_ffff),
        endpoint: asked.endpoint.clone(),
    })
    .collect()
}

/// `[["token", -0.25], ...]`; `None` where there are none.
fn written_logprobs(tokens: &[(String, f64)]) -> Option<String> {
    (!tokens.is_empty()).then(|| serde_json::to_string(tokens).unwrap_or_default())
}

/// A sample that the model declined before writing anything.
pub(super) fn refused(wire: Wire, offset: u32, seed: Option<u32>, latency: Duration) -> Generation {
    Generation {
        offset,
        text: String::new(),
        form: form(wire),
        reasoning: None,
        outcome: Outcome::Refused,
        finish_reason: Some("content_filter".to_owned()),
        prompt_tokens: None,
        whole_prompt_tokens: None,
        cached_tokens: None,
        completion_tokens: None,
        usage_apportioned: false,
        logprob: None,
        token_logprobs: None,
        latency,
        first_token: None,
        seed: seed.map(|seed| (seed.wrapping_add(offset)) & 0x7fff_ffff),
        endpoint: None,
    }
}

fn outcome(choice: &Choice) -> Outcome {
    match choice.finish_reason.as_deref() {
        Some("content_filter" | "refusal" | "safety" | "SAFETY" | "recitation") => Outcome::Refused,
        _ if choice.refused => Outcome::Refused,
        Some("length" | "max_tokens" | "model_length" | "model_context_window_exceeded") => Outcome::Truncated,
        _ if choice.text.trim().is_empty() => Outcome::Empty,
        _ => Outcome::Ok,
    }
}

/// Each choice's tokens, and whether they are a share of a total.
fn shares(reply: &Reply, max_tokens: Option<u32>) -> Vec<(Usage, bool)> {
    let choices = &reply.choices;
    if choices.iter().all(|choice| choice.usage.is_some()) && choices.len() > 1 {
        // the prompt was read once, so each sample carries its share of it
        let prompt = choices.iter().filter_map(|c| c.usage?.prompt).max();
        let cached = choices.iter().filter_map(|c| c.usage?.cached).max();
        let weights = vec![1; choices.len()];
        let prompts = split(prompt, &weights);
        let cacheds = split(cached, &weights);
        let own = choices.iter().zip(prompts).zip(cacheds).map(|((choice, prompt), cached)| {
            (Usage { prompt, cached, completion: choice.usage.and_then(|usage| usage.completion) }, false)
        });
        return own.collect();
    }
    let total = reply.usage.or_else(|| choices.first().and_then(|choice| choice.usage)).unwrap_or_default();
    if let [only] = &choices[..] {
        return vec![(Usage { completion: total.completion.or(only.counted_tokens), ..total }, false)];
    }
    let equal = vec![1; choices.len()];
    let lengths: Vec<u64> = choices.iter().map(written).collect();
    let counted: Option<Vec<u32>> = choices.iter().map(|choice| choice.counted_tokens).collect();
    let completions = match counted {
        Some(counts) => counts.into_iter().map(Some).collect(),
        None if reply.usage_of_one || counts_one(total.completion, choices, max_tokens) => vec![None; choices.len()],
        None => split(total.completion, &lengths),
    };
    let prompts = split(total.prompt, &equal);
    let cacheds = split(total.cached, &equal);
    let shares = prompts.into_iter().zip(cacheds).zip(completions);
    shares.map(|((prompt, cached), completion)| (Usage { prompt, cached, completion }, true)).collect()
}

fn written(choice: &Choice) -> u64 {
    (choice.text.len() + choice.reasoning.as_ref().map_or(0, String::len)) as u64 + 1
}

/// Whether a total can't be one over all choices: each choice that was cut wrote `max_tokens`, each other at least a token.
fn counts_one(total: Option<u32>, choices: &[Choice], max_tokens: Option<u32>) -> bool {
    let Some(total) = total else { return false };
    let least = choices.iter().map(|choice| {
        let cut = matches!(choice.finish_reason.as_deref(), Some("length" | "max_tokens"));
        match max_tokens {
            Some(limit) if cut => u64::from(limit),
            // on the whole of a text, no tokenizer writes more bytes a token, and hardly one more words
            _ => (choice.text.len() as u64 / 24).max(choice.text.split_whitespace().count() as u64 * 3 / 4),
        }
    });
    least.sum::<u64>() > u64::from(total)
}

/// Splits a total by weights so that the shares add up to it (largest remainders first).
fn split(total: Option<u32>, weights: &[u64]) -> Vec<Option<u32>> {
    let Some(total) = total else { return vec![None; weights.len()] };
    let sum: u64 = weights.iter().sum::<u64>().max(1);
    let mut shares: Vec<u64> = weights.iter().map(|weight| u64::from(total) * weight / sum).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(u64::from(total) * weights[i] % sum));
    let left = u64::from(total).saturating_sub(shares.iter().sum());
    for &i in order.iter().cycle().take(usize::try_from(left).unwrap_or(0)) {
        shares[i] += 1;
    }
    shares.into_iter().map(|share| u32::try_from(share).ok()).collect()
}

/// The word for a request that got no (whole) answer, and what to say.
pub(super) fn transport_error(error: &reqwest::Error) -> (&'static str, String) {
    let mut message = if error.is_connect() { "can't connect".to_owned() } else { "the connection broke".to_owned() };
    let mut cause = error.source();
    let mut last = None;
    while let Some(inner) = cause {
        last = Some(inner.to_string());
        cause = inner.source();
    }
    if let Some(last) = last {
        message = format!("{message}: {last}");
    }
    let kind = if error.is_connect() {
        "connect"
    } else if error.is_decode() {
        "malformed"
    } else {
        "closed"
    };
    (kind, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(text: &str, finish: &str) -> Choice {
        Choice { text: text.to_owned(), finish_reason: Some(finish.to_owned()), ..Choice::default() }
    }

    fn reply(choices: Vec<Choice>, completion: u32) -> Reply {
        let usage = Some(Usage { prompt: Some(10), cached: Some(3), completion: Some(completion) });
        Reply { choices, usage, ..Reply::default() }
    }

    #[test]
    fn one_total_is_apportioned_and_adds_up() {
        let reply = reply(vec![choice("a", "stop"), choice(&"b".repeat(30), "stop"), choice("ccc", "stop")], 17);
        let shares = shares(&reply, None);
        assert!(shares.iter().all(|(_, apportioned)| *apportioned));
        assert_eq!(shares.iter().filter_map(|(u, _)| u.prompt).sum::<u32>(), 10);
        assert_eq!(shares.iter().filter_map(|(u, _)| u.cached).sum::<u32>(), 3);
        assert_eq!(shares.iter().filter_map(|(u, _)| u.completion).sum::<u32>(), 17);
        assert!(shares[1].0.completion > shares[2].0.completion);
    }

    #[test]
    fn usage_of_one_choice_is_unknown_not_wrong() {
        let cut = || choice("0123456789", "length");
        let of_one = reply(vec![cut(), cut()], 32);
        assert!(shares(&of_one, Some(32)).iter().all(|(usage, _)| usage.completion.is_none()));
        let of_all = reply(vec![cut(), cut()], 64);
        assert!(shares(&of_all, Some(32)).iter().all(|(usage, _)| usage.completion == Some(32)));
        let marked = Reply { usage_of_one: true, ..reply(vec![choice("a", "stop"), choice("b", "stop")], 5) };
        assert!(shares(&marked, None).iter().all(|(usage, _)| usage.completion.is_none()));
        let long = reply(vec![choice(&"x".repeat(4000), "stop"), choice(&"y".repeat(4000), "stop")], 300);
        assert!(shares(&long, None).iter().all(|(usage, _)| usage.completion.is_none()));
    }

    #[test]
    fn counted_tokens_and_usage_per_choice_win_over_a_total() {
        let mut counted = reply(vec![choice("aaaa", "stop"), choice("b", "stop")], 9);
        counted.choices[0].counted_tokens = Some(2);
        counted.choices[1].counted_tokens = Some(7);
        let got: Vec<_> = shares(&counted, None).into_iter().map(|(usage, _)| usage.completion).collect();
        assert_eq!(got, [Some(2), Some(7)]);
        for (choice, tokens) in counted.choices.iter_mut().zip([5, 6]) {
            choice.usage = Some(Usage { prompt: Some(10), cached: None, completion: Some(tokens) });
        }
        let got: Vec<_> =
            shares(&counted, None).into_iter().map(|(usage, a)| (usage.completion, usage.prompt, a)).collect();
        assert_eq!(got, [(Some(5), Some(5), false), (Some(6), Some(5), false)]);
    }

    #[test]
    fn outcomes_follow_the_finish_reason() {
        assert_eq!(outcome(&choice("x", "stop")), Outcome::Ok);
        assert_eq!(outcome(&choice("x", "max_tokens")), Outcome::Truncated);
        assert_eq!(outcome(&choice("", "length")), Outcome::Truncated);
        assert_eq!(outcome(&choice(" \n", "stop")), Outcome::Empty);
        assert_eq!(outcome(&choice("no", "content_filter")), Outcome::Refused);
        assert_eq!(outcome(&Choice { refused: true, ..choice("no", "stop") }), Outcome::Refused);
    }
}
