//! The worker `retry_mail`: tries again what SES did not take, and what a worker left behind.

use super::{DUE, MailItem, fixed_width, send::attempt};
use serde_json::{Value, json};
use shared::{
    crypto::Purpose,
    endpoint::Uses,
    store::Table,
    worker::{Place, Trigger, Work, Worker},
};
use std::sync::Arc;

/// Most mails of one tenant in one run.
const PAGE: i32 = 100;

/// The worker.
pub const WORKER: Worker = Worker {
    name: "retry_mail",
    service: "identity",
    trigger: Trigger::Schedule("rate(1 minute)"),
    place: Place::Home,
    summary: "Try mail again that was not taken",
    uses: &[
        Uses::Read(Table::Tenancy),
        Uses::Write(Table::Identity),
        Uses::Key(Purpose::Pii),
        // The cursor of the directory of tenants.
        Uses::Key(Purpose::Secret),
        Uses::Mail,
        Uses::List(Table::Identity, 2),
        Uses::List(Table::Tenancy, 1),
    ],
    batch: 1,
    timeout: 300,
    run: |work, _| Box::pin(run(work)),
};

async fn run(work: Arc<Work>) -> Result<Value, String> {
    let tenants = work.tenants().await.map_err(|p| format!("{p:?}"))?;
    let mut tried = 0_u64;
    for tenant in tenants {
        let cx = work.context(&tenant);
        let between = (fixed_width(0), format!("{}~", fixed_width(cx.now().as_second())));
        let due = match cx.within_list::<MailItem>(2, DUE, between, PAGE).await {
            Ok(due) => due,
            Err(problem) => {
                tracing::warn!(
                    tenant = tenant.as_str(),
                    ?problem,
                    "a tenant waits for the next run"
                );
                continue;
            }
        };
        for mail in due {
            tried = tried.saturating_add(1);
            if let Err(why) = attempt(&cx, mail.id.as_str()).await {
                tracing::warn!(mail = mail.id.as_str(), why, "a mail waits for the next run");
            }
        }
    }
    Ok(json!({"tried": tried}))
}
