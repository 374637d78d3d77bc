//! The ciphertext of `Encrypt`, and its binding to the encryption context.
//!
//! `format ‖ length of id u8 ‖ key id ‖ material version u32 ‖ check[4] ‖ nonce[12] ‖ ciphertext ‖ tag[16]`
//!
//! The check is a cut SHA-256 of what is before it: it tells a damaged header, which is an invalid ciphertext, from a
//! sound one of a key that is not here. What is authenticated is the header and the context's pairs in order of
//! their keys, every part with its length before it.

use super::state::Key;
use crate::wire::Failure;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

const FORMAT: u8 = 1;
const CHECK: usize = 4;
const NONCE: usize = 12;

/// A ciphertext taken apart, not yet opened.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Blob<'a> {
    /// The key it was sealed under.
    pub(super) key: &'a str,
    version: u32,
    header: &'a [u8],
    nonce: [u8; NONCE],
    sealed: &'a [u8],
}

/// An encryption context; its order on the wire means nothing.
pub(super) type Context<'a> = BTreeMap<&'a str, &'a str>;

impl<'a> Blob<'a> {
    /// Takes a ciphertext apart; `None` when it is not one.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (&[format, length], rest) = bytes.split_first_chunk()?;
        let (id, rest) = rest.split_at_checked(usize::from(length))?;
        let (version, rest) = rest.split_first_chunk()?;
        let (check, rest) = rest.split_first_chunk::<CHECK>()?;
        let (nonce, sealed) = rest.split_first_chunk()?;
        let header = bytes.get(..2 + id.len() + version.len())?;
        if format != FORMAT || sealed.len() < AES_256_GCM.tag_len() || checksum(header)? != *check {
            return None;
        }
        let key = std::str::from_utf8(id).ok()?;
        Some(Self {
            key,
            version: u32::from_be_bytes(*version),
            header,
            nonce: *nonce,
            sealed,
        })
    }

    /// Opens it and names the material it was sealed under; `None` when anything was tampered with.
    pub(super) fn open<'k>(
        &self,
        key: &'k Key,
        context: &Context<'_>,
    ) -> Option<(Zeroizing<Vec<u8>>, &'k str)> {
        let material = key.version(self.version)?;
        let aead = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, material.bytes.expose()).ok()?);
        let mut bytes = Zeroizing::new(self.sealed.to_vec());
        let aad = Aad::from(associated_data(self.header, context)?);
        let length = aead
            .open_in_place(Nonce::assume_unique_for_key(self.nonce), aad, &mut bytes)
            .ok()?
            .len();
        bytes.truncate(length);
        Some((bytes, &material.id))
    }
}

/// Seals under the key's newest material, and names it.
pub(super) fn seal<'k>(
    key: &'k Key,
    plaintext: &[u8],
    context: &Context<'_>,
) -> Result<(Vec<u8>, &'k str), Failure> {
    let too_long = || Failure::new("ValidationException", "The encryption context is too long.");
    let (version, material) = key.current()?;
    let mut blob = vec![
        FORMAT,
        u8::try_from(key.id.len()).map_err(|_| Failure::internal("the key's id is too long"))?,
    ];
    blob.extend_from_slice(key.id.as_bytes());
    blob.extend_from_slice(&version.to_be_bytes());
    let aad = Aad::from(associated_data(&blob, context).ok_or_else(too_long)?);
    blob.extend_from_slice(&checksum(&blob).ok_or_else(|| Failure::internal("a digest that is too short"))?);

    let mut nonce = [0; NONCE];
    aws_lc_rs::rand::fill(&mut nonce)?;
    blob.extend_from_slice(&nonce);
    let aead = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, material.bytes.expose())?);
    // Room for the tag, so that the plaintext is never left behind by a reallocation.
    let mut sealed = Zeroizing::new(Vec::with_capacity(plaintext.len() + AES_256_GCM.tag_len()));
    sealed.extend_from_slice(plaintext);
    aead.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut *sealed)?;
    blob.extend_from_slice(&sealed);
    Ok((blob, &material.id))
}

fn checksum(header: &[u8]) -> Option<[u8; CHECK]> {
    digest(&SHA256, header).as_ref().first_chunk().copied()
}

fn associated_data(header: &[u8], context: &Context<'_>) -> Option<Vec<u8>> {
    let mut data = Vec::new();
    let parts = context
        .iter()
        .flat_map(|(key, value)| [key.as_bytes(), value.as_bytes()]);
    for part in std::iter::once(header).chain(parts) {
        data.extend_from_slice(&u32::try_from(part.len()).ok()?.to_be_bytes());
        data.extend_from_slice(part);
    }
    Some(data)
}

/// The only refusal there is: nothing tells a wrong context from a flipped bit.
pub(super) fn invalid() -> Failure {
    Failure::new(
        "InvalidCiphertextException",
        "The ciphertext is not valid, or the encryption context is another.",
    )
}

#[cfg(test)]
mod tests {
    use super::{Blob, Context, seal};
    use crate::kms::state::{Cause, Key, KeySpec};

    fn key() -> Key {
        Key::create(KeySpec::SymmetricDefault, true, String::new(), 0).unwrap()
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let key = key();
        let context = Context::from([("a", "b")]);
        let (blob, _) = seal(&key, b"plaintext", &context).unwrap();
        let opened = |blob: &[u8]| Blob::parse(blob).and_then(|blob| blob.open(&key, &context));
        assert_eq!(*opened(&blob).unwrap().0, b"plaintext");
        for place in 0..blob.len() * 8 {
            let mut damaged = blob.clone();
            damaged[place / 8] ^= 1 << (place % 8);
            assert!(opened(&damaged).is_none(), "bit {place}");
        }
        for length in 0..blob.len() {
            assert!(opened(&blob[..length]).is_none(), "cut to {length}");
        }
    }

    #[test]
    fn contexts_are_told_apart() {
        let key = key();
        let contexts = [
            Context::new(),
            Context::from([("", "")]),
            Context::from([("a", "bc")]),
            Context::from([("ab", "c")]),
            Context::from([("a", "b"), ("c", "d")]),
            Context::from([("a", "bcd")]),
            Context::from([("A", "bc")]),
        ];
        for (i, sealed) in contexts.iter().enumerate() {
            let (blob, _) = seal(&key, b"x", sealed).unwrap();
            for (j, given) in contexts.iter().enumerate() {
                let opened = Blob::parse(&blob).unwrap().open(&key, given);
                assert_eq!(opened.is_some(), i == j, "{sealed:?} {given:?}");
            }
        }
    }

    #[test]
    fn old_versions_keep_opening() {
        let mut key = key();
        let (old, old_material) = seal(&key, b"x", &Context::new())
            .map(|(b, m)| (b, m.to_owned()))
            .unwrap();
        key.rotate(Cause::OnDemand, 1).unwrap();
        let (new, new_material) = seal(&key, b"x", &Context::new())
            .map(|(b, m)| (b, m.to_owned()))
            .unwrap();
        assert_ne!(old_material, new_material);
        for (blob, material) in [(old, old_material), (new, new_material)] {
            assert_eq!(
                Blob::parse(&blob).unwrap().open(&key, &Context::new()).unwrap().1,
                material
            );
        }
    }

    #[test]
    fn equal_plaintexts_are_sealed_differently() {
        let key = key();
        let sealed = || seal(&key, b"x", &Context::new()).unwrap().0;
        assert_ne!(sealed(), sealed());
    }
}
