//! The experiment file: as written ([`file`]), then resolved and checked ([`Experiment`]). After this nobody asks
//! whether a key was given.
//!
//! Environment: only the variable that `api_key_env` names is read, by [`crate::client`], when a run starts.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use verifiers::registry::VerifierSpec;

use crate::client::{Api, ModelSpec};
use crate::dataset::{Format, ProblemSet};
use crate::plan::{Order, Sampling};
use crate::runner::{Budget, Price};

mod error;
mod file;
mod model;
mod sweep;
#[cfg(test)]
mod tests;
mod units;
mod verifier;

pub use error::ConfigError;
use error::Place;
pub(crate) use error::nearest;
use file::ConfigFile;
pub use units::duration as parse_duration;

/// A commented experiment file, as `nbest init` writes it.
pub const EXAMPLE: &str = include_str!("config/example.toml");

/// An experiment, resolved and checked. Stored with the run as JSON; it holds no secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Experiment {
    /// The run's name.
    pub name: String,
    /// N per problem.
    pub samples: u32,
    /// The run's seed.
    pub seed: u64,
    /// When a problem has enough samples.
    pub sampling: Sampling,
    /// In which order problems are sampled.
    pub order: Order,
    /// Where the problems come from.
    pub dataset: DatasetSpec,
    /// What is sampled.
    pub model: ModelSpec,
    /// The prompt template; `None`: the default of the data set's format.
    pub prompt: Option<String>,
    /// The system prompt's template.
    pub system: Option<String>,
    /// Solved examples that are shown before each problem.
    #[serde(default)]
    pub few_shot: Option<FewShot>,
    /// No stop strings are given: [`Experiment::settle`] chooses them.
    #[serde(default)]
    pub default_stop: bool,
    /// Prices, where known.
    pub price: Option<Price>,
    /// What the run may use.
    pub budget: Budget,
    /// What judges.
    pub verifiers: Vec<VerifierSpec>,
    /// How tables are computed.
    pub analysis: AnalysisSpec,
}

/// `[dataset]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetSpec {
    /// The file; relative paths start at the experiment file's folder.
    pub path: PathBuf,
    /// The format.
    pub format: String,
    /// The first so many problems.
    pub limit: Option<usize>,
    /// These problems only.
    pub ids: Option<Vec<String>>,
    /// Field names of `jsonl`, ours to theirs.
    pub fields: std::collections::BTreeMap<String, String>,
}

/// Solved examples in front of each problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FewShot {
    /// How many.
    pub count: usize,
    /// A file in the data set's format that they are taken from; `None`: the data set itself, each problem leaving itself out.
    pub path: Option<PathBuf>,
}

/// `[analysis]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnalysisSpec {
    /// Of intervals.
    pub confidence: f64,
    /// Resamples.
    pub bootstrap: usize,
    /// Costs of a false positive, in units of the benefit of a right answer.
    pub costs: Vec<f64>,
    /// A field of the problems to group by; `None`: the data set's own group.
    pub group_by: Option<String>,
    /// Seed of resampling.
    pub seed: u64,
}

impl DatasetSpec {
    /// nbest's own problems instead of a file.
    #[must_use]
    pub fn is_bundled(&self) -> bool {
        self.path.as_os_str() == crate::dataset::BUNDLED
    }
}

impl Default for AnalysisSpec {
    fn default() -> Self {
        Self { confidence: 0.95, bootstrap: 10_000, costs: vec![0.0, 1.0, 2.0, 4.0, 8.0], group_by: None, seed: 0 }
    }
}

impl Experiment {
    /// Reads and checks an experiment file; `overrides` are `KEY=VALUE` of `--set`, stronger than the file. Of several
    /// models it is the first one's experiment: see [`Experiment::load_all`].
    ///
    /// # Errors
    /// File, line and key of the first mistake, with the way out.
    pub fn load(path: &Path, overrides: &[String]) -> Result<Self, ConfigError> {
        Ok(Self::load_all(path, overrides)?.swap_remove(0))
    }

    /// As [`Experiment::load`]: one experiment for each model and each point of a sweep, at least one. Where there are
    /// several, their names are the file's name, a slash, and what sets them apart: `name/temperature=0.2`.
    pub fn load_all(path: &Path, overrides: &[String]) -> Result<Vec<Self>, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError {
            path: path.to_path_buf(),
            line: None,
            key: None,
            message: format!("cannot be read: {source}"),
            hint: Some("`nbest init` writes a commented experiment file".to_owned()),
        })?;
        Self::parse(path, &text, overrides)
    }

    /// As [`Experiment::load_all`], from a text that stands at `path`.
    pub fn parse(path: &Path, text: &str, overrides: &[String]) -> Result<Vec<Self>, ConfigError> {
        let place = Place { path, text };
        let mut file: ConfigFile = toml::from_str(text).map_err(|e| place.syntax(&e))?;
        if !overrides.is_empty() {
            let merged = apply(place, overrides)?;
            let place = Place { path: Path::new("--set"), text: &merged };
            file = toml::from_str(&merged).map_err(|e| ConfigError { line: None, ..place.syntax(&e) })?;
        }
        resolve(place, file).map_err(|error| match overrides.iter().find(|text| error.key == key_of(text)) {
            Some(text) => ConfigError { path: PathBuf::from("--set"), line: None, key: Some(text.clone()), ..error },
            None => error,
        })
    }

    /// Fills in what depends on the problems: where no `stop` is given, raw prompts end as the set's kind of answer does.
    pub fn settle(&mut self, set: &ProblemSet) {
        if self.default_stop && self.model.api == Api::OpenaiCompletions {
            self.model.sampling.stop = crate::prompt::default_stops(&set.problems);
        }
    }

    /// A hash of what must stay the same when the run goes on: model, parameters, prompts and seed. Where the model is
    /// served, how fast it may be asked and what it costs may change.
    #[must_use]
    pub fn model_key(&self) -> String {
        let mut model = serde_json::to_value(&self.model).unwrap_or_default();
        if let Some(fields) = model.as_object_mut() {
            for how in ["base_urls", "api_key_env", "headers", "limits", "stream", "n"] {
                fields.remove(how);
            }
        }
        let mut identity = serde_json::json!([model, self.prompt, self.system, self.seed]);
        if let (Some(shots), Some(parts)) = (&self.few_shot, identity.as_array_mut()) {
            parts.push(serde_json::json!([shots.count, shots.path]));
        }
        blake3::hash(identity.to_string().as_bytes()).to_hex()[..32].to_owned()
    }
}

/// The key of `KEY=VALUE`.
fn key_of(text: &str) -> Option<String> {
    text.split_once('=').map(|(key, _)| key.trim().to_owned())
}

/// The file's text with the overrides in it.
fn apply(place: Place<'_>, overrides: &[String]) -> Result<String, ConfigError> {
    let mut table: toml::Table = toml::from_str(place.text).map_err(|e| place.syntax(&e))?;
    for text in overrides {
        let fail = |message: String| ConfigError {
            path: PathBuf::from("--set"),
            line: None,
            key: Some(text.clone()),
            message,
            hint: Some("write --set model.temperature=0.2, or --set verifier.base.timeout=5s".to_owned()),
        };
        let (key, value) = text.split_once('=').ok_or_else(|| fail("there is no `=`".to_owned()))?;
        // a bare word is a string
        let value = toml::from_str::<toml::Table>(&format!("v = {value}"))
            .ok()
            .and_then(|mut t| t.remove("v"))
            .unwrap_or_else(|| toml::Value::String(value.to_owned()));
        let parts: Vec<&str> = key.trim().split('.').collect();
        set(&mut table, &parts, value).map_err(fail)?;
    }
    toml::to_string(&table).map_err(|e| place.error("--set", e.to_string()))
}

fn set(table: &mut toml::Table, parts: &[&str], value: toml::Value) -> Result<(), String> {
    let [first, rest @ ..] = parts else { return Err("the key is empty".to_owned()) };
    if rest.is_empty() {
        table.insert((*first).to_owned(), value);
        return Ok(());
    }
    match table.entry((*first).to_owned()).or_insert_with(|| toml::Value::Table(toml::Table::new())) {
        toml::Value::Table(inner) => set(inner, rest, value),
        // of an array of tables the name picks one
        toml::Value::Array(items) => {
            let named = |item: &&mut toml::Value| {
                ["name", "kind", "model"].into_iter().find_map(|key| item.get(key)).and_then(toml::Value::as_str)
                    == Some(rest[0])
            };
            match items.iter_mut().find(named) {
                Some(toml::Value::Table(inner)) => set(inner, &rest[1..], value),
                _ => Err(format!("there is no {first} named {:?}", rest[0])),
            }
        }
        _ => Err(format!("{first:?} is not a table")),
    }
}

fn resolve(place: Place<'_>, file: ConfigFile) -> Result<Vec<Experiment>, ConfigError> {
    let samples = file.samples.unwrap_or(1);
    if samples == 0 {
        return Err(place.error("samples", "must be at least 1"));
    }
    let order = match file.order.as_deref() {
        None | Some("breadth") => Order::Breadth,
        Some("depth") => Order::Depth,
        Some(other) => {
            let hint = nearest("order", other, &["breadth", "depth"]);
            return Err(place.error("order", format!("unknown order {other:?}")).with_hint(hint));
        }
    };
    let dataset = dataset(place, file.dataset)?;
    let verifiers = verifier::resolve(place, file.verifier.unwrap_or_default())?;
    let sampling = sampling(place, file.sampling.as_deref(), file.stop_when)?;
    let analysis = analysis(place, file.analysis.unwrap_or_default())?;
    let priced = verifiers.iter().any(|spec| serde_json::to_value(&spec.settings).is_ok_and(|all| has_price(&all)));
    let name = file.name.unwrap_or_else(|| default_name(place.path));
    if let Some(why) = name_fault(&name) {
        return Err(place.error("name", why));
    }
    let seed = file.seed.unwrap_or(0);
    let one = |variant: sweep::Variant| -> Result<Experiment, ConfigError> {
        let resolved = model::resolve(place, variant.file, priced);
        let (model, rest) = resolved.map_err(|error| match variant.index {
            Some(index) => place.in_list(error, index),
            None => error,
        })?;
        Ok(Experiment {
            name: variant.suffix.map_or_else(|| name.clone(), |suffix| format!("{name}/{suffix}")),
            samples,
            seed,
            sampling,
            order,
            dataset: dataset.clone(),
            model,
            prompt: rest.prompt,
            system: rest.system,
            few_shot: rest.few_shot,
            default_stop: rest.default_stop,
            price: rest.price,
            budget: rest.budget,
            verifiers: verifiers.clone(),
            analysis: analysis.clone(),
        })
    };
    sweep::variants(place, file.model, file.sweep)?.into_iter().map(one).collect()
}

/// Where a key stands in an experiment file, for what is found out to be wrong later: `file:line: key`.
#[must_use]
pub fn place(path: &Path, key: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    Place { path, text: &text }.error(key, "").to_string().trim_end_matches([':', ' ']).to_owned()
}

/// Why a run can't be called that.
#[must_use]
pub fn name_fault(name: &str) -> Option<&'static str> {
    match name {
        "latest" => Some("a run can't be called \"latest\": that word means the newest one"),
        name if name.trim().is_empty() => Some("a run needs a name"),
        name if name.chars().any(char::is_control) => Some("a run's name is one line without control characters"),
        _ => None,
    }
}

/// Whether a verifier's settings say what asking costs.
fn has_price(settings: &serde_json::Value) -> bool {
    let here = |(name, value): (&String, &serde_json::Value)| (name == "price" && !value.is_null()) || has_price(value);
    settings.as_object().is_some_and(|fields| fields.iter().any(here))
}

/// The file's name and the date, so that another day's run is another run.
fn default_name(path: &Path) -> String {
    let stem = path.file_stem().map_or_else(|| "run".to_owned(), |s| s.to_string_lossy().into_owned());
    format!("{stem}-{}", jiff::Timestamp::now().to_zoned_datetime(jiff::tz::TimeZone::system()).date())
}

fn sampling(place: Place<'_>, word: Option<&str>, stop: Option<file::StopFile>) -> Result<Sampling, ConfigError> {
    match word {
        None | Some("fixed") => Ok(Sampling::Fixed),
        Some("until-success") => Ok(Sampling::UntilSuccess),
        Some("adaptive") => {
            let stop = stop.unwrap_or_default();
            if stop.accepted.is_none() && stop.half_width.is_none() {
                let hint = "for example [stop_when] half_width = 0.05";
                return Err(place
                    .error("sampling", "adaptive sampling needs [stop_when] accepted or half_width")
                    .with_hint(hint));
            }
            let min_samples = stop.min_samples.unwrap_or(8);
            Ok(Sampling::Adaptive { accepted: stop.accepted, half_width: stop.half_width, min_samples })
        }
        Some(other) => {
            let hint = nearest("sampling", other, &["fixed", "until-success", "adaptive"]);
            Err(place.error("sampling", format!("unknown way of sampling {other:?}")).with_hint(hint))
        }
    }
}

fn dataset(place: Place<'_>, file: Option<file::DatasetFile>) -> Result<DatasetSpec, ConfigError> {
    let file = file.ok_or_else(|| {
        place.error("dataset", "the section is missing").with_hint("add [dataset] with path = \"problems.jsonl\"")
    })?;
    let path = file.path.ok_or_else(|| place.error("dataset.path", "the key is missing"))?;
    let format = file.format.unwrap_or_else(|| "auto".to_owned());
    if format != "auto" && Format::parse(&format).is_none() {
        let known: Vec<&str> = ["auto"].into_iter().chain(Format::ALL.map(Format::as_str)).collect();
        let hint = nearest("format", &format, &known);
        return Err(place.error("dataset.format", format!("unknown format {format:?}")).with_hint(hint));
    }
    Ok(DatasetSpec {
        path: dataset_path(place.path, path),
        format,
        limit: file.limit,
        ids: file.ids,
        fields: file.fields.unwrap_or_default(),
    })
}

/// The bundled problems, a set of the catalogue where no file has its name, or a file.
fn dataset_path(config: &Path, path: String) -> PathBuf {
    let file = beside(config, &path);
    let named = path == crate::dataset::BUNDLED || (!file.exists() && crate::dataset::catalog::find(&path).is_some());
    if named { path.into() } else { file }
}

/// Relative paths start at the experiment file's folder.
fn beside(config: &Path, path: &str) -> PathBuf {
    config.parent().map_or_else(|| PathBuf::from(path), |folder| folder.join(path))
}

fn analysis(place: Place<'_>, file: file::AnalysisFile) -> Result<AnalysisSpec, ConfigError> {
    let default = AnalysisSpec::default();
    let confidence = file.confidence.unwrap_or(default.confidence);
    if !(confidence > 0.0 && confidence < 1.0) {
        return Err(place.error("analysis.confidence", "must lie between 0 and 1"));
    }
    let costs = file.costs.unwrap_or(default.costs);
    if costs.iter().any(|c| !c.is_finite() || *c < 0.0) {
        return Err(place.error("analysis.costs", "costs are numbers from 0 up"));
    }
    Ok(AnalysisSpec {
        confidence,
        bootstrap: file.bootstrap.unwrap_or(default.bootstrap),
        costs,
        group_by: file.group_by,
        seed: file.seed.unwrap_or(default.seed),
    })
}
