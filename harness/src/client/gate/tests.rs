use super::*;

fn gate(count: usize, max: usize) -> Arc<Gate> {
    let names: Vec<_> = (0..count).map(|i| format!("e{i}")).collect();
    Arc::new(Gate::new(&names, max, Duration::from_secs(30)))
}

const GOOD: Health = Health::Good { latency: Duration::from_millis(100), tokens: 10 };

fn held(gate: &Arc<Gate>, now: Instant) -> Option<Permit> {
    let endpoint = gate.lock().take(now, None)?;
    Some(Permit { gate: Arc::clone(gate), endpoint })
}

fn note(gate: &Gate, permit: &Permit, now: Instant, health: &Health) {
    gate.lock().slots[permit.endpoint].note(now, health);
}

/// A gate whose endpoints have answered before.
fn proven(count: usize, max: usize) -> Arc<Gate> {
    let gate = gate(count, max);
    let now = Instant::now();
    let tried: Vec<_> = (0..count).map(|_| held(&gate, now).unwrap()).collect();
    tried.iter().for_each(|permit| note(&gate, permit, now, &GOOD));
    gate
}

#[tokio::test]
async fn never_more_than_the_ceiling_and_the_next_waits_for_a_place() {
    let gate = proven(1, 2);
    let first = gate.acquire(None).await.unwrap();
    let _second = gate.acquire(None).await.unwrap();
    assert!(held(&gate, Instant::now()).is_none());
    let waiting = tokio::spawn({
        let gate = Arc::clone(&gate);
        async move { gate.acquire(None).await.map(|permit| permit.endpoint) }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    drop(first);
    assert_eq!(waiting.await.unwrap(), Ok(0));
    assert_eq!(gate.load(), (1, 2));
    gate.set_max(1);
    assert!(held(&gate, Instant::now()).is_none());
}

#[tokio::test]
async fn who_gives_up_waiting_leaks_no_place() {
    let gate = gate(1, 1);
    for round in 0..50 {
        let held = gate.acquire(None).await.unwrap();
        let waiting = tokio::spawn({
            let gate = Arc::clone(&gate);
            async move { drop(gate.acquire(None).await) }
        });
        tokio::task::yield_now().await;
        if round % 2 == 0 {
            waiting.abort();
            drop(held);
        } else {
            drop(held);
            waiting.abort();
        }
        let _ = waiting.await;
    }
    assert_eq!(gate.load().0, 0);
    assert!(gate.acquire(None).await.is_ok());
}

#[tokio::test]
async fn load_is_shared_and_a_failing_endpoint_avoided() {
    let gate = proven(2, 10);
    let mut permits = Vec::new();
    for _ in 0..6 {
        permits.push(gate.acquire(None).await.unwrap());
    }
    assert_eq!(permits.iter().filter(|permit| permit.endpoint == 0).count(), 3);
    drop(permits);
    for _ in 0..4 {
        assert_eq!(gate.acquire(Some(0)).await.unwrap().endpoint, 1);
    }
}

#[test]
fn a_circuit_opens_probes_closes_or_gives_up() {
    let gate = gate(1, 8);
    let refused = Health::Unreachable("refused".to_owned());
    let mut now = Instant::now();
    let permit = held(&gate, now).unwrap();
    note(&gate, &permit, now, &GOOD);
    (0..3).for_each(|_| note(&gate, &permit, now, &refused));
    drop(permit);
    assert_eq!(gate.load(), (0, 1));
    assert!(gate.trouble().unwrap().contains("is down (refused)"));
    assert!(held(&gate, now).is_none());
    now += FIRST_BREAK;
    let probe = held(&gate, now).unwrap();
    assert!(held(&gate, now).is_none(), "one probe at a time");
    note(&gate, &probe, now, &GOOD);
    drop(probe);
    assert!(gate.load().1 > 1 && gate.trouble().is_none());

    let permit = held(&gate, now).unwrap();
    (0..3).for_each(|_| note(&gate, &permit, now, &refused));
    drop(permit);
    let since = now;
    let mut probes = 0;
    let down = loop {
        now += Duration::from_millis(100);
        if let Err(down) = gate.check_down(&gate.lock(), now) {
            break down;
        }
        if let Some(probe) = held(&gate, now) {
            note(&gate, &probe, now, &refused);
            probes += 1;
        }
    };
    assert!(now - since >= Duration::from_secs(30) && down.message == "refused", "{down:?}");
    assert!((4..12).contains(&probes), "breaks grow: {probes} probes");
}

#[test]
fn two_refusals_in_a_row_pause_all_requests() {
    let gate = proven(1, 8);
    let now = Instant::now();
    let limited = Health::RateLimited(Some(Duration::from_secs(7)));
    let permit = held(&gate, now).unwrap();
    note(&gate, &permit, now, &limited);
    assert!(held(&gate, now).is_some());
    note(&gate, &permit, now, &limited);
    assert!(held(&gate, now + Duration::from_secs(6)).is_none());
    assert!(held(&gate, now + Duration::from_secs(7)).is_some());
}

#[test]
fn one_request_goes_ahead_until_an_endpoint_has_answered() {
    let gate = gate(2, 64);
    let now = Instant::now();
    let pair = || [held(&gate, now).unwrap(), held(&gate, now).unwrap()];
    for health in [Health::Neutral, Health::RateLimited(None), Health::Failing("boom".to_owned())] {
        let tried = pair();
        assert!(tried[0].endpoint != tried[1].endpoint && held(&gate, now).is_none(), "one for each endpoint");
        tried.iter().for_each(|permit| note(&gate, permit, now, &health));
    }
    let tried = pair();
    note(&gate, &tried[0], now, &GOOD);
    let more: Vec<_> = std::iter::from_fn(|| held(&gate, now)).collect();
    assert!(more.len() >= 8 && more.iter().all(|permit| permit.endpoint == tried[0].endpoint));
}

#[test]
fn what_takes_its_time_or_is_refused_again_and_again_holds_the_others_up_no_longer() {
    let now = Instant::now();
    let slow = gate(1, 64);
    let first = held(&slow, now).unwrap();
    assert!(held(&slow, now + TRIAL_TIME / 2).is_none());
    assert!(held(&slow, now + TRIAL_TIME).is_some());
    drop(first);

    let strict = gate(1, 64);
    for _ in 0..TRIALS {
        let permit = held(&strict, now).unwrap();
        assert!(held(&strict, now).is_none());
        note(&strict, &permit, now, &Health::Neutral);
    }
    let together: Vec<_> = (0..8).map_while(|_| held(&strict, now)).collect();
    assert_eq!(together.len(), 8);
}

/// Keeps all places taken for a while, 100 ms a request; how many requests each endpoint answered. Endpoint 1 gives `health`.
fn shares(gate: &Arc<Gate>, from: Instant, seconds: u32, health: &Health) -> [u32; 2] {
    let mut answered = [0, 0];
    for step in 0..seconds * 10 {
        let now = from + Duration::from_millis(100) * step;
        let permits: Vec<_> = std::iter::from_fn(|| held(gate, now)).collect();
        for permit in permits {
            let health = if permit.endpoint == 1 { health } else { &GOOD };
            note(gate, &permit, now, health);
            answered[permit.endpoint] += u32::from(*health == GOOD);
        }
    }
    answered
}

#[test]
fn an_endpoint_that_was_away_gets_its_share_back() {
    let minute = |number: u32| Duration::from_mins(1) * number;
    for trouble in [
        Health::Unreachable("refused".to_owned()),
        Health::Failing("bad gateway".to_owned()),
        Health::Overloaded(Some(Duration::from_secs(1))),
        Health::RateLimited(Some(Duration::from_secs(1))),
    ] {
        let (gate, start) = (gate(2, 64), Instant::now());
        let before = shares(&gate, start, 60, &GOOD);
        assert!(before[1] * 100 >= before[0] * 95, "{before:?}");
        let during = shares(&gate, start + minute(1), 60, &trouble);
        assert!(during[1] == 0 && during[0] * 100 >= before[0] * 180, "{during:?}");
        shares(&gate, start + minute(2), 10, &GOOD);
        let after = shares(&gate, start + minute(3), 60, &GOOD);
        assert!(
            after[1] * 100 >= after[0] * 95 && after[0] + after[1] >= before[0] + before[1],
            "{trouble:?} {after:?}"
        );
    }
}
