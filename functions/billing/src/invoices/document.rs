//! What an issued invoice says, as a legal document.

use super::{InvoiceItem, KeptLine, texts::Texts};
use crate::{
    legal::parts::{Of, decimal, document, flat, group, major, said},
    tax::{Day, Treatment, settings::Profile},
};
use documents as is;
use shared::{problem::Problem, text::Line};

/// What an issued invoice says; none where the tenant has not said who sells.
///
/// # Errors
/// 500 when an amount is none.
pub fn of(
    item: &InvoiceItem,
    texts: &Texts,
    profile: Option<Profile>,
) -> Result<Option<is::Document>, Problem> {
    let (Some(seller), Some(buyer), Some(number), Some(issued)) =
        (&texts.seller, &texts.buyer, item.number(), &item.issued_on)
    else {
        return Ok(None);
    };
    let reason = reasons(&texts.discounts);
    let lines = item.lines.iter().enumerate();
    let lines = lines.map(|(at, kept)| {
        let said = Texts::line(Some(texts), at, kept);
        let treatment = kept
            .tax
            .and_then(|place| item.taxes.get(usize::try_from(place).ok()?));
        line(at, kept, said, treatment.map(|tax| &tax.treatment), item, &reason)
    });
    let groups = item
        .taxes
        .iter()
        .map(|tax| group(&tax.treatment, tax.net, tax.tax));
    let groups = groups.collect::<Result<Vec<_>, _>>()?;
    let net = item.taxes.iter().map(|tax| tax.net).sum();
    let totals = is::Totals {
        lines: net,
        allowances: 0,
        net,
        tax: item.total - net,
        gross: item.total,
        prepaid: item.settlement.wallet,
        due: item.total - item.settlement.wallet,
    };
    let lines = lines.collect::<Result<Vec<_>, _>>()?;
    let of = Of {
        number,
        issued,
        currency: item.currency,
        inclusive: item.inclusive,
    };
    let mut document = document(
        is::Kind::Invoice,
        of,
        (seller, buyer),
        profile,
        (lines, groups, totals),
    );
    document.due = item.due_on.as_ref().map(Day::date);
    document.purchase_order = texts.purchase_order.as_ref().map(said);
    document.notes = texts.memo.iter().map(said).collect();
    Ok(Some(document))
}

/// A line of an invoice: as many as there are at what one costs; 1 or −1 where that includes tax.
fn line(
    at: usize,
    kept: &KeptLine,
    said: Option<Line>,
    treatment: Option<&Treatment>,
    item: &InvoiceItem,
    reason: &str,
) -> Result<is::Line, Problem> {
    let net = kept.net.unwrap_or(kept.amount);
    let flat = flat(at, said, net, treatment, item.currency)?;
    if item.inclusive {
        return Ok(flat);
    }
    let unit = kept.unit_amount.decimal().map_err(Problem::internal)?;
    let discount = (kept.discount != 0).then(|| is::Discount {
        amount: kept.discount,
        reason: reason.to_owned(),
        percent: None,
    });
    Ok(is::Line {
        quantity: decimal(kept.units().as_str())?,
        unit_price: major(unit, item.currency)?,
        discounts: discount.into_iter().collect(),
        ..flat
    })
}

fn reasons(discounts: &[Line]) -> String {
    let all: Vec<&str> = discounts.iter().map(Line::as_str).collect();
    all.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        amounts::UnitAmount,
        compute::{Rate, Units},
        invoices::{KeptDiscount, tests::draft},
        tax::Category,
    };
    use proptest::prelude::*;
    use serde_json::json;
    use shared::time::Timestamp;

    fn texts(lines: usize) -> Texts {
        let address = json!({"lines": ["Street 1"], "city": "Berlin", "postal_code": "10115"});
        let line = Line::parse("Work").unwrap();
        Texts {
            lines: vec![line.clone(); lines],
            discounts: vec![line],
            seller: serde_json::from_value(json!({
                "name": "Shop GmbH", "address": address, "country": "DE", "tax_ids": ["DE136695976"],
                "contact": {"name": "Billing", "phone": "+49 30 1", "email": "billing@shop.example"},
                "electronic_address": {"scheme": "EM", "value": "billing@shop.example"},
            }))
            .ok(),
            buyer: serde_json::from_value(json!({
                "name": "Ada", "email": "ada@example.com", "country": "DE", "address": address,
                "electronic_address": {"scheme": "EM", "value": "ada@example.com"},
            }))
            .ok(),
            ..Texts::default()
        }
    }

    proptest! {
        #[test]
        fn whatever_is_issued_is_a_document_that_holds_to_the_cent(
            lines in proptest::collection::vec((0i64..100_000, -3i64..10, 0usize..2), 1..8),
            percent in 0i64..=50, inclusive in proptest::bool::ANY,
        ) {
            let line = |(unit, units, _): &(i64, i64, usize)| {
                let (unit, units) = (UnitAmount::parse(&unit.to_string()).unwrap(), Units::parse(&units.to_string()).unwrap());
                let amount = units.of(&unit).unwrap();
                KeptLine::new(units, unit, amount)
            };
            let treatment = |(_, _, rate): &(i64, i64, usize)| Treatment {
                category: Category::S,
                rate: Rate::parse(["19", "7"][*rate]).unwrap(),
                ..Treatment::none()
            };
            let mut item = InvoiceItem {
                lines: lines.iter().map(line).collect(),
                discounts: vec![KeptDiscount {
                    percent: Rate::parse(&percent.to_string()).ok(), amount: None, lines: None, taken: 0,
                }],
                issued_on: Some(Day::of(Timestamp::UNIX_EPOCH)),
                due_on: Some(Day::of(Timestamp::UNIX_EPOCH).after(14)),
                ..draft(0)
            };
            let treatments: Vec<Treatment> = lines.iter().map(treatment).collect();
            if item.priced(&treatments, inclusive).is_err() {
                return Ok(());
            }
            let item = item.finalized(1, Timestamp::UNIX_EPOCH).unwrap();
            for profile in [None, Some(Profile::En16931)] {
                let said = of(&item, &texts(lines.len()), profile).unwrap().unwrap();
                prop_assert_eq!(is::validate(&said).err(), None);
            }
        }
    }
}
