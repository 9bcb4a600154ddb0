//! Sampling speed against a zero-latency endpoint on the same machine, as ratios to Python clients in the same run.
//!
//! `cargo bench --bench sampling`: starts `nbest simulate --fixed`, then lets `nbest run` (every sample stored durably) and the peers in
//! `benches/peers` (of which only Inspect AI stores anything) take turns. Then, with 50 ms of latency, how much of what latency allows is
//! reached with more and more requests in flight. Peers that can't be installed are left out, with the reason.
//!
//! `cargo bench --bench sampling -- memory`: a million samples of 1 kB; resident memory on the way and the size of the file.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

type Outcome<T> = Result<T, Box<dyn Error>>;

const PROBLEMS: usize = 164;
const SAMPLES: usize = 50;
const ROUNDS: usize = 3;
const NBEST: &str = env!("CARGO_BIN_EXE_nbest");

/// What one run took.
#[derive(Clone, Copy)]
struct Cost {
    per_second: f64,
    cpu_ms: f64,
}

struct Server(Child, String);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(latency: &str, bytes: &str) -> Outcome<Server> {
    let mut child = Command::new(NBEST)
        .args(["-q", "simulate", "--port", "0", "--fixed", bytes, "--latency", latency])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    let url = line.trim().strip_prefix("listening ").ok_or("the endpoint did not start")?.to_owned();
    Ok(Server(child, url))
}

/// Runs a command and reads what the shell's `time` says of it and its children.
fn timed(command: &str, count: usize) -> Outcome<Cost> {
    let output = Command::new("bash").args(["-c", &format!("time -p {command}")]).env("LC_ALL", "C").output()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Err(format!("{command}\n{text}").into());
    }
    let number = |name: &str| -> Outcome<f64> {
        let line = text.lines().rev().find(|line| line.starts_with(name)).ok_or("no times")?;
        Ok(line.trim_start_matches(name).trim().parse()?)
    };
    let (real, user, system) = (number("real ")?, number("user ")?, number("sys ")?);
    let count = count as f64;
    Ok(Cost { per_second: count / real, cpu_ms: (user + system) * 1000.0 / count })
}

fn experiment(folder: &Path, url: &str, round: usize, concurrency: usize, samples: usize) -> Outcome<PathBuf> {
    let path = folder.join(format!("experiment-{round}-{concurrency}.toml"));
    let text = format!(
        r#"name = "bench"
samples = {samples}
[dataset]
path = "problems.jsonl"
format = "jsonl"
[model]
api = "openai-chat"
base_url = "{url}"
model = "m"
temperature = 0.8
max_tokens = 512
prompt = "{{{{ prompt }}}}"
[model.limits]
concurrency = {concurrency}
"#
    );
    fs::write(&path, text)?;
    Ok(path)
}

fn nbest(folder: &Path, url: &str, round: usize, concurrency: usize, samples: usize) -> Outcome<Cost> {
    let file = experiment(folder, url, round, concurrency, samples)?;
    let db = folder.join(format!("{round}-{concurrency}.db"));
    let command = format!("'{NBEST}' -q --db '{}' run '{}' --no-tui > /dev/null", db.display(), file.display());
    timed(&command, PROBLEMS * samples)
}

/// A Python with the peers, or why there is none.
fn peers() -> Outcome<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-peers");
    let python = folder.join("bin/python");
    let run = |program: &Path, arguments: &[&str]| -> Outcome<()> {
        let output = Command::new(program).args(arguments).output()?;
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into()) }
    };
    if run(&python, &["-c", "import aiohttp, openai, inspect_ai"]).is_err() {
        let target = folder.to_string_lossy();
        run(Path::new("python3"), &["-m", "venv", target.as_ref()])?;
        run(&python, &["-m", "pip", "install", "-q", "aiohttp", "openai", "inspect-ai"])?;
    }
    Ok(python)
}

fn peer(python: &Path, script: &str, url: &str, count: usize, concurrency: usize, folder: &Path) -> Outcome<Cost> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers").join(script);
    let prompts = folder.join("problems.jsonl");
    let (python, script, prompts) = (python.display(), script.display(), prompts.display());
    timed(&format!("'{python}' '{script}' {url} {count} {concurrency} '{prompts}'"), count)
}

fn best(costs: &[Cost]) -> Cost {
    let per_second = costs.iter().map(|cost| cost.per_second).fold(0.0, f64::max);
    let cpu_ms = costs.iter().map(|cost| cost.cpu_ms).fold(f64::INFINITY, f64::min);
    Cost { per_second, cpu_ms }
}

#[expect(clippy::print_stdout, reason = "the table is the result")]
fn compare(folder: &Path, python: Option<&Path>) -> Outcome<()> {
    const CONNECTIONS: usize = 64;
    let server = serve("0", "400")?;
    let url = server.1.as_str();
    let peers = [
        ("aiohttp loop, stores nothing", "aiohttp_loop.py", PROBLEMS * SAMPLES),
        ("openai asyncio client, stores nothing", "openai_loop.py", 2000),
        ("Inspect AI, stores at the end", "inspect_loop.py", 3 * PROBLEMS),
    ];
    let mut own = Vec::new();
    let mut others: Vec<Vec<Cost>> = vec![Vec::new(); peers.len()];
    for round in 0..ROUNDS {
        own.push(nbest(folder, url, round, CONNECTIONS, SAMPLES)?);
        let Some(python) = python else { continue };
        for (costs, (_, script, count)) in others.iter_mut().zip(peers) {
            costs.push(peer(python, script, url, count, CONNECTIONS, folder)?);
        }
    }
    println!(
        "no latency, {CONNECTIONS} connections, {PROBLEMS} problems x {SAMPLES} samples, best of {ROUNDS}, start included"
    );
    println!("| client | samples/s | CPU ms/sample | nbest is faster by | and cheaper by |");
    println!("| --- | --- | --- | --- | --- |");
    let own = best(&own);
    println!("| nbest run, stores everything | {:.0} | {:.3} | | |", own.per_second, own.cpu_ms);
    for (costs, (name, ..)) in others.iter().zip(peers).filter(|(costs, _)| !costs.is_empty()) {
        let cost = best(costs);
        let (speed, cpu) = (own.per_second / cost.per_second, cost.cpu_ms / own.cpu_ms);
        println!("| {name} | {:.0} | {:.3} | {speed:.1} x | {cpu:.1} x |", cost.per_second, cost.cpu_ms);
    }
    Ok(())
}

/// What latency allows is the number in flight over the latency; what the server and nbest can do at most on the processors that they
/// share is measured without latency, with as many connections.
#[expect(clippy::print_stdout, reason = "the table is the result")]
fn saturate(folder: &Path) -> Outcome<()> {
    const LATENCY: f64 = 0.05;
    let (quick, server) = (serve("0", "400")?, serve("50ms", "400")?);
    println!("50 ms of latency");
    println!("| in flight | latency allows | without latency | samples/s | of the smaller | CPU ms/sample |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for in_flight in [64_usize, 256, 512, 1024] {
        let allowed = in_flight as f64 / LATENCY;
        // about eight seconds of work
        let samples = usize::div_ceil(in_flight * 160, PROBLEMS);
        let most = nbest(folder, &quick.1, 90, in_flight, samples)?.per_second;
        let cost = nbest(folder, &server.1, 100, in_flight, samples)?;
        let share = 100.0 * cost.per_second / allowed.min(most);
        let (got, cpu) = (cost.per_second, cost.cpu_ms);
        println!("| {in_flight} | {allowed:.0} | {most:.0} | {got:.0} | {share:.0} % | {cpu:.3} |");
    }
    Ok(())
}

/// Kilobytes of a process by a name of its status file.
fn kilobytes(process: u32, name: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

#[expect(clippy::print_stdout, reason = "the table is the result")]
fn memory(folder: &Path) -> Outcome<()> {
    const EACH: usize = 1000;
    let samples = 1_000_000_usize.div_ceil(PROBLEMS);
    let server = serve("0", &EACH.to_string())?;
    let file = experiment(folder, &server.1, 0, 64, samples)?;
    let db = folder.join("memory.db");
    let started = std::time::Instant::now();
    let mut child = Command::new(NBEST)
        .args(["-q", "--db"])
        .arg(&db)
        .arg("run")
        .arg(&file)
        .arg("--no-tui")
        .stdout(Stdio::null())
        .spawn()?;
    let (mut readings, mut peak) = (Vec::new(), 0);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        peak = kilobytes(child.id(), "VmHWM:").unwrap_or(peak);
        readings.extend(kilobytes(child.id(), "VmRSS:"));
        std::thread::sleep(std::time::Duration::from_millis(100));
    };
    if !status.success() {
        return Err("nbest run failed".into());
    }
    let seconds = started.elapsed().as_secs_f64();
    let stored = PROBLEMS * samples;
    let bytes = fs::metadata(&db)?.len();
    println!("{stored} samples of {EACH} bytes in {seconds:.1} s ({:.0} a second)", stored as f64 / seconds);
    let at =
        |share: usize| readings.get((readings.len() * share / 100).min(readings.len() - 1)).map_or(0, |kb| kb / 1024);
    println!(
        "resident, MB, after 5, 25, 50, 75, 100 % of the time: {} {} {} {} {}; peak {}",
        at(5),
        at(25),
        at(50),
        at(75),
        at(100),
        peak / 1024
    );
    println!("file: {:.1} MB, {:.3} x the texts alone", bytes as f64 / 1e6, bytes as f64 / (stored * EACH) as f64);
    Ok(())
}

#[expect(clippy::print_stderr, reason = "why a peer is missing")]
fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let mut lines = String::new();
    for problem in 0..PROBLEMS {
        let task = "Return the values of the list, each increased by one, in the order in which they came. ".repeat(5);
        let prompt =
            format!("def answer_{problem}(values: list[int]) -> list[int]:\\n    \\\"\\\"\\\"{task}\\\"\\\"\\\"\\n");
        writeln!(lines, "{{\"id\":\"bench/{problem}\",\"answer\":\"1\",\"prompt\":\"{prompt}\"}}")?;
    }
    fs::write(folder.path().join("problems.jsonl"), lines)?;
    if std::env::args().any(|word| word == "memory") {
        return memory(folder.path());
    }
    let python = peers().map_err(|error| eprintln!("without the Python clients: {error}")).ok();
    compare(folder.path(), python.as_deref())?;
    saturate(folder.path())
}
