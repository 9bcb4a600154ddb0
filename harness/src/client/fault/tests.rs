use super::*;

fn judge(status: u16, error: &str, n: u32, body: &str) -> (&'static str, Remedy) {
    let sent = Sent { wire: Wire::Chat, n, body: body.as_bytes() };
    let fault = read(status, error.as_bytes(), sent);
    (fault.kind, fault.remedy)
}

const BODY: &str = r#"{"model":"m","temperature":0.8,"max_tokens":9,"seed":1,"min_p":0.1,"logprobs":true}"#;

#[test]
fn the_messages_of_every_vendor_are_found() {
    let message = |body: &str| read(500, body.as_bytes(), Sent { wire: Wire::Chat, n: 1, body: b"" }).message;
    assert_eq!(message(r#"{"error":{"message":"nested","type":"t","param":null,"code":null}}"#), "nested");
    assert_eq!(message(r#"{"object":"error","message":"flat","type":"BadRequestError","code":400}"#), "flat");
    assert_eq!(message(r#"{"type":"error","error":{"type":"api_error","message":"anthropic"}}"#), "anthropic");
    assert_eq!(message(r#"{"error":"ollama"}"#), "ollama");
    assert_eq!(message(r#"{"detail":"fastapi"}"#), "fastapi");
    assert_eq!(message(r#"{"detail":[{"msg":"a list"}]}"#), r#"[{"msg":"a list"}]"#);
    assert_eq!(message("Internal Server Error"), "Internal Server Error");
    assert_eq!(message("<html><h1>502 Bad</h1>\n<p>Gateway</p></html>"), "502 Bad Gateway");
    assert_eq!(message(""), "status 500");
    assert!(message(&"é".repeat(999)).len() < 500);
}

#[test]
fn what_may_be_tried_again_and_what_may_not() {
    let kind = |status, error: &str| judge(status, error, 1, "{}");
    assert_eq!(kind(429, "{}"), ("rate-limited", Remedy::Retry));
    assert_eq!(kind(429, r#"{"type":"error","error":{"type":"overloaded_error","message":"x"}}"#).0, "overloaded");
    assert_eq!(kind(529, "{}"), ("overloaded", Remedy::Retry));
    assert_eq!(
        kind(503, r#"{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"#).1,
        Remedy::Retry
    );
    assert_eq!(kind(502, ""), ("server-error", Remedy::Retry));
    assert_eq!(kind(400, r#"{"error":{"message":"bad role"}}"#), ("bad-request", Remedy::GiveUp));
    assert_eq!(kind(501, ""), ("bad-request", Remedy::GiveUp));
    assert!(matches!(kind(401, "{}"), ("unauthorized", Remedy::Stop { .. })));
    assert!(matches!(kind(404, r#"{"error":{"message":"model `x` not found"}}"#), ("not-found", Remedy::Stop { .. })));
    let litellm = r#"{"error":{"message":"/chat/completions: Invalid model name passed in model=x. Call `/v1/models`","type":"invalid_request_error","param":null,"code":"400"}}"#;
    assert!(matches!(kind(400, litellm), ("not-found", Remedy::Stop { .. })));
    assert!(matches!(kind(429, r#"{"error":{"code":"insufficient_quota"}}"#), ("quota", Remedy::Stop { .. })));
    assert!(matches!(
        kind(400, r#"{"error":{"message":"Your credit balance is too low to"}}"#),
        ("quota", Remedy::Stop { .. })
    ));
    let inside = r#"{"error":{"type":"insufficient_quota","code":"insufficient_quota"}}"#;
    assert!(matches!(kind(500, inside), ("quota", Remedy::Stop { .. })), "in an answer of status 200");
    assert_eq!(kind(400, r#"{"error":{"code":"content_filter","message":"x"}}"#), ("refused", Remedy::Refused));
    let context =
        r#"{"error":{"code":400,"message":"request (3004 tokens) exceeds the available context size (512 tokens)"}}"#;
    assert_eq!(kind(400, context), ("bad-request", Remedy::GiveUp));
}

#[test]
fn refused_parameters_are_named_and_changed() {
    let change = |error: &str, n| judge(400, error, n, BODY).1;
    let openai = r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","param":"max_tokens","code":"unsupported_parameter"}}"#;
    assert_eq!(change(openai, 1), Remedy::Adapt(Change::MaxCompletionTokens));
    let temperature = r#"{"error":{"message":"Unsupported value: 'temperature' does not support 0.8 with this model. Only the default (1) value is supported.","param":"temperature","code":"unsupported_value"}}"#;
    assert_eq!(change(temperature, 1), Remedy::Adapt(Change::Drop("temperature")));
    let pydantic =
        r#"{"detail":[{"type":"extra_forbidden","loc":["body","min_p"],"msg":"Extra inputs are not permitted"}]}"#;
    assert_eq!(change(pydantic, 1), Remedy::Adapt(Change::Drop("min_p")));
    let seed = r#"{"error":{"message":"property 'seed' is unsupported"}}"#;
    assert_eq!(change(seed, 1), Remedy::Adapt(Change::Drop("seed")));
    let range = r#"{"error":{"message":"temperature must be between 0 and 2","param":"temperature"}}"#;
    assert_eq!(change(range, 1), Remedy::GiveUp);
    let allowed = r#"{"error":{"message":"You are not allowed to request logprobs from this model"}}"#;
    assert_eq!(judge(403, allowed, 1, BODY).1, Remedy::Adapt(Change::Drop("logprobs")));
    assert!(matches!(judge(403, r#"{"error":{"message":"not allowed"}}"#, 1, BODY).1, Remedy::Stop { .. }));
    let forbidden =
        r#"{"detail":[{"type":"extra_forbidden","loc":["body","max_tokens"],"msg":"Extra inputs are not permitted"}]}"#;
    assert_eq!(change(forbidden, 1), Remedy::Adapt(Change::MaxCompletionTokens));
    let absent = r#"{"error":{"message":"Unsupported parameter: 'top_p'"}}"#;
    assert_eq!(change(absent, 1), Remedy::GiveUp);
}

#[test]
fn a_limit_on_n_is_read_from_the_message() {
    let change = |error: &str| judge(400, error, 8, BODY).1;
    let llama = r#"{"error":{"code":400,"message":"Field 'n': Value must be between 1 <= value <= 4, but got 8","type":"invalid_request_error"}}"#;
    assert_eq!(change(llama), Remedy::Adapt(Change::LimitN(4)));
    let old = r#"{"error":{"message":"Only one completion choice is allowed"}}"#;
    assert_eq!(change(old), Remedy::Adapt(Change::LimitN(1)));
    let groq = r#"{"error":{"message":"'n' : number must be at most 1"}}"#;
    assert_eq!(change(groq), Remedy::Adapt(Change::LimitN(1)));
    for (said, limit) in [
        ("n must be 1 when using greedy sampling, got 8.", 1),
        ("n must be at most 2, got 8", 2),
        ("n>1 is not supported yet", 1),
        ("parameter n should be 1", 1),
    ] {
        let flat = format!(r#"{{"object":"error","message":"{said}","type":"BadRequestError","code":400}}"#);
        assert_eq!(change(&flat), Remedy::Adapt(Change::LimitN(limit)), "{said}");
    }
    assert_eq!(change(r#"{"error":{"message":"I don't know what one must ask; tokens = 5"}}"#), Remedy::GiveUp);
    assert_eq!(judge(500, old, 8, BODY).1, Remedy::Adapt(Change::LimitN(1)));
    assert_eq!(judge(400, llama, 1, BODY).1, Remedy::GiveUp);
}

#[test]
fn a_change_is_made_once() {
    let mut adapted = Adapted::default();
    assert!(Change::LimitN(4).apply(&mut adapted) && !Change::LimitN(4).apply(&mut adapted));
    assert!(Change::LimitN(1).apply(&mut adapted));
    assert!(Change::MaxCompletionTokens.apply(&mut adapted) && !Change::MaxCompletionTokens.apply(&mut adapted));
    assert!(Change::MaxTokens.apply(&mut adapted) && !Change::MaxTokens.apply(&mut adapted));
    assert!(Change::Drop("seed").apply(&mut adapted) && !Change::Drop("seed").apply(&mut adapted));
    assert_eq!(
        adapted.describe(),
        serde_json::json!({"seed": "refused by the server, not sent", "n": "at most 1 a request"})
    );
}
