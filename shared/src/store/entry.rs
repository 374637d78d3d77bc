//! Where an item stands below index items.

/// Where an item stands beside its two listings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What for, and the value: `reference#order-17`.
    pub list: String,
    /// The sort key, as in the item's listings.
    pub sort: String,
    /// Whose key opens the item, where something of it is sealed: read together with it.
    pub subject: Option<String>,
}
