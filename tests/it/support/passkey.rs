//! A client and an authenticator of our own: Web Authentication with ES256, and every way to do it wrong.

use super::{platform, random};
use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

/// Present and verified.
pub const VERIFIED: u8 = 0b101;
/// Present only.
pub const PRESENT: u8 = 0b001;

/// Where browsers are, as the platform says: the address of its contract.
pub async fn origin() -> &'static str {
    static ORIGIN: OnceCell<String> = OnceCell::const_new();
    let read = || async {
        let document = platform().http.get("/identity/v1/openapi.json").send().await.ok();
        document["servers"][0]["url"]
            .as_str()
            .expect("an address")
            .to_owned()
    };
    ORIGIN.get_or_init(read).await
}

/// What a client and an authenticator do.
#[derive(Clone)]
pub struct Ceremony {
    /// Where the client says that it is.
    pub origin: String,
    /// The relying party that the authenticator signs for.
    pub party: String,
    /// In place of the challenge that was asked, in base64url.
    pub challenge: Option<String>,
    /// In place of the ceremony's type.
    pub kind: Option<&'static str>,
    /// What the authenticator says of the user.
    pub flags: u8,
    /// Whether a bit of its data turns over on the way.
    pub tampered: bool,
}

impl Ceremony {
    /// As it should be.
    pub async fn good() -> Self {
        Self {
            origin: origin().await.to_owned(),
            party: "localhost".into(),
            challenge: None,
            kind: None,
            flags: VERIFIED,
            tampered: false,
        }
    }

    fn client(&self, kind: &str, options: &Value) -> Vec<u8> {
        let asked = options["challenge"].as_str().expect("a challenge");
        let challenge = self.challenge.as_deref().unwrap_or(asked);
        let kind = self.kind.unwrap_or(kind);
        json!({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false})
            .to_string()
            .into_bytes()
    }

    fn data(&self, flags: u8, counter: u32, rest: &[u8]) -> Vec<u8> {
        let party = hash(self.party.as_bytes());
        [&party[..], &[self.flags | flags], &counter.to_be_bytes(), rest].concat()
    }
}

fn hash(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

/// A byte string in CBOR (RFC 8949).
fn bytes(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("a short string");
    [&[0x59][..], &length.to_be_bytes(), content].concat()
}

/// An authenticator with one credential.
pub struct Authenticator {
    key: EcdsaKeyPair,
    /// The credential's id.
    pub id: Vec<u8>,
    /// How often it has signed.
    pub counter: u32,
    user: String,
}

impl Authenticator {
    /// Makes a credential, and what is sent to register it.
    pub fn make(options: &Value, ceremony: &Ceremony) -> (Self, Value) {
        let made = Self {
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key"),
            id: random(32).into_bytes(),
            counter: 1,
            user: options["user"]["id"].as_str().expect("a user handle").to_owned(),
        };
        let body = made.registration(options, ceremony);
        (made, body)
    }

    /// What is sent to register the credential.
    pub fn registration(&self, options: &Value, ceremony: &Ceremony) -> Value {
        let client = ceremony.client("webauthn.create", options);
        let point = self.key.public_key().as_ref();
        // {1: 2, 3: -7, -1: 1, -2: x, -3: y} (RFC 9052, section 7).
        let cose = [
            &[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21][..],
            &bytes(&point[1..33]),
            &[0x22],
            &bytes(&point[33..]),
        ]
        .concat();
        let length = u16::try_from(self.id.len()).expect("a short id").to_be_bytes();
        let attested = [&[0; 16][..], &length, &self.id, &cose].concat();
        let mut data = ceremony.data(0x40, self.counter, &attested);
        if ceremony.tampered {
            data[0] ^= 1;
        }
        // {"fmt": "none", "attStmt": {}, "authData": data}
        let attestation = [b"\xa3cfmtdnonegattStmt\xa0hauthData".to_vec(), bytes(&data)].concat();
        json!({"name": format!("Key {}", random(8)), "client_data_json": B64.encode(client), "attestation_object": B64.encode(attestation)})
    }

    /// Answers what a sign-in asks, as the platform takes it.
    pub fn show(&mut self, options: &Value, ceremony: &Ceremony) -> Value {
        self.counter += 1;
        let client = ceremony.client("webauthn.get", options);
        let mut data = ceremony.data(0, self.counter, &[]);
        let signed = [data.clone(), hash(&client)].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("a signature");
        if ceremony.tampered {
            data[36] ^= 1;
        }
        json!({
            "credential_id": B64.encode(&self.id),
            "client_data_json": B64.encode(client),
            "authenticator_data": B64.encode(data),
            "signature": B64.encode(signature),
            "user_handle": self.user,
        })
    }
}
