//! The `ledgerkeep` command's library: local platform, demo, offline audit verifier, templates.

pub mod aws;
pub mod bench;
pub mod bootstraps;
pub mod contracts;
pub mod demo;
pub mod drill;
pub mod failover;
pub mod http;
pub mod iam;
pub mod mail;
pub mod pepper;
pub mod platform;
pub mod regions;
pub mod rotate;
pub mod templates;
pub mod top;
pub mod topology;
pub mod verify;

use std::path::Path;

/// Starts logging to standard error. `LOG` sets the filter, `warn` by default, but for conditions of DynamoDB that do not hold.
pub fn logging() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,dynoxide::server=error"));
    let _ = tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        .with_env_filter(filter)
        .try_init();
}

/// Removes what the local platform has stored.
///
/// # Errors
/// One line when the directory is not one of ours or cannot be removed.
pub fn reset(data_dir: &Path) -> Result<(), String> {
    if !data_dir.exists() {
        platform::say(&format!("{} is not there; nothing to forget", data_dir.display()));
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
    platform::say(&format!("{} is removed", data_dir.display()));
    Ok(())
}

/// Compares the templates with what the declarations make, or writes them.
///
/// # Errors
/// Names every file that differs.
pub fn write_templates(root: &Path, write: bool) -> Result<(), String> {
    let mut stale = Vec::new();
    for (name, content) in templates::generate(platform::SERVICES)? {
        let path = root.join(&name);
        if std::fs::read_to_string(&path).is_ok_and(|there| there == content) {
            continue;
        }
        if write {
            if let Some(dir) = path.parent() {
                std::fs::create_dir_all(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
            }
            std::fs::write(&path, content).map_err(|e| format!("{}: {e}", path.display()))?;
            platform::say(&format!("wrote {name}"));
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

/// Shows the permission matrix: every endpoint, its right and how it is audited.
pub fn print_endpoints() {
    for service in platform::SERVICES {
        for function in service.endpoints {
            let d = &function.declaration;
            let access = shared::openapi::access(d);
            platform::say(&format!(
                "{:<7} {:<45} {:<18} {}",
                (d.method)(),
                d.path,
                access,
                d.audit.code()
            ));
        }
        for worker in service.workers {
            let trigger = shared::endpoint::trigger_name(&worker.trigger);
            platform::say(&format!(
                "{trigger:<7} {:<45} {:<18} -",
                worker.name, service.name
            ));
        }
    }
}
