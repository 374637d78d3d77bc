//! Requests of data subjects (GDPR art. 15 to 22): each has a state, a due date and an audit trail.

pub mod archive;
mod archived;
pub mod create;
pub mod decide;
pub mod erase;
pub mod list;
pub mod read;

use archived::Archive;
use erase::Certificate;
use jiff::{ToSpan, tz::TimeZone};
use serde::{Deserialize, Serialize};
use shared::{
    crypto::{Purpose, SealedItem, Seals},
    ids::{CustomerId, TenantId},
    record::Record,
    store::{Attributes, Item, Listing, Sealed, Table},
    text::{Line, Reference},
    time::{Instant, Timestamp},
};

shared::id_type!(
    /// A request of a data subject.
    RequestId called "PrivacyRequestId", "dsr"
);

/// Every request, in the first index.
pub(crate) const ALL: &str = "privacy-requests";
/// Those that a worker has to fulfil, in the second index.
pub(crate) const DUE: &str = "privacy-requests-due";

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "PrivacyRequestType")]
pub enum RequestType {
    /// A copy of everything (art. 15).
    Access,
    /// The same, to take elsewhere (art. 20).
    Portability,
    /// That the data is destroyed (art. 17).
    Erasure,
    /// That what is wrong is put right (art. 16).
    Rectification,
    /// That data is kept only (art. 18).
    Restriction,
    /// That a restriction ends (art. 18(3)).
    RestrictionLift,
    /// That processing stops (art. 21).
    Objection,
    /// That a human looks at an automated refusal (art. 22(3)).
    Review,
}

impl RequestType {
    /// Its name in JSON and in filters.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Portability => "portability",
            Self::Erasure => "erasure",
            Self::Rectification => "rectification",
            Self::Restriction => "restriction",
            Self::RestrictionLift => "restriction_lift",
            Self::Objection => "objection",
            Self::Review => "review",
        }
    }
    /// Whether a worker gathers an archive for it.
    #[must_use]
    pub const fn is_export(self) -> bool {
        matches!(self, Self::Access | Self::Portability)
    }
}

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "PrivacyRequestStatus")]
pub enum RequestStatus {
    /// A human decides.
    Open,
    /// A worker fulfils it.
    InProgress,
    /// Done.
    Completed,
    /// Refused, with a reason (art. 12(4)).
    Refused,
}

impl RequestStatus {
    /// Its name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Refused => "refused",
        }
    }
}

/// A request as kept.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct RequestItem {
    /// Its id.
    #[public]
    pub id: RequestId,
    /// What is asked for.
    #[public]
    pub r#type: RequestType,
    /// About whom.
    #[public]
    pub customer: CustomerId,
    /// Where it stands.
    #[public]
    pub status: RequestStatus,
    /// The tenant's own number of the case.
    #[internal]
    pub reference: Option<Reference>,
    /// What it is about, such as a refused payment.
    #[internal]
    pub about: Option<Reference>,
    /// When it came.
    #[public]
    pub received_at: Timestamp,
    /// Until when it must be answered.
    #[public]
    pub due_at: Timestamp,
    /// Whether that has been put off once (art. 12(3)).
    #[public]
    pub extended: bool,
    /// The customer's revision when it came; a rectification must have changed it.
    #[internal]
    pub customer_revision: u64,
    /// Who decided.
    #[public]
    pub decided_by: Option<String>,
    /// When.
    #[public]
    pub decided_at: Option<Timestamp>,
    /// Why.
    #[internal]
    pub reason: Option<Line>,
    /// The one-time key of the archive, until the archive has been made. Sealed under the customer's key.
    #[secret]
    #[serde(default)]
    pub archive_key: Option<Sealed>,
    /// Unix seconds until when one run of the worker has it to itself.
    #[internal]
    pub leased_until: i64,
    /// What was gathered.
    #[nested]
    #[serde(default)]
    pub archive: Option<Archive>,
    /// What was destroyed.
    #[nested]
    #[serde(default)]
    pub certificate: Option<Certificate>,
}

impl SealedItem for RequestItem {
    fn seals(&mut self, _: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(self.customer.as_str(), Purpose::Pii);
        seals.maybe("archive_key", self.archive_key.as_mut());
        seals
    }
}

impl Item for RequestItem {
    const TABLE: Table = Table::Privacy;
    const KIND: &'static str = "privacy-request";
    const PROCESSING: Option<shared::processing::Processing> = Some(shared::processing::Processing::new(
        "Answer requests of data subjects, and prove that they were answered",
        shared::processing::Subjects::Customers,
        shared::processing::Basis::LegalObligation,
        "Until the tenant ends",
        shared::processing::Reach::Mentioned { list: ALL },
    ));
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: ALL.into(),
            sort: self.id.to_string(),
        })
    }
    fn second_listing(&self) -> Option<Listing> {
        (self.status == RequestStatus::InProgress).then(|| Listing {
            list: DUE.into(),
            sort: self.id.to_string(),
        })
    }
    fn filterable(&self) -> Attributes {
        Attributes::from([("type", self.r#type.name().into())])
    }
}

/// One calendar month later, or the last day of a shorter one (GDPR art. 12(3); Regulation 1182/71, art. 3).
#[must_use]
pub fn months_later(from: Timestamp, months: i32) -> Timestamp {
    let later = from.to_zoned(TimeZone::UTC).checked_add(months.months());
    later.map_or(Timestamp::MAX, |z| z.timestamp())
}

/// A request as answered.
#[derive(Record, Serialize)]
#[record(name = "PrivacyRequest")]
pub struct Request {
    /// Its id.
    #[public]
    pub id: RequestId,
    /// What is asked for.
    #[public]
    pub r#type: RequestType,
    /// About whom.
    #[public]
    pub customer: CustomerId,
    /// Where it stands.
    #[public]
    pub status: RequestStatus,
    /// The tenant's own number of the case.
    #[internal]
    pub reference: Option<Reference>,
    /// What it is about.
    #[internal]
    pub about: Option<Reference>,
    /// When it came (RFC 3339 UTC).
    #[public]
    pub received_at: Instant,
    /// Until when it must be answered: a month, and two more where that is put off (art. 12(3)).
    #[public]
    pub due_at: Instant,
    /// Whether it has been put off.
    #[public]
    pub extended: bool,
    /// Who decided.
    #[public]
    pub decided_by: Option<String>,
    /// When.
    #[public]
    pub decided_at: Option<Instant>,
    /// Why.
    #[internal]
    pub reason: Option<Line>,
    /// The archive, once it has been made.
    #[nested]
    pub archive: Option<Archive>,
    /// What was destroyed, once that has been verified.
    #[nested]
    pub certificate: Option<Certificate>,
}

impl From<&RequestItem> for Request {
    fn from(item: &RequestItem) -> Self {
        Self {
            id: item.id.clone(),
            r#type: item.r#type,
            customer: item.customer.clone(),
            status: item.status,
            reference: item.reference.clone(),
            about: item.about.clone(),
            received_at: Instant::from(item.received_at),
            due_at: Instant::from(item.due_at),
            extended: item.extended,
            decided_by: item.decided_by.clone(),
            decided_at: item.decided_at.map(Instant::from),
            reason: item.reason.clone(),
            archive: item.archive.clone(),
            certificate: item
                .certificate
                .clone()
                .filter(|_| item.status == RequestStatus::Completed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::time::rfc3339;

    #[test]
    fn a_month_ends_on_its_last_day_where_the_next_is_shorter() {
        for (from, months, due) in [
            ("2026-01-31T10:00:00Z", 1, "2026-02-28T10:00:00.000Z"),
            ("2028-01-31T10:00:00Z", 1, "2028-02-29T10:00:00.000Z"),
            ("2026-11-21T10:00:00Z", 3, "2027-02-21T10:00:00.000Z"),
        ] {
            assert_eq!(rfc3339(months_later(from.parse().unwrap(), months)), due);
        }
    }
}
