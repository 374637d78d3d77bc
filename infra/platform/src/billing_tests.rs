//! Bill runs against the stand-ins of AWS: killed at every step, started twice and in parallel, a boundary is billed once.

use super::testing::{Stage0, killed};
use billing::{
    customers::CustomerItem,
    prices::{BillingScheme, Interval, PriceId, PriceItem, PriceKind},
    products::ProductId,
    rated::SubscriptionId,
    subscriptions::{
        BillingAnchor, Invoicing, KeptLineItem, KeptTerms, ProrationBasis, SubscriptionItem,
        SubscriptionLineId, SubscriptionStatus, due::looks,
    },
    workers::bill::run,
};
use serde_json::{Map, Value};
use shared::{
    crypto::Purpose,
    ids::{CustomerId, TenantId},
    road::Context,
    store::{Changes, Table},
    text::Line,
    time::{SignedDuration, Timestamp},
};
use std::collections::BTreeSet;

const DAY: i64 = 24;

impl Stage0 {
    fn billing(&self) -> Context {
        self.work("bill_subscriptions").context(&TenantId::platform())
    }

    /// A subscription of a customer of its own for 10.00 a day, which began so many days ago.
    async fn subscribed(&self, days: i64) -> SubscriptionId {
        let cx = self.billing();
        let (id, customer) = (SubscriptionId::new(cx.now()), CustomerId::new(cx.now()));
        let (cipher, keep) = cx.new_subject(customer.as_str(), Purpose::Pii).await.unwrap();
        let sealed = |field: &str, text: &str| {
            let sealed = cipher.seal::<CustomerItem>(customer.as_str(), "-", field, text.as_bytes());
            sealed.unwrap()
        };
        let start = cx.now() - SignedDuration::from_hours(DAY * days) - SignedDuration::from_hours(1);
        let buyer = CustomerItem {
            id: customer.clone(),
            name: sealed("name", "Ada"),
            email: sealed("email", "ada@example.com"),
            country: None,
            reference: None,
            default_payment_method: None,
            restricted_at: None,
            erased_at: None,
            created_at: cx.now(),
            billing: None,
            metadata: None,
        };
        let item = SubscriptionItem {
            zone: cipher
                .seal::<SubscriptionItem>(id.as_str(), "-", "time_zone", b"UTC")
                .unwrap(),
            id,
            customer,
            currency: "EUR".parse().unwrap(),
            status: SubscriptionStatus::Trialing,
            interval: Interval::Day,
            interval_count: 1,
            anchor: BillingAnchor::Start,
            anchor_day: None,
            proration: ProrationBasis::Day,
            invoicing: Invoicing::Issue,
            starts_at: start,
            paid_from: start,
            next: 0,
            period_start: None,
            period_end: None,
            due_at: Some(start),
            items: vec![KeptLineItem {
                id: SubscriptionLineId::new(cx.now()),
                terms: terms(cx.now()),
                pending: None,
                segments: Vec::new(),
            }],
            usage_billed_to: None,
            waiting: Vec::new(),
            ends_with_period: false,
            canceled_at: None,
            billing_problem: None,
            created_at: cx.now(),
            metadata: None,
        };
        let due = looks(&cx, None, &item).unwrap().unwrap();
        let changes = Changes::new().write(keep).write(due);
        let changes = changes
            .write(cx.create(&buyer).unwrap())
            .write(cx.create(&item).unwrap());
        cx.apply(changes).await.unwrap();
        item.id
    }

    async fn run_bills(&self) -> usize {
        run(&self.work("bill_subscriptions"), &TenantId::platform())
            .await
            .unwrap()
    }

    /// Every invoice, as it is kept: the subscription, and its number.
    async fn billed(&self) -> Vec<(String, String)> {
        let kept = self.kept(Table::Billing).await;
        let invoices = kept.iter().filter(|item| kind(item) == "invoice");
        let told = invoices.map(|item| {
            let text = |name: &str, of: &str| item[name][of].as_str().unwrap_or_default().to_owned();
            (text("subscription", "S"), text("sequence", "N"))
        });
        told.collect()
    }
}

fn kind(item: &Map<String, Value>) -> &str {
    let key = item["pk"]["S"].as_str().unwrap_or_default();
    key.split('#').nth(2).unwrap_or_default()
}

fn terms(now: Timestamp) -> KeptTerms {
    KeptTerms {
        price: PriceItem {
            id: PriceId::new(now),
            product: ProductId::new(now),
            currency: "EUR".parse().unwrap(),
            billing_scheme: BillingScheme::PerUnit,
            unit_amount: billing::amounts::UnitAmount::parse("1000").unwrap(),
            tiers: Vec::new(),
            package_size: None,
            free_units: None,
            kind: PriceKind::Recurring,
            interval: Some(Interval::Day),
            interval_count: None,
            meter: None,
            aggregation: None,
            value_property: None,
            usage_grace_hours: None,
            created_at: now,
            archived_at: None,
        },
        name: Line::parse("Seat").unwrap(),
        tax_category: None,
        supply: None,
        quantity: billing::amounts::Quantity::ONE.into(),
    }
}

/// What is billed: each subscription so often, and numbers without a gap or a repeat.
fn each(billed: &[(String, String)], subscriptions: &[SubscriptionId], times: usize) {
    for id in subscriptions {
        let found = billed.iter().filter(|(of, _)| of == id.as_str()).count();
        assert_eq!(found, times, "{id}");
    }
    let numbers: BTreeSet<usize> = billed.iter().map(|(_, number)| number.parse().unwrap()).collect();
    assert_eq!(numbers, (1..=subscriptions.len() * times).collect());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_killed_anywhere_and_started_again_bills_each_boundary_once() {
    let it = Stage0::set("billing-killed").await;
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(it.subscribed(2).await);
    }
    // Killed after so many steps, ever later; the next one goes on.
    for polls in (0..60).map(|n| n * 3) {
        let _ = killed(it.run_bills(), polls).await;
    }
    it.run_bills().await;
    assert_eq!(it.run_bills().await, 0, "nothing is left");
    each(&it.billed().await, &all, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_runs_at_once_bill_each_boundary_once() {
    let it = Stage0::set("billing-races").await;
    let all = [it.subscribed(1).await, it.subscribed(1).await];
    let runs = futures::future::join_all((0..50).map(|_| it.run_bills())).await;
    let more = it.run_bills().await;
    assert_eq!(runs.iter().sum::<usize>() + more, 4);
    each(&it.billed().await, &all, 2);
}
