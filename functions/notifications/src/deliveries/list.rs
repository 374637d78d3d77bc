//! `GET /notifications/v1/deliveries`: a page of deliveries with their attempts, newest first.

use super::{DELIVERIES, Delivery, DeliveryItem};
use crate::webhooks::WebhookId;
use shared::{
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    paging::{CursorText, Limit, Listed, page},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::Table,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// Only those to this webhook.
    #[public]
    webhook: Option<WebhookId>,
    /// At most this many.
    #[public]
    limit: Option<Limit>,
    /// Where to go on.
    #[public]
    cursor: Option<CursorText>,
}

/// The endpoint.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const DECLARATION: Declaration = Declaration::new(
        "list_deliveries",
        methods::get,
        "/notifications/v1/deliveries",
        Access::Right(&rbac::WEBHOOK_READ),
        Audit::Log,
        "List deliveries with their attempts, newest first",
    )
    .uses(&[
        Uses::Read(Table::Notifications),
        Uses::Key(Purpose::Secret),
        Uses::Below(Table::Notifications),
        Uses::List(Table::Notifications, 1),
    ]);
    type Input = Input;
    type Answer = Listed<Delivery>;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Listed<Delivery>>, Problem> {
        let page = page(input.limit, input.cursor);
        let found = match &input.webhook {
            Some(webhook) => cx.list_below::<DeliveryItem>(webhook.as_str(), &page).await?,
            None => cx.list::<DeliveryItem>(1, DELIVERIES, &page).await?,
        };
        Ok(Outcome::read(Listed::new(found, |item: &DeliveryItem| {
            Delivery::from(item)
        })))
    }
}
