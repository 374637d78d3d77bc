//! Managing keys: making, naming, describing, disabling and deleting them.

use super::Kms;
use super::state::{Key, KeySpec, KeyState, days};
use crate::wire::{Answer, Failure, Request, seconds};
use serde_json::{Value, json};

/// Refuses what cannot be the name of an alias.
pub(super) fn check_alias(name: &str) -> Result<(), Failure> {
    let Some(rest) = name.strip_prefix("alias/") else {
        return Err(Failure::new("ValidationException", "Invalid identifier"));
    };
    if rest.starts_with("aws/") {
        return Err(Failure::new(
            "NotAuthorizedException",
            "The prefix alias/aws/ is reserved.",
        ));
    }
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "/_-".contains(letter);
    if rest.is_empty() || name.len() > 256 || !rest.chars().all(allowed) {
        return Err(Failure::constraint(
            "AliasName",
            Some(name),
            "satisfy regular expression pattern: ^[a-zA-Z0-9/_-]+$",
        ));
    }
    Ok(())
}

impl Kms {
    /// `CreateKey`.
    pub(super) fn create_key(&self, request: &Request) -> Answer {
        let names = KeySpec::ALL.map(KeySpec::name);
        let member = if request.has("KeySpec") {
            "KeySpec"
        } else {
            "CustomerMasterKeySpec"
        };
        let given = request.one_of(member, &names)?;
        let spec = KeySpec::ALL.into_iter().find(|spec| given == Some(spec.name()));
        let spec = spec.unwrap_or(KeySpec::SymmetricDefault);
        match request.text("KeyUsage")? {
            Some(usage) if usage == spec.usage().name() => (),
            None if spec == KeySpec::SymmetricDefault => (),
            None => {
                let message = format!(
                    "You must specify a KeyUsage value for a key of spec {}.",
                    spec.name()
                );
                return Err(Failure::new("ValidationException", message));
            }
            Some(usage) => {
                let message = format!("KeyUsage {usage} is not compatible with KeySpec {}", spec.name());
                return Err(Failure::new("ValidationException", message));
            }
        }
        if request.text("Origin")?.is_some_and(|origin| origin != "AWS_KMS") {
            return Err(Failure::new(
                "UnsupportedOperationException",
                "Only the origin AWS_KMS is supported here.",
            ));
        }
        let multi_region = request.flag("MultiRegion")?.unwrap_or(false);
        let description = request.text("Description")?.unwrap_or_default().to_owned();
        let now = (self.now)();
        let key = Key::create(spec, multi_region, description, now)?;
        let answer = self.describe(&key)?;
        self.state.change(|state| {
            state.keys.insert(key.id.clone(), key);
            Ok(answer)
        })
    }

    /// `CreateAlias`.
    pub(super) fn create_alias(&self, request: &Request) -> Answer {
        let name = request.need_text("AliasName")?;
        let target = request.need_text("TargetKeyId")?;
        check_alias(name)?;
        let now = (self.now)();
        self.state.change(|state| {
            state.settle(now)?;
            if self.local_name(target)?.starts_with("alias/") {
                return Err(Failure::new(
                    "ValidationException",
                    "Aliases must refer to keys. Not aliases",
                ));
            }
            if state.aliases.contains_key(name) {
                let arn = self.place.arn("kms", name);
                let message = format!("An alias with the name {arn} already exists");
                return Err(Failure::new("AlreadyExistsException", message));
            }
            let key = self.resolve_managed(state, target)?;
            if matches!(key.state, KeyState::PendingDeletion { .. }) {
                return Err(self.pending(key));
            }
            let id = key.id.clone();
            state.add_alias(name, &id, now);
            Ok(json!({}))
        })
    }

    /// `ListAliases`, of all keys or of one.
    pub(super) fn list_aliases(&self, request: &Request) -> Answer {
        let state = self.state()?;
        let only = match request.text("KeyId")? {
            Some(given) => Some(&self.resolve_managed(&state, given)?.id),
            None => None,
        };
        let aliases = state
            .aliases
            .iter()
            .filter(|(_, alias)| only.is_none_or(|id| alias.key == *id));
        let aliases = aliases.map(|(name, alias)| {
            json!({
                "AliasName": name,
                "AliasArn": self.place.arn("kms", name),
                "TargetKeyId": alias.key,
                "CreationDate": seconds(alias.created),
                "LastUpdatedDate": seconds(alias.created),
            })
        });
        pages(request, "Aliases", aliases.collect(), 50)
    }

    /// `DescribeKey`.
    pub(super) fn describe_key(&self, request: &Request) -> Answer {
        let given = request.need_text("KeyId")?;
        let state = self.state()?;
        self.describe(self.resolve(&state, given)?)
    }

    pub(super) fn describe(&self, key: &Key) -> Answer {
        let arn = self.arn(key);
        let mut metadata = json!({
            "AWSAccountId": self.place.account,
            "KeyId": key.id,
            "Arn": arn,
            "CreationDate": seconds(key.created),
            "Enabled": key.state == KeyState::Enabled,
            "Description": key.description,
            "KeyUsage": key.spec.usage().name(),
            "KeyState": state_name(key),
            "Origin": "AWS_KMS",
            "KeyManager": "CUSTOMER",
            "CustomerMasterKeySpec": key.spec.name(),
            "KeySpec": key.spec.name(),
            "MultiRegion": key.multi_region,
        });
        if let Some(members) = metadata.as_object_mut() {
            let (list, algorithm) = key.spec.algorithm();
            members.insert(list.to_owned(), json!([algorithm]));
            if key.spec == KeySpec::SymmetricDefault {
                members.insert("CurrentKeyMaterialId".to_owned(), json!(key.current()?.1.id));
            }
            if let KeyState::PendingDeletion { at, .. } = key.state {
                members.insert("DeletionDate".to_owned(), seconds(at));
            }
            if key.multi_region {
                let home = key.primary.as_ref().unwrap_or(&self.place.region);
                let place = |region: &String| {
                    let arn = self.place.within(region).arn("kms", &format!("key/{}", key.id));
                    json!({"Arn": arn, "Region": region})
                };
                let kind = if key.primary.is_some() {
                    "REPLICA"
                } else {
                    "PRIMARY"
                };
                let configuration = json!({
                    "MultiRegionKeyType": kind,
                    "PrimaryKey": place(home),
                    "ReplicaKeys": key.replicas.iter().map(place).collect::<Vec<_>>(),
                });
                members.insert("MultiRegionConfiguration".to_owned(), configuration);
            }
        }
        Ok(json!({"KeyMetadata": metadata}))
    }

    /// `EnableKey`.
    pub(super) fn enable_key(&self, request: &Request) -> Answer {
        self.set_state(request, KeyState::Enabled)
    }

    /// `DisableKey`.
    pub(super) fn disable_key(&self, request: &Request) -> Answer {
        self.set_state(request, KeyState::Disabled)
    }

    fn set_state(&self, request: &Request, next: KeyState) -> Answer {
        self.change_key(request, |key, _| {
            if matches!(key.state, KeyState::PendingDeletion { .. }) {
                return Err(self.pending(key));
            }
            key.state = next;
            Ok(json!({}))
        })
    }

    /// `ScheduleKeyDeletion`.
    pub(super) fn schedule_key_deletion(&self, request: &Request) -> Answer {
        let window_days = request.number("PendingWindowInDays", 7..=30)?.unwrap_or(30);
        self.change_key(request, |key, now| {
            if matches!(key.state, KeyState::PendingDeletion { .. }) {
                return Err(self.pending(key));
            }
            let at = now.saturating_add(days(window_days));
            key.state = KeyState::PendingDeletion { at, window_days };
            Ok(json!({
                "KeyId": self.arn(key),
                "DeletionDate": seconds(at),
                "KeyState": state_name(key),
                "PendingWindowInDays": window_days,
            }))
        })
    }

    /// `CancelKeyDeletion`; the key is disabled afterwards.
    pub(super) fn cancel_key_deletion(&self, request: &Request) -> Answer {
        self.change_key(request, |key, _| {
            if !matches!(key.state, KeyState::PendingDeletion { .. }) {
                let message = format!("{} is not pending deletion.", self.arn(key));
                return Err(Failure::new("KMSInvalidStateException", message));
            }
            key.state = KeyState::Disabled;
            Ok(json!({"KeyId": self.arn(key)}))
        })
    }
}

fn state_name(key: &Key) -> &'static str {
    match key.state {
        KeyState::Enabled => "Enabled",
        KeyState::Disabled => "Disabled",
        KeyState::PendingDeletion { .. } => "PendingDeletion",
    }
}

/// One page of a list.
pub(super) fn pages(request: &Request, name: &str, items: Vec<Value>, usual: usize) -> Answer {
    let (items, next) = request.page(
        items,
        ("Limit", 1..=1000, usual),
        ("Marker", "InvalidMarkerException"),
    )?;
    let mut answer = json!({name: items, "Truncated": next.is_some()});
    if let (Some(members), Some(next)) = (answer.as_object_mut(), next) {
        members.insert("NextMarker".to_owned(), Value::String(next));
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use crate::Emulator;
    use crate::testing::{DAY, Dir, advance, ok, refused};
    use serde_json::{Value, json};

    fn create(aws: &Emulator, body: Value) -> Value {
        ok(aws, "TrentService.CreateKey", body)["KeyMetadata"].clone()
    }

    fn state(aws: &Emulator, key: &Value) -> Value {
        ok(aws, "TrentService.DescribeKey", json!({"KeyId": key}))["KeyMetadata"]["KeyState"].clone()
    }

    #[test]
    fn keys_are_described() {
        let dir = Dir::new();
        let aws = dir.open();
        let key = create(&aws, json!({"Description": "d"}));
        assert_eq!(key["KeySpec"], "SYMMETRIC_DEFAULT");
        assert_eq!(key["EncryptionAlgorithms"], json!(["SYMMETRIC_DEFAULT"]));
        assert_eq!(key["CreationDate"], 1_700_000_000);
        assert_eq!(key["MultiRegion"], false);
        let sign = json!({"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY", "MultiRegion": true});
        let key = create(&aws, sign);
        assert!(key["KeyId"].as_str().unwrap().starts_with("mrk-"));
        assert_eq!(key["MultiRegionConfiguration"]["MultiRegionKeyType"], "PRIMARY");
        assert_eq!(key["SigningAlgorithms"], json!(["ECDSA_SHA_256"]));
        let key = create(
            &aws,
            json!({"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}),
        );
        assert_eq!(key["MacAlgorithms"], json!(["HMAC_SHA_256"]));
        for body in [
            json!({"KeySpec": "RSA_2048"}),
            json!({"KeySpec": "HMAC_256"}),
            json!({"KeySpec": "HMAC_256", "KeyUsage": "ENCRYPT_DECRYPT"}),
            json!({"KeyUsage": "SIGN_VERIFY"}),
        ] {
            refused(&aws, "TrentService.CreateKey", body, "ValidationException");
        }
        let external = json!({"Origin": "EXTERNAL"});
        refused(
            &aws,
            "TrentService.CreateKey",
            external,
            "UnsupportedOperationException",
        );
    }

    #[test]
    fn aliases() {
        let dir = Dir::new();
        let aws = dir.open();
        let (one, two) = (create(&aws, json!({})), create(&aws, json!({})));
        let alias = |name: &str, key: &Value| json!({"AliasName": name, "TargetKeyId": key});
        for (name, key) in [
            ("alias/c", &one["Arn"]),
            ("alias/a/x", &one["KeyId"]),
            ("alias/b", &two["KeyId"]),
        ] {
            ok(&aws, "TrentService.CreateAlias", alias(name, key));
        }
        for (name, target, kind) in [
            ("alias/b", &one["KeyId"], "AlreadyExistsException"),
            ("b", &one["KeyId"], "ValidationException"),
            ("alias/", &one["KeyId"], "ValidationException"),
            ("alias/ä", &one["KeyId"], "ValidationException"),
            ("alias/aws/s3", &one["KeyId"], "NotAuthorizedException"),
            ("alias/d", &json!("alias/b"), "ValidationException"),
            ("alias/d", &json!("nothing"), "NotFoundException"),
        ] {
            refused(&aws, "TrentService.CreateAlias", alias(name, target), kind);
        }
        drop(aws);
        let aws = dir.open();
        let mut names = Vec::new();
        let mut request = json!({"Limit": 1});
        loop {
            let page = ok(&aws, "TrentService.ListAliases", request.clone());
            names.push(page["Aliases"][0]["AliasName"].clone());
            match page.get("NextMarker") {
                Some(marker) => request["Marker"] = marker.clone(),
                None => break,
            }
        }
        assert_eq!(names, ["alias/a/x", "alias/b", "alias/c"]);
        let of_one = ok(&aws, "TrentService.ListAliases", json!({"KeyId": two["Arn"]}));
        assert_eq!(of_one["Aliases"].as_array().unwrap().len(), 1);
        assert_eq!(of_one["Truncated"], false);
    }

    #[test]
    fn states_follow_each_other() {
        let dir = Dir::new();
        let aws = dir.open();
        let key = create(&aws, json!({}))["KeyId"].clone();
        let body = json!({"KeyId": key});
        ok(
            &aws,
            "TrentService.CreateAlias",
            json!({"AliasName": "alias/a", "TargetKeyId": key}),
        );
        ok(&aws, "TrentService.DisableKey", body.clone());
        assert_eq!(state(&aws, &key), "Disabled");
        refused(
            &aws,
            "TrentService.CancelKeyDeletion",
            body.clone(),
            "KMSInvalidStateException",
        );
        ok(&aws, "TrentService.EnableKey", body.clone());
        assert_eq!(state(&aws, &key), "Enabled");
        let soon = json!({"KeyId": key, "PendingWindowInDays": 6});
        refused(
            &aws,
            "TrentService.ScheduleKeyDeletion",
            soon,
            "ValidationException",
        );
        let answer = ok(&aws, "TrentService.ScheduleKeyDeletion", body.clone());
        assert_eq!(answer["PendingWindowInDays"], 30);
        assert_eq!(answer["DeletionDate"], 1_700_000_000 + 30 * 86_400);
        for operation in [
            "EnableKey",
            "DisableKey",
            "ScheduleKeyDeletion",
            "RotateKeyOnDemand",
        ] {
            let target = format!("TrentService.{operation}");
            refused(&aws, &target, body.clone(), "KMSInvalidStateException");
        }
        ok(&aws, "TrentService.CancelKeyDeletion", body.clone());
        assert_eq!(state(&aws, &key), "Disabled");
        ok(
            &aws,
            "TrentService.ScheduleKeyDeletion",
            json!({"KeyId": key, "PendingWindowInDays": 7}),
        );
        advance(7 * DAY - 1);
        assert_eq!(state(&aws, &key), "PendingDeletion");
        advance(1);
        refused(&aws, "TrentService.DescribeKey", body, "NotFoundException");
        refused(
            &aws,
            "TrentService.DescribeKey",
            json!({"KeyId": "alias/a"}),
            "NotFoundException",
        );
        let file = std::fs::read_to_string(dir.path().join("kms.json")).unwrap();
        assert!(
            !file.contains(key.as_str().unwrap()),
            "the material is gone from the file"
        );
    }
}
