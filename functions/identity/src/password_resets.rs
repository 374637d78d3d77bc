//! Codes by mail: whoever reads the mail chooses a password. Invitations and forgotten passwords alike.

pub mod confirm;
pub mod create;

use crate::secret_token;
use serde::{Deserialize, Serialize};
use shared::{
    auth::{Credential, User, UserStatus},
    ids::{TenantId, UserId},
    record::Record,
    road::Context,
    store::{Digest, Item, Table},
    time::{Timestamp, after},
};

/// Seconds that an invitation is good for: seven days.
const INVITATION: i64 = 7 * 24 * 3600;
/// Seconds that a reset is good for: thirty minutes.
const RESET: i64 = 30 * 60;
/// Seconds over which requests for one address are counted.
const WINDOW: i64 = 3600;
/// Most mails to one address in that time.
const MOST: i64 = 5;

/// What a code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Choosing the first password.
    Invitation,
    /// Setting another one.
    Reset,
}

/// A code as kept: its SHA-256 and what it is good for. It is removed when it is used.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct PasswordToken {
    /// Hex of its SHA-256, by which it is found.
    #[internal]
    pub id: String,
    /// SHA-256 of the code.
    #[secret]
    pub digest: Digest,
    /// Whose password it sets.
    #[public]
    pub user: UserId,
    /// The credential that it sets.
    #[internal]
    pub lookup: String,
    /// Their roles then: what is read ahead, and nothing is decided by it.
    #[internal]
    #[serde(default)]
    pub roles: Vec<String>,
    /// What it is for.
    #[public]
    pub reason: Reason,
    /// When it was made.
    #[public]
    pub created_at: Timestamp,
    /// When it ends.
    #[public]
    pub expires_at: Timestamp,
}

impl Item for PasswordToken {
    const TABLE: Table = Table::Identity;
    const KIND: &'static str = "password-token";
    const PROCESSING: Option<shared::processing::Processing> = Some(shared::processing::Processing::new(
        "Let users choose a password",
        shared::processing::Subjects::Users,
        shared::processing::Basis::Contract,
        "Until it runs out",
        shared::processing::Reach::Nothing,
    ));
    fn id(&self) -> &str {
        &self.id
    }
    fn expires(&self) -> Option<i64> {
        Some(self.expires_at.as_second())
    }
}

impl PasswordToken {
    fn issue(cx: &Context, user: &User, lookup: &str, reason: Reason, seconds: i64) -> (String, Self) {
        let issued = secret_token::issue(&[cx.tenant().as_str()]);
        let token = Self {
            id: secret_token::key_part(&issued.digest),
            digest: issued.digest,
            user: user.id.clone(),
            lookup: lookup.to_owned(),
            roles: user.roles.clone(),
            reason,
            created_at: cx.now(),
            expires_at: after(cx.now(), seconds),
        };
        (issued.text, token)
    }

    /// A code that invites.
    #[must_use]
    pub fn invitation(cx: &Context, user: &User, lookup: &str) -> (String, Self) {
        Self::issue(cx, user, lookup, Reason::Invitation, INVITATION)
    }

    /// A code that resets.
    #[must_use]
    pub fn reset(cx: &Context, user: &User, lookup: &str) -> (String, Self) {
        Self::issue(cx, user, lookup, Reason::Reset, RESET)
    }

    /// Tenant and id of a presented code.
    #[must_use]
    pub fn place(text: &str) -> Option<(TenantId, String)> {
        let [tenant] = secret_token::place(text)?;
        let id = secret_token::key_part(&secret_token::digest_of(text));
        Some((TenantId::parse(tenant).ok()?, id))
    }

    /// Whether it sets this user's password at `now`: an invitation while they are invited, a reset while they are
    /// active, neither after its end nor after another code has set the password.
    #[must_use]
    pub fn is_good(&self, user: &User, credential: &Credential, now: Timestamp) -> bool {
        let status = match self.reason {
            Reason::Invitation => UserStatus::Invited,
            Reason::Reset => UserStatus::Active,
        };
        let made = self.created_at.as_millisecond();
        user.id == self.user
            && credential.user == self.user
            && user.status == status
            && now < self.expires_at
            && credential.password_set_at.is_none_or(|set| made > set)
    }
}

/// How often somebody asked for a reset of one address, whether or not it is anybody's.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct ResetRequests {
    /// Hex of the blind index of the address.
    #[internal]
    pub lookup: String,
    /// How often since then.
    #[internal]
    pub count: i64,
    /// Unix seconds of the first request that is counted.
    #[internal]
    pub since: i64,
}

impl Item for ResetRequests {
    const TABLE: Table = Table::Identity;
    const KIND: &'static str = "reset-requests";
    const PROCESSING: Option<shared::processing::Processing> = Some(shared::processing::Processing::new(
        "Limit how often a reset is asked for",
        shared::processing::Subjects::Users,
        shared::processing::Basis::LegitimateInterest,
        "One hour",
        shared::processing::Reach::Nothing,
    ));
    fn id(&self) -> &str {
        &self.lookup
    }
    fn expires(&self) -> Option<i64> {
        Some(self.since.saturating_add(WINDOW))
    }
}

impl ResetRequests {
    /// The count with one more request at `now`, and whether it may be answered by a mail.
    #[must_use]
    pub fn next(before: Option<&Self>, lookup: &str, now: i64) -> (Self, bool) {
        let running = before.filter(|b| now < b.since.saturating_add(WINDOW));
        let next = Self {
            lookup: lookup.to_owned(),
            count: running.map_or(1, |b| b.count.saturating_add(1)),
            since: running.map_or(now, |b| b.since),
        };
        let within = next.count <= MOST;
        (next, within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::store::Sealed;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn scene(status: UserStatus, reason: Reason, seconds: i64) -> (User, Credential, PasswordToken) {
        let user = User {
            id: UserId::new(at(0)),
            email: Sealed(vec![]),
            name: Sealed(vec![]),
            status,
            roles: vec![],
            signed_out_before: None,
            ended_before: None,
            locked_until: None,
            sign_in_locked_until: None,
            networks: Vec::new(),
            created_at: at(0),
        };
        let credential = Credential::new("00".into(), user.id.clone(), vec![]);
        let issued = secret_token::issue(&[TenantId::platform().as_str()]);
        let token = PasswordToken {
            id: secret_token::key_part(&issued.digest),
            digest: issued.digest,
            user: user.id.clone(),
            lookup: "00".into(),
            roles: vec![],
            reason,
            created_at: at(0),
            expires_at: at(seconds),
        };
        let placed = PasswordToken::place(&issued.text);
        assert_eq!(placed, Some((TenantId::platform(), token.id.clone())));
        (user, credential, token)
    }

    #[test]
    fn a_code_is_good_for_its_time_its_user_and_its_reason() {
        use {Reason::*, UserStatus::*};
        for (status, reason, length, good) in [
            (Invited, Invitation, INVITATION, true),
            (Active, Reset, RESET, true),
            (Active, Invitation, INVITATION, false),
            (Invited, Reset, RESET, false),
            (Disabled, Reset, RESET, false),
            (Disabled, Invitation, INVITATION, false),
        ] {
            let (user, credential, token) = scene(status, reason, length);
            let is_good = |second| token.is_good(&user, &credential, at(second));
            assert_eq!(
                (is_good(0), is_good(length - 1)),
                (good, good),
                "{status:?} {reason:?}"
            );
            assert!(!is_good(length));
            let other = User {
                id: UserId::new(at(1)),
                ..user.clone()
            };
            assert!(!token.is_good(&other, &credential, at(0)));
            for (set, expected) in [(-1, good), (0, false), (1, false)] {
                let set = Credential {
                    password_set_at: Some(at(set).as_millisecond()),
                    ..credential.clone()
                };
                assert_eq!(token.is_good(&user, &set, at(2)), expected);
            }
        }
    }

    #[test]
    fn five_mails_an_hour() {
        let (mut kept, mut mails) = (None, Vec::new());
        for second in [0, 1, 2, 3, 4, 5, 3599, 3600, 3601] {
            let (next, within) = ResetRequests::next(kept.as_ref(), "00", second);
            kept = Some(next);
            mails.push(within);
        }
        assert_eq!(mails, [true, true, true, true, true, false, false, true, true]);
    }
}
