//! Where events and hours are kept, what for, and how they are found.

use super::{UsageBucket, UsageEventItem};
use shared::{
    crypto::Purpose,
    processing::{Basis, Processing, Reach, Subjects},
    store::{Attributes, Item, Listing, Table},
    time::rfc3339,
};

/// What follows the id of what is told apart by groups.
pub const GROUPS: &str = "#groups";

/// The list of a customer's events, oldest first, in the second index.
#[must_use]
pub fn events_of(customer: &str) -> String {
    format!("usage-events#{customer}")
}

/// The partition of a customer's hours by a meter.
#[must_use]
pub fn bucket_id(meter: &str, customer: &str, grouped: bool) -> String {
    let groups = if grouped { GROUPS } else { "" };
    format!("{meter}#{customer}{groups}")
}

impl Item for UsageEventItem {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "usage-event";
    const PROCESSING: Option<Processing> = Some(
        Processing::new(
            "Bill customers for what they use, each event once",
            Subjects::Customers,
            Basis::Contract,
            "While the tenant keeps books; what it says until the person is erased",
            Reach::Listed {
                of: &["customer"],
                index: 2,
                list: |id| format!("usage-events#{id}"),
            },
        )
        .sealed(Purpose::Pii),
    );
    fn id(&self) -> &str {
        &self.id
    }
    fn second_listing(&self) -> Option<Listing> {
        Some(Listing {
            list: events_of(self.customer.as_str()),
            sort: format!("{}#{}", rfc3339(self.at), self.id),
        })
    }
    fn subject(&self) -> &str {
        self.customer.as_str()
    }
    fn filterable(&self) -> Attributes {
        Attributes::from([("customer", self.customer.as_str().into())])
    }
}

/// Its partition needs meter, customer and whether it is one of a group, which an id that is borrowed cannot be made of: it is kept as
/// the first part of its place.
impl Item for UsageBucket {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "usage-bucket";
    const PROCESSING: Option<Processing> = Some(
        Processing::new(
            "Know what customers have used in each hour",
            Subjects::Customers,
            Basis::Contract,
            "While the tenant keeps books",
            Reach::Nothing,
        )
        .sealed(Purpose::Pii),
    );
    fn id(&self) -> &str {
        self.place.split_once('|').map_or("", |(id, _)| id)
    }
    fn sort(&self) -> String {
        self.place.split_once('|').map_or("", |(_, sort)| sort).to_owned()
    }
    fn subject(&self) -> &str {
        self.customer.as_str()
    }
    fn filterable(&self) -> Attributes {
        Attributes::from([("customer", self.customer.as_str().into())])
    }
}
