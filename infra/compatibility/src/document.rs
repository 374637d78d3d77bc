//! Two documents: of a service (OpenAPI 3.1), of the events, or of operations over SOAP.

use super::{
    finding::{Finding, Findings, Severity, members, shown},
    rules::{
        ACCESS, BODY, COMPONENTS, DOCUMENT, EVENT, EVENTS, HEADER, INFO, MEDIA, OPERATION, PARAMETER, PATH,
        RESPONSE, SECURITY_SCHEME, Side,
    },
    schema::Schemas,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Whether a value is there, on the old side and on the new one.
const SIDES: [&str; 2] = ["released", "current"];

/// Everything in which two documents of the same kind differ; nothing when they say the same.
#[must_use]
pub fn compare(old: &Value, new: &Value) -> Vec<Finding> {
    compare_but(&[], old, new)
}

/// The same where some changes that break may be made once: the words of their findings.
#[must_use]
pub fn compare_but(excepted: &[String], old: &Value, new: &Value) -> Vec<Finding> {
    let mut documents = Documents {
        found: Findings {
            excepted: excepted.to_vec(),
            ..Findings::default()
        },
        schemas: Schemas::new(old, new, excepted),
    };
    if let (Some(old), Some(new)) = (old.get("wsdl"), new.get("wsdl")) {
        super::wsdl::compare(&mut documents.found, old, new);
    } else if old.get("events").is_some() || new.get("events").is_some() {
        documents.events(old, new);
    } else {
        documents.service(old, new);
    }
    let mut all = documents.found.all;
    all.append(&mut documents.schemas.findings.all);
    all
}

/// Refuses keywords without a rule in one document.
#[must_use]
pub fn unknown(document: &Value) -> Vec<Finding> {
    compare(document, document)
}

struct Documents<'d> {
    found: Findings,
    schemas: Schemas<'d>,
}

impl Documents<'_> {
    fn service(&mut self, old: &Value, new: &Value) {
        self.found.keywords(DOCUMENT, old, new, "");
        self.info(old, new);
        let (was, is) = (part(old, "components"), part(new, "components"));
        self.found.keywords(COMPONENTS, was, is, "/components");
        self.each(
            was,
            is,
            "securitySchemes",
            "/components",
            |all, old, new, place| {
                all.found.keywords(SECURITY_SCHEME, old, new, place);
            },
        );
        self.each(old, new, "paths", "", |all, old, new, place| {
            all.found
                .unknown(PATH.iter().map(|(name, _)| *name), [old, new], place);
            let (old, new) = (json!({"of": old}), json!({"of": new}));
            all.each(&old, &new, "of", place, Self::operation);
        });
    }

    fn events(&mut self, old: &Value, new: &Value) {
        self.found.keywords(EVENTS, old, new, "");
        self.info(old, new);
        self.each(old, new, "events", "", |all, old, new, place| {
            all.found.keywords(EVENT, old, new, place);
            all.schema(old, new, Side::Answer, place);
        });
    }

    /// The version itself is compared with what was found.
    fn info(&mut self, old: &Value, new: &Value) {
        self.found
            .keywords(INFO, part(old, "info"), part(new, "info"), "/info");
    }

    /// Compares what both have under the names below `key`; what is gone breaks, what is new does not.
    fn each(
        &mut self,
        old: &Value,
        new: &Value,
        key: &str,
        place: &str,
        mut compare: impl FnMut(&mut Self, &Value, &Value, &str),
    ) {
        let (was, is) = (members(old.get(key)), members(new.get(key)));
        let place = if key == "of" {
            place.to_owned()
        } else {
            format!("{place}/{key}")
        };
        for (name, old) in &was {
            match is.get(name) {
                Some(new) => compare(self, old, new, &format!("{place}/{name}")),
                None => self
                    .found
                    .add(Severity::Breaking, &place, format!("`{name}` is gone")),
            }
        }
        for (name, new) in is.iter().filter(|(name, _)| !was.contains_key(*name)) {
            self.found
                .add(Severity::Compatible, &place, format!("`{name}` is new"));
            // Every keyword of it must be known, also before anybody compares it.
            let aside = self.schemas.alone();
            compare(self, new, new, &format!("{place}/{name}"));
            self.schemas.both(aside);
        }
    }

    fn operation(&mut self, old: &Value, new: &Value, place: &str) {
        self.found.keywords(OPERATION, old, new, place);
        let (was, is) = (part(old, "x-ledgerkeep"), part(new, "x-ledgerkeep"));
        self.found
            .keywords(ACCESS, was, is, &format!("{place}/x-ledgerkeep"));
        self.parameters(old, new, &format!("{place}/parameters"));
        self.body(
            old.get("requestBody"),
            new.get("requestBody"),
            &format!("{place}/requestBody"),
        );
        self.each(old, new, "responses", place, Self::response);
        // A success of another kind is no addition: clients take whatever succeeds for what they know.
        let (was, is) = (members(old.get("responses")), members(new.get("responses")));
        for status in is
            .keys()
            .filter(|s| !was.contains_key(*s) && !s.starts_with(['4', '5']))
        {
            let what = format!("the success {status} is new");
            self.found
                .add(Severity::Breaking, &format!("{place}/responses"), what);
        }
    }

    fn parameters(&mut self, old: &Value, new: &Value, place: &str) {
        let (was, is) = (parameters(old), parameters(new));
        for (name, old) in &was {
            match is.get(name) {
                Some(new) => self.parameter(old, new, &format!("{place}/{name}")),
                None => self
                    .found
                    .add(Severity::Breaking, place, format!("`{name}` is gone")),
            }
        }
        for (name, new) in is.iter().filter(|(name, _)| !was.contains_key(*name)) {
            let needed = flag(new, "required");
            let severity = Severity::of(needed);
            let what = if needed { "is new and required" } else { "is new" };
            self.found.add(severity, place, format!("`{name}` {what}"));
            let aside = self.schemas.alone();
            self.parameter(new, new, &format!("{place}/{name}"));
            self.schemas.both(aside);
        }
        // Nobody depends on their order, but nothing changes silently.
        if was == is && old.get("parameters") != new.get("parameters") {
            self.found.add(Severity::Text, place, "in another order");
        }
    }

    fn parameter(&mut self, old: &Value, new: &Value, place: &str) {
        self.found.keywords(PARAMETER, old, new, place);
        self.needed(old, new, place);
        self.schema(old, new, Side::Input, place);
    }

    /// What clients must send: it may become optional, never the other way.
    fn needed(&mut self, old: &Value, new: &Value, place: &str) {
        let severity = match (flag(old, "required"), flag(new, "required")) {
            (false, true) => Severity::Breaking,
            (true, false) => Severity::Compatible,
            _ if old.get("required") == new.get("required") => return,
            _ => Severity::Text,
        };
        self.found.add(severity, place, "`required` has changed");
    }

    fn body(&mut self, old: Option<&Value>, new: Option<&Value>, place: &str) {
        match (old, new) {
            (None, None) => {}
            (Some(_), None) => self
                .found
                .add(Severity::Breaking, place, "there is no body any more"),
            (None, Some(new)) => {
                let severity = if flag(new, "required") {
                    Severity::Breaking
                } else {
                    Severity::Compatible
                };
                self.found.add(severity, place, "a body is new");
                self.body(Some(new), Some(new), place);
            }
            (Some(old), Some(new)) => {
                self.found.keywords(BODY, old, new, place);
                self.needed(old, new, place);
                self.content(old, new, Side::Input, place);
            }
        }
    }

    fn content(&mut self, old: &Value, new: &Value, side: Side, place: &str) {
        self.each(old, new, "content", place, |all, old, new, place| {
            all.found.keywords(MEDIA, old, new, place);
            all.schema(old, new, side, place);
        });
    }

    fn response(&mut self, old: &Value, new: &Value, place: &str) {
        self.found.keywords(RESPONSE, old, new, place);
        self.content(old, new, Side::Answer, place);
        self.each(old, new, "headers", place, |all, old, new, place| {
            all.found.keywords(HEADER, old, new, place);
            match (flag(old, "required"), flag(new, "required")) {
                (true, false) => all
                    .found
                    .add(Severity::Breaking, place, "is no longer always there"),
                (false, true) => all.found.add(Severity::Compatible, place, "is now always there"),
                _ if old.get("required") != new.get("required") => {
                    all.found
                        .add(Severity::Text, place, "`required` is written in another way");
                }
                _ => {}
            }
            all.schema(old, new, Side::Answer, place);
        });
    }

    /// The schemas of two holders.
    fn schema(&mut self, old: &Value, new: &Value, side: Side, place: &str) {
        let place = format!("{place}/schema");
        match (old.get("schema"), new.get("schema")) {
            (Some(old), Some(new)) => self.schemas.compare(old, new, side, &place),
            (old, new) => {
                let missing = [old, new].into_iter().zip(SIDES).filter(|(s, _)| s.is_none());
                let missing: Vec<&str> = missing.map(|(_, side)| side).collect();
                let what = format!("no schema in the {} contract", missing.join(" and the "));
                self.found.add(Severity::Unknown, &place, what);
            }
        }
    }
}

/// A part of a document; nothing where there is none.
fn part<'v>(holder: &'v Value, name: &str) -> &'v Value {
    static NONE: std::sync::LazyLock<Value> = std::sync::LazyLock::new(|| Value::Object(Map::new()));
    holder.get(name).unwrap_or(&NONE)
}

fn flag(holder: &Value, name: &str) -> bool {
    holder.get(name) == Some(&json!(true))
}

/// Parameters by what says which they are.
fn parameters(operation: &Value) -> BTreeMap<String, Value> {
    let list = operation.get("parameters").and_then(Value::as_array);
    let key = |p: &Value| format!("{} {}", shown(p.get("in")), shown(p.get("name"))).replace('"', "");
    list.into_iter().flatten().map(|p| (key(p), p.clone())).collect()
}
