//! What credit notes post.

use super::{CreditNoteItem, Destination};
use crate::invoices::{InvoiceItem, books::payable};
use ledger::{Account, Draft, SourceKind};

/// A credit note was issued: what was sold and its tax are taken back from what is owed, and the rest is the customer's.
#[must_use]
pub fn credited(note: &CreditNoteItem, invoice: &InvoiceItem) -> Draft {
    let (customer, currency) = (&note.customer, note.currency);
    let receivable = Account::receivable(customer);
    let mut draft = Draft::of(SourceKind::CreditNote, note.id.as_str(), "issued");
    for line in &note.lines {
        let at = usize::try_from(line.line).unwrap_or(usize::MAX);
        let product = invoice.lines.get(at).and_then(|line| line.product.as_ref());
        let revenue = Account::revenue(product.map(|id| id.as_str()));
        draft = draft.transfer(&revenue, &receivable, currency, line.net);
    }
    for tax in &note.taxes {
        draft = draft.transfer(
            &payable(tax.treatment.country.as_ref()),
            &receivable,
            currency,
            tax.tax,
        );
    }
    // What was paid and is given back is owed to the customer, or has left as a refund.
    let back = match note.to {
        Destination::Wallet => Account::customer_credit(customer),
        Destination::Nobody => Account::refunds(),
    };
    draft.transfer(&receivable, &back, currency, note.returned)
}
