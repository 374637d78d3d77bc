//! The worker `disable_inactive_users`: whoever has not signed in for ninety days is disabled (PCI DSS 4.0.1, 8.2.6).
//!
//! For a user who has never signed in, the ninety days begin when the worker first sees them active.

use crate::sign_ins::LastSignIn;
use serde_json::{Value, json};
use shared::{
    auth::{User, UserStatus},
    crypto::Purpose,
    endpoint::Uses,
    ids::TenantId,
    problem::Problem,
    store::{Changes, Event, Key, Stored, Table},
    worker::{Place, Trigger, Work, Worker, for_tenants},
};
use std::sync::Arc;

/// The worker.
pub const WORKER: Worker = Worker {
    name: "disable_inactive_users",
    service: "identity",
    trigger: Trigger::Schedule("rate(1 day)"),
    place: Place::Home,
    summary: "Disable users who have not signed in for ninety days",
    uses: &[
        Uses::Read(Table::Tenancy),
        Uses::Write(Table::Identity),
        // The cursors of the lists.
        Uses::Key(Purpose::Secret),
        Uses::Write(Table::Audit),
        Uses::List(Table::Identity, 1),
        Uses::List(Table::Tenancy, 1),
    ],
    batch: 1,
    timeout: 300,
    run: |work, _| Box::pin(run(work)),
};

async fn run(work: Arc<Work>) -> Result<Value, String> {
    let disabled = for_tenants(&work, in_tenant).await?;
    Ok(json!({"disabled": disabled}))
}

async fn in_tenant(work: &Work, tenant: TenantId) -> Result<usize, Problem> {
    let cx = work.context(&tenant);
    if !cx.at_home().await? {
        return Ok(0);
    }
    let mut pages = cx.oldest_first::<User>(1, "users");
    let mut disabled = 0;
    while let Some(users) = pages.next().await? {
        let active: Vec<&Stored<User>> = users.iter().filter(|u| u.status == UserStatus::Active).collect();
        let keys: Vec<Key> = active
            .iter()
            .map(|u| cx.key::<LastSignIn>(u.id.as_str()))
            .collect();
        let mut found = cx.batch(&keys).await?;
        for (user, key) in active.into_iter().zip(&keys) {
            let last = found.take::<LastSignIn>(key)?;
            let id = user.id.as_str();
            let changes = match &last {
                None => {
                    let begins = Changes::new().write(LastSignIn::now(&cx, &user.id));
                    cx.apply(begins).await.or_else(|lost| lost.map_or(Ok(()), Err))?;
                    continue;
                }
                Some(last) if last.is_long_ago(cx.now()) => {
                    let new = User {
                        status: UserStatus::Disabled,
                        ..user.item.clone()
                    };
                    disabled += 1;
                    // Whoever signs in meanwhile stays.
                    Changes::new()
                        .write(cx.replace(user, &new)?)
                        .write(cx.check(last))
                        .event(Event::about("user.disabled", id, &new))
                        .object(id, Some(&user.item), Some(&new))
                }
                Some(_) => continue,
            };
            match cx.commit(changes).await {
                Ok(()) => {}
                Err(None) => tracing::info!(user = id, "changed meanwhile; left for the next run"),
                Err(Some(problem)) => return Err(problem),
            }
        }
    }
    Ok(disabled)
}
