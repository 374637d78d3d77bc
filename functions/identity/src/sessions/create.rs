//! `POST /identity/v1/sessions`: sign in with a password.
//!
//! Unknown tenant, unknown user, wrong password, locked, disabled and inactive all answer the same, after the same
//! work: one reserved attempt, one read, one argon2id verification; and at full beats, so that what is left of differences is not
//! seen.

use super::{
    challenge::Challenge,
    lock,
    open::{self, Opening, Tokens},
};
use crate::{
    passkeys::{self, Passkeys, RequestOptions},
    passwords, portal_cookie,
    second_factors::SecondFactor,
    sign_ins::{LastSignIn, SignIn, SignInOutcome},
};
use shared::{
    auth::{Credential, Policy, Tenant, User, UserStatus},
    crypto::{KeyUse, Purpose, SubjectCipher, SubjectKeyItem},
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    ids::{TenantId, UserId},
    problem::{Problem, codes},
    rbac::Role,
    record::Record,
    road::Context,
    store::{Changes, Event, Key, Stored, Table},
    text::{EmailAddress, IssuedSecret, SecretText},
};
use std::time::Duration;

/// What comes in.
#[derive(Record)]
#[record(input)]
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
    /// Whether the refresh token goes into a cookie of the portal's instead of into the answer. Only the platform's own
    /// pages may ask for it.
    #[public]
    #[serde(default)]
    portal: bool,
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
    .refuses(&[codes::ORIGIN_REFUSED, codes::SIGN_IN_REFUSED])
    .status(201)
    .from_browser()
    .memory(1769)
    .uses(&[
        Uses::Read(Table::Tenancy),
        Uses::Write(Table::Identity),
        Uses::Key(Purpose::Index),
        Uses::Key(Purpose::Pii),
        Uses::Secret("pepper"),
        Uses::Sign(KeyUse::Token),
        Uses::PublicKey(KeyUse::Token),
    ]);
    type Input = Input;
    type Answer = Tokens;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Tokens>, Problem> {
        let clock = &*cx.app().clock;
        let began = clock.monotonic();
        let answer = sign_in(cx, input).await;
        if answer.is_err() {
            clock
                .sleep(until_the_beat(clock.monotonic().saturating_sub(began)))
                .await;
        }
        answer
    }
}

/// Answers that must not tell who has an account are given at full multiples of this: somebody known has more to read and to seal than
/// somebody who is not, and what that takes is not to be seen.
const BEAT: Duration = Duration::from_millis(50);

/// How long an answer that took so long waits.
pub(crate) fn until_the_beat(took: Duration) -> Duration {
    let over = took.as_micros() % BEAT.as_micros();
    BEAT.saturating_sub(Duration::from_micros(u64::try_from(over).unwrap_or(0)))
}

async fn sign_in(cx: &Context, input: Input) -> Result<Outcome<Tokens>, Problem> {
    if input.portal {
        portal_cookie::from_here(cx)?;
    }
    let here = cx.enter(&input.tenant).await?.unwrap_or_else(|| cx.clone());
    let lookup = here
        .blind_index(Table::Identity, "email", &input.email.normalised())
        .await?;
    let reserved = lock::reserve(&here, &hex::encode(lookup)).await?;
    let known = Known::read(&here, reserved.credential()).await?;
    let attempt = reserved.attempt(&known.policy);
    let verified = passwords::verify(&here, attempt.map(|a| &a.credential), input.password).await?;

    let Some(credential) = reserved.credential() else {
        return Err(unknown(&here)?);
    };
    let no = |outcome| known.refuse(&here, &reserved, credential, outcome);
    let Some(attempt) = attempt else {
        return Err(no(SignInOutcome::Locked)?);
    };
    if !verified.right {
        return Err(no(SignInOutcome::WrongPassword)?);
    }
    let Some(user) = known.user.as_ref().filter(|u| u.status == UserStatus::Active) else {
        return Err(no(SignInOutcome::NotActive)?);
    };
    if known.last.as_ref().is_some_and(|l| l.is_long_ago(here.now())) {
        return Err(no(SignInOutcome::Inactive)?);
    }
    if known.passkeys.is_some() || known.factor.as_ref().is_some_and(|f| f.active) {
        return known.challenge(&here, attempt, verified.upgrade, input.portal);
    }
    let opening = Opening {
        user,
        cipher: known.cipher.as_ref(),
        policy: &known.policy,
        attempt,
        credential: open::right(attempt, &known.policy, verified.upgrade),
        second_factor: false,
        portal: input.portal,
    };
    open::open(&here, opening).await
}

/// The refusal of whoever is not known. It writes as much as that of somebody who is, or its time would tell them apart;
/// what it leaves behind is nobody's, and gone in an hour.
fn unknown(here: &Context) -> Result<Problem, Problem> {
    let nobody = UserId::new(here.now());
    let sign_in = SignIn {
        expires_at: here.now().as_second().saturating_add(3600),
        ..SignIn::of(here, &nobody, None, SignInOutcome::WrongPassword)?
    };
    Ok(refused().changing(Changes::new().write(here.create(&sign_in)?)))
}

/// What is known of whoever signs in.
struct Known {
    user: Option<Stored<User>>,
    last: Option<LastSignIn>,
    cipher: Option<SubjectCipher>,
    factor: Option<SecondFactor>,
    passkeys: Option<Passkeys>,
    policy: Policy,
}

impl Known {
    /// Reads it in one call, for nobody too. Roles that have changed since the last sign-in cost another.
    async fn read(here: &Context, credential: Option<&Credential>) -> Result<Self, Problem> {
        let nobody = UserId::new(here.now());
        let id = credential.map_or(&nobody, |c| &c.user);
        let [user, last, factor, passkeys, subject, tenant] = [
            here.key::<User>(id.as_str()),
            here.key::<LastSignIn>(id.as_str()),
            here.key::<SecondFactor>(id.as_str()),
            here.key::<Passkeys>(id.as_str()),
            SubjectKeyItem::key(here.tenant(), id.as_str(), Purpose::Pii),
            here.key::<Tenant>(here.tenant().as_str()),
        ];
        let mut keys = vec![
            user.clone(),
            last.clone(),
            factor.clone(),
            passkeys.clone(),
            subject.clone(),
            tenant.clone(),
        ];
        let expected = credential.map(|c| c.roles.as_slice()).unwrap_or_default();
        keys.extend(expected.iter().map(|r| here.key::<Role>(r)));
        let mut found = here.batch(&keys).await?;
        let user = found.take::<User>(&user)?;
        let subject = found.take::<SubjectKeyItem>(&subject)?;
        let tenant = found.take::<Tenant>(&tenant)?;
        let last = found.take::<LastSignIn>(&last)?.map(|l| l.item);
        let factor = found.take::<SecondFactor>(&factor)?.map(|f| f.item);
        let passkeys = found.take::<Passkeys>(&passkeys)?.map(|p| p.item);
        let held = user.as_ref().map(|u| u.roles.as_slice()).unwrap_or_default();
        let keys: Vec<Key> = held.iter().map(|r| here.key::<Role>(r)).collect();
        if held != expected {
            found = here.batch(&keys).await?;
        }
        let roles = found.policy(&keys)?;
        let cipher = match &subject {
            Some(subject) => Some(here.subject(subject).await?),
            None => None,
        };
        let policy = tenant.map_or_else(Policy::default, |t| t.policy_for(roles.roles()));
        Ok(Self {
            user,
            last,
            cipher,
            factor,
            passkeys,
            policy,
        })
    }

    /// Asks for the second factor. The attempt stays counted until it has been shown.
    fn challenge(
        &self,
        here: &Context,
        attempt: &lock::Attempt,
        upgrade: Option<(String, u32)>,
        portal: bool,
    ) -> Result<Outcome<Tokens>, Problem> {
        let kept = &attempt.credential;
        let now = here.now().as_second();
        let (text, mut challenge) = Challenge::issue(
            here.tenant(),
            &kept.user,
            &kept.lookup,
            kept.password_set_at,
            &self.policy,
            now,
        );
        challenge.portal = portal;
        let public_key = self.passkeys.as_ref().map(|kept| {
            let (shown, digest) = passkeys::challenge();
            challenge.passkey = Some(digest);
            RequestOptions::new(&here.app().config.issuer, shown, kept)
        });
        let sign_in = SignIn::of(here, &kept.user, self.cipher.as_ref(), SignInOutcome::Challenged)?;
        let credential = open::upgraded(lock::limits(&self.policy), upgrade);
        let credential = lock::unchanged(credential, kept);
        let changes = Changes::new()
            .concerning(kept.user.as_str())
            .by(kept.user.as_str())
            .write(here.create(&challenge)?)
            .write(here.create(&sign_in)?)
            .write(
                here.update::<Credential>(&kept.lookup, "-", credential)
                    .otherwise(refused()),
            );
        let answer = Tokens {
            session: None,
            access_token: None,
            token_type: None,
            expires_in: challenge.expires_at - now,
            refresh_token: None,
            password_change_required: false,
            challenge: Some(IssuedSecret::new(text)),
            public_key,
        };
        Ok(Outcome::changed(answer, changes))
    }

    /// The one refusal there is, with what it leaves behind.
    fn refuse(
        &self,
        here: &Context,
        reserved: &lock::Reserved,
        credential: &Credential,
        outcome: SignInOutcome,
    ) -> Result<Problem, Problem> {
        let id = &credential.user;
        let sign_in = SignIn::of(here, id, self.cipher.as_ref(), outcome)?;
        let mut changes = Changes::new()
            .concerning(id.as_str())
            .by(id.as_str())
            .write(here.create(&sign_in)?);
        if matches!(outcome, SignInOutcome::WrongPassword | SignInOutcome::Locked) {
            let user = self.user.as_ref().map(|user| &user.item);
            let closing = (reserved, user, lock::Door::SignIn);
            changes = lock::closing(here, closing, &self.policy, changes);
        }
        if lock::differs(credential, &self.policy) {
            let limits = lock::limits(&self.policy);
            changes = changes.write(here.update::<Credential>(&credential.lookup, "-", limits));
        }
        if let (SignInOutcome::Inactive, Some(user)) = (outcome, &self.user) {
            let disabled = User {
                status: UserStatus::Disabled,
                ..user.item.clone()
            };
            changes = changes.write(here.replace(user, &disabled)?).event(Event::about(
                "user.disabled",
                id.as_str(),
                &disabled,
            ));
        }
        Ok(refused().changing(changes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_wait_for_the_next_beat() {
        for (took, waits) in [
            (0, 50_000),
            (1, 49_999),
            (49_999, 1),
            (50_000, 50_000),
            (74_000, 26_000),
        ] {
            let took = Duration::from_micros(took);
            assert_eq!(until_the_beat(took), Duration::from_micros(waits), "{took:?}");
        }
    }
}
