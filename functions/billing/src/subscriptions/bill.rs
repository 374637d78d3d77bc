//! What a subscription is billed for next: the same for a preview and for what is then billed.

use super::{
    Invoicing, KeptSegment, SubscriptionItem, SubscriptionStatus, Waiting,
    segments::wrong,
    used::{Counted, Used},
};
use crate::{
    invoices::{InvoiceId, InvoiceItem, InvoiceStatus, Settlement, texts::Texts},
    rated::Over,
};
use rating::{Axis, Zone};
use serde::{Deserialize, Serialize};
use shared::{crypto::SubjectCipher, problem::Problem, time::Timestamp};

/// What an invoice of a subscription is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, shared::shape::Choice)]
#[serde(rename_all = "snake_case")]
#[choice(name = "SubscriptionBillKind")]
pub enum BillKind {
    /// A period, in advance.
    Period,
    /// What is left once it has ended.
    Final,
}

impl BillKind {
    /// Its name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Period => "period",
            Self::Final => "final",
        }
    }
}

/// What is billed at a boundary.
pub struct Bill {
    /// What for.
    pub kind: BillKind,
    /// The boundary.
    pub boundary: Timestamp,
    /// The lines; none where nothing is owed.
    pub lines: Vec<Waiting>,
    /// What of its usage is billed.
    pub counted: Counted,
    /// The subscription after it.
    pub next: SubscriptionItem,
}

impl SubscriptionItem {
    /// What is due at `as_of`, of which there may be more after it; none where nothing is.
    ///
    /// # Errors
    /// 422 when an amount is too large; 500.
    pub fn bill(
        &self,
        zone: &Zone,
        as_of: Timestamp,
        used: &Used,
        cipher: &SubjectCipher,
    ) -> Result<Option<Bill>, Problem> {
        let Some(due) = self.due_at.filter(|due| *due <= as_of) else {
            return Ok(None);
        };
        // Where late events are waited for, a boundary is billed some hours after it.
        let boundary = match self.status {
            SubscriptionStatus::Canceled => self.canceled_at.unwrap_or(due),
            _ => self.period_end.unwrap_or(due),
        };
        let mut counted = self.counted(used, cipher)?;
        let mut next = self.clone();
        next.billing_problem = None;
        let ends = self.status == SubscriptionStatus::Canceled || self.ends_with_period;
        let kind = if ends { BillKind::Final } else { BillKind::Period };
        let mut lines = Vec::new();
        if ends {
            next.status = SubscriptionStatus::Canceled;
            next.canceled_at = next.canceled_at.or(Some(boundary));
            next.due_at = None;
            for item in &mut next.items {
                (item.pending, item.segments) = (None, Vec::new());
            }
        } else {
            lines = next.period(zone)?;
        }
        let billed_to = counted.new.iter().map(|period| period.to).max();
        next.usage_billed_to = billed_to.or(next.usage_billed_to);
        let mut waiting = std::mem::take(&mut counted.lines);
        waiting.append(&mut next.waiting);
        let (lines, waiting) = borne(lines, waiting);
        (next.waiting, next.ends_with_period) = (waiting, false);
        Ok(Some(Bill {
            kind,
            boundary,
            lines,
            counted,
            next,
        }))
    }

    /// Goes on to its next period, and gives the lines of that.
    fn period(&mut self, zone: &Zone) -> Result<Vec<Waiting>, Problem> {
        let schedule = self.schedule(zone)?;
        let (period, full) = (
            schedule.period(self.next).map_err(wrong)?,
            schedule.full(self.next).map_err(wrong)?,
        );
        let axis = Axis::new(zone, self.proration.into());
        let part = axis.fraction(period, full).map_err(wrong)?;
        let mut lines = Vec::new();
        for item in &mut self.items {
            if let Some(terms) = item.pending.take() {
                item.terms = terms;
            }
            item.segments = Vec::new();
            // What is used is billed when the period has ended.
            if item.terms.price.meter.is_some() {
                continue;
            }
            // A period that a zone skips has no length and costs nothing.
            let Some(part) = part else { continue };
            let line = item.terms.charge(Over { part, period })?;
            item.segments = vec![KeptSegment::billed(
                axis.position(period.start),
                axis.position(period.end),
                item.terms.rating()?,
                line.line.amount,
            )];
            if line.line.amount != 0 {
                lines.push(line);
            }
        }
        self.status = SubscriptionStatus::Active;
        (self.period_start, self.period_end) = (Some(period.start), Some(period.end));
        (self.next, self.due_at) = (self.next.saturating_add(1), Some(period.end + self.grace()));
        Ok(lines)
    }

    /// Cancels it at once. What was billed stays billed, unless its rest is to be taken back: that waits for a last invoice with
    /// whatever else waits, as far as that is owed.
    ///
    /// # Errors
    /// 409 when it has ended, or a period is due and not billed yet.
    pub fn canceled(&self, zone: &Zone, at: Timestamp, takes_back: bool) -> Result<Self, Problem> {
        let mut next = self.clone();
        if takes_back {
            let all = (0..next.items.len()).map(|place| (place, None)).collect();
            next.change(zone, at, all)?;
        }
        for item in &mut next.items {
            (item.pending, item.segments) = (None, Vec::new());
        }
        (next.status, next.ends_with_period) = (SubscriptionStatus::Canceled, false);
        next.canceled_at = Some(at);
        let owed = next
            .waiting
            .iter()
            .map(|waiting| waiting.line.amount)
            .sum::<i64>()
            > 0;
        let counts = next.metered() && next.next > 0;
        next.due_at = match counts {
            true => Some(at + next.grace()),
            false => owed.then_some(at),
        };
        Ok(next)
    }
}

/// The lines of an invoice that is never below zero: what is charged, and of what is taken back what that bears. The rest waits on.
fn borne(mut lines: Vec<Waiting>, waiting: Vec<Waiting>) -> (Vec<Waiting>, Vec<Waiting>) {
    let (charges, credits): (Vec<_>, Vec<_>) =
        waiting.into_iter().partition(|waiting| waiting.line.amount >= 0);
    lines.extend(charges);
    let mut sum: i64 = lines.iter().map(|line| line.line.amount).sum();
    let mut left = Vec::new();
    for credit in credits {
        if sum + credit.line.amount >= 0 {
            sum += credit.line.amount;
            lines.push(credit);
        } else {
            left.push(credit);
        }
    }
    (lines, left)
}

impl Bill {
    /// The draft of its invoice; none where it has no lines.
    ///
    /// # Errors
    /// 422 when its lines add up to more than a payment can be; 500 when it cannot be sealed.
    pub fn draft(&self, cipher: &SubjectCipher, now: Timestamp) -> Result<Option<InvoiceItem>, Problem> {
        if self.lines.is_empty() {
            return Ok(None);
        }
        let id = InvoiceId::new(now);
        let texts = Texts {
            lines: self.lines.iter().map(|line| line.name.clone()).collect(),
            ..Texts::default()
        };
        let mut item = InvoiceItem {
            texts: Some(texts.sealed(cipher, id.as_str())?),
            id,
            sequence: None,
            series: None,
            customer: self.next.customer.clone(),
            currency: self.next.currency,
            status: InvoiceStatus::Draft,
            lines: self.lines.iter().map(|line| line.line.clone()).collect(),
            discounts: Vec::new(),
            taxes: Vec::new(),
            inclusive: false,
            total: 0,
            settlement: Settlement::default(),
            burned: Vec::new(),
            retained: None,
            memo: None,
            reference: None,
            due_days: None,
            issued_on: None,
            due_on: None,
            payment: None,
            subscription: Some(self.next.id.clone()),
            created_at: now,
            finalized_at: None,
            paid_at: None,
            metadata: None,
        };
        item.added_up()?;
        Ok(Some(item))
    }

    /// Whether its invoice is issued at once.
    #[must_use]
    pub fn issues(&self) -> bool {
        self.next.invoicing == Invoicing::Issue
    }
}
