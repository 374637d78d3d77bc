//! The state machine of an invoice: pure transitions, each to be stored by one conditional write.
//!
//! ```text
//!        finalized                 settled (captured)
//! draft ───────────► open ──────────────────────────────► paid
//!    │                │ ▲                                  ▲
//!    │                └─┘ reserved, settled (declined)     │
//!    └─────────────────────────────────────────────────────┘ finalized, with nothing to pay
//! ```
//!
//! Paying takes two transitions: `reserved` notes the payment before the provider is asked, `settled` follows what
//! became of it. In between the attempt is pending, and no other may begin. Whatever is not drawn here is refused
//! with 409 and the state.

use super::{AttemptStatus, InvoiceItem, InvoiceStatus, InvoiceTax, PaymentAttempt, discounts};
use crate::{
    compute::{discount::Discount, invoice::computed, tax::Group},
    tax::Treatment,
};
use payments::payments::{PaymentId, PaymentItem, PaymentStatus};
use serde_json::json;
use shared::{problem::Problem, time::Timestamp};

use AttemptStatus::{Failed, Pending, Succeeded};
use InvoiceStatus::{Draft, Open, Paid};

impl InvoiceItem {
    /// Adds up one that nothing is taxed on, as every draft is: what its discounts take off, and its total.
    ///
    /// # Errors
    /// 422 when a discount is of a line that is not there, or the total is below zero or more than a payment can be.
    pub fn added_up(&mut self) -> Result<(), Problem> {
        self.priced(&vec![Treatment::none(); self.lines.len()], false)?;
        self.taxes = Vec::new();
        for line in &mut self.lines {
            line.tax = None;
        }
        Ok(())
    }

    /// Computes it: discounts, nets, taxes and total, its lines treated so.
    ///
    /// # Errors
    /// As [`Self::added_up`].
    pub fn priced(&mut self, treatments: &[Treatment], inclusive: bool) -> Result<(), Problem> {
        discounts::fit(&self.discounts, self.lines.len())?;
        let lines = self.lines.iter().zip(treatments);
        let lines: Vec<(i64, Treatment)> = lines.map(|(line, t)| (line.amount, t.clone())).collect();
        let discounts: Vec<Discount> = self.discounts.iter().map(Discount::from).collect();
        let made = computed(&lines, &discounts, inclusive).map_err(|why| Problem::invalid("/lines", why))?;
        for (kept, taken) in self.discounts.iter_mut().zip(made.discounts) {
            kept.taken = taken;
        }
        let parts = made.off.iter().zip(&made.nets).zip(&made.of);
        for (line, ((off, net), group)) in self.lines.iter_mut().zip(parts) {
            (line.discount, line.net, line.tax) = (*off, Some(*net), u32::try_from(*group).ok());
        }
        let tax = |group: Group<Treatment>| InvoiceTax {
            treatment: group.treatment,
            net: group.net,
            tax: group.tax,
            credited_net: 0,
            credited_tax: 0,
        };
        self.taxes = made.groups.into_iter().map(tax).collect();
        (self.inclusive, self.total) = (inclusive, made.total);
        Ok(())
    }

    pub(crate) fn refused(&self, detail: &'static str) -> Problem {
        Problem::wrong_state(self.status.name(), detail)
    }

    /// Numbers the invoice. One of which nothing is owed is paid at once.
    ///
    /// # Errors
    /// 409 unless it is a draft.
    pub fn finalized(&self, sequence: i64, now: Timestamp) -> Result<Self, Problem> {
        self.issuable()?;
        let nothing = self.due() == 0;
        Ok(Self {
            sequence: Some(sequence),
            status: if nothing { Paid } else { Open },
            finalized_at: Some(now),
            paid_at: nothing.then_some(now),
            ..self.clone()
        })
    }

    /// Whether it can be finalized.
    ///
    /// # Errors
    /// 409 unless it is a draft.
    pub fn issuable(&self) -> Result<(), Problem> {
        if self.status == Draft {
            return Ok(());
        }
        Err(self.refused("Only a draft can be finalized."))
    }

    /// Whether it can be changed or deleted.
    ///
    /// # Errors
    /// 409 unless it is a draft.
    pub fn changeable(&self) -> Result<(), Problem> {
        if self.status == Draft {
            return Ok(());
        }
        Err(self.refused("Only a draft can be changed or deleted."))
    }

    /// Whether it can be paid now.
    ///
    /// # Errors
    /// 409 unless it is open and no payment of it is under way.
    pub fn payable(&self) -> Result<(), Problem> {
        if self.status != Open {
            return Err(self.refused("Only an open invoice can be paid."));
        }
        self.not_pending()
    }

    /// Whether no payment of it is under way.
    ///
    /// # Errors
    /// 409 `payment_pending`.
    pub fn not_pending(&self) -> Result<(), Problem> {
        match &self.payment {
            Some(attempt) if attempt.status == Pending => Err(self.pending(&attempt.id)),
            _ => Ok(()),
        }
    }

    fn pending(&self, payment: &PaymentId) -> Problem {
        let text = "A payment of this invoice is under way; its outcome is not known yet.";
        Problem::conflict("payment_pending", text)
            .with("state", json!(self.status.name()))
            .with("payment", json!(payment))
    }

    /// Notes a payment that is about to be made.
    ///
    /// # Errors
    /// As [`Self::payable`].
    pub fn reserved(&self, payment: &PaymentItem) -> Result<Self, Problem> {
        self.payable()?;
        Ok(Self {
            payment: Some(PaymentAttempt {
                id: payment.id.clone(),
                status: Pending,
                decline_code: None,
                decline_reasons: Vec::new(),
            }),
            ..self.clone()
        })
    }

    /// Follows what became of the payment that it waits for. A payment without an outcome changes nothing.
    ///
    /// # Errors
    /// 409 when it waits for no such payment.
    pub fn settled(&self, payment: &PaymentItem, now: Timestamp) -> Result<Self, Problem> {
        let awaited = self.payment.as_ref();
        if !awaited.is_some_and(|a| a.status == Pending && a.id == payment.id) {
            return Err(self.refused("The invoice does not wait for this payment."));
        }
        let mut next = self.clone();
        let (status, decline_code) = match payment.status {
            PaymentStatus::Captured => (Succeeded, None),
            PaymentStatus::Declined | PaymentStatus::Canceled | PaymentStatus::Expired => {
                let code = payment.decline_code.clone();
                (Failed, code.or_else(|| Some(payment.status.name().to_owned())))
            }
            _ => return Ok(next),
        };
        if status == Succeeded {
            next.settlement.paid += self.due();
            next.status = Paid;
            next.paid_at = Some(now);
        }
        let declined = payment.decline_code.as_deref() == Some("risk");
        let reasons = payment.risk.reasons.iter().filter(|_| declined);
        next.payment = Some(PaymentAttempt {
            id: payment.id.clone(),
            status,
            decline_code,
            // A provider's no has none: what the score is made of is a reason where the screen said no.
            decline_reasons: reasons.map(|r| r.detail.clone()).collect(),
        });
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invoices::tests::draft;
    use payments::payments::PaymentId;
    use shared::{ids::CustomerId, ids::PaymentMethodId, money::Currency};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn payment(status: &str) -> PaymentItem {
        let currency: Currency = "EUR".parse().unwrap();
        let json = json!({
            "id": PaymentId::new(NOW), "customer": CustomerId::new(NOW), "payment_method": PaymentMethodId::new(NOW),
            "amount": 7, "currency": currency, "status": status, "capture": true, "captured": 0,
            "capture_pending": 0, "refunded": 0, "refund_pending": 0, "cancel_pending": false,
            "risk": {"score": 0, "outcome": "accept", "reasons": []},
            "decline_code": (status == "declined").then_some("insufficient_funds"),
            "card": {"brand": "visa", "last4": "4242"}, "provider": "sandbox", "provider_key": "00", "created_at": NOW,
        });
        serde_json::from_value(json).unwrap()
    }

    fn becoming(of: &PaymentItem, status: &str) -> PaymentItem {
        PaymentItem {
            id: of.id.clone(),
            ..payment(status)
        }
    }

    fn state(problem: &Problem) -> (u16, &'static str, String) {
        let state = problem.extra.iter().find(|(name, _)| *name == "state");
        let state = state.map(|(_, value)| value.as_str().unwrap_or_default().to_owned());
        (problem.status, problem.code, state.unwrap_or_default())
    }

    #[test]
    fn a_draft_is_numbered_once_and_nothing_owed_is_paid_at_once() {
        let open = draft(7).finalized(3, NOW).unwrap();
        assert_eq!((open.status, open.sequence, open.paid_at), (Open, Some(3), None));
        let paid = draft(0).finalized(4, NOW).unwrap();
        assert_eq!(
            (paid.status, paid.sequence, paid.paid_at),
            (Paid, Some(4), Some(NOW))
        );
        draft(7).changeable().unwrap();
        for (invoice, name) in [(open, "open"), (paid, "paid")] {
            let refused = invoice.changeable().unwrap_err();
            assert_eq!(state(&refused), (409, "wrong_state", name.to_owned()));
            let refused = invoice.finalized(5, NOW).unwrap_err();
            assert_eq!(state(&refused), (409, "wrong_state", name.to_owned()));
        }
    }

    #[test]
    fn only_one_payment_is_under_way_and_only_of_an_open_invoice() {
        let refused = draft(7).payable().unwrap_err();
        assert_eq!(state(&refused), (409, "wrong_state", "draft".to_owned()));
        let open = draft(7).finalized(1, NOW).unwrap();
        let asked = payment("processing");
        let pending = open.reserved(&asked).unwrap();
        assert_eq!(
            (pending.status, pending.payment.as_ref().unwrap().status),
            (Open, Pending)
        );
        let refused = pending.reserved(&payment("processing")).unwrap_err();
        assert_eq!(state(&refused), (409, "payment_pending", "open".to_owned()));
        for unknown in ["processing", "unknown", "in_review", "authorized"] {
            assert_eq!(pending.settled(&becoming(&asked, unknown), NOW).unwrap(), pending);
        }
        let paid = pending.settled(&becoming(&asked, "captured"), NOW).unwrap();
        assert_eq!((paid.status, paid.paid_at), (Paid, Some(NOW)));
        assert_eq!(paid.payment.as_ref().unwrap().status, Succeeded);
        assert_eq!(
            state(&paid.payable().unwrap_err()),
            (409, "wrong_state", "paid".to_owned())
        );
        for again in ["captured", "declined"] {
            let refused = paid.settled(&becoming(&asked, again), NOW).unwrap_err();
            assert_eq!(state(&refused), (409, "wrong_state", "paid".to_owned()));
        }
    }

    #[test]
    fn a_declined_payment_leaves_the_invoice_open_and_says_why() {
        let open = draft(7).finalized(1, NOW).unwrap();
        let asked = payment("processing");
        let pending = open.reserved(&asked).unwrap();
        for (status, code) in [
            ("declined", "insufficient_funds"),
            ("canceled", "canceled"),
            ("expired", "expired"),
        ] {
            let failed = pending.settled(&becoming(&asked, status), NOW).unwrap();
            let attempt = failed.payment.as_ref().unwrap();
            assert_eq!((failed.status, attempt.status), (Open, Failed));
            assert_eq!(attempt.decline_code.as_deref(), Some(code));
            assert!(failed.payable().is_ok(), "it may be tried again");
            // The answer to an earlier attempt does not touch a later one.
            let later = failed.reserved(&payment("processing")).unwrap();
            assert_eq!(
                later
                    .settled(&becoming(&asked, "captured"), NOW)
                    .unwrap_err()
                    .code,
                "wrong_state"
            );
        }
    }

    #[test]
    fn the_name_is_what_serde_writes() {
        for status in [Draft, Open, Paid] {
            assert_eq!(serde_json::to_value(status).unwrap(), status.name());
        }
    }
}
