//! Erasure: the keys of the customer and of their payment methods are destroyed, and a certificate says so.

use serde::{Deserialize, Serialize};
use shared::{
    crypto::{DestroyedKey, Purpose},
    ids::CustomerId,
    problem::Problem,
    record::Record,
    road::Context,
    store::Write,
    time::{after, rfc3339},
};
use vault::payment_methods::MethodItem;

/// Payment methods whose keys one transaction destroys; a worker goes on with the others.
const AT_ONCE: i32 = 20;
/// Days for which point-in-time recovery of the table of keys can bring a destroyed key back.
const BACKUP_DAYS: i64 = 35;

/// Keys that were destroyed.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
#[record(name = "DestroyedKey")]
pub struct Destroyed {
    /// Whose: the customer, or one of their payment methods.
    #[public]
    pub subject: String,
    /// What the keys were for.
    #[public]
    pub purpose: String,
    /// Their versions.
    #[public]
    pub versions: Vec<u32>,
    /// When (RFC 3339 UTC).
    #[public]
    #[record(shape = shared::time::Instant)]
    pub at: String,
}

/// What stays after an erasure, and why.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
#[record(name = "RetainedData")]
pub struct Kept {
    /// Of which kind.
    #[public]
    pub kind: String,
    /// How many.
    #[public]
    pub documents: u32,
    /// Why.
    #[public]
    pub reason: String,
    /// The year at whose end the last key that opens them is destroyed.
    #[public]
    pub until_year: i16,
}

/// What an erasure destroyed.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
#[record(name = "ErasureCertificate")]
pub struct Certificate {
    /// When the customer was erased (RFC 3339 UTC).
    #[public]
    #[record(shape = shared::time::Instant)]
    pub erased_at: String,
    /// The keys that were destroyed.
    #[nested]
    pub keys: Vec<Destroyed>,
    /// Lookups that were removed.
    #[public]
    pub lookups: u32,
    /// What stays, as a law has it kept; found once the erasure is verified.
    #[nested]
    #[serde(default)]
    pub kept: Vec<Kept>,
    /// Until when a backup may hold one of the keys, wrapped (RFC 3339 UTC). Nothing else holds them.
    #[public]
    #[record(shape = shared::time::Instant)]
    pub backups_until: String,
    /// When it was verified that none of the keys is left.
    #[public]
    #[record(shape = Option<shared::time::Instant>)]
    pub verified_at: Option<String>,
}

fn line(subject: &str, key: &DestroyedKey) -> Option<Destroyed> {
    (!key.versions.is_empty()).then(|| Destroyed {
        subject: subject.to_owned(),
        purpose: key.purpose.name().to_owned(),
        versions: key.versions.clone(),
        at: rfc3339(key.at),
    })
}

/// The writes that destroy a customer's key and those of their payment methods, as many as go into one transaction.
///
/// # Errors
/// 503 when the store does not answer.
pub async fn destroy(cx: &Context, customer: &CustomerId) -> Result<(Vec<Write>, Certificate), Problem> {
    let mut certificate = Certificate {
        erased_at: rfc3339(cx.now()),
        keys: Vec::new(),
        lookups: 1,
        kept: Vec::new(),
        backups_until: String::new(),
        verified_at: None,
    };
    let own = cx.erase(customer.as_str(), &[Purpose::Pii]).await?;
    certificate
        .keys
        .extend(own.destroyed.iter().filter_map(|k| line(customer.as_str(), k)));
    let mut writes = own.writes;
    let (first, _) = cards(cx, customer, None, AT_ONCE).await?;
    writes.extend(destroy_cards(cx, &first, &mut certificate).await?);
    Ok((writes, certificate))
}

/// A page of the customer's payment methods.
///
/// # Errors
/// 503 when the store does not answer.
pub async fn cards(
    cx: &Context,
    customer: &CustomerId,
    after: Option<&str>,
    most: i32,
) -> Result<(Vec<String>, Option<String>), Problem> {
    // "~" sorts behind every character of an id, and the id itself before it with one appended.
    let from = after.map_or_else(|| "pm_".to_owned(), |id| format!("{id}!"));
    let list = format!("payment-methods#{customer}");
    let found = cx
        .within_list::<MethodItem>(1, &list, (from, "pm_~".into()), most)
        .await?;
    let ids: Vec<String> = found.iter().map(|c| c.id.to_string()).collect();
    let last = ids.last().cloned();
    Ok((ids, last))
}

/// The writes that destroy the keys of payment methods, and their lines on the certificate.
///
/// # Errors
/// 503 when the store does not answer.
pub async fn destroy_cards(
    cx: &Context,
    cards: &[String],
    certificate: &mut Certificate,
) -> Result<Vec<Write>, Problem> {
    let mut writes = Vec::new();
    for card in cards {
        let erasure = cx.erase(card, &vault::payment_methods::KEYS).await?;
        let lines: Vec<Destroyed> = erasure.destroyed.iter().filter_map(|k| line(card, k)).collect();
        if !lines.is_empty() {
            certificate.keys.extend(lines);
            writes.extend(erasure.writes);
        }
    }
    certificate.backups_until = rfc3339(after(cx.now(), BACKUP_DAYS * 24 * 3600));
    Ok(writes)
}

/// What stays of a customer.
///
/// # Errors
/// 503 when the store does not answer.
pub async fn kept(cx: &Context, customer: &CustomerId) -> Result<Vec<Kept>, Problem> {
    let retained = billing::retained::of(cx, customer.as_str()).await?;
    let line = |kept: &billing::retained::Retained| {
        Kept {
        kind: kept.kind.to_owned(),
        documents: kept.documents,
        reason: "Tax law has issued documents kept, and each form that they were sent in, also in the archive (GDPR art. 17(3)(b)); they are sealed under a key of their year".into(),
        until_year: kept.until,
    }
    };
    Ok(retained.iter().map(line).collect())
}

/// Whether every key that a customer and these payment methods had is gone.
///
/// # Errors
/// 503 when the store does not answer.
pub async fn is_gone(cx: &Context, customer: &CustomerId, cards: &[String]) -> Result<bool, Problem> {
    let own = cx.erased(customer.as_str(), &[Purpose::Pii]).await?;
    let mut gone = own.iter().all(|(_, at)| at.is_some());
    for card in cards {
        let erased = cx.erased(card, &vault::payment_methods::KEYS).await?;
        gone &= erased.iter().all(|(_, at)| at.is_some());
    }
    Ok(gone)
}
