//! How many payments of a customer or a card there were within the last hour, however the hour lies: never beyond its limit.
//!
//! Time is cut into slots of five minutes. A window begins with each slot and is thirteen of them long, so that every hour lies within
//! one. A payment counts in the thirteen windows that its slot belongs to, and is let through if none of them has reached the limit:
//! one update that reads nothing. Windows stand in items of six hours each, so a payment writes one of them, and two in the first hour
//! of the second. The earliest window holds what the last hour has had, and is all that is read.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize, de::IgnoredAny};
use shared::{
    record::Record,
    store::{Item, Table, Update},
    time::Timestamp,
};
use std::collections::BTreeMap;

/// Seconds of a slot.
const SLOT: i64 = 300;
/// Slots of a window: an hour, and the one that it begins within.
const WINDOW: i64 = 13;
/// Windows that begin in the time of one item.
const ITEM: i64 = 72;

/// The windows of an item as kept. It is only ever written by [`admit`], which makes it where there is none.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct VelocityItem {
    /// `<customer|card>#<id or tag>#<which six hours>`.
    #[internal]
    pub id: String,
    /// Payments let through, by window: `w0` to `w71`.
    #[internal]
    #[serde(flatten)]
    #[record(shape = BTreeMap<String, i64>)]
    windows: BTreeMap<String, Counted>,
}

/// The number of a window, or something else that stands beside it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Counted {
    Payments(i64),
    Other(#[serde(skip_serializing)] IgnoredAny),
}

impl Item for VelocityItem {
    const TABLE: Table = Table::Risk;
    const KIND: &'static str = "velocity";
    const PROCESSING: Option<shared::processing::Processing> = Some(shared::processing::Processing::new(
        "Count payments of a customer or card within an hour",
        shared::processing::Subjects::Customers,
        shared::processing::Basis::LegitimateInterest,
        "Until eight hours after the first of them; it holds numbers only",
        shared::processing::Reach::Nothing,
    ));
    fn id(&self) -> &str {
        &self.id
    }
}

/// The windows of an item.
struct Part {
    /// Which six hours.
    item: i64,
    /// Their names.
    names: Vec<String>,
}

/// The windows that a payment counts in, earliest first.
fn parts(now: Timestamp) -> Vec<Part> {
    let slot = now.as_second().div_euclid(SLOT);
    let mut parts: Vec<Part> = Vec::with_capacity(2);
    for window in slot.saturating_sub(WINDOW - 1)..=slot {
        let (item, name) = (window.div_euclid(ITEM), format!("w{}", window.rem_euclid(ITEM)));
        match parts.last_mut().filter(|part| part.item == item) {
            Some(part) => part.names.push(name),
            None => parts.push(Part {
                item,
                names: vec![name],
            }),
        }
    }
    parts
}

/// The item, and in it the window, that hold what the last hour has had.
fn earliest(now: Timestamp) -> (i64, String) {
    let window = now.as_second().div_euclid(SLOT).saturating_sub(WINDOW - 1);
    (window.div_euclid(ITEM), format!("w{}", window.rem_euclid(ITEM)))
}

/// The id of the item that holds what a subject has had in the last hour.
#[must_use]
pub fn counter(subject: &str, now: Timestamp) -> String {
    format!("{subject}#{}", earliest(now).0)
}

impl VelocityItem {
    /// How many payments the last hour has had: those of the last 60 to 65 minutes.
    #[must_use]
    pub fn count(&self, now: Timestamp) -> i64 {
        match self.windows.get(&earliest(now).1) {
            Some(Counted::Payments(payments)) => *payments,
            Some(Counted::Other(_)) | None => 0,
        }
    }
}

/// Counts one more of a subject, if the limit allows it: the items, and what is done to each in one transaction.
#[must_use]
pub fn admit(subject: &str, limit: i64, now: Timestamp) -> Vec<(String, Update)> {
    let value = AttributeValue::N(limit.to_string());
    let one = |part: Part| {
        let id = format!("{subject}#{}", part.item);
        // Where the limit is 0, even the first one is too many.
        let room = part.names.iter().map(|name| match limit {
            1.. => format!("(attribute_not_exists(#{name}) OR #{name} < :limit)"),
            _ => format!("#{name} < :limit"),
        });
        let room = room.collect::<Vec<_>>().join(" AND ");
        // Kept until no window of it counts any more and an hour longer, and then dropped by DynamoDB.
        let ends = (part.item + 1).saturating_mul(ITEM).saturating_add(2 * WINDOW);
        let update = Update::new()
            .text("id", &id)
            .number("expires", ends.saturating_mul(SLOT));
        let update = part.names.iter().fold(update, |update, name| update.add(name, 1));
        (id, update.when(&room, &[(":limit", value.clone())]))
    };
    parts(now).into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use shared::store::{Key, decode};
    use std::collections::HashMap;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn an_item_made_by_its_update_decodes() {
        let key = Key::of::<VelocityItem>(&shared::ids::TenantId::platform(), "card#ab#1");
        let mut attributes: HashMap<String, AttributeValue> = key.attributes();
        for (name, value) in [("w11", 3), ("w12", 1), ("rev", 1), ("expires", 7)] {
            attributes.insert(name.into(), AttributeValue::N(value.to_string()));
        }
        attributes.insert("id".into(), AttributeValue::S("card#ab#1".into()));
        attributes.insert("audit".into(), AttributeValue::S("aud_1".into()));
        let stored = decode::<VelocityItem>(attributes).unwrap();
        assert_eq!((stored.id.as_str(), stored.revision), ("card#ab#1", 1));
        // The window that began twelve slots before.
        let now = ITEM * SLOT + (11 + WINDOW - 1) * SLOT;
        assert_eq!(stored.count(at(now)), 3);
        assert_eq!(stored.count(at(now + SLOT)), 1);
        assert_eq!(stored.count(at(now + 2 * SLOT)), 0);
    }

    #[test]
    fn a_payment_writes_one_item_and_two_within_the_first_hour_of_the_second() {
        let written = |second| admit("card#ab", 5, at(second)).len();
        assert_eq!(written(0), 2);
        assert_eq!(written(WINDOW * SLOT - SLOT - 1), 2);
        assert_eq!(written(WINDOW * SLOT - SLOT), 1);
        assert_eq!(written(ITEM * SLOT - 1), 1);
        assert_eq!(counter("card#ab", at(ITEM * SLOT)), "card#ab#0");
        assert_eq!(counter("card#ab", at(ITEM * SLOT + 3_600)), "card#ab#1");
    }

    /// Windows as the table keeps them: what [`admit`] demands and adds, by item and name.
    #[derive(Default)]
    struct Kept(HashMap<(i64, String), i64>);

    impl Kept {
        fn pays(&mut self, limit: i64, now: Timestamp) -> bool {
            let names = parts(now)
                .into_iter()
                .flat_map(|part| part.names.into_iter().map(move |name| (part.item, name)));
            let names: Vec<_> = names.collect();
            let room = names
                .iter()
                .all(|name| self.0.get(name).copied().unwrap_or(0) < limit);
            if room {
                for name in names {
                    *self.0.entry(name).or_default() += 1;
                }
            }
            room
        }
    }

    #[test]
    fn twice_the_limit_does_not_pass_across_the_edge_of_an_hour() {
        for edge in [3_600, ITEM * SLOT, 5 * ITEM * SLOT + SLOT] {
            let mut kept = Kept::default();
            let before = (0..50).filter(|_| kept.pays(20, at(edge - 1))).count();
            let after = (0..50).filter(|_| kept.pays(20, at(edge))).count();
            let later = (0..50).filter(|_| kept.pays(20, at(edge + 3_599))).count();
            let free = (0..50).filter(|_| kept.pays(20, at(edge + 3_600 + SLOT))).count();
            assert_eq!((before, after, later, free), (20, 0, 0, 20), "{edge}");
        }
    }

    proptest! {
        #[test]
        fn no_hour_has_more_than_its_limit_and_who_is_refused_has_had_it(
            limit in 1i64..5, steps in proptest::collection::vec(0i64..2_000, 1..120), start in 0i64..100_000,
        ) {
            let (mut kept, mut paid, mut now) = (Kept::default(), Vec::<i64>::new(), start);
            for step in steps {
                now += step;
                let within = |seconds: i64| paid.iter().filter(|then| now - **then < seconds).count();
                let (hour, longest) = (within(3_600), within(3_600 + SLOT));
                let most = usize::try_from(limit).unwrap();
                if kept.pays(limit, at(now)) {
                    prop_assert!(hour < most, "one too many within an hour");
                    paid.push(now);
                } else {
                    prop_assert!(longest >= most, "refused with room left");
                }
            }
        }
    }
}
