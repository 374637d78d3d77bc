//! Mail to users: an item that is committed with its cause, and workers that send it.
//!
//! ```text
//! pending --claim--> pending, leased   one conditional write, so that one worker alone sends it
//! leased  --taken--> sent              recipient and text are removed
//! leased  --later--> pending           tried again: 1, 2, 4, … minutes later
//! leased  --never, or too often--> failed
//! ```
//!
//! A worker that dies between sending and noting it makes the mail go out again when its lease has run out.

pub mod alerts;
mod approvals;
pub mod retry;
pub mod send;
mod template;
mod text;

pub use template::Template;
pub use text::{AlertSaid, CodeMail, Notice, about_account, about_alert, about_approval, compose};

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use shared::{
    crypto::{Purpose, SealedItem, Seals},
    ids::{TenantId, UserId},
    record::Record,
    store::{Item, Listing, Sealed, Table},
    time::Timestamp,
};

/// The list of pending mail, by the time from which it is looked after.
pub const DUE: &str = "mail-due";
/// Seconds in which one worker alone may send a mail.
pub const LEASE: i64 = 60;
/// Seconds that the item is kept: thirty days.
const KEEP: i64 = 30 * 24 * 3600;

shared::id_type!(
    /// A mail.
    MailId, "mail"
);

impl MailId {
    /// The id of the mail about an alert, an approval or an event to a user: made again, it is the same mail.
    #[must_use]
    pub fn about(at: Timestamp, alert: &str, user: &UserId) -> Self {
        let digest = digest(&SHA256, format!("{alert} {user}").as_bytes());
        let random = digest
            .as_ref()
            .iter()
            .take(10)
            .fold(0, |n: u128, b| (n << 8) | u128::from(*b));
        let millis = u64::try_from(at.as_millisecond()).unwrap_or(0);
        Self(format!("mail_{}", ulid::Ulid::from_parts(millis, random)))
    }
}

/// Where a mail stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
pub enum MailStatus {
    /// To be sent.
    Pending,
    /// SES has taken it.
    Sent,
    /// It was refused for good, or too often, or its reader is gone.
    Failed,
}

/// A mail as kept.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct MailItem {
    /// Its id.
    #[public]
    pub id: MailId,
    /// Whom it is for; it is sealed under their key, and goes with it.
    #[public]
    pub user: UserId,
    /// What it is about.
    #[public]
    pub template: Template,
    /// The address, until it is sent.
    #[personal]
    #[serde(default)]
    pub to: Option<Sealed>,
    /// The text, until it is sent.
    #[secret]
    #[serde(default)]
    pub text: Option<Sealed>,
    /// Where it stands.
    #[public]
    pub status: MailStatus,
    /// Attempts begun.
    #[internal]
    pub tries: u32,
    /// Unix seconds from which it may be attempted.
    #[internal]
    pub next_at: i64,
    /// Region that made it; only its own workers send it.
    #[public]
    pub region: String,
    /// When it was made.
    #[public]
    pub created_at: Timestamp,
}

impl SealedItem for MailItem {
    fn seals(&mut self, _: &TenantId) -> Seals<'_> {
        let mut seals = Seals::of(self.user.as_str(), Purpose::Pii);
        seals
            .maybe("to", self.to.as_mut())
            .maybe("text", self.text.as_mut());
        seals
    }
}

impl Item for MailItem {
    const TABLE: Table = Table::Identity;
    const KIND: &'static str = "mail";
    const PROCESSING: Option<shared::processing::Processing> = Some(
        shared::processing::Processing::new(
            "Send invitations, codes, alerts and notices to users",
            shared::processing::Subjects::Users,
            shared::processing::Basis::Contract,
            "30 days",
            shared::processing::Reach::Nothing,
        )
        .recipients(&["mail service"])
        .sealed(shared::crypto::Purpose::Pii),
    );
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn second_listing(&self) -> Option<Listing> {
        (self.status == MailStatus::Pending).then(|| Listing {
            list: DUE.into(),
            sort: format!("{}#{}", fixed_width(self.next_at), self.id),
        })
    }
    fn expires(&self) -> Option<i64> {
        Some(self.created_at.as_second().saturating_add(KEEP))
    }
}

/// Unix seconds as text that sorts like the number.
fn fixed_width(seconds: i64) -> String {
    format!("{:012}", seconds.max(0))
}

impl MailItem {
    /// Claimed at `now`; `None` when it is over, leased, or not due yet.
    #[must_use]
    pub fn claimed(&self, now: i64) -> Option<Self> {
        (self.status == MailStatus::Pending && self.next_at <= now).then(|| Self {
            tries: self.tries.saturating_add(1),
            next_at: now.saturating_add(LEASE),
            ..self.clone()
        })
    }

    /// Sent, or given up: nothing of it is left to read.
    #[must_use]
    pub fn over(&self, status: MailStatus) -> Self {
        Self {
            status,
            to: None,
            text: None,
            ..self.clone()
        }
    }

    /// Not taken this time, as it is at `now`.
    #[must_use]
    pub fn later(&self, now: i64) -> Self {
        if self.tries >= self.template.tries() {
            return self.over(MailStatus::Failed);
        }
        let pause = 60_i64.saturating_mul(1 << self.tries.saturating_sub(1).min(10));
        Self {
            next_at: now.saturating_add(pause),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail() -> MailItem {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        MailItem {
            id: MailId::new(now),
            user: UserId::new(now),
            template: Template::Invitation,
            to: Some(Sealed(vec![1])),
            text: Some(Sealed(vec![2])),
            status: MailStatus::Pending,
            tries: 0,
            next_at: 1_700_000_000,
            region: "eu-west-1".into(),
            created_at: now,
        }
    }

    #[test]
    fn a_mail_is_claimed_once_until_its_lease_runs_out() {
        let now = 1_700_000_000;
        assert!(mail().claimed(now - 1).is_none(), "not due yet");
        let claimed = mail().claimed(now).unwrap();
        assert!(claimed.claimed(now + LEASE - 1).is_none());
        assert_eq!(claimed.claimed(now + LEASE).unwrap().tries, 2);
        for status in [MailStatus::Sent, MailStatus::Failed] {
            let over = claimed.over(status);
            assert!(over.claimed(now + 10 * LEASE).is_none());
            assert!(over.to.is_none() && over.text.is_none() && over.second_listing().is_none());
        }
    }

    #[test]
    fn pauses_grow_and_end() {
        let (mut mail, mut now, mut pauses) = (mail(), 1_700_000_000, Vec::new());
        while let Some(claimed) = mail.claimed(now) {
            mail = claimed.later(now);
            pauses.push((mail.next_at - now) / 60);
            now = mail.next_at;
        }
        assert_eq!(pauses[..7], [1, 2, 4, 8, 16, 32, 64]);
        assert_eq!((pauses.len(), mail.status), (8, MailStatus::Failed));
        assert!(mail.to.is_none() && mail.text.is_none());
    }
}
