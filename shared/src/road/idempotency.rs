//! Idempotency: the same key and body gives the stored answer, and nothing twice.

use super::answer::Finished;
use crate::{
    crypto::{SealedItem, Seals, SubjectCipher, SubjectKeyItem, TenantKeys, formats::TenantKey},
    declaration::endpoint::Declaration,
    kernel::{ids::TenantId, problem::Problem, purpose::Purpose, record::Record, time::Timestamp},
    store::{AtRestBytes, Attributes, Attrs, Item, Key, Sealed, Table, Value, Write, decode},
};
use aws_lc_rs::{digest, hmac};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// Seconds an answer is kept.
const KEEP: i64 = 24 * 3600;

/// A record of one call under a key.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct IdempotencyItem {
    /// Hash of principal, method, path and key.
    #[internal]
    pub id: String,
    /// HMAC of the request.
    #[internal]
    pub request: AtRestBytes,
    /// Whether the answer is known.
    #[public]
    pub done: bool,
    /// Its status.
    #[public]
    pub status: u16,
    /// Its body; absent when it held a secret.
    #[secret]
    pub answer: Option<Sealed>,
    /// The object it was about.
    #[public]
    pub object: Option<String>,
    /// What filters look at of that object, so that the answer is given again to whoever may still do it.
    #[internal]
    #[serde(default)]
    pub looked_at: Option<BTreeMap<String, Value>>,
    /// Unix seconds after which the key is free again.
    #[public]
    pub until: i64,
    /// Whose key seals the answer, where it is about somebody; the tenant's otherwise.
    #[public]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// For which purpose.
    #[public]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
}

impl Item for IdempotencyItem {
    const TABLE: Table = Table::Seals;
    const KIND: &'static str = "idempotency";
    const PROCESSING: Option<crate::store::processing::Processing> =
        Some(crate::store::processing::Processing::new(
            "Answer a repeated call alike; answers about somebody are sealed under their key",
            crate::store::processing::Subjects::Customers,
            crate::store::processing::Basis::Contract,
            "24 hours",
            crate::store::processing::Reach::Nothing,
        ));
    fn id(&self) -> &str {
        &self.id
    }
    fn expires(&self) -> Option<i64> {
        Some(self.until)
    }
}

impl SealedItem for IdempotencyItem {
    fn seals(&mut self, tenant: &TenantId) -> Seals<'_> {
        let own = (self.subject.clone(), self.purpose.unwrap_or(Purpose::Pii));
        let mut seals = match own {
            (Some(subject), purpose) => Seals::of(&subject, purpose),
            (None, _) => Seals::of(tenant.as_str(), Purpose::Secret),
        };
        seals.maybe("answer", self.answer.as_mut());
        seals
    }
}

/// Where a call's record stands.
#[derive(Clone)]
pub(crate) struct Wanted {
    pub(crate) table: Table,
    pub(crate) id: String,
    pub(crate) key: Key,
}

/// Finds the place of a call's record, if it sends a key and the endpoint takes one.
pub(crate) fn wanted(
    declaration: &Declaration,
    tenant: &TenantId,
    principal: &str,
    path: &str,
    key: Option<&str>,
) -> Option<Wanted> {
    if !declaration.takes_idempotency_key() {
        return None;
    }
    let (table, key) = (declaration.idempotency_table()?, key?);
    let parts = [principal, (declaration.method)().as_str(), path, key].join("\n");
    let id = hex::encode(digest::digest(&digest::SHA256, parts.as_bytes()));
    Some(Wanted {
        table,
        key: Key {
            table,
            ..Key::of::<IdempotencyItem>(tenant, &id)
        },
        id,
    })
}

/// Whose key opens the answer that a record holds, where it is not the tenant's.
pub(crate) fn subject(
    wanted: &Wanted,
    prefetched: &std::collections::HashMap<Key, Attrs>,
    tenant: &TenantId,
) -> Option<Key> {
    let record = decode::<IdempotencyItem>(prefetched.get(&wanted.key)?.clone()).ok()?;
    let subject = record.subject.as_deref()?;
    Some(SubjectKeyItem::key(
        tenant,
        subject,
        record.purpose.unwrap_or(Purpose::Pii),
    ))
}

/// A call's record, ready to be written with its outcome.
pub(crate) struct Slot {
    pub(crate) wanted: Wanted,
    request: Vec<u8>,
    cipher: SubjectCipher,
    until: i64,
    now: i64,
}

/// What the record says.
pub(crate) enum Found {
    /// Nothing yet.
    Fresh(Slot),
    /// The answer as it was, its object, and what filters look at of that.
    Replay(Finished, Option<String>, Option<BTreeMap<String, Value>>),
}

fn request_hash(key: &TenantKey, body: &[u8]) -> Result<Vec<u8>, Problem> {
    let key = key
        .derive("idempotency/v1")
        .map_err(|e| Problem::internal(e.to_string()))?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    Ok(hmac::sign(&key, body).as_ref().to_vec())
}

/// Compares a call with its record.
///
/// # Errors
/// 422 for another body under the key, 409 while it is in flight or when the answer held a secret.
pub(crate) fn check(
    wanted: Wanted,
    prefetched: &std::collections::HashMap<Key, Attrs>,
    cipher: SubjectCipher,
    keys: &Arc<TenantKeys>,
    theirs: Option<&SubjectCipher>,
    request: &[Vec<u8>; 2],
    now: Timestamp,
) -> Result<Found, Problem> {
    let [body, written] = request;
    let current = keys.current().map_err(|e| Problem::unavailable(e.0))?;
    let request = request_hash(current, body)?;
    let now = now.as_second();
    let record = prefetched
        .get(&wanted.key)
        .map(|a| decode::<IdempotencyItem>(a.clone()))
        .transpose();
    let record = record.map_err(Problem::internal)?.filter(|r| r.until > now);
    let Some(record) = record else {
        return Ok(Found::Fresh(Slot {
            wanted,
            request,
            cipher,
            until: now + KEEP,
            now,
        }));
    };
    // The key may have been rotated since the record was made.
    let mut same = false;
    for key in keys.all() {
        for body in [body, written] {
            let request = request_hash(key, body)?;
            same |= aws_lc_rs::constant_time::verify_slices_are_equal(&record.request.0, &request).is_ok();
        }
    }
    if !same {
        return Err(Problem::key_reused());
    }
    if !record.done {
        let text = "A call with this Idempotency-Key is still running.";
        let mut problem = Problem::conflict("idempotency_key_in_flight", text).retry_after(2);
        if let Some(object) = &record.object {
            problem = problem.with("object", object.as_str().into());
        }
        return Err(problem);
    }
    let Some(answer) = &record.answer else {
        let text = "The answer held a secret and is not given twice.";
        let object = record.object.clone().unwrap_or_default();
        return Err(Problem::conflict("secret_not_repeated", text).with("object", object.into()));
    };
    let cipher = match (&record.subject, theirs) {
        (None, _) => &cipher,
        (Some(_), Some(theirs)) => theirs,
        (Some(_), None) => {
            let text = "The answer was about somebody who has been erased.";
            let object = record.object.clone().unwrap_or_default();
            return Err(Problem::conflict("secret_not_repeated", text).with("object", object.into()));
        }
    };
    let id = record.id.as_str();
    let body = cipher.open::<IdempotencyItem>(id, "-", "answer", answer)?;
    let body = serde_json::from_slice(&body).map_err(|_| Problem::internal("a stored answer is not JSON"))?;
    let mut finished = Finished::json(record.status, body);
    finished
        .headers
        .push(("idempotent-replayed".into(), "true".into()));
    Ok(Found::Replay(
        finished,
        record.object.clone(),
        record.item.looked_at,
    ))
}

impl Slot {
    fn item(&self, done: bool) -> IdempotencyItem {
        IdempotencyItem {
            id: self.wanted.id.clone(),
            request: AtRestBytes(self.request.clone()),
            done,
            status: 0,
            answer: None,
            object: None,
            looked_at: None,
            until: self.until,
            subject: None,
            purpose: None,
        }
    }

    /// The write that takes the key for a call in flight.
    pub(crate) fn begin(&self, tenant: &TenantId, object: Option<&str>) -> Result<Write, Problem> {
        let item = IdempotencyItem {
            object: object.map(str::to_owned),
            ..self.item(false)
        };
        Write::create_or_expired(self.wanted.table, tenant, &item, self.now)
    }

    /// The write that keeps the answer; `began` when the key has been taken before the effect.
    pub(crate) fn finish(
        &self,
        tenant: &TenantId,
        status: u16,
        body: Option<&serde_json::Value>,
        theirs: Option<&(SubjectCipher, Purpose)>,
        (object, looked_at): (Option<&str>, Option<Attributes>),
        began: bool,
    ) -> Result<Write, Problem> {
        let answer = match body {
            Some(body) => {
                let bytes = body.to_string();
                Some(
                    theirs
                        .map_or(&self.cipher, |(cipher, _)| cipher)
                        .seal::<IdempotencyItem>(&self.wanted.id, "-", "answer", bytes.as_bytes())?,
                )
            }
            None => None,
        };
        let item = IdempotencyItem {
            status,
            subject: answer
                .as_ref()
                .and(theirs)
                .map(|(cipher, _)| cipher.subject().to_owned()),
            purpose: answer.as_ref().and(theirs).map(|(_, purpose)| *purpose),
            answer,
            object: object.map(str::to_owned),
            looked_at: looked_at.map(|all| all.into_iter().map(|(n, v)| (n.to_owned(), v)).collect()),
            ..self.item(true)
        };
        if began {
            Write::when_in_flight(self.wanted.table, tenant, &item)
        } else {
            Write::create_or_expired(self.wanted.table, tenant, &item, self.now)
        }
    }

    /// What an intent keeps of it, to finish the record later.
    pub(crate) fn keep(&self) -> Kept {
        Kept {
            id: self.wanted.id.clone(),
            request: hex::encode(&self.request),
            until: self.until,
        }
    }

    /// The slot of an intent that is finished later.
    pub(crate) fn resume(
        kept: &Kept,
        table: Table,
        tenant: &TenantId,
        cipher: SubjectCipher,
        now: i64,
    ) -> Self {
        let key = Key {
            table,
            ..Key::of::<IdempotencyItem>(tenant, &kept.id)
        };
        Self {
            wanted: Wanted {
                table,
                id: kept.id.clone(),
                key,
            },
            request: hex::decode(&kept.request).unwrap_or_default(),
            cipher,
            until: kept.until,
            now,
        }
    }
}

/// An idempotency slot as an intent keeps it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Kept {
    id: String,
    request: String,
    until: i64,
}
