//! IAM as AWS documents it, as far as the templates use it: what a policy says about a call, offline. What is not known here is an
//! error and never an answer.

mod condition;
mod pattern;
mod policy;
pub mod principal;
pub mod probe;
pub mod record;
#[cfg(test)]
mod tests;
pub mod wire;

pub use policy::{Effect, Policy, Statement};

use std::collections::BTreeMap;

/// The keys of a call's context, in lower case as IAM does not tell their cases apart, with their values.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Context(BTreeMap<String, Vec<String>>);

impl Context {
    /// Adds a key with its values. No values is a key that is there and empty.
    #[must_use]
    pub fn with<V: Into<String>>(mut self, key: &str, values: impl IntoIterator<Item = V>) -> Self {
        self.0
            .insert(key.to_lowercase(), values.into_iter().map(Into::into).collect());
        self
    }

    /// Everything of both.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.0.extend(other.0.clone());
        self
    }

    /// Without a key.
    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.0.remove(&key.to_lowercase());
        self
    }

    /// A key's values; `None` where the call has no such key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&[String]> {
        self.0.get(&key.to_lowercase()).map(Vec::as_slice)
    }
}

/// One call, as IAM sees it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Call {
    /// `dynamodb:GetItem`.
    pub action: String,
    /// The ARN that it is about, or `*` where the action knows none.
    pub resource: String,
    /// Its keys.
    pub context: Context,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Allowed, by the statements of these names.
    Allowed(Vec<String>),
    /// Denied by the statement of this name.
    Denied(String),
    /// Nobody allows it; where it ended.
    NotAllowed(&'static str),
}

impl Verdict {
    /// Whether the call goes through.
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed(_))
    }
}

/// Everything that has a say in one account (IAM User Guide, "Policy evaluation logic"): an explicit deny anywhere ends it; then
/// the boundary must allow it, and either an identity policy or a resource policy that names the principal itself.
pub struct Policies<'p> {
    /// Of the role.
    pub identity: Vec<&'p Policy>,
    /// The role's permissions boundary, where it has one.
    pub boundary: Option<&'p Policy>,
    /// What the session was narrowed to, where it was.
    pub session: Option<&'p Policy>,
    /// Of the resource, where it has one.
    pub resource: Option<&'p Policy>,
    /// Who calls: the role's ARN.
    pub principal: &'p str,
}

impl Policies<'_> {
    /// Decides a call.
    ///
    /// # Errors
    /// When a policy cannot be applied to it: several values where the operator takes one.
    pub fn decide(&self, call: &Call) -> Result<Verdict, String> {
        let every = self
            .identity
            .iter()
            .copied()
            .chain(self.boundary)
            .chain(self.session)
            .map(|p| (p, None));
        let resource = self.resource.map(|p| (p, Some(self.principal)));
        for (policy, principal) in every.clone().chain(resource) {
            if let Some(statement) = policy.applying(Effect::Deny, call, principal)?.first() {
                return Ok(Verdict::Denied(statement.name()));
            }
        }
        if let Some(boundary) = self.boundary
            && boundary.applying(Effect::Allow, call, None)?.is_empty()
        {
            return Ok(Verdict::NotAllowed("the permissions boundary"));
        }
        if let Some(session) = self.session
            && session.applying(Effect::Allow, call, None)?.is_empty()
        {
            return Ok(Verdict::NotAllowed("the session policy"));
        }
        let mut by = Vec::new();
        for policy in &self.identity {
            by.extend(
                policy
                    .applying(Effect::Allow, call, None)?
                    .iter()
                    .map(|s| s.name()),
            );
        }
        if let Some(policy) = self.resource {
            let allowing = policy.applying(Effect::Allow, call, Some(self.principal))?;
            by.extend(allowing.iter().map(|s| s.name()));
        }
        Ok(if by.is_empty() {
            Verdict::NotAllowed("no statement allows it")
        } else {
            Verdict::Allowed(by)
        })
    }
}
