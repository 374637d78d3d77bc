//! Where a customer is kept, what for, and how it is found.

use super::{ALL, CustomerItem, list::List};
use shared::{
    crypto::Purpose,
    lists::entries,
    processing::{Basis, Processing, Reach, Subjects},
    store::{Attributes, Entry, Item, Listing, Table},
};

impl Item for CustomerItem {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "customer";
    const PROCESSING: Option<Processing> = Some(
        Processing::new(
            "Bill customers and reach them",
            Subjects::Customers,
            Basis::Contract,
            "Until the tenant ends or the person is erased",
            Reach::Own,
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
    fn entries(&self) -> Vec<Entry> {
        entries::<List>(self)
    }
    fn filterable(&self) -> Attributes {
        self.country
            .iter()
            .map(|c| ("country", c.as_str().into()))
            .collect()
    }
}
