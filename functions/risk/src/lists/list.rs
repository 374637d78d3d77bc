//! `GET /risk/v1/lists`: a page of lists, newest first.

use super::{LISTS, ListItem, RiskList};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
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
        "list_risk_lists",
        methods::get,
        "/risk/v1/lists",
        Access::Right(&rbac::RISK_READ),
        Audit::Sensitive,
        "List allow and deny lists, newest first",
    )
    .uses(&[
        Uses::Read(Table::Risk),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Risk, 1),
    ]);
    type Input = PageInput;
    type Answer = Listed<RiskList>;

    async fn handle(cx: &Context, input: PageInput) -> Result<Outcome<Listed<RiskList>>, Problem> {
        let found = cx.list::<ListItem>(1, LISTS, &input.page()).await?;
        Ok(Outcome::read(Listed::new(found, |list: &ListItem| {
            RiskList::from(list)
        })))
    }
}
