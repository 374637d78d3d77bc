//! Decides with Cedar what the unit test `decisions_for_the_oracle` has decided, and fails at the first difference.
//!
//! Reads a file of lines, each with a caller's roles and requests: `{"roles": […], "requests": [{right, object, me,
//! permits}]}`. Cedar skips a policy whose condition fails to evaluate, which would turn a deny into nothing. So each filter
//! is put to it twice: when it is certainly true (an allow needs that), and when it is certainly false (a deny ends
//! only then). Values stand under the name of their type, because Cedar finds two of different types merely unequal.

use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request};
use serde_json::{Map, Value, json};
use std::{fs::File, io::BufRead, io::BufReader, process::ExitCode, str::FromStr};

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: oracle <file of decisions>");
        return ExitCode::from(2);
    };
    match compare(&path) {
        Ok((decided, allowed)) => {
            println!("{decided} decisions agree with Cedar's, {allowed} of them allow");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn compare(path: &str) -> Result<(usize, usize), String> {
    let file = File::open(path).map_err(|e| format!("{path}: {e}"))?;
    let authorizer = Authorizer::new();
    let (mut decided, mut allowed) = (0, 0);
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(|e| e.to_string())?;
        let caller: Value = serde_json::from_str(&line).map_err(|e| format!("line {number}: {e}"))?;
        let roles = list(&caller["roles"]);
        let text = policies(roles);
        let named = |why: &dyn std::fmt::Display| format!("line {number}: {why}\n{text}");
        let set = PolicySet::from_str(&text).map_err(|e| named(&e))?;
        let grants = roles.iter().flat_map(|r| list(&r["grants"]));
        let holds: Vec<&Value> = grants
            .filter(|g| g["effect"] == "allow")
            .map(|g| &g["right"])
            .collect();
        for request in list(&caller["requests"]) {
            let context =
                json!({"object": record(&request["object"]), "me": record(&request["me"]), "holds": holds});
            let asked = Request::new(
                uid("User", "me")?,
                uid("Action", string(&request["right"]))?,
                uid("Object", "it")?,
                Context::from_json_value(context, None).map_err(|e| named(&e))?,
                None,
            );
            let answer = authorizer.is_authorized(&asked.map_err(|e| named(&e))?, &set, &Entities::empty());
            if let Some(error) = answer.diagnostics().errors().next() {
                return Err(named(error));
            }
            let allows = answer.decision() == Decision::Allow;
            if request["permits"] != allows {
                return Err(named(&format!("Cedar says {allows}: {request}")));
            }
            decided += 1;
            allowed += usize::from(allows);
        }
    }
    if decided < 100_000 || allowed == 0 {
        return Err(format!("only {decided} decisions, {allowed} of them allow"));
    }
    Ok((decided, allowed))
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, String> {
    EntityUid::from_str(&format!("{kind}::{id:?}")).map_err(|e| e.to_string())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn string(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The name of a value's type.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "b",
        Value::Number(_) => "n",
        _ => "s",
    }
}

fn record(attributes: &Value) -> Value {
    let pairs = attributes.as_object().into_iter().flatten();
    let one = |(name, value): (&String, &Value)| (name.clone(), json!({kind(value): value}));
    Value::Object(pairs.map(one).collect::<Map<_, _>>())
}

fn policies(roles: &[Value]) -> String {
    let mut text = String::new();
    for grant in roles.iter().flat_map(|r| list(&r["grants"])) {
        let head = format!("(principal, action == Action::{}, resource)", grant["right"]);
        let filter = grant.get("filter");
        text.push_str(&match (string(&grant["effect"]), filter) {
            ("allow", None) => format!("permit {head};\n"),
            ("allow", Some(f)) => format!("permit {head} when {{ {} }};\n", certain(f, true)),
            (_, None) => format!("forbid {head};\n"),
            (_, Some(f)) => format!("forbid {head} unless {{ {} }};\n", certain(f, false)),
        });
    }
    for pair in roles.iter().flat_map(|r| list(&r["exclusions"])) {
        for (taken, held) in [(&pair[0], &pair[1]), (&pair[1], &pair[0])] {
            text.push_str(&format!(
                "forbid (principal, action == Action::{taken}, resource) when {{ context.holds.contains({held}) }};\n"
            ));
        }
    }
    text
}

fn joined(parts: &[String], with: &str, none: &str) -> String {
    if parts.is_empty() {
        none.to_owned()
    } else {
        format!("({})", parts.join(with))
    }
}

/// The condition under which a filter is certainly `wanted`.
fn certain(filter: &Value, wanted: bool) -> String {
    let Some((name, f)) = filter.as_object().and_then(|f| f.iter().next()) else {
        return "false".to_owned();
    };
    let parts = || list(f).iter().map(|p| certain(p, wanted)).collect::<Vec<_>>();
    let a = string(&f["attribute"]);
    let typed = |t: &str| format!("context.object has {a} && context.object.{a} has {t}");
    let equal = if wanted { "==" } else { "!=" };
    match (name.as_str(), wanted) {
        ("all", true) | ("any", false) => joined(&parts(), " && ", "true"),
        ("all", false) | ("any", true) => joined(&parts(), " || ", "false"),
        ("not", _) => certain(f, !wanted),
        ("eq", _) => {
            let (t, value) = (kind(&f["value"]), &f["value"]);
            format!("({} && context.object.{a}.{t} {equal} {value})", typed(t))
        }
        ("in", _) => {
            let values = list(&f["values"]);
            let Some(t) = values.first().map(kind) else {
                return if wanted {
                    "false".to_owned()
                } else {
                    format!("(context.object has {a})")
                };
            };
            if values.iter().any(|v| kind(v) != t) {
                return "false".to_owned();
            }
            let set: Vec<String> = values.iter().map(ToString::to_string).collect();
            let not = if wanted { "" } else { "!" };
            format!(
                "({} && {not}([{}].contains(context.object.{a}.{t})))",
                typed(t),
                set.join(", ")
            )
        }
        // Only numbers have an order.
        ("le" | "ge", _) if !f["value"].is_number() => "false".to_owned(),
        ("le" | "ge", _) => {
            let sign = match (name.as_str(), wanted) {
                ("le", true) => "<=",
                ("le", false) => ">",
                (_, true) => ">=",
                (_, false) => "<",
            };
            format!("({} && context.object.{a}.n {sign} {})", typed("n"), f["value"])
        }
        _ => {
            let me = string(&f["principal"]);
            let each = ["b", "n", "s"].map(|t| {
                let both = format!("{} && context.me has {me} && context.me.{me} has {t}", typed(t));
                format!("({both} && context.object.{a}.{t} {equal} context.me.{me}.{t})")
            });
            joined(&each, " || ", "false")
        }
    }
}
