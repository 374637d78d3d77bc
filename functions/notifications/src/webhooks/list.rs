//! `GET /notifications/v1/webhooks`: a page of webhooks, newest first, without their secrets.

use super::{PARTITION, Webhook, WebhookItem};
use shared::{
    endpoint::{Access, Audit, Declaration, methods},
    lists::{Order, Way},
    rbac,
    store::Item,
};

shared::list! {
    WebhookItem as Webhook,
    Declaration::new(
        "list_webhooks",
        methods::get,
        "/notifications/v1/webhooks",
        Access::Right(&rbac::WEBHOOK_READ),
        Audit::Log,
        "List webhooks, newest first",
    ),
    Plan { all: Way::below(|_, _| format!("{}#{PARTITION}", WebhookItem::KIND)), order: Order::Ids("whk"), most: 100 },
    uses [],
    filters {},
}

shared::rows!(WebhookItem => Webhook);
