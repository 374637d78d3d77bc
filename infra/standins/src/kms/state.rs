//! Keys, their material and their aliases, as they are kept.

use crate::disk::SecretBytes;
use crate::wire::{self, Failure};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const ABOUT: &str = "Keys of a development stand-in of AWS KMS. Never use them for anything real.";
const FORMAT: u32 = 1;
const DAY: i64 = 86_400_000;

/// What a key is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeySpec {
    /// AES-256-GCM, to encrypt and decrypt.
    #[serde(rename = "SYMMETRIC_DEFAULT")]
    SymmetricDefault,
    /// ECDSA on P-256, to sign and verify.
    #[serde(rename = "ECC_NIST_P256")]
    EccNistP256,
    /// HMAC-SHA-256, to make and verify codes.
    #[serde(rename = "HMAC_256")]
    Hmac256,
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Usage {
    EncryptDecrypt,
    SignVerify,
    GenerateVerifyMac,
}

impl Usage {
    /// Its name on the wire.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::EncryptDecrypt => "ENCRYPT_DECRYPT",
            Self::SignVerify => "SIGN_VERIFY",
            Self::GenerateVerifyMac => "GENERATE_VERIFY_MAC",
        }
    }
}

impl KeySpec {
    /// All there are.
    pub(super) const ALL: [Self; 3] = [Self::SymmetricDefault, Self::EccNistP256, Self::Hmac256];

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::SymmetricDefault => "SYMMETRIC_DEFAULT",
            Self::EccNistP256 => "ECC_NIST_P256",
            Self::Hmac256 => "HMAC_256",
        }
    }

    /// The only thing such a key is for.
    pub(super) fn usage(self) -> Usage {
        match self {
            Self::SymmetricDefault => Usage::EncryptDecrypt,
            Self::EccNistP256 => Usage::SignVerify,
            Self::Hmac256 => Usage::GenerateVerifyMac,
        }
    }

    /// The member of the key's description that lists its algorithms, and its only algorithm.
    pub(super) fn algorithm(self) -> (&'static str, &'static str) {
        match self {
            Self::SymmetricDefault => ("EncryptionAlgorithms", "SYMMETRIC_DEFAULT"),
            Self::EccNistP256 => ("SigningAlgorithms", "ECDSA_SHA_256"),
            Self::Hmac256 => ("MacAlgorithms", "HMAC_SHA_256"),
        }
    }
}

/// Why there is a new version of the material.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Cause {
    #[serde(rename = "AUTOMATIC")]
    Automatic,
    #[serde(rename = "ON_DEMAND")]
    OnDemand,
}

/// One version of a key's material.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Material {
    /// 64 hex digits that say nothing about the bytes.
    pub(super) id: String,
    /// When it was made, in unix milliseconds.
    pub(super) created: i64,
    /// The rotation that made it; none for the first.
    pub(super) cause: Option<Cause>,
    /// 32 bytes, or a private key in PKCS#8.
    pub(super) bytes: SecretBytes,
}

impl Material {
    fn create(spec: KeySpec, cause: Option<Cause>, now: i64) -> Result<Self, Failure> {
        let bytes = match spec {
            KeySpec::SymmetricDefault | KeySpec::Hmac256 => {
                SecretBytes::new(std::mem::take(&mut *wire::random(32)?))
            }
            KeySpec::EccNistP256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)?;
                SecretBytes::new(pair.to_pkcs8v1()?.as_ref().to_vec())
            }
        };
        Ok(Self {
            id: wire::random_hex(32)?,
            created: now,
            cause,
            bytes,
        })
    }
}

/// Whether a key may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum KeyState {
    Enabled,
    Disabled,
    PendingDeletion { at: i64, window_days: i64 },
}

/// Automatic rotation.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Schedule {
    pub(super) period_days: i64,
    pub(super) next: i64,
}

/// A key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Key {
    pub(super) id: String,
    pub(super) spec: KeySpec,
    pub(super) description: String,
    pub(super) created: i64,
    pub(super) state: KeyState,
    pub(super) multi_region: bool,
    pub(super) schedule: Option<Schedule>,
    /// The region of the key that this one is a replica of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) primary: Option<String>,
    /// The regions of its replicas.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) replicas: Vec<String>,
    /// Oldest first; the place in the list, from one, is the version in a ciphertext.
    pub(super) materials: Vec<Material>,
}

impl Key {
    /// A new key, not yet in any state.
    pub(super) fn create(
        spec: KeySpec,
        multi_region: bool,
        description: String,
        now: i64,
    ) -> Result<Self, Failure> {
        let id = if multi_region {
            format!("mrk-{}", wire::random_hex(16)?)
        } else {
            wire::uuid()?
        };
        Ok(Self {
            id,
            spec,
            description,
            created: now,
            state: KeyState::Enabled,
            multi_region,
            schedule: None,
            primary: None,
            replicas: Vec::new(),
            materials: vec![Material::create(spec, None, now)?],
        })
    }

    /// The newest material and its version.
    pub(super) fn current(&self) -> Result<(u32, &Material), Failure> {
        let version =
            u32::try_from(self.materials.len()).map_err(|_| Failure::internal("too many versions"))?;
        self.materials
            .last()
            .map(|material| (version, material))
            .ok_or_else(|| Failure::internal("a key without material"))
    }

    /// The material of one version.
    pub(super) fn version(&self, version: u32) -> Option<&Material> {
        self.materials.get(usize::try_from(version.checked_sub(1)?).ok()?)
    }

    /// Adds a new version; the old ones keep decrypting.
    pub(super) fn rotate(&mut self, cause: Cause, now: i64) -> Result<(), Failure> {
        self.materials
            .push(Material::create(self.spec, Some(cause), now)?);
        Ok(())
    }

    /// Whether its end has come, or the end of the period of an automatic rotation.
    fn is_due(&self, now: i64) -> bool {
        match self.state {
            KeyState::Enabled => self.schedule.is_some_and(|schedule| schedule.next <= now),
            KeyState::Disabled => false,
            KeyState::PendingDeletion { at, .. } => at <= now,
        }
    }

    fn check(&self, id: &str) -> Result<(), String> {
        let fault = |what: &str| Err(format!("key {id}: {what}"));
        if self.id != id || !is_key_id(id) || self.multi_region != id.starts_with("mrk-") {
            return fault("wrong id");
        }
        if self.materials.is_empty() || (self.spec != KeySpec::SymmetricDefault && self.materials.len() != 1)
        {
            return fault("wrong number of versions");
        }
        let sound = self.materials.iter().all(|material| match self.spec {
            KeySpec::SymmetricDefault | KeySpec::Hmac256 => material.bytes.expose().len() == 32,
            KeySpec::EccNistP256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, material.bytes.expose()).is_ok()
            }
        });
        if sound { Ok(()) } else { fault("wrong material") }
    }
}

/// An alias.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Alias {
    pub(super) key: String,
    pub(super) created: i64,
}

/// Everything.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct State {
    about: String,
    format: u32,
    pub(super) keys: BTreeMap<String, Key>,
    pub(super) aliases: BTreeMap<String, Alias>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            about: ABOUT.to_owned(),
            format: FORMAT,
            keys: BTreeMap::new(),
            aliases: BTreeMap::new(),
        }
    }
}

impl State {
    /// What is wrong with a state that was read.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.format != FORMAT {
            return Err(format!("format {} is not known", self.format));
        }
        self.keys.iter().try_for_each(|(id, key)| key.check(id))?;
        match self
            .aliases
            .iter()
            .find(|(_, alias)| !self.keys.contains_key(&alias.key))
        {
            Some((name, _)) => Err(format!("{name} names a key that is not there")),
            None => Ok(()),
        }
    }

    /// Names a key.
    pub(super) fn add_alias(&mut self, name: &str, key: &str, now: i64) {
        self.aliases.insert(
            name.to_owned(),
            Alias {
                key: key.to_owned(),
                created: now,
            },
        );
    }

    /// Whether [`State::settle`] has something to do.
    pub(super) fn is_due(&self, now: i64) -> bool {
        self.keys.values().any(|key| key.is_due(now))
    }

    /// Deletes the keys whose waiting is over, with their aliases, and rotates those whose period is.
    pub(super) fn settle(&mut self, now: i64) -> Result<(), Failure> {
        self.keys
            .retain(|_, key| !matches!(key.state, KeyState::PendingDeletion { at, .. } if at <= now));
        self.aliases.retain(|_, alias| self.keys.contains_key(&alias.key));
        for key in self.keys.values_mut().filter(|key| key.is_due(now)) {
            key.rotate(Cause::Automatic, now)?;
            if let Some(schedule) = &mut key.schedule {
                schedule.next = now.saturating_add(days(schedule.period_days));
            }
        }
        Ok(())
    }
}

/// Days in milliseconds.
pub(super) fn days(days: i64) -> i64 {
    days.saturating_mul(DAY)
}

/// Whether a text is formed like the id of a key: a UUID, or `mrk-` and 32 hex digits.
pub(super) fn is_key_id(text: &str) -> bool {
    let hex =
        |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match text.strip_prefix("mrk-") {
        Some(digits) => hex(digits, 32),
        None => {
            let parts: Vec<&str> = text.split('-').collect();
            parts.len() == 5
                && parts
                    .iter()
                    .zip([8, 4, 4, 4, 12])
                    .all(|(part, length)| hex(part, length))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KeySpec, is_key_id};
    use crate::testing::{Dir, now};
    use crate::{Emulator, wire};

    #[test]
    fn ids_have_a_form() {
        assert!(is_key_id(&wire::uuid().unwrap()));
        assert!(is_key_id("mrk-0123456789abcdef0123456789abcdef"));
        for text in [
            "",
            "mrk-",
            "mrk-0123",
            "alias/a",
            "0123456789abcdef0123456789abcdef",
        ] {
            assert!(!is_key_id(text), "{text}");
        }
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let dir = Dir::new();
        drop(
            dir.open()
                .kms
                .ensure_key("alias/a", KeySpec::SymmetricDefault, false)
                .unwrap(),
        );
        let path = dir.path().join("kms.json");
        let sound = std::fs::read_to_string(&path).unwrap();
        assert!(sound.contains("development stand-in"));
        let cut = sound.split_at(sound.len() / 2).0;
        let bytes = sound.lines().find(|line| line.contains("\"bytes\"")).unwrap();
        for damaged in [
            cut,
            "",
            "[]",
            &sound.replace("\"format\": 1", "\"format\": 9"),
            &sound.replace("SYMMETRIC_DEFAULT", "ECC_NIST_P256"),
            &sound.replace(bytes, "\"bytes\": \"AAAA\""),
            &sound.replacen("\"key\": \"", "\"key\": \"0", 1),
        ] {
            assert_ne!(damaged, sound);
            std::fs::write(&path, damaged).unwrap();
            let error = Emulator::open(dir.path(), "r", "a", now).unwrap_err().to_string();
            assert!(error.starts_with(path.to_str().unwrap()), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
        std::fs::write(&path, &sound).unwrap();
        drop(dir.open());
    }
}
