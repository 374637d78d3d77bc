//! `GET /billing/v1/customers`: a page of customers, newest first.

use super::{Customer, CustomerItem, open_all};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Early, Endpoint, Outcome, Uses, methods},
    paging::{Listed, PageInput},
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
        "list_customers",
        methods::get,
        "/billing/v1/customers",
        Access::Right(&rbac::CUSTOMER_READ),
        Audit::Sensitive,
        "List customers, newest first",
    )
    .uses(&[
        Uses::Read(Table::Billing),
        Uses::Key(Purpose::Pii),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Billing, 1),
    ]);
    type Input = PageInput;
    type Answer = Listed<Customer>;
    const EARLY: Option<Early<PageInput>> = Some(|cx, input| {
        Box::pin(async move {
            cx.subjects_listed::<CustomerItem>(1, "customers", &input.page(), Purpose::Pii)
                .await
        })
    });

    async fn handle(cx: &Context, input: PageInput) -> Result<Outcome<Listed<Customer>>, Problem> {
        let (items, next_cursor) = cx.list::<CustomerItem>(1, "customers", &input.page()).await?;
        Ok(Outcome::read(Listed {
            data: open_all(cx, &items).await?,
            next_cursor,
        }))
    }
}
