//! `GET /billing/v1/invoices`: a page of invoices without their lines, newest first.

use super::{ALL, InvoiceItem, InvoiceSummary, of_customer};
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
        "list_invoices",
        methods::get,
        "/billing/v1/invoices",
        Access::Right(&rbac::INVOICE_READ),
        Audit::Log,
        "List invoices, newest first",
    )
    .uses(&[Uses::Read(Table::Billing), Uses::Key(Purpose::Secret)]);
    type Input = Input;
    type Answer = Listed<InvoiceSummary>;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Listed<InvoiceSummary>>, Problem> {
        let page = page(input.limit, input.cursor);
        let found = match &input.customer {
            Some(customer) => cx.list::<InvoiceItem>(2, &of_customer(customer), &page).await?,
            None => cx.list::<InvoiceItem>(1, ALL, &page).await?,
        };
        Ok(Outcome::read(Listed::new(found, |item| {
            InvoiceSummary::from(item)
        })))
    }
}
