use std::collections::HashSet;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use verifiers::domain::{Form, Outcome, ProblemId};
use verifiers::model::{Attempt, Prompt};

use super::*;
use crate::client::{Api, connect};
use crate::simulate::{Bundled, Faults, Latency, Options, Server, start};

mod sending;

async fn simulator(change: impl FnOnce(&mut Options)) -> Server {
    let mut options = Options::new(Arc::new(Bundled));
    change(&mut options);
    start(options).await.unwrap()
}

fn spec(api: Api, base_url: &str) -> ModelSpec {
    let mut spec = ModelSpec::new(api, base_url, "m");
    spec.sampling.temperature = Some(0.8);
    spec.sampling.max_tokens = Some(2000);
    spec
}

fn model(spec: &ModelSpec) -> Arc<dyn Model> {
    connect(spec, &|name| (name == "KEY").then(|| "hunter2hunter2".to_owned())).unwrap()
}

fn request(n: u32, seed: u32) -> Request {
    let prompt = Prompt::Text(crate::bundled::bank()[2].problem.prompt.clone());
    Request { problem: ProblemId("p".to_owned()), first_index: 0, n, seed, prompt }
}

fn results(attempts: &[Attempt]) -> Vec<&str> {
    attempts.iter().map(|attempt| attempt.result.as_str()).collect()
}

fn texts(response: &Response) -> Vec<&str> {
    assert_eq!(response.error, None);
    let offsets: Vec<u32> = response.generations.iter().map(|g| g.offset).collect();
    assert_eq!(offsets, (0..u32::try_from(offsets.len()).unwrap()).collect::<Vec<_>>());
    response.generations.iter().map(|g| g.text.as_str()).collect()
}

#[tokio::test]
async fn every_sample_arrives_once_whatever_fails() {
    let latency = Latency::LogNormal(Duration::from_millis(2), 1.0);
    let server = simulator(|o| {
        let retry_after = Duration::from_millis(20);
        o.faults = Faults {
            rate_limited: 0.05,
            retry_after,
            server_error: 0.02,
            dropped: 0.01,
            truncated: 0.01,
            latency,
            ..Faults::default()
        };
    });
    let server = server.await;
    for (api, stream) in [(Api::OpenaiChat, false), (Api::OpenaiCompletions, true), (Api::Anthropic, true)] {
        let before = server.requests();
        let mut spec = spec(api, &server.base_url());
        spec.stream = stream;
        let model = model(&spec);
        let mut running: FuturesUnordered<_> = (0..200)
            .map(|i| {
                let model = &model;
                async move { model.generate(&request(2, 2 * i)).await }
            })
            .collect();
        let (mut samples, mut attempts, mut seeds) = (0, 0, HashSet::new());
        while let Some(response) = running.next().await {
            assert_eq!(texts(&response).len(), 2);
            samples += response.generations.len();
            attempts += response.attempts.len();
            seeds.extend(response.generations.iter().map(|g| g.seed));
        }
        assert_eq!(samples, 400);
        assert_eq!(attempts as u64, server.requests() - before, "every attempt is a row");
        let gauges = model.gauges();
        assert!(gauges.in_flight == 0 && gauges.rate_limited > 0 && gauges.errors > 0, "{gauges:?}");
        assert_eq!(seeds.len(), if api == Api::Anthropic { 1 } else { 400 });
    }
}

#[tokio::test]
async fn n_is_split_where_it_is_limited_or_ignored_and_sorted_where_it_is_not() {
    let plain = simulator(|_| ()).await;
    let whole = model(&spec(Api::OpenaiCompletions, &plain.base_url())).generate(&request(8, 100)).await;
    assert_eq!((texts(&whole).len(), whole.attempts.len()), (8, 1));
    assert!(whole.generations.iter().all(|g| g.usage_apportioned && g.form == Form::Continuation));
    let seeds: Vec<_> = whole.generations.iter().map(|g| g.seed.unwrap()).collect();
    assert_eq!(seeds, (100..108).collect::<Vec<_>>());

    for quirk in 0..3 {
        let server = simulator(|o| match quirk {
            0 => o.quirks.n_limit = Some(3),
            1 => o.quirks.n_ignored = true,
            _ => o.quirks.reversed = true,
        });
        let server = server.await;
        let model = model(&spec(Api::OpenaiCompletions, &server.base_url()));
        let got = model.generate(&request(8, 100)).await;
        assert_eq!(texts(&got), texts(&whole));
        let seeds: Vec<_> = got.generations.iter().map(|g| g.seed.unwrap()).collect();
        assert_eq!(seeds, (100..108).collect::<Vec<_>>());
        let learnt = model.identity().await["adapted"]["n"].clone();
        let expected = [
            serde_json::json!("at most 3 a request"),
            serde_json::json!("at most 1 a request"),
            serde_json::Value::Null,
        ];
        assert_eq!(learnt, expected[quirk]);
        let words = results(&got.attempts);
        assert_eq!(words.iter().filter(|word| **word != "ok").count(), usize::from(quirk == 0), "{words:?}");
    }
}

#[tokio::test]
async fn refused_parameters_are_left_out_and_recorded() {
    let refused = ["max_tokens", "temperature", "seed", "logprobs"].map(str::to_owned);
    let server = simulator(|o| o.quirks.refused = refused.to_vec()).await;
    let mut spec = spec(Api::OpenaiChat, &server.base_url());
    spec.sampling.logprobs = true;
    let model = model(&spec);
    let first = model.generate(&request(1, 5)).await;
    assert_eq!(texts(&first).len(), 1);
    assert_eq!(results(&first.attempts), ["refused-parameter"; 4].into_iter().chain(["ok"]).collect::<Vec<_>>());
    assert_eq!(first.generations[0].seed, None);
    assert_eq!(results(&model.generate(&request(1, 6)).await.attempts), ["ok"]);
    let adapted = model.identity().await["adapted"].clone();
    assert_eq!(adapted["max_tokens"], "sent as max_completion_tokens");
    assert!(["temperature", "seed", "logprobs"].iter().all(|name| adapted[name].is_string()), "{adapted}");
}

#[tokio::test]
async fn streams_and_whole_answers_are_the_same_samples() {
    let server = simulator(|_| ()).await;
    for api in [Api::OpenaiChat, Api::OpenaiCompletions, Api::Anthropic] {
        let mut spec = spec(api, &server.base_url());
        spec.sampling.temperature = Some(0.0);
        let whole = model(&spec).generate(&request(3, 9)).await;
        spec.stream = true;
        let streamed = model(&spec).generate(&request(3, 9)).await;
        assert_eq!(texts(&whole), texts(&streamed));
        for (a, b) in whole.generations.iter().zip(&streamed.generations) {
            assert_eq!((a.outcome, &a.finish_reason, a.prompt_tokens), (b.outcome, &b.finish_reason, b.prompt_tokens));
            assert_eq!(a.completion_tokens, b.completion_tokens);
            assert!(a.first_token.is_none() && b.first_token.is_some() && a.completion_tokens.is_some());
        }
    }
}

#[tokio::test]
async fn log_probabilities_are_summed_in_both_shapes() {
    let server = simulator(|_| ()).await;
    for api in [Api::OpenaiChat, Api::OpenaiCompletions] {
        let mut spec = spec(api, &server.base_url());
        spec.sampling.logprobs = true;
        let got = model(&spec).generate(&request(2, 1)).await;
        assert!(got.generations.iter().all(|g| g.logprob.is_some_and(|sum| sum < 0.0)));
        for generation in &got.generations {
            let tokens: Vec<(String, f64)> =
                serde_json::from_str(generation.token_logprobs.as_deref().unwrap()).unwrap();
            let text: String = tokens.iter().map(|(token, _)| token.as_str()).collect();
            let sum: f64 = tokens.iter().map(|(_, value)| value).sum();
            assert_eq!(text, generation.text);
            assert!((sum - generation.logprob.unwrap()).abs() < 1e-9);
        }
    }
}

#[tokio::test]
async fn a_wrong_key_stops_the_run_and_is_shown_nowhere() {
    let server = simulator(|o| o.quirks.api_key = Some("another".to_owned())).await;
    for api in [Api::OpenaiChat, Api::Anthropic] {
        let mut spec = spec(api, &server.base_url());
        spec.api_key_env = Some("KEY".to_owned());
        let client = HttpModel::new(&spec, &|_| Some("hunter2hunter2".to_owned())).unwrap();
        let got = client.generate(&request(1, 0)).await;
        let shown = format!("{got:?} {client:?} {}", client.identity().await);
        assert!(matches!(got.error, Some(ModelError::Fatal { .. })) && !shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("Incorrect API key provided: [key]"), "{shown}");
    }
    let missing =
        connect(&ModelSpec { api_key_env: Some("NONE".to_owned()), ..spec(Api::OpenaiChat, "http://x/v1") }, &|_| None);
    assert!(matches!(missing, Err(ClientError::NoKey { .. })));
}

#[tokio::test]
async fn retry_after_is_kept_and_attempts_are_bounded() {
    let wait = Duration::from_millis(30);
    let server = simulator(|o| o.faults = Faults { rate_limited: 1.0, retry_after: wait, ..Faults::default() }).await;
    let mut spec = spec(Api::OpenaiChat, &server.base_url());
    spec.limits.attempts = 3;
    let got = model(&spec).generate(&request(1, 0)).await;
    let pauses: Vec<_> = got.attempts.iter().map(|attempt| attempt.retry_after).collect();
    assert_eq!(pauses, [Some(wait), Some(wait), None]);
    assert!(matches!(got.error, Some(ModelError::Request { ref kind, .. }) if kind == "rate-limited"));
    assert_eq!(server.requests(), 3);
}

/// Speaks HTTP by hand: `answer` gives the bytes for the request with this number and whether the connection goes on.
async fn by_hand<F>(answer: F) -> String
where
    F: Fn(usize) -> (String, bool) + Send + Sync + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    let number = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (answer, number) = (Arc::clone(&answer), Arc::clone(&number));
            tokio::spawn(async move {
                while read_request(&mut stream).await {
                    let (bytes, go_on) = answer(number.fetch_add(1, Ordering::SeqCst));
                    if stream.write_all(bytes.as_bytes()).await.is_err() || !go_on {
                        return;
                    }
                }
            });
        }
    });
    url
}

async fn read_request(stream: &mut TcpStream) -> bool {
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return false,
            Ok(count) => seen.extend_from_slice(&buffer[..count]),
        }
        let text = String::from_utf8_lossy(&seen).to_lowercase();
        let Some(end) = text.find("\r\n\r\n") else { continue };
        let length = text.split("content-length: ").nth(1).and_then(|tail| tail.split("\r\n").next()?.parse().ok());
        if seen.len() >= end + 4 + length.unwrap_or(0) {
            return true;
        }
    }
}

fn http(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

const GOOD: &str = r#"{"choices":[{"index":0,"text":"fine","finish_reason":"stop"}]}"#;

#[tokio::test]
async fn kept_connections_that_die_cost_no_sample() {
    // the connection ends after each answer without a word, as idle ones do
    let url = by_hand(|_| (http("200 OK", GOOD), false)).await;
    let model = model(&spec(Api::OpenaiCompletions, &url));
    for seed in 0..20 {
        assert_eq!(texts(&model.generate(&request(1, seed)).await), ["fine"]);
    }
}

#[tokio::test]
async fn answers_that_are_no_answers_are_tried_again() {
    let bad = [
        http(
            "503 Service Unavailable",
            r#"{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"#,
        )
        .replace("\r\n\r\n", "\r\nRetry-After: 0\r\n\r\n"),
        http("200 OK", r#"{"choices":[]}"#).replace("\r\n\r\n", "\r\nretry-after-ms: 1\r\n\r\n"),
        http("200 OK", r#"{"error":{"message":"upstream","code":502}}"#)
            .replace("\r\n\r\n", "\r\nretry-after-ms: 1\r\n\r\n"),
        http("200 OK", &GOOD[..40]),
        http("200 OK", GOOD),
    ];
    let url = by_hand(move |number| (bad[number.min(4)].clone(), true)).await;
    let got = model(&spec(Api::OpenaiCompletions, &url)).generate(&request(1, 0)).await;
    assert_eq!(texts(&got), ["fine"]);
    assert_eq!(results(&got.attempts), ["overloaded", "malformed", "server-error", "malformed", "ok"]);
}

#[tokio::test]
async fn a_stalled_request_is_timed_out_and_named() {
    let url = by_hand(|number| (if number == 0 { String::new() } else { http("200 OK", GOOD) }, true)).await;
    let mut spec = spec(Api::OpenaiCompletions, &url);
    spec.limits.timeout = Duration::from_millis(200);
    let got = model(&spec).generate(&request(1, 0)).await;
    assert_eq!(texts(&got), ["fine"]);
    assert_eq!(results(&got.attempts), ["timeout", "ok"]);
    assert!(got.attempts[0].message.as_ref().unwrap().contains("0.2 s"));
}

#[tokio::test]
async fn a_broken_stream_leaves_its_text_in_the_attempt() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    let half = format!("{head}data: {}\n\n", r#"{"choices":[{"index":0,"text":"half","finish_reason":null}]}"#);
    let whole = format!("{head}data: {GOOD}\n\ndata: [DONE]\n\n");
    let url = by_hand(move |number| (if number == 0 { half.clone() } else { whole.clone() }, false)).await;
    let mut spec = spec(Api::OpenaiCompletions, &url);
    spec.stream = true;
    let got = model(&spec).generate(&request(1, 0)).await;
    assert_eq!(texts(&got), ["fine"]);
    assert_eq!(results(&got.attempts), ["closed", "ok"]);
    assert!(got.attempts[0].message.as_ref().unwrap().ends_with("4 bytes had come: half"));
}

#[tokio::test]
async fn an_endpoint_that_is_down_stops_the_run_and_another_takes_over() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dead = format!("http://{}/v1", closed.local_addr().unwrap());
    drop(closed);
    let mut spec = spec(Api::OpenaiChat, &dead);
    spec.limits.down_after = Duration::from_millis(300);
    let got = model(&spec).generate(&request(1, 0)).await;
    let Some(ModelError::Fatal { message, hint }) = got.error else { panic!("{:?}", got.error) };
    assert!(message.contains("is down") && hint.is_some(), "{message}");
    assert!(results(&got.attempts).iter().all(|word| *word == "connect"));

    let server = simulator(|_| ()).await;
    spec.base_urls.push(server.base_url());
    let model = model(&spec);
    for seed in 0..10 {
        let got = model.generate(&request(1, seed)).await;
        assert_eq!(texts(&got).len(), 1);
        assert!(got.generations[0].endpoint.is_some());
    }
}

#[tokio::test]
async fn outcomes_of_the_contract_are_told_apart() {
    let said = |message: &str, finish: &str| {
        format!(
            r#"{{"choices":[{{"index":0,"message":{message},"finish_reason":"{finish}"}}],"usage":{{"prompt_tokens":4,"completion_tokens":2}}}}"#
        )
    };
    let cases = [
        (said(r#"{"content":"x"}"#, "stop"), Outcome::Ok),
        (said(r#"{"content":null,"reasoning_content":"thinking"}"#, "length"), Outcome::Truncated),
        (said(r#"{"content":null,"reasoning":"thinking"}"#, "stop"), Outcome::Empty),
        (said(r#"{"content":null,"refusal":"I can't"}"#, "stop"), Outcome::Refused),
        (said(r#"{"content":""}"#, "content_filter"), Outcome::Refused),
    ];
    for (body, outcome) in cases {
        let url = by_hand(move |_| (http("200 OK", &body), true)).await;
        let got = model(&spec(Api::OpenaiChat, &url)).generate(&request(1, 0)).await;
        let only = &got.generations[0];
        assert_eq!((only.outcome, only.prompt_tokens, only.completion_tokens), (outcome, Some(4), Some(2)));
        if matches!(outcome, Outcome::Truncated | Outcome::Empty) {
            assert_eq!(only.reasoning.as_deref(), Some("thinking"));
        }
    }
    let filtered = http("400 Bad Request", r#"{"error":{"code":"content_filter","message":"filtered"}}"#);
    let url = by_hand(move |_| (filtered.clone(), true)).await;
    let got = model(&spec(Api::OpenaiChat, &url)).generate(&request(2, 0)).await;
    assert_eq!(got.generations.iter().map(|g| g.outcome).collect::<Vec<_>>(), [Outcome::Refused; 2]);
}

#[tokio::test]
async fn a_server_that_refuses_everything_ends_the_run_soon() {
    let refusal =
        http("400 Bad Request", r#"{"error":{"message":"No connected db.","type":"no_db_connection","code":"400"}}"#);
    let url = by_hand(move |_| (refusal.clone(), true)).await;
    let model = model(&spec(Api::OpenaiChat, &url));
    let mut fatal = None;
    for seed in 0..40 {
        if let Some(ModelError::Fatal { message, .. }) = model.generate(&request(1, seed)).await.error {
            fatal = Some((seed, message));
            break;
        }
    }
    let (after, message) = fatal.unwrap();
    assert!(after == 15 && message.contains("No connected db."), "{after} {message}");
}

#[tokio::test]
async fn a_stream_of_several_choices_may_name_one_finish_reason_as_litellm_does() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    let events = [
        r#"{"choices":[{"index":0,"delta":{"content":"a","role":"assistant"}},{"index":1,"delta":{"content":"b","role":"assistant"}}]}"#,
        r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
        r#"{"choices":[{"index":0,"delta":{}}],"usage":{"completion_tokens":9,"prompt_tokens":8,"total_tokens":17,"cost":6.6e-6}}"#,
        "[DONE]",
    ];
    let stream = events.iter().fold(head.to_owned(), |all, event| format!("{all}data: {event}\n\n"));
    let url = by_hand(move |_| (stream.clone(), false)).await;
    let mut spec = spec(Api::OpenaiChat, &url);
    spec.stream = true;
    let got = model(&spec).generate(&request(2, 0)).await;
    assert_eq!(texts(&got), ["a", "b"]);
    assert!(got.generations.iter().all(|g| g.outcome == Outcome::Ok), "{got:?}");
}
