//! What functions declare and were never seen to do, by the whole end-to-end suite: their roles do not allow it. A path that needs
//! it is refused in the tests as soon as one walks it, and then its line goes.

use crate::access::{BY_KEY, Function};
use shared::{
    endpoint::Service,
    home::GateItem,
    store::{Item, Table},
};
use std::collections::BTreeSet;

/// One a line: function, action, and the table with its index. `ledgerkeep permissions --withhold` writes it.
const LINES: &str = include_str!("withheld.txt");

/// Where the lines stand, below the repository.
pub const FILE: &str = "infra/grants/src/withheld.txt";

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
    (
        "serve_soap",
        "answers for every function that is an operation over SOAP, with all that each of them may do",
    ),
    (
        "set_kms_key",
        "is tested with keys that the parameters do not name, and so without roles",
    ),
];

/// Why what calls the outside world, and workers, keep their writes.
const OUTCOMES: &str = "which write ends a call depends on what came of it outside, and on who was first";
/// Why everybody keeps the keys of tenants.
const KEYS: &str =
    "opens what is sealed where something is, and binds the cursor of a list that has a second page";

/// Why everybody asks for homes, and passes their gates.
const HOMES: &str = "stamps a session once a minute, at its tenant's home only";
/// Why everybody who is signed in keeps the writes of used proofs.
const PROOFS: &str = "keeps the proof of a caller whose token is bound to a key of theirs (RFC 9449)";

/// Whether an action of a function is withheld.
pub fn is(function: &str, action: &str, resource: &str) -> bool {
    lines().any(|(f, a, r)| (f, a, r) == (function, action, resource))
}

/// Every line.
pub fn lines() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    LINES.lines().filter(|l| !l.starts_with('#')).filter_map(|line| {
        let mut words = line.splitn(3, ' ');
        Some((words.next()?, words.next()?, words.next()?))
    })
}

/// Why a function keeps an action on a table that it was not seen to use, if it does.
#[must_use]
pub fn kept(function: &str, action: &str, table: &str) -> Option<&'static str> {
    let named = KEPT
        .iter()
        .find(|(name, _)| *name == function)
        .map(|(_, why)| *why);
    let reads = BY_KEY.contains(&action) || action == "dynamodb:Query";
    let endpoint = services::function(function);
    let outside = endpoint.map_or(!reads, |f| f.declaration.effect);
    named
        .or_else(|| {
            let key = action.starts_with("kms:") || (reads && table == Table::Keys.name());
            key.then_some(KEYS)
        })
        .or_else(|| {
            let gate = action == "dynamodb:ConditionCheckItem" && table == GateItem::TABLE.name();
            (gate || table == Table::Home.name()).then_some(HOMES)
        })
        .or_else(|| {
            let proof = action == "dynamodb:PutItem" && table == Table::Identity.name();
            proof.then_some(PROOFS)
        })
        .or_else(|| outside.then_some(OUTCOMES))
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
    }
    out
}
