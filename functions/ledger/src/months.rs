//! Months of the books, in UTC, and the gates that let entries into them.

use serde::{Deserialize, Serialize};
use shared::{
    record::Record,
    road::Context,
    store::{GATE_KIND, Item, Table, Write, partition},
    time::{Timestamp, rfc3339},
};

/// Gates of a month. A transaction locks what it checks, so that postings which came to one gate at the same time would turn each
/// other away; each takes one of so many at random.
pub const GATES: u64 = 64;

shared::text_type!(
    /// A month of the books: year and month, in UTC.
    Month, "^[0-9]{4}-(0[1-9]|1[0-2])$", "2026-11", |t| {
        let (year, month) = t.split_once('-').ok_or("is not a month")?;
        let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
        let known = (1..=12).contains(&month.parse::<u8>().unwrap_or(0));
        if digits(year, 4) && digits(month, 2) && known { Ok(t.to_owned()) } else { Err("is not a month") }
    }
);

impl std::fmt::Debug for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Month {
    /// The month of a moment.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        Self(rfc3339(at).chars().take(7).collect())
    }

    /// Its first moment.
    #[must_use]
    pub fn begins(&self) -> Option<Timestamp> {
        format!("{}-01T00:00:00Z", self.0).parse().ok()
    }

    /// The month after it.
    #[must_use]
    pub fn next(&self) -> Option<Self> {
        let (year, month) = self.0.split_once('-')?;
        let (year, month): (u16, u8) = (year.parse().ok()?, month.parse().ok()?);
        let (year, month) = match month {
            12 => (year.checked_add(1)?, 1),
            _ => (year, month + 1),
        };
        Self::parse(&format!("{year:04}-{month:02}")).ok()
    }
}

/// A shut gate of a month: where it stands no entry goes into the month any more.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct GateItem {
    /// `<month>#<number>`.
    #[public]
    pub id: String,
    /// Since when.
    #[public]
    pub closed_at: Timestamp,
}

impl GateItem {
    /// One of a month's gates.
    #[must_use]
    pub fn id_of(month: &Month, number: u64) -> String {
        format!("{month}#{number:02}")
    }
}

impl Item for GateItem {
    const TABLE: Table = Table::Ledger;
    const KIND: &'static str = GATE_KIND;
    fn id(&self) -> &str {
        &self.id
    }
}

/// Whether one of these writes passes a gate of a month: a transaction passes each month once.
pub(crate) fn passes(cx: &Context, month: &Month, writes: &[Write]) -> bool {
    let gates = format!("{}#", partition(cx.tenant(), GATE_KIND, month.as_str()));
    writes.iter().any(|write| write.key().pk.starts_with(&gates))
}

/// Demands that a month is open.
pub(crate) fn pass(cx: &Context, month: &Month) -> Write {
    let number = shared::random::below(GATES);
    cx.absent_or_over::<GateItem>(&GateItem::id_of(month, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_that_of_its_moments() {
        let at = |t: &str| t.parse::<Timestamp>().unwrap();
        let month = Month::of(at("2026-12-31T23:59:59.999Z"));
        assert_eq!(month.as_str(), "2026-12");
        assert_eq!(month.begins(), Some(at("2026-12-01T00:00:00Z")));
        assert_eq!(month.next().unwrap(), Month::of(at("2027-01-01T00:00:00Z")));
        assert_eq!(
            Month::parse("2026-01").unwrap().next().unwrap().as_str(),
            "2026-02"
        );
        for bad in [
            "",
            "2026-13",
            "2026-00",
            "2026-1",
            "26-01",
            "2026-01-01",
            "2026+01",
        ] {
            assert!(Month::parse(bad).is_err(), "{bad}");
        }
    }
}
