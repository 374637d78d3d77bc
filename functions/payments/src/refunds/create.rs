//! `POST /payments/v1/payments/{id}/refunds`: gives money back, whole or in parts, never more than was taken.

use super::{Refund, RefundItem};
use crate::{
    payments::{PaymentId, PaymentItem},
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
    text::Line,
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
    /// Why. Not a place for personal data.
    #[internal]
    reason: Option<Line>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Create;

impl EffectEndpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_refund",
        methods::post,
        "/payments/v1/payments/{id}/refunds",
        Access::Right(&rbac::PAYMENT_REFUND),
        Audit::Alert,
        "Refund a captured payment, whole or in part",
    )
    .status(201)
    .uses(&[Uses::Write(Table::Payments)]);
    type Input = Input;
    type Answer = Refund;
    type Intent = Order;
    type Live = ();
    type Effect = Reply;

    async fn intend(cx: &Context, input: Input) -> Result<Intended<Order, (), Refund>, Problem> {
        let old = cx.get::<PaymentItem>(input.id.as_str()).await?;
        let (reserved, amount) = old.reserve_refund(input.amount.map(Amount::minor))?;
        let refund = RefundItem::pending(&reserved, amount, input.reason, cx.now());
        let mut order = Order::following(cx, &reserved, Operation::Refund, amount)?;
        order.refund = Some(refund.id.clone());
        let changes = Changes::new()
            .write(cx.replace(&old, &reserved)?)
            .write(cx.create(&refund)?)
            .object(refund.id.as_str(), None, Some(&refund));
        Ok(Intended::Go {
            intent: order,
            live: (),
            changes,
        })
    }

    async fn perform(cx: &Context, order: &Order, (): ()) -> Reply {
        order.provider.refund(cx, order).await
    }

    async fn recover(cx: &Context, order: &Order) -> Option<Reply> {
        asked(cx, order).await
    }

    async fn conclude(cx: &Context, order: &Order, reply: &Reply) -> Result<Outcome<Refund>, Problem> {
        let (next, changes) = Objects::read(cx, order).await?.settle(cx, order, reply)?;
        let refund = next
            .refund
            .ok_or_else(|| Problem::internal("a refund's order names no refund"))?;
        Ok(Outcome::changed(Refund::from(&refund), changes))
    }
}
