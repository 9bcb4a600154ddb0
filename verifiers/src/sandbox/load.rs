//! Time limits on a busy machine: waiting for a processor is not the program's fault.

use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant};

use super::Sandbox;

/// CPU time used and time spent waiting for a processor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Scheduled {
    /// On a processor.
    pub(crate) ran: Duration,
    /// Ready to run, but waiting.
    pub(crate) waited: Duration,
}

/// The process id here of the process behind a pidfd; `None` when it is gone.
pub(crate) fn process_id(pidfd: &impl AsFd) -> Option<u32> {
    let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", pidfd.as_fd().as_raw_fd())).ok()?;
    info.lines().find_map(|l| l.strip_prefix("Pid:")).and_then(|p| p.trim().parse().ok())
}

/// The times of one process, all its threads together.
pub(crate) fn scheduled(pid: u32) -> Option<Scheduled> {
    let mut sum = Scheduled::default();
    for task in std::fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten() {
        let Ok(text) = std::fs::read_to_string(task.path().join("schedstat")) else { continue };
        let mut numbers = text.split_whitespace().map_while(|w| w.parse().ok().map(Duration::from_nanos));
        sum.ran += numbers.next()?;
        // threads wait side by side: the longest counts
        sum.waited = sum.waited.max(numbers.next()?);
    }
    Some(sum)
}

/// All processes below this one, itself left out.
pub(crate) fn descendants(pid: u32) -> Vec<u32> {
    let (mut all, mut next) = (Vec::new(), vec![pid]);
    while let Some(pid) = next.pop() {
        let Ok(tasks) = std::fs::read_dir(format!("/proc/{pid}/task")) else { continue };
        for task in tasks.flatten() {
            let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
            let children = children.split_whitespace().filter_map(|w| w.parse::<u32>().ok());
            next.extend(children.clone());
            all.extend(children);
        }
        if all.len() > 4096 {
            break;
        }
    }
    all
}

/// Memory in use by these processes together, bytes.
pub(crate) fn resident(processes: &[u32]) -> u64 {
    let one = |pid: &u32| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
        // resident less shared, in pages
        let mut words = text.split_whitespace().skip(1).map_while(|w| w.parse::<u64>().ok());
        Some(words.next()?.saturating_sub(words.next()?))
    };
    processes.iter().filter_map(one).sum::<u64>() * rustix::param::page_size() as u64
}

/// A process that gets no processor is given up after so many times its limit.
const STARVED_MOST: u32 = 10;

/// How much longer a process may go on that has used `wall` of its `limit`: `None` when its time is over.
pub(crate) fn remaining(scheduled: Scheduled, wall: Duration, limit: Duration) -> Option<Duration> {
    if wall >= limit * STARVED_MOST || scheduled.ran >= limit {
        return None;
    }
    let left = limit.checked_sub(wall.saturating_sub(scheduled.waited))?;
    (left > Duration::from_millis(1)).then_some(left)
}

/// The same for everything in a sandbox.
pub(super) fn more_time(sandbox: &Sandbox, begin: Instant, limit: Duration) -> Option<Duration> {
    let all = descendants(process_id(&sandbox.gone())?);
    let mut sum = Scheduled::default();
    for one in all.into_iter().filter_map(scheduled) {
        sum.ran += one.ran;
        sum.waited = sum.waited.max(one.waited);
    }
    remaining(sum, begin.elapsed(), limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn waiting_for_a_processor_is_given_back() {
        let starved = Scheduled { ran: SECOND / 2, waited: SECOND / 2 };
        assert_eq!(remaining(starved, SECOND, SECOND), Some(SECOND / 2));
    }

    #[test]
    fn sleeping_and_spinning_use_time_up() {
        assert_eq!(remaining(Scheduled::default(), SECOND, SECOND), None);
        assert_eq!(remaining(Scheduled { ran: SECOND, waited: SECOND }, SECOND * 2, SECOND), None);
        assert_eq!(remaining(Scheduled { ran: SECOND / 2, waited: SECOND * 10 }, SECOND * 10, SECOND), None);
    }

    #[test]
    fn this_process_can_be_measured() {
        let me = std::process::id();
        assert!(scheduled(me).is_some_and(|s| s.ran > Duration::ZERO));
        assert!(resident(&[me]) > 0);
    }
}
