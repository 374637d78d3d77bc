//! `POST /notifications/v1/deliveries/{id}/retry`: a delivery is attempted again now, also one that was delivered. However many
//! ask at once, there is one attempt: the item is claimed for it as for any other.

use super::{DELIVERIES, Delivery, DeliveryId, DeliveryItem, QUEUE, enqueue, schedule};
use crate::webhooks::{WebhookItem, WebhookStatus};
use shared::{
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Table},
};

/// Seconds that the message waits for the commit.
const HEAD_START: i32 = 1;

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The delivery.
    #[public]
    id: DeliveryId,
}

/// The endpoint.
#[derive(Debug)]
pub struct Retry;

impl Endpoint for Retry {
    const DECLARATION: Declaration = Declaration::new(
        "retry_delivery",
        methods::post,
        "/notifications/v1/deliveries/{id}/retry",
        Access::Right(&rbac::WEBHOOK_RETRY),
        Audit::Change,
        "Attempt a delivery again now, also one that was delivered",
    )
    .refuses(&[codes::WEBHOOK_DISABLED])
    .status(202)
    .uses(&[
        Uses::Write(Table::Notifications),
        Uses::Send(QUEUE),
        Uses::List(Table::Notifications, 1),
    ]);
    type Input = Input;
    type Answer = Delivery;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Delivery>, Problem> {
        let id = input.id.to_string();
        // The list tells which webhook it goes to, and that never changes; how it stands is read after it.
        let listed = cx
            .within_list::<DeliveryItem>(1, DELIVERIES, (id.clone(), id.clone()), 1)
            .await?;
        let webhook = &listed.first().ok_or_else(Problem::not_found)?.webhook;
        let keys = [
            DeliveryItem::key(cx.tenant(), webhook, &input.id),
            WebhookItem::key(cx.tenant(), webhook),
        ];
        let mut found = cx.batch(&keys).await?;
        let [delivery, webhook] = &keys;
        let delivery = found
            .take::<DeliveryItem>(delivery)?
            .ok_or_else(Problem::not_found)?;
        let webhook = found.take::<WebhookItem>(webhook)?;
        if webhook.is_none_or(|w| w.status != WebhookStatus::Enabled) {
            let text = "The webhook is disabled or was removed, so nothing is sent to it.";
            return Err(Problem::conflict("webhook_disabled", text));
        }
        let Some(next) = schedule::retry(&delivery, cx.now().as_second()) else {
            // It is due or under way: whoever asks now gets the attempt that is coming.
            return Ok(Outcome::read(Delivery::from(&delivery.item)).concerning(&id));
        };
        // A message that comes before the commit, or without one, finds nothing due. One that is lost is made up
        // for by the sweep.
        if let Err(why) = enqueue(cx, &next, HEAD_START).await {
            tracing::warn!(delivery = id, why, "the sweep will send a delivery");
        }
        let changes = Changes::new().write(cx.replace(&delivery, &next)?).object(
            &id,
            Some(&delivery.item),
            Some(&next),
        );
        Ok(Outcome::changed(Delivery::from(&next), changes))
    }
}
