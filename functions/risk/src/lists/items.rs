//! `GET /risk/v1/lists/{id}/items`: who is on a list, and who was until lately.

use super::{ListId, ListItem, Member, MemberItem};
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Audit, Declaration, Uses, methods},
    ids::TenantId,
    lists::{Beside, Order, Rows, Way},
    problem::Problem,
    rbac,
    road::Context,
    store::{Item, Key},
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
    uses [Uses::Key(Purpose::Pii)],
    filters {},
}

impl Rows<MemberItem> for Member {
    const EARLY: bool = true;

    fn beside(tenant: &TenantId, item: &MemberItem) -> Vec<Key> {
        let subject = Self::subject(item);
        subject
            .map(|s| SubjectKeyItem::key(tenant, s, Purpose::Pii))
            .into_iter()
            .collect()
    }

    fn subject(item: &MemberItem) -> Option<&str> {
        item.note.as_ref().map(|_| Item::subject(item))
    }

    async fn of(cx: &Context, item: &MemberItem, beside: &mut Beside<'_>) -> Result<Option<Self>, Problem> {
        let cipher = match <Self as Rows<MemberItem>>::subject(item) {
            Some(subject) => beside.cipher(subject, Purpose::Pii).await?,
            None => None,
        };
        Ok(Some(Self::at(item, item.why(cipher.as_deref())?, cx.now())))
    }
}
