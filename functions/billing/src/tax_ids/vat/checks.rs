//! Sums that check digits are made of.

/// The digits of a text of digits.
pub(super) fn digits(text: &str) -> Option<Vec<u64>> {
    let digit = |c: char| c.to_digit(10).map(u64::from);
    let all: Option<Vec<u64>> = text.chars().map(digit).collect();
    all.filter(|d| !d.is_empty() && text.is_ascii())
}

/// Σ digit × weight.
pub(super) fn weighed(digits: &[u64], weights: &[u64]) -> u64 {
    digits.iter().zip(weights).map(|(n, w)| n * w).sum()
}

/// The sign that stands at a place of an alphabet.
pub(super) fn alphabet(letters: &'static str, at: u64) -> Option<&'static str> {
    let at = usize::try_from(at).ok()?;
    letters.get(at..=at)
}

/// The check digit of Luhn (ISO/IEC 7812-1, annex B) for what stands before it.
pub(super) fn luhn_digit(body: &[u64]) -> u64 {
    let value = |(at, n): (usize, &u64)| if at % 2 == 0 { n / 5 + n * 2 % 10 } else { *n };
    let sum: u64 = body.iter().rev().enumerate().map(value).sum();
    (10 - sum % 10) % 10
}

/// Whether the last digit is that of Luhn.
pub(super) fn luhn(digits: &[u64]) -> bool {
    digits
        .split_last()
        .is_some_and(|(last, body)| luhn_digit(body) == *last)
}

/// Whether the last digit is that of ISO 7064, MOD 11,10.
pub(super) fn mod_11_10(digits: &[u64]) -> bool {
    let Some((last, body)) = digits.split_last() else {
        return false;
    };
    let check = body.iter().fold(10, |check, n| {
        let sum = (check + n) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - check) % 10 == *last
}
