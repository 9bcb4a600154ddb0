//! What is sent, and what no more.

use verifiers::model::Halt;

use super::*;

/// Many requests at once.
async fn crowd(model: &Arc<dyn Model>, count: u32, n: u32) -> Vec<Response> {
    let running: FuturesUnordered<_> = (0..count)
        .map(|i| {
            let model = Arc::clone(model);
            async move { model.generate(&request(n, n * i)).await }
        })
        .collect();
    running.collect().await
}

#[tokio::test]
async fn a_refused_parameter_costs_one_request_of_a_crowd() {
    let refused = ["temperature", "seed"].map(str::to_owned).to_vec();
    let server = simulator(|o| (o.quirks.refused, o.quirks.n_limit) = (refused, Some(1))).await;
    let model = model(&spec(Api::OpenaiChat, &server.base_url()));
    let responses = crowd(&model, 64, 2).await;
    assert!(responses.iter().all(|response| texts(response).len() == 2));
    let words: Vec<&str> = responses.iter().flat_map(|response| results(&response.attempts)).collect();
    assert_eq!(words.iter().filter(|word| **word != "ok").count(), 3, "{words:?}");
    assert_eq!((words.len() as u64, server.requests()), (131, 131));
}

#[tokio::test]
async fn requests_that_wait_are_dropped_when_nothing_is_sent_any_more() {
    let server = simulator(|_| ()).await;
    let mut spec = spec(Api::OpenaiChat, &server.base_url());
    spec.limits.requests_per_minute = Some(1.0);
    let model = model(&spec);
    let first = model.generate(&request(1, 0)).await;
    assert_eq!(texts(&first).len(), 1);
    let (responses, ()) = tokio::join!(crowd(&model, 8, 1), async {
        tokio::task::yield_now().await;
        model.halt(Halt::Unsent);
    });
    for response in &responses {
        assert!(response.error == Some(ModelError::Cancelled) && response.attempts.is_empty(), "{response:?}");
    }
    assert_eq!((responses.len(), server.requests()), (8, 1));
}

#[tokio::test]
async fn a_request_that_would_be_sent_again_is_not_and_its_attempt_is_kept() {
    let wait = Duration::from_secs(100);
    let server = simulator(|o| o.faults = Faults { rate_limited: 1.0, retry_after: wait, ..Faults::default() }).await;
    let model = model(&spec(Api::OpenaiChat, &server.base_url()));
    let (responses, ()) = tokio::join!(crowd(&model, 1, 1), async {
        while model.gauges().rate_limited == 0 {
            tokio::task::yield_now().await;
        }
        model.halt(Halt::Unsent);
    });
    assert_eq!(results(&responses[0].attempts), ["rate-limited"]);
    assert_eq!(responses[0].error, Some(ModelError::Cancelled));
}

#[tokio::test]
async fn what_is_under_way_is_waited_for_until_it_is_broken_off_as_well() {
    // the server says nothing
    let url = by_hand(|_| (String::new(), true)).await;
    let model = model(&spec(Api::OpenaiChat, &url));
    let (responses, ()) = tokio::join!(crowd(&model, 2, 1), async {
        while model.gauges().in_flight == 0 {
            tokio::task::yield_now().await;
        }
        model.halt(Halt::Unsent);
        for _ in 0..100 {
            tokio::task::yield_now().await;
            assert_eq!(model.gauges().in_flight, 1);
        }
        model.halt(Halt::All);
    });
    let mut words: Vec<_> = responses.iter().map(|response| results(&response.attempts)).collect();
    words.sort();
    assert_eq!(words, [vec![], vec!["cancelled"]], "one was sent, one waited for its answer");
    assert!(responses.iter().all(|response| response.error == Some(ModelError::Cancelled)));
}
