//! `POST /billing/v1/subscriptions/{id}/cancel`: now or with its period.

use super::{
    Subscription, SubscriptionItem, SubscriptionStatus,
    due::{DueItem, looks},
    update::When,
};
use crate::rated::SubscriptionId;
use shared::{
    crypto::Purpose,
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Event, Key, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The subscription.
    #[public]
    id: SubscriptionId,
    /// When it ends: now, when absent.
    #[internal]
    when: Option<When>,
    /// Whether the rest of what was billed is taken back from what else is owed at its end; it is not when absent. What nothing bears
    /// stays as `amount_waiting`.
    #[internal]
    takes_back: Option<bool>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Cancel;

impl Endpoint for Cancel {
    const DECLARATION: Declaration = Declaration::new(
        "cancel_subscription",
        methods::post,
        "/billing/v1/subscriptions/{id}/cancel",
        Access::Right(&rbac::SUBSCRIPTION_WRITE),
        Audit::Change,
        "End a subscription, now or with its period",
    )
    .refuses(&[codes::CUSTOMER_ERASED, codes::WRONG_STATE])
    .uses(&[Uses::Write(Table::Billing), Uses::Key(Purpose::Pii)]);
    type Input = Input;
    type Answer = Subscription;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<SubscriptionItem>(), at.key::<DueItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Subscription>, Problem> {
        let id = input.id.as_str();
        let old = cx.get::<SubscriptionItem>(id).await?;
        if old.status == SubscriptionStatus::Canceled {
            return Err(old.refused("It has ended."));
        }
        let cipher = cx.customer_cipher(old.customer.as_str()).await?;
        let takes_back = input.takes_back.unwrap_or_default();
        let next = match input.when.unwrap_or_default() {
            When::Now => old.canceled(&old.zone(&cipher)?, cx.now(), takes_back)?,
            // Before anything has been billed there is no period to end with.
            When::PeriodEnd if old.next == 0 => {
                return Err(old.refused("Nothing of it has been billed yet: end it now."));
            }
            When::PeriodEnd => SubscriptionItem {
                ends_with_period: true,
                ..old.item.clone()
            },
        };
        let (before, after) = (Subscription::from(&old.item), Subscription::from(&next));
        let kind = match next.status {
            SubscriptionStatus::Canceled => "subscription.canceled",
            _ => "subscription.updated",
        };
        let due = cx.find::<DueItem>(id).await?;
        let mut changes = Changes::new()
            .write(cx.replace(&old, &next)?)
            .event(Event::about(kind, id, &after).of(&next))
            .object(id, Some(&before), Some(&after));
        changes.writes.extend(looks(cx, due.as_ref(), &next)?);
        Ok(Outcome::changed(Subscription::open(&next, &cipher)?, changes))
    }
}
