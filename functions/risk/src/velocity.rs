//! How many payments of a customer or a card there were this hour: one counter each, never beyond its limit.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};
use shared::{
    record::Record,
    store::{Item, Table, Update},
    time::Timestamp,
};

/// Seconds of one counter.
const HOUR: i64 = 3_600;

/// A counter as kept. It is only ever written by [`admit`], which makes it where there is none.
#[derive(Record, Clone, Serialize, Deserialize)]
#[record(stored)]
pub struct VelocityItem {
    /// `<customer|card>#<id or tag>#<hour>`.
    #[internal]
    pub id: String,
    /// Payments let through.
    #[internal]
    pub count: i64,
}

impl Item for VelocityItem {
    const TABLE: Table = Table::Risk;
    const KIND: &'static str = "velocity";
    const PROCESSING: Option<shared::processing::Processing> = Some(shared::processing::Processing::new(
        "Count payments of a customer or card within an hour",
        shared::processing::Subjects::Customers,
        shared::processing::Basis::LegitimateInterest,
        "As the counter says; it holds a number only",
        shared::processing::Reach::Nothing,
    ));
    fn id(&self) -> &str {
        &self.id
    }
}

/// Hours since the epoch.
#[must_use]
pub fn hour(now: Timestamp) -> i64 {
    now.as_second().div_euclid(HOUR)
}

/// Counts one more, if the limit allows it.
#[must_use]
pub fn admit(id: &str, limit: i64, now: Timestamp) -> Update {
    // Where the limit is 0, even the first one is too many.
    let room = if limit > 0 {
        "attribute_not_exists(#count) OR #count < :limit"
    } else {
        "#count < :limit"
    };
    let limit = AttributeValue::N(limit.to_string());
    // Kept an hour longer than it counts, and then dropped by DynamoDB.
    let expires = (hour(now) + 2).saturating_mul(HOUR);
    let update = Update::new()
        .text("id", id)
        .number("expires", expires)
        .add("count", 1);
    update.when(room, &[(":limit", limit)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::store::{Key, decode};
    use std::collections::HashMap;

    #[test]
    fn an_item_made_by_its_update_decodes() {
        let key = Key::of::<VelocityItem>(&shared::ids::TenantId::platform(), "card#ab#1");
        let mut attributes: HashMap<String, AttributeValue> = key.attributes();
        for (name, value) in [("count", 1), ("rev", 1), ("expires", 7)] {
            attributes.insert(name.into(), AttributeValue::N(value.to_string()));
        }
        attributes.insert("id".into(), AttributeValue::S("card#ab#1".into()));
        attributes.insert("audit".into(), AttributeValue::S("aud_1".into()));
        let stored = decode::<VelocityItem>(attributes).unwrap();
        assert_eq!(
            (stored.id.as_str(), stored.count, stored.revision),
            ("card#ab#1", 1, 1)
        );
    }

    #[test]
    fn hours_change_on_the_hour() {
        let at = |s| Timestamp::from_second(s).unwrap();
        assert_eq!((hour(at(3_599)), hour(at(3_600)), hour(at(-1))), (0, 1, -1));
    }
}
