//! Usage of a subscription: billed when a period has ended, and corrected when events come late.

use super::{KeptTerms, SubscriptionItem, SubscriptionLineId, SubscriptionStatus, Waiting};
use crate::{
    meters::MeterId,
    rated::{Exact, RatedUsage, SubscriptionId},
    usage::{OLDEST_DAYS, tally::Usage},
};
use rating::{Number, Period};
use serde::{Deserialize, Serialize};
use shared::{
    crypto::SubjectCipher,
    metadata::MetadataKey,
    problem::Problem,
    processing::{Basis, Processing, Reach, Subjects},
    record::Record,
    road::Context,
    store::{Item, Stored, Table, Write},
    time::{SignedDuration, Timestamp, rfc3339},
};

/// What was billed of an item for a period, as kept.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct UsedLine {
    /// The item.
    #[public]
    pub item: SubscriptionLineId,
    /// At which price.
    #[nested]
    pub terms: KeptTerms,
    /// How much was used, as far as it was known.
    #[internal]
    pub quantity: Exact,
    /// In how many events.
    #[internal]
    pub events: i64,
    /// What it costs, in minor units: the line of its period and those that corrected it, together.
    #[internal]
    pub amount: i64,
}

/// A period whose usage was billed: there is one of it, and what corrects it is said here.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct UsedPeriod {
    /// The subscription.
    #[public]
    pub subscription: SubscriptionId,
    /// When it began.
    #[public]
    pub from: Timestamp,
    /// When it ended.
    #[public]
    pub to: Timestamp,
    /// What was billed.
    #[nested]
    pub lines: Vec<UsedLine>,
}

impl Item for UsedPeriod {
    const TABLE: Table = Table::Billing;
    const KIND: &'static str = "subscription-usage";
    const PROCESSING: Option<Processing> = Some(Processing::new(
        "Bill usage once, and correct what was billed of it",
        Subjects::Customers,
        Basis::Contract,
        "While the tenant keeps books",
        Reach::Nothing,
    ));
    fn id(&self) -> &str {
        self.subscription.as_str()
    }
    fn sort(&self) -> String {
        rfc3339(self.to)
    }
}

/// What a bill of usage is made with.
#[derive(Default)]
pub struct Used {
    usage: Usage,
    closed: Vec<Stored<UsedPeriod>>,
}

/// What a bill makes of it: lines, and what is kept of the periods that they are for.
#[derive(Default)]
pub struct Counted {
    /// The lines.
    pub lines: Vec<Waiting>,
    /// Periods that are billed for the first time.
    pub new: Vec<UsedPeriod>,
    /// Periods that are corrected.
    pub corrected: Vec<(Stored<UsedPeriod>, UsedPeriod)>,
}

impl Counted {
    /// The writes that keep it.
    ///
    /// # Errors
    /// 500 when something does not encode.
    pub fn writes(&self, cx: &Context) -> Result<Vec<Write>, Problem> {
        let new = self.new.iter().map(|period| cx.create(period));
        let corrected = self.corrected.iter().map(|(old, next)| cx.replace(old, next));
        new.chain(corrected).collect()
    }
}

fn period(of: &UsedPeriod) -> Period {
    Period {
        start: of.from,
        end: of.to,
    }
}

impl SubscriptionItem {
    /// How long after a period its usage is billed.
    pub(super) fn grace(&self) -> SignedDuration {
        let hours = self.items.iter().map(|item| item.terms.price.grace_hours()).max();
        SignedDuration::from_hours(i64::from(hours.unwrap_or_default()))
    }

    /// Whether something of it is billed by usage.
    #[must_use]
    pub fn metered(&self) -> bool {
        self.items.iter().any(|item| item.terms.price.meter.is_some())
    }

    /// The stretches whose usage its next bill is for: the period that was billed last in advance and, where it ended later than that,
    /// what lies between. None before anything was billed.
    fn stretches(&self) -> Vec<Period> {
        let (Some(start), Some(end)) = (self.period_start, self.period_end) else {
            return Vec::new();
        };
        let ended = self
            .canceled_at
            .filter(|_| self.status == SubscriptionStatus::Canceled);
        let to = ended.unwrap_or(end);
        let whole = Period {
            start,
            end: end.min(to),
        };
        let rest = Period { start: end, end: to };
        [whole, rest]
            .into_iter()
            .filter(|period| !period.is_empty())
            .collect()
    }

    /// Reads what its next bill is made with: nothing where nothing of it is billed by usage.
    ///
    /// # Errors
    /// 503 when the store does not answer.
    pub async fn used(&self, cx: &Context, cipher: &SubjectCipher) -> Result<Used, Problem> {
        // An event is taken for so long: what one can still have changed since the last bill.
        let since = self.period_start.unwrap_or(self.paid_from);
        let since = since - SignedDuration::from_hours(24 * OLDEST_DAYS);
        let mut used = Used::default();
        if self.usage_billed_to.is_some_and(|to| to > since) {
            let between = (rfc3339(since), rfc3339(Timestamp::MAX));
            used.closed = cx.whole::<UsedPeriod>(None, self.id.as_str(), between).await?;
        }
        let mut over: Vec<Period> = used.closed.iter().map(|closed| period(closed)).collect();
        if self.metered() {
            over.extend(self.stretches());
        }
        let now = self.items.iter().map(|item| &item.terms);
        let then = used
            .closed
            .iter()
            .flat_map(|closed| closed.lines.iter().map(|line| &line.terms));
        let mut meters: Vec<MeterId> = now
            .chain(then)
            .filter_map(|terms| terms.price.meter.clone())
            .collect();
        meters.sort();
        meters.dedup();
        if !over.is_empty() && !meters.is_empty() {
            used.usage = Usage::read(cx, &self.customer, &meters, &over, cipher).await?;
        }
        Ok(used)
    }

    /// What of its usage is billed next: what the stretch that ends comes to, and what earlier ones come to more or less than was billed.
    ///
    /// # Errors
    /// 422 when an amount is too large; 500.
    pub(super) fn counted(&self, used: &Used, cipher: &SubjectCipher) -> Result<Counted, Problem> {
        let mut counted = Counted::default();
        for over in self.stretches() {
            let mut lines = Vec::new();
            for item in &self.items {
                let Some((events, quantity)) = self.of(&item.terms, used, over, cipher)? else {
                    continue;
                };
                let line = item.terms.used(events, quantity, None, over)?;
                lines.push(UsedLine {
                    item: item.id.clone(),
                    terms: item.terms.clone(),
                    quantity: quantity.into(),
                    events,
                    amount: line.line.amount,
                });
                counted
                    .lines
                    .extend(Some(line).filter(|line| line.line.amount != 0));
            }
            if !lines.is_empty() {
                counted.new.push(UsedPeriod {
                    subscription: self.id.clone(),
                    from: over.start,
                    to: over.end,
                    lines,
                });
            }
        }
        for closed in &used.closed {
            let (mut next, mut changed) = (closed.item.clone(), false);
            for line in &mut next.lines {
                let over = period(closed);
                let Some((events, quantity)) = self.of(&line.terms, used, over, cipher)? else {
                    continue;
                };
                let quantity = Exact::from(quantity);
                if (&line.quantity, line.events) == (&quantity, events) {
                    continue;
                }
                let billed = Some((line.quantity.clone(), line.amount));
                let number = quantity.number().map_err(Problem::internal)?;
                let correction = line.terms.used(events, number, billed, over)?;
                let amount = line.amount.checked_add(correction.line.amount);
                line.amount = amount.ok_or_else(|| Problem::invalid("/items", "is too large"))?;
                (line.quantity, line.events, changed) = (quantity, events, true);
                counted
                    .lines
                    .extend(Some(correction).filter(|line| line.line.amount != 0));
            }
            if changed {
                let old = Stored {
                    item: closed.item.clone(),
                    revision: closed.revision,
                };
                counted.corrected.push((old, next));
            }
        }
        Ok(counted)
    }

    /// How much was used in a stretch at these terms, in how many events; none where no meter counts them.
    fn of(
        &self,
        terms: &KeptTerms,
        used: &Used,
        over: Period,
        cipher: &SubjectCipher,
    ) -> Result<Option<(i64, Number)>, Problem> {
        let Some(metered) = terms.price.metered() else {
            return Ok(None);
        };
        let property = terms.price.value_property.as_ref().map(MetadataKey::as_str);
        used.usage
            .of(metered, property, &self.id, over, Some(cipher))
            .map(Some)
    }
}

impl KeptTerms {
    /// The line for what was used, or for what that is more or less than was billed.
    fn used(
        &self,
        events: i64,
        quantity: Number,
        billed: Option<(Exact, i64)>,
        over: Period,
    ) -> Result<Waiting, Problem> {
        let meter = self.price.meter.clone();
        let meter = meter.ok_or_else(|| Problem::internal("usage of a price without a meter"))?;
        let (billed_quantity, billed_amount) = billed.unzip();
        let used = RatedUsage {
            meter,
            quantity: quantity.into(),
            events,
            billed_quantity,
            billed_amount,
        };
        self.usage(used, over)
    }
}
