//! The state machine of a payment: pure transitions, each to be stored by one conditional write.
//!
//! ```text
//!                          answered                    captured            captured (all)
//! created ──► processing ───────────► authorized ───────────────► partially_captured ──► captured
//!    │  │          ▲  │                │      │                                             ▲
//!    │  │ review   │  ├── declined     │      └── canceled ──► canceled                     │
//!    │  └──► in_review├── captured at once──────────────────────────────────────────────────┘
//!    │ risk     │  │  └── unknown ──answered──► authorized | captured | declined
//!    ▼          ▼  └── withdrawn ──► canceled
//! declined ◄────┘
//! ```
//!
//! A final capture and a cancellation after a part has been captured let the rest of the hold go: what is left of the
//! payment is `captured`, and the rest is `released`.
//!
//! Capturing, canceling and refunding take two transitions. The first reserves the amount before the provider
//! is asked (`capture_pending`, `cancel_pending`, `refund_pending`), the second settles the reservation by the
//! provider's answer. While that answer is missing the reservation stays, so nothing can be promised twice:
//!
//! - `captured + capture_pending + released + release_pending ≤ amount`
//! - `refunded + refund_pending ≤ captured`
//! - a payment with a capture under way is not canceled, and one that is being canceled is not captured.
//!
//! Of a payment in review no provider has been asked: a person lets it go on (`processing`), declines it, or does not decide in time.
//!
//! `requires_action` waits for the customer, `expired` is an authorisation that the provider has
//! let go; nothing leads to these two yet. Whatever is not drawn here is refused with 409 and the state.

use super::{PaymentItem, PaymentStatus};
use crate::provider::Reply;
use shared::problem::Problem;

use PaymentStatus::{
    Authorized, Canceled, Captured, Declined, InReview, PartiallyCaptured, Processing, Unknown,
};

impl PaymentItem {
    fn refused(&self, detail: &'static str) -> Problem {
        Problem::wrong_state(self.status.name(), detail)
    }

    /// The provider's answer to the authorisation.
    ///
    /// # Errors
    /// 409 unless the payment is `processing` or `unknown`.
    pub fn answered(&self, reply: &Reply) -> Result<Self, Problem> {
        if !matches!(self.status, Processing | Unknown) {
            return Err(self.refused("The payment has been answered."));
        }
        let mut next = self.clone();
        match reply {
            Reply::Approved if self.capture => {
                next.status = Captured;
                next.captured = self.amount;
            }
            Reply::Approved => next.status = Authorized,
            Reply::Declined(code) => {
                next.status = Declined;
                next.decline_code = Some(code.clone());
            }
            Reply::Unknown => next.status = Unknown,
        }
        Ok(next)
    }

    fn waits(&self) -> Result<(), Problem> {
        if self.status == InReview {
            return Ok(());
        }
        Err(self.refused("The payment does not wait for a person."))
    }

    /// A person lets it go on: the provider is asked next.
    ///
    /// # Errors
    /// 409 unless the payment is `in_review`.
    pub fn approved(&self) -> Result<Self, Problem> {
        self.waits()?;
        Ok(Self {
            status: Processing,
            ..self.clone()
        })
    }

    /// It does not go on, and why. No provider was asked.
    ///
    /// # Errors
    /// 409 unless the payment is `in_review`.
    pub fn turned_down(&self, code: &str) -> Result<Self, Problem> {
        self.waits()?;
        Ok(Self {
            status: Declined,
            decline_code: Some(code.to_owned()),
            ..self.clone()
        })
    }

    /// Nobody wants it any more before a person has decided. Nothing was reserved, so nothing is let go.
    ///
    /// # Errors
    /// 409 unless the payment is `in_review`.
    pub fn withdrawn(&self) -> Result<Self, Problem> {
        self.waits()?;
        Ok(Self {
            status: Canceled,
            ..self.clone()
        })
    }

    /// What is left to capture.
    #[must_use]
    pub fn capturable(&self) -> i64 {
        self.amount - self.captured - self.capture_pending - self.released - self.release_pending
    }

    /// Reserves a capture of this amount, or of all that is left. A final one also reserves the rest, which is let go once
    /// the capture has taken place.
    ///
    /// # Errors
    /// 409 unless the payment is `authorized` or `partially_captured` and not being canceled, and for a final capture beside
    /// another one; 422 for more than what is left.
    pub fn reserve_capture(&self, amount: Option<i64>, last: bool) -> Result<(Self, i64), Problem> {
        if !matches!(self.status, Authorized | PartiallyCaptured) {
            return Err(self.refused("Only an authorised payment can be captured."));
        }
        if self.cancel_pending {
            return Err(self.refused("The payment is being canceled."));
        }
        let left = self.capturable();
        let amount = self.part(amount, left, "Everything is captured or being captured.")?;
        if last && self.capture_pending > 0 {
            return Err(self.refused("Another capture is under way, so this one cannot be the last."));
        }
        let mut next = self.clone();
        next.capture_pending += amount;
        if last {
            next.release_pending = left - amount;
        }
        Ok((next, amount))
    }

    /// Settles a reserved capture that took place.
    ///
    /// # Errors
    /// 409 when no such capture is under way.
    pub fn captured(&self, amount: i64) -> Result<Self, Problem> {
        let mut next = self.capture_settled(amount)?;
        next.captured += amount;
        // While a rest waits to be let go, this is the only capture under way.
        next.released += std::mem::take(&mut next.release_pending);
        next.status = if next.captured + next.released == next.amount {
            Captured
        } else {
            PartiallyCaptured
        };
        next.decline_code = None;
        Ok(next)
    }

    /// Settles a reserved capture that was declined.
    ///
    /// # Errors
    /// 409 when no such capture is under way.
    pub fn capture_declined(&self, amount: i64, code: &str) -> Result<Self, Problem> {
        let mut next = self.capture_settled(amount)?;
        next.release_pending = 0;
        next.decline_code = Some(code.to_owned());
        Ok(next)
    }

    fn capture_settled(&self, amount: i64) -> Result<Self, Problem> {
        if !(1..=self.capture_pending).contains(&amount) {
            return Err(self.refused("No such capture is under way."));
        }
        let mut next = self.clone();
        next.capture_pending -= amount;
        Ok(next)
    }

    /// Reserves the cancellation of what is left of the hold.
    ///
    /// # Errors
    /// 409 unless the payment is `authorized` or `partially_captured` and neither being captured nor being canceled.
    pub fn reserve_cancel(&self) -> Result<Self, Problem> {
        if !matches!(self.status, Authorized | PartiallyCaptured) {
            return Err(self.refused("Only a payment that still holds money back can be canceled."));
        }
        if self.capture_pending > 0 || self.cancel_pending {
            return Err(self.refused("The payment is being captured or canceled."));
        }
        Ok(Self {
            cancel_pending: true,
            ..self.clone()
        })
    }

    /// Settles a cancellation that took place. What has been captured stays so.
    ///
    /// # Errors
    /// 409 when none is under way.
    pub fn canceled(&self) -> Result<Self, Problem> {
        let settled = self.cancel_settled()?;
        Ok(Self {
            status: if settled.captured > 0 { Captured } else { Canceled },
            released: settled.amount - settled.captured,
            decline_code: None,
            ..settled
        })
    }

    /// Settles a cancellation that was declined.
    ///
    /// # Errors
    /// 409 when none is under way.
    pub fn cancel_declined(&self, code: &str) -> Result<Self, Problem> {
        Ok(Self {
            decline_code: Some(code.to_owned()),
            ..self.cancel_settled()?
        })
    }

    fn cancel_settled(&self) -> Result<Self, Problem> {
        if !self.cancel_pending {
            return Err(self.refused("No cancellation is under way."));
        }
        Ok(Self {
            cancel_pending: false,
            ..self.clone()
        })
    }

    /// What is left to refund.
    #[must_use]
    pub fn refundable(&self) -> i64 {
        self.captured - self.refunded - self.refund_pending
    }

    /// Reserves a refund of this amount, or of all that is left.
    ///
    /// # Errors
    /// 409 unless something is captured and not refunded; 422 for more than what is left.
    pub fn reserve_refund(&self, amount: Option<i64>) -> Result<(Self, i64), Problem> {
        if !matches!(self.status, Captured | PartiallyCaptured) {
            return Err(self.refused("Only what has been captured can be refunded."));
        }
        let amount = self.part(
            amount,
            self.refundable(),
            "Everything is refunded or being refunded.",
        )?;
        let mut next = self.clone();
        next.refund_pending += amount;
        Ok((next, amount))
    }

    /// Settles a reserved refund that took place.
    ///
    /// # Errors
    /// 409 when no such refund is under way.
    pub fn refunded(&self, amount: i64) -> Result<Self, Problem> {
        let mut next = self.refund_failed(amount)?;
        next.refunded += amount;
        Ok(next)
    }

    /// Settles a reserved refund that did not take place.
    ///
    /// # Errors
    /// 409 when no such refund is under way.
    pub fn refund_failed(&self, amount: i64) -> Result<Self, Problem> {
        if !(1..=self.refund_pending).contains(&amount) {
            return Err(self.refused("No such refund is under way."));
        }
        let mut next = self.clone();
        next.refund_pending -= amount;
        Ok(next)
    }

    /// The amount asked for, within what is left.
    fn part(&self, amount: Option<i64>, left: i64, nothing: &'static str) -> Result<i64, Problem> {
        if left <= 0 {
            return Err(self.refused(nothing));
        }
        match amount {
            None => Ok(left),
            Some(amount) if (1..=left).contains(&amount) => Ok(amount),
            Some(_) => Err(Problem::invalid(
                "/amount",
                format!("must be from 1 to the {left} minor units left"),
            )
            .with("left", left.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payments::tests::processing;
    use proptest::prelude::*;

    fn approved(capture: bool) -> PaymentItem {
        processing(capture).answered(&Reply::Approved).unwrap()
    }

    #[test]
    fn the_answer_decides_where_a_payment_goes() {
        assert_eq!(approved(true).status, Captured);
        assert_eq!(approved(true).captured, 1_000);
        assert_eq!(
            (approved(false).status, approved(false).captured),
            (Authorized, 0)
        );
        let declined = processing(true)
            .answered(&Reply::Declined("insufficient_funds".into()))
            .unwrap();
        assert_eq!(
            (declined.status, declined.decline_code.as_deref()),
            (Declined, Some("insufficient_funds"))
        );
        let unknown = processing(true).answered(&Reply::Unknown).unwrap();
        assert_eq!(unknown.status, Unknown);
        assert_eq!(unknown.answered(&Reply::Approved).unwrap().status, Captured);
        assert_eq!(
            approved(true).answered(&Reply::Approved).unwrap_err().code,
            "wrong_state"
        );
    }

    #[test]
    fn a_payment_in_review_goes_on_or_ends_and_nothing_else_happens_to_it() {
        let waiting = PaymentItem {
            status: InReview,
            ..processing(false)
        };
        for refused in [
            waiting.answered(&Reply::Approved).err(),
            waiting.reserve_capture(None, false).err(),
            waiting.reserve_cancel().err(),
            waiting.reserve_refund(None).err(),
        ] {
            let problem = refused.unwrap();
            assert_eq!((problem.status, problem.code), (409, "wrong_state"));
            assert!(problem.extra.contains(&("state", "in_review".into())));
        }
        let goes_on = PaymentItem {
            status: Processing,
            ..waiting.clone()
        };
        assert_eq!(waiting.approved().unwrap(), goes_on);
        let declined = waiting.turned_down("review_declined").unwrap();
        assert_eq!(declined.decline_code.as_deref(), Some("review_declined"));
        let withdrawn = waiting.withdrawn().unwrap();
        assert_eq!((withdrawn.status, withdrawn.released), (Canceled, 0));
        for ended in [declined, withdrawn, processing(true), approved(false)] {
            assert!(ended.approved().is_err() && ended.turned_down("x").is_err());
            assert!(ended.withdrawn().is_err());
        }
    }

    #[test]
    fn what_is_not_drawn_is_refused_with_409_and_the_state() {
        let captured = approved(true);
        let declined = processing(true).answered(&Reply::Declined("x".into())).unwrap();
        let unknown = processing(true).answered(&Reply::Unknown).unwrap();
        let canceled = approved(false).reserve_cancel().unwrap().canceled().unwrap();
        for (problem, state) in [
            (captured.reserve_capture(None, false).unwrap_err(), "captured"),
            (captured.reserve_cancel().unwrap_err(), "captured"),
            (declined.reserve_capture(None, false).unwrap_err(), "declined"),
            (unknown.reserve_capture(None, false).unwrap_err(), "unknown"),
            (unknown.reserve_refund(None).unwrap_err(), "unknown"),
            (approved(false).reserve_refund(None).unwrap_err(), "authorized"),
            (canceled.reserve_capture(None, false).unwrap_err(), "canceled"),
            (canceled.reserve_cancel().unwrap_err(), "canceled"),
            (canceled.answered(&Reply::Approved).unwrap_err(), "canceled"),
            (captured.captured(1).unwrap_err(), "captured"),
            (captured.refunded(1).unwrap_err(), "captured"),
            (captured.canceled().unwrap_err(), "captured"),
        ] {
            assert_eq!((problem.status, problem.code), (409, "wrong_state"));
            assert!(
                problem.extra.contains(&("state", state.into())),
                "{:?}",
                problem.extra
            );
        }
    }

    #[test]
    fn the_exact_rest_is_allowed_and_one_more_is_not() {
        let part = approved(false)
            .reserve_capture(Some(400), false)
            .unwrap()
            .0
            .captured(400)
            .unwrap();
        assert_eq!(part.status, PartiallyCaptured);
        assert_eq!(part.reserve_capture(Some(601), false).unwrap_err().status, 422);
        let all = part
            .reserve_capture(None, false)
            .unwrap()
            .0
            .captured(600)
            .unwrap();
        assert_eq!((all.status, all.captured), (Captured, 1_000));
        let back = all.reserve_refund(Some(999)).unwrap().0.refunded(999).unwrap();
        assert_eq!(back.reserve_refund(Some(2)).unwrap_err().status, 422);
        let (back, amount) = back.reserve_refund(None).unwrap();
        assert_eq!(amount, 1);
        assert_eq!(
            back.reserve_refund(None).unwrap_err().status,
            409,
            "what is pending counts"
        );
        assert_eq!(back.refunded(1).unwrap().refunded, 1_000);
        assert_eq!(back.refund_failed(1).unwrap().refundable(), 1);
    }

    #[test]
    fn a_capture_and_a_cancellation_exclude_each_other() {
        let capturing = approved(false).reserve_capture(Some(1), false).unwrap().0;
        assert_eq!(capturing.reserve_cancel().unwrap_err().status, 409);
        let canceling = approved(false).reserve_cancel().unwrap();
        assert_eq!(canceling.reserve_capture(None, false).unwrap_err().status, 409);
        assert_eq!(canceling.reserve_cancel().unwrap_err().status, 409);
        let kept = canceling.cancel_declined("too_late").unwrap();
        assert_eq!(
            (kept.status, kept.decline_code.as_deref()),
            (Authorized, Some("too_late"))
        );
        assert!(kept.reserve_capture(None, false).is_ok());
    }

    #[test]
    fn a_final_capture_lets_the_rest_go_once_it_has_taken_place() {
        let (last, amount) = approved(false).reserve_capture(Some(400), true).unwrap();
        assert_eq!((amount, last.release_pending, last.capturable()), (400, 600, 0));
        assert_eq!(last.reserve_capture(Some(1), false).unwrap_err().status, 409);
        let done = last.captured(400).unwrap();
        assert_eq!((done.status, done.captured, done.released), (Captured, 400, 600));
        assert_eq!(done.reserve_capture(Some(1), false).unwrap_err().status, 409);
        assert_eq!(done.reserve_cancel().unwrap_err().status, 409);
        assert_eq!(done.reserve_refund(Some(401)).unwrap_err().status, 422);
        let kept = last.capture_declined(400, "no").unwrap();
        assert_eq!(
            (kept.status, kept.capturable(), kept.released),
            (Authorized, 1_000, 0)
        );
        let one = approved(false).reserve_capture(Some(1), false).unwrap().0;
        assert_eq!(one.reserve_capture(None, true).unwrap_err().status, 409);
    }

    #[test]
    fn what_is_left_of_a_hold_can_be_canceled() {
        let part = approved(false).reserve_capture(Some(400), false).unwrap().0;
        assert_eq!(
            part.reserve_cancel().unwrap_err().status,
            409,
            "a capture is under way"
        );
        let part = part.captured(400).unwrap();
        let canceling = part.reserve_cancel().unwrap();
        assert_eq!(canceling.reserve_capture(None, false).unwrap_err().status, 409);
        let done = canceling.canceled().unwrap();
        assert_eq!((done.status, done.captured, done.released), (Captured, 400, 600));
        let whole = approved(false).reserve_cancel().unwrap().canceled().unwrap();
        assert_eq!((whole.status, whole.released), (Canceled, 1_000));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Answer(u8),
        ReserveCapture(Option<i64>, bool),
        Capture(i64, bool),
        ReserveCancel,
        Cancel(bool),
        ReserveRefund(Option<i64>),
        Refund(i64, bool),
    }

    fn step() -> impl Strategy<Value = Step> {
        let amount = || prop_oneof![-1i64..50, 0i64..1_200];
        let maybe = || proptest::option::of(prop_oneof![-1i64..50, 0i64..1_200]);
        prop_oneof![
            (0u8..3).prop_map(Step::Answer),
            (maybe(), any::<bool>()).prop_map(|(a, last)| Step::ReserveCapture(a, last)),
            (amount(), any::<bool>()).prop_map(|(a, ok)| Step::Capture(a, ok)),
            Just(Step::ReserveCancel),
            any::<bool>().prop_map(Step::Cancel),
            maybe().prop_map(Step::ReserveRefund),
            (amount(), any::<bool>()).prop_map(|(a, ok)| Step::Refund(a, ok)),
        ]
    }

    fn take(payment: &PaymentItem, step: &Step) -> Result<PaymentItem, Problem> {
        match step {
            Step::Answer(0) => payment.answered(&Reply::Approved),
            Step::Answer(1) => payment.answered(&Reply::Unknown),
            Step::Answer(_) => payment.answered(&Reply::Declined("no".into())),
            Step::ReserveCapture(amount, last) => payment.reserve_capture(*amount, *last).map(|r| r.0),
            Step::Capture(amount, true) => payment.captured(*amount),
            Step::Capture(amount, false) => payment.capture_declined(*amount, "no"),
            Step::ReserveCancel => payment.reserve_cancel(),
            Step::Cancel(true) => payment.canceled(),
            Step::Cancel(false) => payment.cancel_declined("no"),
            Step::ReserveRefund(amount) => payment.reserve_refund(*amount).map(|r| r.0),
            Step::Refund(amount, true) => payment.refunded(*amount),
            Step::Refund(amount, false) => payment.refund_failed(*amount),
        }
    }

    proptest! {
        #[test]
        fn no_sequence_of_steps_takes_or_gives_back_too_much(
            capture: bool, steps in proptest::collection::vec(step(), 0..60),
        ) {
            let mut payment = processing(capture);
            for step in &steps {
                let before = payment.clone();
                match take(&payment, step) {
                    Ok(next) => payment = next,
                    Err(problem) => prop_assert!(matches!(problem.status, 409 | 422), "{step:?}"),
                }
                let p = &payment;
                prop_assert!(p.captured >= before.captured && p.refunded >= before.refunded, "{step:?} takes back");
                prop_assert!(p.capture_pending >= 0 && p.refund_pending >= 0, "{step:?}");
                prop_assert!(p.released >= before.released && p.release_pending >= 0, "{step:?}");
                let held = p.captured + p.capture_pending + p.released + p.release_pending;
                prop_assert!(held <= p.amount, "{step:?} captures too much");
                prop_assert!(p.release_pending == 0 || p.capture_pending > 0, "{step:?}");
                prop_assert!(p.refunded + p.refund_pending <= p.captured, "{step:?} refunds too much");
                prop_assert!(!(p.cancel_pending && p.capture_pending > 0), "{step:?}");
                let over = p.captured + p.released == p.amount;
                prop_assert_eq!(p.status == Captured, p.captured > 0 && over);
                prop_assert_eq!(p.status == PartiallyCaptured, p.captured > 0 && !over);
                prop_assert_eq!(p.status == Canceled, p.captured == 0 && over);
                if matches!(before.status, Declined | Canceled) {
                    prop_assert_eq!(&payment, &before, "an end is an end");
                }
                // The exact rest is always allowed.
                if matches!(p.status, Authorized | PartiallyCaptured) && !p.cancel_pending && p.capturable() > 0 {
                    prop_assert!(p.reserve_capture(Some(p.capturable()), false).is_ok());
                    prop_assert!(p.reserve_capture(Some(p.capturable() + 1), false).is_err());
                }
                if p.refundable() > 0 {
                    prop_assert!(p.reserve_refund(Some(p.refundable())).is_ok());
                    prop_assert!(p.reserve_refund(Some(p.refundable() + 1)).is_err());
                }
            }
        }
    }

    #[test]
    fn the_name_is_what_serde_writes() {
        for status in [
            Processing,
            Authorized,
            PartiallyCaptured,
            Captured,
            Declined,
            Canceled,
            Unknown,
        ] {
            assert_eq!(serde_json::to_value(status).unwrap(), status.name());
        }
    }
}
