//! Passwords: argon2id over a peppered password, and the policy of a tenant.

use crate::text::SecretText;
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use aws_lc_rs::hmac;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// The floor (OWASP Password Storage; RFC 9106, section 4): 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// What is verified where there is no hash: random salt and random output, so nobody knows a password of it. A constant, because one
/// that is hashed while a process starts makes it start 40 ms later, and one that is hashed at the first unknown name tells that name.
/// A test holds it to the parameters above, as it must take as long as a real one.
const DECOY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$9JCsRjJ8oBH9f/bN3newnA$B3pW2HIQ9QBcAUYjLzvPFDXxiEs4cPOqjFD/yNYpaz0";

/// What a tenant demands of passwords and sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Fewest characters.
    pub min_length: usize,
    /// Consecutive failures before the lock.
    pub max_attempts: i64,
    /// Seconds of the lock.
    pub lock_seconds: i64,
    /// Seconds without a call after which a session ends.
    pub idle_seconds: i64,
    /// Seconds after which a session ends in any case.
    pub absolute_seconds: i64,
}

impl Default for Policy {
    /// `pci-single-factor`: PCI DSS 4.0.1, 8.2.8, 8.3.4 and 8.3.6 with the stricter length of ASVS 5.0.
    fn default() -> Self {
        Self {
            min_length: 15,
            max_attempts: 10,
            lock_seconds: 30 * 60,
            idle_seconds: 15 * 60,
            absolute_seconds: 12 * 3600,
        }
    }
}

/// Checks a new password against a policy and the person's own words.
///
/// # Errors
/// A reason for people.
pub fn check_policy(policy: &Policy, password: &SecretText, own_words: &[&str]) -> Result<(), String> {
    let password = password.nfc();
    let text = password.expose();
    let length = text.chars().count();
    if length < policy.min_length {
        return Err(format!("must have at least {} characters", policy.min_length));
    }
    if length > 128 {
        return Err("must have at most 128 characters".into());
    }
    if !text.chars().any(char::is_alphabetic) || !text.chars().any(char::is_numeric) {
        return Err("must have letters and digits".into());
    }
    let lower = text.to_lowercase();
    let words = own_words
        .iter()
        .flat_map(|w| w.split(|c: char| !c.is_alphanumeric()));
    if words
        .map(str::to_lowercase)
        .any(|w| w.chars().count() >= 4 && lower.contains(&w))
    {
        return Err("must not contain the name, the e-mail address or the tenant's name".into());
    }
    let distinct = text.chars().collect::<std::collections::BTreeSet<_>>().len();
    if distinct < 6 {
        return Err("must have at least 6 different characters".into());
    }
    // The most used passwords and their variations are in its dictionaries.
    if zxcvbn::zxcvbn(text, own_words).score() < zxcvbn::Score::Three {
        return Err("is too easy to guess".into());
    }
    Ok(())
}

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
    peppers: BTreeMap<u32, Zeroizing<Vec<u8>>>,
}

#[derive(Deserialize)]
struct PepperSecret {
    current: u32,
    #[serde(default)]
    versions: BTreeMap<String, String>,
    /// Versions beside `current`: the one form that CloudFormation can generate.
    #[serde(flatten)]
    generated: BTreeMap<String, String>,
}

fn argon2() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|e| PasswordError(e.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

impl Passwords {
    /// Reads the secret `{"current": n, "versions": {"n": base64}}`, or `{"current": n, "n": base64}` as
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
            peppers,
        })
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
        let salt = crate::random::bytes::<16>();
        let phc = argon2()?
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
        let matches = argon2()?.verify_password(tag.as_ref(), &parsed).is_ok();
        Ok(matches && hashed.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords() -> Passwords {
        let pepper = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
        Passwords::from_secret(&SecretText::new(format!(
            r#"{{"current":2,"versions":{{"1":"{pepper}","2":"{pepper}"}}}}"#
        )))
        .unwrap()
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

    #[test]
    fn policy_names_its_reason() {
        let policy = Policy::default();
        let check = |t: &str| {
            check_policy(
                &policy,
                &SecretText::new(t.into()),
                &["Ada Lovelace", "ada@example.com"],
            )
        };
        assert!(check("short1").unwrap_err().contains("15 characters"));
        assert!(check("onlylettersonlyletters").unwrap_err().contains("digits"));
        assert!(check("my-lovelace-password-1").unwrap_err().contains("name"));
        assert!(check("a1a1a1a1a1a1a1a1a1").unwrap_err().contains("different"));
        assert!(check(&"aB3$efgh".repeat(17)).unwrap_err().contains("at most 128"));
        assert!(check("password123456789").unwrap_err().contains("easy to guess"));
        assert!(check("plenty of entropy 42").is_ok());
    }
}
