//! Field encryption: KMS key → tenant key → subject key → field.

mod erase;
pub mod formats;
mod keyring;
mod kms;
mod reseal;
mod subject;
mod tenant_keys;

pub use erase::{DestroyedKey, Erasure};
pub use keyring::Keyring;
pub use kms::{KeyUse, Kms, KmsError};
pub use reseal::{Place, SealedItem, SealedKind, Seals, sealed_bytes, sealed_kind};
pub use subject::{SubjectCipher, SubjectKeyItem};
pub use tenant_keys::{TenantKeyItem, TenantKeys};

pub use crate::kernel::purpose::Purpose;
