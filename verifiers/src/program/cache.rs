//! The problems of an engine, each worked out once by whoever comes first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, TryLockError};

use super::prepared::Prepared;
use crate::domain::Problem;

type Once = Mutex<Option<Result<Arc<Prepared>, String>>>;

/// A problem's place in the cache.
pub(super) struct Slot {
    /// Held so that its address stays its own.
    pub(super) problem: Arc<Problem>,
    /// The suite that is asked for.
    pub(super) tests: Option<Arc<str>>,
    pub(super) digest: OnceLock<[u8; 32]>,
    pub(super) once: Once,
}

impl Slot {
    /// Whether it has been worked out.
    fn is_settled(&self) -> bool {
        match self.once.try_lock() {
            Ok(once) => once.is_some(),
            Err(TryLockError::Poisoned(once)) => once.into_inner().is_some(),
            Err(TryLockError::WouldBlock) => false,
        }
    }

    /// The problem, where it is ready.
    pub(super) fn ready(&self) -> Option<Arc<Prepared>> {
        self.once.lock().unwrap_or_else(PoisonError::into_inner).as_ref()?.as_ref().ok().cloned()
    }
}

/// All problems that were seen, by their address, with the suites that were asked for.
#[derive(Default)]
pub(super) struct Cache(Mutex<HashMap<usize, Vec<Arc<Slot>>>>);

/// The most problems that are kept ready.
const PROBLEMS_MOST: usize = 8192;

impl Cache {
    pub(super) fn slot(&self, problem: &Arc<Problem>, tests: Option<&Arc<str>>) -> Arc<Slot> {
        let mut problems = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if problems.len() >= PROBLEMS_MOST {
            problems.clear();
        }
        let slots = problems.entry(Arc::as_ptr(problem).addr()).or_default();
        if let Some(slot) = slots.iter().find(|slot| slot.tests.as_ref() == tests) {
            return Arc::clone(slot);
        }
        let slot = Arc::new(Slot {
            problem: Arc::clone(problem),
            tests: tests.cloned(),
            digest: OnceLock::new(),
            once: Mutex::new(None),
        });
        slots.push(Arc::clone(&slot));
        slot
    }

    /// Whether nobody would wait for a suite of this problem, as far as they were asked for.
    pub(super) fn is_settled(&self, problem: &Arc<Problem>) -> bool {
        let problems = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        problems.get(&Arc::as_ptr(problem).addr()).is_some_and(|slots| slots.iter().all(|slot| slot.is_settled()))
    }
}
