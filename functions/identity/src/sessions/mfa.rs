//! `POST /identity/v1/sessions/mfa`: show the second factor that a sign-in asks for.

use super::{
    challenge::Challenge,
    lock,
    open::{self, Opening, Tokens},
};
use crate::{
    second_factors::{Presented, SecondFactor},
    sign_ins::{SignIn, SignInOutcome},
};
use schemars::JsonSchema;
use shared::{
    auth::{User, UserStatus},
    crypto::{KeyUse, Purpose, SubjectKeyItem},
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::Problem,
    record::Record,
    road::Context,
    store::{Changes, Table, Update, attribute},
    text::SecretText,
};

/// What comes in.
#[derive(Record, JsonSchema)]
#[record(input)]
#[schemars(deny_unknown_fields)]
pub struct Input {
    /// What the sign-in answered.
    #[secret]
    challenge: SecretText,
    /// The code that the authenticator shows, or a recovery code.
    #[secret]
    code: SecretText,
}

/// The endpoint.
#[derive(Debug)]
pub struct Mfa;

fn refused() -> Problem {
    let text = "The challenge is unknown, used or expired, or the code is wrong.";
    Problem::new(401, "second_factor_refused", text)
}

impl Endpoint for Mfa {
    const DECLARATION: Declaration = Declaration::new(
        "answer_challenge",
        methods::post,
        "/identity/v1/sessions/mfa",
        Access::Public,
        Audit::Alert,
        "Show the second factor that a sign-in asks for",
    )
    .status(201)
    .uses(&[
        Uses::Read(Table::Tenancy),
        Uses::Write(Table::Identity),
        Uses::Key(Purpose::Pii),
        Uses::Sign(KeyUse::Token),
        Uses::PublicKey(KeyUse::Token),
    ]);
    type Input = Input;
    type Answer = Tokens;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Tokens>, Problem> {
        let (tenant, user, id) = Challenge::place(input.challenge.expose()).ok_or_else(refused)?;
        let here = cx.enter(&tenant).await?.ok_or_else(refused)?;
        let keys = [
            here.key::<Challenge>(&id),
            here.key::<User>(user.as_str()),
            here.key::<SecondFactor>(user.as_str()),
            SubjectKeyItem::key(&tenant, user.as_str(), Purpose::Pii),
        ];
        let mut found = here.batch(&keys).await?;
        let [challenge_key, user_key, factor_key, subject_key] = &keys;
        let (Some(challenge), Some(user), Some(factor), Some(subject)) = (
            found.take::<Challenge>(challenge_key)?,
            found.take::<User>(user_key)?,
            found.take::<SecondFactor>(factor_key)?,
            found.take::<SubjectKeyItem>(subject_key)?,
        ) else {
            return Err(refused());
        };
        let good = challenge.user == user.id
            && here.now().as_second() < challenge.expires_at
            && user.status == UserStatus::Active
            && factor.active;
        if !good {
            return Err(refused().changing(Changes::new().concerning(user.id.as_str())));
        }
        let policy = &challenge.policy;
        let cipher = here.subject(&subject).await?;
        let no = |outcome| {
            let sign_in = SignIn::of(&here, &user.id, Some(&cipher), outcome)?;
            let changes = Changes::new().concerning(user.id.as_str());
            Ok::<_, Problem>(refused().changing(changes.write(here.create(&sign_in)?)))
        };
        let reserved = lock::reserve(&here, &challenge.lookup).await?;
        let attempt = reserved.attempt(policy).filter(|a| {
            a.credential.user == user.id && a.credential.password_set_at == challenge.password_set_at
        });
        let Some(attempt) = attempt else {
            return Err(no(SignInOutcome::Locked)?);
        };
        let uid = user.id.as_str();
        let secret = cipher.open::<SecondFactor>(uid, "-", "secret", &factor.secret)?;
        let used = match factor.presented(&secret, input.code.expose(), here.now()) {
            Presented::Wrong => return Err(no(SignInOutcome::WrongCode)?),
            // Of all who present the code of a step at once, one makes this write.
            Presented::Step(step) => {
                let step_value = attribute(&step.into());
                let active = attribute(&shared::store::Value::Bool(true));
                let update = Update::new().number("last_step", step).when(
                    "#last_step < :step AND #active = :active",
                    &[(":step", step_value), (":active", active)],
                );
                here.update::<SecondFactor>(uid, "-", update)
            }
            Presented::Recovery(n) => {
                let mut left = factor.item.clone();
                left.codes = left
                    .codes
                    .into_iter()
                    .enumerate()
                    .filter_map(|(at, code)| (at != n).then_some(code))
                    .collect();
                here.replace(&factor, &left)?
            }
        };
        let opening = Opening {
            user: &user,
            cipher: Some(&cipher),
            policy,
            attempt,
            credential: lock::succeed(attempt, policy),
            second_factor: true,
        };
        let mut outcome = open::open(&here, opening, refused()).await?;
        outcome.changes = outcome
            .changes
            .write(used.otherwise(refused()))
            .write(here.delete(&challenge).otherwise(refused()));
        Ok(outcome)
    }
}
