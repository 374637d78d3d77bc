//! Decides with Cedar what `shared::rbac` has decided for the same roles and requests, and compares. The lines come from the unit test
//! `decisions_for_the_oracle`: roles, and requests with what was decided.
//!
//! Cedar knows no unknown: an error in a condition leaves the policy out, which for a `forbid` is the opposite of what is wanted. So
//! each filter is written twice, as what is true for certain and what is false for certain (Kleene's logic), with `has` before every
//! attribute and its type beside every value. An allow grants when its filter is true for certain, a deny denies unless it is false
//! for certain.

use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fmt::Write, process::ExitCode, str::FromStr};

/// A value with its type beside it, as Cedar reads entities.
fn tagged(value: &Value) -> Value {
    json!({"t": kind(value), "v": value})
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        _ => "text",
    }
}

fn join(parts: Vec<String>, with: &str, none: &str) -> String {
    if parts.is_empty() {
        none.to_owned()
    } else {
        format!("({})", parts.join(with))
    }
}

/// A filter as a condition that is true when the filter is certainly `wanted`.
fn certain(filter: &Value, wanted: bool) -> Result<String, String> {
    let (name, body) = filter
        .as_object()
        .and_then(|f| f.iter().next())
        .ok_or_else(|| format!("{filter} is no filter"))?;
    let all = |parts: &Value, with: &str, none: &str| -> Result<String, String> {
        let parts = parts.as_array().ok_or("no parts")?;
        let parts: Result<Vec<_>, _> = parts.iter().map(|p| certain(p, wanted)).collect();
        Ok(join(parts?, with, none))
    };
    match (name.as_str(), wanted) {
        ("all", true) => return all(body, " && ", "true"),
        ("all", false) => return all(body, " || ", "false"),
        ("any", true) => return all(body, " || ", "false"),
        ("any", false) => return all(body, " && ", "true"),
        ("not", _) => return certain(body, !wanted),
        _ => {}
    }
    let attribute = body["attribute"].as_str().ok_or("no attribute")?;
    let there = format!("resource has {attribute}");
    let of = |value: &Value| format!("resource.{attribute}.t == \"{}\"", kind(value));
    let not = if wanted { "" } else { "!" };
    Ok(match name.as_str() {
        "eq" => {
            let value = &body["value"];
            format!(
                "({there} && {} && {not}(resource.{attribute}.v == {value}))",
                of(value)
            )
        }
        "in" => {
            let values = body["values"].as_array().ok_or("no values")?;
            let types: String = values.iter().fold(String::new(), |mut out, v| {
                let _ = write!(out, "{} && ", of(v));
                out
            });
            let set = Value::Array(values.clone());
            format!("({there} && {types}{not}({set}.contains(resource.{attribute}.v)))")
        }
        "le" | "ge" => {
            let value = &body["value"];
            if !value.is_number() {
                return Ok("false".to_owned());
            }
            let sign = if name == "le" { "<=" } else { ">=" };
            format!(
                "({there} && {} && {not}(resource.{attribute}.v {sign} {value}))",
                of(value)
            )
        }
        "self_eq" => {
            let theirs = body["principal"].as_str().ok_or("no principal")?;
            format!(
                "({there} && principal has {theirs} && resource.{attribute}.t == principal.{theirs}.t && \
                 {not}(resource.{attribute}.v == principal.{theirs}.v))"
            )
        }
        other => return Err(format!("{other} is no filter")),
    })
}

/// Roles as policies. Rights that exclude each other are taken from whoever is allowed both.
fn policies(roles: &[Value]) -> Result<String, String> {
    let mut out = String::new();
    for role in roles {
        for grant in role["grants"].as_array().into_iter().flatten() {
            let right = &grant["right"];
            let filter = &grant["filter"];
            let _ = match (grant["effect"].as_str(), filter.is_null()) {
                (Some("allow"), true) => {
                    writeln!(out, "permit(principal, action == Action::{right}, resource);")
                }
                (Some("allow"), false) => writeln!(
                    out,
                    "permit(principal, action == Action::{right}, resource) when {{ {} }};",
                    certain(filter, true)?
                ),
                (Some("deny"), true) => {
                    writeln!(out, "forbid(principal, action == Action::{right}, resource);")
                }
                (Some("deny"), false) => writeln!(
                    out,
                    "forbid(principal, action == Action::{right}, resource) unless {{ {} }};",
                    certain(filter, false)?
                ),
                (other, _) => return Err(format!("{other:?} is no effect")),
            };
        }
        for pair in role["exclusions"].as_array().into_iter().flatten() {
            let (one, other) = (&pair[0], &pair[1]);
            for (right, its) in [(one, other), (other, one)] {
                let _ = writeln!(
                    out,
                    "forbid(principal, action == Action::{right}, resource) when {{ principal.allowed.contains({its}) }};"
                );
            }
        }
    }
    Ok(out)
}

/// The rights of which some role has an allow.
fn allowed(roles: &[Value]) -> BTreeSet<String> {
    let grants = roles.iter().filter_map(|r| r["grants"].as_array()).flatten();
    let grants = grants.filter(|g| g["effect"] == "allow");
    grants
        .filter_map(|g| g["right"].as_str().map(str::to_owned))
        .collect()
}

fn attributes(of: &Value) -> serde_json::Map<String, Value> {
    let members = of.as_object().into_iter().flatten();
    members
        .map(|(name, value)| (name.clone(), tagged(value)))
        .collect()
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, String> {
    EntityUid::from_str(&format!("{kind}::\"{id}\"")).map_err(|e| e.to_string())
}

/// Decides the requests of a line: how many, how many were allowed, and those on which Cedar differs.
fn line(text: &str) -> Result<(usize, usize, Vec<String>), String> {
    let line: Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let roles = line["roles"].as_array().ok_or("no roles")?;
    let source = policies(roles)?;
    let set = PolicySet::from_str(&source).map_err(|e| format!("{e:?}\n{source}"))?;
    let rights = allowed(roles);
    let authorizer = Authorizer::new();
    let (mut decided, mut granted, mut differ) = (0, 0, Vec::new());
    for request in line["requests"].as_array().into_iter().flatten() {
        let mut me = attributes(&request["me"]);
        me.insert("allowed".into(), json!(rights));
        let entities = json!([
            {"uid": {"type": "User", "id": "me"}, "attrs": me, "parents": []},
            {"uid": {"type": "Object", "id": "it"}, "attrs": attributes(&request["object"]), "parents": []},
        ]);
        let entities = Entities::from_json_value(entities, None).map_err(|e| e.to_string())?;
        let right = request["right"].as_str().ok_or("no right")?;
        let (user, action, object) = (uid("User", "me")?, uid("Action", right)?, uid("Object", "it")?);
        let asked = Request::new(user, action, object, Context::empty(), None).map_err(|e| e.to_string())?;
        let answer = authorizer.is_authorized(&asked, &set, &entities);
        if let Some(error) = answer.diagnostics().errors().next() {
            return Err(format!("a policy could not be decided: {error}\n{source}"));
        }
        let cedar = answer.decision() == Decision::Allow;
        decided += 1;
        granted += usize::from(cedar);
        if request["permits"] != json!(cedar) {
            differ.push(format!("Cedar says {cedar} to {request}\n{source}"));
        }
    }
    Ok((decided, granted, differ))
}

fn run() -> Result<bool, String> {
    let path = std::env::args()
        .nth(1)
        .ok_or("usage: oracle <file with decisions>")?;
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{path}: {e}"))?;
    let (mut decided, mut granted, mut differ) = (0, 0, Vec::new());
    for one in text.lines() {
        let (d, g, different) = line(one)?;
        decided += d;
        granted += g;
        differ.extend(different);
    }
    for text in differ.iter().take(5) {
        println!("{text}");
    }
    println!(
        "{decided} decisions as Cedar decides, {granted} of them allowed; {} differ",
        differ.len()
    );
    Ok(differ.is_empty() && decided >= 100_000)
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            println!("oracle: {why}");
            ExitCode::FAILURE
        }
    }
}
