//! A subject key wrapped by a tenant key: `E2 ‖ suite ‖ version u32 ‖ salt[16] ‖ nonce[12] ‖ ciphertext[32] ‖ tag[16]`.

use aws_lc_rs::aead::{Aad, Nonce};

use super::{FormatError, Key256, NONCE, SUITE, TAG, TenantKey, header, lp_list, random};

const FORMAT: u8 = 0xE2;
const LABEL: &[u8] = b"wk/v1";
const SALT: usize = 16;
const KEY: usize = 32;
const LENGTH: usize = 6 + SALT + NONCE + KEY + TAG;

/// Where a wrapped subject key belongs; a wrap opens nowhere else (NIST SP 800-38D, section 7.1, associated data).
#[derive(Clone, Copy, Debug)]
pub struct WrapAddress<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The data subject.
    pub subject: &'a str,
    /// The purpose of the tenant key.
    pub purpose: &'a str,
    /// The version of the key within.
    pub subject_key_version: u32,
}

impl WrapAddress<'_> {
    fn associated_data(&self, tenant_key_version: u32) -> Result<Vec<u8>, FormatError> {
        lp_list(&[
            LABEL,
            self.tenant.as_bytes(),
            self.subject.as_bytes(),
            self.purpose.as_bytes(),
            &self.subject_key_version.to_be_bytes(),
            &tenant_key_version.to_be_bytes(),
        ])
    }
}

impl TenantKey {
    /// Wraps a subject key under `HKDF-SHA512(salt, L1, "wk/v1")` with a fresh salt and nonce, so that no wrapping key
    /// is used twice (RFC 5869, section 3.1; NIST SP 800-38D, section 8.2.2).
    pub fn wrap(&self, at: &WrapAddress<'_>, key: &Key256) -> Result<Vec<u8>, FormatError> {
        self.wrap_with(at, key, &random()?, random()?)
    }

    /// Opens a wrap made under this version of the tenant key for this address (NIST SP 800-38D, section 7.2).
    pub fn unwrap(&self, at: &WrapAddress<'_>, bytes: &[u8]) -> Result<Key256, FormatError> {
        let wrapped = Wrapped::parse(bytes)?;
        if wrapped.version != self.version {
            return Err(FormatError::KeyVersion {
                found: wrapped.version,
            });
        }
        let aad = at.associated_data(self.version)?;
        let cipher = self.key.hkdf(wrapped.salt, LABEL)?.cipher()?;
        let nonce = Nonce::assume_unique_for_key(*wrapped.nonce);
        Key256::made(|key| {
            cipher
                .open_separate_gather(nonce, Aad::from(aad), wrapped.ciphertext, wrapped.tag, key)
                .map_err(|_| FormatError::Tampered)
        })
    }

    /// The version of the tenant key that a wrap names. It is not authenticated before [`TenantKey::unwrap`].
    pub fn wrap_version(bytes: &[u8]) -> Result<u32, FormatError> {
        Ok(Wrapped::parse(bytes)?.version)
    }

    fn wrap_with(
        &self,
        at: &WrapAddress<'_>,
        key: &Key256,
        salt: &[u8; SALT],
        nonce: [u8; NONCE],
    ) -> Result<Vec<u8>, FormatError> {
        let aad = at.associated_data(self.version)?;
        let cipher = self.key.hkdf(salt, LABEL)?.cipher()?;
        let (mut ciphertext, mut tag) = ([0; KEY], [0; TAG]);
        cipher
            .seal_out_of_place_scatter(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(aad),
                key.as_bytes(),
                &mut ciphertext,
                &[],
                &mut tag,
            )
            .map_err(|_| FormatError::TooLong)?;
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend_from_slice(&[FORMAT, SUITE]);
        bytes.extend_from_slice(&self.version.to_be_bytes());
        bytes.extend_from_slice(salt);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&ciphertext);
        bytes.extend_from_slice(&tag);
        Ok(bytes)
    }
}

struct Wrapped<'a> {
    version: u32,
    salt: &'a [u8; SALT],
    nonce: &'a [u8; NONCE],
    ciphertext: &'a [u8],
    tag: &'a [u8; TAG],
}

impl<'a> Wrapped<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, FormatError> {
        let (version, rest) = header(FORMAT, bytes)?;
        let (salt, rest) = rest.split_first_chunk().ok_or(FormatError::Malformed)?;
        let (nonce, rest) = rest.split_first_chunk().ok_or(FormatError::Malformed)?;
        let (ciphertext, tag) = rest.split_last_chunk().ok_or(FormatError::Malformed)?;
        if ciphertext.len() != KEY {
            return Err(FormatError::Malformed);
        }
        Ok(Self {
            version,
            salt,
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

    const AT: WrapAddress<'_> = WrapAddress {
        tenant: "01JZ8QW3RSTVXYZ0123456789A",
        subject: "user#01JZ8QW3RSTVXYZ0123456789B",
        purpose: "pii",
        subject_key_version: 2,
    };
    /// Computed by `tests/vectors/field_formats.py`.
    const KNOWN: &str = "e20100000007505152535455565758595a5b5c5d5e5f404142434445464748494a4bbf44be4e82bdd9e554de71864da0fe9867156eb4ec4bd12ae6a670f5e90f1ada1383a00cbceea1fa983eefa2f14a98f6";

    fn tenant_key() -> TenantKey {
        TenantKey::new(7, Key256::from_slice(&(0x20..0x40).collect::<Vec<u8>>()).unwrap())
    }

    fn subject_key() -> Key256 {
        Key256::from_slice(&(0..0x20).collect::<Vec<u8>>()).unwrap()
    }

    #[test]
    fn known_answer() {
        let salt: Vec<u8> = (0x50..0x60).collect();
        let nonce: Vec<u8> = (0x40..0x4c).collect();
        let wrap = tenant_key()
            .wrap_with(
                &AT,
                &subject_key(),
                salt.as_slice().try_into().unwrap(),
                nonce.try_into().unwrap(),
            )
            .unwrap();
        assert_eq!(hex::encode(&wrap), KNOWN);
        assert_eq!(wrap.len(), LENGTH);
        assert_eq!(TenantKey::wrap_version(&wrap), Ok(7));
        assert_eq!(
            tenant_key().unwrap(&AT, &wrap).unwrap().as_bytes(),
            subject_key().as_bytes()
        );
    }

    #[test]
    fn every_component_of_the_address_is_bound() {
        let wrap = tenant_key().wrap(&AT, &subject_key()).unwrap();
        for at in [
            WrapAddress {
                tenant: "01JZ8QW3RSTVXYZ0123456789C",
                ..AT
            },
            WrapAddress {
                subject: "user#01JZ8QW3RSTVXYZ0123456789D",
                ..AT
            },
            WrapAddress {
                purpose: "card",
                ..AT
            },
            WrapAddress {
                subject_key_version: 3,
                ..AT
            },
            WrapAddress {
                tenant: AT.subject,
                subject: AT.tenant,
                ..AT
            },
            WrapAddress {
                tenant: "01JZ8QW3RSTVXYZ0123456789Au",
                subject: &AT.subject[1..],
                ..AT
            },
        ] {
            assert_eq!(
                tenant_key().unwrap(&at, &wrap).unwrap_err(),
                FormatError::Tampered,
                "{at:?}"
            );
        }
        let next = TenantKey::new(8, Key256::from_slice(tenant_key().key.as_bytes()).unwrap());
        assert_eq!(
            next.unwrap(&AT, &wrap).unwrap_err(),
            FormatError::KeyVersion { found: 7 }
        );
        let mut relabelled = wrap.clone();
        relabelled[5] = 8;
        assert_eq!(next.unwrap(&AT, &relabelled).unwrap_err(), FormatError::Tampered);
        let other = TenantKey::new(7, Key256::random().unwrap());
        assert_eq!(other.unwrap(&AT, &wrap).unwrap_err(), FormatError::Tampered);
    }

    #[test]
    fn every_truncation_and_every_flipped_bit_is_refused() {
        let wrap = hex::decode(KNOWN).unwrap();
        for length in 0..wrap.len() {
            assert_eq!(
                tenant_key().unwrap(&AT, &wrap[..length]).unwrap_err(),
                FormatError::Malformed
            );
            assert_eq!(
                TenantKey::wrap_version(&wrap[..length]),
                Err(FormatError::Malformed)
            );
        }
        assert_eq!(
            tenant_key().unwrap(&AT, &[&wrap[..], &[0]].concat()).unwrap_err(),
            FormatError::Malformed
        );
        for bit in 0..wrap.len() * 8 {
            let mut flipped = wrap.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let refused = tenant_key().unwrap(&AT, &flipped).unwrap_err();
            match bit / 8 {
                0 => assert_eq!(refused, FormatError::UnknownFormat),
                1 => assert_eq!(refused, FormatError::UnknownSuite),
                2..=5 => assert!(matches!(refused, FormatError::KeyVersion { found } if found != 7)),
                _ => assert_eq!(refused, FormatError::Tampered, "bit {bit}"),
            }
        }
    }

    #[test]
    fn salt_and_nonce_are_fresh() {
        let (a, b) = (
            tenant_key().wrap(&AT, &subject_key()).unwrap(),
            tenant_key().wrap(&AT, &subject_key()).unwrap(),
        );
        assert_ne!(a[6..22], b[6..22]);
        assert_ne!(a[22..34], b[22..34]);
        assert_ne!(a[34..], b[34..]);
    }

    proptest! {
        #[test]
        fn round_trip(tenant in ".{0,20}", subject in ".{0,20}", purpose in ".{0,8}", version: u32, own: u32,
                      l1: [u8; 32], l2: [u8; 32]) {
            let at = WrapAddress {
                tenant: &tenant, subject: &subject, purpose: &purpose, subject_key_version: version,
            };
            let key = TenantKey::new(own, Key256::from_slice(&l1).unwrap());
            let wrap = key.wrap(&at, &Key256::from_slice(&l2).unwrap()).unwrap();
            prop_assert_eq!(TenantKey::wrap_version(&wrap), Ok(own));
            let opened = key.unwrap(&at, &wrap).unwrap();
            prop_assert_eq!(opened.as_bytes(), &l2);
        }

        #[test]
        fn any_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            prop_assert!(tenant_key().unwrap(&AT, &bytes).is_err());
        }
    }
}
