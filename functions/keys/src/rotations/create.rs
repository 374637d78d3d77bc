//! `POST /keys/v1/rotations`: asks for a rotation.

use super::{Rotation, Scope, begin};
use shared::{
    crypto::{Purpose, TenantKeyItem},
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    rbac,
    record::Record,
    road::Context,
    store::Table,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// Which keys.
    #[public]
    scope: Scope,
    /// For which purpose: every one but `index`.
    #[public]
    purpose: Purpose,
}

/// The endpoint.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_rotation",
        methods::post,
        "/keys/v1/rotations",
        Access::Right(&rbac::KEY_ROTATE),
        Audit::Alert,
        "Replace keys and encrypt anew what is sealed under them",
    )
    .refuses(&[codes::ROTATION_RUNNING])
    .status(202)
    .four_eyes()
    .uses(&[Uses::Write(Table::Tenancy), Uses::Read(Table::Keys)]);
    type Input = Input;
    type Answer = Rotation;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Rotation>, Problem> {
        if input.purpose == Purpose::Index {
            let text = "cannot be index: what is found by it would have to be indexed anew";
            return Err(Problem::invalid("/purpose", text));
        }
        let key = cx.get::<TenantKeyItem>(input.purpose.name()).await?;
        let (item, changes) = begin(cx, input.scope, input.purpose, key.current)?;
        let location = format!("/keys/v1/rotations/{}", item.id);
        Ok(Outcome::changed(Rotation::from(&item), changes).header("location", location))
    }
}
