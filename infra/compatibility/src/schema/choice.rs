//! Choices (`oneOf`, `anyOf`): each member is held against the one of the other side that it fits best.

use super::{
    super::{
        finding::{Finding, Severity, members},
        rules::{Rule, SCHEMA, Side},
    },
    Schemas, values,
};
use serde_json::{Value, json};

impl Schemas<'_> {
    /// A choice of schemas. What was taken must be taken by one of the new ones; what comes must be what one of the old ones said.
    pub(super) fn union(&mut self, old: &Value, new: &Value, side: Side, place: &str) {
        let (was, is) = (choices(old), choices(new));
        let before = self.findings.all.len();
        let (beside_old, beside_new) = (beside(old), beside(new));
        if union(old).is_some() && union(new).is_some() {
            self.parts(&beside_old, &beside_new, side, place);
        } else {
            let both = |s: &Value, beside: &Value| union(s).is_some() && binds(beside);
            if both(old, &beside_old) || both(new, &beside_new) {
                let what = "a choice with something beside it is now there, or no longer";
                self.findings.add(Severity::Breaking, place, what);
            }
        }
        let pairs: Vec<_> = was
            .iter()
            .map(|member| self.closest(member, &is, side, true))
            .collect();
        let back: Vec<_> = is
            .iter()
            .map(|member| self.closest(member, &was, side, false))
            .collect();
        let (must, may) = if side == Side::Input {
            (&pairs, &back)
        } else {
            (&back, &pairs)
        };
        for (index, found) in must.iter().enumerate() {
            if found.iter().any(|f| f.severity >= Severity::Breaking) {
                let what = if side == Side::Input {
                    "what the choice took is not taken"
                } else {
                    "the choice has something new"
                };
                self.findings
                    .add(Severity::Breaking, place, format!("{what}: number {index}"));
            }
            self.findings.all.extend(found.iter().cloned().map(|f| Finding {
                place: format!("{place}/{index}{}", f.place),
                ..f
            }));
        }
        for (index, _) in may
            .iter()
            .enumerate()
            .filter(|(_, f)| f.iter().any(|f| f.severity >= Severity::Breaking))
        {
            let what = if side == Side::Input {
                "the choice has something new"
            } else {
                "the choice has something less"
            };
            self.findings
                .add(Severity::Compatible, place, format!("{what}: number {index}"));
        }
        if old != new && self.findings.all.len() == before {
            let wider = may.iter().flatten().any(|f| f.severity >= Severity::Compatible);
            let (severity, what) = if wider {
                (Severity::Compatible, "the choice has a wider member")
            } else {
                (Severity::Text, "the choice is written in another way")
            };
            self.findings.add(severity, place, what);
        }
    }

    /// What is found between a member and the one of the others that it fits best.
    fn closest(&self, member: &Value, others: &[Value], side: Side, member_is_old: bool) -> Vec<Finding> {
        let (same, rest): (Vec<&Value>, Vec<&Value>) = others.iter().partition(|other| *other == member);
        let weight = |found: &Vec<Finding>| found.iter().map(|f| f.severity).max();
        let mut closest: Option<Vec<Finding>> = None;
        for other in same.into_iter().chain(rest) {
            let mut attempt = Schemas {
                seen: self.seen.clone(),
                ..Schemas::new(self.old, self.new, &self.findings.excepted)
            };
            let (old, new) = if member_is_old {
                (member, other)
            } else {
                (other, member)
            };
            attempt.compare(old, new, side, "");
            let found = attempt.findings.all;
            let key = |found: &Vec<Finding>| (weight(found), found.len());
            if closest.as_ref().is_none_or(|best| key(&found) < key(best)) {
                closest = Some(found);
            }
            // Nothing fits better than what differs in nothing.
            if closest.as_ref().is_some_and(Vec::is_empty) {
                break;
            }
        }
        closest.unwrap_or_else(|| {
            vec![Finding {
                severity: Severity::Breaking,
                place: String::new(),
                what: "there is no choice at all".to_owned(),
            }]
        })
    }
}

/// The choices of a schema.
pub(super) fn union(schema: &Value) -> Option<&Vec<Value>> {
    schema.get("oneOf").or_else(|| schema.get("anyOf"))?.as_array()
}

fn choices(schema: &Value) -> Vec<Value> {
    union(schema).cloned().unwrap_or_else(|| split(schema))
}

/// A schema of several types as a choice of them: null is held against null, and no pattern against it.
fn split(schema: &Value) -> Vec<Value> {
    let kinds = schema.get("type").and_then(Value::as_array).cloned();
    let Some(kinds) = kinds.filter(|kinds| kinds.contains(&json!("null")) && values(schema).is_none()) else {
        return vec![schema.clone()];
    };
    let other: Vec<Value> = kinds.into_iter().filter(|kind| *kind != json!("null")).collect();
    let mut present = schema.clone();
    if let Value::Object(present) = &mut present {
        let kind = if let [only] = other.as_slice() {
            only.clone()
        } else {
            other.into()
        };
        present.insert("type".to_owned(), kind);
    }
    vec![present, json!({"type": "null"})]
}

/// A choice of listed values and any other text, as answers say that a list is open: the list, marked as such.
pub(super) fn opened(schema: &Value) -> Option<Value> {
    let members = schema.get("anyOf")?.as_array()?;
    let (any, listed): (Vec<&Value>, Vec<&Value>) = members.iter().partition(|member| is_text(member));
    let lists = listed
        .iter()
        .filter(|member| member.get("enum").is_some())
        .count();
    if any.len() != 1 || lists != 1 || listed.iter().any(|member| values(member).is_none()) {
        return None;
    }
    // What values of the future look like holds for those of today.
    let pattern = any.first().and_then(|any| any.get("pattern"));
    let mark = |member: &Value| {
        let mut member = member.clone();
        if let Value::Object(keywords) = &mut member
            && keywords.contains_key("enum")
        {
            keywords.insert("x-open-enum".to_owned(), json!(true));
            if let Some(pattern) = pattern {
                keywords.insert("pattern".to_owned(), pattern.clone());
            }
        }
        member
    };
    let mut whole = schema.clone();
    if let Value::Object(whole) = &mut whole {
        whole.insert("anyOf".to_owned(), listed.into_iter().map(mark).collect());
    }
    Some(whole)
}

/// Whether a schema is for texts, whatever they are.
fn is_text(schema: &Value) -> bool {
    let binding = |name: &String| !matches!(name.as_str(), "type" | "pattern" | "description");
    schema.get("type") == Some(&json!("string")) && schema.as_object().is_some_and(|s| !s.keys().any(binding))
}

/// What stands beside the choice.
fn beside(schema: &Value) -> Value {
    let mut beside = members(Some(schema));
    beside.remove("oneOf");
    beside.remove("anyOf");
    Value::Object(beside)
}

/// Whether a schema says anything that is not for people alone.
fn binds(schema: &Value) -> bool {
    let text = |name: &String| SCHEMA.iter().any(|(n, rule, _)| n == name && *rule == Rule::Text);
    schema
        .as_object()
        .is_some_and(|s| s.keys().any(|name| !text(name)))
}
