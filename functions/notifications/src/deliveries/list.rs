//! `GET /notifications/v1/deliveries`: a page of deliveries with their attempts, newest first.

use super::{DELIVERIES, Delivery, DeliveryItem, DeliveryStatus};
use crate::webhooks::WebhookId;
use shared::{
    endpoint::{Access, Audit, Declaration, methods},
    lists::{By, Order, Way},
    rbac,
    store::Item,
};

shared::list! {
    DeliveryItem as Delivery,
    Declaration::new(
        "list_deliveries",
        methods::get,
        "/notifications/v1/deliveries",
        Access::Right(&rbac::WEBHOOK_READ),
        Audit::Log,
        "List deliveries with their attempts, newest first",
    ),
    Plan { all: Way::index(1, |_, _| DELIVERIES.into()), order: Order::Ids("del"), most: 100 },
    uses [],
    filters {
        /// Only those to this webhook.
        #[public]
        webhook: WebhookId = By::List(
            Way::below(|_, webhook| format!("{}#{webhook}", DeliveryItem::KIND)),
            |delivery| Some(delivery.webhook.as_str().into()),
        ),
        /// Only those that stand here.
        #[public]
        status: DeliveryStatus = By::Attribute(|delivery| Some(delivery.status.name().into())),
    },
}

shared::rows!(DeliveryItem => Delivery);
