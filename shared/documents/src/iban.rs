//! IBANs (ISO 13616).

/// Without its blanks.
#[must_use]
pub fn compact(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Whether it is one, by its form and its checksum (ISO 7064, mod 97-10).
#[must_use]
pub fn is(text: &str) -> bool {
    let text = compact(text);
    let bytes = text.as_bytes();
    let (Some((country, rest)), true) = (text.split_at_checked(2), text.is_ascii()) else {
        return false;
    };
    let form = (15..=34).contains(&bytes.len())
        && country.bytes().all(|byte| byte.is_ascii_uppercase())
        && rest.bytes().take(2).all(|byte| byte.is_ascii_digit())
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let turned = bytes.iter().cycle().skip(4).take(bytes.len());
    let left = turned.fold(0_u32, |left, byte| match byte.to_ascii_uppercase() {
        letter @ b'A'..=b'Z' => (left * 100 + u32::from(letter - b'A') + 10) % 97,
        digit => (left * 10 + u32::from(digit.wrapping_sub(b'0'))) % 97,
    });
    form && left == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums() {
        for good in [
            "DE89 3704 0044 0532 0130 00",
            "GB29NWBK60161331926819",
            "FR1420041010050500013M02606",
            "NO9386011117947",
        ] {
            assert!(is(good), "{good}");
        }
        for bad in [
            "",
            "D",
            "DE",
            "é9370400440532013000",
            "DE89370400440532013001",
            "de89370400440532013000",
            "DE8937040044053201300!",
            "8937040044053201300",
        ] {
            assert!(!is(bad), "{bad}");
        }
    }
}
