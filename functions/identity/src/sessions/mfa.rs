//! `POST /identity/v1/sessions/mfa`: show the second factor that a sign-in asks for.

use super::{
    challenge::Challenge,
    lock,
    open::{self, Opening, Tokens},
};
use crate::{
    passkeys::{
        ClientBytes, PasskeyId, Passkeys,
        webauthn::{self, Assertion, RelyingParty},
    },
    portal_cookie,
    second_factors::{Presented, SecondFactor, recovery, without},
    sign_ins::{SignIn, SignInOutcome},
};
use shared::{
    auth::{User, UserStatus},
    crypto::{KeyUse, Purpose, SubjectCipher, SubjectKeyItem},
    endpoint::{Access, Audit, Declaration, Endpoint, Outcome, Uses, methods},
    problem::{Problem, codes},
    record::Record,
    road::Context,
    store::{Changes, Event, Stored, Table, Update, Write, attribute},
    text::SecretText,
};

/// What `navigator.credentials.get` gave.
#[derive(Record)]
#[record(input)]
#[record(name = "PasskeyAssertion")]
pub struct PasskeyInput {
    /// `rawId`, in base64url.
    #[internal]
    credential_id: ClientBytes,
    /// `response.clientDataJSON`, in base64url.
    #[secret]
    client_data_json: ClientBytes,
    /// `response.authenticatorData`, in base64url.
    #[secret]
    authenticator_data: ClientBytes,
    /// `response.signature`, in base64url.
    #[secret]
    signature: ClientBytes,
    /// `response.userHandle`, in base64url, where there is one.
    #[internal]
    user_handle: Option<ClientBytes>,
}

/// What comes in: a code or a passkey.
#[derive(Record)]
#[record(input)]
#[record(
    example = r#"{"challenge": "ten_01JD3X8M9V5T2Q4R6S8W0Y1Z2A.usr_01JD3X8M9V5T2Q4R6S8W0Y1Z2A.x", "code": "123456"}"#
)]
pub struct Input {
    /// What the sign-in answered.
    #[secret]
    challenge: SecretText,
    /// The code that the authenticator shows, or a recovery code.
    #[secret]
    code: Option<SecretText>,
    /// The answer of a passkey to the sign-in's `public_key`.
    #[nested]
    passkey: Option<PasskeyInput>,
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
    .refuses(&[codes::ORIGIN_REFUSED, codes::SECOND_FACTOR_REFUSED])
    .status(201)
    .from_browser()
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
        if input.code.is_some() == input.passkey.is_some() {
            return Err(Problem::invalid("/code", "send either a code or a passkey"));
        }
        let (tenant, user, id) = Challenge::place(input.challenge.expose()).ok_or_else(refused)?;
        let here = cx.enter(&tenant).await?.ok_or_else(refused)?;
        let keys = [
            here.key::<Challenge>(&id),
            here.key::<User>(user.as_str()),
            here.key::<SecondFactor>(user.as_str()),
            here.key::<Passkeys>(user.as_str()),
            SubjectKeyItem::key(&tenant, user.as_str(), Purpose::Pii),
        ];
        let mut found = here.batch(&keys).await?;
        let [challenge_key, user_key, factor_key, passkeys_key, subject_key] = &keys;
        let (Some(challenge), Some(user), Some(subject)) = (
            found.take::<Challenge>(challenge_key)?,
            found.take::<User>(user_key)?,
            found.take::<SubjectKeyItem>(subject_key)?,
        ) else {
            return Err(refused());
        };
        let factor = found.take::<SecondFactor>(factor_key)?.filter(|f| f.active);
        let passkeys = found.take::<Passkeys>(passkeys_key)?;
        let good = challenge.user == user.id
            && here.now().as_second() < challenge.expires_at
            && user.status == UserStatus::Active
            && (factor.is_some() || passkeys.is_some());
        if !good {
            return Err(refused().changing(Changes::new().concerning(user.id.as_str()).by(user.id.as_str())));
        }
        if challenge.portal {
            portal_cookie::from_here(&here)?;
        }
        let policy = &challenge.policy;
        let cipher = here.subject(&subject).await?;
        let reserved = lock::reserve(&here, &challenge.lookup).await?;
        let attempt = reserved.attempt(policy).filter(|a| {
            a.credential.user == user.id && a.credential.password_set_at == challenge.password_set_at
        });
        let shown = Showing {
            here: &here,
            user: &user,
            cipher: &cipher,
            challenge: &challenge,
            reserved: &reserved,
            factor: factor.as_ref(),
            passkeys: passkeys.as_ref(),
        };
        let Some(attempt) = attempt else {
            return Err(shown.no(SignInOutcome::Locked, Changes::new())?);
        };
        let used = match (&input.code, &input.passkey) {
            (Some(code), _) => shown.code(code.expose())?,
            (None, Some(passkey)) => shown.passkey(passkey)?,
            (None, None) => return Err(refused()),
        };
        let opening = Opening {
            user: &user,
            cipher: Some(&cipher),
            policy,
            attempt,
            credential: lock::succeed(attempt, policy),
            second_factor: true,
            portal: challenge.portal,
        };
        let mut outcome = open::open(&here, opening).await?;
        outcome.changes = outcome
            .changes
            .write(used.otherwise(refused()))
            .write(here.delete(&challenge).otherwise(refused()));
        Ok(outcome)
    }
}

/// Who shows a second factor, and what theirs are.
struct Showing<'a> {
    here: &'a Context,
    user: &'a Stored<User>,
    cipher: &'a SubjectCipher,
    challenge: &'a Challenge,
    reserved: &'a lock::Reserved,
    factor: Option<&'a Stored<SecondFactor>>,
    passkeys: Option<&'a Stored<Passkeys>>,
}

impl Showing<'_> {
    /// The one refusal there is, with what it leaves behind.
    fn no(&self, outcome: SignInOutcome, changes: Changes) -> Result<Problem, Problem> {
        let sign_in = SignIn::of(self.here, &self.user.id, Some(self.cipher), outcome)?;
        let changes = changes
            .concerning(self.user.id.as_str())
            .by(self.user.id.as_str())
            .write(self.here.create(&sign_in)?);
        let closing = (self.reserved, Some(&self.user.item), lock::Door::SignIn);
        let changes = lock::closing(self.here, closing, &self.challenge.policy, changes);
        Ok(refused().changing(changes))
    }

    /// The write that uses a code up: of all who present it at once, one makes it.
    fn code(&self, code: &str) -> Result<Write, Problem> {
        let uid = self.user.id.as_str();
        if let Some(factor) = self.factor {
            let secret = self
                .cipher
                .open::<SecondFactor>(uid, "-", "secret", &factor.secret)?;
            match factor.presented(&secret, code, self.here.now()) {
                Presented::Wrong => {}
                Presented::Step(step) => {
                    let step_value = attribute(&step.into());
                    let active = attribute(&shared::store::Value::Bool(true));
                    let update = Update::new().number("last_step", step).when(
                        "#last_step < :step AND #active = :active",
                        &[(":step", step_value), (":active", active)],
                    );
                    return Ok(self.here.update::<SecondFactor>(uid, "-", update));
                }
                Presented::Recovery(n) => {
                    let mut left = factor.item.clone();
                    left.codes = without(&left.codes, n);
                    return self.here.replace(factor, &left);
                }
            }
        }
        let found = self.passkeys.and_then(|p| Some((p, recovery(&p.codes, code)?)));
        let Some((passkeys, n)) = found else {
            return Err(self.no(SignInOutcome::WrongCode, Changes::new())?);
        };
        let mut left = passkeys.item.clone();
        left.codes = without(&left.codes, n);
        self.here.replace(passkeys, &left)
    }

    /// The write that keeps a passkey's counter.
    fn passkey(&self, shown: &PasskeyInput) -> Result<Write, Problem> {
        let wrong = || self.no(SignInOutcome::WrongPasskey, Changes::new());
        let (Some(passkeys), Some(asked)) = (self.passkeys, &self.challenge.passkey) else {
            return Err(wrong()?);
        };
        // Who signs in is known from the password; a credential of somebody else is none of theirs.
        let theirs = |handle: &ClientBytes| handle.bytes() == self.user.id.as_str().as_bytes();
        let handle = shown.user_handle.as_ref().is_none_or(theirs);
        let Some(key) = passkeys.usable(&shown.credential_id.bytes()).filter(|_| handle) else {
            return Err(wrong()?);
        };
        let assertion = Assertion {
            client: &shown.client_data_json.bytes(),
            authenticator: &shown.authenticator_data.bytes(),
            signature: &shown.signature.bytes(),
        };
        let party = RelyingParty::at(&self.here.app().config.issuer);
        let counter = match webauthn::assert(party, &asked.0, &key.key.0, assertion) {
            Ok(counter) => counter,
            Err(why) => {
                tracing::info!(?why, "a passkey was refused");
                return Err(wrong()?);
            }
        };
        if webauthn::is_cloned(key.counter, counter) {
            return Err(self.cloned(passkeys, &key.id)?);
        }
        let now = self.here.now();
        let used = passkeys.with(&key.id, |k| (k.counter, k.used_at) = (counter, Some(now)));
        self.here.replace(passkeys, &used)
    }

    /// Two authenticators count for one credential: it is good for nothing from now on, and its owner is told.
    fn cloned(&self, passkeys: &Stored<Passkeys>, id: &PasskeyId) -> Result<Problem, Problem> {
        let blocked = passkeys.with(id, |k| k.blocked = true);
        tracing::warn!(
            passkey = id.as_str(),
            "the counter of a passkey went back; it is blocked"
        );
        let event = Event::about("user.passkey_cloned", self.user.id.as_str(), &self.user.item);
        let changes = Changes::new()
            .write(self.here.replace(passkeys, &blocked)?)
            .event(event)
            .alert();
        self.no(SignInOutcome::ClonedPasskey, changes)
    }
}
