//! `ledgerkeep contracts`: what services answer now, held against what was released.
//!
//! Released contracts are files that nobody changes. A change within a major version only adds (semantic versioning 2.0.0).

pub mod document;
mod exceptions;
pub mod finding;
mod manifest;
pub mod rules;
mod schema;
#[cfg(test)]
mod tests;
mod wsdl;

use clap::{Args, Subcommand};
use console::say;
use document::compare_but;
use exceptions::Exceptions;
use finding::{Finding, Severity};
use manifest::{Manifest, Version};
use serde_json::Value;
use services::SERVICES;
use std::path::PathBuf;

/// What to do with the contracts.
#[derive(Args, Debug)]
pub struct ContractsArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Find what would break clients of the released contracts
    Check(Where),
    /// Keep the current contract of every service whose version is not released yet
    Release(Where),
}

#[derive(Args, Debug)]
struct Where {
    /// Where `template.yaml` stands
    #[arg(long, default_value = ".")]
    root: PathBuf,
}

/// A contract as it stands now.
#[derive(Debug)]
pub(crate) struct Contract {
    name: String,
    version: Version,
    format: &'static str,
    document: Value,
}

/// The contract of each service, and those of the events, of operations over SOAP and of call-backs.
fn current() -> Result<Vec<Contract>, String> {
    let services = SERVICES.iter().filter(|s| s.is_described()).map(|s| {
        let document = shared::openapi::document(s);
        (s.name, s.version, "openapi", document)
    });
    let events = notifications::event_types::document();
    let events = ("events", notifications::event_types::VERSION, "events", events);
    let calls = wsdl::document(
        "Ledgerkeep over SOAP",
        soap::SERVICE.version,
        &soap::wsdl::wsdl()?,
    )?;
    let backs = wsdl::document(
        "Ledgerkeep's call-backs over SOAP",
        notifications::callback::VERSION,
        &notifications::callback::wsdl::wsdl()?,
    )?;
    let soap = ("soap", soap::SERVICE.version, "wsdl", calls);
    let callbacks = ("callback", notifications::callback::VERSION, "wsdl", backs);
    let all = services.chain([events, soap, callbacks]);
    all.map(|(name, version, format, document)| {
        Ok(Contract {
            name: name.to_owned(),
            version: Version::parse(version).ok_or_else(|| format!("{name}: {version} is no version"))?,
            format,
            document,
        })
    })
    .collect()
}

/// Runs the command; false when a contract may not stay as it is.
///
/// # Errors
/// One line when the released contracts cannot be read or written.
pub fn run(args: &ContractsArgs) -> Result<bool, String> {
    match &args.action {
        Action::Check(at) => {
            let exceptions = Exceptions::read(&at.root)?;
            check(&Manifest::read(&at.root)?, &exceptions, &current()?)
        }
        Action::Release(at) => {
            let exceptions = Exceptions::read(&at.root)?;
            release(Manifest::read(&at.root)?, &exceptions, &current()?)
        }
    }
}

/// What is to be said of a contract beside its released one.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// It is the released one.
    Released,
    /// It differs, and clients go on.
    Compatible,
    /// Its version says how it differs, and it is not released yet.
    Unreleased,
    /// It may not stay as it is.
    Refused(&'static str),
}

/// Judges a contract by what it differs in from the newest release.
fn judge(contract: &Contract, newest: Option<&Version>, findings: &[Finding]) -> Verdict {
    let worst = findings.iter().map(|f| f.severity).max();
    if worst == Some(Severity::Unknown) {
        return Verdict::Refused("there is no rule for a keyword: say in rules.rs how it is compared");
    }
    if !majors_agree(contract) {
        return Verdict::Refused("the paths name another major version");
    }
    let Some(newest) = newest else {
        return Verdict::Unreleased;
    };
    match (contract.version.cmp(newest), worst) {
        (std::cmp::Ordering::Less, _) => Verdict::Refused("a newer version is released"),
        (std::cmp::Ordering::Equal, None) => Verdict::Released,
        (std::cmp::Ordering::Equal, Some(Severity::Breaking)) => Verdict::Refused(
            "clients of the released contract may fail: keep it, or make a new major version",
        ),
        (std::cmp::Ordering::Equal, Some(_)) => Verdict::Compatible,
        (std::cmp::Ordering::Greater, None) => {
            Verdict::Refused("a new version says what the released one says")
        }
        (std::cmp::Ordering::Greater, Some(Severity::Breaking)) if contract.version.major == newest.major => {
            Verdict::Refused("a change that breaks needs a new major version")
        }
        (std::cmp::Ordering::Greater, Some(Severity::Compatible)) if contract.version.is_patch_of(newest) => {
            Verdict::Refused("an addition needs a new minor version")
        }
        (std::cmp::Ordering::Greater, Some(_)) => Verdict::Unreleased,
    }
}

/// Whether the major version in the paths is that of the contract.
fn majors_agree(contract: &Contract) -> bool {
    let paths = contract.document.get("paths").and_then(Value::as_object);
    let major = |path: &String| path.split('/').nth(2)?.strip_prefix('v')?.parse::<u64>().ok();
    let mut majors = paths.into_iter().flat_map(|p| p.keys()).filter_map(major);
    majors.all(|m| m == contract.version.major)
}

fn check(manifest: &Manifest, exceptions: &Exceptions, contracts: &[Contract]) -> Result<bool, String> {
    let mut fine = true;
    for contract in contracts {
        let newest = manifest.newest(&contract.name)?;
        let findings = match &newest {
            Some((version, released)) => {
                let excepted = exceptions.between(&contract.name, version, &contract.version);
                compare_but(&excepted, released, &contract.document)
            }
            None => document::unknown(&contract.document),
        };
        let verdict = judge(contract, newest.as_ref().map(|(v, _)| v), &findings);
        for finding in findings.iter().filter(|f| f.severity != Severity::Text) {
            say(&format!("{}: {finding}", contract.name));
        }
        let reworded = findings.iter().filter(|f| f.severity == Severity::Text).count();
        let (name, version) = (&contract.name, &contract.version);
        say(&match &verdict {
            Verdict::Released => format!("{name} {version}: as released"),
            Verdict::Compatible => format!(
                "{name} {version}: compatible with what is released, not released yet ({} additions, {reworded} texts)",
                findings.len() - reworded
            ),
            Verdict::Unreleased => format!("{name} {version}: to be released"),
            Verdict::Refused(why) => format!("{name} {version}: REFUSED: {why}"),
        });
        fine &= !matches!(verdict, Verdict::Refused(_));
    }
    // A contract that is gone takes every client with it.
    for name in manifest.names() {
        if !contracts.iter().any(|c| c.name == name) {
            say(&format!(
                "{name}: REFUSED: it is released, and there is no such contract any more"
            ));
            fine = false;
        }
    }
    if fine {
        say(&format!("{} contracts keep what is released", contracts.len()));
    }
    Ok(fine)
}

fn release(mut manifest: Manifest, exceptions: &Exceptions, contracts: &[Contract]) -> Result<bool, String> {
    if !check(&manifest, exceptions, contracts)? {
        return Ok(false);
    }
    for contract in contracts {
        let newest = manifest.newest(&contract.name)?.map(|(version, _)| version);
        if newest.as_ref() != Some(&contract.version) {
            manifest.add(contract)?;
            say(&format!("{} {}: released", contract.name, contract.version));
        }
    }
    Ok(true)
}
