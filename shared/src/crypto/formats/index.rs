//! Blind indexes: equal values of one field of one tenant are found without being stored in the clear.

use aws_lc_rs::hmac;

use super::{FormatError, TenantKey, lp_list};

const LABEL: &[u8] = b"bi/v1";
const MAC: usize = 16;

/// `version u32 ‖ HMAC-SHA256(K, normalised)` cut to 128 bits (RFC 2104, section 5), where `K` is
/// `HKDF-SHA512("bi/v1", L1, lp list of "bi/v1", tenant, table, field, version)` of the index key of the tenant
/// (RFC 5869, section 3.2). The value is normalised by the caller.
pub fn blind_index(
    key: &TenantKey,
    tenant: &str,
    table: &str,
    field: &str,
    normalised: &[u8],
) -> Result<Vec<u8>, FormatError> {
    let version = key.version.to_be_bytes();
    let info = lp_list(&[
        LABEL,
        tenant.as_bytes(),
        table.as_bytes(),
        field.as_bytes(),
        &version,
    ])?;
    let index_key = hmac::Key::new(hmac::HMAC_SHA256, key.key.hkdf(LABEL, &info)?.as_bytes());
    let mac = cut(&hmac::sign(&index_key, normalised))?;
    Ok([version.as_slice(), &mac].concat())
}

fn cut(mac: &hmac::Tag) -> Result<[u8; MAC], FormatError> {
    mac.as_ref().first_chunk().copied().ok_or(FormatError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::formats::Key256;

    fn key(version: u32) -> TenantKey {
        TenantKey::new(
            version,
            Key256::from_slice(&(0x20..0x40).collect::<Vec<u8>>()).unwrap(),
        )
    }

    /// RFC 4231, sections 4.2, 4.3 and 4.6 (the last is itself cut to 128 bits).
    #[test]
    fn hmac_sha256_known_answers() {
        for (key, data, mac) in [
            (
                vec![0x0b; 20],
                "Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe".to_vec(),
                "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                vec![0x0c; 20],
                "Test With Truncation",
                "a3b6167473100ee06e0c796c2955552b",
            ),
        ] {
            let signed = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), data.as_bytes());
            assert!(hex::encode(signed.as_ref()).starts_with(mac));
            assert_eq!(hex::encode(cut(&signed).unwrap()), mac[..32]);
        }
    }

    /// Computed by `tests/vectors/field_formats.py`.
    #[test]
    fn known_answer() {
        let index = blind_index(
            &key(7),
            "01JZ8QW3RSTVXYZ0123456789A",
            "identity",
            "email",
            b"ada@example.com",
        )
        .unwrap();
        assert_eq!(hex::encode(index), "0000000746d5c2dadb122dccf1e71d31b9548df9");
    }

    #[test]
    fn every_component_changes_the_index() {
        let own = blind_index(&key(7), "t", "identity", "email", b"ada").unwrap();
        assert_eq!(
            blind_index(&key(7), "t", "identity", "email", b"ada").unwrap(),
            own
        );
        for other in [
            blind_index(&key(8), "t", "identity", "email", b"ada"),
            blind_index(
                &TenantKey::new(7, Key256::random().unwrap()),
                "t",
                "identity",
                "email",
                b"ada",
            ),
            blind_index(&key(7), "u", "identity", "email", b"ada"),
            blind_index(&key(7), "t", "tenancy", "email", b"ada"),
            blind_index(&key(7), "t", "identity", "phone", b"ada"),
            blind_index(&key(7), "t", "identitye", "mail", b"ada"),
            blind_index(&key(7), "t", "identity", "email", b"adb"),
            blind_index(&key(7), "t", "identity", "email", b""),
        ] {
            let other = other.unwrap();
            assert_eq!(other.len(), 20);
            assert_ne!(other[4..], own[4..]);
        }
        assert_eq!(own[..4], [0, 0, 0, 7]);
        let long = "x".repeat(65_536);
        assert_eq!(
            blind_index(&key(7), &long, "t", "f", b""),
            Err(FormatError::TooLong)
        );
    }
}
