//! `GET /payments/v1/payments/{id}/refunds`: a page of a payment's refunds, newest first.

use super::{Refund, RefundItem, of_payment};
use crate::payments::{PaymentId, PaymentItem};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    paging::{CursorText, Limit, Listed, page},
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
    /// At most this many.
    #[public]
    limit: Option<Limit>,
    /// Where to go on.
    #[public]
    cursor: Option<CursorText>,
}

/// The endpoint.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const DECLARATION: Declaration = Declaration::new(
        "list_refunds",
        methods::get,
        "/payments/v1/payments/{id}/refunds",
        Access::Right(&rbac::PAYMENT_READ),
        Audit::Log,
        "List the refunds of a payment, newest first",
    )
    .uses(&[
        Uses::Read(Table::Payments),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Payments, 1),
    ]);
    type Input = Input;
    type Answer = Listed<Refund>;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<PaymentItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Listed<Refund>>, Problem> {
        // The caller's filters look at payments: whoever may not see one may not see its refunds either.
        cx.get::<PaymentItem>(input.id.as_str()).await?;
        let page = page(input.limit, input.cursor);
        let found = cx.list::<RefundItem>(1, &of_payment(&input.id), &page).await?;
        Ok(Outcome::read(Listed::new(found, |item| Refund::from(item))).concerning(input.id.as_str()))
    }
}
