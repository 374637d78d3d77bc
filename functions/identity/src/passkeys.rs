//! Passkeys of a user: WebAuthn credentials that are shown instead of a code (W3C Web Authentication, level 2).
//!
//! ```text
//! none   --options--> asked   a challenge, five minutes, for this session only
//! asked  --register--> active  it counts from then on
//! active --assertion whose counter goes back--> blocked   somebody else has it, too
//! active, blocked --remove--> none   by a fresh session that showed a second factor
//! ```

pub mod cose;
mod refusal;
pub mod webauthn;

use crate::recovery_code::RecoveryCode;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use shared::{
    crypto::{Purpose, SealedItem, Seals, SubjectCipher},
    ids::{SessionId, TenantId, UserId},
    problem::Problem,
    record::Record,
    store::{AtRestBytes, Digest, Item, Sealed, Table},
    text::IssuedSecret,
    time::{Instant, Timestamp},
};

/// Most passkeys of a user.
pub const MOST: usize = 10;
/// Seconds that a challenge for a new one is good for.
pub const LIFE: i64 = 300;

shared::id_type!(
    /// A passkey.
    PasskeyId, "psk"
);

shared::text_type!(
    /// Bytes of a WebAuthn client: base64url without padding (RFC 4648, section 5).
    ClientBytes[8192], "^[A-Za-z0-9_-]+$", "dGVzdA", |t| {
        let decoded = URL_SAFE_NO_PAD.decode(t).ok();
        match decoded {
            Some(bytes) if !bytes.is_empty() && t.len() <= 8192 => Ok(t.to_owned()),
            _ => Err("is not base64url without padding, or too long"),
        }
    }
);

impl ClientBytes {
    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(self.as_str()).unwrap_or_default()
    }
}

/// A passkey as kept.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct Passkey {
    /// Its id here.
    #[public]
    pub id: PasskeyId,
    /// What its owner calls it.
    #[personal]
    pub name: Sealed,
    /// Its id for authenticators.
    #[secret]
    pub credential: AtRestBytes,
    /// Its public key (COSE).
    #[secret]
    pub key: AtRestBytes,
    /// The counter of the last signature; zero where it does not count.
    #[internal]
    pub counter: u32,
    /// Whether its counter has gone back, so that it is good for nothing.
    #[public]
    pub blocked: bool,
    /// When it was registered.
    #[public]
    pub created_at: Timestamp,
    /// When it was last shown.
    #[public]
    #[serde(default)]
    pub used_at: Option<Timestamp>,
}

/// The passkeys of a user. There is none without a passkey.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct Passkeys {
    /// Whose.
    #[public]
    pub user: UserId,
    /// The passkeys, the oldest first.
    #[nested]
    pub keys: Vec<Passkey>,
    /// What is left of the recovery codes that came with the first.
    #[nested]
    pub codes: Vec<RecoveryCode>,
}

/// The name under which a passkey's name is sealed.
#[must_use]
pub fn name_field(id: &PasskeyId) -> String {
    format!("name/{id}")
}

impl SealedItem for Passkeys {
    fn seals(&mut self, _: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(self.user.as_str(), Purpose::Pii);
        for key in &mut self.keys {
            seals.field(&name_field(&key.id), &mut key.name);
        }
        seals
    }
}

impl Item for Passkeys {
    const TABLE: Table = Table::Identity;
    const KIND: &'static str = "passkeys";
    const PROCESSING: Option<shared::processing::Processing> = Some(
        shared::processing::Processing::new(
            "Hold a user's passkeys",
            shared::processing::Subjects::Users,
            shared::processing::Basis::Contract,
            "Until they are removed",
            shared::processing::Reach::Nothing,
        )
        .sealed(shared::crypto::Purpose::Pii),
    );
    fn id(&self) -> &str {
        self.user.as_str()
    }
}

impl Passkeys {
    /// The passkey with this id for authenticators, unless it is blocked.
    #[must_use]
    pub fn usable(&self, credential: &[u8]) -> Option<&Passkey> {
        let found = self.keys.iter().find(|k| k.credential.0 == credential);
        found.filter(|k| !k.blocked)
    }

    /// With one of them changed.
    #[must_use]
    pub fn with(&self, id: &PasskeyId, change: impl Fn(&mut Passkey)) -> Self {
        let mut changed = self.clone();
        changed.keys.iter_mut().filter(|k| k.id == *id).for_each(change);
        changed
    }

    /// How clients name those that may be shown.
    #[must_use]
    pub fn descriptors(&self) -> Vec<Descriptor> {
        let usable = self.keys.iter().filter(|k| !k.blocked);
        usable.map(|k| Descriptor::of(&k.credential.0)).collect()
    }
}

/// Whose a credential is: no other user of the tenant can register it (level 2, section 7.1, step 17).
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct PasskeyOwner {
    /// Hex of the SHA-256 of the credential's id.
    #[internal]
    pub id: String,
    /// The user.
    #[public]
    pub user: UserId,
}

impl PasskeyOwner {
    /// Its id for a credential.
    #[must_use]
    pub fn of(credential: &[u8]) -> String {
        hex::encode(webauthn::hash(credential))
    }
}

impl Item for PasskeyOwner {
    const TABLE: Table = Table::Identity;
    const KIND: &'static str = "passkey-owner";
    const PROCESSING: Option<shared::processing::Processing> = Some(shared::processing::Processing::new(
        "Let a passkey be one user's only",
        shared::processing::Subjects::Users,
        shared::processing::Basis::Contract,
        "Until it is removed",
        shared::processing::Reach::Nothing,
    ));
    fn id(&self) -> &str {
        &self.id
    }
}

/// A challenge for a new passkey. It is removed when it is used.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct PasskeyRequest {
    /// Hex of its SHA-256, by which it is found.
    #[internal]
    pub id: String,
    /// SHA-256 of it.
    #[secret]
    pub digest: Digest,
    /// The session that asked.
    #[public]
    pub session: SessionId,
    /// Unix seconds of its end.
    #[public]
    pub expires_at: i64,
}

impl Item for PasskeyRequest {
    const TABLE: Table = Table::Identity;
    const KIND: &'static str = "passkey-request";
    const PROCESSING: Option<shared::processing::Processing> = Some(shared::processing::Processing::new(
        "Register a passkey",
        shared::processing::Subjects::Users,
        shared::processing::Basis::Contract,
        "Five minutes",
        shared::processing::Reach::Nothing,
    ));
    fn id(&self) -> &str {
        &self.id
    }
    fn expires(&self) -> Option<i64> {
        Some(self.expires_at)
    }
}

/// A fresh challenge: as shown, and its SHA-256.
#[must_use]
pub fn challenge() -> (String, Digest) {
    let bytes = shared::random::bytes::<32>();
    (
        URL_SAFE_NO_PAD.encode(bytes),
        Digest(webauthn::hash(&bytes).to_vec()),
    )
}

/// `PublicKeyCredentialDescriptor` in JSON (level 3, section 5.8.3).
#[derive(Record, Serialize)]
#[record(name = "PasskeyDescriptor")]
pub struct Descriptor {
    /// `public-key`.
    #[public]
    #[serde(rename = "type")]
    kind: &'static str,
    /// The credential's id for authenticators, in base64url.
    #[internal]
    id: String,
}

impl Descriptor {
    fn of(credential: &[u8]) -> Self {
        Self {
            kind: "public-key",
            id: URL_SAFE_NO_PAD.encode(credential),
        }
    }
}

/// What a browser's `navigator.credentials.get` takes as `publicKey`, once
/// `PublicKeyCredential.parseRequestOptionsFromJSON` has read it (level 3, section 5.1.10).
#[derive(Record, Serialize)]
#[record(name = "PasskeyRequestOptions")]
pub struct RequestOptions {
    /// What is to be signed, in base64url.
    #[secret]
    challenge: IssuedSecret,
    /// The platform's domain.
    #[public]
    #[serde(rename = "rpId")]
    rp_id: String,
    /// The passkeys that may be shown.
    #[nested]
    #[serde(rename = "allowCredentials")]
    allow_credentials: Vec<Descriptor>,
    /// `required`: a PIN, a finger or a face.
    #[public]
    #[serde(rename = "userVerification")]
    user_verification: &'static str,
    /// Milliseconds that the client may take.
    #[public]
    timeout: i64,
}

impl RequestOptions {
    /// What a sign-in asks for.
    #[must_use]
    pub fn new(origin: &str, challenge: String, passkeys: &Passkeys) -> Self {
        Self {
            challenge: IssuedSecret::new(challenge),
            rp_id: webauthn::RelyingParty::at(origin).id.to_owned(),
            allow_credentials: passkeys.descriptors(),
            user_verification: "required",
            timeout: LIFE * 1000,
        }
    }
}

/// A passkey as answered.
#[derive(Record, Serialize)]
#[record(name = "Passkey")]
pub struct PasskeyAnswer {
    /// Its id.
    #[public]
    pub id: PasskeyId,
    /// What its owner calls it.
    #[personal]
    pub name: String,
    /// Whether its counter has gone back, so that it is good for nothing.
    #[public]
    pub blocked: bool,
    /// When it was registered (RFC 3339 UTC).
    #[public]
    pub created_at: Instant,
    /// When it was last shown (RFC 3339 UTC).
    #[public]
    pub used_at: Option<Instant>,
}

impl PasskeyAnswer {
    /// Opens a passkey of a user.
    ///
    /// # Errors
    /// 500 when its name does not open.
    pub fn open(user: &UserId, key: &Passkey, cipher: &SubjectCipher) -> Result<Self, Problem> {
        let field = name_field(&key.id);
        Ok(Self {
            id: key.id.clone(),
            name: cipher.open_text::<Passkeys>(user.as_str(), "-", &field, &key.name)?,
            blocked: key.blocked,
            created_at: Instant::from(key.created_at),
            used_at: key.used_at.map(Instant::from),
        })
    }
}
