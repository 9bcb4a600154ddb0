//! One program from start to end: text in, bounded text out, time and CPU limits.

use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::pipe::PipeFlags;

use super::{Launcher, Sandbox, SandboxError, Spec, load};

/// How often the memory of all processes is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// How a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It left with this status.
    Exit(i32),
    /// A signal killed it.
    Signal(i32),
    /// It was out of time and was killed.
    Timeout,
    /// It wrote more than it may and was killed.
    Output,
    /// Its processes together held more memory than one of them may, and were killed.
    Memory,
}

/// A finished run. Nothing of it is alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// How it ended.
    pub ended: Ended,
    /// Its standard output, at most the cap.
    pub stdout: Vec<u8>,
    /// Its standard error, at most the cap.
    pub stderr: Vec<u8>,
    /// From start to end.
    pub wall: Duration,
    /// CPU time of all its processes that ended by themselves.
    pub cpu: Duration,
    /// Peak memory of its largest process, kB.
    pub peak_kb: u64,
}

/// Runs a program to its end, on the calling thread.
///
/// `time` bounds CPU time, and wall time less the time that it waited for a processor; ten times `time` bounds wall time.
/// `output` bounds standard output and standard error together.
///
/// # Errors
/// When the sandbox cannot be made: nothing was run.
pub fn run(launcher: &Launcher, spec: &Spec, input: &[u8], time: Duration, output: u64) -> Result<Ran, SandboxError> {
    let pipe = || rustix::pipe::pipe_with(PipeFlags::CLOEXEC).map_err(|e| SandboxError::io("making a pipe")(e.into()));
    let ((in_read, in_write), (out_read, out_write), (err_read, err_write)) = (pipe()?, pipe()?, pipe()?);
    for end in [&in_write, &out_read, &err_read] {
        rustix::io::ioctl_fionbio(end, true).map_err(|e| SandboxError::io("preparing a pipe")(e.into()))?;
    }
    // the program, another user, may open them by name: /dev/stdin
    for end in [&in_read, &out_write, &err_write] {
        let open = rustix::fs::Mode::from_raw_mode(0o666);
        rustix::fs::fchmod(end, open).map_err(|e| SandboxError::io("preparing a pipe")(e.into()))?;
    }
    let begin = Instant::now();
    let sandbox = Sandbox::start(launcher, spec, &[in_read.as_fd(), out_write.as_fd(), err_write.as_fd()])?;
    drop((in_read, out_write, err_write));
    let mut flow =
        Flow { input, to: Some(in_write), from: [out_read, err_read], texts: [Vec::new(), Vec::new()], room: output };
    let ended = flow.drive(&sandbox, begin, time, spec.limits.memory_bytes);
    sandbox.kill();
    let report = sandbox.wait();
    if ended.is_none() {
        // what was written before the end is still in the pipes
        flow.read_all();
    }
    let [stdout, stderr] = flow.texts;
    let ended = ended.unwrap_or_else(|| match report {
        Some(r) => r.exit.map(Ended::Exit).or(r.signal.map(Ended::Signal)).unwrap_or(Ended::Signal(9)),
        None => Ended::Signal(9),
    });
    let (cpu, peak_kb) = report.map_or((0, 0), |r| (r.cpu_us, r.peak_kb));
    Ok(Ran { ended, stdout, stderr, wall: begin.elapsed(), cpu: Duration::from_micros(cpu), peak_kb })
}

struct Flow<'a> {
    input: &'a [u8],
    to: Option<OwnedFd>,
    from: [OwnedFd; 2],
    texts: [Vec<u8>; 2],
    room: u64,
}

impl Flow<'_> {
    /// Feeds and reads until the sandbox is gone (`None`) or a limit is reached.
    fn drive(&mut self, sandbox: &Sandbox, begin: Instant, time: Duration, memory: u64) -> Option<Ended> {
        let mut deadline = begin + time;
        let mut looked = begin;
        let mut open = [true, true];
        loop {
            let left = deadline.saturating_duration_since(Instant::now()).min(LOOK);
            let timeout = Timespec {
                tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: left.subsec_nanos().into(),
            };
            let mut fds = vec![PollFd::from_borrowed_fd(sandbox.gone(), PollFlags::IN)];
            fds.extend(self.from.iter().zip(open).filter(|(_, o)| *o).map(|(f, _)| PollFd::new(f, PollFlags::IN)));
            fds.extend(self.to.iter().map(|f| PollFd::new(f, PollFlags::OUT)));
            let ready = rustix::io::retry_on_intr(|| rustix::event::poll(&mut fds, Some(&timeout)));
            let gone = !fds[0].revents().is_empty();
            drop(fds);
            for (index, open) in open.iter_mut().enumerate() {
                *open = *open && self.read(index);
            }
            self.write();
            if self.room == 0 {
                return Some(Ended::Output);
            }
            if gone || ready.is_err() {
                return None;
            }
            if looked.elapsed() >= LOOK {
                looked = Instant::now();
                if load::process_id(&sandbox.gone()).is_some_and(|pid| {
                    let all = load::descendants(pid);
                    all.len() > 1 && load::resident(&all) > memory
                }) {
                    return Some(Ended::Memory);
                }
            }
            if Instant::now() >= deadline {
                match load::more_time(sandbox, begin, time) {
                    Some(more) => deadline = Instant::now() + more,
                    None => return Some(Ended::Timeout),
                }
            }
        }
    }

    /// Reads what is there; `false` when the other end is closed.
    fn read(&mut self, index: usize) -> bool {
        let mut buffer = [0; 16384];
        loop {
            if self.room == 0 {
                return false;
            }
            match rustix::io::read(&self.from[index], &mut buffer) {
                Ok(0) => return false,
                Ok(count) => {
                    let taken = usize::try_from(self.room).map_or(count, |room| count.min(room));
                    self.texts[index].extend_from_slice(&buffer[..taken]);
                    self.room -= taken as u64;
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => return true,
                Err(_) => return false,
            }
        }
    }

    fn read_all(&mut self) {
        self.read(0);
        self.read(1);
    }

    fn write(&mut self) {
        while let Some(to) = &self.to {
            if self.input.is_empty() {
                self.to = None;
                return;
            }
            match rustix::io::write(to, self.input) {
                Ok(count) => self.input = &self.input[count..],
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::AGAIN) => return,
                // it does not read; that is its right
                Err(_) => self.to = None,
            }
        }
    }
}
