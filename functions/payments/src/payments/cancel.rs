//! `POST /payments/v1/payments/{id}/cancel`: lets reserved money go.

use super::{Payment, PaymentId, PaymentItem, PaymentStatus};
use crate::{
    provider::{Operation, Order, Reply},
    settle::Following,
};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, EffectEndpoint, Intended, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Event, Key, Stored, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The payment.
    #[public]
    id: PaymentId,
}

/// The endpoint.
#[derive(Debug)]
pub struct Cancel;

impl EffectEndpoint for Cancel {
    const DECLARATION: Declaration = Declaration::new(
        "cancel_payment",
        methods::post,
        "/payments/v1/payments/{id}/cancel",
        Access::Right(&rbac::PAYMENT_CANCEL),
        Audit::Change,
        "Cancel an authorised payment or one that waits for a person, or let go of what is left of it after a part is captured",
    )
    .soap("cancelPayment")
    .refuses(&[codes::WRONG_STATE])
    .uses(&[
        Uses::Write(Table::Payments),
        Uses::Write(Table::Risk),
        Uses::Key(Purpose::Pii),
    ]);
    type Input = Input;
    type Answer = Payment;
    type Intent = Following;
    type Live = ();
    type Effect = Reply;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<PaymentItem>()]
    }

    async fn intend(cx: &Context, input: Input) -> Result<Intended<Following, (), Payment>, Problem> {
        let old = cx.get::<PaymentItem>(input.id.as_str()).await?;
        if old.status == PaymentStatus::InReview {
            return withdraw(cx, &old).await.map(Intended::Stop);
        }
        let reserved = old.reserve_cancel()?;
        let order = Order::following(cx, &reserved, Operation::Cancel, reserved.capturable())?;
        Following::intended(cx, &old, reserved, order, None)
    }

    async fn perform(cx: &Context, intent: &Following, (): ()) -> Reply {
        intent.ask(cx).await
    }

    async fn recover(cx: &Context, intent: &Following) -> Option<Reply> {
        intent.asked(cx).await
    }

    async fn conclude(cx: &Context, intent: &Following, reply: &Reply) -> Result<Outcome<Payment>, Problem> {
        let (next, changes) = intent.settle(cx, reply).await?;
        Ok(Outcome::changed(
            Payment::shown(cx, &next.payment).await?,
            changes,
        ))
    }
}

/// A payment that waits for a person: its review ends with it, and no provider is asked.
async fn withdraw(cx: &Context, old: &Stored<PaymentItem>) -> Result<Outcome<Payment>, Problem> {
    let next = old.withdrawn()?;
    let review = old.review.as_ref();
    let review = review.ok_or_else(|| Problem::internal("a payment in review without a review"))?;
    let id = next.id.to_string();
    let changes = Changes::new()
        .write(cx.replace(old, &next)?)
        .object(&id, Some(&old.item), Some(&next))
        .event(Event::about("payment.canceled", &id, &Payment::from(&next)).of(&next));
    let changes = risk::reviews::withdraw(cx, review, changes).await?;
    Ok(Outcome::changed(Payment::shown(cx, &next).await?, changes))
}
