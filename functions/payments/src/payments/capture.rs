//! `POST /payments/v1/payments/{id}/capture`: takes reserved money, whole or in parts.

use super::{Payment, PaymentId, PaymentItem};
use crate::{
    provider::{Operation, Order, Provider, Reply, asked},
    settle::Objects,
};
use schemars::JsonSchema;
use shared::{
    endpoint::{Access, Audit, Declaration, EffectEndpoint, Intended, Outcome, Uses, methods},
    money::Amount,
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Table},
};

/// What comes in.
#[derive(Record, JsonSchema)]
#[record(input)]
#[schemars(deny_unknown_fields)]
pub struct Input {
    /// The payment.
    #[public]
    id: PaymentId,
    /// How much, in minor units; all that is left when absent.
    #[internal]
    amount: Option<Amount>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Capture;

impl EffectEndpoint for Capture {
    const DECLARATION: Declaration = Declaration::new(
        "capture_payment",
        methods::post,
        "/payments/v1/payments/{id}/capture",
        Access::Right(&rbac::PAYMENT_CAPTURE),
        Audit::Change,
        "Capture an authorised payment, whole or in part",
    )
    .uses(&[Uses::Write(Table::Payments)]);
    type Input = Input;
    type Answer = Payment;
    type Intent = Order;
    type Live = ();
    type Effect = Reply;

    async fn intend(cx: &Context, input: Input) -> Result<Intended<Order, (), Payment>, Problem> {
        let old = cx.get::<PaymentItem>(input.id.as_str()).await?;
        let (reserved, amount) = old.reserve_capture(input.amount.map(Amount::minor))?;
        let order = Order::following(cx, &reserved, Operation::Capture, amount)?;
        let changes = Changes::new().write(cx.replace(&old, &reserved)?);
        let changes = changes.object(input.id.as_str(), Some(&old.item), Some(&reserved));
        Ok(Intended::Go {
            intent: order,
            live: (),
            changes,
        })
    }

    async fn perform(cx: &Context, order: &Order, (): ()) -> Reply {
        order.provider.capture(cx, order).await
    }

    async fn recover(cx: &Context, order: &Order) -> Option<Reply> {
        asked(cx, order).await
    }

    async fn conclude(cx: &Context, order: &Order, reply: &Reply) -> Result<Outcome<Payment>, Problem> {
        let (next, changes) = Objects::read(cx, order).await?.settle(cx, order, reply)?;
        Ok(Outcome::changed(Payment::from(&next.payment), changes))
    }
}
