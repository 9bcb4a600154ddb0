//! Which tool wrote a file, by what is in it.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use super::error::ImportError;
use super::source::{self, Progress};
use super::{Format, table};

/// How a file is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// A ZIP archive.
    Zip,
    /// One JSON object that is a whole document.
    Object,
    /// One JSON array.
    Array,
    /// JSON lines.
    Lines,
    /// One program, which is one sample.
    Program,
    /// YAML, or a table, or nothing that is known.
    Text,
}

/// The beginning of a file.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) layout: Layout,
    /// Names of the members of the first object, or of the columns.
    pub(super) names: Vec<String>,
    pub(super) format: Option<Format>,
}

/// So much of a file is looked at.
const LOOK: u64 = 1 << 20;

/// Looks at the beginning of a file.
pub(super) fn look(path: &Path) -> Result<Head, ImportError> {
    if source::is_program(path) {
        return Ok(Head { layout: Layout::Program, names: Vec::new(), format: Some(Format::EvalPlus) });
    }
    let mut magic = [0; 4];
    let mut file = std::fs::File::open(path).map_err(ImportError::read(path))?;
    let n = file.read(&mut magic).map_err(ImportError::read(path))?;
    if magic[..n] == *b"PK\x03\x04" {
        return Ok(Head { layout: Layout::Zip, names: Vec::new(), format: Some(Format::Inspect) });
    }
    let mut bytes = Vec::new();
    let stream = source::open(path, &Arc::new(Progress::default()))?;
    stream.take(LOOK).read_to_end(&mut bytes).map_err(ImportError::read(path))?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes).trim_ascii_start();
    if bytes.is_empty() {
        return Err(ImportError::file(path, "the file is empty", "name a file with samples or results"));
    }
    Ok(match bytes[0] {
        b'{' => {
            let (names, end) = members(bytes);
            let more = end.is_some_and(|end| bytes[end..].trim_ascii_start().first() == Some(&b'{'));
            let format = of_object(&names);
            let document =
                matches!(format, Some(Format::Inspect)) || (format == Some(Format::EvalPlus) && has(&names, "eval"));
            let layout = if document && !more { Layout::Object } else { Layout::Lines };
            Head { layout, format: format.or_else(|| own(&names, Format::Jsonl)), names }
        }
        b'[' => {
            let inner = bytes[1..].trim_ascii_start();
            let (names, _) = members(inner);
            Head { layout: Layout::Array, format: of_object(&names), names }
        }
        _ => text(path, bytes),
    })
}

fn has(names: &[String], name: &str) -> bool {
    names.iter().any(|n| n == name)
}

fn own(names: &[String], format: Format) -> Option<Format> {
    table::tells_problem(names).then_some(format)
}

fn of_object(names: &[String]) -> Option<Format> {
    let has = |name: &str| has(names, name);
    Some(if has("custom_id") && (has("response") || has("error")) {
        Format::OpenaiBatch
    } else if has("doc_id") && has("resps") {
        Format::LmEval
    } else if has("eval") && (has("pass_at_k") || has("hash") || has("date")) {
        Format::EvalPlus
    } else if has("eval") && (has("status") || has("version")) {
        Format::Inspect
    } else if has("question_id") && (has("code_list") || has("output_list") || has("graded_list")) {
        Format::LiveCodeBench
    } else if has("completions") {
        Format::SearchAndLearn
    } else if has("samples") && (has("answer_correct") || has("extracted_answers") || has("instruction")) {
        Format::Weaver
    } else if has("task_id") && has("passed") && has("completion") {
        Format::HumanEval
    } else if has("task_id") && has("solution") && names.len() <= 3 {
        Format::EvalPlus
    } else if has("task_id") && has("completion") && names.len() <= 4 {
        Format::HumanEval
    } else {
        return None;
    })
}

fn text(path: &Path, bytes: &[u8]) -> Head {
    let text = String::from_utf8_lossy(bytes);
    let known = ["samples:", "is_corrects:", "is_correct:", "gt_answer:", "test_cases:", "theorem_name:"];
    let keys = |line: &str| known.iter().any(|key| line.starts_with(key));
    let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    let yaml = name.contains(".yaml") || name.contains(".yml");
    if yaml || text.lines().any(keys) {
        return Head { layout: Layout::Text, names: Vec::new(), format: Some(Format::Monkeys) };
    }
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
    let names: Vec<String> =
        reader.headers().map(|h| h.iter().map(|n| n.trim().to_owned()).collect()).unwrap_or_default();
    let table = name.contains(".csv") || names.len() > 1;
    let format = if table { own(&names, Format::Csv).or(name.contains(".csv").then_some(Format::Csv)) } else { None };
    Head { layout: Layout::Text, names, format }
}

/// The names of the members of the object that begins here, and where it ends, as far as it can be seen.
fn members(bytes: &[u8]) -> (Vec<String>, Option<usize>) {
    let (mut names, mut depth, mut at) = (Vec::new(), 0_usize, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return (names, Some(at + 1));
                }
            }
            b'"' => {
                let Some(end) = string_end(bytes, at) else { break };
                let after = bytes[end..].trim_ascii_start().first();
                if depth == 1 && after == Some(&b':') {
                    names.extend(serde_json::from_slice::<String>(&bytes[at..end]).ok());
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    (names, None)
}

fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, text: &str) -> (Layout, Option<Format>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let head = look(&path).unwrap();
        (head.layout, head.format)
    }

    #[test]
    fn formats_are_told_by_content() {
        use Format as F;
        use Layout as L;
        for (name, text, layout, format) in [
            (
                "a",
                "{\"task_id\":\"A/0\",\"completion\":\"x\"}\n{\"task_id\":\"A/0\",\"completion\":\"y\"}",
                L::Lines,
                F::HumanEval,
            ),
            ("a", "{\"task_id\":\"A/0\",\"solution\":\"x\"}", L::Lines, F::EvalPlus),
            ("a", "{\"date\":\"\",\"hash\":\"\",\"eval\":{\"A/0\":[{\"solution\":\"eval\"", L::Object, F::EvalPlus),
            (
                "a",
                "{\n \"version\": 2,\n \"status\": \"success\", \"eval\": {\"hash\": 1}, \"samples\": [",
                L::Object,
                F::Inspect,
            ),
            ("a", "{\"doc_id\":0,\"doc\":{\"eval\":1},\"resps\":[[\"x\"]]}", L::Lines, F::LmEval),
            ("a", "{\"id\":\"b\",\"custom_id\":\"p\",\"response\":{}}", L::Lines, F::OpenaiBatch),
            ("a", "[{\"question_id\":\"1\",\"code_list\":[\"a\"]}]", L::Array, F::LiveCodeBench),
            ("a", "{\"problem\":\"p\",\"completions\":[\"a\"],\"scores\":[[0.5]]}", L::Lines, F::SearchAndLearn),
            ("a", "{\"instruction\":\"p\",\"samples\":[\"a\"],\"answer_correct\":[true]}", L::Lines, F::Weaver),
            ("a", "{\"problem\":\"p\",\"passed\":true}", L::Lines, F::Jsonl),
            ("a", "problem,sample,base\np,0,1\n", L::Text, F::Csv),
            ("a.yaml", "prompt: |\n  x\nsamples:\n- a\n", L::Text, F::Monkeys),
            ("a", "gt_answer: 3\nsamples:\n- a\n", L::Text, F::Monkeys),
        ] {
            assert_eq!(of(name, text), (layout, Some(format)), "{text}");
        }
        assert_eq!(of("a", "nothing at all").1, None);
        assert_eq!(of("a", "{\"x\":1}").1, None);
    }

    #[test]
    fn an_object_longer_than_the_look_is_known_by_its_first_members() {
        let long = format!("{{\"hash\":\"\",\"eval\":{{\"A\":[\"{}", "x".repeat(3 << 20));
        assert_eq!(of("a", &long), (Layout::Object, Some(Format::EvalPlus)));
    }
}
