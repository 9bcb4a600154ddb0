//! Rewards of stored samples a second, against a server that answers at once, as a ratio to a bare aiohttp loop in the same run.
//!
//! `cargo bench --bench rewards [-- SAMPLES]`: writes SAMPLES (100,000) recorded completions, stores them as a run, starts a server of
//! `/score` and times `nbest verify` with batches of 32 (every score stored) and the loop (which stores nothing) in turn.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn Error>>;

const NBEST: &str = env!("CARGO_BIN_EXE_nbest");
const PROBLEMS: usize = 100;
const ROUNDS: usize = 3;

struct Server(Child, String);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A Python with aiohttp.
fn python() -> Outcome<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-peers");
    let python = folder.join("bin/python");
    let run = |program: &Path, arguments: &[&str]| -> Outcome<()> {
        let output = Command::new(program).args(arguments).output()?;
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into()) }
    };
    if run(&python, &["-c", "import aiohttp"]).is_err() {
        let target = folder.to_string_lossy();
        run(Path::new("python3"), &["-m", "venv", target.as_ref()])?;
        run(&python, &["-m", "pip", "install", "-q", "aiohttp"])?;
    }
    Ok(python)
}

fn nbest(db: &Path, arguments: &[&str]) -> Outcome<()> {
    let output = Command::new(NBEST).arg("--db").arg(db).arg("-q").args(arguments).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("nbest {arguments:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
}

/// Problems, samples and an experiment that rewards them.
fn experiment(folder: &Path, url: &str, each: usize) -> Outcome<()> {
    let (mut problems, mut samples) = (String::new(), String::new());
    for problem in 0..PROBLEMS {
        let prompt = format!("Problem {problem}: {}", "how many apples are left when some are eaten? ".repeat(6));
        writeln!(problems, "{{\"id\":\"b/{problem}\",\"answer\":\"1\",\"prompt\":\"{prompt}\"}}")?;
        for sample in 0..each {
            let text = format!("{} So the answer is {sample}.", "One apple is eaten, and then another. ".repeat(8));
            writeln!(samples, "{{\"task_id\":\"b/{problem}\",\"completion\":\"{text}\"}}")?;
        }
    }
    fs::write(folder.join("problems.jsonl"), problems)?;
    fs::write(folder.join("samples.jsonl"), samples)?;
    let head = format!(
        "name = \"bench\"\nsamples = {each}\n[dataset]\npath = \"problems.jsonl\"\nformat = \"jsonl\"\n[model]\napi = \"replay\"\n\
         path = \"samples.jsonl\"\n"
    );
    let answer = "[[verifier]]\nname = \"final\"\nkind = \"answer\"\nrole = \"oracle\"\nextract = \"last-number\"\nequality = \"exact\"\n";
    let reward = format!(
        "[[verifier]]\nname = \"rm\"\nkind = \"reward\"\nprotocol = \"vllm-score\"\nbase_url = \"{url}\"\nmodel = \"m\"\nbatch = 32\n"
    );
    fs::write(folder.join("sample.toml"), format!("{head}{answer}"))?;
    Ok(fs::write(folder.join("reward.toml"), format!("{head}{reward}"))?)
}

#[expect(clippy::print_stdout, reason = "the table is the result")]
fn main() -> Outcome<()> {
    let wanted = std::env::args().skip(1).find(|word| word != "--bench");
    let samples: usize = wanted.map_or(Ok(100_000), |word| word.parse())?;
    let folder = tempfile::tempdir()?;
    let python = python()?;
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers");
    let server = Command::new("python3").arg(peers.join("score_server.py")).stdout(Stdio::piped()).spawn()?;
    let mut server = Server(server, String::new());
    BufReader::new(server.0.stdout.take().ok_or("no output")?).read_line(&mut server.1)?;
    let url = server.1.trim().to_owned();
    experiment(folder.path(), &url, samples / PROBLEMS)?;
    let (db, file) = (folder.path().join("b.db"), |name: &str| folder.path().join(name).display().to_string());
    nbest(&db, &["run", &file("sample.toml"), "--no-tui"])?;
    let (mut own, mut peer) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        nbest(&db, &["verify", "bench", "--config", &file("reward.toml"), "--again"])?;
        own.push(samples as f64 / begin.elapsed().as_secs_f64());
        let begin = Instant::now();
        let status = Command::new(&python)
            .arg(peers.join("aiohttp_rewards.py"))
            .args([&url, &file("problems.jsonl"), &file("samples.jsonl")])
            .status()?;
        if !status.success() {
            return Err("the loop failed".into());
        }
        peer.push(samples as f64 / begin.elapsed().as_secs_f64());
    }
    let best = |list: &[f64]| list.iter().copied().fold(0.0, f64::max);
    let (own, peer) = (best(&own), best(&peer));
    println!("{samples} samples, batches of 32, best of {ROUNDS}");
    println!("| client | rewards/s | nbest is faster by |\n| --- | --- | --- |");
    println!("| nbest verify, stored | {own:.0} | |\n| aiohttp loop | {peer:.0} | {:.2} x |", own / peer);
    Ok(())
}
