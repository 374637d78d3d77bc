//! Passwords: argon2id over a peppered password.

use super::argon::{Argon2id, LANES, MEMORY_KIB, PASSES};
use crate::kernel::text::SecretText;
use argon2::{
    Algorithm, Params,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use aws_lc_rs::hmac;
use serde::Deserialize;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// What is verified where there is no hash: random salt and random output, so nobody knows a password of it. A constant, because one
/// that is hashed while a process starts makes it start 40 ms later, and one that is hashed at the first unknown name tells that name.
/// A test holds it to the parameters of a new hash, as it must take as long as a real one.
const DECOY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$9JCsRjJ8oBH9f/bN3newnA$B3pW2HIQ9QBcAUYjLzvPFDXxiEs4cPOqjFD/yNYpaz0";

/// Hashing failed, which is never the caller's fault.
#[derive(Debug)]
pub struct PasswordError(pub String);

/// A password hash and the pepper's version under it.
pub struct Hashed {
    /// PHC string.
    pub phc: String,
    /// Version of the pepper.
    pub pepper: u32,
}

/// Hashes and verifies with the peppers from Secrets Manager.
pub struct Passwords {
    current: u32,
    retired: u32,
    peppers: BTreeMap<u32, Zeroizing<Vec<u8>>>,
}

#[derive(Deserialize)]
struct PepperSecret {
    current: u32,
    /// Versions below this one verify only, and their use raises an alert.
    #[serde(default)]
    retired: u32,
    /// When each version was made and retired, for the operator.
    #[serde(default, rename = "times")]
    _times: serde::de::IgnoredAny,
    #[serde(default)]
    versions: BTreeMap<String, String>,
    /// Versions beside `current`: the one form that CloudFormation can generate.
    #[serde(flatten)]
    generated: BTreeMap<String, String>,
}

impl Passwords {
    /// Reads the secret `{"current": n, "retired": m, "versions": {"n": base64}}`, or `{"current": n, "n": base64}` as
    /// CloudFormation generates it.
    ///
    /// # Errors
    /// When the secret is malformed; the text holds nothing of it.
    pub fn from_secret(json: &SecretText) -> Result<Self, PasswordError> {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let malformed = || PasswordError("the pepper secret is malformed".into());
        let secret: PepperSecret = serde_json::from_str(json.expose()).map_err(|_| malformed())?;
        let mut peppers = BTreeMap::new();
        for (version, text) in secret.versions.into_iter().chain(secret.generated) {
            let version = version.parse().map_err(|_| malformed())?;
            let bytes = Zeroizing::new(STANDARD.decode(text).map_err(|_| malformed())?);
            if bytes.len() < 32 {
                return Err(malformed());
            }
            peppers.insert(version, bytes);
        }
        if !peppers.contains_key(&secret.current) {
            return Err(malformed());
        }
        Ok(Self {
            current: secret.current,
            retired: secret.retired,
            peppers,
        })
    }

    /// Whether there is such a pepper.
    #[must_use]
    pub fn knows(&self, pepper: u32) -> bool {
        self.peppers.contains_key(&pepper)
    }

    /// Whether a pepper is kept for verifying only, until it is destroyed.
    #[must_use]
    pub fn is_retired(&self, pepper: u32) -> bool {
        pepper < self.retired
    }

    fn peppered(&self, version: u32, password: &SecretText) -> Result<hmac::Tag, PasswordError> {
        let pepper = self
            .peppers
            .get(&version)
            .ok_or_else(|| PasswordError("no such pepper version".into()))?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, pepper);
        Ok(hmac::sign(&key, password.nfc().expose().as_bytes()))
    }

    /// Hashes a password under the current pepper. Takes about 30 ms of a core.
    ///
    /// # Errors
    /// When argon2 refuses.
    pub fn hash(&self, password: &SecretText) -> Result<Hashed, PasswordError> {
        let tag = self.peppered(self.current, password)?;
        let salt = crate::kernel::random::bytes::<16>();
        let phc = Argon2id
            .hash_password_with_salt(tag.as_ref(), &salt)
            .map_err(|e| PasswordError(e.to_string()))?
            .to_string();
        Ok(Hashed {
            phc,
            pepper: self.current,
        })
    }

    /// Verifies a password. Without a hash a decoy is verified, which takes as long and never succeeds.
    ///
    /// # Errors
    /// When the hash is malformed or its pepper is gone.
    pub fn verify(&self, hashed: Option<(&str, u32)>, password: &SecretText) -> Result<bool, PasswordError> {
        let (phc, version) = hashed.unwrap_or((DECOY, self.current));
        let tag = self.peppered(version, password)?;
        let parsed = PasswordHash::new(phc).map_err(|e| PasswordError(e.to_string()))?;
        let matches = Argon2id.verify_password(tag.as_ref(), &parsed).is_ok();
        Ok(matches && hashed.is_some())
    }

    /// Whether a hash is to be made anew at the next sign-in: under an earlier pepper, or with weaker parameters.
    #[must_use]
    pub fn is_outdated(&self, phc: &str, pepper: u32) -> bool {
        let name = Algorithm::Argon2id.ident();
        let kept = PasswordHash::new(phc).ok().and_then(|hash| {
            let params = Params::try_from(&hash).ok()?;
            let (m, t, p) = (params.m_cost(), params.t_cost(), params.p_cost());
            Some(hash.algorithm == name && m >= MEMORY_KIB && t >= PASSES && p >= LANES)
        });
        pepper != self.current || kept != Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::{Argon2, Version};

    fn passwords() -> Passwords {
        let pepper = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
        Passwords::from_secret(&SecretText::new(format!(
            r#"{{"current":2,"versions":{{"1":"{pepper}","2":"{pepper}"}}}}"#
        )))
        .unwrap()
    }

    #[test]
    fn the_vector_of_rfc_9106_section_5_3() {
        let params = argon2::ParamsBuilder::new()
            .m_cost(32)
            .t_cost(3)
            .p_cost(4)
            .data(argon2::AssociatedData::new(&[4; 12]).unwrap())
            .build()
            .unwrap();
        let argon2 = Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
        let mut tag = [0; 32];
        argon2.hash_password_into(&[1; 32], &[2; 16], &mut tag).unwrap();
        let expected = "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659";
        assert_eq!(hex::encode(tag), expected);
    }

    #[test]
    fn hashes_verify_and_decoys_never_do() {
        let p = passwords();
        let password = SecretText::new("correct horse battery 1".into());
        let hashed = p.hash(&password).unwrap();
        assert!(hashed.phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(p.verify(Some((&hashed.phc, hashed.pepper)), &password).unwrap());
        assert!(
            !p.verify(
                Some((&hashed.phc, hashed.pepper)),
                &SecretText::new("wrong".into())
            )
            .unwrap()
        );
        assert!(!p.verify(None, &password).unwrap());
        assert!(p.verify(Some((&hashed.phc, 9)), &password).is_err());
    }

    #[test]
    fn the_decoy_costs_what_a_hash_costs() {
        let password = SecretText::new("correct horse battery 1".into());
        let fresh = passwords().hash(&password).unwrap().phc;
        let (fresh, decoy) = (
            PasswordHash::new(&fresh).unwrap(),
            PasswordHash::new(DECOY).unwrap(),
        );
        assert_eq!(decoy.algorithm, fresh.algorithm);
        assert_eq!(decoy.version, fresh.version);
        assert_eq!(decoy.params.to_string(), fresh.params.to_string());
        let lengths = |p: &PasswordHash| (p.salt.map(|s| s.len()), p.hash.map(|h| h.len()));
        assert_eq!(lengths(&decoy), lengths(&fresh));
        assert_eq!(lengths(&decoy), (Some(16), Some(32)));
    }

    #[test]
    fn weaker_parameters_and_earlier_peppers_are_outdated() {
        let p = passwords();
        let kept = p
            .hash(&SecretText::new("correct horse battery 1".into()))
            .unwrap();
        assert!(!p.is_outdated(&kept.phc, 2));
        assert!(p.is_outdated(&kept.phc, 1), "an earlier pepper");
        assert!(p.is_outdated(&kept.phc.replace("m=19456", "m=9728"), 2));
        assert!(p.is_outdated(&kept.phc.replace("argon2id", "argon2i"), 2));
        assert!(
            !p.is_outdated(&kept.phc.replace("t=2", "t=3"), 2),
            "stronger ones stay"
        );
        assert!(p.is_outdated("garbage", 2));
    }

    #[test]
    fn a_generated_secret_is_read_too() {
        let generated = "Zm9vYmFyQUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9w";
        let read = |json: String| Passwords::from_secret(&SecretText::new(json)).map(|p| p.current);
        assert_eq!(read(format!(r#"{{"current":1,"1":"{generated}"}}"#)).unwrap(), 1);
        for bad in [
            r#"{"current":1,"2":"x"}"#.to_owned(),
            format!(r#"{{"current":2,"1":"{generated}"}}"#),
        ] {
            assert!(read(bad).is_err());
        }
    }
}
