//! What one run of a program shows, and what follows from it for another suite of the same problem: EvalPlus's plus suite
//! begins with its base suite, so one run often answers both; a program that never
//! ends in the calls that both begin with is waited for once.

use std::sync::Arc;
use std::time::Duration;

use super::pool::Timed;
use super::prepared::{Call, Plan, Predicted, Prepared};
use super::worker::Judged;
use crate::domain::Status;

/// A finished run.
pub(super) struct Found {
    pub(super) prepared: Arc<Prepared>,
    /// Calls that it got right before it ended, or at least answered where tests judge.
    pub(super) right: usize,
    /// The calls that it was sent ahead of tests.
    pub(super) ahead: Option<Arc<Predicted>>,
    /// Time that it took of its limit.
    pub(super) spent: Duration,
    pub(super) judged: Judged,
    pub(super) duration: Duration,
}

impl Found {
    /// The verdict of another suite, where this run leaves no doubt.
    pub(super) fn tells(&self, other: &Prepared) -> Option<Timed> {
        let (mine, theirs) = match (&self.prepared.plan, &other.plan) {
            (Plan::Calls(mine), Plan::Calls(theirs)) => (mine, theirs),
            (Plan::Tests(_), Plan::Tests(theirs)) => return self.hangs(&theirs.predicted(), other.limit),
            _ => return None,
        };
        // more room for memory shows nothing of a run with less
        let same_room = self.prepared.roomy == other.roomy;
        if mine.rules != theirs.rules || !same_room || self.judged.status == Status::Unjudged {
            return None;
        }
        let common = common(&mine.calls, &theirs.calls);
        let in_time = self.spent <= other.limit;
        if common == theirs.calls.len() && self.right >= common && in_time {
            let judged = Judged { flaky: self.judged.flaky, ..Judged::new(Status::Pass, "") };
            return Some((judged, self.duration));
        }
        // results on their way go with a program that is killed or leaves: it may have got further than was heard of, but not
        // past the calls that went with it
        let heard = self.judged.status == Status::Fail || (self.right < mine.first_count && mine.first_count <= common);
        // a longer limit might have let it come to its end
        let ended = self.judged.status != Status::Timeout || other.limit <= self.prepared.limit;
        let same = self.judged.status != Status::Pass && self.right < common && heard && ended;
        same.then(|| (self.judged.clone(), self.duration))
    }

    /// Of tests only this is sure: a program that came to no end in its calls comes to none where the same calls are sent ahead,
    /// and others after them. In which call it hung is not known: results on their way went with it.
    fn hangs(&self, theirs: &Predicted, limit: Duration) -> Option<Timed> {
        let mine = self.ahead.as_ref()?;
        let same = mine.count == mine.first.len() && common(&mine.first, &theirs.first) == mine.count;
        let over = self.judged.status == Status::Timeout && limit <= self.prepared.limit;
        (same && over).then(|| (self.judged.clone(), self.duration))
    }
}

/// How many calls two suites begin with alike.
fn common(mine: &[Call], theirs: &[Call]) -> usize {
    mine.iter().zip(theirs).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::expected::Expected;
    use crate::program::prepared::CallsPlan;
    use crate::program::worker::Place;
    use crate::value::{Comparison, Rule, Value};

    const LIMIT: Duration = Duration::from_secs(3);

    fn prepared(calls: i64, limit: Duration) -> Arc<Prepared> {
        let calls: Vec<Call> = (0..calls).map(|i| Call::new("f", vec![Value::from_json(&i.into())])).collect();
        let mut comparison = Comparison::new(Rule::Plain, 0.0);
        let mut result = || Expected::returned(false, b"N".to_vec(), &[], &mut comparison).unwrap();
        let results = calls.iter().map(|_| result()).collect();
        let plan = CallsPlan::with_results(calls, results, 0.0, "", Place::Forked);
        Arc::new(Prepared { key: 1, plan: Plan::Calls(plan), limit, roomy: false })
    }

    fn found(calls: i64, right: usize, status: Status) -> Found {
        let judged = Judged::new(status, "why");
        let spent = if status == Status::Timeout { LIMIT } else { Duration::from_millis(5) };
        Found { prepared: prepared(calls, LIMIT), right, ahead: None, spent, judged, duration: spent }
    }

    fn told(found: &Found, calls: i64, limit: Duration) -> Option<Status> {
        found.tells(&prepared(calls, limit)).map(|(judged, _)| judged.status)
    }

    #[test]
    fn the_longer_suite_answers_the_shorter() {
        assert_eq!(told(&found(9, 9, Status::Pass), 3, LIMIT), Some(Status::Pass));
        assert_eq!(told(&found(9, 5, Status::Fail), 3, LIMIT), Some(Status::Pass));
        assert_eq!(told(&found(9, 2, Status::Fail), 3, LIMIT), Some(Status::Fail));
        assert_eq!(told(&found(9, 2, Status::Error), 7, LIMIT), Some(Status::Error), "the first six go together");
        assert_eq!(told(&found(9, 3, Status::Timeout), 3, LIMIT), Some(Status::Pass), "at its limit, not over it");
        assert_eq!(told(&found(9, 9, Status::Pass), 3, Duration::from_millis(1)), None, "too slow for the other limit");
    }

    #[test]
    fn a_program_that_was_killed_may_have_got_further_than_was_heard_of() {
        for status in [Status::Error, Status::Timeout, Status::Limit] {
            assert_eq!(told(&found(20, 2, status), 3, LIMIT), None, "the first six went together");
            assert_eq!(told(&found(20, 8, status), 12, LIMIT), None, "the others did");
        }
    }

    #[test]
    fn a_run_with_more_room_for_memory_tells_nothing() {
        let roomy = Prepared { roomy: true, ..Arc::into_inner(prepared(3, LIMIT)).unwrap() };
        assert!(found(9, 9, Status::Pass).tells(&roomy).is_none());
    }

    #[test]
    fn the_shorter_suite_answers_the_longer_only_where_it_failed() {
        assert_eq!(told(&found(3, 3, Status::Pass), 9, LIMIT), None);
        assert_eq!(told(&found(3, 1, Status::Fail), 9, LIMIT), Some(Status::Fail));
        assert_eq!(told(&found(3, 0, Status::Timeout), 9, LIMIT), Some(Status::Timeout));
        assert_eq!(told(&found(3, 0, Status::Timeout), 9, LIMIT * 2), None, "it has more time there");
        assert_eq!(told(&found(3, 0, Status::Unjudged), 9, LIMIT), None);
    }

    #[test]
    fn of_tests_only_those_are_answered_that_make_all_the_calls_of_the_program_that_hung() {
        let predicted = |calls: i64| {
            let first: Vec<Call> = (0..calls).map(|i| Call::new("f", vec![Value::from_json(&i.into())])).collect();
            Predicted { count: first.len(), first, ..Predicted::default() }
        };
        let hung = Found { ahead: Some(Arc::new(predicted(3))), ..found(3, 0, Status::Timeout) };
        let told = |calls, limit| hung.hangs(&predicted(calls), limit).map(|(judged, _)| judged.status);
        assert_eq!(told(9, LIMIT), Some(Status::Timeout));
        assert_eq!(told(9, LIMIT * 2), None, "it has more time there");
        assert_eq!(told(2, LIMIT), None, "it may have hung in the third call, though nothing was heard of the others");
    }
}
