//! `GET /risk/v1/lists/{id}/items`: who is on a list, and who was until lately.

use super::{ListId, ListItem, Member, MemberItem};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    paging::{CursorText, Limit, Listed, page},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Key, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The list.
    #[public]
    id: ListId,
    /// At most this many.
    #[public]
    limit: Option<Limit>,
    /// Where to go on.
    #[public]
    cursor: Option<CursorText>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Items;

impl Endpoint for Items {
    const DECLARATION: Declaration = Declaration::new(
        "list_risk_list_items",
        methods::get,
        "/risk/v1/lists/{id}/items",
        Access::Right(&rbac::RISK_READ),
        Audit::Sensitive,
        "List the customers and cards on an allow or deny list",
    )
    .uses(&[
        Uses::Read(Table::Risk),
        Uses::Key(Purpose::Secret),
        Uses::Below(Table::Risk),
    ]);
    type Input = Input;
    type Answer = Listed<Member>;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<ListItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Listed<Member>>, Problem> {
        let list = cx.get::<ListItem>(input.id.as_str()).await?;
        let page = page(input.limit, input.cursor);
        let found = cx.list_below::<MemberItem>(list.id.as_str(), &page).await?;
        let answer = Listed::new(found, |item: &MemberItem| Member::at(item, cx.now()));
        Ok(Outcome::read(answer).concerning(list.id.as_str()))
    }
}
