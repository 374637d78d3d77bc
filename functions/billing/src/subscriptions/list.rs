//! `GET /billing/v1/subscriptions`: a page of subscriptions, newest first.

use super::{ALL, Subscription, SubscriptionItem, SubscriptionStatus, of_customer};
use shared::{
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Audit, Declaration, Uses, methods},
    ids::{CustomerId, TenantId},
    lists::{Beside, By, MetadataFilter, Moment, Order, Rows, Way},
    problem::Problem,
    rbac,
    road::Context,
    store::Key,
};

shared::list! {
    SubscriptionItem as Subscription,
    Declaration::new(
        "list_subscriptions",
        methods::get,
        "/billing/v1/subscriptions",
        Access::Right(&rbac::SUBSCRIPTION_READ),
        Audit::Log,
        "List subscriptions, newest first",
    ),
    Plan { all: Way::index(1, |_, _| ALL.into()), order: Order::Ids("sub"), most: 100 },
    uses [Uses::Key(Purpose::Pii), Uses::Key(Purpose::Index)],
    filters {
        /// Only those with this value of a key that the tenant has declared: `key:value`.
        #[personal]
        metadata: MetadataFilter = By::Metadata(|subscription| subscription.metadata.as_ref()),
        /// Only those of this customer.
        #[public]
        customer: CustomerId = By::List(
            Way::index(2, |_, customer| of_customer(customer)),
            |subscription| Some(subscription.customer.as_str().into()),
        ),
        /// Only those in this state.
        #[public]
        status: SubscriptionStatus = By::Rare(|subscription| Some(subscription.status.name().into()), is_rare),
        /// Only those created at this time or later.
        #[public]
        created_from: Moment = By::From,
        /// Only those created at this time or earlier.
        #[public]
        created_to: Moment = By::To,
    },
}

/// Most are active, and picking finds them soon.
fn is_rare(status: &str) -> bool {
    status != "active"
}

impl Rows<SubscriptionItem> for Subscription {
    const EARLY: bool = true;

    fn beside(tenant: &TenantId, subscription: &SubscriptionItem) -> Vec<Key> {
        vec![SubjectKeyItem::key(
            tenant,
            subscription.customer.as_str(),
            Purpose::Pii,
        )]
    }

    fn subject(subscription: &SubscriptionItem) -> Option<&str> {
        Some(subscription.customer.as_str())
    }

    async fn of(
        _: &Context,
        subscription: &SubscriptionItem,
        beside: &mut Beside<'_>,
    ) -> Result<Option<Self>, Problem> {
        let cipher = beside
            .cipher(subscription.customer.as_str(), Purpose::Pii)
            .await?;
        match cipher {
            Some(cipher) => Self::open(subscription, &cipher).map(Some),
            None => Ok(Some(Self::from(subscription))),
        }
    }
}
