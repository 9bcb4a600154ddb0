//! How long a frame takes on a run of 1,000,000 samples of 5,000 problems, and how long it takes to take in a snapshot.
//!
//! `cargo bench -p dashboard --bench frame` prints one line a view: median and 99th percentile of 200 frames.

use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dashboard::app::{App, View};
use dashboard::message::Message;
use dashboard::picture;
use dashboard::snapshot::{Cell, ProblemRow, RunState, Snapshot};
use dashboard::theme::Theme;

fn problem(i: u32) -> ProblemRow {
    let cells: Vec<Cell> =
        (0..200u32).map(|s| Cell::ALL[usize::try_from((i * 31 + s * 17) % 5).unwrap_or(0)]).collect();
    ProblemRow {
        id: format!("problem/{i}").into(),
        group: None,
        samples: 200,
        distinct: 180,
        accepted: i % 200,
        correct: i * 7 % 200,
        false_positive: i % 13,
        pass_at_1: Some(f64::from(i * 7 % 200) / 200.0),
        cells: cells.into(),
    }
}

fn middle_and_tail(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout();
    let mut snapshot = Snapshot { problems: Arc::new((0..5_000).map(problem).collect()), ..Snapshot::default() };
    snapshot.run.state = RunState::Running;
    for size in [(80, 24), (300, 80)] {
        let mut app = App::new(Theme::DARK, size);
        let update = (0..50).map(|_| {
            let began = Instant::now();
            app.update(Message::Snapshot(Arc::new(snapshot.clone())));
            began.elapsed()
        });
        let (middle, tail) = middle_and_tail(update.collect());
        writeln!(out, "{}x{} take in a snapshot: {middle:?}, p99 {tail:?}", size.0, size.1)?;
        for view in View::ALL {
            app.show(view);
            let frames = (0..200).map(|_| {
                let began = Instant::now();
                std::hint::black_box(picture::frame(&app));
                began.elapsed()
            });
            let (middle, tail) = middle_and_tail(frames.collect());
            writeln!(out, "{}x{} {}: {middle:?}, p99 {tail:?}", size.0, size.1, view.title())?;
        }
    }
    Ok(())
}
