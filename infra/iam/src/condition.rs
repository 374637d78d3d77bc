//! Conditions of statements (IAM User Guide, "Condition operators" and "Multivalued context keys").

use super::{Context, pattern};
use serde_json::Value;

/// How one value of a call is compared with one of the policy.
#[derive(Clone, Copy, Debug)]
enum Comparison {
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    /// `ArnEquals` and `ArnLike` are the same.
    Arn,
    Bool,
    Numeric(fn(f64, f64) -> bool),
}

/// Over which values of a key with several a comparison must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    /// The key has one value.
    Single,
    All,
    Any,
}

#[derive(Clone, Debug)]
enum Operator {
    Null,
    Compare {
        comparison: Comparison,
        /// `StringNotEquals` and the like.
        negated: bool,
        set: Set,
        /// `…IfExists`.
        if_exists: bool,
    },
}

/// One operator on one key.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    operator: Operator,
    key: String,
    values: Vec<String>,
}

#[allow(clippy::float_cmp, reason = "as the policy says")]
fn operator(name: &str) -> Result<Operator, String> {
    if name == "Null" {
        return Ok(Operator::Null);
    }
    let (set, rest) = match name.split_once(':') {
        None => (Set::Single, name),
        Some(("ForAllValues", rest)) => (Set::All, rest),
        Some(("ForAnyValue", rest)) => (Set::Any, rest),
        Some(_) => return Err(format!("{name} is not an operator that is known here")),
    };
    let (rest, if_exists) = match rest.strip_suffix("IfExists") {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    let (comparison, negated) = match rest {
        "StringEquals" => (Comparison::StringEquals, false),
        "StringNotEquals" => (Comparison::StringEquals, true),
        "StringEqualsIgnoreCase" => (Comparison::StringEqualsIgnoreCase, false),
        "StringNotEqualsIgnoreCase" => (Comparison::StringEqualsIgnoreCase, true),
        "StringLike" => (Comparison::StringLike, false),
        "StringNotLike" => (Comparison::StringLike, true),
        "ArnEquals" | "ArnLike" => (Comparison::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Comparison::Arn, true),
        "Bool" => (Comparison::Bool, false),
        "NumericEquals" => (Comparison::Numeric(|a, b| a == b), false),
        "NumericNotEquals" => (Comparison::Numeric(|a, b| a == b), true),
        "NumericLessThan" => (Comparison::Numeric(|a, b| a < b), false),
        "NumericLessThanEquals" => (Comparison::Numeric(|a, b| a <= b), false),
        "NumericGreaterThan" => (Comparison::Numeric(|a, b| a > b), false),
        "NumericGreaterThanEquals" => (Comparison::Numeric(|a, b| a >= b), false),
        _ => return Err(format!("{name} is not an operator that is known here")),
    };
    Ok(Operator::Compare {
        comparison,
        negated,
        set,
        if_exists,
    })
}

/// Texts of a policy's element, which may be one or a list.
pub(super) fn texts(value: &Value) -> Result<Vec<String>, String> {
    let one = |v: &Value| match v {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(format!("{other} is not a text")),
    };
    match value {
        Value::Array(list) => list.iter().map(one).collect(),
        other => Ok(vec![one(other)?]),
    }
}

/// Every condition of a statement.
pub(super) fn parse(block: &Value) -> Result<Vec<Condition>, String> {
    let mut out = Vec::new();
    let operators = block.as_object().ok_or("Condition is not a map of operators")?;
    for (name, keys) in operators {
        let keys = keys
            .as_object()
            .ok_or_else(|| format!("{name} is not a map of keys"))?;
        for (key, values) in keys {
            let (operator, values) = (operator(name)?, texts(values)?);
            let flags = matches!(operator, Operator::Null)
                || matches!(
                    operator,
                    Operator::Compare {
                        comparison: Comparison::Bool,
                        ..
                    }
                );
            if values.is_empty() || (flags && !values.iter().all(|v| ["true", "false"].contains(&v.as_str())))
            {
                return Err(format!("{name} {key}: {values:?} cannot be compared with"));
            }
            let key = key.clone();
            out.push(Condition {
                operator,
                key,
                values,
            });
        }
    }
    Ok(out)
}

impl Condition {
    /// Whether it holds.
    pub(super) fn holds(&self, context: &Context) -> Result<bool, String> {
        // A key without any value is as good as none.
        let there = context.get(&self.key).filter(|values| !values.is_empty());
        let Operator::Compare {
            comparison,
            negated,
            set,
            if_exists,
        } = &self.operator
        else {
            // `Null: true` asks for the key to be absent.
            return Ok(self.values.iter().any(|v| (v == "true") == there.is_none()));
        };
        let one = |value: &String| -> Result<bool, String> {
            Ok(self.matches(*comparison, value, context)? != *negated)
        };
        match (set, there) {
            (_, None) if *if_exists => Ok(true),
            (Set::Single, None) => Ok(*negated),
            (Set::Single, Some([value])) => one(value),
            (Set::Single, Some(values)) => Err(format!(
                "{} has {} values, and the condition takes one",
                self.key,
                values.len()
            )),
            (Set::All, there) => {
                let held: Result<Vec<bool>, _> = there.unwrap_or_default().iter().map(one).collect();
                Ok(held?.into_iter().all(|h| h))
            }
            (Set::Any, there) => {
                let held: Result<Vec<bool>, _> = there.unwrap_or_default().iter().map(one).collect();
                Ok(held?.into_iter().any(|h| h))
            }
        }
    }

    /// Whether a value of the call is like any of the policy.
    fn matches(&self, comparison: Comparison, value: &str, context: &Context) -> Result<bool, String> {
        for wanted in &self.values {
            let fits = match comparison {
                Comparison::StringEquals => pattern::equal(wanted, value, context)?,
                Comparison::StringEqualsIgnoreCase => {
                    pattern::equal(&wanted.to_lowercase(), &value.to_lowercase(), context)?
                }
                Comparison::StringLike => pattern::like(wanted, value, context)?,
                Comparison::Arn => pattern::arn(wanted, value, context)?,
                Comparison::Bool => wanted.eq_ignore_ascii_case(value),
                Comparison::Numeric(holds) => match (value.parse(), wanted.parse()) {
                    (Ok(value), Ok(wanted)) => holds(value, wanted),
                    _ => return Err(format!("{}: {value} or {wanted} is not a number", self.key)),
                },
            };
            if fits {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
