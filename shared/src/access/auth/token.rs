//! Access tokens: ES256 JWTs after RFC 9068, signed by KMS, verified here with everything pinned.

use super::dpop::Confirmation;
use crate::{
    crypto::{KeyUse, Kms, KmsError},
    kernel::{
        ids::TenantId,
        time::{Clock, Timestamp},
    },
    store::meter::Meter,
};
use aws_lc_rs::digest::{self, SHA256_OUTPUT_LEN};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Seconds an access token is good for.
pub const LIFETIME: i64 = 300;
/// Only this type is an access token (RFC 9068, section 2.1).
const TYPE: &str = "at+jwt";
/// Tokens whose signature is known to be good. When there are more, all are forgotten.
const CHECKED: usize = 1_024;
/// How long a public key is kept before KMS is asked again.
const KEEP: Duration = Duration::from_secs(300);

/// The claims of an access token (RFC 9068, section 2.2), and ours: tenant and session.
#[derive(Clone, Serialize, Deserialize)]
pub struct Claims {
    /// Issuer.
    pub iss: String,
    /// User or API client.
    pub sub: String,
    /// Audience.
    pub aud: String,
    /// Expiry, Unix seconds.
    pub exp: i64,
    /// Issued at, Unix seconds.
    pub iat: i64,
    /// Token id.
    pub jti: String,
    /// The OAuth client; for users the portal or the API itself.
    pub client_id: String,
    /// Tenant.
    pub tid: TenantId,
    /// Session, for users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// The key that it is bound to; none for whoever bears it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    /// The person who holds the client, for clients: read together with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hld: Option<String>,
    /// Roles when it was issued. The road compares them with the roles as they are.
    pub roles: Vec<String>,
}

/// Why a token is not accepted. Callers all get the same 401.
#[derive(Debug, PartialEq, Eq)]
pub enum TokenError {
    /// Not a token of ours.
    Invalid,
    /// Too old, or from the future.
    Expired,
    /// The keys could not be read.
    Unavailable(String),
}

struct PublicKey {
    kid: String,
    x: String,
    y: String,
    decoding: DecodingKey,
    until: Duration,
}

impl PublicKey {
    /// As a JSON Web Key (RFC 7517, section 4; RFC 7518, section 6.2.1).
    fn jwk(&self) -> serde_json::Map<String, serde_json::Value> {
        let members = [
            ("kty", "EC"),
            ("crv", "P-256"),
            ("alg", "ES256"),
            ("use", "sig"),
            ("kid", &self.kid),
            ("x", &self.x),
            ("y", &self.y),
        ];
        let members = members.into_iter();
        members.map(|(n, v)| (n.to_owned(), v.into())).collect()
    }
}

/// Issues and verifies access tokens.
pub struct Tokens {
    kms: Kms,
    issuer: String,
    audience: String,
    clock: Arc<dyn Clock>,
    keys: Mutex<HashMap<KeyUse, Arc<PublicKey>>>,
    /// By SHA-256 of the whole token: what it says, and the id of the key that has signed it. A signature stays good as long as
    /// its key is one of ours, and everything else about a caller is looked at with each call.
    checked: Mutex<HashMap<[u8; SHA256_OUTPUT_LEN], (String, Claims)>>,
}

impl Tokens {
    /// Tokens of the platform at an address, which is the audience. Their issuer is its identity service: what RFC 8414,
    /// section 3, makes the address of the issuer's metadata of.
    #[must_use]
    pub fn new(kms: Kms, address: String, clock: Arc<dyn Clock>) -> Self {
        Self {
            kms,
            issuer: format!("{address}/identity"),
            audience: address,
            clock,
            keys: Mutex::default(),
            checked: Mutex::default(),
        }
    }

    /// The issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    async fn public_key(&self, meter: &Meter, which: KeyUse) -> Result<Arc<PublicKey>, KmsError> {
        let now = self.clock.monotonic();
        let keys = || self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = keys().get(&which).cloned();
        if let Some(key) = kept.filter(|k| k.until > now) {
            return Ok(key);
        }
        let der = self.kms.public_key(meter, which).await?;
        let bad = || KmsError("the token key is not a P-256 key".into());
        // SubjectPublicKeyInfo of P-256 ends with the uncompressed point 04 ‖ x ‖ y (RFC 5480, section 2.2).
        let point = der
            .len()
            .checked_sub(65)
            .and_then(|at| der.get(at..))
            .ok_or_else(bad)?;
        let (Some(4), Some(x), Some(y)) = (point.first().copied(), point.get(1..33), point.get(33..65))
        else {
            return Err(bad());
        };
        let (x, y) = (B64.encode(x), B64.encode(y));
        let kid = hex::encode(
            digest::digest(&digest::SHA256, &der)
                .as_ref()
                .get(..8)
                .unwrap_or_default(),
        );
        let decoding = DecodingKey::from_ec_components(&x, &y).map_err(|_| bad())?;
        let key = Arc::new(PublicKey {
            kid,
            x,
            y,
            decoding,
            until: now + KEEP,
        });
        keys().insert(which, key.clone());
        Ok(key)
    }

    /// Reads the verification key ahead of the first token.
    ///
    /// # Errors
    /// When KMS does not answer.
    pub async fn warm(&self, meter: &Meter) -> Result<(), KmsError> {
        self.public_key(meter, KeyUse::Token).await.map(drop)
    }

    /// The key that a token says it is signed with: the one that signs, or while one replaces the other the one beside
    /// it. That one is only asked for when a token names another key than the first.
    async fn named(&self, meter: &Meter, kid: &str) -> Result<Option<Arc<PublicKey>>, KmsError> {
        let first = self.public_key(meter, KeyUse::Token).await?;
        if first.kid == kid {
            return Ok(Some(first));
        }
        if !self.kms.has(KeyUse::TokenBeside) {
            return Ok(None);
        }
        let beside = self.public_key(meter, KeyUse::TokenBeside).await?;
        Ok((beside.kid == kid).then_some(beside))
    }

    /// The verification keys as a JWK set (RFC 7517), the one that signs first.
    ///
    /// # Errors
    /// When KMS does not answer.
    pub async fn jwks(
        &self,
        meter: &Meter,
    ) -> Result<Vec<serde_json::Map<String, serde_json::Value>>, KmsError> {
        let mut keys = vec![self.public_key(meter, KeyUse::Token).await?];
        if self.kms.has(KeyUse::TokenBeside) {
            let beside = self.public_key(meter, KeyUse::TokenBeside).await?;
            let another = keys.iter().all(|key| key.kid != beside.kid);
            keys.extend(another.then_some(beside));
        }
        Ok(keys.iter().map(|key| key.jwk()).collect())
    }

    /// Issues a token.
    ///
    /// # Errors
    /// When KMS refuses or does not answer.
    pub async fn issue(&self, meter: &Meter, claims: &Claims) -> Result<String, KmsError> {
        let key = self.public_key(meter, KeyUse::Token).await?;
        let header = serde_json::json!({"alg": "ES256", "typ": TYPE, "kid": key.kid});
        let claims = serde_json::to_vec(claims).map_err(|e| KmsError(e.to_string()))?;
        let signed = format!("{}.{}", B64.encode(header.to_string()), B64.encode(claims));
        let der = self.kms.sign(meter, KeyUse::Token, signed.as_bytes()).await?;
        let raw = raw_signature(&der).ok_or_else(|| KmsError("kms Sign: not an ECDSA signature".into()))?;
        Ok(format!("{signed}.{}", B64.encode(raw)))
    }

    /// Claims for a new token.
    #[must_use]
    pub fn claims(
        &self,
        now: Timestamp,
        tenant: &TenantId,
        sub: &str,
        sid: Option<String>,
        roles: &[String],
    ) -> Claims {
        Claims {
            iss: self.issuer.clone(),
            sub: sub.to_owned(),
            aud: self.audience.clone(),
            exp: now.as_second() + LIFETIME,
            iat: now.as_second(),
            jti: crate::kernel::ids::fresh("tok", now),
            client_id: if sid.is_some() {
                "portal".into()
            } else {
                format!("{tenant}.{sub}")
            },
            tid: tenant.clone(),
            sid,
            cnf: None,
            hld: None,
            roles: roles.to_vec(),
        }
    }

    /// Verifies a token. Algorithm, type, issuer and audience are pinned; key hints in the header
    /// (`jku`, `jwk`, `x5u`, `x5c`) make it invalid (RFC 8725, section 3).
    ///
    /// # Errors
    /// See [`TokenError`].
    pub async fn verify(&self, meter: &Meter, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
        let mut digest = [0; SHA256_OUTPUT_LEN];
        digest.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
        let checked = || self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        let before = checked().get(&digest).cloned();
        let claims = match before {
            Some((kid, claims)) => {
                self.known(meter, &kid).await?;
                claims
            }
            None => {
                let (kid, claims) = self.check(meter, token).await?;
                let mut checked = checked();
                if checked.len() >= CHECKED {
                    checked.clear();
                }
                checked.insert(digest, (kid, claims.clone()));
                claims
            }
        };
        let seconds = now.as_second();
        if claims.exp <= seconds || claims.iat > seconds + 5 || claims.exp - claims.iat > LIFETIME {
            return Err(TokenError::Expired);
        }
        Ok(claims)
    }

    async fn known(&self, meter: &Meter, kid: &str) -> Result<Arc<PublicKey>, TokenError> {
        let key = self.named(meter, kid).await;
        key.map_err(|e| TokenError::Unavailable(e.0))?
            .ok_or(TokenError::Invalid)
    }

    /// What a token says and the key that has signed it, without a look at the time.
    async fn check(&self, meter: &Meter, token: &str) -> Result<(String, Claims), TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        let typed = header
            .typ
            .as_deref()
            .is_some_and(|t| t.eq_ignore_ascii_case(TYPE));
        let hinted =
            header.jku.is_some() || header.jwk.is_some() || header.x5u.is_some() || header.x5c.is_some();
        if header.alg != Algorithm::ES256 || !typed || hinted {
            return Err(TokenError::Invalid);
        }
        let kid = header.kid.ok_or(TokenError::Invalid)?;
        let key = self.known(meter, &kid).await?;
        let mut validation = Validation::new(Algorithm::ES256);
        // Time is a parameter here, so the library's own look at the clock is off and ours is below.
        validation.validate_exp = false;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let claims = jsonwebtoken::decode::<Claims>(token, &key.decoding, &validation)
            .map_err(|_| TokenError::Invalid)?
            .claims;
        Ok((kid, claims))
    }
}

/// `r ‖ s` of 32 bytes each (RFC 7518, section 3.4) from DER `SEQUENCE { INTEGER r, INTEGER s }`.
fn raw_signature(der: &[u8]) -> Option<[u8; 64]> {
    fn integer(input: &[u8]) -> Option<(&[u8], &[u8])> {
        let (&tag, rest) = input.split_first()?;
        let (&len, rest) = rest.split_first()?;
        (tag == 2 && len < 0x80)
            .then(|| rest.split_at_checked(usize::from(len)))
            .flatten()
    }
    let (&tag, rest) = der.split_first()?;
    let (&len, body) = rest.split_first()?;
    if tag != 0x30 || usize::from(len) != body.len() {
        return None;
    }
    let (r, rest) = integer(body)?;
    let (s, rest) = integer(rest)?;
    if !rest.is_empty() {
        return None;
    }
    let mut out = [0u8; 64];
    for (part, half) in [r, s].into_iter().zip(out.chunks_exact_mut(32)) {
        let digits = part
            .iter()
            .position(|b| *b != 0)
            .and_then(|at| part.get(at..))
            .unwrap_or_default();
        let at = 32usize.checked_sub(digits.len())?;
        half.get_mut(at..)?.copy_from_slice(digits);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn der_to_raw() {
        let mut der = vec![0x30, 0x26, 2, 0x21, 0];
        der.extend([0xff; 32]);
        der.extend([2, 1, 7]);
        let raw = raw_signature(&der).unwrap();
        assert_eq!((&raw[..32], raw[32], raw[63]), (&[0xff; 32][..], 0, 7));
        for cut in 0..der.len() {
            assert!(raw_signature(&der[..cut]).is_none());
        }
    }
}
