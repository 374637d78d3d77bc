//! State files: private, replaced atomically, one user at a time; and the lock around what was read from them.

use super::wire::Failure;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// Why the state could not be opened: one line that names the file.
#[derive(Debug)]
pub struct OpenError {
    path: PathBuf,
    reason: String,
}

impl OpenError {
    /// A fault of `path`.
    pub(super) fn new(path: &Path, reason: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            reason: reason.into(),
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.reason)
    }
}

impl std::error::Error for OpenError {}

/// Bytes that are wiped when dropped and never shown; base64 in JSON.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// Takes the bytes over.
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes themselves.
    pub(super) fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(..)")
    }
}

impl Serialize for SecretBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(STANDARD.encode(self.expose())))
    }
}

impl<'de> Deserialize<'de> for SecretBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Zeroizing::new(String::deserialize(deserializer)?);
        STANDARD
            .decode(text.as_bytes())
            .map(Self::new)
            .map_err(|_| D::Error::custom("not base64"))
    }
}

/// Takes a lock. A panic elsewhere leaves nothing half done here (see [`Kept::change`]), so poison is ignored.
pub(super) fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A value in memory and in a file, which never differ.
pub(super) struct Kept<T> {
    path: PathBuf,
    value: Mutex<T>,
}

impl<T: Clone + Default + Serialize + DeserializeOwned> Kept<T> {
    /// Reads `path`, or starts empty when there is none. `check` says what is wrong with a value that could be parsed.
    pub(super) fn open(
        path: PathBuf,
        check: impl FnOnce(&T) -> Result<(), String>,
    ) -> Result<Self, OpenError> {
        let value = match std::fs::read(&path).map(Zeroizing::new) {
            Ok(bytes) => {
                // serde's own words may quote the value they stumbled over, so only the place is told.
                let value = serde_json::from_slice(&bytes).map_err(|error| {
                    let place = format!("line {} column {}", error.line(), error.column());
                    OpenError::new(&path, format!("the file is damaged at {place}"))
                })?;
                check(&value)
                    .map_err(|fault| OpenError::new(&path, format!("the file is damaged: {fault}")))?;
                value
            }
            Err(error) if error.kind() == ErrorKind::NotFound => T::default(),
            Err(error) => return Err(OpenError::new(&path, format!("cannot be read: {error}"))),
        };
        Ok(Self {
            path,
            value: Mutex::new(value),
        })
    }

    /// The value, to read.
    pub(super) fn hold(&self) -> MutexGuard<'_, T> {
        hold(&self.value)
    }

    /// Changes a copy, writes it, then puts it in place: whatever fails, memory and file stay as they were.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut T) -> Result<R, Failure>) -> Result<R, Failure> {
        let mut value = self.hold();
        let mut next = value.clone();
        let result = change(&mut next)?;
        let fault = |error: io::Error| Failure::internal(format!("{}: {error}", self.path.display()));
        let mut json = Zeroizing::new(serde_json::to_vec_pretty(&next).map_err(|error| fault(error.into()))?);
        json.push(b'\n');
        replace(&self.path, &json).map_err(fault)?;
        *value = next;
        Ok(result)
    }
}

impl<T> fmt::Debug for Kept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Creates the directory, for its owner only.
pub(super) fn private_dir(dir: &Path) -> Result<(), OpenError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|error| OpenError::new(dir, format!("cannot be created: {error}")))
}

/// Takes the directory for this process; the lock ends with the file, however the process ends.
pub(super) fn lock(dir: &Path) -> Result<File, OpenError> {
    let path = dir.join("lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path);
    let file = file.map_err(|error| OpenError::new(&path, format!("cannot be opened: {error}")))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::new(
            &path,
            "the directory is in use by another process",
        )),
        Err(TryLockError::Error(error)) => Err(OpenError::new(&path, format!("cannot be locked: {error}"))),
    }
}

/// Replaces a file as a whole: after a crash there is the old content or the new, never a mixture.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("tmp");
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&temporary, path)?;
    match path.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Dir;
    use super::{Kept, SecretBytes, private_dir};
    use crate::wire::Failure;

    #[test]
    fn a_failed_change_changes_nothing() {
        let dir = Dir::new();
        private_dir(dir.path()).unwrap();
        let path = dir.path().join("v.json");
        let kept: Kept<Vec<u8>> = Kept::open(path.clone(), |_| Ok(())).unwrap();
        kept.change(|v| {
            v.push(1);
            Ok(())
        })
        .unwrap();
        let refused: Result<(), Failure> = kept.change(|v| {
            v.push(2);
            Err(Failure::internal("no"))
        });
        assert!(refused.is_err());
        assert_eq!(*kept.hold(), [1]);
        std::fs::remove_dir_all(dir.path()).unwrap();
        assert!(kept.change(|_| Ok(())).is_err(), "cannot be written");
        assert_eq!(*kept.hold(), [1]);
    }

    #[test]
    fn a_damaged_file_is_named_without_its_content() {
        let dir = Dir::new();
        private_dir(dir.path()).unwrap();
        let path = dir.path().join("v.json");
        for (content, accept) in [("{\"hunter2", true), ("\"hunter2\"", true), ("[7]", false)] {
            std::fs::write(&path, content).unwrap();
            let check = |_: &Vec<u8>| if accept { Ok(()) } else { Err("seven".to_owned()) };
            let error = Kept::<Vec<u8>>::open(path.clone(), check)
                .unwrap_err()
                .to_string();
            assert!(error.starts_with(path.to_str().unwrap()), "{error}");
            assert!(!error.contains("hunter2") && !error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn secret_bytes_are_base64_in_json_and_hidden_in_debug() {
        let bytes = SecretBytes::new(vec![1, 2, 3]);
        let json = serde_json::to_string(&bytes).unwrap();
        assert_eq!(json, "\"AQID\"");
        assert_eq!(serde_json::from_str::<SecretBytes>(&json).unwrap(), bytes);
        assert!(serde_json::from_str::<SecretBytes>("\"%\"").is_err());
        assert_eq!(format!("{bytes:?}"), "SecretBytes(..)");
    }
}
