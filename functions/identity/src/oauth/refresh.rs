//! The grant `refresh_token` (RFC 6749, section 6): the next tokens of a user's session.

use super::{answer::Answer, client};
use crate::{
    secret_token::{self, key_part},
    sessions::refresh::{Judgement, RefreshToken, revoke},
};
use shared::{
    auth::{Credential, Session, User},
    crypto::{Purpose, SubjectCipher, SubjectKeyItem},
    endpoint::Outcome,
    problem::Problem,
    road::Context,
    store::{Changes, Event, Stored, Update, attribute},
    text::{IssuedSecret, SecretText},
};

/// The refusal of whatever is not a good token of a live session.
pub(super) fn invalid_grant() -> Problem {
    let text = "The refresh token is unknown, spent or expired, or its session has ended.";
    Problem::bad_request("invalid_grant", text)
}

/// The next tokens of a session.
pub(crate) struct Next {
    /// An access token.
    pub(crate) access_token: String,
    /// Seconds that it is good for.
    pub(crate) expires_in: i64,
    /// The roles of its user.
    pub(crate) scope: String,
    /// The session's next refresh token.
    pub(crate) refresh_token: String,
    /// Unix seconds of the session's end.
    pub(crate) ends_at: i64,
    /// What is written with them.
    pub(crate) changes: Changes,
}

/// Gives a session its next tokens.
///
/// # Errors
/// `invalid_grant` for everything that is not a good token of a live session; 503.
pub(super) async fn refresh(
    cx: &Context,
    token: &SecretText,
    scope: Option<&str>,
) -> Result<Outcome<Answer>, Problem> {
    let next = next(cx, token, scope, false).await?;
    let answer = Answer {
        access_token: IssuedSecret::new(next.access_token),
        token_type: "Bearer".into(),
        expires_in: next.expires_in,
        scope: next.scope,
        refresh_token: Some(IssuedSecret::new(next.refresh_token)),
    };
    Ok(Outcome::changed(answer, next.changes))
}

/// The next tokens of a session, by the token of a cookie or of a program. Neither is good in the other's place: what is
/// taken from one cannot be used past what the other is held to.
///
/// # Errors
/// As [`refresh`].
pub(crate) async fn next(
    cx: &Context,
    token: &SecretText,
    scope: Option<&str>,
    portal: bool,
) -> Result<Next, Problem> {
    let (tenant, session) = RefreshToken::place(token.expose()).ok_or_else(invalid_grant)?;
    let here = cx.enter(&tenant).await?.ok_or_else(invalid_grant)?;
    let digest = secret_token::digest_of(token.expose());
    let keys = [
        here.key::<Session>(session.as_str()),
        RefreshToken::key(&tenant, &session, &digest),
        SubjectKeyItem::key(&tenant, tenant.as_str(), Purpose::Secret),
    ];
    let mut found = here.batch(&keys).await?;
    let [session_key, token_key, subject_key] = &keys;
    let (Some(session), Some(presented)) = (
        found.take::<Session>(session_key)?,
        found
            .take::<RefreshToken>(token_key)?
            .filter(|t| t.portal == portal),
    ) else {
        return Err(invalid_grant());
    };
    let subject = found.take::<SubjectKeyItem>(subject_key)?;
    let subject = subject.ok_or_else(|| Problem::internal("the tenant has no key of its own"))?;
    let keys = [
        here.key::<User>(presented.user.as_str()),
        here.key::<Credential>(&presented.lookup),
    ];
    let mut found = here.batch(&keys).await?;
    let [user_key, credential_key] = &keys;
    let (Some(user), Some(credential)) = (
        found.take::<User>(user_key)?,
        found.take::<Credential>(credential_key)?,
    ) else {
        return Err(invalid_grant());
    };

    let concerning = || {
        Changes::new()
            .concerning(session.id.as_str())
            .by(user.id.as_str())
    };
    client::within(scope, &user.roles).map_err(|refused| refused.changing(concerning()))?;
    let cipher = here.subject(&subject).await?;
    match presented.judge(&session, &user, &credential, here.now()) {
        Judgement::Refuse => Err(invalid_grant().changing(concerning())),
        Judgement::Reuse => {
            let ended = here.update::<Session>(session.id.as_str(), "-", revoke());
            let kind = "session.reuse_detected";
            let changes = concerning()
                .write(ended)
                .event(Event::about(kind, session.id.as_str(), &session.item))
                .alert();
            tracing::warn!(
                session = session.id.as_str(),
                "a spent refresh token was presented; its session is revoked"
            );
            Err(invalid_grant().changing(changes))
        }
        Judgement::Again => {
            let successor = open(&cipher, &presented)?;
            answer(&here, &session, &user, successor, concerning()).await
        }
        Judgement::Rotate => {
            let (text, next) = RefreshToken::issue(
                &tenant,
                &session.id,
                &user.id,
                &presented.lookup,
                presented.ends_at,
                portal,
            );
            let (id, sort) = (session.id.as_str(), key_part(&presented.digest));
            let sealed = cipher.seal::<RefreshToken>(id, &sort, "successor", text.as_bytes())?;
            let active = attribute(&"active".into());
            let seen = Update::new()
                .number("seen_at", here.now().as_second())
                .when("#status = :active", &[(":active", active)]);
            let changes = concerning()
                .write(here.update::<RefreshToken>(id, &sort, RefreshToken::spend(&sealed, here.now())))
                .write(here.create(&next)?)
                .write(here.update::<Session>(id, "-", seen))
                // Whoever is disabled, or signed out everywhere, between the read and the commit gets nothing.
                .write(here.check(&user));
            answer(&here, &session, &user, text, changes).await
        }
    }
}

fn open(cipher: &SubjectCipher, spent: &RefreshToken) -> Result<String, Problem> {
    let sealed = spent.successor.as_ref();
    let sealed = sealed.ok_or_else(|| Problem::internal("a spent token has no successor"))?;
    let (id, sort) = (spent.session.as_str(), key_part(&spent.digest));
    cipher.open_text::<RefreshToken>(id, &sort, "successor", sealed)
}

async fn answer(
    here: &Context,
    session: &Stored<Session>,
    user: &User,
    refresh_token: String,
    changes: Changes,
) -> Result<Next, Problem> {
    let tokens = &here.app().tokens;
    let sid = Some(session.id.to_string());
    let claims = tokens.claims(here.now(), here.tenant(), user.id.as_str(), sid, &user.roles);
    let token = tokens
        .issue(here.meter(), &claims)
        .await
        .map_err(|e| Problem::unavailable(e.0))?;
    Ok(Next {
        access_token: token,
        expires_in: claims.exp - claims.iat,
        scope: user.roles.join(" "),
        refresh_token,
        ends_at: session.ends_at,
        changes,
    })
}
