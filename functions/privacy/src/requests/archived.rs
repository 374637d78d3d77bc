//! What a request says of its archive.

use serde::{Deserialize, Serialize};
use shared::record::Record;

/// What is said of an archive.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
#[record(name = "PrivacyArchive")]
pub struct Archive {
    /// How many parts it has.
    #[public]
    pub parts: u32,
    /// Bytes of the whole, decrypted.
    #[public]
    pub bytes: u64,
    /// What is signed: lines of the format, tenant, request, customer, parts, SHA-256 of the whole decrypted, SHA-256
    /// of the parts as read, one after the other, and the time.
    #[public]
    pub manifest: String,
    /// ES256 over the manifest: base64 of a DER signature.
    #[public]
    pub signature: String,
    /// Who signed: the key of the checkpoints, whose public half `GET /audit/v1/checkpoints` tells.
    #[public]
    pub key_id: String,
}
