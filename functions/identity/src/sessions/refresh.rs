//! Refresh tokens (RFC 6749, section 6; RFC 9700, section 4.14): rotated at each use, and whoever presents a
//! spent one ends the session.
//!
//! ```text
//! live  --use-->                    spent, and a successor is live     one conditional write
//! spent --same token within 10 s--> spent, the very same successor     an answer that was lost
//! spent --same token later-->       the session is revoked             somebody else has it
//! ```

use crate::secret_token::{self, Issued};
use serde::{Deserialize, Serialize};
use shared::{
    auth::{Credential, Session, User},
    crypto::{Purpose, SealedItem, Seals},
    ids::{SessionId, TenantId, UserId},
    record::Record,
    store::{Digest, Item, Key, Sealed, Table, Update},
    time::Timestamp,
};

/// Milliseconds in which a spent token gives its successor again.
pub const GRACE: i64 = 10_000;

/// Whether a refresh token has been used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum RefreshStatus {
    /// Not yet.
    Live,
    /// Once.
    Spent,
}

/// A refresh token as kept, below its session.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct RefreshToken {
    /// The session that it belongs to: the family.
    #[public]
    pub session: SessionId,
    /// SHA-256 of the token.
    #[secret]
    pub digest: Digest,
    /// Whose.
    #[public]
    pub user: UserId,
    /// The credential that they signed in with.
    #[internal]
    pub lookup: String,
    /// Whether it has been used.
    #[public]
    pub status: RefreshStatus,
    /// Unix milliseconds of its use.
    #[public]
    #[serde(default)]
    pub spent_at: Option<i64>,
    /// Whether it lives in the portal's cookie, and is good there only.
    #[public]
    #[serde(default)]
    pub portal: bool,
    /// Its successor, for an answer that was lost.
    #[secret]
    #[serde(default)]
    pub successor: Option<Sealed>,
    /// Unix seconds of the session's end in any case.
    #[public]
    pub ends_at: i64,
}

impl SealedItem for RefreshToken {
    fn seals(&mut self, tenant: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(tenant.as_str(), Purpose::Secret);
        seals.maybe("successor", self.successor.as_mut());
        seals
    }
}

impl Item for RefreshToken {
    const TABLE: Table = Table::Identity;
    const KIND: &'static str = "refresh-token";
    const PROCESSING: Option<shared::processing::Processing> = Some(shared::processing::Processing::new(
        "Keep users signed in",
        shared::processing::Subjects::Users,
        shared::processing::Basis::Contract,
        "Until the session ends",
        shared::processing::Reach::Nothing,
    ));
    fn id(&self) -> &str {
        self.session.as_str()
    }
    fn sort(&self) -> String {
        secret_token::key_part(&self.digest)
    }
    fn expires(&self) -> Option<i64> {
        Some(self.ends_at)
    }
}

/// What a presented token is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// A successor.
    Rotate,
    /// The successor that it has got already.
    Again,
    /// The end of the session: it was stolen, or its successor was.
    Reuse,
    /// Nothing.
    Refuse,
}

impl RefreshToken {
    /// The first token of a session, or the next one.
    #[must_use]
    pub fn issue(
        tenant: &TenantId,
        session: &SessionId,
        user: &UserId,
        lookup: &str,
        ends_at: i64,
        portal: bool,
    ) -> (String, Self) {
        let Issued { text, digest } = secret_token::issue(&[tenant.as_str(), session.as_str()]);
        let token = Self {
            session: session.clone(),
            digest,
            user: user.clone(),
            lookup: lookup.to_owned(),
            status: RefreshStatus::Live,
            spent_at: None,
            portal,
            successor: None,
            ends_at,
        };
        (text, token)
    }

    /// The key of a presented token.
    #[must_use]
    pub fn key(tenant: &TenantId, session: &SessionId, digest: &Digest) -> Key {
        Key::sub::<Self>(tenant, session.as_str(), &secret_token::key_part(digest))
    }

    /// Tenant and session of a presented token.
    #[must_use]
    pub fn place(text: &str) -> Option<(TenantId, SessionId)> {
        let [tenant, session] = secret_token::place(text)?;
        Some((TenantId::parse(tenant).ok()?, SessionId::parse(session).ok()?))
    }

    /// Judges it at `now`. Reuse counts for as long as there is a session to end, also while its owner is locked.
    #[must_use]
    pub fn judge(&self, session: &Session, owner: &User, lock: &Credential, now: Timestamp) -> Judgement {
        if session.id != self.session || session.user != self.user || !session.is_live(owner, now) {
            return Judgement::Refuse;
        }
        let millis = now.as_millisecond();
        let lost = self.spent_at.is_some_and(|at| millis <= at.saturating_add(GRACE));
        match self.status {
            RefreshStatus::Spent if !lost => Judgement::Reuse,
            _ if lock.user != self.user || lock.is_locked(now) => Judgement::Refuse,
            RefreshStatus::Spent => Judgement::Again,
            RefreshStatus::Live => Judgement::Rotate,
        }
    }

    /// The one write that spends it: of all who present it at once, one makes it.
    #[must_use]
    pub fn spend(successor: &Sealed, now: Timestamp) -> Update {
        let live = shared::store::attribute(&"live".into());
        Update::new()
            .text("status", "spent")
            .number("spent_at", now.as_millisecond())
            .bytes("successor", &successor.0)
            .when("#status = :live", &[(":live", live)])
    }
}

/// The write that ends a session, and with it every token of its family. It may come more than once.
#[must_use]
pub fn revoke() -> Update {
    Update::new()
        .text("status", "revoked")
        .when("attribute_exists(#id)", &[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{
        auth::{Policy, SessionStatus, UserStatus},
        store::AtRestBytes,
    };

    const START: i64 = 1_700_000_000;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(START * 1000 + millis).unwrap()
    }

    struct Scene {
        token: RefreshToken,
        session: Session,
        user: User,
        lock: Credential,
    }

    fn scene() -> Scene {
        let (tenant, policy) = (TenantId::platform(), Policy::default());
        let user = User {
            id: UserId::new(at(0)),
            email: Sealed(vec![]),
            name: Sealed(vec![]),
            status: UserStatus::Active,
            roles: vec![],
            signed_out_before: None,
            ended_before: None,
            locked_until: None,
            sign_in_locked_until: None,
            networks: Vec::new(),
            created_at: at(0),
        };
        let session = Session {
            id: SessionId::new(at(0)),
            user: user.id.clone(),
            status: SessionStatus::Active,
            signed_in_at: at(0),
            seen_at: START,
            idle_seconds: policy.idle_seconds,
            ends_at: START + policy.absolute_seconds,
            lookup: "00".into(),
            password_change: false,
            second_factor: false,
            address: None,
            device: None,
        };
        let lock = Credential {
            password: Some(AtRestBytes(vec![])),
            ..Credential::new("00".into(), user.id.clone(), vec![])
        };
        let (text, token) = RefreshToken::issue(&tenant, &session.id, &user.id, "00", session.ends_at, false);
        assert_eq!(RefreshToken::place(&text), Some((tenant, session.id.clone())));
        Scene {
            token,
            session,
            user,
            lock,
        }
    }

    impl Scene {
        fn judge(&self, millis: i64) -> Judgement {
            self.token
                .judge(&self.session, &self.user, &self.lock, at(millis))
        }
        fn spent(mut self, millis: i64) -> Self {
            self.token.status = RefreshStatus::Spent;
            self.token.spent_at = Some(START * 1000 + millis);
            self
        }
    }

    #[test]
    fn idle_and_absolute_limits_hold() {
        let (minute, hour) = (60_000, 3_600_000);
        let mut s = scene();
        assert_eq!(s.judge(0), Judgement::Rotate);
        assert_eq!(s.judge(15 * minute - 1), Judgement::Rotate);
        assert_eq!(s.judge(15 * minute), Judgement::Refuse);
        s.session.seen_at = START + 12 * 3600 - 1;
        assert_eq!(s.judge(12 * hour - 1), Judgement::Rotate);
        assert_eq!(s.judge(12 * hour), Judgement::Refuse);
    }

    #[test]
    fn a_spent_token_gives_its_successor_for_ten_seconds_and_then_ends_the_session() {
        let s = scene().spent(5_000);
        for (millis, expected) in [
            (4_000, Judgement::Again),
            (5_000, Judgement::Again),
            (15_000, Judgement::Again),
            (15_001, Judgement::Reuse),
            (800_000, Judgement::Reuse),
            (900_000, Judgement::Refuse),
        ] {
            assert_eq!(s.judge(millis), expected, "{millis}");
        }
    }

    #[test]
    fn whoever_may_not_sign_in_refreshes_nothing() {
        let change = |change: fn(&mut Scene)| {
            let mut s = scene();
            change(&mut s);
            s.judge(1_000)
        };
        let refused: [fn(&mut Scene); 8] = [
            |s| s.session.status = SessionStatus::Revoked,
            |s| s.user.status = UserStatus::Disabled,
            |s| s.user.status = UserStatus::Invited,
            |s| s.user.signed_out_before = Some(START * 1000 + 500),
            |s| s.session.user = UserId::new(at(1)),
            |s| s.token.session = SessionId::new(at(1)),
            |s| s.lock.user = UserId::new(at(1)),
            |s| (s.lock.attempts, s.lock.attempted_at) = (10, START - 1798),
        ];
        for (n, refuse) in refused.into_iter().enumerate() {
            assert_eq!(change(refuse), Judgement::Refuse, "{n}");
        }
        let open = change(|s| (s.lock.attempts, s.lock.attempted_at) = (10, START - 1799));
        assert_eq!(open, Judgement::Rotate, "a lock that has run out");
        let mut locked = scene().spent(0);
        (locked.lock.attempts, locked.lock.attempted_at) = (10, START);
        assert_eq!(locked.judge(1_000), Judgement::Refuse);
        assert_eq!(
            locked.judge(11_000),
            Judgement::Reuse,
            "a lock does not hide a theft"
        );
    }
}
