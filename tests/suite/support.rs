//! A folder of its own for every story, and the binary in it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use serde_json::Value;

/// A temporary folder with a database.
pub(crate) struct Bed {
    folder: tempfile::TempDir,
}

impl Bed {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file and gives its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The binary in this folder, with no terminal and no key in its environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nbest"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env_remove("NBEST_DB").env_remove("OPENAI_API_KEY").env("NO_COLOR", "1");
        command.env("NBEST_CACHE", self.path("cache"));
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must succeed; gives its stdout.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "nbest {arguments:?}: {}\n{}", output.status, text(&output.stderr));
        text(&output.stdout)
    }

    /// Runs a command that must fail with this code; gives its stderr.
    pub(crate) fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "nbest {arguments:?}: {stderr}");
        stderr
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A process that is killed when it goes out of scope.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server on a free port that answers JSON with JSON, by path; gives its address.
pub(crate) fn http(answer: impl Fn(&str, &Value) -> Value + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || serve(stream, &*answer));
        }
    });
    url
}

fn serve(stream: TcpStream, answer: &dyn Fn(&str, &Value) -> Value) {
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    loop {
        let (mut length, mut line, mut path) = (0, String::new(), String::new());
        while reader.read_line(&mut line).is_ok_and(|n| n > 2) {
            if path.is_empty() {
                line.split(' ').nth(1).unwrap_or_default().clone_into(&mut path);
            }
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            line.clear();
        }
        if length == 0 {
            return;
        }
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let text = answer(&path, &serde_json::from_slice(&body).unwrap()).to_string();
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", text.len());
        if writer.write_all(format!("{head}{text}").as_bytes()).is_err() {
            return;
        }
    }
}

/// Starts the simulated endpoint with these options on a free port; gives its address.
pub(crate) fn simulate(bed: &Bed, options: &[&str]) -> (Running, String) {
    let mut command = bed.command(&["simulate", "--port", "0"]);
    let mut child = command.args(options).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.split_whitespace().find(|w| w.starts_with("http://")).unwrap().to_owned();
    (Running(child), address)
}

/// The shared material beside the project, where it is there.
pub(crate) fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?.join("shared");
    let named = std::env::var_os("NBEST_SHARED").map(PathBuf::from);
    let found = named.into_iter().chain([beside]).find(|p| p.join("data/humaneval.jsonl").is_file());
    if found.is_none() {
        eprintln!("skipped: ../shared is not there (or name it with NBEST_SHARED)");
    }
    found
}

/// A small data set in HumanEval's format, and completions for it: problem i adds i; two right, one wrong, one broken.
pub(crate) fn tiny(bed: &Bed, problems: usize) -> (PathBuf, PathBuf) {
    let (mut set, mut samples) = (String::new(), String::new());
    for i in 0..problems {
        let problem = serde_json::json!({
            "task_id": format!("Tiny/{i}"), "prompt": format!("def add{i}(x):\n"), "entry_point": format!("add{i}"),
            "canonical_solution": format!("    return x + {i}\n"),
            "test": format!("def check(candidate):\n    assert candidate(1) == {}\n    assert candidate(5) == {}\n", i + 1, i + 5),
        });
        set += &format!("{problem}\n");
        for body in [
            format!("    return x + {i}\n"),
            format!("    return {i} + x\n"),
            "    return -1\n".into(),
            "    return (\n".into(),
        ] {
            samples += &format!("{}\n", serde_json::json!({"task_id": format!("Tiny/{i}"), "completion": body}));
        }
    }
    (bed.write("tiny.jsonl", &set), bed.write("samples.jsonl", &samples))
}

/// An experiment over [`tiny`] that replays its samples.
pub(crate) const REPLAY: &str = r#"
name = "tiny"
samples = 4
[dataset]
path = "tiny.jsonl"
format = "human-eval"
[model]
api = "replay"
path = "samples.jsonl"
[[verifier]]
name = "tests"
kind = "python-tests"
role = "oracle"
"#;
