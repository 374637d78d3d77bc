//! Where a payment is kept, what for, and how it is found.

use super::{ALL, PaymentItem, list::List, of_customer};
use crate::names::by_age;
use shared::{
    crypto::Purpose,
    lists::entries,
    processing::{Basis, Processing, Reach, Subjects},
    store::{Attributes, Entry, Item, Listing, Table},
};

impl Item for PaymentItem {
    const TABLE: Table = Table::Payments;
    const KIND: &'static str = "payment";
    const PROCESSING: Option<Processing> = Some(
        Processing::new(
            "Take payments",
            Subjects::Customers,
            Basis::LegalObligation,
            "While the tenant keeps books: amounts stay after an erasure (GDPR art. 17(3)(b)), the person does not",
            Reach::Listed {
                of: &["customer"],
                index: 2,
                list: |id| format!("payments#{id}"),
            },
        )
        .recipients(&["payment provider"])
        .sealed(Purpose::Pii),
    );
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: ALL.into(),
            sort: by_age(self.created_at, self.id.as_str()),
        })
    }
    fn second_listing(&self) -> Option<Listing> {
        Some(Listing {
            list: of_customer(self.customer.as_str()),
            sort: by_age(self.created_at, self.id.as_str()),
        })
    }
    fn entries(&self) -> Vec<Entry> {
        entries::<List>(self)
    }
    fn subject(&self) -> &str {
        self.customer.as_str()
    }
    fn filterable(&self) -> Attributes {
        Attributes::from([
            ("amount", self.amount.into()),
            ("currency", self.currency.code().into()),
            ("customer", self.customer.as_str().into()),
        ])
    }
}
