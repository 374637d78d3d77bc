//! `GET /privacy/v1/requests`: a page of requests, newest first.

use super::{ALL, Request, RequestItem};
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
        "list_privacy_requests",
        methods::get,
        "/privacy/v1/requests",
        Access::Right(&rbac::PRIVACY_READ),
        Audit::Sensitive,
        "List requests of data subjects, newest first",
    )
    .uses(&[
        Uses::Read(Table::Privacy),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Privacy, 1),
    ]);
    type Input = PageInput;
    type Answer = Listed<Request>;

    async fn handle(cx: &Context, input: PageInput) -> Result<Outcome<Listed<Request>>, Problem> {
        let page = page(input.limit, input.cursor);
        let found = cx.list::<RequestItem>(1, ALL, &page).await?;
        Ok(Outcome::read(Listed::new(found, |item| Request::from(item))))
    }
}
