//! Against llama.cpp's own HTTP server with a tiny model; skipped with a reason where its wheel can't be installed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use verifiers::domain::{Outcome, ProblemId};
use verifiers::model::Prompt;

use super::*;
use crate::client::connect;

struct Llama {
    child: Child,
    base_url: String,
}

impl Drop for Llama {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the server; `None`: it can't be had here, which is printed.
fn serve(options: &[&str]) -> Option<Llama> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/tiny-llm/start.py");
    let mut command = Command::new("python3");
    command.arg(script).args(options).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            println!("skipped: python3 can't be run: {error}");
            return None;
        }
    };
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("listening ").map(str::to_owned));
    if let Some(address) = address {
        return Some(Llama { child, base_url: format!("{address}/v1") });
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(77), "{}", String::from_utf8_lossy(&output.stderr));
    println!("skipped: {}", String::from_utf8_lossy(&output.stderr));
    None
}

fn spec(llama: &Llama, api: Api) -> ModelSpec {
    let mut spec = ModelSpec::new(api, &llama.base_url, "tiny-llm");
    spec.sampling.temperature = Some(0.8);
    spec.sampling.max_tokens = Some(96);
    spec
}

fn model(spec: &ModelSpec) -> Arc<dyn Model> {
    connect(spec, &|_| Some("right".to_owned())).unwrap()
}

fn request(n: u32, seed: u32) -> Request {
    let prompt = Prompt::Text("Q: (3 + 4) * 12 - 5 = ?\nA:".to_owned());
    Request { problem: ProblemId("arith".to_owned()), first_index: 0, n, seed, prompt }
}

fn texts(response: &Response) -> Vec<&str> {
    assert_eq!(response.error, None, "{:?}", response.attempts);
    response.generations.iter().map(|g| g.text.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_says_of_itself_is_used_and_recorded() {
    let Some(llama) = serve(&["--port", "0", "--slots", "3"]) else { return };
    let model = model(&spec(&llama, Api::OpenaiCompletions));
    let server = model.identity().await["server"].clone();
    assert_eq!((&server["software"], &server["total_slots"]), (&"llama.cpp".into(), &3.into()), "{server}");
    assert_eq!(server["n_ctx"], 512);
    assert!(server["defaults"]["top_k"] == 40 && server["defaults"]["min_p"].as_f64().is_some(), "{server}");
    assert_eq!((model.gauges().concurrency, model.preferred_n()), (3, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n_at_and_above_the_slot_count_and_the_usage_of_one_choice() {
    let Some(llama) = serve(&["--port", "0", "--slots", "4"]) else { return };
    let mut spec = spec(&llama, Api::OpenaiCompletions);
    let singles = model(&spec);
    let mut expected = Vec::new();
    for seed in 50..59 {
        expected.push(texts(&singles.generate(&request(1, seed)).await)[0].to_owned());
    }
    assert!(expected.iter().collect::<std::collections::HashSet<_>>().len() > 1);
    let batched = model(&spec);
    let got = batched.generate(&request(9, 50)).await;
    assert_eq!(texts(&got), expected);
    assert_eq!(got.attempts.iter().filter(|a| a.result == "refused-parameter").count(), 1);
    assert!(got.generations[..8].iter().all(|g| g.completion_tokens.is_none()), "of one choice only: unknown");
    assert_eq!(batched.identity().await["adapted"]["n"], "at most 4 a request");
    for api in [Api::OpenaiCompletions, Api::OpenaiChat] {
        spec.api = api;
        spec.stream = true;
        let got = model(&spec).generate(&request(4, 50)).await;
        assert_eq!(texts(&got), expected[..4]);
        for generation in &got.generations {
            // one token a character, and the end
            let written = generation.completion_tokens.unwrap() as usize;
            assert!(written.abs_diff(generation.text.chars().count()) <= 1, "{generation:?}");
            assert!(generation.first_token.is_some());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kept_connections_end_after_a_hundred_requests_and_nothing_is_lost() {
    let Some(llama) = serve(&["--port", "0", "--slots", "4"]) else { return };
    let mut spec = spec(&llama, Api::OpenaiChat);
    spec.sampling.max_tokens = Some(5);
    spec.sampling.logprobs = true;
    spec.limits.concurrency = 2;
    let narrow = model(&spec);
    let mut running: FuturesUnordered<_> = (0..2)
        .map(|lane| {
            let narrow = &narrow;
            async move {
                for i in 0..130 {
                    let got = narrow.generate(&request(1, lane * 1000 + i)).await;
                    assert_eq!(texts(&got).len(), 1);
                    let only = &got.generations[0];
                    assert_eq!((only.outcome, only.completion_tokens), (Outcome::Truncated, Some(5)));
                    assert!(only.logprob.is_some_and(|sum| sum <= 0.0));
                }
            }
        })
        .collect();
    while running.next().await.is_some() {}
    spec.limits.concurrency = 64;
    let wide = model(&spec);
    let mut running: FuturesUnordered<_> = (0..300)
        .map(|i| {
            let wide = &wide;
            async move { wide.generate(&request(1, i)).await }
        })
        .collect();
    while let Some(got) = running.next().await {
        assert_eq!(texts(&got).len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_asked_for_and_a_prompt_can_be_too_long() {
    let Some(llama) = serve(&["--port", "0", "--slots", "1", "--api-key", "right"]) else { return };
    let mut spec = spec(&llama, Api::OpenaiCompletions);
    let refused = model(&spec).generate(&request(1, 0)).await;
    assert!(matches!(refused.error, Some(ModelError::Fatal { .. })), "{refused:?}");
    spec.api_key_env = Some("KEY".to_owned());
    let keyed = model(&spec);
    assert_eq!(texts(&keyed.generate(&request(1, 0)).await).len(), 1);
    assert_eq!(keyed.identity().await["server"]["total_slots"], 1);
    let long = Request { prompt: Prompt::Text("x".repeat(3000)), ..request(1, 0) };
    let got = keyed.generate(&long).await;
    assert!(matches!(got.error, Some(ModelError::Request { ref kind, .. }) if kind == "bad-request"), "{got:?}");
    assert_eq!(got.attempts.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_and_comes_back_costs_no_sample() {
    let Some(llama) = serve(&["--port", "0", "--slots", "4"]) else { return };
    let port = llama.base_url.trim_end_matches("/v1").rsplit(':').next().unwrap().to_owned();
    let mut spec = spec(&llama, Api::OpenaiCompletions);
    spec.stream = true;
    let client = model(&spec);
    let mut running: FuturesUnordered<_> = (0..120)
        .map(|i| {
            let client = &client;
            async move { client.generate(&request(1, i)).await }
        })
        .collect();
    let mut llama = Some(llama);
    let (mut done, mut failed) = (0, 0);
    while let Some(got) = running.next().await {
        assert_eq!(texts(&got).len(), 1);
        failed += got.attempts.iter().filter(|attempt| attempt.result != "ok").count();
        done += 1;
        if done == 20 {
            drop(llama.take());
            llama = serve(&["--port", &port, "--slots", "4"]);
        }
    }
    assert!(done == 120 && failed > 0, "{done} done, {failed} failed attempts");
}
