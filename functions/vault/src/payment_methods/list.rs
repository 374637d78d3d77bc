//! `GET /vault/v1/payment-methods`: a page of payment methods, masked, newest first.

use super::{ALL, MethodItem, PaymentMethod, of_customer};
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Audit, Declaration, Uses, methods},
    ids::{CustomerId, TenantId},
    lists::{Beside, By, Order, Rows, Way},
    problem::Problem,
    rbac,
    road::Context,
    store::Key,
};

shared::list! {
    MethodItem as PaymentMethod,
    Declaration::new(
        "list_payment_methods",
        methods::get,
        "/vault/v1/payment-methods",
        Access::Right(&rbac::VAULT_READ),
        Audit::Sensitive,
        "List payment methods, masked, newest first",
    ),
    Plan { all: Way::index(2, |_, _| ALL.into()), order: Order::Ids("pm"), most: 100 },
    uses [Uses::Key(Purpose::Pii)],
    filters {
        /// Only those of this customer.
        #[public]
        customer: CustomerId = By::List(
            Way::index(1, |_, customer| of_customer(customer)),
            |method| Some(method.customer.as_str().into()),
        ),
    },
}

impl Rows<MethodItem> for PaymentMethod {
    const EARLY: bool = true;

    fn beside(tenant: &TenantId, method: &MethodItem) -> Vec<Key> {
        vec![SubjectKeyItem::key(tenant, method.id.as_str(), method.shown_by())]
    }

    async fn of(cx: &Context, method: &MethodItem, beside: &mut Beside<'_>) -> Result<Option<Self>, Problem> {
        let key = SubjectKeyItem::key(cx.tenant(), method.id.as_str(), method.shown_by());
        // One whose key has been destroyed is left out.
        match beside.item::<SubjectKeyItem>(&key)? {
            Some(key) => method.shown(cx, &key).await.map(Some),
            None => Ok(None),
        }
    }
}
