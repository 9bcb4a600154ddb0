//! The command line: one file per command. Results go to stdout, everything else to stderr.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand, ValueEnum};

mod compare;
mod dataset;
mod demo;
mod doctor;
mod error;
mod export;
mod import;
mod init;
mod live;
mod log;
mod plot;
mod report;
mod run;
mod runs;
mod simulate;
mod stats;
mod verify;
mod watch;

/// Documented exit codes.
pub(crate) mod exit {
    /// Unexpected.
    pub(crate) const UNEXPECTED: u8 = 1;
    /// The command line itself.
    pub(crate) const USAGE: u8 = 2;
    /// Config or data.
    pub(crate) const BAD_INPUT: u8 = 3;
    /// Finished, but some samples or verdicts could not be had.
    pub(crate) const INCOMPLETE: u8 = 4;
    /// Stopped by the user; the same command goes on.
    pub(crate) const STOPPED: u8 = 130;
}

/// Sample N completions per problem, verify them, and see how accuracy grows with N and where false positives hold it back.
#[derive(Debug, Parser)]
#[command(name = "nbest", version, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Global {
    /// The database.
    #[arg(long, global = true, env = "NBEST_DB", default_value = "nbest.db", value_name = "PATH")]
    pub(crate) db: PathBuf,
    /// Say nothing but errors.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Say more; twice for everything.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

impl Global {
    /// ` --db PATH` where a command without it would open another file.
    pub(crate) fn db_argument(&self) -> String {
        let without = std::env::var_os("NBEST_DB").map_or_else(|| PathBuf::from("nbest.db"), PathBuf::from);
        if self.db == without { String::new() } else { format!(" --db {}", quoted(&self.db.to_string_lossy())) }
    }
}

/// Prints a line of the result.
pub(crate) fn say(line: std::fmt::Arguments<'_>) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("cannot write to the standard output")
}

/// The command as it was typed, to be typed again.
pub(crate) fn command_line() -> String {
    let words = std::env::args_os().skip(1).map(|word| quoted(&word.to_string_lossy()));
    std::iter::once("nbest".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// A word as a shell takes it for itself.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,@%+~".contains(c);
    if !word.is_empty() && word.chars().all(plain) && !word.starts_with('~') {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The whole job with nothing to set up: samples bundled problems from a simulated model, judges, stores and reports
    Demo(demo::Args),
    /// Write a commented experiment file
    Init(init::Args),
    /// Run an experiment; the same command goes on with one that stopped
    Run(run::Args),
    /// The dashboard on a run that is live in another process, or over
    Watch(watch::Args),
    /// Judge stored completions with more verifiers; samples nothing
    Verify(verify::Args),
    /// Every table of a run, for people
    Report(report::Args),
    /// One table
    Export(export::Args),
    /// Results or samples that other tools wrote become a run
    Import(import::Args),
    /// The estimators for any language: JSON lines {"fn", "inputs"} in, {"result"} or {"error"} out
    Stats {
        /// List every function with its signature and source.
        #[arg(long)]
        list: bool,
    },
    /// One figure, as SVG or PNG, with its caption beside it
    Plot(plot::Args),
    /// Paired differences of two runs, with intervals and tests
    Compare(compare::Args),
    /// Public problem sets by name, verified and cached
    Dataset(dataset::Args),
    /// The runs of the database
    Runs(runs::Args),
    /// What the sandbox can enforce here, which interpreters are found, what an endpoint supports
    Doctor(doctor::Args),
    /// The simulated OpenAI-compatible endpoint on its own, with faults, for dry runs
    Simulate(simulate::Args),
}

/// Parses the command line, runs the command, and says how it went.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    log::start(&cli.global);
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(source) => return error::show(&anyhow::Error::new(source).context("cannot start")),
    };
    let global = &cli.global;
    let result = runtime.block_on(async {
        match cli.command {
            Command::Demo(args) => demo::run(global, args).await,
            Command::Init(args) => init::run(&args),
            Command::Run(args) => run::run(global, args).await,
            Command::Watch(args) => watch::run(global, args).await,
            Command::Verify(args) => verify::run(global, args).await,
            Command::Report(args) => report::run(global, args).await,
            Command::Export(args) => export::run(global, args).await,
            Command::Import(args) => import::run(global, args).await,
            Command::Stats { list } => stats::run(list),
            Command::Plot(args) => plot::run(global, args).await,
            Command::Dataset(args) => dataset::run(global, args).await,
            Command::Compare(args) => compare::run(global, args).await,
            Command::Runs(args) => runs::run(global, args).await,
            Command::Doctor(args) => doctor::run(args).await,
            Command::Simulate(args) => simulate::run(global, args).await,
        }
    });
    // requests that were cut off must not hold the end up
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    match result {
        Ok(code) => code,
        // whoever reads has enough: no failure
        Err(error) if error::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => error::show(&error),
    }
}
