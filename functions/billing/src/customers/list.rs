//! `GET /billing/v1/customers`: a page of customers, newest first.

use super::{Customer, CustomerItem, open_all};
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
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
    /// The customers.
    #[nested]
    data: Vec<Customer>,
    /// Where to go on; absent at the end.
    #[public]
    next_cursor: Option<String>,
}

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
    ]);
    type Input = Input;
    type Answer = Answer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let page = page(input.limit, input.cursor);
        let (items, next_cursor) = cx.list::<CustomerItem>(1, "customers", &page).await?;
        Ok(Outcome::read(Answer {
            data: open_all(cx, &items).await?,
            next_cursor,
        }))
    }
}
