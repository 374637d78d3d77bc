//! An IBAN on its way in or out: checked, zeroised, and without a way to be shown (ISO 13616-1).

use zeroize::{Zeroize, ZeroizeOnDrop};

/// Countries and what their IBANs hold behind the check digits: `n` digits, `a` letters, `c` either, as many as the number before it
/// says. From the IBAN registry (ISO 13616-1, kept by SWIFT).
const STRUCTURES: [(&str, &str); 89] = [
    ("AD", "8n12c"),
    ("AE", "19n"),
    ("AL", "8n16c"),
    ("AT", "16n"),
    ("AZ", "4a20c"),
    ("BA", "16n"),
    ("BE", "12n"),
    ("BG", "4a6n8c"),
    ("BH", "4a14c"),
    ("BI", "23n"),
    ("BR", "23n1a1c"),
    ("BY", "4c4n16c"),
    ("CH", "5n12c"),
    ("CR", "18n"),
    ("CY", "8n16c"),
    ("CZ", "20n"),
    ("DE", "18n"),
    ("DJ", "23n"),
    ("DK", "14n"),
    ("DO", "4c20n"),
    ("EE", "16n"),
    ("EG", "25n"),
    ("ES", "20n"),
    ("FI", "14n"),
    ("FK", "2a12n"),
    ("FO", "14n"),
    ("FR", "10n11c2n"),
    ("GB", "4a14n"),
    ("GE", "2a16n"),
    ("GI", "4a15c"),
    ("GL", "14n"),
    ("GR", "7n16c"),
    ("GT", "24c"),
    ("HN", "4a20n"),
    ("HR", "17n"),
    ("HU", "24n"),
    ("IE", "4a14n"),
    ("IL", "19n"),
    ("IQ", "4a15n"),
    ("IS", "22n"),
    ("IT", "1a10n12c"),
    ("JO", "4a4n18c"),
    ("KW", "4a22c"),
    ("KZ", "3n13c"),
    ("LB", "4n20c"),
    ("LC", "4a24c"),
    ("LI", "5n12c"),
    ("LT", "16n"),
    ("LU", "3n13c"),
    ("LV", "4a13c"),
    ("LY", "21n"),
    ("MC", "10n11c2n"),
    ("MD", "20c"),
    ("ME", "18n"),
    ("MK", "3n10c2n"),
    ("MN", "16n"),
    ("MR", "23n"),
    ("MT", "4a5n18c"),
    ("MU", "4a19n3a"),
    ("NI", "4a20n"),
    ("NL", "4a10n"),
    ("NO", "11n"),
    ("OM", "3n16c"),
    ("PK", "4a16c"),
    ("PL", "24n"),
    ("PS", "4a21c"),
    ("PT", "21n"),
    ("QA", "4a21c"),
    ("RO", "4a16c"),
    ("RS", "18n"),
    ("RU", "14n15c"),
    ("SA", "2n18c"),
    ("SC", "4a20n3a"),
    ("SD", "14n"),
    ("SE", "20n"),
    ("SI", "15n"),
    ("SK", "20n"),
    ("SM", "1a10n12c"),
    ("SO", "19n"),
    ("ST", "21n"),
    ("SV", "4a20n"),
    ("TL", "19n"),
    ("TN", "20n"),
    ("TR", "6n16c"),
    ("UA", "6n19c"),
    ("VA", "18n"),
    ("VG", "4a16n"),
    ("XK", "16n"),
    ("YE", "4a4n18c"),
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
        let known = STRUCTURES.iter().find(|(country, _)| iban.0.starts_with(country));
        let Some((_, structure)) = known else {
            return Err("is not an IBAN: it begins with no country that has them");
        };
        if iban.0.len() != 4 + runs(structure).map(|(length, _)| length).sum::<usize>() {
            return Err("is not an IBAN: it has the wrong length for its country");
        }
        if !holds(iban.0.as_bytes().get(4..).unwrap_or_default(), structure) {
            return Err("is not an IBAN: it has letters or digits where its country has none");
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

/// What a structure names: how many characters, and of which kind.
fn runs(structure: &str) -> impl Iterator<Item = (usize, char)> {
    structure.split_inclusive(char::is_alphabetic).filter_map(|run| {
        let kind = run.chars().last()?;
        let length = run.strip_suffix(kind)?.parse().ok()?;
        Some((length, kind))
    })
}

/// Whether each character is of the kind that stands in its place.
fn holds(account: &[u8], structure: &str) -> bool {
    let kinds = runs(structure).flat_map(|(length, kind)| std::iter::repeat_n(kind, length));
    account.iter().zip(kinds).all(|(byte, kind)| match kind {
        'n' => byte.is_ascii_digit(),
        'a' => byte.is_ascii_uppercase(),
        _ => byte.is_ascii_alphanumeric(),
    })
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
        let sorted = STRUCTURES.windows(2).all(|pair| pair[0].0 < pair[1].0);
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
            // Right check digits, and letters where the country has digits, or the other way round.
            ("GB12BARC20201530093A59", "where its country has none"),
            ("DE06ABCDEFGHIJKLMNOPQR", "where its country has none"),
            ("DE89/3704004405320130", "letters"),
            ("DE８9370400440532013000", "letters"),
            ("DE89370400440532013000DE893704004405", "more than 34"),
        ] {
            let refusal = Iban::parse(bad).unwrap_err();
            assert!(refusal.contains(why), "{bad}: {refusal}");
        }
    }

    #[test]
    fn every_country_has_a_structure_that_can_be_read() {
        for (country, structure) in STRUCTURES {
            let read: String = runs(structure)
                .map(|(length, kind)| format!("{length}{kind}"))
                .collect();
            assert_eq!(read, structure, "{country}");
            let length = 4 + runs(structure).map(|(length, _)| length).sum::<usize>();
            assert!((15..=LONGEST).contains(&length), "{country}");
        }
    }

    /// One that has the right check digits, of the kinds that stand in a structure.
    fn made(country: &str, structure: &str, wrong: Option<usize>) -> String {
        let mut account: Vec<u8> = runs(structure)
            .flat_map(|(length, kind)| std::iter::repeat_n(if kind == 'a' { b'Q' } else { b'7' }, length))
            .collect();
        if let Some(at) = wrong {
            account[at] = if account[at] == b'Q' { b'7' } else { b'Q' };
        }
        let account = String::from_utf8(account).unwrap();
        let check = 98 - remainder(&format!("{country}00{account}"));
        format!("{country}{check:02}{account}")
    }

    #[test]
    fn letters_and_digits_stand_in_their_places_in_every_country() {
        for (country, structure) in STRUCTURES {
            assert!(Iban::parse(&made(country, structure, None)).is_ok(), "{country}");
            let kinds: Vec<char> = runs(structure)
                .flat_map(|(length, kind)| std::iter::repeat_n(kind, length))
                .collect();
            for (at, kind) in kinds.iter().enumerate() {
                let taken = Iban::parse(&made(country, structure, Some(at))).is_ok();
                assert_eq!(taken, *kind == 'c', "{country} at {at}");
            }
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
