//! The tables.

use serde::Serialize;

/// A table, by what it holds. The physical name comes from the function's environment (`TABLE_<NAME>`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// Users, credentials, sessions, roles.
    Identity,
    /// Tenants and API clients.
    Tenancy,
    /// Customers, and later products, prices and invoices.
    Billing,
    /// Sealed cards.
    Vault,
    /// Payments and refunds.
    Payments,
    /// Velocity counters and lists.
    Risk,
    /// Webhooks and deliveries.
    Notifications,
    /// Audit entries: append only.
    Audit,
    /// Merkle tiles, heads and checkpoints.
    Seals,
    /// Wrapped tenant and subject keys.
    Keys,
    /// Alert rules, what they have counted, alerts, and purges of the audit table.
    Alerts,
    /// Requests of data subjects, their archives, and breaches.
    Privacy,
    /// Journal entries: append only.
    Journal,
    /// Numbered entries, balances, and gates of months.
    Ledger,
    /// Home regions of tenants: one item each, strongly consistent over all regions. It takes no part in transactions.
    Home,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 15] = [
        Self::Identity,
        Self::Tenancy,
        Self::Billing,
        Self::Vault,
        Self::Payments,
        Self::Risk,
        Self::Notifications,
        Self::Audit,
        Self::Seals,
        Self::Keys,
        Self::Alerts,
        Self::Privacy,
        Self::Journal,
        Self::Ledger,
        Self::Home,
    ];

    /// Its name in declarations, templates and associated data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Tenancy => "tenancy",
            Self::Billing => "billing",
            Self::Vault => "vault",
            Self::Payments => "payments",
            Self::Risk => "risk",
            Self::Notifications => "notifications",
            Self::Audit => "audit",
            Self::Seals => "seals",
            Self::Keys => "keys",
            Self::Alerts => "alerts",
            Self::Privacy => "privacy",
            Self::Journal => "journal",
            Self::Ledger => "ledger",
            Self::Home => "home",
        }
    }

    /// The environment variable that holds its physical name.
    #[must_use]
    pub fn variable(self) -> String {
        format!("TABLE_{}", self.name().to_uppercase())
    }

    /// Whether its stream carries outbox records to the dispatcher.
    #[must_use]
    pub const fn has_outbox(self) -> bool {
        matches!(
            self,
            Self::Billing | Self::Vault | Self::Payments | Self::Identity | Self::Alerts
        )
    }

    /// Where the events of a service stand: in its own table. Nothing but entries stands in the audit table.
    #[must_use]
    pub fn outbox_of(service: &str) -> Option<Self> {
        let name = if service == Self::Audit.name() {
            Self::Alerts.name()
        } else {
            service
        };
        Self::ALL.into_iter().find(|t| t.name() == name && t.has_outbox())
    }
}
