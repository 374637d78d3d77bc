//! A stand-in of AWS Secrets Manager: secrets, their versions and the stages that point at them.
//!
//! For development only: the secrets lie unprotected in a file.

use super::Now;
use super::disk::{Kept, OpenError, SecretBytes};
use super::wire::{self, Answer, Failure, Place, Request, base64, seconds};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, MutexGuard};

const ABOUT: &str = "Secrets of a development stand-in of AWS Secrets Manager. Put nothing real here.";
const FORMAT: u32 = 1;
const DAY: i64 = 86_400_000;
/// The longest value.
const MOST_BYTES: usize = 65_536;
/// How many versions without a stage are kept.
const MOST_UNSTAGED: usize = 100;
const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";
const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// What is secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Content {
    Text(SecretBytes),
    Binary(SecretBytes),
}

impl Content {
    fn bytes(&self) -> &SecretBytes {
        match self {
            Self::Text(bytes) | Self::Binary(bytes) => bytes,
        }
    }

    /// The content of a request, if it has any.
    fn read(request: &Request) -> Result<Option<Self>, Failure> {
        let content = match (request.text("SecretString")?, request.blob("SecretBinary")?) {
            (None, None) => return Ok(None),
            (Some(text), None) => Self::Text(SecretBytes::new(text.as_bytes().to_vec())),
            (None, Some(mut bytes)) => Self::Binary(SecretBytes::new(std::mem::take(&mut *bytes))),
            (Some(_), Some(_)) => {
                return Err(invalid_parameter(
                    "You can't specify both a binary secret value and a string.",
                ));
            }
        };
        match content.bytes().expose().len() {
            1..=MOST_BYTES => Ok(Some(content)),
            _ => Err(invalid_parameter(
                "The secret value must have between 1 and 65536 bytes.",
            )),
        }
    }

    /// The member of an answer that holds it.
    fn member(&self) -> (&'static str, Value) {
        match self {
            Self::Text(text) => ("SecretString", json!(String::from_utf8_lossy(text.expose()))),
            Self::Binary(bytes) => ("SecretBinary", json!(base64(bytes.expose()))),
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Version {
    created: i64,
    content: Content,
    stages: BTreeSet<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Secret {
    /// The six letters at the end of the ARN.
    suffix: String,
    description: Option<String>,
    created: i64,
    changed: i64,
    /// When it was marked for deletion, and when it goes.
    deleted: Option<(i64, i64)>,
    versions: BTreeMap<String, Version>,
}

impl Secret {
    fn create(description: Option<String>, now: i64) -> Result<Self, Failure> {
        let random = wire::random(6)?;
        let letters = random
            .iter()
            .filter_map(|byte| LETTERS.get(usize::from(*byte) % LETTERS.len()));
        let suffix = letters.map(|letter| char::from(*letter)).collect();
        Ok(Self {
            suffix,
            description,
            created: now,
            changed: now,
            deleted: None,
            versions: BTreeMap::new(),
        })
    }

    /// Adds a version and moves the stages to it. The same version again changes nothing.
    fn put(&mut self, id: &str, content: Content, stages: &[&str], now: i64) -> Result<(), Failure> {
        if let Some(version) = self.versions.get(id) {
            if version.content == content {
                return Ok(());
            }
            let message = format!("A resource with the ID {id} already exists, with another value.");
            return Err(Failure::new("ResourceExistsException", message));
        }
        if stages.contains(&CURRENT) && self.staged(CURRENT).is_some() {
            for version in self.versions.values_mut() {
                version.stages.remove(PREVIOUS);
                if version.stages.contains(CURRENT) {
                    version.stages.insert(PREVIOUS.to_owned());
                }
            }
        }
        for version in self.versions.values_mut() {
            version.stages.retain(|stage| !stages.contains(&stage.as_str()));
        }
        let stages = stages.iter().map(|stage| (*stage).to_owned()).collect();
        self.versions.insert(
            id.to_owned(),
            Version {
                created: now,
                content,
                stages,
            },
        );
        self.changed = now;
        self.forget();
        Ok(())
    }

    /// Drops the oldest versions that no stage points at.
    fn forget(&mut self) {
        let unstaged = self
            .versions
            .iter()
            .filter(|(_, version)| version.stages.is_empty());
        let mut unstaged: Vec<(i64, String)> = unstaged
            .map(|(id, version)| (version.created, id.clone()))
            .collect();
        unstaged.sort();
        let surplus = unstaged.len().saturating_sub(MOST_UNSTAGED);
        for (_, id) in unstaged.into_iter().take(surplus) {
            self.versions.remove(&id);
        }
    }

    fn staged(&self, stage: &str) -> Option<&str> {
        let version = self
            .versions
            .iter()
            .find(|(_, version)| version.stages.contains(stage));
        version.map(|(id, _)| id.as_str())
    }

    fn stages(&self) -> BTreeMap<&str, &BTreeSet<String>> {
        let staged = self
            .versions
            .iter()
            .filter(|(_, version)| !version.stages.is_empty());
        staged
            .map(|(id, version)| (id.as_str(), &version.stages))
            .collect()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct State {
    about: String,
    format: u32,
    secrets: BTreeMap<String, Secret>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            about: ABOUT.to_owned(),
            format: FORMAT,
            secrets: BTreeMap::new(),
        }
    }
}

impl State {
    fn check(&self) -> Result<(), String> {
        if self.format == FORMAT {
            Ok(())
        } else {
            Err(format!("format {} is not known", self.format))
        }
    }

    /// Deletes what has been marked for long enough.
    fn settle(&mut self, now: i64) {
        self.secrets
            .retain(|_, secret| secret.deleted.is_none_or(|(_, at)| at > now));
    }
}

/// The secrets manager.
#[derive(Debug)]
pub struct Secrets {
    place: Arc<Place>,
    now: Now,
    state: Kept<State>,
}

impl Secrets {
    /// Opens `secrets.json` below `dir`.
    pub(super) fn open(dir: &Path, place: Arc<Place>, now: Now) -> Result<Self, OpenError> {
        Ok(Self {
            place,
            now,
            state: Kept::open(dir.join("secrets.json"), State::check)?,
        })
    }

    /// One call; `None` when there is no such operation.
    pub(super) fn call(&self, operation: &str, request: &Request) -> Option<Answer> {
        Some(match operation {
            "CreateSecret" => self.create_secret(request),
            "GetSecretValue" => self.get_secret_value(request),
            "PutSecretValue" => self.put_secret_value(request),
            "DescribeSecret" => self.describe_secret(request),
            "ListSecrets" => self.list_secrets(request),
            "DeleteSecret" => self.delete_secret(request),
            _ => return None,
        })
    }

    /// The ARN of the secret `name`; when there is none, one is created with what `make` gives. `make` must not call
    /// back into the secrets manager.
    pub fn ensure(&self, name: &str, make: impl FnOnce() -> String) -> Result<String, Failure> {
        check_name(name)?;
        if let Some(secret) = self.state()?.secrets.get(name) {
            return self.living(name, secret).map(|()| self.arn(name, secret));
        }
        let now = (self.now)();
        self.state.change(|state| {
            // Another thread may have come first.
            if let Some(secret) = state.secrets.get(name) {
                return self.living(name, secret).map(|()| self.arn(name, secret));
            }
            let mut secret = Secret::create(None, now)?;
            let content = Content::Text(SecretBytes::new(make().into_bytes()));
            secret.put(&wire::uuid()?, content, &[CURRENT], now)?;
            let arn = self.arn(name, &secret);
            state.secrets.insert(name.to_owned(), secret);
            Ok(arn)
        })
    }

    fn state(&self) -> Result<MutexGuard<'_, State>, Failure> {
        let now = (self.now)();
        // In a statement of its own, so that the lock is free again below.
        let due = self
            .state
            .hold()
            .secrets
            .values()
            .any(|secret| secret.deleted.is_some_and(|(_, at)| at <= now));
        if due {
            self.state.change(|state| {
                state.settle(now);
                Ok(())
            })?;
        }
        Ok(self.state.hold())
    }

    fn arn(&self, name: &str, secret: &Secret) -> String {
        self.place
            .arn("secretsmanager", &format!("secret:{name}-{}", secret.suffix))
    }

    /// The secret behind a name, an ARN, or an ARN without its last six letters.
    fn name<'a>(&self, state: &'a State, given: &str) -> Result<&'a str, Failure> {
        let found = match given.strip_prefix(&self.place.arn("secretsmanager", "secret:")) {
            Some(rest) => state.secrets.iter().find(|(name, secret)| {
                let suffix = rest.strip_prefix(name.as_str());
                suffix.is_some_and(|s| s.is_empty() || s.strip_prefix('-') == Some(&secret.suffix))
            }),
            None => state.secrets.get_key_value(given),
        };
        let missing = || not_found("Secrets Manager can't find the specified secret.");
        found.map(|(name, _)| name.as_str()).ok_or_else(missing)
    }

    fn find<'a>(&self, state: &'a State, request: &Request) -> Result<(&'a str, &'a Secret), Failure> {
        let name = self.name(state, request.need_text("SecretId")?)?;
        let found = state
            .secrets
            .get_key_value(name)
            .map(|(name, secret)| (name.as_str(), secret));
        found.ok_or_else(|| not_found("Secrets Manager can't find the specified secret."))
    }

    fn living(&self, name: &str, secret: &Secret) -> Result<(), Failure> {
        match secret.deleted {
            None => Ok(()),
            Some(_) => {
                let message = format!(
                    "You can't perform this operation on the secret because it was marked for deletion: {name}."
                );
                Err(Failure::new("InvalidRequestException", message))
            }
        }
    }

    fn create_secret(&self, request: &Request) -> Answer {
        let name = request.need_text("Name")?;
        check_name(name)?;
        let content = Content::read(request)?;
        let description = request.text("Description")?.map(str::to_owned);
        let version = version_id(request)?;
        let now = (self.now)();
        self.state.change(|state| {
            state.settle(now);
            if let Some(secret) = state.secrets.get(name) {
                if secret.deleted.is_some() {
                    let message = "You can't create this secret because a secret with this name is already scheduled \
                                   for deletion.";
                    return Err(Failure::new("InvalidRequestException", message));
                }
                // A repeated request is answered like the first.
                let repeated = secret.versions.get(&version).is_some_and(|kept| Some(&kept.content) == content.as_ref());
                if !repeated {
                    let message = format!("The operation failed because the secret {name} already exists.");
                    return Err(Failure::new("ResourceExistsException", message));
                }
                return Ok(json!({"ARN": self.arn(name, secret), "Name": name, "VersionId": version}));
            }
            let mut secret = Secret::create(description, now)?;
            let mut answer = json!({"ARN": self.arn(name, &secret), "Name": name});
            if let Some(content) = content {
                secret.put(&version, content, &[CURRENT], now)?;
                insert(&mut answer, "VersionId", json!(version));
            }
            state.secrets.insert(name.to_owned(), secret);
            Ok(answer)
        })
    }

    fn get_secret_value(&self, request: &Request) -> Answer {
        let state = self.state()?;
        let (name, secret) = self.find(&state, request)?;
        self.living(name, secret)?;
        let (given, stage) = (request.text("VersionId")?, request.text("VersionStage")?);
        let id = match (given, stage) {
            (Some(id), _) => Some(id),
            (None, stage) => secret.staged(stage.unwrap_or(CURRENT)),
        };
        let found = id.and_then(|id| secret.versions.get_key_value(id));
        let Some((id, version)) = found else {
            let by = match given {
                Some(id) => format!("VersionId: {id}"),
                None => format!("staging label: {}", stage.unwrap_or(CURRENT)),
            };
            return Err(not_found(&format!(
                "Secrets Manager can't find the specified secret value for {by}"
            )));
        };
        if stage.is_some_and(|stage| !version.stages.contains(stage)) {
            let message = "You provided a VersionStage that is not associated to the provided VersionId.";
            return Err(Failure::new("InvalidRequestException", message));
        }
        let mut answer = json!({
            "ARN": self.arn(name, secret),
            "Name": name,
            "VersionId": id,
            "VersionStages": version.stages,
            "CreatedDate": seconds(version.created),
        });
        let (member, value) = version.content.member();
        insert(&mut answer, member, value);
        Ok(answer)
    }

    fn put_secret_value(&self, request: &Request) -> Answer {
        let given = request.need_text("SecretId")?;
        let content = Content::read(request)?;
        let content = content
            .ok_or_else(|| invalid_parameter("You must provide either SecretString or SecretBinary."))?;
        let stages = request.strings("VersionStages")?;
        let stages = if stages.is_empty() { vec![CURRENT] } else { stages };
        let version = version_id(request)?;
        let now = (self.now)();
        self.state.change(|state| {
            state.settle(now);
            let name = self.name(state, given)?.to_owned();
            let arn = match state.secrets.get_mut(&name) {
                Some(secret) => {
                    self.living(&name, secret)?;
                    // The first value of a secret is its current one, whatever was asked for.
                    let mut stages = stages;
                    if secret.staged(CURRENT).is_none() && !stages.contains(&CURRENT) {
                        stages.push(CURRENT);
                    }
                    secret.put(&version, content, &stages, now)?;
                    self.arn(&name, secret)
                }
                None => return Err(not_found("Secrets Manager can't find the specified secret.")),
            };
            let kept = state
                .secrets
                .get(&name)
                .and_then(|secret| secret.versions.get(&version));
            let stages = kept.map(|version| &version.stages);
            Ok(json!({"ARN": arn, "Name": name, "VersionId": version, "VersionStages": stages}))
        })
    }

    fn describe_secret(&self, request: &Request) -> Answer {
        let state = self.state()?;
        let (name, secret) = self.find(&state, request)?;
        let mut answer = self.summary(name, secret);
        insert(&mut answer, "VersionIdsToStages", json!(secret.stages()));
        Ok(answer)
    }

    fn list_secrets(&self, request: &Request) -> Answer {
        let mut prefixes: Vec<String> = Vec::new();
        for filter in request.entries("Filters")? {
            if filter.need_text("Key")? != "name" {
                return Err(invalid_parameter("Only the filter \"name\" is supported here."));
            }
            prefixes.extend(filter.strings("Values")?.into_iter().map(str::to_owned));
        }
        let deleted = request.flag("IncludePlannedDeletion")?.unwrap_or(false);
        let state = self.state()?;
        let secrets = state.secrets.iter().filter(|(name, secret)| {
            let wanted = prefixes.is_empty() || prefixes.iter().any(|prefix| name.starts_with(prefix));
            wanted && (deleted || secret.deleted.is_none())
        });
        let items = secrets.map(|(name, secret)| {
            let mut item = self.summary(name, secret);
            insert(&mut item, "SecretVersionsToStages", json!(secret.stages()));
            item
        });
        let marker = ("NextToken", "InvalidNextTokenException");
        let (items, next) = request.page(items.collect(), ("MaxResults", 1..=100, 100), marker)?;
        let mut answer = json!({"SecretList": items});
        if let Some(next) = next {
            insert(&mut answer, "NextToken", json!(next));
        }
        Ok(answer)
    }

    fn summary(&self, name: &str, secret: &Secret) -> Value {
        let mut members = Map::new();
        let mut add = |member: &str, value| members.insert(member.to_owned(), value);
        add("ARN", json!(self.arn(name, secret)));
        add("Name", json!(name));
        add("CreatedDate", seconds(secret.created));
        add("LastChangedDate", seconds(secret.changed));
        if let Some(description) = &secret.description {
            add("Description", json!(description));
        }
        if let Some((marked, _)) = secret.deleted {
            add("DeletedDate", seconds(marked));
        }
        Value::Object(members)
    }

    fn delete_secret(&self, request: &Request) -> Answer {
        let given = request.need_text("SecretId")?;
        let window = request.integer("RecoveryWindowInDays")?;
        let force = request.flag("ForceDeleteWithoutRecovery")?.unwrap_or(false);
        if force && window.is_some() {
            let message =
                "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.";
            return Err(invalid_parameter(message));
        }
        let window = window.unwrap_or(30);
        if !(7..=30).contains(&window) {
            return Err(invalid_parameter(
                "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
            ));
        }
        let now = (self.now)();
        let at = if force {
            now
        } else {
            now.saturating_add(window.saturating_mul(DAY))
        };
        self.state.change(|state| {
            state.settle(now);
            let name = self.name(state, given)?.to_owned();
            let secret = state.secrets.get_mut(&name);
            let secret =
                secret.ok_or_else(|| not_found("Secrets Manager can't find the specified secret."))?;
            if !force {
                self.living(&name, secret)?;
            }
            let answer = json!({"ARN": self.arn(&name, secret), "Name": name, "DeletionDate": seconds(at)});
            secret.deleted = Some((now, at));
            state.settle(now);
            Ok(answer)
        })
    }
}

fn insert(answer: &mut Value, member: &str, value: Value) {
    if let Some(members) = answer.as_object_mut() {
        members.insert(member.to_owned(), value);
    }
}

fn not_found(message: &str) -> Failure {
    Failure::new("ResourceNotFoundException", message)
}

fn invalid_parameter(message: &str) -> Failure {
    Failure::new("InvalidParameterException", message)
}

/// Refuses what cannot be the name of a secret.
fn check_name(name: &str) -> Result<(), Failure> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "/_+=.@-".contains(letter);
    if (1..=512).contains(&name.len()) && name.chars().all(allowed) {
        return Ok(());
    }
    let message = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: \
                   -/_+=.@";
    Err(Failure::new("ValidationException", message))
}

/// The caller's token, which becomes the version's id, or a new one.
fn version_id(request: &Request) -> Result<String, Failure> {
    match request.text("ClientRequestToken")? {
        Some(token) if (32..=64).contains(&token.len()) => Ok(token.to_owned()),
        Some(_) => Err(invalid_parameter(
            "ClientRequestToken must be 32-64 characters long.",
        )),
        None => wire::uuid(),
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{DAY, Dir, advance, now, ok, refused};
    use crate::{Emulator, secrets::MOST_BYTES};
    use serde_json::{Value, json};

    const GET: &str = "secretsmanager.GetSecretValue";
    const PUT: &str = "secretsmanager.PutSecretValue";
    const CREATE: &str = "secretsmanager.CreateSecret";

    #[test]
    fn values_are_kept_across_a_restart() {
        let dir = Dir::new();
        let aws = dir.open();
        let made = ok(
            &aws,
            CREATE,
            json!({"Name": "app/db", "SecretString": "pässword", "Description": "d"}),
        );
        ok(&aws, CREATE, json!({"Name": "app/key", "SecretBinary": "AAEC"}));
        drop(aws);
        let aws = dir.open();
        let arn = made["ARN"].as_str().unwrap();
        assert!(
            arn.starts_with("arn:aws:secretsmanager:eu-central-1:111122223333:secret:app/db-"),
            "{arn}"
        );
        for id in ["app/db", arn, &arn[..arn.len() - 7]] {
            let value = ok(&aws, GET, json!({"SecretId": id}));
            assert_eq!(value["SecretString"], "pässword");
            assert_eq!(value["ARN"], arn);
            assert_eq!(value["VersionId"], made["VersionId"]);
            assert_eq!(value["VersionStages"], json!(["AWSCURRENT"]));
        }
        assert_eq!(
            ok(&aws, GET, json!({"SecretId": "app/key"}))["SecretBinary"],
            "AAEC"
        );
        refused(&aws, GET, json!({"SecretId": "app"}), "ResourceNotFoundException");
        refused(
            &aws,
            GET,
            json!({"SecretId": format!("{arn}x")}),
            "ResourceNotFoundException",
        );
        refused(&aws, GET, json!({}), "ValidationException");
    }

    #[test]
    fn stages_move() {
        let dir = Dir::new();
        let aws = dir.open();
        ok(&aws, CREATE, json!({"Name": "s"}));
        refused(&aws, GET, json!({"SecretId": "s"}), "ResourceNotFoundException");
        let versions = ["1", "2", "3"].map(|value| {
            advance(1000);
            ok(&aws, PUT, json!({"SecretId": "s", "SecretString": value}))["VersionId"].clone()
        });
        let get = |body: Value| ok(&aws, GET, body)["SecretString"].clone();
        assert_eq!(get(json!({"SecretId": "s"})), "3");
        assert_eq!(get(json!({"SecretId": "s", "VersionStage": "AWSPREVIOUS"})), "2");
        assert_eq!(get(json!({"SecretId": "s", "VersionId": versions[0]})), "1");
        let mixed = json!({"SecretId": "s", "VersionId": versions[0], "VersionStage": "AWSCURRENT"});
        refused(&aws, GET, mixed, "InvalidRequestException");
        let pending = json!({"SecretId": "s", "SecretString": "4", "VersionStages": ["AWSPENDING"]});
        ok(&aws, PUT, pending);
        assert_eq!(get(json!({"SecretId": "s"})), "3");
        assert_eq!(get(json!({"SecretId": "s", "VersionStage": "AWSPENDING"})), "4");
        let described = ok(&aws, "secretsmanager.DescribeSecret", json!({"SecretId": "s"}));
        assert_eq!(described["VersionIdsToStages"].as_object().unwrap().len(), 3);
        assert_eq!(
            described["VersionIdsToStages"][versions[2].as_str().unwrap()],
            json!(["AWSCURRENT"])
        );
        assert!(described.get("SecretString").is_none());
    }

    #[test]
    fn old_versions_are_forgotten() {
        let dir = Dir::new();
        let aws = dir.open();
        let first = ok(&aws, CREATE, json!({"Name": "s", "SecretString": "first"}))["VersionId"].clone();
        for value in 0..102 {
            advance(1);
            if value == 101 {
                ok(&aws, GET, json!({"SecretId": "s", "VersionId": first}));
            }
            ok(
                &aws,
                PUT,
                json!({"SecretId": "s", "SecretString": value.to_string()}),
            );
        }
        refused(
            &aws,
            GET,
            json!({"SecretId": "s", "VersionId": first}),
            "ResourceNotFoundException",
        );
    }

    #[test]
    fn tokens_make_requests_repeatable() {
        let dir = Dir::new();
        let aws = dir.open();
        let token = "0123456789abcdef0123456789abcdef";
        let body = json!({"Name": "s", "SecretString": "a", "ClientRequestToken": token});
        assert_eq!(ok(&aws, CREATE, body.clone()), ok(&aws, CREATE, body));
        let other = json!({"Name": "s", "SecretString": "b", "ClientRequestToken": token});
        refused(&aws, CREATE, other, "ResourceExistsException");
        let put = json!({"SecretId": "s", "SecretString": "b", "ClientRequestToken": token});
        refused(&aws, PUT, put, "ResourceExistsException");
        let put = json!({"SecretId": "s", "SecretString": "a", "ClientRequestToken": token});
        assert_eq!(ok(&aws, PUT, put)["VersionId"], token);
        let short = json!({"SecretId": "s", "SecretString": "a", "ClientRequestToken": "x"});
        refused(&aws, PUT, short, "InvalidParameterException");
    }

    #[test]
    fn wrong_values_are_refused() {
        let dir = Dir::new();
        let aws = dir.open();
        for (body, kind) in [
            (json!({"Name": "a b"}), "ValidationException"),
            (json!({"Name": ""}), "ValidationException"),
            (
                json!({"Name": "s", "SecretString": "a", "SecretBinary": "AA=="}),
                "InvalidParameterException",
            ),
            (
                json!({"Name": "s", "SecretString": ""}),
                "InvalidParameterException",
            ),
            (
                json!({"Name": "s", "SecretString": "a".repeat(MOST_BYTES + 1)}),
                "InvalidParameterException",
            ),
        ] {
            refused(&aws, CREATE, body, kind);
        }
        ok(
            &aws,
            CREATE,
            json!({"Name": "s", "SecretString": "a".repeat(MOST_BYTES)}),
        );
        refused(
            &aws,
            CREATE,
            json!({"Name": "s", "SecretString": "b"}),
            "ResourceExistsException",
        );
        refused(&aws, PUT, json!({"SecretId": "s"}), "InvalidParameterException");
    }

    #[test]
    fn deletion_waits() {
        let dir = Dir::new();
        let aws = dir.open();
        let delete = "secretsmanager.DeleteSecret";
        for name in ["now", "later"] {
            ok(&aws, CREATE, json!({"Name": name, "SecretString": "findme"}));
        }
        ok(
            &aws,
            delete,
            json!({"SecretId": "now", "ForceDeleteWithoutRecovery": true}),
        );
        refused(&aws, GET, json!({"SecretId": "now"}), "ResourceNotFoundException");
        let both =
            json!({"SecretId": "later", "ForceDeleteWithoutRecovery": true, "RecoveryWindowInDays": 7});
        refused(&aws, delete, both, "InvalidParameterException");
        let short = json!({"SecretId": "later", "RecoveryWindowInDays": 6});
        refused(&aws, delete, short, "InvalidParameterException");
        let answer = ok(
            &aws,
            delete,
            json!({"SecretId": "later", "RecoveryWindowInDays": 7}),
        );
        assert_eq!(answer["DeletionDate"], 1_700_000_000 + 7 * 86_400);
        refused(&aws, GET, json!({"SecretId": "later"}), "InvalidRequestException");
        refused(
            &aws,
            PUT,
            json!({"SecretId": "later", "SecretString": "x"}),
            "InvalidRequestException",
        );
        refused(&aws, CREATE, json!({"Name": "later"}), "InvalidRequestException");
        assert!(aws.secrets.ensure("later", || "x".to_owned()).is_err());
        assert!(
            ok(
                &aws,
                "secretsmanager.DescribeSecret",
                json!({"SecretId": "later"})
            )["DeletedDate"]
                .is_i64()
        );
        let list = |body: Value| ok(&aws, "secretsmanager.ListSecrets", body)["SecretList"].clone();
        assert_eq!(list(json!({})), json!([]));
        assert_eq!(
            list(json!({"IncludePlannedDeletion": true}))
                .as_array()
                .unwrap()
                .len(),
            1
        );
        advance(7 * DAY);
        refused(
            &aws,
            GET,
            json!({"SecretId": "later"}),
            "ResourceNotFoundException",
        );
        assert!(
            !std::fs::read_to_string(dir.path().join("secrets.json"))
                .unwrap()
                .contains("later")
        );
    }

    #[test]
    fn lists_have_pages_and_filters() {
        let dir = Dir::new();
        let aws = dir.open();
        for name in ["a/1", "a/2", "b/1"] {
            ok(&aws, CREATE, json!({"Name": name}));
        }
        let list = |body: Value| ok(&aws, "secretsmanager.ListSecrets", body);
        let first = list(json!({"MaxResults": 2}));
        assert_eq!(first["SecretList"].as_array().unwrap().len(), 2);
        let second = list(json!({"MaxResults": 2, "NextToken": first["NextToken"]}));
        assert_eq!(second["SecretList"][0]["Name"], "b/1");
        assert!(second.get("NextToken").is_none());
        let filtered = list(json!({"Filters": [{"Key": "name", "Values": ["a/"]}]}));
        assert_eq!(filtered["SecretList"].as_array().unwrap().len(), 2);
        let tags = json!({"Filters": [{"Key": "tag-key", "Values": ["a"]}]});
        refused(
            &aws,
            "secretsmanager.ListSecrets",
            tags,
            "InvalidParameterException",
        );
    }

    #[test]
    fn ensure_makes_a_secret_once() {
        let dir = Dir::new();
        let arn = dir
            .open()
            .secrets
            .ensure("pepper", || "first".to_owned())
            .unwrap();
        let aws = dir.open();
        assert_eq!(aws.secrets.ensure("pepper", || unreachable!()).unwrap(), arn);
        assert_eq!(ok(&aws, GET, json!({"SecretId": arn}))["SecretString"], "first");
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let dir = Dir::new();
        drop(
            dir.open()
                .secrets
                .ensure("pepper", || "first".to_owned())
                .unwrap(),
        );
        let path = dir.path().join("secrets.json");
        let sound = std::fs::read_to_string(&path).unwrap();
        for damaged in ["{", &sound.replace("\"format\": 1", "\"format\": 2")] {
            std::fs::write(&path, damaged).unwrap();
            let error = Emulator::open(dir.path(), "r", "a", now).unwrap_err().to_string();
            assert!(error.starts_with(path.to_str().unwrap()), "{error}");
        }
    }
}
