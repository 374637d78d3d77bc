//! `GET /tenancy/v1/health`: liveness, and the role of the region.

use serde::Serialize;
use shared::{
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, methods},
    problem::Problem,
    record::{Nothing, Record},
    road::Context,
};

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "Health")]
pub struct Answer {
    /// `ok`: the function runs and its audit entry could be written.
    #[public]
    status: String,
    /// The region that answers.
    #[public]
    region: String,
    /// Its time (RFC 3339 UTC).
    #[public]
    time: shared::time::Instant,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_health",
        methods::get,
        "/tenancy/v1/health",
        Access::Public,
        Audit::Log,
        "Liveness and region",
    );
    type Input = Nothing;
    type Answer = Answer;

    async fn handle(cx: &Context, _: Nothing) -> Result<Outcome<Answer>, Problem> {
        let region = cx.app().config.region.clone();
        Ok(Outcome::read(Answer {
            status: "ok".into(),
            region,
            time: shared::time::Instant::from(cx.now()),
        }))
    }
}
