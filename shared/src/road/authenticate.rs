//! Who calls: token, session or client, user, roles and tenant, read in one call each time.

use super::holder;
use crate::{
    access::{
        auth::{
            ApiClient, Claims, ClientStatus, Limit, Principal, PrincipalKind, Session, Tenant, TenantStatus,
            TokenError, User,
        },
        limits::RateLimit,
        networks::{network_allows, not_allowed},
        rbac::Role,
    },
    kernel::{
        ids::{ClientId, SessionId, UserId},
        problem::Problem,
        time::{Timestamp, after},
    },
    process::app::App,
    store::{Attrs, Item, Key, StoreError, Stored, Update, Write, decode, meter::Meter},
};
use std::{collections::HashMap, net::IpAddr};

/// Seconds between two stamps of a session's activity.
const STAMP: i64 = 60;

pub(crate) struct Authenticated {
    pub(crate) principal: Principal,
    pub(crate) prefetched: HashMap<Key, Attrs>,
    pub(crate) touch: Option<Write>,
    /// The tenant wants to know why sensitive data is read.
    pub(crate) wants_reason: bool,
    /// How often the tenant may call, and each of its callers.
    pub(crate) limits: [RateLimit; 2],
    /// What the session is limited to.
    pub(crate) limit: Option<Limit>,
}

enum Caller {
    User(UserId, SessionId),
    Client(ClientId),
}

fn take<T: Item>(found: &HashMap<Key, Attrs>, key: &Key) -> Result<Option<Stored<T>>, Problem> {
    found
        .get(key)
        .map(|a| decode::<T>(a.clone()).map_err(Problem::internal))
        .transpose()
}

/// Verifies the token.
///
/// # Errors
/// 401, or 503 when the key cannot be read.
pub(crate) async fn claims(
    app: &App,
    meter: &Meter,
    bearer: Option<&str>,
    now: Timestamp,
) -> Result<Claims, Problem> {
    let token = bearer.ok_or_else(Problem::unauthenticated)?;
    app.tokens.verify(meter, token, now).await.map_err(|e| match e {
        TokenError::Unavailable(why) => Problem::unavailable(why),
        TokenError::Invalid | TokenError::Expired => Problem::unauthenticated(),
    })
}

/// Reads what the claims point to, and what else is wanted with it, and decides whether they still hold.
///
/// # Errors
/// 401 for whatever no longer holds, 403 from a network that is not listed, 503.
pub(crate) async fn authenticate(
    app: &App,
    meter: &Meter,
    claims: &Claims,
    address: Option<IpAddr>,
    also: Vec<Key>,
    now: Timestamp,
) -> Result<Authenticated, Problem> {
    let tenant = &claims.tid;
    let caller = caller(claims).ok_or_else(Problem::unauthenticated)?;
    let tenant_key = Key::of::<Tenant>(tenant, tenant.as_str());
    let mut keys = vec![tenant_key.clone()];
    match &caller {
        Caller::User(user, session) => keys.extend([
            Key::of::<Session>(tenant, session.as_str()),
            Key::of::<User>(tenant, user.as_str()),
        ]),
        Caller::Client(client) => {
            keys.push(Key::of::<ApiClient>(tenant, client.as_str()));
            // Who holds it stands in the token, so that both are read at once.
            let holder = claims.hld.as_deref().filter(|id| UserId::parse(id).is_ok());
            keys.extend(holder.map(|id| Key::of::<User>(tenant, id)));
        }
    }
    keys.extend(claims.roles.iter().map(|r| Key::of::<Role>(tenant, r)));
    keys.extend(also.into_iter().filter(|k| !keys.contains(k)).collect::<Vec<_>>());
    let found = app.database.batch_get(meter, &keys).await;
    let mut found = found.map_err(StoreError::problem)?;

    let record = take::<Tenant>(&found, &tenant_key)?.ok_or_else(Problem::unauthenticated)?;
    if record.status != TenantStatus::Active {
        return Err(Problem::new(403, "tenant_suspended", "This tenant is suspended."));
    }
    if !network_allows(&record.networks, address) {
        return Err(not_allowed());
    }
    let (kind, roles, touch, session) = match caller {
        Caller::User(user, session) => user_in_session(tenant, &found, user, session, address, now)?,
        Caller::Client(client) => {
            let record = client_from(tenant, &found, &client, claims, address)?;
            let held = holder::of(app, meter, tenant, &record, Some(&found)).await?;
            let owner = held.ok_or_else(Problem::unauthenticated)?;
            (PrincipalKind::Client { client, owner }, record.roles, None, None)
        }
    };
    // A caller whose roles have changed since the token was issued needs a new token.
    if roles != claims.roles {
        return Err(Problem::unauthenticated());
    }
    let held: Vec<Key> = roles.iter().map(|role| Key::of::<Role>(tenant, role)).collect();
    let policy = app.policies.policy(&mut found, &held, |found| {
        let roles = held.iter().map(|key| {
            let role = take::<Role>(found, key)?;
            Ok(role.ok_or_else(Problem::unauthenticated)?.item)
        });
        roles.collect()
    })?;
    let held = policy.roles();
    if !held.iter().all(|role| network_allows(&role.networks, address)) {
        return Err(not_allowed());
    }
    // The roles are those of now, so a policy that begins to ask for a second factor does so at the next call.
    let limit = session.and_then(|s| s.limit(&record.policy_for(held)));
    let principal = Principal {
        tenant: tenant.clone(),
        kind,
        roles: policy,
    };
    Ok(Authenticated {
        principal,
        prefetched: found,
        touch,
        wants_reason: record.require_access_reason,
        limits: [record.rate_limit(), record.client_rate_limit()],
        limit,
    })
}

fn caller(claims: &Claims) -> Option<Caller> {
    match &claims.sid {
        Some(sid) => Some(Caller::User(
            UserId::parse(&claims.sub).ok()?,
            SessionId::parse(sid).ok()?,
        )),
        None => ClientId::parse(&claims.sub).ok().map(Caller::Client),
    }
}

type InSession = (PrincipalKind, Vec<String>, Option<Write>, Option<Session>);

fn user_in_session(
    tenant: &crate::kernel::ids::TenantId,
    found: &HashMap<Key, Attrs>,
    user: UserId,
    session: SessionId,
    address: Option<IpAddr>,
    now: Timestamp,
) -> Result<InSession, Problem> {
    let seconds = now.as_second();
    let record = take::<Session>(found, &Key::of::<Session>(tenant, session.as_str()))?;
    let record = record.ok_or_else(Problem::unauthenticated)?;
    let owner = take::<User>(found, &Key::of::<User>(tenant, user.as_str()))?;
    let owner = owner.filter(|u| record.is_live(u, now) && !u.is_locked(now));
    let owner = owner.ok_or_else(Problem::unauthenticated)?;
    if !network_allows(&owner.networks, address) {
        return Err(not_allowed());
    }
    let touch = (seconds - record.seen_at >= STAMP).then(|| {
        let active = aws_sdk_dynamodb::types::AttributeValue::S("active".into());
        let stamp = Update::new()
            .number("seen_at", seconds)
            .when("#status = :active", &[(":active", active)]);
        Write::update::<Session>(tenant, session.as_str(), "-", stamp).otherwise(Problem::unauthenticated())
    });
    let signed_in_at = record.signed_in_at;
    Ok((
        PrincipalKind::User {
            user,
            session,
            signed_in_at,
        },
        owner.roles.clone(),
        touch,
        Some(record.item),
    ))
}

fn client_from(
    tenant: &crate::kernel::ids::TenantId,
    found: &HashMap<Key, Attrs>,
    client: &ClientId,
    claims: &Claims,
    address: Option<IpAddr>,
) -> Result<ApiClient, Problem> {
    let record = take::<ApiClient>(found, &Key::of::<ApiClient>(tenant, client.as_str()))?;
    let record = record
        .filter(|c| c.status == ClientStatus::Active && c.tokens_after.is_none_or(|at| claims.iat > at))
        // A token from before the client had to bind them is none any more.
        .filter(|c| claims.cnf.is_some() || !c.require_dpop)
        .ok_or_else(Problem::unauthenticated)?;
    if !network_allows(&record.networks, address) {
        return Err(not_allowed());
    }
    Ok(record.item)
}

/// Whether a sign-in is younger than ten minutes (RFC 9470).
#[must_use]
pub(crate) fn is_fresh(principal: &Principal, now: Timestamp) -> bool {
    match principal.kind {
        PrincipalKind::User { signed_in_at, .. } => now <= after(signed_in_at, 600),
        _ => false,
    }
}
