//! `POST /payments/v1/payments/{id}/refunds`: gives money back, whole or in parts, never more than was taken.

use super::{Refund, RefundId, RefundItem, RefundStatus};
use crate::{
    payments::{PaymentId, PaymentItem},
    provider::{Operation, Order, Reply},
    settle::Following,
};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, EffectEndpoint, Intended, Outcome, Uses, methods},
    metadata::Metadata,
    money::Amount,
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Key, Stored, Table},
    text::Line,
    words::Words,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The payment.
    #[public]
    id: PaymentId,
    /// How much, in minor units; all that is left when absent.
    #[internal]
    amount: Option<Amount>,
    /// Why. Sealed under the customer's key.
    #[personal]
    reason: Option<Line>,
    /// What the tenant keeps with it: at most 20 keys.
    #[personal]
    metadata: Option<Metadata>,
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
    .soap("refundPayment")
    .refuses(&[codes::CUSTOMER_ERASED, codes::WRONG_STATE])
    .status(201)
    .uses(&[
        Uses::Post,
        Uses::Write(Table::Payments),
        Uses::Key(Purpose::Index),
        Uses::Key(Purpose::Pii),
    ]);
    type Input = Input;
    type Answer = Refund;
    type Intent = Following;
    type Live = ();
    type Effect = Reply;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<PaymentItem>()]
    }

    async fn intend(cx: &Context, input: Input) -> Result<Intended<Following, (), Refund>, Problem> {
        let old = cx.get::<PaymentItem>(input.id.as_str()).await?;
        let mut order = Order::following(cx, &old, Operation::Refund, 0)?;
        let id = RefundId::of_key(&order.key, cx.now());
        order.refund = Some(id.clone());
        // The id is free unless the record of a call was lost, which a lost race tells.
        if cx.round() > 0
            && let Some(before) = cx.find::<RefundItem>(id.as_str()).await?
        {
            return again(cx, old, before, order, input.amount.map(Amount::minor)).await;
        }
        let (reserved, amount) = old.reserve_refund(input.amount.map(Amount::minor))?;
        order.amount = amount;
        let mut refund = RefundItem::pending(id, &reserved, amount, cx.now());
        let (customer, id) = (reserved.customer.as_str(), refund.id.as_str());
        refund.metadata = Metadata::about::<RefundItem>(input.metadata.as_ref(), cx, customer, id).await?;
        if let Some(reason) = &input.reason {
            let cipher = cx.customer_cipher(customer).await?;
            refund.reason = Some(Words::sealed::<RefundItem>(
                &cipher,
                id,
                "-",
                "reason",
                reason.as_str(),
            )?);
        }
        Following::intended(cx, &old, reserved, order, Some(refund))
    }

    async fn perform(cx: &Context, intent: &Following, (): ()) -> Reply {
        intent.ask(cx).await
    }

    async fn recover(cx: &Context, intent: &Following) -> Option<Reply> {
        intent.asked(cx).await
    }

    async fn conclude(cx: &Context, intent: &Following, reply: &Reply) -> Result<Outcome<Refund>, Problem> {
        let (next, changes) = intent.settle(cx, reply).await?;
        let refund = next
            .refund
            .ok_or_else(|| Problem::internal("a refund's order names no refund"))?;
        Ok(Outcome::changed(Refund::shown(cx, &refund).await?, changes))
    }
}

/// Goes on with the refund of a call whose own record was lost with a region: the same order under the same id.
async fn again(
    cx: &Context,
    payment: Stored<PaymentItem>,
    before: Stored<RefundItem>,
    mut order: Order,
    amount: Option<i64>,
) -> Result<Intended<Following, (), Refund>, Problem> {
    if before.payment != payment.id || amount.is_some_and(|amount| amount != before.amount) {
        return Err(Problem::key_reused());
    }
    if before.status != RefundStatus::Pending {
        let known = Refund::shown(cx, &before.item).await?;
        return Ok(Intended::Stop(Outcome::changed(known, Changes::new())));
    }
    order.amount = before.amount;
    Following::resumed(cx, payment, before, order)
}
