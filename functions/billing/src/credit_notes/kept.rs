//! Where a credit note is kept, what for, and how it is found.

use super::{ALL, CreditNoteItem, list::List, of_customer};
use shared::{
    crypto::Purpose,
    lists::entries,
    processing::{Basis, Processing, Reach, Subjects},
    store::{Attributes, Entry, Item, Listing, Table},
};

impl Item for CreditNoteItem {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "credit-note";
    const PROCESSING: Option<Processing> = Some(
        Processing::new(
            "Say what of an invoice was taken back",
            Subjects::Customers,
            Basis::LegalObligation,
            "For ten years, as tax law has it kept, also after an erasure (GDPR art. 17(3)(b))",
            Reach::Listed {
                of: &["customer"],
                index: 2,
                list: |id| format!("credit-notes#{id}"),
            },
        )
        .sealed(Purpose::Pii),
    );
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn subject(&self) -> &str {
        &self.retained
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: ALL.into(),
            sort: self.id.to_string(),
        })
    }
    fn second_listing(&self) -> Option<Listing> {
        Some(Listing {
            list: of_customer(self.customer.as_str()),
            sort: self.id.to_string(),
        })
    }
    fn entries(&self) -> Vec<Entry> {
        entries::<List>(self)
    }
    fn filterable(&self) -> Attributes {
        Attributes::from([
            ("amount", self.total.into()),
            ("currency", self.currency.code().into()),
            ("customer", self.customer.as_str().into()),
        ])
    }
}
