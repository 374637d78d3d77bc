//! `expire_wallet_credit`: credit that has run out is taken out of wallets, and the books follow.

use crate::wallets::{EXPIRING, MovementKind, WalletItem, books, moved};
use serde_json::json;
use shared::{
    crypto::Purpose,
    endpoint::Uses,
    ids::TenantId,
    problem::Problem,
    road::Context,
    store::{Changes, Stored, Table},
    worker::{Place, Trigger, Work, Worker, for_tenants},
};

/// The worker. Nothing that has run out is used before it runs: a wallet looks at the time itself.
pub const WORKER: Worker = Worker {
    name: "expire_wallet_credit",
    service: "billing",
    trigger: Trigger::Schedule("rate(1 hour)"),
    place: Place::Home,
    summary: "Take credit that has run out out of wallets",
    uses: &[
        Uses::Read(Table::Tenancy),
        Uses::Write(Table::Billing),
        Uses::Write(Table::Audit),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Billing, 1),
        Uses::List(Table::Tenancy, 1),
        Uses::Post,
    ],
    batch: 1,
    timeout: 60,
    run: |work, _| {
        Box::pin(async move {
            let swept = for_tenants(&work, |work, tenant| async move { sweep(work, &tenant).await });
            Ok(json!({"swept": swept.await?}))
        })
    },
};

/// Sweeps the wallets of one tenant of which something has run out, soonest first.
async fn sweep(work: &Work, tenant: &TenantId) -> Result<usize, Problem> {
    let cx = work.context(tenant);
    let mut pages = cx.oldest_first::<WalletItem>(1, EXPIRING);
    let mut swept = 0;
    while let Some(wallets) = pages.next().await? {
        if !wallets.is_empty() && !cx.at_home().await? {
            return Ok(swept);
        }
        for wallet in &wallets {
            match one(&cx, wallet).await {
                Ok(Some(true)) => swept += 1,
                Ok(Some(false)) => {}
                // All that follow run out later.
                Ok(None) => return Ok(swept),
                Err(problem) => tracing::warn!(
                    code = problem.code,
                    internal = problem.internal,
                    "a wallet still holds what has run out"
                ),
            }
        }
    }
    Ok(swept)
}

/// Sweeps one wallet; none where nothing of it has run out. A lost race leaves it to the next run.
async fn one(cx: &Context, old: &Stored<WalletItem>) -> Result<Option<bool>, Problem> {
    let (next, gone) = old.swept(cx.now());
    if gone.is_empty() {
        return Ok(None);
    }
    let id = old.customer.as_str();
    let mut changes = Changes::new().write(cx.replace(old, &next)?);
    for (currency, amount) in &gone {
        let sum = (*currency, -amount);
        changes = changes.write(moved(cx, &old.customer, MovementKind::Expired, sum, id)?);
    }
    let changes = changes.object(id, Some(&old.item), Some(&next));
    let posting = books::expired(&old.customer, &gone, old.revision);
    let changes = ledger::post(cx, changes, posting).await?;
    match cx.commit(changes).await {
        Ok(()) => Ok(Some(true)),
        Err(None) => Ok(Some(false)),
        Err(Some(problem)) => Err(problem),
    }
}
