//! `POST /privacy/v1/breaches/{id}/notify`: the authority has been told, and the clock stops.

use super::{Breach, BreachId, BreachItem};
use shared::{
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Key, Table},
    text::{Line, Reference},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The breach.
    #[public]
    id: BreachId,
    /// The authority's number.
    #[internal]
    authority_reference: Option<Reference>,
    /// Why it comes late; required after 72 hours (art. 33(1)).
    #[internal]
    delay_reason: Option<Line>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Notify;

impl Endpoint for Notify {
    const DECLARATION: Declaration = Declaration::new(
        "notify_breach",
        methods::post,
        "/privacy/v1/breaches/{id}/notify",
        Access::Right(&rbac::PRIVACY_WRITE),
        Audit::Alert,
        "Record that the authority has been told of a breach",
    )
    .refuses(&[codes::WRONG_STATE])
    .uses(&[Uses::Write(Table::Privacy)]);
    type Input = Input;
    type Answer = Breach;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<BreachItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Breach>, Problem> {
        let old = cx.get::<BreachItem>(input.id.as_str()).await?;
        if old.notified_at.is_some() {
            return Err(Problem::wrong_state("notified", "The authority has been told."));
        }
        if cx.now() > old.due_at() && input.delay_reason.is_none() {
            return Err(Problem::invalid("/delay_reason", "is required after 72 hours"));
        }
        let next = BreachItem {
            notified_at: Some(cx.now()),
            authority_reference: input.authority_reference,
            delay_reason: input.delay_reason,
            ..old.item.clone()
        };
        let changes = Changes::new().write(cx.replace(&old, &next)?).object(
            next.id.as_str(),
            Some(&old.item),
            Some(&next),
        );
        Ok(Outcome::changed(Breach::from(&next), changes))
    }
}
