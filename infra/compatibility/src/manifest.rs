//! The released contracts: one file for each version, and a list that is only added to.

use super::Contract;
use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fmt, fs,
    io::Write,
    path::{Path, PathBuf},
};

/// Where they are, below the root.
pub(super) const FOLDER: &str = "infra/contracts";
/// The list, a line for each release, oldest first.
const LIST: &str = "released.jsonl";

/// A version (semantic versioning 2.0.0) without pre-releases.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    pub(crate) major: u64,
    minor: u64,
    patch: u64,
}

impl Version {
    /// Reads `1.2.3`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split('.').map(|n| {
            let plain = n.bytes().all(|b| b.is_ascii_digit()) && (n == "0" || !n.starts_with('0'));
            n.parse().ok().filter(|_| plain)
        });
        let version = Self {
            major: numbers.next()??,
            minor: numbers.next()??,
            patch: numbers.next()??,
        };
        numbers.next().is_none().then_some(version)
    }

    /// Whether only the last number is new.
    pub(crate) fn is_patch_of(&self, other: &Self) -> bool {
        (self.major, self.minor) == (other.major, other.minor)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// A released contract.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    contract: String,
    version: String,
    /// What the file is: `openapi`, `events` or `wsdl`.
    format: String,
    /// Below the folder.
    file: String,
    sha256: String,
}

/// All released contracts, each as it was when it was released.
#[derive(Debug)]
pub(super) struct Manifest {
    folder: PathBuf,
    releases: Vec<(Release, Version, Value)>,
}

impl Manifest {
    /// Reads the list and every file of it.
    ///
    /// # Errors
    /// One line for the first file that is missing, changed, or not in the list.
    pub(super) fn read(root: &Path) -> Result<Self, String> {
        let folder = root.join(FOLDER);
        let list = match fs::read_to_string(folder.join(LIST)) {
            Ok(list) => list,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(e) => return Err(format!("{FOLDER}/{LIST}: {e}")),
        };
        let mut manifest = Self {
            folder,
            releases: Vec::new(),
        };
        for (index, line) in list.lines().enumerate() {
            let at = format!("{FOLDER}/{LIST}:{}", index + 1);
            let release: Release = serde_json::from_str(line).map_err(|e| format!("{at}: {e}"))?;
            let version = Version::parse(&release.version).ok_or_else(|| format!("{at}: no version"))?;
            if release.file != file(&release.contract, &version) {
                return Err(format!(
                    "{at}: {} is not where that version belongs",
                    release.file
                ));
            }
            if manifest.versions(&release.contract).any(|v| *v >= version) {
                return Err(format!(
                    "{at}: {} {version} is not newer than what stands before it",
                    release.contract
                ));
            }
            let bytes = fs::read(manifest.folder.join(&release.file))
                .map_err(|e| format!("{FOLDER}/{}: {e}", release.file))?;
            if sha256(&bytes) != release.sha256 {
                return Err(format!(
                    "{FOLDER}/{}: it is released and was changed since",
                    release.file
                ));
            }
            let document =
                serde_json::from_slice(&bytes).map_err(|e| format!("{FOLDER}/{}: {e}", release.file))?;
            manifest.releases.push((release, version, document));
        }
        manifest.no_strangers()?;
        Ok(manifest)
    }

    fn no_strangers(&self) -> Result<(), String> {
        let known: BTreeSet<PathBuf> = self
            .releases
            .iter()
            .map(|(r, _, _)| self.folder.join(&r.file))
            .collect();
        let inside = |folder: &Path| -> Vec<PathBuf> {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            entries.map(|e| e.path()).collect()
        };
        for path in inside(&self.folder)
            .iter()
            .flat_map(|p| if p.is_dir() { inside(p) } else { vec![p.clone()] })
        {
            let lists = [LIST, super::exceptions::LIST].map(|list| self.folder.join(list));
            if !lists.contains(&path) && !known.contains(&path) {
                return Err(format!("{}: not in {FOLDER}/{LIST}", path.display()));
            }
        }
        Ok(())
    }

    fn versions<'a>(&'a self, contract: &'a str) -> impl Iterator<Item = &'a Version> {
        self.releases
            .iter()
            .filter(move |(r, _, _)| r.contract == contract)
            .map(|(_, version, _)| version)
    }

    /// The newest release of a contract.
    ///
    /// # Errors
    /// When the file says another version than the list.
    pub(super) fn newest(&self, contract: &str) -> Result<Option<(Version, Value)>, String> {
        let newest = self.releases.iter().rfind(|(r, _, _)| r.contract == contract);
        let Some((release, version, document)) = newest else {
            return Ok(None);
        };
        if document.pointer("/info/version").and_then(Value::as_str) != Some(&release.version) {
            return Err(format!("{FOLDER}/{}: it says another version", release.file));
        }
        Ok(Some((version.clone(), document.clone())))
    }

    /// Every contract that was ever released.
    pub(super) fn names(&self) -> BTreeSet<&str> {
        self.releases
            .iter()
            .map(|(r, _, _)| r.contract.as_str())
            .collect()
    }

    /// Keeps a contract for good.
    ///
    /// # Errors
    /// One line when it cannot be written, or a file stands there already.
    pub(super) fn add(&mut self, contract: &Contract) -> Result<(), String> {
        let text = console::json_text(&contract.document);
        let release = Release {
            contract: contract.name.clone(),
            version: contract.version.to_string(),
            format: contract.format.to_owned(),
            file: file(&contract.name, &contract.version),
            sha256: sha256(text.as_bytes()),
        };
        let path = self.folder.join(&release.file);
        let failed = |e: std::io::Error| format!("{}: {e}", path.display());
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        fs::File::create_new(&path)
            .and_then(|mut f| f.write_all(text.as_bytes()))
            .map_err(failed)?;
        let line = serde_json::to_string(&release).map_err(|e| e.to_string())? + "\n";
        let mut list = fs::File::options();
        let list = list.create(true).append(true).open(self.folder.join(LIST));
        list.and_then(|mut f| f.write_all(line.as_bytes()))
            .map_err(failed)?;
        self.releases
            .push((release, contract.version.clone(), contract.document.clone()));
        Ok(())
    }
}

fn file(contract: &str, version: &Version) -> String {
    format!("{contract}/{version}.json")
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA256, bytes))
}
