//! `POST /identity/v1/sessions`: sign in with a password.
//!
//! Unknown tenant, unknown user, wrong password, locked and disabled all answer the same, after the same
//! work: one reserved attempt, one argon2id verification.

use super::{lock, refresh::RefreshToken};
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    auth::{Credential, Policy, Session, SessionStatus, User, UserStatus},
    crypto::{KeyUse, Purpose},
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::{SessionId, TenantId},
    problem::Problem,
    record::Record,
    road::Context,
    store::{Changes, Table},
    text::{EmailAddress, IssuedSecret, SecretText},
};

/// What comes in.
#[derive(Record, JsonSchema)]
#[record(input)]
#[schemars(deny_unknown_fields)]
pub struct Input {
    /// The tenant.
    #[public]
    tenant: TenantId,
    /// The user's e-mail address.
    #[personal]
    email: EmailAddress,
    /// The password.
    #[secret]
    password: SecretText,
}

/// What goes out, once.
#[derive(Record, Serialize, JsonSchema)]
pub struct Answer {
    /// The session.
    #[public]
    session: SessionId,
    /// An access token (RFC 9068).
    #[secret]
    access_token: IssuedSecret,
    /// `Bearer`.
    #[public]
    token_type: String,
    /// Seconds the access token is good for.
    #[public]
    expires_in: i64,
    /// Gives the next access token, once, for as long as the session lasts (RFC 6749, section 6).
    #[secret]
    refresh_token: IssuedSecret,
}

/// The endpoint.
#[derive(Debug)]
pub struct Create;

fn refused() -> Problem {
    Problem::new(
        401,
        "sign_in_refused",
        "The tenant, e-mail address or password is wrong, or the user may not sign in.",
    )
}

impl Endpoint for Create {
    const DECLARATION: Declaration = Declaration::new(
        "create_session",
        methods::post,
        "/identity/v1/sessions",
        Access::Public,
        Audit::Alert,
        "Sign in with a password",
    )
    .status(201)
    .memory(1769)
    .uses(&[
        Uses::Read(Table::Tenancy),
        Uses::Write(Table::Identity),
        Uses::Key(Purpose::Index),
        Uses::Secret("pepper"),
        Uses::Sign(KeyUse::Token),
        Uses::PublicKey(KeyUse::Token),
    ]);
    type Input = Input;
    type Answer = Answer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let policy = Policy::default();
        let here = cx.enter(&input.tenant).await?.unwrap_or_else(|| cx.clone());
        let lookup = here
            .blind_index(Table::Identity, "email", &input.email.normalised())
            .await?;
        let attempt = lock::reserve(&here, &hex::encode(lookup), &policy).await?;

        let passwords = here.app().passwords().await?;
        let hash = attempt
            .as_ref()
            .and_then(|a| Some((a.credential.password.clone()?, a.credential.pepper)));
        let verified = tokio::task::spawn_blocking(move || {
            let hashed = match &hash {
                Some((phc, pepper)) => std::str::from_utf8(&phc.0).ok().map(|phc| (phc, *pepper)),
                None => None,
            };
            passwords.verify(hashed, &input.password)
        });
        let verified = verified
            .await
            .map_err(|_| Problem::internal("password verification ended early"))?;
        let verified = verified.map_err(|e| Problem::internal(e.0))?;

        let Some(attempt) = attempt else {
            return Err(refused());
        };
        let concerning = || Changes::new().concerning(attempt.credential.user.as_str());
        if !verified {
            return Err(refused().changing(concerning()));
        }
        let user = here.find::<User>(attempt.credential.user.as_str()).await?;
        let Some(user) = user.filter(|u| u.status == UserStatus::Active) else {
            return Err(refused().changing(concerning()));
        };

        let now = here.now();
        let session = Session {
            id: SessionId::new(now),
            user: user.id.clone(),
            status: SessionStatus::Active,
            signed_in_at: now,
            seen_at: now.as_second(),
            idle_seconds: policy.idle_seconds,
            ends_at: now.as_second() + policy.absolute_seconds,
        };
        let tokens = &here.app().tokens;
        let sid = Some(session.id.to_string());
        let claims = tokens.claims(now, here.tenant(), user.id.as_str(), sid, &user.roles);
        let token = tokens
            .issue(here.meter(), &claims)
            .await
            .map_err(|e| Problem::unavailable(e.0))?;
        let success = here
            .update::<Credential>(&attempt.credential.lookup, "-", lock::succeed(&attempt, &policy))
            .otherwise(refused());
        let lookup = &attempt.credential.lookup;
        let (refresh_token, refresh) =
            RefreshToken::issue(here.tenant(), &session.id, &user.id, lookup, session.ends_at);
        let changes = Changes::new()
            .write(here.create(&session)?)
            .write(here.create(&refresh)?)
            .write(success)
            .object(session.id.as_str(), None, Some(&session));
        let answer = Answer {
            session: session.id,
            access_token: IssuedSecret::new(token),
            token_type: "Bearer".into(),
            expires_in: claims.exp - claims.iat,
            refresh_token: IssuedSecret::new(refresh_token),
        };
        Ok(Outcome::changed(answer, changes))
    }
}
