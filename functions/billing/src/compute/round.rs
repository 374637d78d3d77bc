//! The one rounding.

/// Why a quotient is refused.
pub const TOO_LARGE: &str = "makes an amount larger than 999999999999 minor units";

/// A quotient rounded to a whole number, half away from zero.
///
/// # Errors
/// A fixed reason when the denominator is not positive, or the quotient is no `i64`.
pub fn divided(numerator: i128, denominator: i128) -> Result<i64, &'static str> {
    if denominator <= 0 {
        return Err("is divided by nothing");
    }
    let (quotient, rest) = (numerator / denominator, numerator % denominator);
    // `2 × rest ≥ denominator`, without leaving the numbers that there are.
    let up = rest.unsigned_abs() >= denominator.unsigned_abs().div_ceil(2);
    let rounded = if up {
        quotient + numerator.signum()
    } else {
        quotient
    };
    i64::try_from(rounded).map_err(|_| TOO_LARGE)
}

/// A power of ten.
///
/// # Errors
/// A fixed reason beyond 10³⁸.
pub fn ten_to(exponent: u32) -> Result<i128, &'static str> {
    10i128.checked_pow(exponent).ok_or(TOO_LARGE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn halves_go_away_from_zero() {
        for (numerator, denominator, rounded) in [
            (5, 10, 1),
            (-5, 10, -1),
            (4, 10, 0),
            (-4, 10, 0),
            (15, 10, 2),
            (25, 10, 3),
            (-144_637_500, 1000, -144_638),
            (1, 3, 0),
            (2, 3, 1),
            (3, 5, 1),
            (2, 5, 0),
        ] {
            assert_eq!(
                divided(numerator, denominator),
                Ok(rounded),
                "{numerator}/{denominator}"
            );
        }
        assert!(divided(1, 0).is_err() && divided(i128::MAX, 1).is_err());
    }

    proptest! {
        #[test]
        fn a_quotient_is_never_further_than_a_half(n in -1_000_000_000_000i128..1_000_000_000_000, d in 1i128..1_000_000) {
            let rounded = i128::from(divided(n, d).unwrap());
            prop_assert!((rounded * d - n).abs() * 2 <= d);
            prop_assert_eq!(divided(-n, d).unwrap(), -divided(n, d).unwrap());
        }
    }
}
