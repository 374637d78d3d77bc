//! The random source: aws-lc's, for everything that must not be guessed.

/// Fills `out` with random bytes.
///
/// aws-lc aborts the process rather than give weak bytes, so there is no error to hand on; should the call
/// still report one, the process ends too.
pub fn fill(out: &mut [u8]) {
    if aws_lc_rs::rand::fill(out).is_err() {
        std::process::abort();
    }
}

/// `N` random bytes.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0u8; N];
    fill(&mut out);
    out
}

/// 256 random bits, base64url without padding: tokens and API secrets.
#[must_use]
pub fn token() -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes::<32>())
}

/// A number in `0..bound` for jitter (slightly biased, never for secrets).
#[must_use]
pub fn below(bound: u64) -> u64 {
    u64::from_be_bytes(bytes::<8>()).checked_rem(bound).unwrap_or(0)
}
