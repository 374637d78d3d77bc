//! An authenticator of our own: RFC 6238 over what an `otpauth` address says.

use super::time;
use aws_lc_rs::hmac;

/// A secret that has been scanned.
#[derive(Clone)]
pub struct Authenticator(Vec<u8>);

impl Authenticator {
    /// Scans an `otpauth` address.
    pub fn scan(uri: &str) -> Self {
        let (_, rest) = uri.split_once("secret=").expect("a secret");
        let text = rest.split('&').next().expect("a secret");
        let bits: String = text
            .bytes()
            .map(|c| {
                let at = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|l| *l == c);
                format!("{:05b}", at.expect("base32"))
            })
            .collect();
        let bytes = bits.as_bytes().chunks_exact(8).map(|byte| {
            let byte = std::str::from_utf8(byte).expect("bits");
            u8::from_str_radix(byte, 2).expect("bits")
        });
        Self(bytes.collect())
    }

    /// The code of the step that is `away` from the one of now, with some of that step left.
    pub async fn code(&self, away: i64) -> String {
        let left = 30 - time::unix() % 30;
        if left < 8 {
            time::pause((left + 1) * 1_000).await;
        }
        let step = i64::try_from(time::unix() / 30).expect("a step") + away;
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let at = usize::from(tag[19] & 0xf);
        let number = u32::from_be_bytes(tag[at..at + 4].try_into().expect("four bytes")) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }
}
