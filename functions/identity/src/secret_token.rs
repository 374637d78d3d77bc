//! Tokens that people and their browsers carry: where they lead, a dot, 256 random bits. Kept as SHA-256 only.

use aws_lc_rs::digest;
use shared::store::Digest;

/// A fresh token: its text, shown once, and what is kept of it.
pub struct Issued {
    /// The text.
    pub text: String,
    /// Its SHA-256.
    pub digest: Digest,
}

/// A new token that leads to `place`.
#[must_use]
pub fn issue(place: &[&str]) -> Issued {
    let text = format!("{}.{}", place.join("."), shared::random::token());
    Issued {
        digest: digest_of(&text),
        text,
    }
}

/// What is kept of a token.
#[must_use]
pub fn digest_of(text: &str) -> Digest {
    Digest(digest::digest(&digest::SHA256, text.as_bytes()).as_ref().to_vec())
}

/// A digest as part of a key.
#[must_use]
pub fn key_part(digest: &Digest) -> String {
    hex::encode(&digest.0)
}

/// Where a token leads, if it has the form of one: `N` parts before 256 bits in base64url.
#[must_use]
pub fn place<const N: usize>(text: &str) -> Option<[&str; N]> {
    let (place, random) = text.rsplit_once('.')?;
    let ok = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if random.len() != 43 || !random.bytes().all(ok) {
        return None;
    }
    place.split('.').collect::<Vec<_>>().try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_say_where_they_lead_and_nothing_else_does() {
        let (one, other) = (issue(&["a", "b"]), issue(&["a", "b"]));
        assert!(one.text != other.text && one.digest != other.digest);
        assert_eq!(place::<2>(&one.text), Some(["a", "b"]));
        assert_eq!(place::<1>(&one.text), None);
        assert_eq!(digest_of(&one.text), one.digest);
        assert_eq!(one.digest.0.len(), 32);
        for bad in ["", ".", "a.b.", "a.b.short", "a.b", &one.text[1..3]] {
            assert_eq!(place::<2>(bad), None, "{bad}");
        }
        let changed = format!("{}!", &one.text[..one.text.len() - 1]);
        assert_eq!(place::<2>(&changed), None);
    }
}
