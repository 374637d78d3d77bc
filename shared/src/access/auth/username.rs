//! UsernameToken (OASIS Web Services Security, UsernameToken Profile 1.1.1): what an envelope says of its sender, and whether it holds.

use crate::kernel::{
    problem::Problem,
    text::SecretText,
    time::{Timestamp, after},
};
use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{Context, SHA1_FOR_LEGACY_USE_ONLY},
};
use serde::{Deserialize, Serialize};

/// Seconds that a message is good for.
pub const WINDOW: i64 = 300;
/// Seconds by which a client's clock may be wrong.
pub const SKEW: i64 = 60;
/// The code of whatever is too old or from the future.
pub const EXPIRED: &str = "message_expired";

/// How a client shows its SOAP secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum SoapMode {
    /// By a digest of it, of a nonce and of the time: nobody who reads the message learns it, and no message is good twice.
    Digest,
    /// As it is, for clients that cannot make digests. Writes then need an idempotency key.
    Text,
}

/// What stands in the token as the password.
#[derive(Clone)]
pub enum Shown {
    /// The digest, decoded.
    Digest(Vec<u8>),
    /// The secret.
    Text(SecretText),
}

/// When a message was made.
#[derive(Clone, Debug)]
pub struct Created {
    /// As it was sent: the digest is over this.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// A token as it was sent. Nothing of it holds until it has been verified.
#[derive(Clone)]
pub struct UsernameToken {
    /// Tenant and client in one, as at the token endpoint.
    pub username: String,
    /// The password.
    pub shown: Shown,
    /// The nonce, decoded.
    pub nonce: Option<Vec<u8>>,
    /// When it was made.
    pub created: Option<Created>,
    /// The end of the message, where a timestamp says one.
    pub expires: Option<Timestamp>,
    /// When the timestamp was made, where there is one.
    pub stamped: Option<Timestamp>,
}

impl std::fmt::Debug for UsernameToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UsernameToken [secret]")
    }
}

/// The refusal of whoever is not known. Why is not told.
#[must_use]
pub fn failed() -> Problem {
    let text = "The client is unknown, or its digest or password is wrong, or the message was sent before.";
    Problem::new(401, "failed_authentication", text)
}

/// The refusal of a message that is not of now.
#[must_use]
pub fn expired() -> Problem {
    let text = "The message was created too long ago, or is from the future.";
    Problem::new(401, "message_expired", text)
}

/// Base64(SHA-1(nonce + created + secret)), before Base64 (section 3.1). SHA-1 is what the profile says; what is asked of it is that
/// nobody finds the secret, which has 256 random bits, and not that there are no collisions.
#[must_use]
pub fn digest(nonce: &[u8], created: &str, secret: &[u8]) -> Vec<u8> {
    let mut hash = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    hash.update(nonce);
    hash.update(created.as_bytes());
    hash.update(secret);
    hash.finish().as_ref().to_vec()
}

impl UsernameToken {
    /// Whether one of the secrets is shown as the client has to show it.
    #[must_use]
    pub fn matches<'s>(&self, mode: SoapMode, secrets: impl Iterator<Item = &'s [u8]>) -> bool {
        // Every secret is compared, so that time does not tell which one came close.
        match (&self.shown, mode, &self.nonce, &self.created) {
            (Shown::Digest(given), SoapMode::Digest, Some(nonce), Some(created)) => {
                secrets.fold(false, |yes, secret| {
                    verify_slices_are_equal(given, &digest(nonce, &created.text, secret)).is_ok() | yes
                })
            }
            (Shown::Text(given), SoapMode::Text, ..) => secrets.fold(false, |yes, secret| {
                verify_slices_are_equal(given.expose().as_bytes(), secret).is_ok() | yes
            }),
            _ => false,
        }
    }

    /// Whether it is of now, as far as it says when it was made. `since`: nothing of before is taken, as the nonces of then may be
    /// lost.
    ///
    /// # Errors
    /// [`expired`].
    pub fn is_current(&self, now: Timestamp, since: Option<Timestamp>) -> Result<(), Problem> {
        let made = [self.created.as_ref().map(|c| c.at), self.stamped];
        let good = |at: Timestamp| {
            now < after(at, WINDOW)
                && at <= after(now, SKEW)
                && since.is_none_or(|since| after(since, SKEW) < at)
        };
        let ended = self.expires.is_some_and(|at| after(at, SKEW) <= now);
        if ended || !made.into_iter().flatten().all(good) {
            return Err(expired());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, engine::general_purpose::STANDARD};

    fn token(shown: Shown, created: &str) -> UsernameToken {
        UsernameToken {
            username: "ten_1.cli_1".into(),
            shown,
            nonce: Some(b"nonce".to_vec()),
            created: Some(Created {
                text: created.into(),
                at: created.parse().unwrap(),
            }),
            expires: None,
            stamped: None,
        }
    }

    /// Over the bytes of the nonce, and the time as it is written; computed by another library.
    #[test]
    fn the_digest_is_that_of_the_profile() {
        let nonce = STANDARD.decode("WScqanjCEAC4mQoBE07sAQ==").unwrap();
        let made = digest(&nonce, "2003-07-16T01:24:32Z", b"secret");
        assert_eq!(STANDARD.encode(made), "fWXCaByUpMlnSuAV37ZpBERz2BQ=");
    }

    #[test]
    fn each_mode_takes_its_own_way_and_any_secret_that_holds() {
        let at = "2026-01-01T00:00:00.123Z";
        let digested = |secret: &[u8]| token(Shown::Digest(digest(b"nonce", at, secret)), at);
        let plain = |secret: &str| token(Shown::Text(SecretText::new(secret.into())), at);
        let secrets = || [b"one".as_slice(), b"two".as_slice()].into_iter();
        for secret in ["one", "two"] {
            assert!(digested(secret.as_bytes()).matches(SoapMode::Digest, secrets()));
            assert!(plain(secret).matches(SoapMode::Text, secrets()));
            assert!(!digested(secret.as_bytes()).matches(SoapMode::Text, secrets()));
            assert!(!plain(secret).matches(SoapMode::Digest, secrets()));
        }
        assert!(!digested(b"three").matches(SoapMode::Digest, secrets()));
        assert!(!plain("three").matches(SoapMode::Text, secrets()));
        assert!(!plain("").matches(SoapMode::Text, std::iter::empty()));
        let mut bare = digested(b"one");
        bare.nonce = None;
        assert!(!bare.matches(SoapMode::Digest, secrets()));
        let mut bare = digested(b"one");
        bare.created = None;
        assert!(!bare.matches(SoapMode::Digest, secrets()));
    }

    #[test]
    fn a_message_is_good_for_a_while() {
        let now: Timestamp = "2026-01-01T00:10:00Z".parse().unwrap();
        let when = |text: &str| {
            token(Shown::Digest(Vec::new()), text)
                .is_current(now, None)
                .is_ok()
        };
        assert!(when("2026-01-01T00:10:00Z") && when("2026-01-01T00:05:01Z") && when("2026-01-01T00:11:00Z"));
        assert!(
            !when("2026-01-01T00:05:00Z") && !when("2026-01-01T00:11:01Z") && !when("2025-01-01T00:10:00Z")
        );
        let since = |text: &str| {
            let since = "2026-01-01T00:08:00Z".parse().unwrap();
            token(Shown::Digest(Vec::new()), text)
                .is_current(now, Some(since))
                .is_ok()
        };
        assert!(since("2026-01-01T00:09:01Z") && !since("2026-01-01T00:09:00Z"));
        let mut ends = token(Shown::Digest(Vec::new()), "2026-01-01T00:09:00Z");
        ends.expires = Some("2026-01-01T00:09:01Z".parse().unwrap());
        assert!(ends.is_current(now, None).is_ok());
        ends.expires = Some("2026-01-01T00:09:00Z".parse().unwrap());
        assert!(ends.is_current(now, None).is_err());
    }
}
