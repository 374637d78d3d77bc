//! The journal: entries as they are kept. One is made by [`crate::posting::Draft`] alone, which balances it.

use crate::{chart::Account, months::Month};
use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use shared::{
    ids::TenantId,
    money::Currency,
    processing::{Basis, Processing, Reach, Subjects},
    record::Record,
    store::{ENTRY_KIND, Item, Listing, Table},
    text::Line,
    time::{Timestamp, rfc3339},
};
use std::fmt::Write;

shared::id_type!(
    /// A journal entry. It begins with its time, and ends with a digest of what the entry says.
    JournalEntryId, "jre"
);

/// The list of every entry, in the first index.
pub(crate) const ALL: &str = "journal";

/// What an entry comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "JournalSource")]
pub enum SourceKind {
    /// An invoice.
    Invoice,
    /// A credit note.
    CreditNote,
    /// A payment.
    Payment,
    /// A refund.
    Refund,
    /// A customer's wallet.
    Wallet,
    /// A dispute.
    Dispute,
    /// A payout.
    Payout,
    /// Somebody has written it.
    Manual,
}

impl SourceKind {
    /// Its name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::CreditNote => "credit_note",
            Self::Payment => "payment",
            Self::Refund => "refund",
            Self::Wallet => "wallet",
            Self::Dispute => "dispute",
            Self::Payout => "payout",
            Self::Manual => "manual",
        }
    }
}

/// A line of an entry.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
#[record(name = "JournalLine")]
pub struct EntryLine {
    /// The account.
    #[public]
    pub account: Account,
    /// In which currency (ISO 4217).
    #[internal]
    pub currency: Currency,
    /// Minor units: a debit is positive, a credit negative.
    #[internal]
    pub amount: i64,
}

/// An entry as kept: under its source and what became of that, so that one effect is posted once.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct EntryItem {
    #[public]
    entry: JournalEntryId,
    #[public]
    at: Timestamp,
    #[public]
    source_kind: SourceKind,
    #[public]
    source: String,
    #[public]
    effect: String,
    #[nested]
    lines: Vec<EntryLine>,
    /// Why somebody wrote it. Not a place for personal data.
    #[internal]
    #[serde(default)]
    reason: Option<Line>,
}

/// What an entry says, before it has its id.
pub(crate) struct Content {
    pub(crate) at: Timestamp,
    pub(crate) source_kind: SourceKind,
    pub(crate) source: String,
    pub(crate) effect: String,
    pub(crate) lines: Vec<EntryLine>,
    pub(crate) reason: Option<Line>,
}

impl EntryItem {
    pub(crate) fn new(tenant: &TenantId, content: Content) -> Self {
        let Content {
            at,
            source_kind,
            source,
            effect,
            lines,
            reason,
        } = content;
        let mut item = Self {
            entry: JournalEntryId::of_digest(&[], at),
            at,
            source_kind,
            source,
            effect,
            lines,
            reason,
        };
        item.entry = item.committed(tenant);
        item
    }

    /// The id that commits to what the entry says: its time, and 80 bits of a SHA-256 over one line for each field and each line.
    fn committed(&self, tenant: &TenantId) -> JournalEntryId {
        let mut text = format!(
            "ledgerkeep journal entry 1\n{tenant}\n{}\n{}\n{}\n{}\n{}\n",
            rfc3339(self.at),
            self.source_kind.name(),
            self.source,
            self.effect,
            self.reason.as_ref().map_or("", |reason| reason.as_str()),
        );
        for line in &self.lines {
            let _ = writeln!(
                text,
                "{} {} {}",
                line.account.as_str(),
                line.currency,
                line.amount
            );
        }
        let digest = digest::digest(&digest::SHA256, text.as_bytes());
        JournalEntryId::of_digest(digest.as_ref(), self.at)
    }

    /// Its id.
    #[must_use]
    pub fn entry(&self) -> &JournalEntryId {
        &self.entry
    }
    /// When it was posted.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }
    /// What it comes from.
    #[must_use]
    pub fn source_kind(&self) -> SourceKind {
        self.source_kind
    }
    /// The id of what it comes from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }
    /// What became of that.
    #[must_use]
    pub fn effect(&self) -> &str {
        &self.effect
    }
    /// Its lines. They sum to zero in each currency.
    #[must_use]
    pub fn lines(&self) -> &[EntryLine] {
        &self.lines
    }
    /// Why somebody wrote it.
    #[must_use]
    pub fn reason(&self) -> Option<&Line> {
        self.reason.as_ref()
    }
    /// The month of the books that it belongs to.
    #[must_use]
    pub fn month(&self) -> Month {
        Month::of(self.at)
    }
    /// Whether it says what its id commits to.
    #[must_use]
    pub fn is_genuine(&self, tenant: &TenantId) -> bool {
        self.committed(tenant) == self.entry
    }
}

impl Item for EntryItem {
    const TABLE: Table = Table::Journal;
    const KIND: &'static str = ENTRY_KIND;
    const PROCESSING: Option<Processing> = Some(Processing::new(
        "Keep the books",
        Subjects::Customers,
        Basis::LegalObligation,
        "While the tenant keeps books: amounts stay after an erasure (GDPR art. 17(3)(b)), the person does not",
        Reach::Nothing,
    ));
    fn id(&self) -> &str {
        &self.source
    }
    fn sort(&self) -> String {
        self.effect.clone()
    }
    fn listing(&self) -> Option<Listing> {
        Some(Listing {
            list: ALL.into(),
            sort: self.entry.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::store::{decode, encode};

    fn entry(amount: i64) -> EntryItem {
        let eur: Currency = "EUR".parse().unwrap();
        let line = |account, amount| EntryLine {
            account,
            currency: eur,
            amount,
        };
        EntryItem::new(
            &TenantId::platform(),
            Content {
                at: "2026-11-28T10:00:00Z".parse().unwrap(),
                source_kind: SourceKind::Payment,
                source: "pay_1".into(),
                effect: "captured".into(),
                lines: vec![line(Account::bank(), amount), line(Account::suspense(), -amount)],
                reason: None,
            },
        )
    }

    #[test]
    fn an_entry_comes_back_as_it_was_and_its_id_commits_to_it() {
        let (one, tenant) = (entry(7), TenantId::platform());
        let attributes = encode(&tenant, &one, 1).unwrap();
        let mut back = decode::<EntryItem>(attributes).unwrap().item;
        assert_eq!(back, one);
        assert!(back.is_genuine(&tenant));
        assert_ne!(entry(8).entry, one.entry);
        assert_eq!(entry(7).entry, one.entry);
        assert!(
            !back.is_genuine(&TenantId::new(Timestamp::UNIX_EPOCH)),
            "it is one tenant's"
        );
        back.lines[0].amount += 1;
        assert!(!back.is_genuine(&tenant));
        // Other implementations must come to the same.
        assert_eq!(one.entry.as_str(), "jre_01M8GSHV80CN6E1J8JWSP9TE3Y");
    }

    #[test]
    fn the_name_is_what_serde_writes() {
        for kind in [
            SourceKind::Invoice,
            SourceKind::CreditNote,
            SourceKind::Payment,
            SourceKind::Refund,
            SourceKind::Wallet,
            SourceKind::Dispute,
            SourceKind::Payout,
            SourceKind::Manual,
        ] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
