//! Problem sets: files in the field's formats become problems, with a content hash.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::path::Path;

use verifiers::domain::{Problem, ProblemId};

use crate::config::DatasetSpec;

mod answers;
pub mod catalog;
mod code;
mod competition;
mod error;
mod parquet;
mod pickle;
pub mod pull;
mod record;
mod restore;
mod source;

#[cfg(test)]
mod tests;

pub use error::DatasetError;
use record::Record;

/// The path that names nbest's own problems.
pub const BUNDLED: &str = "bundled";

/// The formats that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// OpenAI's HumanEval: a prompt to continue and a `check` function.
    HumanEval,
    /// HumanEval+ and MBPP+ of EvalPlus: calls with inputs, judged by the reference's results.
    EvalPlus,
    /// Google's MBPP: a text and assert statements.
    Mbpp,
    /// Word problems whose answer stands after `####`.
    Gsm8k,
    /// Problems whose answer stands in `\boxed{}`.
    Math,
    /// LiveCodeBench: public and private tests, stdin or functional.
    LiveCodeBench,
    /// APPS: `input_output`.
    Apps,
    /// Anything else, by field names.
    Jsonl,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::HumanEval,
        Self::EvalPlus,
        Self::Mbpp,
        Self::Gsm8k,
        Self::Math,
        Self::LiveCodeBench,
        Self::Apps,
        Self::Jsonl,
    ];

    /// The word of the experiment file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HumanEval => "human-eval",
            Self::EvalPlus => "evalplus",
            Self::Mbpp => "mbpp",
            Self::Gsm8k => "gsm8k",
            Self::Math => "math",
            Self::LiveCodeBench => "livecodebench",
            Self::Apps => "apps",
            Self::Jsonl => "jsonl",
        }
    }

    /// The inverse of [`Format::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == word)
    }

    /// Whether a model that only continues text is given the prompt as it is (base models, `completion` fields).
    #[must_use]
    pub fn continues_prompt(self) -> bool {
        matches!(self, Self::HumanEval | Self::EvalPlus)
    }

    /// Where a model that continues text is told to stop, where the experiment says nothing. At most four: servers refuse more.
    #[must_use]
    pub fn default_stop(self) -> &'static [&'static str] {
        match self {
            Self::HumanEval | Self::EvalPlus => &["\nclass ", "\ndef ", "\nif __name__", "\nprint("],
            Self::Mbpp => &["[DONE]", "\nassert ", "\nif __name__", "\nprint("],
            Self::Gsm8k | Self::Math => &["\nQuestion:", "\nProblem:"],
            Self::LiveCodeBench | Self::Apps | Self::Jsonl => &[],
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which problems of a file, and how its fields are called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The first so many.
    pub limit: Option<usize>,
    /// These only, in the file's order.
    pub ids: Option<Vec<String>>,
    /// Our name of a field to the file's.
    pub fields: BTreeMap<String, String>,
}

/// A data set in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct ProblemSet {
    /// How the file was read.
    pub format: Format,
    /// Of all problems of the file as they were understood, whatever was selected: blake3, hexadecimal.
    pub hash: String,
    /// The selected problems, in the file's order.
    pub problems: Vec<Problem>,
    /// The place of every problem of the file, selected or not.
    pub places: HashMap<ProblemId, usize>,
}

/// What is wrong with one record, before the place is known.
#[derive(Debug)]
struct Fault {
    problem: String,
    hint: String,
}

impl Fault {
    fn new(problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { problem: problem.into(), hint: hint.into() }
    }
}

/// Our names of fields, as `fields = { ... }` may map them.
const FIELDS: [&str; 11] = [
    "id",
    "prompt",
    "question",
    "answer",
    "entry_point",
    "reference",
    "group",
    "test",
    "test_list",
    "input_output",
    "starter_code",
];

/// Reads a file of problems.
///
/// `format` is a word of [`Format`] or `auto`. Files end in `.jsonl`, `.json` or `.csv`, also with `.gz` or `.zst`, or in
/// `.parquet`. A path that is no file, but a name of the [`catalog`], is that set in the user's cache.
///
/// # Errors
/// The first record that is not what the format says, equal ids, selected ids that are not there, an empty file: nothing is skipped.
pub fn load(path: &Path, format: &str, options: &Options) -> Result<ProblemSet, DatasetError> {
    let Some(entry) = catalog::named(path) else { return load_file(path, format, options) };
    let cached = entry.path(&catalog::cache_folder(&|name| std::env::var_os(name)));
    if !cached.is_file() {
        return Err(DatasetError::NotCached { name: entry.name });
    }
    load_file(&cached, if format == "auto" { entry.format.as_str() } else { format }, options)
}

fn load_file(path: &Path, format: &str, options: &Options) -> Result<ProblemSet, DatasetError> {
    let refuse =
        |problem: String, hint: &str| DatasetError::Format { path: path.to_owned(), problem, hint: hint.to_owned() };
    if let Some(unknown) = options.fields.keys().find(|key| !FIELDS.contains(&key.as_str())) {
        return Err(refuse(
            format!("unknown name {unknown:?} in dataset.fields"),
            &crate::config::nearest("name", unknown, &FIELDS),
        ));
    }
    let mut records = source::read(path)?;
    let absent =
        |(_, theirs): &(&String, &String)| records.iter().all(|record| record.get(&[theirs.as_str()]).is_none());
    if let Some((ours, theirs)) = options.fields.iter().find(absent) {
        let names: Vec<_> = records.first().map(|record| record.names().take(12).collect()).unwrap_or_default();
        let hint = format!("the first record has {}", names.join(", "));
        return Err(refuse(format!("no record has the field {theirs:?} of dataset.fields.{ours}"), &hint));
    }
    for record in &mut records {
        record.rename(&options.fields);
    }
    let first = records.first().ok_or_else(|| DatasetError::Empty { path: path.to_owned() })?;
    let known = || {
        let names: Vec<_> = Format::ALL.iter().map(|format| format.as_str()).collect();
        format!("formats: auto, {}", names.join(", "))
    };
    let format = match format {
        "auto" => detect(first).ok_or_else(|| {
            let names: Vec<_> = first.names().take(12).collect();
            refuse(format!("can't tell the format from the fields {}", names.join(", ")), &format!(
                "set dataset.format; for another set use \"jsonl\" with fields = {{ prompt = \"...\", answer = \"...\" }}; {}", known()
            ))
        })?,
        word => Format::parse(word).ok_or_else(|| refuse(format!("unknown format {word:?}"), &known()))?,
    };
    let mut problems = Vec::with_capacity(records.len());
    let mut lines: HashMap<ProblemId, usize> = HashMap::new();
    for (index, record) in records.iter().enumerate() {
        let fail = |fault: Fault| DatasetError::Record {
            path: path.to_owned(),
            line: record.line,
            problem: fault.problem,
            hint: fault.hint,
        };
        let problem = problem(format, record, index).map_err(fail)?;
        if let Some(before) = lines.insert(problem.id.clone(), record.line) {
            return Err(fail(Fault::new(
                format!("problem {} is there twice, first at line {before}", problem.id),
                "ids must be unique; dataset.fields = { id = \"...\" } names another field for them",
            )));
        }
        problems.push(problem);
    }
    let hash = content_hash(&problems);
    let places = places(&problems);
    select(path, options, &mut problems)?;
    Ok(ProblemSet { format, hash, problems, places })
}

/// What `[dataset]` of an experiment asks for; the path [`BUNDLED`] names nbest's own problems.
///
/// # Errors
/// As [`load`].
pub fn load_spec(spec: &DatasetSpec) -> Result<ProblemSet, DatasetError> {
    let options = Options { limit: spec.limit, ids: spec.ids.clone(), fields: spec.fields.clone() };
    if !spec.is_bundled() {
        return load(&spec.path, &spec.format, &options);
    }
    let mut problems = crate::bundled::problems();
    let (hash, places) = (content_hash(&problems), places(&problems));
    select(&spec.path, &options, &mut problems)?;
    Ok(ProblemSet { format: Format::HumanEval, hash, problems, places })
}

fn places(problems: &[Problem]) -> HashMap<ProblemId, usize> {
    problems.iter().enumerate().map(|(place, problem)| (problem.id.clone(), place)).collect()
}

fn detect(record: &Record) -> Option<Format> {
    let has = |names: &[&str]| names.iter().all(|name| record.get(&[name]).is_some());
    let hashes = || record.text(&["answer"]).is_some_and(|answer| answer.contains("####"));
    Some(if has(&["base_input", "entry_point"]) {
        Format::EvalPlus
    } else if has(&["test", "entry_point", "prompt"]) {
        Format::HumanEval
    } else if has(&["test_list"]) {
        Format::Mbpp
    } else if has(&["public_test_cases"]) {
        Format::LiveCodeBench
    } else if has(&["input_output"]) {
        Format::Apps
    } else if has(&["question"]) && hashes() {
        Format::Gsm8k
    } else if has(&["problem"]) && (has(&["answer"]) || has(&["solution"])) {
        Format::Math
    } else if record.get(record::PROMPT).is_some() {
        Format::Jsonl
    } else {
        return None;
    })
}

fn problem(format: Format, record: &Record, index: usize) -> Result<Problem, Fault> {
    let mut problem = match format {
        Format::HumanEval => code::human_eval(record)?,
        Format::EvalPlus => code::evalplus(record)?,
        Format::Mbpp => code::mbpp(record)?,
        Format::Gsm8k => answers::gsm8k(record, index)?,
        Format::Math => answers::math(record, index)?,
        Format::LiveCodeBench => competition::livecodebench(record)?,
        Format::Apps => competition::apps(record, index)?,
        Format::Jsonl => answers::jsonl(record, index)?,
    };
    problem.fields = record.rest();
    Ok(problem)
}

fn content_hash(problems: &[Problem]) -> String {
    let mut hasher = blake3::Hasher::new();
    for problem in problems {
        // a problem holds maps with text keys and finite numbers: writing it cannot fail
        let text = serde_json::to_vec(problem).unwrap_or_default();
        hasher.update(&text);
        hasher.update(b"\n");
    }
    hasher.finalize().to_hex().to_string()
}

/// The id that looks most like this one.
pub fn nearest<'a>(ids: impl Iterator<Item = &'a ProblemId>, wanted: &str) -> Option<&'a str> {
    let distance = |id: &str| strsim::normalized_levenshtein(id, wanted);
    ids.map(|id| id.0.as_str()).min_by(|a, b| distance(b).total_cmp(&distance(a)).then(a.cmp(b)))
}

fn select(path: &Path, options: &Options, problems: &mut Vec<Problem>) -> Result<(), DatasetError> {
    if let Some(ids) = &options.ids {
        let there: HashSet<&str> = problems.iter().map(|problem| problem.id.0.as_str()).collect();
        let unknown: Vec<String> = ids.iter().filter(|id| !there.contains(id.as_str())).cloned().collect();
        if let Some(first) = unknown.first() {
            let near = nearest(problems.iter().map(|problem| &problem.id), first);
            let hint = near.map(|id| format!("nearest to {first:?} is {id:?}")).unwrap_or_default();
            return Err(DatasetError::UnknownIds { path: path.to_owned(), ids: unknown, hint });
        }
        problems.retain(|problem| ids.contains(&problem.id.0));
    }
    problems.truncate(options.limit.unwrap_or(usize::MAX));
    if problems.is_empty() { Err(DatasetError::Empty { path: path.to_owned() }) } else { Ok(()) }
}
