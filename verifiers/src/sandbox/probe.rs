//! What this machine can enforce, found out by trying.

use super::Launcher;
#[cfg(target_os = "linux")]
use super::{Sandbox, SandboxError, Spec, sys};
use crate::domain::SandboxClass;

/// What the sandbox can enforce here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The best class that works.
    pub class: SandboxClass,
    /// What is not there; may be non-empty in the best class (landlock is a second wall, not the only one).
    pub missing: Vec<Missing>,
}

/// A facility that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Its name, with the system's own words.
    pub what: String,
    /// How to get it.
    pub hint: String,
}

/// Tries the classes from the best down.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn probe(_launcher: &Launcher) -> Probe {
    let missing = Missing {
        what: "namespaces, landlock and seccomp are facilities of Linux".into(),
        hint: "run nbest on Linux, or in a Linux virtual machine".into(),
    };
    Probe { class: SandboxClass::None, missing: vec![missing] }
}

/// Tries the classes from the best down.
#[cfg(target_os = "linux")]
#[must_use]
pub fn probe(launcher: &Launcher) -> Probe {
    let mut missing = Vec::new();
    let landlock = sys::landlock_version();
    if landlock.is_none() {
        missing.push(Missing {
            what: "landlock".into(),
            hint: "a kernel from 5.13 with landlock among its security modules (boot parameter lsm=landlock,...)"
                .into(),
        });
    }
    for class in [SandboxClass::Strong, SandboxClass::LandlockOnly] {
        if class == SandboxClass::LandlockOnly && landlock.is_none() {
            continue;
        }
        match attempt(launcher, class) {
            Ok(()) => return Probe { class, missing },
            Err(error) => missing.push(Missing { hint: hint(&error), what: describe(&error) }),
        }
    }
    Probe { class: SandboxClass::None, missing }
}

#[cfg(target_os = "linux")]
fn describe(error: &SandboxError) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

#[cfg(target_os = "linux")]
fn attempt(launcher: &Launcher, class: SandboxClass) -> Result<(), SandboxError> {
    // an empty program: the launcher sets everything up and leaves
    let spec = Spec { class, ..Spec::new("") };
    let report = Sandbox::start(launcher, &spec, &[])?.wait();
    match report.and_then(|r| r.exit) {
        Some(0) => Ok(()),
        _ => Err(SandboxError::Setup("the trial run did not end well".into())),
    }
}

#[cfg(target_os = "linux")]
fn hint(error: &SandboxError) -> String {
    let says = |path: &str, value: &str| std::fs::read_to_string(path).is_ok_and(|text| text.trim() == value);
    if says("/proc/sys/user/max_user_namespaces", "0") {
        "user namespaces are switched off: sysctl user.max_user_namespaces=10000".into()
    } else if says("/proc/sys/kernel/unprivileged_userns_clone", "0") {
        "user namespaces are for root only: sysctl kernel.unprivileged_userns_clone=1".into()
    } else if says("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1") {
        "AppArmor restricts user namespaces: sysctl kernel.apparmor_restrict_unprivileged_userns=0, or a profile for nbest".into()
    } else if describe(error).contains("user") {
        "in a container: allow user namespaces (docker run --security-opt seccomp=unconfined), or run nbest outside"
            .into()
    } else {
        "a Linux kernel from 5.14 with user, pid, mount, network, ipc, uts and cgroup namespaces and seccomp".into()
    }
}
