//! `POST /identity/v1/me/passkeys`: register a passkey. From then on every sign-in asks for a second factor.

use crate::{
    passkeys::{
        ClientBytes, MOST, Passkey, PasskeyAnswer, PasskeyId, PasskeyOwner, PasskeyRequest, Passkeys,
        name_field,
        webauthn::{self, RelyingParty},
    },
    second_factors::{enrolment::Enrolment, recovery_codes},
};
use serde::Serialize;
use shared::{
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Limit, Outcome, Uses, methods},
    problem::{Problem, codes},
    record::Record,
    road::Context,
    store::{AtRestBytes, Changes, Event, Table},
    text::{IssuedSecret, Name},
};

/// What comes in: what `navigator.credentials.create` gave.
#[derive(Record)]
#[record(input)]
pub struct Input {
    /// What its owner calls it.
    #[personal]
    name: Name,
    /// `response.clientDataJSON`, in base64url.
    #[secret]
    client_data_json: ClientBytes,
    /// `response.attestationObject`, in base64url.
    #[secret]
    attestation_object: ClientBytes,
}

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "RegisteredPasskey")]
pub struct Answer {
    /// The passkey.
    #[nested]
    passkey: PasskeyAnswer,
    /// With the first passkey: ten codes, each good once in place of a passkey; with another none.
    #[secret]
    recovery_codes: Vec<IssuedSecret>,
}

/// The endpoint.
#[derive(Debug)]
pub struct Register;

fn refused() -> Problem {
    let text = "The challenge is unknown, used or expired, or this is no answer to it by an authenticator that verified its user.";
    Problem::new(422, "passkey_refused", text)
}

impl Endpoint for Register {
    const DECLARATION: Declaration = Declaration::new(
        "register_passkey",
        methods::post,
        "/identity/v1/me/passkeys",
        Access::Session,
        Audit::Change,
        "Register a passkey; from then on every sign-in asks for a second factor",
    )
    .refuses(&[
        codes::PASSKEY_REFUSED,
        codes::PASSKEY_REGISTERED,
        codes::TOO_MANY_PASSKEYS,
    ])
    .status(201)
    .step_up()
    .within(Limit::Enrolment)
    .uses(&[Uses::Write(Table::Identity), Uses::Key(Purpose::Pii)]);
    type Input = Input;
    type Answer = Answer;

    async fn handle(cx: &Context, input: Input) -> Result<Outcome<Answer>, Problem> {
        let client = input.client_data_json.bytes();
        let asked = webauthn::asked(&client).ok_or_else(refused)?;
        let request_key = cx.key::<PasskeyRequest>(&hex::encode(asked));
        let (enrolment, mut found) = Enrolment::read(cx, std::slice::from_ref(&request_key)).await?;
        let (user, id) = (enrolment.user, enrolment.user.as_str());
        let request = found
            .take::<PasskeyRequest>(&request_key)?
            .filter(|r| r.session == *enrolment.session && cx.now().as_second() < r.expires_at)
            .ok_or_else(refused)?;
        enrolment.allowed()?;
        let old = &enrolment.passkeys;
        if old.as_ref().is_some_and(|p| p.keys.len() >= MOST) {
            let text = format!("There are {MOST} passkeys. Remove one first.");
            return Err(Problem::conflict("too_many_passkeys", text));
        }
        let party = RelyingParty::at(&cx.app().config.issuer);
        let attestation = input.attestation_object.bytes();
        let made = match webauthn::register(party, &request.digest.0, &client, &attestation) {
            Ok(made) => made,
            Err(why) => {
                tracing::info!(?why, "a passkey was refused");
                let spent = cx.delete(&request).otherwise(refused());
                return Err(refused().changing(Changes::new().concerning(id).write(spent)));
            }
        };
        let cipher = enrolment.cipher(cx).await?;
        let passkey = PasskeyId::new(cx.now());
        let name = input.name.as_str().as_bytes();
        let key = Passkey {
            name: cipher.seal::<Passkeys>(id, "-", &name_field(&passkey), name)?,
            id: passkey,
            credential: AtRestBytes(made.id.clone()),
            key: AtRestBytes(made.key),
            counter: made.counter,
            blocked: false,
            created_at: cx.now(),
            used_at: None,
        };
        let answer = PasskeyAnswer::open(user, &key, &cipher)?;
        let (write, new, shown) = match old {
            Some(old) => {
                let mut new = old.item.clone();
                new.keys.push(key);
                (cx.replace(old, &new)?, new, Vec::new())
            }
            None => {
                let (shown, codes) = recovery_codes();
                let new = Passkeys {
                    user: user.clone(),
                    keys: vec![key],
                    codes,
                };
                (cx.create(&new)?, new, shown)
            }
        };
        let owned = PasskeyOwner {
            id: PasskeyOwner::of(&made.id),
            user: user.clone(),
        };
        let taken = Problem::conflict("passkey_registered", "This passkey is registered.");
        let changes = Changes::new()
            .write(cx.delete(&request).otherwise(refused()))
            .write(cx.create(&owned)?.otherwise(taken))
            .write(write)
            .write(enrolment.shown(cx))
            .event(Event::about(
                "user.second_factor_enrolled",
                id,
                &enrolment.owner.item,
            ))
            .object(answer.id.as_str(), old.as_deref(), Some(&new));
        let answer = Answer {
            passkey: answer,
            recovery_codes: shown.into_iter().map(IssuedSecret::new).collect(),
        };
        Ok(Outcome::changed(answer, changes))
    }
}
