//! `GET /notifications/v1/webhooks`: a page of webhooks, newest first, without their secrets.

use super::{PARTITION, Webhook, WebhookItem};
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    paging::{CursorText, Limit, page},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::Table,
};

/// What comes in.
#[derive(Record, JsonSchema)]
#[record(input)]
#[schemars(deny_unknown_fields)]
pub struct Input {
    /// At most this many.
    #[public]
    limit: Option<Limit>,
    /// Where to go on.
    #[public]
    cursor: Option<CursorText>,
}

/// What goes out.
#[derive(Record, Serialize, JsonSchema)]
pub struct Answer {
    /// The webhooks.
    #[nested]
    data: Vec<Webhook>,
    /// Where to go on; absent at the end.
    #[public]
    next_cursor: Option<String>,
}

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
    .uses(&[Uses::Read(Table::Notifications), Uses::Key(Purpose::Secret)]);
    type Input = Input;
    type Answer = Answer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let page = page(input.limit, input.cursor);
        let (items, next_cursor) = cx.list_below::<WebhookItem>(PARTITION, &page).await?;
        Ok(Outcome::read(Answer {
            data: items.iter().map(|i| Webhook::from(&i.item)).collect(),
            next_cursor,
        }))
    }
}
