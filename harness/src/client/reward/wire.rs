//! What each protocol sends and what it answers. Pure.

use serde_json::{Value, json};
use verifiers::counted;
use verifiers::reward::{Pair, Protocol};

type Scores = Result<Vec<f64>, String>;

/// The protocol's path behind the base address, which may end with its version already.
pub(super) fn path(protocol: Protocol, base: &str) -> &'static str {
    let versioned = base.trim_end_matches('/').ends_with("/v1");
    match protocol {
        Protocol::VllmScore => "/score",
        Protocol::VllmRerank | Protocol::TeiRerank => "/rerank",
        Protocol::SglangRerank | Protocol::LlamacppRerank | Protocol::CohereRerank if versioned => "/rerank",
        Protocol::SglangRerank | Protocol::LlamacppRerank | Protocol::CohereRerank => "/v1/rerank",
        Protocol::VllmClassify | Protocol::SglangClassify => "/classify",
        Protocol::VllmPooling => "/pooling",
        Protocol::TeiPredict => "/predict",
        Protocol::Plain => "",
    }
}

/// Whether one request has one query for all its documents.
pub(super) fn one_query(protocol: Protocol) -> bool {
    matches!(
        protocol,
        Protocol::VllmRerank
            | Protocol::SglangRerank
            | Protocol::TeiRerank
            | Protocol::LlamacppRerank
            | Protocol::CohereRerank
    )
}

/// The request for some pairs.
pub(super) fn body(
    protocol: Protocol,
    model: Option<&str>,
    pairs: &[&Pair],
    text: &dyn Fn(&Pair) -> Result<String, String>,
    tag: &str,
) -> Result<Value, String> {
    let prompts = || pairs.iter().map(|pair| pair.prompt.as_str()).collect::<Vec<_>>();
    let completions = || pairs.iter().map(|pair| pair.completion.as_str()).collect::<Vec<_>>();
    let texts = || pairs.iter().map(|pair| text(pair)).collect::<Result<Vec<_>, _>>();
    let query = pairs.first().map_or("", |pair| pair.prompt.as_str());
    let mut body = match protocol {
        Protocol::VllmScore => json!({ "text_1": prompts(), "text_2": completions() }),
        Protocol::VllmRerank | Protocol::LlamacppRerank | Protocol::CohereRerank => {
            json!({ "query": query, "documents": completions(), "top_n": pairs.len() })
        }
        Protocol::SglangRerank => json!({ "query": query, "documents": completions() }),
        Protocol::VllmClassify => json!({ "input": texts()? }),
        Protocol::VllmPooling => {
            let tagged = |pair: &&Pair| {
                if pair.steps.is_empty() {
                    return text(pair);
                }
                let steps: String = pair.steps.iter().flat_map(|step| [step.as_str(), tag]).collect();
                text(&Pair { completion: steps, ..(*pair).clone() })
            };
            json!({ "input": pairs.iter().map(tagged).collect::<Result<Vec<_>, _>>()? })
        }
        Protocol::SglangClassify => json!({ "text": texts()? }),
        Protocol::TeiRerank => json!({ "query": query, "texts": completions(), "raw_scores": false, "truncate": true }),
        // a flat list would be one pair
        Protocol::TeiPredict => {
            let inputs: Vec<_> = pairs.iter().map(|pair| [pair.prompt.as_str(), pair.completion.as_str()]).collect();
            json!({ "inputs": inputs, "raw_scores": false, "truncate": true })
        }
        Protocol::Plain => {
            let item = |pair: &&Pair| {
                let mut item = json!({ "prompt": pair.prompt, "completion": pair.completion });
                if !pair.steps.is_empty() {
                    item["steps"] = json!(pair.steps);
                }
                item
            };
            return Ok(match pairs {
                [one] => item(one),
                many => many.iter().map(item).collect(),
            });
        }
    };
    let named = !matches!(protocol, Protocol::TeiRerank | Protocol::TeiPredict);
    if let (Some(model), true) = (model, named) {
        body["model"] = json!(model);
    }
    Ok(body)
}

/// Tokens that the server says it read for an answer.
pub(super) fn usage(value: &Value) -> Option<u64> {
    let usage = value.get("usage")?;
    ["prompt_tokens", "total_tokens"].into_iter().find_map(|key| usage.get(key)?.as_u64())
}

/// The scores in an answer, one result for each pair.
pub(super) fn scores(protocol: Protocol, value: &Value, pairs: &[&Pair]) -> Vec<Scores> {
    match protocol {
        Protocol::VllmScore => by_index(value.get("data"), pairs, |item| number(item.get("score"))),
        Protocol::VllmRerank | Protocol::LlamacppRerank | Protocol::CohereRerank => {
            let results = value.get("results").or_else(|| value.as_array().map(|_| value));
            by_index(results, pairs, |item| number(item.get("relevance_score").or_else(|| item.get("score"))))
        }
        Protocol::SglangRerank | Protocol::TeiRerank => by_index(Some(value), pairs, |item| number(item.get("score"))),
        Protocol::VllmClassify => {
            by_index(value.get("data"), pairs, |item| number(item.get("probs")?.as_array()?.last()))
        }
        Protocol::VllmPooling => by_index(value.get("data"), pairs, |item| pooled(item.get("data")?)),
        Protocol::SglangClassify => by_place(value, pairs, |item| number(item.get("embedding")?.get(0))),
        Protocol::TeiPredict => {
            let batch = if value.get(0).is_some_and(Value::is_object) { &json!([value]) } else { value };
            by_place(batch, pairs, |item| number(item.get(0)?.get("score")))
        }
        Protocol::Plain => {
            let one = if value.is_array() { value } else { &json!([value]) };
            by_place(one, pairs, |item| {
                let steps = item.get("scores").and_then(Value::as_array);
                steps.map_or_else(
                    || number(item.get("score").or(Some(item))),
                    |list| list.iter().map(Value::as_f64).collect(),
                )
            })
        }
    }
}

fn number(value: Option<&Value>) -> Option<Vec<f64>> {
    value.and_then(Value::as_f64).map(|score| vec![score])
}

fn missing() -> Scores {
    Err("the server gave no score".to_owned())
}

fn no_number() -> Scores {
    Err("the server's score is no number".to_owned())
}

/// Items with an `index`, in any order; without one, by the document that they repeat, else by their place.
fn by_index(list: Option<&Value>, pairs: &[&Pair], read: impl Fn(&Value) -> Option<Vec<f64>>) -> Vec<Scores> {
    let mut scores: Vec<Scores> = pairs.iter().map(|_| missing()).collect();
    let items = list.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for (place, item) in items.iter().enumerate() {
        let index = item.get("index").and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok());
        let document = item.get("document").map(|d| d.get("text").unwrap_or(d)).and_then(Value::as_str);
        let free = |at: &usize| scores[*at].is_err() && document.is_some_and(|text| pairs[*at].completion == text);
        let same = (0..pairs.len()).find(free);
        let whole = items.len() == pairs.len() && document.is_none();
        if let Some(slot) = index.or(same).or(whole.then_some(place)).and_then(|at| scores.get_mut(at)) {
            *slot = read(item).map_or_else(no_number, Ok);
        }
    }
    scores
}

fn by_place(list: &Value, pairs: &[&Pair], read: impl Fn(&Value) -> Option<Vec<f64>>) -> Vec<Scores> {
    let items = list.as_array().map_or(&[][..], Vec::as_slice);
    if items.len() != pairs.len() {
        let why = format!("the server gave {} for {}", counted(items.len(), "score"), counted(pairs.len(), "sample"));
        return pairs.iter().map(|_| Err(why.clone())).collect();
    }
    items.iter().map(|item| read(item).map_or_else(no_number, Ok)).collect()
}

/// One number, one for each step, or two for each step of which the second is P(right) or its logit.
fn pooled(data: &Value) -> Option<Vec<f64>> {
    if let Some(text) = data.as_str() {
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
        return Some(bytes.as_chunks::<4>().0.iter().map(|chunk| f64::from(f32::from_le_bytes(*chunk))).collect());
    }
    let step = |item: &Value| match item.as_array() {
        None => item.as_f64(),
        Some(values) => match values.as_slice() {
            [one] => one.as_f64(),
            [wrong, right] => {
                let (wrong, right) = (wrong.as_f64()?, right.as_f64()?);
                let probabilities = wrong >= 0.0 && right >= 0.0 && (wrong + right - 1.0).abs() < 1e-3;
                Some(if probabilities { right } else { 1.0 / (1.0 + (wrong - right).exp()) })
            }
            _ => None,
        },
    };
    data.as_array()?.iter().map(step).collect()
}
