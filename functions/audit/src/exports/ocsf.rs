//! Entries as events of the Open Cybersecurity Schema Framework 1.3.0, class API Activity (6003).

use serde_json::{Map, Value, json};
use shared::time::Timestamp;

/// The version of the schema.
const VERSION: &str = "1.3.0";
/// The class API Activity.
const CLASS: u32 = 6003;

/// An entry as an event.
#[must_use]
pub fn event(entry: &Map<String, Value>) -> Value {
    let text = |name: &str| entry.get(name).and_then(Value::as_str);
    let value = |name: &str| entry.get(name).cloned().unwrap_or_default();
    let activity = text("activity").unwrap_or_default();
    let (service, operation) = activity.split_once('.').unwrap_or_default();
    let (activity_id, activity_name) = kind(operation, text("method"));
    let outcome = text("outcome").unwrap_or_default();
    let failed = matches!(outcome, "refused" | "failed");
    let (severity_id, severity) = match outcome {
        "failed" => (3, "Medium"),
        "refused" => (2, "Low"),
        _ => (1, "Informational"),
    };
    let time = text("at").and_then(|at| at.parse::<Timestamp>().ok());
    let actor = text("actor").unwrap_or("unknown");
    let (type_id, kind) = match actor.split(['_', ':']).next() {
        Some("usr") => (1, "User"),
        Some("cli" | "worker") => (3, "System"),
        _ => (0, "Unknown"),
    };
    let mut event = json!({
        "activity_id": activity_id,
        "activity_name": activity_name,
        "category_uid": 6,
        "category_name": "Application Activity",
        "class_uid": CLASS,
        "class_name": "API Activity",
        "type_uid": CLASS * 100 + activity_id,
        "type_name": format!("API Activity: {activity_name}"),
        "severity_id": severity_id,
        "severity": severity,
        "status_id": if failed { 2 } else { 1 },
        "status": if failed { "Failure" } else { "Success" },
        "status_code": value("status").to_string(),
        "status_detail": value("problem"),
        "time": time.map_or(0, Timestamp::as_millisecond),
        "metadata": {
            "version": VERSION,
            "uid": value("id"),
            "event_code": activity,
            "correlation_uid": value("request_id"),
            "tenant_uid": value("tenant"),
            "log_name": "audit",
            "original_time": value("at"),
            "product": {"name": "Ledgerkeep", "vendor_name": "Ledgerkeep"},
        },
        "actor": {"user": {"uid": actor, "type_id": type_id, "type": kind}},
        "api": {
            "operation": operation,
            "service": {"name": service},
            "version": "v1",
            "request": {"uid": value("request_id")},
            "response": {"code": value("status"), "error": value("problem")},
        },
        "src_endpoint": match text("address") {
            Some(address) => json!({"ip": address}),
            None => json!({"name": actor}),
        },
        "unmapped": {
            "outcome": outcome,
            "code": value("code"),
            "reason": value("reason"),
            "right": value("right"),
            "grant": value("grant"),
            "policy": value("policy"),
            "region": value("region"),
        },
    });
    if let Value::Object(event) = &mut event {
        if let (Some(session), Some(Value::Object(actor))) = (text("session"), event.get_mut("actor")) {
            actor.insert("session".into(), json!({"uid": session}));
        }
        if let Some(object) = text("object") {
            event.insert("resources".into(), json!([{"uid": object}]));
        }
        if let Some(method) = text("method") {
            let request = json!({"http_method": method, "uid": value("request_id"), "user_agent": value("agent"),
                "url": {"path": value("path")}});
            event.insert("http_request".into(), request);
            event.insert("http_response".into(), json!({"code": value("status")}));
        }
    }
    without_nulls(event)
}

/// What the schema calls an activity: create, read, update, delete, or something else.
fn kind(operation: &str, method: Option<&str>) -> (u32, &'static str) {
    let verb = operation.split('_').next().unwrap_or_default();
    match (verb, method) {
        (_, None) => (99, "Other"),
        ("search", _) | (_, Some("GET")) => (2, "Read"),
        ("create" | "issue" | "invite", _) => (1, "Create"),
        (_, Some("DELETE")) => (4, "Delete"),
        ("update" | "replace" | "acknowledge" | "capture" | "cancel", _) | (_, Some("PUT" | "PATCH")) => {
            (3, "Update")
        }
        _ => (99, "Other"),
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().filter(|(_, v)| !v.is_null());
            Value::Object(kept.map(|(k, v)| (k, without_nulls(v))).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What version 1.3.0 of the schema requires: of the class and its base, and of the objects in it; one of several
    /// where it demands at least one.
    const REQUIRED: &[(&str, &[&str])] = &[
        (
            "",
            &[
                "activity_id",
                "actor",
                "api",
                "category_uid",
                "class_uid",
                "metadata",
                "severity_id",
                "src_endpoint",
                "time",
                "type_uid",
            ],
        ),
        ("/metadata", &["product", "version"]),
        ("/metadata/product", &["name", "vendor_name"]),
        ("/api", &["operation"]),
        ("/api/service", &["name"]),
        ("/api/request", &["uid"]),
        ("/actor", &["user"]),
        ("/actor/user", &["uid"]),
    ];

    fn check(event: &Value) {
        for (at, names) in REQUIRED {
            for name in *names {
                let found = event.pointer(&format!("{at}/{name}"));
                assert!(found.is_some_and(|v| !v.is_null()), "no {at}/{name}: {event}");
            }
        }
        let number = |at: &str| event.pointer(at).and_then(Value::as_u64).unwrap();
        assert_eq!((number("/category_uid"), number("/class_uid")), (6, 6003));
        assert_eq!(number("/type_uid"), 600_300 + number("/activity_id"));
        assert!([1, 2, 3, 4, 99].contains(&number("/activity_id")));
        assert!((1..=6).contains(&number("/severity_id")) && (1..=2).contains(&number("/status_id")));
        assert!(number("/time") > 1_700_000_000_000, "milliseconds since 1970");
        let endpoint = event.pointer("/src_endpoint").and_then(Value::as_object).unwrap();
        assert!(endpoint.contains_key("ip") || endpoint.contains_key("name"));
        assert!(event.pointer("/status_code").is_some_and(Value::is_string));
    }

    fn of(entry: Value) -> Value {
        let Value::Object(entry) = entry else {
            unreachable!()
        };
        event(&entry)
    }

    #[test]
    fn events_have_what_the_schema_requires() {
        let full = of(
            json!({"id": "aud_1", "tenant": "ten_1", "region": "eu-west-1", "at": "2026-11-21T10:00:00.000Z",
            "request_id": "req_1", "activity": "billing.create_customer", "code": "C", "method": "POST",
            "path": "/billing/v1/customers", "actor": "usr_1", "session": "ses_1", "address": "192.0.2.1", "agent": "x",
            "grant": "support/1#0", "policy": ["support/1"], "object": "cus_1", "outcome": "succeeded", "status": 201}),
        );
        check(&full);
        assert_eq!(full["type_uid"], 600_301);
        assert_eq!(full["actor"]["session"]["uid"], "ses_1");
        assert_eq!(full["resources"][0]["uid"], "cus_1");
        assert_eq!(full["time"], 1_795_255_200_000_i64);
        let bare = of(
            json!({"id": "aud_2", "tenant": "ten_1", "at": "2026-11-21T10:00:00.000Z", "request_id": "req_2", "activity": "audit.raise_alerts",
            "actor": "worker:raise_alerts", "outcome": "succeeded", "status": 200}),
        );
        check(&bare);
        assert_eq!(
            (&bare["activity_id"], &bare["src_endpoint"]["name"]),
            (&json!(99), &json!("worker:raise_alerts"))
        );
    }

    #[test]
    fn every_kind_of_call_has_its_activity() {
        for (operation, method, id) in [
            ("read_entry", "GET", 2),
            ("search_customers", "POST", 2),
            ("create_payment", "POST", 1),
            ("update_tenant", "PATCH", 3),
            ("replace_alert_rules", "PUT", 3),
            ("delete_session", "DELETE", 4),
            ("capture_payment", "POST", 3),
            ("run_bills", "POST", 99),
        ] {
            assert_eq!(kind(operation, Some(method)).0, id, "{operation}");
        }
        let refused = of(
            json!({"id": "aud_1", "at": "2026-11-21T10:00:00Z", "activity": "a.read_b", "method": "GET", "actor": "nobody",
            "outcome": "refused", "status": 403, "problem": "forbidden", "request_id": "req_1"}),
        );
        check(&refused);
        assert_eq!(
            (&refused["status_id"], &refused["status_detail"]),
            (&json!(2), &json!("forbidden"))
        );
    }
}
