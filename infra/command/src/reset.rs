//! `ledgerkeep reset`.

use console::say;
use std::path::Path;

/// Removes what the local platform has stored.
///
/// # Errors
/// One line when the directory is not one of ours or cannot be removed.
pub fn run(data_dir: &Path) -> Result<(), String> {
    if !data_dir.exists() {
        say(&format!("{} is not there; nothing to forget", data_dir.display()));
        return Ok(());
    }
    let ours = ["tables.sqlite", "ca.pem", "aws", "world"]
        .iter()
        .any(|f| data_dir.join(f).exists());
    let empty = std::fs::read_dir(data_dir).is_ok_and(|mut d| d.next().is_none());
    if !ours && !empty {
        return Err(format!(
            "{} does not look like a data directory; not removed",
            data_dir.display()
        ));
    }
    std::fs::remove_dir_all(data_dir).map_err(|e| format!("{}: {e}", data_dir.display()))?;
    say(&format!("{} is removed", data_dir.display()));
    Ok(())
}
