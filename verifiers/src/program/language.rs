//! The languages that programs may be in, and what each needs to run in a sandbox.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::interpreter::Interpreter;
use crate::domain::SandboxClass;
use crate::registry::{BuildError, Limits};
use crate::sandbox::{ProcessLimits, Scratch, Spec};

/// All names of the table.
const LANGUAGES: [&str; 7] = ["python", "javascript", "rust", "c", "c++", "go", "bash"];

/// Folders of any system's programs and libraries; nothing of a user, nothing secret.
const SYSTEM: [&str; 10] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/nix/store",
];

/// What Python runs before a program: the stack of a thread need not be as large as that of the program, or few threads fit into the
/// address space.
const SITE: &str = "import _thread\n_thread.stack_size(8 << 20)\n";
/// Where it lies in the working directory.
const START: &str = ".start";

/// How programs of one language are made and started.
#[derive(Debug, Clone)]
pub(super) struct Toolchain {
    /// The name of the program's file.
    pub(super) file: String,
    /// Makes `program` in the working directory.
    pub(super) compile: Option<Vec<String>>,
    /// Starts the file; of a compiled language the path of `program` stands alone.
    pub(super) run: Vec<String>,
    /// Files beside the program.
    pub(super) files: Vec<(String, String)>,
    /// Visible folders and files.
    pub(super) read_only: Vec<PathBuf>,
    /// The environment.
    pub(super) env: Vec<(String, String)>,
    /// Address space that the language's machine reserves without using it, bytes.
    pub(super) reserved_bytes: u64,
    /// Told in the verifier's version.
    pub(super) version: String,
}

/// Every language of the table with what its tool says of itself; `None` where the tool is not here.
#[must_use]
pub fn found() -> Vec<(&'static str, Option<String>)> {
    LANGUAGES.iter().map(|language| (*language, find(language, None).ok().map(|chain| chain.version))).collect()
}

/// The tools of a language as they are found here.
///
/// # Errors
/// When the language is not in the table, or its tool is not here.
pub(super) fn find(language: &str, interpreter: Option<&Path>) -> Result<Toolchain, BuildError> {
    let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    let compiled = |file: &str, tool: &Path, version: String, arguments: &[&str]| {
        let mut compile = vec![tool.display().to_string()];
        compile.extend(words(arguments));
        Toolchain { compile: Some(compile), run: vec!["./program".to_owned()], ..plain(file, version) }
    };
    match language {
        "python" => {
            let python = Interpreter::find(interpreter)?;
            let mut env = Interpreter::environment();
            let packages: Vec<&str> =
                python.path.iter().map(String::as_str).filter(|p| p.ends_with("-packages")).collect();
            let start = format!("/tmp/{START}");
            let path = std::iter::once(start.as_str()).chain(packages).collect::<Vec<_>>();
            env.push(("PYTHONPATH".to_owned(), path.join(":")));
            let program = python.program.display().to_string();
            Ok(Toolchain {
                run: vec![program, "-s".into(), "-B".into(), "main.py".into()],
                read_only: python.read_only,
                env,
                files: vec![(format!("{START}/sitecustomize.py"), SITE.to_owned())],
                ..plain("main.py", format!("Python {}", python.version))
            })
        }
        "javascript" => {
            let node = tool(interpreter, &["node", "nodejs"], language)?;
            let version = version_of(&node, "--version");
            let run = vec![node.display().to_string(), "main.js".to_owned()];
            Ok(Toolchain { run, reserved_bytes: 8 << 30, ..with(&node, plain("main.js", format!("node {version}"))) })
        }
        "bash" => {
            let bash = tool(interpreter, &["bash"], language)?;
            let run = vec![bash.display().to_string(), "main.sh".to_owned()];
            Ok(with(&bash, Toolchain { run, ..plain("main.sh", version_of(&bash, "--version")) }))
        }
        "c" => {
            let cc = tool(interpreter, &["cc", "gcc", "clang"], language)?;
            Ok(compiled("main.c", &cc, version_of(&cc, "--version"), &["-O2", "-w", "-o", "program", "main.c", "-lm"]))
        }
        "c++" => {
            let cc = tool(interpreter, &["c++", "g++", "clang++"], language)?;
            let arguments = ["-O2", "-w", "-std=gnu++17", "-o", "program", "main.cpp"];
            Ok(compiled("main.cpp", &cc, version_of(&cc, "--version"), &arguments))
        }
        "rust" => {
            let rustc = tool(interpreter, &["rustc"], language)?;
            let root = PathBuf::from(said_by(&rustc, &["--print", "sysroot"]));
            let real = root.join("bin/rustc");
            let rustc = if real.exists() { real } else { rustc };
            let arguments = ["-O", "--edition", "2021", "--cap-lints", "allow", "-o", "program", "main.rs"];
            let mut chain = compiled("main.rs", &rustc, version_of(&rustc, "--version"), &arguments);
            chain.read_only.push(root);
            Ok(chain)
        }
        "go" => {
            let go = tool(interpreter, &["go"], language)?;
            let root = PathBuf::from(said_by(&go, &["env", "GOROOT"]));
            let mut chain =
                compiled("main.go", &go, version_of(&go, "version"), &["build", "-o", "program", "main.go"]);
            chain.read_only.push(root);
            for (name, value) in
                [("GOCACHE", "/tmp/.cache"), ("GOPATH", "/tmp/.go"), ("GOTOOLCHAIN", "local"), ("CGO_ENABLED", "0")]
            {
                chain.env.push((name.to_owned(), value.to_owned()));
            }
            chain.reserved_bytes = 2 << 30;
            Ok(chain)
        }
        other => Err(BuildError::Settings(format!("unknown language `{other}`; known: {}", LANGUAGES.join(", ")))),
    }
}

fn plain(file: &str, version: String) -> Toolchain {
    let env = [("PATH", "/usr/local/bin:/usr/bin:/bin"), ("HOME", "/tmp"), ("TMPDIR", "/tmp"), ("LC_ALL", "C.UTF-8")];
    Toolchain {
        file: file.to_owned(),
        compile: None,
        run: Vec::new(),
        files: Vec::new(),
        read_only: SYSTEM.iter().map(PathBuf::from).collect(),
        env: env.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        reserved_bytes: 0,
        version,
    }
}

/// The folder that a tool was installed to is visible too, where it is not the system's.
fn with(tool: &Path, mut chain: Toolchain) -> Toolchain {
    let real = tool.canonicalize().unwrap_or_else(|_| tool.to_path_buf());
    let covered = |path: &Path| chain.read_only.iter().any(|folder| path.starts_with(folder));
    if !covered(&real)
        && let Some(prefix) = real.parent().filter(|bin| bin.ends_with("bin")).and_then(Path::parent)
    {
        chain.read_only.extend(["bin", "lib", "lib64", "share", "libexec"].map(|part| prefix.join(part)));
    }
    chain.read_only.push(real);
    chain
}

/// The first of these programs on the path, or the one that was asked for.
fn tool(asked: Option<&Path>, names: &[&str], language: &str) -> Result<PathBuf, BuildError> {
    let found = match asked {
        Some(path) => on_path(path),
        None => names.iter().find_map(|name| on_path(Path::new(name))),
    };
    found.ok_or_else(|| {
        let wanted = asked.map_or_else(|| names.join("` or `"), |path| path.display().to_string());
        BuildError::Settings(format!("language `{language}` needs `{wanted}`, which is not on the path"))
    })
}

/// Where a program is: itself if it is a path, else the first on the path.
pub(super) fn on_path(program: &Path) -> Option<PathBuf> {
    if program.components().count() > 1 {
        return std::path::absolute(program).ok().filter(|path| path.is_file());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
}

fn said_by(program: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output();
    output.map_or_else(|_| String::new(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn version_of(program: &Path, argument: &str) -> String {
    said_by(program, &[argument]).lines().next().unwrap_or_default().to_owned()
}

impl Toolchain {
    /// A sandbox for this language with nothing in it yet.
    pub(super) fn spec(&self, limits: &Limits, class: SandboxClass, words: &[String]) -> Spec {
        let (program, args) =
            words.split_first().map_or((String::new(), &[][..]), |(first, rest)| (first.clone(), rest));
        let mut spec = Spec::new(program);
        spec.args = args.to_vec();
        spec.env.clone_from(&self.env);
        spec.files.clone_from(&self.files);
        spec.read_only.clone_from(&self.read_only);
        spec.class = class;
        // with it comes /dev/stdin, which programs in other languages often read
        spec.proc = Path::new(&self.file).extension().is_none_or(|extension| extension != "py");
        spec.scratch = Some(Scratch { bytes: limits.disk_bytes, files: limits.files });
        spec.limits = ProcessLimits {
            memory_bytes: limits.memory_bytes.saturating_add(self.reserved_bytes),
            // init, and the program itself
            processes: u64::from(limits.processes) + 2,
            file_bytes: limits.disk_bytes,
            cpu_seconds: Some(limits.timeout.as_secs().saturating_mul(5).saturating_add(2)),
            stack_bytes: 64 << 20,
            ..ProcessLimits::default()
        };
        spec
    }
}

/// Words as one line for `sh -c`, each quoted.
pub(super) fn quoted(words: &[String]) -> String {
    words.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect::<Vec<_>>().join(" ")
}
