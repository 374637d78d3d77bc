//! `GET /payments/v1/payments`: a page of payments, newest first.

use super::{ALL, Payment, PaymentItem, of_customer};
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
        "list_payments",
        methods::get,
        "/payments/v1/payments",
        Access::Right(&rbac::PAYMENT_READ),
        Audit::Log,
        "List payments, newest first",
    )
    .uses(&[
        Uses::Read(Table::Payments),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Payments, 1),
        Uses::List(Table::Payments, 2),
    ]);
    type Input = CustomersPageInput;
    type Answer = Listed<Payment>;

    async fn handle(cx: &Context, input: CustomersPageInput) -> Result<Outcome<Listed<Payment>>, Problem> {
        let (customer, page) = input.page();
        let found = match &customer {
            Some(customer) => cx.list::<PaymentItem>(2, &of_customer(customer), &page).await?,
            None => cx.list::<PaymentItem>(1, ALL, &page).await?,
        };
        Ok(Outcome::read(Listed::new(found, |item| Payment::from(item))))
    }
}
