//! Allow and deny lists: named sets of customers and cards, and since when and until when they are on them.

pub mod add;
pub mod create;
pub mod items;
pub mod list;

use serde::{Deserialize, Serialize};
use shared::{
    crypto::{Purpose, SealedItem, Seals, SubjectCipher},
    ids::{CustomerId, PaymentMethodId, TenantId},
    problem::Problem,
    record::Record,
    store::{Attributes, Item, Listing, Table},
    text::{Line, Name},
    time::{Instant, Timestamp},
    words::Words,
};

/// Most lists of a tenant.
pub const MOST: i64 = 100;
/// The list of a tenant's lists.
pub(crate) const LISTS: &str = "risk-lists";
/// Seconds for which an item that has run out can still be seen: ninety days.
const KEEP: i64 = 90 * 24 * 3600;

shared::id_type!(
    /// A list.
    ListId called "RiskListId", "lst"
);
shared::id_type!(
    /// An item of a list.
    ListItemId called "RiskListItemId", "lit"
);

/// What a list is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "RiskListKind")]
pub enum ListKind {
    /// Who is on it is not held up by velocity. Limits of amounts and deny lists hold all the same.
    Allow,
    /// Who is on it pays nothing.
    Deny,
}

impl ListKind {
    /// Its name in the contract, and in keys.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

/// A list as kept.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct ListItem {
    /// Its id.
    #[public]
    pub id: ListId,
    /// What people call it.
    #[internal]
    pub name: Name,
    /// What it is for.
    #[internal]
    pub kind: ListKind,
    /// When it was made.
    #[public]
    pub created_at: Timestamp,
}

impl Item for ListItem {
    const TABLE: Table = Table::Risk;
    const KIND: &'static str = "risk-list";
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: LISTS.into(),
            sort: self.id.to_string(),
        })
    }
    fn filterable(&self) -> Attributes {
        Attributes::from([("kind", self.kind.name().into())])
    }
}

/// How many lists a tenant has, so that no race gets beyond [`MOST`].
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct ListCount {
    /// The number.
    #[internal]
    pub count: i64,
}

impl Item for ListCount {
    const TABLE: Table = Table::Risk;
    const KIND: &'static str = "risk-list-count";
    fn id(&self) -> &str {
        "-"
    }
}

/// A customer or card on a list, as kept: one item for each, below its list.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct MemberItem {
    /// Its id.
    #[public]
    pub id: ListItemId,
    /// The list.
    #[public]
    pub list: ListId,
    /// `customer#<id>` or `card#<tag of the fingerprint>`.
    #[internal]
    pub subject: String,
    /// The customer.
    #[public]
    pub customer: Option<CustomerId>,
    /// The payment method that the card was named by.
    #[public]
    pub payment_method: Option<PaymentMethodId>,
    /// Why: sealed under the key of the customer, or of the payment method that the card was named by.
    #[personal]
    pub note: Option<Words>,
    /// Unix seconds from which it is no longer on the list.
    #[internal]
    pub until: Option<i64>,
    /// Since when.
    #[public]
    pub created_at: Timestamp,
}

impl Item for MemberItem {
    const TABLE: Table = Table::Risk;
    const KIND: &'static str = "risk-list-item";
    const PROCESSING: Option<shared::processing::Processing> = Some(
        shared::processing::Processing::new(
            "Keep fraud out, and known customers in",
            shared::processing::Subjects::Customers,
            shared::processing::Basis::LegitimateInterest,
            "Until it expires, and 90 days longer",
            shared::processing::Reach::Listed {
                of: &["customer", "payment-method"],
                index: 2,
                list: |id| format!("risk-list-items#{id}"),
            },
        )
        .sealed(Purpose::Pii),
    );
    fn id(&self) -> &str {
        self.list.as_str()
    }
    fn subject(&self) -> &str {
        let customer = self.customer.as_ref().map(CustomerId::as_str);
        let method = self.payment_method.as_ref().map(PaymentMethodId::as_str);
        customer.or(method).unwrap_or("-")
    }
    fn sort(&self) -> String {
        self.subject.clone()
    }
    // How a person is told on which lists they are.
    fn second_listing(&self) -> Option<Listing> {
        let about = self.customer.as_ref().map(ToString::to_string);
        let about = about.or_else(|| self.payment_method.as_ref().map(ToString::to_string))?;
        Some(Listing {
            list: format!("risk-list-items#{about}"),
            sort: self.id.to_string(),
        })
    }
    fn expires(&self) -> Option<i64> {
        self.until.map(|until| until.saturating_add(KEEP))
    }
}

impl SealedItem for MemberItem {
    fn seals(&mut self, _: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(Item::subject(self), Purpose::Pii);
        seals.maybe("note", self.note.as_mut().and_then(Words::seal));
        seals
    }
}

impl MemberItem {
    /// Why, where its subject's key is there.
    ///
    /// # Errors
    /// 500 when it does not open.
    pub fn why(&self, cipher: Option<&SubjectCipher>) -> Result<Option<Line>, Problem> {
        let Some((cipher, words)) = cipher.zip(self.note.as_ref()) else {
            return Ok(None);
        };
        let text = words.open::<Self>(cipher, self.list.as_str(), &self.subject, "note")?;
        let line = Line::parse(&text).map_err(|_| Problem::internal("a stored note does not parse"))?;
        Ok(Some(line))
    }
}

/// A list as answered.
#[derive(Record, Serialize)]
pub struct RiskList {
    /// Its id.
    #[public]
    pub id: ListId,
    /// What people call it.
    #[internal]
    pub name: Name,
    /// What it is for.
    #[internal]
    pub kind: ListKind,
    /// When it was made (RFC 3339 UTC).
    #[public]
    pub created_at: Instant,
}

impl From<&ListItem> for RiskList {
    fn from(item: &ListItem) -> Self {
        Self {
            id: item.id.clone(),
            name: item.name.clone(),
            kind: item.kind,
            created_at: Instant::from(item.created_at),
        }
    }
}

/// An item of a list as answered.
#[derive(Record, Serialize)]
#[record(name = "RiskListItem")]
pub struct Member {
    /// Its id.
    #[public]
    pub id: ListItemId,
    /// The list.
    #[public]
    pub list: ListId,
    /// The customer, where it is one.
    #[public]
    pub customer: Option<CustomerId>,
    /// The payment method whose card it is: the same card counts whoever has stored it.
    #[public]
    pub payment_method: Option<PaymentMethodId>,
    /// Why; none once whom it is about has been erased.
    #[personal]
    pub note: Option<Line>,
    /// Whether it is on the list now.
    #[internal]
    pub active: bool,
    /// From when on it is no longer on the list (RFC 3339 UTC); absent for good.
    #[internal]
    pub expires_at: Option<Instant>,
    /// Since when (RFC 3339 UTC).
    #[public]
    pub created_at: Instant,
}

impl Member {
    /// How an item stands at `now`.
    #[must_use]
    pub fn at(item: &MemberItem, note: Option<Line>, now: Timestamp) -> Self {
        let end = item.until.and_then(|until| Timestamp::from_second(until).ok());
        Self {
            id: item.id.clone(),
            list: item.list.clone(),
            customer: item.customer.clone(),
            payment_method: item.payment_method.clone(),
            note,
            active: item.until.is_none_or(|until| until > now.as_second()),
            expires_at: end.map(Instant::from),
            created_at: Instant::from(item.created_at),
        }
    }
}
