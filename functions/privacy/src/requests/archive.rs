//! The archive of a request: everything about a customer as JSON with a readable page, encrypted under a one-time key
//! and signed.
//!
//! The key is random and used for one archive, so neither a password nor an agreement is needed: it is told once, to
//! whoever took the request, and the platform forgets it when the archive has been made. Each part is
//! `nonce[12] ‖ AES-256-GCM ciphertext ‖ tag[16]`; its place among the parts is associated data, so none can be left
//! out, moved or taken from another archive. The signature (ES256, by the key of the checkpoints) is over
//! [`Archive::manifest`], whose first line no checkpoint begins with. At rest each part is sealed once more under the
//! customer's own key, so that an erasure takes it along.

use super::RequestId;
use super::RequestItem;
pub use super::archived::Archive;
use aws_lc_rs::aead::{AES_256_GCM, Aad, RandomizedNonceKey};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use shared::{
    crypto::{Purpose, SealedItem, Seals, SubjectCipher, formats::lp_list},
    ids::{CustomerId, TenantId},
    problem::Problem,
    record::Record,
    store::{Item, Sealed, Table},
    text::IssuedSecret,
};
use zeroize::Zeroizing;

/// Names the format in signatures and associated data.
pub const FORMAT: &str = "ledgerkeep-subject-archive/1";
/// Bytes of one part before encryption: an item holds 400 KB.
pub const PART: usize = 256 * 1024;

/// A part as kept.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct PartItem {
    /// The request.
    #[public]
    pub request: RequestId,
    /// Whose key it is sealed under.
    #[public]
    pub customer: CustomerId,
    /// Which part, from 0.
    #[public]
    pub number: u32,
    /// The encrypted part, sealed under the customer's key.
    #[personal]
    pub body: Sealed,
}

impl PartItem {
    /// Its sort key.
    #[must_use]
    pub fn place(number: u32) -> String {
        format!("part#{number:06}")
    }
}

impl SealedItem for PartItem {
    fn seals(&mut self, _: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(self.customer.as_str(), Purpose::Pii);
        seals.field("body", &mut self.body);
        seals
    }
}

impl Item for PartItem {
    const TABLE: Table = Table::Privacy;
    const KIND: &'static str = "privacy-archive";
    const PROCESSING: Option<shared::processing::Processing> = Some(shared::processing::Processing::new(
        "Hand a person a copy of their data",
        shared::processing::Subjects::Customers,
        shared::processing::Basis::LegalObligation,
        "Until the person is erased",
        shared::processing::Reach::Nothing,
    ));
    fn id(&self) -> &str {
        self.request.as_str()
    }
    fn sort(&self) -> String {
        Self::place(self.number)
    }
}

/// A part as answered.
#[derive(Record, Serialize)]
#[record(name = "PrivacyArchivePart")]
pub struct Part {
    /// Which part, from 0.
    #[public]
    pub number: u32,
    /// Base64 of nonce, ciphertext and tag.
    #[personal]
    pub body: String,
}

fn refused(e: impl std::fmt::Display) -> Problem {
    Problem::internal(format!("archive: {e}"))
}

/// A new key: sealed under the customer's, for the worker, and to be told once.
///
/// # Errors
/// 500 when it cannot be sealed.
pub fn new_key(cipher: &SubjectCipher, id: &RequestId) -> Result<(Sealed, IssuedSecret), Problem> {
    let key = Zeroizing::new(shared::random::bytes::<32>());
    let sealed = cipher.seal::<RequestItem>(id.as_str(), "-", "archive_key", key.as_slice())?;
    Ok((sealed, IssuedSecret::new(STANDARD.encode(key.as_slice()))))
}

/// Splits and encrypts.
///
/// # Errors
/// 500 when the key is not one.
pub fn encrypt(key: &[u8], id: &RequestId, whole: &[u8]) -> Result<Vec<Vec<u8>>, Problem> {
    let key = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(refused)?;
    let parts = u32::try_from(whole.chunks(PART).count()).map_err(refused)?;
    let chunks = whole.chunks(PART).zip(0u32..);
    chunks
        .map(|(chunk, number)| {
            let place = lp_list(&[
                FORMAT.as_bytes(),
                id.as_str().as_bytes(),
                &number.to_be_bytes(),
                &parts.to_be_bytes(),
            ]);
            let mut body = chunk.to_vec();
            let nonce = key
                .seal_in_place_append_tag(Aad::from(place.map_err(refused)?), &mut body)
                .map_err(refused)?;
            Ok([nonce.as_ref().as_slice(), &body].concat())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::aead::{LessSafeKey, Nonce, UnboundKey};

    fn open(key: &[u8], id: &RequestId, number: u32, parts: u32, part: &[u8]) -> Option<Vec<u8>> {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).unwrap());
        let (nonce, body) = part.split_at(12);
        let place = lp_list(&[
            FORMAT.as_bytes(),
            id.as_str().as_bytes(),
            &number.to_be_bytes(),
            &parts.to_be_bytes(),
        ]);
        let mut body = body.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).unwrap();
        let plain = key.open_in_place(nonce, Aad::from(place.unwrap()), &mut body);
        plain.ok().map(|p| p.to_vec())
    }

    #[test]
    fn parts_open_at_their_own_place_only() {
        let (key, id) = ([7u8; 32], RequestId::new(shared::time::Timestamp::UNIX_EPOCH));
        let whole = vec![42u8; PART + 1];
        let parts = encrypt(&key, &id, &whole).unwrap();
        assert_eq!(parts.len(), 2);
        let plain = |n: u32| open(&key, &id, n, 2, &parts[n as usize]).unwrap();
        assert_eq!([plain(0), plain(1)].concat(), whole);
        let other = RequestId::new(shared::time::Timestamp::UNIX_EPOCH);
        assert!(open(&key, &id, 1, 2, &parts[0]).is_none());
        assert!(open(&key, &id, 0, 1, &parts[0]).is_none());
        assert!(open(&key, &other, 0, 2, &parts[0]).is_none());
        assert!(open(&[8; 32], &id, 0, 2, &parts[0]).is_none());
    }
}
