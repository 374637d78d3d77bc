//! Two schemas: whether what was taken is still taken, and whether what comes is what came before.

mod choice;

use super::{
    finding::{Findings, Severity, members, shown},
    rules::{Rule, SCHEMA, Side},
};
use choice::{opened, union};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Every type of JSON Schema; `integer` is part of `number`.
const TYPES: [&str; 6] = ["array", "boolean", "null", "number", "object", "string"];

/// Compares schemas of two documents.
pub(super) struct Schemas<'d> {
    old: &'d Value,
    new: &'d Value,
    /// Pairs of references that are compared already, or just now: types may hold themselves.
    seen: BTreeSet<(String, String, Side)>,
    /// The same of what is new, which is held against itself.
    seen_new: BTreeSet<(String, String, Side)>,
    pub(super) findings: Findings,
}

/// What [`Schemas::alone`] puts aside.
#[derive(Debug)]
pub(super) struct Aside<'d> {
    old: &'d Value,
    seen: Option<BTreeSet<(String, String, Side)>>,
}

impl<'d> Schemas<'d> {
    /// Of two documents, each with what its references name.
    pub(super) fn new(old: &'d Value, new: &'d Value, excepted: &[String]) -> Self {
        let findings = Findings {
            all: Vec::new(),
            excepted: excepted.to_vec(),
        };
        Self {
            old,
            new,
            seen: BTreeSet::new(),
            seen_new: BTreeSet::new(),
            findings,
        }
    }

    /// From now on what is new is held against itself, and what it refers to stands in its own document.
    pub(super) fn alone(&mut self) -> Aside<'d> {
        // What is alone already goes on with what it has seen: types may hold themselves.
        let already = std::ptr::eq(self.old, self.new);
        let seen = (!already).then(|| std::mem::replace(&mut self.seen, std::mem::take(&mut self.seen_new)));
        Aside {
            old: std::mem::replace(&mut self.old, self.new),
            seen,
        }
    }

    /// Ends what [`Self::alone`] began.
    pub(super) fn both(&mut self, aside: Aside<'d>) {
        self.old = aside.old;
        if let Some(seen) = aside.seen {
            self.seen_new = std::mem::replace(&mut self.seen, seen);
        }
    }

    /// Compares two schemas.
    pub(super) fn compare(&mut self, old: &Value, new: &Value, side: Side, place: &str) {
        // What stands beside a reference counts, too, so it is part of the pair.
        if old.get("$ref").is_some()
            && new.get("$ref").is_some()
            && !self.seen.insert((old.to_string(), new.to_string(), side))
        {
            return;
        }
        let (Some(old), Some(new)) = (
            self.said(self.old, old, side, place),
            self.said(self.new, new, side, place),
        ) else {
            return;
        };
        let known = SCHEMA.iter().map(|(name, _, _)| *name);
        self.findings.unknown(known, [&old, &new], place);
        let alike = union(&old).is_some() == union(&new).is_some();
        for (name, input, answer) in SCHEMA {
            let rule = if side == Side::Input { *input } else { *answer };
            // Of a choice that is on one side only, each member is held against the whole other side below.
            if !alike && rule != Rule::Text {
                continue;
            }
            self.findings
                .keyword(rule, old.get(*name), new.get(*name), &format!("{place}/{name}"));
        }
        match (values(&old), values(&new)) {
            // Nothing fits on one side: no type is left to compare.
            (Some(was), None) if was.is_empty() => self.nothing(side == Side::Input, place),
            (None, Some(is)) if is.is_empty() => self.nothing(side == Side::Answer, place),
            (Some(was), Some(is)) => self.values(&was, &is, (&old, &new), side, place),
            (was, is) if union(&old).is_none() && union(&new).is_none() => {
                if was.is_some() != is.is_some() {
                    let fine = is.is_none() == (side == Side::Input);
                    let severity = if fine {
                        Severity::Compatible
                    } else {
                        Severity::Breaking
                    };
                    let what = if is.is_none() {
                        "no list of values any more"
                    } else {
                        "only listed values"
                    };
                    self.findings.add(severity, place, what);
                }
                self.parts(&old, &new, side, place);
            }
            _ => self.union(&old, &new, side, place),
        }
    }

    /// A schema with what it and the members of its choice name; in answers an open list of values as such.
    fn said(&mut self, document: &Value, schema: &Value, side: Side, place: &str) -> Option<Value> {
        let mut whole = self.whole(document, schema, place)?;
        for name in ["anyOf", "oneOf"] {
            let members = whole.get(name).and_then(Value::as_array).cloned();
            let Some(members) = members else { continue };
            let named: Option<Vec<Value>> = members
                .iter()
                .map(|member| match member.get("$ref") {
                    Some(_) => self.whole(document, member, place),
                    None => Some(member.clone()),
                })
                .collect();
            if let Value::Object(whole) = &mut whole {
                whole.insert(name.to_owned(), named?.into());
            }
        }
        match side {
            Side::Input => Some(whole),
            Side::Answer => Some(opened(&whole).unwrap_or(whole)),
        }
    }

    /// A schema with what its reference names, as an object; what stands beside the reference counts, too.
    fn whole(&mut self, document: &Value, schema: &Value, place: &str) -> Option<Value> {
        let mut whole = match schema {
            Value::Bool(true) => Map::new(),
            // Nothing fits: an enumeration without a value.
            Value::Bool(false) => Map::from_iter([("enum".to_owned(), json!([]))]),
            Value::Object(schema) => schema.clone(),
            other => {
                let what = format!("{other} is no schema");
                self.findings.add(Severity::Unknown, place, what);
                return None;
            }
        };
        let mut passed = BTreeSet::new();
        while let Some(reference) = whole.remove("$ref") {
            let target = reference
                .as_str()
                .and_then(|r| document.pointer(r.strip_prefix('#')?));
            let (Some(target), true) = (target, passed.insert(reference.to_string())) else {
                let what = format!("{reference} leads nowhere");
                self.findings.add(Severity::Unknown, place, what);
                return None;
            };
            for (name, value) in members(Some(target)) {
                let text = |(n, rule, _): &(&str, Rule, Rule)| *n == name && *rule == Rule::Text;
                match whole.get(&name) {
                    Some(beside) if *beside != value && !SCHEMA.iter().any(text) => {
                        let what = format!("`{name}` stands beside {reference} and in it");
                        self.findings.add(Severity::Unknown, place, what);
                    }
                    Some(_) => {}
                    None => drop(whole.insert(name, value)),
                }
            }
        }
        Some(Value::Object(whole))
    }

    fn values(
        &mut self,
        was: &BTreeMap<String, Value>,
        is: &BTreeMap<String, Value>,
        (old, new): (&Value, &Value),
        side: Side,
        place: &str,
    ) {
        let (opened, open) = (is_open(old), is_open(new));
        if opened != open {
            // Clients that knew a closed list need not expect more; those that send do not care.
            let breaks = side == Side::Answer && open;
            let severity = Severity::of(breaks);
            self.findings
                .add(severity, place, format!("an open list: {opened} became {open}"));
        }
        for value in was.keys().filter(|v| !is.contains_key(*v)) {
            let breaks = side == Side::Input;
            let severity = Severity::of(breaks);
            self.findings
                .add(severity, place, format!("the value {value} is gone"));
        }
        for value in is.keys().filter(|v| !was.contains_key(*v)) {
            let breaks = side == Side::Answer && !opened;
            let severity = Severity::of(breaks);
            self.findings
                .add(severity, place, format!("the value {value} is new"));
        }
        // What people are told about each value.
        let told = |(value, about): (&String, &Value)| was.get(value).is_some_and(|before| before != about);
        if is.iter().any(told) {
            self.findings
                .add(Severity::Text, place, "values are described anew");
        }
        // The same values in another notation.
        let same = was == is && opened == open && notation(old) != notation(new);
        if same {
            self.findings
                .add(Severity::Text, place, "the values are written in another way");
        }
    }

    fn nothing(&mut self, fine: bool, place: &str) {
        let severity = if fine {
            Severity::Compatible
        } else {
            Severity::Breaking
        };
        self.findings
            .add(severity, place, "nothing fits it any more, or only now something");
    }

    /// Everything of two schemas that is no choice.
    fn parts(&mut self, old: &Value, new: &Value, side: Side, place: &str) {
        self.types(old, new, side, place);
        self.object(old, new, side, place);
        self.rest(
            old.get("items"),
            new.get("items"),
            side,
            &format!("{place}/items"),
        );
    }

    fn types(&mut self, old: &Value, new: &Value, side: Side, place: &str) {
        let (was, is) = (types(old), types(new));
        if was == is {
            return;
        }
        let (small, large) = if side == Side::Input {
            (&was, &is)
        } else {
            (&is, &was)
        };
        let within = |t: &String| large.contains(t) || (t == "integer" && large.contains("number"));
        let severity = if small.iter().all(within) {
            Severity::Compatible
        } else {
            Severity::Breaking
        };
        let what = format!("{} became {}", shown(old.get("type")), shown(new.get("type")));
        self.findings.add(severity, &format!("{place}/type"), what);
    }

    fn object(&mut self, old: &Value, new: &Value, side: Side, place: &str) {
        let (needed, needs) = (names(old.get("required")), names(new.get("required")));
        for name in needs.difference(&needed) {
            let breaks = side == Side::Input;
            let severity = Severity::of(breaks);
            self.findings
                .add(severity, place, format!("`{name}` is now required"));
        }
        for name in needed.difference(&needs) {
            let breaks = side == Side::Answer;
            let severity = Severity::of(breaks);
            self.findings
                .add(severity, place, format!("`{name}` is no longer required"));
        }
        let (was, is) = (members(old.get("properties")), members(new.get("properties")));
        let closed = old.get("additionalProperties") == Some(&json!(false));
        for (name, schema) in &was {
            match is.get(name) {
                Some(now) => self.compare(schema, now, side, &format!("{place}/{name}")),
                None => self
                    .findings
                    .add(Severity::Breaking, place, format!("`{name}` is gone")),
            }
        }
        for name in is.keys().filter(|name| !was.contains_key(*name)) {
            let breaks = side == Side::Answer && closed;
            let severity = Severity::of(breaks);
            self.findings.add(severity, place, format!("`{name}` is new"));
            let schema = is.get(name).unwrap_or(&Value::Null);
            // Every keyword of it must be known, also before anybody compares it.
            let aside = self.alone();
            self.compare(schema, schema, side, &format!("{place}/{name}"));
            self.both(aside);
        }
        let (was, is) = (old.get("additionalProperties"), new.get("additionalProperties"));
        self.rest(was, is, side, &format!("{place}/additionalProperties"));
    }

    /// Schemas for whatever else there is; where there is none, everything fits.
    fn rest(&mut self, old: Option<&Value>, new: Option<&Value>, side: Side, place: &str) {
        let anything = |schema: Option<&Value>| schema.is_none_or(|s| *s == json!(true));
        match (old, new) {
            _ if anything(old) && anything(new) => {}
            (Some(old), Some(new)) => self.compare(old, new, side, place),
            // Whoever sends may send more than before; whoever receives gets less.
            _ => {
                let widened = anything(new);
                let fine = widened == (side == Side::Input);
                let severity = if fine {
                    Severity::Compatible
                } else {
                    Severity::Breaking
                };
                let what = format!("{} became {}", shown(old), shown(new));
                self.findings.add(severity, place, what);
            }
        }
    }
}

/// The values of a schema that lists them all, each with what is told about it; none where it does not.
fn values(schema: &Value) -> Option<BTreeMap<String, Value>> {
    let about = |s: &Value| s.get("description").cloned().unwrap_or_default();
    if let Some(value) = schema.get("const") {
        return Some(BTreeMap::from([(value.to_string(), about(schema))]));
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return Some(values.iter().map(|v| (v.to_string(), Value::Null)).collect());
    }
    if let Some(choices) = union(schema) {
        let all: Option<Vec<_>> = choices.iter().map(values).collect();
        return Some(all?.into_iter().flatten().collect());
    }
    (schema.get("type") == Some(&json!("null"))).then(|| BTreeMap::from([("null".to_owned(), Value::Null)]))
}

/// How a list of values is written.
fn notation(schema: &Value) -> [Option<&Value>; 4] {
    ["type", "enum", "oneOf", "anyOf"].map(|name| schema.get(name))
}

/// Whether the contract says that a list of values may grow, on the list or on a choice that holds it.
fn is_open(schema: &Value) -> bool {
    let inner = |choices: &Vec<Value>| choices.iter().any(is_open);
    schema.get("x-open-enum") == Some(&json!(true)) || union(schema).is_some_and(inner)
}

fn types(schema: &Value) -> BTreeSet<String> {
    match schema.get("type") {
        Some(Value::String(one)) => BTreeSet::from([one.clone()]),
        Some(several @ Value::Array(_)) => names(Some(several)),
        _ => TYPES.into_iter().map(str::to_owned).collect(),
    }
}

/// A list of texts as a set.
fn names(list: Option<&Value>) -> BTreeSet<String> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|v| v.as_str().map(str::to_owned)).collect()
}
