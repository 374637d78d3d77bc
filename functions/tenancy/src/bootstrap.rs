//! The first act on an empty platform: its own tenant, and an operator's API client that may make tenants.
//!
//! An operator invokes it once. A second run finds the platform tenant and changes nothing.

use crate::tenants::found;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use shared::{
    endpoint::Uses,
    ids::TenantId,
    rbac,
    store::Table,
    worker::{Place, Trigger, Work, Worker},
};
use std::sync::Arc;

/// The worker.
pub const BOOTSTRAP: Worker = Worker {
    name: "bootstrap_platform",
    service: "tenancy",
    trigger: Trigger::Manual,
    place: Place::Home,
    summary: "Create the platform's own tenant and an operator's API client, once",
    uses: &[
        Uses::Write(Table::Home),
        Uses::Write(Table::Tenancy),
        Uses::Write(Table::Identity),
        Uses::Write(Table::Keys),
        Uses::NewKeys,
    ],
    batch: 1,
    timeout: 29,
    run,
};

fn run(work: Arc<Work>, _: Value) -> BoxFuture<'static, Result<Value, String>> {
    Box::pin(async move {
        let cx = work.context(&TenantId::platform());
        let failed = |p: shared::problem::Problem| format!("{p:?}");
        let there = cx
            .find::<shared::auth::Tenant>(cx.tenant().as_str())
            .await
            .map_err(failed)?;
        if there.is_some() {
            return Ok(json!({"status": "exists"}));
        }
        let (tenant, _, changes) = found::tenant(&cx, "Platform", &[rbac::operator()])
            .await
            .map_err(failed)?;
        let changes = found::directory(&cx, &tenant.id, changes).map_err(failed)?;
        let (client, secret) = found::api_client(&cx, "Operator", vec!["operator".into()], Vec::new());
        let changes = changes.write(cx.create(&client).map_err(failed)?);
        cx.apply(changes)
            .await
            .map_err(|p| p.map_or("somebody else was first".into(), failed))?;
        let client_id = format!("{}.{}", tenant.id, client.id);
        Ok(json!({"status": "created", "client_id": client_id, "client_secret": secret}))
    })
}
