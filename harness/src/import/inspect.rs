//! Inspect logs: `.eval` (a ZIP of JSON, one entry a sample, or a folder of entries a sample) and `.json` (one document).
//!
//! An epoch is a sample, and every scorer a verifier. "C" is a pass, "I" and "N" (no answer) are not, "P" is half right: not a
//! pass, and then the scorer gets scores too, whose mean is Inspect's accuracy. Samples that ended in an error are missing.
//! Source: inspect.aisi.org.uk/eval-logs.html, github.com/UKGovernmentBEIS/inspect_ai, `src/inspect_ai/log/_log.py`.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::Value;
use zip::ZipArchive;

use super::document::{self, Part};
use super::error::{Fault, ImportError};
use super::sink::Sink;
use super::source::{Progress, Stream};

mod sample;

use sample::{Entry, pour};

/// One JSON document.
pub(super) fn read_json(path: &Path, stream: Stream, sink: &mut Sink) -> Result<(), ImportError> {
    let before = sink.samples();
    let keep = ["version", "status", "eval", "results", "error"];
    document::read(path, stream, Some("samples"), &keep, &mut |part: Part<Entry>| match part {
        Part::Member(name, value) => {
            header(sink, &name, value);
            Ok(())
        }
        Part::Element(_, entry) => pour(entry, sink),
    })?;
    some(path, before, sink)
}

/// A ZIP of JSON, deflated or with zstd.
pub(super) fn read_eval(path: &Path, progress: &Arc<Progress>, sink: &mut Sink) -> Result<(), ImportError> {
    let before = sink.samples();
    let file = File::open(path).map_err(ImportError::read(path))?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| broken(path, &error))?;
    let names = archive.file_names().map(|name| name.map(Cow::into_owned)).collect::<Result<Vec<String>, _>>();
    let names = names.map_err(|error| broken(path, &error))?;
    let has = |name: &str| names.iter().any(|n| n == name);
    // a log that was cut short has only its start
    let head = if has("header.json") { "header.json" } else { "_journal/start.json" };
    if !has(head) {
        let problem = "a ZIP archive without header.json, so no Inspect log";
        return Err(ImportError::file(path, problem, "name a log that `inspect eval` wrote"));
    }
    let head: Value = entry(path, &mut archive, head, progress)?;
    let ids = head.pointer("/eval/dataset/sample_ids").and_then(Value::as_array);
    let ids = ids.into_iter().flatten().filter_map(sample::id_word);
    let order: HashMap<String, usize> = ids.enumerate().map(|(place, id)| (id, place)).collect();
    if let Value::Object(members) = head {
        members.into_iter().for_each(|(name, value)| header(sink, &name, value));
    }
    let mut samples: Vec<&String> = names.iter().filter(|name| stem(name).is_some()).collect();
    if samples.is_empty() && names.iter().any(|name| name.starts_with("samples/")) {
        let hint = "`inspect log convert --to json` makes a file that can be read";
        return Err(ImportError::file(path, "samples in a layout that is not known", hint));
    }
    samples.sort_by_cached_key(|name| key(name, &order));
    let sorted: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    for name in samples {
        let mut one: Entry = entry(path, &mut archive, name, progress)?;
        if let Some(folder) = name.strip_suffix(SHELL) {
            for part in sorted.range(folder..).take_while(|part| part.starts_with(folder)) {
                match part[folder.len()..].strip_prefix("/attachments/").and_then(|n| n.strip_suffix(".json")) {
                    Some(first) => one.attach(first, entry(path, &mut archive, part, progress)?),
                    None if part.ends_with("/metadata.json") => {
                        one.metadata = Some(entry(path, &mut archive, part, progress)?);
                    }
                    None => {}
                }
            }
        }
        pour(one, sink).map_err(|fault| fault.at(path, name))?;
    }
    some(path, before, sink)
}

/// What a sample in parts has its scores and its output in.
const SHELL: &str = "/sample.json";

fn some(path: &Path, before: u64, sink: &Sink) -> Result<(), ImportError> {
    if sink.samples() > before {
        return Ok(());
    }
    Err(ImportError::file(
        path,
        "the log has no samples",
        "was it written with --no-log-samples, or did the task fail?",
    ))
}

/// Id and epoch of the sample that an entry holds: `samples/<id>_epoch_<n>.json`, or in parts `samples/<id>_epoch_<n>/sample.json`;
/// ids may hold a slash.
fn stem(name: &str) -> Option<(&str, u32)> {
    let stem = name.strip_prefix("samples/")?;
    let stem = stem.strip_suffix(SHELL).or_else(|| stem.strip_suffix(".json"))?;
    let (id, epoch) = stem.rsplit_once("_epoch_")?;
    Some((id, epoch.parse().ok()?))
}

/// In the order of the data set, then by epoch.
fn key(name: &str, order: &HashMap<String, usize>) -> (usize, String, u32) {
    let (id, epoch) = stem(name).unwrap_or((name, 0));
    (order.get(id).copied().unwrap_or(usize::MAX), id.to_owned(), epoch)
}

fn entry<T: serde::de::DeserializeOwned>(
    path: &Path,
    archive: &mut ZipArchive<BufReader<File>>,
    name: &str,
    progress: &Arc<Progress>,
) -> Result<T, ImportError> {
    let mut file = archive.by_name(name).map_err(|error| broken(path, &error))?;
    let packed = file.compressed_size();
    let mut bytes = Vec::with_capacity(usize::try_from(file.size()).unwrap_or(0).min(1 << 26));
    file.read_to_end(&mut bytes)
        .map_err(|error| Fault::new(format!("cannot be unpacked: {error}"), DAMAGED).at(path, name))?;
    progress.bytes.fetch_add(packed, Ordering::Relaxed);
    // Python writes NaN and Infinity, which JSON does not have
    match serde_json::from_slice(&bytes) {
        Ok(value) => Ok(value),
        Err(error) => match without_nan(&bytes).and_then(|text| serde_json::from_str(&text).ok()) {
            Some(value) => Ok(value),
            None => Err(Fault::from(error).at(path, name)),
        },
    }
}

/// The text with `NaN` and infinities outside of strings made null; `None` where there are none.
fn without_nan(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut changed) = (text, false);
    while let Some(at) = rest.find(['"', 'N', 'I']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = ["NaN", "Infinity"].iter().find_map(|word| rest.strip_prefix(word)) {
            if out.ends_with('-') {
                out.pop();
            }
            out.push_str("null");
            (rest, changed) = (after, true);
            continue;
        }
        let end = if rest.starts_with('"') { string_end(rest)? } else { 1 };
        out.push_str(&rest[..end]);
        rest = &rest[end..];
    }
    out.push_str(rest);
    changed.then_some(out)
}

/// Where a string that starts here ends.
fn string_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

const DAMAGED: &str = "the file may be cut off or damaged; nothing was imported";

fn broken(path: &Path, error: &zip::result::ZipError) -> ImportError {
    ImportError::file(path, format!("not a whole ZIP archive: {error}"), DAMAGED)
}

/// What the log says of itself: kept with the run, and told where it matters.
fn header(sink: &mut Sink, name: &str, value: Value) {
    match name {
        "eval" => {
            let word = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
            sink.model = sink.model.take().or_else(|| word("model"));
            for key in ["task", "model", "created", "run_id", "packages"] {
                if let Some(found) = value.get(key) {
                    sink.reported.insert(key.to_owned(), found.clone());
                }
            }
        }
        "results" => {
            if let Some(scores) = value.get("scores") {
                sink.reported.insert("scores".to_owned(), scores.clone());
            }
        }
        "status" if value != "success" => {
            sink.note(format!("the log's status is {value}: samples that never ran are not in it"));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_json_lacks_become_null() {
        let text = br#"{"a": NaN, "b": [-Infinity, Infinity], "c": "NaN \" Infinity", "d": "Name"}"#;
        let value: Value = serde_json::from_str(&without_nan(text).unwrap()).unwrap();
        assert_eq!(value, serde_json::json!({"a": null, "b": [null, null], "c": "NaN \" Infinity", "d": "Name"}));
        assert_eq!(without_nan(br#"{"N": "I"}"#), None);
    }

    #[test]
    fn samples_come_in_the_order_of_the_data_set() {
        let order = HashMap::from([("b".to_owned(), 0), ("a/1".to_owned(), 1)]);
        let mut names = [
            "samples/a/1_epoch_2.json",
            "samples/a/1_epoch_10/sample.json",
            "samples/a/1_epoch_3/sample.json",
            "samples/b_epoch_1.json",
        ];
        names.sort_by_cached_key(|name| key(name, &order));
        let found: Vec<_> = names.iter().filter_map(|name| stem(name)).collect();
        assert_eq!(found, [("b", 1), ("a/1", 2), ("a/1", 3), ("a/1", 10)]);
        for other in ["summaries.json", "_journal/summaries/1.json", "samples/b_epoch_1/metadata.json"] {
            assert_eq!(stem(other), None, "{other}");
        }
    }
}
