//! Exact decimals, and why a number is refused.

use crate::Fraction;
use std::{cmp::Ordering, fmt};

/// Most digits before the point, and behind it, of what is read.
const DIGITS: usize = 12;
/// Largest amount of a line, in minor units.
const MOST: i64 = 999_999_999_999;

/// Places of what is divided, and of what is added up in parts.
const PLACES: u32 = 12;
/// One, in units of the last of these places.
const PLACES_UNIT: u128 = 1_000_000_000_000;
/// What a part of a sum counts up to: eight digits.
const PART: i128 = 100_000_000;

/// Why something cannot be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Not a decimal number of at most 12 digits before and 12 after the point.
    Number,
    /// Larger than 999999999999 minor units, or smaller than its opposite.
    TooLarge,
    /// Not the name of a zone (IANA).
    Zone,
    /// No length, or one that is too long.
    Interval,
    /// An anchor that does not fit its interval.
    Anchor,
    /// Outside the years that a calendar knows.
    Time,
    /// Tiers that do not rise, or that end where quantities go on.
    Tiers,
    /// Fewer than none where a price has no answer to that.
    Negative,
    /// A package without a size, or a minimum above its maximum.
    Terms,
    /// A fraction whose whole is nothing, or of which a part is more than all of it.
    Fraction,
}

impl Wrong {
    /// A fixed reason for people.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Number => "must be a decimal number with at most 12 digits before and 12 after the point",
            Self::TooLarge => "makes an amount larger than 999999999999 minor units",
            Self::Zone => "is not the name of a time zone",
            Self::Interval => "must be from 1 to 10 years long",
            Self::Anchor => "does not fit the interval",
            Self::Time => "is outside the calendar",
            Self::Tiers => "must rise from tier to tier, and only the last has no end",
            Self::Negative => "must not be negative for this price",
            Self::Terms => "do not fit together",
            Self::Fraction => "is not a part of a whole",
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl std::error::Error for Wrong {}

/// An exact decimal: `digits` ÷ 10 to the `scale`, without zeros at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Number {
    digits: i128,
    scale: u32,
}

impl Number {
    /// Nothing.
    pub const ZERO: Self = Self { digits: 0, scale: 0 };

    /// A whole number.
    #[must_use]
    pub const fn whole(number: i64) -> Self {
        Self {
            digits: number as i128,
            scale: 0,
        }
    }

    fn new(mut digits: i128, mut scale: u32) -> Self {
        while scale > 0 && digits % 10 == 0 {
            (digits, scale) = (digits / 10, scale - 1);
        }
        Self { digits, scale }
    }

    /// A decimal number as people write it: at most 12 digits before and 12 after the point, a minus sign in front or none.
    ///
    /// # Errors
    /// [`Wrong::Number`] for anything else.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let good =
            |part: &str| (1..=DIGITS).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if !good(whole) || !good(fraction) {
            return Err(Wrong::Number);
        }
        let digits: i128 = format!("{whole}{fraction}").parse().map_err(|_| Wrong::Number)?;
        let scale = u32::try_from(fraction.len()).map_err(|_| Wrong::Number)?;
        Ok(Self::new(sign * digits, scale))
    }

    /// A decimal number as [`Display`](fmt::Display) writes it, of at most 38 digits.
    ///
    /// # Errors
    /// [`Wrong::Number`] for anything else.
    pub fn exact(text: &str) -> Result<Self, Wrong> {
        let (sign, unsigned) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits = format!("{whole}{fraction}");
        let shaped = !whole.is_empty() && unsigned.ends_with(|c: char| c.is_ascii_digit());
        if !shaped || digits.len() > 38 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Wrong::Number);
        }
        let digits: i128 = digits.parse().map_err(|_| Wrong::Number)?;
        let scale = u32::try_from(fraction.len()).map_err(|_| Wrong::Number)?;
        Ok(Self::new(sign * digits, scale))
    }

    /// Both as whole numbers of one scale.
    fn aligned(self, other: Self) -> Result<(i128, i128, u32), Wrong> {
        let scale = self.scale.max(other.scale);
        let at = |number: Self| {
            let by = 10i128.checked_pow(scale - number.scale);
            by.and_then(|by| number.digits.checked_mul(by))
                .ok_or(Wrong::TooLarge)
        };
        Ok((at(self)?, at(other)?, scale))
    }

    /// The sum.
    ///
    /// # Errors
    /// [`Wrong::TooLarge`].
    pub fn plus(self, other: Self) -> Result<Self, Wrong> {
        let (a, b, scale) = self.aligned(other)?;
        Ok(Self::new(a.checked_add(b).ok_or(Wrong::TooLarge)?, scale))
    }

    /// The difference.
    ///
    /// # Errors
    /// [`Wrong::TooLarge`].
    pub fn minus(self, other: Self) -> Result<Self, Wrong> {
        self.plus(Self {
            digits: -other.digits,
            ..other
        })
    }

    /// The product.
    ///
    /// # Errors
    /// [`Wrong::TooLarge`]: what does not fit 38 digits is far beyond the largest amount.
    pub fn times(self, other: Self) -> Result<Self, Wrong> {
        let digits = self.digits.checked_mul(other.digits).ok_or(Wrong::TooLarge)?;
        Ok(Self::new(digits, self.scale + other.scale))
    }

    /// How many whole times `size` is begun in this: its quotient, rounded up.
    ///
    /// # Errors
    /// [`Wrong::Terms`] when `size` is not more than nothing; [`Wrong::TooLarge`].
    pub fn begun(self, size: Self) -> Result<i64, Wrong> {
        let (a, b, _) = self.aligned(size)?;
        if b <= 0 {
            return Err(Wrong::Terms);
        }
        let up = i128::from(a.rem_euclid(b) > 0);
        i64::try_from(a.div_euclid(b) + up).map_err(|_| Wrong::TooLarge)
    }

    /// Which of two is more.
    ///
    /// # Errors
    /// [`Wrong::TooLarge`] when they cannot be compared.
    pub fn against(self, other: Self) -> Result<Ordering, Wrong> {
        let (a, b, _) = self.aligned(other)?;
        Ok(a.cmp(&b))
    }

    /// The lesser of two.
    ///
    /// # Errors
    /// As [`Number::against`].
    pub fn least(self, other: Self) -> Result<Self, Wrong> {
        Ok(if self.against(other)?.is_gt() { other } else { self })
    }

    /// The greater of two.
    ///
    /// # Errors
    /// As [`Number::against`].
    pub fn most(self, other: Self) -> Result<Self, Wrong> {
        Ok(if self.against(other)?.is_lt() { other } else { self })
    }

    /// Whether it is less than nothing.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.digits < 0
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.digits == 0
    }

    /// A part of it as whole minor units: the only rounding there is, half away from zero.
    ///
    /// # Errors
    /// [`Wrong::TooLarge`].
    pub fn rounded(self, part: Fraction) -> Result<i64, Wrong> {
        let (num, den) = (u128::from(part.part()), u128::from(part.whole()));
        let unit = 10u128.checked_pow(self.scale).ok_or(Wrong::TooLarge)?;
        // digits × num ÷ den, exactly: what is whole in units of the scale, and what is left over den.
        let digits = self.digits.unsigned_abs();
        let over = (digits % den) * num;
        let (scaled, left) = ((digits / den) * num + over / den, over % den);
        let (minor, rest) = (scaled / unit, scaled % unit);
        let half = (rest * 2).cmp(&unit);
        // Of a scale of 0 all that is left stands over den.
        let up = match unit {
            1 => left * 2 >= den,
            _ => half.is_ge(),
        };
        let minor = i64::try_from(minor + u128::from(up)).map_err(|_| Wrong::TooLarge)?;
        if minor > MOST {
            return Err(Wrong::TooLarge);
        }
        Ok(if self.digits < 0 { -minor } else { minor })
    }

    /// It ÷ `by`, to 12 places, rounded half away from zero.
    ///
    /// # Errors
    /// [`Wrong::Fraction`] when `by` is nothing; [`Wrong::TooLarge`].
    pub fn divided(self, by: u64) -> Result<Self, Wrong> {
        let unit = 10u128.checked_pow(self.scale).ok_or(Wrong::TooLarge)?;
        let den = unit.checked_mul(u128::from(by)).ok_or(Wrong::TooLarge)?;
        if den == 0 {
            return Err(Wrong::Fraction);
        }
        let digits = self.digits.unsigned_abs();
        let left = (digits % den).checked_mul(PLACES_UNIT).ok_or(Wrong::TooLarge)?;
        let whole = (digits / den).checked_mul(PLACES_UNIT).ok_or(Wrong::TooLarge)?;
        let up = u128::from((left % den) * 2 >= den);
        let made = whole.checked_add(left / den + up).ok_or(Wrong::TooLarge)?;
        let made = i128::try_from(made).map_err(|_| Wrong::TooLarge)?;
        Ok(Self::new(if self.digits < 0 { -made } else { made }, PLACES))
    }

    /// It to so many places, rounded half away from zero.
    ///
    /// # Errors
    /// [`Wrong::TooLarge`].
    pub fn to_places(self, places: u32) -> Result<Self, Wrong> {
        let Some(more) = self.scale.checked_sub(places).filter(|more| *more > 0) else {
            return Ok(self);
        };
        let by = 10i128.checked_pow(more).ok_or(Wrong::TooLarge)?;
        let (whole, left) = (self.digits / by, self.digits % by);
        let up = i128::from(left.unsigned_abs() >= by.unsigned_abs().div_ceil(2)) * self.digits.signum();
        Ok(Self::new(whole + up, places))
    }

    /// As three whole numbers that are added up each by itself, of which [`Number::of_parts`] makes the sum: a counter of a store
    /// takes no more than 64 bits.
    ///
    /// # Errors
    /// [`Wrong::TooLarge`] when it has more than 12 places or does not fit.
    pub fn parts(self) -> Result<[i64; 3], Wrong> {
        let more = PLACES.checked_sub(self.scale).ok_or(Wrong::TooLarge)?;
        let by = 10i128.checked_pow(more).ok_or(Wrong::TooLarge)?;
        let all = self.digits.checked_mul(by).ok_or(Wrong::TooLarge)?;
        let part = |n: i128| i64::try_from(n).map_err(|_| Wrong::TooLarge);
        Ok([
            part(all / (PART * PART))?,
            part(all / PART % PART)?,
            part(all % PART)?,
        ])
    }

    /// What such parts, each the sum of some, come to.
    ///
    /// # Errors
    /// [`Wrong::TooLarge`].
    pub fn of_parts([high, middle, low]: [i64; 3]) -> Result<Self, Wrong> {
        let all = i128::from(high).checked_mul(PART).ok_or(Wrong::TooLarge)?;
        let all = all
            .checked_add(i128::from(middle))
            .and_then(|all| all.checked_mul(PART));
        let all = all.and_then(|all| all.checked_add(i128::from(low)));
        Ok(Self::new(all.ok_or(Wrong::TooLarge)?, PLACES))
    }

    /// As whole minor units, rounded half away from zero.
    ///
    /// # Errors
    /// [`Wrong::TooLarge`].
    pub fn minor(self) -> Result<i64, Wrong> {
        self.rounded(Fraction::ALL)
    }
}

impl Default for Number {
    fn default() -> Self {
        Self::ZERO
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = usize::try_from(self.scale).unwrap_or(0);
        let digits = format!("{:0>least$}", self.digits.unsigned_abs(), least = width + 1);
        let (whole, fraction) = digits.split_at(digits.len() - width);
        let sign = if self.digits < 0 { "-" } else { "" };
        let point = if width > 0 { "." } else { "" };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

impl serde::Serialize for Number {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Number {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::exact(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn numbers_are_plain_decimals() {
        for (text, shown) in [
            ("5.50", "5.5"),
            ("-0", "0"),
            ("007", "7"),
            ("-0.000000000001", "-0.000000000001"),
        ] {
            assert_eq!(number(text).to_string(), shown);
        }
        for bad in [
            "",
            "-",
            ".",
            "1.",
            ".5",
            "+1",
            "1e3",
            "1,5",
            " 1",
            "٣",
            "1000000000000",
            "0.0000000000001",
            "1.2.3",
        ] {
            assert_eq!(Number::parse(bad), Err(Wrong::Number), "{bad}");
        }
    }

    #[test]
    fn places_are_rounded_half_away_from_zero() {
        for (text, shown) in [
            ("1.0000005", "1.000001"),
            ("-1.0000005", "-1.000001"),
            ("1.0000004", "1"),
            ("7.5", "7.5"),
        ] {
            assert_eq!(number(text).to_places(6).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn halves_go_away_from_zero_and_only_halves() {
        for (text, part, whole, minor) in [
            ("0.5", 1, 1, 1),
            ("-0.5", 1, 1, -1),
            ("0.499999999999", 1, 1, 0),
            ("1", 1, 2, 1),
            ("-1", 1, 2, -1),
            ("1", 1, 3, 0),
            ("0.25", 2, 1 << 1, 0),
            ("10000", 6, 31, 1935),
            // A hair below a half: 0.5 − 1 ÷ 3 ÷ 10^12.
            ("1.499999999999", 1, 3, 0),
            ("1.500000000001", 1, 3, 1),
        ] {
            let part = Fraction::new(part, whole).unwrap();
            assert_eq!(number(text).rounded(part), Ok(minor), "{text} × {part}");
        }
        assert_eq!(number("999999999999.5").minor(), Err(Wrong::TooLarge));
    }

    proptest! {
        #[test]
        fn a_part_is_the_exact_quotient_rounded_once(
            digits in -1_000_000_000_000i128..1_000_000_000_000, scale in 0u32..12, part in 0u64..40_000_000, more in 1u64..40_000_000,
        ) {
            let whole = part + more;
            let number = Number::new(digits, scale);
            let got = number.rounded(Fraction::new(part, whole).unwrap()).unwrap();
            // |got × whole × 10^scale × 2 − 2 × digits × part| ≤ whole × 10^scale, and a half goes away from zero.
            let unit = i128::from(whole) * 10i128.pow(scale);
            let exact = digits * i128::from(part);
            let off = 2 * (i128::from(got) * unit - exact);
            prop_assert!(off.abs() <= unit);
            if off.abs() == unit { prop_assert!(i128::from(got).abs() * unit > exact.abs()); }
        }

        #[test]
        fn what_is_shown_is_read_back(digits in -999_999_999_999_999_999i128..999_999_999_999_999_999, scale in 6u32..24) {
            let number = Number::new(digits, scale);
            prop_assert_eq!(Number::exact(&number.to_string()), Ok(number));
            if scale <= 12 { prop_assert_eq!(Number::parse(&number.to_string()), Ok(number)); }
        }

        #[test]
        fn what_is_added_up_in_parts_is_the_sum(
            all in proptest::collection::vec("-?[0-9]{1,12}(\\.[0-9]{1,12})?", 0..40),
        ) {
            let (mut parts, mut sum) = ([0i64; 3], Number::ZERO);
            for text in &all {
                let one = number(text);
                sum = sum.plus(one).unwrap();
                for (to, by) in parts.iter_mut().zip(one.parts().unwrap()) { *to += by; }
            }
            prop_assert_eq!(Number::of_parts(parts), Ok(sum));
        }

        #[test]
        fn what_is_divided_is_the_quotient_to_twelve_places(digits in -1_000_000_000_000i128..1_000_000_000_000, by in 1u64..400_000_000_000) {
            let got = Number::new(digits, 0).divided(by).unwrap();
            let at = |n: Number| n.digits * 10i128.pow(12 - n.scale);
            // |got × by × 2 − 2 × digits| ≤ by, in units of the last place.
            let off = 2 * (at(got) * i128::from(by) - digits * 1_000_000_000_000);
            prop_assert!(off.abs() <= i128::from(by));
        }

        #[test]
        fn nothing_makes_it_panic(a in "-?[0-9]{1,12}(\\.[0-9]{1,12})?", b in "-?[0-9]{1,12}(\\.[0-9]{1,12})?") {
            let (a, b) = (number(&a), number(&b));
            let _ = (a.times(b).and_then(Number::minor), a.plus(b), a.minus(b), a.begun(b), a.against(b));
            let _ = (a.parts(), a.divided(31), a.times(b).and_then(|n| n.divided(7)), a.to_places(6));
        }
    }
}
