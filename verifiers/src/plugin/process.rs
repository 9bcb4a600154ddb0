//! The program itself: its pipes, and lines with a time limit.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc as blocking};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{PROTOCOL, PluginSettings};
use crate::json::lenient;

/// A line longer than this is no answer.
const LINE_MOST: u64 = 64 << 20;
/// Lines of its error output that are kept to explain its end.
const COMPLAINTS: usize = 3;
/// Time for the program to leave by itself when its input ends.
const FAREWELL: Duration = Duration::from_secs(1);

/// Why a program gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("{0}")]
    Spawn(std::io::Error),
    #[error("{0} is not on the path")]
    NotFound(String),
    #[error("it ended{0}")]
    Ended(String),
    #[error("it gave no answer in {0:?}{1}")]
    Silent(Duration, String),
    #[error("it speaks protocol {0}, not {PROTOCOL}")]
    Protocol(Value),
    #[error("it reported: {0}")]
    Reported(String),
}

/// A running program.
pub(super) struct Process {
    child: Child,
    /// `None` once its input is to end.
    input: Option<blocking::Sender<String>>,
    output: mpsc::Receiver<Value>,
    complaints: Arc<Mutex<VecDeque<String>>>,
    /// Reads the complaints until there are no more.
    listener: Option<JoinHandle<()>>,
    next: u64,
    pub(super) version: String,
    pub(super) batch: usize,
}

impl Process {
    /// Starts the program and waits for its hello; blocks.
    pub(super) fn start(settings: &PluginSettings) -> Result<Self, Fault> {
        let mut process = Self::spawn(settings)?;
        process.send(&json!({ "protocol": PROTOCOL, "batch": settings.batch }));
        let hello = process.hello(settings.start_timeout)?;
        if hello["protocol"] != json!(PROTOCOL) {
            return Err(Fault::Protocol(hello["protocol"].clone()));
        }
        hello["version"].as_str().unwrap_or("unknown").clone_into(&mut process.version);
        let wished = hello["batch"].as_u64().and_then(|n| usize::try_from(n).ok());
        process.batch = wished.unwrap_or(settings.batch);
        Ok(process)
    }

    fn spawn(settings: &PluginSettings) -> Result<Self, Fault> {
        let (first, rest) = settings.command.split_first().ok_or_else(|| Fault::NotFound(String::new()))?;
        let mut command = Command::new(first);
        command.args(rest).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if looks_secret(&text) && !settings.env.iter().any(|kept| *kept == text) {
                command.env_remove(&name);
            }
        }
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Fault::NotFound(first.clone()),
            _ => Fault::Spawn(error),
        })?;
        let (lines, output) = mpsc::channel(64);
        let (input, orders) = blocking::channel::<String>();
        let complaints = Arc::new(Mutex::new(VecDeque::new()));
        let mut listener = None;
        if let (Some(mut stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        {
            // each thread ends with its pipe, which ends with the process
            std::thread::spawn(move || {
                while let Ok(line) = orders.recv() {
                    if stdin.write_all(line.as_bytes()).and_then(|()| stdin.flush()).is_err() {
                        break;
                    }
                }
            });
            std::thread::spawn(move || read_answers(stdout, &lines));
            let kept = Arc::clone(&complaints);
            listener = Some(std::thread::spawn(move || read_complaints(stderr, &kept)));
        }
        Ok(Self {
            child,
            input: Some(input),
            output,
            complaints,
            listener,
            next: 0,
            version: String::new(),
            batch: settings.batch,
        })
    }

    fn send(&self, message: &Value) {
        // a closed pipe shows as the end of the output
        if let Some(input) = &self.input {
            let _ = input.send(format!("{message}\n"));
        }
    }

    fn hello(&mut self, limit: Duration) -> Result<Value, Fault> {
        let deadline = Instant::now() + limit;
        loop {
            match self.output.try_recv() {
                Ok(value) if value.get("protocol").is_some() => return Ok(value),
                Ok(_) => {}
                Err(mpsc::error::TryRecvError::Disconnected) => return Err(self.ended()),
                Err(mpsc::error::TryRecvError::Empty) if Instant::now() >= deadline => {
                    return Err(Fault::Silent(limit, self.complaint()));
                }
                Err(mpsc::error::TryRecvError::Empty) => std::thread::sleep(Duration::from_millis(2)),
            }
        }
    }

    /// Sends samples and waits for their verdicts.
    pub(super) async fn ask(&mut self, samples: Vec<Value>, limit: Duration) -> Result<Vec<Value>, Fault> {
        let id = self.next;
        self.next += 1;
        self.send(&json!({ "id": id, "samples": samples }));
        let answer = async {
            loop {
                match self.output.recv().await {
                    Some(mut value) if value.get("id") == Some(&json!(id)) => {
                        if let Some(Value::Array(items)) = value.get_mut("verdicts") {
                            return Ok(std::mem::take(items));
                        }
                        let said = value.get("error").and_then(Value::as_str);
                        return Err(Some(said.unwrap_or("an answer without verdicts").to_owned()));
                    }
                    Some(_) => {}
                    None => return Err(None),
                }
            }
        };
        match tokio::time::timeout(limit, answer).await {
            Ok(Ok(items)) => Ok(items),
            Ok(Err(Some(said))) => Err(Fault::Reported(said)),
            Ok(Err(None)) => Err(self.ended()),
            Err(_late) => Err(Fault::Silent(limit, self.complaint())),
        }
    }

    /// How it ended, in words. Its error output may arrive a moment later.
    fn ended(&mut self) -> Fault {
        let deadline = Instant::now() + FAREWELL;
        while Instant::now() < deadline {
            let heard = self.listener.as_ref().is_none_or(JoinHandle::is_finished);
            if let (true, Ok(Some(status))) = (heard, self.child.try_wait()) {
                return Fault::Ended(format!(" ({status}){}", self.complaint()));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Fault::Ended(format!(" (its output is closed){}", self.complaint()))
    }

    fn complaint(&self) -> String {
        let lines = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        lines.back().map_or_else(String::new, |line| format!(": {line}"))
    }

    /// Closes its input and gives it a moment to leave.
    pub(super) fn end(mut self) {
        self.input = None;
        let deadline = Instant::now() + FAREWELL;
        while Instant::now() < deadline && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            #[cfg(target_os = "linux")]
            {
                // with everything that it started
                let group = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
                let _ = group.map(|group| rustix::process::kill_process_group(group, rustix::process::Signal::KILL));
            }
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// The JSON objects of its output; what else it prints is passed over.
fn read_answers(stdout: impl Read, lines: &mpsc::Sender<Value>) {
    let mut reader = BufReader::new(stdout);
    loop {
        let mut line = Vec::new();
        match reader.by_ref().take(LINE_MOST).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        match lenient(text.trim()).filter(Value::is_object) {
            Some(value) => {
                if lines.blocking_send(value).is_err() {
                    return;
                }
            }
            None => {
                tracing::debug!(line = %text.trim().chars().take(200).collect::<String>(), "printed by a verifier's program");
            }
        }
    }
}

fn read_complaints(stderr: impl Read, kept: &Mutex<VecDeque<String>>) {
    let mut reader = BufReader::new(stderr);
    loop {
        let mut line = Vec::new();
        match reader.by_ref().take(1 << 16).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        let text: String = text.trim().chars().filter(|c| !c.is_control()).take(300).collect();
        if text.is_empty() {
            continue;
        }
        tracing::debug!(line = %text, "complained a verifier's program");
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back(text);
        if kept.len() > COMPLAINTS {
            kept.pop_front();
        }
    }
}

/// Names of variables that hold keys, as they are commonly written.
fn looks_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIALS"]
        .iter()
        .any(|word| name == *word || name.ends_with(&format!("_{word}")))
}
