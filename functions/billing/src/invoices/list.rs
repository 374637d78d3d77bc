//! `GET /billing/v1/invoices`: a page of invoices without their lines, newest first.

use super::{ALL, InvoiceItem, InvoiceSummary, of_customer};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    paging::{CustomersPageInput, Listed},
    problem::Problem,
    rbac,
    road::Context,
    store::Table,
};

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
    .uses(&[
        Uses::Read(Table::Billing),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Billing, 1),
        Uses::List(Table::Billing, 2),
    ]);
    type Input = CustomersPageInput;
    type Answer = Listed<InvoiceSummary>;

    async fn handle(
        cx: &Context,
        input: CustomersPageInput,
    ) -> Result<Outcome<Listed<InvoiceSummary>>, Problem> {
        let (customer, page) = input.page();
        let found = match &customer {
            Some(customer) => cx.list::<InvoiceItem>(2, &of_customer(customer), &page).await?,
            None => cx.list::<InvoiceItem>(1, ALL, &page).await?,
        };
        Ok(Outcome::read(Listed::new(found, |item| {
            InvoiceSummary::from(item)
        })))
    }
}
