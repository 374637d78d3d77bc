//! E-invoices: the two syntaxes of EN 16931.

mod cii;
mod out;
mod ubl;

use crate::document::{Currency, Document, Means, Profile};
use rust_decimal::Decimal;
use std::fmt;

/// The business process of Peppol, which XRechnung shares (BT-23).
const PROCESS: &str = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0";

/// Why there is no e-invoice of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoEinvoice {
    /// An amount has three decimals, and the standard has two (BR-DEC-09 and others); or the document is a page only.
    NotPossible,
    /// A text holds what XML cannot: the document is not valid.
    Invalid,
}

impl NoEinvoice {
    /// For problems and tables.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotPossible => "einvoice_not_possible",
            Self::Invalid => "document_invalid",
        }
    }
}

impl fmt::Display for NoEinvoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl std::error::Error for NoEinvoice {}

impl From<xml::Unwritable> for NoEinvoice {
    fn from(_: xml::Unwritable) -> Self {
        Self::Invalid
    }
}

/// Which rules it says that it keeps (BT-24).
const fn guideline(profile: Profile) -> Result<&'static str, NoEinvoice> {
    Ok(match profile {
        Profile::Page => return Err(NoEinvoice::NotPossible),
        Profile::En16931 => "urn:cen.eu:en16931:2017",
        Profile::XRechnung => "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0",
        Profile::Peppol => "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
    })
}

/// The document in UBL 2.1 (OASIS), as an Invoice or a CreditNote.
///
/// # Errors
/// [`NoEinvoice`].
pub fn ubl(document: &Document) -> Result<String, NoEinvoice> {
    ubl::write(document, guideline(document.profile)?)
}

/// The document as a CrossIndustryInvoice of UN/CEFACT (D16B).
///
/// # Errors
/// [`NoEinvoice`].
pub fn cii(document: &Document) -> Result<String, NoEinvoice> {
    cii::write(document, document.profile, guideline(document.profile)?)
}

/// What goes into a PDF as `factur-x.xml`: Factur-X in its profile EN 16931, whatever the document's profile asks for beside it.
///
/// # Errors
/// [`NoEinvoice`].
pub fn factur_x(document: &Document) -> Result<String, NoEinvoice> {
    guideline(document.profile)?;
    cii::write(document, Profile::En16931, guideline(Profile::En16931)?)
}

/// The code of the means of payment (BT-81, UNTDID 4461).
fn means(document: &Document) -> &'static str {
    match &document.payment.means {
        Means::Undefined => "1",
        Means::Transfer { account, .. } if document.currency.code == "EUR" && crate::iban::is(account) => {
            "58"
        }
        Means::Transfer { .. } => "30",
        Means::Card { .. } => "48",
        Means::DirectDebit { .. } => "59",
    }
}

/// An amount in a currency.
fn amount(minor: i64, currency: &Currency) -> Result<String, NoEinvoice> {
    crate::amount::written(minor, currency).ok_or(NoEinvoice::NotPossible)
}

/// What a discount is in percent, and of what: both or neither, as Peppol asks for (R040 to R042), and only where they agree.
fn percent(line: &crate::Line, at: usize, exponent: u8) -> Option<(Decimal, i64)> {
    let discount = line.discounts.get(at)?;
    let percent = discount.percent?;
    let base = crate::amount::product(line.quantity, line.unit_price, exponent)?;
    let agrees = crate::amount::shown_share(discount.amount, base, percent, exponent);
    agrees.then_some((percent, base))
}

/// Notes: one each, or for Peppol all in one (R002).
fn notes(document: &Document, profile: Profile) -> Vec<String> {
    if profile == Profile::Peppol && document.notes.len() > 1 {
        vec![document.notes.join("\n")]
    } else {
        document.notes.clone()
    }
}

/// Quantity and price of a line. Where rounding to whole units of a currency without decimals takes more away than Peppol lets it
/// (R120), the line is one of its amount.
fn priced(line: &crate::Line, exponent: u8) -> (Decimal, Decimal) {
    let (quantity, price) = (line.quantity.normalize(), line.unit_price.normalize());
    let product = crate::amount::product(quantity, price, exponent).unwrap_or(line.net);
    let exact = quantity.checked_mul(price).map(|exact| exact.normalize());
    if exponent > 0 || exact.is_some_and(|exact| exact.scale() == 0) {
        return (quantity, price);
    }
    let one = if product < 0 {
        Decimal::NEGATIVE_ONE
    } else {
        Decimal::ONE
    };
    (one, Decimal::from(product.unsigned_abs()))
}
