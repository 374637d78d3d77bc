//! Approvals: one call that needs a second person, waiting for them. An approval executes nothing; the requester
//! repeats the very same call, whose transaction uses it up.

use crate::{
    crypto::{SealedItem, Seals},
    kernel::{
        ids::{TenantId, UserId},
        purpose::Purpose,
        record::Record,
        text::Line,
        time::Timestamp,
    },
    store::{AtRestBytes, Attributes, Digest, Item, Listing, Sealed, Table},
};
use serde::{Deserialize, Serialize};

crate::id_type!(
    /// An approval.
    ApprovalId, "apr"
);

/// Seconds within which an approval must be given and used.
pub const APPROVAL_LIFE: i64 = 24 * 3_600;

/// How an approval stands.
///
/// ```text
/// pending --another person--> approved --the very same call--> used
///         --another person--> refused
/// pending, approved --who asked--> withdrawn
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalStatus {
    /// Waiting for a second person.
    Pending,
    /// Given, and not used yet.
    Approved,
    /// Not given.
    Refused,
    /// Used up by its call.
    Used,
    /// Taken back by who asked.
    Withdrawn,
}

impl ApprovalStatus {
    /// Its name in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Used => "used",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// An approval as kept.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct Approval {
    /// Its id.
    #[public]
    pub id: ApprovalId,
    /// The function that waits for it.
    #[public]
    pub function: String,
    /// What that function does, for people.
    #[public]
    pub summary: String,
    /// The right that the call needs.
    #[public]
    pub right: String,
    /// Who asked: `usr_…` or `cli_…`.
    #[public]
    pub requester: String,
    /// The person behind them: a user, or the user who issued the API client.
    #[public]
    pub person: String,
    /// HMAC-SHA-256 of method, path and input under a key of the tenant.
    #[internal]
    pub payload: AtRestBytes,
    /// SHA-256 of the revisions of what the call would change.
    #[internal]
    pub objects: Digest,
    /// The input as the second person sees it: JSON text, masked.
    #[internal]
    pub request: String,
    /// The input as whoever decides sees it, and whoever asked: JSON text with personal data open, sealed under the tenant's own
    /// key. It goes as soon as nobody has anything to decide any more.
    #[personal]
    #[serde(default)]
    pub asked: Option<Sealed>,
    /// How it stands.
    #[public]
    pub status: ApprovalStatus,
    /// When it was asked for.
    #[public]
    pub created_at: Timestamp,
    /// Unix seconds after which it is worth nothing.
    #[public]
    pub expires_at: i64,
    /// Who decided.
    #[public]
    pub decided_by: Option<UserId>,
    /// The roles they held then.
    #[internal]
    pub decided_with: Vec<String>,
    /// When they decided.
    #[public]
    pub decided_at: Option<Timestamp>,
    /// Why.
    #[internal]
    pub reason: Option<Line>,
}

impl Approval {
    /// The list of what a person and their API clients have asked for.
    #[must_use]
    pub fn of_person(person: &str) -> String {
        format!("approvals-of#{person}")
    }

    /// Ended: nobody has anything to decide, or to see, any more.
    #[must_use]
    pub fn ended(&self, status: ApprovalStatus) -> Self {
        Self {
            status,
            asked: None,
            ..self.clone()
        }
    }
}

impl SealedItem for Approval {
    fn seals(&mut self, tenant: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(tenant.as_str(), Purpose::Secret);
        seals.maybe("asked", self.asked.as_mut());
        seals
    }
}

impl Item for Approval {
    const TABLE: Table = Table::Identity;
    const KIND: &'static str = "approval";
    const PROCESSING: Option<crate::store::processing::Processing> =
        Some(crate::store::processing::Processing::new(
            "Keep who asked for and who approved what takes two people",
            crate::store::processing::Subjects::Users,
            crate::store::processing::Basis::LegalObligation,
            "30 days after it runs out",
            crate::store::processing::Reach::Nothing,
        ));
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        (self.status == ApprovalStatus::Pending).then(|| Listing {
            list: "approvals".into(),
            sort: self.id.to_string(),
        })
    }
    fn second_listing(&self) -> Option<Listing> {
        Some(Listing {
            list: Self::of_person(&self.person),
            sort: self.id.to_string(),
        })
    }
    fn expires(&self) -> Option<i64> {
        // What was asked in clear is not kept longer than it takes.
        let days = if self.asked.is_some() { 1 } else { 30 };
        Some(self.expires_at.saturating_add(days * 24 * 3_600))
    }
    fn filterable(&self) -> Attributes {
        Attributes::from([("right", self.right.as_str().into())])
    }
}
