use super::*;

fn split_everywhere(text: &str) -> Vec<Vec<String>> {
    let read = |pieces: &[&[u8]]| {
        let mut events = Events::default();
        let mut got = Vec::new();
        for piece in pieces {
            let taken = events.push(piece, |data, _| {
                got.push(String::from_utf8(data.to_vec()).unwrap());
                Ok::<(), WireError>(())
            });
            taken.unwrap();
        }
        got
    };
    let bytes = text.as_bytes();
    (0..=bytes.len()).map(|at| read(&[&bytes[..at], &bytes[at..]])).collect()
}

#[test]
fn events_are_whole_wherever_the_network_cuts_them() {
    let text = ": comment\n\ndata: one\n\nevent: x\ndata:two\ndata: more\n\nid: 3\r\ndata: é\r\n\r\ndata: four\r\rdata: unfinished\n";
    for got in split_everywhere(text) {
        assert_eq!(got, ["one", "two\nmore", "é", "four"]);
    }
}

fn assemble(wire: Wire, events: &[&str]) -> Result<Option<Reply>, StreamError> {
    let mut assembly = Assembly::new(wire);
    for event in events {
        assembly.push(format!("data: {event}\n\n").as_bytes(), Duration::from_millis(5))?;
    }
    Ok(assembly.finish())
}

#[test]
fn interleaved_choices_with_usage_each_as_llama_cpp_sends_them() {
    let chunks = [
        r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":null},"finish_reason":null}]}"#,
        r#"{"choices":[{"index":1,"delta":{"role":"assistant","content":null},"finish_reason":null}]}"#,
        r#"{"choices":[{"index":1,"delta":{"content":"b"},"finish_reason":null}]}"#,
        r#"{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}"#,
        r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
        r#"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}"#,
        r#"{"choices":[{"index":1,"delta":{"content":"bb"},"finish_reason":null}]}"#,
        r#"{"choices":[{"index":1,"delta":{},"finish_reason":"length"}]}"#,
        r#"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":32}}"#,
        "[DONE]",
    ];
    let reply = assemble(Wire::Chat, &chunks).unwrap().unwrap();
    let got: Vec<_> = reply.choices.iter().map(|c| (c.text.as_str(), c.usage.unwrap().completion)).collect();
    assert_eq!(got, [("a", Some(3)), ("bbb", Some(32))]);
}

#[test]
fn reasoning_is_kept_apart_and_one_total_stays_a_total() {
    let chunks = [
        r#"{"choices":[{"index":0,"delta":{"reasoning_content":"hm"}}]}"#,
        r#"{"choices":[{"index":1,"delta":{"reasoning":"so","content":""}}]}"#,
        r#"{"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"},{"index":1,"delta":{"content":"y"},"finish_reason":"stop"}]}"#,
        r#"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":30}}"#,
        "[DONE]",
    ];
    let reply = assemble(Wire::Chat, &chunks).unwrap().unwrap();
    assert_eq!(reply.choices[0].reasoning.as_deref(), Some("hm"));
    assert_eq!((reply.choices[1].reasoning.as_deref(), reply.choices[1].text.as_str()), (Some("so"), "y"));
    assert!(reply.choices.iter().all(|choice| choice.usage.is_none()));
    assert_eq!(reply.usage.unwrap().completion, Some(30));
}

#[test]
fn a_stream_without_an_end_is_no_sample() {
    let cut = [r#"{"choices":[{"index":0,"text":"half","finish_reason":null}]}"#];
    assert_eq!(assemble(Wire::Completions, &cut), Ok(None));
    assert_eq!(assemble(Wire::Completions, &[]), Ok(None));
    let no_marker = [r#"{"choices":[{"index":0,"text":"all","finish_reason":"stop"}]}"#];
    assert_eq!(assemble(Wire::Completions, &no_marker).unwrap().unwrap().choices[0].text, "all");
    let started = r#"{"type":"message_start","message":{"usage":{"input_tokens":1}}}"#;
    assert_eq!(assemble(Wire::Messages, &[started]), Ok(None));
}

#[test]
fn errors_in_mid_stream_are_errors() {
    for (wire, event) in [
        (Wire::Chat, r#"{"error":{"message":"slot lost","code":500}}"#),
        (Wire::Chat, r#"{"error":"gone"}"#),
        (Wire::Completions, r#"{"object":"error","message":"flat","code":400}"#),
        (Wire::Messages, r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#),
    ] {
        assert_eq!(assemble(wire, &[event]), Err(StreamError::Reported(event.as_bytes().to_vec())));
    }
    assert!(matches!(assemble(Wire::Chat, &["{"]), Err(StreamError::Wire(WireError::Malformed(_)))));
}

#[test]
fn anthropic_events_make_one_answer() {
    let events = [
        r#"{"type":"message_start","message":{"model":"claude","usage":{"input_tokens":9,"cache_read_input_tokens":4,"output_tokens":1}}}"#,
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"well"}}"#,
        r#"{"type":"ping"}"#,
        r#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"42"}}"#,
        r#"{"type":"message_delta","delta":{"stop_reason":"max_tokens","stop_sequence":null},"usage":{"output_tokens":15}}"#,
        r#"{"type":"message_stop"}"#,
    ];
    let reply = assemble(Wire::Messages, &events).unwrap().unwrap();
    let choice = &reply.choices[0];
    assert_eq!((choice.text.as_str(), choice.reasoning.as_deref()), ("42", Some("well")));
    assert_eq!(choice.finish_reason.as_deref(), Some("max_tokens"));
    let usage = reply.usage.unwrap();
    assert_eq!((usage.prompt, usage.cached, usage.completion), (Some(13), Some(4), Some(15)));
    assert_eq!(reply.model.as_deref(), Some("claude"));
}
