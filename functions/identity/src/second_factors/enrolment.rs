//! What every step of enrolling a second factor begins with: one read of all that it goes by.

use super::{SecondFactor, may_enrol};
use crate::passkeys::Passkeys;
use shared::{
    auth::{PrincipalKind, Session, User},
    crypto::{Purpose, SubjectCipher, SubjectKeyItem},
    ids::{SessionId, UserId},
    problem::Problem,
    road::{Batch, Context},
    store::{Key, Stored, Update, Write, attribute},
};

/// The caller, what they have enrolled, and their session.
pub struct Enrolment<'a> {
    /// Their id.
    pub user: &'a UserId,
    /// Their session's id.
    pub session: &'a SessionId,
    /// They themselves.
    pub owner: Stored<User>,
    /// Their codes of an authenticator, whether they count or not.
    pub factor: Option<Stored<SecondFactor>>,
    /// Their passkeys.
    pub passkeys: Option<Stored<Passkeys>>,
    current: Stored<Session>,
    subject: Stored<SubjectKeyItem>,
}

impl<'a> Enrolment<'a> {
    /// Reads it, and `more` in the same call.
    ///
    /// # Errors
    /// 404 for who is no user; 503.
    pub async fn read(cx: &'a Context, more: &[Key]) -> Result<(Self, Batch<'a>), Problem> {
        let PrincipalKind::User { user, session, .. } = &cx.principal().kind else {
            return Err(Problem::not_found());
        };
        let id = user.as_str();
        let own = [
            cx.key::<Session>(session.as_str()),
            cx.key::<User>(id),
            cx.key::<SecondFactor>(id),
            cx.key::<Passkeys>(id),
            SubjectKeyItem::key(cx.tenant(), id, Purpose::Pii),
        ];
        let mut found = cx.batch(&[&own, more].concat()).await?;
        let [session_key, user_key, factor_key, passkeys_key, subject_key] = &own;
        let (Some(current), Some(owner), Some(subject)) = (
            found.take(session_key)?,
            found.take(user_key)?,
            found.take(subject_key)?,
        ) else {
            return Err(Problem::not_found());
        };
        let read = Self {
            user,
            session,
            owner,
            factor: found.take(factor_key)?,
            passkeys: found.take(passkeys_key)?,
            current,
            subject,
        };
        Ok((read, found))
    }

    /// Refuses a session that must show the enrolled factor first.
    ///
    /// # Errors
    /// 403.
    pub fn allowed(&self) -> Result<(), Problem> {
        may_enrol(&self.current, self.factor.as_deref(), self.passkeys.as_deref())
    }

    /// The cipher of the caller's own data.
    ///
    /// # Errors
    /// 503 when KMS does not answer, 500 when the key does not unwrap.
    pub async fn cipher(&self, cx: &Context) -> Result<SubjectCipher, Problem> {
        cx.subject(&self.subject).await
    }

    /// What marks the session as one that has shown a second factor, while it lasts.
    #[must_use]
    pub fn shown(&self, cx: &Context) -> Write {
        let active = attribute(&"active".into());
        let shown = Update::new()
            .truth("second_factor", true)
            .when("#status = :active", &[(":active", active)]);
        cx.update::<Session>(self.session.as_str(), "-", shown)
    }
}
