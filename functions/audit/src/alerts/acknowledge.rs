//! `POST /audit/v1/alerts/{id}/acknowledge`: somebody has taken an alert up.

use super::{Alert, AlertId, AlertItem, AlertState};
use shared::{
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Key, Table},
    text::Line,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The alert.
    #[public]
    id: AlertId,
    /// What to note about it.
    #[internal]
    note: Option<Line>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Acknowledge;

impl Endpoint for Acknowledge {
    const DECLARATION: Declaration = Declaration::new(
        "acknowledge_alert",
        methods::post,
        "/audit/v1/alerts/{id}/acknowledge",
        Access::Right(&rbac::AUDIT_ALERT),
        Audit::Change,
        "Acknowledge an alert",
    )
    .refuses(&[codes::WRONG_STATE])
    .uses(&[Uses::Write(Table::Alerts)]);
    type Input = Input;
    type Answer = Alert;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<AlertItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Alert>, Problem> {
        // After a lost race what was read ahead has been read anew, so one of fifty wins and the others see its state.
        let before = cx.get::<AlertItem>(input.id.as_str()).await?;
        if before.state != AlertState::Open {
            return Err(Problem::wrong_state(
                before.state.name(),
                "This alert has been acknowledged.",
            ));
        }
        let after = AlertItem {
            state: AlertState::Acknowledged,
            acknowledged_by: Some(cx.principal().id()),
            acknowledged_at: Some(cx.now()),
            note: input.note.map(|n| n.as_str().to_owned()),
            ..before.item.clone()
        };
        let changes = Changes::new().write(cx.replace(&before, &after)?).object(
            input.id.as_str(),
            Some(&before.item),
            Some(&after),
        );
        Ok(Outcome::changed(Alert::from(&after), changes))
    }
}
