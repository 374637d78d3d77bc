//! What billing tells the ledger: every movement of money or claim, in the transaction of the change itself. Debits are claims and
//! money, credits what is owed and earned.

use crate::{
    credit_notes::{CreditNoteItem, Destination},
    invoices::InvoiceItem,
    wallets::Grant,
};
use ledger::{Account, Draft, SourceKind};
use shared::{ids::CustomerId, money::Currency, text::Line};
use std::collections::BTreeMap;

/// What credit that nobody paid for is taken from, and what is left of it goes back to.
const CREDITS: &str = "credits";

/// Whose tax it is that no country is named of.
const NOWHERE: &str = "other";

/// The tax of a country.
pub(crate) fn payable(country: Option<&crate::customers::Country>) -> Account {
    Account::tax_payable(country.map_or(NOWHERE, |country| country.as_str()))
}

/// What an invoice was settled with by hand, before and after: paid elsewhere, written off, or open again.
#[must_use]
pub fn resolved(old: &InvoiceItem, next: &InvoiceItem, revision: u64, reason: &Line) -> Draft {
    let receivable = Account::receivable(&next.customer);
    let (was, is) = (&old.settlement, &next.settlement);
    Draft::of(
        SourceKind::Invoice,
        next.id.as_str(),
        &format!("settled#{revision}"),
    )
    .transfer(
        &Account::bank(),
        &receivable,
        next.currency,
        is.elsewhere - was.elsewhere,
    )
    .transfer(
        &Account::write_offs(),
        &receivable,
        next.currency,
        is.written_off - was.written_off,
    )
    .because(reason)
}

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

/// Credit was given: what was paid for it is to be matched, what nobody paid for lessens what is sold.
#[must_use]
pub fn granted(customer: &CustomerId, grant: &Grant) -> Draft {
    let wallet = Account::customer_credit(customer);
    let free = grant.amount - grant.cost.min(grant.amount);
    Draft::of(SourceKind::Wallet, grant.id.as_str(), "granted")
        .transfer(&Account::suspense(), &wallet, grant.currency, grant.amount - free)
        .transfer(&Account::revenue(Some(CREDITS)), &wallet, grant.currency, free)
}

/// Credit has run out.
#[must_use]
pub fn expired(customer: &CustomerId, gone: &BTreeMap<Currency, i64>, revision: u64) -> Draft {
    let wallet = Account::customer_credit(customer);
    let draft = Draft::of(
        SourceKind::Wallet,
        customer.as_str(),
        &format!("expired#{revision}"),
    );
    gone.iter().fold(draft, |draft, (currency, amount)| {
        draft.transfer(&wallet, &Account::revenue(Some(CREDITS)), *currency, *amount)
    })
}
