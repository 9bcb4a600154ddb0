use std::time::Duration;

use serde_json::{Value, json};

use super::*;

async fn serve(change: impl FnOnce(&mut Options)) -> Server {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut options = Options::new(Arc::new(Bundled));
    change(&mut options);
    start(options).await.unwrap()
}

async fn post(server: &Server, path: &str, body: &Value) -> (u16, String) {
    let url = format!("{}/{path}", server.base_url());
    let answer = reqwest::Client::new().post(url).body(body.to_string()).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

fn prompt() -> String {
    crate::bundled::bank()[0].problem.prompt.clone()
}

async fn texts(server: &Server, n: u32, seed: u32) -> Vec<String> {
    let body = json!({"prompt": prompt(), "n": n, "seed": seed, "temperature": 0.8, "max_tokens": 4000});
    let (status, text) = post(server, "completions", &body).await;
    assert_eq!(status, 200, "{text}");
    let value: Value = serde_json::from_str(&text).unwrap();
    let choices = value["choices"].as_array().unwrap();
    choices.iter().map(|choice| choice["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_seed_fixes_the_answer_and_child_i_uses_seed_plus_i() {
    let server = serve(|_| ()).await;
    let together = texts(&server, 5, 10).await;
    for (seed, text) in (10..).zip(&together) {
        assert_eq!(texts(&server, 1, seed).await, std::slice::from_ref(text));
    }
    assert!(together.iter().any(|text| *text != together[0]));
    assert_eq!((server.requests(), server.choices()), (6, 10));
    server.shutdown().await;
}

#[tokio::test]
async fn chat_and_messages_answer_in_their_formats() {
    let server = serve(|_| ()).await;
    let messages = json!([{"role": "user", "content": [{"type": "text", "text": prompt()}]}]);
    let (_, chat) = post(&server, "chat/completions", &json!({"messages": messages, "seed": 3, "model": "m"})).await;
    let chat: Value = serde_json::from_str(&chat).unwrap();
    assert_eq!((&chat["object"], &chat["model"]), (&json!("chat.completion"), &json!("m")));
    assert!(!chat["choices"][0]["message"]["content"].as_str().unwrap().is_empty());
    assert_eq!(chat["choices"][0]["finish_reason"], "stop");
    let (_, said) = post(&server, "messages", &json!({"messages": messages, "max_tokens": 2})).await;
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&said["type"], &said["stop_reason"]), (&json!("message"), &json!("max_tokens")));
    assert_eq!(said["usage"]["output_tokens"], 2);
}

#[tokio::test]
async fn streams_end_with_usage_and_done() {
    let server = serve(|_| ()).await;
    let body = json!({"prompt": prompt(), "n": 2, "seed": 1, "temperature": 0.8, "stream": true, "stream_options": {"include_usage": true}});
    let (_, text) = post(&server, "completions", &body).await;
    let events: Vec<&str> = text.split("\n\n").filter(|event| !event.is_empty()).collect();
    assert_eq!(*events.last().unwrap(), "data: [DONE]");
    let mut joined = [String::new(), String::new()];
    let mut used = 0;
    for event in &events[..events.len() - 1] {
        let chunk: Value = serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap();
        used += usize::from(chunk["usage"]["completion_tokens"].is_u64());
        for choice in chunk["choices"].as_array().unwrap() {
            let index = usize::try_from(choice["index"].as_u64().unwrap()).unwrap();
            joined[index].push_str(choice["text"].as_str().unwrap());
        }
    }
    assert_eq!(used, 1);
    assert_eq!(joined.to_vec(), texts(&server, 2, 1).await);
}

#[tokio::test]
async fn faults_and_quirks_come_as_asked() {
    let rate = serve(|o| {
        o.faults = Faults { rate_limited: 1.0, retry_after: Duration::from_millis(1200), ..Faults::default() }
    });
    let rate = rate.await;
    let url = format!("{}/completions", rate.base_url());
    let answer = reqwest::Client::new().post(url).body("{}").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (429, &"2".parse().unwrap()));
    let error = serve(|o| o.faults.server_error = 1.0).await;
    assert_eq!(post(&error, "completions", &json!({})).await.0, 500);
    let busy = serve(|o| o.faults.overloaded = 1.0).await;
    assert_eq!(post(&busy, "messages", &json!({})).await.0, 529);
    let dropped = serve(|o| o.faults.dropped = 1.0).await;
    let url = format!("{}/completions", dropped.base_url());
    assert!(reqwest::Client::new().post(url).body("{}").send().await.is_err());
    let cut = serve(|o| o.faults.truncated = 1.0).await;
    let url = format!("{}/completions", cut.base_url());
    let body = json!({"prompt": prompt()}).to_string();
    assert!(reqwest::Client::new().post(url).body(body).send().await.unwrap().bytes().await.is_err());
    let keyed = serve(|o| o.quirks.api_key = Some("right".to_owned())).await;
    assert_eq!(post(&keyed, "completions", &json!({"prompt": ""})).await.0, 401);
    let short = serve(|o| o.quirks.n_limit = Some(2)).await;
    let (status, text) = post(&short, "completions", &json!({"prompt": "", "n": 3})).await;
    assert!(status == 400 && text.contains("1 <= value <= 2"), "{text}");
    let plain = serve(|_| ()).await;
    assert_eq!(post(&plain, "completions", &json!({"prompt": 3})).await.0, 400);
    assert_eq!(post(&plain, "embeddings", &json!({})).await.0, 404);
}

#[tokio::test]
async fn content_faults_follow_the_seed() {
    let server = serve(|o| o.faults = Faults { length: 0.3, empty: 0.3, ..Faults::default() }).await;
    let (mut cut, mut empty) = (0, 0);
    for seed in 0..100 {
        let body = json!({"prompt": prompt(), "seed": seed});
        let first = post(&server, "completions", &body).await.1;
        let value: Value = serde_json::from_str(&first).unwrap();
        let again: Value = serde_json::from_str(&post(&server, "completions", &body).await.1).unwrap();
        assert_eq!(value["choices"], again["choices"]);
        cut += u32::from(value["choices"][0]["finish_reason"] == "length");
        empty += u32::from(value["choices"][0]["text"] == "");
    }
    assert!((10..40).contains(&cut) && (15..45).contains(&empty), "{cut} cut, {empty} empty");
}
