//! `POST /payments/v1/payments/{id}/capture`: takes reserved money, whole or in parts.

use super::{Payment, PaymentId, PaymentItem};
use crate::{
    provider::{Operation, Order, Reply},
    settle::Following,
};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, EffectEndpoint, Intended, Outcome, Uses, methods},
    money::Amount,
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Key, Table},
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
    /// Whether it is the last capture: what it leaves of the hold is let go.
    #[internal]
    r#final: Option<bool>,
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
        "Capture an authorised payment, whole or in part, and let the rest go with the last part",
    )
    .soap("capturePayment")
    .refuses(&[codes::WRONG_STATE])
    .uses(&[Uses::Post, Uses::Write(Table::Payments), Uses::Key(Purpose::Pii)]);
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
        let (reserved, amount) =
            old.reserve_capture(input.amount.map(Amount::minor), input.r#final.unwrap_or_default())?;
        let order = Order::following(cx, &reserved, Operation::Capture, amount)?;
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
