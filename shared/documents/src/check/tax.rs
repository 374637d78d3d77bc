//! Tax: groups, and what each category asks for (EN 16931-1, tables of BR-S to BR-O).

use super::{Faults, Rule};
use crate::{
    amount::{near_share, share, sum},
    document::{Category, Document, Kind, Pricing, TaxGroup},
};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// What each line and allowance belongs to and adds to it.
fn members(document: &Document) -> impl Iterator<Item = (Category, Decimal, Option<i64>, String)> {
    let lines = document.lines.iter().enumerate().map(|(number, line)| {
        (
            line.category,
            line.rate,
            Some(line.net),
            format!("/lines/{number}/category"),
        )
    });
    let allowances = document.allowances.iter().enumerate().map(|(number, taken)| {
        (
            taken.category,
            taken.rate,
            taken.amount.checked_neg(),
            format!("/allowances/{number}/category"),
        )
    });
    lines.chain(allowances)
}

/// Every line is in a group, and each group's amounts are right.
pub fn sums(document: &Document, faults: &mut Faults) {
    let mut seen = BTreeSet::new();
    for (number, group) in document.groups.iter().enumerate() {
        let at = |field: &str| format!("/groups/{number}{field}");
        let amounts: Vec<_> = members(document)
            .filter(|(category, rate, ..)| (*category, *rate) == (group.category, group.rate))
            .map(|(_, _, amount, _)| amount)
            .collect();
        let alone = seen.insert((group.category, group.rate));
        faults.unless(alone && !amounts.is_empty(), Rule::GroupTwice, at(""));
        match amounts.into_iter().collect::<Option<Vec<_>>>().and_then(sum) {
            None => faults.add(Rule::Range, at("/taxable")),
            Some(taxable) => faults.unless(taxable == group.taxable, Rule::Taxable, at("/taxable")),
        }
        faults.unless(tax(document, group), Rule::Tax, at("/tax"));
    }
    for (category, rate, _, at) in members(document) {
        faults.unless(seen.contains(&(category, rate)), Rule::NoGroup, at);
    }
}

/// Prices with tax in them, and notes that take a part back, are less than a minor unit off; what is taken back in parts is the
/// invoice's tax in the end.
fn tax(document: &Document, group: &TaxGroup) -> bool {
    if document.pricing == Pricing::Inclusive || document.kind == Kind::CreditNote {
        near_share(group.tax, group.taxable, group.rate)
    } else {
        share(group.taxable, group.rate) == Some(group.tax)
    }
}

/// What each category asks for.
pub fn categories(document: &Document, faults: &mut Faults) {
    faults.unless(!document.groups.is_empty(), Rule::NoGroup, "/groups");
    let (seller, buyer) = (&document.seller, &document.buyer);
    let outside = document.groups.iter().any(|group| group.category == Category::O);
    for (number, group) in document.groups.iter().enumerate() {
        let at = |field: &str| format!("/groups/{number}/{field}");
        let taxed = group.category == Category::S;
        let rated = if taxed {
            group.rate > Decimal::ZERO && group.rate <= Decimal::ONE_HUNDRED
        } else {
            group.rate.is_zero()
        };
        faults.unless(rated, Rule::Rate, at("rate"));
        let reason = group.reason.is_some() || group.reason_code.is_some();
        let silent = matches!(group.category, Category::S | Category::Z);
        faults.unless(reason != silent, Rule::Reason, at("reason"));
        let seller_known = match group.category {
            Category::S | Category::Z | Category::E | Category::AE => {
                seller.vat_id.is_some() || seller.tax_number.is_some()
            }
            Category::K | Category::G => seller.vat_id.is_some(),
            Category::O => true,
        };
        faults.unless(seller_known, Rule::SellerTaxed, "/seller");
        let buyer_known = match group.category {
            Category::AE => buyer.vat_id.is_some() || buyer.registration.is_some(),
            Category::K => buyer.vat_id.is_some(),
            _ => true,
        };
        faults.unless(buyer_known, Rule::BuyerTaxed, "/buyer");
        if group.category == Category::K {
            let delivery = &document.delivery;
            let when = delivery.date.is_some() || delivery.period.is_some();
            faults.unless(when && delivery.address.is_some(), Rule::Supplied, "/delivery");
        }
    }
    if outside {
        faults.unless(document.groups.len() == 1, Rule::Mixed, "/groups");
        faults.unless(seller.vat_id.is_none(), Rule::NoVatId, "/seller/vat_id");
        faults.unless(buyer.vat_id.is_none(), Rule::NoVatId, "/buyer/vat_id");
    }
}
