//! The state machine of a delivery: when it is attempted, by whom, and when it is given up.
//!
//! ```text
//! pending(n, due) --claim-->     pending(n+1, leased)      one worker, for a minute
//! pending(leased) --2xx-->       delivered
//!                 --410-->       failed
//!                 --other, n<10--> pending(n, due later)
//!                 --other, n=10--> failed
//!                 --nothing-->   pending(n, due) once the lease is over; failed if that was the tenth
//! pending         --webhook disabled--> failed
//! pending(n)      --asked for--> pending(n, due)           as if its time had come
//! failed          --asked for--> pending(9, due)           one attempt, and failed again if that fails
//! delivered       --asked for--> pending(9, due)           the same, for a receiver that has lost what it took
//! ```

use super::{Attempt, DeliveryItem, DeliveryStatus, GRACE};
use crate::webhooks::health::Outcome;

/// Seconds from the end of one attempt to the next (Standard Webhooks, "Deliverability and reliability").
pub const SCHEDULE: [i64; 10] = [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// Most attempts.
pub const TRIES: u32 = 10;
/// Most jitter, in thousandths of the delay, either way.
pub const JITTER: i64 = 100;
/// Longest delay of the queue, in seconds.
pub const QUEUE_DELAY: i64 = 900;
/// Seconds that one worker has an attempt for itself; longer than the worker may run.
pub const LEASE: i64 = 60;
/// Seconds until the sweep sends a delivery again that nobody has claimed: the queue may just be long.
pub const RESEND: i64 = 300;
/// Clocks differ: a message that is this many seconds early is in time.
const SKEW: i64 = 2;

/// Why an attempt may not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is delivered or failed.
    Over,
    /// Its time has not come.
    Early,
    /// Another worker is at it.
    Leased,
    /// The last attempt was begun and its end is unknown.
    Exhausted,
}

/// Takes a delivery for one attempt at `now` (unix seconds).
///
/// # Errors
/// Why it may not be attempted.
pub fn claim(item: &DeliveryItem, now: i64) -> Result<DeliveryItem, Refusal> {
    let Some(due) = item.next_at.filter(|_| item.status == DeliveryStatus::Pending) else {
        return Err(Refusal::Over);
    };
    if item.leased_until > now {
        Err(Refusal::Leased)
    } else if item.tries >= TRIES {
        Err(Refusal::Exhausted)
    } else if due > now.saturating_add(SKEW) {
        Err(Refusal::Early)
    } else {
        let leased_until = now.saturating_add(LEASE);
        let tries = item.tries.saturating_add(1);
        Ok(DeliveryItem {
            tries,
            leased_until,
            sweep_at: leased_until,
            ..item.clone()
        })
    }
}

/// Seconds until the next attempt after `tries` of them, with `jitter` in thousandths; `None` after the last.
#[must_use]
pub fn delay(tries: u32, jitter: i64) -> Option<i64> {
    let base = *SCHEDULE.get(usize::try_from(tries).ok()?)?;
    let millis = base.saturating_mul(1000_i64.saturating_add(jitter.clamp(-JITTER, JITTER)));
    Some(millis.saturating_add(999) / 1000)
}

/// Ends an attempt at `now` (unix seconds). The second value is the delay for the queue, where it is the clock.
#[must_use]
pub fn conclude(
    item: &DeliveryItem,
    attempt: Attempt,
    outcome: Outcome,
    now: i64,
    jitter: i64,
) -> (DeliveryItem, Option<i32>) {
    let mut next = item.clone();
    next.attempts.push(attempt);
    next.leased_until = 0;
    let again = delay(next.tries, jitter).filter(|_| outcome == Outcome::Failed);
    let Some(seconds) = again else {
        next.status = if outcome == Outcome::Delivered {
            DeliveryStatus::Delivered
        } else {
            DeliveryStatus::Failed
        };
        next.next_at = None;
        return (next, None);
    };
    let due = now.saturating_add(seconds);
    next.next_at = Some(due);
    let by_queue = (seconds <= QUEUE_DELAY).then(|| i32::try_from(seconds).unwrap_or(0));
    next.sweep_at = if by_queue.is_some() {
        due.saturating_add(GRACE)
    } else {
        due
    };
    (next, by_queue)
}

/// Gives a delivery up: its webhook is no more.
#[must_use]
pub fn abandon(item: &DeliveryItem, attempt: Attempt) -> DeliveryItem {
    let mut next = item.clone();
    next.attempts.push(attempt);
    DeliveryItem {
        status: DeliveryStatus::Failed,
        next_at: None,
        leased_until: 0,
        ..next
    }
}

/// Makes a delivery due at `now` (unix seconds), because somebody asks for it. Nothing where it is due or under way
/// already: whoever asks gets the attempt that is coming.
#[must_use]
pub fn retry(item: &DeliveryItem, now: i64) -> Option<DeliveryItem> {
    let tries = match item.status {
        DeliveryStatus::Pending if item.leased_until > now => return None,
        DeliveryStatus::Pending if item.tries < TRIES && item.next_at.is_some_and(|due| due <= now) => {
            return None;
        }
        DeliveryStatus::Pending if item.tries < TRIES => item.tries,
        // What was given up, or is about to be, or was delivered, gets one attempt and no new schedule.
        DeliveryStatus::Pending | DeliveryStatus::Failed | DeliveryStatus::Delivered => TRIES - 1,
    };
    Some(DeliveryItem {
        status: DeliveryStatus::Pending,
        tries,
        next_at: Some(now),
        leased_until: 0,
        sweep_at: now.saturating_add(GRACE),
        ..item.clone()
    })
}

/// What the sweep does with a delivery that it finds due.
#[derive(Debug)]
pub enum Step {
    /// Send it to the queue, then keep this.
    Send(DeliveryItem),
    /// Keep this: there are no attempts left.
    Fail(DeliveryItem),
    /// Nothing: a stale copy.
    Leave,
}

/// Decides what the sweep does at `now` (unix seconds).
#[must_use]
pub fn sweep(item: &DeliveryItem, now: i64) -> Step {
    if item.sweep_at > now {
        return Step::Leave;
    }
    match claim(item, now) {
        Ok(_) => Step::Send(DeliveryItem {
            sweep_at: now.saturating_add(RESEND),
            ..item.clone()
        }),
        Err(Refusal::Exhausted) => {
            let status = DeliveryStatus::Failed;
            Step::Fail(DeliveryItem {
                status,
                next_at: None,
                leased_until: 0,
                ..item.clone()
            })
        }
        Err(_) => Step::Leave,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliveries::{AttemptError, tests::delivery};

    fn attempt(status: Option<u16>) -> Attempt {
        let error = status.is_none().then_some(AttemptError::Timeout);
        Attempt {
            at: "2024-11-19T07:06:41.000Z".into(),
            status,
            error,
            millis: 12,
        }
    }

    #[test]
    fn delays_follow_the_schedule_within_a_tenth() {
        assert_eq!(delay(0, 0), Some(0));
        for (tries, base) in (1..10).zip([5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]) {
            assert_eq!(delay(tries, 0), Some(base));
            for jitter in [-5000, -100, -37, 12, 100, 5000] {
                let seconds = delay(tries, jitter).unwrap();
                assert!(
                    seconds >= base * 9 / 10 && seconds <= base * 11 / 10 + 1,
                    "{tries} {jitter} {seconds}"
                );
            }
        }
        assert_eq!((delay(2, -100), delay(2, 100)), (Some(270), Some(330)));
        assert_eq!(delay(10, 0), None);
    }

    #[test]
    fn one_worker_at_a_time_and_only_when_due() {
        let item = delivery();
        let due = item.next_at.unwrap();
        let claimed = claim(&item, due).unwrap();
        assert_eq!(
            (claimed.tries, claimed.leased_until, claimed.sweep_at),
            (1, due + LEASE, due + LEASE)
        );
        assert_eq!(claim(&claimed, due + LEASE - 1).err(), Some(Refusal::Leased));
        assert_eq!(
            claim(&claimed, due + LEASE).unwrap().tries,
            2,
            "a crashed worker's lease runs out"
        );
        assert_eq!(claim(&item, due - SKEW - 1).err(), Some(Refusal::Early));
        assert!(claim(&item, due - SKEW).is_ok());
        let done = DeliveryItem {
            status: DeliveryStatus::Delivered,
            ..item
        };
        assert_eq!(claim(&done, due).err(), Some(Refusal::Over));
    }

    #[test]
    fn ten_failures_and_no_more() {
        let mut item = delivery();
        let start = item.next_at.unwrap();
        let mut now = start;
        for n in 1..=10 {
            now = item.next_at.unwrap();
            let claimed = claim(&item, now).unwrap();
            let (next, queue) = conclude(&claimed, attempt(Some(500)), Outcome::Failed, now, 0);
            assert_eq!(next.attempts.len(), n);
            if let Some(&seconds) = SCHEDULE.get(n) {
                assert_eq!(next.next_at, Some(now + seconds));
                assert_eq!(queue, (seconds <= 900).then_some(seconds as i32));
                assert_eq!(
                    next.sweep_at,
                    now + seconds + if queue.is_some() { GRACE } else { 0 }
                );
            } else {
                assert_eq!(
                    (next.status, next.next_at, queue),
                    (DeliveryStatus::Failed, None, None)
                );
            }
            item = next;
        }
        assert_eq!(now - start, 272_105, "a little over three days");
        assert_eq!(claim(&item, now + 100_000).err(), Some(Refusal::Over));
    }

    #[test]
    fn a_success_and_a_gone_end_it() {
        let item = delivery();
        let now = item.next_at.unwrap();
        let claimed = claim(&item, now).unwrap();
        let (done, queue) = conclude(&claimed, attempt(Some(204)), Outcome::Delivered, now, 0);
        assert_eq!(
            (done.status, done.next_at, queue),
            (DeliveryStatus::Delivered, None, None)
        );
        let (gone, queue) = conclude(&claimed, attempt(Some(410)), Outcome::Gone, now, 0);
        assert_eq!(
            (gone.status, gone.next_at, queue),
            (DeliveryStatus::Failed, None, None)
        );
        let abandoned = abandon(&item, attempt(None));
        assert_eq!((abandoned.status, abandoned.tries), (DeliveryStatus::Failed, 0));
    }

    #[test]
    fn what_is_asked_for_is_due_at_once_and_once() {
        let item = delivery();
        let now = item.next_at.unwrap() + 100;
        assert_eq!(retry(&item, now).map(|i| i.id), None, "it is due already");
        let claimed = claim(&item, now).unwrap();
        assert!(retry(&claimed, now + 1).is_none(), "it is under way");
        let (waiting, _) = conclude(&claimed, attempt(Some(500)), Outcome::Failed, now, 0);
        let sooner = retry(&waiting, now + 1).unwrap();
        assert_eq!(
            (sooner.tries, sooner.next_at, sooner.attempts.len()),
            (1, Some(now + 1), 1)
        );
        assert!(
            retry(&sooner, now + 1).is_none(),
            "the second one who asks changes nothing"
        );
        let second = claim(&sooner, now + 1).unwrap();
        let (done, _) = conclude(&second, attempt(Some(200)), Outcome::Delivered, now + 2, 0);
        let once_more = retry(&done, now + 3).unwrap();
        assert_eq!(
            (once_more.status, once_more.tries, once_more.attempts.len()),
            (DeliveryStatus::Pending, TRIES - 1, 2)
        );
        let third = claim(&once_more, now + 3).unwrap();
        let (done, queue) = conclude(&third, attempt(Some(204)), Outcome::Delivered, now + 4, 0);
        assert_eq!((done.status, queue), (DeliveryStatus::Delivered, None));
    }

    #[test]
    fn what_was_given_up_gets_one_more_attempt_each_time_it_is_asked_for() {
        let mut item = DeliveryItem {
            status: DeliveryStatus::Failed,
            tries: TRIES,
            next_at: None,
            ..delivery()
        };
        for now in [1_000_000_i64, 2_000_000] {
            let due = retry(&item, now).unwrap();
            assert_eq!((due.status, due.sweep_at), (DeliveryStatus::Pending, now + GRACE));
            let claimed = claim(&due, now).unwrap();
            assert_eq!(claim(&claimed, now).err(), Some(Refusal::Leased));
            let (failed, queue) = conclude(&claimed, attempt(Some(500)), Outcome::Failed, now, 0);
            assert_eq!(
                (failed.status, failed.next_at, queue),
                (DeliveryStatus::Failed, None, None)
            );
            item = failed;
        }
        assert_eq!(item.attempts.len(), 2);
        let lost = DeliveryItem {
            tries: TRIES,
            leased_until: 50,
            ..delivery()
        };
        let again = retry(&lost, lost.next_at.unwrap() + 100).unwrap();
        assert_eq!(again.tries, TRIES - 1, "the tenth attempt was begun and lost");
    }

    #[test]
    fn the_sweep_sends_what_is_due_and_ends_what_is_exhausted() {
        let item = delivery();
        let now = item.sweep_at;
        assert!(matches!(sweep(&item, now - 1), Step::Leave));
        let Step::Send(next) = sweep(&item, now) else {
            panic!("not sent")
        };
        assert_eq!(
            (next.sweep_at, next.next_at, next.tries),
            (now + RESEND, item.next_at, 0)
        );
        let leased = DeliveryItem {
            leased_until: now + 1,
            ..item.clone()
        };
        assert!(matches!(sweep(&leased, now), Step::Leave));
        let lost = DeliveryItem {
            tries: TRIES,
            ..item.clone()
        };
        let Step::Fail(failed) = sweep(&lost, now) else {
            panic!("not failed")
        };
        assert_eq!((failed.status, failed.next_at), (DeliveryStatus::Failed, None));
        let done = DeliveryItem {
            status: DeliveryStatus::Delivered,
            ..item
        };
        assert!(matches!(sweep(&done, now), Step::Leave));
    }
}
