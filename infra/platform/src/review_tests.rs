//! Reviews carried out against the stand-ins of AWS: killed at every step and run in parallel, what a person has let go on is charged
//! once at most, and nothing else is.

use super::testing::{Stage0, killed};
use billing::customers::CustomerItem;
use payments::{
    payments::{CardSummary, PaymentId, PaymentItem, PaymentStatus},
    provider::{ProviderName, SandboxItem},
    questions::OpenQuestion,
};
use risk::{
    RiskOutcome, Verdict,
    lines::{LineItem, line_id},
    lists::{ListId, ListKind},
    reviews::{ReviewClaim, ReviewId, ReviewItem, ReviewStatus, ReviewTask},
};
use serde_json::{Value, json};
use shared::{
    crypto::Purpose,
    endpoint::Uses,
    ids::{CustomerId, PaymentMethodId, TenantId},
    road::Context,
    store::{BlindIndex, Changes, Table},
    time::after,
    worker::{PATIENCE, Place, Trigger, Work, Worker},
};
use vault::payment_methods::MethodItem;

/// Makes what tests begin with, and reads what they end with.
static MAKER: Worker = Worker {
    name: "make_for_tests",
    service: "payments",
    trigger: Trigger::Manual,
    place: Place::Home,
    summary: "Make what tests begin with",
    uses: &[
        Uses::Write(Table::Payments),
        Uses::Write(Table::Risk),
        Uses::Write(Table::Vault),
        Uses::Write(Table::Billing),
        Uses::Write(Table::Keys),
        Uses::Write(Table::Audit),
        Uses::Key(Purpose::Card),
        Uses::Key(Purpose::Pii),
        Uses::Key(Purpose::Secret),
    ],
    batch: 1,
    timeout: 60,
    run: |_, _| Box::pin(async { Ok(Value::Null) }),
};

/// Seconds until a review is due.
const DUE: i64 = 3_600;

impl Stage0 {
    fn maker(&self) -> Context {
        Work::new(self.stand_ins.app.clone(), &MAKER).context(&TenantId::platform())
    }

    /// A payment in review, with a card of this number and a review in this state.
    async fn waiting(&self, number: &str, status: ReviewStatus) -> PaymentItem {
        let cx = self.maker();
        let now = cx.now();
        let (customer, method) = (CustomerId::new(now), PaymentMethodId::new(now));
        let (person, keep) = cx.new_subject(customer.as_str(), Purpose::Pii).await.unwrap();
        let sealed = |field: &str| {
            person
                .seal::<CustomerItem>(customer.as_str(), "-", field, b"Ada")
                .unwrap()
        };
        let buyer = CustomerItem {
            id: customer.clone(),
            name: sealed("name"),
            email: sealed("email"),
            country: None,
            reference: None,
            default_payment_method: None,
            restricted_at: None,
            erased_at: None,
            created_at: now,
            billing: None,
            metadata: None,
        };
        let (cipher, card_key) = cx.new_subject(method.as_str(), Purpose::Card).await.unwrap();
        let from = |value: Value| serde_json::from_value(value).unwrap();
        let card = MethodItem {
            id: method.clone(),
            customer: customer.clone(),
            r#type: serde_json::from_value(json!("card")).unwrap(),
            number: cipher
                .seal::<MethodItem>(method.as_str(), "-", "number", number.as_bytes())
                .unwrap(),
            holder: None,
            brand: from(json!("visa")),
            first6: Some(number[..6].to_owned()),
            last4: number[12..].to_owned(),
            exp_month: serde_json::from_value(json!(12)).unwrap(),
            exp_year: serde_json::from_value(json!(2034)).unwrap(),
            country: None,
            fingerprint: BlindIndex(method.as_str().as_bytes().to_vec()),
            created_at: now,
        };
        let review = ReviewItem {
            id: ReviewId::new(now),
            payment: PaymentId::new(now),
            customer: customer.clone(),
            payment_method: method.clone(),
            amount: 5_000,
            currency: "EUR".parse().unwrap(),
            risk: Verdict {
                score: 50,
                outcome: RiskOutcome::Review,
                reasons: Vec::new(),
                version: Some(1),
            },
            status,
            due_at: after(now, DUE),
            claim: ReviewClaim::Free,
            claimed_by: None,
            claimed_at: None,
            snoozed_until: None,
            decided_by: None,
            decided_at: None,
            reason: None,
            label: None,
            asked_by: "usr_1".into(),
            created_at: now,
        };
        let payment = PaymentItem {
            id: review.payment.clone(),
            customer,
            payment_method: method,
            amount: review.amount,
            currency: review.currency,
            status: PaymentStatus::InReview,
            capture: true,
            captured: 0,
            capture_pending: 0,
            released: 0,
            release_pending: 0,
            refunded: 0,
            refund_pending: 0,
            cancel_pending: false,
            invoice: None,
            risk: review.risk.clone(),
            shadow: None,
            review: Some(review.id.clone()),
            decline_code: None,
            reference: None,
            card: CardSummary {
                brand: serde_json::from_value(json!("visa")).unwrap(),
                last4: card.last4.clone(),
            },
            provider: ProviderName::Sandbox,
            provider_key: format!("key of {}", review.payment),
            created_at: now,
            metadata: None,
        };
        let open = status == ReviewStatus::Open;
        let task = ReviewTask::of(&review, if open { review.due_at } else { now });
        let changes = Changes::new()
            .write(keep)
            .write(card_key)
            .write(cx.create(&buyer).unwrap())
            .write(cx.create(&card).unwrap())
            .write(cx.create(&review).unwrap())
            .write(cx.create(&task).unwrap())
            .write(cx.create(&payment).unwrap());
        cx.apply(changes).await.unwrap();
        payment
    }

    async fn paid(&self, of: &PaymentItem) -> PaymentItem {
        self.maker()
            .get::<PaymentItem>(of.id.as_str())
            .await
            .unwrap()
            .item
    }

    /// What the provider was asked for, and what it said.
    async fn at_the_provider(&self, of: &PaymentItem) -> Option<SandboxItem> {
        self.maker()
            .outside_get::<SandboxItem>(&of.provider_key)
            .await
            .unwrap()
    }

    async fn left(&self, of: &PaymentItem) -> (bool, bool) {
        let cx = self.maker();
        let review = of.review.as_ref().unwrap().as_str();
        let task = cx.find::<ReviewTask>(review).await.unwrap();
        let question = cx.find::<OpenQuestion>(&of.provider_key).await.unwrap();
        (task.is_some(), question.is_some())
    }

    async fn carried_out(&self) -> u64 {
        self.run("carry_out_reviews").await.unwrap()["carried_out"]
            .as_u64()
            .unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_approved_is_charged_and_what_is_declined_or_late_is_not() {
    let it = Stage0::set("reviews").await;
    let good = "4242424242424242";
    let approved = it.waiting(good, ReviewStatus::Approved).await;
    let refused = it.waiting("4000000200000000", ReviewStatus::Approved).await;
    let declined = it.waiting(good, ReviewStatus::Declined).await;
    let late = it.waiting(good, ReviewStatus::Open).await;
    let denied = it.waiting(good, ReviewStatus::Approved).await;
    let erased = it.waiting(good, ReviewStatus::Approved).await;
    let cx = it.maker();
    // Since then somebody was put on a deny list, and somebody erased.
    let subject = risk::Subject::Customer(denied.customer.clone());
    let line = LineItem {
        id: line_id(ListKind::Deny, &subject),
        lists: [(ListId::new(cx.now()).to_string(), None)].into(),
        until: None,
    };
    let person = cx.get::<CustomerItem>(erased.customer.as_str()).await.unwrap();
    let gone = CustomerItem {
        erased_at: Some(cx.now()),
        ..person.item.clone()
    };
    let changes = Changes::new()
        .write(cx.create(&line).unwrap())
        .write(cx.replace(&person, &gone).unwrap());
    cx.apply(changes).await.unwrap();

    assert_eq!(it.carried_out().await, 5);
    assert_eq!(
        it.paid(&late).await.status,
        PaymentStatus::InReview,
        "it is not due"
    );
    it.clock.by(DUE);
    assert_eq!(it.carried_out().await, 1);
    assert_eq!(it.carried_out().await, 0, "nothing is left");
    for (payment, status, code) in [
        (&approved, PaymentStatus::Captured, None),
        (&refused, PaymentStatus::Declined, Some("generic_decline")),
        (&declined, PaymentStatus::Declined, Some("review_declined")),
        (&late, PaymentStatus::Declined, Some("review_expired")),
        (&denied, PaymentStatus::Declined, Some("risk")),
        (&erased, PaymentStatus::Declined, Some("not_chargeable")),
    ] {
        let paid = it.paid(payment).await;
        assert_eq!((paid.status, paid.decline_code.as_deref()), (status, code));
        assert_eq!(it.left(payment).await, (false, false));
        let asked = it.at_the_provider(payment).await.is_some();
        assert_eq!(asked, [None, Some("generic_decline")].contains(&code), "{code:?}");
    }
    let review = late.review.as_ref().unwrap().as_str();
    let review = it.maker().get::<ReviewItem>(review).await.unwrap();
    assert_eq!(review.status, ReviewStatus::Expired);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_killed_anywhere_leaves_nothing_that_is_not_found_out() {
    let it = Stage0::set("reviews-killed").await;
    let mut all = Vec::new();
    // Killed after so many steps, ever later; the provider may have been asked or not.
    for polls in (0..40).map(|n| n * 3) {
        all.push(it.waiting("4242424242424242", ReviewStatus::Approved).await);
        let _ = killed(it.run("carry_out_reviews"), polls).await;
    }
    it.run("carry_out_reviews").await.unwrap();
    it.clock.by(PATIENCE + 1);
    it.run("sync_payments").await.unwrap();
    let mut captured = 0;
    for payment in &all {
        let (paid, asked) = (it.paid(payment).await, it.at_the_provider(payment).await);
        assert_eq!(it.left(payment).await, (false, false), "{}", payment.id);
        // What the books say is what the provider says: never the one without the other.
        let taken = asked.is_some_and(|asked| asked.declined.is_none());
        let expected = if taken {
            PaymentStatus::Captured
        } else {
            PaymentStatus::Declined
        };
        assert_eq!(paid.status, expected);
        captured += usize::from(taken);
    }
    assert!(captured > 0, "some got through");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_runs_at_once_charge_once() {
    let it = Stage0::set("reviews-races").await;
    let one = it.waiting("4242424242424242", ReviewStatus::Approved).await;
    let runs = futures::future::join_all((0..50).map(|_| it.carried_out())).await;
    assert_eq!(runs.iter().sum::<u64>(), 1);
    let paid = it.paid(&one).await;
    assert_eq!((paid.status, paid.captured), (PaymentStatus::Captured, 5_000));
    assert_eq!(it.left(&one).await, (false, false));
}
