//! `GET /identity/v1/roles`: the tenant's roles and what each grants.

use super::policy_answer::PolicyAnswer;
use serde::Serialize;
use serde_json::{Map, Value};
use shared::{
    endpoint::{Access, Audit, Declaration, methods},
    lists::{Beside, Order, Rows, Way},
    problem::Problem,
    rbac::{self, Effect, Exclusion, Grant, Role},
    record::Record,
    road::Context,
};

/// One line of a role.
#[derive(Record, Serialize)]
#[record(name = "Grant")]
pub struct GrantAnswer {
    /// The right.
    #[internal]
    right: String,
    /// `allow` or `deny`; a deny overrides.
    #[internal]
    effect: &'static str,
    /// For which objects; none means all.
    #[internal]
    filter: Option<Map<String, Value>>,
}

/// A role.
#[derive(Record, Serialize)]
#[record(name = "Role")]
pub struct RoleAnswer {
    /// Its id.
    #[public]
    id: String,
    /// Its version.
    #[public]
    version: u32,
    /// What people call it.
    #[internal]
    name: String,
    /// What it grants.
    #[nested]
    grants: Vec<GrantAnswer>,
    /// Pairs of rights that none of its holders may both use.
    #[internal]
    exclusions: Vec<[String; 2]>,
    /// Networks that its holders may call from; none listed means any.
    #[internal]
    networks: Vec<String>,
    /// What its holders' passwords and sessions are held to; null means the tenant's policy.
    #[nested]
    password_policy: Option<PolicyAnswer>,
}

shared::list! {
    Role as RoleAnswer,
    Declaration::new(
        "list_roles",
        methods::get,
        "/identity/v1/roles",
        Access::Right(&rbac::ROLE_READ),
        Audit::Log,
        "List roles and what each grants",
    ),
    Plan { all: Way::index(1, |_, _| "roles".into()), order: Order::Other, most: 100 },
    uses [],
    filters {},
}

impl Rows<Role> for RoleAnswer {
    async fn of(_: &Context, role: &Role, _: &mut Beside<'_>) -> Result<Option<Self>, Problem> {
        Self::of(role.clone()).map(Some)
    }
}

impl RoleAnswer {
    /// A role as answered.
    ///
    /// # Errors
    /// 500 when a filter does not serialise.
    pub fn of(role: Role) -> Result<Self, Problem> {
        let grants: Result<Vec<GrantAnswer>, Problem> = role.grants.into_iter().map(grant).collect();
        Ok(Self {
            id: role.id,
            version: role.version,
            name: role.name,
            grants: grants?,
            networks: role.networks,
            exclusions: role
                .exclusions
                .into_iter()
                .map(|Exclusion(a, b)| [a, b])
                .collect(),
            password_policy: role.policy.map(PolicyAnswer::from),
        })
    }
}

fn grant(grant: Grant) -> Result<GrantAnswer, Problem> {
    let filter = match grant.filter.map(serde_json::to_value) {
        None => None,
        Some(Ok(Value::Object(filter))) => Some(filter),
        Some(_) => return Err(Problem::internal("a filter does not serialise")),
    };
    Ok(GrantAnswer {
        right: grant.right,
        effect: match grant.effect {
            Effect::Allow => "allow",
            Effect::Deny => "deny",
        },
        filter,
    })
}
