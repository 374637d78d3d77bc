//! DPoP: proofs that a caller holds the key that its token is bound to (RFC 9449).
//!
//! A proof is good for one call, at one address, for a minute, and once: its use is written with what the call changes,
//! or with the call's audit entry where it changes nothing, so that it costs no call of its own.

use crate::{
    kernel::{ids::TenantId, problem::Problem, record::Record, time::Timestamp},
    store::{Item, Table, Write},
};
use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The algorithms of proofs.
pub const ALGORITHMS: [&str; 2] = ["ES256", "EdDSA"];
/// Seconds that a proof is good for.
const LIFE: i64 = 60;
/// Seconds by which a caller's clock may be ahead.
const AHEAD: i64 = 5;
/// Most bytes of a proof's id.
const LONGEST_ID: usize = 128;
/// Members of a key that nobody but its owner may know (RFC 7518, section 6).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The code of every refusal of a proof (RFC 9449, section 12.2).
pub const INVALID: &str = "invalid_dpop_proof";

/// To which key a token is bound (RFC 9449, section 6.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The key's thumbprint (RFC 7638) with SHA-256, in base64url.
    pub jkt: String,
}

/// What a proof is compared with.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The call's method.
    pub method: &'a str,
    /// The call's address without its query.
    pub address: &'a str,
    /// The access token that it comes with; none at the token endpoint.
    pub token: Option<&'a str>,
    /// The time of the call.
    pub now: Timestamp,
}

/// A proof that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The thumbprint of its key.
    pub jkt: String,
    /// Its id.
    id: String,
    issued_at: i64,
}

#[derive(Deserialize)]
struct Header {
    typ: String,
    alg: String,
    jwk: Map<String, Value>,
    #[serde(default)]
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    /// A `NumericDate`, which may have a fraction (RFC 7519, section 2).
    #[serde(deserialize_with = "numeric_date")]
    iat: i64,
    #[serde(default)]
    ath: Option<String>,
}

/// Its second. Beyond what a floating-point number tells exactly it is no date.
fn numeric_date<'de, D: serde::Deserializer<'de>>(d: D) -> Result<i64, D::Error> {
    use serde::de::Error;
    let number = serde_json::Number::deserialize(d)?;
    let exact = |n: f64| (n.is_finite() && n.abs() < 9e15).then(|| n.floor());
    #[allow(clippy::cast_possible_truncation, reason = "within the exact whole numbers")]
    let floored = number.as_f64().and_then(exact).map(|n| n as i64);
    number
        .as_i64()
        .or(floored)
        .ok_or_else(|| D::Error::custom("is no date"))
}

/// A public key: how it verifies, and its thumbprint.
enum Key {
    Es256([u8; 65]),
    EdDsa([u8; 32]),
}

impl Key {
    /// Reads a JWK that says nothing private and is of the algorithm that the header names.
    fn parse(alg: &str, jwk: &Map<String, Value>) -> Option<Self> {
        if PRIVATE.iter().any(|name| jwk.contains_key(*name)) {
            return None;
        }
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let half = |name: &str| <[u8; 32]>::try_from(B64.decode(text(name)?).ok()?).ok();
        match (alg, text("kty")?, text("crv")?) {
            ("ES256", "EC", "P-256") => {
                let mut point = [4; 65];
                point.get_mut(1..33)?.copy_from_slice(&half("x")?);
                point.get_mut(33..)?.copy_from_slice(&half("y")?);
                Some(Self::Es256(point))
            }
            ("EdDSA", "OKP", "Ed25519") => Some(Self::EdDsa(half("x")?)),
            _ => None,
        }
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Es256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                .verify(message, signature)
                .is_ok(),
            Self::EdDsa(point) => UnparsedPublicKey::new(&ED25519, point)
                .verify(message, signature)
                .is_ok(),
        }
    }

    /// SHA-256 over the required members in the order of their names (RFC 7638, section 3.2; RFC 8037, section 2).
    fn thumbprint(&self) -> String {
        let members = match self {
            Self::Es256(point) => {
                let (x, y) = point.get(1..).unwrap_or_default().split_at(32);
                let (x, y) = (B64.encode(x), B64.encode(y));
                format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)
            }
            Self::EdDsa(point) => {
                let x = B64.encode(point);
                format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#)
            }
        };
        B64.encode(digest(&SHA256, members.as_bytes()))
    }
}

/// The refusal of a proof. Why is not told.
#[must_use]
pub fn refused(status: u16) -> Problem {
    let text = "The DPoP proof is missing, used, too old, or not for this call, this token and this key.";
    Problem::new(status, INVALID, text)
}

/// Whether two addresses are the same but for query and fragment (RFC 9449, section 4.3; RFC 3986, section 6.2.2).
fn same(given: &str, expected: &str) -> bool {
    let parsed = |text: &str| {
        let url = url::Url::parse(text).ok()?;
        let plain = url.username().is_empty() && url.password().is_none();
        let port = url.port_or_known_default();
        plain.then(|| {
            (
                url.scheme().to_owned(),
                url.host_str().map(str::to_owned),
                port,
                url.path().to_owned(),
            )
        })
    };
    let given = parsed(given);
    given.is_some() && given == parsed(expected)
}

impl Proof {
    /// Verifies a proof (RFC 9449, section 4.3) but for its single use. None for whatever does not hold.
    #[must_use]
    pub fn verify(text: &str, expected: Expected<'_>) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header: Header = serde_json::from_slice(&B64.decode(header).ok()?).ok()?;
        if !header.typ.eq_ignore_ascii_case("dpop+jwt") || header.crit.is_some() {
            return None;
        }
        let key = Key::parse(&header.alg, &header.jwk)?;
        if !key.verifies(signed.as_bytes(), &B64.decode(signature).ok()?) {
            return None;
        }
        let claims: Claims = serde_json::from_slice(&B64.decode(claims).ok()?).ok()?;
        let now = expected.now.as_second();
        let ath = expected
            .token
            .map(|token| B64.encode(digest(&SHA256, token.as_bytes())));
        let good = (1..=LONGEST_ID).contains(&claims.jti.len())
            && claims.htm == expected.method
            && same(&claims.htu, expected.address)
            && claims.iat > now.saturating_sub(LIFE)
            && claims.iat <= now.saturating_add(AHEAD)
            && (ath.is_none() || claims.ath == ath);
        good.then(|| Self {
            jkt: key.thumbprint(),
            id: claims.jti,
            issued_at: claims.iat,
        })
    }

    /// The write that uses it up: of all calls that come with it, one makes it. `status` is that of the others' refusal.
    ///
    /// # Errors
    /// 500 when it does not encode.
    pub fn spend(&self, tenant: &TenantId, status: u16) -> Result<Write, Problem> {
        Ok(Write::create(tenant, &self.used())?.otherwise(refused(status)))
    }

    /// What is written down of its use.
    pub(super) fn used(&self) -> UsedProof {
        let name = format!("{}.{}", self.jkt, self.id);
        UsedProof {
            id: hex::encode(digest(&SHA256, name.as_bytes())),
            // By then its own age refuses it.
            expires_at: self.issued_at.saturating_add(LIFE + AHEAD),
        }
    }
}

/// A proof that has been used, or a nonce of an envelope.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct UsedProof {
    /// Hex of the SHA-256 of whose it is and its id.
    #[internal]
    pub id: String,
    /// Unix seconds at which it is too old in any case.
    #[public]
    pub expires_at: i64,
}

impl Item for UsedProof {
    const TABLE: Table = Table::Identity;
    const KIND: &'static str = "dpop-proof";
    fn id(&self) -> &str {
        &self.id
    }
    fn expires(&self) -> Option<i64> {
        Some(self.expires_at)
    }
}

#[cfg(test)]
mod tests;
