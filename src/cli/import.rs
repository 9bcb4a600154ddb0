//! `nbest import`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use harness::config::DatasetSpec;
use harness::import::{Columns, Imported, Progress, Request, import};
use harness::store::{Store, WriteLock};
use indicatif::{ProgressBar, ProgressStyle};
use verifiers::domain::Role;

use super::Global;
use super::error::Told;
use verifiers::counted;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Samples or results, or folders of them; together one run.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The problems that they belong to, so that `nbest verify` can judge further.
    #[arg(long, value_name = "FILE")]
    dataset: Option<PathBuf>,
    /// The data set's format.
    #[arg(long, default_value = "auto", value_name = "NAME", requires = "dataset")]
    dataset_format: String,
    /// What wrote the files: human-eval, evalplus, monkeys, lm-eval, inspect, livecodebench, search-and-learn, weaver,
    /// openai-batch, jsonl or csv; default: by content.
    #[arg(long, value_name = "NAME")]
    format: Option<String>,
    /// The run's name; default: the file's.
    #[arg(long, value_name = "RUN")]
    name: Option<String>,
    /// A column of jsonl or csv: problem=COL, sample=COL, text=COL, verdict:NAME=COL, score:NAME=COL ...
    #[arg(long, value_name = "OURS=COLUMN")]
    map: Vec<String>,
    /// A verifier's role: NAME=selector, NAME=oracle or NAME=observer.
    #[arg(long, value_name = "NAME=ROLE")]
    role: Vec<String>,
    /// From this score on a verifier passes.
    #[arg(long, value_name = "NAME=SCORE")]
    threshold: Vec<String>,
}

pub(crate) async fn run(global: &Global, args: Args) -> anyhow::Result<ExitCode> {
    if let Some(why) = args.name.as_deref().and_then(harness::config::name_fault) {
        return Err(super::error::Told::usage(why, "give it another name"));
    }
    let request = request(&args)?;
    let _lock = WriteLock::acquire(&global.db, "nbest import")?;
    let store = Store::open(&global.db).await?;
    let progress = Arc::new(Progress::default());
    let shown = tokio::spawn(show(bar(global), Arc::clone(&progress)));
    let result = import(&store, request, progress).await;
    shown.abort();
    // joined, so that the bar is gone before anything else is written
    let _ = shown.await;
    let imported = result?;
    store.close().await;
    tell(global, &imported);
    Ok(ExitCode::SUCCESS)
}

fn request(args: &Args) -> anyhow::Result<Request> {
    let mut columns = Columns::default();
    for text in &args.map {
        columns
            .add(text)
            .map_err(|problem| Told::usage(format!("--map {text}: {problem}"), "see `nbest import --help`"))?;
    }
    let dataset = args.dataset.as_ref().map(|path| {
        let spec = DatasetSpec {
            path: path.clone(),
            format: args.dataset_format.clone(),
            limit: None,
            ids: None,
            fields: BTreeMap::new(),
        };
        harness::dataset::load_spec(&spec).map(|set| (spec, set))
    });
    Ok(Request {
        files: args.files.clone(),
        format: args.format.clone(),
        name: args.name.clone(),
        dataset: dataset.transpose()?,
        columns,
        roles: pairs("--role", &args.role, |word| {
            [Role::Selector, Role::Oracle, Role::Observer].into_iter().find(|role| role.as_str() == word)
        })?,
        thresholds: pairs("--threshold", &args.threshold, |word| word.parse().ok().filter(|x: &f64| x.is_finite()))?,
    })
}

fn pairs<T>(flag: &str, list: &[String], parse: impl Fn(&str) -> Option<T>) -> anyhow::Result<BTreeMap<String, T>> {
    let pair = |text: &String| {
        let (name, word) = text.rsplit_once('=')?;
        Some((name.to_owned(), parse(word)?))
    };
    let example = if flag == "--role" { "base=selector" } else { "rm=0.5" };
    list.iter()
        .map(|text| {
            pair(text)
                .ok_or_else(|| Told::usage(format!("{flag} {text} makes no sense"), format!("write {flag} {example}")))
        })
        .collect()
}

/// Hidden where there is no terminal, by indicatif itself.
fn bar(global: &Global) -> ProgressBar {
    if global.quiet {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    let style = "{spinner} {bar:30} {percent}% of {binary_total_bytes} {binary_bytes_per_sec}, {eta} left, {msg}";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar
}

/// Taken down when it is dropped.
struct Shown(ProgressBar);

impl Drop for Shown {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

async fn show(bar: ProgressBar, progress: Arc<Progress>) {
    let shown = Shown(bar);
    let bar = &shown.0;
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    loop {
        tick.tick().await;
        bar.set_length(progress.total_bytes.load(Ordering::Relaxed));
        bar.set_position(progress.bytes.load(Ordering::Relaxed));
        let samples = progress.samples.load(Ordering::Relaxed);
        bar.set_message(counted(samples, "sample"));
    }
}

#[expect(clippy::print_stderr, reason = "this command only tells")]
fn tell(global: &Global, imported: &Imported) {
    for note in &imported.notes {
        tracing::warn!("{note}");
    }
    if global.quiet {
        return;
    }
    let db = global.db_argument();
    let Imported { run, format, problems, samples, verdicts, verifiers, .. } = imported;
    let [problems, samples] = [counted(*problems, "problem"), counted(*samples, "sample")];
    eprintln!("{run}: {problems}, {samples}, {} from {format}", counted(*verdicts, "verdict"));
    let listed: Vec<String> = verifiers.iter().map(|(name, role)| format!("{name} ({})", role.as_str())).collect();
    if listed.is_empty() {
        eprintln!(
            "no verifier in the file: `nbest verify {run} --config FILE{db}` judges what a data set has tests or answers for"
        );
    } else {
        eprintln!("verifiers: {}; --role NAME=ROLE at import chooses otherwise", listed.join(", "));
    }
    eprintln!("next: nbest report {}{db}", super::quoted(run));
}
