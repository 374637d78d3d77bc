//! Multi-Region keys: the same material under the same id in another region, with a state of its own.

use super::Kms;
use super::state::{Key, KeyState};
use crate::disk::{self, OpenError};
use crate::wire::{Answer, Failure, Request};
use serde_json::json;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

/// The key management services of other regions; each begins when it is first asked.
#[derive(Debug)]
pub struct Elsewhere {
    dir: PathBuf,
    regions: Mutex<BTreeMap<String, Arc<Kms>>>,
}

fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let letters = |p: &&str| p.bytes().all(|b| b.is_ascii_lowercase());
    text.len() <= 20
        && parts.len() >= 3
        && parts.iter().all(|p| !p.is_empty())
        && parts.iter().take(parts.len() - 1).all(letters)
        && parts
            .last()
            .is_some_and(|p| p.bytes().all(|b| b.is_ascii_digit()))
}

impl Elsewhere {
    /// None yet; what they keep stands below `dir`.
    pub(crate) fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            regions: Mutex::default(),
        }
    }

    /// One call in a region; `None` when there is no such operation.
    pub(crate) fn call(
        &self,
        home: &Kms,
        region: &str,
        operation: &str,
        request: &Request,
    ) -> Option<Answer> {
        let away = is_region(region) && region != home.place.region;
        match (operation, away) {
            ("ReplicateKey", false) => Some(self.replicate(home, request)),
            (_, false) => home.call(operation, request),
            ("ReplicateKey", true) => {
                let text = "Only keys of the first region are replicated here.";
                Some(Err(Failure::new("UnsupportedOperationException", text)))
            }
            (_, true) => match self
                .of(home, region)
                .and_then(|kms| kms.follow(home).map(|()| kms))
            {
                Ok(kms) => kms.call(operation, request),
                Err(failure) => Some(Err(failure)),
            },
        }
    }

    /// Has the key behind an alias in another region too, under the same alias.
    pub(crate) fn ensure(&self, home: &Kms, alias: &str, region: &str) -> Result<(), Failure> {
        let id = {
            let state = home.state()?;
            home.resolve(&state, alias)?.id.clone()
        };
        let there = self.of(home, region)?;
        if !there.state()?.keys.contains_key(&id) {
            let body = json!({"KeyId": id, "ReplicaRegion": region}).to_string();
            self.replicate(home, &Request::parse(body.as_bytes())?)?;
        }
        let now = (home.now)();
        there.state.change(|state| {
            if !state.aliases.contains_key(alias) {
                state.add_alias(alias, &id, now);
            }
            Ok(())
        })
    }

    fn of(&self, home: &Kms, region: &str) -> Result<Arc<Kms>, Failure> {
        let mut regions = disk::hold(&self.regions);
        if let Some(kms) = regions.get(region) {
            return Ok(kms.clone());
        }
        let path = self.dir.join(format!("kms-{region}.json"));
        let place = Arc::new(home.place.within(region));
        let told = |e: OpenError| Failure::internal(e.to_string());
        let kms = Arc::new(Kms::open_file(path, place, home.now).map_err(told)?);
        regions.insert(region.to_owned(), kms.clone());
        Ok(kms)
    }

    /// `ReplicateKey`.
    fn replicate(&self, home: &Kms, request: &Request) -> Answer {
        let region = request.need_text("ReplicaRegion")?;
        if !is_region(region) || region == home.place.region {
            return Err(Failure::new(
                "ValidationException",
                "ReplicaRegion must be another region.",
            ));
        }
        let description = request.text("Description")?.unwrap_or_default().to_owned();
        let there = self.of(home, region)?;
        let now = (home.now)();
        let copy = home.change_key(request, |key, _| {
            if !key.multi_region {
                let text = format!("{} is not a multi-Region key.", home.arn(key));
                return Err(Failure::new("UnsupportedOperationException", text));
            }
            home.enabled(key)?;
            if key.replicas.iter().any(|r| r == region) {
                let text = format!("{} has a replica in {region} already.", home.arn(key));
                return Err(Failure::new("AlreadyExistsException", text));
            }
            key.replicas.push(region.to_owned());
            Ok(Key {
                state: KeyState::Enabled,
                description,
                created: now,
                schedule: None,
                primary: Some(home.place.region.clone()),
                ..key.clone()
            })
        })?;
        let answer = there.describe(&copy)?;
        there.state.change(|state| {
            state.keys.insert(copy.id.clone(), copy);
            Ok::<_, Failure>(())
        })?;
        let metadata = answer.get("KeyMetadata").cloned();
        Ok(json!({"ReplicaKeyMetadata": metadata, "ReplicaPolicy": "", "ReplicaTags": []}))
    }
}

impl Kms {
    /// Takes over what primary keys have got by rotation, and where else they have replicas.
    fn follow(&self, home: &Self) -> Result<(), Failure> {
        let primaries = home.state()?.keys.clone();
        let news = |key: &Key| {
            let primary = primaries.get(&key.id).filter(|_| key.primary.is_some())?;
            let same = primary.materials.len() == key.materials.len() && primary.replicas == key.replicas;
            (!same).then(|| (primary.materials.clone(), primary.replicas.clone()))
        };
        if self.state()?.keys.values().all(|key| news(key).is_none()) {
            return Ok(());
        }
        self.state.change(|state| {
            for key in state.keys.values_mut() {
                if let Some((materials, replicas)) = news(key) {
                    (key.materials, key.replicas) = (materials, replicas);
                }
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Emulator, Reply, testing::Dir};
    use serde_json::Value;

    fn call(aws: &Emulator, region: &str, operation: &str, body: &Value) -> Result<Value, String> {
        let target = format!("TrentService.{operation}");
        let Reply {
            status,
            body,
            error_type,
            ..
        } = aws.call_in(region, &target, body.to_string().as_bytes());
        match error_type {
            None => Ok(serde_json::from_slice(&body).unwrap()),
            Some(kind) => Err(format!("{status} {kind}")),
        }
    }

    #[test]
    fn a_replica_opens_what_its_primary_sealed_and_has_a_state_of_its_own() {
        let (dir, away) = (Dir::new(), "eu-west-1");
        let aws = dir.open();
        let made = call(&aws, "", "CreateKey", &json!({"MultiRegion": true})).unwrap();
        let id = made["KeyMetadata"]["KeyId"].clone();
        let sealed = call(
            &aws,
            "",
            "Encrypt",
            &json!({"KeyId": id, "Plaintext": "c2VjcmV0"}),
        )
        .unwrap();
        let open = json!({"CiphertextBlob": sealed["CiphertextBlob"], "KeyId": id});
        assert_eq!(
            call(&aws, away, "Decrypt", &open).unwrap_err(),
            "400 NotFoundException"
        );
        let replicate = json!({"KeyId": id, "ReplicaRegion": away});
        call(&aws, "", "ReplicateKey", &replicate).unwrap();
        assert_eq!(
            call(&aws, "", "ReplicateKey", &replicate).unwrap_err(),
            "400 AlreadyExistsException"
        );
        assert_eq!(
            call(&aws, away, "Decrypt", &open).unwrap()["Plaintext"],
            "c2VjcmV0"
        );
        // A rotation reaches the replica, and a restart loses nothing.
        call(&aws, "", "RotateKeyOnDemand", &json!({"KeyId": id})).unwrap();
        let sealed = call(&aws, "", "Encrypt", &json!({"KeyId": id, "Plaintext": "bmV3"})).unwrap();
        let newer = json!({"CiphertextBlob": sealed["CiphertextBlob"], "KeyId": id});
        drop(aws);
        let aws = dir.open();
        assert_eq!(call(&aws, away, "Decrypt", &newer).unwrap()["Plaintext"], "bmV3");
        call(&aws, "", "DisableKey", &json!({"KeyId": id})).unwrap();
        assert_eq!(
            call(&aws, away, "Decrypt", &open).unwrap()["Plaintext"],
            "c2VjcmV0"
        );
        call(&aws, away, "DisableKey", &json!({"KeyId": id})).unwrap();
        assert_eq!(
            call(&aws, away, "Decrypt", &open).unwrap_err(),
            "400 DisabledException"
        );
        let other = call(&aws, "", "CreateKey", &json!({})).unwrap();
        for (key, region, kind) in [
            (
                &other["KeyMetadata"]["KeyId"],
                away,
                "UnsupportedOperationException",
            ),
            (&id, "eu-central-1", "ValidationException"),
            (&id, "../../etc", "ValidationException"),
        ] {
            let body = json!({"KeyId": key, "ReplicaRegion": region});
            assert_eq!(
                call(&aws, "", "ReplicateKey", &body).unwrap_err(),
                format!("400 {kind}")
            );
        }
    }
}
