//! Policies and their statements. An element that is not known here is an error.

use super::{
    Call,
    condition::{self, Condition},
    pattern,
};
use serde_json::Value;

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Allows.
    Allow,
    /// Denies, whatever allows.
    Deny,
}

/// To whom a statement of a resource's policy applies.
#[derive(Clone, Debug)]
enum Principals {
    /// `*`.
    Everybody,
    /// ARNs of roles and accounts.
    Aws(Vec<String>),
    /// Services of AWS only.
    Service,
}

/// A statement.
#[derive(Clone, Debug)]
pub struct Statement {
    sid: String,
    effect: Effect,
    /// `Action`.
    pub actions: Vec<String>,
    /// `Resource`.
    pub resources: Vec<String>,
    principals: Option<Principals>,
    conditions: Vec<Condition>,
}

/// A policy document.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    statements: Vec<Statement>,
}

fn principals(value: &Value) -> Result<Principals, String> {
    if value == "*" {
        return Ok(Principals::Everybody);
    }
    let map = value.as_object().ok_or("Principal is neither * nor a map")?;
    match map.iter().next() {
        Some((kind, ids)) if map.len() == 1 => match (kind.as_str(), condition::texts(ids)?) {
            ("AWS", ids) if ids == ["*"] => Ok(Principals::Everybody),
            ("AWS", ids) => Ok(Principals::Aws(ids)),
            ("Service", _) => Ok(Principals::Service),
            (kind, _) => Err(format!("principals of {kind} are not known here")),
        },
        _ => Err("Principal names several kinds".into()),
    }
}

impl Statement {
    fn parse(value: &Value) -> Result<Self, String> {
        let map = value.as_object().ok_or("a statement is not a map")?;
        let mut statement = Self {
            sid: String::new(),
            effect: Effect::Deny,
            actions: Vec::new(),
            resources: Vec::new(),
            principals: None,
            conditions: Vec::new(),
        };
        for (member, value) in map {
            match member.as_str() {
                "Sid" => statement.sid = value.as_str().ok_or("Sid is not a text")?.to_owned(),
                "Effect" => {
                    statement.effect = match value.as_str() {
                        Some("Allow") => Effect::Allow,
                        Some("Deny") => Effect::Deny,
                        _ => return Err(format!("Effect {value}")),
                    }
                }
                "Action" => statement.actions = condition::texts(value)?,
                "Resource" => statement.resources = condition::texts(value)?,
                "Principal" => statement.principals = Some(principals(value)?),
                "Condition" => statement.conditions = condition::parse(value)?,
                other => return Err(format!("{other} is not an element that is known here")),
            }
        }
        if !map.contains_key("Effect") || statement.actions.is_empty() {
            return Err(format!("statement {}: no Effect or no Action", statement.sid));
        }
        Ok(statement)
    }

    /// Its name, or what it is about.
    #[must_use]
    pub fn name(&self) -> String {
        if self.sid.is_empty() {
            self.actions.join(", ")
        } else {
            self.sid.clone()
        }
    }

    /// Whether it applies to a call; `principal` is asked for in policies of resources only.
    fn applies(&self, call: &Call, principal: Option<&str>) -> Result<bool, String> {
        let known = match (&self.principals, principal) {
            (None, None) | (Some(Principals::Everybody), Some(_)) => true,
            (Some(Principals::Aws(ids)), Some(principal)) => ids.iter().any(|id| id == principal),
            (Some(Principals::Service), Some(_)) => false,
            (None, Some(_)) | (Some(_), None) => {
                return Err(format!("{}: a principal in the wrong policy", self.name()));
            }
        };
        if !known {
            return Ok(false);
        }
        let mut named = false;
        for action in &self.actions {
            named |= pattern::action(action, &call.action)?;
        }
        if !named {
            return Ok(false);
        }
        // The policies of resources need not name their resource.
        let mut about = self.resources.is_empty() && principal.is_some();
        for resource in &self.resources {
            about |= pattern::arn(resource, &call.resource, &call.context)?;
        }
        if !about {
            return Ok(false);
        }
        for condition in &self.conditions {
            if !condition.holds(&call.context)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Policy {
    /// Reads a policy document.
    ///
    /// # Errors
    /// Names what is not known here.
    pub fn parse(document: &Value) -> Result<Self, String> {
        if document.get("Version").and_then(Value::as_str) != Some("2012-10-17") {
            return Err("a policy without Version 2012-10-17 knows no variables".into());
        }
        let statements = match document.get("Statement") {
            Some(Value::Array(list)) => list.iter().map(Statement::parse).collect::<Result<_, _>>()?,
            Some(one) => vec![Statement::parse(one)?],
            None => return Err("a policy without statements".into()),
        };
        Ok(Self { statements })
    }

    /// Its statements.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// The statements of an effect that apply to a call.
    ///
    /// # Errors
    /// When a statement cannot be applied to it.
    pub(super) fn applying(
        &self,
        effect: Effect,
        call: &Call,
        principal: Option<&str>,
    ) -> Result<Vec<&Statement>, String> {
        let mut found = Vec::new();
        for statement in self.statements.iter().filter(|s| s.effect == effect) {
            if statement.applies(call, principal)? {
                found.push(statement);
            }
        }
        Ok(found)
    }
}
