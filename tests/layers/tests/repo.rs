//! The crates of this repository: what may know what. See the crate's documentation for the rules.

use layers::{Floor, Free, check, judge, lock, packages, read, upward};
use std::{collections::BTreeSet, fs, path::PathBuf, process::Command};

/// The layers of `shared`, the lowest first.
const SHARED: [&str; 10] = [
    "kernel",
    "store",
    "crypto",
    "access",
    "declaration",
    "ports",
    "process",
    "road",
    "openapi",
    "takeover",
];

/// Floors of the crates, by their folders.
const FLOORS: [Floor<'_>; 12] = [
    ("shared/*", 0),
    ("shared", 1),
    ("functions/all", 3),
    ("functions/*", 2),
    ("infra/names", 2),
    ("infra/verifier", 1),
    ("tests/bench", 5),
    ("infra/command", 6),
    ("infra/*", 4),
    ("tests", 7),
    ("tests/layers", 0),
    ("tests/*", 7),
];

/// What can be built without what: an auditor builds the verifier alone, and an operator's commands reach AWS without stand-ins.
/// The portal is not on the road because it can read nothing.
const FREE: [Free<'_>; 3] = [
    (
        "functions/portal",
        &[
            "shared",
            "aws-sdk-*",
            "aws-config",
            "aws-runtime",
            "reqwest",
            "hyper-rustls",
        ],
    ),
    (
        "infra/verifier",
        &[
            "shared",
            "functions/*",
            "infra/platform",
            "infra/standins",
            "aws-sdk-*",
            "dynoxide-rs",
        ],
    ),
    (
        "infra/operate",
        // Of the services it has `audit` alone: a take-over reads the heads of logs.
        &[
            "functions/all",
            "functions/billing",
            "functions/identity",
            "functions/keys",
            "functions/notifications",
            "functions/payments",
            "functions/privacy",
            "functions/risk",
            "functions/tenancy",
            "functions/vault",
            "infra/platform",
            "infra/standins",
            "dynoxide-rs",
        ],
    ),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn layers_of_shared_only_look_down() {
    let reading = read(&root().join("shared/src")).unwrap();
    println!(
        "shared: {} files, {} paths, {} imports",
        reading.files.len(),
        reading.paths,
        reading.imports.len()
    );
    assert!(
        reading.files.len() >= 100 && reading.imports.len() >= 800,
        "little has been read"
    );
    let there: BTreeSet<&str> = reading
        .files
        .iter()
        .filter_map(|f| f.first())
        .map(String::as_str)
        .collect();
    assert!(there.len() >= SHARED.len() - 1, "layers are gone: {there:?}");
    let wrong = [upward(&reading, &SHARED), check(&reading)].concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_circle_in_a_service() {
    let (mut files, mut imports, mut wrong) = (0, 0, Vec::new());
    for entry in fs::read_dir(root().join("functions")).unwrap() {
        let folder = entry.unwrap().path();
        let reading = read(&folder.join("src")).unwrap();
        files += reading.files.len();
        imports += reading.imports.len();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        wrong.extend(check(&reading).into_iter().map(|w| format!("{name}: {w}")));
    }
    println!("functions: {files} files, {imports} imports");
    assert!(files >= 250 && imports >= 800, "little has been read");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn crates_depend_on_lower_ones_only() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let metadata = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let out = Command::new(cargo)
        .args(metadata)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let packages = packages(&String::from_utf8(out.stdout).unwrap()).unwrap();
    let locked = lock(&fs::read_to_string(root().join("Cargo.lock")).unwrap());
    let count: usize = packages
        .iter()
        .map(|p| p.built_of.len() + p.tested_with.len())
        .sum();
    println!(
        "crates: {} in the workspace, {count} dependencies, {} locked",
        packages.len(),
        locked.len()
    );
    assert!(
        packages.len() >= 15 && count >= 200 && locked.len() >= 200,
        "little has been read"
    );
    let wrong = judge(&packages, &locked, &FLOORS, &FREE);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
