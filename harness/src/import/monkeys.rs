//! large_language_monkeys: one YAML file a problem, `samples` and, evaluated, `is_corrects`.
//!
//! Source: github.com/ScalingIntelligence/large_language_monkeys, `llmonk/evaluate`.

use std::path::Path;

use serde::Deserialize;
use verifiers::domain::{Form, Problem, Role};

use super::error::{Fault, ImportError};
use super::record::{Judged, Sample, described};
use super::sink::Sink;
use super::source::Stream;
use verifiers::counted;

#[derive(Deserialize)]
struct File {
    samples: Option<Vec<String>>,
    /// The code that was taken out of each sample and judged.
    solutions: Option<Vec<Option<String>>>,
    #[serde(alias = "is_correct")]
    is_corrects: Option<Vec<bool>>,
    prompt: Option<String>,
    question: Option<String>,
    name: Option<String>,
    gt_answer: Option<Scalar>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Number(f64),
}

pub(super) fn read(path: &Path, mut stream: Stream, sink: &mut Sink) -> Result<(), ImportError> {
    let mut text = String::new();
    std::io::Read::read_to_string(&mut stream, &mut text).map_err(ImportError::read(path))?;
    let options = serde_saphyr::options! { budget: None };
    let file: File = serde_saphyr::from_str_with_options(&text, options).map_err(|error| {
        let text = error.to_string();
        let what = text.lines().next().unwrap_or_default().to_owned();
        let place = error.location().map_or_else(|| "1".to_owned(), |at| at.line().to_string());
        Fault::new(what, "a YAML file with `samples` and `is_corrects` is expected").at(path, place)
    })?;
    drop(text);
    let id = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    // a packed file still has the ending of what is in it
    let id = id.trim_end_matches(".yaml").trim_end_matches(".yml");
    pour(file, id, sink).map_err(|fault| fault.at(path, "samples"))
}

fn pour(file: File, id: &str, sink: &mut Sink) -> Result<(), Fault> {
    let samples = file.samples.ok_or_else(|| Fault::missing("samples"))?;
    if let Some(verdicts) = &file.is_corrects
        && verdicts.len() != samples.len()
    {
        let problem = format!("{}, but {}", counted(samples.len(), "sample"), counted(verdicts.len(), "verdict"));
        return Err(Fault::new(problem, "`samples` and `is_corrects` must have the same length"));
    }
    let code = file.solutions.is_some();
    let id = file.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(id);
    let problem = sink.problem(id, || Problem {
        answer: file.gt_answer.as_ref().map(|answer| match answer {
            Scalar::Text(text) => text.clone(),
            Scalar::Number(number) => number.to_string(),
        }),
        ..described(file.question.as_deref().or(file.prompt.as_deref()).unwrap_or_default())
    })?;
    let mut verdicts = file.is_corrects.unwrap_or_default().into_iter();
    let verifier = if verdicts.len() > 0 { Some(sink.verifier("is_correct", Some(Role::Oracle))?) } else { None };
    for text in samples {
        let form = Some(if code { Form::Chat } else { Form::Continuation });
        let index = sink.sample(problem, Sample { form, text: Some(text), ..Sample::default() })?;
        if let (Some(verifier), Some(passed)) = (verifier, verdicts.next()) {
            sink.verdict(problem, index, verifier, Judged::passed(passed))?;
        }
    }
    Ok(())
}
