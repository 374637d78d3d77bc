//! Checks: decisions without a payment. They count for nothing but are kept.

pub mod create;
pub mod read;

use crate::{Reason, RiskOutcome, ShadowVerdict, Verdict, sees_shadows};
use serde::{Deserialize, Serialize};
use shared::{
    ids::{CustomerId, PaymentMethodId},
    money::Currency,
    record::Record,
    road::Context,
    store::{Attributes, Item, Listing, Table},
    time::{Instant, Timestamp},
};

shared::id_type!(
    /// A check.
    CheckId called "RiskCheckId", "chk"
);

/// A check as kept.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct CheckItem {
    /// Its id.
    #[public]
    pub id: CheckId,
    /// Who would pay.
    #[public]
    pub customer: CustomerId,
    /// With what.
    #[public]
    pub payment_method: Option<PaymentMethodId>,
    /// Minor units.
    #[internal]
    pub amount: i64,
    /// The currency.
    #[internal]
    pub currency: Currency,
    /// What the screen said.
    #[nested]
    pub verdict: Verdict,
    /// What the version in shadow would have said.
    #[nested]
    #[serde(default)]
    pub shadow: Option<ShadowVerdict>,
    /// When it was made.
    #[public]
    pub created_at: Timestamp,
}

impl Item for CheckItem {
    const TABLE: Table = Table::Risk;
    const KIND: &'static str = "risk-check";
    const PROCESSING: Option<shared::processing::Processing> = Some(shared::processing::Processing::new(
        "Decide whether a payment may go on; an automated decision (GDPR art. 22)",
        shared::processing::Subjects::Customers,
        shared::processing::Basis::LegitimateInterest,
        "Until the tenant ends or the person is erased",
        shared::processing::Reach::Listed {
            of: &["customer"],
            index: 1,
            list: |id| format!("risk-checks#{id}"),
        },
    ));
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: format!("risk-checks#{}", self.customer),
            sort: self.id.to_string(),
        })
    }
    fn filterable(&self) -> Attributes {
        Attributes::from([
            ("amount", self.amount.into()),
            ("currency", self.currency.code().into()),
            ("customer", self.customer.as_str().into()),
        ])
    }
}

/// A check as answered.
#[derive(Record, Serialize)]
#[record(name = "RiskCheck")]
pub struct Check {
    /// Its id.
    #[public]
    pub id: CheckId,
    /// Who would pay.
    #[public]
    pub customer: CustomerId,
    /// With what.
    #[public]
    pub payment_method: Option<PaymentMethodId>,
    /// How much, in minor units.
    #[internal]
    pub amount: i64,
    /// In which currency (ISO 4217).
    #[internal]
    pub currency: Currency,
    /// 0 (nothing known against it) to 100.
    #[internal]
    pub score: u8,
    /// Whether such a payment might go on.
    #[internal]
    pub outcome: RiskOutcome,
    /// What the score is made of.
    #[nested]
    pub reasons: Vec<Reason>,
    /// The version of the rules that said so; 0 are the rules that are shipped.
    #[internal]
    pub version: Option<u32>,
    /// What the version in shadow would have said; for those who may read reviews.
    #[nested]
    pub shadow: Option<ShadowVerdict>,
    /// When it was made (RFC 3339 UTC).
    #[public]
    pub created_at: Instant,
}

impl Check {
    /// A check as this caller may see it.
    #[must_use]
    pub fn shown(cx: &Context, item: &CheckItem) -> Self {
        Self {
            shadow: item.shadow.clone().filter(|_| sees_shadows(cx)),
            ..Self::from(item)
        }
    }
}

impl From<&CheckItem> for Check {
    fn from(item: &CheckItem) -> Self {
        let Verdict {
            score,
            outcome,
            reasons,
            version,
        } = item.verdict.clone();
        Self {
            id: item.id.clone(),
            customer: item.customer.clone(),
            payment_method: item.payment_method.clone(),
            amount: item.amount,
            currency: item.currency,
            score,
            outcome,
            reasons,
            version,
            shadow: None,
            created_at: Instant::from(item.created_at),
        }
    }
}
