//! Guesses: how many numbers that look the same, masked, one person stores in a day.
//!
//! Whoever knows what is shown of a card has a hundred thousand numbers left to try. Nothing that is answered tells a right one, and
//! what could tell it beside (a list of denied cards, a counter) is not asked often enough: beyond [`MOST`] different numbers
//! a person and their API clients get no more, and an alert is raised. A number that was stored before is no guess.

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use shared::{
    problem::Problem,
    record::Record,
    road::Context,
    store::{BlindIndex, Item, Table, Write},
};

/// Most different numbers that look the same.
pub const MOST: usize = 20;
/// Seconds of a day.
const DAY: i64 = 24 * 3600;

/// The numbers of one look that a person has stored in one day.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct GuessesItem {
    /// Hash of the person, the look and the day.
    #[internal]
    pub id: String,
    /// Their fingerprints.
    #[card]
    pub seen: Vec<BlindIndex>,
    /// Unix seconds of the end of its day.
    #[internal]
    pub until: i64,
}

impl Item for GuessesItem {
    const TABLE: Table = Table::Vault;
    const KIND: &'static str = "guesses";
    const PROCESSING: Option<shared::processing::Processing> = Some(shared::processing::Processing::new(
        "Keep people from guessing card numbers",
        shared::processing::Subjects::Users,
        shared::processing::Basis::LegitimateInterest,
        "Two days",
        shared::processing::Reach::Nothing,
    ));
    fn id(&self) -> &str {
        &self.id
    }
    fn expires(&self) -> Option<i64> {
        Some(self.until.saturating_add(DAY))
    }
}

impl GuessesItem {
    fn new(person: &str, look: &str, day: i64) -> Self {
        let hash = digest(&SHA256, format!("guesses/v1\n{person}\n{look}\n{day}").as_bytes());
        Self {
            id: hex::encode(hash.as_ref().get(..16).unwrap_or_default()),
            seen: Vec::new(),
            until: day.saturating_add(1).saturating_mul(DAY),
        }
    }

    /// With one more number; none where it is no new one.
    ///
    /// # Errors
    /// 429 when it is one too many.
    fn with(&self, number: &BlindIndex, now: i64) -> Result<Option<Self>, Problem> {
        if self.seen.contains(number) {
            return Ok(None);
        }
        if self.seen.len() >= MOST {
            let text = "Too many different numbers that look the same when they are masked. Go on tomorrow.";
            let wait = u32::try_from(self.until.saturating_sub(now)).unwrap_or(0);
            return Err(Problem::new(429, "too_many_guesses", text).retry_after(wait.max(1)));
        }
        let mut next = self.clone();
        next.seen.push(number.clone());
        Ok(Some(next))
    }
}

/// The write that counts a number of this look; none where the caller has stored it today.
///
/// # Errors
/// 429 when it is one too many, 503.
pub(super) async fn counted(
    cx: &Context,
    look: &str,
    fingerprint: &BlindIndex,
) -> Result<Option<Write>, Problem> {
    let now = cx.now().as_second();
    let fresh = GuessesItem::new(&cx.principal().person(), look, now.div_euclid(DAY));
    let kept = cx.find::<GuessesItem>(&fresh.id).await?;
    let Some(next) = kept.as_deref().unwrap_or(&fresh).with(fingerprint, now)? else {
        return Ok(None);
    };
    match &kept {
        Some(old) => cx.replace(old, &next).map(Some),
        None => cx.create(&next).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_different_numbers_and_the_same_ones_as_often_as_they_come() {
        let mut kept = GuessesItem::new("usr_1", "424242…4242", 20_000);
        let number = |n: u8| BlindIndex(vec![n; 32]);
        for n in 0..20 {
            kept = kept.with(&number(n), 0).unwrap().unwrap();
            assert!(kept.with(&number(n), 0).unwrap().is_none(), "it was seen");
        }
        let refused = kept.with(&number(20), kept.until - 60).err().unwrap();
        assert_eq!(
            (refused.status, refused.code, refused.retry_after),
            (429, "too_many_guesses", Some(60))
        );
        assert!(kept.with(&number(0), 0).unwrap().is_none());
        for other in [
            GuessesItem::new("usr_2", "424242…4242", 20_000),
            GuessesItem::new("usr_1", "424242…4243", 20_000),
            GuessesItem::new("usr_1", "424242…4242", 20_001),
        ] {
            assert_ne!(other.id, kept.id);
        }
        assert_eq!(kept.masked()["seen"], "[card]");
    }
}
