//! Where wallets and their movements are kept, and what for.

use super::{MovementItem, WalletItem};
use shared::{
    processing::{Basis, Processing, Reach, Subjects},
    store::{Attributes, Item, Listing, Table},
    time::rfc3339,
};

/// The list of wallets of which something will run out, soonest first, in the first index.
pub const EXPIRING: &str = "wallets-expiring";

/// The list of a customer's movements, in the first index.
pub(crate) fn movements_of(customer: &str) -> String {
    format!("wallet-movements#{customer}")
}

impl Item for WalletItem {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "wallet";
    const PROCESSING: Option<Processing> = Some(Processing::new(
        "Know what credit a customer has",
        Subjects::Customers,
        Basis::Contract,
        "While something is left of it",
        Reach::Own,
    ));
    fn id(&self) -> &str {
        self.customer.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        let first = self.grants.iter().filter_map(|grant| grant.expires_at).min()?;
        Some(Listing {
            list: EXPIRING.into(),
            sort: format!("{}#{}", rfc3339(first), self.customer),
        })
    }
    fn filterable(&self) -> Attributes {
        Attributes::from([("customer", self.customer.as_str().into())])
    }
}

impl Item for MovementItem {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "wallet-movement";
    const PROCESSING: Option<Processing> = Some(Processing::new(
        "Say how credit came and went",
        Subjects::Customers,
        Basis::LegalObligation,
        "While the tenant keeps books",
        Reach::Listed {
            of: &["customer"],
            index: 1,
            list: |id| format!("wallet-movements#{id}"),
        },
    ));
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: movements_of(self.customer.as_str()),
            sort: self.id.to_string(),
        })
    }
}
