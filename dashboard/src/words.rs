//! The answer in words: may I stop now, and what do I have?

use std::fmt::Write as _;

use crate::snapshot::{RunState, Snapshot, Summary};
use crate::text::{count, duration, percent};

/// How the answer is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing to say yet.
    Early,
    /// More samples would help.
    GoOn,
    /// The numbers do not say.
    Open,
    /// More samples would hardly help.
    Enough,
    /// It is over.
    Over,
}

/// The first words, which answer "may I stop now?", and how to read them.
#[must_use]
pub fn answer(snapshot: &Snapshot) -> (Verdict, String) {
    let summary = &snapshot.summary;
    let doubling = summary.doubling.map(|(gain, error)| {
        let words = format!("one more doubling is predicted to add {:.1} ± {:.1} points", gain * 100.0, error * 100.0);
        let verdict = match () {
            () if gain + 2.0 * error < 0.01 => Verdict::Enough,
            () if gain - error >= 0.01 => Verdict::GoOn,
            () => Verdict::Open,
        };
        (verdict, words)
    });
    match (snapshot.run.state, doubling) {
        (RunState::Empty, _) => (Verdict::Early, "No run yet.".to_owned()),
        (RunState::Finished, Some((_, words))) => (Verdict::Over, format!("Finished; {words}.")),
        (RunState::Finished, None) => (Verdict::Over, "Finished.".to_owned()),
        (RunState::Failed, _) => {
            let reason = snapshot.run.reason.as_deref().unwrap_or("see the events");
            (Verdict::Over, format!("Failed: {reason}. What is stored is safe; the same command goes on."))
        }
        (RunState::Lost, _) => (
            Verdict::Over,
            "The process that wrote this run is gone; `nbest run` with the same file goes on.".to_owned(),
        ),
        (RunState::Stopped, None) => (Verdict::Over, "Stopped; the same command goes on.".to_owned()),
        (RunState::Stopped, Some((_, words))) => {
            (Verdict::Over, format!("Stopped; the same command goes on: {words}."))
        }
        (_, None) => (Verdict::Early, "Too early to say.".to_owned()),
        (_, Some((Verdict::Enough, words))) => (Verdict::Enough, format!("You may stop: {words}.")),
        (_, Some((Verdict::GoOn, words))) => (Verdict::GoOn, format!("Worth going on: {words}.")),
        (_, Some((_, words))) => (Verdict::Open, format!("Not clear yet: {words}.")),
    }
}

/// What there is: coverage, what selection gets, how much of what is accepted is wrong, where to stop.
#[must_use]
pub fn have(summary: &Summary) -> String {
    let Some(coverage) = summary.coverage else { return "No judged samples yet.".to_owned() };
    let mut parts = vec![format!("coverage {}{} at N = {}", percent(Some(coverage.value)), range(coverage), summary.n)];
    if let Some(first) = summary.first_pass {
        parts.push(format!("first-pass gets {}", percent(Some(first.value))));
    }
    if let Some(wrong) = summary.false_discovery {
        parts.push(one_in(wrong));
    }
    if let Some(stop) = summary.stop_at {
        let beyond = if stop.censored { " or more" } else { "" };
        parts.push(match stop.k {
            0 => format!("at cost {} do not sample at all", plain(stop.cost)),
            k => format!("at cost {} stop at K = {k}{beyond}", plain(stop.cost)),
        });
    }
    let mut sentence = parts.join("; ");
    if let Some(first) = sentence.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    sentence + "."
}

/// What there is, or what it waits for.
#[must_use]
pub fn so_far(snapshot: &Snapshot) -> String {
    if snapshot.summary.coverage.is_some() { have(&snapshot.summary) } else { nothing_yet(snapshot).to_owned() }
}

fn nothing_yet(snapshot: &Snapshot) -> &'static str {
    let progress = &snapshot.progress;
    match snapshot.run.state {
        RunState::Empty => "Waiting for the first samples.",
        _ if snapshot.problems.is_empty() && progress.samples_done > 0 => "Reading the stored samples ...",
        _ if progress.samples_done == 0 => "No samples yet.",
        _ if progress.verdicts_done == 0 => "No verdicts yet: what is right is not known.",
        _ if snapshot.summary.n == 0 => "Too few verdicts yet: some problem has none.",
        _ => "No oracle has spoken yet.",
    }
}

fn range(estimate: crate::snapshot::Estimate) -> String {
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => format!(" ({:.1}–{:.1})", low * 100.0, high * 100.0),
        _ => String::new(),
    }
}

fn one_in(wrong: f64) -> String {
    if wrong <= 0.0 {
        return "none of the accepted is wrong".to_owned();
    }
    let every = 1.0 / wrong;
    if every >= 1.5 {
        format!("1 in {every:.0} accepted is wrong")
    } else {
        format!("{:.0} % of the accepted is wrong", wrong * 100.0)
    }
}

fn plain(value: f64) -> String {
    if (value - value.round()).abs() < 1e-9 { format!("{value:.0}") } else { format!("{value}") }
}

/// One line for where there is no terminal.
#[must_use]
pub fn progress_line(snapshot: &Snapshot) -> String {
    let progress = &snapshot.progress;
    let mut line = format!(
        "{} {}: {}/{} samples, {}/{} verdicts",
        snapshot.run.name,
        snapshot.run.state.as_str(),
        count(progress.samples_done),
        count(progress.samples_total),
        count(progress.verdicts_done),
        count(progress.verdicts_total),
    );
    if let Some(coverage) = snapshot.summary.coverage {
        let _ = write!(line, ", coverage {} at N = {}", percent(Some(coverage.value)), snapshot.summary.n);
    }
    if let Some(left) = progress.left {
        let _ = write!(line, ", {} left", duration(left));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Estimate, StopAt};

    fn summary() -> Summary {
        Summary {
            n: 64,
            problems: 164,
            coverage: Some(Estimate { value: 0.71, low: Some(0.64), high: Some(0.78) }),
            first_pass: Some(Estimate { value: 0.58, low: None, high: None }),
            false_discovery: Some(0.19),
            stop_at: Some(StopAt { cost: 2.0, k: 9, censored: false }),
            doubling: Some((0.021, 0.008)),
            ..Summary::default()
        }
    }

    #[test]
    fn what_there_is() {
        assert_eq!(
            have(&summary()),
            "Coverage 71.0 % (64.0–78.0) at N = 64; first-pass gets 58.0 %; 1 in 5 accepted is wrong; at cost 2 stop at K = 9."
        );
        assert_eq!(so_far(&Snapshot::default()), "Waiting for the first samples.");
    }

    #[test]
    fn may_i_stop() {
        let mut snapshot = Snapshot { summary: summary(), ..Snapshot::default() };
        snapshot.run.state = RunState::Running;
        assert_eq!(answer(&snapshot).0, Verdict::GoOn);
        assert!(answer(&snapshot).1.contains("2.1 ± 0.8 points"));
        snapshot.summary.doubling = Some((0.001, 0.001));
        assert_eq!(answer(&snapshot).0, Verdict::Enough);
        snapshot.summary.doubling = Some((0.01, 0.01));
        assert_eq!(answer(&snapshot).0, Verdict::Open);
        snapshot.summary.doubling = None;
        assert_eq!(answer(&snapshot).0, Verdict::Early);
    }

    #[test]
    fn rates_in_words() {
        assert_eq!(one_in(0.0), "none of the accepted is wrong");
        assert_eq!(one_in(0.9), "90 % of the accepted is wrong");
        assert_eq!(one_in(0.5), "1 in 2 accepted is wrong");
    }
}
