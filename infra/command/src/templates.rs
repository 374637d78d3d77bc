//! `ledgerkeep templates`.

use console::say;
use std::path::Path;

/// Compares the templates with what the declarations make, or writes them.
///
/// # Errors
/// Names every file that differs.
pub fn run(root: &Path, write: bool) -> Result<(), String> {
    let mut stale = Vec::new();
    for (name, content) in generator::generate(services::SERVICES)? {
        let path = root.join(&name);
        if std::fs::read_to_string(&path).is_ok_and(|there| there == content) {
            continue;
        }
        if write {
            if let Some(dir) = path.parent() {
                std::fs::create_dir_all(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
            }
            std::fs::write(&path, content).map_err(|e| format!("{}: {e}", path.display()))?;
            say(&format!("wrote {name}"));
        } else {
            stale.push(name);
        }
    }
    if stale.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "not as declared: {}; run `make templates`",
            stale.join(", ")
        ))
    }
}
