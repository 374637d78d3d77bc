//! `POST /identity/v1/me/passkeys/options`: what a browser needs to make a passkey.

use crate::{
    passkeys::{self, Descriptor, LIFE, PasskeyRequest, cose, webauthn::RelyingParty},
    second_factors::enrolment::Enrolment,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use shared::{
    auth::User,
    crypto::Purpose,
    endpoint::{Access, Audit, Declaration, Endpoint, Limit, Outcome, Uses, methods},
    problem::Problem,
    record::{Nothing, Record},
    road::Context,
    store::{Changes, Table},
    text::IssuedSecret,
};

/// `PublicKeyCredentialRpEntity`.
#[derive(Record, Serialize)]
#[record(name = "RelyingParty")]
pub struct PartyEntity {
    /// The platform's domain.
    #[public]
    id: String,
    /// `Ledgerkeep`.
    #[public]
    name: &'static str,
}

/// `PublicKeyCredentialUserEntityJSON`.
#[derive(Record, Serialize)]
#[record(name = "PasskeyUser")]
pub struct UserEntity {
    /// The user's id in base64url: the user handle.
    #[public]
    id: String,
    /// Their e-mail address.
    #[personal]
    name: String,
    /// Their name.
    #[personal]
    #[serde(rename = "displayName")]
    display_name: String,
}

/// `PublicKeyCredentialParameters`.
#[derive(Record, Serialize)]
#[record(name = "PasskeyAlgorithm")]
pub struct Parameters {
    /// `public-key`.
    #[public]
    #[serde(rename = "type")]
    kind: &'static str,
    /// The algorithm's number (RFC 9053).
    #[public]
    alg: i64,
}

/// `AuthenticatorSelectionCriteria`.
#[derive(Record, Serialize)]
#[record(name = "AuthenticatorSelection")]
pub struct Selection {
    /// `preferred`.
    #[public]
    #[serde(rename = "residentKey")]
    resident_key: &'static str,
    /// `required`: a PIN, a finger or a face.
    #[public]
    #[serde(rename = "userVerification")]
    user_verification: &'static str,
}

/// What a browser's `navigator.credentials.create` takes as `publicKey`, once
/// `PublicKeyCredential.parseCreationOptionsFromJSON` has read it (Web Authentication, level 3, section 5.1.9).
#[derive(Record, Serialize)]
#[record(name = "PasskeyCreationOptions")]
pub struct CreationOptions {
    /// The relying party.
    #[nested]
    rp: PartyEntity,
    /// Whose passkey it will be.
    #[nested]
    user: UserEntity,
    /// What is to be answered, in base64url.
    #[secret]
    challenge: IssuedSecret,
    /// The algorithms, the preferred one first.
    #[nested]
    #[serde(rename = "pubKeyCredParams")]
    parameters: Vec<Parameters>,
    /// Milliseconds that the client may take.
    #[public]
    timeout: i64,
    /// The passkeys that there are: an authenticator with one of them makes no other.
    #[nested]
    #[serde(rename = "excludeCredentials")]
    exclude_credentials: Vec<Descriptor>,
    /// Which authenticators will do.
    #[nested]
    #[serde(rename = "authenticatorSelection")]
    selection: Selection,
    /// `none`: whose make the authenticator is, is not asked.
    #[public]
    attestation: &'static str,
}

/// What goes out.
#[derive(Record, Serialize)]
#[record(name = "PasskeyOptions")]
pub struct Answer {
    /// The options.
    #[nested]
    public_key: CreationOptions,
}

/// The endpoint.
#[derive(Debug)]
pub struct Options;

impl Endpoint for Options {
    const DECLARATION: Declaration = Declaration::new(
        "create_passkey_options",
        methods::post,
        "/identity/v1/me/passkeys/options",
        Access::Session,
        Audit::Log,
        "Ask for what a browser needs to make a passkey; good for five minutes, once, in this session",
    )
    .status(201)
    .step_up()
    .within(Limit::Enrolment)
    .uses(&[Uses::Write(Table::Identity), Uses::Key(Purpose::Pii)]);
    type Input = Nothing;
    type Answer = Answer;

    async fn handle(cx: &Context, _: Nothing) -> Result<Outcome<Answer>, Problem> {
        let (enrolment, _) = Enrolment::read(cx, &[]).await?;
        enrolment.allowed()?;
        let (id, owner) = (enrolment.user.as_str(), &enrolment.owner);
        let cipher = enrolment.cipher(cx).await?;
        let (challenge, digest) = passkeys::challenge();
        let request = PasskeyRequest {
            id: hex::encode(&digest.0),
            digest,
            session: enrolment.session.clone(),
            expires_at: cx.now().as_second().saturating_add(LIFE),
        };
        let parameters = cose::ALGORITHMS.map(|alg| Parameters {
            kind: "public-key",
            alg,
        });
        let options = CreationOptions {
            rp: PartyEntity {
                id: RelyingParty::at(&cx.app().config.issuer).id.to_owned(),
                name: "Ledgerkeep",
            },
            user: UserEntity {
                id: URL_SAFE_NO_PAD.encode(id),
                name: cipher.open_text::<User>(id, "-", "email", &owner.email)?,
                display_name: cipher.open_text::<User>(id, "-", "name", &owner.name)?,
            },
            challenge: IssuedSecret::new(challenge),
            parameters: parameters.into(),
            timeout: LIFE * 1000,
            exclude_credentials: enrolment
                .passkeys
                .as_ref()
                .map(|p| p.descriptors())
                .unwrap_or_default(),
            selection: Selection {
                resident_key: "preferred",
                user_verification: "required",
            },
            attestation: "none",
        };
        let changes = Changes::new().write(cx.create(&request)?).concerning(id);
        Ok(Outcome::changed(Answer { public_key: options }, changes))
    }
}
