//! An IBAN on its way in or out: checked, zeroised, and without a way to be shown (ISO 13616-1).

use zeroize::{Zeroize, ZeroizeOnDrop};

/// Countries and the length of their IBANs, from the IBAN registry (ISO 13616-1, kept by SWIFT).
const LENGTHS: [(&str, usize); 89] = [
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BI", 27),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DJ", 27),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FK", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HN", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MN", 20),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NI", 28),
    ("NL", 18),
    ("NO", 15),
    ("OM", 23),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("RU", 33),
    ("SA", 24),
    ("SC", 31),
    ("SD", 18),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("SO", 23),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
    ("YE", 30),
];
/// The longest IBAN.
const LONGEST: usize = 34;

/// An international bank account number with right check digits, in capitals and without spaces.
///
/// It has no `Display` and no `Serialize`, its `Debug` is masked, and it is overwritten when it is dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Iban(String);

shared::shut!(Iban);

impl Iban {
    /// Parses an IBAN in electronic or printed form: small letters, spaces and hyphens may stand in it.
    ///
    /// # Errors
    /// A fixed reason that never repeats the number.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        // Reserved whole, so that growing leaves no copies behind.
        let mut iban = Self(String::with_capacity(LONGEST));
        for c in text.chars() {
            match c {
                ' ' | '-' => {}
                c if !c.is_ascii_alphanumeric() => return Err("must be letters, digits, spaces and hyphens"),
                _ if iban.0.len() == LONGEST => return Err("has more than 34 characters"),
                c => iban.0.push(c.to_ascii_uppercase()),
            }
        }
        let known = LENGTHS.iter().find(|(country, _)| iban.0.starts_with(country));
        let Some((_, length)) = known else {
            return Err("is not an IBAN: it begins with no country that has them");
        };
        if iban.0.len() != *length {
            return Err("is not an IBAN: it has the wrong length for its country");
        }
        let digits = iban.0.get(2..4).unwrap_or_default();
        // 00, 01 and 99 leave the right remainder, too, and are given to nobody (ISO 7064, MOD 97-10).
        if !digits.bytes().all(|b| b.is_ascii_digit()) || matches!(digits, "00" | "01" | "99") {
            return Err("is not an IBAN: its check digits are wrong");
        }
        if remainder(&iban.0) != 1 {
            return Err("is not an IBAN: its check digits are wrong");
        }
        Ok(iban)
    }

    /// The number. For the seal and the provider, nobody else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The country of the account (ISO 3166-1 alpha-2, and XK).
    #[must_use]
    pub fn country(&self) -> &str {
        self.0.get(..2).unwrap_or_default()
    }

    /// The last four characters.
    #[must_use]
    pub fn last4(&self) -> &str {
        self.0.get(self.0.len().saturating_sub(4)..).unwrap_or_default()
    }
}

/// The remainder by 97 of the number with its first four characters at its end and letters as 10 to 35 (ISO 7064,
/// MOD 97-10; ISO 13616-1, annex A).
fn remainder(iban: &str) -> u32 {
    let turned = iban.bytes().skip(4).chain(iban.bytes().take(4));
    turned.fold(0, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte.saturating_sub(b'A')) + 10) % 97,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Examples of the registry.
    const EXAMPLES: [&str; 12] = [
        "DE89 3704 0044 0532 0130 00",
        "GB29 NWBK 6016 1331 9268 19",
        "FR14 2004 1010 0505 0001 3M02 606",
        "NO93 8601 1117 947",
        "MT84 MALT 0110 0001 2345 MTLC AST0 01S",
        "CH93 0076 2011 6238 5295 7",
        "NL91 ABNA 0417 1643 00",
        "ES91 2100 0418 4502 0005 1332",
        "IT60 X054 2811 1010 0000 0123 456",
        "BE68 5390 0754 7034",
        "AT61 1904 3002 3457 3201",
        "SA03 8000 0000 6080 1016 7519",
    ];

    #[test]
    fn examples_of_the_registry_are_taken_in_either_form() {
        for printed in EXAMPLES {
            let iban = Iban::parse(&printed.to_lowercase()).unwrap_or_else(|why| panic!("{printed}: {why}"));
            assert_eq!(iban.expose(), printed.replace(' ', ""));
            assert_eq!(iban.country(), &printed[..2]);
            assert!(iban.expose().ends_with(iban.last4()) && iban.last4().len() == 4);
            assert_eq!(format!("{iban:?}"), "[card]");
        }
        let sorted = LENGTHS.windows(2).all(|pair| pair[0].0 < pair[1].0);
        assert!(sorted, "each country stands once");
    }

    #[test]
    fn what_is_none_is_refused_with_a_fixed_reason() {
        for (bad, why) in [
            ("", "country"),
            ("US64SVBKUS6S3300958879", "country"),
            ("DE8937040044053201300", "length"),
            ("DE893704004405320130000", "length"),
            ("DE88370400440532013000", "check digits"),
            ("DE8A370400440532013000", "check digits"),
            ("DE89370400440532013001", "check digits"),
            ("DE89/3704004405320130", "letters"),
            ("DE８9370400440532013000", "letters"),
            ("DE89370400440532013000DE893704004405", "more than 34"),
        ] {
            let refusal = Iban::parse(bad).unwrap_err();
            assert!(refusal.contains(why), "{bad}: {refusal}");
        }
    }

    proptest! {
        #[test]
        fn every_wrong_character_and_every_swap_of_neighbours_is_found(at in 4usize..22, by in 1u8..10) {
            let good = "DE89370400440532013000";
            let mut bytes = good.as_bytes().to_vec();
            bytes[at] = b'0' + (bytes[at] - b'0' + by) % 10;
            prop_assert!(Iban::parse(std::str::from_utf8(&bytes).unwrap()).is_err());
            let mut swapped = good.as_bytes().to_vec();
            swapped.swap(at - 1, at);
            let is_same = swapped == good.as_bytes();
            prop_assert_eq!(Iban::parse(std::str::from_utf8(&swapped).unwrap()).is_ok(), is_same);
        }
    }
}
