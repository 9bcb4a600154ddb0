//! The launcher process: makes the namespaces, becomes the sandbox's init, starts the program.
//!
//! It talks to its parent over standard input (a socket: the [`Spec`] and descriptors in; a pidfd of the sandbox's pid 1, then
//! an error text or nothing until the program's start closes it) and standard output (a pipe: one line of [`Report`] at the end).

use std::fmt::Display;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::pipe::PipeFlags;
use rustix::process::{Pid, Resource, Rlimit, Signal, WaitOptions, WaitStatus};
use rustix::thread::{CapabilitySet, CapabilitySets};

use super::sys::{self, Cloned};
use super::{Spec, filter, landlocked, load, mounts, passing};
use crate::domain::SandboxClass;

/// The user inside a sandbox.
const INSIDE: u32 = 1000;
/// Who that is outside when root starts it: an id that owns nothing, so that the kernel's process limit counts.
const NOBODY: [u32; 2] = [1_735_289_198, 65_534];
/// Descriptors are moved up here before they get their final low numbers.
const HIGH: i32 = 512;

/// What the launcher starts from.
struct Order {
    spec: Spec,
    descriptors: Vec<OwnedFd>,
    parent: OwnedFd,
}

pub(super) fn main() -> ExitCode {
    let parent = sys::inherited(0);
    let report = sys::inherited(1);
    let told: Result<Order, String> = (|| {
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).map_err(text("death signal"))?;
        let (spec, descriptors) = receive(&parent)?;
        Ok(Order { spec, descriptors, parent: parent.try_clone().map_err(text("descriptor"))? })
    })();
    let order = match told {
        Ok(order) => order,
        Err(message) => return complain(&parent, &message),
    };
    drop(parent);
    launch(order, report)
}

fn text<E: Display>(what: &'static str) -> impl Fn(E) -> String {
    move |e| format!("{what}: {e}")
}

fn complain(parent: &OwnedFd, message: &str) -> ExitCode {
    // the parent may be gone; then there is nobody to tell
    let _ = passing::send(parent, format!("E{message}").as_bytes(), &[]);
    ExitCode::FAILURE
}

fn receive(parent: &OwnedFd) -> Result<(Spec, Vec<OwnedFd>), String> {
    let mut head = [0; 4];
    let (count, descriptors) = passing::receive(parent, &mut head).map_err(text("receiving the order"))?;
    if count != head.len() {
        return Err("the parent closed".into());
    }
    let mut body = vec![0; u32::from_le_bytes(head) as usize];
    std::fs::File::from(parent.try_clone().map_err(text("descriptor"))?)
        .read_exact(&mut body)
        .map_err(text("the order"))?;
    let spec = serde_json::from_slice(&body).map_err(text("the order"))?;
    let high = |d: OwnedFd| rustix::io::fcntl_dupfd_cloexec(&d, HIGH);
    Ok((spec, descriptors.into_iter().map(high).collect::<Result<_, _>>().map_err(text("descriptors"))?))
}

fn launch(order: Order, report: OwnedFd) -> ExitCode {
    let pipes = (|| {
        io::Result::Ok((rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?, rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?))
    })();
    let ((mapped_read, mapped_write), (status_read, status_write)) = match pipes {
        Ok(pipes) => pipes,
        Err(e) => return complain(&order.parent, &format!("pipe: {e}")),
    };
    let namespaces = libc::CLONE_NEWUSER
        | libc::CLONE_NEWPID
        | libc::CLONE_NEWNS
        | libc::CLONE_NEWNET
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWUTS
        | libc::CLONE_NEWCGROUP;
    let flags = if order.spec.class == SandboxClass::Strong { namespaces } else { 0 };
    match sys::clone_process(flags) {
        Err(e) => complain(&order.parent, &format!("user namespace: {e}")),
        Ok(Cloned::Child) => {
            drop((mapped_write, status_read, report));
            let code = match init(order, &mapped_read, status_write) {
                Ok(code) => code,
                Err((parent, message)) => {
                    complain(&parent, &message);
                    1
                }
            };
            sys::exit_now(code)
        }
        Ok(Cloned::Parent(pid, handle)) => {
            drop((mapped_read, status_write, order.descriptors));
            let mapping = if flags == 0 { Ok(()) } else { map_users(pid) };
            if let Err(e) = mapping {
                return complain(&order.parent, &format!("user mapping: {e}"));
            }
            if passing::send(&order.parent, b"P", &[handle.as_fd()]).is_err()
                || rustix::io::write(&mapped_write, b"m").is_err()
            {
                return ExitCode::FAILURE;
            }
            drop((order.parent, mapped_write));
            finish(pid, status_read, report)
        }
    }
}

/// Waits for pid 1 and writes the report.
fn finish(pid: Pid, status: OwnedFd, report: OwnedFd) -> ExitCode {
    let waited = rustix::io::retry_on_intr(|| rustix::process::waitpid(Some(pid), WaitOptions::empty()));
    let mut raw = String::new();
    let read = std::fs::File::from(status).read_to_string(&mut raw);
    let status = if read.is_ok() && waited.is_ok() && !raw.is_empty() { raw } else { "killed".to_owned() };
    let (cpu_us, peak_kb) = sys::children_usage();
    let line = format!("{status} {cpu_us} {peak_kb}\n");
    match std::fs::File::from(report).write_all(line.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn map_users(pid: Pid) -> io::Result<()> {
    let path = |name: &str| format!("/proc/{}/{name}", pid.as_raw_nonzero());
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    if uid == 0 {
        for outside in NOBODY {
            let map = format!("0 0 1\n{INSIDE} {outside} 1\n");
            if std::fs::write(path("gid_map"), &map).is_ok() {
                return std::fs::write(path("uid_map"), &map);
            }
        }
    }
    std::fs::write(path("setgroups"), "deny")?;
    std::fs::write(path("gid_map"), format!("{INSIDE} {gid} 1\n"))?;
    std::fs::write(path("uid_map"), format!("{INSIDE} {uid} 1\n"))
}

/// Pid 1: sets everything up that needs its rights, starts the program, reaps until it ends.
fn init(order: Order, mapped: &OwnedFd, status: OwnedFd) -> Result<i32, (OwnedFd, String)> {
    let Order { spec, descriptors, parent } = order;
    let mut byte = [0];
    if !matches!(rustix::io::read(mapped, &mut byte), Ok(1)) {
        return Ok(1);
    }
    if let Err(message) = prepare(&spec) {
        return Err((parent, message));
    }
    // had the launcher died before the death signal was set, nobody would read this pipe
    let mut fds = [PollFd::new(&status, PollFlags::empty())];
    if rustix::event::poll(&mut fds, Some(&Timespec::default())).is_ok_and(|ready| ready > 0) {
        return Ok(1);
    }
    match sys::clone_process(0) {
        Err(e) => Err((parent, format!("fork: {e}"))),
        Ok(Cloned::Child) => {
            drop(status);
            let problem = start(&spec, descriptors, &parent);
            complain(&parent, &problem);
            sys::exit_now(127)
        }
        Ok(Cloned::Parent(program, handle)) => {
            drop((parent, descriptors, handle));
            Ok(reap(program, status, spec.class))
        }
    }
}

fn reap(program: Pid, status: OwnedFd, class: SandboxClass) -> i32 {
    loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((pid, end))) if pid == program => {
                let _ = std::fs::File::from(status).write_all(describe(end).as_bytes());
                // a pid namespace goes with its pid 1, and everything in it
                if class != SandboxClass::Strong {
                    sweep();
                }
                return 0;
            }
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return 1,
        }
    }
}

/// Kills what the program left behind, where there is no pid namespace: orphans are ours, as a subreaper.
fn sweep() {
    let me = std::process::id();
    loop {
        let left = load::descendants(me);
        for pid in left.iter().filter_map(|p| i32::try_from(*p).ok().and_then(Pid::from_raw)) {
            let _ = rustix::process::kill_process(pid, Signal::KILL);
        }
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return,
        }
    }
}

fn describe(end: WaitStatus) -> String {
    match (end.exit_status(), end.terminating_signal()) {
        (Some(code), _) => format!("exit {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "killed".into(),
    }
}

fn prepare(spec: &Spec) -> Result<(), String> {
    if spec.class == SandboxClass::Strong {
        mounts::build(spec).map_err(text("mounts"))?;
        become_nobody().map_err(text("dropping rights"))?;
    } else {
        if !spec.files.is_empty() {
            return Err("files can only be placed in a strong sandbox".into());
        }
        let me = Some(rustix::process::getpid());
        rustix::process::set_child_subreaper(me).map_err(text("subreaper"))?;
    }
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).map_err(text("death signal"))?;
    rustix::thread::set_no_new_privs(true).map_err(text("no new privileges"))
}

fn become_nobody() -> io::Result<()> {
    if rustix::process::getuid().is_root() {
        let (uid, gid) = (rustix::process::Uid::from_raw(INSIDE), rustix::process::Gid::from_raw(INSIDE));
        rustix::thread::set_thread_groups(&[])?;
        rustix::thread::set_thread_res_gid(gid, gid, gid)?;
        rustix::thread::set_thread_res_uid(uid, uid, uid)?;
    }
    let none = CapabilitySet::empty();
    Ok(rustix::thread::set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?)
}

/// Pid 2 up to its exec; comes back only with what went wrong.
fn start(spec: &Spec, descriptors: Vec<OwnedFd>, parent: &OwnedFd) -> String {
    match confine(spec, descriptors, parent) {
        Err(message) => message,
        // a trial run
        Ok(_) if spec.program.as_os_str().is_empty() => sys::exit_now(0),
        Ok(parent) => {
            let mut command = Command::new(&spec.program);
            command.args(&spec.args).env_clear().envs(spec.env.iter().map(|(k, v)| (k, v)));
            let problem = command.exec();
            let message = format!("{}: {problem}", spec.program.display());
            complain(&parent, &message);
            sys::exit_now(127)
        }
    }
}

fn confine(spec: &Spec, descriptors: Vec<OwnedFd>, parent: &OwnedFd) -> Result<OwnedFd, String> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).map_err(text("death signal"))?;
    rustix::process::setsid().map_err(text("session"))?;
    let parent = rustix::io::fcntl_dupfd_cloexec(parent, HIGH).map_err(text("descriptor"))?;
    sys::place_descriptors(descriptors, &parent).map_err(text("descriptors"))?;
    if spec.class == SandboxClass::Strong || spec.class == SandboxClass::LandlockOnly {
        landlock(spec).map_err(text("landlock"))?;
    }
    limit(spec).map_err(text("limits"))?;
    if spec.class != SandboxClass::None {
        seccompiler::apply_filter(&filter::program(spec.filter)).map_err(text("system-call filter"))?;
    }
    Ok(parent)
}

fn landlock(spec: &Spec) -> Result<(), landlock::RulesetError> {
    let mut readable = spec.read_only.clone();
    readable.push(spec.program.clone());
    let mut writable = vec![Path::new("/dev/null"), Path::new("/dev/zero"), Path::new("/dev/full")];
    readable.extend(["/dev/random", "/dev/urandom"].map(Into::into));
    if spec.class == SandboxClass::Strong {
        // the root holds nothing but what was put there
        readable = vec!["/".into()];
        if spec.scratch.is_some() {
            writable.extend([Path::new("/tmp"), Path::new("/dev/shm")]);
        }
    }
    landlocked::restrict(&readable, &writable)
}

fn limit(spec: &Spec) -> io::Result<()> {
    let limits = spec.limits;
    let mut all = vec![
        (Resource::As, limits.memory_bytes),
        (Resource::Fsize, limits.file_bytes),
        (Resource::Nofile, limits.descriptors),
        (Resource::Stack, limits.stack_bytes),
        (Resource::Core, 0),
        (Resource::Memlock, 0),
        (Resource::Msgqueue, 0),
        (Resource::Sigpending, 256),
        (Resource::Nproc, limits.processes),
    ];
    all.extend(limits.cpu_seconds.map(|s| (Resource::Cpu, s)));
    for (resource, value) in all {
        let hard = rustix::process::getrlimit(resource).maximum;
        let value = hard.map_or(value, |h| h.min(value));
        rustix::process::setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) })?;
    }
    Ok(())
}
