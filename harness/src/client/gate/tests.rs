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

#[tokio::test]
async fn never_more_than_the_ceiling_and_the_next_waits_for_a_place() {
    let gate = gate(1, 2);
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
    let gate = gate(2, 10);
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
    let gate = gate(1, 8);
    let now = Instant::now();
    let limited = Health::RateLimited(Some(Duration::from_secs(7)));
    let permit = held(&gate, now).unwrap();
    note(&gate, &permit, now, &limited);
    assert!(held(&gate, now).is_some());
    note(&gate, &permit, now, &limited);
    assert!(held(&gate, now + Duration::from_secs(6)).is_none());
    assert!(held(&gate, now + Duration::from_secs(7)).is_some());
}
