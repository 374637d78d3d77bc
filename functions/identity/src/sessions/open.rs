//! Beginning a session: its item, its tokens, and what is written with them.

use super::{lock, lock::Attempt, refresh::RefreshToken};
use crate::{
    passkeys::RequestOptions,
    portal_cookie,
    sign_ins::{LastSignIn, SignIn, SignInOutcome, place},
};
use serde::Serialize;
use shared::{
    auth::{Credential, Policy, Session, SessionStatus, User},
    crypto::SubjectCipher,
    endpoint::Outcome,
    ids::SessionId,
    problem::Problem,
    record::Record,
    road::Context,
    store::{Changes, Stored, Update},
    text::IssuedSecret,
};

/// What goes out, once: a session and its tokens, or a challenge.
#[derive(Record, Serialize)]
#[record(name = "SessionTokens")]
pub struct Tokens {
    /// The session.
    #[public]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session: Option<SessionId>,
    /// An access token (RFC 9068).
    #[secret]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) access_token: Option<IssuedSecret>,
    /// `Bearer`.
    #[public]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token_type: Option<String>,
    /// Seconds the access token is good for; with a challenge, the seconds that it is good for.
    #[public]
    pub(super) expires_in: i64,
    /// Gives the next access token, once, for as long as the session lasts (RFC 6749, section 6).
    /// The portal gets it in a cookie instead.
    #[secret]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refresh_token: Option<IssuedSecret>,
    /// The session may do nothing but change the password: `PUT /identity/v1/me/password`.
    #[public]
    pub(super) password_change_required: bool,
    /// Instead of a session: a second factor is asked for, at `POST /identity/v1/sessions/mfa`.
    #[secret]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) challenge: Option<IssuedSecret>,
    /// With a challenge, where the user has passkeys: what a browser needs to show one.
    #[nested]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) public_key: Option<RequestOptions>,
}

/// Who begins a session, and how.
pub struct Opening<'a> {
    /// Who.
    pub user: &'a Stored<User>,
    /// What seals where they come from.
    pub cipher: Option<&'a SubjectCipher>,
    /// What they are held to.
    pub policy: &'a Policy,
    /// The attempt that succeeded.
    pub attempt: &'a Attempt,
    /// Further changes of the credential.
    pub credential: Update,
    /// Whether they showed a second factor.
    pub second_factor: bool,
    /// Whether the refresh token goes into the portal's cookie.
    pub portal: bool,
}

/// Begins a session. Whoever was locked, or has set another password, meanwhile loses the race, and is refused when the road
/// decides anew; so is whose attempt a parallel sign-in has taken off the count with its own, and then is let in.
///
/// # Errors
/// 503 when KMS does not sign.
pub async fn open(here: &Context, o: Opening<'_>) -> Result<Outcome<Tokens>, Problem> {
    let (user, policy, now) = (o.user, o.policy, here.now());
    let kept = &o.attempt.credential;
    let id = SessionId::new(now);
    let seal = |field: &str, text: Option<String>| {
        let sealed = o
            .cipher
            .zip(text)
            .map(|(c, t)| c.seal::<Session>(id.as_str(), "-", field, t.as_bytes()));
        sealed.transpose()
    };
    let (address, device) = place(here);
    let expired = policy.has_expired(kept.password_set_at, now.as_millisecond());
    let session = Session {
        address: seal("address", address)?,
        device: seal("device", device)?,
        id: id.clone(),
        user: user.id.clone(),
        status: SessionStatus::Active,
        signed_in_at: now,
        seen_at: now.as_second(),
        idle_seconds: policy.idle_seconds,
        ends_at: now.as_second() + policy.absolute_seconds,
        lookup: kept.lookup.clone(),
        password_change: kept.must_change || expired,
        second_factor: o.second_factor,
    };
    let tokens = &here.app().tokens;
    let sid = Some(session.id.to_string());
    let claims = tokens.claims(now, here.tenant(), user.id.as_str(), sid, &user.roles);
    let token = tokens
        .issue(here.meter(), &claims)
        .await
        .map_err(|e| Problem::unavailable(e.0))?;
    let (refresh_token, refresh) = RefreshToken::issue(
        here.tenant(),
        &session.id,
        &user.id,
        &kept.lookup,
        session.ends_at,
        o.portal,
    );
    let cookie = o
        .portal
        .then(|| portal_cookie::cookie(&refresh_token, policy.absolute_seconds));
    let credential = o.credential.value("roles", &user.roles)?;
    let sign_in = SignIn::of(here, &user.id, o.cipher, SignInOutcome::Succeeded)?;
    let changes = Changes::new()
        .write(here.create(&session)?)
        .write(here.create(&refresh)?)
        .write(here.update::<Credential>(&kept.lookup, "-", credential))
        // Whoever is disabled, or signed out everywhere, between the read and the commit gets nothing.
        .write(here.check(user))
        .write(here.create(&sign_in)?)
        .write(LastSignIn::now(here, &user.id))
        .object(session.id.as_str(), None, Some(&session))
        .by(user.id.as_str());
    let answer = Tokens {
        password_change_required: session.password_change,
        session: Some(session.id),
        access_token: Some(IssuedSecret::new(token)),
        token_type: Some("Bearer".into()),
        expires_in: claims.exp - claims.iat,
        refresh_token: (!o.portal).then(|| IssuedSecret::new(refresh_token)),
        challenge: None,
        public_key: None,
    };
    let outcome = Outcome::changed(answer, changes);
    Ok(match cookie {
        Some(cookie) => outcome.header(portal_cookie::SET_COOKIE, cookie),
        None => outcome,
    })
}

/// The update of a credential that a right password makes.
#[must_use]
pub fn right(attempt: &Attempt, policy: &Policy, upgrade: Option<(String, u32)>) -> Update {
    upgraded(lock::succeed(attempt, policy), upgrade)
}

/// With the hash anew.
#[must_use]
pub fn upgraded(update: Update, upgrade: Option<(String, u32)>) -> Update {
    match upgrade {
        Some((phc, pepper)) => update
            .bytes("password", phc.as_bytes())
            .number("pepper", i64::from(pepper)),
        None => update,
    }
}
