//! `GET /payments/v1/payments/{id}`.

use super::{Payment, PaymentId, PaymentItem};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
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
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_payment",
        methods::get,
        "/payments/v1/payments/{id}",
        Access::Right(&rbac::PAYMENT_READ),
        Audit::Log,
        "Read a payment",
    )
    .soap("getPayment")
    .uses(&[Uses::Read(Table::Payments), Uses::Key(Purpose::Pii)]);
    type Input = Input;
    type Answer = Payment;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<PaymentItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Payment>, Problem> {
        let item = cx.get::<PaymentItem>(input.id.as_str()).await?;
        let answer = Payment {
            shadow: item.shadow.clone().filter(|_| risk::sees_shadows(cx)),
            ..Payment::shown(cx, &item.item).await?
        };
        Ok(Outcome::read(answer).concerning(input.id.as_str()))
    }
}
