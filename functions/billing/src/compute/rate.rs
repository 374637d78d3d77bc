//! Rates: percentages of up to four decimals.

use super::round::divided;

/// Millionths of a whole, so that 1 % is 10,000 of them.
const WHOLE: i128 = 1_000_000;

shared::text_type!(
    /// A rate in percent: a decimal number from 0 to 100 with up to 4 decimals. Kept without zeros at its end.
    Rate as Decimal, r"^[0-9]{1,3}(\.[0-9]{1,4})?$", "19", |t| {
        let millionths = millionths(t).ok_or("must be a decimal number from 0 to 100 with at most 4 decimals")?;
        let (whole, fraction) = (millionths / 10_000, millionths % 10_000);
        let text = format!("{whole}.{fraction:04}");
        Ok(text.trim_end_matches('0').trim_end_matches('.').to_owned())
    }
);

fn millionths(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let good = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    if !good(whole, 3) || !good(fraction, 4) {
        return None;
    }
    let millionths = format!("{whole}{fraction:0<4}").parse::<i64>().ok()?;
    (i128::from(millionths) <= WHOLE).then_some(millionths)
}

impl std::fmt::Debug for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} %", self.as_str())
    }
}

impl Rate {
    /// Nothing.
    #[must_use]
    pub fn zero() -> Self {
        Self("0".to_owned())
    }

    /// In millionths.
    #[must_use]
    pub fn millionths(&self) -> i128 {
        millionths(self.as_str()).map_or(0, i128::from)
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.millionths() == 0
    }

    /// Of an amount: rounded once, half away from zero.
    ///
    /// # Errors
    /// A fixed reason when it is no amount.
    pub fn of(&self, amount: i64) -> Result<i64, &'static str> {
        divided(i128::from(amount) * self.millionths(), WHOLE)
    }

    /// What an amount that includes it is without it, before rounding: a numerator, and the denominator of all of them.
    #[must_use]
    pub fn within(&self, gross: i64) -> (i128, i128) {
        (i128::from(gross) * WHOLE, WHOLE + self.millionths())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_percentages() {
        for (text, kept, millionths) in [
            ("19", "19", 190_000),
            ("8.1", "8.1", 81_000),
            ("0", "0", 0),
            ("100", "100", 1_000_000),
            ("5.50", "5.5", 55_000),
            ("0.0001", "0.0001", 1),
            ("007", "7", 70_000),
            ("20.0", "20", 200_000),
            ("10", "10", 100_000),
        ] {
            let rate = Rate::parse(text).unwrap();
            assert_eq!((rate.as_str(), rate.millionths()), (kept, millionths));
        }
        for bad in ["", "-1", "101", "100.0001", "1.00001", ".5", "5.", "19%", "1e1"] {
            assert!(Rate::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn published_amounts() {
        let of = |rate: &str, amount| Rate::parse(rate).unwrap().of(amount).unwrap();
        assert_eq!(of("25", 2 * 69_622), 34_811, "once a group, not twice 174.06");
        assert_eq!(of("19", -761_250), -144_638);
        assert_eq!(of("25", 19_333), 4_833);
        assert_eq!(of("20", 6_833 + 6_833 + 5_750 + 8_500), 5_583);
    }
}
