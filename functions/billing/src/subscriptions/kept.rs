//! Where a subscription is kept, what for, and how it is found.

use super::{ALL, SubscriptionItem, list::List, of_customer};
use shared::{
    crypto::Purpose,
    lists::entries,
    processing::{Basis, Processing, Reach, Subjects},
    store::{Attributes, Entry, Item, Listing, Table},
};

impl Item for SubscriptionItem {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "subscription";
    const PROCESSING: Option<Processing> = Some(
        Processing::new(
            "Bill a customer again and again",
            Subjects::Customers,
            Basis::Contract,
            "Until the person is erased",
            Reach::Listed {
                of: &["customer"],
                index: 2,
                list: |id| format!("subscriptions#{id}"),
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
    fn filterable(&self) -> Attributes {
        Attributes::from([
            ("currency", self.currency.code().into()),
            ("customer", self.customer.as_str().into()),
        ])
    }
}
