//! `GET /notifications/v1/webhooks`: a page of webhooks, newest first, without their secrets.

use super::{PARTITION, Webhook, WebhookItem};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    paging::{Listed, PageInput},
    problem::Problem,
    rbac,
    road::Context,
    store::Table,
};

/// The endpoint.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const DECLARATION: Declaration = Declaration::new(
        "list_webhooks",
        methods::get,
        "/notifications/v1/webhooks",
        Access::Right(&rbac::WEBHOOK_READ),
        Audit::Log,
        "List webhooks, newest first",
    )
    .uses(&[
        Uses::Read(Table::Notifications),
        Uses::Key(Purpose::Secret),
        Uses::Below(Table::Notifications),
    ]);
    type Input = PageInput;
    type Answer = Listed<Webhook>;

    async fn handle(cx: &Context, input: PageInput) -> Result<Outcome<Listed<Webhook>>, Problem> {
        let found = cx.list_below::<WebhookItem>(PARTITION, &input.page()).await?;
        Ok(Outcome::read(Listed::new(found, |webhook: &WebhookItem| {
            Webhook::from(webhook)
        })))
    }
}
