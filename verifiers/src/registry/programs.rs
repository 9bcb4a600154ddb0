//! Settings of the verifiers that run programs.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How programs are run and compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProgramSettings {
    /// The suite's name; `None`: the data set's default.
    pub tests: Option<String>,
    /// The language of the programs: `python` unless said.
    pub language: String,
    /// The interpreter, a name on the path or a path; `None`: `python3`.
    pub interpreter: Option<PathBuf>,
    /// Modules that the fork server imports beforehand.
    pub preload: Vec<String>,
    /// Limits of one sample.
    pub limits: Limits,
    /// Float tolerance for stdin/stdout; `None`: tokens compare as text.
    pub tolerance: Option<f64>,
}

/// Any program as a verifier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommandSettings {
    /// Program and arguments; `{file}` stands for the completion's file, `{dir}` for its folder.
    pub command: Vec<String>,
    /// A language of the table instead of a command: the completion is compiled or run by it.
    pub language: Option<String>,
    /// The file's name; `None`: by the language, else `completion.txt`.
    pub file: Option<String>,
    /// Limits of one sample.
    pub limits: Limits,
}

/// What one sample may use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Time for all its tests, the larger of CPU and (scaled for load) wall time.
    pub timeout: Duration,
    /// Address space, bytes.
    pub memory_bytes: u64,
    /// Processes and threads.
    pub processes: u32,
    /// Bytes on stdout and stderr together that are kept; more is a `limit`.
    pub output_bytes: u64,
    /// Bytes it may write to its temporary file system.
    pub disk_bytes: u64,
    /// Files and folders it may make.
    pub files: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(3),
            memory_bytes: 1 << 30,
            processes: 64,
            output_bytes: 1 << 20,
            disk_bytes: 64 << 20,
            files: 4096,
        }
    }
}

impl Default for ProgramSettings {
    fn default() -> Self {
        Self {
            tests: None,
            language: "python".to_owned(),
            interpreter: None,
            preload: Vec::new(),
            limits: Limits::default(),
            tolerance: None,
        }
    }
}
