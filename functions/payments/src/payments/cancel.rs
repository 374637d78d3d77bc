//! `POST /payments/v1/payments/{id}/cancel`: lets reserved money go.

use super::{Payment, PaymentId, PaymentItem};
use crate::{
    provider::{Operation, Order, Provider, Reply, asked},
    settle::Objects,
};
use schemars::JsonSchema;
use shared::{
    endpoint::{Access, Audit, Declaration, EffectEndpoint, Intended, Outcome, Uses, methods},
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
        "Cancel an authorised payment of which nothing is captured",
    )
    .uses(&[Uses::Write(Table::Payments)]);
    type Input = Input;
    type Answer = Payment;
    type Intent = Order;
    type Live = ();
    type Effect = Reply;

    async fn intend(cx: &Context, input: Input) -> Result<Intended<Order, (), Payment>, Problem> {
        let old = cx.get::<PaymentItem>(input.id.as_str()).await?;
        let reserved = old.reserve_cancel()?;
        let order = Order::following(cx, &reserved, Operation::Cancel, reserved.amount)?;
        let changes = Changes::new().write(cx.replace(&old, &reserved)?);
        let changes = changes.object(input.id.as_str(), Some(&old.item), Some(&reserved));
        Ok(Intended::Go {
            intent: order,
            live: (),
            changes,
        })
    }

    async fn perform(cx: &Context, order: &Order, (): ()) -> Reply {
        order.provider.cancel(cx, order).await
    }

    async fn recover(cx: &Context, order: &Order) -> Option<Reply> {
        asked(cx, order).await
    }

    async fn conclude(cx: &Context, order: &Order, reply: &Reply) -> Result<Outcome<Payment>, Problem> {
        let (next, changes) = Objects::read(cx, order).await?.settle(cx, order, reply)?;
        Ok(Outcome::changed(Payment::from(&next.payment), changes))
    }
}
