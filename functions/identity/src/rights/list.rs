//! `GET /identity/v1/rights`: every right, and by what its grants can be filtered.

use serde::Serialize;
use shared::{
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, methods},
    problem::Problem,
    rbac::{self, RIGHTS},
    record::{Nothing, Record},
    road::Context,
};

/// A right.
#[derive(Record, Serialize)]
#[record(name = "Right")]
pub struct RightAnswer {
    /// `<noun>.<verb>`.
    #[public]
    name: &'static str,
    /// The kind of object that it governs.
    #[public]
    kind: &'static str,
    /// Attributes of that object that filters may name.
    #[public]
    attributes: Vec<&'static str>,
    /// What each of them holds, in the same order: `number`, `currency`, `customer` or `text`. One whose name begins with
    /// `operation_` says what a call is about to do.
    #[public]
    holds: Vec<&'static str>,
    /// What it allows.
    #[public]
    about: &'static str,
}

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "RightList")]
pub struct Answer {
    /// Every right there is.
    #[nested]
    data: Vec<RightAnswer>,
}

/// The endpoint.
#[derive(Debug)]
pub struct List;

impl Endpoint for List {
    const DECLARATION: Declaration = Declaration::new(
        "list_rights",
        methods::get,
        "/identity/v1/rights",
        Access::Right(&rbac::ROLE_READ),
        Audit::Log,
        "List every right and the attributes that its filters may name",
    );
    type Input = Nothing;
    type Answer = Answer;

    async fn handle(_: &Context, _: Nothing) -> Result<Outcome<Answer>, Problem> {
        let data = RIGHTS.iter().map(|right| RightAnswer {
            name: right.name,
            kind: right.kind,
            attributes: right.attributes.to_vec(),
            holds: right
                .attributes
                .iter()
                .map(|name| rbac::attribute::kind(name).name())
                .collect(),
            about: right.about,
        });
        Ok(Outcome::read(Answer { data: data.collect() }))
    }
}
