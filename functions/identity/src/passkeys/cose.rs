//! Public keys of passkeys: COSE keys (RFC 9052, section 7; RFC 9053) of the three algorithms that are asked for.

use super::refusal::Refusal;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use ciborium::Value;

/// ECDSA on P-256 with SHA-256.
pub const ES256: i64 = -7;
/// Ed25519.
pub const EDDSA: i64 = -8;
/// RSASSA-PKCS1-v1_5 with SHA-256.
pub const RS256: i64 = -257;

/// The algorithms that are asked for, the preferred one first.
pub const ALGORITHMS: [i64; 3] = [ES256, EDDSA, RS256];

/// A public key.
#[derive(Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// The uncompressed point.
    Es256([u8; 65]),
    /// The point.
    EdDsa([u8; 32]),
    /// Modulus and exponent, big-endian.
    Rs256(Vec<u8>, Vec<u8>),
}

/// The members of a map whose keys are numbers, each of which stands once.
fn members(value: &Value) -> Option<Vec<(i64, &Value)>> {
    let mut found = Vec::new();
    for (key, value) in value.as_map()? {
        let key = i64::try_from(key.as_integer()?).ok()?;
        if found.iter().any(|(seen, _)| *seen == key) {
            return None;
        }
        found.push((key, value));
    }
    Some(found)
}

impl PublicKey {
    /// Reads a key, and refuses every form of it but the one that its algorithm has in WebAuthn (level 2, section 5.8.5).
    ///
    /// # Errors
    /// [`Refusal::Key`].
    pub fn parse(value: &Value) -> Result<Self, Refusal> {
        let key = Self::read(value).ok_or(Refusal::Key)?;
        let good = match &key {
            Self::Es256(point) => ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).is_ok(),
            Self::EdDsa(point) => ParsedPublicKey::new(&ED25519, point).is_ok(),
            Self::Rs256(n, _) => (256..=1024).contains(&n.len()),
        };
        good.then_some(key).ok_or(Refusal::Key)
    }

    fn read(value: &Value) -> Option<Self> {
        let members = members(value)?;
        let member = |wanted: i64| members.iter().find(|(key, _)| *key == wanted).map(|(_, v)| *v);
        let number = |wanted| i64::try_from(member(wanted)?.as_integer()?).ok();
        let bytes = |wanted| member(wanted)?.as_bytes().map(Vec::as_slice);
        let half = |wanted| <[u8; 32]>::try_from(bytes(wanted)?).ok();
        match (number(1)?, number(3)?) {
            (2, ES256) if number(-1)? == 1 => {
                let mut point = [4; 65];
                point.get_mut(1..33)?.copy_from_slice(&half(-2)?);
                point.get_mut(33..)?.copy_from_slice(&half(-3)?);
                Some(Self::Es256(point))
            }
            (1, EDDSA) if number(-1)? == 6 => Some(Self::EdDsa(half(-2)?)),
            (3, RS256) => Some(Self::Rs256(bytes(-1)?.to_vec(), bytes(-2)?.to_vec())),
            _ => None,
        }
    }

    /// Its algorithm's number (RFC 9053).
    #[must_use]
    pub const fn algorithm(&self) -> i64 {
        match self {
            Self::Es256(_) => ES256,
            Self::EdDsa(_) => EDDSA,
            Self::Rs256(..) => RS256,
        }
    }

    /// Verifies a signature in the form that WebAuthn gives it (level 2, section 6.5.6).
    ///
    /// # Errors
    /// [`Refusal::Signature`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Refusal> {
        let verified = match self {
            Self::Es256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
            }
            Self::EdDsa(point) => UnparsedPublicKey::new(&ED25519, point).verify(message, signature),
            Self::Rs256(n, e) => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
        };
        verified.map_err(|_| Refusal::Signature)
    }
}
