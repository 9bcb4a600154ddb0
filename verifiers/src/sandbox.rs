//! The isolated process: namespaces, limits, system-call filter, kill. Knows nothing of tests.
//!
//! A program is started by a small launcher: this binary, executed again with [`ARGUMENT`] first, a cleared environment and one
//! thread. The launcher makes the namespaces, hands its pid 1 back as a pidfd and waits. Inside, pid 1 is a tiny init; the
//! program is pid 2. Killing pid 1 ends everything in the sandbox; a dead parent ends the launcher, which ends pid 1.
//!
//! Threat model, promises of each [`SandboxClass`] and what is not promised: `docs/sandbox.md`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use serde::{Deserialize, Serialize};

use crate::domain::SandboxClass;

#[cfg(target_os = "linux")]
mod filter;
#[cfg(target_os = "linux")]
mod handle;
#[cfg(target_os = "linux")]
mod landlocked;
#[cfg(target_os = "linux")]
mod launcher;
#[cfg(target_os = "linux")]
pub(crate) mod load;
#[cfg(target_os = "linux")]
mod mounts;
#[cfg(target_os = "linux")]
pub(crate) mod passing;
mod probe;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod sys;

#[cfg(target_os = "linux")]
pub(crate) use filter::child_filter;
#[cfg(target_os = "linux")]
pub use handle::Sandbox;
pub use probe::{Missing, Probe, probe};
#[cfg(target_os = "linux")]
pub use run::{Ended, Ran, run};

/// The hidden first argument that makes this binary a launcher.
pub const ARGUMENT: &str = "__sandbox";

/// Call first in `main`, before any thread: `Some` when this process was started as a launcher, with the code to leave with.
#[must_use]
pub fn entry(mut arguments: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    let _program = arguments.next();
    if arguments.next()?.to_str() != Some(ARGUMENT) {
        return None;
    }
    #[cfg(target_os = "linux")]
    return Some(launcher::main());
    #[cfg(not(target_os = "linux"))]
    return Some(ExitCode::FAILURE);
}

/// Where the launcher is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launcher(PathBuf);

impl Launcher {
    /// A program whose `main` calls [`entry`].
    #[must_use]
    pub fn new(program: PathBuf) -> Self {
        Self(program)
    }
}

impl Default for Launcher {
    /// The running program itself.
    fn default() -> Self {
        Self(PathBuf::from("/proc/self/exe"))
    }
}

/// What is started and what it may see and use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The program, an absolute path inside the sandbox.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its whole environment.
    pub env: Vec<(String, String)>,
    /// Files and folders of this machine that are visible, read-only, at the same place.
    pub read_only: Vec<PathBuf>,
    /// Files made in the working directory `/tmp` before the start: name and text.
    pub files: Vec<(String, String)>,
    /// What is read from `/dev/stdin` where there is scratch space and no `/proc`.
    pub named_input: Option<String>,
    /// Room in `/tmp` and `/dev/shm`; `None`: nothing can be written anywhere.
    pub scratch: Option<Scratch>,
    /// Whether `/proc` (of the sandbox alone) is there, and with it `/dev/stdin` and the like. Compilers and programs in other
    /// languages want it; candidates for Python do not get it.
    pub proc: bool,
    /// Limits of each process.
    pub limits: ProcessLimits,
    /// Which system calls there are.
    pub filter: Filter,
    /// What is in force.
    pub class: SandboxClass,
}

impl Spec {
    /// A program with nothing but itself.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            env: Vec::new(),
            read_only: Vec::new(),
            files: Vec::new(),
            named_input: None,
            scratch: None,
            proc: false,
            limits: ProcessLimits::default(),
            filter: Filter::General,
            class: SandboxClass::Strong,
        }
    }
}

/// A bounded writable file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scratch {
    /// Bytes.
    pub bytes: u64,
    /// Files and folders.
    pub files: u32,
}

/// Limits that the kernel holds for each process (the number of processes: for the whole sandbox).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessLimits {
    /// Address space, bytes.
    pub memory_bytes: u64,
    /// Processes and threads in the sandbox.
    pub processes: u64,
    /// The largest file, bytes.
    pub file_bytes: u64,
    /// Open descriptors.
    pub descriptors: u64,
    /// CPU seconds; `None`: no limit (a server that forks the limited ones).
    pub cpu_seconds: Option<u64>,
    /// Stack, bytes.
    pub stack_bytes: u64,
}

impl Default for ProcessLimits {
    fn default() -> Self {
        Self {
            memory_bytes: 1 << 30,
            processes: 64,
            file_bytes: 64 << 20,
            descriptors: 256,
            cpu_seconds: None,
            stack_bytes: 8 << 20,
        }
    }
}

/// Which system calls are allowed; all others are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filter {
    /// A fork server whose children only compute: any attempt at more (a file opened for writing, a process, a socket, a
    /// signal) kills the process with SIGSYS.
    Compute,
    /// Programs that may write to the scratch space, start processes and signal each other; the rest is refused with EPERM.
    General,
}

/// Why a sandbox could not be made or used.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The launcher could not be started or talked to.
    #[error("{action}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// The launcher could not set the sandbox up.
    #[error("the sandbox could not be set up: {0}")]
    Setup(String),
    /// This system has no such facility.
    #[error("sandboxes need Linux")]
    Unsupported,
}

impl SandboxError {
    #[cfg(target_os = "linux")]
    pub(crate) fn io(action: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { action, source }
    }
}
