//! A stand-in of AWS KMS: keys with their states and rotations, encryption, signatures and MACs.
//!
//! For development only: the keys lie unprotected in a file, where KMS would hold them in hardware.

mod admin;
mod blob;
mod crypt;
mod replicate;
mod rotate;
mod sign;
mod state;

use super::disk::{Kept, OpenError};
use super::wire::{Answer, Failure, Place, Request};
use super::{Now, wire};
pub use replicate::Elsewhere;
pub use state::KeySpec;
use state::{Key, State, Usage};
use std::path::Path;
use std::sync::{Arc, MutexGuard};

/// The key management service.
#[derive(Debug)]
pub struct Kms {
    place: Arc<Place>,
    now: Now,
    state: Kept<State>,
}

impl Kms {
    /// Opens `kms.json` below `dir`.
    pub(super) fn open(dir: &Path, place: Arc<Place>, now: Now) -> Result<Self, OpenError> {
        Self::open_file(dir.join("kms.json"), place, now)
    }

    fn open_file(path: std::path::PathBuf, place: Arc<Place>, now: Now) -> Result<Self, OpenError> {
        Ok(Self {
            place,
            now,
            state: Kept::open(path, State::check)?,
        })
    }

    /// One call; `None` when there is no such operation.
    pub(super) fn call(&self, operation: &str, request: &Request) -> Option<Answer> {
        Some(match operation {
            "CreateKey" => self.create_key(request),
            "CreateAlias" => self.create_alias(request),
            "ListAliases" => self.list_aliases(request),
            "DescribeKey" => self.describe_key(request),
            "EnableKey" => self.enable_key(request),
            "DisableKey" => self.disable_key(request),
            "ScheduleKeyDeletion" => self.schedule_key_deletion(request),
            "CancelKeyDeletion" => self.cancel_key_deletion(request),
            "RotateKeyOnDemand" => self.rotate_key_on_demand(request),
            "EnableKeyRotation" => self.enable_key_rotation(request),
            "GetKeyRotationStatus" => self.get_key_rotation_status(request),
            "ListKeyRotations" => self.list_key_rotations(request),
            "GenerateDataKey" => self.generate_data_key(request, true),
            "GenerateDataKeyWithoutPlaintext" => self.generate_data_key(request, false),
            "GenerateRandom" => generate_random(request),
            "Encrypt" => self.encrypt(request),
            "Decrypt" => self.decrypt(request),
            "ReEncrypt" => self.re_encrypt(request),
            "GenerateMac" => self.generate_mac(request),
            "VerifyMac" => self.verify_mac(request),
            "Sign" => self.sign(request),
            "Verify" => self.verify(request),
            "GetPublicKey" => self.get_public_key(request),
            _ => return None,
        })
    }

    /// The ARN of the key behind `alias`, for example `alias/ledgerkeep/tenant`; key and alias are created when the
    /// alias does not exist. A key of another kind under that alias is an error.
    pub fn ensure_key(&self, alias: &str, spec: KeySpec, multi_region: bool) -> Result<String, Failure> {
        admin::check_alias(alias)?;
        let existing = |state: &State| -> Result<Option<String>, Failure> {
            let Some(key) = state
                .aliases
                .get(alias)
                .and_then(|target| state.keys.get(&target.key))
            else {
                return Ok(None);
            };
            if key.spec != spec || key.multi_region != multi_region {
                let message = format!("{alias} already is a key of another kind.");
                return Err(Failure::new("AlreadyExistsException", message));
            }
            Ok(Some(self.arn(key)))
        };
        if let Some(arn) = existing(&*self.state()?)? {
            return Ok(arn);
        }
        let now = (self.now)();
        self.state.change(|state| {
            // Another thread may have come first.
            if let Some(arn) = existing(state)? {
                return Ok(arn);
            }
            let key = Key::create(spec, multi_region, String::new(), now)?;
            let arn = self.arn(&key);
            state.add_alias(alias, &key.id, now);
            state.keys.insert(key.id.clone(), key);
            Ok(arn)
        })
    }

    /// The state as of now: what became due since the last call is done first.
    fn state(&self) -> Result<MutexGuard<'_, State>, Failure> {
        let now = (self.now)();
        // In a statement of its own, so that the lock is free again below.
        let due = self.state.hold().is_due(now);
        if due {
            self.state.change(|state| state.settle(now))?;
        }
        Ok(self.state.hold())
    }

    /// Changes a key that is named by its id or ARN: operations that manage keys take no alias.
    fn change_key<R>(
        &self,
        request: &Request,
        change: impl FnOnce(&mut Key, i64) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let given = request.need_text("KeyId")?;
        let now = (self.now)();
        self.state.change(|state| {
            state.settle(now)?;
            let id = self.resolve_managed(state, given)?.id.clone();
            let key = state.keys.get_mut(&id).ok_or_else(|| self.no_such_key(&id))?;
            change(key, now)
        })
    }

    fn arn(&self, key: &Key) -> String {
        self.place.arn("kms", &format!("key/{}", key.id))
    }

    /// The key behind an id, a key's ARN, an alias or an alias's ARN.
    fn resolve<'a>(&self, state: &'a State, given: &str) -> Result<&'a Key, Failure> {
        let name = self.local_name(given)?;
        if !name.starts_with("alias/") {
            return self.resolve_managed(state, given);
        }
        let target = state
            .aliases
            .get(name)
            .and_then(|target| state.keys.get(&target.key));
        target.ok_or_else(|| {
            Failure::new(
                "NotFoundException",
                format!("Alias {} is not found.", self.place.arn("kms", name)),
            )
        })
    }

    /// The key behind an id or a key's ARN.
    fn resolve_managed<'a>(&self, state: &'a State, given: &str) -> Result<&'a Key, Failure> {
        let name = self.local_name(given)?;
        let id = match name.strip_prefix("key/") {
            Some(id) if given.starts_with("arn:") => id,
            _ => name,
        };
        if !state::is_key_id(id) {
            return Err(Failure::new(
                "NotFoundException",
                format!("Invalid keyId {given}"),
            ));
        }
        state.keys.get(id).ok_or_else(|| self.no_such_key(id))
    }

    /// The resource an ARN of this region and account names; anything else is itself.
    fn local_name<'a>(&self, given: &'a str) -> Result<&'a str, Failure> {
        if !given.starts_with("arn:") {
            return Ok(given);
        }
        let prefix = self.place.arn("kms", "");
        given.strip_prefix(&prefix).ok_or_else(|| {
            let region = given.split(':').nth(3).unwrap_or_default();
            let fault = if region == self.place.region {
                given
            } else {
                region
            };
            Failure::new("NotFoundException", format!("Invalid arn {fault}"))
        })
    }

    fn no_such_key(&self, id: &str) -> Failure {
        let arn = self.place.arn("kms", &format!("key/{id}"));
        Failure::new("NotFoundException", format!("Key '{arn}' does not exist"))
    }

    /// Refuses a key that may not do `operation`: made for something else, or not enabled.
    fn usable(&self, key: &Key, usage: Usage, operation: &str) -> Result<(), Failure> {
        if key.spec.usage() != usage {
            let message = format!(
                "{} key usage is {} which is not valid for {operation}.",
                self.arn(key),
                key.spec.usage().name()
            );
            return Err(Failure::new("InvalidKeyUsageException", message));
        }
        self.enabled(key)
    }

    /// Refuses a key that is disabled or about to go.
    fn enabled(&self, key: &Key) -> Result<(), Failure> {
        match key.state {
            state::KeyState::Enabled => Ok(()),
            state::KeyState::Disabled => Err(Failure::new(
                "DisabledException",
                format!("{} is disabled.", self.arn(key)),
            )),
            state::KeyState::PendingDeletion { .. } => Err(self.pending(key)),
        }
    }

    fn pending(&self, key: &Key) -> Failure {
        Failure::new(
            "KMSInvalidStateException",
            format!("{} is pending deletion.", self.arn(key)),
        )
    }
}

/// `GenerateRandom`.
fn generate_random(request: &Request) -> Answer {
    let length = request
        .number("NumberOfBytes", 1..=1024)?
        .ok_or_else(|| wire::missing("NumberOfBytes"))?;
    let bytes = wire::random(usize::try_from(length).unwrap_or_default())?;
    Ok(serde_json::json!({"Plaintext": wire::base64(&bytes)}))
}

#[cfg(test)]
mod tests {
    use super::KeySpec;
    use crate::testing::{Dir, ok, refused};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::json;

    #[test]
    fn ensure_makes_a_key_once() {
        let dir = Dir::new();
        let arn = {
            let aws = dir.open();
            let arn = aws
                .kms
                .ensure_key("alias/ledgerkeep/pii", KeySpec::SymmetricDefault, true)
                .unwrap();
            assert!(
                arn.starts_with("arn:aws:kms:eu-central-1:111122223333:key/mrk-"),
                "{arn}"
            );
            assert_eq!(
                aws.kms
                    .ensure_key("alias/ledgerkeep/pii", KeySpec::SymmetricDefault, true)
                    .unwrap(),
                arn
            );
            let other = aws
                .kms
                .ensure_key("alias/ledgerkeep/pii", KeySpec::Hmac256, true)
                .unwrap_err();
            assert_eq!(other.kind(), "AlreadyExistsException");
            assert!(aws.kms.ensure_key("pii", KeySpec::Hmac256, true).is_err());
            arn
        };
        let aws = dir.open();
        assert_eq!(
            aws.kms
                .ensure_key("alias/ledgerkeep/pii", KeySpec::SymmetricDefault, true)
                .unwrap(),
            arn
        );
    }

    #[test]
    fn a_key_has_four_names() {
        let dir = Dir::new();
        let aws = dir.open();
        let arn = aws
            .kms
            .ensure_key("alias/a", KeySpec::SymmetricDefault, false)
            .unwrap();
        let id = arn.rsplit('/').next().unwrap().to_owned();
        let alias_arn = "arn:aws:kms:eu-central-1:111122223333:alias/a";
        for name in [id.as_str(), &arn, "alias/a", alias_arn] {
            let key = ok(&aws, "TrentService.DescribeKey", json!({"KeyId": name}));
            assert_eq!(key["KeyMetadata"]["Arn"], arn.as_str());
        }
        let elsewhere = arn.replace("eu-central-1", "eu-west-1");
        let stranger = arn.replace("111122223333", "444455556666");
        for name in [
            "alias/b",
            "b",
            "key/b",
            &format!("key/{id}"),
            &elsewhere,
            &stranger,
            "arn:aws:kms",
            "mrk-00000000000000000000000000000000",
        ] {
            refused(
                &aws,
                "TrentService.DescribeKey",
                json!({"KeyId": name}),
                "NotFoundException",
            );
        }
        refused(&aws, "TrentService.DescribeKey", json!({}), "ValidationException");
        refused(
            &aws,
            "TrentService.DisableKey",
            json!({"KeyId": "alias/a"}),
            "NotFoundException",
        );
    }

    #[test]
    fn random_bytes() {
        let dir = Dir::new();
        let aws = dir.open();
        let answer = ok(
            &aws,
            "TrentService.GenerateRandom",
            json!({"NumberOfBytes": 1024}),
        );
        assert_eq!(
            STANDARD
                .decode(answer["Plaintext"].as_str().unwrap())
                .unwrap()
                .len(),
            1024
        );
        refused(
            &aws,
            "TrentService.GenerateRandom",
            json!({"NumberOfBytes": 1025}),
            "ValidationException",
        );
        refused(
            &aws,
            "TrentService.GenerateRandom",
            json!({}),
            "ValidationException",
        );
    }
}
