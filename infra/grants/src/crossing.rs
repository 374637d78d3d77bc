//! The functions that work for more than one tenant, each with its reason. Every other function works for the tenant of its caller
//! alone. A function that crosses tenants and is not named here is not deployed.

use shared::{
    endpoint::{Service, Uses},
    worker::Trigger,
};

/// How a function crosses tenants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Takes one tenant after the other, each in a session of its own that reaches no other.
    InTurn,
    /// Writes items of two tenants in one transaction: the platform's and the one that it makes, suspends or resumes.
    Two,
    /// As `InTurn`, and goes through whole tables, whose other tenants' items it leaves out and cannot decrypt.
    Scans,
}

impl How {
    /// For people.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::InTurn => "one after the other, each in its own session",
            Self::Two => "the platform's and one other, in one transaction",
            Self::Scans => "one after the other, and scans whole tables",
        }
    }
}

/// Name, way and reason.
pub const CROSSING: &[(&str, How, &str)] = &[
    (
        "archive_log",
        How::InTurn,
        "checkpoints and old entries of every tenant go into the archive",
    ),
    (
        "book_entries",
        How::InTurn,
        "the stream of journal entries is one for all tenants",
    ),
    (
        "carry_out_reviews",
        How::InTurn,
        "people decide about payments in every tenant",
    ),
    (
        "create_tenant",
        How::Two,
        "makes a tenant: its first items, and the platform's entry about it",
    ),
    (
        "update_tenant",
        How::Two,
        "the platform suspends and resumes tenants",
    ),
    (
        "deliver_event",
        How::InTurn,
        "the queue of deliveries is one for all tenants",
    ),
    (
        "disable_inactive_users",
        How::InTurn,
        "users grow inactive in every tenant",
    ),
    (
        "expire_wallet_credit",
        How::InTurn,
        "credit runs out in any tenant",
    ),
    (
        "bill_subscriptions",
        How::InTurn,
        "subscriptions are due in any tenant",
    ),
    (
        "end_retention",
        How::InTurn,
        "the terms of documents end in every tenant",
    ),
    (
        "dispatch_events",
        How::InTurn,
        "streams carry the events of all tenants",
    ),
    (
        "finish_intents",
        How::InTurn,
        "calls of providers are left unfinished in any tenant",
    ),
    (
        "finish_invoice_payments",
        How::InTurn,
        "payments of invoices are left unfinished in any tenant",
    ),
    (
        "fulfil_privacy_requests",
        How::InTurn,
        "requests of data subjects are due in any tenant",
    ),
    (
        "mail_alerts",
        How::InTurn,
        "the stream of alerts is one for all tenants",
    ),
    ("purge_entries", How::InTurn, "retention ends in every tenant"),
    (
        "raise_alerts",
        How::InTurn,
        "the stream of entries is one for all tenants",
    ),
    (
        "render_documents",
        How::InTurn,
        "the queue of issued documents is one for all tenants",
    ),
    ("retry_mail", How::InTurn, "mail is left unsent in any tenant"),
    (
        "rotate_keys",
        How::Scans,
        "what is sealed under a key is found by going through the tables",
    ),
    ("schedule_rotations", How::InTurn, "keys grow old in every tenant"),
    (
        "seal_entries",
        How::InTurn,
        "the stream of entries is one for all tenants",
    ),
    (
        "send_mail",
        How::InTurn,
        "the stream of mail is one for all tenants",
    ),
    (
        "settle_invoices",
        How::InTurn,
        "invoices fall due in every tenant",
    ),
    ("sign_checkpoints", How::InTurn, "every tenant's tree is signed"),
    (
        "sweep_altered",
        How::InTurn,
        "entries may be altered in any tenant",
    ),
    (
        "sweep_deliveries",
        How::InTurn,
        "deliveries fall due in every tenant",
    ),
    (
        "sweep_documents",
        How::InTurn,
        "documents may be left unrendered in any tenant",
    ),
    (
        "sweep_journal",
        How::InTurn,
        "entries may be left unbooked in any tenant",
    ),
    (
        "sweep_unsealed",
        How::InTurn,
        "entries may be left unsealed in any tenant",
    ),
    (
        "sync_payments",
        How::InTurn,
        "payments change at providers in every tenant",
    ),
    ("watch_breaches", How::InTurn, "breaches fall due in any tenant"),
];

/// How a function crosses tenants, as its declaration says.
fn declared(founds: bool, trigger: Option<Trigger>, needs: &[Uses]) -> Option<How> {
    match trigger {
        _ if founds => Some(How::Two),
        None | Some(Trigger::Manual) => None,
        Some(_) if needs.iter().any(|n| matches!(n, Uses::Scan(_))) => Some(How::Scans),
        Some(_) => Some(How::InTurn),
    }
}

/// Every function of these services that crosses tenants.
pub fn found(services: &[&'static Service]) -> Vec<(&'static str, How)> {
    let endpoints = services.iter().flat_map(|s| s.endpoints).map(|f| &f.declaration);
    let endpoints = endpoints.filter_map(|d| Some((d.name, declared(d.founds_tenants, None, &d.needs())?)));
    let workers = services.iter().flat_map(|s| s.workers);
    let workers = workers.filter_map(|w| Some((w.name, declared(false, Some(w.trigger), &w.needs())?)));
    endpoints.chain(workers).collect()
}

/// How a function crosses tenants, and why, where it does.
#[must_use]
pub fn of(name: &str) -> Option<(How, &'static str)> {
    CROSSING
        .iter()
        .find(|(n, ..)| *n == name)
        .map(|(_, how, why)| (*how, *why))
}

/// Refuses functions that cross tenants and are not on the list as what they are.
pub fn check(services: &[&'static Service]) -> Result<(), String> {
    for (name, how) in found(services) {
        if of(name).map(|(listed, _)| listed) != Some(how) {
            return Err(format!(
                "{name} crosses tenants ({}): name it with its reason in infra/grants/src/crossing.rs",
                how.about()
            ));
        }
    }
    Ok(())
}
