//! `GET /billing/v1/subscriptions/{id}`.

use super::{Subscription, SubscriptionItem};
use crate::rated::SubscriptionId;
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
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
    /// The subscription.
    #[public]
    id: SubscriptionId,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_subscription",
        methods::get,
        "/billing/v1/subscriptions/{id}",
        Access::Right(&rbac::SUBSCRIPTION_READ),
        Audit::Log,
        "Read a subscription",
    )
    .uses(&[Uses::Read(Table::Billing), Uses::Key(Purpose::Pii)]);
    type Input = Input;
    type Answer = Subscription;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<SubscriptionItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Subscription>, Problem> {
        let item = cx.get::<SubscriptionItem>(input.id.as_str()).await?;
        let answer = match cx.cipher_of(item.customer.as_str(), Purpose::Pii).await? {
            Some(cipher) => Subscription::open(&item, &cipher)?,
            None => Subscription::from(&item.item),
        };
        Ok(Outcome::read(answer).concerning(input.id.as_str()))
    }
}
