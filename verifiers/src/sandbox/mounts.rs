//! The file system of a sandbox: an empty root with read-only views of what the program needs.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::CWD;
use rustix::mount::{MountFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags};

use super::Spec;
use super::sys;

const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];
/// Folders that exist on nearly every system and can carry the new root while it is built.
const PLACES: [&str; 4] = ["/tmp", "/mnt", "/dev", "/usr"];

/// What `/dev/stdin` leads to, in the working directory.
const INPUT: &str = ".stdin";

/// A part of this machine's file system, taken before the new root covers it.
struct View {
    path: PathBuf,
    tree: OwnedFd,
    folder: bool,
}

fn view(path: &Path, devices: bool) -> io::Result<View> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_RECURSIVE;
    let tree = rustix::mount::open_tree(CWD, path, flags)?;
    sys::make_read_only(&tree, devices)?;
    Ok(View { path: path.to_path_buf(), tree, folder: path.is_dir() })
}

/// Paths without those that lie below another of them, and without those that are not there.
fn outermost(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut sorted: Vec<&PathBuf> = paths.iter().filter(|p| p.is_absolute() && p.exists()).collect();
    sorted.sort();
    let mut kept: Vec<PathBuf> = Vec::new();
    for path in sorted {
        if !kept.iter().any(|k| path.starts_with(k)) {
            kept.push(path.clone());
        }
    }
    kept
}

fn inside(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

fn tmpfs(target: &Path, options: &str, flags: MountFlags) -> io::Result<()> {
    let options = std::ffi::CString::new(options)?;
    let flags = flags | MountFlags::NOSUID;
    Ok(rustix::mount::mount("tmpfs", target, "tmpfs", flags, options.as_c_str())?)
}

fn named(path: &Path) -> impl FnOnce(io::Error) -> io::Error + '_ {
    move |e| io::Error::new(e.kind(), format!("{}: {e}", path.display()))
}

/// Builds the root of the sandbox and moves this process (in its own mount namespace) into it.
pub(super) fn build(spec: &Spec) -> io::Result<()> {
    rustix::mount::mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
    let mut wanted = spec.read_only.clone();
    wanted.push(spec.program.clone());
    let mut views = Vec::new();
    for path in outermost(&wanted) {
        views.push(view(&path, false).map_err(named(&path))?);
    }
    for device in DEVICES.map(Path::new) {
        views.push(view(device, true).map_err(named(device))?);
    }
    let root =
        PLACES.iter().map(Path::new).find(|p| p.is_dir()).ok_or_else(|| io::Error::other("no folder to build on"))?;
    tmpfs(root, "mode=755,size=1m,nr_inodes=512", MountFlags::NODEV)?;
    for view in &views {
        let target = inside(root, &view.path);
        if view.folder {
            std::fs::create_dir_all(&target)?;
        } else {
            target.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::File::create(&target)?;
        }
        rustix::mount::move_mount(view.tree.as_fd(), "", CWD, &target, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)
            .map_err(|e| named(&view.path)(e.into()))?;
    }
    scratch(root, spec)?;
    if spec.proc {
        let target = root.join("proc");
        std::fs::create_dir_all(&target)?;
        let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
        rustix::mount::mount("proc", &target, "proc", flags, None).map_err(|e| named(Path::new("/proc"))(e.into()))?;
        for (name, place) in [("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")] {
            std::os::unix::fs::symlink(format!("/proc/self/fd{place}"), root.join("dev").join(name))?;
        }
    }
    rustix::process::chdir(root)?;
    rustix::process::pivot_root(".", ".")?;
    rustix::mount::unmount(".", UnmountFlags::DETACH)?;
    rustix::process::chdir("/tmp")?;
    Ok(rustix::mount::mount_remount("/", MountFlags::RDONLY | MountFlags::NOSUID | MountFlags::NODEV, "")?)
}

fn scratch(root: &Path, spec: &Spec) -> io::Result<()> {
    let folder = root.join("tmp");
    std::fs::create_dir_all(&folder)?;
    let Some(scratch) = spec.scratch else { return Ok(()) };
    let input = spec.named_input.as_ref().filter(|_| !spec.proc);
    let bytes = scratch.bytes.max(4096) + input.map_or(0, |text| text.len() as u64 + 4096);
    // one file system for both, so that the bound holds for their sum
    let options = format!("mode=1777,size={bytes},nr_inodes={}", scratch.files.max(8));
    tmpfs(&folder, &options, MountFlags::NODEV)?;
    for (name, text) in &spec.files {
        let path = folder.join(name);
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        std::fs::write(path, text)?;
    }
    if let Some(text) = input {
        std::fs::write(folder.join(INPUT), text)?;
        std::os::unix::fs::symlink(Path::new("/tmp").join(INPUT), root.join("dev/stdin"))?;
    }
    let shared = root.join("dev/shm");
    std::fs::create_dir_all(&shared)?;
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    let tree = rustix::mount::open_tree(CWD, &folder, flags)?;
    Ok(rustix::mount::move_mount(tree.as_fd(), "", CWD, &shared, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_below_others_need_no_mount_of_their_own() {
        let paths = ["/usr/lib/x", "/usr", "/absent-for-sure", "relative", "/etc"].map(PathBuf::from);
        assert_eq!(outermost(&paths), ["/etc", "/usr"].map(PathBuf::from));
    }
}
