//! A running sandbox as its owner sees it.

use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Child, Command, Stdio};

use rustix::net::SocketType;
use rustix::process::Signal;

use super::{ARGUMENT, Launcher, SandboxError, Spec, load, passing};
use crate::domain::SandboxClass;

/// A running sandbox. Dropping it kills everything inside and waits until it is gone. It dies with the thread that started
/// it, so start it from a thread that lives as long.
#[derive(Debug)]
pub struct Sandbox {
    launcher: Child,
    init: OwnedFd,
    class: SandboxClass,
    reaped: bool,
}

/// How a program ended, with what it used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Report {
    /// The exit status, where it left by itself.
    pub(crate) exit: Option<i32>,
    /// The signal that killed it.
    pub(crate) signal: Option<i32>,
    /// CPU time of all its processes, microseconds.
    pub(crate) cpu_us: u64,
    /// Peak memory of the largest, kB.
    pub(crate) peak_kb: u64,
}

impl Report {
    fn parse(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (exit, signal, rest) = match words.as_slice() {
            ["exit", code, rest @ ..] => (Some(code.parse().ok()?), None, rest),
            ["signal", number, rest @ ..] => (None, Some(number.parse().ok()?), rest),
            ["killed", rest @ ..] => (None, None, rest),
            _ => return None,
        };
        let [cpu, peak] = rest else { return None };
        Some(Self { exit, signal, cpu_us: cpu.parse().ok()?, peak_kb: peak.parse().ok()? })
    }
}

impl Sandbox {
    /// Starts the program of `spec` with `descriptors` as its standard input, output, error and so on upward.
    ///
    /// # Errors
    /// When the launcher cannot be started, or says what it could not set up.
    pub fn start(launcher: &Launcher, spec: &Spec, descriptors: &[BorrowedFd<'_>]) -> Result<Self, SandboxError> {
        let (ours, theirs) = passing::pair(SocketType::STREAM).map_err(SandboxError::io("making a socket"))?;
        let mut child = Command::new(&launcher.0)
            .arg(ARGUMENT)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(SandboxError::io("starting the sandbox launcher"))?;
        match Self::order(&ours, spec, descriptors) {
            Ok(init) => Ok(Self { launcher: child, init, class: spec.class, reaped: false }),
            Err(e) => {
                drop(ours);
                let _ = child.kill();
                let _ = child.wait();
                Err(e)
            }
        }
    }

    fn order(ours: &OwnedFd, spec: &Spec, descriptors: &[BorrowedFd<'_>]) -> Result<OwnedFd, SandboxError> {
        let body = serde_json::to_vec(spec).map_err(|e| SandboxError::Setup(e.to_string()))?;
        let length = u32::try_from(body.len()).map_err(|e| SandboxError::Setup(e.to_string()))?;
        passing::send(ours, &length.to_le_bytes(), descriptors).map_err(SandboxError::io("sending the order"))?;
        let mut rest = body.as_slice();
        while !rest.is_empty() {
            let sent = passing::send(ours, rest, &[]).map_err(SandboxError::io("sending the order"))?;
            rest = &rest[sent..];
        }
        let (mut init, mut said) = (None, Vec::new());
        loop {
            let mut buffer = [0; 4096];
            let (count, handles) =
                passing::receive(ours, &mut buffer).map_err(SandboxError::io("listening to the sandbox launcher"))?;
            init = handles.into_iter().next().or(init);
            if count == 0 {
                break;
            }
            said.extend_from_slice(&buffer[..count]);
        }
        let said = String::from_utf8_lossy(&said);
        if let Some((_, problem)) = said.split_once('E') {
            return Err(SandboxError::Setup(problem.to_owned()));
        }
        init.ok_or_else(|| SandboxError::Setup("the launcher ended early".into()))
    }

    /// Becomes readable when the sandbox is gone.
    pub(crate) fn gone(&self) -> BorrowedFd<'_> {
        self.init.as_fd()
    }

    /// Kills everything inside.
    pub fn kill(&self) {
        // without a pid namespace nothing dies with pid 1: what can be found is killed one by one
        if self.class != SandboxClass::Strong {
            for pid in load::process_id(&self.init).map(load::descendants).unwrap_or_default() {
                if let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) {
                    let _ = rustix::process::kill_process(pid, Signal::KILL);
                }
            }
        }
        // already dead is as good
        let _ = rustix::process::pidfd_send_signal(&self.init, Signal::KILL);
    }

    /// The launcher's process id.
    #[must_use]
    pub fn launcher_id(&self) -> u32 {
        self.launcher.id()
    }

    /// Waits for the end; nothing of the sandbox is left afterwards.
    pub(crate) fn wait(mut self) -> Option<Report> {
        self.finish()
    }

    fn finish(&mut self) -> Option<Report> {
        if self.reaped {
            return None;
        }
        self.reaped = true;
        let mut line = String::new();
        if let Some(out) = self.launcher.stdout.as_mut() {
            out.read_to_string(&mut line).ok()?;
        }
        self.launcher.wait().ok()?;
        Report::parse(&line)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.kill();
        self.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_read_back() {
        let signal = Report { exit: None, signal: Some(31), cpu_us: 12, peak_kb: 3 };
        assert_eq!(Report::parse("signal 31 12 3\n"), Some(signal));
        assert_eq!(Report::parse("exit 0 1 2\n").and_then(|r| r.exit), Some(0));
        assert_eq!(Report::parse("killed 1 2\n").map(|r| (r.exit, r.signal)), Some((None, None)));
        assert_eq!(Report::parse(""), None);
    }
}
