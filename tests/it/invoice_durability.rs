//! Durability of paying: a platform that is killed while invoices are paid finishes what it began, and charges nobody twice.

use crate::{
    cases::text,
    support::{
        Platform, Tenant,
        platform::{root, scratch},
        random, run,
        time::{block, until},
    },
};
use futures::future::join_all;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Invoices that are being paid when the platform is killed.
const INVOICES: usize = 24;

/// An invoice, and the key that it is paid under.
struct Due {
    customer: String,
    path: String,
    key: String,
}

#[test]
fn an_invoice_that_was_being_paid_when_the_platform_was_killed_is_paid_once_or_not_at_all() {
    let dir = scratch("killed-invoices");
    let platform = Platform::start(&dir, &root());
    let (tenant, due) = run(async {
        let tenant = Tenant::on(&platform).await;
        let due = join_all((0..INVOICES).map(async |_| {
            let customer = tenant.buyer().await.customer;
            let path = tenant.open_invoice(&customer, &["700"]).await;
            Due {
                customer,
                path,
                key: random(20),
            }
        }));
        let due = due.await;
        (tenant, due)
    });
    let (answers, caller) = (AtomicUsize::new(0), tenant.all.at(&platform.http));
    let heard = std::thread::scope(|scope| {
        scope.spawn(|| {
            while answers.load(Ordering::Relaxed) < 3 {
                block(1);
            }
            platform.kill();
        });
        run(join_all(due.iter().map(async |due| {
            let answer = caller
                .post_as(&format!("{}/pay", due.path), &due.key, &json!({}))
                .await;
            answers.fetch_add(1, Ordering::Relaxed);
            answer.is_success()
        })))
    });
    let cut = heard.iter().filter(|heard| !**heard).count();
    assert!(
        cut > 0 && cut < INVOICES,
        "{cut} of {INVOICES} calls were cut off"
    );
    drop(platform);
    let platform = Platform::start(&dir, &root());
    run(async {
        let caller = tenant.all.at(&platform.http);
        let finished = join_all(due.iter().map(async |due| {
            let path = &due.path;
            until("the call is finished", 200, async || {
                let answer = caller.post_as(&format!("{path}/pay"), &due.key, &json!({})).await;
                let open = [
                    "idempotency_key_in_flight",
                    "outcome_pending",
                    "payment_pending",
                    "unavailable",
                ];
                (!open.contains(&answer.code().as_str())).then(|| answer.is(200))
            })
            .await
        }))
        .await;
        for ((due, told), heard) in due.iter().zip(&finished).zip(&heard) {
            let now = caller.get(&due.path).await.ok();
            assert_eq!(
                now["payment"], told["payment"],
                "the invoice says what the call said"
            );
            let path = format!("/payments/v1/payments?customer={}", due.customer);
            let payments = caller.all(&path).await;
            assert_eq!(payments.len(), 1, "one key is one payment: {payments:?}");
            assert_eq!(text(&now["payment"], "id"), text(&payments[0], "id"));
            let captured = payments[0]["captured"].as_i64();
            // A call that was cut off before it reached the provider is closed there, never tried again.
            let closed = !heard && payments[0]["decline_code"] == "never_received";
            let (status, expected) = if closed { ("open", 0) } else { ("paid", 700) };
            assert_eq!(
                (&now["status"], captured),
                (&Value::from(status), Some(expected)),
                "{now}"
            );
            let payment = text(&payments[0], "id");
            let entries = caller.all(&format!("/ledger/v1/journal?source={payment}")).await;
            assert_eq!(
                entries.len(),
                usize::from(!closed),
                "what is paid is posted once: {entries:?}"
            );
        }
        let balance = caller.get("/ledger/v1/trial-balance").await.ok();
        assert_eq!(balance["proof"][0]["difference"], 0, "{balance}");
    });
}
