//! Races for numbers and for an invoice's only payment.

use crate::{
    cases::text,
    support::{Tenant, run, time::within_the_hour, world},
};
use futures::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How many race.
const HANDS: usize = 50;

/// The number behind `INV-`.
fn number(invoice: &Value) -> usize {
    let text = text(invoice, "number");
    text.strip_prefix("INV-")
        .and_then(|digits| digits.parse().ok())
        .unwrap_or_else(|| panic!("{text} is no number"))
}

#[test]
fn fifty_invoices_at_once_get_the_numbers_one_to_fifty() {
    run(async {
        let tenant = Tenant::new().await;
        let (all, customer) = (&tenant.all, tenant.customer().await);
        let body = world::invoice_body(&customer, &["100"]);
        let drafts = join_all((0..HANDS).map(|_| all.post("/billing/v1/invoices", &body))).await;
        let paths: Vec<String> = drafts
            .iter()
            .map(|draft| format!("/billing/v1/invoices/{}", world::id(draft)))
            .collect();
        let mut numbers = BTreeSet::new();
        let mut left = paths;
        // A hand that lost too many races is told to come again.
        for _ in 0..10 {
            let answers = join_all(left.iter().map(async |path| {
                let answer = all.post(&format!("{path}/finalize"), &json!({})).await;
                (path.clone(), answer)
            }))
            .await;
            left = Vec::new();
            for (path, answer) in answers {
                if answer.status == 503 {
                    left.push(path);
                } else {
                    assert!(
                        numbers.insert(number(&answer.is(200))),
                        "twice: {}",
                        answer.told()
                    );
                }
            }
            if left.is_empty() {
                break;
            }
        }
        assert_eq!(
            numbers,
            (1..=HANDS).collect::<BTreeSet<_>>(),
            "no gap and no repeat"
        );
        // What failed in between has used up no number.
        let next = tenant.open_invoice(&customer, &["1"]).await;
        assert_eq!(number(&all.get(&next).await.ok()), HANDS + 1);
    });
}

#[test]
fn fifty_hands_finalize_one_invoice_once() {
    run(async {
        let tenant = Tenant::new().await;
        let path = format!(
            "/billing/v1/invoices/{}",
            text(&tenant.invoice(&["100"]).await, "id")
        );
        let finalize = format!("{path}/finalize");
        let answers =
            join_all((0..HANDS).map(|_| async { tenant.all.post(&finalize, &json!({})).await })).await;
        let done: Vec<_> = answers.iter().filter(|answer| answer.is_success()).collect();
        assert_eq!(done.len(), 1, "one wins");
        for refused in answers.iter().filter(|answer| !answer.is_success()) {
            assert_eq!(refused.refused(409, "wrong_state")["state"], "open");
        }
        assert_eq!(number(&done[0].json()), 1);
        let other = tenant.open_invoice(&tenant.customer().await, &["1"]).await;
        assert_eq!(
            number(&tenant.all.get(&other).await.ok()),
            2,
            "the losers used up no number"
        );
    });
}

#[test]
fn fifty_hands_pay_one_invoice_and_the_card_is_charged_once() {
    run(async {
        within_the_hour(120).await;
        let tenant = Tenant::new().await;
        let buyer = tenant.buyer().await;
        let path = tenant.open_invoice(&buyer.customer, &["1999.4"]).await;
        let (pay, body) = (format!("{path}/pay"), json!({"payment_method": buyer.card}));
        let answers = join_all((0..HANDS).map(|_| async { tenant.all.post(&pay, &body).await })).await;
        let done: Vec<_> = answers.iter().filter(|answer| answer.is_success()).collect();
        assert_eq!(done.len(), 1, "one wins");
        assert_eq!(done[0].json()["status"], "paid", "{}", done[0].told());
        for refused in answers.iter().filter(|answer| !answer.is_success()) {
            let pending = refused.status == 409 && refused.code() == "payment_pending";
            let paid =
                refused.status == 409 && refused.code() == "wrong_state" && refused.json()["state"] == "paid";
            assert!(pending || paid, "{}", refused.told());
        }
        let payments = tenant
            .all
            .all(&format!("/payments/v1/payments?customer={}", buyer.customer))
            .await;
        assert_eq!(payments.len(), 1, "{payments:?}");
        assert_eq!(
            (&payments[0]["captured"], &payments[0]["status"]),
            (&json!(1999), &json!("captured"))
        );
        assert_eq!(
            tenant.all.get(&path).await.ok()["payment"]["id"],
            payments[0]["id"]
        );
    });
}
