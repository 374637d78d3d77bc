//! A forger of access tokens, with keys of its own.

use super::{random, time};
use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use serde_json::{Value, json};

/// The parts of a token: header, claims, signature, each as it stands.
pub fn parts(token: &str) -> [String; 3] {
    let parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    parts.try_into().expect("a token has three parts")
}

/// The JSON in a part.
pub fn read(part: &str) -> Value {
    serde_json::from_slice(&B64.decode(part).expect("base64url")).expect("JSON")
}

/// JSON as a part.
pub fn part(value: &Value) -> String {
    B64.encode(value.to_string())
}

/// A key pair on P-256 that the platform has never seen.
pub struct Forger(EcdsaKeyPair);

impl Forger {
    /// A new one.
    pub fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"))
    }

    /// Its public key as a JWK (RFC 7518, section 6.2).
    pub fn jwk(&self) -> Value {
        let point = self.0.public_key().as_ref();
        json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "x": B64.encode(&point[1..33]), "y": B64.encode(&point[33..65])})
    }

    /// A token under its key (RFC 7515, section 3.1).
    pub fn token(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self
            .0
            .sign(&SystemRandom::new(), signed.as_bytes())
            .expect("a signature");
        format!("{signed}.{}", B64.encode(signature))
    }
}

/// A token under a shared secret.
pub fn mac(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let signed = format!("{}.{}", part(header), part(claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
    format!("{signed}.{}", B64.encode(tag))
}

/// A token that would be good if the forger's key were the platform's.
pub fn forged(real: &str) -> String {
    let [header, claims, _] = parts(real);
    let mut claims = read(&claims);
    claims["exp"] = json!(time::unix() + 200);
    claims["jti"] = json!(format!("tok_{}", random(26)));
    Forger::new().token(&read(&header), &claims)
}
