//! The copy of a form in the archive, under Object Lock until its term has ended.
//!
//! ```text
//! <tenant>/documents/<invoice or credit note>/<form>    nonce[12] ‖ AES-256-GCM ciphertext ‖ tag[16]
//! ```
//!
//! A copy cannot be sealed anew when keys are rotated, so each document has a key of its own for its copies: random, and sealed beside
//! the document under the retention key of its year. When that key is destroyed nobody can read the copies any more, wherever they are.

use super::{Format, IssuedDocument};
use crate::retained::TERM;
use aws_lc_rs::aead::{AES_256_GCM, Aad, RandomizedNonceKey};
use jiff::{civil::date, tz::TimeZone};
use shared::{
    crypto::{SubjectCipher, formats::lp_list},
    ids::TenantId,
    problem::Problem,
    store::Sealed,
    time::Timestamp,
};
use zeroize::Zeroizing;

/// Names the format in associated data.
const FORMAT: &str = "ledgerkeep-document/1";
/// The name of the field that keeps the key.
const KEY: &str = "archive_key";

fn refused(e: impl std::fmt::Display) -> Problem {
    Problem::internal(format!("archived document: {e}"))
}

/// The key of a document's copies.
pub(crate) struct ArchiveKey(Zeroizing<[u8; 32]>);

impl ArchiveKey {
    /// A fresh one.
    pub(crate) fn new() -> Self {
        Self(Zeroizing::new(shared::random::bytes::<32>()))
    }

    /// As it is kept.
    pub(crate) fn sealed(&self, cipher: &SubjectCipher, of: &str) -> Result<Sealed, Problem> {
        cipher.seal::<IssuedDocument>(of, "-", KEY, self.0.as_slice())
    }

    /// A form as it lies in the archive: it opens as this form of this document of this tenant only.
    pub(crate) fn copy(&self, place: &Place<'_>, bytes: &[u8]) -> Result<Vec<u8>, Problem> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, self.0.as_slice()).map_err(refused)?;
        let mut body = bytes.to_vec();
        let nonce = key
            .seal_in_place_append_tag(Aad::from(place.data()?), &mut body)
            .map_err(refused)?;
        Ok([nonce.as_ref().as_slice(), &body].concat())
    }
}

/// Where a copy lies.
pub(crate) struct Place<'a> {
    /// Whose.
    pub tenant: &'a TenantId,
    /// The invoice or credit note.
    pub of: &'a str,
    /// Which form.
    pub format: Format,
}

impl Place<'_> {
    /// The name of its object.
    pub(crate) fn name(&self) -> String {
        format!("{}/documents/{}/{}", self.tenant, self.of, self.format.name())
    }

    fn data(&self) -> Result<Vec<u8>, Problem> {
        let parts = [FORMAT, self.tenant.as_str(), self.of, self.format.name()];
        lp_list(&parts.map(str::as_bytes)).map_err(refused)
    }
}

/// Until when what was issued in a year is locked: ten whole years after its end.
pub(crate) fn locked_until(retained: &str) -> Result<Timestamp, Problem> {
    let year = retained.strip_prefix("retention-");
    let year = year.and_then(|year| year.parse::<i16>().ok());
    let year = year.ok_or_else(|| refused("the year of a retention key is none"))?;
    let end = date(year.saturating_add(TERM).saturating_add(1), 1, 1);
    let end = end.to_zoned(TimeZone::UTC).map_err(refused)?;
    Ok(end.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::aead::{LessSafeKey, Nonce, UnboundKey};

    #[test]
    fn a_copy_opens_at_its_own_place_only() {
        let (key, tenant) = (ArchiveKey::new(), TenantId::platform());
        let place = |of, format| Place {
            tenant: &tenant,
            of,
            format,
        };
        let copy = key.copy(&place("inv_1", Format::Pdf), b"%PDF").unwrap();
        let open = |place: &Place<'_>| {
            let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.0.as_slice()).unwrap());
            let (nonce, body) = copy.split_at(12);
            let nonce = Nonce::try_assume_unique_for_key(nonce).unwrap();
            let mut body = body.to_vec();
            let aad = Aad::from(place.data().unwrap());
            key.open_in_place(nonce, aad, &mut body).map(|b| b.to_vec()).ok()
        };
        assert_eq!(open(&place("inv_1", Format::Pdf)).as_deref(), Some(&b"%PDF"[..]));
        assert_eq!(open(&place("inv_1", Format::Ubl)), None);
        assert_eq!(open(&place("inv_2", Format::Pdf)), None);
    }

    #[test]
    fn what_is_issued_in_a_year_is_locked_for_ten_whole_years_after_it() {
        let until = |retained| locked_until(retained).map(|at| at.to_string()).ok();
        assert_eq!(until("retention-2026").as_deref(), Some("2037-01-01T00:00:00Z"));
        assert_eq!(until("cus_1"), None);
    }
}
