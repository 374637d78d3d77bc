//! `carry_out_reviews`: what a person has decided about a payment is done, and what nobody has decided in time is declined.
//!
//! A payment that goes on leaves its question behind in the very transaction that lets it go on, before the provider is asked: what a
//! crash leaves in between is found out as every other lost answer is ([`super::sync`]), and never asked for twice.

use crate::{
    payments::{Payment, PaymentItem},
    provider::{LiveCard, Order, Provider, Reply},
    questions::OpenQuestion,
    settle::Objects,
};
use risk::{
    Subject,
    reviews::{ReviewItem, ReviewStatus, ReviewTask, task::TASKS, told},
};
use serde_json::json;
use shared::{
    crypto::Purpose,
    customer::CustomerRef,
    endpoint::Uses,
    ids::TenantId,
    problem::Problem,
    road::{Batch, Context},
    store::{Changes, Event, Stored, Table},
    worker::{Place, Trigger, Work, Worker, for_tenants},
};

/// The worker. It alone charges a card that a person has let go on, so it holds the key of numbers; it is given none.
pub const WORKER: Worker = Worker {
    name: "carry_out_reviews",
    service: "payments",
    trigger: Trigger::Schedule("rate(1 minute)"),
    place: Place::Home,
    summary: "Carry out what people have decided about payments that waited",
    uses: &[
        Uses::Read(Table::Tenancy),
        Uses::Post,
        Uses::Write(Table::Payments),
        Uses::Write(Table::Risk),
        Uses::Read(Table::Billing),
        Uses::Read(Table::Vault),
        Uses::Write(Table::Audit),
        Uses::Key(Purpose::Card),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Risk, 1),
        Uses::List(Table::Tenancy, 1),
    ],
    batch: 1,
    timeout: 60,
    run: |work, _| {
        Box::pin(async move {
            let done = for_tenants(
                &work,
                |work, tenant| async move { carry_out(work, &tenant).await },
            );
            Ok(json!({"carried_out": done.await?}))
        })
    },
};

/// Does what there is to do for a tenant, what has waited longest first.
async fn carry_out(work: &Work, tenant: &TenantId) -> Result<usize, Problem> {
    let cx = work.context(tenant);
    let mut pages = cx.oldest_first::<ReviewTask>(1, TASKS);
    let mut done = 0;
    while let Some(tasks) = pages.next().await? {
        for task in tasks {
            if task.at > cx.now() || !cx.at_home().await? {
                return Ok(done);
            }
            match one(&cx, &task).await {
                Ok(()) => done += 1,
                // Somebody else was quicker; if there is anything left to do, the next run does it.
                Err(None) => {}
                Err(Some(problem)) => tracing::warn!(
                    code = problem.code,
                    internal = problem.internal,
                    "a review is not carried out"
                ),
            }
        }
    }
    Ok(done)
}

/// What a task is about.
struct Found {
    review: Stored<ReviewItem>,
    payment: Stored<PaymentItem>,
    /// The card, unless it was deleted or the customer may not be worked with.
    card: Option<vault::Card>,
    denied: bool,
}

impl Found {
    async fn read(cx: &Context, task: &ReviewTask) -> Result<Self, Problem> {
        let customer = Subject::Customer(task.customer.clone());
        let [review, payment, person] = [
            cx.key::<ReviewItem>(task.id.as_str()),
            cx.key::<PaymentItem>(task.payment.as_str()),
            cx.key::<CustomerRef>(task.customer.as_str()),
        ];
        let mut keys = vec![review.clone(), payment.clone(), person.clone()];
        keys.extend(vault::cards::keys(cx, &task.payment_method));
        keys.extend(customer.keys(cx));
        keys.sort();
        keys.dedup();
        let mut batch = cx.batch(&keys).await?;
        let person = batch.take::<CustomerRef>(&person)?;
        let card = vault::cards::take(cx, &mut batch, &task.payment_method)?;
        let card = card.filter(|_| person.is_some_and(|p| p.may_be_processed().is_ok()));
        let denied = denied(cx, &customer, &mut batch)?;
        Ok(Self {
            review: batch.take(&review)?.ok_or_else(Problem::not_found)?,
            payment: batch.take(&payment)?.ok_or_else(Problem::not_found)?,
            denied: denied || card_denied(cx, card.as_ref()).await?,
            card,
        })
    }

    /// Why a payment that a person has approved does not go on all the same: nothing that allows beats a deny list.
    fn refused(&self) -> Option<&'static str> {
        match (&self.card, self.denied) {
            (_, true) => Some("risk"),
            (None, false) => Some("not_chargeable"),
            (Some(_), false) => None,
        }
    }
}

fn denied(cx: &Context, subject: &Subject, batch: &mut Batch<'_>) -> Result<bool, Problem> {
    subject.standing(cx, batch).map(|standing| standing.denied)
}

async fn card_denied(cx: &Context, card: Option<&vault::Card>) -> Result<bool, Problem> {
    let Some(card) = card else { return Ok(false) };
    let subject = Subject::Card(card.item.tag());
    denied(cx, &subject, &mut cx.batch(&subject.keys(cx)).await?)
}

/// Carries out one review.
async fn one(cx: &Context, task: &Stored<ReviewTask>) -> Result<(), Option<Problem>> {
    let found = Found::read(cx, task).await?;
    let mut changes = Changes::new().write(cx.delete(task));
    let status = if found.review.status == ReviewStatus::Open {
        let expired = found.review.expired(cx.now())?;
        changes = changes
            .write(cx.replace(&found.review, &expired)?)
            .event(told("review.expired", &expired));
        expired.status
    } else {
        changes = changes.event(told("review.decided", &found.review));
        found.review.status
    };
    let refused = match status {
        ReviewStatus::Approved => found.refused(),
        ReviewStatus::Expired => Some("review_expired"),
        _ => Some("review_declined"),
    };
    match (refused, &found.card) {
        (None, Some(card)) => go_on(cx, &found.payment, card, changes).await,
        (refused, _) => end(cx, &found.payment, refused.unwrap_or("not_chargeable"), changes).await,
    }
}

/// The payment is declined, and nothing is charged.
async fn end(
    cx: &Context,
    old: &Stored<PaymentItem>,
    code: &str,
    changes: Changes,
) -> Result<(), Option<Problem>> {
    let next = old.turned_down(code)?;
    let id = next.id.to_string();
    let changes = changes
        .write(cx.replace(old, &next)?)
        .object(&id, Some(&old.item), Some(&next))
        .event(Event::about("payment.declined", &id, &Payment::from(&next)).of(&next));
    cx.commit(changes).await
}

/// The provider is asked, once. Its card verification value was kept nowhere, so it comes without.
async fn go_on(
    cx: &Context,
    old: &Stored<PaymentItem>,
    card: &vault::Card,
    changes: Changes,
) -> Result<(), Option<Problem>> {
    let next = old.approved()?;
    let details = card.details();
    let details = details.ok_or_else(|| Problem::internal("a payment in review without a card"))?;
    let live = LiveCard {
        number: card.number(cx).await?,
        exp_month: details.exp_month,
        exp_year: details.exp_year,
        cvv: None,
    };
    let order = Order::first(&next);
    let question = OpenQuestion::about(cx, &order);
    let changes = changes
        .write(cx.replace(old, &next)?)
        .write(cx.create(&question)?)
        .write(Subject::Customer(next.customer.clone()).not_denied(cx))
        .write(Subject::Card(card.item.tag()).not_denied(cx))
        .object(next.id.as_str(), Some(&old.item), Some(&next));
    cx.commit(changes).await?;
    let objects = Objects {
        payment: Stored {
            item: next,
            revision: old.revision.saturating_add(1),
        },
        refund: None,
    };
    let reply = order.provider.authorise(cx, &order, &live).await;
    let (_, changes) = objects.settle_beside(cx, &order, &reply, true).await?;
    let changes = if reply == Reply::Unknown {
        changes
    } else {
        let question = Stored {
            item: question,
            revision: 1,
        };
        changes.write(cx.delete(&question))
    };
    cx.commit(changes).await
}
