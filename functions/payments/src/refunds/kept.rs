//! Where a refund is kept, what for, and how it is found.

use super::{ALL, RefundItem, list_all::List, of_payment};
use crate::names::by_age;
use shared::{
    crypto::Purpose,
    ids::CustomerId,
    lists::entries,
    processing::{Basis, Processing, Reach, Subjects},
    store::{Entry, Item, Listing, Table},
};

impl Item for RefundItem {
    const TABLE: Table = Table::Payments;
    const KIND: &'static str = "refund";
    const PROCESSING: Option<Processing> = Some(
        Processing::new(
            "Give payments back",
            Subjects::Customers,
            Basis::LegalObligation,
            "While the tenant keeps books: amounts stay after an erasure (GDPR art. 17(3)(b)), the person does not",
            Reach::Listed {
                of: &["payment"],
                index: 1,
                list: |id| format!("refunds#{id}"),
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
            list: of_payment(self.payment.as_str()),
            sort: by_age(self.created_at, self.id.as_str()),
        })
    }
    fn second_listing(&self) -> Option<Listing> {
        Some(Listing {
            list: ALL.into(),
            sort: by_age(self.created_at, self.id.as_str()),
        })
    }
    fn entries(&self) -> Vec<Entry> {
        entries::<List>(self)
    }
    fn subject(&self) -> &str {
        self.customer.as_ref().map_or("-", CustomerId::as_str)
    }
}
