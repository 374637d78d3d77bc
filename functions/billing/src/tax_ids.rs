//! Tax ids.

pub mod vat;

/// Most characters of a number that is checked no further.
const OTHER: usize = 30;

shared::text_type!(
    /// A tax id: a VAT id of the European Union or Great Britain with its prefix, whose format and check digits are checked, or the
    /// number of another country behind its code and a colon, as `CH:CHE-116.281.710`.
    TaxId, r"^[A-Za-z]{2}[0-9A-Za-z+*:. /-]{2,60}$", "DE136695976", |t| {
        if t.len() > 62 {
            return Err("is too long");
        }
        if let Some((country, number)) = t.split_once(':') {
            let good = |b: u8| b.is_ascii_alphanumeric() || b" ./-".contains(&b);
            let code = country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase());
            let fine = (1..=OTHER).contains(&number.len()) && number.bytes().all(good) && number.trim() == number;
            return if code && fine { Ok(t.to_owned()) } else { Err("must be a country, a colon and at most 30 letters, digits and signs") };
        }
        let number = vat::compact(t);
        let shaped = t.get(..2).is_some_and(|p| p.bytes().all(|b| b.is_ascii_alphabetic()));
        match vat::country_of(&number) {
            Some(_) if shaped && vat::is_valid(&number) => Ok(number),
            Some(_) => Err("is not a VAT id: its format or its check digits are wrong"),
            None => Err("must be a VAT id with its prefix, or a country, a colon and a number"),
        }
    }
);

impl std::fmt::Debug for TaxId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[personal]")
    }
}

impl TaxId {
    /// The country (ISO 3166-1) whose VAT id it is; none where it is a number of another kind.
    #[must_use]
    pub fn vat_country(&self) -> Option<&'static str> {
        (!self.as_str().contains(':')).then(|| vat::country_of(self.as_str()))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vat_ids_are_checked_and_others_are_named() {
        for (text, kept, country) in [
            ("DE 136 695 976", "DE136695976", Some("DE")),
            ("de136695976", "DE136695976", Some("DE")),
            ("CH:CHE-116.281.710", "CH:CHE-116.281.710", None),
            ("US:12-3456789", "US:12-3456789", None),
        ] {
            let id = TaxId::parse(text).unwrap();
            assert_eq!((id.as_str(), id.vat_country()), (kept, country));
        }
        for bad in [
            "DE136695977",
            "136695976",
            "CHE-116.281.710",
            "us:1",
            "US:",
            "US: 1",
            "XX123",
            "",
            ":",
            "DE",
        ] {
            assert!(TaxId::parse(bad).is_err(), "{bad}");
        }
    }
}
