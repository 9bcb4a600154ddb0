//! The Python processes of one worker: the fork server for candidates, single sandboxes, the driver of trusted tests.

use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::net::SocketType;

use super::child::{Line, Process, Stop};
use super::interpreter::Interpreter;
use super::wire::{Node, Writer};
use crate::domain::SandboxClass;
use crate::registry::Limits;
use crate::sandbox::{self, Filter, Launcher, ProcessLimits, Sandbox, SandboxError, Scratch, Spec, passing};

mod driver;

pub(super) use driver::Driver;

const VALUES: &str = include_str!("python/values.py");
const CANDIDATE: &str = concat!(
    include_str!("python/crossing.py"),
    "\n\n",
    include_str!("python/service.py"),
    "\n\n",
    include_str!("python/outside.py"),
    "\n\n",
    include_str!("python/candidate.py")
);
const DRIVER: &str = concat!(
    include_str!("python/run.py"),
    "\n\n",
    include_str!("python/customs.py"),
    "\n\n",
    include_str!("python/stand_ins.py"),
    "\n\n",
    include_str!("python/derived.py"),
    "\n\n",
    include_str!("python/driver.py")
);

const SERVER: &str = "the candidates' server";

/// All code that runs in the Python processes.
pub(super) fn runtime() -> [&'static str; 3] {
    [VALUES, CANDIDATE, DRIVER]
}

/// How long a server may take for its own work before it counts as broken.
const PATIENCE: Duration = Duration::from_mins(1);

/// Modules that most programs use: imported once, before the first fork.
const PRELOAD: [&str; 24] = [
    "typing",
    "math",
    "cmath",
    "collections",
    "itertools",
    "functools",
    "re",
    "string",
    "random",
    "heapq",
    "bisect",
    "copy",
    "datetime",
    "json",
    "operator",
    "statistics",
    "fractions",
    "decimal",
    "hashlib",
    "enum",
    "dataclasses",
    "abc",
    "time",
    "queue",
];

/// The verifier's own machinery failed: nothing is known of the program.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// No sandbox.
    #[error("{0}")]
    Sandbox(#[from] SandboxError),
    /// The test driver died while it had results of a program.
    #[error("the test driver ended")]
    Driver,
    /// A process of ours died or fell silent.
    #[error("{what} failed: {why}")]
    Process {
        /// Which.
        what: &'static str,
        /// In what way.
        why: String,
    },
}

fn broken(what: &'static str) -> impl FnOnce(std::io::Error) -> Fault {
    move |e| Fault::Process { what, why: e.to_string() }
}

/// What all processes of an engine have in common.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Setup {
    pub(super) launcher: Launcher,
    pub(super) interpreter: Interpreter,
    pub(super) class: SandboxClass,
    pub(super) preload: Vec<String>,
    pub(super) limits: Limits,
}

impl Setup {
    fn spec(&self, code: &str, filter: Filter) -> Spec {
        let limits = &self.limits;
        let scratch = Scratch { bytes: limits.disk_bytes, files: limits.files };
        Spec {
            args: Interpreter::arguments(&format!("{VALUES}\n{code}")),
            env: Interpreter::environment(),
            read_only: self.interpreter.read_only.clone(),
            scratch: (filter == Filter::General).then_some(scratch),
            limits: ProcessLimits {
                memory_bytes: limits.memory_bytes,
                // init and the program; a server has the next child besides
                processes: u64::from(limits.processes) + if filter == Filter::Compute { 4 } else { 2 },
                file_bytes: limits.disk_bytes,
                ..ProcessLimits::default()
            },
            filter,
            class: self.class,
            ..Spec::new(&self.interpreter.program)
        }
    }

    /// Tries the user's modules in a server; the text names the one that cannot be imported there.
    pub(super) fn try_preload(&self) -> Result<(), String> {
        if self.preload.is_empty() {
            return Ok(());
        }
        let fault_of = |setup: &Self| setup.candidate(Filter::Compute).err();
        let Some(fault) = fault_of(self) else { return Ok(()) };
        for module in &self.preload {
            if let Some(fault) = fault_of(&Self { preload: vec![module.clone()], ..self.clone() }) {
                return Err(format!("`{module}` cannot be imported in the candidates' sandbox: {fault}"));
            }
        }
        Err(format!("these modules cannot be imported together in the candidates' sandbox: {fault}"))
    }

    fn start(&self, code: &str, filter: Filter, fourth: &OwnedFd) -> Result<Sandbox, Fault> {
        let null = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null").map_err(broken("/dev/null"))?;
        let null = null.as_fd();
        Ok(Sandbox::start(&self.launcher, &self.spec(code, filter), &[null, null, null, fourth.as_fd()])?)
    }

    fn candidate(&self, filter: Filter) -> Result<(Sandbox, Control), Fault> {
        let (ours, theirs) = passing::pair(SocketType::SEQPACKET).map_err(broken("a socket"))?;
        let sandbox = self.start(CANDIDATE, filter, &theirs)?;
        drop(theirs);
        let control = Control(ours);
        let mut w = Writer::default();
        // a dictionary, by hand
        w.0.push(b'{');
        w.text("path").strings(self.interpreter.path.iter().map(String::as_str));
        w.text("preload").list(PRELOAD.len() + self.preload.len());
        PRELOAD.iter().copied().chain(self.preload.iter().map(String::as_str)).for_each(|m| {
            w.text(m);
        });
        w.text("forks").bool(filter == Filter::Compute);
        // modules that the user chose may need to hear of a fork
        w.text("plain").bool(self.preload.is_empty());
        w.text("filter").bytes(&sandbox::child_filter());
        w.text("cpu").int(self.limits.timeout.as_secs() * 8 + 60);
        w.0.push(b'0');
        passing::send(&control.0, &w.0, &[]).map_err(broken(SERVER))?;
        let (hello, _) = control.receive()?;
        match Node::read(&hello).map(Node::items).as_deref() {
            Some([version, failed]) if !version.text().is_empty() => match failed {
                Node::Items(failed) if failed.is_empty() => Ok((sandbox, control)),
                Node::Items(failed) => {
                    let failed: Vec<&str> = failed.iter().map(Node::text).collect();
                    Err(Fault::Process { what: "importing beforehand", why: failed.join(", ") })
                }
                _ => Err(Fault::Process { what: SERVER, why: "a strange hello".into() }),
            },
            _ => Err(Fault::Process { what: SERVER, why: "a strange hello".into() }),
        }
    }
}

/// A socket of short messages.
struct Control(OwnedFd);

impl Control {
    fn receive(&self) -> Result<(Vec<u8>, Vec<OwnedFd>), Fault> {
        let timeout = Timespec { tv_sec: i64::try_from(PATIENCE.as_secs()).unwrap_or(60), tv_nsec: 0 };
        let mut fds = [PollFd::new(&self.0, PollFlags::IN)];
        let ready = rustix::io::retry_on_intr(|| rustix::event::poll(&mut fds, Some(&timeout)));
        if ready.map_err(|e| broken(SERVER)(e.into()))? == 0 {
            return Err(Fault::Process { what: SERVER, why: "no answer".into() });
        }
        let mut buffer = vec![0; 8192];
        let (count, descriptors) = passing::receive(&self.0, &mut buffer).map_err(broken(SERVER))?;
        if count == 0 {
            return Err(Fault::Process { what: SERVER, why: "it ended".into() });
        }
        buffer.truncate(count);
        Ok((buffer, descriptors))
    }
}

/// How a process ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct End {
    pub(super) exit: Option<i64>,
    pub(super) signal: Option<i64>,
}

/// Forks a child per candidate.
pub(super) struct ForkServer {
    sandbox: Sandbox,
    control: Control,
    pub(super) served: u32,
    /// The next child: forked while the one before it runs.
    next: Option<Next>,
    /// The last children that were killed without asking how they ended; the server sees to older ones.
    loose: VecDeque<Vec<u8>>,
}

/// Each order of a child has the server see to those that ended before.
const LOOSE_MOST: usize = 2;

/// A child that was ordered.
struct Next {
    socket: OwnedFd,
    /// Its name for the server, and the handle to it, once they were read.
    child: Option<(Vec<u8>, OwnedFd)>,
}

impl ForkServer {
    pub(super) fn start(setup: &Setup) -> Result<Self, Fault> {
        let (sandbox, control) = setup.candidate(Filter::Compute)?;
        let mut server = Self { sandbox, control, served: 0, next: None, loose: VecDeque::new() };
        server.trial(setup.class)?;
        Ok(server)
    }

    /// Sees for itself that a child runs programs, and that the filter kills one that does more than compute.
    fn trial(&mut self, class: SandboxClass) -> Result<(), Fault> {
        let program = |text: &str| {
            let mut w = Writer::default();
            w.tuple(5).text(text).list(0).bool(false).bool(false).int(1000);
            w.frame(b'J')
        };
        let mut ends = [(None, End::default()); 2];
        for (text, end) in ["x = 1", "import os\nos.kill(os.getpid(), 0)"].into_iter().zip(&mut ends) {
            let mut line = self.fork(PATIENCE)?;
            let said = line.send(&program(text)).and_then(|()| line.receive()).ok().map(|(kind, _)| kind);
            *end = (said, self.end(line)?);
        }
        let sound = ends[0].0 == Some(b'd')
            && (class == SandboxClass::None || ends[1].1.signal == Some(i64::from(libc::SIGSYS)));
        if sound { Ok(()) } else { Err(Fault::Process { what: "the fork server's trial", why: format!("{ends:?}") }) }
    }

    /// Orders the next child, to have it when the one that runs has ended.
    pub(super) fn order(&mut self) -> Result<(), Fault> {
        if self.next.is_none() {
            let (ours, theirs) = passing::pair(SocketType::STREAM).map_err(broken(SERVER))?;
            passing::send(&self.control.0, b"f", &[theirs.as_fd()]).map_err(broken(SERVER))?;
            self.served += 1;
            self.next = Some(Next { socket: ours, child: None });
        }
        Ok(())
    }

    /// A fresh child that waits for its job.
    pub(super) fn fork(&mut self, limit: Duration) -> Result<Line, Fault> {
        self.order()?;
        let absent = || Fault::Process { what: SERVER, why: "no child".into() };
        while self.next.as_ref().is_some_and(|next| next.child.is_none()) {
            if self.hear()?.is_some() {
                return Err(Fault::Process { what: SERVER, why: "a strange report".into() });
            }
        }
        let Next { socket, child } = self.next.take().ok_or_else(absent)?;
        let (name, handle) = child.ok_or_else(absent)?;
        Line::new(socket, Process::Forked { handle, name }, limit).map_err(broken(SERVER))
    }

    /// The next message: the child that was ordered, or (given back) an end that was asked for.
    fn hear(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        let (message, mut descriptors) = self.control.receive()?;
        match (descriptors.pop(), &mut self.next) {
            (Some(handle), Some(next)) if next.child.is_none() => next.child = Some((message, handle)),
            (Some(_), _) => return Err(Fault::Process { what: SERVER, why: "a child that nobody ordered".into() }),
            (None, _) => return Ok(Some(message)),
        }
        Ok(None)
    }

    /// Kills a child whose end tells nothing any more.
    pub(super) fn let_go(&mut self, child: Line) {
        child.process.kill();
        if let Process::Forked { name, .. } = child.process {
            self.loose.push_back(name);
        }
        while self.loose.len() > LOOSE_MOST {
            self.loose.pop_front();
        }
    }

    /// Has no child be left over, dead or alive, but the one that waits for its job.
    pub(super) fn tidy(&mut self) -> Result<(), Fault> {
        while let Some(name) = self.loose.pop_front() {
            self.report(&name)?;
        }
        Ok(())
    }

    /// How a killed child ended, once it is gone.
    fn report(&mut self, name: &[u8]) -> Result<Vec<u8>, Fault> {
        passing::send(&self.control.0, name, &[]).map_err(broken(SERVER))?;
        loop {
            if let Some(report) = self.hear()? {
                return Ok(report);
            }
        }
    }

    /// Kills the child and waits until it is gone.
    pub(super) fn end(&mut self, child: Line) -> Result<End, Fault> {
        let Process::Forked { name, .. } = &child.process else { return Ok(End::default()) };
        child.process.kill();
        let report = self.report(&name.clone())?;
        drop(child);
        let status = Node::read(&report).and_then(|node| node.int());
        let status = status.ok_or_else(|| Fault::Process { what: SERVER, why: "a strange report".into() })?;
        let signal = status & 0x7f;
        Ok(if signal == 0 {
            End { exit: Some(status >> 8 & 0xff), signal: None }
        } else {
            End { exit: None, signal: Some(signal) }
        })
    }
}

impl Drop for ForkServer {
    fn drop(&mut self) {
        // one that leaves by itself is counted with the time of its children
        let _ = rustix::net::shutdown(&self.control.0, rustix::net::Shutdown::Both);
        wait_for_end(&self.sandbox, LEAVE);
    }
}

/// How long a process may take to leave when it is told to.
const LEAVE: Duration = Duration::from_millis(100);

fn wait_for_end(sandbox: &Sandbox, most: Duration) {
    let timeout = Timespec { tv_sec: 0, tv_nsec: most.subsec_nanos().into() };
    // it is killed in any case
    let _ = rustix::event::poll(&mut [PollFd::from_borrowed_fd(sandbox.gone(), PollFlags::IN)], Some(&timeout));
}

/// A fresh sandbox for one candidate that may do more than compute.
pub(super) fn alone(setup: &Setup, limit: Duration) -> Result<Line, Fault> {
    let what = "a single sandbox";
    let (sandbox, control) = setup.candidate(Filter::General)?;
    let (ours, theirs) = passing::pair(SocketType::STREAM).map_err(broken(what))?;
    passing::send(&control.0, b"f", &[theirs.as_fd()]).map_err(broken(what))?;
    Line::new(ours, Process::Alone(sandbox, setup.limits.memory_bytes), limit).map_err(broken(what))
}

/// Ends a candidate of [`alone`].
pub(super) fn end_alone(line: Line) -> End {
    match line.process {
        Process::Alone(sandbox, _) => {
            // one that left by itself is given the moment that its report takes
            wait_for_end(&sandbox, LEAVE / 5);
            sandbox.kill();
            let report = sandbox.wait();
            End {
                exit: report.and_then(|r| r.exit).map(Into::into),
                signal: report.and_then(|r| r.signal).map(Into::into),
            }
        }
        _ => End::default(),
    }
}
