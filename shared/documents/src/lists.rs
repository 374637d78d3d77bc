//! Code lists, as the CEN's validation artefacts of EN 16931 have them.

/// Currencies of ISO 4217 (BR-CL-04).
const CURRENCIES: &str = include_str!("../lists/currencies.txt");
/// Countries of ISO 3166-1, with `XI` and `1A` (BR-CL-14).
const COUNTRIES: &str = include_str!("../lists/countries.txt");
/// Units of UN/ECE Recommendations 20 and 21 (BR-CL-23).
const UNITS: &str = include_str!("../lists/units.txt");
/// Schemes of electronic addresses, EAS (BR-CL-25).
const ADDRESSES: &str = include_str!("../lists/eas.txt");
/// Schemes of ISO 6523, ICD (BR-CL-11).
const REGISTERS: &str = include_str!("../lists/icd.txt");
/// Reasons why there is no tax, VATEX (BR-CL-22).
const EXEMPTIONS: &str = include_str!("../lists/vatex.txt");

fn has(list: &str, code: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == code)
}

/// Whether it is a currency.
pub fn currency(code: &str) -> bool {
    has(CURRENCIES, code)
}

/// Whether it is a country.
pub fn country(code: &str) -> bool {
    has(COUNTRIES, code)
}

/// Whether it is a unit.
pub fn unit(code: &str) -> bool {
    has(UNITS, code)
}

/// Whether electronic addresses have this scheme.
pub fn address(scheme: &str) -> bool {
    has(ADDRESSES, scheme)
}

/// Whether registers have this scheme.
pub fn register(scheme: &str) -> bool {
    has(REGISTERS, scheme)
}

/// Whether it says why there is no tax. The list is compared without regard to case (BR-CL-22).
pub fn exemption(code: &str) -> bool {
    has(EXEMPTIONS, &code.to_ascii_uppercase())
}
