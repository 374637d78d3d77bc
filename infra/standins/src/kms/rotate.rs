//! Rotating keys, on demand and on time. The old versions keep decrypting.

use super::Kms;
use super::admin::pages;
use super::state::{Cause, Key, KeySpec, KeyState, Schedule, days};
use crate::wire::{Answer, Failure, Request, seconds};
use serde_json::json;

/// How often one key may be rotated on demand.
const MOST_ROTATIONS: usize = 25;

impl Kms {
    /// `RotateKeyOnDemand`.
    pub(super) fn rotate_key_on_demand(&self, request: &Request) -> Answer {
        self.change_key(request, |key, now| {
            self.rotatable(key)?;
            let done = key
                .materials
                .iter()
                .filter(|material| material.cause == Some(Cause::OnDemand))
                .count();
            if done >= MOST_ROTATIONS {
                let message = format!("{} has reached the limit of on-demand rotations.", self.arn(key));
                return Err(Failure::new("LimitExceededException", message));
            }
            key.rotate(Cause::OnDemand, now)?;
            Ok(json!({"KeyId": key.id}))
        })
    }

    /// `EnableKeyRotation`.
    pub(super) fn enable_key_rotation(&self, request: &Request) -> Answer {
        let period_days = request.number("RotationPeriodInDays", 90..=2560)?.unwrap_or(365);
        self.change_key(request, |key, now| {
            self.rotatable(key)?;
            let unchanged = key
                .schedule
                .is_some_and(|schedule| schedule.period_days == period_days);
            if !unchanged {
                key.schedule = Some(Schedule {
                    period_days,
                    next: now.saturating_add(days(period_days)),
                });
            }
            Ok(json!({}))
        })
    }

    fn rotatable(&self, key: &Key) -> Result<(), Failure> {
        if key.spec != KeySpec::SymmetricDefault {
            let message = format!("{} cannot be rotated.", self.arn(key));
            return Err(Failure::new("UnsupportedOperationException", message));
        }
        self.enabled(key)
    }

    /// `GetKeyRotationStatus`.
    pub(super) fn get_key_rotation_status(&self, request: &Request) -> Answer {
        let state = self.state()?;
        let key = self.resolve_managed(&state, request.need_text("KeyId")?)?;
        let going = matches!(key.state, KeyState::PendingDeletion { .. });
        Ok(match key.schedule.filter(|_| !going) {
            Some(schedule) => json!({
                "KeyId": key.id,
                "KeyRotationEnabled": true,
                "RotationPeriodInDays": schedule.period_days,
                "NextRotationDate": seconds(schedule.next),
            }),
            None => json!({"KeyId": key.id, "KeyRotationEnabled": false}),
        })
    }

    /// `ListKeyRotations`: the rotations, or every version there is.
    pub(super) fn list_key_rotations(&self, request: &Request) -> Answer {
        let state = self.state()?;
        let key = self.resolve_managed(&state, request.need_text("KeyId")?)?;
        let all = ["ROTATIONS_ONLY", "ALL_KEY_MATERIAL"];
        let all = request.one_of("IncludeKeyMaterial", &all)? == Some("ALL_KEY_MATERIAL");
        let current = &key.current()?.1.id;
        let entries = key
            .materials
            .iter()
            .filter(|material| all || material.cause.is_some())
            .map(|material| {
                let mut entry = json!({
                    "KeyId": key.id,
                    "KeyMaterialId": material.id,
                    "KeyMaterialState": if material.id == *current { "CURRENT" } else { "NON_CURRENT" },
                });
                if let (Some(members), Some(cause)) = (entry.as_object_mut(), material.cause) {
                    members.insert("RotationDate".to_owned(), seconds(material.created));
                    members.insert("RotationType".to_owned(), json!(cause));
                }
                entry
            });
        pages(request, "Rotations", entries.collect(), 100)
    }
}

#[cfg(test)]
mod tests {
    use crate::Emulator;
    use crate::testing::{DAY, Dir, advance, ok, refused};
    use serde_json::{Value, json};

    fn create(aws: &Emulator, body: Value) -> Value {
        ok(aws, "TrentService.CreateKey", body)["KeyMetadata"].clone()
    }

    #[test]
    fn rotation_on_demand_and_on_time() {
        let dir = Dir::new();
        let aws = dir.open();
        let key = create(&aws, json!({}))["KeyId"].clone();
        let body = json!({"KeyId": key});
        let rotations = |body: &Value| {
            let answer = ok(&aws, "TrentService.ListKeyRotations", body.clone());
            answer["Rotations"].as_array().unwrap().clone()
        };
        assert!(rotations(&body).is_empty());
        let status = ok(&aws, "TrentService.GetKeyRotationStatus", body.clone());
        assert_eq!(status["KeyRotationEnabled"], false);
        ok(
            &aws,
            "TrentService.EnableKeyRotation",
            json!({"KeyId": key, "RotationPeriodInDays": 90}),
        );
        let status = ok(&aws, "TrentService.GetKeyRotationStatus", body.clone());
        assert_eq!(status["RotationPeriodInDays"], 90);
        ok(&aws, "TrentService.RotateKeyOnDemand", body.clone());
        advance(90 * DAY);
        let listed = rotations(&body);
        let kinds: Vec<_> = listed.iter().map(|entry| &entry["RotationType"]).collect();
        assert_eq!(kinds, ["ON_DEMAND", "AUTOMATIC"]);
        assert_eq!(listed[1]["KeyMaterialState"], "CURRENT");
        assert_eq!(
            rotations(&json!({"KeyId": key, "IncludeKeyMaterial": "ALL_KEY_MATERIAL"})).len(),
            3
        );
        for _ in 1..25 {
            ok(&aws, "TrentService.RotateKeyOnDemand", body.clone());
        }
        refused(
            &aws,
            "TrentService.RotateKeyOnDemand",
            body.clone(),
            "LimitExceededException",
        );
        let short = json!({"KeyId": key, "RotationPeriodInDays": 89});
        refused(
            &aws,
            "TrentService.EnableKeyRotation",
            short,
            "ValidationException",
        );
        ok(&aws, "TrentService.DisableKey", body.clone());
        refused(&aws, "TrentService.EnableKeyRotation", body, "DisabledException");
        let mac = create(
            &aws,
            json!({"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}),
        );
        let mac = json!({"KeyId": mac["KeyId"]});
        refused(
            &aws,
            "TrentService.RotateKeyOnDemand",
            mac.clone(),
            "UnsupportedOperationException",
        );
        refused(
            &aws,
            "TrentService.EnableKeyRotation",
            mac,
            "UnsupportedOperationException",
        );
    }
}
