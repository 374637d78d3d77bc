//! Names of the templates' parameters, and the defaults that are the local platform's.

use super::{ACCOUNT, ENVIRONMENT, REGION, pascal};
use shared::{crypto::KeyUse, store::Table};

/// The address of mail that the defaults name.
pub const MAIL_SENDER: &str = "no-reply@ledgerkeep.example";
/// The ARN that the parameter of the identity for mail has by default.
pub const DEFAULT_MAIL_IDENTITY: &str = "arn:aws:ses:eu-west-1:000000000000:identity/ledgerkeep.example";

/// `TableBilling`.
#[must_use]
pub fn table(table: Table) -> String {
    format!("Table{}", pascal(table.name()))
}

/// `KeyPii`.
#[must_use]
pub fn key(key: KeyUse) -> String {
    format!("Key{}", pascal(key.name()))
}

/// `SecretPepper`.
#[must_use]
pub fn secret(name: &str) -> String {
    format!("Secret{}", pascal(name))
}

/// `QueueDeliveriesUrl`.
#[must_use]
pub fn queue_url(name: &str) -> String {
    format!("Queue{}Url", pascal(name))
}

/// The keys that wrap tenant keys.
pub fn wrapping_keys() -> impl Iterator<Item = KeyUse> {
    KeyUse::ALL.into_iter().filter(|k| matches!(k, KeyUse::Wrap(_)))
}

/// The ARN of a key by its number among all.
#[must_use]
pub fn key_arn(number: usize) -> String {
    format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/mrk-{number:032}")
}

/// The ARN that a key's parameter has by default.
#[must_use]
pub fn default_key(key: KeyUse) -> String {
    key_arn(KeyUse::ALL.iter().position(|k| *k == key).unwrap_or_default())
}

/// The ARN that a secret's parameter has by default.
#[must_use]
pub fn default_secret(name: &str) -> String {
    format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:ledgerkeep/{ENVIRONMENT}/{name}-AAAAAA")
}

/// The ARN that a queue's parameter has by default.
#[must_use]
pub fn default_queue(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:ledgerkeep-{ENVIRONMENT}-{name}")
}
