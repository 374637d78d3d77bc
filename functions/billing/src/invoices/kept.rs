//! Where an invoice is kept, what for, and how it is found.

use super::{ALL, InvoiceItem, TEXTS, list::List, of_customer};
use shared::{
    crypto::Purpose,
    lists::entries,
    processing::{Basis, Processing, Reach, Subjects},
    store::{Attributes, Entry, Item, Listing, Table},
};

impl Item for InvoiceItem {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "invoice";
    const PROCESSING: Option<Processing> = Some(
        Processing::new(
            "Say what a customer owes",
            Subjects::Customers,
            Basis::LegalObligation,
            "Drafts until the person is erased; what is issued for ten years, as tax law has it kept, also after an erasure (GDPR art. 17(3)(b))",
            Reach::Listed {
                of: &["customer"],
                index: 2,
                list: |id| format!("invoices#{id}"),
            },
        )
        .sealed(Purpose::Pii),
    );
    fn id(&self) -> &str {
        self.id.as_str()
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
    fn subject(&self) -> &str {
        self.customer.as_str()
    }
    fn keeper(&self, field: &str) -> &str {
        match field {
            TEXTS => self.keeper_of_texts(),
            _ => self.subject(),
        }
    }
    fn filterable(&self) -> Attributes {
        Attributes::from([
            ("amount", self.total.into()),
            ("currency", self.currency.code().into()),
            ("customer", self.customer.as_str().into()),
        ])
    }
}
