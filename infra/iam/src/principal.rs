//! The roles of functions as the templates give them, ready to decide calls.

use super::{Call, Context, Policies, Policy, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use topology::{Role, Topology};

/// A role.
struct Principal {
    arn: String,
    trust: Policy,
    policies: Vec<Policy>,
    boundary: Option<Policy>,
}

/// The roles of a function.
struct Function {
    own: Principal,
    data: Principal,
}

/// Under which role a function calls, and the tags of its session.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Session {
    /// Whether it is one of the data role.
    pub data: bool,
    /// The session's tags.
    pub tags: BTreeMap<String, String>,
    /// What it was narrowed to, as JSON.
    #[serde(skip)]
    pub policy: Option<String>,
}

/// Everybody.
pub struct Principals {
    functions: BTreeMap<String, Function>,
    /// Policies of tables and keys by their ARNs.
    resources: BTreeMap<String, Policy>,
}

impl Principal {
    fn read(role: &Role) -> Result<Self, String> {
        let told = |why: String| format!("{}: {why}", role.arn);
        Ok(Self {
            arn: role.arn.clone(),
            trust: Policy::parse(&role.trust).map_err(told)?,
            policies: role
                .policies
                .iter()
                .map(Policy::parse)
                .collect::<Result<_, _>>()
                .map_err(told)?,
            boundary: role
                .boundary
                .as_ref()
                .map(Policy::parse)
                .transpose()
                .map_err(told)?,
        })
    }
}

impl Principals {
    /// Reads all roles.
    ///
    /// # Errors
    /// Names the role and what in its policies is not known here.
    pub fn read(topology: &Topology) -> Result<Self, String> {
        let mut functions = BTreeMap::new();
        for (name, roles) in &topology.roles {
            let (own, data) = (Principal::read(&roles.own)?, Principal::read(&roles.data)?);
            functions.insert(name.clone(), Function { own, data });
        }
        let mut resources = BTreeMap::new();
        for (arn, policy) in &topology.resource_policies {
            let policy = Policy::parse(policy).map_err(|why| format!("{arn}: {why}"))?;
            resources.insert(arn.clone(), policy);
        }
        Ok(Self { functions, resources })
    }

    /// The names of all functions.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().map(String::as_str)
    }

    fn function(&self, name: &str) -> Result<&Function, String> {
        self.functions
            .get(name)
            .ok_or_else(|| format!("{name} has no roles"))
    }

    /// The ARN of a function's data role.
    ///
    /// # Errors
    /// When there is no such function.
    pub fn data_role(&self, function: &str) -> Result<&str, String> {
        Ok(&self.function(function)?.data.arn)
    }

    /// Actions and resources that a function's roles allow, one by one: the first role's, then the data role's.
    ///
    /// # Errors
    /// When there is no such function.
    pub fn allowed(&self, function: &str) -> Result<Vec<(bool, String, String)>, String> {
        let function = self.function(function)?;
        let mut out = Vec::new();
        for (data, role) in [(false, &function.own), (true, &function.data)] {
            for statement in role.policies.iter().flat_map(Policy::statements) {
                for action in &statement.actions {
                    for resource in &statement.resources {
                        out.push((data, action.clone(), resource.clone()));
                    }
                }
            }
        }
        Ok(out)
    }

    /// Decides a call of a function in a session.
    ///
    /// # Errors
    /// When there is no such function, or a policy cannot be applied to the call.
    pub fn decide(&self, function: &str, session: &Session, call: &Call) -> Result<Verdict, String> {
        let roles = self.function(function)?;
        let role = if session.data { &roles.data } else { &roles.own };
        let mut context = Context::default().with("aws:PrincipalArn", [role.arn.clone()]);
        for (tag, value) in &session.tags {
            context = context.with(&format!("aws:PrincipalTag/{tag}"), [value.clone()]);
        }
        let call = Call {
            context: call.context.clone().and(&context),
            ..call.clone()
        };
        // An index is covered by its table's policy.
        let resource = call.resource.split("/index/").next().unwrap_or_default();
        let narrowed = session.policy.as_deref().map(|text| {
            let json = serde_json::from_str(text).map_err(|e| format!("a session policy: {e}"))?;
            Policy::parse(&json)
        });
        let narrowed = narrowed.transpose()?;
        let verdict = Policies {
            identity: role.policies.iter().collect(),
            boundary: role.boundary.as_ref(),
            session: narrowed.as_ref(),
            resource: self.resources.get(resource),
            principal: &role.arn,
        }
        .decide(&call)?;
        if !call.action.starts_with("sts:") || !verdict.is_allowed() {
            return Ok(verdict);
        }
        // Assuming takes both: who calls must be allowed to, and the other role must trust it.
        let mut every = self.functions.values().flat_map(|f| [&f.own, &f.data]);
        let Some(assumed) = every.find(|r| r.arn == call.resource) else {
            return Ok(Verdict::NotAllowed("there is no such role"));
        };
        let trusted = Policies {
            identity: Vec::new(),
            boundary: None,
            session: None,
            resource: Some(&assumed.trust),
            principal: &role.arn,
        };
        trusted.decide(&call)
    }
}
