//! `api = "replay"`: completions that someone else sampled, looked up instead of asked for.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use verifiers::domain::{Form, Outcome, ProblemId};
use verifiers::model::{Generation, Model, ModelError, Request, Response};

use super::mend::parse_line;

/// Why a file of completions can't be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It can't be read.
    #[error("can't read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A line is not what it should be.
    #[error("{path}:{line}: {problem}")]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
}

/// Recorded completions by problem, in the order of the file.
#[derive(Debug, Default)]
pub struct Replay {
    samples: HashMap<ProblemId, Vec<(Form, Box<str>)>>,
    /// In the order of their first line, with its number from 1.
    order: Vec<(ProblemId, usize)>,
    hash: String,
}

#[derive(Deserialize)]
struct Line {
    task_id: TaskId,
    completion: Option<String>,
    solution: Option<String>,
}

/// Some files number their problems.
#[derive(Deserialize)]
#[serde(untagged)]
enum TaskId {
    Text(String),
    Number(i64),
}

impl Replay {
    /// Reads a `.jsonl`, `.jsonl.gz` or `.jsonl.zst` file: `{"task_id", "completion" | "solution"}` per line.
    ///
    /// # Errors
    /// A file that can't be read, or the first line that is not such an object, with its number.
    pub fn open(path: &Path) -> Result<Self, ReplayError> {
        let read = |source| ReplayError::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(read)?;
        let reader: Box<dyn Read> = match path.extension().and_then(|e| e.to_str()) {
            Some("gz") => Box::new(flate2::read::MultiGzDecoder::new(file)),
            Some("zst") => Box::new(zstd::Decoder::new(file).map_err(read)?),
            _ => Box::new(file),
        };
        let mut replay = Self::default();
        let mut hasher = blake3::Hasher::new();
        for (index, line) in BufReader::new(reader).split(b'\n').enumerate() {
            let line = line.map_err(read)?;
            hasher.update(&line);
            hasher.update(b"\n");
            let text = if index == 0 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line) } else { &line };
            if text.trim_ascii().is_empty() {
                continue;
            }
            replay.add(text, index + 1).map_err(|problem| ReplayError::Line {
                path: path.to_owned(),
                line: index + 1,
                problem,
            })?;
        }
        replay.hash = hasher.finalize().to_hex().to_string();
        Ok(replay)
    }

    fn add(&mut self, line: &[u8], number: usize) -> Result<(), String> {
        let line: Line = parse_line(line).map_err(|error| {
            // the reader's own line numbers count within this line
            let text = error.to_string().replace(" at line 1 column ", " at column ");
            text.replace("struct Line with 3 elements", "an object with `task_id`")
        })?;
        let id = ProblemId(match line.task_id {
            TaskId::Text(text) => text,
            TaskId::Number(number) => number.to_string(),
        });
        let (form, text) = match (line.solution, line.completion) {
            (Some(solution), _) => (Form::Solution, solution),
            (None, Some(completion)) => (Form::Continuation, completion),
            (None, None) => return Err("neither `completion` nor `solution`".to_owned()),
        };
        let order = &mut self.order;
        let samples = self.samples.entry(id).or_insert_with_key(|id| {
            order.push((id.clone(), number));
            Vec::new()
        });
        samples.push((form, text.into_boxed_str()));
        Ok(())
    }

    /// Problems with their first line and their number of samples, in the order of the file.
    pub fn problems(&self) -> impl Iterator<Item = (&ProblemId, usize, usize)> {
        self.order.iter().map(|(id, line)| (id, *line, self.samples[id].len()))
    }
}

#[async_trait]
impl Model for Replay {
    async fn generate(&self, request: &Request) -> Response {
        let recorded = self.samples.get(&request.problem).map_or(&[][..], Vec::as_slice);
        let mut response = Response::default();
        for offset in 0..request.n {
            let index = request.first_index + offset;
            let Some((form, text)) = usize::try_from(index).ok().and_then(|i| recorded.get(i)) else {
                response.error = Some(ModelError::Absent { index });
                break;
            };
            response.generations.push(Generation {
                offset,
                text: text.to_string(),
                form: *form,
                reasoning: None,
                outcome: if text.trim().is_empty() { Outcome::Empty } else { Outcome::Ok },
                finish_reason: None,
                prompt_tokens: None,
                whole_prompt_tokens: None,
                cached_tokens: None,
                completion_tokens: None,
                usage_apportioned: false,
                logprob: None,
                token_logprobs: None,
                latency: Duration::ZERO,
                first_token: None,
                seed: None,
                endpoint: None,
            });
        }
        response
    }

    fn preferred_n(&self) -> u32 {
        64
    }

    async fn identity(&self) -> serde_json::Value {
        serde_json::json!({
            "server": "replay",
            "content": self.hash,
            "problems": self.order.len(),
            "samples": self.samples.values().map(Vec::len).sum::<usize>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use verifiers::model::Prompt;

    use super::*;

    fn ask(problem: &str, first_index: u32, n: u32) -> Request {
        Request { problem: ProblemId(problem.to_owned()), first_index, n, seed: 0, prompt: Prompt::Text(String::new()) }
    }

    fn file(suffix: &str, bytes: &[u8]) -> tempfile::TempPath {
        let mut file = tempfile::Builder::new().suffix(suffix).tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.into_temp_path()
    }

    const LINES: &str = concat!(
        "{\"task_id\":\"A\",\"completion\":\"a0\"}\n",
        "{\"task_id\":\"B\",\"solution\":\"b0\",\"other\":[1]}\n",
        "\n",
        "{\"task_id\":\"A\",\"completion\":\"a1\",\"solution\":\"whole\"}\n",
        "{\"task_id\":7,\"completion\":\"\"}",
    );

    #[tokio::test]
    async fn samples_come_by_their_place_among_the_lines_of_their_task() {
        let path = file(".jsonl", LINES.as_bytes());
        let replay = Replay::open(&path).unwrap();
        let got = replay.generate(&ask("A", 0, 2)).await;
        assert_eq!(got.error, None);
        let texts: Vec<_> = got.generations.iter().map(|g| (g.offset, g.form, g.text.as_str())).collect();
        assert_eq!(texts, [(0, Form::Continuation, "a0"), (1, Form::Solution, "whole")]);
        assert_eq!(replay.generate(&ask("7", 0, 1)).await.generations[0].outcome, Outcome::Empty);
        let problems: Vec<_> = replay.problems().map(|(id, line, n)| (id.0.as_str(), line, n)).collect();
        assert_eq!(problems, [("A", 1, 2), ("B", 2, 1), ("7", 5, 1)]);
    }

    #[tokio::test]
    async fn fewer_than_asked_for_says_so() {
        let replay = Replay::open(&file(".jsonl", LINES.as_bytes())).unwrap();
        let got = replay.generate(&ask("A", 1, 3)).await;
        assert_eq!((got.generations.len(), got.error), (1, Some(ModelError::Absent { index: 2 })));
        let got = replay.generate(&ask("unknown", 0, 1)).await;
        assert_eq!((got.generations.len(), got.error), (0, Some(ModelError::Absent { index: 0 })));
    }

    #[test]
    fn compressed_files_read_as_they_are() {
        let zst = zstd::encode_all(LINES.as_bytes(), 1).unwrap();
        let plain = Replay::open(&file(".jsonl", LINES.as_bytes())).unwrap();
        assert_eq!(Replay::open(&file(".jsonl.zst", &zst)).unwrap().hash, plain.hash);
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(LINES.as_bytes()).unwrap();
        assert_eq!(Replay::open(&file(".jsonl.gz", &gz.finish().unwrap())).unwrap().hash, plain.hash);
    }

    #[tokio::test]
    async fn what_is_no_text_is_replaced_and_told_apart_from_what_is() {
        let line = br#"{"task_id":"A","completion":"\ud800 \\ud800 \ud83d\ude00 \u00e9 \udc00\n "}"#;
        let path = file(".jsonl", &[b"\xef\xbb\xbf", line.as_slice()].concat());
        let got = Replay::open(&path).unwrap().generate(&ask("A", 0, 1)).await;
        assert_eq!(got.generations[0].text, "\u{fffd} \\ud800 \u{1f600} \u{e9} \u{fffd}\n ");
    }

    #[test]
    fn a_broken_line_is_named() {
        for (bad, word) in
            [("{\"task_id\":\"A\"", "EOF"), ("{\"task_id\":\"A\"}", "neither"), ("{\"completion\":\"\"}", "task_id")]
        {
            let text = format!("{{\"task_id\":\"A\",\"completion\":\"\"}}\n{bad}\n");
            let path = file(".jsonl", text.as_bytes());
            let error = Replay::open(&path).unwrap_err().to_string();
            assert!(error.contains(":2: ") && error.contains(word), "{error}");
        }
        let path = file(".jsonl", b"{\"task_id\":\"A\",\"completion\":\"\xff\"}");
        let error = Replay::open(&path).unwrap_err().to_string();
        assert!(error.contains(":1: not UTF-8 at byte 30"), "{error}");
        assert!(Replay::open(Path::new("nowhere.jsonl")).unwrap_err().to_string().contains("nowhere.jsonl"));
    }
}
