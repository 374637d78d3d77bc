//! `POST /identity/v1/me/totp`: enrol a second factor. It does not count before its first code has been shown.

use crate::{
    second_factors::{SecondFactor, enrolment::Enrolment, recovery_codes},
    totp::{SECRET, base32},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use shared::{
    auth::User,
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Limit, Outcome, Uses, methods},
    problem::{Problem, codes},
    record::{Nothing, Record},
    road::Context,
    store::{Changes, Table},
    text::IssuedSecret,
};
use zeroize::Zeroizing;

/// What goes out, once.
#[derive(Record, Serialize)]
#[record(name = "TotpEnrolment")]
pub struct Answer {
    /// What an authenticator reads, usually as a QR code.
    #[secret]
    uri: IssuedSecret,
    /// Ten codes, each good once in place of a code of the authenticator.
    #[secret]
    recovery_codes: Vec<IssuedSecret>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Enrol;

impl Endpoint for Enrol {
    const DECLARATION: Declaration = Declaration::new(
        "enrol_totp",
        methods::post,
        "/identity/v1/me/totp",
        Access::Session,
        Audit::Change,
        "Enrol a second factor; it counts from its first code on",
    )
    .refuses(&[codes::ALREADY_ENROLLED])
    .status(201)
    .step_up()
    .within(Limit::Enrolment)
    .uses(&[Uses::Write(Table::Identity), Uses::Key(Purpose::Pii)]);
    type Input = Nothing;
    type Answer = Answer;

    async fn handle(cx: &Context, _: Nothing) -> Result<Outcome<Answer>, Problem> {
        let (enrolment, _) = Enrolment::read(cx, &[]).await?;
        if enrolment.factor.as_ref().is_some_and(|f| f.active) {
            let text = "A second factor is enrolled. Remove it first.";
            return Err(Problem::conflict("already_enrolled", text));
        }
        enrolment.allowed()?;
        let id = enrolment.user.as_str();
        let cipher = enrolment.cipher(cx).await?;
        let email = cipher.open_text::<User>(id, "-", "email", &enrolment.owner.email)?;
        let secret = Zeroizing::new(shared::random::bytes::<SECRET>());
        let (shown, codes) = recovery_codes();
        let new = SecondFactor {
            user: enrolment.user.clone(),
            secret: cipher.seal::<SecondFactor>(id, "-", "secret", &*secret)?,
            active: false,
            last_step: 0,
            codes,
            created_at: cx.now(),
        };
        let write = match &enrolment.factor {
            Some(old) => cx.replace(old, &new)?,
            None => cx.create(&new)?,
        };
        let changes = Changes::new().write(write).object(id, None, Some(&new));
        let uri = format!(
            "otpauth://totp/Ledgerkeep:{}?secret={}&issuer=Ledgerkeep&algorithm=SHA1&digits=6&period=30",
            utf8_percent_encode(&email, NON_ALPHANUMERIC),
            base32(&*secret)
        );
        let answer = Answer {
            uri: IssuedSecret::new(uri),
            recovery_codes: shown.into_iter().map(IssuedSecret::new).collect(),
        };
        Ok(Outcome::changed(answer, changes))
    }
}
