//! `POST /identity/v1/me/totp/confirm`: the first code of a second factor. From then on it counts.

use crate::second_factors::{Presented, SecondFactor, enrolment::Enrolment};
use shared::{
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Limit, Outcome, Uses, methods},
    problem::{Problem, codes},
    record::{Nothing, Record},
    road::Context,
    store::{Changes, Event, Table},
    text::SecretText,
};

/// What comes in.
#[derive(Record)]
#[record(input)]
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
    .refuses(&[codes::WRONG_STATE])
    .status(204)
    .step_up()
    .within(Limit::Enrolment)
    .uses(&[Uses::Write(Table::Identity), Uses::Key(Purpose::Pii)]);
    type Input = Input;
    type Answer = Nothing;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Nothing>, Problem> {
        let (enrolment, _) = Enrolment::read(cx, &[]).await?;
        let Some(old) = enrolment.factor.as_ref().filter(|f| !f.active) else {
            let text = "There is no second factor that waits for its first code.";
            return Err(Problem::conflict("wrong_state", text));
        };
        enrolment.allowed()?;
        let id = enrolment.user.as_str();
        let cipher = enrolment.cipher(cx).await?;
        let secret = cipher.open::<SecondFactor>(id, "-", "secret", &old.secret)?;
        let Presented::Step(step) = old.presented(&secret, input.code.expose(), cx.now()) else {
            return Err(Problem::invalid("/code", "is not the code of now"));
        };
        let new = SecondFactor {
            active: true,
            last_step: step,
            ..old.item.clone()
        };
        let owner = &enrolment.owner.item;
        let changes = Changes::new()
            .write(cx.replace(old, &new)?)
            .write(enrolment.shown(cx))
            .event(Event::about("user.second_factor_enrolled", id, owner))
            .object(id, Some(&old.item), Some(&new));
        Ok(Outcome::changed(Nothing {}, changes))
    }
}
