//! The Python interpreter: which one, what it is made of, how it is started in a sandbox.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// A Python interpreter as it described itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter {
    /// The real executable.
    pub program: PathBuf,
    /// Where it looks for modules.
    pub path: Vec<String>,
    /// All that it needs to see of this machine.
    pub read_only: Vec<PathBuf>,
    /// For example `3.11.7`.
    pub version: String,
}

/// Why there is no interpreter.
#[derive(Debug, thiserror::Error)]
pub enum InterpreterError {
    /// It could not be started.
    #[error("the Python interpreter {} cannot be started", .program.display())]
    Start {
        /// As it was asked for.
        program: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It said nothing sensible.
    #[error("the Python interpreter {} does not describe itself: {said}", .program.display())]
    Answer {
        /// As it was asked for.
        program: PathBuf,
        /// What it said.
        said: String,
    },
    /// It is too old.
    #[error("the Python interpreter {} is {version}; 3.9 or newer is needed", .program.display())]
    Old {
        /// As it was asked for.
        program: PathBuf,
        /// Its version.
        version: String,
    },
}

/// Asked with few modules: it is the first thing that a run waits for.
const QUESTION: &str = "
import json, os, sys
executable = getattr(sys, '_base_executable', None) or sys.executable
places = {os.path.dirname(os.__file__)}
try:
    # where its own library lies, when it is one
    with open('/proc/self/maps') as maps:
        places.update(os.path.dirname(line.split(None, 5)[5].strip()) for line in maps if 'libpython' in line)
except OSError:
    pass
print(json.dumps({
    'program': os.path.realpath(executable),
    'version': sys.version.split()[0],
    'new': sys.version_info >= (3, 9),
    'path': [os.path.abspath(p) for p in sys.path if p and os.path.exists(p)],
    'prefixes': sorted({sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}),
    'places': sorted(places),
}))
";

#[derive(serde::Deserialize)]
struct Answer {
    program: PathBuf,
    version: String,
    new: bool,
    path: Vec<String>,
    prefixes: Vec<PathBuf>,
    places: Vec<PathBuf>,
}

/// Shared libraries, the loader and its cache, time zones: read by any program.
const SYSTEM: [&str; 10] = [
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/local/lib",
    "/etc/ld.so.cache",
    "/usr/share/zoneinfo",
    "/etc/localtime",
];

impl Interpreter {
    /// Asks an interpreter (a name on the path or a path; `None`: `python3`) about itself.
    ///
    /// # Errors
    /// When it cannot be started, is no Python, or is too old.
    pub fn find(asked: Option<&Path>) -> Result<Self, InterpreterError> {
        // it is asked once a process: some are scripts that look for the real one, which takes longer than many verdicts
        static KNOWN: Mutex<Vec<(Option<PathBuf>, Interpreter)>> = Mutex::new(Vec::new());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, interpreter)) = known.iter().find(|(name, _)| name.as_deref() == asked) {
            return Ok(interpreter.clone());
        }
        let interpreter = Self::ask(asked)?;
        known.push((asked.map(Path::to_path_buf), interpreter.clone()));
        Ok(interpreter)
    }

    fn ask(asked: Option<&Path>) -> Result<Self, InterpreterError> {
        let program = asked.map_or_else(|| PathBuf::from("python3"), Path::to_path_buf);
        let output = Command::new(&program)
            .args(["-I", "-c", QUESTION])
            .stdin(Stdio::null())
            .output()
            .map_err(|source| InterpreterError::Start { program: program.clone(), source })?;
        let answer: Answer = serde_json::from_slice(&output.stdout).map_err(|e| {
            let error = String::from_utf8_lossy(&output.stderr);
            let said = error.lines().last().map_or_else(|| e.to_string(), str::to_owned);
            InterpreterError::Answer { program: program.clone(), said }
        })?;
        if !answer.new {
            return Err(InterpreterError::Old { program, version: answer.version });
        }
        let mut read_only: BTreeSet<PathBuf> = SYSTEM.iter().map(PathBuf::from).collect();
        read_only.extend(answer.prefixes.iter().flat_map(|p| [p.join("lib"), p.join("lib64")]));
        read_only.extend(answer.path.iter().map(PathBuf::from));
        read_only.extend(answer.places);
        read_only.insert(answer.program.clone());
        let read_only = read_only.into_iter().filter(|p| p.exists() && p.components().count() > 1).collect();
        Ok(Self { program: answer.program, path: answer.path, read_only, version: answer.version })
    }

    /// Arguments that run `code` with nothing of the user's settings.
    #[must_use]
    pub fn arguments(code: &str) -> Vec<String> {
        ["-s", "-S", "-B", "-c", code].map(str::to_owned).to_vec()
    }

    /// The whole environment of an interpreter in a sandbox; sets iterate in the same order each time.
    #[must_use]
    pub fn environment() -> Vec<(String, String)> {
        [
            ("PYTHONHASHSEED", "0"),
            ("PYTHONDONTWRITEBYTECODE", "1"),
            ("PYTHONNOUSERSITE", "1"),
            ("PYTHONUTF8", "1"),
            ("LC_ALL", "C.UTF-8"),
            ("HOME", "/tmp"),
            ("PATH", "/usr/bin:/bin"),
            // what the loader binds before the fork is not bound in each child
            ("LD_BIND_NOW", "1"),
            // an arena for each thread takes 64 MiB of address space
            ("MALLOC_ARENA_MAX", "1"),
            ("OMP_NUM_THREADS", "1"),
            ("OPENBLAS_NUM_THREADS", "1"),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_interpreter_is_named() {
        let error = Interpreter::find(Some(Path::new("/absent/python"))).unwrap_err().to_string();
        assert!(error.contains("/absent/python"), "{error}");
        let error = Interpreter::find(Some(Path::new("/bin/echo"))).unwrap_err().to_string();
        assert!(error.contains("does not describe itself"), "{error}");
    }
}
