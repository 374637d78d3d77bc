//! All services in one document: what clients are generated from.

use super::{ADDRESS, OPEN, describe, info, security_schemes};
use crate::road::function::Service;
use serde_json::{Map, Value, json};

/// Where the document of all services is kept, below the root: in the crate of the service that reads it out.
pub const ALL: &str = "functions/tenancy/all.json";

/// The document of all services. Its version is the newest of theirs.
///
/// # Errors
/// Every component that two services, or one of them, mean differently, and every record without a name.
pub fn all(services: &[&Service]) -> Result<Value, String> {
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    let (mut tags, mut wrong) = (Vec::new(), Vec::new());
    let mut version = "";
    for service in services {
        let (document, conflicts) = describe(service);
        wrong.extend(
            conflicts
                .into_iter()
                .map(|why| format!("{}: {why}", service.name)),
        );
        let part = |pointer: &str| document.pointer(pointer).and_then(Value::as_object).cloned();
        paths.extend(part("/paths").unwrap_or_default());
        for (name, schema) in part("/components/schemas").unwrap_or_default() {
            if schemas.get(&name).is_some_and(|other| *other != schema) {
                wrong.push(format!("{}: another service has another {name}", service.name));
            }
            schemas.insert(name, schema);
        }
        let own = document.get("tags").and_then(Value::as_array);
        tags.extend(own.into_iter().flatten().cloned());
        version = newer(version, service.version);
    }
    if !wrong.is_empty() {
        return Err(wrong.join("\n"));
    }
    let about = format!("Billing, payments and risk: every service in one document. {OPEN}");
    Ok(json!({
        "openapi": "3.1.0",
        "info": info("Ledgerkeep", version, &about),
        "servers": [{"url": ADDRESS}],
        "tags": tags,
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": security_schemes()},
    }))
}

/// The newer of two versions.
fn newer(one: &'static str, other: &'static str) -> &'static str {
    let numbers = |text: &str| -> Vec<u64> { text.split('.').filter_map(|n| n.parse().ok()).collect() };
    if numbers(one) >= numbers(other) {
        one
    } else {
        other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbers_and_not_texts() {
        assert_eq!(newer("", "1.2.0"), "1.2.0");
        assert_eq!(newer("1.10.0", "1.9.3"), "1.10.0");
    }
}
