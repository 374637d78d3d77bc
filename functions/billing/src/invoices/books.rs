//! What invoices post.

use super::InvoiceItem;
use crate::country::Country;
use ledger::{Account, Draft, SourceKind};
use shared::text::Line;

/// Whose tax it is that no country is named of.
const NOWHERE: &str = "other";

/// An invoice was issued: its customer owes it, less what their credit has paid.
#[must_use]
pub fn finalized(invoice: &InvoiceItem) -> Draft {
    let (customer, currency) = (&invoice.customer, invoice.currency);
    let receivable = Account::receivable(customer);
    let mut draft = Draft::of(SourceKind::Invoice, invoice.id.as_str(), "finalized");
    for line in &invoice.lines {
        let revenue = Account::revenue(line.product.as_ref().map(|id| id.as_str()));
        draft = draft.transfer(&receivable, &revenue, currency, line.net.unwrap_or(line.amount));
    }
    for tax in &invoice.taxes {
        draft = draft.transfer(
            &receivable,
            &payable(tax.treatment.country.as_ref()),
            currency,
            tax.tax,
        );
    }
    let wallet = Account::customer_credit(customer);
    draft.transfer(&wallet, &receivable, currency, invoice.settlement.wallet)
}

/// The tax of a country.
pub(crate) fn payable(country: Option<&Country>) -> Account {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{invoices::tests::draft, products::ProductId};
    use shared::{ids::TenantId, time::Timestamp};

    #[test]
    fn an_invoice_is_owed_by_its_customer_and_earned_by_its_products() {
        let mut invoice = draft(700);
        let mut of_product = invoice.lines[0].clone();
        of_product.product = Some(ProductId::new(Timestamp::UNIX_EPOCH));
        of_product.amount = 300;
        invoice.lines.push(of_product.clone());
        let entry = finalized(&invoice).finish(&TenantId::platform(), Timestamp::UNIX_EPOCH);
        let entry = entry.unwrap().unwrap();
        let amounts: Vec<(&str, i64)> = entry
            .lines()
            .iter()
            .map(|l| (l.account.as_str(), l.amount))
            .collect();
        let (receivable, revenue) = (
            Account::receivable(&invoice.customer),
            Account::revenue(of_product.product.as_ref().map(ProductId::as_str)),
        );
        assert_eq!(
            amounts,
            [
                (receivable.as_str(), 1_000),
                ("revenue.other", -700),
                (revenue.as_str(), -300)
            ]
        );
        invoice.lines.clear();
        assert!(
            finalized(&invoice)
                .finish(&TenantId::platform(), Timestamp::UNIX_EPOCH)
                .unwrap()
                .is_none()
        );
    }
}
