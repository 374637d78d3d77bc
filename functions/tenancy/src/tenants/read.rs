//! `GET /tenancy/v1/tenants/{id}`: the caller's own tenant.

use super::TenantAnswer;
use shared::{
    auth::Tenant,
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::TenantId,
    problem::Problem,
    rbac,
    record::Record,
    road::Context,
    store::Table,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The tenant.
    #[public]
    id: TenantId,
}

/// The endpoint.
#[derive(Debug)]
pub struct Read;

impl Endpoint for Read {
    const DECLARATION: Declaration = Declaration::new(
        "read_tenant",
        methods::get,
        "/tenancy/v1/tenants/{id}",
        Access::Right(&rbac::TENANT_READ),
        Audit::Log,
        "Read one's own tenant",
    )
    .uses(&[Uses::Read(Table::Tenancy)]);
    type Input = Input;
    type Answer = TenantAnswer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<TenantAnswer>, Problem> {
        // Another tenant's id leads to a key below the caller's own tenant, where nothing stands.
        let tenant = cx.get::<Tenant>(input.id.as_str()).await?;
        Ok(
            Outcome::read(TenantAnswer::of(&tenant.item, cx.home_region().await))
                .concerning(input.id.as_str()),
        )
    }
}
