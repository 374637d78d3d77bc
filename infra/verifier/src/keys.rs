//! Public keys of checkpoints: P-256, read from PEM or DER.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";

/// A public key on P-256 that signs checkpoints.
#[derive(Clone, Debug)]
pub struct PublicKey(ParsedPublicKey);

impl PublicKey {
    /// A key from a DER `SubjectPublicKeyInfo` (RFC 5480, section 2), as `kms:GetPublicKey` answers it.
    ///
    /// # Errors
    /// A sentence for whoever passed the key, when it is not a P-256 key in this form.
    pub fn from_der(der: &[u8]) -> Result<Self, String> {
        // A bare curve point would be accepted below; a SEQUENCE begins with 0x30.
        if der.first() != Some(&0x30) {
            return Err("not a DER SubjectPublicKeyInfo".to_owned());
        }
        ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, der)
            .map(Self)
            .map_err(|_| "not a public key on P-256 (DER SubjectPublicKeyInfo)".to_owned())
    }

    /// All keys of a file: one DER key, or one or more PEM blocks `PUBLIC KEY` (RFC 7468, section 13).
    ///
    /// # Errors
    /// A sentence for whoever passed the file, when it holds no key or one that cannot be used.
    pub fn from_file(bytes: &[u8]) -> Result<Vec<Self>, String> {
        let Some(text) = std::str::from_utf8(bytes)
            .ok()
            .filter(|text| text.contains("-----BEGIN "))
        else {
            return Self::from_der(bytes).map(|key| vec![key]);
        };
        let mut keys = Vec::new();
        for block in text.split(BEGIN).skip(1) {
            let (inner, _) = block.split_once(END).ok_or("a PEM block has no end")?;
            let inner: String = inner.split_whitespace().collect();
            let der = STANDARD.decode(inner).map_err(|_| "a PEM block is not base64")?;
            keys.push(Self::from_der(&der)?);
        }
        if keys.is_empty() {
            return Err("no PEM block PUBLIC KEY".to_owned());
        }
        Ok(keys)
    }

    /// Whether `signature` (DER ECDSA, SHA-256) over `message` was made with this key (FIPS 186-5, section 6.4).
    pub(super) fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}
