//! `GET /payments/v1/refunds/{id}`.

use super::{Refund, RefundId, RefundItem};
use crate::payments::PaymentItem;
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Item, Key, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The refund.
    #[public]
    id: RefundId,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_refund",
        methods::get,
        "/payments/v1/refunds/{id}",
        Access::Right(&rbac::PAYMENT_READ),
        Audit::Log,
        "Read a refund",
    )
    .uses(&[Uses::Read(Table::Payments), Uses::Key(Purpose::Pii)]);
    type Input = Input;
    type Answer = Refund;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<RefundItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Refund>, Problem> {
        let item = cx.get::<RefundItem>(input.id.as_str()).await?;
        // The caller's filters look at payments: whoever may not see one may not see its refunds either.
        let seen = match item.payment_attributes() {
            Some(attributes) => cx.shows(PaymentItem::KIND, &attributes),
            None => cx.find::<PaymentItem>(item.payment.as_str()).await?.is_some(),
        };
        if !seen {
            return Err(Problem::not_found());
        }
        Ok(Outcome::read(Refund::shown(cx, &item.item).await?).concerning(input.id.as_str()))
    }
}
