//! `fulfil_privacy_requests`: gathers archives, and finishes and verifies erasures.

use super::gather::gather;
use crate::requests::{
    DUE, Request, RequestItem, RequestStatus, RequestType,
    archive::{Archive, FORMAT, PartItem, encrypt},
    erase,
};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use shared::{
    crypto::{KeyUse, Purpose},
    endpoint::Uses,
    ids::TenantId,
    problem::Problem,
    road::{Context, Page},
    store::{Changes, Stored, Table, Update},
    time::rfc3339,
    worker::{PATIENCE, Place, Trigger, Work, Worker, for_tenants},
};

/// Seconds for which a run has a request to itself: longer than a run lives.
const LEASE: i64 = 600;
/// Payment methods whose keys one transaction destroys.
const CARDS: i32 = 40;

/// The worker.
pub const WORKER: Worker = Worker {
    name: "fulfil_privacy_requests",
    service: "privacy",
    trigger: Trigger::Schedule("rate(1 minute)"),
    place: Place::Home,
    summary: "Gather archives of data subjects, finish and verify erasures",
    uses: &[
        Uses::Read(Table::Tenancy),
        Uses::Read(Table::Billing),
        Uses::Read(Table::Vault),
        Uses::Read(Table::Payments),
        Uses::Read(Table::Risk),
        Uses::Read(Table::Notifications),
        Uses::Read(Table::Audit),
        Uses::Write(Table::Audit),
        Uses::Write(Table::Privacy),
        Uses::Write(Table::Keys),
        Uses::Key(Purpose::Pii),
        Uses::Key(Purpose::Secret),
        Uses::Sign(KeyUse::Checkpoint),
        Uses::List(Table::Audit, 1),
        Uses::List(Table::Billing, 1),
        Uses::List(Table::Billing, 2),
        Uses::List(Table::Notifications, 1),
        Uses::List(Table::Payments, 1),
        Uses::List(Table::Payments, 2),
        Uses::List(Table::Privacy, 1),
        Uses::List(Table::Privacy, 2),
        Uses::List(Table::Risk, 1),
        Uses::List(Table::Risk, 2),
        Uses::List(Table::Tenancy, 1),
        Uses::List(Table::Vault, 1),
    ],
    batch: 1,
    timeout: 300,
    run: |work, _| {
        Box::pin(async move {
            let done = for_tenants(&work, |work, tenant| async move { fulfil(work, &tenant).await });
            Ok(json!({"fulfilled": done.await?}))
        })
    },
};

/// Fulfils what one tenant has due, oldest first.
async fn fulfil(work: &Work, tenant: &TenantId) -> Result<usize, Problem> {
    let page = Page {
        limit: 50,
        ..Page::oldest()
    };
    let (due, _) = work.context(tenant).list::<RequestItem>(2, DUE, &page).await?;
    let mut done = 0;
    if !due.is_empty() && !work.context(tenant).at_home().await? {
        return Ok(0);
    }
    for listed in due {
        match one(&work.context(tenant), &listed.id.to_string()).await {
            Ok(true) => done += 1,
            Ok(false) => {}
            Err(problem) => tracing::warn!(
                code = problem.code,
                internal = problem.internal,
                "a request of a data subject is not fulfilled yet"
            ),
        }
    }
    Ok(done)
}

/// Fulfils one request; `false` leaves it to another run.
async fn one(cx: &Context, id: &str) -> Result<bool, Problem> {
    let Some(old) = cx.find::<RequestItem>(id).await? else {
        return Ok(false);
    };
    let now = cx.now().as_second();
    if old.status != RequestStatus::InProgress || now < old.leased_until {
        return Ok(false);
    }
    // Late writers of a payment method are waited for before an erasure is verified.
    if old.r#type == RequestType::Erasure && now < old.received_at.as_second().saturating_add(PATIENCE) {
        return Ok(false);
    }
    let leased = RequestItem {
        leased_until: now.saturating_add(LEASE),
        ..old.item.clone()
    };
    match cx.apply(Changes::new().write(cx.replace(&old, &leased)?)).await {
        Ok(()) => {}
        Err(None) => return Ok(false),
        Err(Some(problem)) => return Err(problem),
    }
    let leased = Stored {
        item: leased,
        revision: old.revision.saturating_add(1),
    };
    let mut next = leased.item.clone();
    if next.r#type.is_export() {
        export(cx, &mut next).await?;
    } else {
        finish_erasure(cx, &mut next).await?;
    }
    next.archive_key = None;
    next.leased_until = 0;
    next.decided_at = Some(cx.app().clock.now());
    let (before, after) = (Request::from(&leased.item), Request::from(&next));
    let changes = Changes::new()
        .write(cx.replace(&leased, &next)?)
        .object(id, Some(&before), Some(&after));
    match cx.commit(changes).await {
        Ok(()) => Ok(true),
        Err(None) => Ok(false),
        Err(Some(problem)) => Err(problem),
    }
}

/// Gathers, encrypts, signs and keeps an archive. Where the customer has been erased meanwhile there is none.
async fn export(cx: &Context, next: &mut RequestItem) -> Result<(), Problem> {
    let subject = next.customer.as_str();
    let cipher = cx.cipher_of(subject, Purpose::Pii).await?;
    let (Some(cipher), Some(sealed)) = (cipher, next.archive_key.take()) else {
        next.status = RequestStatus::Refused;
        return Ok(());
    };
    let id = next.id.clone();
    let archive_key = cipher.open::<RequestItem>(id.as_str(), "-", "archive_key", &sealed)?;
    let whole = zeroize::Zeroizing::new(gather(cx, &next.customer).await?);
    let parts = encrypt(&archive_key, &id, &whole)?;
    let hash = |bytes: &[u8]| hex::encode(digest(&SHA256, bytes));
    for (part, number) in parts.iter().zip(0u32..) {
        let sort = PartItem::place(number);
        let body = cipher.seal::<PartItem>(id.as_str(), &sort, "body", part)?;
        let update = Update::new()
            .text("request", id.as_str())
            .text("customer", subject)
            .number("number", i64::from(number))
            .bytes("body", &body.0);
        let write = cx.update::<PartItem>(id.as_str(), &sort, update);
        let kept = cx.apply(Changes::new().write(write)).await;
        kept.map_err(|e| e.unwrap_or_else(|| Problem::unavailable("lost a race")))?;
    }
    let manifest = [
        FORMAT.to_owned(),
        cx.tenant().to_string(),
        id.to_string(),
        next.customer.to_string(),
        parts.len().to_string(),
        hash(&whole),
        hash(&parts.concat()),
        rfc3339(cx.now()),
    ]
    .join("\n");
    cx.may(Uses::Sign(KeyUse::Checkpoint))?;
    let app = cx.app();
    let signature = app
        .kms
        .sign(cx.meter(), KeyUse::Checkpoint, manifest.as_bytes())
        .await;
    next.archive = Some(Archive {
        parts: u32::try_from(parts.len()).unwrap_or(u32::MAX),
        bytes: whole.len() as u64,
        manifest,
        signature: STANDARD.encode(signature.map_err(|e| Problem::unavailable(e.0))?),
        key_id: app
            .config
            .keys
            .get(&KeyUse::Checkpoint)
            .cloned()
            .unwrap_or_default(),
    });
    next.status = RequestStatus::Completed;
    Ok(())
}

/// Destroys the keys of payment methods that the request's own transaction left, then looks whether all are gone.
async fn finish_erasure(cx: &Context, next: &mut RequestItem) -> Result<(), Problem> {
    let missing = || Problem::internal("an erasure without a certificate");
    let mut certificate = next.certificate.clone().ok_or_else(missing)?;
    let (mut all, mut last) = (Vec::new(), None);
    loop {
        let (cards, end) = erase::cards(cx, &next.customer, last.as_deref(), CARDS).await?;
        if cards.is_empty() {
            break;
        }
        let writes = erase::destroy_cards(cx, &cards, &mut certificate).await?;
        if !writes.is_empty() {
            let changes = writes.into_iter().fold(Changes::new(), Changes::write);
            let destroyed = cx.apply(changes).await;
            destroyed.map_err(|e| e.unwrap_or_else(|| Problem::unavailable("lost a race")))?;
        }
        all.extend(cards);
        last = end;
    }
    certificate.kept = erase::kept(cx, &next.customer).await?;
    if !erase::is_gone(cx, &next.customer, &all).await? {
        return Err(Problem::internal("a key is left after an erasure"));
    }
    certificate.verified_at = Some(rfc3339(cx.app().clock.now()));
    next.certificate = Some(certificate);
    next.status = RequestStatus::Completed;
    Ok(())
}
