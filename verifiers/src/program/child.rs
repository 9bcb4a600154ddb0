//! One candidate process and the line to it: framed, capped, on a clock.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::Signal;

use crate::sandbox::Sandbox;
use crate::sandbox::load::{self, Scheduled};

/// The longest frame that is read, bytes.
const FRAME_MOST: usize = 32 << 20;
/// The most that one candidate may send in all; more where the right results are longer.
const TOTAL_MOST: usize = 256 << 20;
/// How often a program in its own sandbox is looked at for memory.
const LOOK: Duration = Duration::from_millis(50);

/// Why nothing more comes from the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The process is gone, or closed its end.
    Closed,
    /// Out of time.
    Timeout,
    /// Too many bytes, or bytes that are no frame.
    Flood,
    /// Its processes together hold more memory than allowed.
    Memory,
}

/// A process that answers frames.
pub(super) enum Process {
    /// A child of a fork server.
    Forked {
        /// A pidfd.
        handle: OwnedFd,
        /// What its server calls it.
        name: Vec<u8>,
    },
    /// Alone in its sandbox, with the most memory for all its processes.
    Alone(Sandbox, u64),
    /// Trusted: on the clock, not watched.
    Trusted,
}

impl Process {
    fn scheduled(&self) -> Option<Scheduled> {
        match self {
            Self::Forked { handle, .. } => load::process_id(handle).and_then(load::scheduled),
            Self::Alone(sandbox, _) => {
                let all = load::descendants(load::process_id(&sandbox.gone())?);
                Some(all.into_iter().filter_map(load::scheduled).fold(Scheduled::default(), |sum, one| Scheduled {
                    ran: sum.ran + one.ran,
                    waited: sum.waited.max(one.waited),
                }))
            }
            Self::Trusted => None,
        }
    }

    fn too_big(&self) -> bool {
        let Self::Alone(sandbox, most) = self else { return false };
        load::process_id(&sandbox.gone()).is_some_and(|pid| load::resident(&load::descendants(pid)) > *most)
    }

    /// Kills it and all that it started.
    pub(super) fn kill(&self) {
        match self {
            // already dead is as good
            Self::Forked { handle, .. } => drop(rustix::process::pidfd_send_signal(handle, Signal::KILL)),
            Self::Alone(sandbox, _) => sandbox.kill(),
            Self::Trusted => {}
        }
    }
}

/// A process with the socket to it. The clock runs only while something is awaited from it.
pub(super) struct Line {
    socket: OwnedFd,
    pub(super) process: Process,
    buffer: Vec<u8>,
    read: usize,
    total: usize,
    most: usize,
    limit: Duration,
    allowed: Duration,
    spent: Duration,
    /// Its processor times when its own time was over.
    pub(super) scheduled: Scheduled,
}

impl Line {
    pub(super) fn new(socket: OwnedFd, process: Process, limit: Duration) -> std::io::Result<Self> {
        rustix::io::ioctl_fionbio(&socket, true)?;
        let zero = Duration::ZERO;
        Ok(Self {
            socket,
            process,
            buffer: Vec::new(),
            read: 0,
            total: 0,
            most: TOTAL_MOST,
            limit,
            allowed: limit,
            spent: zero,
            scheduled: Scheduled::default(),
        })
    }

    /// Starts the clock again.
    pub(super) fn rewind(&mut self, limit: Duration) {
        (self.limit, self.allowed, self.spent, self.total) = (limit, limit, Duration::ZERO, 0);
    }

    /// Lets it send so many bytes in all, and never fewer than everybody may.
    pub(super) fn allow(&mut self, bytes: usize) {
        self.most = bytes.max(TOTAL_MOST);
    }

    /// Ends the talk: the other side reads an end.
    pub(super) fn hang_up(&self) {
        let _ = rustix::net::shutdown(&self.socket, rustix::net::Shutdown::Both);
    }

    /// Time that was spent waiting for the process.
    pub(super) fn spent(&self) -> Duration {
        self.spent
    }

    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    /// Waits until the socket is ready or time is over.
    fn wait(&mut self, events: PollFlags) -> Result<(), Stop> {
        loop {
            let left = self.allowed.saturating_sub(self.spent);
            if left.is_zero() {
                let scheduled = self.process.scheduled().unwrap_or_default();
                self.scheduled = scheduled;
                let more = load::remaining(scheduled, self.spent, self.limit).ok_or(Stop::Timeout)?;
                self.allowed = self.spent + more;
                continue;
            }
            let slice = if matches!(self.process, Process::Alone(..)) { left.min(LOOK) } else { left };
            let timeout = Timespec {
                tv_sec: i64::try_from(slice.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: slice.subsec_nanos().into(),
            };
            let begin = Instant::now();
            let ready = rustix::event::poll(&mut [PollFd::new(&self.socket, events)], Some(&timeout));
            self.spent += begin.elapsed();
            match ready {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return Ok(()),
                Err(_) => return Err(Stop::Closed),
            }
            if self.process.too_big() {
                return Err(Stop::Memory);
            }
        }
    }

    pub(super) fn send(&mut self, mut bytes: &[u8]) -> Result<(), Stop> {
        while !bytes.is_empty() {
            match rustix::net::send(&self.socket, bytes, rustix::net::SendFlags::NOSIGNAL) {
                Ok(count) => bytes = &bytes[count..],
                Err(rustix::io::Errno::AGAIN) => self.wait(PollFlags::OUT)?,
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return Err(Stop::Closed),
            }
        }
        Ok(())
    }

    /// Whether it sends nothing for so long, as far as its own time goes.
    pub(super) fn is_quiet(&mut self, patience: Duration) -> bool {
        let left = self.allowed.saturating_sub(self.spent).min(patience);
        if self.read < self.buffer.len() || left.is_zero() {
            return false;
        }
        let timeout =
            Timespec { tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX), tv_nsec: left.subsec_nanos().into() };
        let begin = Instant::now();
        let ready = rustix::event::poll(&mut [PollFd::new(&self.socket, PollFlags::IN)], Some(&timeout));
        self.spent += begin.elapsed();
        ready == Ok(0)
    }

    /// The next frame: its kind and payload.
    pub(super) fn receive(&mut self) -> Result<(u8, Vec<u8>), Stop> {
        loop {
            let have = &self.buffer[self.read..];
            if let Some((head, rest)) = have.split_first_chunk::<5>() {
                let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
                if length > FRAME_MOST {
                    return Err(Stop::Flood);
                }
                if rest.len() >= length {
                    let frame = (head[4], rest[..length].to_vec());
                    self.read += length + 5;
                    if self.read == self.buffer.len() {
                        self.buffer.clear();
                        self.read = 0;
                    }
                    return Ok(frame);
                }
            }
            self.fill()?;
        }
    }

    fn fill(&mut self) -> Result<(), Stop> {
        let mut part = [0; 16384];
        loop {
            // a read, not a receive: descriptors that a candidate might send along are dropped by the kernel
            match rustix::io::read(&self.socket, &mut part) {
                Ok(0) => return Err(Stop::Closed),
                Ok(count) => {
                    self.total += count;
                    if self.total > self.most {
                        return Err(Stop::Flood);
                    }
                    self.buffer.drain(..self.read);
                    self.read = 0;
                    self.buffer.extend_from_slice(&part[..count]);
                    return Ok(());
                }
                Err(rustix::io::Errno::AGAIN) => self.wait(PollFlags::IN)?,
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return Err(Stop::Closed),
            }
        }
    }
}
