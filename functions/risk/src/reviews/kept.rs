//! Where a review is kept, what for, and how it is found.

use super::status::{ReviewId, ReviewStatus};
use crate::{Verdict, label_kind::LabelKind};
use serde::{Deserialize, Serialize};
use shared::{
    crypto::{Purpose, SealedItem, Seals, SubjectCipher},
    ids::{CustomerId, PaymentId, PaymentMethodId, TenantId},
    money::Currency,
    problem::Problem,
    processing::{Basis, Processing, Reach, Subjects},
    record::Record,
    store::{Attributes, Item, Listing, Table},
    text::Line,
    time::Timestamp,
    words::Words,
};

/// A number of milliseconds that no due time reaches: lists are read from their highest key down, and what is due first comes first.
const LAST: i64 = 9_999_999_999_999;

/// Whether somebody looks at a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum ReviewClaim {
    /// Nobody does.
    Free,
    /// Somebody has claimed it.
    Claimed,
}

impl ReviewClaim {
    /// Its name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Claimed => "claimed",
        }
    }
}

/// A review as kept.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct ReviewItem {
    /// Its id.
    #[public]
    pub id: ReviewId,
    /// The payment that waits.
    #[public]
    pub payment: PaymentId,
    /// Who pays.
    #[public]
    pub customer: CustomerId,
    /// With what.
    #[public]
    pub payment_method: PaymentMethodId,
    /// Minor units.
    #[internal]
    pub amount: i64,
    /// The currency.
    #[internal]
    pub currency: Currency,
    /// What the screen said.
    #[nested]
    pub risk: Verdict,
    /// Where it stands.
    #[public]
    pub status: ReviewStatus,
    /// Until when somebody decides.
    #[public]
    pub due_at: Timestamp,
    /// Whether somebody looks at it: lists are filtered by this.
    #[internal]
    pub claim: ReviewClaim,
    /// Who does.
    #[internal]
    pub claimed_by: Option<String>,
    /// Since when.
    #[public]
    pub claimed_at: Option<Timestamp>,
    /// Until when nobody wants to look at it.
    #[public]
    pub snoozed_until: Option<Timestamp>,
    /// Who has decided.
    #[internal]
    pub decided_by: Option<String>,
    /// When.
    #[public]
    pub decided_at: Option<Timestamp>,
    /// Why: sealed under the customer's key.
    #[personal]
    pub reason: Option<Words>,
    /// What the payment turned out to be.
    #[internal]
    pub label: Option<LabelKind>,
    /// The person who made the payment, themselves or by their API client.
    #[internal]
    pub asked_by: String,
    /// When the payment began to wait.
    #[public]
    pub created_at: Timestamp,
}

/// The list of reviews in a state, in the first index.
pub(super) fn of_status(status: &str) -> String {
    format!("risk-reviews#{status}")
}

/// The list of a customer's reviews, in the second index.
pub(super) fn of_customer(customer: &str) -> String {
    format!("risk-reviews#{customer}")
}

impl ReviewItem {
    fn place(&self, list: String) -> Listing {
        let left = LAST.saturating_sub(self.due_at.as_millisecond());
        Listing {
            list,
            sort: format!("{left:013}#{}", self.id),
        }
    }

    /// Why it was decided so, where its customer's key is there.
    ///
    /// # Errors
    /// 500 when it does not open.
    pub fn why(&self, cipher: Option<&SubjectCipher>) -> Result<Option<Line>, Problem> {
        let Some((cipher, words)) = cipher.zip(self.reason.as_ref()) else {
            return Ok(None);
        };
        let text = words.open::<Self>(cipher, self.id.as_str(), "-", "reason")?;
        let line = Line::parse(&text).map_err(|_| Problem::internal("a stored reason does not parse"))?;
        Ok(Some(line))
    }
}

impl Item for ReviewItem {
    const TABLE: Table = Table::Risk;
    const KIND: &'static str = "risk-review";
    const PROCESSING: Option<Processing> = Some(
        Processing::new(
            "Have a person decide whether a payment may go on (GDPR art. 22)",
            Subjects::Customers,
            Basis::LegitimateInterest,
            "Until the tenant ends or the person is erased",
            Reach::Listed {
                of: &["customer"],
                index: 2,
                list: |id| format!("risk-reviews#{id}"),
            },
        )
        .sealed(Purpose::Pii),
    );
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn subject(&self) -> &str {
        self.customer.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        Some(self.place(of_status(self.status.name())))
    }
    fn second_listing(&self) -> Option<Listing> {
        Some(self.place(of_customer(self.customer.as_str())))
    }
    fn filterable(&self) -> Attributes {
        Attributes::from([
            ("amount", self.amount.into()),
            ("currency", self.currency.code().into()),
            ("customer", self.customer.as_str().into()),
        ])
    }
}

impl SealedItem for ReviewItem {
    fn seals(&mut self, _: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(self.customer.as_str(), Purpose::Pii);
        seals.maybe("reason", self.reason.as_mut().and_then(Words::seal));
        seals
    }
}
