//! `GET /privacy/v1/breaches`: the register of breaches (GDPR art. 33(5)), newest first.

use super::{ALL, Breach, BreachItem};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    paging::{Listed, PageInput, page},
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
        "list_breaches",
        methods::get,
        "/privacy/v1/breaches",
        Access::Right(&rbac::PRIVACY_READ),
        Audit::Sensitive,
        "List breaches of personal data, newest first",
    )
    .uses(&[
        Uses::Read(Table::Privacy),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Privacy, 1),
    ]);
    type Input = PageInput;
    type Answer = Listed<Breach>;

    async fn handle(cx: &Context, input: PageInput) -> Result<Outcome<Listed<Breach>>, Problem> {
        let page = page(input.limit, input.cursor);
        let found = cx.list::<BreachItem>(1, ALL, &page).await?;
        Ok(Outcome::read(Listed::new(found, |item| Breach::from(item))))
    }
}
