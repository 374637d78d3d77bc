//! Audit entries as the road writes them, for measuring what becomes of them.

use serde_json::json;
use shared::{
    audit::EntryItem,
    ids::{EntryId, TenantId},
    time::{Timestamp, rfc3339},
};

/// An entry of a read that was made at this time, as large as most are.
pub(super) fn entry(tenant: &TenantId, region: &str, at: Timestamp, number: u64) -> EntryItem {
    let id = EntryId::new(at).to_string();
    let object = format!("cus_01JD3X8M9V5T2Q4R6S8W{:06}", number % 100_000);
    let actor = format!("cli_01JD3X8M9V5T2Q4R6S8W{:06}", number % 100);
    let address = format!("192.0.2.{}", number % 250);
    let body = json!({
        "id": id, "tenant": tenant, "region": region, "at": rfc3339(at),
        "request_id": format!("req_01JD3X8M9V5T2Q4R6S8W{number:06}"), "activity": "billing.read_customer", "code": "S",
        "method": "GET", "path": "/billing/v1/customers/{id}", "actor": actor, "actor_tenant": tenant,
        "address": address, "agent": "python-requests/2.32.3", "reason": "ticket 4711",
        "trace": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "right": "customer.read",
        "grant": {"role": "integration", "version": 1, "effect": "allow"}, "policy": ["integration@1"], "object": object,
        "outcome": "succeeded", "status": 200, "events": [],
        "details": {"request": {"id": object}, "answer": {"id": object, "name": "***", "email": "***", "country": "DE",
            "version": 3, "created_at": "2026-07-11T01:14:00.000Z", "updated_at": "2026-07-11T01:14:00.000Z"}},
    });
    EntryItem {
        apart: false,
        id,
        body: body.to_string(),
        activity: "billing.read_customer".into(),
        actor,
        outcome: "succeeded".into(),
        object: Some(object),
        address: Some(address),
    }
}
