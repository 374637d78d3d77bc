//! Recovery codes: what stands in for a second factor that is lost.

use serde::{Deserialize, Serialize};
use shared::{record::Record, store::Digest};

/// A recovery code as kept; it is removed when it is used.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct RecoveryCode {
    /// SHA-256 of its 80 random bits in base32.
    #[secret]
    pub digest: Digest,
}
