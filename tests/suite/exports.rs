//! Every table in one folder, and data sets by name.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use crate::support::{Bed, REPLAY, text, tiny};

fn finished() -> Bed {
    let bed = Bed::new();
    tiny(&bed, 3);
    bed.write("e.toml", REPLAY);
    bed.ok(&["run", "e.toml", "--no-tui"]);
    bed
}

fn manifest(bed: &Bed, folder: &str) -> serde_json::Value {
    serde_json::from_str(&std::fs::read_to_string(bed.path(folder).join("manifest.json")).unwrap()).unwrap()
}

#[test]
fn all_tables_with_a_manifest_that_names_them() {
    let bed = finished();
    for (format, ending) in [("csv", "csv"), ("parquet", "parquet"), ("latex", "tex"), ("markdown", "md")] {
        bed.ok(&["export", "tiny", "all", "--out", format, "--format", format]);
        let manifest = manifest(&bed, format);
        assert_eq!((&manifest["run"]["name"], &manifest["run"]["samples"]), (&"tiny".into(), &4.into()));
        assert_eq!(manifest["run"]["experiment"]["dataset"]["format"], "human-eval");
        let files = manifest["files"].as_array().unwrap();
        assert_eq!(files.len(), 9);
        for file in files {
            let path = bed.path(format).join(file["path"].as_str().unwrap());
            assert_eq!(path.extension().unwrap(), ending);
            assert_eq!(std::fs::metadata(&path).unwrap().len(), file["bytes"].as_u64().unwrap());
            let sum = Command::new("sha256sum").arg(&path).output().unwrap();
            assert_eq!(&text(&sum.stdout)[..64], file["sha256"].as_str().unwrap());
        }
        let rows = |table: &str| files.iter().find(|f| f["table"] == table).unwrap()["rows"].as_u64().unwrap();
        assert_eq!((rows("samples"), rows("verdicts"), rows("problems")), (12, 12, 3));
        let left = std::fs::read_dir(bed.path(format)).unwrap().count();
        assert_eq!(left, 10, "nothing unfinished is left");
    }
    assert!(bed.fails(2, &["export", "tiny", "all"]).contains("--out DIR"));
    assert!(bed.fails(2, &["export", "tiny", "all", "--out", "e.toml"]).contains("is a file"));
    assert!(bed.fails(2, &["export", "tiny", "problems", "--interval", "pm"]).contains("only LaTeX and Markdown"));
}

#[test]
fn other_tools_read_what_was_written() {
    let bed = finished();
    for format in ["csv", "parquet"] {
        bed.ok(&["export", "tiny", "all", "--out", format, "--format", format]);
    }
    let python = std::env::var("NBEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/read_back.py");
    let output = Command::new(&python).arg(script).args([bed.path("csv"), bed.path("parquet")]).output().unwrap();
    if output.status.code() == Some(77) {
        eprintln!("skipped: {}", text(&output.stderr).trim());
        return;
    }
    assert!(output.status.success(), "{}", text(&output.stderr));
    eprintln!("{}", text(&output.stdout).trim());
}

#[test]
fn latex_compiles() {
    let bed = finished();
    if Command::new("pdflatex").arg("--version").output().is_err() {
        eprintln!("skipped: there is no pdflatex");
        return;
    }
    let mut document = "\\documentclass{article}\n\\usepackage{booktabs,siunitx}\n\\begin{document}\\tiny\n".to_owned();
    for table in ["pass-at-n", "resampling", "reward", "false-positives", "verifiers", "selection", "problems"] {
        for interval in ["columns", "pm", "brackets"] {
            document += &bed.ok(&["export", "tiny", table, "--format", "latex", "--interval", interval]);
            document += "\n\n";
        }
    }
    document += "\\end{document}\n";
    bed.write("tables.tex", &document);
    let mut latex = Command::new("pdflatex");
    let output = latex.args(["-interaction=nonstopmode", "-halt-on-error", "tables.tex"]);
    let output = output.current_dir(bed.path("")).output().unwrap();
    let log = text(&output.stdout);
    if log.contains("siunitx.sty' not found") || log.contains("booktabs.sty' not found") {
        eprintln!("skipped: LaTeX has no siunitx or booktabs");
        return;
    }
    assert!(output.status.success() && bed.path("tables.pdf").is_file(), "{log}");
}

/// Serves one file to every request.
fn serve(bytes: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut head = [0; 4096];
            let _ = stream.read(&mut head);
            let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", bytes.len());
            let _ = stream.write_all(&bytes);
        }
    });
    format!("http://{address}")
}

#[test]
fn a_data_set_by_name() {
    let bed = finished();
    let cached = |arguments: &[&str]| {
        let mut command = bed.command(arguments);
        let output = command.env("NBEST_CACHE", bed.path("cache")).output().unwrap();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, list, _) = cached(&["dataset"]);
    assert_eq!(code, Some(0));
    for name in ["humaneval", "humaneval+", "mbpp+", "gsm8k", "math-500", "aime24", "livecodebench-v1"] {
        assert!(list.lines().any(|l| l.split_whitespace().next() == Some(name)), "{list}");
    }
    bed.write("named.toml", &REPLAY.replace("tiny.jsonl", "livecodebench").replace("human-eval", "auto"));
    let (code, _, error) = cached(&["run", "named.toml", "--no-tui"]);
    assert_eq!(code, Some(3));
    assert!(error.contains("livecodebench-v1 is not in the cache"), "{error}");
    assert!(error.contains("hint: nbest dataset pull livecodebench-v1"), "{error}");

    // a set without a known digest takes any file of its kind: here one problem of HumanEval's form, read as such
    let url = serve(std::fs::read(bed.path("tiny.jsonl")).unwrap());
    let (code, _, said) = cached(&["dataset", "pull", "livecodebench", "--from", &url]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("not known before"), "{said}");
    bed.write("named.toml", &REPLAY.replace("tiny.jsonl", "livecodebench").replace("\"tiny\"", "\"named\""));
    let (code, _, error) = cached(&["run", "named.toml", "--no-tui"]);
    assert_eq!(code, Some(0), "{error}");
    assert!(cached(&["export", "named", "problems"]).1.contains("Tiny/0"));

    // what is pinned is refused when it is something else
    let (code, _, error) = cached(&["dataset", "pull", "gsm8k", "--from", &url]);
    assert_eq!(code, Some(3));
    assert!(error.contains("SHA-256") && error.contains("nothing was kept"), "{error}");
    let (code, _, error) = cached(&["dataset", "pull", "gsm8k", "--from", "http://127.0.0.1:1/gsm8k"]);
    assert_eq!(code, Some(3));
    assert!(error.contains("cannot fetch") && error.contains("hint: check the network"), "{error}");
    assert_eq!(cached(&["dataset", "pull", "nothing"]).0, Some(2));
}
