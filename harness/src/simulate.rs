//! A simulated endpoint: speaks OpenAI's and Anthropic's wire formats on loopback, answers from a bank, fails on request.
//!
//! What it says is fixed by prompt, temperature and seed; how it fails is fixed by the fault seed and the order of requests.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub mod bank;
pub mod fault;
mod mutate;
pub mod reference;
mod reply;
mod request;
mod serve;

pub use bank::{Bank, Bundled, Fixed, Question, Style};
pub use fault::{Faults, Latency, Quirks};
pub use reference::Reference;

/// How the endpoint is set up.
#[derive(Clone)]
pub struct Options {
    /// Where to listen; port 0 picks a free one.
    pub address: SocketAddr,
    /// What it knows.
    pub bank: Arc<dyn Bank>,
    /// How it names its model.
    pub model: String,
    /// How it fails.
    pub faults: Faults,
    /// How it differs from OpenAI's.
    pub quirks: Quirks,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("address", &self.address).field("model", &self.model).finish_non_exhaustive()
    }
}

impl Options {
    /// On a free port of loopback, without faults.
    #[must_use]
    pub fn new(bank: Arc<dyn Bank>) -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            bank,
            model: "simulated".to_owned(),
            faults: Faults::default(),
            quirks: Quirks::default(),
        }
    }
}

/// Why the endpoint could not start.
#[derive(Debug, thiserror::Error)]
#[error("can't listen on {address}")]
pub struct SimulateError {
    /// Where.
    pub address: SocketAddr,
    /// Why.
    #[source]
    pub source: std::io::Error,
}

/// A running endpoint; dropping it ends it.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
    counts: Arc<Counts>,
}

/// What the endpoint did so far.
#[derive(Debug, Default)]
struct Counts {
    requests: AtomicU64,
    choices: AtomicU64,
}

/// Everything that connections share.
struct Shared {
    options: Options,
    counts: Arc<Counts>,
}

/// Starts an endpoint on the current runtime.
///
/// # Errors
/// The address can't be had.
pub async fn start(options: Options) -> Result<Server, SimulateError> {
    let asked = options.address;
    let fail = |source| SimulateError { address: asked, source };
    let listener = TcpListener::bind(asked).await.map_err(fail)?;
    let address = listener.local_addr().map_err(fail)?;
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    let counts = Arc::new(Counts::default());
    let shared = Arc::new(Shared { options, counts: Arc::clone(&counts) });
    tasks.spawn(accept(listener, shared, stop.clone(), tasks.clone()));
    Ok(Server { address, stop, tasks, counts })
}

impl Server {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What clients write as `base_url`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Requests for completions so far, failed ones included.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.counts.requests.load(Ordering::Relaxed)
    }

    /// Choices given so far.
    #[must_use]
    pub fn choices(&self) -> u64 {
        self.counts.choices.load(Ordering::Relaxed)
    }

    /// Stops listening, breaks every connection, and waits until nothing is left.
    pub async fn shutdown(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
        self.tasks.close();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, stop: CancellationToken, tasks: TaskTracker) {
    loop {
        let connection = tokio::select! {
            connection = listener.accept() => connection,
            () = stop.cancelled() => return,
        };
        let stream = match connection {
            Ok((stream, _)) => stream,
            Err(error) => {
                // out of descriptors: those that are open will close
                tracing::warn!(%error, "the simulated endpoint can't accept a connection");
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let shared = Arc::clone(&shared);
        let stop = stop.clone();
        tasks.spawn(async move {
            let service = service_fn(|request| serve::respond(&shared, request));
            let mut server = http1::Builder::new();
            server.timer(TokioTimer::new()).pipeline_flush(true);
            let connection = server.serve_connection(TokioIo::new(stream), service);
            tokio::select! {
                // a dropped connection is a fault that was asked for, or the client's own doing
                _ = connection => {}
                () = stop.cancelled() => {}
            }
        });
    }
}

#[cfg(test)]
mod tests;
