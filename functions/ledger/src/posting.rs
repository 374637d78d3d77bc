//! Posting: what every service tells the ledger of, in the transaction of the change itself.
//!
//! ```ignore
//! let draft = Draft::of(SourceKind::Invoice, invoice.id.as_str(), "finalized")
//!     .transfer(&Account::receivable(&customer), &Account::revenue(None), currency, 1_000);
//! let changes = ledger::post(cx, changes, draft).await?;
//! ```
//!
//! The function declares `Uses::Post`.

use crate::{
    chart::Account,
    entries::{Content, EntryItem, EntryLine, SourceKind},
    months::{pass, passes},
};
use shared::{
    auth::PrincipalKind, ids::TenantId, money::Currency, problem::Problem, road::Context, store::Changes,
    text::Line, time::Timestamp,
};
use std::collections::BTreeMap;

/// An entry in the making. What does not balance is refused as a whole, before anything is committed.
#[derive(Clone)]
pub struct Draft {
    source_kind: SourceKind,
    source: String,
    effect: String,
    lines: BTreeMap<(Account, Currency), i64>,
    at: Option<Timestamp>,
    reason: Option<Line>,
    wrong: Option<&'static str>,
}

impl Draft {
    /// What became of something. The same effect of the same thing is posted once, whoever posts it and however often; so an
    /// effect that there can be several of says which one it is: `captured#<key>`.
    #[must_use]
    pub fn of(source_kind: SourceKind, source: &str, effect: &str) -> Self {
        Self {
            source_kind,
            source: source.to_owned(),
            effect: effect.to_owned(),
            lines: BTreeMap::new(),
            at: None,
            reason: None,
            wrong: None,
        }
    }

    /// A pair of lines: from one account into another, in minor units. A negative amount goes the other way.
    #[must_use]
    pub fn transfer(self, debit: &Account, credit: &Account, currency: Currency, amount: i64) -> Self {
        self.debit(debit, currency, amount)
            .credit(credit, currency, amount)
    }

    /// A line of minor units on the left.
    #[must_use]
    pub fn debit(self, account: &Account, currency: Currency, amount: i64) -> Self {
        self.add(account, currency, Some(amount))
    }

    /// A line of minor units on the right.
    #[must_use]
    pub fn credit(self, account: &Account, currency: Currency, amount: i64) -> Self {
        self.add(account, currency, amount.checked_neg())
    }

    fn add(mut self, account: &Account, currency: Currency, amount: Option<i64>) -> Self {
        let line = self.lines.entry((account.clone(), currency)).or_default();
        match amount.and_then(|amount| line.checked_add(amount)) {
            Some(sum) => *line = sum,
            None => self.wrong = Some("an amount of a journal entry is too large"),
        }
        self
    }

    /// Dates it into another month than this one.
    #[must_use]
    pub fn dated(mut self, at: Timestamp) -> Self {
        self.at = Some(at);
        self
    }

    /// Says why somebody wrote it.
    #[must_use]
    pub fn because(mut self, reason: &Line) -> Self {
        self.reason = Some(reason.clone());
        self
    }

    /// By how much its lines miss zero, for each currency that they miss it in.
    #[must_use]
    pub fn missing(&self) -> BTreeMap<Currency, i128> {
        let mut sums: BTreeMap<Currency, i128> = BTreeMap::new();
        for ((_, currency), amount) in &self.lines {
            *sums.entry(*currency).or_default() += i128::from(*amount);
        }
        sums.retain(|_, sum| *sum != 0);
        sums
    }

    /// The entry; none where nothing moves. Lines of zero vanish.
    ///
    /// # Errors
    /// 500 when its lines do not sum to zero in each currency, or an amount is too large: a fault of whoever drafted it.
    pub fn finish(self, tenant: &TenantId, now: Timestamp) -> Result<Option<EntryItem>, Problem> {
        if let Some(why) = self.wrong {
            return Err(Problem::internal(why));
        }
        if !self.missing().is_empty() {
            return Err(Problem::internal(format!(
                "a journal entry of {} that does not balance",
                self.source
            )));
        }
        let lines = self.lines.into_iter().filter(|(_, amount)| *amount != 0);
        let lines: Vec<EntryLine> = lines
            .map(|((account, currency), amount)| EntryLine {
                account,
                currency,
                amount,
            })
            .collect();
        if lines.is_empty() {
            return Ok(None);
        }
        let content = Content {
            at: self.at.unwrap_or(now),
            source_kind: self.source_kind,
            source: self.source,
            effect: self.effect,
            lines,
            reason: self.reason,
        };
        Ok(Some(EntryItem::new(tenant, content)))
    }
}

/// Puts an entry beside the changes that it is about, and demands that its month is open. What has been posted before, in a
/// transaction of a lost region of which not all has arrived, is not posted again.
///
/// # Errors
/// 500 when the draft does not balance, 503.
pub async fn post(cx: &Context, changes: Changes, draft: Draft) -> Result<Changes, Problem> {
    let dated = draft.at.is_some();
    let Some(entry) = draft.finish(cx.tenant(), cx.now())? else {
        return Ok(changes);
    };
    // The first time the entry's own condition tells. Workers take up what others have left.
    let again = cx.round() > 0 || matches!(cx.principal().kind, PrincipalKind::Worker { .. });
    if again
        && cx
            .find_sub::<EntryItem>(entry.source(), entry.effect())
            .await?
            .is_some()
    {
        return Ok(changes);
    }
    let month = entry.month();
    let changes = if passes(cx, &month, &changes.writes) {
        changes
    } else {
        let gate = pass(cx, &month);
        changes.write(match dated {
            true => gate.otherwise(Problem::conflict(
                "month_closed",
                "The books of this month are closed.",
            )),
            false => gate,
        })
    };
    let id = entry.entry().to_string();
    Ok(changes.write(cx.create(&entry)?).posted(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn draft() -> Draft {
        Draft::of(SourceKind::Payment, "pay_1", "captured")
    }

    fn finish(draft: Draft) -> Result<Option<EntryItem>, Problem> {
        draft.finish(&TenantId::platform(), Timestamp::UNIX_EPOCH)
    }

    fn accounts() -> [Account; 4] {
        [
            Account::bank(),
            Account::refunds(),
            Account::rounding(),
            Account::suspense(),
        ]
    }

    fn currencies() -> [Currency; 3] {
        ["EUR", "JPY", "BHD"].map(|code| code.parse().unwrap())
    }

    #[test]
    fn what_does_not_balance_in_each_currency_is_no_entry() {
        let [eur, jpy, _] = currencies();
        let [bank, refunds, ..] = accounts();
        let one = draft().debit(&bank, eur, 7).credit(&refunds, eur, 6);
        assert_eq!(one.missing(), BTreeMap::from([(eur, 1)]));
        assert_eq!(finish(one.clone()).unwrap_err().status, 500);
        assert!(finish(one.clone().credit(&refunds, jpy, 1)).is_err());
        let entry = finish(one.credit(&refunds, eur, 1)).unwrap().unwrap();
        assert_eq!(
            entry.lines().iter().map(|l| l.amount).collect::<Vec<_>>(),
            [7, -7]
        );
    }

    #[test]
    fn what_moves_nothing_is_no_entry_and_what_is_too_large_is_refused() {
        let [eur, ..] = currencies();
        let [bank, refunds, rounding, _] = accounts();
        let back = draft()
            .transfer(&bank, &refunds, eur, 7)
            .transfer(&refunds, &bank, eur, 7);
        assert_eq!(finish(back).unwrap(), None);
        assert_eq!(finish(draft().transfer(&bank, &refunds, eur, 0)).unwrap(), None);
        let most = draft().transfer(&bank, &refunds, eur, i64::MAX);
        assert!(finish(most.clone()).unwrap().is_some());
        assert!(finish(most.transfer(&bank, &rounding, eur, 1)).is_err());
        assert!(finish(draft().transfer(&bank, &refunds, eur, i64::MIN)).is_err());
    }

    proptest! {
        #[test]
        fn any_pairs_in_any_order_balance(
            pairs in proptest::collection::vec((0..4usize, 0..4usize, 0..3usize, -1_000_000_000_000i64..1_000_000_000_000), 0..40),
            turn in 0..40usize,
        ) {
            let (accounts, currencies) = (accounts(), currencies());
            let build = |pairs: &[(usize, usize, usize, i64)]| {
                let all = pairs.iter().fold(draft(), |draft, (debit, credit, currency, amount)| {
                    draft.transfer(&accounts[*debit], &accounts[*credit], currencies[*currency], *amount)
                });
                finish(all).unwrap()
            };
            let entry = build(&pairs);
            let mut turned = pairs.clone();
            turned.rotate_left(turn.min(pairs.len()));
            prop_assert_eq!(&entry, &build(&turned), "the order does not matter");
            let mut sums: BTreeMap<Currency, i128> = BTreeMap::new();
            for line in entry.iter().flat_map(EntryItem::lines) {
                prop_assert!(line.amount != 0);
                *sums.entry(line.currency).or_default() += i128::from(line.amount);
            }
            prop_assert!(sums.values().all(|sum| *sum == 0));
        }
    }
}
