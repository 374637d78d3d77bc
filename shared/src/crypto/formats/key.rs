//! Keys of the hierarchy and how one is derived from another (HKDF-SHA512, RFC 5869).

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM, LessSafeKey, UnboundKey},
    hkdf::{HKDF_SHA512, KeyType, Prk, Salt},
    hmac, rand,
};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{FieldKey, FormatError, lp_list};

/// What a tenant key derives beside wraps is separated from them by this label.
const DERIVED: &[u8] = b"td/v1";

/// 256 secret bits. They stay in one place on the heap, are overwritten when dropped (PCI DSS 4.0.1, requirement
/// 3.6.1) and are neither copied nor serialized; `Debug` shows none of them.
pub struct Key256(Box<[u8; 32]>);

impl Key256 {
    /// A fresh random key (NIST SP 800-133r2, section 6.1).
    pub fn random() -> Result<Self, FormatError> {
        Self::made(|bytes| rand::fill(bytes).map_err(|_| FormatError::Random))
    }

    /// A key from exactly 32 bytes, as they come out of the key service; any other length is
    /// [`FormatError::Malformed`]. The caller overwrites its copy.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, FormatError> {
        let bytes: &[u8; 32] = bytes.try_into().map_err(|_| FormatError::Malformed)?;
        Self::made(|key| {
            key.copy_from_slice(bytes);
            Ok(())
        })
    }

    /// The secret itself, for the primitives and for the key service.
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A key written in place, so that no copy is left behind.
    pub(super) fn made(fill: impl FnOnce(&mut [u8]) -> Result<(), FormatError>) -> Result<Self, FormatError> {
        let mut key = Self(Box::new([0; 32]));
        fill(key.0.as_mut_slice())?;
        Ok(key)
    }

    /// This key for AES-256-GCM.
    pub(super) fn cipher(&self) -> Result<LessSafeKey, FormatError> {
        let key = UnboundKey::new(&AES_256_GCM, self.as_bytes()).map_err(|_| FormatError::Malformed)?;
        Ok(LessSafeKey::new(key))
    }

    /// HKDF-SHA512 of this key (RFC 5869, sections 2.2 and 2.3), cut to 256 bits.
    pub(super) fn hkdf(&self, salt: &[u8], info: &[u8]) -> Result<Self, FormatError> {
        expand(&Salt::new(HKDF_SHA512, salt).extract(self.as_bytes()), info)
    }
}

impl fmt::Debug for Key256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key256([secret])")
    }
}

impl Drop for Key256 {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for Key256 {}

/// L1: the key of a tenant for one purpose.
#[derive(Debug)]
pub struct TenantKey {
    pub(super) version: u32,
    pub(super) key: Key256,
}

impl TenantKey {
    /// A version of the tenant key, unwrapped by the key service.
    pub fn new(version: u32, key: Key256) -> Self {
        Self { version, key }
    }

    /// The version that wraps and blind indexes under this key name.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// A key for another use than wrapping: `HKDF-SHA512("td/v1", L1, lp("td/v1") ‖ lp(label))` (RFC 5869, section
    /// 3.2). The info begins with a length and so never equals the `wk/v1` of a wrap.
    pub fn derive(&self, label: &str) -> Result<Key256, FormatError> {
        self.key.hkdf(DERIVED, &lp_list(&[DERIVED, label.as_bytes()])?)
    }
}

/// L2: the key of one data subject for one purpose, already extracted under `fe/v1` (RFC 5869, section 2.2).
#[derive(Debug)]
pub struct SubjectKey {
    version: u32,
    prk: Prk,
}

impl SubjectKey {
    /// Extracts once what every field of the subject is derived from.
    pub fn new(version: u32, key: &Key256) -> Result<Self, FormatError> {
        let mut prk = Zeroizing::new([0; 64]);
        let salt = hmac::Key::new(hmac::HMAC_SHA512, super::field::LABEL);
        hmac::sign_to_buffer(&salt, key.as_bytes(), prk.as_mut_slice()).map_err(|_| FormatError::TooLong)?;
        Ok(Self {
            version,
            prk: Prk::new_less_safe(HKDF_SHA512, prk.as_slice()),
        })
    }

    /// The version that fields sealed under this key name.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// L3: the encryption and commitment keys of a field, `"enc"` or `"com" ‖ lp(table) ‖ lp(field)` (RFC 5869,
    /// section 2.3). They may be kept as long as the subject key.
    pub fn field_key(&self, table: &str, field: &str) -> Result<FieldKey, FormatError> {
        let place = lp_list(&[table.as_bytes(), field.as_bytes()])?;
        let encryption = expand(&self.prk, &[b"enc".as_slice(), &place].concat())?;
        let commitment = expand(&self.prk, &[b"com".as_slice(), &place].concat())?;
        Ok(FieldKey {
            version: self.version,
            cipher: encryption.cipher()?,
            commitment: *commitment.as_bytes(),
        })
    }
}

/// The length of what is expanded.
struct Bits256;

impl KeyType for Bits256 {
    fn len(&self) -> usize {
        32
    }
}

/// HKDF-Expand to 256 bits; it only fails when too much is asked for (RFC 5869, section 2.3).
pub(super) fn expand(prk: &Prk, info: &[u8]) -> Result<Key256, FormatError> {
    let info = [info];
    let okm = prk.expand(&info, Bits256).map_err(|_| FormatError::TooLong)?;
    Key256::made(|key| okm.fill(key).map_err(|_| FormatError::TooLong))
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        aead::{Aad, Nonce},
        hmac,
    };

    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        hex::decode(text).unwrap()
    }

    /// McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B, cases 13, 14 and 16 (AES-256).
    #[test]
    fn aes_256_gcm_known_answers() {
        let zero = "0".repeat(64);
        let key = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
        let plain = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
                     1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
        let cipher = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
                      8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662";
        let long = (
            "cafebabefacedbaddecaf888",
            "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        );
        for (key, (nonce, aad), plain, cipher, tag) in [
            (
                &*zero,
                (&zero[..24], ""),
                "",
                "",
                "530f8afbc74536b9a963b4f1c4cb738b",
            ),
            (
                &*zero,
                (&zero[..24], ""),
                &zero[..32],
                "cea7403d4d606b6e074ec5d3baf39d18",
                "d0d1c8a799996bf0265b98b5d48ab919",
            ),
            (key, long, plain, cipher, "76fc6ece0f4e1768cddf8853bb2d551b"),
        ] {
            let key = Key256::from_slice(&bytes(key)).unwrap().cipher().unwrap();
            let nonce = || Nonce::try_assume_unique_for_key(&bytes(nonce)).unwrap();
            let (aad, plain, cipher, tag) = (bytes(aad), bytes(plain), bytes(cipher), bytes(tag));
            let (mut sealed, mut sealed_tag) = (vec![0; plain.len()], [0; 16]);
            key.seal_out_of_place_scatter(
                nonce(),
                Aad::from(&aad),
                &plain,
                &mut sealed,
                &[],
                &mut sealed_tag,
            )
            .unwrap();
            assert_eq!((&sealed, sealed_tag.as_slice()), (&cipher, &*tag));
            let mut opened = vec![0; cipher.len()];
            key.open_separate_gather(nonce(), Aad::from(&aad), &cipher, &tag, &mut opened)
                .unwrap();
            assert_eq!(opened, plain);
        }
    }

    /// Wycheproof, `testvectors_v1/hkdf_sha512_test.json`, case 12; the 64 bytes are cut to 32 as RFC 5869 allows.
    #[test]
    fn hkdf_sha512_known_answer() {
        let (secret, salt) = (
            bytes("7a00817689a3d79001825a864c69c120"),
            bytes("08bc01c053a6406c7c4a667c9b9b3894"),
        );
        let info = bytes("967ccd75395be6e96a67759f070487c9e2107791");
        let answer = bytes("aed987bcc5ed33c4feec7b28aa9fe1c16b1181e00ff42c63cf692ec19242f6d4");
        let whole = expand(&Salt::new(HKDF_SHA512, &salt).extract(&secret), &info).unwrap();
        assert_eq!(whole.as_bytes().as_slice(), answer);
        let extracted = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA512, &salt), &secret);
        let parts = expand(&Prk::new_less_safe(HKDF_SHA512, extracted.as_ref()), &info).unwrap();
        assert_eq!(parts.as_bytes().as_slice(), answer);
    }

    /// Computed by `tests/vectors/field_formats.py`.
    #[test]
    fn derived_key_known_answer() {
        let key = TenantKey::new(7, Key256::from_slice(&(0x20..0x40).collect::<Vec<u8>>()).unwrap());
        let derived = key.derive("idempotency").unwrap();
        assert_eq!(
            hex::encode(derived.as_bytes()),
            "27c76354df714b2ac1e3d4f872c0783c9f08559bcf36424ce38c2bb2628b7700"
        );
        assert_ne!(key.derive("idempotenc").unwrap().as_bytes(), derived.as_bytes());
        assert_ne!(
            key.key.hkdf(DERIVED, b"wk/v1").unwrap().as_bytes(),
            key.derive("wk/v1").unwrap().as_bytes()
        );
    }

    #[test]
    fn a_key_has_32_bytes_and_shows_none() {
        for length in [0, 16, 31, 33, 64] {
            assert_eq!(
                Key256::from_slice(&vec![1; length]).unwrap_err(),
                FormatError::Malformed
            );
        }
        let key = Key256::random().unwrap();
        assert_ne!(key.as_bytes(), Key256::random().unwrap().as_bytes());
        assert_eq!(format!("{key:?}"), "Key256([secret])");
        let subject = SubjectKey::new(3, &key).unwrap();
        let tenant = TenantKey::new(4, key);
        assert_eq!((subject.version(), tenant.version()), (3, 4));
        assert_eq!(
            format!("{tenant:?}"),
            "TenantKey { version: 4, key: Key256([secret]) }"
        );
        let secret = hex::encode(tenant.key.as_bytes());
        let shown = format!("{subject:?}{:?}", subject.field_key("users", "email").unwrap());
        assert!(
            !shown.contains(&secret) && shown.contains("version: 3"),
            "{shown}"
        );
    }

    #[test]
    fn names_of_over_65535_bytes_are_refused() {
        let (key, long) = (Key256::random().unwrap(), "x".repeat(65_536));
        let subject = SubjectKey::new(1, &key).unwrap();
        assert_eq!(subject.field_key(&long, "f").unwrap_err(), FormatError::TooLong);
        assert_eq!(
            TenantKey::new(1, key).derive(&long).unwrap_err(),
            FormatError::TooLong
        );
    }
}
