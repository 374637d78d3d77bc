//! A sealed field: `E1 ‖ suite ‖ version u32 ‖ commitment[32] ‖ nonce[12] ‖ ciphertext ‖ tag[16]`.

use aws_lc_rs::{
    aead::{Aad, LessSafeKey, Nonce},
    constant_time::verify_slices_are_equal,
};
use zeroize::Zeroizing;

use super::{FormatError, NONCE, SUITE, TAG, header, lp_list, random};

pub(super) const LABEL: &[u8] = b"fe/v1";
const FORMAT: u8 = 0xE1;
const COMMITMENT: usize = 32;
const HEAD: usize = 6 + COMMITMENT + NONCE;

/// Where a field is stored; a sealed field opens nowhere else (NIST SP 800-38D, section 7.1, associated data). The
/// version of the subject key is added from the key.
#[derive(Clone, Copy, Debug)]
pub struct FieldAddress<'a> {
    /// The environment.
    pub env: &'a str,
    /// The tenant.
    pub tenant: &'a str,
    /// The table.
    pub table: &'a str,
    /// The partition key of the item.
    pub pk: &'a str,
    /// The sort key of the item.
    pub sk: &'a str,
    /// The path of the attribute within the item.
    pub attribute: &'a str,
    /// The type of the value.
    pub kind: &'a str,
    /// The data subject.
    pub subject: &'a str,
}

impl FieldAddress<'_> {
    fn associated_data(&self, version: u32) -> Result<Vec<u8>, FormatError> {
        lp_list(&[
            LABEL,
            &[SUITE],
            self.env.as_bytes(),
            self.tenant.as_bytes(),
            self.table.as_bytes(),
            self.pk.as_bytes(),
            self.sk.as_bytes(),
            self.attribute.as_bytes(),
            self.kind.as_bytes(),
            self.subject.as_bytes(),
            &version.to_be_bytes(),
        ])
    }
}

/// L3: the encryption and commitment keys of one field of one subject, from
/// [`SubjectKey::field_key`](super::SubjectKey::field_key).
#[derive(Debug)]
pub struct FieldKey {
    pub(super) version: u32,
    pub(super) cipher: LessSafeKey,
    pub(super) commitment: [u8; COMMITMENT],
}

impl FieldKey {
    /// Seals a value for its address under a fresh random nonce (NIST SP 800-38D, sections 7.1 and 8.2.2).
    pub fn seal(&self, at: &FieldAddress<'_>, plaintext: &[u8]) -> Result<Vec<u8>, FormatError> {
        self.seal_with(at, plaintext, random()?)
    }

    /// Opens a value sealed under this key for this address. The commitment is compared in constant time before
    /// anything is opened (NIST SP 800-38D, section 7.2; Albertini et al., USENIX Security 2022, section 5).
    pub fn open(&self, at: &FieldAddress<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, FormatError> {
        let sealed = Sealed::parse(sealed)?;
        if sealed.version != self.version {
            return Err(FormatError::KeyVersion {
                found: sealed.version,
            });
        }
        verify_slices_are_equal(sealed.commitment, &self.commitment)
            .map_err(|_| FormatError::CommitmentMismatch)?;
        let aad = at.associated_data(self.version)?;
        let nonce = Nonce::assume_unique_for_key(*sealed.nonce);
        let mut plaintext = Zeroizing::new(vec![0; sealed.ciphertext.len()]);
        self.cipher
            .open_separate_gather(
                nonce,
                Aad::from(aad),
                sealed.ciphertext,
                sealed.tag,
                &mut plaintext,
            )
            .map_err(|_| FormatError::Tampered)?;
        Ok(plaintext)
    }

    /// The version of the subject key that this key was derived from.
    pub fn version(&self) -> u32 {
        self.version
    }

    fn seal_with(
        &self,
        at: &FieldAddress<'_>,
        plaintext: &[u8],
        nonce: [u8; NONCE],
    ) -> Result<Vec<u8>, FormatError> {
        let aad = at.associated_data(self.version)?;
        let mut sealed = Vec::with_capacity(HEAD + plaintext.len() + TAG);
        sealed.extend_from_slice(&[FORMAT, SUITE]);
        sealed.extend_from_slice(&self.version.to_be_bytes());
        sealed.extend_from_slice(&self.commitment);
        sealed.extend_from_slice(&nonce);
        sealed.resize(HEAD + plaintext.len() + TAG, 0);
        let body = sealed.get_mut(HEAD..).ok_or(FormatError::Malformed)?;
        let (ciphertext, tag) = body.split_last_chunk_mut::<TAG>().ok_or(FormatError::Malformed)?;
        self.cipher
            .seal_out_of_place_scatter(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(aad),
                plaintext,
                ciphertext,
                &[],
                tag,
            )
            .map_err(|_| FormatError::TooLong)?;
        Ok(sealed)
    }
}

/// The version of the subject key that a sealed field names, read without a key. It is not authenticated before
/// [`FieldKey::open`].
pub fn field_key_version(sealed: &[u8]) -> Result<u32, FormatError> {
    Ok(Sealed::parse(sealed)?.version)
}

struct Sealed<'a> {
    version: u32,
    commitment: &'a [u8; COMMITMENT],
    nonce: &'a [u8; NONCE],
    ciphertext: &'a [u8],
    tag: &'a [u8; TAG],
}

impl<'a> Sealed<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, FormatError> {
        let (version, rest) = header(FORMAT, bytes)?;
        let (commitment, rest) = rest.split_first_chunk().ok_or(FormatError::Malformed)?;
        let (nonce, rest) = rest.split_first_chunk().ok_or(FormatError::Malformed)?;
        let (ciphertext, tag) = rest.split_last_chunk().ok_or(FormatError::Malformed)?;
        Ok(Self {
            version,
            commitment,
            nonce,
            ciphertext,
            tag,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::crypto::formats::{Key256, SubjectKey};

    const AT: FieldAddress<'_> = FieldAddress {
        env: "dev",
        tenant: "01JZ8QW3RSTVXYZ0123456789A",
        table: "identity",
        pk: "TENANT#01JZ8QW3RSTVXYZ0123456789A",
        sk: "USER#01JZ8QW3RSTVXYZ0123456789B",
        attribute: "profile.email",
        kind: "S",
        subject: "user#01JZ8QW3RSTVXYZ0123456789B",
    };
    const PLAINTEXT: &[u8] = b"ada@example.com";
    /// Computed by `tests/vectors/field_formats.py`.
    const KNOWN: &str = "e1010000000256c55ce48e665b1be5b86eaa19e8c33387426245391561e2293207e5fd90f36b404142434445464748494a4b049789660556f27ee0c6f2bcce89b74cc4807f1fcf48a883da5fc9c319de22";

    fn subject_key(version: u32, secret: &[u8]) -> SubjectKey {
        SubjectKey::new(version, &Key256::from_slice(secret).unwrap()).unwrap()
    }

    fn field_key() -> FieldKey {
        subject_key(2, &(0..0x20).collect::<Vec<u8>>())
            .field_key("identity", "profile.email")
            .unwrap()
    }

    #[test]
    fn known_answer() {
        let nonce: Vec<u8> = (0x40..0x4c).collect();
        let sealed = field_key()
            .seal_with(&AT, PLAINTEXT, nonce.try_into().unwrap())
            .unwrap();
        assert_eq!(hex::encode(&sealed), KNOWN);
        assert_eq!(sealed.len(), PLAINTEXT.len() + 66);
        assert_eq!(field_key_version(&sealed), Ok(2));
        assert_eq!(*field_key().open(&AT, &sealed).unwrap(), PLAINTEXT);
    }

    #[test]
    fn every_component_of_the_address_is_bound() {
        let sealed = field_key().seal(&AT, PLAINTEXT).unwrap();
        for at in [
            FieldAddress { env: "prod", ..AT },
            FieldAddress {
                tenant: "01JZ8QW3RSTVXYZ0123456789C",
                ..AT
            },
            FieldAddress {
                table: "tenancy",
                ..AT
            },
            FieldAddress {
                pk: "TENANT#01JZ8QW3RSTVXYZ0123456789C",
                ..AT
            },
            FieldAddress {
                sk: "USER#01JZ8QW3RSTVXYZ0123456789D",
                ..AT
            },
            FieldAddress {
                attribute: "profile.phone",
                ..AT
            },
            FieldAddress { kind: "N", ..AT },
            FieldAddress {
                subject: "user#01JZ8QW3RSTVXYZ0123456789D",
                ..AT
            },
            FieldAddress {
                pk: AT.sk,
                sk: AT.pk,
                ..AT
            },
            FieldAddress {
                kind: "",
                subject: "Suser#01JZ8QW3RSTVXYZ0123456789B",
                ..AT
            },
        ] {
            assert_eq!(
                field_key().open(&at, &sealed).unwrap_err(),
                FormatError::Tampered,
                "{at:?}"
            );
        }
    }

    #[test]
    fn the_version_is_bound() {
        let sealed = field_key().seal(&AT, PLAINTEXT).unwrap();
        let next = FieldKey {
            version: 3,
            ..field_key()
        };
        assert_eq!(
            next.open(&AT, &sealed).unwrap_err(),
            FormatError::KeyVersion { found: 2 }
        );
        let mut relabelled = sealed;
        relabelled[5] = 3;
        assert_eq!(
            field_key().open(&AT, &relabelled).unwrap_err(),
            FormatError::KeyVersion { found: 3 }
        );
        assert_eq!(next.open(&AT, &relabelled).unwrap_err(), FormatError::Tampered);
    }

    #[test]
    fn the_key_is_committed_to() {
        let secret: Vec<u8> = (0..0x20).collect();
        let sealed = field_key().seal(&AT, PLAINTEXT).unwrap();
        for (secret, table, field) in [
            (vec![9; 32], "identity", "profile.email"),
            (secret.clone(), "tenancy", "profile.email"),
            (secret.clone(), "identity", "profile.phone"),
            (secret.clone(), "identityp", "rofile.email"),
        ] {
            let other = subject_key(2, &secret).field_key(table, field).unwrap();
            assert_eq!(
                other.open(&AT, &sealed).unwrap_err(),
                FormatError::CommitmentMismatch
            );
            let mut recommitted = sealed.clone();
            recommitted[6..38].copy_from_slice(&other.commitment);
            assert_eq!(other.open(&AT, &recommitted).unwrap_err(), FormatError::Tampered);
        }
        assert_eq!(*field_key().open(&AT, &sealed).unwrap(), PLAINTEXT);
    }

    #[test]
    fn every_truncation_and_every_flipped_bit_is_refused() {
        let sealed = hex::decode(KNOWN).unwrap();
        for length in 0..sealed.len() {
            let refused = field_key().open(&AT, &sealed[..length]).unwrap_err();
            assert_eq!(
                refused,
                if length < 66 {
                    FormatError::Malformed
                } else {
                    FormatError::Tampered
                }
            );
            assert_eq!(field_key_version(&sealed[..length]).is_ok(), length >= 66);
        }
        assert_eq!(
            field_key().open(&AT, &[&sealed[..], &[0]].concat()).unwrap_err(),
            FormatError::Tampered
        );
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let refused = field_key().open(&AT, &flipped).unwrap_err();
            match bit / 8 {
                0 => assert_eq!(refused, FormatError::UnknownFormat),
                1 => assert_eq!(refused, FormatError::UnknownSuite),
                2..=5 => assert!(matches!(refused, FormatError::KeyVersion { found } if found != 2)),
                6..=37 => assert_eq!(refused, FormatError::CommitmentMismatch),
                _ => assert_eq!(refused, FormatError::Tampered, "bit {bit}"),
            }
        }
    }

    #[test]
    fn nonces_are_fresh_and_names_are_bounded() {
        let (a, b) = (
            field_key().seal(&AT, PLAINTEXT).unwrap(),
            field_key().seal(&AT, PLAINTEXT).unwrap(),
        );
        assert_ne!(a[38..50], b[38..50]);
        assert_ne!(a[50..], b[50..]);
        let long = "x".repeat(65_536);
        let at = FieldAddress { sk: &long, ..AT };
        assert_eq!(field_key().seal(&at, PLAINTEXT), Err(FormatError::TooLong));
        assert_eq!(field_key().open(&at, &a).unwrap_err(), FormatError::TooLong);
    }

    proptest! {
        #[test]
        fn round_trip(
            names in proptest::collection::vec(".{0,20}", 8),
            version: u32,
            secret: [u8; 32],
            plaintext in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let at = FieldAddress {
                env: &names[0], tenant: &names[1], table: &names[2], pk: &names[3],
                sk: &names[4], attribute: &names[5], kind: &names[6], subject: &names[7],
            };
            let key = subject_key(version, &secret).field_key(at.table, at.attribute).unwrap();
            let sealed = key.seal(&at, &plaintext).unwrap();
            prop_assert_eq!(sealed.len(), plaintext.len() + 66);
            prop_assert_eq!(field_key_version(&sealed), Ok(version));
            let opened = key.open(&at, &sealed).unwrap();
            prop_assert_eq!(&*opened, &plaintext);
        }

        #[test]
        fn any_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            prop_assert!(field_key().open(&AT, &bytes).is_err());
        }
    }
}
