//! Objects of an archive as one bundle: a header, and the lines of all of them up to the last checkpoint.

use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Error, ErrorKind, Read, Take};
use std::path::{Path, PathBuf};

/// A bundle that is read from several files.
pub(super) struct Joined {
    pub(super) reader: Reader,
    pub(super) bytes: u64,
}

/// Reads one part after the other, each opened when it is its turn.
pub(super) struct Reader {
    header: Cursor<Vec<u8>>,
    open: Option<Take<File>>,
    /// Files, and how much of each belongs to the bundle.
    rest: VecDeque<(PathBuf, u64)>,
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.header.read(buffer)?;
        if read > 0 {
            return Ok(read);
        }
        loop {
            if let Some(file) = &mut self.open {
                let read = file.read(buffer)?;
                if read > 0 || buffer.is_empty() {
                    return Ok(read);
                }
            }
            let Some((path, bytes)) = self.rest.pop_front() else {
                return Ok(0);
            };
            self.open = Some(File::open(path)?.take(bytes));
        }
    }
}

/// What is read of a checkpoint for the header. The verifier holds the header against all of them.
#[derive(Deserialize)]
struct Said {
    tenant: Value,
    region: Value,
    shard: Value,
    size: Value,
}

/// Joins the files of a folder, in the order of their names. Lines after the last checkpoint are not of the bundle: the
/// archive will hold the next checkpoint one day, and what stands before it is covered then.
///
/// # Errors
/// When a file cannot be read, or no checkpoint is in any of them.
pub(super) fn join(folder: &Path) -> std::io::Result<Joined> {
    let mut files = Vec::new();
    for file in std::fs::read_dir(folder)? {
        let path = file?.path();
        if path.is_file() && path.extension().is_some_and(|e| e == "jsonl") {
            let bytes = path.metadata()?.len();
            files.push((path, bytes));
        }
    }
    files.sort();
    while let Some((path, _)) = files.last() {
        let Some((bytes, said)) = last_checkpoint(path)? else {
            files.pop();
            continue;
        };
        let header = json!({"type": "header", "format": "ledgerkeep-audit-bundle/1", "tenant": said.tenant,
            "region": said.region, "shard": said.shard, "size": said.size});
        let header = format!("{header}\n").into_bytes();
        if let Some((_, whole)) = files.last_mut() {
            *whole = bytes;
        }
        let bytes = files.iter().map(|(_, bytes)| bytes).sum();
        let reader = Reader {
            header: Cursor::new(header),
            open: None,
            rest: files.into(),
        };
        return Ok(Joined { reader, bytes });
    }
    Err(Error::new(
        ErrorKind::NotFound,
        "no file of this folder holds a checkpoint",
    ))
}

/// Where the last checkpoint of a file ends, and what it says.
fn last_checkpoint(path: &Path) -> std::io::Result<Option<(u64, Said)>> {
    let mut reader = BufReader::new(File::open(path)?);
    let (mut line, mut at, mut last) = (Vec::new(), 0u64, None);
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(last);
        }
        at += read as u64;
        if let Some(said) = checkpoint(&line) {
            last = Some((at, said));
        }
    }
}

fn checkpoint(line: &[u8]) -> Option<Said> {
    let line: Value = serde_json::from_slice(line).ok()?;
    (line.get("type")? == "checkpoint").then_some(())?;
    serde_json::from_str(line.get("body")?.as_str()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("ledgerkeep-archive-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in files {
            std::fs::write(folder.join(name), text).unwrap();
        }
        folder
    }

    fn checkpoint(size: u64) -> String {
        let body = json!({"tenant": "ten_1", "region": "r", "shard": 0, "size": size}).to_string();
        format!(
            "{}\n",
            json!({"type": "checkpoint", "body": body, "signature": ""})
        )
    }

    #[test]
    fn files_are_joined_behind_a_header_up_to_the_last_checkpoint() {
        let (one, two) = (
            format!("a\n{}b\n", checkpoint(1)),
            format!("c\n{}d\n", checkpoint(3)),
        );
        let files = [
            ("2.jsonl", two.as_str()),
            ("1.jsonl", one.as_str()),
            ("3.jsonl", "e\n"),
            ("x.txt", "f\n"),
        ];
        let folder = folder("joined", &files);
        let joined = join(&folder).unwrap();
        let mut text = String::new();
        BufReader::with_capacity(7, joined.reader)
            .read_to_string(&mut text)
            .unwrap();
        let (header, rest) = text.split_once('\n').unwrap();
        let header: Value = serde_json::from_str(header).unwrap();
        assert_eq!((&header["size"], &header["tenant"]), (&json!(3), &json!("ten_1")));
        assert_eq!(rest, format!("{one}c\n{}", checkpoint(3)));
        assert_eq!(joined.bytes, rest.len() as u64);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_folder_without_a_checkpoint_is_no_bundle() {
        let folder = folder("none", &[("1.jsonl", "a\n")]);
        assert!(join(&folder).is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
