//! The items that the road reads on every call.

use crate::{
    ids::{ClientId, SessionId, TenantId, UserId},
    record::Record,
    store::{AtRestBytes, Digest, Item, Listing, Sealed, Table},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// Whether a tenant may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
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
    /// The region that alone accepts its writes.
    #[public]
    pub home_region: String,
    /// When it was created.
    #[public]
    pub created_at: Timestamp,
}

impl Item for Tenant {
    const TABLE: Table = Table::Tenancy;
    const KIND: &'static str = "tenant";
    fn id(&self) -> &str {
        self.id.as_str()
    }
}

/// Whether a user may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
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
    /// When they were created.
    #[public]
    pub created_at: Timestamp,
}

impl Item for User {
    const TABLE: Table = Table::Identity;
    const KIND: &'static str = "user";
    const PROCESSING: Option<crate::processing::Processing> = Some(
        crate::processing::Processing::new(
            "Let the people of a tenant sign in",
            crate::processing::Subjects::Users,
            crate::processing::Basis::Contract,
            "Until the tenant ends",
            crate::processing::Reach::Nothing,
        )
        .sealed(crate::crypto::Purpose::Pii),
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

/// What a user signs in with, found by the blind index of their e-mail address.
///
/// The lock is a state machine over two numbers. `attempts` counts reserved attempts since the last
/// success, `attempted_at` is the time of the latest, in Unix seconds.
///
/// ```text
/// open(n)   --reserve-->  open(n+1)            while n+1 < max
/// open(max-1) --reserve--> locked              until attempted_at + lock
/// open(n)   --success-->  open(n - mine)       never from locked, unless the attempt is the one that locked it
/// locked    --time-->     open(0) at the next reserve, or by a holder of `user.unlock`
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
    /// Attempts reserved since the last success.
    #[internal]
    pub attempts: i64,
    /// Unix seconds of the latest attempt.
    #[internal]
    pub attempted_at: i64,
}

impl Item for Credential {
    const TABLE: Table = Table::Identity;
    const KIND: &'static str = "credential";
    const PROCESSING: Option<crate::processing::Processing> = Some(crate::processing::Processing::new(
        "Verify passwords",
        crate::processing::Subjects::Users,
        crate::processing::Basis::Contract,
        "Until the tenant ends",
        crate::processing::Reach::Nothing,
    ));
    fn id(&self) -> &str {
        &self.lookup
    }
}

/// Whether a session may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
}

impl Session {
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

impl Item for Session {
    const TABLE: Table = Table::Identity;
    const KIND: &'static str = "session";
    const PROCESSING: Option<crate::processing::Processing> = Some(crate::processing::Processing::new(
        "Keep users signed in",
        crate::processing::Subjects::Users,
        crate::processing::Basis::Contract,
        "Until the session ends",
        crate::processing::Reach::Nothing,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
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
    /// Who issued it.
    #[public]
    pub issued_by: String,
    /// When it was issued.
    #[public]
    pub created_at: Timestamp,
}

impl Item for ApiClient {
    const TABLE: Table = Table::Tenancy;
    const KIND: &'static str = "api-client";
    const PROCESSING: Option<crate::processing::Processing> = Some(crate::processing::Processing::new(
        "Let systems call",
        crate::processing::Subjects::Users,
        crate::processing::Basis::Contract,
        "Until the tenant ends",
        crate::processing::Reach::Nothing,
    ));
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: "api-clients".into(),
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
