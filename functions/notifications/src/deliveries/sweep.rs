//! The worker `sweep_deliveries`: sends what is due and stands in no queue, and disables what only fails.

use super::{DUE, DeliveryItem, QUEUE, enqueue, schedule, written};
use crate::fixed_width::fixed_width;
use crate::{
    deliveries::schedule::Step,
    webhooks::{
        FAILING, WebhookItem,
        health::{self, PATIENCE},
    },
};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use shared::{
    auth::TenantDirectory,
    endpoint::Uses,
    ids::TenantId,
    problem::Problem,
    road::Context,
    store::{Stored, Table},
    worker::{Place, Trigger, Work, Worker},
};
use std::sync::Arc;

/// Items of one read.
const PAGE: i32 = 100;
/// Most reads of one tenant's due items in one run.
const PAGES: u32 = 20;
/// Deliveries that are sent at the same time.
const SIDE_BY_SIDE: usize = 16;

/// The worker.
pub const WORKER: Worker = Worker {
    name: "sweep_deliveries",
    service: "notifications",
    trigger: Trigger::Schedule("rate(1 minute)"),
    place: Place::Home,
    summary: "Send due deliveries to the queue; disable webhooks that only fail",
    uses: &[
        Uses::Read(Table::Tenancy),
        Uses::Write(Table::Notifications),
        Uses::Send(QUEUE),
        Uses::List(Table::Notifications, 2),
        Uses::List(Table::Tenancy, 1),
    ],
    batch: 1,
    timeout: 60,
    run: |work, _| Box::pin(run(work)),
};

fn text(problem: Problem) -> String {
    format!("{problem:?}")
}

async fn run(work: Arc<Work>) -> Result<Value, String> {
    let platform = work.context(&TenantId::platform());
    let (mut sent, mut failed) = (0_u64, 0_u64);
    let mut from = "ten_".to_owned();
    loop {
        let between = (from, "ten_~".to_owned());
        let list = TenantDirectory::LIST;
        let tenants = platform
            .within_list::<TenantDirectory>(1, list, between, PAGE)
            .await
            .map_err(text)?;
        let Some(last) = tenants.last() else { break };
        from = just_after(last.id.as_str());
        for tenant in &tenants {
            match tenant_swept(&work.context(&tenant.id)).await {
                Ok(count) => sent = sent.saturating_add(count),
                Err(why) => {
                    failed = failed.saturating_add(1);
                    tracing::warn!(
                        tenant = tenant.id.as_str(),
                        why,
                        "a tenant waits for the next sweep"
                    );
                }
            }
        }
    }
    Ok(json!({"sent": sent, "failed_tenants": failed}))
}

/// The least key after this one, among keys of which none begins with another.
fn just_after(key: &str) -> String {
    format!("{key}!")
}

async fn tenant_swept(cx: &Context) -> Result<u64, String> {
    let now = cx.now().as_second();
    let mut sent = 0_u64;
    let mut from = fixed_width(0);
    for _ in 0..PAGES {
        let between = (from, format!("{}~", fixed_width(now)));
        let due = cx
            .within_list::<DeliveryItem>(2, DUE, between, PAGE)
            .await
            .map_err(text)?;
        let Some(last) = due.last() else { break };
        from = just_after(&format!("{}#{}", fixed_width(last.sweep_at), last.id));
        // Each region sees the items; the tenant's home alone acts on them.
        if sent == 0 && !cx.at_home().await.map_err(text)? {
            return Ok(0);
        }
        sent = sent.saturating_add(page_swept(cx, due, now).await);
    }
    disable_failing(cx, now).await?;
    Ok(sent)
}

/// Gives how many were sent. One that cannot be sent stays due.
async fn page_swept(cx: &Context, due: Vec<Stored<DeliveryItem>>, now: i64) -> u64 {
    let swept = stream::iter(due).map(|item| {
        let cx = cx.clone();
        async move {
            let swept = one_swept(&cx, &item, now).await;
            swept.unwrap_or_else(|why| {
                tracing::warn!(
                    delivery = item.id.as_str(),
                    why,
                    "a delivery waits for the next sweep"
                );
                0
            })
        }
    });
    swept
        .buffer_unordered(SIDE_BY_SIDE)
        .fold(0_u64, |sum, n| async move { sum.saturating_add(n) })
        .await
}

async fn one_swept(cx: &Context, item: &Stored<DeliveryItem>, now: i64) -> Result<u64, String> {
    match schedule::sweep(item, now) {
        Step::Leave => Ok(0),
        Step::Fail(next) => written(cx, cx.replace(item, &next)).await.map(|_| 0),
        // Sent first: a message too many does no harm, one too few costs five minutes.
        Step::Send(next) => {
            enqueue(cx, item, 0).await?;
            written(cx, cx.replace(item, &next)).await.map(|_| 1)
        }
    }
}

async fn disable_failing(cx: &Context, now: i64) -> Result<(), String> {
    let between = (fixed_width(0), fixed_width(now.saturating_sub(PATIENCE)));
    let failing = cx
        .within_list::<WebhookItem>(2, FAILING, between, PAGE)
        .await
        .map_err(text)?;
    if failing.is_empty() || !cx.at_home().await.map_err(text)? {
        return Ok(());
    }
    for webhook in &failing {
        health::note(cx, &webhook.id, |webhook| health::given_up(webhook, now)).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliveries::tests::delivery;
    use shared::store::Item;

    #[test]
    fn reading_goes_on_right_after_the_last_item() {
        let item = delivery();
        let sort = item.second_listing().unwrap().sort;
        let from = just_after(&format!("{}#{}", fixed_width(item.sweep_at), item.id));
        assert!(from > sort);
        let next = DeliveryItem {
            id: super::super::DeliveryId::parse("del_7ZZZZZZZZZZZZZZZZZZZZZZZZZ").unwrap(),
            ..item
        };
        assert!(next.second_listing().unwrap().sort > from);
    }
}
