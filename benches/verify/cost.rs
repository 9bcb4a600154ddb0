//! What a command takes: time, processor time, memory of all its processes.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Outcome;

/// How often memory is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// What one run took and found.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) seconds: f64,
    pub(crate) cpu: f64,
    pub(crate) peak_mib: f64,
    pub(crate) passed: usize,
    /// Samples that it judged.
    pub(crate) count: usize,
}

impl Cost {
    pub(crate) fn per_second(&self) -> f64 {
        self.count as f64 / self.seconds
    }
}

/// Memory of a process and everything below it, MiB; shared pages are shared out.
fn memory(pid: u32) -> f64 {
    let (mut all, mut at) = (vec![pid], 0);
    while at < all.len() {
        for task in fs::read_dir(format!("/proc/{}/task", all[at])).into_iter().flatten().flatten() {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            all.extend(children.split_whitespace().filter_map(|w| w.parse::<u32>().ok()));
        }
        at += 1;
    }
    let one = |pid: &u32| {
        let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
        text.lines().find_map(|l| l.strip_prefix("Pss:"))?.split_whitespace().next()?.parse::<f64>().ok()
    };
    all.iter().filter_map(one).sum::<f64>() / 1024.0
}

/// Runs a shell command under `time`: its output, seconds, CPU seconds and peak memory.
pub(crate) fn timed(command: &str) -> Outcome<(String, Cost)> {
    let begin = Instant::now();
    let mut child = Command::new("bash")
        .args(["-c", &format!("time -p {command}")])
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let drain = |mut pipe: Box<dyn std::io::Read + Send>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            pipe.read_to_end(&mut bytes).map(|_| String::from_utf8_lossy(&bytes).into_owned())
        })
    };
    let (out, err) = (
        drain(Box::new(child.stdout.take().ok_or("no output")?)),
        drain(Box::new(child.stderr.take().ok_or("no errors")?)),
    );
    let mut peak_mib = 0.0_f64;
    let mut next = begin + LOOK;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() > next {
            peak_mib = peak_mib.max(memory(child.id()));
            next = Instant::now() + LOOK;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let seconds = begin.elapsed().as_secs_f64();
    let joined = |thread: std::thread::JoinHandle<std::io::Result<String>>| -> Outcome<String> {
        Ok(thread.join().map_err(|_panic| "reading its output")??)
    };
    let (out, err) = (joined(out)?, joined(err)?);
    if !status.success() {
        return Err(format!("{command}: {status}\n{out}{err}").into());
    }
    let number = |name: &str| err.lines().rev().find_map(|l| l.strip_prefix(name)?.trim().parse::<f64>().ok());
    let cpu = number("user ").ok_or("no times")? + number("sys ").ok_or("no times")?;
    Ok((out, Cost { seconds, cpu, peak_mib, passed: 0, count: 0 }))
}
