//! The items that the road reads on every call.

use super::username::SoapMode;
use crate::access::password_policy::{MOST_ATTEMPTS, Policy, SHORTEST_LOCK};
use crate::{
    access::{limits::RateLimit, rbac::Role},
    crypto::{SealedItem, Seals},
    kernel::{
        ids::{ClientId, SessionId, TenantId, UserId},
        purpose::Purpose,
        record::Record,
        time::Timestamp,
    },
    store::{AtRestBytes, Digest, Item, Listing, Sealed, Table},
};
use serde::{Deserialize, Serialize};

/// What a session may be limited to, until its user has done it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Changing the password.
    PasswordChange,
    /// Enrolling a second factor.
    Enrolment,
}

/// Whether a tenant may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum TenantStatus {
    /// It may.
    Active,
    /// Every call is refused.
    Suspended,
}

/// A tenant.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct Tenant {
    /// Its id.
    #[public]
    pub id: TenantId,
    /// What people call it.
    #[internal]
    pub name: String,
    /// Whether it may be used.
    #[public]
    pub status: TenantStatus,
    /// What passwords and sessions of roles without a policy of their own are held to; none means
    /// [`Policy::pci_single_factor`].
    #[internal]
    #[serde(default)]
    pub policy: Option<Policy>,
    /// When it was created.
    #[public]
    pub created_at: Timestamp,
    /// Whether reads of sensitive data need a reason (`X-Access-Reason`).
    #[public]
    #[serde(default)]
    pub require_access_reason: bool,
    /// Months that audit entries are kept.
    #[public]
    #[serde(default = "Tenant::retention")]
    pub retention_months: u32,
    /// Months of them that can be searched without restoring an archive.
    #[public]
    #[serde(default = "Tenant::online")]
    pub online_months: u32,
    /// Networks that its people and clients may call from (CIDR); none listed means any.
    #[internal]
    #[serde(default)]
    pub networks: Vec<String>,
    /// How often its people and clients together may call; the platform's default unless it says otherwise.
    #[public]
    #[serde(default)]
    pub rate_limit: Option<RateLimit>,
    /// How often each of them may.
    #[public]
    #[serde(default)]
    pub client_rate_limit: Option<RateLimit>,
    /// Keys of metadata that lists find objects by.
    #[public]
    #[serde(default)]
    pub metadata_keys: Vec<String>,
}

impl Tenant {
    /// How often its people and clients together may call.
    #[must_use]
    pub fn rate_limit(&self) -> RateLimit {
        self.rate_limit.unwrap_or(RateLimit::TENANT)
    }
    /// How often each of them may.
    #[must_use]
    pub fn client_rate_limit(&self) -> RateLimit {
        self.client_rate_limit.unwrap_or(RateLimit::CALLER)
    }
    /// Months that audit entries are kept unless a tenant says more (PCI DSS 4.0.1, 10.5.1).
    #[must_use]
    pub const fn retention() -> u32 {
        12
    }
    /// Months of them that are at hand at once, unless a tenant says more (PCI DSS 4.0.1, 10.5.1).
    #[must_use]
    pub const fn online() -> u32 {
        3
    }
}

impl Tenant {
    /// What the holder of these roles is held to.
    #[must_use]
    pub fn policy_for(&self, roles: &[Role]) -> Policy {
        Policy::of(&self.policy.clone().unwrap_or_default(), roles)
    }
}

impl Item for Tenant {
    const TABLE: Table = Table::Tenancy;
    const KIND: &'static str = "tenant";
    fn id(&self) -> &str {
        self.id.as_str()
    }
}

/// Whether a user may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum UserStatus {
    /// Invited, and no password chosen yet: nobody signs in.
    Invited,
    /// They may.
    Active,
    /// They may not, and every session is refused.
    Disabled,
}

/// A user of a tenant.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct User {
    /// Their id.
    #[public]
    pub id: UserId,
    /// Their e-mail address.
    #[personal]
    pub email: Sealed,
    /// Their name.
    #[personal]
    pub name: Sealed,
    /// Whether they may sign in.
    #[public]
    pub status: UserStatus,
    /// Their roles.
    #[internal]
    pub roles: Vec<String>,
    /// Unix milliseconds up to which every sign-in has ended, because the password was changed then.
    #[public]
    #[serde(default)]
    pub signed_out_before: Option<i64>,
    /// Unix seconds until which their sessions are refused, because too many attempts failed in one of them.
    #[public]
    #[serde(default)]
    pub locked_until: Option<i64>,
    /// Unix seconds until which nobody signs in as them, because too many attempts to sign in failed. Anybody can make them fail,
    /// so that sessions which are there go on.
    #[public]
    #[serde(default)]
    pub sign_in_locked_until: Option<i64>,
    /// Networks they may call from (CIDR); none listed means any.
    #[internal]
    #[serde(default)]
    pub networks: Vec<String>,
    /// Unix milliseconds up to which whatever they held has ended for good, because they had left and came back then.
    #[public]
    #[serde(default)]
    pub ended_before: Option<i64>,
    /// When they were created.
    #[public]
    pub created_at: Timestamp,
}

impl User {
    /// Whether what they have held since then (Unix milliseconds) still stands: API clients and webhooks end with whoever holds
    /// them, and do not come back with them.
    #[must_use]
    pub fn vouches(&self, since: i64) -> bool {
        self.status == UserStatus::Active && self.ended_before.is_none_or(|end| since > end)
    }

    /// Whether their sessions are refused at `now`, until the lock has run out or been cleared.
    #[must_use]
    pub fn is_locked(&self, now: Timestamp) -> bool {
        self.locked_until.is_some_and(|until| now.as_second() < until)
    }

    /// Unix seconds until which they are locked, whichever way, if they are at `now`.
    #[must_use]
    pub fn lock(&self, now: Timestamp) -> Option<i64> {
        let until = self.locked_until.max(self.sign_in_locked_until)?;
        (now.as_second() < until).then_some(until)
    }
}

impl SealedItem for User {
    fn seals(&mut self, _: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(self.id.as_str(), Purpose::Pii);
        seals
            .field("email", &mut self.email)
            .field("name", &mut self.name);
        seals
    }
}

impl Item for User {
    const TABLE: Table = Table::Identity;
    const KIND: &'static str = "user";
    const PROCESSING: Option<crate::store::processing::Processing> = Some(
        crate::store::processing::Processing::new(
            "Let the people of a tenant sign in",
            crate::store::processing::Subjects::Users,
            crate::store::processing::Basis::Contract,
            "Until the tenant ends",
            crate::store::processing::Reach::Nothing,
        )
        .sealed(crate::kernel::purpose::Purpose::Pii),
    );
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: "users".into(),
            sort: self.id.to_string(),
        })
    }
}

/// An earlier password of a user.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct OldPassword {
    /// argon2id in PHC form over the peppered password.
    #[secret]
    pub password: AtRestBytes,
    /// Version of the pepper.
    #[internal]
    pub pepper: u32,
}

/// What a user signs in with, found by the blind index of their e-mail address.
///
/// The lock is a state machine over two numbers. `attempts` counts reserved attempts since the last
/// success, `attempted_at` is the time of the latest, in Unix seconds. `max_attempts` and `lock_seconds` are those of
/// the policy that the user was last held to, so that whoever looks at the lock needs nothing else.
///
/// ```text
/// open(n)   --reserve-->  open(n+1)            while n+1 < max
/// open(max-1) --reserve--> locked              until attempted_at + lock
/// open(n)   --success-->  open(n - mine)       never from locked, unless the attempt is the one that locked it
/// locked    --time-->     open(0) at the next reserve
/// locked    --unlock-->   open(0)              by a holder of `user.unlock`
/// any       --new password--> open(0)
/// ```
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct Credential {
    /// Hex of the blind index of the e-mail address.
    #[internal]
    pub lookup: String,
    /// Whose it is.
    #[public]
    pub user: UserId,
    /// argon2id in PHC form over the peppered password; none until the invited person has chosen one.
    #[secret]
    #[serde(default)]
    pub password: Option<AtRestBytes>,
    /// Unix milliseconds at which the password was set: tokens made before are spent with it.
    #[internal]
    #[serde(default)]
    pub password_set_at: Option<i64>,
    /// Version of the pepper.
    #[internal]
    pub pepper: u32,
    /// Earlier passwords, the latest first.
    #[nested]
    #[serde(default)]
    pub history: Vec<OldPassword>,
    /// Whether an administrator wants another password.
    #[internal]
    #[serde(default)]
    pub must_change: bool,
    /// The user's roles when they last signed in: what is read ahead, and nothing is decided by it.
    #[internal]
    #[serde(default)]
    pub roles: Vec<String>,
    /// Attempts reserved since the last success.
    #[internal]
    pub attempts: i64,
    /// Unix seconds of the latest attempt.
    #[internal]
    pub attempted_at: i64,
    /// Attempts before the lock.
    #[internal]
    #[serde(default = "most_attempts")]
    pub max_attempts: i64,
    /// Seconds of the lock.
    #[internal]
    #[serde(default = "shortest_lock")]
    pub lock_seconds: i64,
}

const fn most_attempts() -> i64 {
    MOST_ATTEMPTS
}
const fn shortest_lock() -> i64 {
    SHORTEST_LOCK
}

impl Credential {
    /// One without a password.
    #[must_use]
    pub fn new(lookup: String, user: UserId, roles: Vec<String>) -> Self {
        Self {
            lookup,
            user,
            password: None,
            password_set_at: None,
            pepper: 0,
            history: Vec::new(),
            must_change: false,
            roles,
            attempts: 0,
            attempted_at: 0,
            max_attempts: MOST_ATTEMPTS,
            lock_seconds: SHORTEST_LOCK,
        }
    }

    /// Whether it is locked at `now`.
    #[must_use]
    pub fn is_locked(&self, now: Timestamp) -> bool {
        self.attempts >= self.max_attempts
            && now.as_second() < self.attempted_at.saturating_add(self.lock_seconds)
    }
}

impl Item for Credential {
    const TABLE: Table = Table::Identity;
    const KIND: &'static str = "credential";
    const PROCESSING: Option<crate::store::processing::Processing> =
        Some(crate::store::processing::Processing::new(
            "Verify passwords",
            crate::store::processing::Subjects::Users,
            crate::store::processing::Basis::Contract,
            "Until the tenant ends",
            crate::store::processing::Reach::Nothing,
        ));
    fn id(&self) -> &str {
        &self.lookup
    }
}

/// Whether a session may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum SessionStatus {
    /// It may.
    Active,
    /// Signed out.
    Revoked,
}

/// A session of a user, read on every call.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct Session {
    /// Its id.
    #[public]
    pub id: SessionId,
    /// Whose it is.
    #[public]
    pub user: UserId,
    /// Whether it may be used.
    #[public]
    pub status: SessionStatus,
    /// When the user signed in.
    #[public]
    pub signed_in_at: Timestamp,
    /// When it was last used, to the minute.
    #[public]
    pub seen_at: i64,
    /// Seconds without a call after which it ends.
    #[public]
    pub idle_seconds: i64,
    /// Unix seconds of its end in any case.
    #[public]
    pub ends_at: i64,
    /// The credential that the user signed in with.
    #[internal]
    #[serde(default)]
    pub lookup: String,
    /// Whether it may do nothing but change the password.
    #[public]
    #[serde(default)]
    pub password_change: bool,
    /// Whether the user showed a second factor.
    #[public]
    #[serde(default)]
    pub second_factor: bool,
    /// Where it was begun from, sealed under the user's key.
    #[personal]
    #[serde(default)]
    pub address: Option<Sealed>,
    /// With which program.
    #[personal]
    #[serde(default)]
    pub device: Option<Sealed>,
}

impl Session {
    /// What it is limited to under its owner's policy of now.
    #[must_use]
    pub fn limit(&self, policy: &Policy) -> Option<Limit> {
        if self.password_change {
            Some(Limit::PasswordChange)
        } else {
            (policy.second_factor && !self.second_factor).then_some(Limit::Enrolment)
        }
    }

    /// Whether it may be used at `now` by its owner as they are: not signed out, neither idle nor over, and the
    /// owner neither invited only, disabled, nor signed out everywhere since.
    #[must_use]
    pub fn is_live(&self, owner: &User, now: Timestamp) -> bool {
        let seconds = now.as_second();
        self.status == SessionStatus::Active
            && self.user == owner.id
            && owner.status == UserStatus::Active
            && seconds < self.ends_at
            && seconds < self.seen_at.saturating_add(self.idle_seconds)
            && owner
                .signed_out_before
                .is_none_or(|at| self.signed_in_at.as_millisecond() > at)
    }
}

impl SealedItem for Session {
    fn seals(&mut self, _: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(self.user.as_str(), Purpose::Pii);
        seals
            .maybe("address", self.address.as_mut())
            .maybe("device", self.device.as_mut());
        seals
    }
}

impl Item for Session {
    const TABLE: Table = Table::Identity;
    const KIND: &'static str = "session";
    const PROCESSING: Option<crate::store::processing::Processing> =
        Some(crate::store::processing::Processing::new(
            "Keep users signed in",
            crate::store::processing::Subjects::Users,
            crate::store::processing::Basis::Contract,
            "Until the session ends",
            crate::store::processing::Reach::Nothing,
        ));
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: format!("sessions#{}", self.user),
            sort: self.id.to_string(),
        })
    }
    fn expires(&self) -> Option<i64> {
        Some(self.ends_at)
    }
}

/// Whether an API client may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "ApiClientStatus")]
pub enum ClientStatus {
    /// It may.
    Active,
    /// Revoked for good.
    Revoked,
}

/// One secret of an API client.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct ClientSecret {
    /// SHA-256 of the secret.
    #[secret]
    pub digest: Digest,
    /// Unix seconds after which it no longer works.
    #[internal]
    pub until: Option<i64>,
}

/// One SOAP secret of an API client. It is sealed and no hash is kept of it: a digest is made of the secret itself.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct SoapSecret {
    /// Its number, part of the place that it is sealed for and never used again.
    #[internal]
    pub number: u32,
    /// The secret, sealed under the tenant's own key for secrets.
    #[secret]
    pub secret: Sealed,
    /// Unix seconds after which it no longer works.
    #[internal]
    pub until: Option<i64>,
}

/// That an API client may call over SOAP.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct SoapAccess {
    /// How it shows its secret.
    #[public]
    pub mode: SoapMode,
    /// The current secret, and one that a rotation lets run out.
    #[nested]
    pub secrets: Vec<SoapSecret>,
}

impl SoapAccess {
    /// The name of the field that a secret is sealed as.
    #[must_use]
    pub fn place(number: u32) -> String {
        format!("soap.secrets.{number}")
    }
}

/// A system of a tenant.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct ApiClient {
    /// Its id.
    #[public]
    pub id: ClientId,
    /// What people call it.
    #[internal]
    pub name: String,
    /// Its roles.
    #[internal]
    pub roles: Vec<String>,
    /// Whether it may be used.
    #[public]
    pub status: ClientStatus,
    /// Its secrets: the current one, and one that a rotation lets run out.
    #[nested]
    pub secrets: Vec<ClientSecret>,
    /// Networks it may call from (CIDR); none listed means any.
    #[internal]
    pub networks: Vec<String>,
    /// Who holds its secret: the person who issued it, or who rotated it last.
    #[public]
    pub issued_by: String,
    /// Unix milliseconds since which they hold it; none where they have issued it.
    #[public]
    #[serde(default)]
    pub held_since: Option<i64>,
    /// Unix seconds up to which every token has ended, because the secret went to somebody else then.
    #[public]
    #[serde(default)]
    pub tokens_after: Option<i64>,
    /// Whether its tokens must be bound to a key (RFC 9449).
    #[public]
    #[serde(default)]
    pub require_dpop: bool,
    /// Whether and how it calls over SOAP.
    #[nested]
    #[serde(default)]
    pub soap: Option<SoapAccess>,
    /// When it was issued.
    #[public]
    pub created_at: Timestamp,
}

impl SealedItem for ApiClient {
    fn seals(&mut self, tenant: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(tenant.as_str(), Purpose::Secret);
        for secret in self.soap.iter_mut().flat_map(|soap| &mut soap.secrets) {
            seals.field(&SoapAccess::place(secret.number), &mut secret.secret);
        }
        seals
    }
}

impl ApiClient {
    /// The list of a tenant's clients.
    pub const LIST: &'static str = "api-clients";

    /// Since when its holder holds it (Unix milliseconds).
    #[must_use]
    pub fn held_since(&self) -> i64 {
        self.held_since
            .unwrap_or_else(|| self.created_at.as_millisecond())
    }
}

impl Item for ApiClient {
    const TABLE: Table = Table::Tenancy;
    const KIND: &'static str = "api-client";
    const PROCESSING: Option<crate::store::processing::Processing> =
        Some(crate::store::processing::Processing::new(
            "Let systems call",
            crate::store::processing::Subjects::Users,
            crate::store::processing::Basis::Contract,
            "Until the tenant ends",
            crate::store::processing::Reach::Nothing,
        ));
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: Self::LIST.into(),
            sort: self.id.to_string(),
        })
    }
}

/// One line of the platform's list of tenants, which workers go through one after the other.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct TenantDirectory {
    /// The tenant.
    #[public]
    pub id: TenantId,
}

impl TenantDirectory {
    /// The list, in the platform's own tenant.
    pub const LIST: &'static str = "tenants";
}

impl Item for TenantDirectory {
    const TABLE: Table = Table::Tenancy;
    const KIND: &'static str = "tenant-directory";
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: Self::LIST.into(),
            sort: self.id.to_string(),
        })
    }
}
