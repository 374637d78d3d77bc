//! What a document has to keep.

use std::fmt;

/// A rule that a document breaks, and where. Nothing of it holds what the document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The rule.
    pub rule: Rule,
    /// Where, as a JSON pointer into the document.
    pub at: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.at, self.rule.about(), self.rule.code())
    }
}

impl std::error::Error for Fault {}

/// Declares the rules with their code and a sentence.
macro_rules! rules {
    ($($name:ident $code:literal $about:literal)*) => {
        /// What a document has to keep.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule {
            $(#[doc = $about] $name,)*
        }

        impl Rule {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// As the standard calls it; `OWN-` where it does not have it.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }

            /// In words.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self {
                    $(Self::$name => $about,)*
                }
            }
        }
    };
}

rules! {
    Text "OWN-TEXT" "is empty, or holds a character that XML does not have"
    Long "OWN-LONG" "is longer than the field may be"
    Exponent "OWN-EXPONENT" "a minor unit has 0, 2 or 3 decimals"
    Range "OWN-RANGE" "is more than can be counted exactly"
    Negative "OWN-NEGATIVE" "is not to be negative"
    NoLines "BR-16" "a document has lines"
    TooMany "OWN-MANY" "are more than a document may have"
    LineTwice "OWN-LINE" "another line has this name"
    LineNet "OWN-LINE-NET" "is not quantity × price − discounts, rounded half away from zero"
    Price "BR-27" "is not to be negative; what is taken back has a negative quantity"
    Discount "OWN-DISCOUNT" "is not to be zero or negative"
    Period "BR-29" "ends before it begins"
    SumOfLines "BR-CO-10" "is not the sum of the lines"
    SumOfAllowances "BR-CO-11" "is not the sum of the allowances"
    Net "BR-CO-13" "is not lines − allowances"
    SumOfTax "BR-CO-14" "is not the sum of the groups' tax"
    Gross "BR-CO-15" "is not net + tax"
    Due "BR-CO-16" "is not gross − prepaid"
    NoGroup "BR-CO-18" "there is no tax group of this category and rate"
    GroupTwice "OWN-GROUP" "there are two tax groups of this category and rate, or one that nothing belongs to"
    Taxable "BR-S-08" "is not the sum of what is in the group"
    Tax "BR-S-09" "is not taxable × rate, rounded half away from zero; or a minor unit off it, where that is allowed"
    Rate "BR-S-05" "is no rate of this category"
    Reason "BR-E-10" "whoever charges no tax says why, and whoever charges some does not"
    Preceding "OWN-PRECEDING" "a credit note names its invoice, and an invoice names none"
    Currency "BR-CL-04" "is no currency"
    Country "BR-CL-14" "is no country"
    Unit "BR-CL-23" "is no unit of UN/ECE Recommendation 20"
    Scheme "BR-CL-25" "is no scheme of the list EAS"
    Register "BR-CL-11" "is no scheme of ISO 6523"
    Exemption "BR-CL-22" "is no code of the list VATEX"
    VatId "BR-CO-09" "does not begin with the letters of a country"
    Seller "BR-CO-26" "the seller has a VAT identifier or a registration"
    SellerTaxed "BR-S-02" "the seller has a VAT identifier or a tax number where this category is used"
    BuyerTaxed "BR-AE-02" "the buyer has a VAT identifier or a registration where this category is used"
    NoVatId "BR-O-02" "has no VAT identifier where the document is outside of the scope of tax"
    Mixed "BR-O-11" "what is outside of the scope of tax stands alone"
    Supplied "BR-IC-11" "a supply within the European Economic Area says when and where to"
    WhenDue "BR-CO-25" "what is to be paid says when: a due date, or terms"
    Accounting "PEPPOL-EN16931-R005" "the currency of accounting is another one, with a tax of the same sign"
    Account "BR-61" "is no account"
    Card "BR-51" "is not the last four digits of a card"
    BuyerReference "BR-DE-15" "this profile asks for the buyer's reference, or Peppol for a purchase order in its place"
    SellerContact "BR-DE-5" "this profile asks for the seller's contact with name, telephone and mail"
    Place "BR-DE-3" "this profile asks for city and post code"
    Endpoint "PEPPOL-EN16931-R010" "this profile asks for an electronic address, Peppol for one of its network"
    Terms "BR-DE-18" "lines that begin with # are kept for cash discounts"
    LinePeriod "PEPPOL-EN16931-R110" "is not within the document's days"
}
