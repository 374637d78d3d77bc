//! `POST /privacy/v1/breaches`: opens the clock of 72 hours.

use super::{Breach, BreachId, BreachItem};
use shared::{
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Table},
    text::Line,
    time::Instant,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// What happened, without anything personal.
    #[internal]
    summary: Line,
    /// When it became known; now, where it is not said.
    #[public]
    known_at: Option<Instant>,
    /// About how many people.
    #[internal]
    affected: Option<u32>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_breach",
        methods::post,
        "/privacy/v1/breaches",
        Access::Right(&rbac::PRIVACY_WRITE),
        Audit::Alert,
        "Record a breach of personal data; its 72 hours run from when it became known",
    )
    .status(201)
    .uses(&[Uses::Write(Table::Privacy)]);
    type Input = Input;
    type Answer = Breach;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Breach>, Problem> {
        let known_at = input.known_at.map_or_else(|| cx.now(), Instant::timestamp);
        if known_at > cx.now() {
            return Err(Problem::invalid("/known_at", "lies in the future"));
        }
        let item = BreachItem {
            id: BreachId::new(cx.now()),
            summary: input.summary,
            affected: input.affected.map(i64::from),
            known_at,
            alerted: 0,
            notified_at: None,
            authority_reference: None,
            delay_reason: None,
            created_at: cx.now(),
        };
        let changes = Changes::new()
            .write(cx.create(&item)?)
            .object(item.id.as_str(), None, Some(&item));
        Ok(Outcome::changed(Breach::from(&item), changes))
    }
}
