//! The second wall: DynamoDB and the keys of tenants are reached under a role of the function's own, in a session that is tagged
//! with the tenant. What the session may touch is said by the role's policy: partitions and keys of the tenant in the tag. The
//! function's first role, the one that Lambda gives it, reaches no data at all.

use crate::{
    kernel::{
        ids::TenantId,
        random,
        time::{Clock, Timestamp, after},
    },
    store::{TENANT_PREFIX, meter::Meter, scope::Scope},
};
use aws_sdk_dynamodb::config::{Credentials, IdentityCache};
use aws_sdk_sts::{error::ProvideErrorMetadata, types::Tag};
use futures::future::BoxFuture;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::OnceCell;

/// The tag that names the tenant of a session.
pub const TENANT_TAG: &str = "tenant";
/// The tag that names the tenant that the platform makes, suspends or resumes in the session, beside its own.
pub const FOUNDED_TAG: &str = "founded";
/// Seconds that a session lasts: the fewest that STS gives.
const SECONDS: i32 = 900;
/// Seconds that a session is used at most; the real limit is up to a tenth below it, so that processes do not renew together.
const USED: u64 = 780;
/// Most sessions that one process keeps.
const CAPACITY: usize = 256;

/// Whose data a session reaches, and what of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Whose {
    tenant: String,
    founded: Option<String>,
    scope: Option<&'static str>,
}

impl Whose {
    /// The tenants of these partition keys: one, or the platform and one other.
    fn of<'k>(keys: impl IntoIterator<Item = &'k str>) -> Result<Self, String> {
        let mut tenants: Vec<&str> = Vec::new();
        for key in keys {
            let rest = key.strip_prefix(TENANT_PREFIX).and_then(|k| k.split_once('#'));
            let (tenant, _) = rest.ok_or("a key of no tenant")?;
            if !tenants.contains(&tenant) {
                tenants.push(tenant);
            }
        }
        let platform = TenantId::platform();
        let with = |tenant: &str, founded: Option<&str>| Self {
            tenant: tenant.to_owned(),
            founded: founded.map(str::to_owned),
            scope: None,
        };
        match *tenants {
            [tenant] => Ok(with(tenant, None)),
            [tenant, other] | [other, tenant] if tenant == platform.as_str() => Ok(with(tenant, Some(other))),
            _ => Err("keys of several tenants in one call".into()),
        }
    }

    fn tags(&self) -> Vec<(&'static str, &str)> {
        let founded = self.founded.as_deref().map(|f| (FOUNDED_TAG, f));
        std::iter::once((TENANT_TAG, self.tenant.as_str()))
            .chain(founded)
            .collect()
    }
}

/// The clients that reach data.
#[derive(Clone)]
pub struct Session {
    /// DynamoDB.
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    /// DynamoDB, where the home table is.
    pub(crate) home: aws_sdk_dynamodb::Client,
    /// KMS.
    pub(crate) kms: aws_sdk_kms::Client,
}

/// A session and how long it is used.
struct Slot {
    /// By the monotonic clock.
    until: Duration,
    /// By the time of day, as the monotonic clock of a process that was frozen may have stood still.
    expires: Timestamp,
    session: Arc<OnceCell<Session>>,
}

/// The role, and the sessions that the process has.
pub struct DataRole {
    arn: String,
    sts: aws_sdk_sts::Client,
    dynamodb: aws_sdk_dynamodb::Config,
    home: aws_sdk_dynamodb::Config,
    kms: aws_sdk_kms::Config,
    clock: Arc<dyn Clock>,
    slots: Mutex<HashMap<Whose, Slot>>,
}

impl DataRole {
    /// No sessions yet. The configurations are those of the clients, but for the credentials.
    #[must_use]
    pub fn new(
        arn: String,
        sts: aws_sdk_sts::Client,
        [dynamodb, home]: [aws_sdk_dynamodb::Config; 2],
        kms: aws_sdk_kms::Config,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            arn,
            sts,
            dynamodb,
            home,
            kms,
            clock,
            slots: Mutex::default(),
        }
    }

    fn cell(&self, whose: &Whose) -> Arc<OnceCell<Session>> {
        let (monotonic, now) = (self.clock.monotonic(), self.clock.now());
        let good = |slot: &Slot| slot.until > monotonic && slot.expires > now;
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(whose).filter(|s| good(s)) {
            return slot.session.clone();
        }
        slots.retain(|_, slot| good(slot));
        if slots.len() >= CAPACITY
            && let Some(oldest) = slots.iter().min_by_key(|(_, s)| s.until).map(|(w, _)| w.clone())
        {
            slots.remove(&oldest);
        }
        let used = USED - random::below(USED / 10);
        let slot = Slot {
            until: monotonic.saturating_add(Duration::from_secs(used)),
            expires: after(now, i64::try_from(used).unwrap_or(0)),
            session: Arc::default(),
        };
        let session = slot.session.clone();
        slots.insert(whose.clone(), slot);
        session
    }

    /// The session of a tenant, asked for once by however many callers wait for it. A failure is not kept.
    fn session(
        self: Arc<Self>,
        whose: Whose,
        scope: Option<Scope>,
    ) -> BoxFuture<'static, Result<Session, String>> {
        Box::pin(async move {
            let whose = Whose {
                scope: scope.as_ref().map(|scope| scope.name),
                ..whose
            };
            let cell = self.cell(&whose);
            let session = cell.get_or_try_init(|| self.assume(&whose, scope.as_ref()));
            session.await.cloned()
        })
    }

    async fn assume(&self, whose: &Whose, scope: Option<&Scope>) -> Result<Session, String> {
        let mut request = self
            .sts
            .assume_role()
            .role_arn(&self.arn)
            .role_session_name(&whose.tenant)
            .set_policy(scope.map(|scope| scope.policy.to_string()))
            .duration_seconds(SECONDS);
        for (key, value) in whose.tags() {
            let tag = Tag::builder().key(key).value(value).build();
            request = request.tags(tag.map_err(|e| format!("sts: {e}"))?);
        }
        let answer = request.send().await.map_err(|e| {
            let code = e.as_service_error().and_then(ProvideErrorMetadata::code);
            format!("sts AssumeRole: {}", code.unwrap_or("no valid answer"))
        })?;
        let given = answer.credentials.ok_or("sts AssumeRole: no credentials")?;
        let credentials = Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            Some(given.session_token),
            None,
            "data role",
        );
        // Kept here for as long as they are good, so the SDK need not keep them for each tenant.
        let tables = |config: &aws_sdk_dynamodb::Config| {
            let config = config.to_builder().identity_cache(IdentityCache::no_cache());
            aws_sdk_dynamodb::Client::from_conf(config.credentials_provider(credentials.clone()).build())
        };
        let kms = self.kms.to_builder().identity_cache(IdentityCache::no_cache());
        Ok(Session {
            dynamodb: tables(&self.dynamodb),
            home: tables(&self.home),
            kms: aws_sdk_kms::Client::from_conf(kms.credentials_provider(credentials.clone()).build()),
        })
    }
}

/// How data is reached: in sessions of the data role, or with the process's own credentials where there is none, as on a
/// developer's machine. On AWS the latter may touch no data, so a function that is not told its role reaches none.
#[derive(Clone)]
pub struct Reach {
    own: Session,
    role: Option<Arc<DataRole>>,
}

impl Reach {
    /// The process's own clients, and its data role.
    #[must_use]
    pub fn new(
        [dynamodb, home]: [aws_sdk_dynamodb::Client; 2],
        kms: aws_sdk_kms::Client,
        role: Option<Arc<DataRole>>,
    ) -> Self {
        let own = Session { dynamodb, home, kms };
        Self { own, role }
    }

    /// With the process's own credentials: what belongs to no tenant, such as the key that signs tokens.
    pub(crate) fn own(&self) -> &Session {
        &self.own
    }

    /// What reaches these partition keys and no other tenant's.
    ///
    /// # Errors
    /// When the keys belong to several tenants, or STS refuses or does not answer.
    pub(crate) async fn to<'k>(
        &self,
        meter: &Meter,
        keys: impl IntoIterator<Item = &'k str>,
    ) -> Result<Session, String> {
        match &self.role {
            None => Ok(self.own.clone()),
            // Boxed, as every call of the store holds this future.
            Some(role) => role.clone().session(Whose::of(keys)?, meter.scope()).await,
        }
    }

    /// What reaches the keys of a tenant.
    ///
    /// # Errors
    /// When STS refuses or does not answer.
    pub(crate) async fn to_tenant(&self, meter: &Meter, tenant: &TenantId) -> Result<Session, String> {
        match &self.role {
            None => Ok(self.own.clone()),
            Some(role) => {
                let (tenant, founded, scope) = (tenant.to_string(), None, None);
                let whose = Whose {
                    tenant,
                    founded,
                    scope,
                };
                role.clone().session(whose, meter.scope()).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "ten_01JD3X8M9V5T2Q4R6S8W0Y1Z2A";
    const B: &str = "ten_01JD3X8M9V5T2Q4R6S8W0Y1Z2B";

    fn tags(keys: &[String]) -> Result<Vec<(String, String)>, String> {
        let whose = Whose::of(keys.iter().map(String::as_str))?;
        let owned = |(k, v): (&str, &str)| (k.to_owned(), v.to_owned());
        Ok(whose.tags().into_iter().map(owned).collect())
    }

    fn tag(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn a_session_is_for_the_tenant_of_the_keys() {
        let of = |tenant: &str, rest: &str| format!("T#{tenant}#{rest}");
        assert_eq!(
            tags(&[of(A, "user#1"), of(A, "session#2")]),
            Ok(vec![tag("tenant", A)])
        );
        let platform = TenantId::platform().to_string();
        for keys in [
            [of(&platform, "x#1"), of(A, "tenant#1")],
            [of(A, "tenant#1"), of(&platform, "x#1")],
        ] {
            assert_eq!(tags(&keys), Ok(vec![tag("tenant", &platform), tag("founded", A)]));
        }
        for keys in [
            vec![],
            vec!["warm".to_owned()],
            vec![format!("T#{A}")],
            vec![of(A, "user#1"), of(B, "user#1")],
            vec![of(A, "user#1"), of(B, "user#1"), of(&platform, "x#1")],
        ] {
            assert!(tags(&keys).is_err(), "{keys:?}");
        }
    }
}
