//! `POST /tenancy/v1/tenants`: a tenant with its keys, shipped roles and first administrators.

use super::{TenantAnswer, found};
use shared::{
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::TenantId,
    problem::Problem,
    rbac::{self, shipped},
    record::Record,
    road::Context,
    store::Table,
    text::{EmailAddress, Name, SecretText},
};
use std::collections::BTreeSet;

/// A first administrator.
#[derive(Record)]
#[record(input)]
#[record(name = "Administrator")]
pub struct AdministratorInput {
    /// E-mail address.
    #[personal]
    email: EmailAddress,
    /// Name.
    #[personal]
    name: Name,
    /// First password: at least 15 characters, letters and digits.
    #[secret]
    password: SecretText,
}

/// What comes in.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// What people call the tenant.
    #[internal]
    name: Name,
    /// Two to five people: one alone could approve nothing.
    #[nested]
    #[record(length(min = 2, max = 5))]
    administrators: Vec<AdministratorInput>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Create;

impl Endpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_tenant",
        methods::post,
        "/tenancy/v1/tenants",
        Access::Right(&rbac::PLATFORM_TENANT),
        Audit::Alert,
        "Create a tenant with its keys, shipped roles and first administrators",
    )
    .status(201)
    .founds_tenants()
    .memory(1769)
    .uses(&[
        Uses::Write(Table::Home),
        Uses::Write(Table::Tenancy),
        Uses::Write(Table::Identity),
        Uses::Write(Table::Keys),
        Uses::NewKeys,
        Uses::Secret("pepper"),
    ]);
    type Input = Input;
    type Answer = TenantAnswer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<TenantAnswer>, Problem> {
        if !(2..=5).contains(&input.administrators.len()) {
            return Err(Problem::invalid("/administrators", "must be two to five people"));
        }
        // Two items under one key do not fit into one transaction, so this is found out before it.
        let mut addresses = BTreeSet::new();
        for (n, admin) in input.administrators.iter().enumerate() {
            if !addresses.insert(admin.email.normalised()) {
                let pointer = format!("/administrators/{n}/email");
                return Err(Problem::invalid(&pointer, "is used by another administrator"));
            }
        }
        let there = cx.founding(&TenantId::new(cx.now()))?;
        let (tenant, keys, changes) = found::tenant(&there, input.name.as_str(), &shipped()).await?;
        let mut changes = found::directory(cx, &tenant.id, changes)?;
        for (n, admin) in input.administrators.into_iter().enumerate() {
            let AdministratorInput {
                email,
                name,
                password,
            } = admin;
            let who = found::Administrator {
                email,
                name,
                password,
            };
            let pointer = format!("/administrators/{n}");
            changes = found::administrator(&there, &keys, &tenant.name, who, &pointer, changes).await?;
        }
        let changes = changes.object(tenant.id.as_str(), None, Some(&tenant));
        Ok(Outcome::changed(
            TenantAnswer::of(&tenant, Some(cx.app().config.region.clone())),
            changes,
        ))
    }
}
