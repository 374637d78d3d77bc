//! Numbers and days as a language writes them.

use crate::{
    amount::parts,
    document::{Language, Period},
};
use jiff::civil::Date;
use rust_decimal::Decimal;

/// A thin blank that no line breaks at.
const THIN: char = '\u{202F}';

#[derive(Clone, Copy)]
pub struct Format(pub Language);

impl Format {
    /// What groups thousands, and what stands before decimals.
    const fn marks(self) -> (char, char) {
        match self.0 {
            Language::En => (',', '.'),
            Language::De => ('.', ','),
            Language::Fr => (THIN, ','),
        }
    }

    fn number(self, negative: bool, whole: &str, decimals: &str) -> String {
        let (group, point) = self.marks();
        let mut text = String::new();
        if negative {
            text.push('−');
        }
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && whole.len().saturating_sub(at) % 3 == 0 {
                text.push(group);
            }
            text.push(digit);
        }
        if !decimals.is_empty() {
            text.push(point);
            text.push_str(decimals);
        }
        text
    }

    /// An amount in minor units, with all its decimals.
    pub fn money(self, minor: i64, exponent: u8) -> String {
        let (sign, whole, decimals) = parts(minor, exponent);
        self.number(!sign.is_empty(), &whole, &decimals)
    }

    /// A decimal, with so many decimals at least.
    pub fn decimal(self, number: Decimal, least: usize) -> String {
        let text = number.abs().normalize().to_string();
        let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
        let negative = number.is_sign_negative() && !number.is_zero();
        self.number(negative, whole, &format!("{decimals:0<least$}"))
    }

    /// A rate in percent.
    pub fn percent(self, rate: Decimal) -> String {
        let number = self.decimal(rate, 0);
        match self.0 {
            Language::En => format!("{number}%"),
            Language::De | Language::Fr => format!("{number}{THIN}%"),
        }
    }

    /// A day.
    pub fn day(self, day: Date) -> String {
        match self.0 {
            Language::En => {
                let months = [
                    "January",
                    "February",
                    "March",
                    "April",
                    "May",
                    "June",
                    "July",
                    "August",
                    "September",
                    "October",
                    "November",
                    "December",
                ];
                let month = usize::try_from(day.month())
                    .ok()
                    .and_then(|month| month.checked_sub(1));
                let month = month
                    .and_then(|month| months.get(month))
                    .copied()
                    .unwrap_or_default();
                format!("{} {month} {}", day.day(), day.year())
            }
            Language::De => format!("{:02}.{:02}.{}", day.day(), day.month(), day.year()),
            Language::Fr => format!("{:02}/{:02}/{}", day.day(), day.month(), day.year()),
        }
    }

    /// Days from the first to the last.
    pub fn period(self, period: Period) -> String {
        format!("{} – {}", self.day(period.first), self.day(period.last))
    }
}

/// An account, an IBAN by fours.
pub fn account(text: &str) -> String {
    if !crate::iban::is(text) {
        return text.to_owned();
    }
    let mut grouped = String::from("IBAN");
    for (at, c) in crate::iban::compact(text).chars().enumerate() {
        if at % 4 == 0 {
            grouped.push('\u{A0}');
        }
        grouped.push(c);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_each_language_writes_them() {
        let of = |language| Format(language);
        assert_eq!(of(Language::En).money(-123_456_789, 2), "−1,234,567.89");
        assert_eq!(of(Language::De).money(123_456, 2), "1.234,56");
        assert_eq!(of(Language::Fr).money(123_456, 2), "1\u{202F}234,56");
        assert_eq!(of(Language::En).money(1000, 0), "1,000");
        assert_eq!(of(Language::En).money(5, 3), "0.005");
        let decimal = |text| Decimal::from_str_exact(text).unwrap();
        assert_eq!(of(Language::De).decimal(decimal("1234.500"), 2), "1.234,50");
        assert_eq!(of(Language::De).percent(decimal("5.50")), "5,5\u{202F}%");
        assert_eq!(of(Language::En).decimal(decimal("-0"), 0), "0");
    }

    #[test]
    fn accounts_by_fours() {
        assert_eq!(
            account("DE89370400440532013000"),
            "IBAN\u{A0}DE89\u{A0}3704\u{A0}0044\u{A0}0532\u{A0}0130\u{A0}00"
        );
        assert_eq!(account("0123456"), "0123456");
    }
}
