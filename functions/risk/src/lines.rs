//! What allow and deny lists say about one customer or card: a single item, however many lists name it.

use crate::{
    Subject,
    lists::{ListId, ListKind},
};
use serde::{Deserialize, Serialize};
use shared::{
    record::Record,
    store::{Item, Table},
};
use std::collections::BTreeMap;

/// What all lists of one kind say about one subject. It is there while some list names the subject.
#[derive(Record, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[record(stored)]
pub struct LineItem {
    /// `<allow|deny>#<subject>`.
    #[internal]
    pub id: String,
    /// The lists that name it, and the unix seconds from which each no longer does; none means for good.
    #[internal]
    pub lists: BTreeMap<String, Option<i64>>,
    /// Unix seconds from which no list names it any more; none means for good. Conditions look at it.
    #[internal]
    pub until: Option<i64>,
}

impl Item for LineItem {
    const TABLE: Table = Table::Risk;
    const KIND: &'static str = "line";
    const PROCESSING: Option<shared::processing::Processing> = Some(shared::processing::Processing::new(
        "Look up all lists at once",
        shared::processing::Subjects::Customers,
        shared::processing::Basis::LegitimateInterest,
        "While a list names the customer or card",
        shared::processing::Reach::Nothing,
    ));
    fn id(&self) -> &str {
        &self.id
    }
    fn expires(&self) -> Option<i64> {
        self.until
    }
}

/// The id of the line of a subject.
#[must_use]
pub fn line_id(kind: ListKind, subject: &Subject) -> String {
    format!("{}#{}", kind.name(), subject.id())
}

impl LineItem {
    /// Whether some list names the subject at `now` (unix seconds).
    #[must_use]
    pub fn holds(&self, now: i64) -> bool {
        self.until.is_none_or(|until| until > now)
    }

    /// The lists that name the subject at `now` (unix seconds).
    #[must_use]
    pub fn naming(&self, now: i64) -> Vec<String> {
        let holds = |until: &Option<i64>| until.is_none_or(|until| until > now);
        let lists = self.lists.iter().filter(|(_, until)| holds(until));
        lists.map(|(list, _)| list.clone()).collect()
    }

    /// The line after `list` names the subject until `until` (for good where there is none); an `until` that has
    /// come takes it off. What has run out at `now` is dropped, and where nothing is left, there is no line.
    #[must_use]
    pub fn after(
        old: Option<&Self>,
        id: String,
        list: &ListId,
        until: Option<i64>,
        now: i64,
    ) -> Option<Self> {
        let mut lists = old.map(|line| line.lists.clone()).unwrap_or_default();
        lists.insert(list.to_string(), until);
        lists.retain(|_, until| until.is_none_or(|until| until > now));
        // The latest one counts, and for good is later than any.
        let until = lists
            .values()
            .try_fold(i64::MIN, |latest, until| until.map(|until| until.max(latest)));
        (!lists.is_empty()).then_some(Self { id, lists, until })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::{
        ids::TenantId,
        store::{decode, encode},
        time::Timestamp,
    };

    fn lists() -> [ListId; 2] {
        [
            ListId::new(Timestamp::UNIX_EPOCH),
            ListId::new(Timestamp::UNIX_EPOCH),
        ]
    }

    fn after(old: Option<&LineItem>, list: &ListId, until: Option<i64>) -> Option<LineItem> {
        LineItem::after(old, "deny#card#ab".into(), list, until, 100)
    }

    #[test]
    fn the_latest_end_of_all_lists_counts() {
        let [a, b] = lists();
        let one = after(None, &a, Some(200)).unwrap();
        assert_eq!(one.until, Some(200));
        assert!(one.holds(199) && !one.holds(200));
        let both = after(Some(&one), &b, Some(150)).unwrap();
        assert_eq!((both.until, both.lists.len()), (Some(200), 2));
        let good = after(Some(&both), &b, None).unwrap();
        assert!(good.until.is_none() && good.holds(i64::MAX));
        let shorter = after(Some(&good), &b, Some(120)).unwrap();
        assert_eq!(
            shorter.until,
            Some(200),
            "the same list again replaces its own end"
        );
    }

    #[test]
    fn one_list_takes_off_only_itself_and_the_last_one_takes_the_line() {
        let [a, b] = lists();
        let both = after(after(None, &a, None).as_ref(), &b, None).unwrap();
        let one = after(Some(&both), &a, Some(100)).unwrap();
        assert_eq!(one.lists.keys().collect::<Vec<_>>(), [b.as_str()]);
        assert!(one.holds(i64::MAX));
        assert_eq!(after(Some(&one), &b, Some(1)), None);
        assert_eq!(after(None, &a, Some(100)), None);
    }

    #[test]
    fn an_end_is_an_attribute_that_conditions_see_and_for_good_is_none() {
        let (tenant, [a, b]) = (TenantId::platform(), lists());
        let line = after(None, &a, Some(200)).unwrap();
        assert_eq!(encode(&tenant, &line, 1).unwrap()["until"].as_n().unwrap(), "200");
        let line = after(Some(&line), &b, None).unwrap();
        let attributes = encode(&tenant, &line, 2).unwrap();
        assert!(!attributes.contains_key("until") && !attributes.contains_key("expires"));
        assert_eq!(decode::<LineItem>(attributes).unwrap().item, line);
    }
}
