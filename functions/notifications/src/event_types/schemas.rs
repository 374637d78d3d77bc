//! JSON Schemas (draft 2020-12) of what events tell: the id of an object, and the object as the contract of its
//! service answers it, with every personal, card or secret field masked.

use serde_json::{Map, Value, json};

/// What events tell about.
pub const NOUNS: &[&str] = &[
    "customer",
    "payment_method",
    "payment",
    "review",
    "refund",
    "product",
    "price",
    "meter",
    "invoice",
    "subscription",
    "credit_note",
    "wallet",
    "user",
    "session",
    "alert",
    "approval",
];

/// The schema of an object, and what its ids begin with; none for a noun that no service tells about.
fn noun(noun: &str) -> Option<(&'static str, Value)> {
    Some(match noun {
        "customer" => ("cus", customer()),
        "payment_method" => ("pm", payment_method()),
        "payment" => ("pay", payment()),
        "review" => ("rev", review()),
        "refund" => ("ref", refund()),
        "product" => ("prod", product()),
        "price" => ("price", price()),
        "meter" => ("mtr", meter()),
        "invoice" => ("inv", invoice()),
        "subscription" => ("sub", subscription()),
        "credit_note" => ("cn", credit_note()),
        "wallet" => ("wg", wallet_grant()),
        "user" => ("usr", user()),
        "session" => ("ses", session()),
        "alert" => ("alt", alert()),
        "approval" => ("apr", approval()),
        _ => return None,
    })
}

/// The schema of an object that events tell about.
#[must_use]
pub fn object(name: &str) -> Option<Value> {
    noun(name).map(|(_, object)| object)
}

/// The schema of the data of one kind of event; none for a noun that no service tells about.
#[must_use]
pub fn data(kind: &str) -> Option<Value> {
    let (prefix, object) = noun(kind.split_once('.')?.0)?;
    Some(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["id", "object"],
        "properties": {"id": id(prefix), "object": object},
    }))
}

fn id(prefix: &str) -> Value {
    json!({"type": "string", "pattern": format!("^{prefix}_[0-9A-HJKMNP-TV-Z]{{26}}$")})
}

fn text() -> Value {
    json!({"type": "string"})
}

fn one_of(values: &[&str]) -> Value {
    json!({"type": "string", "enum": values})
}

fn minor_units() -> Value {
    json!({"type": "integer", "minimum": 0})
}

fn currency() -> Value {
    json!({"type": "string", "pattern": "^[A-Z]{3}$"})
}

fn time() -> Value {
    json!({"type": "string", "format": "date-time"})
}

/// What stands in the place of a value that events do not tell.
fn masked(class: &str) -> Value {
    json!({"const": format!("[{class}]")})
}

fn or_null(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

fn of<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    let required = json!(names);
    let properties: Map<String, Value> = fields.into_iter().map(|(n, v)| (n.to_owned(), v)).collect();
    json!({"type": "object", "required": required, "properties": properties})
}

fn customer() -> Value {
    of([
        ("id", id("cus")),
        ("name", masked("personal")),
        ("email", masked("personal")),
        (
            "country",
            or_null(json!({"type": "string", "pattern": "^[A-Z]{2}$"})),
        ),
        ("reference", or_null(text())),
        ("default_payment_method", or_null(id("pm"))),
        ("restricted_at", or_null(time())),
        ("erased_at", or_null(time())),
        ("billing", or_null(masked("personal"))),
        ("metadata", or_null(masked("personal"))),
        ("created_at", time()),
    ])
}

fn approval() -> Value {
    of([
        ("id", id("apr")),
        ("function", text()),
        ("summary", text()),
        ("right", text()),
        ("requester", text()),
        ("person", text()),
        ("status", text()),
        ("created_at", time()),
        ("expires_at", time()),
    ])
}

fn payment_method() -> Value {
    of([
        ("id", id("pm")),
        ("customer", id("cus")),
        ("number", masked("card")),
        ("holder", or_null(masked("personal"))),
        ("type", one_of(&["card", "iban"])),
        ("brand", or_null(text())),
        (
            "first6",
            or_null(json!({"type": "string", "pattern": "^[0-9]{6}$"})),
        ),
        ("last4", json!({"type": "string", "pattern": "^[0-9A-Z]{4}$"})),
        (
            "exp_month",
            or_null(json!({"type": "integer", "minimum": 1, "maximum": 12})),
        ),
        ("exp_year", or_null(json!({"type": "integer"}))),
        (
            "country",
            or_null(json!({"type": "string", "pattern": "^[A-Z]{2}$"})),
        ),
        ("created_at", time()),
    ])
}

/// What the screen says of a payment.
fn verdict() -> Value {
    let whole = json!({"type": "integer"});
    let reason = of([
        ("code", text()),
        ("rule", or_null(text())),
        ("detail", text()),
        ("points", or_null(whole)),
        ("decision", or_null(text())),
        ("value", or_null(text())),
    ]);
    of([
        ("score", json!({"type": "integer", "minimum": 0, "maximum": 100})),
        ("outcome", one_of(&["accept", "decline", "review"])),
        ("reasons", json!({"type": "array", "items": reason})),
        ("version", or_null(json!({"type": "integer", "minimum": 0}))),
    ])
}

fn payment() -> Value {
    of([
        ("id", id("pay")),
        ("customer", id("cus")),
        ("payment_method", id("pm")),
        ("amount", minor_units()),
        ("currency", currency()),
        ("status", text()),
        ("captured", minor_units()),
        ("capture_pending", minor_units()),
        ("released", minor_units()),
        ("refunded", minor_units()),
        ("refund_pending", minor_units()),
        ("cancel_pending", json!({"type": "boolean"})),
        ("risk", verdict()),
        ("shadow", json!({"type": "null"})),
        ("review", or_null(id("rev"))),
        ("decline_code", or_null(text())),
        ("reference", or_null(text())),
        (
            "card",
            of([
                ("brand", text()),
                ("last4", json!({"type": "string", "pattern": "^[0-9]{4}$"})),
            ]),
        ),
        ("metadata", or_null(masked("personal"))),
        ("created_at", time()),
    ])
}

fn review() -> Value {
    of([
        ("id", id("rev")),
        ("payment", id("pay")),
        ("customer", id("cus")),
        ("payment_method", id("pm")),
        ("amount", minor_units()),
        ("currency", currency()),
        ("risk", verdict()),
        ("status", text()),
        ("due_at", time()),
        ("claimed_by", or_null(text())),
        ("claimed_at", or_null(time())),
        ("snoozed_until", or_null(time())),
        ("decided_by", or_null(text())),
        ("decided_at", or_null(time())),
        ("reason", or_null(masked("personal"))),
        ("label", or_null(text())),
        ("created_at", time()),
    ])
}

fn refund() -> Value {
    of([
        ("id", id("ref")),
        ("payment", id("pay")),
        ("customer", or_null(id("cus"))),
        ("amount", minor_units()),
        ("currency", currency()),
        ("status", one_of(&["pending", "succeeded", "failed"])),
        ("reason", or_null(text())),
        ("failure_code", or_null(text())),
        ("metadata", or_null(masked("personal"))),
        ("created_at", time()),
    ])
}

fn product() -> Value {
    of([
        ("id", id("prod")),
        ("name", text()),
        ("description", or_null(text())),
        ("tax_category", or_null(text())),
        ("supply", or_null(text())),
        ("archived_at", or_null(time())),
        ("created_at", time()),
    ])
}

fn meter() -> Value {
    let counts = ["sum", "count", "max", "last", "unique", "weighted_sum"];
    of([
        ("id", id("mtr")),
        ("name", text()),
        ("event_type", or_null(text())),
        ("aggregation", one_of(&counts)),
        ("value_property", or_null(text())),
        ("group_by", json!({"type": "array", "items": {"type": "string"}})),
        ("archived_at", or_null(time())),
        ("created_at", time()),
    ])
}

fn price() -> Value {
    of([
        ("id", id("price")),
        ("product", id("prod")),
        ("currency", currency()),
        (
            "billing_scheme",
            one_of(&["flat", "per_unit", "graduated", "volume", "package"]),
        ),
        ("unit_amount", text()),
        ("tiers", json!({"type": "array", "items": {"type": "object"}})),
        ("package_size", or_null(text())),
        ("free_units", or_null(text())),
        ("interval_count", or_null(json!({"type": "integer"}))),
        ("meter", or_null(id("mtr"))),
        ("aggregation", or_null(text())),
        ("value_property", or_null(text())),
        ("usage_grace_hours", or_null(json!({"type": "integer"}))),
        ("kind", one_of(&["one_off", "recurring"])),
        ("interval", or_null(text())),
        ("archived_at", or_null(time())),
        ("created_at", time()),
    ])
}

fn invoice() -> Value {
    let attempt = of([
        ("id", id("pay")),
        ("status", text()),
        ("decline_code", or_null(text())),
        ("decline_reasons", json!({"type": "array", "items": text()})),
    ]);
    of([
        ("id", id("inv")),
        ("number", or_null(text())),
        ("customer", id("cus")),
        ("currency", currency()),
        (
            "status",
            one_of(&["draft", "open", "paid", "void", "uncollectible"]),
        ),
        ("total", minor_units()),
        ("amount_due", minor_units()),
        ("reference", or_null(text())),
        ("payment", or_null(attempt)),
        ("metadata", or_null(masked("personal"))),
        ("created_at", time()),
        ("finalized_at", or_null(time())),
        ("due_on", or_null(text())),
        ("paid_at", or_null(time())),
    ])
}

fn subscription() -> Value {
    let item = of([
        ("id", id("si")),
        ("price", id("price")),
        ("product", id("prod")),
        ("quantity", text()),
        ("pending_price", or_null(id("price"))),
        ("pending_quantity", or_null(text())),
    ]);
    of([
        ("id", id("sub")),
        ("customer", id("cus")),
        ("currency", currency()),
        ("status", text()),
        ("time_zone", or_null(masked("personal"))),
        ("interval", text()),
        ("interval_count", json!({"type": "integer"})),
        ("anchor", text()),
        ("anchor_day", or_null(json!({"type": "integer"}))),
        ("proration", text()),
        ("invoicing", text()),
        ("items", json!({"type": "array", "items": item})),
        ("amount_waiting", json!({"type": "integer"})),
        ("starts_at", time()),
        ("paid_from", time()),
        ("period_start", or_null(time())),
        ("period_end", or_null(time())),
        ("due_at", or_null(time())),
        ("ends_with_period", json!({"type": "boolean"})),
        ("canceled_at", or_null(time())),
        ("billing_problem", or_null(text())),
        ("metadata", or_null(masked("personal"))),
        ("created_at", time()),
    ])
}

fn credit_note() -> Value {
    let list = |about: &str| json!({"type": "array", "items": {"type": "object"}, "description": about});
    of([
        ("id", id("cn")),
        ("number", text()),
        ("invoice", id("inv")),
        ("invoice_number", or_null(text())),
        ("customer", id("cus")),
        ("currency", currency()),
        ("lines", list("What is taken back of each line")),
        ("taxes", list("What is taken back of each tax")),
        ("net", minor_units()),
        ("tax", minor_units()),
        ("total", minor_units()),
        ("reduced", minor_units()),
        ("returned", minor_units()),
        ("to", one_of(&["wallet", "nobody"])),
        ("reason", or_null(masked("personal"))),
        ("issued_on", text()),
        ("created_at", time()),
    ])
}

fn wallet_grant() -> Value {
    of([
        ("id", id("wg")),
        ("currency", currency()),
        ("amount", minor_units()),
        ("left", minor_units()),
        ("cost", minor_units()),
        ("priority", json!({"type": "integer", "minimum": 0})),
        ("expires_at", or_null(time())),
        ("created_at", time()),
    ])
}

fn user() -> Value {
    of([
        ("id", id("usr")),
        ("email", masked("personal")),
        ("name", masked("personal")),
        ("status", one_of(&["invited", "active", "disabled"])),
        ("roles", json!({"type": "array", "items": text()})),
        ("created_at", time()),
    ])
}

fn alert() -> Value {
    of([
        ("id", id("alt")),
        ("rule", text()),
        ("severity", text()),
        ("state", one_of(&["open", "acknowledged"])),
        ("detail", text()),
        ("subject", or_null(text())),
        ("entries", json!({"type": "array", "items": text()})),
        ("mail_to", json!({"type": "array", "items": id("usr")})),
        ("raised_at", time()),
        ("acknowledged_by", or_null(text())),
        ("acknowledged_at", or_null(time())),
        ("note", or_null(text())),
    ])
}

fn session() -> Value {
    of([
        ("id", id("ses")),
        ("user", id("usr")),
        ("status", one_of(&["active", "revoked"])),
        ("signed_in_at", time()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_types::CATALOGUE;

    #[test]
    fn every_kind_of_event_has_a_schema() {
        for (_, kind, _) in CATALOGUE {
            let schema = data(kind).unwrap_or_else(|| panic!("{kind} has no schema"));
            assert_eq!(schema["required"], json!(["id", "object"]), "{kind}");
            let object = &schema["properties"]["object"];
            assert_eq!(object["properties"]["id"], schema["properties"]["id"], "{kind}");
            let noun = kind.split_once('.').unwrap().0;
            assert!(NOUNS.contains(&noun), "{kind}");
        }
        assert!(NOUNS.iter().all(|noun| object(noun).is_some()));
        assert_eq!(data("weather.changed"), None);
        assert_eq!(data("customer"), None);
    }
}
