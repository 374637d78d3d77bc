//! What a credit note says, as a legal document.

use super::{CreditNoteItem, NoteTexts};
use crate::{
    invoices::{InvoiceItem, texts::Texts},
    legal::parts::{Of, document, flat, group, said},
    tax::{Day, settings::Profile},
};
use documents as is;
use shared::problem::Problem;

/// What a credit note says; none where its invoice does not say who sold.
///
/// # Errors
/// 500 when an amount is none.
pub fn of(
    item: &CreditNoteItem,
    texts: &NoteTexts,
    invoice: &InvoiceItem,
    profile: Option<Profile>,
) -> Result<Option<is::Document>, Problem> {
    let (Some(seller), Some(buyer)) = (&texts.invoice.seller, &texts.invoice.buyer) else {
        return Ok(None);
    };
    let lines = item.lines.iter().filter_map(|credited| {
        let at = usize::try_from(credited.line).ok()?;
        let kept = invoice.lines.get(at)?;
        let treatment = kept
            .tax
            .and_then(|place| invoice.taxes.get(usize::try_from(place).ok()?));
        let said = Texts::line(Some(&texts.invoice), at, kept);
        Some(flat(
            at,
            said,
            credited.net,
            treatment.map(|tax| &tax.treatment),
            item.currency,
        ))
    });
    let lines = lines.collect::<Result<Vec<_>, _>>()?;
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
        prepaid: 0,
        due: item.total,
    };
    let of = Of {
        number: item.number(),
        issued: &item.issued_on,
        currency: item.currency,
        inclusive: invoice.inclusive,
    };
    let mut document = document(
        is::Kind::CreditNote,
        of,
        (seller, buyer),
        profile,
        (lines, groups, totals),
    );
    // What is to be given back names a day (BR-CO-25).
    document.due = Some(item.issued_on.date());
    document.purchase_order = texts.invoice.purchase_order.as_ref().map(said);
    document.notes = texts.reason.iter().map(said).collect();
    document.preceding = item.invoice_number.clone().map(|number| is::Preceding {
        number,
        issued: invoice.issued_on.as_ref().map(Day::date),
    });
    Ok(Some(document))
}
