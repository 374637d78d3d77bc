//! Subscriptions: what a customer is billed for again and again. Its periods are computed from its original anchor in its own zone, its
//! prices never change under it, and what a change within a period takes back and charges waits for its next invoice.

pub mod bill;
pub mod bill_now;
pub mod cancel;
pub mod catalogue;
mod change;
pub mod create;
pub mod due;
pub mod issue;
mod kept;
pub mod list;
mod plan;
pub mod preview;
pub mod read;
mod segments;
mod shown;
mod status;
pub mod terms;
pub mod update;
pub mod used;

pub use segments::KeptSegment;
pub use shown::{Subscription, SubscriptionLine};
pub use status::{BillingAnchor, Invoicing, ProrationBasis, SubscriptionStatus};
pub use terms::{KeptLineItem, KeptTerms, SubscriptionLineId, Waiting};

use crate::{prices::Interval, rated::SubscriptionId};
use serde::{Deserialize, Serialize};
use shared::{
    crypto::{Purpose, SealedItem, Seals, SubjectCipher},
    ids::{CustomerId, TenantId},
    metadata::{self, Kept},
    money::Currency,
    problem::Problem,
    record::Record,
    store::Sealed,
    time::Timestamp,
};

/// The list of every subscription, in the first index.
pub(crate) const ALL: &str = "subscriptions";

/// The name of the field that keeps its zone.
pub(crate) const ZONE: &str = "time_zone";

/// Most items of one subscription.
pub const MOST_ITEMS: usize = 20;

/// Most lines that wait for its next invoice.
pub const MOST_WAITING: usize = 60;

/// The list of a customer's subscriptions, in the second index.
pub(crate) fn of_customer(customer: &str) -> String {
    format!("subscriptions#{customer}")
}

/// A subscription as kept.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct SubscriptionItem {
    /// Its id.
    #[public]
    pub id: SubscriptionId,
    /// Who owes.
    #[public]
    pub customer: CustomerId,
    /// In which currency.
    #[internal]
    pub currency: Currency,
    /// Where it stands.
    #[public]
    pub status: SubscriptionStatus,
    /// Its zone (IANA), sealed: where somebody lives is their own.
    #[personal]
    pub zone: Sealed,
    /// How long its periods are.
    #[internal]
    pub interval: Interval,
    /// How many of them make one.
    #[internal]
    pub interval_count: u16,
    /// Where its periods begin.
    #[internal]
    pub anchor: BillingAnchor,
    /// On which day, where one was chosen.
    #[internal]
    pub anchor_day: Option<u8>,
    /// What parts of periods are counted in.
    #[internal]
    pub proration: ProrationBasis,
    /// Whether its invoices are issued or left as drafts.
    #[internal]
    pub invoicing: Invoicing,
    /// When it began, with its trial.
    #[public]
    pub starts_at: Timestamp,
    /// The first instant that is paid for.
    #[public]
    pub paid_from: Timestamp,
    /// The period that is billed next, from 0.
    #[internal]
    pub next: i64,
    /// When the period that was billed last began.
    #[public]
    pub period_start: Option<Timestamp>,
    /// When it ends.
    #[public]
    pub period_end: Option<Timestamp>,
    /// When something of it is billed next; never once it has ended.
    #[public]
    pub due_at: Option<Timestamp>,
    /// Until when usage has been billed of it, where some has.
    #[public]
    #[serde(default)]
    pub usage_billed_to: Option<Timestamp>,
    /// What it is for.
    #[nested]
    pub items: Vec<KeptLineItem>,
    /// What its next invoice says beside its next period.
    #[nested]
    #[serde(default)]
    pub waiting: Vec<Waiting>,
    /// Whether it ends with its period.
    #[internal]
    #[serde(default)]
    pub ends_with_period: bool,
    /// When it was canceled, or its period ended after that.
    #[public]
    #[serde(default)]
    pub canceled_at: Option<Timestamp>,
    /// Why its invoice could not be made, as the code of a problem.
    #[internal]
    #[serde(default)]
    pub billing_problem: Option<String>,
    /// When it was created.
    #[public]
    pub created_at: Timestamp,
    /// Sealed.
    #[personal]
    #[serde(default)]
    pub metadata: Option<Kept>,
}

impl SealedItem for SubscriptionItem {
    fn seals(&mut self, _: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(self.customer.as_str(), Purpose::Pii);
        seals
            .field(ZONE, &mut self.zone)
            .maybe(metadata::FIELD, self.metadata.as_mut().map(Kept::sealed));
        seals
    }
}

impl SubscriptionItem {
    /// The name of its zone, opened.
    ///
    /// # Errors
    /// 500 when it does not open.
    pub fn zone_name(&self, cipher: &SubjectCipher) -> Result<String, Problem> {
        cipher.open_text::<Self>(self.id.as_str(), "-", ZONE, &self.zone)
    }

    /// Its zone.
    ///
    /// # Errors
    /// As [`Self::zone_name`].
    pub fn zone(&self, cipher: &SubjectCipher) -> Result<rating::Zone, Problem> {
        rating::Zone::named(&self.zone_name(cipher)?).map_err(segments::wrong)
    }

    pub(crate) fn refused(&self, detail: &'static str) -> Problem {
        Problem::wrong_state(self.status.name(), detail)
    }
}
