//! `GET /keys/v1/rotations/{id}`: how far a rotation is.

use super::{Rotation, RotationId, RotationItem};
use shared::{
    endpoint::{Access, Ahead, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::{Key, Table},
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The rotation.
    #[public]
    id: RotationId,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_rotation",
        methods::get,
        "/keys/v1/rotations/{id}",
        Access::Right(&rbac::KEY_READ),
        Audit::Log,
        "Read how far a rotation is",
    )
    .uses(&[Uses::Read(Table::Tenancy)]);
    type Input = Input;
    type Answer = Rotation;

    fn ahead(at: &Ahead<'_>) -> Vec<Key> {
        vec![at.key::<RotationItem>()]
    }

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Rotation>, Problem> {
        let item = cx.get::<RotationItem>(input.id.as_str()).await?;
        Ok(Outcome::read(Rotation::from(&item.item)).concerning(input.id.as_str()))
    }
}
