//! What a document says of its parties, lines and taxes, after EN 16931.

use crate::{
    parties::{Buyer, Language, Seller},
    tax::{Category, Day, Treatment, settings::Profile},
    tax_ids::TaxId,
};
use documents as is;
use rust_decimal::Decimal;
use shared::{money::Currency, problem::Problem, text::Line};

/// One of something (UN/ECE Recommendation 20).
const ONE: &str = "C62";

/// What a document is of.
pub(crate) struct Of<'a> {
    /// Its number.
    pub number: String,
    /// The day of issue.
    pub issued: &'a Day,
    /// In which currency.
    pub currency: Currency,
    /// Whether prices include tax.
    pub inclusive: bool,
}

/// A document of these parts.
pub(crate) fn document(
    kind: is::Kind,
    of: Of<'_>,
    (seller, buyer): (&Seller, &Buyer),
    profile: Option<Profile>,
    (lines, groups, totals): (Vec<is::Line>, Vec<is::TaxGroup>, is::Totals),
) -> is::Document {
    let within = groups.iter().any(|group| group.category == is::Category::K);
    is::Document {
        kind,
        profile: match profile {
            None => is::Profile::Page,
            Some(Profile::En16931) => is::Profile::En16931,
            Some(Profile::Xrechnung) => is::Profile::XRechnung,
            Some(Profile::Peppol) => is::Profile::Peppol,
        },
        issued: of.issued.date(),
        due: None,
        currency: is::Currency {
            code: of.currency.code().to_owned(),
            exponent: u8::try_from(of.currency.exponent()).unwrap_or(2),
        },
        accounting: None,
        language: match buyer.details.language {
            Some(Language::De) => is::Language::De,
            Some(Language::Fr) => is::Language::Fr,
            Some(Language::En) | None => is::Language::En,
        },
        pricing: if of.inclusive {
            is::Pricing::Inclusive
        } else {
            is::Pricing::Exclusive
        },
        seller: sells(seller),
        buyer: buys(buyer),
        buyer_reference: buyer.details.buyer_reference.as_ref().map(said),
        purchase_order: None,
        contract: None,
        notes: Vec::new(),
        preceding: None,
        // A supply within the Union names the day and the country (BR-IC-11, BR-IC-12).
        delivery: is::Delivery {
            date: within.then(|| of.issued.date()),
            period: None,
            address: within.then(|| buys(buyer).address),
        },
        lines,
        allowances: Vec::new(),
        groups,
        totals,
        payment: is::Payment {
            means: seller
                .account
                .as_ref()
                .map_or(is::Means::Undefined, |account| is::Means::Transfer {
                    account: account.account.as_str().to_owned(),
                    holder: account.holder.as_ref().map(said),
                    bank: account.bank.as_ref().map(|bank| bank.as_str().to_owned()),
                }),
            remittance: Some(of.number.clone()),
            terms: None,
        },
        number: of.number,
    }
}

/// Minor units as whole units of the currency.
pub(crate) fn major(minor: Decimal, currency: Currency) -> Result<Decimal, Problem> {
    let scale = minor.scale() + currency.exponent();
    let scaled = Decimal::try_from_i128_with_scale(minor.mantissa(), scale);
    scaled.map_err(|_| Problem::internal("an amount of a document is none"))
}

/// A number as it was written.
pub(crate) fn decimal(text: &str) -> Result<Decimal, Problem> {
    Decimal::from_str_exact(text).map_err(|_| Problem::internal("a number of a document is none"))
}

/// A line that is one of something: 1, or −1 where it is taken back, of its net.
pub(crate) fn flat(
    at: usize,
    said: Option<Line>,
    net: i64,
    treatment: Option<&Treatment>,
    currency: Currency,
) -> Result<is::Line, Problem> {
    let none = Treatment::none();
    let treatment = treatment.unwrap_or(&none);
    Ok(is::Line {
        id: (at + 1).to_string(),
        name: said.map_or_else(String::new, |said| said.as_str().to_owned()),
        description: None,
        item: None,
        quantity: Decimal::from(if net < 0 { -1 } else { 1 }),
        unit: ONE.to_owned(),
        unit_price: major(Decimal::from(net.unsigned_abs()), currency)?,
        discounts: Vec::new(),
        net,
        category: category(treatment.category),
        rate: decimal(treatment.rate.as_str())?,
        period: None,
    })
}

const fn category(of: Category) -> is::Category {
    match of {
        Category::S => is::Category::S,
        Category::Z => is::Category::Z,
        Category::E => is::Category::E,
        Category::AE => is::Category::AE,
        Category::K => is::Category::K,
        Category::G => is::Category::G,
        Category::O => is::Category::O,
    }
}

/// The tax of a treatment.
pub(crate) fn group(treatment: &Treatment, net: i64, tax: i64) -> Result<is::TaxGroup, Problem> {
    Ok(is::TaxGroup {
        category: category(treatment.category),
        rate: decimal(treatment.rate.as_str())?,
        taxable: net,
        tax,
        reason: treatment.reason.as_ref().map(said),
        reason_code: treatment
            .reason_code
            .as_ref()
            .map(|code| code.as_str().to_owned()),
    })
}

/// What somebody wrote.
pub(crate) fn said(line: &Line) -> String {
    line.as_str().to_owned()
}

fn vat_id(ids: &[TaxId]) -> Option<String> {
    let found = ids.iter().find(|id| id.vat_country().is_some())?;
    Some(found.as_str().to_owned())
}

fn sells(seller: &Seller) -> is::Party {
    let address = &seller.address;
    is::Party {
        name: said(&seller.name),
        trading_name: seller.trading_name.as_ref().map(said),
        address: is::Address {
            lines: address.lines.iter().map(said).collect(),
            city: address.city.as_ref().map(said),
            post_code: address.postal_code.as_ref().map(said),
            subdivision: address.region.as_ref().map(said),
            country: seller.country.as_str().to_owned(),
        },
        vat_id: vat_id(&seller.tax_ids),
        tax_number: seller.tax_number.as_ref().map(said),
        registration: seller.registration.as_ref().map(|registration| is::Identifier {
            scheme: registration
                .scheme
                .as_ref()
                .map(|scheme| scheme.as_str().to_owned()),
            value: said(&registration.value),
        }),
        legal_note: seller.legal_note.as_ref().map(said),
        contact: seller.contact.as_ref().map(|contact| is::Contact {
            name: contact.name.as_ref().map(said),
            phone: contact.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            email: contact.email.as_ref().map(said),
        }),
        endpoint: seller.electronic_address.as_ref().map(|address| is::Identifier {
            scheme: Some(address.scheme.as_str().to_owned()),
            value: said(&address.value),
        }),
    }
}

fn buys(buyer: &Buyer) -> is::Party {
    let (details, country) = (&buyer.details, buyer.country.as_ref());
    let address = details.address.as_ref();
    is::Party {
        name: buyer.name.clone(),
        trading_name: None,
        address: is::Address {
            lines: address.map_or_else(Vec::new, |address| address.lines.iter().map(said).collect()),
            city: address.and_then(|address| address.city.as_ref()).map(said),
            post_code: address.and_then(|address| address.postal_code.as_ref()).map(said),
            subdivision: address.and_then(|address| address.region.as_ref()).map(said),
            country: country.map_or_else(String::new, |country| country.as_str().to_owned()),
        },
        vat_id: vat_id(&details.tax_ids),
        tax_number: None,
        registration: None,
        legal_note: None,
        contact: None,
        endpoint: details.electronic_address.as_ref().map(|address| is::Identifier {
            scheme: Some(address.scheme.as_str().to_owned()),
            value: said(&address.value),
        }),
    }
}
