//! One-time passwords by time: RFC 6238 over RFC 4226, with HMAC-SHA-1, six digits and steps of thirty seconds, which
//! is what every authenticator takes.

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};

/// Seconds of a step.
const STEP: i64 = 30;
/// Digits of a code.
const DIGITS: u32 = 6;
/// Bytes of a secret: as many as SHA-1 gives (RFC 4226, section 4, R6).
pub const SECRET: usize = 20;

/// The code of one counter (RFC 4226, section 5.3).
fn hotp(secret: &[u8], counter: u64, digits: u32) -> Option<String> {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &counter.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag.last()? & 0xf);
    let part: [u8; 4] = tag.get(offset..offset + 4)?.try_into().ok()?;
    let number = (u32::from_be_bytes(part) & 0x7fff_ffff) % 10_u32.checked_pow(digits)?;
    Some(format!("{number:0width$}", width = usize::try_from(digits).ok()?))
}

/// The step whose code this is: the one of `now` (Unix seconds), the one before or the one after, and later than the
/// last one that was used.
#[must_use]
pub fn step_of(secret: &[u8], code: &str, now: i64, last: i64) -> Option<i64> {
    let current = now.div_euclid(STEP);
    // Every step is compared, so that time does not tell which one it was.
    let mut found = None;
    for step in [current - 1, current, current + 1] {
        let right = u64::try_from(step)
            .ok()
            .and_then(|counter| hotp(secret, counter, DIGITS))
            .is_some_and(|expected| verify_slices_are_equal(expected.as_bytes(), code.as_bytes()).is_ok());
        if right && step > last {
            found = Some(step);
        }
    }
    found
}

/// Base32 without padding (RFC 4648, section 6): how authenticators take a secret.
#[must_use]
pub fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let letter = |bits: &[bool]| {
        let padded = bits.iter().copied().chain(std::iter::repeat(false)).take(5);
        let index = padded.fold(0_usize, |n, bit| n * 2 + usize::from(bit));
        char::from(ALPHABET.get(index).copied().unwrap_or_default())
    };
    let bits: Vec<bool> = bytes
        .iter()
        .flat_map(|b| (0..8).rev().map(move |i| b >> i & 1 == 1))
        .collect();
    bits.chunks(5).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RFC: &[u8] = b"12345678901234567890";

    #[test]
    fn the_vectors_of_rfc_4226_appendix_d() {
        let expected = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
            "520489",
        ];
        for (counter, code) in (0..).zip(expected) {
            assert_eq!(hotp(RFC, counter, 6).as_deref(), Some(code), "{counter}");
        }
    }

    #[test]
    fn the_vectors_of_rfc_6238_appendix_b() {
        for (second, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(hotp(RFC, second / 30, 8).as_deref(), Some(code), "{second}");
        }
    }

    #[test]
    fn one_step_to_each_side_and_each_once() {
        let code = |step: u64| hotp(RFC, step, 6).unwrap();
        let now = 30 * 1_000 + 29;
        for (step, good) in [
            (998, false),
            (999, true),
            (1_000, true),
            (1_001, true),
            (1_002, false),
        ] {
            let expected = good.then_some(i64::try_from(step).unwrap());
            assert_eq!(step_of(RFC, &code(step), now, 0), expected, "{step}");
            assert_eq!(step_of(RFC, &code(step), now, 1_001), None, "{step} was used");
        }
        assert_eq!(step_of(RFC, &code(1_000), now, 999), Some(1_000));
        assert_eq!(step_of(RFC, &code(1_000), now, 1_000), None);
        for wrong in ["", "0", "000000", "0000000", &format!("{}0", code(1_000))] {
            assert_eq!(step_of(RFC, wrong, now, 0), None);
        }
        assert_eq!(step_of(RFC, "755224", -31, i64::MIN), None);
    }

    #[test]
    fn base32_as_in_rfc_4648_section_10() {
        for (text, expected) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(text.as_bytes()), expected);
        }
    }
}
