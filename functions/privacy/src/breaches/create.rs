//! `POST /privacy/v1/breaches`: opens the clock of 72 hours.

use super::{Breach, BreachId, BreachItem};
use schemars::JsonSchema;
use shared::{
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Changes, Table},
    text::Line,
    time::Timestamp,
};

shared::text_type!(
    /// A moment: RFC 3339.
    Moment, "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?Z$", "2026-01-01T00:00:00Z", |t| {
        if t.len() <= 40 && t.ends_with('Z') && t.parse::<Timestamp>().is_ok() {
            Ok(t.to_owned())
        } else {
            Err("must be a time in UTC (RFC 3339)")
        }
    }
);

/// What comes in.
#[derive(Record, JsonSchema)]
#[record(input)]
#[schemars(deny_unknown_fields)]
pub struct Input {
    /// What happened, without anything personal.
    #[internal]
    summary: Line,
    /// When it became known; now, where it is not said.
    #[public]
    known_at: Option<Moment>,
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
        let known = input.known_at.map(|t| t.as_str().parse::<Timestamp>());
        let known_at = known
            .transpose()
            .map_err(|_| Problem::invalid("/known_at", "must be a time in UTC (RFC 3339)"))?
            .unwrap_or_else(|| cx.now());
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
