//! Countries.

use shared::problem::Problem;

shared::text_type!(
    /// A country: ISO 3166-1 alpha-2.
    Country, "^[A-Z]{2}$", "DE", |t| {
        if t.len() == 2 && t.bytes().all(|b| b.is_ascii_uppercase()) {
            Ok(t.to_owned())
        } else {
            Err("must be two capital letters (ISO 3166-1)")
        }
    }
);

/// The countries that there are (ISO 3166-1 alpha-2, officially assigned).
const COUNTRIES: &str = "\
     AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT \
     BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH \
     ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT \
     HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS \
     LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI \
     NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG \
     SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG \
     UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

impl Country {
    /// Refuses what is no country. Only what comes in is held to it: what is kept stays readable whatever becomes of countries.
    ///
    /// # Errors
    /// 422 at `/country`, naming the code that is meant where there is one.
    pub fn is_there(&self) -> Result<(), Problem> {
        let code = self.as_str();
        if COUNTRIES.split(' ').any(|there| there == code) {
            return Ok(());
        }
        let meant = match code {
            "UK" => "is not a country (ISO 3166-1): use GB",
            "EL" => "is not a country (ISO 3166-1): use GR",
            _ => "is not a country (ISO 3166-1)",
        };
        Err(Problem::invalid("/country", meant))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_those_of_iso_3166() {
        assert_eq!(COUNTRIES.split(' ').count(), 249);
        let refused = |code: &str| {
            let problem = Country::parse(code).unwrap().is_there().err()?;
            Some(problem.errors[0].detail.clone())
        };
        for there in ["DE", "GB", "GR", "AX", "ZW", "SS"] {
            assert_eq!(refused(there), None, "{there}");
        }
        assert!(refused("UK").unwrap().ends_with("use GB"));
        assert!(refused("EL").unwrap().ends_with("use GR"));
        for gone in ["AN", "SU", "XX", "EU", "ZZ"] {
            assert!(refused(gone).is_some(), "{gone}");
        }
    }
}
