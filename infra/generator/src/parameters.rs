//! Parameters of the templates: their descriptions, patterns, and defaults that are the local platform's.

mod roots;

use super::quoted;
pub(super) use names::wrapping_keys;
use names::{
    ACCOUNT, DEFAULT_MAIL_IDENTITY, ENVIRONMENT, MAIL_SENDER, REGION, default_key, default_queue,
    default_secret, key_arn, pascal,
};
pub(super) use roots::*;
use shared::{
    crypto::KeyUse,
    endpoint::Uses,
    home::GateItem,
    store::{Item, POSTED, Table},
    worker::Trigger,
};
use std::{collections::BTreeMap, fmt::Write};

/// One parameter.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Parameter {
    about: String,
    default: Option<String>,
    /// What it must look like: a pattern, or a list of values.
    allowed: Allowed,
    number: bool,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Allowed {
    Pattern(&'static str),
    Values(&'static [&'static str]),
}

/// Parameters by their names.
#[derive(Clone, Default)]
pub(super) struct Parameters(BTreeMap<String, Parameter>);

impl Parameters {
    /// Adds parameters.
    pub(super) fn with(mut self, more: impl IntoIterator<Item = (String, Parameter)>) -> Self {
        self.0.extend(more);
        self
    }

    /// Their names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Everything of both.
    pub(super) fn merged(mut self, other: &Self) -> Self {
        self.0.extend(other.0.clone());
        self
    }

    /// All but those that `unwanted` names.
    pub(super) fn without(mut self, unwanted: impl Fn(&str) -> bool) -> Self {
        self.0.retain(|name, _| !unwanted(name));
        self
    }

    /// As the section of a template.
    pub(super) fn section(&self) -> String {
        let mut out = "Parameters:\n".to_owned();
        for (name, parameter) in &self.0 {
            let kind = if parameter.number { "Number" } else { "String" };
            let _ = writeln!(
                out,
                "  {name}:\n    Type: {kind}\n    Description: {}",
                quoted(&parameter.about)
            );
            if let Some(default) = &parameter.default {
                let _ = writeln!(
                    out,
                    "    Default: {}",
                    if parameter.number {
                        default.clone()
                    } else {
                        quoted(default)
                    }
                );
            }
            let _ = match parameter.allowed {
                Allowed::Pattern(pattern) => writeln!(out, "    AllowedPattern: {}", quoted(pattern)),
                Allowed::Values(values) => writeln!(out, "    AllowedValues: [{}]", values.join(", ")),
            };
        }
        out
    }
}

const KEY_ARN: &str = "^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/mrk-[0-9a-f]{32}$";

fn text(name: &str, about: &str, default: Option<String>, pattern: &'static str) -> (String, Parameter) {
    let allowed = Allowed::Pattern(pattern);
    (
        name.to_owned(),
        Parameter {
            about: about.to_owned(),
            default,
            allowed,
            number: false,
        },
    )
}

/// `Environment`.
pub(super) fn environment() -> (String, Parameter) {
    let about = "Name of the environment, part of every name and of every encryption context.";
    text(
        "Environment",
        about,
        Some(ENVIRONMENT.into()),
        "^[a-z][a-z0-9]{1,7}$",
    )
}

/// `DomainName`.
pub(super) fn domain() -> (String, Parameter) {
    let about = "Host name of the API; access tokens are issued by and for https://<it>.";
    text(
        "DomainName",
        about,
        Some("localhost".into()),
        "^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$",
    )
}

/// `AllowedNetworks`.
pub(super) fn allowed_networks() -> (String, Parameter) {
    let about = "Networks (CIDR, separated by commas) that every call must come from; empty for any.";
    text(
        "AllowedNetworks",
        about,
        Some(String::new()),
        "^([0-9a-fA-F.:]+/[0-9]{1,3}(,[0-9a-fA-F.:]+/[0-9]{1,3})*)?$",
    )
}

/// `RegionalUrls`.
pub(super) fn regional_urls() -> (String, Parameter) {
    let about = "Addresses of the regions, region=https://host separated by commas: where a region sends who writes for a tenant of the other.";
    text(
        "RegionalUrls",
        about,
        Some(String::new()),
        "^([a-z0-9-]+=https://[^,= ]+(,[a-z0-9-]+=https://[^,= ]+)*)?$",
    )
}

/// `Architecture`.
pub(super) fn architecture() -> (String, Parameter) {
    let about = "Instruction set of the functions; what `make build` was told to build (ARCH).".to_owned();
    let allowed = Allowed::Values(&["arm64", "x86_64"]);
    (
        "Architecture".to_owned(),
        Parameter {
            about,
            default: Some("arm64".into()),
            allowed,
            number: false,
        },
    )
}

/// `LogRetention`.
pub(super) fn log_retention() -> (String, Parameter) {
    let about = "Days that logs are kept; PCI DSS 10.5.1 asks for twelve months.".to_owned();
    let allowed = Allowed::Values(&["1", "7", "30", "90", "365", "400", "731"]);
    (
        "LogRetention".to_owned(),
        Parameter {
            about,
            default: Some("400".into()),
            allowed,
            number: true,
        },
    )
}

/// `SecondRegion`.
pub(super) fn second_region() -> (String, Parameter) {
    let about = "The other region of the environment.";
    text(
        "SecondRegion",
        about,
        Some("eu-central-1".into()),
        "^[a-z]{2}(-[a-z]+)+-[0-9]$",
    )
}

/// `LogKey`: encrypts logs.
pub(super) fn log_key() -> (String, Parameter) {
    text(
        "LogKey",
        "ARN of the key that encrypts logs.",
        Some(key_arn(101)),
        KEY_ARN,
    )
}

/// The parameter that names the boundary of the roles that Lambda gives functions.
pub(super) const FUNCTION_BOUNDARY: &str = "FunctionBoundary";
/// The parameter that names the boundary of the roles that reach data.
pub(super) const DATA_BOUNDARY: &str = "DataBoundary";

fn boundary(name: &'static str, of: &str) -> (String, Parameter) {
    text(
        name,
        &format!("ARN of the permissions boundary of the roles {of}."),
        Some(format!("arn:aws:iam::{ACCOUNT}:policy/{name}")),
        "^arn:aws[a-z-]*:iam::[0-9]{12}:policy/.+$",
    )
}

/// `FunctionBoundary`.
pub(super) fn function_boundary() -> (String, Parameter) {
    boundary(FUNCTION_BOUNDARY, "that Lambda gives functions")
}

/// `DataBoundary`.
pub(super) fn data_boundary() -> (String, Parameter) {
    boundary(DATA_BOUNDARY, "that reach data")
}

/// `DataKey`: encrypts tables, queues, secrets and the archive at rest.
pub(super) fn data_key() -> (String, Parameter) {
    text(
        "DataKey",
        "ARN of the key that encrypts tables, queues, secrets and the archive at rest.",
        Some(key_arn(100)),
        KEY_ARN,
    )
}

/// The same key in the second region: a replica has the id of its primary.
pub(super) const DATA_KEY_REPLICA: &str = "\
!Join
  - '/'
  - - !Sub arn:${AWS::Partition}:kms:${SecondRegion}:${AWS::AccountId}:key
    - !Select [1, !Split ['/', !Ref DataKey]]
";

/// The primary key that a replica copies. There is no default: it names an account.
pub(super) fn primary_key(name: &str) -> (String, Parameter) {
    text(
        name,
        &format!("ARN of {name} in the first region, of which this is the replica."),
        None,
        KEY_ARN,
    )
}

/// `TableBilling`.
pub(super) fn table(table: Table) -> (String, Parameter) {
    let name = names::table(table);
    let default = format!("ledgerkeep-{ENVIRONMENT}-{}", table.name());
    text(
        &name,
        &format!("Name of the {} table.", table.name()),
        Some(default),
        "^[a-zA-Z0-9_.-]{3,255}$",
    )
}

/// `StreamBilling`.
pub(super) fn stream(table: Table) -> (String, Parameter) {
    let name = format!("Stream{}", pascal(table.name()));
    let default = format!(
        "arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/ledgerkeep-{ENVIRONMENT}-{}/stream/2026-01-01T00:00:00.000",
        table.name()
    );
    let about = format!("ARN of the {} table's stream in this region.", table.name());
    text(
        &name,
        &about,
        Some(default),
        "^arn:aws[a-z-]*:dynamodb:[a-z0-9-]+:[0-9]{12}:table/[^/]+/stream/.+$",
    )
}

/// `KeyPii`.
pub(super) fn key(key: KeyUse) -> (String, Parameter) {
    let about = format!("ARN of the KMS key {}.", key.name());
    text(&names::key(key), &about, Some(default_key(key)), KEY_ARN)
}

/// `TenantKeys`. No list of nothing can be named by a role, so that without such keys it names one of the platform's.
pub(super) fn tenant_keys() -> (String, Parameter) {
    let about = "ARNs of KMS keys that tenants bring, separated by commas; that of KeyPii where none does.";
    text(
        "TenantKeys",
        about,
        Some(key_arn(0)),
        "^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/mrk-[0-9a-f]{32}(,arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/mrk-[0-9a-f]{32})*$",
    )
}

/// `SecretPepper`.
pub(super) fn secret(name: &str) -> (String, Parameter) {
    let default = default_secret(name);
    let pattern = "^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+$";
    text(
        &names::secret(name),
        &format!("ARN of the secret {name} in this region."),
        Some(default),
        pattern,
    )
}

/// `QueueDeliveriesUrl`.
pub(super) fn queue_url(name: &str) -> (String, Parameter) {
    let default = format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/ledgerkeep-{ENVIRONMENT}-{name}");
    let about = format!("Address of the queue {name}.");
    text(
        &names::queue_url(name),
        &about,
        Some(default),
        "^https://[^/]+/[0-9]{12}/.+$",
    )
}

/// `QueueDeliveriesArn`.
pub(super) fn queue_arn(name: &str) -> (String, Parameter) {
    let default = default_queue(name);
    let about = format!("ARN of the queue {name}.");
    let pattern = "^arn:aws[a-z-]*:sqs:[a-z0-9-]+:[0-9]{12}:.+$";
    text(
        &format!("Queue{}Arn", pascal(name)),
        &about,
        Some(default),
        pattern,
    )
}

/// `RunbookUrl`.
pub(super) fn runbook_url() -> (String, Parameter) {
    let about = "Where whoever is on call can read infra/runbooks/; alarms name their runbook below it.";
    text(
        "RunbookUrl",
        about,
        Some("https://runbooks.ledgerkeep.example".into()),
        "^https://[^ ]+[^ /]$",
    )
}

/// `BucketArchive`.
pub(super) fn archive() -> (String, Parameter) {
    text(
        "BucketArchive",
        "Name of the archive's bucket in this region.",
        Some(format!("ledgerkeep-{ENVIRONMENT}-archive-{ACCOUNT}-{REGION}")),
        "^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$",
    )
}

/// `ArchiveDays`.
pub(super) fn archive_days() -> (String, Parameter) {
    let about = "Days that an object of the archive is locked at least, and kept; PCI DSS 10.5.1 asks for twelve months.";
    let allowed = Allowed::Values(&["1", "30", "400", "731", "1096", "3653"]);
    (
        "ArchiveDays".to_owned(),
        Parameter {
            about: about.to_owned(),
            default: Some("400".into()),
            allowed,
            number: true,
        },
    )
}

/// `MailSender`.
pub(super) fn mail_sender() -> (String, Parameter) {
    text(
        "MailSender",
        "The address that mail comes from; it belongs to MailIdentity.",
        Some(MAIL_SENDER.into()),
        "^[^@ ]+@[^@ ]+$",
    )
}

/// `MailIdentity`.
pub(super) fn mail_identity() -> (String, Parameter) {
    text(
        "MailIdentity",
        "ARN of the SES identity, verified in this region, that mail is sent as.",
        Some(DEFAULT_MAIL_IDENTITY.to_owned()),
        "^arn:aws[a-z-]*:ses:[a-z0-9-]+:[0-9]{12}:identity/.+$",
    )
}

/// Where homes are, and the gates of commits.
const HOME: [Table; 2] = [Table::Home, GateItem::TABLE];

/// What one need asks a template's parent for.
pub(super) fn of_need(need: &Uses) -> Vec<(String, Parameter)> {
    match need {
        Uses::Read(t)
        | Uses::Write(t)
        | Uses::List(t, _)
        | Uses::Below(t)
        | Uses::Scan(t)
        | Uses::Purge(t) => vec![table(*t)],
        Uses::Home => HOME.map(table).to_vec(),
        Uses::Post => POSTED.map(table).to_vec(),
        Uses::Key(purpose) => vec![key(KeyUse::Wrap(*purpose)), tenant_keys()],
        Uses::NewKeys | Uses::Rewrap => wrapping_keys().map(key).chain([tenant_keys()]).collect(),
        Uses::Sign(k) | Uses::PublicKey(k) | Uses::Mac(k) => vec![key(*k)],
        Uses::Secret(name) => vec![secret(name)],
        Uses::Send(name) => vec![queue_url(name), queue_arn(name)],
        Uses::Egress => Vec::new(),
        Uses::Mail => vec![mail_sender(), mail_identity()],
        Uses::Archive => vec![archive()],
    }
}

/// What a trigger asks for.
pub(super) fn of_trigger(trigger: &Trigger) -> Vec<(String, Parameter)> {
    match trigger {
        Trigger::Stream(tables) => tables.iter().map(|t| stream(*t)).collect(),
        Trigger::Queue(name) => vec![queue_arn(name)],
        Trigger::Schedule(_) | Trigger::Manual => Vec::new(),
    }
}
