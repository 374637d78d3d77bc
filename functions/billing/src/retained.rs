//! What stays of a customer who has been erased, and why: what issued documents froze, which tax law has kept (GDPR art. 17(3)(b)).

use crate::{
    credit_notes::{self, CreditNoteItem},
    invoices::{self, InvoiceItem},
};
use shared::{problem::Problem, road::Context, store::Item};

/// Years that documents are kept for, from the end of the year of their issue.
pub const TERM: i16 = 10;

/// Documents of one kind that stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retained {
    /// What they are: `invoice`, `credit-note`.
    pub kind: &'static str,
    /// How many.
    pub documents: u32,
    /// The last year at whose end the key of one is destroyed.
    pub until: i16,
}

impl Retained {
    fn add(&mut self, subject: Option<&str>) {
        let year = subject.and_then(|subject| subject.strip_prefix("retention-"));
        if let Some(year) = year.and_then(|year| year.parse::<i16>().ok()) {
            self.documents += 1;
            self.until = self.until.max(year.saturating_add(TERM));
        }
    }
}

/// What stays of a customer, by kind. Reads lists of the second index.
///
/// # Errors
/// 503 when the store does not answer.
pub async fn of(cx: &Context, customer: &str) -> Result<Vec<Retained>, Problem> {
    let mut bills = Retained {
        kind: InvoiceItem::KIND,
        ..Retained::default()
    };
    let list = invoices::of_customer(customer);
    let mut pages = cx.oldest_first::<InvoiceItem>(2, &list);
    while let Some(page) = pages.next().await? {
        page.iter().for_each(|item| bills.add(item.retained.as_deref()));
    }
    let mut notes = Retained {
        kind: CreditNoteItem::KIND,
        ..Retained::default()
    };
    let list = credit_notes::of_customer(customer);
    let mut pages = cx.oldest_first::<CreditNoteItem>(2, &list);
    while let Some(page) = pages.next().await? {
        page.iter().for_each(|item| notes.add(Some(&item.retained)));
    }
    Ok([bills, notes]
        .into_iter()
        .filter(|kept| kept.documents > 0)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_issued_counts_and_what_is_drafted_does_not() {
        let mut kept = Retained::default();
        for subject in [
            None,
            Some("retention-2026"),
            Some("retention-2025"),
            Some("cus_1"),
        ] {
            kept.add(subject);
        }
        assert_eq!((kept.documents, kept.until), (2, 2036));
    }
}
