//! `GET /notifications/v1/event-types`: what a webhook can ask for, and what each event tells.

use super::{CATALOGUE, schemas};
use serde::Serialize;
use serde_json::Value;
use shared::{
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Text, methods, text},
    paging::Listed,
    problem::Problem,
    rbac,
    record::{Nothing, Record},
    road::Context,
};

/// A kind of event as answered.
#[derive(Record, Serialize)]
pub struct EventKind {
    /// Its name, as webhooks ask for it and as `type` of the request says it.
    #[public]
    name: &'static str,
    /// What it tells.
    #[public]
    description: &'static str,
    /// JSON Schema (draft 2020-12) of the `data` of the request. Fields may be added to it, none is taken away.
    #[public]
    schema: Value,
}

/// The endpoint.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const DECLARATION: Declaration = Declaration::new(
        "list_event_types",
        methods::get,
        "/notifications/v1/event-types",
        Access::Right(&rbac::WEBHOOK_READ),
        Audit::Log,
        "List the kinds of events and the schema of each one's data",
    );
    type Input = Nothing;
    type Answer = Listed<EventKind>;

    async fn handle(_: &Context, _: Nothing) -> Result<Outcome<Listed<EventKind>>, Problem> {
        static TEXT: Text = Text::new(|| text(&kinds()));
        let empty = Listed {
            data: Vec::new(),
            next_cursor: None,
            looked_until: None,
        };
        Outcome::constant(empty, &TEXT)
    }
}

fn kinds() -> Listed<EventKind> {
    let kinds = CATALOGUE.iter().filter_map(|(_, name, description)| {
        Some(EventKind {
            name,
            description,
            schema: schemas::data(name)?,
        })
    });
    Listed {
        data: kinds.collect(),
        next_cursor: None,
        looked_until: None,
    }
}
