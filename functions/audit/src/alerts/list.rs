//! `GET /audit/v1/alerts`: alerts, newest first, of one state or of all.

use super::{Alert, AlertItem, AlertState};
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
    /// Only alerts in this state.
    #[public]
    state: Option<AlertState>,
}

/// What goes out.
#[derive(Record, Serialize, JsonSchema)]
pub struct Answer {
    /// The alerts.
    #[nested]
    data: Vec<Alert>,
    /// Where to go on; absent at the end.
    #[public]
    next_cursor: Option<String>,
}

/// The endpoint.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const DECLARATION: Declaration = Declaration::new(
        "list_alerts",
        methods::get,
        "/audit/v1/alerts",
        Access::Right(&rbac::AUDIT_READ),
        Audit::Log,
        "List alerts, newest first",
    )
    .uses(&[Uses::Read(Table::Alerts), Uses::Key(Purpose::Secret)]);
    type Input = Input;
    type Answer = Answer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let page = page(input.limit, input.cursor);
        let (items, next_cursor) = match input.state {
            Some(state) => {
                cx.list::<AlertItem>(2, &AlertItem::in_state(state), &page)
                    .await?
            }
            None => cx.list::<AlertItem>(1, AlertItem::ALL, &page).await?,
        };
        let data = items.into_iter().map(|a| Alert::from(a.item)).collect();
        Ok(Outcome::read(Answer { data, next_cursor }))
    }
}
