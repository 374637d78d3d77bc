//! Challenges: the password was right, and a second factor is asked for. Single use, five minutes.
//!
//! The attempt that made it stays counted until the second factor has been shown, and each code is one more attempt
//! of the same count: whoever knows the password guesses codes no faster than passwords.

use crate::secret_token;
use serde::{Deserialize, Serialize};
use shared::{
    auth::Policy,
    ids::{TenantId, UserId},
    record::Record,
    store::{Digest, Item, Table},
};

/// Seconds that it is good for.
const LIFE: i64 = 300;

/// A challenge as kept. It is removed when it is used.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct Challenge {
    /// Hex of its SHA-256, by which it is found.
    #[internal]
    pub id: String,
    /// SHA-256 of it.
    #[secret]
    pub digest: Digest,
    /// Whose.
    #[public]
    pub user: UserId,
    /// The credential whose password was right.
    #[internal]
    pub lookup: String,
    /// Unix milliseconds at which that password was set.
    #[internal]
    #[serde(default)]
    pub password_set_at: Option<i64>,
    /// SHA-256 of what a passkey is asked to sign, where the user has one.
    #[secret]
    #[serde(default)]
    pub passkey: Option<Digest>,
    /// Whether the refresh token goes into the portal's cookie.
    #[public]
    #[serde(default)]
    pub portal: bool,
    /// What they are held to.
    #[internal]
    pub policy: Policy,
    /// Unix seconds of its end.
    #[public]
    pub expires_at: i64,
}

impl Item for Challenge {
    const TABLE: Table = Table::Identity;
    const KIND: &'static str = "challenge";
    const PROCESSING: Option<shared::processing::Processing> = Some(shared::processing::Processing::new(
        "Ask for the second factor of a sign-in",
        shared::processing::Subjects::Users,
        shared::processing::Basis::Contract,
        "Five minutes",
        shared::processing::Reach::Nothing,
    ));
    fn id(&self) -> &str {
        &self.id
    }
    fn expires(&self) -> Option<i64> {
        Some(self.expires_at)
    }
}

impl Challenge {
    /// A new one: its text, shown once, and what is kept.
    #[must_use]
    pub fn issue(
        tenant: &TenantId,
        user: &UserId,
        lookup: &str,
        set_at: Option<i64>,
        policy: &Policy,
        now: i64,
    ) -> (String, Self) {
        let issued = secret_token::issue(&[tenant.as_str(), user.as_str()]);
        let kept = Self {
            id: secret_token::key_part(&issued.digest),
            digest: issued.digest,
            user: user.clone(),
            lookup: lookup.to_owned(),
            password_set_at: set_at,
            passkey: None,
            portal: false,
            policy: policy.clone(),
            expires_at: now.saturating_add(LIFE),
        };
        (issued.text, kept)
    }

    /// Tenant, user and id of a presented one.
    #[must_use]
    pub fn place(text: &str) -> Option<(TenantId, UserId, String)> {
        let [tenant, user] = secret_token::place(text)?;
        let id = secret_token::key_part(&secret_token::digest_of(text));
        Some((TenantId::parse(tenant).ok()?, UserId::parse(user).ok()?, id))
    }
}
