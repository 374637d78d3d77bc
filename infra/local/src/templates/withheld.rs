//! What functions declare and were never seen to do, by the whole end-to-end suite: their roles do not allow it. A path that needs
//! it is refused in the tests as soon as one walks it, and then its line goes.

use super::access::Function;
use shared::endpoint::{Service, Uses};
use std::collections::BTreeSet;

/// One a line: function, action, and the table with its index, or the key. `ledgerkeep permissions --withhold` writes it.
const LINES: &str = include_str!("withheld.txt");

/// Where the lines stand, below the repository.
pub(crate) const FILE: &str = "infra/local/src/templates/withheld.txt";

/// What is left to a function although the tests do not walk it, with the reason.
pub const KEPT: &[(&str, &str)] = &[
    (
        "finish_intents",
        "completes whatever call was cut short, with all that the call itself may do",
    ),
    (
        "finish_invoice_payments",
        "completes whatever call was cut short, with all that the call itself may do",
    ),
    (
        "rotate_keys",
        "goes through every table in which something may be sealed",
    ),
];

/// Whether an action of a function is withheld.
pub(crate) fn is(function: &str, action: &str, resource: &str) -> bool {
    lines().any(|(f, a, r)| (f, a, r) == (function, action, resource))
}

/// Every line.
pub fn lines() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    LINES.lines().filter(|l| !l.starts_with('#')).filter_map(|line| {
        let mut words = line.splitn(3, ' ');
        Some((words.next()?, words.next()?, words.next()?))
    })
}

/// Why a function keeps what it was not seen to use, if it does.
#[must_use]
pub fn kept(function: &str) -> Option<&'static str> {
    KEPT.iter()
        .find(|(name, _)| *name == function)
        .map(|(_, why)| *why)
}

/// What the functions of these services declare, in the words of a line: what could be withheld.
#[must_use]
pub fn declared(services: &[&'static Service]) -> BTreeSet<(String, String, String)> {
    let endpoints = services.iter().flat_map(|s| s.endpoints);
    let endpoints = endpoints.map(|f| Function::endpoint(&f.declaration));
    let workers = services.iter().flat_map(|s| s.workers).map(Function::worker);
    let mut out = BTreeSet::new();
    for function in endpoints.chain(workers) {
        let mut add = |action: &str, resource: String| {
            out.insert((function.name.to_owned(), action.to_owned(), resource));
        };
        for access in function.declared() {
            for place in &access.places {
                for action in &access.actions {
                    add(action, format!("{}{place}", access.table.name()));
                }
            }
        }
        for need in &function.needs {
            if let Uses::Key(purpose) = need {
                add("kms:Decrypt", format!("key {}", purpose.name()));
            }
        }
    }
    out
}
