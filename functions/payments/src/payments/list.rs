//! `GET /payments/v1/payments`: a page of payments, newest first.

use super::{ALL, Payment, PaymentItem, of_customer};
use schemars::JsonSchema;
use shared::{
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::CustomerId,
    paging::{CursorText, Limit, Listed, page},
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
    type Answer = Listed<Payment>;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Listed<Payment>>, Problem> {
        let page = page(input.limit, input.cursor);
        let found = match &input.customer {
            Some(customer) => cx.list::<PaymentItem>(2, &of_customer(customer), &page).await?,
            None => cx.list::<PaymentItem>(1, ALL, &page).await?,
        };
        Ok(Outcome::read(Listed::new(found, |item| Payment::from(item))))
    }
}
