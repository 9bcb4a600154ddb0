//! The few system calls that no safe wrapper offers.
#![expect(unsafe_code, reason = "clone, mount_setattr, dup2 onto fixed numbers and _exit have no safe wrapper")]

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use rustix::process::Pid;

/// A process made by [`clone_process`].
pub(super) enum Cloned {
    /// In the parent: the child and a handle to it.
    Parent(Pid, OwnedFd),
    /// In the child.
    Child,
}

/// `clone(2)` without a new stack, as fork does. Call with one thread only: the child goes on with a copy of everything.
pub(super) fn clone_process(flags: libc::c_int) -> io::Result<Cloned> {
    let mut pidfd: RawFd = -1;
    let all = libc::c_long::from(flags | libc::CLONE_PIDFD | libc::SIGCHLD);
    // SAFETY: no stack and no CLONE_VM, so the child runs on its own copy of memory; the launcher has one thread.
    // `pidfd` outlives the call and is where CLONE_PIDFD writes.
    let pid = unsafe { libc::syscall(libc::SYS_clone, all, 0, &raw mut pidfd, 0, 0) };
    if pid < 0 {
        return Err(io::Error::last_os_error());
    }
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return Ok(Cloned::Child);
    };
    // SAFETY: the kernel has just opened this descriptor for us alone.
    Ok(Cloned::Parent(pid, unsafe { OwnedFd::from_raw_fd(pidfd) }))
}

/// Makes the detached mount tree `tree` read-only without set-uid programs; `devices` keeps device files usable.
pub(super) fn make_read_only(tree: &OwnedFd, devices: bool) -> io::Result<()> {
    // SAFETY: an all-zero mount_attr is a valid value of this plain C structure.
    let mut attributes: libc::mount_attr = unsafe { std::mem::zeroed() };
    attributes.attr_set =
        libc::MOUNT_ATTR_NOSUID | if devices { 0 } else { libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NODEV };
    // SAFETY: the path is an empty C string, the structure and its size belong together.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH | libc::AT_RECURSIVE,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Puts the descriptors at 0, 1, 2... and closes every other one but `keep`, which must be above them; it closes on exec.
pub(super) fn place_descriptors(descriptors: Vec<OwnedFd>, keep: &OwnedFd) -> io::Result<()> {
    let count = libc::c_int::try_from(descriptors.len()).map_err(io::Error::other)?;
    let kept = keep.as_raw_fd();
    for (target, descriptor) in (0..count).zip(&descriptors) {
        // SAFETY: both are open or free descriptor numbers of this process; the caller moved all sources above the targets.
        if unsafe { libc::dup2(descriptor.as_raw_fd(), target) } < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    // the originals are closed by the ranges below
    for descriptor in descriptors {
        std::mem::forget(descriptor);
    }
    let range = |first: libc::c_int, last: libc::c_uint| {
        // SAFETY: closes descriptors that no object of this process will use again.
        if unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) } < 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(())
        }
    };
    if kept > count {
        range(count, libc::c_uint::try_from(kept - 1).map_err(io::Error::other)?)?;
    }
    range(kept + 1, libc::c_uint::MAX)
}

/// Takes over a descriptor number that this process inherited.
pub(super) fn inherited(number: RawFd) -> OwnedFd {
    // SAFETY: called once for standard input and once for standard output of a launcher that uses them for nothing else.
    unsafe { OwnedFd::from_raw_fd(number) }
}

/// Leaves at once, running nothing.
pub(super) fn exit_now(code: i32) -> ! {
    // SAFETY: _exit has no precondition.
    unsafe { libc::_exit(code) }
}

/// CPU time and peak memory (kB) of all waited-for children.
pub(super) fn children_usage() -> (u64, u64) {
    // SAFETY: an all-zero rusage is valid, and getrusage fills the structure that it is given.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage);
        usage
    };
    let micros =
        |t: libc::timeval| u64::try_from(t.tv_sec).unwrap_or(0) * 1_000_000 + u64::try_from(t.tv_usec).unwrap_or(0);
    (micros(usage.ru_utime) + micros(usage.ru_stime), u64::try_from(usage.ru_maxrss).unwrap_or(0))
}

/// The version of landlock that the kernel has.
pub(super) fn landlock_version() -> Option<i64> {
    const VERSION: libc::c_uint = 1;
    // SAFETY: with the version flag the kernel reads no structure.
    let version = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<u8>(), 0_usize, VERSION) };
    (version > 0).then_some(version)
}
