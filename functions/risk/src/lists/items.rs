//! `GET /risk/v1/lists/{id}/items`: who is on a list, and who was until lately.

use super::{ListId, ListItem, Member, MemberItem};
use shared::{
    endpoint::{Access, Audit, Declaration, methods},
    lists::{Beside, Order, Rows, Way},
    problem::Problem,
    rbac,
    road::Context,
    store::Item,
};

shared::list! {
    MemberItem as Member,
    Declaration::new(
        "list_risk_list_items",
        methods::get,
        "/risk/v1/lists/{id}/items",
        Access::Right(&rbac::RISK_READ),
        Audit::Sensitive,
        "List the customers and cards on an allow or deny list",
    ),
    Plan { all: Way::below(|_, list| format!("{}#{list}", MemberItem::KIND)), order: Order::Other, most: 100 },
    within ListItem {
        /// The list.
        id: ListId
    },
    uses [],
    filters {},
}

impl Rows<MemberItem> for Member {
    async fn of(cx: &Context, item: &MemberItem, _: &mut Beside<'_>) -> Result<Option<Self>, Problem> {
        Ok(Some(Self::at(item, cx.now())))
    }
}
