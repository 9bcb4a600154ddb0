//! Workers that verifiers share: two suites that are judged under the same limits need one set of processes, not two.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::pool::Pool;
use super::servers::Setup;
use super::worker::Shared;

/// Worker threads with their processes, and what they know of problems.
pub(super) struct Engine {
    pub(super) shared: Arc<Shared>,
    pub(super) pool: Pool,
}

/// All that run in this process.
static RUNNING: Mutex<Vec<Weak<Engine>>> = Mutex::new(Vec::new());

impl Engine {
    /// The engine with this setup and so many workers, started where there is none. Its processes start with the first sample.
    ///
    /// What reference solutions show is kept in the folder `cache`, where there is one.
    pub(super) fn join(setup: Setup, workers: usize, cache: Option<&Path>) -> std::io::Result<Arc<Self>> {
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|engine| engine.strong_count() > 0);
        let shared = Shared::new(setup, cache);
        let same = |other: &Shared| other.setup == shared.setup && other.references == shared.references;
        let fits = |engine: &Arc<Self>| same(&engine.shared) && engine.pool.workers == workers;
        if let Some(engine) = running.iter().filter_map(Weak::upgrade).find(fits) {
            return Ok(engine);
        }
        let shared = Arc::new(shared);
        let pool = Pool::start(&shared, workers)?;
        let engine = Arc::new(Self { shared, pool });
        running.push(Arc::downgrade(&engine));
        Ok(engine)
    }

    /// The last one to leave ends the processes and waits for that.
    pub(super) async fn leave(engine: Arc<Self>) {
        if let Some(engine) = Arc::into_inner(engine) {
            engine.pool.close().await;
        }
    }
}
