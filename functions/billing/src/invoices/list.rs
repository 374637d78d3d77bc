//! `GET /billing/v1/invoices`: a page of invoices without their lines, newest first.

use super::{ALL, InvoiceItem, InvoiceSummary, of_customer};
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
    /// The invoices, without their lines.
    #[nested]
    data: Vec<InvoiceSummary>,
    /// Where to go on; absent at the end.
    #[public]
    next_cursor: Option<String>,
}

/// The endpoint.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const DECLARATION: Declaration = Declaration::new(
        "list_invoices",
        methods::get,
        "/billing/v1/invoices",
        Access::Right(&rbac::INVOICE_READ),
        Audit::Log,
        "List invoices, newest first",
    )
    .uses(&[Uses::Read(Table::Billing), Uses::Key(Purpose::Secret)]);
    type Input = Input;
    type Answer = Answer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let page = page(input.limit, input.cursor);
        let (items, next_cursor) = match &input.customer {
            Some(customer) => cx.list::<InvoiceItem>(2, &of_customer(customer), &page).await?,
            None => cx.list::<InvoiceItem>(1, ALL, &page).await?,
        };
        Ok(Outcome::read(Answer {
            data: items
                .iter()
                .map(|item| InvoiceSummary::from(&item.item))
                .collect(),
            next_cursor,
        }))
    }
}
