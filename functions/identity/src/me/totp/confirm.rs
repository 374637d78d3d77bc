//! `POST /identity/v1/me/totp/confirm`: the first code of a second factor. From then on it counts.

use crate::{
    passkeys::Passkeys,
    second_factors::{Presented, SecondFactor, may_enrol},
};
use schemars::JsonSchema;
use shared::{
    auth::{PrincipalKind, Session, User},
    crypto::{Purpose, SubjectKeyItem},
    endpoint::{Access, Audit, Declaration, Endpoint, Limit, Outcome, Uses, methods},
    problem::Problem,
    record::{Nothing, Record},
    road::Context,
    store::{Changes, Event, Table, Update, attribute},
    text::SecretText,
};

/// What comes in.
#[derive(Record, JsonSchema)]
#[record(input)]
#[schemars(deny_unknown_fields)]
pub struct Input {
    /// The code that the authenticator shows.
    #[secret]
    code: SecretText,
}

/// The endpoint.
#[derive(Debug)]
pub struct Confirm;

impl Endpoint for Confirm {
    const DECLARATION: Declaration = Declaration::new(
        "confirm_totp",
        methods::post,
        "/identity/v1/me/totp/confirm",
        Access::Session,
        Audit::Change,
        "Show the first code of a second factor; from then on every sign-in needs one",
    )
    .status(204)
    .step_up()
    .within(Limit::Enrolment)
    .uses(&[Uses::Write(Table::Identity), Uses::Key(Purpose::Pii)]);
    type Input = Input;
    type Answer = Nothing;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Nothing>, Problem> {
        let PrincipalKind::User { user, session, .. } = &cx.principal().kind else {
            return Err(Problem::not_found());
        };
        let id = user.as_str();
        let keys = [
            cx.key::<User>(id),
            cx.key::<SecondFactor>(id),
            cx.key::<Passkeys>(id),
            SubjectKeyItem::key(cx.tenant(), id, Purpose::Pii),
        ];
        let mut found = cx.batch(&keys).await?;
        let [user_key, factor_key, passkeys_key, subject_key] = &keys;
        let (Some(owner), Some(old), Some(subject)) = (
            found.take::<User>(user_key)?,
            found.take::<SecondFactor>(factor_key)?.filter(|f| !f.active),
            found.take::<SubjectKeyItem>(subject_key)?,
        ) else {
            let text = "There is no second factor that waits for its first code.";
            return Err(Problem::conflict("wrong_state", text));
        };
        let passkeys = found.take::<Passkeys>(passkeys_key)?;
        // It was read with the caller.
        let current = cx.get::<Session>(session.as_str()).await?;
        may_enrol(&current, None, passkeys.as_deref())?;
        let cipher = cx.subject(&subject).await?;
        let secret = cipher.open::<SecondFactor>(id, "-", "secret", &old.secret)?;
        let Presented::Step(step) = old.presented(&secret, input.code.expose(), cx.now()) else {
            return Err(Problem::invalid("/code", "is not the code of now"));
        };
        let new = SecondFactor {
            active: true,
            last_step: step,
            ..old.item.clone()
        };
        let active = attribute(&"active".into());
        let shown = Update::new()
            .truth("second_factor", true)
            .when("#status = :active", &[(":active", active)]);
        let changes = Changes::new()
            .write(cx.replace(&old, &new)?)
            .write(cx.update::<Session>(session.as_str(), "-", shown))
            .event(Event::about("user.second_factor_enrolled", id, &owner.item))
            .object(id, Some(&old.item), Some(&new));
        Ok(Outcome::changed(Nothing {}, changes))
    }
}
