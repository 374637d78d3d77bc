//! For each rule something that breaks it.

use documents::{Category, Document, Kind, Profile, Rule};
use rust_decimal::Decimal;

/// Changes a document so that it breaks a rule.
pub type Break = fn(&mut Document);

/// For each rule something that breaks it.
pub const BREAKS: &[(Rule, Break)] = &[
    (Rule::Text, |d| d.lines[0].name = " \t".into()),
    (Rule::Text, |d| d.buyer.name = "a\u{0}".into()),
    (Rule::Long, |d| d.number = "1".repeat(301)),
    (Rule::Exponent, |d| d.currency.exponent = 4),
    (Rule::Range, |d| d.lines[0].quantity = Decimal::MAX),
    (Rule::Negative, |d| d.totals.prepaid = -1),
    (Rule::NoLines, |d| d.lines.clear()),
    (Rule::TooMany, |d| d.notes = vec!["a".into(); 101]),
    (Rule::TooMany, |d| d.buyer.address.lines = vec!["a".into(); 4]),
    (Rule::LineTwice, |d| d.lines.push(d.lines[0].clone())),
    (Rule::LineNet, |d| d.lines[0].net += 1),
    (Rule::Price, |d| d.lines[0].unit_price = Decimal::NEGATIVE_ONE),
    (Rule::Discount, |d| {
        d.lines[0].discounts.push(documents::Discount {
            amount: 0,
            reason: "a".into(),
            percent: None,
        });
    }),
    (Rule::Period, |d| {
        d.delivery.period = Some(documents::Period {
            first: d.issued,
            last: d.issued.yesterday().unwrap(),
        });
    }),
    (Rule::SumOfLines, |d| d.totals.lines += 1),
    (Rule::SumOfAllowances, |d| d.totals.allowances += 1),
    (Rule::Net, |d| d.totals.net += 1),
    (Rule::SumOfTax, |d| d.totals.tax += 1),
    (Rule::Gross, |d| d.totals.gross += 1),
    (Rule::Due, |d| d.totals.due += 1),
    (Rule::NoGroup, |d| d.groups.clear()),
    (Rule::GroupTwice, |d| d.groups.push(d.groups[0].clone())),
    (Rule::Taxable, |d| d.groups[0].taxable += 1),
    // A credit note may be less than a minor unit off.
    (Rule::Tax, |d| d.groups[0].tax += 2),
    (Rule::Rate, |d| d.groups[0].rate = Decimal::NEGATIVE_ONE),
    (Rule::Reason, |d| d.groups[0].reason = Some("a".into())),
    (Rule::Preceding, |d| d.preceding = None),
    (Rule::Preceding, |d| d.kind = Kind::Invoice),
    (Rule::Currency, |d| d.currency.code = "EURO".into()),
    (Rule::Country, |d| d.buyer.address.country = "XX".into()),
    (Rule::Unit, |d| d.lines[0].unit = "month".into()),
    (Rule::Scheme, |d| {
        d.buyer.endpoint = Some(documents::Identifier {
            scheme: Some("mail".into()),
            value: "a@b.example".into(),
        });
    }),
    (Rule::Register, |d| {
        d.seller.registration = Some(documents::Identifier {
            scheme: Some("9999".into()),
            value: "1".into(),
        });
    }),
    (Rule::Exemption, |d| {
        d.groups[0].reason_code = Some("VATEX-XX".into())
    }),
    (Rule::VatId, |d| d.buyer.vat_id = Some("136695976".into())),
    (Rule::VatId, |d| d.buyer.vat_id = Some("é1".into())),
    (Rule::Seller, |d| {
        d.seller.vat_id = None;
        d.seller.registration = None;
    }),
    (Rule::SellerTaxed, |d| {
        d.seller.vat_id = None;
        d.seller.tax_number = None;
    }),
    (Rule::BuyerTaxed, |d| {
        d.groups[0].category = Category::AE;
        d.buyer.vat_id = None;
        d.buyer.registration = None;
    }),
    (Rule::NoVatId, |d| d.groups[0].category = Category::O),
    (Rule::Mixed, |d| {
        d.groups[0].category = Category::O;
        d.groups.push(d.groups[0].clone());
    }),
    (Rule::Supplied, |d| {
        d.groups[0].category = Category::K;
        d.delivery = documents::Delivery::default();
    }),
    (Rule::WhenDue, |d| {
        d.due = None;
        d.payment.terms = None;
    }),
    (Rule::Accounting, |d| {
        d.accounting = Some(documents::Accounting {
            currency: d.currency.clone(),
            tax: d.totals.tax,
        });
    }),
    (Rule::Account, |d| {
        d.payment.means = documents::Means::DirectDebit {
            mandate: "1".into(),
            creditor: "2".into(),
            account: "DE89370400440532013001".into(),
        };
    }),
    (Rule::Card, |d| {
        d.payment.means = documents::Means::Card {
            last4: "4242424242424242".into(),
            holder: None,
        };
    }),
    (Rule::BuyerReference, |d| {
        d.buyer_reference = None;
        d.purchase_order = None;
    }),
    (Rule::SellerContact, |d| {
        d.seller.contact.as_mut().unwrap().email = Some("a@b".into())
    }),
    (Rule::SellerContact, |d| d.seller.contact = None),
    (Rule::Place, |d| d.seller.address.city = None),
    (Rule::Endpoint, |d| d.seller.endpoint = None),
    (Rule::Terms, |d| d.payment.terms = Some("#SKONTO".into())),
    (Rule::LinePeriod, |d| {
        d.profile = Profile::Peppol;
        d.lines[0].period = Some(documents::Period {
            first: d.delivery.period.unwrap().first.yesterday().unwrap(),
            last: d.delivery.period.unwrap().last,
        });
    }),
];
