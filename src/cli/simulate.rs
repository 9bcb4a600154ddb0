//! `nbest simulate`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use harness::simulate::reference::DEFAULT_SHAPE;
use harness::simulate::{Bank, Bundled, Faults, Fixed, Latency, Options, Quirks, Reference};

use super::Global;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to listen on loopback; 0 picks a free port.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Serve this problem set (it must have reference solutions) instead of the bundled one.
    #[arg(long, value_name = "FILE")]
    dataset: Option<PathBuf>,
    /// The set's format.
    #[arg(long, default_value = "auto")]
    format: String,
    /// Give everybody the same answer of this many bytes, with the seed in it: for measuring clients.
    #[arg(long, value_name = "BYTES", conflicts_with = "dataset")]
    fixed: Option<usize>,
    /// Seed of faults, and of the skills with --dataset.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Time of every answer: 50ms, or lognormal:200ms,0.5 (median and sigma).
    #[arg(long, default_value = "0")]
    latency: Latency,
    /// Share of requests answered with 429 and Retry-After.
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", value_parser = share)]
    rate_limited: f64,
    /// What Retry-After says.
    #[arg(long, default_value = "1s", value_parser = duration)]
    retry_after: Duration,
    /// Share of requests answered with 500.
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", value_parser = share)]
    server_error: f64,
    /// Share of requests answered with 529.
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", value_parser = share)]
    overloaded: f64,
    /// Share of connections closed without an answer.
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", value_parser = share)]
    dropped: f64,
    /// Share of answers whose body breaks off.
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", value_parser = share)]
    truncated: f64,
    /// Share of samples that end with finish_reason "length".
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", value_parser = share)]
    length: f64,
    /// Share of samples without content.
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", value_parser = share)]
    empty: f64,
    /// The most samples a request may ask for.
    #[arg(long, value_name = "N")]
    n_limit: Option<u32>,
    /// Answer one choice whatever n.
    #[arg(long)]
    n_ignored: bool,
    /// Give the same answer whatever the seed.
    #[arg(long)]
    seed_ignored: bool,
    /// Refuse this parameter with status 400; may be given several times.
    #[arg(long, value_name = "PARAMETER")]
    refuse: Vec<String>,
    /// Ask for this key.
    #[arg(long, value_name = "KEY")]
    api_key: Option<String>,
}

fn share(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_e| "a share is a number between 0 and 1".to_owned())?;
    if (0.0..=1.0).contains(&value) { Ok(value) } else { Err("a share lies between 0 and 1".to_owned()) }
}

fn duration(text: &str) -> Result<Duration, String> {
    harness::config::parse_duration(text).ok_or_else(|| "write a time like 50ms or 2s".to_owned())
}

#[expect(clippy::print_stderr, reason = "the address is the result")]
pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<ExitCode> {
    let bank: Arc<dyn Bank> = match (&args.dataset, args.fixed) {
        (_, Some(bytes)) => Arc::new(Fixed::of_length(bytes)),
        (Some(path), None) => {
            let set = harness::dataset::load(path, &args.format, &harness::dataset::Options::default())?;
            Arc::new(Reference::new(&set.problems, DEFAULT_SHAPE, args.seed)?)
        }
        (None, None) => Arc::new(Bundled),
    };
    let mut options = Options::new(bank);
    options.address.set_port(args.port);
    options.faults = Faults {
        latency: args.latency,
        rate_limited: args.rate_limited,
        retry_after: args.retry_after,
        server_error: args.server_error,
        overloaded: args.overloaded,
        dropped: args.dropped,
        truncated: args.truncated,
        length: args.length,
        empty: args.empty,
        seed: args.seed,
    };
    options.quirks = Quirks {
        api_key: args.api_key,
        n_limit: args.n_limit,
        n_ignored: args.n_ignored,
        seed_ignored: args.seed_ignored,
        refused: args.refuse,
        ..Quirks::default()
    };
    let server = harness::simulate::start(options).await?;
    super::say(format_args!("listening http://{}/v1", server.address()))?;
    if !global.quiet {
        eprintln!("model \"simulated\", OpenAI and Anthropic formats; Ctrl-C ends it");
    }
    tokio::signal::ctrl_c().await?;
    server.shutdown().await;
    Ok(ExitCode::SUCCESS)
}
