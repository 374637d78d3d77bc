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
        let treatment = kept.tax.and_then(|place| item.taxes.get(usize::try_from(place).ok()?));
        line(at, kept, said, treatment.map(|tax| &tax.treatment), item, &reason)
    });
    let groups = item.taxes.iter().map(|tax| group(&tax.treatment, tax.net, tax.tax));
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
    let of = Of { number, issued, currency: item.currency, inclusive: item.inclusive };
    let mut document = document(is::Kind::Invoice, of, (seller, buyer), profile, (lines, groups, totals));
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

