//! What providers keep of what they capture.

/// What the sandbox keeps of a capture, in thousandths.
const SANDBOX: i64 = 14;

/// What the sandbox keeps of a capture, in minor units, rounded once and half up.
pub(super) fn sandbox(captured: i64) -> i64 {
    captured.max(0).saturating_mul(SANDBOX).saturating_add(500) / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fee_is_rounded_once() {
        for (captured, kept) in [(0, 0), (35, 0), (36, 1), (1_000, 14), (1_250, 18), (-5, 0)] {
            assert_eq!(sandbox(captured), kept, "{captured}");
        }
    }
}
