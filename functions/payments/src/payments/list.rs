//! `GET /payments/v1/payments`: a page of payments, newest first.

use super::{ALL, Payment, PaymentItem, of_customer};
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::CustomerId,
    paging::{CursorText, Limit, page},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::Table,
};

/// What comes in.
#[derive(Record, JsonSchema)]
#[record(input)]
#[schemars(deny_unknown_fields)]
pub struct Input {
    /// Only those of this customer.
    #[public]
    customer: Option<CustomerId>,
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
    /// The payments.
    #[nested]
    data: Vec<Payment>,
    /// Where to go on; absent at the end.
    #[public]
    next_cursor: Option<String>,
}

/// The endpoint.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const DECLARATION: Declaration = Declaration::new(
        "list_payments",
        methods::get,
        "/payments/v1/payments",
        Access::Right(&rbac::PAYMENT_READ),
        Audit::Log,
        "List payments, newest first",
    )
    .uses(&[Uses::Read(Table::Payments), Uses::Key(Purpose::Secret)]);
    type Input = Input;
    type Answer = Answer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let page = page(input.limit, input.cursor);
        let (items, next_cursor) = match &input.customer {
            Some(customer) => cx.list::<PaymentItem>(2, &of_customer(customer), &page).await?,
            None => cx.list::<PaymentItem>(1, ALL, &page).await?,
        };
        let data = items.iter().map(|p| Payment::from(&p.item)).collect();
        Ok(Outcome::read(Answer { data, next_cursor }))
    }
}
