//! What the dashboard costs on a store of 1,000,000 samples of 5,000 problems, against what was promised.
//!
//! `cargo bench --bench dashboard` prints one line a measurement: the time or share, and the promise. The first call makes
//! the store (in the target folder) and takes a minute or two; `NBEST_BENCH_SAMPLES` makes it smaller. `-- run` measures only
//! what it costs a run.

mod frames;
mod screen;
mod store;

use std::error::Error;
use std::io::Write as _;
use std::time::Duration;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let samples = std::env::var("NBEST_BENCH_SAMPLES").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if std::env::args().any(|word| word == "run") {
        return screen::throughput(&runtime);
    }
    let path = runtime.block_on(store::made(samples))?;
    say(&format!("{samples} samples of {} problems, two verdicts each", store::PROBLEMS))?;
    frames::measure(&runtime, &path)?;
    screen::measure(&runtime, &path)?;
    screen::throughput(&runtime)
}

fn say(line: &str) -> Outcome<()> {
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

/// Median and 99th percentile.
fn middle_and_tail(times: &mut [Duration]) -> (Duration, Duration) {
    times.sort();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}
