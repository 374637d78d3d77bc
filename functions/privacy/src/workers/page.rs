//! The page of an archive: what a person wants to know first, then everything, and the log last. Without script.

use serde_json::{Map, Value};
use shared::{
    ids::{CustomerId, time_of},
    page::{Page, escape},
    time::rfc3339,
};
use std::collections::BTreeMap;

/// What kinds of items are called, in the order in which they are told. Others come after these, and the log comes last.
const KINDS: [(&str, &str); 11] = [
    ("customer", "You"),
    ("payment-method", "Cards and bank accounts"),
    ("payment", "Payments"),
    ("refund", "Refunds"),
    ("invoice", "Invoices"),
    ("risk-check", "Decisions that a program made about you"),
    ("risk-list-item", "Lists that name you or your card"),
    ("privacy-request", "Your requests about your data"),
    ("intent", "Payments under way"),
    ("delivery", "What was told to other systems"),
    (LOG, "When your data was read or changed"),
];
/// The kind of log entries.
const LOG: &str = "audit-entry";
/// What the person is told about themselves before anything else, and under which name it is kept.
const FIRST: [(&str, &str); 5] = [
    ("Name", "name"),
    ("E-mail", "email"),
    ("Country", "country"),
    ("Customer number", "reference"),
    ("Since", "created_at"),
];

/// The page of a person: `about` says of each kind what it is kept for, `values` are the items by kind.
#[must_use]
pub fn of(customer: &CustomerId, now: &str, about: &[Value], values: &Map<String, Value>) -> String {
    let mut body = format!(
        "<h1>Your data</h1><p>This is everything that is kept about you under the number {customer}, as it was on {}.</p>",
        date(now)
    );
    body.push_str(&summary(values));
    body.push_str(&purposes(about));
    let known = |kind: &str| KINDS.iter().position(|(name, _)| *name == kind);
    let mut kinds: Vec<&String> = values.keys().collect();
    // What has no name of its own comes before the log.
    kinds.sort_by_key(|kind| {
        (
            known(kind).map_or(KINDS.len() - 1, |n| n + n / (KINDS.len() - 1)),
            kind.as_str(),
        )
    });
    for kind in kinds {
        let items = items(values, kind);
        body.push_str(&format!("<h2>{}</h2>", escape(title(kind))));
        if kind == LOG {
            body.push_str(&log(items));
            continue;
        }
        for item in items {
            body.push_str(&table(item));
        }
    }
    let page = Page {
        language: "en",
        title: "Your data".into(),
        style: "body{font:16px sans-serif;max-width:60em;margin:2em auto;padding:0 1em}table{margin:1em 0;border-collapse:collapse}\
                th,td{text-align:left;vertical-align:top;padding:.2em 1em .2em 0}",
        body,
    };
    page.html()
}

fn items<'v>(values: &'v Map<String, Value>, kind: &str) -> &'v [Value] {
    values
        .get(kind)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn title(kind: &str) -> &str {
    let found = KINDS.iter().find(|(name, _)| *name == kind);
    found.map_or(kind, |(_, title)| *title)
}

/// A value in words.
fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The day and the minute of an instant.
fn date(instant: &str) -> String {
    escape(&instant.chars().take(16).collect::<String>().replace('T', " "))
}

fn row(name: &str, value: &str) -> String {
    format!("<tr><th>{}</th><td>{}</td></tr>", escape(name), escape(value))
}

/// Who they are, and how much of what there is.
fn summary(values: &Map<String, Value>) -> String {
    let mut rows = String::new();
    let own = items(values, "customer").first();
    for (name, field) in FIRST {
        let value = own.and_then(|own| own.get(field)).filter(|v| !v.is_null());
        if let Some(value) = value {
            rows.push_str(&row(name, &said(value)));
        }
    }
    for (kind, title) in KINDS.iter().filter(|(kind, _)| !["customer", LOG].contains(kind)) {
        let there = items(values, kind);
        if !there.is_empty() {
            rows.push_str(&row(title, &counted(there)));
        }
    }
    format!("<table>{rows}</table>")
}

/// How many items there are, and what they come to in each currency.
fn counted(items: &[Value]) -> String {
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for item in items {
        let amount = item
            .get("amount")
            .or_else(|| item.get("total"))
            .and_then(Value::as_i64);
        let currency = item.get("currency").and_then(Value::as_str);
        if let (Some(amount), Some(currency)) = (amount, currency) {
            let sum = sums.entry(currency).or_default();
            *sum = sum.saturating_add(amount);
        }
    }
    let sums: Vec<String> = sums
        .iter()
        .map(|(currency, sum)| format!("{sum} minor units of {currency}"))
        .collect();
    match sums.as_slice() {
        [] => items.len().to_string(),
        sums => format!("{}, {} in all", items.len(), sums.join(", ")),
    }
}

/// What each kind is kept for, how long, and who else gets it.
fn purposes(about: &[Value]) -> String {
    let cell = |value: &Value, name: &str| match value.get(name) {
        Some(Value::Array(list)) => list.iter().map(said).collect::<Vec<_>>().join(", "),
        Some(value) => said(value),
        None => String::new(),
    };
    let mut rows =
        "<tr><th>What</th><th>Why</th><th>Legal basis</th><th>How long</th><th>Who else gets it</th></tr>"
            .to_owned();
    for kind in about {
        let columns = ["purpose", "basis", "retention", "recipients"].map(|name| escape(&cell(kind, name)));
        rows.push_str(&format!(
            "<tr><td>{}</td><td>{}</td></tr>",
            escape(title(&cell(kind, "kind"))),
            columns.join("</td><td>")
        ));
    }
    format!("<h2>Why it is kept</h2><table>{rows}</table>")
}

fn table(item: &Value) -> String {
    let fields = item.as_object().into_iter().flatten();
    let rows: String = fields
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| row(&name.replace('_', " "), &said(value)))
        .collect();
    format!("<table>{rows}</table>")
}

/// Log entries, a line each, newest first: when, what, and how it went. Who did it is about others.
fn log(items: &[Value]) -> String {
    let text = |item: &Value, name: &str| item.get(name).map(said).unwrap_or_default();
    let mut ids: Vec<(String, &Value)> = items.iter().map(|item| (text(item, "id"), item)).collect();
    ids.sort_by(|(one, _), (other, _)| other.cmp(one));
    let mut rows = "<tr><th>When (UTC)</th><th>What</th><th>How it went</th></tr>".to_owned();
    for (id, item) in ids {
        let at = time_of(&id).map(|at| date(&rfc3339(at))).unwrap_or_default();
        let what = text(item, "activity");
        let what = what
            .split_once('.')
            .map_or(what.as_str(), |(_, what)| what)
            .replace('_', " ");
        rows.push_str(&format!(
            "<tr><td>{at}</td><td>{}</td><td>{}</td></tr>",
            escape(&what),
            escape(&text(item, "outcome"))
        ));
    }
    format!("<table>{rows}</table>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared::time::Timestamp;

    #[test]
    fn it_begins_with_the_person_and_ends_with_a_dated_log() {
        let customer = CustomerId::new(Timestamp::UNIX_EPOCH);
        let values = json!({
            "audit-entry": [
                {"id": "aud_01JD3X8M9V5T2Q4R6S8W0Y1Z2A", "activity": "billing.read_customer", "outcome": "succeeded"},
                {"id": "aud_01JD3X8M9V5T2Q4R6S8W0Y1Z2B", "activity": "billing.update_customer", "outcome": "refused"},
            ],
            "customer": [{"id": customer, "name": "Ada <b>", "email": "ada@example.com", "country": null}],
            "payment": [{"amount": 500, "currency": "EUR"}, {"amount": 40, "currency": "EUR"}],
            "zebra": [{"stripes": 7}],
        });
        let about = [
            json!({"kind": "payment", "purpose": "Take payments", "basis": "contract", "retention": "10 years",
                            "recipients": ["payment provider"]}),
        ];
        let page = of(
            &customer,
            "2026-11-28T10:00:00Z",
            &about,
            values.as_object().unwrap(),
        );
        let order = [
            "Ada &lt;b&gt;",
            "2, 540 minor units of EUR in all",
            "Take payments",
            "<h2>You<",
            "<h2>Payments<",
            "<h2>zebra<",
            "<h2>When your data",
            "2024-11-20 ",
            "update customer",
            "read customer",
        ];
        let places: Vec<usize> = order
            .iter()
            .map(|text| {
                page.find(text)
                    .unwrap_or_else(|| panic!("{text} is not in {page}"))
            })
            .collect();
        assert!(places.is_sorted(), "{places:?}");
        assert!(!page.contains("<b>") && !page.contains("null"));
    }
}
