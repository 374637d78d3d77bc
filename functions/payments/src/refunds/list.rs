//! `GET /payments/v1/payments/{id}/refunds`: a page of a payment's refunds, newest first.

use super::{Refund, RefundItem, of_payment};
use crate::payments::{PaymentId, PaymentItem};
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    paging::{CursorText, Limit, page},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Key, Table},
};

/// What comes in.
#[derive(Record, JsonSchema)]
#[record(input)]
#[schemars(deny_unknown_fields)]
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

/// What goes out.
#[derive(Record, Serialize, JsonSchema)]
pub struct Answer {
    /// The refunds.
    #[nested]
    data: Vec<Refund>,
    /// Where to go on; absent at the end.
    #[public]
    next_cursor: Option<String>,
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
    .uses(&[Uses::Read(Table::Payments), Uses::Key(Purpose::Secret)]);
    type Input = Input;
    type Answer = Answer;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<PaymentItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        // The caller's filters look at payments: whoever may not see one may not see its refunds either.
        cx.get::<PaymentItem>(input.id.as_str()).await?;
        let page = page(input.limit, input.cursor);
        let (items, next_cursor) = cx.list::<RefundItem>(1, &of_payment(&input.id), &page).await?;
        let data = items.iter().map(|r| Refund::from(&r.item)).collect();
        Ok(Outcome::read(Answer { data, next_cursor }).concerning(input.id.as_str()))
    }
}
