//! Results and samples that other tools wrote become a run: [`import`].
//!
//! A format is told by what a file holds. Reading and storing run side by side, in batches; nothing but a bit for each sample
//! stays in memory, so files may be larger than it. Everything is one transaction: the run is there whole, or not at all.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::mpsc;
use verifiers::domain::Role;

use crate::client::{Api, ModelSpec};
use crate::config::{AnalysisSpec, DatasetSpec, Experiment};
use crate::dataset::ProblemSet;
use crate::plan::{Order, Sampling};
use crate::runner::Budget;
use crate::store::bulk::{Bulk, Load};
use crate::store::runs::NewRun;
use crate::store::{Store, StoreError};
use verifiers::counted;

mod detect;
mod document;
mod error;
mod evalplus;
mod human_eval;
mod inspect;
mod livecodebench;
mod lm_eval;
mod monkeys;
mod openai_batch;
mod record;
mod search_and_learn;
mod sink;
mod source;
mod table;
#[cfg(test)]
mod tests;
mod weaver;

use detect::{Head, Layout};
pub use error::ImportError;
use sink::{Poured, Sink};
use source::Lines;
pub use source::Progress;
pub use table::Columns;

/// Changes when equal files would become another run.
const VERSION: &str = "import-2";
/// Batches under way between reading and storing.
const AHEAD: usize = 4;

/// The formats that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// human-eval samples and `_results.jsonl`.
    HumanEval,
    /// EvalPlus samples, also as folders of programs, and `eval_results.json`.
    EvalPlus,
    /// large_language_monkeys YAML, one file a problem.
    Monkeys,
    /// lm-evaluation-harness `samples_*.jsonl`.
    LmEval,
    /// Inspect `.eval` and `.json` logs.
    Inspect,
    /// LiveCodeBench outputs and `_eval_all.json`.
    LiveCodeBench,
    /// search-and-learn JSONL.
    SearchAndLearn,
    /// Weaver JSONL.
    Weaver,
    /// OpenAI batch output.
    OpenaiBatch,
    /// JSON lines of one's own.
    Jsonl,
    /// CSV of one's own.
    Csv,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::HumanEval,
        Self::EvalPlus,
        Self::Monkeys,
        Self::LmEval,
        Self::Inspect,
        Self::LiveCodeBench,
        Self::SearchAndLearn,
        Self::Weaver,
        Self::OpenaiBatch,
        Self::Jsonl,
        Self::Csv,
    ];

    /// The word of the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HumanEval => "human-eval",
            Self::EvalPlus => "evalplus",
            Self::Monkeys => "monkeys",
            Self::LmEval => "lm-eval",
            Self::Inspect => "inspect",
            Self::LiveCodeBench => "livecodebench",
            Self::SearchAndLearn => "search-and-learn",
            Self::Weaver => "weaver",
            Self::OpenaiBatch => "openai-batch",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
        }
    }

    /// The inverse of [`Format::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == word)
    }

    fn known() -> String {
        format!("formats: {}", Self::ALL.map(Self::as_str).join(", "))
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is to be imported, and how.
#[derive(Debug, Default)]
pub struct Request {
    /// Files, or folders of files; together one run.
    pub files: Vec<PathBuf>,
    /// The format, or by content.
    pub format: Option<String>,
    /// The run's name, or one made from the first file's.
    pub name: Option<String>,
    /// Problems to attach, so that more verifiers can judge; with how they were asked for.
    pub dataset: Option<(DatasetSpec, ProblemSet)>,
    /// Columns of `jsonl` and `csv`.
    pub columns: Columns,
    /// Roles of verifiers, stronger than the format's.
    pub roles: BTreeMap<String, Role>,
    /// From this score on a verifier passes.
    pub thresholds: BTreeMap<String, f64>,
}

/// What was imported.
#[derive(Debug)]
pub struct Imported {
    /// The run's name.
    pub run: String,
    /// The format.
    pub format: Format,
    /// How many problems have samples.
    pub problems: usize,
    /// How many samples.
    pub samples: u64,
    /// How many verdicts.
    pub verdicts: u64,
    /// The verifiers and their roles.
    pub verifiers: Vec<(String, Role)>,
    /// What a user should know.
    pub notes: Vec<String>,
}

/// Imports files as one run. The caller holds the store's write lock.
///
/// # Errors
/// The first thing that is not as it should be, with its file and line; the store is as before.
pub async fn import(store: &Store, mut request: Request, progress: Arc<Progress>) -> Result<Imported, ImportError> {
    let files = source::expand(&request.files)?;
    let first = files.first().cloned().ok_or_else(|| ImportError::Wish {
        problem: "no file is named".to_owned(),
        hint: "nbest import FILE...".to_owned(),
    })?;
    let (format, heads) = formats(&files, request.format.as_deref())?;
    let total: u64 = files.iter().filter_map(|f| f.metadata().ok()).map(|m| m.len()).sum();
    progress.total_bytes.store(total, Ordering::Relaxed);
    let content = source::content(&files)?;
    if request.name.is_none()
        && let Some(run) = store.reader().run_of_model(&content).await?
    {
        return Err(ImportError::Twice { path: first, run });
    }
    let name = request.name.clone().unwrap_or_else(|| default_name(&request.files[0]));
    let experiment = experiment(&name, &first, request.dataset.as_ref().map(|(spec, _)| spec));
    let set_hash = match &request.dataset {
        Some((_, set)) => set.hash.clone(),
        None => hash(&[VERSION, format.as_str(), &format!("{:?}", request.columns), &content]),
    };
    let set_format = request.dataset.as_ref().map_or(format.as_str(), |(_, set)| set.format.as_str());
    let new = NewRun {
        name: name.clone(),
        set_hash,
        samples: 0,
        seed: 0,
        sampling: Sampling::Fixed.as_str().to_owned(),
        model_key: content.clone(),
        config: "{}".to_owned(),
    };
    let settings = serde_json::json!({"kind": "imported", "format": format.as_str()}).to_string();
    let set = (experiment.dataset.path.display().to_string(), set_format);
    let mut bulk = Bulk::begin(store, &new, (&set.0, set.1), &settings, VERSION).await?;

    let attached: Option<HashMap<_, _>> = request.dataset.take().map(|(_, set)| {
        let places = set.places;
        set.problems.into_iter().map(|p| (p.id.0.clone(), (places.get(&p.id).copied().unwrap_or(0), p))).collect()
    });
    let whole = attached.as_ref().map(HashMap::len);
    let (sender, mut receiver) = mpsc::channel::<Vec<Load>>(AHEAD);
    let sink = Sink::new(sender, attached, request.roles, request.thresholds, Arc::clone(&progress));
    let (columns, inputs) = (request.columns, files.clone());
    let reading = tokio::task::spawn_blocking(move || pour(&inputs, heads, format, &columns, sink, &progress));
    while let Some(batch) = receiver.recv().await {
        bulk.load(batch).await?;
    }
    let poured = reading.await.map_err(|_join| StoreError::Corrupt { what: "import".to_owned() })??;
    check(&poured, &first)?;
    let experiment = Experiment {
        samples: poured.settle.samples.max(1),
        model: ModelSpec { model: poured.model.clone().unwrap_or_default(), ..experiment.model.clone() },
        ..experiment
    };
    let config = serde_json::to_string(&experiment).unwrap_or_default();
    let identity = identity(format, &files, &content, &poured);
    bulk.commit(&poured.settle, &config, &identity).await?;
    let mut notes = poured.notes;
    if let Some(whole) = whole.filter(|whole| *whole > poured.problems) {
        let missing = whole - poured.problems;
        notes.push(format!(
            "without samples, so not in the run: {missing} of the data set's {}",
            counted(whole, "problem")
        ));
    }
    let (problems, samples, verdicts) = (poured.problems, poured.samples, poured.verdicts);
    Ok(Imported { run: name, format, problems, samples, verdicts, verifiers: poured.verifiers, notes })
}

/// One format for all files, and how each is laid out.
fn formats(files: &[PathBuf], wanted: Option<&str>) -> Result<(Format, Vec<Head>), ImportError> {
    let wanted = wanted.filter(|word| *word != "auto").map(|word| {
        Format::parse(word)
            .ok_or_else(|| ImportError::Wish { problem: format!("unknown format {word:?}"), hint: Format::known() })
    });
    let wanted = wanted.transpose()?;
    let mut heads = Vec::with_capacity(files.len());
    let mut found: Option<(Format, &Path)> = None;
    for path in files {
        let head = detect::look(path)?;
        let format = wanted.or(head.format).ok_or_else(|| {
            let seen: Vec<&str> = head.names.iter().take(12).map(String::as_str).collect();
            let seen = if seen.is_empty() { String::new() } else { format!(" (it has {})", seen.join(", ")) };
            let own = "for rows of your own: --format jsonl or csv with --map problem=COLUMN";
            ImportError::file(
                path,
                format!("nothing here tells the format{seen}"),
                format!("{own}; {}", Format::known()),
            )
        })?;
        match found {
            // samples and their results are one format under two names
            Some((before, _)) if before == format => {}
            Some((before, first)) => {
                let problem = format!("{} is {before}, but {} is {format}", first.display(), path.display());
                let hint = "files of one import must have one format; import them one by one, or name it with --format";
                return Err(ImportError::Wish { problem, hint: hint.to_owned() });
            }
            None => found = Some((format, path)),
        }
        heads.push(head);
    }
    found
        .map(|(format, _)| (format, heads))
        .ok_or_else(|| ImportError::Wish { problem: "no file is named".to_owned(), hint: Format::known() })
}

fn pour(
    files: &[PathBuf],
    heads: Vec<Head>,
    format: Format,
    columns: &Columns,
    mut sink: Sink,
    progress: &Arc<Progress>,
) -> Result<Poured, ImportError> {
    let tasks: std::collections::BTreeSet<String> = files.iter().map(|path| lm_eval::task(path)).collect();
    for (path, head) in files.iter().zip(heads) {
        let sink = &mut sink;
        if head.layout == Layout::Zip {
            if format != Format::Inspect {
                return Err(ImportError::file(path, format!("a ZIP archive, not {format}"), "leave --format out"));
            }
            inspect::read_eval(path, progress, sink)?;
            continue;
        }
        let stream = source::open(path, progress)?;
        let lines = |stream| Lines::new(path, stream);
        match (format, head.layout) {
            (Format::EvalPlus, Layout::Object) => evalplus::read(path, stream, sink)?,
            (Format::EvalPlus, Layout::Program) => evalplus::read_program(path, stream, sink)?,
            (Format::HumanEval | Format::EvalPlus, _) => human_eval::read(lines(stream), sink)?,
            (Format::Monkeys, _) => monkeys::read(path, stream, sink)?,
            (Format::LmEval, _) => lm_eval::read(path, lines(stream), tasks.len() > 1, sink)?,
            (Format::Inspect, _) => inspect::read_json(path, stream, sink)?,
            (Format::LiveCodeBench, Layout::Lines) => livecodebench::read_lines(lines(stream), sink)?,
            (Format::LiveCodeBench, _) => livecodebench::read(path, stream, sink)?,
            (Format::SearchAndLearn, _) => search_and_learn::read(lines(stream), sink)?,
            (Format::Weaver, _) => weaver::read(lines(stream), sink)?,
            (Format::OpenaiBatch, _) => openai_batch::read(lines(stream), sink)?,
            (Format::Jsonl, _) => table::read_lines(lines(stream), columns, sink)?,
            (Format::Csv, _) => table::read_csv(path, stream, columns, sink)?,
        }
    }
    let last = files.last().cloned().unwrap_or_default();
    sink.finish().map_err(|fault| fault.at(&last, "end"))
}

fn check(poured: &Poured, first: &Path) -> Result<(), ImportError> {
    if poured.samples == 0 {
        return Err(ImportError::file(first, "there are no samples in it", "name a file with samples or results"));
    }
    if let Some(unused) = poured.unused.first() {
        let known: Vec<&str> = poured.verifiers.iter().map(|(name, _)| name.as_str()).collect();
        return Err(ImportError::Wish {
            problem: format!("there is no verifier {unused:?}"),
            hint: format!("the files have: {}", known.join(", ")),
        });
    }
    Ok(())
}

fn experiment(name: &str, first: &Path, dataset: Option<&DatasetSpec>) -> Experiment {
    let from_file = || DatasetSpec {
        path: first.to_owned(),
        format: "imported".to_owned(),
        limit: None,
        ids: None,
        fields: BTreeMap::new(),
    };
    Experiment {
        name: name.to_owned(),
        samples: 1,
        seed: 0,
        sampling: Sampling::Fixed,
        order: Order::Breadth,
        dataset: dataset.cloned().unwrap_or_else(from_file),
        model: ModelSpec { path: Some(first.to_owned()), ..ModelSpec::new(Api::Replay, "", "") },
        prompt: None,
        system: None,
        few_shot: None,
        default_stop: false,
        price: None,
        budget: Budget::default(),
        verifiers: Vec::new(),
        analysis: AnalysisSpec::default(),
    }
}

/// Where the run came from, as `nbest runs show` tells it.
fn identity(format: Format, files: &[PathBuf], content: &str, poured: &Poured) -> serde_json::Value {
    let names: Vec<String> =
        files.iter().take(20).filter_map(|f| f.file_name()).map(|n| n.to_string_lossy().into_owned()).collect();
    serde_json::json!({
        "server": "import", "format": format.as_str(), "files": files.len(), "names": names, "content": content,
        "texts": poured.texts, "model": poured.model, "reported": poured.reported,
    })
}

fn hash(parts: &[&str]) -> String {
    blake3::hash(parts.join("\n").as_bytes()).to_hex().to_string()
}

/// The file's name without its endings.
fn default_name(path: &Path) -> String {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
    let name = name.unwrap_or_else(|| "import".to_owned());
    let mut stem = name.as_str();
    for ending in [".gz", ".zst", ".jsonl", ".json", ".eval", ".csv", ".yaml", ".yml"] {
        stem = stem.strip_suffix(ending).unwrap_or(stem);
    }
    let stem = if stem.is_empty() { "import" } else { stem };
    stem.replace(char::is_whitespace, "-")
}
