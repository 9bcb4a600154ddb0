//! The direction of dependencies: `verifiers` <- `harness` <- `dashboard` <- `nbest`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Normal dependencies of each workspace package.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let normal = package["dependencies"].as_array().unwrap().iter().filter(|d| d["kind"].is_null());
            (text(&package["name"]), normal.map(|d| text(&d["name"])).collect())
        })
        .collect()
}

#[test]
fn dependencies_point_one_way() {
    let all = dependencies();
    let forbidden = [
        ("verifiers", &["harness", "dashboard", "sqlx", "reqwest", "hyper", "clap", "ratatui", "crossterm"][..]),
        ("harness", &["dashboard", "clap", "ratatui", "crossterm"][..]),
        ("dashboard", &["sqlx", "reqwest", "clap"][..]),
        ("nbest", &["sqlx", "reqwest"][..]),
    ];
    for (package, names) in forbidden {
        let found: Vec<_> = names.iter().filter(|name| all[package].contains(**name)).collect();
        assert!(found.is_empty(), "{package} must not depend on {found:?}");
    }
}

#[test]
fn sql_stands_in_the_store_alone() {
    fn sources(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["harness/src", "verifiers/src", "dashboard/src", "src"] {
        sources(&root.join(folder), &mut files);
    }
    assert!(files.len() > 20);
    for file in files {
        let relative = file.strip_prefix(root).unwrap().display().to_string();
        if !relative.starts_with("harness/src/store") {
            let text = std::fs::read_to_string(&file).unwrap();
            assert!(!text.contains("sqlx::query"), "SQL in {relative}");
        }
    }
}
