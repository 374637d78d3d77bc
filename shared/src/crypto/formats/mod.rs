//! The byte formats of field encryption: pure functions of keys and bytes, without input or output.

mod field;
mod index;
mod key;
#[cfg(test)]
mod known_answers;
mod lp;
mod wrap;

use std::fmt;

pub use field::{FieldAddress, FieldKey, field_key_version};
pub use index::blind_index;
pub use key::{Key256, SubjectKey, TenantKey};
pub use lp::lp_list;
pub use wrap::WrapAddress;

/// Suite 1: AES-256-GCM (NIST SP 800-38D) under keys from HKDF-SHA512 (RFC 5869).
const SUITE: u8 = 1;
/// The nonce of AES-256-GCM (NIST SP 800-38D, section 8.2.2).
const NONCE: usize = aws_lc_rs::aead::NONCE_LEN;
/// The tag of AES-256-GCM (NIST SP 800-38D, section 5.2.1.2).
const TAG: usize = 16;

/// Why bytes were refused or could not be made. It holds no key, no plaintext and no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatError {
    /// The bytes are too short or too long for their format.
    Malformed,
    /// The first byte names another format.
    UnknownFormat,
    /// The second byte names a suite that is not supported.
    UnknownSuite,
    /// The bytes were sealed under another key (key commitment, Albertini et al., USENIX Security 2022).
    CommitmentMismatch,
    /// The tag does not fit the bytes, the key and the address (NIST SP 800-38D, section 7.2).
    Tampered,
    /// The bytes name another version of the key.
    KeyVersion {
        /// The version that the bytes name.
        found: u32,
    },
    /// The random number generator failed.
    Random,
    /// A part is longer than its length field or than the primitive allows.
    TooLong,
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("malformed ciphertext"),
            Self::UnknownFormat => f.write_str("unknown ciphertext format"),
            Self::UnknownSuite => f.write_str("unknown cipher suite"),
            Self::CommitmentMismatch => f.write_str("sealed under another key"),
            Self::Tampered => f.write_str("ciphertext does not authenticate"),
            Self::KeyVersion { found } => write!(f, "sealed under version {found} of the key"),
            Self::Random => f.write_str("no random bytes"),
            Self::TooLong => f.write_str("a part is too long"),
        }
    }
}

impl std::error::Error for FormatError {}

/// Reads `format ‖ suite ‖ version u32` and gives the version and what follows.
fn header(format: u8, bytes: &[u8]) -> Result<(u32, &[u8]), FormatError> {
    let (&[found, suite], rest) = bytes.split_first_chunk::<2>().ok_or(FormatError::Malformed)?;
    if found != format {
        return Err(FormatError::UnknownFormat);
    }
    if suite != SUITE {
        return Err(FormatError::UnknownSuite);
    }
    let (version, rest) = rest.split_first_chunk::<4>().ok_or(FormatError::Malformed)?;
    Ok((u32::from_be_bytes(*version), rest))
}

/// Fresh random bytes from the library's generator (NIST SP 800-90A, CTR_DRBG).
fn random<const N: usize>() -> Result<[u8; N], FormatError> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| FormatError::Random)?;
    Ok(bytes)
}
