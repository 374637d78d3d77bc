//! `PATCH /tenancy/v1/tenants/{id}`: one's own tenant's settings; the platform also suspends and resumes tenants. Networks and retention
//! take two people.

use super::TenantAnswer;
use shared::{
    auth::{Tenant, TenantStatus},
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::TenantId,
    limits::RateLimit,
    metadata::{MetadataKey, SEARCHED},
    networks::{self, Network},
    problem::{Problem, codes},
    rbac::{self, Decision},
    record::Record,
    road::Context,
    store::{Changes, Table},
    text::Name,
};

/// Most months that entries can be kept: ten years.
const MOST_MONTHS: u32 = 120;

/// What comes in. What is absent stays as it is.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// The tenant.
    #[public]
    id: TenantId,
    /// What people call it.
    #[internal]
    name: Option<Name>,
    /// Whether reads of sensitive data need a reason (`X-Access-Reason`).
    #[public]
    require_access_reason: Option<bool>,
    /// Months that audit entries are kept: 12 to 120.
    #[public]
    retention_months: Option<u32>,
    /// Months of them that can be searched at once: from 3 to all.
    #[public]
    online_months: Option<u32>,
    /// Networks that its people and clients may call from: at most fifty, none for any. They must contain the caller's
    /// own address.
    #[internal]
    #[record(length(max = 50))]
    networks: Option<Vec<Network>>,
    /// How often its people and clients together may call. Only the platform changes that.
    #[public]
    rate_limit: Option<RateLimit>,
    /// How often each of them may: at most what all of them may.
    #[public]
    client_rate_limit: Option<RateLimit>,
    /// Keys of metadata that lists find customers, payments, invoices and refunds by: at most three. What was written before finds its
    /// place with its next change.
    #[public]
    #[record(length(max = 3))]
    metadata_keys: Option<Vec<MetadataKey>>,
    /// Whether it may be used. Only the platform changes that.
    #[public]
    status: Option<TenantStatus>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Update;

impl Endpoint for Update {
    const DECLARATION: Declaration = Declaration::new(
        "update_tenant",
        methods::patch,
        "/tenancy/v1/tenants/{id}",
        Access::Right(&rbac::TENANT_WRITE),
        Audit::Alert,
        "Change a tenant's settings; the platform suspends and resumes tenants",
    )
    .refuses(&[codes::INSUFFICIENT_AUTHENTICATION])
    .four_eyes_where_asked()
    .founds_tenants()
    .changes_policy()
    .uses(&[Uses::Write(Table::Tenancy)]);
    type Input = Input;
    type Answer = TenantAnswer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<TenantAnswer>, Problem> {
        // Whoever runs the platform reaches every tenant; for all others another tenant's id leads to a key
        // below their own tenant, where nothing stands.
        let operates = cx.tenant().is_platform()
            && Decision::of(&rbac::PLATFORM_TENANT, &cx.principal().roles).may_begin();
        let there = if operates {
            cx.founding(&input.id)?
        } else {
            cx.clone()
        };
        let before = there.get::<Tenant>(input.id.as_str()).await?;
        let mut after = before.item.clone();
        if let Some(status) = input.status.filter(|s| *s != before.status) {
            if !operates {
                return Err(Problem::forbidden(rbac::PLATFORM_TENANT.name));
            }
            if input.id.is_platform() {
                return Err(Problem::invalid(
                    "/status",
                    "the platform does not suspend itself",
                ));
            }
            after.status = status;
        }
        if let Some(name) = &input.name {
            after.name = name.as_str().to_owned();
        }
        if let Some(listed) = &input.networks {
            after.networks = if input.id == *cx.tenant() {
                networks::listed_by(listed, cx.request().address)?
            } else {
                networks::listed(listed)?
            };
        }
        limits(&input, operates, &mut after)?;
        if let Some(keys) = &input.metadata_keys {
            let mut keys: Vec<String> = keys.iter().map(|key| key.as_str().to_owned()).collect();
            keys.sort();
            keys.dedup();
            if keys.len() > SEARCHED {
                return Err(Problem::invalid("/metadata_keys", "must have at most three keys"));
            }
            after.metadata_keys = keys;
        }
        after.require_access_reason = input
            .require_access_reason
            .unwrap_or(before.require_access_reason);
        after.retention_months = input.retention_months.unwrap_or(before.retention_months);
        after.online_months = input.online_months.unwrap_or(before.online_months);
        if !(Tenant::retention()..=MOST_MONTHS).contains(&after.retention_months) {
            let range = format!("must be {} to {MOST_MONTHS}", Tenant::retention());
            return Err(Problem::invalid("/retention_months", range));
        }
        if !(Tenant::online()..=after.retention_months).contains(&after.online_months) {
            let range = format!("must be {} to {}", Tenant::online(), after.retention_months);
            return Err(Problem::invalid("/online_months", range));
        }
        let changes = Changes::new().write(there.replace(&before, &after)?).object(
            input.id.as_str(),
            Some(&before.item),
            Some(&after),
        );
        let guards = |t: &Tenant| (t.networks.clone(), t.retention_months, t.online_months);
        // The platform has no people: what its operator does alone is whatever it takes to run it, and is told.
        let own = input.id == *cx.tenant() && !operates;
        let changes = changes.two_people(own && guards(&before.item) != guards(&after));
        let home = there.home_region().await;
        Ok(Outcome::changed(TenantAnswer::of(&after, home), changes))
    }
}

/// The rate limits that are asked for.
fn limits(input: &Input, operates: bool, after: &mut Tenant) -> Result<(), Problem> {
    let range = "must be 1 to 10000 calls a second and 1 to 100000 at once";
    if let Some(limit) = input.rate_limit.filter(|l| *l != after.rate_limit()) {
        if !operates {
            return Err(Problem::forbidden(rbac::PLATFORM_TENANT.name));
        }
        if !limit.is_valid() {
            return Err(Problem::invalid("/rate_limit", range));
        }
        after.rate_limit = Some(limit);
    }
    if let Some(limit) = input.client_rate_limit {
        let (whole, valid) = (after.rate_limit(), limit.is_valid());
        if !valid || limit.per_second > whole.per_second || limit.burst > whole.burst {
            return Err(Problem::invalid(
                "/client_rate_limit",
                format!("{range}, and no more than the tenant's"),
            ));
        }
        after.client_rate_limit = Some(limit);
    }
    Ok(())
}
