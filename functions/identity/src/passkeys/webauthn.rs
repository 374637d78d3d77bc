//! Web Authentication (W3C Recommendation, level 2) on the side of the relying party: what section 7.1 asks of a new
//! credential and section 7.2 of an assertion. No I/O, and every primitive is aws-lc-rs's.

use super::cose::PublicKey;
pub use super::refusal::Refusal;
use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ciborium::Value;
use serde::Deserialize;

/// A user was present (level 2, section 6.1).
const PRESENT: u8 = 1;
/// A user was verified: PIN, finger, face.
const VERIFIED: u8 = 1 << 2;
/// The credential can be backed up (level 3, section 6.1).
const ELIGIBLE: u8 = 1 << 3;
/// The credential is backed up.
const BACKED_UP: u8 = 1 << 4;
/// Attested credential data follow.
const ATTESTED: u8 = 1 << 6;
/// Extensions follow.
const EXTENSIONS: u8 = 1 << 7;

/// Most bytes of a credential's id (level 2, section 5.1).
const LONGEST_ID: usize = 1023;
/// Deepest nesting of what an authenticator says.
const DEPTH: usize = 8;

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct RelyingParty<'a> {
    /// The domain.
    pub id: &'a str,
    /// Where clients are: `https://domain`, with a port where there is one.
    pub origin: &'a str,
}

impl<'a> RelyingParty<'a> {
    /// The platform at this address.
    #[must_use]
    pub fn at(origin: &'a str) -> Self {
        let host = origin.strip_prefix("https://").unwrap_or(origin);
        let end = host.find([':', '/']).unwrap_or(host.len());
        Self {
            id: host.get(..end).unwrap_or(host),
            origin,
        }
    }
}

/// A new credential.
#[derive(Debug)]
pub struct Credential {
    /// Its id.
    pub id: Vec<u8>,
    /// Its public key, as the authenticator encoded it.
    pub key: Vec<u8>,
    /// How often it has signed, as far as it counts.
    pub counter: u32,
}

/// What the client collected (level 2, section 5.8.1).
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
    #[serde(default, rename = "tokenBinding")]
    token_binding: Option<TokenBinding>,
}

#[derive(Deserialize)]
struct TokenBinding {
    status: String,
}

/// The SHA-256 of the challenge that client data answer. Nothing else of them has been checked.
#[must_use]
pub fn asked(json: &[u8]) -> Option<[u8; 32]> {
    let data: ClientData = serde_json::from_slice(json).ok()?;
    URL_SAFE_NO_PAD
        .decode(&data.challenge)
        .ok()
        .map(|given| hash(&given))
}

/// Checks what the client collected, and gives its hash. `challenge` is the SHA-256 of the one that was asked.
fn client_data(
    party: RelyingParty<'_>,
    kind: &str,
    challenge: &[u8],
    json: &[u8],
) -> Result<[u8; 32], Refusal> {
    let data: ClientData = serde_json::from_slice(json).map_err(|_| Refusal::ClientData)?;
    if data.kind != kind {
        return Err(Refusal::Type);
    }
    let given = URL_SAFE_NO_PAD
        .decode(&data.challenge)
        .map_err(|_| Refusal::Challenge)?;
    verify_slices_are_equal(&hash(&given), challenge).map_err(|_| Refusal::Challenge)?;
    if data.origin != party.origin || data.cross_origin {
        return Err(Refusal::Origin);
    }
    // No connection of the platform negotiates token binding, so a client that used it had another one.
    if data.token_binding.is_some_and(|b| b.status == "present") {
        return Err(Refusal::ClientData);
    }
    Ok(hash(json))
}

/// SHA-256.
#[must_use]
pub fn hash(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}

/// The next value, and what stands after it.
fn cbor(mut bytes: &[u8]) -> Option<(Value, &[u8])> {
    let value = ciborium::de::from_reader_with_recursion_limit(&mut bytes, DEPTH).ok()?;
    Some((value, bytes))
}

/// What an authenticator says (level 2, section 6.1).
struct AuthenticatorData<'a> {
    flags: u8,
    counter: u32,
    attested: Option<Attested<'a>>,
}

struct Attested<'a> {
    id: &'a [u8],
    key: &'a [u8],
}

fn authenticator_data<'a>(
    party: RelyingParty<'_>,
    bytes: &'a [u8],
) -> Result<AuthenticatorData<'a>, Refusal> {
    let bad = Refusal::AuthenticatorData;
    let (party_hash, rest) = bytes.split_at_checked(32).ok_or(bad)?;
    let (head, mut rest) = rest.split_first_chunk::<5>().ok_or(bad)?;
    let [flags, counter @ ..] = *head;
    if party_hash != hash(party.id.as_bytes()) {
        return Err(Refusal::RelyingParty);
    }
    let mut attested = None;
    if flags & ATTESTED != 0 {
        let (_aaguid, after) = rest.split_at_checked(16).ok_or(bad)?;
        let (length, after) = after.split_first_chunk::<2>().ok_or(bad)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (id, after) = after.split_at_checked(length).ok_or(bad)?;
        let (_, left) = cbor(after).ok_or(bad)?;
        let key = after.get(..after.len() - left.len()).ok_or(bad)?;
        attested = Some(Attested { id, key });
        rest = left;
    }
    if flags & EXTENSIONS != 0 {
        let (extensions, left) = cbor(rest).ok_or(bad)?;
        if !extensions.is_map() {
            return Err(bad);
        }
        rest = left;
    }
    // A credential that cannot be backed up is not (level 3, section 6.1.3).
    let impossible = flags & BACKED_UP != 0 && flags & ELIGIBLE == 0;
    if !rest.is_empty() || impossible {
        return Err(bad);
    }
    Ok(AuthenticatorData {
        flags,
        counter: u32::from_be_bytes(counter),
        attested,
    })
}

impl AuthenticatorData<'_> {
    fn somebody(&self) -> Result<(), Refusal> {
        if self.flags & PRESENT == 0 {
            return Err(Refusal::NotPresent);
        }
        if self.flags & VERIFIED == 0 {
            return Err(Refusal::NotVerified);
        }
        Ok(())
    }
}

/// The key of a credential as it is kept.
///
/// # Errors
/// [`Refusal::Key`].
pub fn key(cose: &[u8]) -> Result<PublicKey, Refusal> {
    match cbor(cose) {
        Some((value, [])) => PublicKey::parse(&value),
        _ => Err(Refusal::Key),
    }
}

/// Checks a new credential (level 2, section 7.1, steps 5 to 19). `challenge` is the SHA-256 of the one that was asked.
///
/// # Errors
/// The first reason against it; everything else has been checked before [`Refusal::NotVerified`].
pub fn register(
    party: RelyingParty<'_>,
    challenge: &[u8],
    client: &[u8],
    attestation: &[u8],
) -> Result<Credential, Refusal> {
    let client_hash = client_data(party, "webauthn.create", challenge, client)?;
    let Some((Value::Map(members), [])) = cbor(attestation) else {
        return Err(Refusal::Attestation);
    };
    let member = |wanted: &str| {
        let mut found = members.iter().filter(|(name, _)| name.as_text() == Some(wanted));
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Ok(value),
            _ => Err(Refusal::Attestation),
        }
    };
    let format = member("fmt")?.as_text().ok_or(Refusal::Attestation)?;
    let statement = member("attStmt")?.as_map().ok_or(Refusal::Attestation)?;
    let bytes = member("authData")?
        .as_bytes()
        .ok_or(Refusal::Attestation)?
        .as_slice();
    let data = authenticator_data(party, bytes)?;
    let attested = data.attested.as_ref().ok_or(Refusal::AuthenticatorData)?;
    if attested.id.is_empty() || attested.id.len() > LONGEST_ID {
        return Err(Refusal::AuthenticatorData);
    }
    let public = key(attested.key)?;
    attest(format, statement, &public, &[bytes, &client_hash].concat())?;
    data.somebody()?;
    Ok(Credential {
        id: attested.id.to_vec(),
        key: attested.key.to_vec(),
        counter: data.counter,
    })
}

/// No attestation is asked for, and clients then hand on none, or the one by the credential's own key (level 2, sections
/// 5.4.7, 8.2 and 8.7).
fn attest(format: &str, statement: &[(Value, Value)], key: &PublicKey, signed: &[u8]) -> Result<(), Refusal> {
    match (format, statement) {
        ("none", []) => Ok(()),
        ("packed", [(a, x), (b, y)]) => {
            let (alg, sig) = match (a.as_text(), b.as_text()) {
                (Some("alg"), Some("sig")) => (x, y),
                (Some("sig"), Some("alg")) => (y, x),
                _ => return Err(Refusal::Attestation),
            };
            let same = alg
                .as_integer()
                .is_some_and(|alg| i64::try_from(alg) == Ok(key.algorithm()));
            let sig = sig.as_bytes().filter(|_| same).ok_or(Refusal::Attestation)?;
            key.verify(signed, sig).map_err(|_| Refusal::Attestation)
        }
        _ => Err(Refusal::Attestation),
    }
}

/// An assertion, as the client hands it on.
#[derive(Clone, Copy, Debug)]
pub struct Assertion<'a> {
    /// What the client collected.
    pub client: &'a [u8],
    /// What the authenticator says.
    pub authenticator: &'a [u8],
    /// Its signature over both.
    pub signature: &'a [u8],
}

/// Checks an assertion (level 2, section 7.2, steps 9 to 20) and gives its counter. `challenge` is the SHA-256 of the one
/// that was asked, `cose` the key that was registered.
///
/// # Errors
/// The first reason against it; everything else has been checked before [`Refusal::NotVerified`].
pub fn assert(
    party: RelyingParty<'_>,
    challenge: &[u8],
    cose: &[u8],
    assertion: Assertion<'_>,
) -> Result<u32, Refusal> {
    let client_hash = client_data(party, "webauthn.get", challenge, assertion.client)?;
    let data = authenticator_data(party, assertion.authenticator)?;
    let signed = [assertion.authenticator, &client_hash].concat();
    key(cose)?.verify(&signed, assertion.signature)?;
    data.somebody()?;
    Ok(data.counter)
}

/// Whether a counter shows that somebody else has the credential, too (level 2, section 6.1.1). Many authenticators do not
/// count, and always say zero.
#[must_use]
pub const fn is_cloned(kept: u32, given: u32) -> bool {
    (kept != 0 || given != 0) && given <= kept
}

#[cfg(test)]
mod tests;
