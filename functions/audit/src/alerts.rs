//! Alerts: what a rule has found in the audit entries, open until somebody acknowledges it.

pub mod acknowledge;
pub mod list;

use aws_lc_rs::digest::{Context as Hasher, SHA256};
use serde::{Deserialize, Serialize};
use shared::{
    ids::UserId,
    record::Record,
    store::{Attributes, Item, Listing, Table},
    time::{Instant, Timestamp},
};

shared::id_type!(
    /// An alert.
    AlertId, "alt"
);

impl AlertId {
    /// The id of the alert that these words stand for: found twice, it is one alert.
    #[must_use]
    pub fn about(at: Timestamp, words: &[&str]) -> Self {
        let mut hasher = Hasher::new(&SHA256);
        for word in words {
            hasher.update(&u64::try_from(word.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(word.as_bytes());
        }
        let digest = hasher.finish();
        let random = digest
            .as_ref()
            .iter()
            .take(10)
            .fold(0, |n: u128, b| (n << 8) | u128::from(*b));
        let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
        Self(format!("alt_{}", ulid::Ulid::from_parts(millis, random)))
    }
}

/// How bad it is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, shared::shape::Choice,
)]
#[serde(rename_all = "snake_case")]
#[choice(name = "AlertSeverity")]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Worth a look today.
    Medium,
    /// Worth a look now.
    High,
    /// The log itself has been touched.
    Critical,
}

impl Severity {
    const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// Whether somebody has taken it up.
///
/// ```text
/// open --acknowledge--> acknowledged
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// Nobody has.
    Open,
    /// Somebody has.
    Acknowledged,
}

impl AlertState {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
        }
    }
}

/// An alert as kept.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct AlertItem {
    /// Its id.
    #[public]
    pub id: AlertId,
    /// The rule that raised it.
    #[public]
    pub rule: String,
    /// How bad it is.
    #[public]
    pub severity: Severity,
    /// Whether somebody has taken it up.
    #[public]
    pub state: AlertState,
    /// One sentence for people.
    #[public]
    pub detail: String,
    /// What it was counted for: an address, a caller, an object.
    #[internal]
    pub subject: Option<String>,
    /// The entries that raised it.
    #[public]
    pub entries: Vec<String>,
    /// When it was raised.
    #[public]
    pub raised_at: Timestamp,
    /// Users who get a mail about it.
    #[public]
    #[serde(default)]
    pub mail_to: Vec<UserId>,
    /// Who took it up.
    #[public]
    pub acknowledged_by: Option<String>,
    /// When.
    #[public]
    pub acknowledged_at: Option<Timestamp>,
    /// What they noted.
    #[internal]
    pub note: Option<String>,
}

impl AlertItem {
    /// The list of a tenant's alerts.
    pub const ALL: &'static str = "alerts";

    /// The list of those in one state.
    #[must_use]
    pub fn in_state(state: &str) -> String {
        format!("alerts#{state}")
    }
}

impl Item for AlertItem {
    const TABLE: Table = Table::Alerts;
    const KIND: &'static str = "alert";
    const PROCESSING: Option<shared::processing::Processing> = Some(shared::processing::Processing::new(
        "Watch what is done with a tenant's data",
        shared::processing::Subjects::Users,
        shared::processing::Basis::LegitimateInterest,
        "Until the tenant ends",
        shared::processing::Reach::Nothing,
    ));
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: Self::ALL.into(),
            sort: self.id.to_string(),
        })
    }
    fn second_listing(&self) -> Option<Listing> {
        Some(Listing {
            list: Self::in_state(self.state.name()),
            sort: self.id.to_string(),
        })
    }
    fn filterable(&self) -> Attributes {
        Attributes::from([
            ("rule", self.rule.as_str().into()),
            ("severity", self.severity.name().into()),
        ])
    }
}

/// An alert as answered.
#[derive(Record, Serialize)]
pub struct Alert {
    /// Its id.
    #[public]
    pub id: AlertId,
    /// The rule that raised it.
    #[public]
    pub rule: String,
    /// How bad it is.
    #[public]
    pub severity: Severity,
    /// Whether somebody has taken it up.
    #[public]
    pub state: AlertState,
    /// One sentence for people.
    #[public]
    pub detail: String,
    /// What it was counted for: an address, a caller, an object.
    #[internal]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The entries that raised it.
    #[public]
    pub entries: Vec<String>,
    /// When it was raised (RFC 3339 UTC).
    #[public]
    pub raised_at: Instant,
    /// Users who get a mail about it. Where nobody is named and it is critical, the administrators get one.
    #[public]
    pub mail_to: Vec<UserId>,
    /// Who took it up.
    #[public]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged_by: Option<String>,
    /// When (RFC 3339 UTC).
    #[public]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged_at: Option<Instant>,
    /// What they noted.
    #[internal]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl From<&AlertItem> for Alert {
    fn from(item: &AlertItem) -> Self {
        Self {
            id: item.id.clone(),
            rule: item.rule.clone(),
            severity: item.severity,
            state: item.state,
            detail: item.detail.clone(),
            subject: item.subject.clone(),
            entries: item.entries.clone(),
            raised_at: Instant::from(item.raised_at),
            mail_to: item.mail_to.clone(),
            acknowledged_by: item.acknowledged_by.clone(),
            acknowledged_at: item.acknowledged_at.map(Instant::from),
            note: item.note.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_at_the_same_time_are_one_alert() {
        let at: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let id = AlertId::about(at, &["a", "bc"]);
        assert_eq!(id, AlertId::about(at, &["a", "bc"]));
        assert!(AlertId::parse(id.as_str()).is_ok());
        for other in [&["ab", "c"][..], &["a", "bc", ""], &["a"]] {
            assert_ne!(id, AlertId::about(at, other), "{other:?}");
        }
    }
}
