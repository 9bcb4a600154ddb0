//! Every protocol against a server that speaks it, written from the servers' documentation: its score of a completion is the number
//! that the completion ends with, its results come shuffled where the protocol allows it.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;

use super::*;
use verifiers::process::{Aggregation, Separator};
use verifiers::reward::StepSettings;

type Handler = Arc<dyn Fn(&str, &Value) -> (u16, String) + Send + Sync>;

async fn serve(handler: Handler) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let handler = Arc::clone(&handler);
            let service = service_fn(move |request: Request<Incoming>| {
                let handler = Arc::clone(&handler);
                async move {
                    let path = request.uri().path().to_owned();
                    let body = request.into_body().collect().await.unwrap().to_bytes();
                    let (status, text) = handler(&path, &serde_json::from_slice(&body).unwrap());
                    let response = Response::builder().status(status).body(Full::new(Bytes::from(text))).unwrap();
                    Ok::<_, Infallible>(response)
                }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    format!("http://{address}")
}

fn settings(protocol: Protocol, base_url: String) -> RewardSettings {
    RewardSettings {
        protocol,
        base_url,
        model: Some("rm".to_owned()),
        api_key_env: None,
        batch: 4,
        template: None,
        threshold: None,
        timeout: Duration::from_secs(10),
        concurrency: 8,
        requests_per_minute: None,
        price: None,
        steps: None,
    }
}

fn pair(prompt: &str, completion: &str) -> Pair {
    Pair { prompt: prompt.to_owned(), completion: completion.to_owned(), steps: Vec::new() }
}

fn scorer(settings: &RewardSettings) -> HttpScorer {
    HttpScorer::new(settings, &|_| None).unwrap()
}

/// The number that a text ends with.
fn worth(text: &Value) -> f64 {
    let text = text.as_str().unwrap();
    text.rsplit(' ').next().unwrap().parse().unwrap()
}

fn list<'v>(body: &'v Value, key: &str) -> &'v Vec<Value> {
    body[key].as_array().unwrap_or_else(|| panic!("{key} in {body}"))
}

/// A server of all protocols; what it is not sent as documented, it panics on.
fn documented(path: &str, body: &Value) -> (u16, String) {
    let indexed = |key: &str, texts: &[Value]| {
        let item = |(index, text): (usize, &Value)| json!({ "index": index, key: worth(text) });
        texts.iter().enumerate().rev().map(item).collect::<Vec<_>>()
    };
    let answer = match path {
        "/score" => {
            assert_eq!(list(body, "text_1").len(), list(body, "text_2").len());
            json!({ "data": indexed("score", list(body, "text_2")), "usage": { "prompt_tokens": 5, "total_tokens": 7 } })
        }
        "/rerank" if body.get("texts").is_some() => {
            assert!(body["query"].is_string());
            json!(indexed("score", list(body, "texts")))
        }
        "/v1/rerank" if body.get("top_n").is_none() => {
            assert!(body["query"].is_string() && body["model"] == "rm");
            json!(
                list(body, "documents")
                    .iter()
                    .rev()
                    .map(|text| json!({ "score": worth(text), "document": text }))
                    .collect::<Vec<_>>()
            )
        }
        "/rerank" | "/v1/rerank" => {
            assert!(body["query"].is_string() && body["model"] == "rm");
            json!({ "results": indexed("relevance_score", list(body, "documents")) })
        }
        "/classify" if body.get("text").is_some() => {
            json!(list(body, "text").iter().map(|text| json!({ "embedding": [worth(text)] })).collect::<Vec<_>>())
        }
        "/classify" => {
            let item = |(index, text): (usize, &Value)| json!({ "index": index, "label": "LABEL_1", "probs": [0.0, worth(text)], "num_classes": 2 });
            json!({ "data": list(body, "input").iter().enumerate().map(item).collect::<Vec<_>>() })
        }
        "/pooling" => {
            let item =
                |(index, text): (usize, &Value)| json!({ "index": index, "object": "pooling", "data": [worth(text)] });
            json!({ "data": list(body, "input").iter().enumerate().rev().map(item).collect::<Vec<_>>() })
        }
        "/predict" => {
            let item = |input: &Value| {
                assert_eq!(input.as_array().unwrap().len(), 2);
                json!([{ "score": worth(&input[1]), "label": "LABEL_0" }])
            };
            json!(list(body, "inputs").iter().map(item).collect::<Vec<_>>())
        }
        "/" => match body.as_array() {
            Some(many) => {
                json!(many.iter().map(|item| json!({ "score": worth(&item["completion"]) })).collect::<Vec<_>>())
            }
            None => json!({ "score": worth(&body["completion"]) }),
        },
        other => panic!("{other}"),
    };
    (200, answer.to_string())
}

#[tokio::test]
async fn every_protocol_puts_scores_in_their_places() {
    let url = serve(Arc::new(documented)).await;
    let pairs: Vec<Pair> = (0..11)
        .map(|n| pair(if n % 2 == 0 { "even" } else { "odd" }, &format!("answer {}", f64::from(n) / 8.0)))
        .collect();
    for protocol in Protocol::ALL {
        let found = scorer(&settings(protocol, url.clone())).score(&pairs).await.scores;
        let found: Vec<f64> = found.into_iter().map(|scores| scores.unwrap()[0]).collect();
        let right: Vec<f64> = (0..11).map(|n| f64::from(n) / 8.0).collect();
        assert_eq!(found, right, "{protocol:?}");
    }
}

#[tokio::test]
async fn missing_and_undefined_scores_cost_only_their_sample() {
    let handler = |_: &str, _: &Value| {
        (200, r#"{"results":[{"index":2,"relevance_score":NaN},{"index":0,"relevance_score":0.5},{"index":9,"relevance_score":1}]}"#.to_owned())
    };
    let url = serve(Arc::new(handler)).await;
    let pairs: Vec<Pair> = (0..3).map(|n| pair("q", &n.to_string())).collect();
    let found = scorer(&settings(Protocol::VllmRerank, url)).score(&pairs).await.scores;
    assert_eq!(found[0], Ok(vec![0.5]));
    assert!(found[1].as_ref().unwrap_err().contains("no score"));
    assert!(found[2].as_ref().unwrap_err().contains("no number"));
}

#[tokio::test]
async fn one_bad_sample_does_not_cost_the_batch() {
    let handler = |path: &str, body: &Value| {
        if body.to_string().contains("too long") {
            (413, "{\"error\":\"too long\"}".to_owned())
        } else {
            documented(path, body)
        }
    };
    let url = serve(Arc::new(handler)).await;
    let pairs = [pair("q", "1"), pair("q", "too long 2"), pair("q", "3"), pair("q", "4")];
    let found = scorer(&settings(Protocol::VllmScore, url)).score(&pairs).await.scores;
    let scores: Vec<_> = found.iter().map(|f| f.as_ref().map(|s| s[0]).ok()).collect();
    assert_eq!(scores, [Some(1.0), None, Some(3.0), Some(4.0)]);
    assert!(found[1].as_ref().unwrap_err().starts_with("HTTP 413"));
}

#[tokio::test]
async fn overload_is_waited_for_and_refusal_is_not() {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    let handler = move |path: &str, body: &Value| match seen.fetch_add(1, Ordering::SeqCst) {
        0 => (503, "busy".to_owned()),
        1 => (429, "slow down".to_owned()),
        _ => documented(path, body),
    };
    let url = serve(Arc::new(handler)).await;
    let found = scorer(&settings(Protocol::Plain, url)).score(&[pair("q", "7")]).await.scores;
    assert_eq!((found, count.load(Ordering::SeqCst)), (vec![Ok(vec![7.0])], 3));
    let url = serve(Arc::new(|_: &str, _: &Value| (401, "no".to_owned()))).await;
    let found = scorer(&settings(Protocol::Plain, url)).score(&[pair("q", "7"), pair("q", "8")]).await.scores;
    assert!(found.iter().all(|f| f.as_ref().unwrap_err() == "HTTP 401: no"));
}

#[tokio::test]
async fn steps_are_scored_natively_or_by_prefixes() {
    let steps = StepSettings { separator: Separator::BlankLine, aggregation: Aggregation::Min, tag: "<s>".to_owned() };
    let sample = Pair { steps: vec!["a 0.5".to_owned(), "b 0.25".to_owned()], ..pair("q", "a 0.5\n\nb 0.25") };
    let url = serve(Arc::new(documented)).await;
    let prefixes = RewardSettings { steps: Some(steps.clone()), ..settings(Protocol::VllmScore, url) };
    assert_eq!(scorer(&prefixes).score(std::slice::from_ref(&sample)).await.scores, [Ok(vec![0.5, 0.25])]);
    let pooling = |_: &str, body: &Value| {
        assert!(body["input"][0].as_str().unwrap().ends_with("a 0.5<s>b 0.25<s>"), "{body}");
        (200, json!({ "data": [{ "index": 0, "data": [[0.25, 0.75], [0.0, 0.0]] }] }).to_string())
    };
    let url = serve(Arc::new(pooling)).await;
    let native = RewardSettings { steps: Some(steps), ..settings(Protocol::VllmPooling, url) };
    assert_eq!(scorer(&native).score(&[sample]).await.scores, [Ok(vec![0.75, 0.5])]);
}

#[tokio::test]
async fn tries_and_tokens_are_counted() {
    let count = Arc::new(AtomicUsize::new(0));
    let handler = move |path: &str, body: &Value| match count.fetch_add(1, Ordering::SeqCst) {
        0 => (503, "busy".to_owned()),
        _ => documented(path, body),
    };
    let url = serve(Arc::new(handler)).await;
    let pairs: Vec<Pair> = (0..9).map(|n| pair("q", &n.to_string())).collect();
    let spent = scorer(&settings(Protocol::VllmScore, url)).score(&pairs).await.spent;
    assert_eq!((spent.prompt_tokens, spent.completion_tokens, spent.cost_usd), (Some(15), None, None));
    let mut results: Vec<_> = spent.attempts.iter().map(|a| (a.result.as_str(), a.http_status)).collect();
    results.sort_unstable();
    assert_eq!(results, [("ok", Some(200)), ("ok", Some(200)), ("ok", Some(200)), ("overloaded", Some(503))]);
}

#[test]
fn bad_settings_are_refused() {
    assert!(HttpScorer::new(&settings(Protocol::Plain, "localhost".to_owned()), &|_| None).is_err());
    let keyed =
        RewardSettings { api_key_env: Some("NO_KEY".to_owned()), ..settings(Protocol::Plain, "http://h".to_owned()) };
    assert!(HttpScorer::new(&keyed, &|_| None).err().unwrap().contains("NO_KEY"));
}
