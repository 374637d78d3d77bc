//! Released contracts stay as they are.

use super::super::{
    Contract, check, current,
    exceptions::Exceptions,
    manifest::{Manifest, Version},
    release,
};
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A root of its own with everything released, removed with it.
struct Root(PathBuf);

/// No exceptions.
fn none() -> Exceptions {
    Exceptions::read(&std::env::temp_dir().join("ledgerkeep-no-exceptions")).unwrap()
}

impl Root {
    fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("ledgerkeep-contracts-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let root = Self(root);
        assert!(release(root.manifest().unwrap(), &none(), &current().unwrap()).unwrap());
        root
    }

    fn manifest(&self) -> Result<Manifest, String> {
        Manifest::read(&self.0)
    }

    fn at(&self, file: &str) -> PathBuf {
        self.0.join("infra/contracts").join(file)
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The contract that tests change, as text: its version now, and the next one that may add something.
fn versions(contracts: &[Contract]) -> [String; 2] {
    let vault = contracts.iter().find(|c| c.name == "vault").unwrap();
    let now = vault.version.to_string();
    let mut numbers = now.split('.').map(|n| n.parse::<u64>().unwrap());
    let (major, minor) = (numbers.next().unwrap(), numbers.next().unwrap());
    [now, format!("{major}.{}.0", minor + 1)]
}

/// Gives it another version.
fn raise(contracts: &mut [Contract], version: &str) {
    let vault = contracts.iter_mut().find(|c| c.name == "vault").unwrap();
    vault.version = Version::parse(version).unwrap();
    vault.document["info"]["version"] = json!(version);
}

fn names(root: &Path) -> usize {
    fs::read_to_string(root.join("infra/contracts/released.jsonl"))
        .unwrap()
        .lines()
        .count()
}

#[test]
fn what_is_released_once_is_not_released_again() {
    let root = Root::new("again");
    let before = names(&root.0);
    assert_eq!(before, current().unwrap().len());
    assert!(release(root.manifest().unwrap(), &none(), &current().unwrap()).unwrap());
    assert_eq!(names(&root.0), before);
    assert!(check(&root.manifest().unwrap(), &none(), &current().unwrap()).unwrap());
}

#[test]
fn a_released_file_that_was_touched_is_refused() {
    let root = Root::new("touched");
    let [now, next] = versions(&current().unwrap());
    let file = root.at(&format!("vault/{now}.json"));
    let text = fs::read_to_string(&file).unwrap();
    for other in [
        text.replacen("vault", "Vault", 1),
        format!("{text}\n"),
        String::new(),
    ] {
        fs::write(&file, other).unwrap();
        assert!(root.manifest().unwrap_err().contains("changed since"));
    }
    fs::remove_file(&file).unwrap();
    assert!(
        root.manifest()
            .unwrap_err()
            .contains(&format!("vault/{now}.json"))
    );
    fs::write(&file, text).unwrap();
    assert!(root.manifest().is_ok());
    fs::write(root.at(&format!("vault/{next}.json")), "{}").unwrap();
    assert!(root.manifest().unwrap_err().contains("not in"));
}

#[test]
fn the_list_says_each_version_once_and_in_order() {
    let root = Root::new("order");
    let list = root.at("released.jsonl");
    let text = fs::read_to_string(&list).unwrap();
    let first = text.lines().next().unwrap();
    fs::write(&list, format!("{text}{first}\n")).unwrap();
    assert!(root.manifest().unwrap_err().contains("not newer"));
    let [now, _] = versions(&current().unwrap());
    fs::write(&list, text.replacen(&format!("\"{now}\""), "\"1.0\"", 1)).unwrap();
    assert!(root.manifest().unwrap_err().contains("no version"));
    fs::write(
        &list,
        text.replacen("{\"contract\"", "{\"more\":1,\"contract\"", 1),
    )
    .unwrap();
    assert!(root.manifest().is_err());
    fs::write(
        &list,
        text.replacen(&format!("vault/{now}.json"), &format!("../{now}.json"), 1),
    )
    .unwrap();
    assert!(root.manifest().unwrap_err().contains("belongs"));
}

#[test]
fn a_contract_that_breaks_is_neither_passed_nor_released() {
    let root = Root::new("breaks");
    let mut contracts = current().unwrap();
    let vault = contracts.iter_mut().find(|c| c.name == "vault").unwrap();
    let paths = vault.document["paths"].as_object_mut().unwrap();
    let last = paths.keys().next_back().unwrap().clone();
    paths.remove(&last);
    assert!(!check(&root.manifest().unwrap(), &none(), &contracts).unwrap());
    let [_, next] = versions(&contracts);
    raise(&mut contracts, &next);
    let before = names(&root.0);
    assert!(!release(root.manifest().unwrap(), &none(), &contracts).unwrap());
    assert_eq!(names(&root.0), before);
}

#[test]
fn an_addition_passes_and_is_released_under_a_new_minor_version() {
    let root = Root::new("adds");
    let mut contracts = current().unwrap();
    let vault = contracts.iter_mut().find(|c| c.name == "vault").unwrap();
    vault.document["components"]["schemas"]["Problem"]["properties"]["help"] = json!({"type": "string"});
    assert!(
        check(&root.manifest().unwrap(), &none(), &contracts).unwrap(),
        "noted until it is released"
    );
    let [_, next] = versions(&contracts);
    raise(&mut contracts, &next);
    let before = names(&root.0);
    assert!(release(root.manifest().unwrap(), &none(), &contracts).unwrap());
    assert_eq!(names(&root.0), before + 1);
    assert!(root.at(&format!("vault/{next}.json")).exists());
    assert!(check(&root.manifest().unwrap(), &none(), &contracts).unwrap());
}

#[test]
fn a_released_contract_that_is_gone_is_refused() {
    let root = Root::new("gone");
    let contracts: Vec<Contract> = current()
        .unwrap()
        .into_iter()
        .filter(|c| c.name != "vault")
        .collect();
    assert!(!check(&root.manifest().unwrap(), &none(), &contracts).unwrap());
}
