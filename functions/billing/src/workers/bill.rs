//! `bill_subscriptions`: subscriptions are billed when they are due, each boundary once, whoever runs and however often.

use crate::{
    invoices::prepare::Found,
    subscriptions::{
        Subscription, SubscriptionItem, SubscriptionStatus,
        due::{DueItem, SHARDS, looks, shard},
        issue::billed,
        used::Used,
    },
};
use serde_json::json;
use shared::{
    crypto::Purpose,
    customer::CustomerRef,
    endpoint::Uses,
    ids::TenantId,
    problem::Problem,
    road::Context,
    store::{Changes, Event, Stored, Table},
    time::SignedDuration,
    worker::{Place, Trigger, Work, Worker, for_tenants},
};

/// How long one whose invoice could not be made is left alone.
const PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// Most boundaries of one subscription in a run: what is left is due in the next.
const MOST: usize = 60;

/// How often a race for the next number is tried again.
const RACES: usize = 8;

/// The worker.
pub const WORKER: Worker = Worker {
    name: "bill_subscriptions",
    service: "billing",
    trigger: Trigger::Schedule("rate(1 hour)"),
    place: Place::Home,
    summary: "Bill subscriptions that are due",
    uses: &[
        Uses::Read(Table::Tenancy),
        Uses::Write(Table::Billing),
        Uses::Write(Table::Keys),
        Uses::Write(Table::Audit),
        Uses::Key(Purpose::Pii),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Billing, 1),
        Uses::List(Table::Billing, 2),
        Uses::Below(Table::Billing),
        Uses::List(Table::Tenancy, 1),
        Uses::Post,
    ],
    batch: 1,
    timeout: 600,
    run: |work, _| {
        Box::pin(async move {
            let billed = for_tenants(&work, |work, tenant| async move { run(work, &tenant).await });
            Ok(json!({"billed": billed.await?}))
        })
    },
};

/// Bills what is due of one tenant, soonest first in each shard.
///
/// # Errors
/// 503 when the store does not answer.
pub async fn run(work: &Work, tenant: &TenantId) -> Result<usize, Problem> {
    let mut billed = 0;
    for number in 0..SHARDS {
        let cx = work.context(tenant);
        let list = shard(number);
        let mut pages = cx.oldest_first::<DueItem>(1, &list);
        'shard: while let Some(due) = pages.next().await? {
            if !due.is_empty() && !cx.at_home().await? {
                return Ok(billed);
            }
            for due in &due {
                // All that follow are due later.
                if due.look_at > cx.now() {
                    break 'shard;
                }
                billed += Box::pin(all(work, tenant, due)).await;
            }
        }
    }
    Ok(billed)
}

/// Bills all that is due of one subscription. What fails is noted on it and tried again later; what is lost to somebody who bills it,
/// too, is theirs.
async fn all(work: &Work, tenant: &TenantId, due: &DueItem) -> usize {
    let (mut billed, mut raced) = (0, 0);
    while billed < MOST && raced < RACES {
        // Every boundary is read anew: a context remembers keys.
        let cx = work.context(tenant);
        match one(&cx, due.id.as_str()).await {
            Ok(true) => billed += 1,
            Ok(false) => break,
            Err(None) => raced += 1,
            Err(Some(problem)) => {
                tracing::warn!(
                    code = problem.code,
                    internal = problem.internal,
                    "a subscription could not be billed"
                );
                // What fails here and not there is tried again by the next run.
                if problem.status < 500 {
                    let noted = note(&work.context(tenant), due.id.as_str(), problem.code).await;
                    if let Err(Some(problem)) = noted {
                        tracing::warn!(
                            code = problem.code,
                            "why a subscription could not be billed is not noted"
                        );
                    }
                }
                break;
            }
        }
    }
    billed
}

/// Bills one boundary, in one transaction with its invoice; false where nothing is due. `Err(None)` is a lost race.
async fn one(cx: &Context, id: &str) -> Result<bool, Option<Problem>> {
    let (Some(old), Some(due)) = (
        cx.find::<SubscriptionItem>(id).await?,
        cx.find::<DueItem>(id).await?,
    ) else {
        return Ok(false);
    };
    let customer = old.customer.as_str();
    let whose = cx.find::<CustomerRef>(customer).await?;
    let cipher = cx.cipher_of(customer, Purpose::Pii).await?;
    let (Some(whose), Some(cipher)) = (whose, cipher) else {
        return end(cx, &old, &due).await.map(|()| false);
    };
    whose.may_be_processed()?;
    let used = match old.due_at {
        Some(at) if at <= cx.now() => old.used(cx, &cipher).await?,
        _ => Used::default(),
    };
    let Some(bill) = old.bill(&old.zone(&cipher)?, cx.now(), &used, &cipher)? else {
        let looked = looks(cx, Some(&due), &old)?;
        if let Some(write) = looked {
            cx.apply(Changes::new().write(write)).await?;
        }
        return Ok(false);
    };
    let found = Found::read(cx, &old.customer, true).await?;
    let (mut changes, _) = billed(cx, &old, &bill, &cipher, found).await?;
    changes.writes.extend(looks(cx, Some(&due), &bill.next)?);
    cx.commit(changes).await?;
    Ok(true)
}

/// Ends a subscription of somebody who has been erased: nobody knows any more who would owe.
async fn end(
    cx: &Context,
    old: &Stored<SubscriptionItem>,
    due: &Stored<DueItem>,
) -> Result<(), Option<Problem>> {
    let next = SubscriptionItem {
        status: SubscriptionStatus::Canceled,
        canceled_at: old.canceled_at.or(Some(cx.now())),
        due_at: None,
        ..old.item.clone()
    };
    let (before, after) = (Subscription::from(&old.item), Subscription::from(&next));
    let id = old.id.as_str();
    let changes = Changes::new()
        .write(cx.replace(old, &next)?)
        .write(cx.delete(due))
        .event(Event::about("subscription.canceled", id, &after).of(&next))
        .object(id, Some(&before), Some(&after));
    cx.commit(changes).await
}

/// Notes why a subscription could not be billed, and leaves it alone for a while.
async fn note(cx: &Context, id: &str, code: &str) -> Result<(), Option<Problem>> {
    let (Some(old), Some(due)) = (
        cx.find::<SubscriptionItem>(id).await?,
        cx.find::<DueItem>(id).await?,
    ) else {
        return Ok(());
    };
    let next = SubscriptionItem {
        billing_problem: Some(code.to_owned()),
        ..old.item.clone()
    };
    let later = DueItem {
        look_at: cx.now() + PAUSE,
        ..due.item.clone()
    };
    let (before, after) = (Subscription::from(&old.item), Subscription::from(&next));
    let changes = Changes::new()
        .write(cx.replace(&old, &next)?)
        .write(cx.replace(&due, &later)?)
        .object(id, Some(&before), Some(&after));
    cx.commit(changes).await
}
