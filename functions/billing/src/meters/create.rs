//! `POST /billing/v1/meters`.

use super::{Meter, MeterAggregation, MeterId, MeterItem, Word};
use shared::{
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    metadata::MetadataKey,
    problem::Problem,
    rbac,
    record::{FieldError, Record},
    road::Context,
    store::{Changes, Event, Table},
    text::Name,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
#[record(example = r#"{"name": "API calls", "event_type": "api_call", "aggregation": "count"}"#)]
pub struct Input {
    /// What it is called.
    #[internal]
    name: Name,
    /// What the tenant's own systems call its events.
    #[internal]
    event_type: Option<Word>,
    /// How events become a quantity.
    #[internal]
    aggregation: MeterAggregation,
    /// The property of an event that holds its value: required where kinds are counted, and not for what is only counted. When absent,
    /// an event has a `value`.
    #[internal]
    value_property: Option<MetadataKey>,
    /// Up to three properties by which usage is told apart, of what is added up or counted.
    #[internal]
    #[record(length(max = 3))]
    #[serde(default)]
    group_by: Vec<MetadataKey>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_meter",
        methods::post,
        "/billing/v1/meters",
        Access::Right(&rbac::CATALOG_WRITE),
        Audit::Change,
        "Say how what customers use is counted",
    )
    .status(201)
    .uses(&[Uses::Write(Table::Billing)]);
    type Input = Input;
    type Answer = Meter;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Meter>, Problem> {
        let errors = wrong(&input);
        if !errors.is_empty() {
            return Err(Problem::validation(errors));
        }
        let item = MeterItem {
            id: MeterId::new(cx.now()),
            name: input.name,
            event_type: input.event_type,
            aggregation: input.aggregation,
            value_property: input.value_property,
            group_by: input.group_by,
            created_at: cx.now(),
            archived_at: None,
        };
        let changes = Changes::new()
            .write(cx.create(&item)?)
            .event(Event::about("meter.created", item.id.as_str(), &item))
            .object(item.id.as_str(), None, Some(&item));
        Ok(Outcome::changed(Meter::from(&item), changes))
    }
}

/// What does not fit together.
fn wrong(input: &Input) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut must = |holds: bool, pointer: &str, detail: &str| {
        if !holds {
            errors.push(FieldError {
                pointer: pointer.into(),
                detail: detail.into(),
            });
        }
    };
    let (counts, named) = (input.aggregation, input.value_property.is_some());
    must(
        counts != MeterAggregation::Count || !named,
        "/value_property",
        "is not for what is only counted",
    );
    must(
        counts != MeterAggregation::Unique || named,
        "/value_property",
        "is required where kinds are counted",
    );
    must(
        counts.adds_up() || input.group_by.is_empty(),
        "/group_by",
        "is for what is added up or counted only",
    );
    let mut keys: Vec<&MetadataKey> = input.group_by.iter().collect();
    keys.sort();
    keys.dedup();
    must(
        keys.len() == input.group_by.len(),
        "/group_by",
        "must not name a property twice",
    );
    errors
}
