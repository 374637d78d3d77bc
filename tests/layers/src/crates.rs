//! What is demanded of crates among each other.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A crate of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its folder below the workspace's, `/` between parts.
    pub folder: String,
    /// What it is built of, in whatever workspace or registry.
    pub built_of: BTreeSet<String>,
    /// What its tests and benches need beside that.
    pub tested_with: BTreeSet<String>,
}

/// The floor of the crates in a folder: `*` stands for one part of a path. The first line that fits counts.
pub type Floor<'t> = (&'t str, u8);

/// A crate by its folder, and the prefixes of folders and names that it must not be built of, however far down.
pub type Free<'t> = (&'t str, &'t [&'t str]);

fn fits(pattern: &str, folder: &str) -> bool {
    let (pattern, folder): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), folder.split('/').collect());
    pattern.len() == folder.len() && pattern.iter().zip(&folder).all(|(p, f)| *p == "*" || p == f)
}

/// The packages in what `cargo metadata --no-deps --format-version 1` prints.
///
/// # Errors
/// When it is something else.
pub fn packages(metadata: &str) -> Result<Vec<Package>, String> {
    let metadata: Value = serde_json::from_str(metadata).map_err(|e| e.to_string())?;
    let root = metadata
        .get("workspace_root")
        .and_then(Value::as_str)
        .ok_or("no root")?;
    let packages = metadata
        .get("packages")
        .and_then(Value::as_array)
        .ok_or("no packages")?;
    let one = |package: &Value| {
        let text = |name: &str| package.get(name).and_then(Value::as_str);
        let manifest = text("manifest_path")?.strip_prefix(root)?.trim_start_matches('/');
        let dependencies = package.get("dependencies")?.as_array()?;
        let of = |tests: bool| {
            let kind = |d: &&Value| d.get("kind").and_then(Value::as_str) == Some("dev");
            let named = dependencies.iter().filter(|d| kind(d) == tests);
            named
                .filter_map(|d| Some(d.get("name")?.as_str()?.to_owned()))
                .collect()
        };
        Some(Package {
            name: text("name")?.to_owned(),
            folder: manifest.trim_end_matches("/Cargo.toml").to_owned(),
            built_of: of(false),
            tested_with: of(true),
        })
    };
    packages
        .iter()
        .map(|p| one(p).ok_or_else(|| "a package without a name".to_owned()))
        .collect()
}

/// What each package in a `Cargo.lock` depends on, by names. Versions are left out: two of one name count as one.
#[must_use]
pub fn lock(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in text.split("[[package]]").skip(1) {
        let quoted = |line: &str| {
            line.split('"')
                .nth(1)
                .map(|t| t.split(' ').next().unwrap_or(t).to_owned())
        };
        let Some(name) = package
            .lines()
            .find(|l| l.starts_with("name = "))
            .and_then(quoted)
        else {
            continue;
        };
        let listed = package
            .lines()
            .filter(|l| l.starts_with(" \""))
            .filter_map(quoted);
        all.entry(name).or_default().extend(listed);
    }
    all
}

/// Everything that a crate is built of, itself left out. Crates of the workspace count with what they are built of; all others with
/// what the lock file says.
fn all_of(
    package: &Package,
    packages: &[Package],
    lock: &BTreeMap<String, BTreeSet<String>>,
) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = BTreeSet::new();
    let mut left: Vec<String> = package.built_of.iter().cloned().collect();
    while let Some(name) = left.pop() {
        if !found.insert(name.clone()) {
            continue;
        }
        match packages.iter().find(|p| p.name == name) {
            Some(own) => left.extend(own.built_of.iter().cloned()),
            None => left.extend(lock.get(&name).into_iter().flatten().cloned()),
        }
    }
    found
}

/// Everything that is wrong with the dependencies of the crates of a workspace. Crates that are not there are not asked for.
#[must_use]
pub fn judge(
    packages: &[Package],
    lock: &BTreeMap<String, BTreeSet<String>>,
    floors: &[Floor<'_>],
    free: &[Free<'_>],
) -> Vec<String> {
    let mut found = Vec::new();
    let floor = |folder: &str| floors.iter().find(|(p, _)| fits(p, folder)).map(|(_, n)| *n);
    let own = |name: &String| packages.iter().find(|p| p.name == *name);
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in packages {
        let Some(here) = floor(&package.folder) else {
            found.push(format!("{} is on no floor", package.folder));
            continue;
        };
        for other in package.built_of.union(&package.tested_with).filter_map(own) {
            edges
                .entry(package.name.clone())
                .or_default()
                .insert(other.name.clone());
            if floor(&other.folder).is_some_and(|there| there > here) {
                found.push(format!(
                    "{} depends on {}, which is above it",
                    package.folder, other.folder
                ));
            }
        }
    }
    for circle in crate::graph::circles(&edges) {
        found.push(format!("crates in a circle: {}", circle.join(", ")));
    }
    for (folder, without) in free {
        for package in packages.iter().filter(|p| fits(folder, &p.folder)) {
            for name in all_of(package, packages, lock) {
                let place = own(&name).map_or(name.as_str(), |p| p.folder.as_str());
                let refused = without.iter().any(|w| match w.strip_suffix('*') {
                    Some(start) => place.starts_with(start),
                    None => place == *w,
                });
                if refused {
                    found.push(format!("{} is built of {place}", package.folder));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(folder: &str, built_of: &[&str], tested_with: &[&str]) -> Package {
        let set = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
        Package {
            name: folder.rsplit('/').next().unwrap().to_owned(),
            folder: folder.to_owned(),
            built_of: set(built_of),
            tested_with: set(tested_with),
        }
    }

    const FLOORS: [Floor<'_>; 4] = [
        ("shared", 1),
        ("functions/all", 3),
        ("functions/*", 2),
        ("infra/*", 4),
    ];

    fn wrong(packages: &[Package], free: &[Free<'_>]) -> Vec<String> {
        let locked = lock(
            "[[package]]\nname = \"sdk\"\ndependencies = [\n \"wire 0.1.0\",\n]\n\n[[package]]\nname = \"wire\"\n",
        );
        judge(packages, &locked, &FLOORS, free)
    }

    #[test]
    fn what_only_depends_down_is_fine() {
        let fine = [
            package("shared", &["sdk"], &[]),
            package("functions/audit", &["shared"], &[]),
            package("functions/keys", &["shared", "audit"], &["sdk"]),
            package("functions/all", &["keys"], &[]),
            package("infra/verifier", &["wire"], &[]),
        ];
        assert_eq!(
            wrong(&fine, &[("infra/verifier", &["functions/*", "shared", "sdk"])]),
            Vec::<String>::new()
        );
    }

    #[test]
    fn planted_faults_are_found() {
        let upward = [
            package("shared", &[], &["audit"]),
            package("functions/audit", &[], &[]),
        ];
        assert_eq!(
            wrong(&upward, &[]),
            ["shared depends on functions/audit, which is above it"]
        );
        let circle = [
            package("functions/a", &["b"], &[]),
            package("functions/b", &[], &["a"]),
        ];
        assert_eq!(wrong(&circle, &[]), ["crates in a circle: a, b"]);
        assert_eq!(
            wrong(&[package("attic/x", &[], &[])], &[]),
            ["attic/x is on no floor"]
        );
        // Two crates down, and through somebody else's.
        let far = [
            package("infra/verifier", &["near"], &[]),
            package("infra/near", &["audit", "sdk"], &[]),
            package("functions/audit", &["shared"], &[]),
            package("shared", &[], &[]),
        ];
        let said = wrong(&far, &[("infra/verifier", &["functions/*", "shared", "wire"])]);
        let all = [
            "is built of functions/audit",
            "is built of shared",
            "is built of wire",
        ];
        assert_eq!(said, all.map(|what| format!("infra/verifier {what}")));
    }

    #[test]
    fn metadata_is_read() {
        let text = r#"{"workspace_root": "/w", "packages": [{"name": "a", "manifest_path": "/w/infra/a/Cargo.toml", "dependencies": [
            {"name": "b", "kind": null}, {"name": "c", "kind": "dev"}, {"name": "d", "kind": "build"}]}]}"#;
        let mut expected = package("infra/a", &["b", "d"], &["c"]);
        expected.name = "a".into();
        assert_eq!(packages(text).unwrap(), [expected]);
        assert!(packages("{}").is_err());
    }
}
