//! Public problem sets by name: where they are, under which licence, and what their bytes must be.

use std::path::{Path, PathBuf};

use super::Format;

/// A problem set that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its name in `dataset.path`.
    pub name: &'static str,
    /// Other spellings.
    pub aliases: &'static [&'static str],
    /// What it is.
    pub about: &'static str,
    /// Its problems.
    pub problems: u32,
    /// How it is read.
    pub format: Format,
    /// The file, at a fixed revision.
    pub url: &'static str,
    /// Its licence.
    pub licence: &'static str,
    /// What its bytes must be; `None` where nobody has published it: then what was seen at the first pull is recorded.
    pub pin: Option<Pin>,
}

/// A known SHA-256, hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pin {
    /// Of the file as it is served.
    File(&'static str),
    /// Of what is in the gzip file: two compressions of the same content may differ.
    Content(&'static str),
}

impl Entry {
    /// The name of its file, with the endings that say how it is read.
    #[must_use]
    pub fn file(&self) -> &'static str {
        self.url.rsplit('/').next().unwrap_or(self.url)
    }

    /// Where its file lies in a cache folder.
    #[must_use]
    pub fn path(&self, cache: &Path) -> PathBuf {
        cache.join("datasets").join(self.name).join(self.file())
    }
}

/// The entry with this name or alias, whatever its case.
#[must_use]
pub fn find(name: &str) -> Option<&'static Entry> {
    let same = |word: &str| word.eq_ignore_ascii_case(name);
    CATALOG.iter().find(|entry| same(entry.name) || entry.aliases.iter().any(|alias| same(alias)))
}

/// The entry that a path names: a bare name, where no file has it.
#[must_use]
pub fn named(path: &Path) -> Option<&'static Entry> {
    if path.exists() {
        return None;
    }
    find(path.to_str()?)
}

/// The folder of what was fetched: `NBEST_CACHE`, else `nbest` in `XDG_CACHE_HOME`, else `~/.cache/nbest`.
#[must_use]
pub fn cache_folder(variable: &dyn Fn(&str) -> Option<std::ffi::OsString>) -> PathBuf {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("NBEST_CACHE").unwrap_or_else(|| {
        // a relative XDG path is to be ignored, says the standard
        let base = set("XDG_CACHE_HOME").filter(|path| path.is_absolute());
        base.unwrap_or_else(|| set("HOME").unwrap_or_else(std::env::temp_dir).join(".cache")).join("nbest")
    })
}

const LIVE: &str = "CC, see huggingface.co/datasets/livecodebench/code_generation_lite";

/// One part of LiveCodeBench: the problems that a version added.
macro_rules! live {
    ($name:literal, $aliases:expr, $about:literal, $problems:literal, $file:literal) => {
        Entry {
            name: $name,
            aliases: $aliases,
            about: $about,
            problems: $problems,
            format: Format::LiveCodeBench,
            url: concat!(
                "https://huggingface.co/datasets/livecodebench/code_generation_lite/resolve/",
                "0fe84c3912ea0c4d4a78037083943e8f0c4dd505/",
                $file
            ),
            licence: LIVE,
            pin: None,
        }
    };
}

/// Every set with a name.
pub const CATALOG: [Entry; 13] = [
    Entry {
        name: "humaneval",
        aliases: &["human-eval"],
        about: "HumanEval: Python functions from docstrings (Chen et al. 2021)",
        problems: 164,
        format: Format::HumanEval,
        url: "https://raw.githubusercontent.com/openai/human-eval/6d43fb980f9fee3c892a914eda09951f772ad10d/data/HumanEval.jsonl.gz",
        licence: "MIT",
        pin: Some(Pin::File("b796127e635a67f93fb35c04f4cb03cf06f38c8072ee7cee8833d7bee06979ef")),
    },
    Entry {
        name: "humaneval+",
        aliases: &["humanevalplus", "humaneval-plus"],
        about: "HumanEval+ v0.1.10: the same with 80 times the tests (Liu et al. 2023)",
        problems: 164,
        format: Format::EvalPlus,
        url: "https://github.com/evalplus/humanevalplus_release/releases/download/v0.1.10/HumanEvalPlus.jsonl.gz",
        licence: "Apache-2.0; HumanEval part MIT",
        pin: Some(Pin::Content("42526ec0e7d5f3ee0b06d6ced98f8c8bae3d76519151bfb3d36f79010645bd7f")),
    },
    Entry {
        name: "mbpp+",
        aliases: &["mbppplus", "mbpp-plus"],
        about: "MBPP+ v0.2.0: basic Python problems with more tests (Liu et al. 2023)",
        problems: 378,
        format: Format::EvalPlus,
        url: "https://github.com/evalplus/mbppplus_release/releases/download/v0.2.0/MbppPlus.jsonl.gz",
        licence: "Apache-2.0; MBPP part CC BY 4.0",
        pin: Some(Pin::Content("b54e762755248ca411b523c917fa9f93c07b5ff2966bf60b3917b853926a3dad")),
    },
    Entry {
        name: "gsm8k",
        aliases: &[],
        about: "GSM8K, test split: grade school word problems (Cobbe et al. 2021)",
        problems: 1319,
        format: Format::Gsm8k,
        url: "https://raw.githubusercontent.com/openai/grade-school-math/3101c7d5072418e28b9008a6636bde82a006892c/grade_school_math/data/test.jsonl",
        licence: "MIT",
        pin: Some(Pin::File("3730d312f6e3440559ace48831e51066acaca737f6eabec99bccb9e4b3c39d14")),
    },
    Entry {
        name: "math-500",
        aliases: &["math500"],
        about: "MATH-500: 500 test problems of MATH (Hendrycks et al. 2021, Lightman et al. 2023)",
        problems: 500,
        format: Format::Math,
        url: "https://huggingface.co/datasets/HuggingFaceH4/MATH-500/resolve/6e4ed1a2a79af7d8630a6b768ec859cb5af4d3be/test.jsonl",
        licence: "MIT",
        pin: Some(Pin::File("35dc41080a3680858b27fa7e0533d2d547825316fc5dafe5d316f4ccc5a06132")),
    },
    Entry {
        name: "aime24",
        aliases: &["aime", "aime-2024", "aime2024"],
        about: "AIME 2024, I and II",
        problems: 30,
        format: Format::Math,
        url: "https://huggingface.co/datasets/HuggingFaceH4/aime_2024/resolve/2fe88a2f1091d5048c0f36abc874fb997b3dd99a/data/train-00000-of-00001.parquet",
        licence: "none stated; problems by the MAA",
        pin: Some(Pin::File("26139847601a5037c237d5928b195e7260ca8074cf4f264b794af42847f79ccf")),
    },
    Entry {
        name: "aime25",
        aliases: &["aime-2025", "aime2025"],
        about: "AIME 2025, I and II",
        problems: 30,
        format: Format::Math,
        url: "https://huggingface.co/datasets/math-ai/aime25/resolve/563bb8404243c5f09de6ec262f2db674fe5bce9b/test.jsonl",
        licence: "see huggingface.co/datasets/math-ai/aime25; problems by the MAA",
        pin: Some(Pin::File("b4e273c02d3e7fe1b74b59eae768fc8230bfb0f79539890cb56f4361caac0331")),
    },
    live!(
        "livecodebench-v1",
        &["livecodebench"],
        "LiveCodeBench: contests of May 2023 to March 2024 (Jain et al. 2024)",
        400,
        "test.jsonl"
    ),
    live!("livecodebench-v2", &[], "LiveCodeBench: what release 2 added, to May 2024", 111, "test2.jsonl"),
    live!("livecodebench-v3", &[], "LiveCodeBench: what release 3 added, to July 2024", 101, "test3.jsonl"),
    live!("livecodebench-v4", &[], "LiveCodeBench: what release 4 added, to September 2024", 101, "test4.jsonl"),
    live!("livecodebench-v5", &[], "LiveCodeBench: what release 5 added, to January 2025", 167, "test5.jsonl"),
    live!("livecodebench-v6", &[], "LiveCodeBench: what release 6 added, to April 2025", 175, "test6.jsonl"),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn names_are_unique_and_found_in_any_case() {
        let words: Vec<&str> = CATALOG.iter().flat_map(|e| e.aliases.iter().copied().chain([e.name])).collect();
        assert_eq!(words.iter().collect::<HashSet<_>>().len(), words.len());
        assert_eq!(find("HumanEval+").map(|e| e.name), Some("humaneval+"));
        assert_eq!(find("aime").map(|e| e.name), Some("aime24"));
        assert_eq!(find("imagenet"), None);
    }

    #[test]
    fn pins_are_digests_and_addresses_are_fixed() {
        for entry in &CATALOG {
            if let Some(Pin::File(digest) | Pin::Content(digest)) = entry.pin {
                assert!(digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit()), "{}", entry.name);
            }
            assert!(entry.url.starts_with("https://") && !entry.url.contains("/main/"), "{}", entry.name);
        }
    }

    #[test]
    fn the_cache_is_where_the_user_wants_it() {
        let set = |pairs: &'static [(&str, &str)]| {
            move |name: &str| pairs.iter().find(|p| p.0 == name).map(|p| OsString::from(p.1))
        };
        assert_eq!(cache_folder(&set(&[("NBEST_CACHE", "here"), ("HOME", "/h")])), PathBuf::from("here"));
        assert_eq!(cache_folder(&set(&[("XDG_CACHE_HOME", "/x"), ("HOME", "/h")])), PathBuf::from("/x/nbest"));
        assert_eq!(cache_folder(&set(&[("XDG_CACHE_HOME", "x"), ("HOME", "/h")])), PathBuf::from("/h/.cache/nbest"));
    }

    #[test]
    fn the_shared_files_are_what_is_pinned() {
        let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
        for (name, file) in [("humaneval+", "humaneval_plus.jsonl.gz"), ("mbpp+", "mbpp_plus.jsonl")] {
            let Ok(bytes) = std::fs::read(shared.join(file)) else {
                eprintln!("skipped: {file} is not there");
                continue;
            };
            let pin = find(name).and_then(|e| e.pin).unwrap();
            let Pin::Content(wanted) = pin else { panic!("{name} is pinned by its content") };
            assert_eq!(crate::dataset::pull::content_digest(&mut &bytes[..]).unwrap(), wanted, "{name}");
        }
    }
}
