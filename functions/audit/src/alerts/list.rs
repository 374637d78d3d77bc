//! `GET /audit/v1/alerts`: alerts, newest first, of one state or of all.

use super::{Alert, AlertItem, AlertState};
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
    .uses(&[
        Uses::Read(Table::Alerts),
        Uses::Key(Purpose::Secret),
        Uses::List(Table::Alerts, 1),
        Uses::List(Table::Alerts, 2),
    ]);
    type Input = Input;
    type Answer = Listed<Alert>;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Listed<Alert>>, Problem> {
        let page = page(input.limit, input.cursor);
        let (items, next_cursor) = match input.state {
            Some(state) => {
                cx.list::<AlertItem>(2, &AlertItem::in_state(state), &page)
                    .await?
            }
            None => cx.list::<AlertItem>(1, AlertItem::ALL, &page).await?,
        };
        let data = items.into_iter().map(|a| Alert::from(a.item)).collect();
        Ok(Outcome::read(Listed { data, next_cursor }))
    }
}
