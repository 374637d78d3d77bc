//! Every code of a problem that a handler names stands in the catalogue and in a declaration, and none is declared for nothing.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use services::SERVICES;
use shared::problem::codes;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Calls that make a problem with a code; the code is the first text behind them.
const MAKERS: [&str; 3] = ["Problem::new(", "Problem::conflict(", "Problem::bad_request("];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The sources below a folder, without the tests in them.
fn sources(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let (code, _) = text.split_once("#[cfg(test)]\nmod tests").unwrap_or((&text, ""));
            found.push(code.to_owned());
        }
    }
    found
}

/// The codes that a source names.
fn named(source: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for maker in MAKERS {
        for rest in source.split(maker).skip(1) {
            // Before the code stands a status at most; where a variable holds it, its own place is looked at.
            let Some((before, rest)) = rest.split_once('"') else {
                continue;
            };
            let plain = |c: char| c.is_ascii_digit() || c.is_whitespace() || c == ',';
            if before.chars().all(plain) {
                found.extend(rest.split('"').next());
            }
        }
    }
    if source.contains("Problem::wrong_state(") {
        found.insert("wrong_state");
    }
    found
}

#[test]
fn every_code_of_a_handler_is_declared() {
    let catalogue: BTreeSet<&str> = codes::ALL.iter().map(|r| r.code).collect();
    let mut everywhere = BTreeSet::new();
    let mut wrong = Vec::new();
    for service in SERVICES.iter().filter(|s| !s.endpoints.is_empty()) {
        let declared = |name: Option<&str>| -> BTreeSet<&str> {
            let endpoints = service.endpoints.iter().map(|f| f.declaration);
            let own = endpoints.filter(|d| name.is_none_or(|name| d.name == name));
            own.flat_map(|d| d.refuses).map(|r| r.code).collect()
        };
        for source in sources(&root().join("functions").join(service.name).join("src")) {
            // An endpoint's file names its function first; what it names, that one declares.
            let endpoint = source
                .split_once("Declaration::new(")
                .and_then(|(_, rest)| rest.split('"').nth(1));
            let known = declared(endpoint);
            for code in named(&source) {
                everywhere.insert(code.to_owned());
                let elsewhere = SERVICES
                    .iter()
                    .flat_map(|s| s.endpoints)
                    .any(|f| endpoint.is_none() && f.declaration.refuses.iter().any(|r| r.code == code));
                if !known.contains(code) && !elsewhere {
                    wrong.push(format!("{}: {endpoint:?} does not declare {code}", service.name));
                }
                if !catalogue.contains(code) {
                    wrong.push(format!("{}: {code} stands in no catalogue", service.name));
                }
            }
        }
    }
    for source in sources(&root().join("shared/src")) {
        for code in named(&source) {
            everywhere.insert(code.to_owned());
            if !catalogue.contains(code) {
                wrong.push(format!("shared: {code} stands in no catalogue"));
            }
        }
    }
    assert!(everywhere.len() > 40, "{everywhere:?}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_code_is_declared_that_nobody_names() {
    let source: String = ["functions", "shared/src"]
        .iter()
        .flat_map(|f| sources(&root().join(f)))
        .collect();
    let text = |code: &str| source.matches(&format!("\"{code}\"")).count();
    for refusal in codes::ALL {
        // Once in the catalogue, and once where it is answered; `wrong_state` and the like have makers of their own.
        assert!(text(refusal.code) > 1, "{} is never answered", refusal.code);
        assert!((400..600).contains(&refusal.status), "{}", refusal.code);
    }
}
