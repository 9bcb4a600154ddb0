//! Sampling speed against a zero-latency endpoint on the same machine, as ratios to Python clients in the same run.
//!
//! `cargo bench --bench sampling`: starts `nbest simulate --fixed`, then lets `nbest run` (every sample stored durably and judged by
//! the cheapest verifier, as an experiment needs one) and the peers in `benches/peers` (which store nothing) take turns. Peers that
//! can't be installed are left out, with the reason.

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

fn serve(latency: &str) -> Outcome<Server> {
    let mut child = Command::new(NBEST)
        .args(["-q", "simulate", "--port", "0", "--fixed", "400", "--latency", latency])
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
[[verifier]]
name = "answer"
kind = "answer"
extract = "last-number"
equality = "exact"
role = "observer"
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
    if run(&python, &["-c", "import aiohttp, openai"]).is_err() {
        let target = folder.to_string_lossy();
        run(Path::new("python3"), &["-m", "venv", target.as_ref()])?;
        run(&python, &["-m", "pip", "install", "-q", "aiohttp", "openai"])?;
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
fn compare(folder: &Path, python: Option<&Path>, latency: &str, concurrency: usize) -> Outcome<()> {
    let server = serve(latency)?;
    let url = server.1.as_str();
    let mut rows: [(&str, Vec<Cost>); 3] =
        [("nbest run, stored", Vec::new()), ("aiohttp loop", Vec::new()), ("openai asyncio client", Vec::new())];
    for round in 0..ROUNDS {
        rows[0].1.push(nbest(folder, url, round, concurrency, SAMPLES)?);
        if let Some(python) = python {
            rows[1].1.push(peer(python, "aiohttp_loop.py", url, PROBLEMS * SAMPLES, concurrency, folder)?);
            rows[2].1.push(peer(python, "openai_loop.py", url, 1000, concurrency, folder)?);
        }
    }
    println!("latency {latency}, {concurrency} connections, {PROBLEMS} problems x {SAMPLES} samples, best of {ROUNDS}");
    println!("| client | samples/s | CPU ms/sample | nbest is faster by | and cheaper by |");
    println!("| --- | --- | --- | --- | --- |");
    let own = best(&rows[0].1);
    for (name, costs) in rows.iter().filter(|(_, costs)| !costs.is_empty()) {
        let cost = best(costs);
        let (speed, cpu) = (own.per_second / cost.per_second, cost.cpu_ms / own.cpu_ms);
        println!("| {name} | {:.0} | {:.3} | {speed:.2} x | {cpu:.2} x |", cost.per_second, cost.cpu_ms);
    }
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
    let python = peers().map_err(|error| eprintln!("without the Python clients: {error}")).ok();
    compare(folder.path(), python.as_deref(), "0", 64)?;
    compare(folder.path(), python.as_deref(), "50ms", 1024)
}
